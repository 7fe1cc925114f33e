//! The flags that grant something: their forms, and how they become [`Grants`].

use clap::{ArgAction, Args};
use nanocc::policy::grants::{self, Deny, Grant, Grants, Network, Stream, What, Who};

/// What the program's components may ask of the system.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Capabilities")]
pub struct GrantArgs {
    /// Grant a directory. WHO is a component by the path of its `let` names (`store`, `outer/inner`), or `#index`;
    /// without WHO it is the one that exports the entry. HOST may be a parameter, `@name`, for which
    /// NANOCC_PARAM_name stands when the program is started. All grants can be repeated
    #[arg(long, value_name = "[WHO=]HOST[::GUEST]", value_parser = writable)]
    dir: Vec<Said>,

    /// Grant a directory for reading
    #[arg(long, value_name = "[WHO=]HOST[::GUEST]", value_parser = read_only)]
    dir_ro: Vec<Said>,

    /// Grant a variable of the environment; without VALUE the one that the program is started with
    #[arg(long, value_name = "[WHO::]NAME[=VALUE]", value_parser = variable)]
    env: Vec<Said>,

    /// Grant the whole environment
    #[arg(
        long,
        value_name = "WHO",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        value_parser = environment
    )]
    inherit_env: Vec<Said>,

    /// Grant the program's arguments
    #[arg(long, value_name = "WHO", value_parser = arguments)]
    args: Vec<Said>,

    /// Grant standard input, output and error
    #[arg(long, value_name = "WHO", value_parser = streams)]
    stdio: Vec<Said>,

    /// Grant standard input
    #[arg(long, value_name = "WHO", value_parser = stdin)]
    stdin: Vec<Said>,

    /// Grant standard output
    #[arg(long, value_name = "WHO", value_parser = stdout)]
    stdout: Vec<Said>,

    /// Grant standard error
    #[arg(long, value_name = "WHO", value_parser = stderr)]
    stderr: Vec<Said>,

    /// Don't grant the component that exports the entry standard streams and arguments
    #[arg(long, overrides_with = "no_default_grants")]
    no_default_grants: bool,

    /// Let it listen at this address of the machine's; PORT is a number, a range like 8000-8010, or `*`
    #[arg(long, value_name = "[WHO=]ADDR:PORT", value_parser = tcp_listen)]
    tcp_listen: Vec<Said>,

    /// Let it connect to these addresses: `*`, 10.0.0.0/8, [::1], example.org
    #[arg(long, value_name = "[WHO=]HOST-OR-CIDR:PORT", value_parser = tcp_connect)]
    tcp_connect: Vec<Said>,

    /// Let it receive datagrams at this address
    #[arg(long, value_name = "[WHO=]ADDR:PORT", value_parser = udp_listen)]
    udp_listen: Vec<Said>,

    /// Let it exchange datagrams with these addresses
    #[arg(long, value_name = "[WHO=]HOST-OR-CIDR:PORT", value_parser = udp_connect)]
    udp_connect: Vec<Said>,

    /// Let it look up names: `*` (the default), `example.org`, `*.example.org`
    #[arg(
        long,
        value_name = "[WHO=]NAME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "*",
        value_parser = dns
    )]
    dns: Vec<Said>,

    /// Refuse a program with a call that nobody granted, instead of letting it find an empty world
    #[arg(long, value_name = "error", value_parser = deny, action = ArgAction::Set)]
    deny: Option<Deny>,
}

impl GrantArgs {
    /// Adds what the flags say.
    pub fn add_to(&self, grants: &mut Grants) {
        let all = [
            &self.dir,
            &self.dir_ro,
            &self.env,
            &self.inherit_env,
            &self.args,
            &self.stdio,
            &self.stdin,
            &self.stdout,
            &self.stderr,
            &self.tcp_listen,
            &self.tcp_connect,
            &self.udp_listen,
            &self.udp_connect,
            &self.dns,
        ];
        let said = all.into_iter().flatten().map(|said| said.0.clone());
        grants.list.extend(said);
        grants.defaults &= !self.no_default_grants;
        if let Some(deny) = self.deny {
            grants.deny = deny;
        }
    }
}

/// A grant as a flag says it. (A type of its own, because clap takes vectors apart.)
#[derive(Debug, Clone)]
struct Said(Grant);

fn said(flag: &str, text: &str, who: Option<Who>, what: What) -> Said {
    let said = if text.is_empty() {
        format!("--{flag}")
    } else {
        format!("--{flag} {text}")
    };
    Said(Grant { who, what, said })
}

/// `[WHO=]REST`.
fn prefixed(
    flag: &str,
    text: &str,
    parse: impl Fn(&str) -> Result<What, String>,
) -> Result<Said, String> {
    let (who, rest) = grants::split_who(text);
    Ok(said(flag, text, who, parse(rest)?))
}

/// `WHO` alone.
fn alone(flag: &str, text: &str, what: What) -> Result<Said, String> {
    Ok(said(flag, text, Some(grants::who(text)?), what))
}

fn writable(text: &str) -> Result<Said, String> {
    prefixed("dir", text, |text| grants::directory(text, true))
}

fn read_only(text: &str) -> Result<Said, String> {
    prefixed("dir-ro", text, |text| grants::directory(text, false))
}

fn variable(text: &str) -> Result<Said, String> {
    let (who, what) = grants::variable_for(text)?;
    Ok(said("env", text, who, what))
}

fn environment(text: &str) -> Result<Said, String> {
    match text {
        "" => Ok(said("inherit-env", text, None, What::Environment)),
        _ => alone("inherit-env", text, What::Environment),
    }
}

fn arguments(text: &str) -> Result<Said, String> {
    alone("args", text, What::Arguments)
}

fn streams(text: &str) -> Result<Said, String> {
    alone("stdio", text, What::Streams)
}

fn stdin(text: &str) -> Result<Said, String> {
    alone("stdin", text, What::Stream(Stream::In))
}

fn stdout(text: &str) -> Result<Said, String> {
    alone("stdout", text, What::Stream(Stream::Out))
}

fn stderr(text: &str) -> Result<Said, String> {
    alone("stderr", text, What::Stream(Stream::Err))
}

fn network(kind: Network, text: &str) -> Result<Said, String> {
    prefixed(kind.name(), text, |text| grants::network(kind, text))
}

fn tcp_listen(text: &str) -> Result<Said, String> {
    network(Network::TcpListen, text)
}

fn tcp_connect(text: &str) -> Result<Said, String> {
    network(Network::TcpConnect, text)
}

fn udp_listen(text: &str) -> Result<Said, String> {
    network(Network::UdpListen, text)
}

fn udp_connect(text: &str) -> Result<Said, String> {
    network(Network::UdpConnect, text)
}

fn dns(text: &str) -> Result<Said, String> {
    prefixed("dns", text, grants::names)
}

fn deny(text: &str) -> Result<Deny, String> {
    match text {
        "error" => Ok(Deny::Error),
        _ => Err("the only value is `error`".to_owned()),
    }
}

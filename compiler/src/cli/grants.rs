//! The flags that grant something: their forms, and how they become [`Grants`].

use crate::cli::output::reason;
use crate::cli::report::Failure;
use clap::{ArgAction, Args};
use nanocc::policy::file;
use nanocc::policy::grants::{self, Deny, Grant, Grants};
use std::path::PathBuf;

/// What the program's components may ask of the system.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Capabilities")]
pub struct GrantArgs {
    /// Grant a directory. WHO is a component by the path of its `let` names (`store`, `outer/inner`), or `#index`;
    /// without WHO it is the one that exports the entry. HOST may be a parameter, `@name`, for which
    /// NANOCC_PARAM_name stands when the program is started. All grants can be repeated
    #[arg(long, value_name = "[WHO=]HOST[::GUEST]", value_parser = dir)]
    dir: Vec<Grant>,

    /// Grant a directory for reading
    #[arg(long, value_name = "[WHO=]HOST[::GUEST]", value_parser = dir_ro)]
    dir_ro: Vec<Grant>,

    /// Grant a variable of the environment; without VALUE the one that the program is started with
    #[arg(long, value_name = "[WHO::]NAME[=VALUE]", value_parser = env)]
    env: Vec<Grant>,

    /// Grant the whole environment
    #[arg(
        long,
        value_name = "WHO",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        value_parser = inherit_env
    )]
    inherit_env: Vec<Grant>,

    /// Grant the program's arguments
    #[arg(long, value_name = "WHO", value_parser = arguments)]
    args: Vec<Grant>,

    /// Grant standard input, output and error
    #[arg(long, value_name = "WHO", value_parser = stdio)]
    stdio: Vec<Grant>,

    /// Grant standard input
    #[arg(long, value_name = "WHO", value_parser = stdin)]
    stdin: Vec<Grant>,

    /// Grant standard output
    #[arg(long, value_name = "WHO", value_parser = stdout)]
    stdout: Vec<Grant>,

    /// Grant standard error
    #[arg(long, value_name = "WHO", value_parser = stderr)]
    stderr: Vec<Grant>,

    /// Don't grant the component that exports the entry standard streams and arguments
    #[arg(long, overrides_with = "no_default_grants")]
    no_default_grants: bool,

    /// Let it listen at this address of the machine's; PORT is a number, a range like 8000-8010, or `*`
    #[arg(long, value_name = "[WHO=]ADDR:PORT", value_parser = tcp_listen)]
    tcp_listen: Vec<Grant>,

    /// Let it connect to these addresses: `*`, 10.0.0.0/8, [::1], example.org
    #[arg(long, value_name = "[WHO=]HOST-OR-CIDR:PORT", value_parser = tcp_connect)]
    tcp_connect: Vec<Grant>,

    /// Let it receive datagrams at this address
    #[arg(long, value_name = "[WHO=]ADDR:PORT", value_parser = udp_listen)]
    udp_listen: Vec<Grant>,

    /// Let it exchange datagrams with these addresses
    #[arg(long, value_name = "[WHO=]HOST-OR-CIDR:PORT", value_parser = udp_connect)]
    udp_connect: Vec<Grant>,

    /// Let it look up names: `*` (the default), `example.org`, `*.example.org`
    #[arg(
        long,
        value_name = "[WHO=]NAME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "*",
        value_parser = dns
    )]
    dns: Vec<Grant>,

    /// Grant what FILE says, a section a component: `[entry]`, `[component.store]`; keys and values are those of the
    /// flags (`dir-ro = ["data::/data"]`). Flags add to it, and another FILE
    #[arg(long = "grants", value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Refuse a program with a call that nobody granted, instead of letting it find an empty world
    #[arg(long, value_name = "error", value_parser = deny, action = ArgAction::Set)]
    deny: Option<Deny>,
}

impl GrantArgs {
    /// What the flags say, and the files that some of them name.
    pub fn read(&self) -> Result<Grants, Failure> {
        let mut grants = Grants::default();
        for path in &self.files {
            let unread = |message: String| Failure::Message {
                message: format!("can't read `{}`: {message}", path.display()),
                help: None,
            };
            let text = std::fs::read(path).map_err(|error| unread(reason(&error)))?;
            let text = String::from_utf8(text).map_err(|_| unread("it is not UTF-8".to_owned()))?;
            let said = file::read(path, &text).map_err(|error| Failure::Compile {
                input: path.clone(),
                error: Box::new(error),
            })?;
            grants.add(said);
        }
        self.add_to(&mut grants);
        Ok(grants)
    }

    fn add_to(&self, grants: &mut Grants) {
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
        let said = all.into_iter().flatten().cloned();
        grants.list.extend(said);
        grants.defaults &= !self.no_default_grants;
        if let Some(deny) = self.deny {
            grants.deny = deny;
        }
    }
}

macro_rules! readers {
    ($($name:ident = $key:literal;)*) => {$(
        fn $name(text: &str) -> Result<Grant, String> {
            grants::read($key, text)
        }
    )*};
}

readers! {
    dir = "dir";
    dir_ro = "dir-ro";
    env = "env";
    inherit_env = "inherit-env";
    arguments = "args";
    stdio = "stdio";
    stdin = "stdin";
    stdout = "stdout";
    stderr = "stderr";
    tcp_listen = "tcp-listen";
    tcp_connect = "tcp-connect";
    udp_listen = "udp-listen";
    udp_connect = "udp-connect";
    dns = "dns";
}

fn deny(text: &str) -> Result<Deny, String> {
    match text {
        "error" => Ok(Deny::Error),
        _ => Err("the only value is `error`".to_owned()),
    }
}

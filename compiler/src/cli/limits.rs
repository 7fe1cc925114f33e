//! The flags that limit something.

use clap::Args;
use nanocc::policy::grants::{self, Grants, Limits, Whose};
use nanocc::policy::limits::{Resource, duration};
use std::time::Duration;

/// How much a program may use up.
#[derive(Args, Debug, Clone)]
#[command(next_help_heading = "Limits")]
pub struct LimitArgs {
    /// Let a component's memories take SIZE at most, together: bytes, or KiB, MiB, GiB (`16MiB`).
    /// Without WHO, as in the next three: each component's
    #[arg(long, value_name = "[WHO=]SIZE",
        value_parser = |text: &str| limit(Resource::Memory, text))]
    max_memory: Vec<Limit>,

    /// Let a component's tables have N elements at most, together
    #[arg(long, value_name = "[WHO=]N",
        value_parser = |text: &str| limit(Resource::TableElements, text))]
    max_table_elements: Vec<Limit>,

    /// Let a component have N handles of resources at a time
    #[arg(long, value_name = "[WHO=]N",
        value_parser = |text: &str| limit(Resource::Handles, text))]
    max_handles: Vec<Limit>,

    /// Let a component have N files and sockets open at a time, of those that it opens itself
    #[arg(long, value_name = "[WHO=]N",
        value_parser = |text: &str| limit(Resource::OpenFiles, text))]
    max_open_files: Vec<Limit>,

    /// End the program when DURATION has passed: `500ms`, `5s`, `2m`, `1h`
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,

    /// End the program when it has taken so much of processors' time
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    cpu_timeout: Option<Duration>,
}

/// A limit, of the component that is named or of each.
type Limit = (Whose, Limits);

impl LimitArgs {
    /// Adds what the flags say.
    pub fn add_to(&self, grants: &mut Grants) {
        let all = [
            &self.max_memory,
            &self.max_table_elements,
            &self.max_handles,
            &self.max_open_files,
        ];
        grants.limits.extend(all.into_iter().flatten().cloned());
        grants.timeout = self.timeout.or(grants.timeout);
        grants.cpu_timeout = self.cpu_timeout.or(grants.cpu_timeout);
    }
}

fn limit(resource: Resource, text: &str) -> Result<Limit, String> {
    let (whose, most) = match grants::split_who(text) {
        (Some(who), most) => (Whose::Named(who), most),
        (None, most) => (Whose::Each, most),
    };
    Ok((whose, Limits::parse(resource, most)?))
}

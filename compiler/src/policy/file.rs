//! `grants.toml`: the flags' grants in a file, a section a component.
//!
//! ```toml
//! no-default-grants = true
//! deny = "error"
//!
//! [entry]                                # the component that exports the program's entry
//! args = true
//! stdio = true                           # false: it must not have it, or the program is refused
//!
//! [component.store]                      # WHO, as in flags; [component."outer/inner"]
//! dir-ro = "data::/data"                 # one of what a flag says after WHO,
//! env = ["LANG", "MODE=production"]      # or several
//! max-memory = "16MiB"                   # a limit of this component
//!
//! [limits]                               # each component's, and the program's
//! max-handles = 1000
//! timeout = "5s"
//! ```
//!
//! A key that isn't known is an error: a grant that is misspelt must not look like one that was made.

use super::address::Reason;
use super::grants::{self, Deny, Grant, Grants, Limits, Who, Whose};
use super::limits::{self, Resource};
use crate::error::nearest::nearest;
use crate::error::{Error, Result};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Reads a file. `path` is for messages.
///
/// # Errors
///
/// [`Error::GrantsFile`] with the place.
pub fn read(path: &Path, text: &str) -> Result<Grants> {
    let reader = Reader { path, text };
    let table = DeTable::parse(text)
        .map_err(|error| reader.error(error.span().unwrap_or(0..0), error.message().to_owned()))?;
    let mut grants = Grants::default();
    for (key, value) in sorted(table.get_ref()) {
        match key.get_ref().as_ref() {
            "no-default-grants" => grants.defaults = !reader.flag(value)?,
            "deny" => match value.get_ref().as_str() {
                Some("error") => grants.deny = Deny::Error,
                _ => return Err(reader.error(value.span(), "the only value is \"error\"")),
            },
            "limits" => reader.limits(value, &mut grants)?,
            "entry" => reader.section(None, value, &mut grants)?,
            "component" => {
                for (name, value) in sorted(reader.table(value)?) {
                    let who = grants::who(name.get_ref());
                    let who = who.map_err(|reason| reader.error(name.span(), reason))?;
                    reader.section(Some(&who), value, &mut grants)?;
                }
            }
            other => return Err(reader.unknown(other, key.span(), &TOP)),
        }
    }
    Ok(grants)
}

/// What a file has outside of sections, and its sections.
const TOP: [&str; 5] = ["entry", "component", "limits", "no-default-grants", "deny"];

/// In the order in which they stand in the file.
fn sorted<'t, 'i>(
    table: &'t DeTable<'i>,
) -> Vec<(
    &'t Spanned<std::borrow::Cow<'i, str>>,
    &'t Spanned<DeValue<'i>>,
)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn error(&self, range: Range<usize>, message: impl Into<String>) -> Error {
        Error::GrantsFile {
            path: self.path.to_owned(),
            source_text: self.text.to_owned(),
            range,
            message: message.into(),
            help: None,
        }
    }

    fn unknown(&self, key: &str, range: Range<usize>, known: &[&str]) -> Error {
        let mut error = self.error(range, format!("there is no `{key}` here"));
        if let Error::GrantsFile { help, .. } = &mut error {
            let all = known.join(", ");
            *help = Some(match nearest(key, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`? There may be {all}"),
                None => format!("there may be {all}"),
            });
        }
        error
    }

    fn table<'t, 'i>(&self, value: &'t Spanned<DeValue<'i>>) -> Result<&'t DeTable<'i>> {
        let table = value.get_ref().as_table();
        table.ok_or_else(|| self.error(value.span(), "expected a section"))
    }

    fn flag(&self, value: &Spanned<DeValue<'_>>) -> Result<bool> {
        let flag = value.get_ref().as_bool();
        flag.ok_or_else(|| self.error(value.span(), "expected true or false"))
    }

    /// The section of limits of all.
    fn limits(&self, value: &Spanned<DeValue<'_>>, grants: &mut Grants) -> Result<()> {
        for (key, value) in sorted(self.table(value)?) {
            match (key.get_ref().as_ref(), Resource::named(key.get_ref())) {
                (_, Some(resource)) => {
                    let limits = self.limit(value, |text| Limits::parse(resource, text))?;
                    grants.limits.push((Whose::Each, limits));
                }
                ("timeout", _) => grants.timeout = Some(self.limit(value, limits::duration)?),
                ("cpu-timeout", _) => {
                    grants.cpu_timeout = Some(self.limit(value, limits::duration)?);
                }
                (other, None) => {
                    let limits = Resource::ALL.map(Resource::name);
                    let known = [&limits[..], &["timeout", "cpu-timeout"]].concat();
                    return Err(self.unknown(other, key.span(), &known));
                }
            }
        }
        Ok(())
    }

    /// A limit: a number, or a text as flags have it.
    fn limit<T>(
        &self,
        value: &Spanned<DeValue<'_>>,
        parse: impl FnOnce(&str) -> Result<T, Reason>,
    ) -> Result<T> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            _ => return Err(self.error(value.span(), "expected a number or a string")),
        };
        parse(text).map_err(|reason| self.error(value.span(), reason))
    }

    /// A component's section.
    fn section(
        &self,
        who: Option<&Who>,
        value: &Spanned<DeValue<'_>>,
        grants: &mut Grants,
    ) -> Result<()> {
        for (key, value) in sorted(self.table(value)?) {
            let name = key.get_ref().as_ref();
            if let Some(resource) = Resource::named(name) {
                let whose = who.cloned().map_or(Whose::Entry, Whose::Named);
                let limits = self.limit(value, |text| Limits::parse(resource, text))?;
                grants.limits.push((whose, limits));
                continue;
            }
            if !grants::KEYS.contains(&name) {
                let limits = Resource::ALL.map(Resource::name);
                let known = [&grants::KEYS[..], &limits].concat();
                return Err(self.unknown(name, key.span(), &known));
            }
            let add = |what: Result<grants::What, Reason>, range: Range<usize>| {
                let what = what.map_err(|reason| self.error(range.clone(), reason))?;
                let line = self.text.get(..range.start).unwrap_or_default();
                let line = line.matches('\n').count() + 1;
                let value = self.text.get(range).unwrap_or_default();
                Ok::<_, Error>(Grant {
                    who: who.cloned(),
                    what,
                    said: format!("{}:{line}: {name} = {value}", self.path.display()),
                })
            };
            match (grants::for_whom(name), value.get_ref()) {
                (Some(what), _) => {
                    let list = match self.flag(value)? {
                        true => &mut grants.list,
                        false => &mut grants.withheld,
                    };
                    list.push(add(Ok(what), value.span())?);
                }
                (None, DeValue::String(text)) => {
                    let what = grants::what(name, text);
                    grants.list.push(add(what, value.span())?);
                }
                (None, DeValue::Array(items)) => {
                    for item in items.iter() {
                        let text = item.get_ref().as_str();
                        let text =
                            text.ok_or_else(|| self.error(item.span(), "expected a string"))?;
                        grants
                            .list
                            .push(add(grants::what(name, text), item.span())?);
                    }
                }
                (None, _) => {
                    let message = "expected a string, or several in a list";
                    return Err(self.error(value.span(), message));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_the_flags_say() {
        let text = r#"
deny = "error"
no-default-grants = true
[entry]
args = true
stdin = false
tcp-listen = "127.0.0.1:80"
[component.store]
dir-ro = "data::/data"
env = ["A", "B=c=d"]
dns = ["*", "x.org"]
[component."a/b"]
inherit-env = true
[component."/"]
stdio = true
"#;
        let grants = read(Path::new("g.toml"), text).unwrap();
        assert!(!grants.defaults && grants.deny == Deny::Error);
        let flags = [
            ("args", "/"),
            ("tcp-listen", "127.0.0.1:80"),
            ("dir-ro", "store=data::/data"),
            ("env", "store::A"),
            ("env", "store::B=c=d"),
            ("dns", "store=*"),
            ("dns", "store=x.org"),
            ("inherit-env", "a/b"),
            ("stdio", "/"),
        ];
        let mut expected: Vec<_> = flags
            .iter()
            .map(|(key, text)| grants::read(key, text).unwrap())
            .collect();
        expected[0].who = None;
        let both = |grant: &Grant| (grant.who.clone(), grant.what.clone());
        let found: Vec<_> = grants.list.iter().map(both).collect();
        assert_eq!(found, expected.iter().map(both).collect::<Vec<_>>());
        let withheld = &grants.withheld;
        assert_eq!(withheld.len(), 1);
        assert_eq!(
            (&withheld[0].who, &withheld[0].what),
            (&None, &grants::What::Stream(grants::Stream::In))
        );
        assert_eq!(withheld[0].said, "g.toml:6: stdin = false");
        assert_eq!(grants.list[2].said, "g.toml:9: dir-ro = \"data::/data\"");
    }

    #[test]
    fn limits_are_each_components_or_ones() {
        let text = r#"
[limits]
max-memory = "16MiB"
max-handles = 1_000
timeout = "5s"
cpu-timeout = "500ms"
[entry]
max-memory = 65536
[component.store]
max-open-files = "7"
"#;
        let grants = read(Path::new("g.toml"), text).unwrap();
        let limit = |resource, text| Limits::parse(resource, text).unwrap();
        let expected = [
            (Whose::Each, limit(Resource::Memory, "16MiB")),
            (Whose::Each, limit(Resource::Handles, "1000")),
            (Whose::Entry, limit(Resource::Memory, "64KiB")),
            (
                Whose::Named(Who("store".to_owned())),
                limit(Resource::OpenFiles, "7"),
            ),
        ];
        assert_eq!(grants.limits, expected);
        assert_eq!(grants.timeout, limits::duration("5s").ok());
        assert_eq!(grants.cpu_timeout, limits::duration("500ms").ok());
        assert_eq!(grants.list, []);
    }

    #[test]
    fn a_key_that_is_almost_one_is_named() {
        for (text, words) in [
            ("[entry]\ndirs = \"x\"", "did you mean `dir`?"),
            ("[entry]\ntcp_listen = \"x\"", "did you mean `tcp-listen`?"),
            ("[limits]\ntime-out = \"1s\"", "did you mean `timeout`?"),
            ("[components.a]", "did you mean `component`?"),
            ("[something]", "there may be entry"),
        ] {
            let help = read(Path::new("g.toml"), text).unwrap_err().help();
            let help = help.unwrap_or_default();
            assert!(help.contains(words), "{text}: {help}");
        }
    }

    #[test]
    fn mistakes_are_shown_where_they_are() {
        for (text, place, words) in [
            ("[entry\n", "", "unclosed"),
            ("[entri]\n", "entri", "no `entri`"),
            ("[entry]\ndirs = \"x\"", "dirs", "no `dirs`"),
            ("[entry]\ndir = 5", "5", "a string"),
            ("[entry]\ndir = [\"a\", 5]", "5", "a string"),
            ("[entry]\ndir = \"\"", "\"\"", "path is empty"),
            (
                "[entry]\ndir = \"a::b\\u0000\"",
                "\"a::b\\u0000\"",
                "guest's name holds a NUL",
            ),
            ("[entry]\nstdin = \"x\"", "\"x\"", "true or false"),
            ("[component.\"a b\"]\n", "\"a b\"", "no component"),
            ("component = 5", "5", "a section"),
            ("[limits]\ndir = \"x\"", "dir", "no `dir`"),
            ("[limits]\nmax-handles = true", "true", "a number"),
            ("[limits]\nmax-handles = -1", "-1", "no number"),
            ("[limits]\ntimeout = 5", "5", "no duration"),
            ("[entry]\nmax-memory = \"1MB\"", "\"1MB\"", "no size"),
            ("[entry]\ntimeout = \"1s\"", "timeout", "no `timeout`"),
            ("deny = \"no\"", "\"no\"", "only value"),
            (
                "[component.x]\ndir = \"a\"\ndir = \"b\"",
                "dir",
                "duplicate",
            ),
        ] {
            match read(Path::new("g.toml"), text) {
                Err(Error::GrantsFile { range, message, .. }) => {
                    assert_eq!(&text[range], place, "{text}");
                    assert!(message.contains(words), "{text}: {message}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}

//! A script's directives, prepared: every module and component as bytes, every name resolved to the directive that
//! made what it stands for.
//!
//! Directives depend on each other through instances only. So a script falls into parts that share nothing:
//! instances that import from one another belong together, and each command belongs to its instance. (A component
//! imports nothing: it is given to nanocc whole, as a program is.) Mostly there
//! is no need for that, and a script is one executable; where a target's address space is too small for all of a
//! script's memories, each part becomes one.

use super::suite::Script;
use nanocc::error::Error;
use nanocc::graph::script;
use std::collections::HashMap;
use wasmparser::{Parser, Payload};
use wast::token::{Id, Span};
use wast::{QuoteWat, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

/// The host module that scripts import.
pub const SPECTEST: &str = "spectest";

/// A module or a component as the script has it.
pub enum Source {
    Own {
        is: What,
        /// Binary; or how nanocc refuses the text.
        binary: Result<Vec<u8>, Error>,
    },
    /// The same as another directive's: an instance of a definition.
    Of(usize),
}

/// What bytes are meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Module,
    Component,
}

/// What is to be done.
pub enum Kind<'a> {
    /// Instantiate the directive's module or component.
    Instance,
    /// Accept it.
    Definition,
    /// Make `target` importable under the name.
    Register(&'a str),
    /// Refuse it.
    Invalid,
    /// Refuse to link it, for this reason.
    Unlinkable(&'a str),
    /// Instantiate it, which traps.
    Uninstantiable(&'a str),
    /// Call a function of `target`, which returns.
    Invoke(WastInvoke<'a>),
    /// Call a function of `target`, which returns this.
    Returns(WastInvoke<'a>, Vec<WastRet<'a>>),
    /// Read a global of `target`, which is this.
    Get(&'a str, Vec<WastRet<'a>>),
    /// Call a function of `target`, which traps.
    Traps(WastInvoke<'a>, &'a str),
    /// What the runner doesn't know.
    Unknown(&'static str),
}

/// A directive.
pub struct Directive<'a> {
    /// In the script, from 1.
    pub line: usize,
    pub kind: Kind<'a>,
    pub source: Option<Source>,
    /// The directive that made the instance that this one is about.
    pub target: Option<usize>,
}

/// A script's directives.
pub struct Plan<'a> {
    pub script: &'a Script,
    pub directives: Vec<Directive<'a>>,
    /// For each directive, a number that is the same for all that depend on each other.
    groups: Vec<usize>,
}

/// Some of the directives, by index, ascending.
pub type Part = Vec<usize>;

impl<'a> Plan<'a> {
    /// Prepares `directives`.
    ///
    /// # Errors
    ///
    /// A name that stands for nothing.
    pub fn new(script: &'a Script, directives: Vec<WastDirective<'a>>) -> Result<Plan<'a>, String> {
        let mut scope = Scope::default();
        let mut plan = Vec::with_capacity(directives.len());
        for (index, directive) in directives.into_iter().enumerate() {
            let text = &script.text;
            let line = directive.span().linecol_in(text).0 + 1;
            let prepared = scope
                .directive(index, directive, text)
                .map_err(|error| format!("line {line}: {error}"))?;
            plan.push(Directive { line, ..prepared });
        }
        let mut plan = Plan {
            script,
            directives: plan,
            groups: Vec::new(),
        };
        plan.groups = plan.group();
        Ok(plan)
    }

    /// The module or component of a directive that has one.
    pub fn source(&self, index: usize) -> Option<(What, Result<&[u8], &Error>)> {
        match self.directives[index].source.as_ref()? {
            Source::Own { is, binary } => Some((*is, binary.as_deref())),
            Source::Of(definition) => self.source(*definition),
        }
    }

    /// The bytes of a well-formed module that the directive has.
    fn module(&self, index: usize) -> &[u8] {
        match self.source(index) {
            Some((What::Module, Ok(bytes))) => bytes,
            _ => &[],
        }
    }

    /// All directives.
    pub fn everything(&self) -> Part {
        (0..self.directives.len()).collect()
    }

    /// The directives in parts that share nothing and define at most `memories` memories each, unless a single
    /// group has more. `of_component` says how many an instance of a component defines.
    pub fn parts(&self, memories: usize, of_component: impl Fn(&[u8]) -> usize) -> Vec<Part> {
        let mut needed: HashMap<usize, usize> = HashMap::new();
        for (index, &group) in self.groups.iter().enumerate() {
            let count = match self.directives[index].kind {
                Kind::Instance | Kind::Unlinkable(_) | Kind::Uninstantiable(_) => {
                    match self.source(index) {
                        Some((What::Module, Ok(bytes))) => defined_memories(bytes),
                        Some((What::Component, Ok(bytes))) => of_component(bytes),
                        _ => 0,
                    }
                }
                _ => 0,
            };
            *needed.entry(group).or_default() += count;
        }
        // The host module of each part has one more, and so has who calls components.
        let components = (0..self.directives.len()).any(|index| {
            let source = self.source(index);
            source.is_some_and(|(what, _)| what == What::Component)
        });
        let limit = memories.saturating_sub(1 + usize::from(components));
        let mut part_of: HashMap<usize, usize> = HashMap::new();
        let mut parts: Vec<(usize, Part)> = vec![(0, Part::new())];
        for (index, &group) in self.groups.iter().enumerate() {
            let part = *part_of.entry(group).or_insert_with(|| {
                let more = needed[&group];
                if parts.last().is_some_and(|(used, _)| used + more > limit) {
                    parts.push((0, Part::new()));
                }
                let last = parts.len() - 1;
                parts[last].0 += more;
                last
            });
            parts[part].1.push(index);
        }
        parts.into_iter().map(|(_, part)| part).collect()
    }

    /// Finds which directives depend on each other.
    fn group(&self) -> Vec<usize> {
        // One more: what shares the host module's memory and table.
        let host = self.directives.len();
        let mut leader: Vec<usize> = (0..=host).collect();
        let mut registered: HashMap<&str, usize> = HashMap::new();
        for (index, directive) in self.directives.iter().enumerate() {
            if let Some(target) = directive.target {
                join(&mut leader, index, target);
            }
            if let (Kind::Register(name), Some(target)) = (&directive.kind, directive.target) {
                registered.insert(name, target);
            }
            for (module, name) in imports(self.module(index)) {
                match registered.get(module) {
                    Some(&from) => join(&mut leader, index, from),
                    None if module == SPECTEST && matches!(name, "memory" | "table") => {
                        join(&mut leader, index, host);
                    }
                    None => {}
                }
            }
        }
        (0..host).map(|index| find(&mut leader, index)).collect()
    }
}

fn find(leader: &mut [usize], mut at: usize) -> usize {
    while leader[at] != at {
        leader[at] = leader[leader[at]];
        at = leader[at];
    }
    at
}

fn join(leader: &mut [usize], a: usize, b: usize) {
    let (a, b) = (find(leader, a), find(leader, b));
    leader[a.max(b)] = a.min(b);
}

/// What a module imports; of one that doesn't parse, what comes before the damage.
fn imports(module: &[u8]) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload {
            Ok(Payload::ImportSection(reader)) => {
                let imports = reader.into_imports().map_while(Result::ok);
                found.extend(imports.map(|import| (import.module, import.name)));
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    found
}

fn defined_memories(module: &[u8]) -> usize {
    let payloads = Parser::new(0).parse_all(module);
    payloads
        .map_while(Result::ok)
        .map(|payload| match payload {
            Payload::MemorySection(reader) => reader.count() as usize,
            _ => 0,
        })
        .sum()
}

/// What names stand for, at a point of the script.
#[derive(Default)]
struct Scope<'a> {
    /// The last instance.
    current: Option<usize>,
    instances: HashMap<&'a str, usize>,
    last_definition: Option<usize>,
    definitions: HashMap<&'a str, usize>,
}

impl<'a> Scope<'a> {
    fn directive(
        &mut self,
        index: usize,
        directive: WastDirective<'a>,
        text: &str,
    ) -> Result<Directive<'a>, String> {
        let mut source = None;
        let mut target = None;
        let kind = match directive {
            WastDirective::Module(mut module) => {
                source = Some(Source::new(&mut module, text));
                self.current = Some(index);
                if let Some(id) = module.name() {
                    self.instances.insert(id.name(), index);
                }
                Kind::Instance
            }
            WastDirective::ModuleDefinition(mut module) => {
                source = Some(Source::new(&mut module, text));
                self.last_definition = Some(index);
                if let Some(id) = module.name() {
                    self.definitions.insert(id.name(), index);
                }
                Kind::Definition
            }
            WastDirective::ModuleInstance {
                instance, module, ..
            } => {
                let definition = match module {
                    None => self.last_definition,
                    Some(id) => self.definitions.get(id.name()).copied(),
                };
                source = Some(Source::Of(definition.ok_or("no such definition")?));
                self.current = Some(index);
                if let Some(id) = instance {
                    self.instances.insert(id.name(), index);
                }
                Kind::Instance
            }
            WastDirective::Register { name, module, .. } => {
                target = self.instance(module)?;
                Kind::Register(name)
            }
            WastDirective::AssertInvalid { mut module, .. }
            | WastDirective::AssertMalformed { mut module, .. } => {
                source = Some(Source::new(&mut module, text));
                Kind::Invalid
            }
            WastDirective::AssertUnlinkable {
                module, message, ..
            } => {
                source = Some(Source::new(&mut QuoteWat::Wat(module), text));
                Kind::Unlinkable(message)
            }
            WastDirective::Invoke(invoke) => {
                target = self.instance(invoke.module)?;
                Kind::Invoke(invoke)
            }
            WastDirective::AssertReturn { exec, results, .. } => match exec {
                WastExecute::Invoke(invoke) => {
                    target = self.instance(invoke.module)?;
                    Kind::Returns(invoke, results)
                }
                WastExecute::Get { module, global, .. } => {
                    target = self.instance(module)?;
                    Kind::Get(global, results)
                }
                WastExecute::Wat(_) => Kind::Unknown("assert_return of a module"),
            },
            WastDirective::AssertTrap { exec, message, .. } => match exec {
                WastExecute::Invoke(invoke) => {
                    target = self.instance(invoke.module)?;
                    Kind::Traps(invoke, message)
                }
                WastExecute::Wat(module) => {
                    source = Some(Source::new(&mut QuoteWat::Wat(module), text));
                    Kind::Uninstantiable(message)
                }
                WastExecute::Get { .. } => Kind::Unknown("assert_trap of a global"),
            },
            WastDirective::AssertExhaustion { call, message, .. } => {
                target = self.instance(call.module)?;
                Kind::Traps(call, message)
            }
            WastDirective::AssertInvalidCustom { .. } => Kind::Unknown("assert_invalid_custom"),
            WastDirective::AssertMalformedCustom { .. } => Kind::Unknown("assert_malformed_custom"),
            WastDirective::AssertException { .. } => Kind::Unknown("assert_exception"),
            WastDirective::AssertSuspension { .. } => Kind::Unknown("assert_suspension"),
            WastDirective::Thread(_) => Kind::Unknown("thread"),
            WastDirective::Wait { .. } => Kind::Unknown("wait"),
        };
        Ok(Directive {
            line: 0,
            kind,
            source,
            target,
        })
    }

    fn instance(&self, id: Option<Id<'_>>) -> Result<Option<usize>, String> {
        let found = match id {
            None => self.current,
            Some(id) => self.instances.get(id.name()).copied(),
        };
        found.map(Some).ok_or_else(|| match id {
            None => "there is no instance yet".to_owned(),
            Some(id) => format!("there is no instance ${}", id.name()),
        })
    }
}

impl Source {
    /// Encodes a module or component. Text that the script quotes, and text that can't be encoded, goes through
    /// nanocc, which may refuse it.
    fn new(source: &mut QuoteWat<'_>, text: &str) -> Source {
        let is = match source {
            QuoteWat::Wat(Wat::Module(_)) | QuoteWat::QuoteModule(..) => What::Module,
            QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..) => What::Component,
        };
        let span = source.span();
        let owned = |binary: std::borrow::Cow<'_, [u8]>| binary.into_owned();
        let binary = match source.to_test() {
            Ok(wast::QuoteWatTest::Binary(bytes)) => Ok(bytes),
            Ok(wast::QuoteWatTest::Text(text)) => script::binary(&text).map(owned),
            Err(_) => script::binary(list_around(text, span).as_bytes()).map(owned),
        };
        Source::Own { is, binary }
    }
}

/// The parenthesised list whose keyword is at `span`.
fn list_around(text: &str, span: Span) -> &str {
    let start = text[..span.offset()].rfind('(').unwrap_or(0);
    let mut depth = 0usize;
    let lexer = wast::lexer::Lexer::new(text);
    for token in lexer.iter(start) {
        let Ok(token) = token else { break };
        match token.kind {
            wast::lexer::TokenKind::LParen => depth += 1,
            wast::lexer::TokenKind::RParen => {
                depth -= 1;
                if depth == 0 {
                    return &text[start..token.offset + token.len as usize];
                }
            }
            _ => {}
        }
    }
    &text[start..]
}

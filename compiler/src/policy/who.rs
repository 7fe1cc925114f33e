//! Which component instance a grant is for.
//!
//! A component is called by its path from the outermost one: the names that the composition gave (`let store = new ...` is
//! `store`), `/` between them, `#index` where there is none; `/` by itself is the outermost. A name that two components
//! have, or none, is an error, because a grant that goes to the wrong one is worse than none.

use super::grants::Who;
use crate::error::{Error, Result};
use crate::program::{ComponentId, Program};

/// The component instance.
///
/// # Errors
///
/// [`Error::UnknownComponent`] if none or several are called that. `said` is the grant, for the message.
pub fn find(program: &Program<'_>, who: &Who, said: &str) -> Result<ComponentId> {
    let mut found = program
        .components
        .iter()
        .filter(|(_, component)| component.path == who.0);
    match (found.next(), found.next()) {
        (Some((id, _)), None) => Ok(id),
        (first, _) => Err(Error::UnknownComponent {
            who: who.0.clone(),
            said: said.to_owned(),
            ambiguous: first.is_some(),
            // Some only rename what others export.
            components: program
                .components
                .iter()
                .filter(|(id, _)| program.instances.values().any(|i| i.component == *id))
                .map(|(_, component)| component.path.clone())
                .collect(),
        }),
    }
}

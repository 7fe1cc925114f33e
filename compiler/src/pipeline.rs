//! The pipeline: every stage, in order.

use crate::compose::Composed;
use crate::error::{Error, Place, Result};
use crate::options::{Emit, Options, Output, Progress, Stage, Timings};
use crate::{facts, graph};

/// Compiles a composed component. `shim` is the runtime shim to link, or `None` for the embedded one.
///
/// # Errors
///
/// The first stage's that refuses.
pub fn compile(
    input: &Composed,
    options: &Options,
    shim: Option<&[u8]>,
    progress: &dyn Progress,
) -> Result<Output> {
    let _ = shim;
    let mut timings = Timings::default();
    let mut products = Vec::new();
    if options.wants(Emit::Component) {
        products.push((Emit::Component, input.bytes.clone()));
    }
    if options.last_stage() == Stage::Compose {
        return Ok(Output { products, timings });
    }

    let program = timings.run(progress, Stage::Graph, 0, || {
        graph::build(&input.bytes, &options.limits)
    })?;
    if options.wants(Emit::Graph) {
        products.push((Emit::Graph, program.print().into_bytes()));
    }
    if options.last_stage() == Stage::Graph {
        return Ok(Output { products, timings });
    }

    let facts = timings.run(progress, Stage::Facts, 0, || facts::analyse(&program));
    if options.wants(Emit::Facts) {
        products.push((Emit::Facts, facts.print(&program).into_bytes()));
    }
    if options.last_stage() == Stage::Facts {
        return Ok(Output { products, timings });
    }
    Err(Error::Unsupported {
        feature: "code generation".to_owned(),
        place: Place::default(),
    })
}

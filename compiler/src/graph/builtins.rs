//! Canonical built-ins that nanocc doesn't compile, by the names that the specification gives them, and the feature
//! that each belongs to.

use wasmparser::CanonicalFunction as F;

/// `task.return`, a built-in of asynchronous components: as an error says it.
pub(super) fn feature(function: &F) -> String {
    let (name, of) = match function {
        F::Lift { .. } => ("lift", COMPONENTS),
        F::Lower { .. } => ("lower", COMPONENTS),
        F::ResourceNew { .. } => ("resource.new", COMPONENTS),
        F::ResourceDrop { .. } => ("resource.drop", COMPONENTS),
        F::ResourceRep { .. } => ("resource.rep", COMPONENTS),
        F::BackpressureInc => ("backpressure.inc", ASYNC),
        F::BackpressureDec => ("backpressure.dec", ASYNC),
        F::TaskReturn { .. } => ("task.return", ASYNC),
        F::TaskCancel => ("task.cancel", ASYNC),
        F::ContextGet { .. } => ("context.get", ASYNC),
        F::ContextSet { .. } => ("context.set", ASYNC),
        F::SubtaskDrop => ("subtask.drop", ASYNC),
        F::SubtaskCancel { .. } => ("subtask.cancel", ASYNC),
        F::StreamNew { .. } => ("stream.new", ASYNC),
        F::StreamRead { .. } => ("stream.read", ASYNC),
        F::StreamWrite { .. } => ("stream.write", ASYNC),
        F::StreamCancelRead { .. } => ("stream.cancel-read", ASYNC),
        F::StreamCancelWrite { .. } => ("stream.cancel-write", ASYNC),
        F::StreamDropReadable { .. } => ("stream.drop-readable", ASYNC),
        F::StreamDropWritable { .. } => ("stream.drop-writable", ASYNC),
        F::FutureNew { .. } => ("future.new", ASYNC),
        F::FutureRead { .. } => ("future.read", ASYNC),
        F::FutureWrite { .. } => ("future.write", ASYNC),
        F::FutureCancelRead { .. } => ("future.cancel-read", ASYNC),
        F::FutureCancelWrite { .. } => ("future.cancel-write", ASYNC),
        F::FutureDropReadable { .. } => ("future.drop-readable", ASYNC),
        F::FutureDropWritable { .. } => ("future.drop-writable", ASYNC),
        F::WaitableSetNew => ("waitable-set.new", ASYNC),
        F::WaitableSetWait { .. } => ("waitable-set.wait", ASYNC),
        F::WaitableSetPoll { .. } => ("waitable-set.poll", ASYNC),
        F::WaitableSetDrop => ("waitable-set.drop", ASYNC),
        F::WaitableJoin => ("waitable.join", ASYNC),
        F::ErrorContextNew { .. } => ("error-context.new", ERRORS),
        F::ErrorContextDebugMessage { .. } => ("error-context.debug-message", ERRORS),
        F::ErrorContextDrop => ("error-context.drop", ERRORS),
        F::ThreadYield { .. } => ("thread.yield", THREADS),
        F::ThreadIndex => ("thread.index", THREADS),
        F::ThreadNewIndirect { .. } => ("thread.new-indirect", THREADS),
        F::ThreadResumeLater => ("thread.resume-later", THREADS),
        F::ThreadSuspend { .. } => ("thread.suspend", THREADS),
        F::ThreadSuspendThenResume { .. } => ("thread.suspend-then-resume", THREADS),
        F::ThreadYieldThenResume { .. } => ("thread.yield-then-resume", THREADS),
        F::ThreadSuspendThenPromote { .. } => ("thread.suspend-then-promote", THREADS),
        F::ThreadYieldThenPromote { .. } => ("thread.yield-then-promote", THREADS),
        F::ThreadSpawnRef { .. } => ("thread.spawn-ref", SHARED),
        F::ThreadSpawnIndirect { .. } => ("thread.spawn-indirect", SHARED),
        F::ThreadAvailableParallelism => ("thread.available-parallelism", SHARED),
    };
    format!("the built-in `{name}` ({of})")
}

const COMPONENTS: &str = "components";
const ASYNC: &str = "asynchronous components";
const ERRORS: &str = "error contexts";
const THREADS: &str = "threads of asynchronous components";
const SHARED: &str = "shared-everything threads";

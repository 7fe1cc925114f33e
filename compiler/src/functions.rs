//! From the program's functions to machine code: each is lowered, gets copies of what it calls, and is
//! compiled, as one piece of work.
//!
//! The problem: Cranelift's IR of a function takes some thirty times the memory of its WebAssembly.
//! With all functions lowered before the first is compiled, a component of ten megabytes would take
//! half a gigabyte. So a function is lowered when its turn comes, and its IR goes as soon as nobody needs
//! it any more.
//!
//! # The schedule
//!
//! ```text
//! waits for its callees --ready--> lower, inline --+--too large to copy--> compile
//!                                                  +--kept--all callers are done--> compile, or drop
//! ```
//!
//! A function is *ready* when everything that it calls and that doesn't call it is done: then the bodies that
//! it may copy are final. A body that somebody may copy is kept until the last caller is done. By then it is
//! known whether a call to it is left anywhere; if not, it is dropped without having been compiled.
//!
//! Ready functions are taken in the order of the call graph, callees before callers and as deep as
//! possible, so that few bodies are kept at a time; what lets IR go comes first.
//!
//! **The result doesn't depend on the number of threads**: which bodies a function may copy is decided by the
//! call graph and by sizes, never by what happens to be done.

use crate::callgraph::CallGraph;
use crate::codegen::{self, Compiled};
use crate::emit;
use crate::error::{Error, Result};
use crate::inline::{self, Body, Limits};
use crate::lower::names::Name;
use crate::lower::{self, Env};
use crate::options::Progress;
use crate::target::{OptLevel, Target};
use cranelift_codegen::ir::Function;
use rayon::prelude::*;
use std::collections::{BinaryHeap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What to make of the functions.
#[derive(Debug, Clone, Copy)]
pub struct Want {
    /// The final IR as text.
    pub clif: bool,
    /// Machine code.
    pub code: bool,
    /// Its assembly as text besides.
    pub assembly: bool,
    /// The source location of all code, because the program may be interrupted anywhere.
    pub places: bool,
}

/// What was made.
#[derive(Debug, Default)]
pub struct Functions {
    /// Machine code, ascending by name.
    pub compiled: Vec<Compiled>,
    /// The IR of the same functions, as text.
    pub clif: String,
    /// What lowering, inlining and code generation took, over all threads.
    pub times: [Duration; 3],
}

/// Compiles `names`, which are all that there is to lower, ascending.
///
/// # Errors
///
/// The first function's, by name, that needs what isn't supported; [`Error::Codegen`] for what Cranelift
/// refuses, a defect of nanocc.
pub fn run(
    env: &Env<'_>,
    names: Vec<Name>,
    target: &Target,
    opt: OptLevel,
    want: Want,
    progress: &dyn Progress,
) -> Result<Functions> {
    let start = Instant::now();
    // What nanocc makes itself comes first, since only its code says what it calls.
    let made = names
        .par_iter()
        .filter(|name| !lower::has_body(env, **name))
        .map(|&name| Ok((name, lower::lower(env, name)?)))
        .collect::<Vec<Result<_>>>();
    let made = made.into_iter().collect::<Result<HashMap<_, _>>>()?;
    let first = start.elapsed();
    let mut functions = compile(env, names, made, target, opt, want, progress)?;
    functions.times[0] += first;
    Ok(functions)
}

/// The same, with those that are in `made` lowered already: at least those that are no module's own.
pub(crate) fn compile(
    env: &Env<'_>,
    names: Vec<Name>,
    made: HashMap<Name, Function>,
    target: &Target,
    opt: OptLevel,
    want: Want,
    progress: &dyn Progress,
) -> Result<Functions> {
    let limits = Limits::of(opt);
    let graph = CallGraph::new(env, names, &made);
    let compiler = codegen::Compiler::new(env, target, opt, want.assembly, want.places)?;
    let schedule = Schedule {
        env,
        graph: &graph,
        made: Mutex::new(made),
        limits,
        compiler: &compiler,
        want,
        progress,
        vertices: (0..graph.count())
            .map(|vertex| Vertex {
                callees: AtomicUsize::new(match limits {
                    Some(_) => graph.callees(vertex).count(),
                    None => 0,
                }),
                callers: AtomicUsize::new(graph.callers(vertex).count()),
                needed: AtomicBool::new(graph.kept(vertex)),
                state: Mutex::new(State::Waiting),
            })
            .collect(),
        queue: Mutex::new(Queue {
            ready: BinaryHeap::new(),
            open: graph.count(),
        }),
        wake: Condvar::new(),
        failed: AtomicBool::new(false),
        times: Default::default(),
    };
    schedule.run();
    schedule.finish()
}

/// Everything that the threads share.
struct Schedule<'a> {
    env: &'a Env<'a>,
    graph: &'a CallGraph,
    /// What is lowered already.
    made: Mutex<HashMap<Name, Function>>,
    limits: Option<Limits>,
    compiler: &'a codegen::Compiler<'a>,
    want: Want,
    progress: &'a dyn Progress,
    vertices: Vec<Vertex>,
    queue: Mutex<Queue>,
    /// There is something in the queue, or nothing is left to do.
    wake: Condvar,
    failed: AtomicBool,
    times: Mutex<[Duration; 3]>,
}

/// A function's progress.
struct Vertex {
    /// Callees that it waits for.
    callees: AtomicUsize,
    /// Callers that may still want its body.
    callers: AtomicUsize,
    /// Whether anything refers to its code.
    needed: AtomicBool,
    state: Mutex<State>,
}

enum State {
    Waiting,
    /// Final, and waiting for its callers.
    Kept(Arc<Body>),
    Done(Box<Made>),
    /// Nothing refers to it.
    Dropped,
    Failed(Error),
}

/// What is left of a function.
#[derive(Default)]
struct Made {
    compiled: Option<Compiled>,
    clif: String,
}

struct Queue {
    ready: BinaryHeap<Task>,
    /// Functions that aren't done.
    open: usize,
}

/// A piece of work; the greatest is done first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Task {
    /// Compiling what is kept lets IR go, so that comes before new work.
    release: bool,
    rank: std::cmp::Reverse<usize>,
    vertex: usize,
}

/// A thread that panicked has been reported; what it guarded is only counted and moved.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Schedule<'_> {
    fn run(&self) {
        {
            let mut queue = lock(&self.queue);
            for (vertex, state) in self.vertices.iter().enumerate() {
                if state.callees.load(Ordering::Relaxed) == 0 {
                    queue.ready.push(self.task(vertex, false));
                }
            }
        }
        rayon::broadcast(|_| {
            let mut worker = Worker {
                schedule: self,
                codegen: self.compiler.worker(),
                times: Default::default(),
            };
            // A thread that panics must not leave the others waiting.
            let guard = Abandon(self);
            while let Some(task) = self.next() {
                worker.work(task);
            }
            std::mem::forget(guard);
            let mut times = lock(&self.times);
            for (sum, time) in times.iter_mut().zip(worker.times) {
                *sum += time;
            }
        });
    }

    fn task(&self, vertex: usize, release: bool) -> Task {
        let rank = std::cmp::Reverse(self.graph.rank(vertex));
        Task {
            release,
            rank,
            vertex,
        }
    }

    /// The next piece of work; waits for it. `None` if nothing is left.
    fn next(&self) -> Option<Task> {
        let mut queue = lock(&self.queue);
        loop {
            if queue.open == 0 {
                return None;
            }
            if let Some(task) = queue.ready.pop() {
                return Some(task);
            }
            let woken = self.wake.wait(queue);
            queue = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn push(&self, vertex: usize, release: bool) {
        lock(&self.queue).ready.push(self.task(vertex, release));
        self.wake.notify_one();
    }

    /// Nothing more will happen to the function.
    fn close(&self, vertex: usize, state: State) {
        *lock(&self.vertices[vertex].state) = state;
        self.progress.step();
        let mut queue = lock(&self.queue);
        // A thread that panicked has closed everything.
        queue.open = queue.open.saturating_sub(1);
        if queue.open == 0 {
            self.wake.notify_all();
        }
    }

    /// The bodies that `vertex` may copy.
    fn callees(&self, vertex: usize) -> HashMap<usize, Arc<Body>> {
        self.graph
            .callees(vertex)
            .filter_map(|callee| match &*lock(&self.vertices[callee].state) {
                State::Kept(body) => Some((callee, Arc::clone(body))),
                _ => None,
            })
            .collect()
    }

    /// Collects what has been made, in order.
    fn finish(self) -> Result<Functions> {
        let times = self.times.into_inner();
        let mut functions = Functions {
            times: times.unwrap_or_else(PoisonError::into_inner),
            ..Functions::default()
        };
        for vertex in self.vertices {
            let state = vertex.state.into_inner();
            match state.unwrap_or_else(PoisonError::into_inner) {
                State::Done(made) => {
                    functions.clif += &made.clif;
                    functions.compiled.extend(made.compiled);
                }
                State::Dropped => {}
                State::Failed(error) => return Err(error),
                State::Waiting | State::Kept(_) => {
                    unreachable!("the queue was empty, and every function has been dealt with")
                }
            }
        }
        Ok(functions)
    }
}

/// A thread's part.
struct Worker<'a, 'b> {
    schedule: &'a Schedule<'b>,
    codegen: codegen::Worker<'a>,
    times: [Duration; 3],
}

impl Worker<'_, '_> {
    fn work(&mut self, task: Task) {
        let vertex = task.vertex;
        let state = if task.release {
            self.release(vertex)
        } else {
            match self.make(vertex) {
                Ok(Some(func)) => self.compile(vertex, func),
                // It is kept.
                Ok(None) => return,
                Err(error) => {
                    self.schedule.failed.store(true, Ordering::Relaxed);
                    self.tell(vertex);
                    State::Failed(error)
                }
            }
        };
        self.schedule.close(vertex, state);
    }

    /// Lowers a function and copies into it what it calls. Returns it unless it is kept.
    fn make(&mut self, vertex: usize) -> Result<Option<Function>> {
        let Schedule { env, graph, .. } = *self.schedule;
        let name = graph.name(vertex);
        let start = Instant::now();
        let made = lock(&self.schedule.made).remove(&name);
        let mut func = match made {
            Some(func) => func,
            None => lower::lower(env, name)?,
        };
        let lowered = Instant::now();
        let mut kept = None;
        if let Some(limits) = self.schedule.limits {
            let callees = self.schedule.callees(vertex);
            func = inline::calls(name, func, &callees, graph, limits, env)?;
            drop(callees);
            let references = graph.references(&func);
            for referred in references.calls.into_iter().chain(references.addresses) {
                let referred = &self.schedule.vertices[referred];
                referred.needed.store(true, Ordering::Relaxed);
            }
            if graph.callers(vertex).next().is_some() {
                let body = Body::new(name, func, graph.called_once(vertex), env.program);
                if limits.copies(&body) {
                    kept = Some(Arc::new(body));
                    func = Function::new();
                } else {
                    func = body.func;
                }
            }
        }
        self.times[0] += lowered - start;
        self.times[1] += lowered.elapsed();
        let func = match kept {
            Some(body) => {
                *lock(&self.schedule.vertices[vertex].state) = State::Kept(body);
                None
            }
            None => Some(func),
        };
        self.tell(vertex);
        Ok(func)
    }

    /// Tells callers and callees that the function has copied what it will, and is final.
    fn tell(&self, vertex: usize) {
        let Schedule {
            graph, vertices, ..
        } = self.schedule;
        if self.schedule.limits.is_none() {
            return;
        }
        for callee in graph.callees(vertex) {
            let last = vertices[callee].callers.fetch_sub(1, Ordering::AcqRel) == 1;
            if last && matches!(*lock(&vertices[callee].state), State::Kept(_)) {
                self.schedule.push(callee, true);
            }
        }
        for caller in graph.callers(vertex) {
            if vertices[caller].callees.fetch_sub(1, Ordering::AcqRel) == 1 {
                self.schedule.push(caller, false);
            }
        }
    }

    /// What becomes of a function that was kept for its callers.
    fn release(&mut self, vertex: usize) -> State {
        let kept = &self.schedule.vertices[vertex];
        let State::Kept(body) = std::mem::replace(&mut *lock(&kept.state), State::Waiting) else {
            unreachable!("what is released is kept, and is released once");
        };
        if !kept.needed.load(Ordering::Relaxed) {
            return State::Dropped;
        }
        let func = match Arc::try_unwrap(body) {
            Ok(body) => body.func,
            Err(body) => body.func.clone(),
        };
        self.compile(vertex, func)
    }

    fn compile(&mut self, vertex: usize, func: Function) -> State {
        let Schedule { env, graph, .. } = *self.schedule;
        if self.schedule.failed.load(Ordering::Relaxed) {
            return State::Dropped;
        }
        let mut made = Box::new(Made::default());
        let name = graph.name(vertex);
        if self.schedule.want.clif {
            made.clif = emit::clif(env.program, name, &func);
        }
        if self.schedule.want.code {
            let start = Instant::now();
            match self.codegen.compile(name, func) {
                Ok(compiled) => made.compiled = Some(compiled),
                Err(error) => {
                    self.schedule.failed.store(true, Ordering::Relaxed);
                    return State::Failed(error);
                }
            }
            self.times[2] += start.elapsed();
        }
        State::Done(made)
    }
}

/// Ends everybody's waiting when its thread panics.
struct Abandon<'a, 'b>(&'a Schedule<'b>);

impl Drop for Abandon<'_, '_> {
    fn drop(&mut self) {
        lock(&self.0.queue).open = 0;
        self.0.wake.notify_all();
    }
}

//! What lives as long as a script's program.
//!
//! A program refers to the bytes that it was made of, and instantiation to the definitions that it runs. A script gets them
//! one after the other, while the program that refers to the first is already there. So they are kept at
//! fixed places, in chunks of doubling size; nothing is ever removed.

use crate::graph::ast::Component;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Keeps what a script makes. Several scripts may share one.
#[derive(Default)]
pub struct Arena<'a> {
    components: Shelf<Component<'a>>,
    bytes: Shelf<Vec<u8>>,
}

impl<'a> Arena<'a> {
    /// An empty one.
    pub fn new() -> Arena<'a> {
        Arena::default()
    }

    pub(crate) fn define(&'a self, component: Component<'a>) -> &'a Component<'a> {
        self.components.push(component)
    }

    pub(crate) fn keep(&'a self, bytes: Vec<u8>) -> &'a [u8] {
        self.bytes.push(bytes)
    }
}

/// Values that don't move; chunk `k` has places for `2^k`.
struct Shelf<T> {
    count: AtomicUsize,
    chunks: [OnceLock<Box<[OnceLock<T>]>>; usize::BITS as usize],
}

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf {
            count: AtomicUsize::new(0),
            chunks: [const { OnceLock::new() }; usize::BITS as usize],
        }
    }
}

impl<T> Shelf<T> {
    fn push(&self, value: T) -> &T {
        // Each number is given out once, so the place is empty.
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let chunk = number.ilog2() as usize;
        let places = self.chunks[chunk]
            .get_or_init(|| (0..1usize << chunk).map(|_| OnceLock::new()).collect());
        places[number - (1 << chunk)].get_or_init(|| value)
    }
}

//! The interfaces of WASI 0.2, on raw system calls.
//!
//! One module a package, in it one an interface, named and typed as [`crate::bindings`] says, which calls
//! them. [`invoke`] is no interface.
//!
//! # Authority
//!
//! What an instance was granted matters where authority enters, in the functions that hand out a resource or tell of
//! the world outside without being shown a handle (`nanocc_wit::SOURCES`). Each has a second form in a module `denied`, to which
//! the compiler links the calls of those who weren't granted it. It gives what there would be in an empty world: streams that are
//! closed, no terminal, no arguments, no environment, no directories; or, where the interface has such an error, that access is
//! denied. Functions that give parts (variables, directories, addresses) look into the instance's `Authority`.
//! Methods never look at grants: a handle carries its rights to whoever holds it. Clocks and random
//! numbers are no authority: there is no grant for them, and whoever imports them has them.
//!
//! # Representations
//!
//! A resource's representation is a number that the shim mints and reads back; guests see handles
//! only. What has no state needs no table: a terminal is its descriptor, an error its `errno`.

pub mod cli;
pub mod clocks;
pub mod filesystem;
pub mod invoke;
pub mod io;
pub mod open;
pub mod random;
pub mod slots;
pub mod sockets;
pub mod transfer;

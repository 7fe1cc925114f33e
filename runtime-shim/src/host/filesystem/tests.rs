//! The host functions on real directories, called as a guest's calls arrive.

mod contents;
mod directories;
mod rights;
pub mod world;

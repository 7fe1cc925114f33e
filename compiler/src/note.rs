//! The note in an executable.

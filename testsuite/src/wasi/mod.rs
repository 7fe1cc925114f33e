//! The programs of `testsuite/guests/wasi`, which call every function of WASI 0.2: the directories that they are
//! granted ([`fixture`]), and which functions they do call ([`calls`]), as a table ([`table`]).

pub mod calls;
pub mod fixture;
pub mod table;

//! What the programs of `testsuite/guests/wasi` need, which call every function of WASI 0.2: the directories that
//! they are granted ([`fixture`]).

pub mod fixture;

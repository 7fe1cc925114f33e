//! What to do instead of what nanocc doesn't compile.
//!
//! [`super::Error::Unsupported`] names a feature in words; each feature that a toolchain or an interface
//! can be asked not to use has a line here, found by a word of the name. `testsuite/tests/errors.rs` holds
//! the features to it.

/// Words of features' names, and the remedy; the first that fits counts.
const REMEDIES: [(&[&str], &str); 11] = [
    (
        &["value type `map`"],
        "write it as `list<tuple<K, V>>`, which holds the same",
    ),
    (
        &["list<_, N>"],
        "write it as a `tuple` of as many elements, or as a `list` without a length",
    ),
    (
        &["error-context", "error contexts"],
        "hand the error over as the payload of a `result`",
    ),
    (
        &["`stream`", "`future`", "asynchronous"],
        "nanocc compiles synchronous components: build for WASI 0.2, whose `wasi:io` has streams and \
         pollables of its own",
    ),
    (
        &["component values", "component start functions"],
        "export a function that does or returns it, and call that",
    ),
    (&["memory64"], "build for 32-bit memories (`wasm32`)"),
    (
        &["threads", "shared types"],
        "build without threads (of the WASI targets, one whose name doesn't end in `-threads`)",
    ),
    (
        &["exception", "exnref"],
        "build without WebAssembly's exceptions (C++: `-fno-exceptions`; C: `setjmp` needs them; Rust: \
         `panic = \"abort\"`)",
    ),
    (
        &[
            "(gc)",
            "`gc`",
            "for gc",
            "recursion groups",
            "the reference type",
        ],
        "compile the language to linear memory, as the WASI targets of C, C++ and Rust do",
    ),
    (
        &["tail_call"],
        "build without tail calls (clang: not with `-mtail-call`)",
    ),
    (
        &["relaxed_simd"],
        "build without relaxed SIMD, which may differ between processors (clang: `-msimd128` alone)",
    ),
];

/// The remedy for a feature, if there is one.
pub(super) fn remedy(feature: &str) -> Option<&'static str> {
    REMEDIES
        .iter()
        .find(|(words, _)| words.iter().any(|word| feature.contains(word)))
        .map(|(_, remedy)| *remedy)
}

//! The entry points of the host functions of WASI 0.2.
//!
//! Generated from the WIT files in `wit/`; don't edit. `BLESS=1 cargo test -p nanocc-wit` rewrites it.
//!
//! A function `f` of the interface `wasi:package/some-name` is lifted here, served by
//! `crate::host::package::some_name::f`, and its result is lowered here. Names are WIT's in Rust's spelling:
//!
//! | WIT | here and in the host's modules |
//! |---|---|
//! | function `get-stdout` | `get_stdout(cx: &mut Cx) -> ...` |
//! | method `check-write` of `output-stream` | `output_stream_check_write(cx, self_: Borrow<OutputStream>)` |
//! | static function `f` of `r` | `r_f(cx, ...)` |
//! | constructor of `r` | `new_r(cx, ...) -> Own<R>` |
//! | destructor of `r` | `drop_r(cx, Own<R>)`, called when a handle that owns is dropped |
//! | a name that is a word of Rust's | with `_` after it |
//!
//! | WIT type | parameter | result |
//! |---|---|---|
//! | `string` | `GuestStr` | `NewStr`, by `Cx::string` |
//! | `list<t>` | `GuestSlice<T>` | `NewList<T>`, by `Cx::list` |
//! | `own<r>` | `Own<R>` | `Own<R>` |
//! | `borrow<r>` | `Borrow<R>` | |
//! | `option`, `result`, tuples, numbers, `bool`, `char` | Rust's own | Rust's own |
//! | named types | the type of this file's module of the interface | the same |
//!
//! A source of authority has a second entry, `[denied]f`, for those who weren't granted it, served by `denied::f`. A resource `r` has
//! `[unheld]r`, which the functions whose first argument is a handle of it are in a program that can't have one: lifting
//! the handle traps. What takes a handle of a resource that nothing makes yet is the same.
//!
//! # Safety
//!
//! Every exported function has the contract of `Cx::enter`.
#![cfg_attr(rustfmt, rustfmt_skip)]
#![allow(missing_docs, clippy::missing_safety_doc, clippy::module_inception, clippy::result_unit_err)]

/// `wasi:io`.
pub mod io {
    /// `wasi:io/error@0.2`.
    pub mod error {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, NewStr, Resource, unheld};

        /// The resource `error`.
        pub enum Error {}

        impl Resource for Error {
            const TYPE: u32 = 0;
        }

        #[unsafe(export_name = "wasi:io/error@0.2#[resource-drop]error")]
        pub unsafe extern "C" fn drop_error(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<Error>(handle) {
                crate::host::io::error::drop_error(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:io/error@0.2#[unheld]error")]
        pub unsafe extern "C" fn unheld_error(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<Error>(caller, handle) }
        }

        #[unsafe(export_name = "wasi:io/error@0.2#[method]error.to-debug-string")]
        pub unsafe extern "C" fn error_to_debug_string(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Error>(self_);
            let result: NewStr = crate::host::io::error::error_to_debug_string(&mut cx, self_);
            cx.store(ret, result);
        }
    }
    /// `wasi:io/poll@0.2`.
    pub mod poll {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Borrow, Cx, GuestSlice, NewList, Resource, unheld};

        /// The resource `pollable`.
        pub enum Pollable {}

        impl Resource for Pollable {
            const TYPE: u32 = 1;
        }

        #[unsafe(export_name = "wasi:io/poll@0.2#[resource-drop]pollable")]
        pub unsafe extern "C" fn drop_pollable(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<Pollable>(handle) {
                crate::host::io::poll::drop_pollable(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:io/poll@0.2#[unheld]pollable")]
        pub unsafe extern "C" fn unheld_pollable(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<Pollable>(caller, handle) }
        }

        #[unsafe(export_name = "wasi:io/poll@0.2#[method]pollable.ready")]
        pub unsafe extern "C" fn pollable_ready(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Pollable>(self_);
            let result: bool = crate::host::io::poll::pollable_ready(&mut cx, self_);
            u32::from(result)
        }

        #[unsafe(export_name = "wasi:io/poll@0.2#[method]pollable.block")]
        pub unsafe extern "C" fn pollable_block(caller: *const Caller, self_: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Pollable>(self_);
            crate::host::io::poll::pollable_block(&mut cx, self_);
        }

        #[unsafe(export_name = "wasi:io/poll@0.2#poll")]
        pub unsafe extern "C" fn poll(caller: *const Caller, in_0: u32, in_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let in_ = GuestSlice::<Borrow<Pollable>>::lift(&cx, in_0, in_1);
            let result: NewList<u32> = crate::host::io::poll::poll(&mut cx, in_);
            cx.store(ret, result);
        }
    }
    /// `wasi:io/streams@0.2`.
    pub mod streams {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Destination, GuestSlice, NewList, Own, Resource, Store, Value, has_layout, unheld};

        /// The resource `input-stream`.
        pub enum InputStream {}

        impl Resource for InputStream {
            const TYPE: u32 = 2;
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[resource-drop]input-stream")]
        pub unsafe extern "C" fn drop_input_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<InputStream>(handle) {
                crate::host::io::streams::drop_input_stream(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[unheld]input-stream")]
        pub unsafe extern "C" fn unheld_input_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<InputStream>(caller, handle) }
        }

        /// The resource `output-stream`.
        pub enum OutputStream {}

        impl Resource for OutputStream {
            const TYPE: u32 = 3;
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[resource-drop]output-stream")]
        pub unsafe extern "C" fn drop_output_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<OutputStream>(handle) {
                crate::host::io::streams::drop_output_stream(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[unheld]output-stream")]
        pub unsafe extern "C" fn unheld_output_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<OutputStream>(caller, handle) }
        }

        /// The variant `stream-error`.
        pub enum StreamError {
            LastOperationFailed(Own<super::super::io::error::Error>),
            Closed,
        }

        impl Value for StreamError {
            const SIZE: u32 = 8;
            const ALIGN: u32 = 4;
        }

        impl Store for StreamError {
            fn store(self, mut into: Destination<'_>) {
                match self {
                    StreamError::LastOperationFailed(payload) => {
                        into.field(0, 0u8);
                        into.field(4, payload);
                    }
                    StreamError::Closed => into.field(0, 1u8),
                }
            }
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]input-stream.read")]
        pub unsafe extern "C" fn input_stream_read(caller: *const Caller, self_: u32, len: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<InputStream>(self_);
            let result: Result<NewList<u8>, StreamError> = crate::host::io::streams::input_stream_read(&mut cx, self_, len);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]input-stream.blocking-read")]
        pub unsafe extern "C" fn input_stream_blocking_read(caller: *const Caller, self_: u32, len: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<InputStream>(self_);
            let result: Result<NewList<u8>, StreamError> = crate::host::io::streams::input_stream_blocking_read(&mut cx, self_, len);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]input-stream.skip")]
        pub unsafe extern "C" fn input_stream_skip(caller: *const Caller, self_: u32, len: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<InputStream>(self_);
            let result: Result<u64, StreamError> = crate::host::io::streams::input_stream_skip(&mut cx, self_, len);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]input-stream.blocking-skip")]
        pub unsafe extern "C" fn input_stream_blocking_skip(caller: *const Caller, self_: u32, len: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<InputStream>(self_);
            let result: Result<u64, StreamError> = crate::host::io::streams::input_stream_blocking_skip(&mut cx, self_, len);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]input-stream.subscribe")]
        pub unsafe extern "C" fn input_stream_subscribe(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<InputStream>(self_);
            let result: Own<super::super::io::poll::Pollable> = crate::host::io::streams::input_stream_subscribe(&mut cx, self_);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]output-stream.check-write")]
        pub unsafe extern "C" fn output_stream_check_write(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutputStream>(self_);
            let result: Result<u64, StreamError> = crate::host::io::streams::output_stream_check_write(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]output-stream.write")]
        pub unsafe extern "C" fn output_stream_write(caller: *const Caller, self_: u32, contents_0: u32, contents_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutputStream>(self_);
            let contents = GuestSlice::<u8>::lift(&cx, contents_0, contents_1);
            let result: Result<(), StreamError> = crate::host::io::streams::output_stream_write(&mut cx, self_, contents);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]output-stream.blocking-write-and-flush")]
        pub unsafe extern "C" fn output_stream_blocking_write_and_flush(caller: *const Caller, self_: u32, contents_0: u32, contents_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutputStream>(self_);
            let contents = GuestSlice::<u8>::lift(&cx, contents_0, contents_1);
            let result: Result<(), StreamError> = crate::host::io::streams::output_stream_blocking_write_and_flush(&mut cx, self_, contents);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]output-stream.flush")]
        pub unsafe extern "C" fn output_stream_flush(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutputStream>(self_);
            let result: Result<(), StreamError> = crate::host::io::streams::output_stream_flush(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]output-stream.blocking-flush")]
        pub unsafe extern "C" fn output_stream_blocking_flush(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutputStream>(self_);
            let result: Result<(), StreamError> = crate::host::io::streams::output_stream_blocking_flush(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]output-stream.subscribe")]
        pub unsafe extern "C" fn output_stream_subscribe(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutputStream>(self_);
            let result: Own<super::super::io::poll::Pollable> = crate::host::io::streams::output_stream_subscribe(&mut cx, self_);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]output-stream.write-zeroes")]
        pub unsafe extern "C" fn output_stream_write_zeroes(caller: *const Caller, self_: u32, len: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutputStream>(self_);
            let result: Result<(), StreamError> = crate::host::io::streams::output_stream_write_zeroes(&mut cx, self_, len);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]output-stream.blocking-write-zeroes-and-flush")]
        pub unsafe extern "C" fn output_stream_blocking_write_zeroes_and_flush(caller: *const Caller, self_: u32, len: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutputStream>(self_);
            let result: Result<(), StreamError> = crate::host::io::streams::output_stream_blocking_write_zeroes_and_flush(&mut cx, self_, len);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]output-stream.splice")]
        pub unsafe extern "C" fn output_stream_splice(caller: *const Caller, self_: u32, src: u32, len: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutputStream>(self_);
            let src = cx.lift_borrow::<InputStream>(src);
            let result: Result<u64, StreamError> = crate::host::io::streams::output_stream_splice(&mut cx, self_, src, len);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:io/streams@0.2#[method]output-stream.blocking-splice")]
        pub unsafe extern "C" fn output_stream_blocking_splice(caller: *const Caller, self_: u32, src: u32, len: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutputStream>(self_);
            let src = cx.lift_borrow::<InputStream>(src);
            let result: Result<u64, StreamError> = crate::host::io::streams::output_stream_blocking_splice(&mut cx, self_, src, len);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<Result<(), StreamError>>(12, 4));
            assert!(has_layout::<Result<NewList<u8>, StreamError>>(12, 4));
            assert!(has_layout::<Result<u64, StreamError>>(16, 8));
        };
    }
}

/// `wasi:clocks`.
pub mod clocks {
    /// `wasi:clocks/monotonic-clock@0.2`.
    pub mod monotonic_clock {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own};

        #[unsafe(export_name = "wasi:clocks/monotonic-clock@0.2#now")]
        pub unsafe extern "C" fn now(caller: *const Caller) -> u64 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            crate::host::clocks::monotonic_clock::now(&mut cx)
        }

        #[unsafe(export_name = "wasi:clocks/monotonic-clock@0.2#resolution")]
        pub unsafe extern "C" fn resolution(caller: *const Caller) -> u64 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            crate::host::clocks::monotonic_clock::resolution(&mut cx)
        }

        #[unsafe(export_name = "wasi:clocks/monotonic-clock@0.2#subscribe-instant")]
        pub unsafe extern "C" fn subscribe_instant(caller: *const Caller, when: u64) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Own<super::super::io::poll::Pollable> = crate::host::clocks::monotonic_clock::subscribe_instant(&mut cx, when);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "wasi:clocks/monotonic-clock@0.2#subscribe-duration")]
        pub unsafe extern "C" fn subscribe_duration(caller: *const Caller, when: u64) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Own<super::super::io::poll::Pollable> = crate::host::clocks::monotonic_clock::subscribe_duration(&mut cx, when);
            cx.lower_own(result)
        }
    }
    /// `wasi:clocks/wall-clock@0.2`.
    pub mod wall_clock {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Destination, Store, Value};

        /// The record `datetime`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Datetime {
            pub seconds: u64,
            pub nanoseconds: u32,
        }

        impl Value for Datetime {
            const SIZE: u32 = 16;
            const ALIGN: u32 = 8;
        }

        impl Store for Datetime {
            fn store(self, mut into: Destination<'_>) {
                into.field(0, self.seconds);
                into.field(8, self.nanoseconds);
            }
        }

        #[unsafe(export_name = "wasi:clocks/wall-clock@0.2#now")]
        pub unsafe extern "C" fn now(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Datetime = crate::host::clocks::wall_clock::now(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:clocks/wall-clock@0.2#resolution")]
        pub unsafe extern "C" fn resolution(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Datetime = crate::host::clocks::wall_clock::resolution(&mut cx);
            cx.store(ret, result);
        }
    }
}

/// `wasi:random`.
pub mod random {
    /// `wasi:random/random@0.2`.
    pub mod random {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, NewList};

        #[unsafe(export_name = "wasi:random/random@0.2#get-random-bytes")]
        pub unsafe extern "C" fn get_random_bytes(caller: *const Caller, len: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: NewList<u8> = crate::host::random::random::get_random_bytes(&mut cx, len);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:random/random@0.2#get-random-u64")]
        pub unsafe extern "C" fn get_random_u64(caller: *const Caller) -> u64 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            crate::host::random::random::get_random_u64(&mut cx)
        }
    }
    /// `wasi:random/insecure@0.2`.
    pub mod insecure {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, NewList};

        #[unsafe(export_name = "wasi:random/insecure@0.2#get-insecure-random-bytes")]
        pub unsafe extern "C" fn get_insecure_random_bytes(caller: *const Caller, len: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: NewList<u8> = crate::host::random::insecure::get_insecure_random_bytes(&mut cx, len);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:random/insecure@0.2#get-insecure-random-u64")]
        pub unsafe extern "C" fn get_insecure_random_u64(caller: *const Caller) -> u64 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            crate::host::random::insecure::get_insecure_random_u64(&mut cx)
        }
    }
    /// `wasi:random/insecure-seed@0.2`.
    pub mod insecure_seed {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, has_layout};

        #[unsafe(export_name = "wasi:random/insecure-seed@0.2#insecure-seed")]
        pub unsafe extern "C" fn insecure_seed(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: (u64, u64) = crate::host::random::insecure_seed::insecure_seed(&mut cx);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<(u64, u64)>(16, 8));
        };
    }
}

/// `wasi:cli`.
pub mod cli {
    /// `wasi:cli/environment@0.2`.
    pub mod environment {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, NewList, NewStr, has_layout};

        #[unsafe(export_name = "wasi:cli/environment@0.2#get-environment")]
        pub unsafe extern "C" fn get_environment(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: NewList<(NewStr, NewStr)> = crate::host::cli::environment::get_environment(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:cli/environment@0.2#[denied]get-environment")]
        pub unsafe extern "C" fn denied_get_environment(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: NewList<(NewStr, NewStr)> = crate::host::cli::environment::denied::get_environment(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:cli/environment@0.2#get-arguments")]
        pub unsafe extern "C" fn get_arguments(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: NewList<NewStr> = crate::host::cli::environment::get_arguments(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:cli/environment@0.2#[denied]get-arguments")]
        pub unsafe extern "C" fn denied_get_arguments(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: NewList<NewStr> = crate::host::cli::environment::denied::get_arguments(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:cli/environment@0.2#initial-cwd")]
        pub unsafe extern "C" fn initial_cwd(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Option<NewStr> = crate::host::cli::environment::initial_cwd(&mut cx);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<(NewStr, NewStr)>(16, 4));
            assert!(has_layout::<Option<NewStr>>(12, 4));
        };
    }
    /// `wasi:cli/exit@0.2`.
    pub mod exit {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, invalid_discriminant};

        #[unsafe(export_name = "wasi:cli/exit@0.2#exit")]
        pub unsafe extern "C" fn exit(caller: *const Caller, status: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let status = match status { 0 => Ok(()), 1 => Err(()), _ => invalid_discriminant() };
            crate::host::cli::exit::exit(&mut cx, status);
        }

        #[unsafe(export_name = "wasi:cli/exit@0.2#exit-with-code")]
        pub unsafe extern "C" fn exit_with_code(caller: *const Caller, status_code: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let status_code = status_code as u8;
            crate::host::cli::exit::exit_with_code(&mut cx, status_code);
        }
    }
    /// `wasi:cli/stdin@0.2`.
    pub mod stdin {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own};

        #[unsafe(export_name = "wasi:cli/stdin@0.2#get-stdin")]
        pub unsafe extern "C" fn get_stdin(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Own<super::super::io::streams::InputStream> = crate::host::cli::stdin::get_stdin(&mut cx);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "wasi:cli/stdin@0.2#[denied]get-stdin")]
        pub unsafe extern "C" fn denied_get_stdin(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Own<super::super::io::streams::InputStream> = crate::host::cli::stdin::denied::get_stdin(&mut cx);
            cx.lower_own(result)
        }
    }
    /// `wasi:cli/stdout@0.2`.
    pub mod stdout {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own};

        #[unsafe(export_name = "wasi:cli/stdout@0.2#get-stdout")]
        pub unsafe extern "C" fn get_stdout(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Own<super::super::io::streams::OutputStream> = crate::host::cli::stdout::get_stdout(&mut cx);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "wasi:cli/stdout@0.2#[denied]get-stdout")]
        pub unsafe extern "C" fn denied_get_stdout(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Own<super::super::io::streams::OutputStream> = crate::host::cli::stdout::denied::get_stdout(&mut cx);
            cx.lower_own(result)
        }
    }
    /// `wasi:cli/stderr@0.2`.
    pub mod stderr {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own};

        #[unsafe(export_name = "wasi:cli/stderr@0.2#get-stderr")]
        pub unsafe extern "C" fn get_stderr(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Own<super::super::io::streams::OutputStream> = crate::host::cli::stderr::get_stderr(&mut cx);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "wasi:cli/stderr@0.2#[denied]get-stderr")]
        pub unsafe extern "C" fn denied_get_stderr(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Own<super::super::io::streams::OutputStream> = crate::host::cli::stderr::denied::get_stderr(&mut cx);
            cx.lower_own(result)
        }
    }
    /// `wasi:cli/terminal-input@0.2`.
    pub mod terminal_input {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Resource, unheld};

        /// The resource `terminal-input`.
        pub enum TerminalInput {}

        impl Resource for TerminalInput {
            const TYPE: u32 = 4;
        }

        #[unsafe(export_name = "wasi:cli/terminal-input@0.2#[resource-drop]terminal-input")]
        pub unsafe extern "C" fn drop_terminal_input(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<TerminalInput>(handle) {
                crate::host::cli::terminal_input::drop_terminal_input(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:cli/terminal-input@0.2#[unheld]terminal-input")]
        pub unsafe extern "C" fn unheld_terminal_input(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<TerminalInput>(caller, handle) }
        }
    }
    /// `wasi:cli/terminal-output@0.2`.
    pub mod terminal_output {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Resource, unheld};

        /// The resource `terminal-output`.
        pub enum TerminalOutput {}

        impl Resource for TerminalOutput {
            const TYPE: u32 = 5;
        }

        #[unsafe(export_name = "wasi:cli/terminal-output@0.2#[resource-drop]terminal-output")]
        pub unsafe extern "C" fn drop_terminal_output(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<TerminalOutput>(handle) {
                crate::host::cli::terminal_output::drop_terminal_output(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:cli/terminal-output@0.2#[unheld]terminal-output")]
        pub unsafe extern "C" fn unheld_terminal_output(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<TerminalOutput>(caller, handle) }
        }
    }
    /// `wasi:cli/terminal-stdin@0.2`.
    pub mod terminal_stdin {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own, has_layout};

        #[unsafe(export_name = "wasi:cli/terminal-stdin@0.2#get-terminal-stdin")]
        pub unsafe extern "C" fn get_terminal_stdin(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Option<Own<super::super::cli::terminal_input::TerminalInput>> = crate::host::cli::terminal_stdin::get_terminal_stdin(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:cli/terminal-stdin@0.2#[denied]get-terminal-stdin")]
        pub unsafe extern "C" fn denied_get_terminal_stdin(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Option<Own<super::super::cli::terminal_input::TerminalInput>> = crate::host::cli::terminal_stdin::denied::get_terminal_stdin(&mut cx);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<Option<Own<super::super::cli::terminal_input::TerminalInput>>>(8, 4));
        };
    }
    /// `wasi:cli/terminal-stdout@0.2`.
    pub mod terminal_stdout {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own, has_layout};

        #[unsafe(export_name = "wasi:cli/terminal-stdout@0.2#get-terminal-stdout")]
        pub unsafe extern "C" fn get_terminal_stdout(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Option<Own<super::super::cli::terminal_output::TerminalOutput>> = crate::host::cli::terminal_stdout::get_terminal_stdout(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:cli/terminal-stdout@0.2#[denied]get-terminal-stdout")]
        pub unsafe extern "C" fn denied_get_terminal_stdout(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Option<Own<super::super::cli::terminal_output::TerminalOutput>> = crate::host::cli::terminal_stdout::denied::get_terminal_stdout(&mut cx);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<Option<Own<super::super::cli::terminal_output::TerminalOutput>>>(8, 4));
        };
    }
    /// `wasi:cli/terminal-stderr@0.2`.
    pub mod terminal_stderr {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own, has_layout};

        #[unsafe(export_name = "wasi:cli/terminal-stderr@0.2#get-terminal-stderr")]
        pub unsafe extern "C" fn get_terminal_stderr(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Option<Own<super::super::cli::terminal_output::TerminalOutput>> = crate::host::cli::terminal_stderr::get_terminal_stderr(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:cli/terminal-stderr@0.2#[denied]get-terminal-stderr")]
        pub unsafe extern "C" fn denied_get_terminal_stderr(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Option<Own<super::super::cli::terminal_output::TerminalOutput>> = crate::host::cli::terminal_stderr::denied::get_terminal_stderr(&mut cx);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<Option<Own<super::super::cli::terminal_output::TerminalOutput>>>(8, 4));
        };
    }
}

/// `wasi:filesystem`.
pub mod filesystem {
    /// `wasi:filesystem/types@0.2`.
    pub mod types {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Destination, GuestSlice, GuestStr, NewList, NewStr, Own, Resource, Store, Value, has_layout, invalid_discriminant, unheld};

        /// The resource `descriptor`.
        pub enum Descriptor {}

        impl Resource for Descriptor {
            const TYPE: u32 = 6;
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[resource-drop]descriptor")]
        pub unsafe extern "C" fn drop_descriptor(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<Descriptor>(handle) {
                crate::host::filesystem::types::drop_descriptor(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[unheld]descriptor")]
        pub unsafe extern "C" fn unheld_descriptor(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<Descriptor>(caller, handle) }
        }

        /// The resource `directory-entry-stream`.
        pub enum DirectoryEntryStream {}

        impl Resource for DirectoryEntryStream {
            const TYPE: u32 = 7;
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[resource-drop]directory-entry-stream")]
        pub unsafe extern "C" fn drop_directory_entry_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<DirectoryEntryStream>(handle) {
                crate::host::filesystem::types::drop_directory_entry_stream(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[unheld]directory-entry-stream")]
        pub unsafe extern "C" fn unheld_directory_entry_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<DirectoryEntryStream>(caller, handle) }
        }

        /// The enum `descriptor-type`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(u8)]
        pub enum DescriptorType {
            Unknown = 0,
            BlockDevice = 1,
            CharacterDevice = 2,
            Directory = 3,
            Fifo = 4,
            SymbolicLink = 5,
            RegularFile = 6,
            Socket = 7,
        }

        impl Value for DescriptorType {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;
        }

        impl Store for DescriptorType {
            fn store(self, into: Destination<'_>) {
                (self as u8).store(into);
            }
        }

        /// The flags `descriptor-flags`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct DescriptorFlags(u8);

        impl DescriptorFlags {
            pub const READ: DescriptorFlags = DescriptorFlags(1 << 0);
            pub const WRITE: DescriptorFlags = DescriptorFlags(1 << 1);
            pub const FILE_INTEGRITY_SYNC: DescriptorFlags = DescriptorFlags(1 << 2);
            pub const DATA_INTEGRITY_SYNC: DescriptorFlags = DescriptorFlags(1 << 3);
            pub const REQUESTED_WRITE_SYNC: DescriptorFlags = DescriptorFlags(1 << 4);
            pub const MUTATE_DIRECTORY: DescriptorFlags = DescriptorFlags(1 << 5);

            /// The flags in these bits; others are ignored.
            pub const fn from_bits(bits: u8) -> DescriptorFlags {
                DescriptorFlags(bits & 0x3f)
            }

            pub const fn bits(self) -> u8 {
                self.0
            }

            pub const fn contains(self, other: DescriptorFlags) -> bool {
                self.0 & other.0 == other.0
            }

            pub const fn union(self, other: DescriptorFlags) -> DescriptorFlags {
                DescriptorFlags(self.0 | other.0)
            }
        }

        impl Value for DescriptorFlags {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;
        }

        impl Store for DescriptorFlags {
            fn store(self, into: Destination<'_>) {
                self.0.store(into);
            }
        }

        /// The flags `path-flags`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct PathFlags(u8);

        impl PathFlags {
            pub const SYMLINK_FOLLOW: PathFlags = PathFlags(1 << 0);

            /// The flags in these bits; others are ignored.
            pub const fn from_bits(bits: u8) -> PathFlags {
                PathFlags(bits & 0x1)
            }

            pub const fn bits(self) -> u8 {
                self.0
            }

            pub const fn contains(self, other: PathFlags) -> bool {
                self.0 & other.0 == other.0
            }

            pub const fn union(self, other: PathFlags) -> PathFlags {
                PathFlags(self.0 | other.0)
            }
        }

        /// The flags `open-flags`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct OpenFlags(u8);

        impl OpenFlags {
            pub const CREATE: OpenFlags = OpenFlags(1 << 0);
            pub const DIRECTORY: OpenFlags = OpenFlags(1 << 1);
            pub const EXCLUSIVE: OpenFlags = OpenFlags(1 << 2);
            pub const TRUNCATE: OpenFlags = OpenFlags(1 << 3);

            /// The flags in these bits; others are ignored.
            pub const fn from_bits(bits: u8) -> OpenFlags {
                OpenFlags(bits & 0xf)
            }

            pub const fn bits(self) -> u8 {
                self.0
            }

            pub const fn contains(self, other: OpenFlags) -> bool {
                self.0 & other.0 == other.0
            }

            pub const fn union(self, other: OpenFlags) -> OpenFlags {
                OpenFlags(self.0 | other.0)
            }
        }

        /// The record `descriptor-stat`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct DescriptorStat {
            pub type_: DescriptorType,
            pub link_count: u64,
            pub size: u64,
            pub data_access_timestamp: Option<super::super::clocks::wall_clock::Datetime>,
            pub data_modification_timestamp: Option<super::super::clocks::wall_clock::Datetime>,
            pub status_change_timestamp: Option<super::super::clocks::wall_clock::Datetime>,
        }

        impl Value for DescriptorStat {
            const SIZE: u32 = 96;
            const ALIGN: u32 = 8;
        }

        impl Store for DescriptorStat {
            fn store(self, mut into: Destination<'_>) {
                into.field(0, self.type_);
                into.field(8, self.link_count);
                into.field(16, self.size);
                into.field(24, self.data_access_timestamp);
                into.field(48, self.data_modification_timestamp);
                into.field(72, self.status_change_timestamp);
            }
        }

        /// The variant `new-timestamp`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum NewTimestamp {
            NoChange,
            Now,
            Timestamp(super::super::clocks::wall_clock::Datetime),
        }

        /// The record `directory-entry`.
        pub struct DirectoryEntry {
            pub type_: DescriptorType,
            pub name: NewStr,
        }

        impl Value for DirectoryEntry {
            const SIZE: u32 = 12;
            const ALIGN: u32 = 4;
        }

        impl Store for DirectoryEntry {
            fn store(self, mut into: Destination<'_>) {
                into.field(0, self.type_);
                into.field(4, self.name);
            }
        }

        /// The enum `error-code`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(u8)]
        pub enum ErrorCode {
            Access = 0,
            WouldBlock = 1,
            Already = 2,
            BadDescriptor = 3,
            Busy = 4,
            Deadlock = 5,
            Quota = 6,
            Exist = 7,
            FileTooLarge = 8,
            IllegalByteSequence = 9,
            InProgress = 10,
            Interrupted = 11,
            Invalid = 12,
            Io = 13,
            IsDirectory = 14,
            Loop = 15,
            TooManyLinks = 16,
            MessageSize = 17,
            NameTooLong = 18,
            NoDevice = 19,
            NoEntry = 20,
            NoLock = 21,
            InsufficientMemory = 22,
            InsufficientSpace = 23,
            NotDirectory = 24,
            NotEmpty = 25,
            NotRecoverable = 26,
            Unsupported = 27,
            NoTty = 28,
            NoSuchDevice = 29,
            Overflow = 30,
            NotPermitted = 31,
            Pipe = 32,
            ReadOnly = 33,
            InvalidSeek = 34,
            TextFileBusy = 35,
            CrossDevice = 36,
        }

        impl Value for ErrorCode {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;
        }

        impl Store for ErrorCode {
            fn store(self, into: Destination<'_>) {
                (self as u8).store(into);
            }
        }

        /// The enum `advice`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(u8)]
        pub enum Advice {
            Normal = 0,
            Sequential = 1,
            Random = 2,
            WillNeed = 3,
            DontNeed = 4,
            NoReuse = 5,
        }

        impl Advice {
            pub fn lift(discriminant: u32) -> Advice {
                match discriminant {
                    0 => Advice::Normal,
                    1 => Advice::Sequential,
                    2 => Advice::Random,
                    3 => Advice::WillNeed,
                    4 => Advice::DontNeed,
                    5 => Advice::NoReuse,
                    _ => invalid_discriminant(),
                }
            }
        }

        /// The record `metadata-hash-value`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct MetadataHashValue {
            pub lower: u64,
            pub upper: u64,
        }

        impl Value for MetadataHashValue {
            const SIZE: u32 = 16;
            const ALIGN: u32 = 8;
        }

        impl Store for MetadataHashValue {
            fn store(self, mut into: Destination<'_>) {
                into.field(0, self.lower);
                into.field(8, self.upper);
            }
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.read-via-stream")]
        pub unsafe extern "C" fn descriptor_read_via_stream(caller: *const Caller, self_: u32, offset: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<Own<super::super::io::streams::InputStream>, ErrorCode> = crate::host::filesystem::types::descriptor_read_via_stream(&mut cx, self_, offset);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.write-via-stream")]
        pub unsafe extern "C" fn descriptor_write_via_stream(caller: *const Caller, self_: u32, offset: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<Own<super::super::io::streams::OutputStream>, ErrorCode> = crate::host::filesystem::types::descriptor_write_via_stream(&mut cx, self_, offset);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.append-via-stream")]
        pub unsafe extern "C" fn descriptor_append_via_stream(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<Own<super::super::io::streams::OutputStream>, ErrorCode> = crate::host::filesystem::types::descriptor_append_via_stream(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.advise")]
        pub unsafe extern "C" fn descriptor_advise(caller: *const Caller, self_: u32, offset: u64, length: u64, advice: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let advice = Advice::lift(advice);
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_advise(&mut cx, self_, offset, length, advice);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.sync-data")]
        pub unsafe extern "C" fn descriptor_sync_data(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_sync_data(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.get-flags")]
        pub unsafe extern "C" fn descriptor_get_flags(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<DescriptorFlags, ErrorCode> = crate::host::filesystem::types::descriptor_get_flags(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.get-type")]
        pub unsafe extern "C" fn descriptor_get_type(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<DescriptorType, ErrorCode> = crate::host::filesystem::types::descriptor_get_type(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.set-size")]
        pub unsafe extern "C" fn descriptor_set_size(caller: *const Caller, self_: u32, size: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_set_size(&mut cx, self_, size);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.set-times")]
        pub unsafe extern "C" fn descriptor_set_times(caller: *const Caller, self_: u32, data_access_timestamp_0: u32, data_access_timestamp_1: u64, data_access_timestamp_2: u32, data_modification_timestamp_0: u32, data_modification_timestamp_1: u64, data_modification_timestamp_2: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let data_access_timestamp = match data_access_timestamp_0 { 0 => NewTimestamp::NoChange, 1 => NewTimestamp::Now, 2 => NewTimestamp::Timestamp(super::super::clocks::wall_clock::Datetime { seconds: data_access_timestamp_1, nanoseconds: data_access_timestamp_2 }), _ => invalid_discriminant() };
            let data_modification_timestamp = match data_modification_timestamp_0 { 0 => NewTimestamp::NoChange, 1 => NewTimestamp::Now, 2 => NewTimestamp::Timestamp(super::super::clocks::wall_clock::Datetime { seconds: data_modification_timestamp_1, nanoseconds: data_modification_timestamp_2 }), _ => invalid_discriminant() };
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_set_times(&mut cx, self_, data_access_timestamp, data_modification_timestamp);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.read")]
        pub unsafe extern "C" fn descriptor_read(caller: *const Caller, self_: u32, length: u64, offset: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<(NewList<u8>, bool), ErrorCode> = crate::host::filesystem::types::descriptor_read(&mut cx, self_, length, offset);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.write")]
        pub unsafe extern "C" fn descriptor_write(caller: *const Caller, self_: u32, buffer_0: u32, buffer_1: u32, offset: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let buffer = GuestSlice::<u8>::lift(&cx, buffer_0, buffer_1);
            let result: Result<u64, ErrorCode> = crate::host::filesystem::types::descriptor_write(&mut cx, self_, buffer, offset);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.read-directory")]
        pub unsafe extern "C" fn descriptor_read_directory(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<Own<DirectoryEntryStream>, ErrorCode> = crate::host::filesystem::types::descriptor_read_directory(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.sync")]
        pub unsafe extern "C" fn descriptor_sync(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_sync(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.create-directory-at")]
        pub unsafe extern "C" fn descriptor_create_directory_at(caller: *const Caller, self_: u32, path_0: u32, path_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let path = GuestStr::lift(&cx, path_0, path_1);
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_create_directory_at(&mut cx, self_, path);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.stat")]
        pub unsafe extern "C" fn descriptor_stat(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<DescriptorStat, ErrorCode> = crate::host::filesystem::types::descriptor_stat(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.stat-at")]
        pub unsafe extern "C" fn descriptor_stat_at(caller: *const Caller, self_: u32, path_flags: u32, path_0: u32, path_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let path_flags = PathFlags::from_bits(path_flags as u8);
            let path = GuestStr::lift(&cx, path_0, path_1);
            let result: Result<DescriptorStat, ErrorCode> = crate::host::filesystem::types::descriptor_stat_at(&mut cx, self_, path_flags, path);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.set-times-at")]
        pub unsafe extern "C" fn descriptor_set_times_at(caller: *const Caller, self_: u32, path_flags: u32, path_0: u32, path_1: u32, data_access_timestamp_0: u32, data_access_timestamp_1: u64, data_access_timestamp_2: u32, data_modification_timestamp_0: u32, data_modification_timestamp_1: u64, data_modification_timestamp_2: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let path_flags = PathFlags::from_bits(path_flags as u8);
            let path = GuestStr::lift(&cx, path_0, path_1);
            let data_access_timestamp = match data_access_timestamp_0 { 0 => NewTimestamp::NoChange, 1 => NewTimestamp::Now, 2 => NewTimestamp::Timestamp(super::super::clocks::wall_clock::Datetime { seconds: data_access_timestamp_1, nanoseconds: data_access_timestamp_2 }), _ => invalid_discriminant() };
            let data_modification_timestamp = match data_modification_timestamp_0 { 0 => NewTimestamp::NoChange, 1 => NewTimestamp::Now, 2 => NewTimestamp::Timestamp(super::super::clocks::wall_clock::Datetime { seconds: data_modification_timestamp_1, nanoseconds: data_modification_timestamp_2 }), _ => invalid_discriminant() };
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_set_times_at(&mut cx, self_, path_flags, path, data_access_timestamp, data_modification_timestamp);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.link-at")]
        pub unsafe extern "C" fn descriptor_link_at(caller: *const Caller, self_: u32, old_path_flags: u32, old_path_0: u32, old_path_1: u32, new_descriptor: u32, new_path_0: u32, new_path_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let old_path_flags = PathFlags::from_bits(old_path_flags as u8);
            let old_path = GuestStr::lift(&cx, old_path_0, old_path_1);
            let new_descriptor = cx.lift_borrow::<Descriptor>(new_descriptor);
            let new_path = GuestStr::lift(&cx, new_path_0, new_path_1);
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_link_at(&mut cx, self_, old_path_flags, old_path, new_descriptor, new_path);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.open-at")]
        pub unsafe extern "C" fn descriptor_open_at(caller: *const Caller, self_: u32, path_flags: u32, path_0: u32, path_1: u32, open_flags: u32, flags: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let path_flags = PathFlags::from_bits(path_flags as u8);
            let path = GuestStr::lift(&cx, path_0, path_1);
            let open_flags = OpenFlags::from_bits(open_flags as u8);
            let flags = DescriptorFlags::from_bits(flags as u8);
            let result: Result<Own<Descriptor>, ErrorCode> = crate::host::filesystem::types::descriptor_open_at(&mut cx, self_, path_flags, path, open_flags, flags);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.readlink-at")]
        pub unsafe extern "C" fn descriptor_readlink_at(caller: *const Caller, self_: u32, path_0: u32, path_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let path = GuestStr::lift(&cx, path_0, path_1);
            let result: Result<NewStr, ErrorCode> = crate::host::filesystem::types::descriptor_readlink_at(&mut cx, self_, path);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.remove-directory-at")]
        pub unsafe extern "C" fn descriptor_remove_directory_at(caller: *const Caller, self_: u32, path_0: u32, path_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let path = GuestStr::lift(&cx, path_0, path_1);
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_remove_directory_at(&mut cx, self_, path);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.rename-at")]
        pub unsafe extern "C" fn descriptor_rename_at(caller: *const Caller, self_: u32, old_path_0: u32, old_path_1: u32, new_descriptor: u32, new_path_0: u32, new_path_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let old_path = GuestStr::lift(&cx, old_path_0, old_path_1);
            let new_descriptor = cx.lift_borrow::<Descriptor>(new_descriptor);
            let new_path = GuestStr::lift(&cx, new_path_0, new_path_1);
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_rename_at(&mut cx, self_, old_path, new_descriptor, new_path);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.symlink-at")]
        pub unsafe extern "C" fn descriptor_symlink_at(caller: *const Caller, self_: u32, old_path_0: u32, old_path_1: u32, new_path_0: u32, new_path_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let old_path = GuestStr::lift(&cx, old_path_0, old_path_1);
            let new_path = GuestStr::lift(&cx, new_path_0, new_path_1);
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_symlink_at(&mut cx, self_, old_path, new_path);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.unlink-file-at")]
        pub unsafe extern "C" fn descriptor_unlink_file_at(caller: *const Caller, self_: u32, path_0: u32, path_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let path = GuestStr::lift(&cx, path_0, path_1);
            let result: Result<(), ErrorCode> = crate::host::filesystem::types::descriptor_unlink_file_at(&mut cx, self_, path);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.is-same-object")]
        pub unsafe extern "C" fn descriptor_is_same_object(caller: *const Caller, self_: u32, other: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let other = cx.lift_borrow::<Descriptor>(other);
            let result: bool = crate::host::filesystem::types::descriptor_is_same_object(&mut cx, self_, other);
            u32::from(result)
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.metadata-hash")]
        pub unsafe extern "C" fn descriptor_metadata_hash(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let result: Result<MetadataHashValue, ErrorCode> = crate::host::filesystem::types::descriptor_metadata_hash(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]descriptor.metadata-hash-at")]
        pub unsafe extern "C" fn descriptor_metadata_hash_at(caller: *const Caller, self_: u32, path_flags: u32, path_0: u32, path_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<Descriptor>(self_);
            let path_flags = PathFlags::from_bits(path_flags as u8);
            let path = GuestStr::lift(&cx, path_0, path_1);
            let result: Result<MetadataHashValue, ErrorCode> = crate::host::filesystem::types::descriptor_metadata_hash_at(&mut cx, self_, path_flags, path);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#[method]directory-entry-stream.read-directory-entry")]
        pub unsafe extern "C" fn directory_entry_stream_read_directory_entry(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<DirectoryEntryStream>(self_);
            let result: Result<Option<DirectoryEntry>, ErrorCode> = crate::host::filesystem::types::directory_entry_stream_read_directory_entry(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/types@0.2#filesystem-error-code")]
        pub unsafe extern "C" fn filesystem_error_code(caller: *const Caller, err: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let err = cx.lift_borrow::<super::super::io::error::Error>(err);
            let result: Option<ErrorCode> = crate::host::filesystem::types::filesystem_error_code(&mut cx, err);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<(NewList<u8>, bool)>(12, 4));
            assert!(has_layout::<Option<DirectoryEntry>>(16, 4));
            assert!(has_layout::<Option<ErrorCode>>(2, 1));
            assert!(has_layout::<Option<super::super::clocks::wall_clock::Datetime>>(24, 8));
            assert!(has_layout::<Result<(), ErrorCode>>(2, 1));
            assert!(has_layout::<Result<(NewList<u8>, bool), ErrorCode>>(16, 4));
            assert!(has_layout::<Result<DescriptorFlags, ErrorCode>>(2, 1));
            assert!(has_layout::<Result<DescriptorStat, ErrorCode>>(104, 8));
            assert!(has_layout::<Result<DescriptorType, ErrorCode>>(2, 1));
            assert!(has_layout::<Result<MetadataHashValue, ErrorCode>>(24, 8));
            assert!(has_layout::<Result<NewStr, ErrorCode>>(12, 4));
            assert!(has_layout::<Result<Option<DirectoryEntry>, ErrorCode>>(20, 4));
            assert!(has_layout::<Result<Own<Descriptor>, ErrorCode>>(8, 4));
            assert!(has_layout::<Result<Own<DirectoryEntryStream>, ErrorCode>>(8, 4));
            assert!(has_layout::<Result<Own<super::super::io::streams::InputStream>, ErrorCode>>(8, 4));
            assert!(has_layout::<Result<Own<super::super::io::streams::OutputStream>, ErrorCode>>(8, 4));
            assert!(has_layout::<Result<u64, ErrorCode>>(16, 8));
        };
    }
    /// `wasi:filesystem/preopens@0.2`.
    pub mod preopens {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, NewList, NewStr, Own, has_layout};

        #[unsafe(export_name = "wasi:filesystem/preopens@0.2#get-directories")]
        pub unsafe extern "C" fn get_directories(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: NewList<(Own<super::super::filesystem::types::Descriptor>, NewStr)> = crate::host::filesystem::preopens::get_directories(&mut cx);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:filesystem/preopens@0.2#[denied]get-directories")]
        pub unsafe extern "C" fn denied_get_directories(caller: *const Caller, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: NewList<(Own<super::super::filesystem::types::Descriptor>, NewStr)> = crate::host::filesystem::preopens::denied::get_directories(&mut cx);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<(Own<super::super::filesystem::types::Descriptor>, NewStr)>(12, 4));
        };
    }
}

/// `wasi:sockets`.
pub mod sockets {
    /// `wasi:sockets/network@0.2`.
    pub mod network {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Destination, Load, Resource, Source, Store, Value, invalid_discriminant, unheld};

        /// The resource `network`.
        pub enum Network {}

        impl Resource for Network {
            const TYPE: u32 = 8;
        }

        #[unsafe(export_name = "wasi:sockets/network@0.2#[resource-drop]network")]
        pub unsafe extern "C" fn drop_network(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<Network>(handle) {
                crate::host::sockets::network::drop_network(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:sockets/network@0.2#[unheld]network")]
        pub unsafe extern "C" fn unheld_network(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<Network>(caller, handle) }
        }

        /// The enum `error-code`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(u8)]
        pub enum ErrorCode {
            Unknown = 0,
            AccessDenied = 1,
            NotSupported = 2,
            InvalidArgument = 3,
            OutOfMemory = 4,
            Timeout = 5,
            ConcurrencyConflict = 6,
            NotInProgress = 7,
            WouldBlock = 8,
            InvalidState = 9,
            NewSocketLimit = 10,
            AddressNotBindable = 11,
            AddressInUse = 12,
            RemoteUnreachable = 13,
            ConnectionRefused = 14,
            ConnectionReset = 15,
            ConnectionAborted = 16,
            DatagramTooLarge = 17,
            NameUnresolvable = 18,
            TemporaryResolverFailure = 19,
            PermanentResolverFailure = 20,
        }

        impl Value for ErrorCode {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;
        }

        impl Store for ErrorCode {
            fn store(self, into: Destination<'_>) {
                (self as u8).store(into);
            }
        }

        /// The enum `ip-address-family`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(u8)]
        pub enum IpAddressFamily {
            Ipv4 = 0,
            Ipv6 = 1,
        }

        impl IpAddressFamily {
            pub fn lift(discriminant: u32) -> IpAddressFamily {
                match discriminant {
                    0 => IpAddressFamily::Ipv4,
                    1 => IpAddressFamily::Ipv6,
                    _ => invalid_discriminant(),
                }
            }
        }

        /// The variant `ip-address`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum IpAddress {
            Ipv4((u8, u8, u8, u8)),
            Ipv6((u16, u16, u16, u16, u16, u16, u16, u16)),
        }

        impl Value for IpAddress {
            const SIZE: u32 = 18;
            const ALIGN: u32 = 2;
        }

        impl Store for IpAddress {
            fn store(self, mut into: Destination<'_>) {
                match self {
                    IpAddress::Ipv4(payload) => {
                        into.field(0, 0u8);
                        into.field(2, payload);
                    }
                    IpAddress::Ipv6(payload) => {
                        into.field(0, 1u8);
                        into.field(2, payload);
                    }
                }
            }
        }

        /// The record `ipv4-socket-address`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Ipv4SocketAddress {
            pub port: u16,
            pub address: (u8, u8, u8, u8),
        }

        impl Value for Ipv4SocketAddress {
            const SIZE: u32 = 6;
            const ALIGN: u32 = 2;
        }

        impl Load for Ipv4SocketAddress {
            const CHECKED: bool = true;
            fn load(cx: &Cx, from: Source<'_>) -> Ipv4SocketAddress {
                Ipv4SocketAddress {
                    port: <u16>::load(cx, from.at(0, 2)),
                    address: <(u8, u8, u8, u8)>::load(cx, from.at(2, 4)),
                }
            }
        }

        impl Store for Ipv4SocketAddress {
            fn store(self, mut into: Destination<'_>) {
                into.field(0, self.port);
                into.field(2, self.address);
            }
        }

        /// The record `ipv6-socket-address`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct Ipv6SocketAddress {
            pub port: u16,
            pub flow_info: u32,
            pub address: (u16, u16, u16, u16, u16, u16, u16, u16),
            pub scope_id: u32,
        }

        impl Value for Ipv6SocketAddress {
            const SIZE: u32 = 28;
            const ALIGN: u32 = 4;
        }

        impl Load for Ipv6SocketAddress {
            const CHECKED: bool = true;
            fn load(cx: &Cx, from: Source<'_>) -> Ipv6SocketAddress {
                Ipv6SocketAddress {
                    port: <u16>::load(cx, from.at(0, 2)),
                    flow_info: <u32>::load(cx, from.at(4, 4)),
                    address: <(u16, u16, u16, u16, u16, u16, u16, u16)>::load(cx, from.at(8, 16)),
                    scope_id: <u32>::load(cx, from.at(24, 4)),
                }
            }
        }

        impl Store for Ipv6SocketAddress {
            fn store(self, mut into: Destination<'_>) {
                into.field(0, self.port);
                into.field(4, self.flow_info);
                into.field(8, self.address);
                into.field(24, self.scope_id);
            }
        }

        /// The variant `ip-socket-address`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub enum IpSocketAddress {
            Ipv4(Ipv4SocketAddress),
            Ipv6(Ipv6SocketAddress),
        }

        impl Value for IpSocketAddress {
            const SIZE: u32 = 32;
            const ALIGN: u32 = 4;
        }

        impl Load for IpSocketAddress {
            const CHECKED: bool = true;
            fn load(cx: &Cx, from: Source<'_>) -> IpSocketAddress {
                match u32::from(u8::load(cx, from.at(0, 1))) {
                    0 => IpSocketAddress::Ipv4(<Ipv4SocketAddress>::load(cx, from.at(4, 6))),
                    1 => IpSocketAddress::Ipv6(<Ipv6SocketAddress>::load(cx, from.at(4, 28))),
                    _ => invalid_discriminant(),
                }
            }
        }

        impl Store for IpSocketAddress {
            fn store(self, mut into: Destination<'_>) {
                match self {
                    IpSocketAddress::Ipv4(payload) => {
                        into.field(0, 0u8);
                        into.field(4, payload);
                    }
                    IpSocketAddress::Ipv6(payload) => {
                        into.field(0, 1u8);
                        into.field(4, payload);
                    }
                }
            }
        }
    }
    /// `wasi:sockets/instance-network@0.2`.
    pub mod instance_network {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own};

        #[unsafe(export_name = "wasi:sockets/instance-network@0.2#instance-network")]
        pub unsafe extern "C" fn instance_network(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Own<super::super::sockets::network::Network> = crate::host::sockets::instance_network::instance_network(&mut cx);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "wasi:sockets/instance-network@0.2#[denied]instance-network")]
        pub unsafe extern "C" fn denied_instance_network(caller: *const Caller) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let result: Own<super::super::sockets::network::Network> = crate::host::sockets::instance_network::denied::instance_network(&mut cx);
            cx.lower_own(result)
        }
    }
    /// `wasi:sockets/tcp@0.2`.
    pub mod tcp {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own, Resource, has_layout, invalid_discriminant, unheld};

        /// The resource `tcp-socket`.
        pub enum TcpSocket {}

        impl Resource for TcpSocket {
            const TYPE: u32 = 9;
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[resource-drop]tcp-socket")]
        pub unsafe extern "C" fn drop_tcp_socket(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<TcpSocket>(handle) {
                crate::host::sockets::tcp::drop_tcp_socket(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[unheld]tcp-socket")]
        pub unsafe extern "C" fn unheld_tcp_socket(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<TcpSocket>(caller, handle) }
        }

        /// The enum `shutdown-type`.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(u8)]
        pub enum ShutdownType {
            Receive = 0,
            Send = 1,
            Both = 2,
        }

        impl ShutdownType {
            pub fn lift(discriminant: u32) -> ShutdownType {
                match discriminant {
                    0 => ShutdownType::Receive,
                    1 => ShutdownType::Send,
                    2 => ShutdownType::Both,
                    _ => invalid_discriminant(),
                }
            }
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.start-bind")]
        pub unsafe extern "C" fn tcp_socket_start_bind(caller: *const Caller, self_: u32, network: u32, local_address_0: u32, local_address_1: u32, local_address_2: u32, local_address_3: u32, local_address_4: u32, local_address_5: u32, local_address_6: u32, local_address_7: u32, local_address_8: u32, local_address_9: u32, local_address_10: u32, local_address_11: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let network = cx.lift_borrow::<super::super::sockets::network::Network>(network);
            let local_address = match local_address_0 { 0 => super::super::sockets::network::IpSocketAddress::Ipv4(super::super::sockets::network::Ipv4SocketAddress { port: local_address_1 as u16, address: (local_address_2 as u8, local_address_3 as u8, local_address_4 as u8, local_address_5 as u8,) }), 1 => super::super::sockets::network::IpSocketAddress::Ipv6(super::super::sockets::network::Ipv6SocketAddress { port: local_address_1 as u16, flow_info: local_address_2, address: (local_address_3 as u16, local_address_4 as u16, local_address_5 as u16, local_address_6 as u16, local_address_7 as u16, local_address_8 as u16, local_address_9 as u16, local_address_10 as u16,), scope_id: local_address_11 }), _ => invalid_discriminant() };
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_start_bind(&mut cx, self_, network, local_address);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.finish-bind")]
        pub unsafe extern "C" fn tcp_socket_finish_bind(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_finish_bind(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.start-connect")]
        pub unsafe extern "C" fn tcp_socket_start_connect(caller: *const Caller, self_: u32, network: u32, remote_address_0: u32, remote_address_1: u32, remote_address_2: u32, remote_address_3: u32, remote_address_4: u32, remote_address_5: u32, remote_address_6: u32, remote_address_7: u32, remote_address_8: u32, remote_address_9: u32, remote_address_10: u32, remote_address_11: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let network = cx.lift_borrow::<super::super::sockets::network::Network>(network);
            let remote_address = match remote_address_0 { 0 => super::super::sockets::network::IpSocketAddress::Ipv4(super::super::sockets::network::Ipv4SocketAddress { port: remote_address_1 as u16, address: (remote_address_2 as u8, remote_address_3 as u8, remote_address_4 as u8, remote_address_5 as u8,) }), 1 => super::super::sockets::network::IpSocketAddress::Ipv6(super::super::sockets::network::Ipv6SocketAddress { port: remote_address_1 as u16, flow_info: remote_address_2, address: (remote_address_3 as u16, remote_address_4 as u16, remote_address_5 as u16, remote_address_6 as u16, remote_address_7 as u16, remote_address_8 as u16, remote_address_9 as u16, remote_address_10 as u16,), scope_id: remote_address_11 }), _ => invalid_discriminant() };
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_start_connect(&mut cx, self_, network, remote_address);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.finish-connect")]
        pub unsafe extern "C" fn tcp_socket_finish_connect(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<(Own<super::super::io::streams::InputStream>, Own<super::super::io::streams::OutputStream>), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_finish_connect(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.start-listen")]
        pub unsafe extern "C" fn tcp_socket_start_listen(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_start_listen(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.finish-listen")]
        pub unsafe extern "C" fn tcp_socket_finish_listen(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_finish_listen(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.accept")]
        pub unsafe extern "C" fn tcp_socket_accept(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<(Own<TcpSocket>, Own<super::super::io::streams::InputStream>, Own<super::super::io::streams::OutputStream>), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_accept(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.local-address")]
        pub unsafe extern "C" fn tcp_socket_local_address(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<super::super::sockets::network::IpSocketAddress, super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_local_address(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.remote-address")]
        pub unsafe extern "C" fn tcp_socket_remote_address(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<super::super::sockets::network::IpSocketAddress, super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_remote_address(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.is-listening")]
        pub unsafe extern "C" fn tcp_socket_is_listening(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: bool = crate::host::sockets::tcp::tcp_socket_is_listening(&mut cx, self_);
            u32::from(result)
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.address-family")]
        pub unsafe extern "C" fn tcp_socket_address_family(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: super::super::sockets::network::IpAddressFamily = crate::host::sockets::tcp::tcp_socket_address_family(&mut cx, self_);
            result as u32
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.set-listen-backlog-size")]
        pub unsafe extern "C" fn tcp_socket_set_listen_backlog_size(caller: *const Caller, self_: u32, value: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_set_listen_backlog_size(&mut cx, self_, value);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.keep-alive-enabled")]
        pub unsafe extern "C" fn tcp_socket_keep_alive_enabled(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<bool, super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_keep_alive_enabled(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.set-keep-alive-enabled")]
        pub unsafe extern "C" fn tcp_socket_set_keep_alive_enabled(caller: *const Caller, self_: u32, value: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let value = value != 0;
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_set_keep_alive_enabled(&mut cx, self_, value);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.keep-alive-idle-time")]
        pub unsafe extern "C" fn tcp_socket_keep_alive_idle_time(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<u64, super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_keep_alive_idle_time(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.set-keep-alive-idle-time")]
        pub unsafe extern "C" fn tcp_socket_set_keep_alive_idle_time(caller: *const Caller, self_: u32, value: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_set_keep_alive_idle_time(&mut cx, self_, value);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.keep-alive-interval")]
        pub unsafe extern "C" fn tcp_socket_keep_alive_interval(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<u64, super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_keep_alive_interval(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.set-keep-alive-interval")]
        pub unsafe extern "C" fn tcp_socket_set_keep_alive_interval(caller: *const Caller, self_: u32, value: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_set_keep_alive_interval(&mut cx, self_, value);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.keep-alive-count")]
        pub unsafe extern "C" fn tcp_socket_keep_alive_count(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<u32, super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_keep_alive_count(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.set-keep-alive-count")]
        pub unsafe extern "C" fn tcp_socket_set_keep_alive_count(caller: *const Caller, self_: u32, value: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_set_keep_alive_count(&mut cx, self_, value);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.hop-limit")]
        pub unsafe extern "C" fn tcp_socket_hop_limit(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<u8, super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_hop_limit(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.set-hop-limit")]
        pub unsafe extern "C" fn tcp_socket_set_hop_limit(caller: *const Caller, self_: u32, value: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let value = value as u8;
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_set_hop_limit(&mut cx, self_, value);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.receive-buffer-size")]
        pub unsafe extern "C" fn tcp_socket_receive_buffer_size(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<u64, super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_receive_buffer_size(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.set-receive-buffer-size")]
        pub unsafe extern "C" fn tcp_socket_set_receive_buffer_size(caller: *const Caller, self_: u32, value: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_set_receive_buffer_size(&mut cx, self_, value);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.send-buffer-size")]
        pub unsafe extern "C" fn tcp_socket_send_buffer_size(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<u64, super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_send_buffer_size(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.set-send-buffer-size")]
        pub unsafe extern "C" fn tcp_socket_set_send_buffer_size(caller: *const Caller, self_: u32, value: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_set_send_buffer_size(&mut cx, self_, value);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.subscribe")]
        pub unsafe extern "C" fn tcp_socket_subscribe(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let result: Own<super::super::io::poll::Pollable> = crate::host::sockets::tcp::tcp_socket_subscribe(&mut cx, self_);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "wasi:sockets/tcp@0.2#[method]tcp-socket.shutdown")]
        pub unsafe extern "C" fn tcp_socket_shutdown(caller: *const Caller, self_: u32, shutdown_type: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<TcpSocket>(self_);
            let shutdown_type = ShutdownType::lift(shutdown_type);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp::tcp_socket_shutdown(&mut cx, self_, shutdown_type);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<(Own<TcpSocket>, Own<super::super::io::streams::InputStream>, Own<super::super::io::streams::OutputStream>)>(12, 4));
            assert!(has_layout::<(Own<super::super::io::streams::InputStream>, Own<super::super::io::streams::OutputStream>)>(8, 4));
            assert!(has_layout::<(u16, u16, u16, u16, u16, u16, u16, u16)>(16, 2));
            assert!(has_layout::<(u8, u8, u8, u8)>(4, 1));
            assert!(has_layout::<Result<(), super::super::sockets::network::ErrorCode>>(2, 1));
            assert!(has_layout::<Result<(Own<TcpSocket>, Own<super::super::io::streams::InputStream>, Own<super::super::io::streams::OutputStream>), super::super::sockets::network::ErrorCode>>(16, 4));
            assert!(has_layout::<Result<(Own<super::super::io::streams::InputStream>, Own<super::super::io::streams::OutputStream>), super::super::sockets::network::ErrorCode>>(12, 4));
            assert!(has_layout::<Result<bool, super::super::sockets::network::ErrorCode>>(2, 1));
            assert!(has_layout::<Result<super::super::sockets::network::IpSocketAddress, super::super::sockets::network::ErrorCode>>(36, 4));
            assert!(has_layout::<Result<u32, super::super::sockets::network::ErrorCode>>(8, 4));
            assert!(has_layout::<Result<u64, super::super::sockets::network::ErrorCode>>(16, 8));
            assert!(has_layout::<Result<u8, super::super::sockets::network::ErrorCode>>(2, 1));
        };
    }
    /// `wasi:sockets/tcp-create-socket@0.2`.
    pub mod tcp_create_socket {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own, has_layout};

        #[unsafe(export_name = "wasi:sockets/tcp-create-socket@0.2#create-tcp-socket")]
        pub unsafe extern "C" fn create_tcp_socket(caller: *const Caller, address_family: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let address_family = super::super::sockets::network::IpAddressFamily::lift(address_family);
            let result: Result<Own<super::super::sockets::tcp::TcpSocket>, super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp_create_socket::create_tcp_socket(&mut cx, address_family);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/tcp-create-socket@0.2#[denied]create-tcp-socket")]
        pub unsafe extern "C" fn denied_create_tcp_socket(caller: *const Caller, address_family: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let address_family = super::super::sockets::network::IpAddressFamily::lift(address_family);
            let result: Result<Own<super::super::sockets::tcp::TcpSocket>, super::super::sockets::network::ErrorCode> = crate::host::sockets::tcp_create_socket::denied::create_tcp_socket(&mut cx, address_family);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<Result<Own<super::super::sockets::tcp::TcpSocket>, super::super::sockets::network::ErrorCode>>(8, 4));
        };
    }
    /// `wasi:sockets/udp@0.2`.
    pub mod udp {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Destination, GuestSlice, Load, NewList, Own, Resource, Source, Store, Value, has_layout, invalid_discriminant, unheld};

        /// The resource `udp-socket`.
        pub enum UdpSocket {}

        impl Resource for UdpSocket {
            const TYPE: u32 = 10;
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[resource-drop]udp-socket")]
        pub unsafe extern "C" fn drop_udp_socket(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<UdpSocket>(handle) {
                crate::host::sockets::udp::drop_udp_socket(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[unheld]udp-socket")]
        pub unsafe extern "C" fn unheld_udp_socket(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<UdpSocket>(caller, handle) }
        }

        /// The resource `incoming-datagram-stream`.
        pub enum IncomingDatagramStream {}

        impl Resource for IncomingDatagramStream {
            const TYPE: u32 = 11;
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[resource-drop]incoming-datagram-stream")]
        pub unsafe extern "C" fn drop_incoming_datagram_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<IncomingDatagramStream>(handle) {
                crate::host::sockets::udp::drop_incoming_datagram_stream(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[unheld]incoming-datagram-stream")]
        pub unsafe extern "C" fn unheld_incoming_datagram_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<IncomingDatagramStream>(caller, handle) }
        }

        /// The resource `outgoing-datagram-stream`.
        pub enum OutgoingDatagramStream {}

        impl Resource for OutgoingDatagramStream {
            const TYPE: u32 = 12;
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[resource-drop]outgoing-datagram-stream")]
        pub unsafe extern "C" fn drop_outgoing_datagram_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<OutgoingDatagramStream>(handle) {
                crate::host::sockets::udp::drop_outgoing_datagram_stream(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[unheld]outgoing-datagram-stream")]
        pub unsafe extern "C" fn unheld_outgoing_datagram_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<OutgoingDatagramStream>(caller, handle) }
        }

        /// The record `incoming-datagram`.
        pub struct IncomingDatagram {
            pub data: NewList<u8>,
            pub remote_address: super::super::sockets::network::IpSocketAddress,
        }

        impl Value for IncomingDatagram {
            const SIZE: u32 = 40;
            const ALIGN: u32 = 4;
        }

        impl Store for IncomingDatagram {
            fn store(self, mut into: Destination<'_>) {
                into.field(0, self.data);
                into.field(8, self.remote_address);
            }
        }

        /// The record `outgoing-datagram`.
        pub struct OutgoingDatagram {
            pub data: GuestSlice<u8>,
            pub remote_address: Option<super::super::sockets::network::IpSocketAddress>,
        }

        impl Value for OutgoingDatagram {
            const SIZE: u32 = 44;
            const ALIGN: u32 = 4;
        }

        impl Load for OutgoingDatagram {
            const CHECKED: bool = true;
            fn load(cx: &Cx, from: Source<'_>) -> OutgoingDatagram {
                OutgoingDatagram {
                    data: <GuestSlice<u8>>::load(cx, from.at(0, 8)),
                    remote_address: <Option<super::super::sockets::network::IpSocketAddress>>::load(cx, from.at(8, 36)),
                }
            }
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.start-bind")]
        pub unsafe extern "C" fn udp_socket_start_bind(caller: *const Caller, self_: u32, network: u32, local_address_0: u32, local_address_1: u32, local_address_2: u32, local_address_3: u32, local_address_4: u32, local_address_5: u32, local_address_6: u32, local_address_7: u32, local_address_8: u32, local_address_9: u32, local_address_10: u32, local_address_11: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let network = cx.lift_borrow::<super::super::sockets::network::Network>(network);
            let local_address = match local_address_0 { 0 => super::super::sockets::network::IpSocketAddress::Ipv4(super::super::sockets::network::Ipv4SocketAddress { port: local_address_1 as u16, address: (local_address_2 as u8, local_address_3 as u8, local_address_4 as u8, local_address_5 as u8,) }), 1 => super::super::sockets::network::IpSocketAddress::Ipv6(super::super::sockets::network::Ipv6SocketAddress { port: local_address_1 as u16, flow_info: local_address_2, address: (local_address_3 as u16, local_address_4 as u16, local_address_5 as u16, local_address_6 as u16, local_address_7 as u16, local_address_8 as u16, local_address_9 as u16, local_address_10 as u16,), scope_id: local_address_11 }), _ => invalid_discriminant() };
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::udp_socket_start_bind(&mut cx, self_, network, local_address);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.finish-bind")]
        pub unsafe extern "C" fn udp_socket_finish_bind(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::udp_socket_finish_bind(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.stream")]
        pub unsafe extern "C" fn udp_socket_stream(caller: *const Caller, self_: u32, remote_address_0: u32, remote_address_1: u32, remote_address_2: u32, remote_address_3: u32, remote_address_4: u32, remote_address_5: u32, remote_address_6: u32, remote_address_7: u32, remote_address_8: u32, remote_address_9: u32, remote_address_10: u32, remote_address_11: u32, remote_address_12: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let remote_address = match remote_address_0 { 0 => None, 1 => Some(match remote_address_1 { 0 => super::super::sockets::network::IpSocketAddress::Ipv4(super::super::sockets::network::Ipv4SocketAddress { port: remote_address_2 as u16, address: (remote_address_3 as u8, remote_address_4 as u8, remote_address_5 as u8, remote_address_6 as u8,) }), 1 => super::super::sockets::network::IpSocketAddress::Ipv6(super::super::sockets::network::Ipv6SocketAddress { port: remote_address_2 as u16, flow_info: remote_address_3, address: (remote_address_4 as u16, remote_address_5 as u16, remote_address_6 as u16, remote_address_7 as u16, remote_address_8 as u16, remote_address_9 as u16, remote_address_10 as u16, remote_address_11 as u16,), scope_id: remote_address_12 }), _ => invalid_discriminant() }), _ => invalid_discriminant() };
            let result: Result<(Own<IncomingDatagramStream>, Own<OutgoingDatagramStream>), super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::udp_socket_stream(&mut cx, self_, remote_address);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.local-address")]
        pub unsafe extern "C" fn udp_socket_local_address(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let result: Result<super::super::sockets::network::IpSocketAddress, super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::udp_socket_local_address(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.remote-address")]
        pub unsafe extern "C" fn udp_socket_remote_address(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let result: Result<super::super::sockets::network::IpSocketAddress, super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::udp_socket_remote_address(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.address-family")]
        pub unsafe extern "C" fn udp_socket_address_family(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let result: super::super::sockets::network::IpAddressFamily = crate::host::sockets::udp::udp_socket_address_family(&mut cx, self_);
            result as u32
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.unicast-hop-limit")]
        pub unsafe extern "C" fn udp_socket_unicast_hop_limit(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let result: Result<u8, super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::udp_socket_unicast_hop_limit(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.set-unicast-hop-limit")]
        pub unsafe extern "C" fn udp_socket_set_unicast_hop_limit(caller: *const Caller, self_: u32, value: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let value = value as u8;
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::udp_socket_set_unicast_hop_limit(&mut cx, self_, value);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.receive-buffer-size")]
        pub unsafe extern "C" fn udp_socket_receive_buffer_size(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let result: Result<u64, super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::udp_socket_receive_buffer_size(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.set-receive-buffer-size")]
        pub unsafe extern "C" fn udp_socket_set_receive_buffer_size(caller: *const Caller, self_: u32, value: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::udp_socket_set_receive_buffer_size(&mut cx, self_, value);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.send-buffer-size")]
        pub unsafe extern "C" fn udp_socket_send_buffer_size(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let result: Result<u64, super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::udp_socket_send_buffer_size(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.set-send-buffer-size")]
        pub unsafe extern "C" fn udp_socket_set_send_buffer_size(caller: *const Caller, self_: u32, value: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let result: Result<(), super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::udp_socket_set_send_buffer_size(&mut cx, self_, value);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]udp-socket.subscribe")]
        pub unsafe extern "C" fn udp_socket_subscribe(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<UdpSocket>(self_);
            let result: Own<super::super::io::poll::Pollable> = crate::host::sockets::udp::udp_socket_subscribe(&mut cx, self_);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]incoming-datagram-stream.receive")]
        pub unsafe extern "C" fn incoming_datagram_stream_receive(caller: *const Caller, self_: u32, max_results: u64, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<IncomingDatagramStream>(self_);
            let result: Result<NewList<IncomingDatagram>, super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::incoming_datagram_stream_receive(&mut cx, self_, max_results);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]incoming-datagram-stream.subscribe")]
        pub unsafe extern "C" fn incoming_datagram_stream_subscribe(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<IncomingDatagramStream>(self_);
            let result: Own<super::super::io::poll::Pollable> = crate::host::sockets::udp::incoming_datagram_stream_subscribe(&mut cx, self_);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]outgoing-datagram-stream.check-send")]
        pub unsafe extern "C" fn outgoing_datagram_stream_check_send(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutgoingDatagramStream>(self_);
            let result: Result<u64, super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::outgoing_datagram_stream_check_send(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]outgoing-datagram-stream.send")]
        pub unsafe extern "C" fn outgoing_datagram_stream_send(caller: *const Caller, self_: u32, datagrams_0: u32, datagrams_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutgoingDatagramStream>(self_);
            let datagrams = GuestSlice::<OutgoingDatagram>::lift(&cx, datagrams_0, datagrams_1);
            let result: Result<u64, super::super::sockets::network::ErrorCode> = crate::host::sockets::udp::outgoing_datagram_stream_send(&mut cx, self_, datagrams);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp@0.2#[method]outgoing-datagram-stream.subscribe")]
        pub unsafe extern "C" fn outgoing_datagram_stream_subscribe(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<OutgoingDatagramStream>(self_);
            let result: Own<super::super::io::poll::Pollable> = crate::host::sockets::udp::outgoing_datagram_stream_subscribe(&mut cx, self_);
            cx.lower_own(result)
        }

        const _: () = {
            assert!(has_layout::<(Own<IncomingDatagramStream>, Own<OutgoingDatagramStream>)>(8, 4));
            assert!(has_layout::<(u16, u16, u16, u16, u16, u16, u16, u16)>(16, 2));
            assert!(has_layout::<(u8, u8, u8, u8)>(4, 1));
            assert!(has_layout::<Option<super::super::sockets::network::IpSocketAddress>>(36, 4));
            assert!(has_layout::<Result<(), super::super::sockets::network::ErrorCode>>(2, 1));
            assert!(has_layout::<Result<(Own<IncomingDatagramStream>, Own<OutgoingDatagramStream>), super::super::sockets::network::ErrorCode>>(12, 4));
            assert!(has_layout::<Result<NewList<IncomingDatagram>, super::super::sockets::network::ErrorCode>>(12, 4));
            assert!(has_layout::<Result<super::super::sockets::network::IpSocketAddress, super::super::sockets::network::ErrorCode>>(36, 4));
            assert!(has_layout::<Result<u64, super::super::sockets::network::ErrorCode>>(16, 8));
            assert!(has_layout::<Result<u8, super::super::sockets::network::ErrorCode>>(2, 1));
        };
    }
    /// `wasi:sockets/udp-create-socket@0.2`.
    pub mod udp_create_socket {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, Own, has_layout};

        #[unsafe(export_name = "wasi:sockets/udp-create-socket@0.2#create-udp-socket")]
        pub unsafe extern "C" fn create_udp_socket(caller: *const Caller, address_family: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let address_family = super::super::sockets::network::IpAddressFamily::lift(address_family);
            let result: Result<Own<super::super::sockets::udp::UdpSocket>, super::super::sockets::network::ErrorCode> = crate::host::sockets::udp_create_socket::create_udp_socket(&mut cx, address_family);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/udp-create-socket@0.2#[denied]create-udp-socket")]
        pub unsafe extern "C" fn denied_create_udp_socket(caller: *const Caller, address_family: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let address_family = super::super::sockets::network::IpAddressFamily::lift(address_family);
            let result: Result<Own<super::super::sockets::udp::UdpSocket>, super::super::sockets::network::ErrorCode> = crate::host::sockets::udp_create_socket::denied::create_udp_socket(&mut cx, address_family);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<Result<Own<super::super::sockets::udp::UdpSocket>, super::super::sockets::network::ErrorCode>>(8, 4));
        };
    }
    /// `wasi:sockets/ip-name-lookup@0.2`.
    pub mod ip_name_lookup {
        use nanocc_shim_abi::Caller;

        use crate::guest::{Cx, GuestStr, Own, Resource, has_layout, unheld};

        /// The resource `resolve-address-stream`.
        pub enum ResolveAddressStream {}

        impl Resource for ResolveAddressStream {
            const TYPE: u32 = 13;
        }

        #[unsafe(export_name = "wasi:sockets/ip-name-lookup@0.2#[resource-drop]resolve-address-stream")]
        pub unsafe extern "C" fn drop_resolve_address_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            if let Some(resource) = cx.drop_handle::<ResolveAddressStream>(handle) {
                crate::host::sockets::ip_name_lookup::drop_resolve_address_stream(&mut cx, resource);
            }
        }

        #[unsafe(export_name = "wasi:sockets/ip-name-lookup@0.2#[unheld]resolve-address-stream")]
        pub unsafe extern "C" fn unheld_resolve_address_stream(caller: *const Caller, handle: u32) {
            // SAFETY: the caller's.
            unsafe { unheld::<ResolveAddressStream>(caller, handle) }
        }

        #[unsafe(export_name = "wasi:sockets/ip-name-lookup@0.2#[method]resolve-address-stream.resolve-next-address")]
        pub unsafe extern "C" fn resolve_address_stream_resolve_next_address(caller: *const Caller, self_: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<ResolveAddressStream>(self_);
            let result: Result<Option<super::super::sockets::network::IpAddress>, super::super::sockets::network::ErrorCode> = crate::host::sockets::ip_name_lookup::resolve_address_stream_resolve_next_address(&mut cx, self_);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/ip-name-lookup@0.2#[method]resolve-address-stream.subscribe")]
        pub unsafe extern "C" fn resolve_address_stream_subscribe(caller: *const Caller, self_: u32) -> u32 {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let self_ = cx.lift_borrow::<ResolveAddressStream>(self_);
            let result: Own<super::super::io::poll::Pollable> = crate::host::sockets::ip_name_lookup::resolve_address_stream_subscribe(&mut cx, self_);
            cx.lower_own(result)
        }

        #[unsafe(export_name = "wasi:sockets/ip-name-lookup@0.2#resolve-addresses")]
        pub unsafe extern "C" fn resolve_addresses(caller: *const Caller, network: u32, name_0: u32, name_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let network = cx.lift_borrow::<super::super::sockets::network::Network>(network);
            let name = GuestStr::lift(&cx, name_0, name_1);
            let result: Result<Own<ResolveAddressStream>, super::super::sockets::network::ErrorCode> = crate::host::sockets::ip_name_lookup::resolve_addresses(&mut cx, network, name);
            cx.store(ret, result);
        }

        #[unsafe(export_name = "wasi:sockets/ip-name-lookup@0.2#[denied]resolve-addresses")]
        pub unsafe extern "C" fn denied_resolve_addresses(caller: *const Caller, network: u32, name_0: u32, name_1: u32, ret: u32) {
            // SAFETY: the caller's.
            let mut cx = unsafe { Cx::enter(caller) };
            let network = cx.lift_borrow::<super::super::sockets::network::Network>(network);
            let name = GuestStr::lift(&cx, name_0, name_1);
            let result: Result<Own<ResolveAddressStream>, super::super::sockets::network::ErrorCode> = crate::host::sockets::ip_name_lookup::denied::resolve_addresses(&mut cx, network, name);
            cx.store(ret, result);
        }

        const _: () = {
            assert!(has_layout::<(u16, u16, u16, u16, u16, u16, u16, u16)>(16, 2));
            assert!(has_layout::<(u8, u8, u8, u8)>(4, 1));
            assert!(has_layout::<Option<super::super::sockets::network::IpAddress>>(20, 2));
            assert!(has_layout::<Result<Option<super::super::sockets::network::IpAddress>, super::super::sockets::network::ErrorCode>>(22, 2));
            assert!(has_layout::<Result<Own<ResolveAddressStream>, super::super::sockets::network::ErrorCode>>(8, 4));
        };
    }
}

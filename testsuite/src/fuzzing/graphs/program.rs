//! A whole program: the log, a graph, and what drives it.

use super::leaf::{self, Body};
use super::types::{Kind, Sig, Ty};
use super::wiring::Wiring;
use crate::mutate::Random;

/// How many lines a log has at most; then calls do no more than they must.
const LINES: u32 = 120;

/// A component that exports `wasi:cli/run`.
pub fn program(random: &mut Random) -> String {
    let mut wiring = Wiring::new(random);
    logger(&mut wiring);
    for kind in [Kind::Memory, Kind::Step, Kind::Step] {
        wiring.module(kind);
    }
    let steps = 10 + wiring.random.below(30);
    wiring.steps(steps);
    let (driver, known) = wiring.component(20, |wiring| leaf::code(wiring, Body::Run));
    // Its imports are of types of things that are there.
    let instance = wiring.instantiate(&driver, &known).map(|item| item.id);
    let text = std::mem::take(&mut wiring.scope().text);
    match instance {
        Some(id) => format!(
            "(component\n{text}  (export \"wasi:cli/run@0.2.0\" (instance {id} \"wasi:cli/run@0.2.0\"))\n)\n"
        ),
        None => format!("(component\n{text})\n"),
    }
}

/// The component instance that writes the log, a line at a call, and numbers instances. It writes to standard
/// error: only the component that exports `run` is granted standard output.
fn logger(wiring: &mut Wiring<'_>) {
    wiring.emit(&LOGGER.replace("LINES", &LINES.to_string()));
    let functions = [("log", Sig::log()), ("fresh", Sig::fresh())];
    let exports = functions
        .clone()
        .map(|(name, sig)| (name.to_owned(), Ty::Func(sig)));
    wiring.push("$logger", Ty::Instance(exports.to_vec()));
    for (name, sig) in functions {
        wiring.emit(&format!("(alias export $logger \"{name}\" (func ${name}))"));
        wiring.push(&format!("${name}"), Ty::Func(sig));
    }
}

const LOGGER: &str = r#"(import "wasi:io/error@0.2.0" (instance $io-error (export "error" (type (sub resource)))))
  (alias export $io-error "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output-stream (sub resource)))
    (alias outer 1 $error (type $error-outer))
    (export "error" (type $error (eq $error-outer)))
    (type $stream-error-def (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-def)))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output-stream)) (param "contents" (list u8)) (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output-stream))
  (import "wasi:cli/stderr@0.2.0" (instance $stderr
    (alias outer 1 $output-stream (type $output-stream-outer))
    (export "output-stream" (type $output-stream (eq $output-stream-outer)))
    (export "get-stderr" (func (result (own $output-stream))))))
  (component $log-component
    (import "error" (type $error (sub resource)))
    (import "output-stream" (type $output-stream (sub resource)))
    (type $stream-error-def (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (import "stream-error" (type $stream-error (eq $stream-error-def)))
    (import "get" (func $get (result (own $output-stream))))
    (import "write" (func $write (param "self" (borrow $output-stream)) (param "contents" (list u8)) (result (result (error $stream-error)))))
    (core module $memory (memory (export "memory") 1) (data (i32.const 16) "0123456789abcdef"))
    (core instance $memory (instantiate $memory))
    (alias core export $memory "memory" (core memory $m))
    (core func $get (canon lower (func $get)))
    (core func $write (canon lower (func $write) (memory $m)))
    (core module $main
      (import "" "get" (func $get (result i32)))
      (import "" "write" (func $write (param i32 i32 i32 i32)))
      (import "" "memory" (memory 1))
      (global $stream (mut i32) (i32.const 0))
      (global $lines (mut i32) (i32.const 0))
      (global $count (mut i32) (i32.const 0))
      (func $hex (param $at i32) (param $digits i32) (param $x i32)
        (i32.store8 (i32.add (local.get $at) (local.get $digits)) (i32.const 32))
        (loop $l
          (local.set $digits (i32.sub (local.get $digits) (i32.const 1)))
          (i32.store8 (i32.add (local.get $at) (local.get $digits))
            (i32.load8_u (i32.add (i32.const 16) (i32.and (local.get $x) (i32.const 15)))))
          (local.set $x (i32.shr_u (local.get $x) (i32.const 4)))
          (br_if $l (local.get $digits))))
      (func (export "fresh") (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (global.get $count))
      (func (export "log") (param $i i32) (param $f i32) (param $s i32) (result i32)
        (if (i32.ge_u (global.get $lines) (i32.const LINES)) (then (return (i32.const 0))))
        (global.set $lines (i32.add (global.get $lines) (i32.const 1)))
        (if (i32.eqz (global.get $stream)) (then (global.set $stream (call $get))))
        (call $hex (i32.const 64) (i32.const 4) (local.get $i))
        (call $hex (i32.const 69) (i32.const 4) (local.get $f))
        (call $hex (i32.const 74) (i32.const 8) (local.get $s))
        (i32.store8 (i32.const 82) (i32.const 10))
        (call $write (global.get $stream) (i32.const 64) (i32.const 19) (i32.const 0))
        (i32.const 1)))
    (core instance $main (instantiate $main (with "" (instance
      (export "get" (func $get)) (export "write" (func $write)) (export "memory" (memory $m))))))
    (func (export "fresh") (result u32) (canon lift (core func $main "fresh")))
    (func (export "log") (param "p0" u32) (param "p1" u32) (param "p2" u32) (result u32) (canon lift (core func $main "log"))))
  (alias export $streams "stream-error" (type $stream-error))
  (alias export $stderr "get-stderr" (func $get-stderr))
  (alias export $streams "[method]output-stream.blocking-write-and-flush" (func $stream-write))
  (instance $logger (instantiate $log-component
    (with "error" (type $error)) (with "output-stream" (type $output-stream)) (with "stream-error" (type $stream-error))
    (with "get" (func $get-stderr)) (with "write" (func $stream-write))))
"#;

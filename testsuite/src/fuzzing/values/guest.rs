//! The components under test, as text.
//!
//! One component holds three: the caller, the callee, and `io`, which both tell what they saw. (They
//! are siblings: by the rule that wasmtime 48 has, a parent can't call its child. And nanocc
//! gives the standard streams to who exports `run`, which hands them to `io`.) The guests know nothing of values. What the caller passes, what lies in either memory, which
//! handles are made, what each call of a `realloc` returns: all comes from standard input, a block of
//! words for each side and case, so that one executable runs as many cases of its types as wanted.
//! What they report is numbers: core values, calls of `realloc` and of post-return functions, and a
//! hash of the whole memory, so that a byte written where none belongs is seen.
//!
//! Each side has two memories: `m`, which the canonical options under test name, and `c`, for control.

use super::types::{Core, Func, Type};
use std::fmt::Write;

/// How a side represents strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
    Latin1,
}

impl Encoding {
    /// All three.
    pub const ALL: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Latin1];

    /// As a canonical option.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf8",
            Encoding::Utf16 => "utf16",
            Encoding::Latin1 => "latin1+utf16",
        }
    }
}

/// The records in a report. Each is this number and the words that follow; all words have 64 bits.
pub mod tag {
    /// Function, parameters.
    pub const ENTERED: u64 = 1;
    /// Old pointer, old size, alignment, size.
    pub const REALLOC: u64 = 2;
    /// Function, the core result or 0.
    pub const POST_RETURN: u64 = 3;
    /// Function, the core result or 0.
    pub const RETURNED: u64 = 4;
    /// Hash of the memory and its size in pages; the memory itself follows if the block asks for it.
    pub const MEMORY: u64 = 5;
    /// The representation behind a handle.
    pub const REP: u64 = 6;
    /// A new handle.
    pub const HANDLE: u64 = 7;
    /// The representation of a resource whose destructor runs.
    pub const DESTROYED: u64 = 8;
}

/// What a side does with handles before or after the call: pairs of words.
pub mod op {
    /// Caller: calls the constructor. Callee: `resource.new`.
    pub const NEW: u32 = 1;
    /// `resource.drop`.
    pub const DROP: u32 = 2;
    /// Callee: `resource.rep`.
    pub const REP: u32 = 3;
}

/// Words of a block, by number.
pub mod word {
    pub const FUNC: usize = 0;
    /// Pages that the memory has at least.
    pub const PAGES: usize = 1;
    /// The byte that fills the memory.
    pub const FILL: usize = 2;
    /// Whether memories are written out.
    pub const DUMP: usize = 3;
    /// Each of these is a count and the offset of a table in the block.
    pub const REALLOCS: usize = 4;
    pub const SEGMENTS: usize = 6;
    pub const SCRUBS: usize = 8;
    /// Before the call (caller), on entry (callee).
    pub const BEFORE: usize = 10;
    /// After the call (caller).
    pub const AFTER: usize = 12;
    /// Parameters (caller) or result (callee), 64 bits each.
    pub const VALUES: usize = 14;
    pub const COUNT: usize = 16;
}

/// Flags of an entry in the script of a `realloc`: result, pages to grow by, flags.
pub mod realloc {
    /// The bytes of the old block are not moved.
    pub const KEEP_NOTHING: u32 = 1;
    /// It traps.
    pub const TRAP: u32 = 2;
    /// In place of the number of entries: any call gets a new block that is large enough. What traps while it
    /// lifts may have been lowered in part, which no guest can see except here: the text lifts all, then
    /// lowers all; both engines do it value by value.
    pub const ANY: u32 = u32::MAX;
}

/// Pages that a script lets a memory under test grow to.
pub const MAX_PAGES: u32 = 12;

/// The most words of a report, and some to spare.
pub const MAX_LOG: usize = 0x2f000 / 8 - 1000;

/// The most bytes that both blocks may have.
pub const MAX_BLOCKS: usize = (48 << 16) - 0x40000;

/// What both sides have: memories, `realloc`, the report.
const BASE: &str = r#"
  (core module $base-module
    (memory $m (export "m") 1 256)
    (memory $c (export "c") 48)
    ;; Words in the report, which begins at 0x1000. The block is at 0x40000.
    (global $count (mut i32) (i32.const 0))
    (global $step (mut i32) (i32.const 0))
    (global $free (mut i32) (i32.const 0))
    (global $target (export "target") (mut i32) (i32.const 0x40000))
    (func $word (export "word") (param $n i32) (result i32)
      (i32.load $c (i32.add (i32.const 0x40000) (i32.shl (local.get $n) (i32.const 2)))))
    (func $table (export "table") (param $n i32) (result i32)
      (i32.add (i32.const 0x40000) (call $word (i32.add (local.get $n) (i32.const 1)))))
    (func $value (export "value") (param $n i32) (result i32)
      (i32.add (call $table (i32.const 14)) (i32.shl (local.get $n) (i32.const 3))))
    (func $log (export "log") (param $value i64)
      (i64.store $c (i32.add (i32.const 0x1000) (i32.shl (global.get $count) (i32.const 3)))
        (local.get $value))
      (global.set $count (i32.add (global.get $count) (i32.const 1))))
    (func $log32 (export "log32") (param $value i32)
      (call $log (i64.extend_i32_u (local.get $value))))
    (func (export "taken") (result i32)
      (i32.shl (global.get $count) (i32.const 3))
      (global.set $count (i32.const 0)))
    (func (export "control") (param i32 i32 i32 i32) (result i32) (global.get $target))
    (func (export "destructor") (param $rep i32)
      (call $log (i64.const 8))
      (call $log32 (local.get $rep)))
    ;; Without a script: behind all that there is.
    (func $allocate (param $align i32) (param $size i32) (result i32)
      (local $at i32) (local $more i32)
      (local.set $at (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $free (i32.add (local.get $at) (local.get $size)))
      (local.set $more (i32.sub
        (i32.shr_u (i32.add (global.get $free) (i32.const 0xffff)) (i32.const 16))
        (memory.size $m)))
      (if (i32.gt_s (local.get $more) (i32.const 0)) (then
        (if (i32.eq (memory.grow $m (local.get $more)) (i32.const -1)) (then unreachable))))
      (local.get $at))
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32)
      (result i32)
      (local $entry i32) (local $result i32) (local $moved i32) (local $flags i32)
      (call $log (i64.const 2))
      (call $log32 (local.get $old))
      (call $log32 (local.get $old-size))
      (call $log32 (local.get $align))
      (call $log32 (local.get $size))
      (if (i32.eq (call $word (i32.const 4)) (i32.const -1)) (then
        (return (call $allocate (local.get $align) (local.get $size)))))
      (if (i32.ge_u (global.get $step) (call $word (i32.const 4))) (then unreachable))
      (local.set $entry (i32.add (call $table (i32.const 4)) (i32.mul (global.get $step) (i32.const 12))))
      (global.set $step (i32.add (global.get $step) (i32.const 1)))
      (local.set $result (i32.load $c (local.get $entry)))
      (local.set $flags (i32.load $c offset=8 (local.get $entry)))
      (if (i32.and (local.get $flags) (i32.const 2)) (then unreachable))
      (if (i32.load $c offset=4 (local.get $entry))
        (then (drop (memory.grow $m (i32.load $c offset=4 (local.get $entry))))))
      (local.set $moved (local.get $size))
      (if (i32.lt_u (local.get $old-size) (local.get $size))
        (then (local.set $moved (local.get $old-size))))
      (if (i32.eqz (i32.and (local.get $flags) (i32.const 1)))
        (then (memory.copy $m $m (local.get $result) (local.get $old) (local.get $moved))))
      (local.get $result))
    ;; Makes the memory what the block says.
    (func (export "apply")
      (local $left i32) (local $at i32)
      (global.set $step (i32.const 0))
      (if (i32.lt_u (memory.size $m) (call $word (i32.const 1)))
        (then (drop (memory.grow $m (i32.sub (call $word (i32.const 1)) (memory.size $m))))))
      (global.set $free (i32.shl (memory.size $m) (i32.const 16)))
      (memory.fill $m (i32.const 0) (call $word (i32.const 2)) (i32.shl (memory.size $m) (i32.const 16)))
      (local.set $left (call $word (i32.const 6)))
      (local.set $at (call $table (i32.const 6)))
      (block $done (loop $more
        (br_if $done (i32.eqz (local.get $left)))
        (memory.copy $m $c (i32.load $c (local.get $at))
          (i32.add (i32.const 0x40000) (i32.load $c offset=8 (local.get $at)))
          (i32.load $c offset=4 (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 12)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $more))))
    ;; Logs the memory's hash, without what the block declares to be nobody's business.
    (func (export "look")
      (local $left i32) (local $at i32) (local $end i32) (local $hash i64)
      (local.set $left (call $word (i32.const 8)))
      (local.set $at (call $table (i32.const 8)))
      (block $done (loop $more
        (br_if $done (i32.eqz (local.get $left)))
        (memory.fill $m (i32.load $c (local.get $at)) (i32.const 0) (i32.load $c offset=4 (local.get $at)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $more)))
      (local.set $end (i32.shl (memory.size $m) (i32.const 16)))
      (local.set $at (i32.const 0))
      (loop $more
        (local.set $hash (i64.mul
          (i64.rotl (i64.xor (local.get $hash) (i64.load $m (local.get $at))) (i64.const 23))
          (i64.const 0x9e3779b97f4a7c15)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $more (i32.lt_u (local.get $at) (local.get $end))))
      (call $log (i64.const 5))
      (call $log (local.get $hash))
      (call $log32 (memory.size $m)))
    ;; A page of the memory, at 0x30000 of the control memory.
    (func (export "page") (param $page i32)
      (memory.copy $c $m (i32.const 0x30000) (i32.shl (local.get $page) (i32.const 16)) (i32.const 0x10000)))
  )
"#;

/// Imports of a main module, from its base.
const FROM_BASE: &str = r#"
    (import "base" "m" (memory $m 1 256))
    (import "base" "c" (memory $c 48))
    (import "base" "target" (global $target (mut i32)))
    (import "base" "word" (func $word (param i32) (result i32)))
    (import "base" "table" (func $table (param i32) (result i32)))
    (import "base" "value" (func $value (param i32) (result i32)))
    (import "base" "log" (func $log (param i64)))
    (import "base" "log32" (func $log32 (param i32)))
    (import "base" "taken" (func $taken (result i32)))
    (import "base" "apply" (func $apply))
    (import "base" "look" (func $look-at))
    (import "base" "page" (func $page (param i32)))
    (import "io" "print" (func $print (param i32 i32)))
    (func $look (local $at i32)
      (call $look-at)
      (call $print (i32.const 0x1000) (call $taken))
      (if (call $word (i32.const 3)) (then
        (loop $more
          (call $page (local.get $at))
          (call $print (i32.const 0x30000) (i32.const 0x10000))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br_if $more (i32.lt_u (local.get $at) (memory.size $m)))))))
    (func $ops (param $n i32)
      (local $left i32) (local $at i32) (local $kind i32) (local $arg i32)
      (local.set $left (call $word (local.get $n)))
      (local.set $at (call $table (local.get $n)))
      (block $done (loop $more
        (br_if $done (i32.eqz (local.get $left)))
        (local.set $kind (i32.load $c (local.get $at)))
        (local.set $arg (i32.load $c offset=4 (local.get $at)))
        (if (i32.eq (local.get $kind) (i32.const 1)) (then
          (call $log (i64.const 7))
          (call $log32 (call $new (local.get $arg)))))
        (if (i32.eq (local.get $kind) (i32.const 2)) (then
          (call $drop (local.get $arg))))
        (if (i32.eq (local.get $kind) (i32.const 3)) (then
          (call $log (i64.const 6))
          (call $log32 (call $rep (local.get $arg)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $more))))
"#;

/// WASI, as far as needed: imports of the program, and of `io`.
const WASI: &str = r#"
  (import "wasi:io/error@0.2.0" (instance $error-package
    (export "error" (type (sub resource)))))
  (alias export $error-package "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output-stream (sub resource)))
    (export "input-stream" (type $input-stream (sub resource)))
    (alias outer 1 $error (type $error-outer))
    (export "error" (type $error (eq $error-outer)))
    (type $stream-error-def (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-def)))
    (export "[method]input-stream.blocking-read" (func
      (param "self" (borrow $input-stream)) (param "len" u64)
      (result (result (list u8) (error $stream-error)))))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output-stream)) (param "contents" (list u8))
      (result (result (error $stream-error)))))))
  (alias export $streams "output-stream" (type $output-stream))
  (alias export $streams "input-stream" (type $input-stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output-stream (type $outer))
    (export "output-stream" (type $output-stream (eq $outer)))
    (export "get-stdout" (func (result (own $output-stream))))))
  (import "wasi:cli/stdin@0.2.0" (instance $stdin
    (alias outer 1 $input-stream (type $outer))
    (export "input-stream" (type $input-stream (eq $outer)))
    (export "get-stdin" (func (result (own $input-stream))))))
"#;

/// [`WASI`] passed on.
const WITH_WASI: &str = r#"
    (with "wasi:io/error@0.2.0" (instance $error-package))
    (with "wasi:io/streams@0.2.0" (instance $streams))
    (with "wasi:cli/stdout@0.2.0" (instance $stdout))
    (with "wasi:cli/stdin@0.2.0" (instance $stdin))
"#;

/// The inside of `io`, after [`WASI`].
const IO: &str = r#"
    (core module $base-module
      (memory (export "memory") 4)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance $base (instantiate $base-module))
    (alias core export $base "memory" (core memory $memory))
    (alias core export $base "realloc" (core func $realloc))
    (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush")
      (memory $memory)))
    (core func $fetch (canon lower (func $streams "[method]input-stream.blocking-read")
      (memory $memory) (realloc $realloc)))
    (core module $main-module
      (import "base" "memory" (memory 4))
      (import "host" "write" (func $write (param i32 i32 i32 i32)))
      (import "host" "fetch" (func $fetch (param i32 i64 i32)))
      (global $out (mut i32) (i32.const 0))
      (global $in (mut i32) (i32.const 0))
      (func (export "open") (param $use-out i32) (param $use-in i32)
        (global.set $out (local.get $use-out))
        (global.set $in (local.get $use-in)))
      ;; Results: of the host's functions at 0, of `read` at 32.
      (func (export "read") (param $most i32) (result i32)
        (call $fetch (global.get $in) (i64.extend_i32_u (local.get $most)) (i32.const 0))
        (i32.store (i32.const 32) (i32.load (i32.const 4)))
        (i32.store (i32.const 36) (i32.load (i32.const 8)))
        (if (i32.load8_u (i32.const 0)) (then
          (i32.store (i32.const 32) (i32.const 0))
          (i32.store (i32.const 36) (i32.const 0))))
        (i32.const 32))
      (func (export "print") (param $at i32) (param $left i32)
        (local $part i32)
        (block $done (loop $more
          (br_if $done (i32.eqz (local.get $left)))
          (local.set $part (local.get $left))
          (if (i32.gt_u (local.get $part) (i32.const 4096)) (then (local.set $part (i32.const 4096))))
          (call $write (global.get $out) (local.get $at) (local.get $part) (i32.const 0))
          (if (i32.load8_u (i32.const 0)) (then unreachable))
          (local.set $at (i32.add (local.get $at) (local.get $part)))
          (local.set $left (i32.sub (local.get $left) (local.get $part)))
          (br $more)))))
    (core instance $main (instantiate $main-module
      (with "base" (instance $base))
      (with "host" (instance
        (export "write" (func $write))
        (export "fetch" (func $fetch))))))
    (func (export "open") (param "out" (own $output-stream)) (param "in" (own $input-stream))
      (canon lift (core func $main "open")))
    (func (export "read") (param "most" u32) (result (list u8))
      (canon lift (core func $main "read") (memory $memory)))
    (func (export "print") (param "text" (list u8))
      (canon lift (core func $main "print") (memory $memory) (realloc (func $realloc))))
"#;

/// The instance of a base and its parts.
const BASE_INSTANCE: &str = r#"
  (core instance $base (instantiate $base-module))
  (alias core export $base "m" (core memory $m))
  (alias core export $base "c" (core memory $c))
  (alias core export $base "realloc" (core func $realloc))
  (alias core export $base "control" (core func $control))
  (alias core export $base "destructor" (core func $destructor))
"#;

/// A batch's types and options: what is compiled.
#[derive(Debug, Clone)]
pub struct World {
    pub funcs: Vec<Func>,
    pub caller: Encoding,
    pub callee: Encoding,
}

/// The text of the component.
pub fn component(world: &World) -> String {
    let mut out = String::from("(component $root\n");
    out += WASI;
    out += "  (component $io-component\n";
    out += WASI;
    out += IO;
    out += "  )\n  (instance $io (instantiate $io-component\n";
    out += WITH_WASI;
    out += "  ))\n";
    out += "  (alias export $io \"print\" (func $io-print))\n";
    out += BASE;
    callee(&mut out, world);
    caller(&mut out, world);
    out +=
        "  (instance $callee (instantiate $callee-component (with \"print\" (func $io-print))))\n";
    out += "  (instance $caller (instantiate $caller-component\n";
    out += WITH_WASI;
    out += INSTANCES;
    out += ")\n";
    out
}

/// The canonical options of a side for a function: no more than needed where that is nothing.
fn options(out: &mut String, func: &Func, encoding: Encoding) {
    if func.needs_memory() {
        *out += " (memory $m) (realloc (func $realloc)) string-encoding=";
        *out += encoding.name();
    }
}

fn callee(out: &mut String, world: &World) {
    *out += "  (component $callee-component\n";
    *out += "  (import \"print\" (func $io-print (param \"text\" (list u8))))\n";
    *out += "  (alias outer $root $base-module (core module $base-module))\n";
    *out += BASE_INSTANCE;
    *out += "  (type $resource-def (resource (rep i32) (dtor (func $destructor))))\n";
    *out += "  (export $resource \"resource\" (type $resource-def))\n";
    *out += "  (core func $new (canon resource.new $resource-def))\n";
    *out += "  (core func $rep (canon resource.rep $resource-def))\n";
    *out += "  (core func $drop (canon resource.drop $resource-def))\n";
    *out += "  (core func $print (canon lower (func $io-print) (memory $c)))\n";
    *out += "  (core module $main-module\n";
    *out += "    (import \"canon\" \"new\" (func $new (param i32) (result i32)))\n";
    *out += "    (import \"canon\" \"rep\" (func $rep (param i32) (result i32)))\n";
    *out += "    (import \"canon\" \"drop\" (func $drop (param i32)))\n";
    *out += FROM_BASE;
    *out += "    (func (export \"make\") (param i32) (result i32) (call $new (local.get 0)))\n";
    *out += "    (func (export \"prepare\") (param i32 i32) (call $apply))\n";
    *out += "    (func (export \"finish\") (call $look))\n";
    for (index, func) in world.funcs.iter().enumerate() {
        let (params, results) = func.signature(false);
        let _ = write!(out, "    (func (export \"f{index}\")");
        signature(out, &params, &results);
        let _ = writeln!(
            out,
            "\n      (call $log (i64.const 1)) (call $log (i64.const {index}))"
        );
        for (at, core) in params.iter().enumerate() {
            let _ = writeln!(
                out,
                "      (call $log {})",
                to_bits(*core, &format!("(local.get {at})"))
            );
        }
        *out += "      (call $ops (i32.const 10))\n      (call $look)\n";
        if let Some(core) = results.first() {
            let _ = writeln!(
                out,
                "      ({}.load $c (call $value (i32.const 0)))",
                core.name()
            );
        }
        *out += "    )\n";
        let _ = write!(out, "    (func (export \"post{index}\")");
        signature(out, &results, &[]);
        let _ = write!(
            out,
            "\n      (call $log (i64.const 3)) (call $log (i64.const {index})) (call $log "
        );
        match results.first() {
            Some(core) => *out += &to_bits(*core, "(local.get 0)"),
            None => *out += "(i64.const 0)",
        }
        *out += "))\n";
    }
    *out += "  )\n";
    *out += "  (core instance $main (instantiate $main-module\n";
    *out += "    (with \"base\" (instance $base))\n";
    *out += "    (with \"io\" (instance (export \"print\" (func $print))))\n";
    *out +=
        "    (with \"canon\" (instance (export \"new\" (func $new)) (export \"rep\" (func $rep))";
    *out += " (export \"drop\" (func $drop))))))\n";
    *out += "  (func (export \"make\") (param \"rep\" u32) (result (own $resource))";
    *out += " (canon lift (core func $main \"make\")))\n";
    *out += "  (func (export \"prepare\") (param \"block\" (list u8))";
    *out += " (canon lift (core func $main \"prepare\") (memory $c) (realloc (func $control))))\n";
    *out += "  (func (export \"finish\") (canon lift (core func $main \"finish\")))\n";
    let mut types = Types {
        out,
        next: 0,
        declared: false,
    };
    for (index, func) in world.funcs.iter().enumerate() {
        let ty = types.func(func);
        let out = &mut *types.out;
        let _ = write!(
            out,
            "  (func (export \"f{index}\"){ty}\n    (canon lift (core func $main \"f{index}\")"
        );
        options(out, func, world.callee);
        if func.post_return {
            let _ = write!(out, " (post-return (func $main \"post{index}\"))");
        }
        *out += "))\n";
    }
    *out += "  )\n";
}

fn caller(out: &mut String, world: &World) {
    *out += "  (component $caller-component\n";
    *out += WASI;
    *out += "  (import \"open\" (func $io-open";
    *out += " (param \"out\" (own $output-stream)) (param \"in\" (own $input-stream))))\n";
    *out += "  (import \"print\" (func $io-print (param \"text\" (list u8))))\n";
    *out += "  (import \"read\" (func $io-read (param \"most\" u32) (result (list u8))))\n";
    *out += "  (import \"callee\" (instance $callee\n";
    *out += "  (export \"resource\" (type $resource (sub resource)))\n";
    *out += "  (export \"make\" (func (param \"rep\" u32) (result (own $resource))))\n";
    *out += "  (export \"prepare\" (func (param \"block\" (list u8))))\n";
    *out += "  (export \"finish\" (func))\n";
    let mut types = Types {
        out,
        next: 0,
        declared: true,
    };
    for (index, func) in world.funcs.iter().enumerate() {
        let ty = types.func(func);
        let _ = writeln!(types.out, "  (export \"f{index}\" (func{ty}))");
    }
    *out += "  ))\n";
    *out += "  (alias outer $root $base-module (core module $base-module))\n";
    *out += BASE_INSTANCE;
    *out += "  (alias export $callee \"resource\" (type $resource))\n";
    *out += "  (core func $drop (canon resource.drop $resource))\n";
    *out += "  (core func $make (canon lower (func $callee \"make\")))\n";
    *out += "  (core func $finish (canon lower (func $callee \"finish\")))\n";
    *out += "  (core func $prepare (canon lower (func $callee \"prepare\") (memory $c)))\n";
    *out += "  (core func $print (canon lower (func $io-print) (memory $c)))\n";
    *out += "  (core func $open (canon lower (func $io-open)))\n";
    *out += "  (core func $get-stdout (canon lower (func $stdout \"get-stdout\")))\n";
    *out += "  (core func $get-stdin (canon lower (func $stdin \"get-stdin\")))\n";
    *out +=
        "  (core func $read (canon lower (func $io-read) (memory $c) (realloc (func $control))))\n";
    for (index, func) in world.funcs.iter().enumerate() {
        let _ = write!(
            out,
            "  (core func $f{index} (canon lower (func $callee \"f{index}\")"
        );
        options(out, func, world.caller);
        *out += "))\n";
    }
    *out += "  (core module $main-module\n";
    *out += "    (import \"callee\" \"make\" (func $new (param i32) (result i32)))\n";
    *out += "    (import \"callee\" \"drop\" (func $drop (param i32)))\n";
    *out += "    (import \"callee\" \"finish\" (func $finish))\n";
    *out += "    (import \"callee\" \"prepare\" (func $prepare (param i32 i32)))\n";
    *out += "    (import \"io\" \"open\" (func $open (param i32 i32)))\n";
    *out += "    (import \"host\" \"get-stdout\" (func $get-stdout (result i32)))\n";
    *out += "    (import \"host\" \"get-stdin\" (func $get-stdin (result i32)))\n";
    *out += "    (import \"io\" \"read\" (func $read (param i32 i32)))\n";
    for (index, func) in world.funcs.iter().enumerate() {
        let (params, results) = func.signature(true);
        let _ = write!(out, "    (import \"callee\" \"f{index}\" (func $f{index}");
        signature(out, &params, &results);
        *out += "))\n";
    }
    *out += FROM_BASE;
    *out += "    (func $rep (param i32) (result i32) unreachable)\n";
    for (index, func) in world.funcs.iter().enumerate() {
        let (params, results) = func.signature(true);
        let _ = write!(out, "    (func $call{index} (local $result i64)\n      ");
        let mut call = format!("(call $f{index}");
        for (at, core) in params.iter().enumerate() {
            let _ = write!(
                call,
                "\n        ({}.load $c (call $value (i32.const {at})))",
                core.name()
            );
        }
        call += ")";
        match results.first() {
            Some(core) => {
                let _ = write!(out, "(local.set $result {})", to_bits(*core, &call));
            }
            None => *out += &call,
        }
        *out += "\n      (call $log (i64.const 4))";
        let _ = writeln!(
            out,
            " (call $log (i64.const {index})) (call $log (local.get $result)))"
        );
    }
    *out += "    (table funcref (elem";
    for index in 0..world.funcs.len() {
        let _ = write!(out, " $call{index}");
    }
    *out += "))\n";
    *out += r#"
    ;; Reads so many bytes from standard input, or nothing.
    (func $input (param $at i32) (param $left i32) (result i32)
      (local $part i32)
      (loop $more
        (global.set $target (local.get $at))
        (local.set $part (local.get $left))
        (if (i32.gt_u (local.get $part) (i32.const 0x10000)) (then (local.set $part (i32.const 0x10000))))
        (call $read (local.get $part) (i32.const 16))
        (local.set $part (i32.load $c (i32.const 20)))
        (if (i32.eqz (local.get $part)) (then (return (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (local.get $part)))
        (local.set $left (i32.sub (local.get $left) (local.get $part)))
        (br_if $more (local.get $left)))
      (i32.const 1))
    (func (export "run") (result i32)
      (local $all i32) (local $own i32)
      (call $open (call $get-stdout) (call $get-stdin))
      (loop $case
        (if (i32.eqz (call $input (i32.const 32) (i32.const 8))) (then (return (i32.const 0))))
        (local.set $all (i32.load $c (i32.const 32)))
        (local.set $own (i32.load $c (i32.const 36)))
        (if (i32.eqz (call $input (i32.const 0x40000) (local.get $all))) (then (return (i32.const 1))))
        (call $apply)
        (call $prepare (i32.add (i32.const 0x40000) (local.get $own)) (i32.sub (local.get $all) (local.get $own)))
        (call $ops (i32.const 10))
        (call_indirect (call $word (i32.const 0)))
        (call $ops (i32.const 12))
        (call $look)
        (call $finish)
        (br $case))
      unreachable)
  )
"#;
    *out += "  (core instance $main (instantiate $main-module\n";
    *out += "    (with \"base\" (instance $base))\n";
    *out += "    (with \"io\" (instance (export \"print\" (func $print)) (export \"read\" (func $read))";
    *out += " (export \"open\" (func $open))))\n";
    *out += "    (with \"host\" (instance (export \"get-stdout\" (func $get-stdout))";
    *out += " (export \"get-stdin\" (func $get-stdin))))\n";
    *out += "    (with \"callee\" (instance (export \"make\" (func $make)) (export \"drop\" (func $drop))";
    *out += " (export \"finish\" (func $finish)) (export \"prepare\" (func $prepare))";
    for index in 0..world.funcs.len() {
        let _ = write!(out, " (export \"f{index}\" (func $f{index}))");
    }
    *out += "))))\n";
    *out += "  (func (export \"run\") (result (result)) (canon lift (core func $main \"run\")))\n";
    *out += "  )\n";
}

/// The rest of the caller's instance, and what the program exports.
const INSTANCES: &str = r#"
    (with "open" (func $io "open"))
    (with "print" (func $io-print))
    (with "read" (func $io "read"))
    (with "callee" (instance $callee))))
  (export "wasi:cli/run@0.2.0" (instance $caller))
"#;

fn signature(out: &mut String, params: &[Core], results: &[Core]) {
    for (kind, cores) in [("param", params), ("result", results)] {
        if !cores.is_empty() {
            let _ = write!(out, " ({kind}");
            for core in cores {
                let _ = write!(out, " {}", core.name());
            }
            *out += ")";
        }
    }
}

/// An expression of type `i64` with the bits of `value`.
fn to_bits(core: Core, value: &str) -> String {
    match core {
        Core::I32 => format!("(i64.extend_i32_u {value})"),
        Core::I64 => value.to_owned(),
        Core::F32 => format!("(i64.extend_i32_u (i32.reinterpret_f32 {value}))"),
        Core::F64 => format!("(i64.reinterpret_f64 {value})"),
    }
}

/// Writes definitions of types and gives the names to use them by.
struct Types<'o> {
    out: &'o mut String,
    next: usize,
    /// In an instance's type, where exports are declared.
    declared: bool,
}

impl Types<'_> {
    /// A function's parameters and result.
    fn func(&mut self, func: &Func) -> String {
        let mut text = String::new();
        for (at, param) in func.params.iter().enumerate() {
            let _ = write!(text, " (param \"p{at}\" {})", self.name(param));
        }
        if let Some(result) = &func.result {
            let _ = write!(text, " (result {})", self.name(result));
        }
        text
    }

    /// Defines what has to have a definition. Records, variants, enums and flags have to be exported
    /// before an exported function may use them.
    fn name(&mut self, ty: &Type) -> String {
        let definition = match ty {
            Type::Bool => return "bool".to_owned(),
            Type::Int { bits, signed } => {
                return format!("{}{bits}", if *signed { "s" } else { "u" });
            }
            Type::F32 => return "f32".to_owned(),
            Type::F64 => return "f64".to_owned(),
            Type::Char => return "char".to_owned(),
            Type::String => return "string".to_owned(),
            Type::Own => return "(own $resource)".to_owned(),
            Type::Borrow => return "(borrow $resource)".to_owned(),
            Type::List(element) => return format!("(list {})", self.name(element)),
            Type::Option(some) => return format!("(option {})", self.name(some)),
            Type::Tuple(fields) => {
                let fields: Vec<String> = fields.iter().map(|ty| self.name(ty)).collect();
                return format!("(tuple {})", fields.join(" "));
            }
            Type::Result(ok, error) => {
                let mut text = "(result".to_owned();
                if let Some(ok) = ok {
                    text += &format!(" {}", self.name(ok));
                }
                if let Some(error) = error {
                    text += &format!(" (error {})", self.name(error));
                }
                return text + ")";
            }
            Type::Record(fields) => {
                let mut text = "(record".to_owned();
                for (at, field) in fields.iter().enumerate() {
                    text += &format!(" (field \"f{at}\" {})", self.name(field));
                }
                text + ")"
            }
            Type::Variant(cases) => {
                let mut text = "(variant".to_owned();
                for (at, case) in cases.iter().enumerate() {
                    text += &format!(" (case \"c{at}\"");
                    if let Some(case) = case {
                        text += &format!(" {}", self.name(case));
                    }
                    text += ")";
                }
                text + ")"
            }
            Type::Enum(cases) => {
                let mut text = "(enum".to_owned();
                for at in 0..*cases {
                    text += &format!(" \"e{at}\"");
                }
                text + ")"
            }
            Type::Flags(labels) => {
                let mut text = "(flags".to_owned();
                for at in 0..*labels {
                    text += &format!(" \"l{at}\"");
                }
                text + ")"
            }
        };
        let number = self.next;
        self.next += 1;
        let _ = writeln!(self.out, "  (type $d{number} {definition})");
        let _ = if self.declared {
            writeln!(
                self.out,
                "  (export \"t{number}\" (type $t{number} (eq $d{number})))"
            )
        } else {
            writeln!(
                self.out,
                "  (export $t{number} \"t{number}\" (type $d{number}))"
            )
        };
        format!("$t{number}")
    }
}

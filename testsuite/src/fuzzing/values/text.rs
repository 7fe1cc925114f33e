//! The parts of the components' text that no type changes.

/// What both sides have: memories, `realloc`, the report.
pub const BASE: &str = r#"
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

/// The instance of a base and its parts.
pub const BASE_INSTANCE: &str = r#"
  (core instance $base (instantiate $base-module))
  (alias core export $base "m" (core memory $m))
  (alias core export $base "c" (core memory $c))
  (alias core export $base "realloc" (core func $realloc))
  (alias core export $base "control" (core func $control))
  (alias core export $base "destructor" (core func $destructor))
"#;

/// Imports of a main module, from its base.
pub const FROM_BASE: &str = r#"
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
pub const WASI: &str = r#"
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
pub const WITH_WASI: &str = r#"
    (with "wasi:io/error@0.2.0" (instance $error-package))
    (with "wasi:io/streams@0.2.0" (instance $streams))
    (with "wasi:cli/stdout@0.2.0" (instance $stdout))
    (with "wasi:cli/stdin@0.2.0" (instance $stdin))
"#;

/// The inside of `io`, after [`WASI`].
pub const IO: &str = r#"
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

/// The rest of the caller's instance, and what the program exports.
pub const INSTANCES: &str = r#"
    (with "open" (func $io "open"))
    (with "print" (func $io-print))
    (with "read" (func $io "read"))
    (with "callee" (instance $callee))))
  (export "wasi:cli/run@0.2.0" (instance $caller))
"#;

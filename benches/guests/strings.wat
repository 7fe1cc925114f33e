;; What it costs to hand a string from a component with one encoding to one with another: the guest of
;; `nanocc-benches strings`, which puts the two encodings in the places marked `caller` and `callee`.
;;
;; Like copies.wat, a command that obeys its standard input:
;;
;;   request  u32 operation, u32 number, u32 rounds, little-endian
;;     0      `number` bytes follow, which the caller keeps: what the rounds will pass. No reply.
;;     1      the callee takes what is kept as a string of the length `number`, tagged as the caller's encoding has it
;;   reply    u64 nanoseconds for all rounds; u64 sum of the first and the last byte that each round
;;            received; u64 FNV-1a of what the last round received
;;
;; Each side's memory is as there. `realloc` resizes its last block in place, as allocators do if they can.
(component $strings
  (core module $room
    (memory (export "memory") 65)
    (global $top (mut i32) (i32.const 0x300140))
    (global $last (mut i32) (i32.const 0))
    (func $more (param $end i32)
      (local $pages i32)
      (local.set $pages
        (i32.sub
          (i32.shr_u (i32.add (local.get $end) (i32.const 0xffff)) (i32.const 16))
          (memory.size)))
      (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1))
        (then unreachable)))
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32) (local $end i32)
      (local.set $at
        (if (result i32) (i32.and (i32.ne (local.get $old) (i32.const 0)) (i32.eq (local.get $old) (global.get $last)))
          (then (local.get $old))
          (else
            (i32.and
              (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
              (i32.sub (i32.const 0) (local.get $align))))))
      (local.set $end (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (local.get $end) (i32.shl (memory.size) (i32.const 16)))
        (then (call $more (local.get $end))))
      (global.set $top (local.get $end))
      (global.set $last (local.get $at))
      (if (i32.and (i32.ne (local.get $old-size) (i32.const 0)) (i32.ne (local.get $at) (local.get $old)))
        (then (memory.copy (local.get $at) (local.get $old) (local.get $old-size))))
      (local.get $at))
    (func (export "empty") (global.set $top (i32.const 0x300140)))
    (func (export "keep") (param $from i32) (param $bytes i32)
      (memory.copy (i32.const 0x010010) (local.get $from) (local.get $bytes))
      (memory.copy (i32.const 0x120420) (local.get $from) (local.get $bytes)))
    (func (export "kept") (param $round i32) (result i32)
      (select (i32.const 0x120420) (i32.const 0x010010)
        (i32.and (local.get $round) (i32.const 1))))
  )

  (component $callee
    (alias outer $strings $room (core module $room-module))
    (core instance $room (instantiate $room-module))
    (alias core export $room "memory" (core memory $memory))
    (alias core export $room "realloc" (core func $realloc))

    (core module $work-module
      (import "room" "memory" (memory 65))
      (import "room" "empty" (func $empty))
      (global $at (mut i32) (i32.const 0))
      (global $bytes (mut i32) (i32.const 0))
      ;; Bytes of a string of this length.
      (func $bytes-of (param $length i32) (result i32)
        (local.get $length) (; bytes ;))
      (func (export "take") (param $at i32) (param $length i32) (result i32)
        (local $bytes i32)
        (global.set $at (local.get $at))
        (global.set $bytes (local.tee $bytes (call $bytes-of (local.get $length))))
        (call $empty)
        (if (i32.eqz (local.get $bytes)) (then (return (i32.const 0))))
        (i32.add
          (i32.load8_u (local.get $at))
          (i32.load8_u
            (i32.sub (i32.add (local.get $at) (local.get $bytes)) (i32.const 1)))))
      (func (export "clear")
        (memory.fill (global.get $at) (i32.const 0) (global.get $bytes)))
      ;; Of what came last.
      (func (export "digest") (result i64)
        (local $at i32) (local $end i32) (local $hash i64)
        (local.set $at (global.get $at))
        (local.set $end (i32.add (global.get $at) (global.get $bytes)))
        (local.set $hash (i64.const 0xcbf29ce484222325))
        (loop $next
          (if (i32.lt_u (local.get $at) (local.get $end))
            (then
              (local.set $hash
                (i64.mul
                  (i64.xor
                    (local.get $hash)
                    (i64.load8_u (local.get $at)))
                  (i64.const 0x100000001b3)))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              (br $next))))
        (local.get $hash))
    )
    (core instance $work (instantiate $work-module (with "room" (instance $room))))
    (func (export "clear") (canon lift (core func $work "clear")))
    (func (export "digest") (result u64) (canon lift (core func $work "digest")))
    (func (export "take") (param "text" string) (result u32)
      (canon lift (core func $work "take") (memory $memory) (realloc $realloc) string-encoding=utf8 (; callee ;)))
  )

  (component $caller
    (import "wasi:io/error@0.2.0" (instance $io-error
      (export "error" (type (sub resource)))
    ))
    (alias export $io-error "error" (type $error))
    (import "wasi:io/streams@0.2.0" (instance $streams
      (export "input-stream" (type $input-stream (sub resource)))
      (export "output-stream" (type $output-stream (sub resource)))
      (alias outer 1 $error (type $error-outer))
      (export "error" (type $error (eq $error-outer)))
      (type $stream-error-def (variant
        (case "last-operation-failed" (own $error))
        (case "closed")
      ))
      (export "stream-error" (type $stream-error (eq $stream-error-def)))
      (export "[method]input-stream.blocking-read" (func
        (param "self" (borrow $input-stream))
        (param "len" u64)
        (result (result (list u8) (error $stream-error)))
      ))
      (export "[method]output-stream.blocking-write-and-flush" (func
        (param "self" (borrow $output-stream))
        (param "contents" (list u8))
        (result (result (error $stream-error)))
      ))
    ))
    (alias export $streams "input-stream" (type $input-stream))
    (alias export $streams "output-stream" (type $output-stream))
    (import "wasi:cli/stdin@0.2.0" (instance $stdin
      (alias outer 1 $input-stream (type $input-stream-outer))
      (export "input-stream" (type $input-stream (eq $input-stream-outer)))
      (export "get-stdin" (func (result (own $input-stream))))
    ))
    (import "wasi:cli/stdout@0.2.0" (instance $stdout
      (alias outer 1 $output-stream (type $output-stream-outer))
      (export "output-stream" (type $output-stream (eq $output-stream-outer)))
      (export "get-stdout" (func (result (own $output-stream))))
    ))
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
      (export "now" (func (result u64)))
    ))

    (import "callee" (instance $callee
      (export "clear" (func))
      (export "digest" (func (result u64)))
      (export "take" (func (param "text" string) (result u32)))
    ))

    (alias outer $strings $room (core module $room-module))
    (core instance $room (instantiate $room-module))
    (alias core export $room "memory" (core memory $memory))
    (alias core export $room "realloc" (core func $realloc))

    (core func $clear (canon lower (func $callee "clear")))
    (core func $digest (canon lower (func $callee "digest")))
    (core func $take (canon lower (func $callee "take") (memory $memory) string-encoding=utf8 (; caller ;)))
    (core func $get-stdin (canon lower (func $stdin "get-stdin")))
    (core func $get-stdout (canon lower (func $stdout "get-stdout")))
    (core func $read (canon lower
      (func $streams "[method]input-stream.blocking-read") (memory $memory) (realloc $realloc)))
    (core func $write (canon lower
      (func $streams "[method]output-stream.blocking-write-and-flush") (memory $memory)))
    (core func $drop-input (canon resource.drop $input-stream))
    (core func $drop-output (canon resource.drop $output-stream))
    (core func $drop-error (canon resource.drop $error))
    (core func $now (canon lower (func $clock "now")))

    (core module $main-module
      (import "room" "memory" (memory 65))
      (import "room" "empty" (func $empty))
      (import "room" "keep" (func $keep (param i32 i32)))
      (import "room" "kept" (func $kept (param i32) (result i32)))
      (import "callee" "clear" (func $clear))
      (import "callee" "digest" (func $digest (result i64)))
      (import "callee" "take" (func $take (param i32 i32) (result i32)))
      (import "host" "get-stdin" (func $get-stdin (result i32)))
      (import "host" "get-stdout" (func $get-stdout (result i32)))
      (import "host" "read" (func $read (param i32 i64 i32)))
      (import "host" "write" (func $write (param i32 i32 i32 i32)))
      (import "host" "drop-input" (func $drop-input (param i32)))
      (import "host" "drop-output" (func $drop-output (param i32)))
      (import "host" "drop-error" (func $drop-error (param i32)))
      (import "host" "now" (func $now (result i64)))

      (func $loop (param $length i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u (call $take (call $kept (local.get $rounds)) (local.get $length)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))

      ;; Reads `bytes` bytes, to the arena. 0 at the end of the input.
      (func $receive (param $stream i32) (param $bytes i32) (result i32)
        (local $at i32)
        (call $empty)
        (loop $next
          (if (i32.lt_u (local.get $at) (local.get $bytes))
            (then
              ;; result<list<u8>, stream-error>: u8, then either pointer and length, or u8 and a handle.
              (call $read (local.get $stream)
                (i64.extend_i32_u (i32.sub (local.get $bytes) (local.get $at)))
                (i32.const 0))
              (if (i32.load8_u (i32.const 0))
                (then
                  (if (i32.eqz (i32.load8_u (i32.const 4)))
                    (then (call $drop-error (i32.load (i32.const 8)))))
                  (return (i32.const 0))))
              (memory.copy
                (i32.add (i32.const 0x300140) (local.get $at))
                (i32.load (i32.const 4))
                (i32.load (i32.const 8)))
              (local.set $at (i32.add (local.get $at) (i32.load (i32.const 8))))
              (br $next))))
        (call $empty)
        (i32.const 1))

      (func $take-turns (param $in i32) (param $out i32)
        (local $operation i32) (local $number i32) (local $rounds i32)
        (local $start i64) (local $nanoseconds i64) (local $sum i64)
        (loop $next
          (if (i32.eqz (call $receive (local.get $in) (i32.const 12))) (then (return)))
          (local.set $operation (i32.load (i32.const 0x300140)))
          (local.set $number (i32.load (i32.const 0x300144)))
          (local.set $rounds (i32.load (i32.const 0x300148)))
          (if (i32.eqz (local.get $operation))
            (then
              (if (i32.eqz (call $receive (local.get $in) (local.get $number))) (then (return)))
              (call $keep (i32.const 0x300140) (local.get $number))
              (br $next)))
          (call $clear)
          (local.set $start (call $now))
          (local.set $sum (call $loop (local.get $number) (local.get $rounds)))
          (local.set $nanoseconds (i64.sub (call $now) (local.get $start)))
          (i64.store (i32.const 16) (local.get $nanoseconds))
          (i64.store (i32.const 24) (local.get $sum))
          (i64.store (i32.const 32) (call $digest))
          (call $write (local.get $out) (i32.const 16) (i32.const 24) (i32.const 0))
          (br_if $next (i32.eqz (i32.load8_u (i32.const 0))))
          (if (i32.eqz (i32.load8_u (i32.const 4)))
            (then (call $drop-error (i32.load (i32.const 8)))))))

      (func (export "run") (result i32)
        (local $in i32) (local $out i32)
        (local.set $in (call $get-stdin))
        (local.set $out (call $get-stdout))
        (call $take-turns (local.get $in) (local.get $out))
        (call $drop-input (local.get $in))
        (call $drop-output (local.get $out))
        (i32.const 0))
    )
    (core instance $main (instantiate $main-module
      (with "room" (instance $room))
      (with "callee" (instance
        (export "clear" (func $clear))
        (export "digest" (func $digest))
        (export "take" (func $take))
      ))
      (with "host" (instance
        (export "get-stdin" (func $get-stdin))
        (export "get-stdout" (func $get-stdout))
        (export "read" (func $read))
        (export "write" (func $write))
        (export "drop-input" (func $drop-input))
        (export "drop-output" (func $drop-output))
        (export "drop-error" (func $drop-error))
        (export "now" (func $now))
      ))
    ))

    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance $run-interface (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $run-interface))
  )

  ;; Siblings: neither may contain the other, or calls between them would trap. So WASI is passed on.
  (import "wasi:io/error@0.2.0" (instance $io-error
    (export "error" (type (sub resource)))
  ))
  (alias export $io-error "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "input-stream" (type $input-stream (sub resource)))
    (export "output-stream" (type $output-stream (sub resource)))
    (alias outer 1 $error (type $error-outer))
    (export "error" (type $error (eq $error-outer)))
    (type $stream-error-def (variant
      (case "last-operation-failed" (own $error))
      (case "closed")
    ))
    (export "stream-error" (type $stream-error (eq $stream-error-def)))
    (export "[method]input-stream.blocking-read" (func
      (param "self" (borrow $input-stream))
      (param "len" u64)
      (result (result (list u8) (error $stream-error)))
    ))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output-stream))
      (param "contents" (list u8))
      (result (result (error $stream-error)))
    ))
  ))
  (alias export $streams "input-stream" (type $input-stream))
  (alias export $streams "output-stream" (type $output-stream))
  (import "wasi:cli/stdin@0.2.0" (instance $stdin
    (alias outer 1 $input-stream (type $input-stream-outer))
    (export "input-stream" (type $input-stream (eq $input-stream-outer)))
    (export "get-stdin" (func (result (own $input-stream))))
  ))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output-stream (type $output-stream-outer))
    (export "output-stream" (type $output-stream (eq $output-stream-outer)))
    (export "get-stdout" (func (result (own $output-stream))))
  ))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (export "now" (func (result u64)))
  ))

  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller
    (with "callee" (instance $callee))
    (with "wasi:io/error@0.2.0" (instance $io-error))
    (with "wasi:io/streams@0.2.0" (instance $streams))
    (with "wasi:cli/stdin@0.2.0" (instance $stdin))
    (with "wasi:cli/stdout@0.2.0" (instance $stdout))
    (with "wasi:clocks/monotonic-clock@0.2.0" (instance $clock))
  ))
  (alias export $caller "wasi:cli/run@0.2.0" (instance $run))
  (export "wasi:cli/run@0.2.0" (instance $run))
)

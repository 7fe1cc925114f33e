;; What it costs to hand data from one component to another: the guest of `nanocc-benches copies`.
;;
;; Two components, each with a memory: `$callee`, which takes lists and strings, and gives them; and
;; `$caller`, which calls it in a loop and reads the clock around it. It is a command that obeys its
;; standard input, so that it may take turns with other programs:
;;
;;   request  u32 operation, u32 bytes, u32 rounds, little-endian
;;     0      `bytes` bytes follow, which both components keep: what the rounds will move. No reply.
;;     1..5   the callee takes bytes, text, words, pairs, padded pairs
;;     6..10  the callee gives them
;;     11, 12 `memory.copy`, `memory.fill` within the caller's memory
;;     13..15 the callee takes lists of `bool`, `char` and `result`
;;     16..18 the callee gives them
;;   reply    u64 nanoseconds for all rounds; u64 sum of the first and the last byte that each round
;;            received; u64 FNV-1a of what the last round received
;;
;; Each side's memory, of which benches/peers/copies.c has an exact copy:
;;
;;   0x000000  where results come back
;;   0x010010  what is moved
;;   0x120420  what is moved, once more: rounds alternate, so that the source isn't always the same
;;   0x300140  the arena that `realloc` allocates from, at a cache line's start, which is kind to wide stores;
;;             whoever received empties it
;;
;; `realloc` is the smallest that is one: it bumps a pointer, and asks for more memory when there is none.
(component $copies
  (core module $room
    (memory (export "memory") 65)
    (global $top (mut i32) (i32.const 0x300140))
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
        (i32.and
          (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
      (local.set $end (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (local.get $end) (i32.shl (memory.size) (i32.const 16)))
        (then (call $more (local.get $end))))
      (global.set $top (local.get $end))
      (if (local.get $old-size)
        (then (memory.copy (local.get $at) (local.get $old) (local.get $old-size))))
      (local.get $at))
    (func (export "empty") (global.set $top (i32.const 0x300140)))
    (func (export "keep") (param $from i32) (param $bytes i32)
      (memory.copy (i32.const 0x010010) (local.get $from) (local.get $bytes))
      (memory.copy (i32.const 0x120420) (local.get $from) (local.get $bytes)))
    (func (export "kept") (param $round i32) (result i32)
      (select (i32.const 0x120420) (i32.const 0x010010)
        (i32.and (local.get $round) (i32.const 1))))
    ;; The sum of the first and the last byte.
    (func (export "ends") (param $at i32) (param $bytes i32) (result i32)
      (if (i32.eqz (local.get $bytes)) (then (return (i32.const 0))))
      (i32.add
        (i32.load8_u (local.get $at))
        (i32.load8_u
          (i32.sub (i32.add (local.get $at) (local.get $bytes)) (i32.const 1)))))
    (func (export "clear") (param $bytes i32)
      (memory.fill (i32.const 0x300140) (i32.const 0) (local.get $bytes)))
    (func (export "digest") (param $bytes i32) (result i64)
      (local $at i32) (local $hash i64)
      (local.set $hash (i64.const 0xcbf29ce484222325))
      (loop $next
        (if (i32.lt_u (local.get $at) (local.get $bytes))
          (then
            (local.set $hash
              (i64.mul
                (i64.xor
                  (local.get $hash)
                  (i64.load8_u offset=0x300140 (local.get $at)))
                (i64.const 0x100000001b3)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next))))
      (local.get $hash))
  )

  (component $callee
    (alias outer $copies $room (core module $room-module))
    (core instance $room (instantiate $room-module))
    (alias core export $room "memory" (core memory $memory))
    (alias core export $room "realloc" (core func $realloc))
    (alias core export $room "clear" (core func $clear))
    (alias core export $room "digest" (core func $digest))

    (core module $work-module
      (import "room" "memory" (memory 65))
      (import "room" "empty" (func $empty))
      (import "room" "keep" (func $keep (param i32 i32)))
      (import "room" "kept" (func $kept (param i32) (result i32)))
      (import "room" "ends" (func $ends (param i32 i32) (result i32)))
      (global $round (mut i32) (i32.const 0))
      (func (export "keep") (param $at i32) (param $count i32)
        (call $keep (local.get $at) (local.get $count))
        (call $empty))
      ;; Elements have 1, 4 or 8 bytes.
      (func $take (param $at i32) (param $bytes i32) (result i32)
        (call $ends (local.get $at) (local.get $bytes))
        (call $empty))
      (func (export "take-1") (param $at i32) (param $count i32) (result i32)
        (call $take (local.get $at) (local.get $count)))
      (func (export "take-4") (param $at i32) (param $count i32) (result i32)
        (call $take (local.get $at) (i32.shl (local.get $count) (i32.const 2))))
      (func (export "take-8") (param $at i32) (param $count i32) (result i32)
        (call $take (local.get $at) (i32.shl (local.get $count) (i32.const 3))))
      (func (export "give") (param $count i32) (result i32)
        (global.set $round (i32.add (global.get $round) (i32.const 1)))
        (i32.store (i32.const 0) (call $kept (global.get $round)))
        (i32.store (i32.const 4) (local.get $count))
        (i32.const 0))
    )
    (core instance $work (instantiate $work-module (with "room" (instance $room))))
    (alias core export $work "give" (core func $give))

    (func (export "keep") (param "kept" (list u8))
      (canon lift (core func $work "keep") (memory $memory) (realloc $realloc)))
    (func (export "clear") (param "bytes" u32) (canon lift (core func $clear)))
    (func (export "digest") (param "bytes" u32) (result u64) (canon lift (core func $digest)))

    (func (export "take-bytes") (param "list" (list u8)) (result u32)
      (canon lift (core func $work "take-1") (memory $memory) (realloc $realloc)))
    (func (export "take-text") (param "text" string) (result u32)
      (canon lift (core func $work "take-1") (memory $memory) (realloc $realloc)))
    (func (export "take-words") (param "list" (list u32)) (result u32)
      (canon lift (core func $work "take-4") (memory $memory) (realloc $realloc)))
    (func (export "take-pairs") (param "list" (list (tuple u32 u32))) (result u32)
      (canon lift (core func $work "take-8") (memory $memory) (realloc $realloc)))
    (func (export "take-padded") (param "list" (list (tuple u32 u8))) (result u32)
      (canon lift (core func $work "take-8") (memory $memory) (realloc $realloc)))
    (func (export "take-bools") (param "list" (list bool)) (result u32)
      (canon lift (core func $work "take-1") (memory $memory) (realloc $realloc)))
    (func (export "take-chars") (param "list" (list char)) (result u32)
      (canon lift (core func $work "take-4") (memory $memory) (realloc $realloc)))
    (func (export "take-results") (param "list" (list (result))) (result u32)
      (canon lift (core func $work "take-1") (memory $memory) (realloc $realloc)))

    (func (export "give-bytes") (param "count" u32) (result (list u8))
      (canon lift (core func $give) (memory $memory)))
    (func (export "give-text") (param "count" u32) (result string)
      (canon lift (core func $give) (memory $memory)))
    (func (export "give-words") (param "count" u32) (result (list u32))
      (canon lift (core func $give) (memory $memory)))
    (func (export "give-pairs") (param "count" u32) (result (list (tuple u32 u32)))
      (canon lift (core func $give) (memory $memory)))
    (func (export "give-padded") (param "count" u32) (result (list (tuple u32 u8)))
      (canon lift (core func $give) (memory $memory)))
    (func (export "give-bools") (param "count" u32) (result (list bool))
      (canon lift (core func $give) (memory $memory)))
    (func (export "give-chars") (param "count" u32) (result (list char))
      (canon lift (core func $give) (memory $memory)))
    (func (export "give-results") (param "count" u32) (result (list (result)))
      (canon lift (core func $give) (memory $memory)))
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
      (export "keep" (func (param "kept" (list u8))))
      (export "clear" (func (param "bytes" u32)))
      (export "digest" (func (param "bytes" u32) (result u64)))
      (export "take-bytes" (func (param "list" (list u8)) (result u32)))
      (export "take-text" (func (param "text" string) (result u32)))
      (export "take-words" (func (param "list" (list u32)) (result u32)))
      (export "take-pairs" (func (param "list" (list (tuple u32 u32))) (result u32)))
      (export "take-padded" (func (param "list" (list (tuple u32 u8))) (result u32)))
      (export "take-bools" (func (param "list" (list bool)) (result u32)))
      (export "take-chars" (func (param "list" (list char)) (result u32)))
      (export "take-results" (func (param "list" (list (result))) (result u32)))
      (export "give-bytes" (func (param "count" u32) (result (list u8))))
      (export "give-text" (func (param "count" u32) (result string)))
      (export "give-words" (func (param "count" u32) (result (list u32))))
      (export "give-pairs" (func (param "count" u32) (result (list (tuple u32 u32)))))
      (export "give-padded" (func (param "count" u32) (result (list (tuple u32 u8)))))
      (export "give-bools" (func (param "count" u32) (result (list bool))))
      (export "give-chars" (func (param "count" u32) (result (list char))))
      (export "give-results" (func (param "count" u32) (result (list (result)))))
    ))

    (alias outer $copies $room (core module $room-module))
    (core instance $room (instantiate $room-module))
    (alias core export $room "memory" (core memory $memory))
    (alias core export $room "realloc" (core func $realloc))

    (core func $keep (canon lower (func $callee "keep") (memory $memory)))
    (core func $clear (canon lower (func $callee "clear")))
    (core func $digest (canon lower (func $callee "digest")))
    (core func $take-bytes (canon lower (func $callee "take-bytes") (memory $memory)))
    (core func $take-text (canon lower (func $callee "take-text") (memory $memory)))
    (core func $take-words (canon lower (func $callee "take-words") (memory $memory)))
    (core func $take-pairs (canon lower (func $callee "take-pairs") (memory $memory)))
    (core func $take-padded (canon lower (func $callee "take-padded") (memory $memory)))
    (core func $take-bools (canon lower (func $callee "take-bools") (memory $memory)))
    (core func $take-chars (canon lower (func $callee "take-chars") (memory $memory)))
    (core func $take-results (canon lower (func $callee "take-results") (memory $memory)))
    (core func $give-bytes (canon lower (func $callee "give-bytes") (memory $memory) (realloc $realloc)))
    (core func $give-text (canon lower (func $callee "give-text") (memory $memory) (realloc $realloc)))
    (core func $give-words (canon lower (func $callee "give-words") (memory $memory) (realloc $realloc)))
    (core func $give-pairs (canon lower (func $callee "give-pairs") (memory $memory) (realloc $realloc)))
    (core func $give-padded (canon lower (func $callee "give-padded") (memory $memory) (realloc $realloc)))
    (core func $give-bools (canon lower (func $callee "give-bools") (memory $memory) (realloc $realloc)))
    (core func $give-chars (canon lower (func $callee "give-chars") (memory $memory) (realloc $realloc)))
    (core func $give-results (canon lower (func $callee "give-results") (memory $memory) (realloc $realloc)))
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
      (import "room" "ends" (func $ends (param i32 i32) (result i32)))
      (import "room" "clear" (func $clear (param i32)))
      (import "room" "digest" (func $digest (param i32) (result i64)))
      (import "callee" "keep" (func $callee-keep (param i32 i32)))
      (import "callee" "clear" (func $callee-clear (param i32)))
      (import "callee" "digest" (func $callee-digest (param i32) (result i64)))
      (import "callee" "take-bytes" (func $take-bytes (param i32 i32) (result i32)))
      (import "callee" "take-text" (func $take-text (param i32 i32) (result i32)))
      (import "callee" "take-words" (func $take-words (param i32 i32) (result i32)))
      (import "callee" "take-pairs" (func $take-pairs (param i32 i32) (result i32)))
      (import "callee" "take-padded" (func $take-padded (param i32 i32) (result i32)))
      (import "callee" "take-bools" (func $take-bools (param i32 i32) (result i32)))
      (import "callee" "take-chars" (func $take-chars (param i32 i32) (result i32)))
      (import "callee" "take-results" (func $take-results (param i32 i32) (result i32)))
      (import "callee" "give-bytes" (func $give-bytes (param i32 i32)))
      (import "callee" "give-text" (func $give-text (param i32 i32)))
      (import "callee" "give-words" (func $give-words (param i32 i32)))
      (import "callee" "give-pairs" (func $give-pairs (param i32 i32)))
      (import "callee" "give-padded" (func $give-padded (param i32 i32)))
      (import "callee" "give-bools" (func $give-bools (param i32 i32)))
      (import "callee" "give-chars" (func $give-chars (param i32 i32)))
      (import "callee" "give-results" (func $give-results (param i32 i32)))
      (import "host" "get-stdin" (func $get-stdin (result i32)))
      (import "host" "get-stdout" (func $get-stdout (result i32)))
      (import "host" "read" (func $read (param i32 i64 i32)))
      (import "host" "write" (func $write (param i32 i32 i32 i32)))
      (import "host" "drop-input" (func $drop-input (param i32)))
      (import "host" "drop-output" (func $drop-output (param i32)))
      (import "host" "drop-error" (func $drop-error (param i32)))
      (import "host" "now" (func $now (result i64)))

      ;; The loops. `count` is of elements, `rounds` at least 1; the sum of what the rounds saw.
      (func $loop-take-bytes (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u (call $take-bytes (call $kept (local.get $rounds)) (local.get $count)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-take-text (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u (call $take-text (call $kept (local.get $rounds)) (local.get $count)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-take-words (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u (call $take-words (call $kept (local.get $rounds)) (local.get $count)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-take-pairs (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u (call $take-pairs (call $kept (local.get $rounds)) (local.get $count)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-take-padded (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u (call $take-padded (call $kept (local.get $rounds)) (local.get $count)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-take-bools (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u (call $take-bools (call $kept (local.get $rounds)) (local.get $count)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-take-chars (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u (call $take-chars (call $kept (local.get $rounds)) (local.get $count)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-take-results (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u (call $take-results (call $kept (local.get $rounds)) (local.get $count)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-give-bytes (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (call $give-bytes (local.get $count) (i32.const 0))
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $ends (i32.load (i32.const 0)) (i32.load (i32.const 4))))))
          (call $empty)
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-give-text (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (call $give-text (local.get $count) (i32.const 0))
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $ends (i32.load (i32.const 0)) (i32.load (i32.const 4))))))
          (call $empty)
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-give-words (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (call $give-words (local.get $count) (i32.const 0))
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $ends (i32.load (i32.const 0)) (i32.shl (i32.load (i32.const 4)) (i32.const 2))))))
          (call $empty)
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-give-pairs (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (call $give-pairs (local.get $count) (i32.const 0))
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $ends (i32.load (i32.const 0)) (i32.shl (i32.load (i32.const 4)) (i32.const 3))))))
          (call $empty)
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-give-padded (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (call $give-padded (local.get $count) (i32.const 0))
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $ends (i32.load (i32.const 0)) (i32.shl (i32.load (i32.const 4)) (i32.const 3))))))
          (call $empty)
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-give-bools (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (call $give-bools (local.get $count) (i32.const 0))
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $ends (i32.load (i32.const 0)) (i32.load (i32.const 4))))))
          (call $empty)
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-give-chars (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (call $give-chars (local.get $count) (i32.const 0))
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $ends (i32.load (i32.const 0)) (i32.shl (i32.load (i32.const 4)) (i32.const 2))))))
          (call $empty)
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-give-results (param $count i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (call $give-results (local.get $count) (i32.const 0))
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $ends (i32.load (i32.const 0)) (i32.load (i32.const 4))))))
          (call $empty)
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-copy (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (memory.copy (i32.const 0x300140) (call $kept (local.get $rounds)) (local.get $bytes))
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u (call $ends (i32.const 0x300140) (local.get $bytes)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-fill (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64)
        (loop $next
          (memory.fill (i32.const 0x300140) (local.get $rounds) (local.get $bytes))
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u (call $ends (i32.const 0x300140) (local.get $bytes)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))

      (func $run-operation (param $operation i32) (param $bytes i32) (param $rounds i32) (result i64)
        (local $words i32) (local $pairs i32)
        (local.set $words (i32.shr_u (local.get $bytes) (i32.const 2)))
        (local.set $pairs (i32.shr_u (local.get $bytes) (i32.const 3)))
        (block $18 (block $17 (block $16 (block $15 (block $14 (block $13
        (block $12 (block $11 (block $10 (block $9 (block $8 (block $7 (block $6
        (block $5 (block $4 (block $3 (block $2 (block $1 (block $else
          (br_table $else $1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $11 $12 $13 $14 $15 $16 $17 $18 $else
            (local.get $operation)))
        unreachable)
        (return (call $loop-take-bytes (local.get $bytes) (local.get $rounds))))
        (return (call $loop-take-text (local.get $bytes) (local.get $rounds))))
        (return (call $loop-take-words (local.get $words) (local.get $rounds))))
        (return (call $loop-take-pairs (local.get $pairs) (local.get $rounds))))
        (return (call $loop-take-padded (local.get $pairs) (local.get $rounds))))
        (return (call $loop-give-bytes (local.get $bytes) (local.get $rounds))))
        (return (call $loop-give-text (local.get $bytes) (local.get $rounds))))
        (return (call $loop-give-words (local.get $words) (local.get $rounds))))
        (return (call $loop-give-pairs (local.get $pairs) (local.get $rounds))))
        (return (call $loop-give-padded (local.get $pairs) (local.get $rounds))))
        (return (call $loop-copy (local.get $bytes) (local.get $rounds))))
        (return (call $loop-fill (local.get $bytes) (local.get $rounds))))
        (return (call $loop-take-bools (local.get $bytes) (local.get $rounds))))
        (return (call $loop-take-chars (local.get $words) (local.get $rounds))))
        (return (call $loop-take-results (local.get $bytes) (local.get $rounds))))
        (return (call $loop-give-bools (local.get $bytes) (local.get $rounds))))
        (return (call $loop-give-chars (local.get $words) (local.get $rounds))))
        (return (call $loop-give-results (local.get $bytes) (local.get $rounds))))

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

      ;; Whether the callee is who received.
      (func $is-callees (param $operation i32) (result i32)
        (i32.or
          (i32.le_u (local.get $operation) (i32.const 5))
          (i32.le_u (i32.sub (local.get $operation) (i32.const 13)) (i32.const 2))))

      (func $take-turns (param $in i32) (param $out i32)
        (local $operation i32) (local $bytes i32) (local $rounds i32)
        (local $start i64) (local $nanoseconds i64) (local $sum i64)
        (loop $next
          (if (i32.eqz (call $receive (local.get $in) (i32.const 12))) (then (return)))
          (local.set $operation (i32.load (i32.const 0x300140)))
          (local.set $bytes (i32.load (i32.const 0x300144)))
          (local.set $rounds (i32.load (i32.const 0x300148)))
          (if (i32.eqz (local.get $operation))
            (then
              (if (i32.eqz (call $receive (local.get $in) (local.get $bytes))) (then (return)))
              (call $keep (i32.const 0x300140) (local.get $bytes))
              (call $callee-keep (i32.const 0x300140) (local.get $bytes))
              (br $next)))
          (call $clear (local.get $bytes))
          (call $callee-clear (local.get $bytes))
          (local.set $start (call $now))
          (local.set $sum
            (call $run-operation (local.get $operation) (local.get $bytes) (local.get $rounds)))
          (local.set $nanoseconds (i64.sub (call $now) (local.get $start)))
          (i64.store (i32.const 16) (local.get $nanoseconds))
          (i64.store (i32.const 24) (local.get $sum))
          (i64.store (i32.const 32)
            (if (result i64) (call $is-callees (local.get $operation))
              (then (call $callee-digest (local.get $bytes)))
              (else (call $digest (local.get $bytes)))))
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
        (export "keep" (func $keep))
        (export "clear" (func $clear))
        (export "digest" (func $digest))
        (export "take-bytes" (func $take-bytes))
        (export "take-text" (func $take-text))
        (export "take-words" (func $take-words))
        (export "take-pairs" (func $take-pairs))
        (export "take-padded" (func $take-padded))
        (export "take-bools" (func $take-bools))
        (export "take-chars" (func $take-chars))
        (export "take-results" (func $take-results))
        (export "give-bytes" (func $give-bytes))
        (export "give-text" (func $give-text))
        (export "give-words" (func $give-words))
        (export "give-pairs" (func $give-pairs))
        (export "give-padded" (func $give-padded))
        (export "give-bools" (func $give-bools))
        (export "give-chars" (func $give-chars))
        (export "give-results" (func $give-results))
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

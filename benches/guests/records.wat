;; What it costs to hand records from one component to another: the guest of `nanocc-benches records`.
;;
;; `$callee` takes records and gives them; `$caller` calls it in a loop, and does in a loop of its own what a
;; copy can't do with less: the same loads and stores within one module. It is a command that obeys its
;; standard input, as `copies.wat`:
;;
;;   request  u32 operation, u32 bytes, u32 rounds, little-endian
;;     0      `bytes` bytes follow, which both components keep: what the rounds will move. No reply.
;;     1, 2   a record is taken flat: the caller loads its fields, the callee stores them
;;     3, 4   two records, which are more than sixteen values: through memory that `realloc` gives
;;     5, 6   a record is given: the callee stores its fields where it returns them, the caller receives
;;            them where it wants them
;;     7, 8   a list of records is taken
;;     11..18 the same within the caller's module: as many copies, field by field
;;   reply    u64 nanoseconds for all rounds; u64 sum of the first and the last byte of what each round
;;            received; u64 FNV-1a of what the last round received, where padding is 0
;;
;; Odd operations move a record of ten `u32`s, even ones a mixed record of ten numbers, with padding.
;;
;; Each side's memory:
;;
;;   0x0100   where the callee returns records
;;   0x1010   what is moved
;;   0x3020   what is moved, once more: rounds alternate, so that the source isn't always the same
;;   0x8000   the arena that `realloc` allocates from; whoever received empties it
(component $records
  (core module $room
    (memory (export "memory") 1)
    (global $top (mut i32) (i32.const 0x8000))
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
    (func (export "empty") (global.set $top (i32.const 0x8000)))
    (func (export "keep") (param $from i32) (param $bytes i32)
      (memory.copy (i32.const 0x1010) (local.get $from) (local.get $bytes))
      (memory.copy (i32.const 0x3020) (local.get $from) (local.get $bytes)))
    (func (export "kept") (param $round i32) (result i32)
      (select (i32.const 0x3020) (i32.const 0x1010)
        (i32.and (local.get $round) (i32.const 1))))
    ;; The sum of the first and the last byte.
    (func (export "ends") (param $at i32) (param $bytes i32) (result i32)
      (if (i32.eqz (local.get $bytes)) (then (return (i32.const 0))))
      (i32.add
        (i32.load8_u (local.get $at))
        (i32.load8_u
          (i32.sub (i32.add (local.get $at) (local.get $bytes)) (i32.const 1)))))
    (func (export "clear") (param $bytes i32)
      (memory.fill (i32.const 0x8000) (i32.const 0) (local.get $bytes)))
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
                  (i64.load8_u offset=0x8000 (local.get $at)))
                (i64.const 0x100000001b3)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next))))
      (local.get $hash))
  )

  (component $callee
    (alias outer $records $room (core module $room-module))
    (core instance $room (instantiate $room-module))
    (alias core export $room "memory" (core memory $memory))
    (alias core export $room "realloc" (core func $realloc))
    (alias core export $room "clear" (core func $clear))
    (alias core export $room "digest" (core func $digest))

    (type $uniform (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32))
    (type $mixed (tuple u8 u16 u32 u64 f32 f64 s8 s16 bool char))

    (core module $work-module
      (import "room" "memory" (memory 1))
      (import "room" "empty" (func $empty))
      (import "room" "keep" (func $keep (param i32 i32)))
      (import "room" "kept" (func $kept (param i32) (result i32)))
      (import "room" "ends" (func $ends (param i32 i32) (result i32)))
      (global $round (mut i32) (i32.const 0))
      (func (export "keep") (param $at i32) (param $count i32)
        (call $keep (local.get $at) (local.get $count))
        (call $empty))
      (func (export "flat-uniform")
        (param $f0 i32) (param $f1 i32) (param $f2 i32) (param $f3 i32) (param $f4 i32) (param $f5 i32) (param $f6 i32) (param $f7 i32) (param $f8 i32) (param $f9 i32)
        (result i32)
        (i32.store offset=32768 (i32.const 0) (local.get $f0))
        (i32.store offset=32772 (i32.const 0) (local.get $f1))
        (i32.store offset=32776 (i32.const 0) (local.get $f2))
        (i32.store offset=32780 (i32.const 0) (local.get $f3))
        (i32.store offset=32784 (i32.const 0) (local.get $f4))
        (i32.store offset=32788 (i32.const 0) (local.get $f5))
        (i32.store offset=32792 (i32.const 0) (local.get $f6))
        (i32.store offset=32796 (i32.const 0) (local.get $f7))
        (i32.store offset=32800 (i32.const 0) (local.get $f8))
        (i32.store offset=32804 (i32.const 0) (local.get $f9))
        (call $ends (i32.const 0x8000) (i32.const 40)))
      (func (export "flat-mixed")
        (param $f0 i32) (param $f1 i32) (param $f2 i32) (param $f3 i64) (param $f4 f32) (param $f5 f64) (param $f6 i32) (param $f7 i32) (param $f8 i32) (param $f9 i32)
        (result i32)
        (i32.store8 offset=32768 (i32.const 0) (local.get $f0))
        (i32.store16 offset=32770 (i32.const 0) (local.get $f1))
        (i32.store offset=32772 (i32.const 0) (local.get $f2))
        (i64.store offset=32776 (i32.const 0) (local.get $f3))
        (f32.store offset=32784 (i32.const 0) (local.get $f4))
        (f64.store offset=32792 (i32.const 0) (local.get $f5))
        (i32.store8 offset=32800 (i32.const 0) (local.get $f6))
        (i32.store16 offset=32802 (i32.const 0) (local.get $f7))
        (i32.store8 offset=32804 (i32.const 0) (local.get $f8))
        (i32.store offset=32808 (i32.const 0) (local.get $f9))
        (call $ends (i32.const 0x8000) (i32.const 48)))
      (func (export "pair-uniform") (param $at i32) (result i32)
        (call $ends (local.get $at) (i32.const 80))
        (call $empty))
      (func (export "pair-mixed") (param $at i32) (result i32)
        (call $ends (local.get $at) (i32.const 96))
        (call $empty))
      ;; Copies a record, field by field.
      (func $copy-uniform (param $to i32) (param $from i32)
        (i32.store (local.get $to) (i32.load (local.get $from)))
        (i32.store offset=4 (local.get $to) (i32.load offset=4 (local.get $from)))
        (i32.store offset=8 (local.get $to) (i32.load offset=8 (local.get $from)))
        (i32.store offset=12 (local.get $to) (i32.load offset=12 (local.get $from)))
        (i32.store offset=16 (local.get $to) (i32.load offset=16 (local.get $from)))
        (i32.store offset=20 (local.get $to) (i32.load offset=20 (local.get $from)))
        (i32.store offset=24 (local.get $to) (i32.load offset=24 (local.get $from)))
        (i32.store offset=28 (local.get $to) (i32.load offset=28 (local.get $from)))
        (i32.store offset=32 (local.get $to) (i32.load offset=32 (local.get $from)))
        (i32.store offset=36 (local.get $to) (i32.load offset=36 (local.get $from))))
      (func (export "give-uniform") (result i32)
        (global.set $round (i32.add (global.get $round) (i32.const 1)))
        (call $copy-uniform (i32.const 0x100) (call $kept (global.get $round)))
        (i32.const 0x100))
      ;; Copies a record, field by field.
      (func $copy-mixed (param $to i32) (param $from i32)
        (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
        (i32.store16 offset=2 (local.get $to) (i32.load16_u offset=2 (local.get $from)))
        (i32.store offset=4 (local.get $to) (i32.load offset=4 (local.get $from)))
        (i64.store offset=8 (local.get $to) (i64.load offset=8 (local.get $from)))
        (f32.store offset=16 (local.get $to) (f32.load offset=16 (local.get $from)))
        (f64.store offset=24 (local.get $to) (f64.load offset=24 (local.get $from)))
        (i32.store8 offset=32 (local.get $to) (i32.load8_s offset=32 (local.get $from)))
        (i32.store16 offset=34 (local.get $to) (i32.load16_s offset=34 (local.get $from)))
        (i32.store8 offset=36 (local.get $to) (i32.load8_u offset=36 (local.get $from)))
        (i32.store offset=40 (local.get $to) (i32.load offset=40 (local.get $from))))
      (func (export "give-mixed") (result i32)
        (global.set $round (i32.add (global.get $round) (i32.const 1)))
        (call $copy-mixed (i32.const 0x100) (call $kept (global.get $round)))
        (i32.const 0x100))
      (func (export "list-uniform") (param $at i32) (param $count i32) (result i32)
        (call $ends (local.get $at) (i32.mul (local.get $count) (i32.const 40)))
        (call $empty))
      (func (export "list-mixed") (param $at i32) (param $count i32) (result i32)
        (call $ends (local.get $at) (i32.mul (local.get $count) (i32.const 48)))
        (call $empty))
    )
    (core instance $work (instantiate $work-module (with "room" (instance $room))))

    (func (export "keep") (param "kept" (list u8))
      (canon lift (core func $work "keep") (memory $memory) (realloc $realloc)))
    (func (export "clear") (param "bytes" u32) (canon lift (core func $clear)))
    (func (export "digest") (param "bytes" u32) (result u64) (canon lift (core func $digest)))
    (func (export "flat-uniform") (param "record" $uniform) (result u32)
      (canon lift (core func $work "flat-uniform")))
    (func (export "pair-uniform") (param "first" $uniform) (param "second" $uniform) (result u32)
      (canon lift (core func $work "pair-uniform") (memory $memory) (realloc $realloc)))
    (func (export "give-uniform") (result $uniform)
      (canon lift (core func $work "give-uniform") (memory $memory)))
    (func (export "list-uniform") (param "list" (list $uniform)) (result u32)
      (canon lift (core func $work "list-uniform") (memory $memory) (realloc $realloc)))
    (func (export "flat-mixed") (param "record" $mixed) (result u32)
      (canon lift (core func $work "flat-mixed")))
    (func (export "pair-mixed") (param "first" $mixed) (param "second" $mixed) (result u32)
      (canon lift (core func $work "pair-mixed") (memory $memory) (realloc $realloc)))
    (func (export "give-mixed") (result $mixed)
      (canon lift (core func $work "give-mixed") (memory $memory)))
    (func (export "list-mixed") (param "list" (list $mixed)) (result u32)
      (canon lift (core func $work "list-mixed") (memory $memory) (realloc $realloc)))
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

    (type $uniform (tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32))
    (type $mixed (tuple u8 u16 u32 u64 f32 f64 s8 s16 bool char))
    (import "callee" (instance $callee
      (alias outer 1 $uniform (type $uniform))
      (alias outer 1 $mixed (type $mixed))
      (export "keep" (func (param "kept" (list u8))))
      (export "clear" (func (param "bytes" u32)))
      (export "digest" (func (param "bytes" u32) (result u64)))
      (export "flat-uniform" (func (param "record" $uniform) (result u32)))
      (export "pair-uniform" (func (param "first" $uniform) (param "second" $uniform) (result u32)))
      (export "give-uniform" (func (result $uniform)))
      (export "list-uniform" (func (param "list" (list $uniform)) (result u32)))
      (export "flat-mixed" (func (param "record" $mixed) (result u32)))
      (export "pair-mixed" (func (param "first" $mixed) (param "second" $mixed) (result u32)))
      (export "give-mixed" (func (result $mixed)))
      (export "list-mixed" (func (param "list" (list $mixed)) (result u32)))
    ))

    (alias outer $records $room (core module $room-module))
    (core instance $room (instantiate $room-module))
    (alias core export $room "memory" (core memory $memory))
    (alias core export $room "realloc" (core func $realloc))

    (core func $keep (canon lower (func $callee "keep") (memory $memory)))
    (core func $clear (canon lower (func $callee "clear")))
    (core func $digest (canon lower (func $callee "digest")))
    (core func $flat-uniform (canon lower (func $callee "flat-uniform")))
    (core func $pair-uniform (canon lower (func $callee "pair-uniform") (memory $memory)))
    (core func $give-uniform (canon lower (func $callee "give-uniform") (memory $memory)))
    (core func $list-uniform (canon lower (func $callee "list-uniform") (memory $memory)))
    (core func $flat-mixed (canon lower (func $callee "flat-mixed")))
    (core func $pair-mixed (canon lower (func $callee "pair-mixed") (memory $memory)))
    (core func $give-mixed (canon lower (func $callee "give-mixed") (memory $memory)))
    (core func $list-mixed (canon lower (func $callee "list-mixed") (memory $memory)))
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
      (import "room" "memory" (memory 1))
      (import "room" "empty" (func $empty))
      (import "room" "realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
      (import "room" "keep" (func $keep (param i32 i32)))
      (import "room" "kept" (func $kept (param i32) (result i32)))
      (import "room" "ends" (func $ends (param i32 i32) (result i32)))
      (import "room" "clear" (func $clear (param i32)))
      (import "room" "digest" (func $digest (param i32) (result i64)))
      (import "callee" "keep" (func $callee-keep (param i32 i32)))
      (import "callee" "clear" (func $callee-clear (param i32)))
      (import "callee" "digest" (func $callee-digest (param i32) (result i64)))
      (import "callee" "flat-uniform" (func $flat-uniform
        (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
      (import "callee" "pair-uniform" (func $pair-uniform (param i32) (result i32)))
      (import "callee" "give-uniform" (func $give-uniform (param i32)))
      (import "callee" "list-uniform" (func $list-uniform (param i32 i32) (result i32)))
      (import "callee" "flat-mixed" (func $flat-mixed
        (param i32 i32 i32 i64 f32 f64 i32 i32 i32 i32) (result i32)))
      (import "callee" "pair-mixed" (func $pair-mixed (param i32) (result i32)))
      (import "callee" "give-mixed" (func $give-mixed (param i32)))
      (import "callee" "list-mixed" (func $list-mixed (param i32 i32) (result i32)))
      (import "host" "get-stdin" (func $get-stdin (result i32)))
      (import "host" "get-stdout" (func $get-stdout (result i32)))
      (import "host" "read" (func $read (param i32 i64 i32)))
      (import "host" "write" (func $write (param i32 i32 i32 i32)))
      (import "host" "drop-input" (func $drop-input (param i32)))
      (import "host" "drop-output" (func $drop-output (param i32)))
      (import "host" "drop-error" (func $drop-error (param i32)))
      (import "host" "now" (func $now (result i64)))

      ;; Between the components.
      (func $loop-flat-uniform (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) (local $at i32)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $flat-uniform
                  (i32.load (local.tee $at (call $kept (local.get $rounds))))
                  (i32.load offset=4 (local.get $at))
                  (i32.load offset=8 (local.get $at))
                  (i32.load offset=12 (local.get $at))
                  (i32.load offset=16 (local.get $at))
                  (i32.load offset=20 (local.get $at))
                  (i32.load offset=24 (local.get $at))
                  (i32.load offset=28 (local.get $at))
                  (i32.load offset=32 (local.get $at))
                  (i32.load offset=36 (local.get $at))))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-pair-uniform (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) 
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $pair-uniform (call $kept (local.get $rounds))))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-give-uniform (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) 
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $give-uniform (i32.const 0x8000))
                (call $ends (i32.const 0x8000) (i32.const 40)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-list-uniform (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) 
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $list-uniform (call $kept (local.get $rounds))
                  (i32.div_u (local.get $bytes) (i32.const 40))))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-flat-mixed (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) (local $at i32)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $flat-mixed
                  (i32.load8_u (local.tee $at (call $kept (local.get $rounds))))
                  (i32.load16_u offset=2 (local.get $at))
                  (i32.load offset=4 (local.get $at))
                  (i64.load offset=8 (local.get $at))
                  (f32.load offset=16 (local.get $at))
                  (f64.load offset=24 (local.get $at))
                  (i32.load8_s offset=32 (local.get $at))
                  (i32.load16_s offset=34 (local.get $at))
                  (i32.load8_u offset=36 (local.get $at))
                  (i32.load offset=40 (local.get $at))))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-pair-mixed (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) 
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $pair-mixed (call $kept (local.get $rounds))))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-give-mixed (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) 
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $give-mixed (i32.const 0x8000))
                (call $ends (i32.const 0x8000) (i32.const 48)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $loop-list-mixed (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) 
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $list-mixed (call $kept (local.get $rounds))
                  (i32.div_u (local.get $bytes) (i32.const 48))))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      ;; Within this module.
      ;; Copies a record, field by field.
      (func $copy-uniform (param $to i32) (param $from i32)
        (i32.store (local.get $to) (i32.load (local.get $from)))
        (i32.store offset=4 (local.get $to) (i32.load offset=4 (local.get $from)))
        (i32.store offset=8 (local.get $to) (i32.load offset=8 (local.get $from)))
        (i32.store offset=12 (local.get $to) (i32.load offset=12 (local.get $from)))
        (i32.store offset=16 (local.get $to) (i32.load offset=16 (local.get $from)))
        (i32.store offset=20 (local.get $to) (i32.load offset=20 (local.get $from)))
        (i32.store offset=24 (local.get $to) (i32.load offset=24 (local.get $from)))
        (i32.store offset=28 (local.get $to) (i32.load offset=28 (local.get $from)))
        (i32.store offset=32 (local.get $to) (i32.load offset=32 (local.get $from)))
        (i32.store offset=36 (local.get $to) (i32.load offset=36 (local.get $from))))
      ;; Copies two records, field by field.
      (func $copy-pair-uniform (param $to i32) (param $from i32)
        (i32.store (local.get $to) (i32.load (local.get $from)))
        (i32.store offset=4 (local.get $to) (i32.load offset=4 (local.get $from)))
        (i32.store offset=8 (local.get $to) (i32.load offset=8 (local.get $from)))
        (i32.store offset=12 (local.get $to) (i32.load offset=12 (local.get $from)))
        (i32.store offset=16 (local.get $to) (i32.load offset=16 (local.get $from)))
        (i32.store offset=20 (local.get $to) (i32.load offset=20 (local.get $from)))
        (i32.store offset=24 (local.get $to) (i32.load offset=24 (local.get $from)))
        (i32.store offset=28 (local.get $to) (i32.load offset=28 (local.get $from)))
        (i32.store offset=32 (local.get $to) (i32.load offset=32 (local.get $from)))
        (i32.store offset=36 (local.get $to) (i32.load offset=36 (local.get $from)))
        (i32.store offset=40 (local.get $to) (i32.load offset=40 (local.get $from)))
        (i32.store offset=44 (local.get $to) (i32.load offset=44 (local.get $from)))
        (i32.store offset=48 (local.get $to) (i32.load offset=48 (local.get $from)))
        (i32.store offset=52 (local.get $to) (i32.load offset=52 (local.get $from)))
        (i32.store offset=56 (local.get $to) (i32.load offset=56 (local.get $from)))
        (i32.store offset=60 (local.get $to) (i32.load offset=60 (local.get $from)))
        (i32.store offset=64 (local.get $to) (i32.load offset=64 (local.get $from)))
        (i32.store offset=68 (local.get $to) (i32.load offset=68 (local.get $from)))
        (i32.store offset=72 (local.get $to) (i32.load offset=72 (local.get $from)))
        (i32.store offset=76 (local.get $to) (i32.load offset=76 (local.get $from))))
      (func $own-flat-uniform (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) 
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $copy-uniform (i32.const 0x8000) (call $kept (local.get $rounds)))
                (call $ends (i32.const 0x8000) (i32.const 40)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $own-pair-uniform (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) (local $at i32)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 80)))
                (call $copy-pair-uniform (local.get $at) (call $kept (local.get $rounds)))
                (call $ends (local.get $at) (i32.const 80))
                (call $empty))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $own-give-uniform (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) 
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $copy-uniform (i32.const 0x100) (call $kept (local.get $rounds)))
                (call $copy-uniform (i32.const 0x8000) (i32.const 0x100))
                (call $ends (i32.const 0x8000) (i32.const 40)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $own-list-uniform (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) (local $at i32) (local $from i32) (local $to i32) (local $end i32)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (local.get $bytes)))
                (local.set $from (call $kept (local.get $rounds)))
                (local.set $to (local.get $at))
                (local.set $end (i32.add (local.get $at) (local.get $bytes)))
                (loop $element
                  (call $copy-uniform (local.get $to) (local.get $from))
                  (local.set $from (i32.add (local.get $from) (i32.const 40)))
                  (br_if $element
                    (i32.lt_u
                      (local.tee $to (i32.add (local.get $to) (i32.const 40)))
                      (local.get $end))))
                (call $ends (local.get $at) (local.get $bytes))
                (call $empty))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      ;; Copies a record, field by field.
      (func $copy-mixed (param $to i32) (param $from i32)
        (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
        (i32.store16 offset=2 (local.get $to) (i32.load16_u offset=2 (local.get $from)))
        (i32.store offset=4 (local.get $to) (i32.load offset=4 (local.get $from)))
        (i64.store offset=8 (local.get $to) (i64.load offset=8 (local.get $from)))
        (f32.store offset=16 (local.get $to) (f32.load offset=16 (local.get $from)))
        (f64.store offset=24 (local.get $to) (f64.load offset=24 (local.get $from)))
        (i32.store8 offset=32 (local.get $to) (i32.load8_s offset=32 (local.get $from)))
        (i32.store16 offset=34 (local.get $to) (i32.load16_s offset=34 (local.get $from)))
        (i32.store8 offset=36 (local.get $to) (i32.load8_u offset=36 (local.get $from)))
        (i32.store offset=40 (local.get $to) (i32.load offset=40 (local.get $from))))
      ;; Copies two records, field by field.
      (func $copy-pair-mixed (param $to i32) (param $from i32)
        (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
        (i32.store16 offset=2 (local.get $to) (i32.load16_u offset=2 (local.get $from)))
        (i32.store offset=4 (local.get $to) (i32.load offset=4 (local.get $from)))
        (i64.store offset=8 (local.get $to) (i64.load offset=8 (local.get $from)))
        (f32.store offset=16 (local.get $to) (f32.load offset=16 (local.get $from)))
        (f64.store offset=24 (local.get $to) (f64.load offset=24 (local.get $from)))
        (i32.store8 offset=32 (local.get $to) (i32.load8_s offset=32 (local.get $from)))
        (i32.store16 offset=34 (local.get $to) (i32.load16_s offset=34 (local.get $from)))
        (i32.store8 offset=36 (local.get $to) (i32.load8_u offset=36 (local.get $from)))
        (i32.store offset=40 (local.get $to) (i32.load offset=40 (local.get $from)))
        (i32.store8 offset=48 (local.get $to) (i32.load8_u offset=48 (local.get $from)))
        (i32.store16 offset=50 (local.get $to) (i32.load16_u offset=50 (local.get $from)))
        (i32.store offset=52 (local.get $to) (i32.load offset=52 (local.get $from)))
        (i64.store offset=56 (local.get $to) (i64.load offset=56 (local.get $from)))
        (f32.store offset=64 (local.get $to) (f32.load offset=64 (local.get $from)))
        (f64.store offset=72 (local.get $to) (f64.load offset=72 (local.get $from)))
        (i32.store8 offset=80 (local.get $to) (i32.load8_s offset=80 (local.get $from)))
        (i32.store16 offset=82 (local.get $to) (i32.load16_s offset=82 (local.get $from)))
        (i32.store8 offset=84 (local.get $to) (i32.load8_u offset=84 (local.get $from)))
        (i32.store offset=88 (local.get $to) (i32.load offset=88 (local.get $from))))
      (func $own-flat-mixed (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) 
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $copy-mixed (i32.const 0x8000) (call $kept (local.get $rounds)))
                (call $ends (i32.const 0x8000) (i32.const 48)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $own-pair-mixed (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) (local $at i32)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 96)))
                (call $copy-pair-mixed (local.get $at) (call $kept (local.get $rounds)))
                (call $ends (local.get $at) (i32.const 96))
                (call $empty))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $own-give-mixed (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) 
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (call $copy-mixed (i32.const 0x100) (call $kept (local.get $rounds)))
                (call $copy-mixed (i32.const 0x8000) (i32.const 0x100))
                (call $ends (i32.const 0x8000) (i32.const 48)))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $own-list-mixed (param $bytes i32) (param $rounds i32) (result i64)
        (local $sum i64) (local $at i32) (local $from i32) (local $to i32) (local $end i32)
        (loop $next
          (local.set $sum
            (i64.add
              (local.get $sum)
              (i64.extend_i32_u
                (local.set $at (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) (local.get $bytes)))
                (local.set $from (call $kept (local.get $rounds)))
                (local.set $to (local.get $at))
                (local.set $end (i32.add (local.get $at) (local.get $bytes)))
                (loop $element
                  (call $copy-mixed (local.get $to) (local.get $from))
                  (local.set $from (i32.add (local.get $from) (i32.const 48)))
                  (br_if $element
                    (i32.lt_u
                      (local.tee $to (i32.add (local.get $to) (i32.const 48)))
                      (local.get $end))))
                (call $ends (local.get $at) (local.get $bytes))
                (call $empty))))
          (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
        (local.get $sum))
      (func $run-operation (param $operation i32) (param $bytes i32) (param $rounds i32) (result i64)
        (if (i32.eq (local.get $operation) (i32.const 1))
          (then (return (call $loop-flat-uniform (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 2))
          (then (return (call $loop-flat-mixed (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 3))
          (then (return (call $loop-pair-uniform (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 4))
          (then (return (call $loop-pair-mixed (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 5))
          (then (return (call $loop-give-uniform (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 6))
          (then (return (call $loop-give-mixed (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 7))
          (then (return (call $loop-list-uniform (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 8))
          (then (return (call $loop-list-mixed (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 11))
          (then (return (call $own-flat-uniform (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 12))
          (then (return (call $own-flat-mixed (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 13))
          (then (return (call $own-pair-uniform (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 14))
          (then (return (call $own-pair-mixed (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 15))
          (then (return (call $own-give-uniform (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 16))
          (then (return (call $own-give-mixed (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 17))
          (then (return (call $own-list-uniform (local.get $bytes) (local.get $rounds)))))
        (if (i32.eq (local.get $operation) (i32.const 18))
          (then (return (call $own-list-mixed (local.get $bytes) (local.get $rounds)))))
        unreachable)

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
                (i32.add (i32.const 0x8000) (local.get $at))
                (i32.load (i32.const 4))
                (i32.load (i32.const 8)))
              (local.set $at (i32.add (local.get $at) (i32.load (i32.const 8))))
              (br $next))))
        (call $empty)
        (i32.const 1))

      ;; Whether the callee is who received.
      (func $is-callees (param $operation i32) (result i32)
        (i32.and
          (i32.le_u (local.get $operation) (i32.const 8))
          (i32.ne (i32.shr_u (i32.add (local.get $operation) (i32.const 1)) (i32.const 1)) (i32.const 3))))

      (func $take-turns (param $in i32) (param $out i32)
        (local $operation i32) (local $bytes i32) (local $rounds i32)
        (local $start i64) (local $nanoseconds i64) (local $sum i64)
        (loop $next
          (if (i32.eqz (call $receive (local.get $in) (i32.const 12))) (then (return)))
          (local.set $operation (i32.load (i32.const 0x8000)))
          (local.set $bytes (i32.load (i32.const 0x8004)))
          (local.set $rounds (i32.load (i32.const 0x8008)))
          (if (i32.eqz (local.get $operation))
            (then
              (if (i32.eqz (call $receive (local.get $in) (local.get $bytes))) (then (return)))
              (call $keep (i32.const 0x8000) (local.get $bytes))
              (call $callee-keep (i32.const 0x8000) (local.get $bytes))
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
        (export "flat-uniform" (func $flat-uniform))
        (export "pair-uniform" (func $pair-uniform))
        (export "give-uniform" (func $give-uniform))
        (export "list-uniform" (func $list-uniform))
        (export "flat-mixed" (func $flat-mixed))
        (export "pair-mixed" (func $pair-mixed))
        (export "give-mixed" (func $give-mixed))
        (export "list-mixed" (func $list-mixed))
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

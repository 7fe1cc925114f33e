;; A program that takes it that its memory grows by what lies right behind, up to the maximum that it has, whatever the adapter
;; needed before. It fills all of that, twice, and what it gets and prints in between is right.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 200)
  (func $check (param $holds i32) (param $number i32)
    (if (i32.eqz (local.get $holds)) (then (call $exit (local.get $number)))))
  ;; Asks for this and that, and prints a line.
  (data (i32.const 48) "asked\n")
  (func $print (param $number i32)
    (call $check (i32.eqz (call $sizes (i32.const 0) (i32.const 4))) (local.get $number))
    (call $check (i32.eq (i32.load (i32.const 0)) (i32.const 3)) (local.get $number))
    (call $check (i32.eqz (call $args (i32.const 1024) (i32.const 2048))) (local.get $number))
    (call $check
      (i32.eq (i32.load8_u (i32.load (i32.const 1032))) (i32.const 116)) (local.get $number))
    (call $check
      (i32.eqz (call $time (i32.const 1) (i64.const 1) (i32.const 24)))
      (local.get $number))
    (i32.store (i32.const 8) (i32.const 48))
    (i32.store (i32.const 12) (i32.const 6))
    (call $check
      (i32.eqz (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
      (local.get $number)))
  (func (export "_start") (local $at i32)
    (call $print (i32.const 1))
    (call $check (i32.eq (memory.grow (i32.const 100)) (i32.const 1)) (i32.const 2))
    (memory.fill (i32.const 65536) (i32.const 255) (i32.const 6553600))
    (call $print (i32.const 3))
    (call $check (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (i32.const 4))
    (call $check (i32.eq (memory.grow (i32.const 99)) (i32.const 101)) (i32.const 5))
    (call $check (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (i32.const 6))
    (call $check (i32.eq (memory.size) (i32.const 200)) (i32.const 7))
    (local.set $at (i32.const 65536))
    (loop $next
      (call $check
        (i32.eq
          (i32.load (local.get $at))
          (select
            (i32.const -1) (i32.const 0) (i32.lt_u (local.get $at) (i32.const 6619136))))
        (i32.const 8))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $next (i32.lt_u (local.get $at) (i32.const 13107200))))
    (memory.fill (i32.const 6619136) (i32.const 254) (i32.const 6488064))
    (call $print (i32.const 9))
    (call $check (i32.eq (i32.load (i32.const 13107196)) (i32.const 0xfefefefe)) (i32.const 10))
    ;; The last byte was that: the next one isn't there.
    (drop (i32.load8_u (i32.const 13107200)))))

;; A program whose memory has a maximum, and that asks for its size between calls that the adapter needs
;; memory for. It sees what it would see if nobody else took of it, and ends with what went wrong.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (memory (export "memory") 2 4)
  (func $check (param $holds i32) (param $number i32)
    (if (i32.eqz (local.get $holds)) (then (call $exit (local.get $number)))))
  (func (export "_start") (local $old i32)
    (call $check (i32.eq (memory.size) (i32.const 2)) (i32.const 1))
    (call $check (i32.eqz (call $args (i32.const 0) (i32.const 4))) (i32.const 2))
    (call $check (i32.eq (memory.size) (i32.const 2)) (i32.const 3))
    (call $check (i32.eq (memory.grow (i32.const 0)) (i32.const 2)) (i32.const 4))
    (call $check (i32.eq (memory.grow (i32.const 100)) (i32.const -1)) (i32.const 5))
    (call $check (i32.eq (memory.size) (i32.const 2)) (i32.const 6))
    (local.set $old (memory.grow (i32.const 2)))
    (call $check (i32.ne (local.get $old) (i32.const -1)) (i32.const 7))
    (call $check
      (i32.eq (memory.size) (i32.add (local.get $old) (i32.const 2))) (i32.const 8))
    ;; What was grown is there to its last byte, and nobody else's.
    (call $check
      (i32.eqz (i32.load (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 4))))
      (i32.const 9))
    (memory.fill
      (i32.shl (local.get $old) (i32.const 16)) (i32.const 255) (i32.const 131072))
    (call $check (i32.eqz (call $args (i32.const 0) (i32.const 4))) (i32.const 10))
    (call $check
      (i32.eq (i32.load (i32.shl (local.get $old) (i32.const 16))) (i32.const -1))
      (i32.const 11))))

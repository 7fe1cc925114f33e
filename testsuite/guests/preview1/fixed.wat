;; A program whose memory can't grow, and that never asks. The adapter needs memory of it all the same.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1 1)
  ;; One piece of text, and where it is.
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "fixed\n")
  (func (export "_start")
    (if (call $args (i32.const 100) (i32.const 104)) (then unreachable))
    (if (i32.eqz (i32.load (i32.const 100))) (then unreachable))
    (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))))

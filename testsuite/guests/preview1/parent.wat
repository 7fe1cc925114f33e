;; Lists a directory: `..` has a number, which isn't 0, wherever it stands in what is listed; and nothing is written behind what is cut off.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_readdir"
    (func $list (param i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (func $check (param $holds i32) (param $number i32)
    (if (i32.eqz (local.get $holds)) (then (call $exit (local.get $number)))))
  ;; How many entries named `..` have a number, of those from `cookie` on.
  (func $parents (param $cookie i64) (param $room i32) (result i32)
    (local $at i32) (local $end i32) (local $count i32)
    (memory.fill (i32.const 1024) (i32.const 0x77) (i32.const 8192))
    (call $check
      (i32.eqz
        (call $list
          (i32.const 3) (i32.const 1024) (local.get $room) (local.get $cookie) (i32.const 0)))
      (i32.const 1))
    (call $check (i32.le_u (i32.load (i32.const 0)) (local.get $room)) (i32.const 2))
    (call $check
      (i32.eq (i32.load8_u offset=1024 (local.get $room)) (i32.const 0x77)) (i32.const 3))
    (local.set $at (i32.const 1024))
    (local.set $end (i32.add (i32.const 1024) (i32.load (i32.const 0))))
    (block $done
      (loop $next
        (br_if $done
          (i32.gt_u (i32.add (local.get $at) (i32.const 26)) (local.get $end)))
        (if
          (i32.and
            (i32.eq (i32.load offset=16 (local.get $at)) (i32.const 2))
            (i32.eq (i32.load16_u offset=24 (local.get $at)) (i32.const 0x2e2e)))
          (then
            (call $check (i64.ne (i64.load offset=8 (local.get $at)) (i64.const 0)) (i32.const 4))
            (call $check (i32.eq (i32.load8_u offset=20 (local.get $at)) (i32.const 3)) (i32.const 5))
            (local.set $count (i32.add (local.get $count) (i32.const 1)))))
        (local.set $at
          (i32.add
            (i32.add (local.get $at) (i32.const 24))
            (i32.load offset=16 (local.get $at))))
        (br $next)))
    (local.get $count))
  (func (export "_start")
    (call $check (i32.eq (call $parents (i64.const 0) (i32.const 4096)) (i32.const 1)) (i32.const 6))
    (call $check (i32.eq (call $parents (i64.const 1) (i32.const 4096)) (i32.const 1)) (i32.const 7))
    (call $check (i32.eqz (call $parents (i64.const 2) (i32.const 4096))) (i32.const 8))
    ;; `.` takes 25 bytes, and `..` 26.
    (call $check (i32.eqz (call $parents (i64.const 0) (i32.const 50))) (i32.const 9))
    (call $check (i32.eq (call $parents (i64.const 0) (i32.const 51)) (i32.const 1)) (i32.const 10))
    (call $check (i32.eqz (call $parents (i64.const 1) (i32.const 20))) (i32.const 11))))

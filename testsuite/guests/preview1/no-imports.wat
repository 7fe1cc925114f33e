;; A program that imports nothing. It computes, and would trap on a wrong result.
(module
  (func $gauss (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.add (local.get $n) (call $gauss (i32.sub (local.get $n) (i32.const 1)))))
      (else (i32.const 0))))
  (func (export "_start")
    (if (i32.ne (call $gauss (i32.const 100)) (i32.const 5050)) (then unreachable))))

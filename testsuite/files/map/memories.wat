;; Where the memories lie: the hottest below 2^31 on x86-64, the rest in slots of a fixed size.
;; emit: map -O2 --target x86_64-linux
;; emit: map -O2 --target aarch64-linux
;; only: memory0 (compiler)
;; only: memory1 (compiler)
(component
  (component $callee
    (core module $m
      (memory 1)
      (func (export "swap") (param i32) (result i32)
        (local $old i32)
        (local.set $old (i32.load offset=64 (i32.const 0)))
        (i32.store offset=64 (i32.const 0) (local.get 0))
        (local.get $old)))
    (core instance $i (instantiate $m))
    (func (export "swap") (param "x" u32) (result u32) (canon lift (core func $i "swap"))))
  (instance $callee (instantiate $callee))
  (component $program
    (import "swap" (func $callee-swap (param "x" u32) (result u32)))
    (core func $swap (canon lower (func $callee-swap)))
    (core module $main
      (import "" "swap" (func $swap (param i32) (result i32)))
      (memory 1)
      (func $main (export "run") (result i32)
        (i32.store offset=64 (i32.const 0) (call $swap (i32.load offset=64 (i32.const 0))))
        (i32.load offset=64 (i32.const 0))))
    (core instance $main (instantiate $main (with "" (instance (export "swap" (func $swap))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))
  (instance $program (instantiate $program
    (with "swap" (func $callee "swap"))))
  (export "wasi:cli/run@0.2.0" (instance $program "wasi:cli/run@0.2.0")))

;; === map -O2 --target x86_64-linux
;;         10000000      65536 fixed            memory1 (compiler)
;;        210000000      65536 fixed            memory0 (compiler)
;; === map -O2 --target aarch64-linux
;;         10000000      65536 fixed            memory1 (compiler)
;;        210000000      65536 fixed            memory0 (compiler)

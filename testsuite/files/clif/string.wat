;; An adapter that passes a string: both sides' bounds are checked, the callee's realloc is called, the
;; bytes are validated while they are copied.
;; emit: clif -O0
;; only: adapter
(component
  (component $callee
    (core module $m
      (memory (export "memory") 1)
      (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func $take (export "take") (param i32 i32) (result i32) (local.get 1)))
    (core instance $i (instantiate $m))
    (func (export "take") (param "text" string) (result u32)
      (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc")))))
  (instance $callee (instantiate $callee))
  (component $program
    (import "take" (func $callee-take (param "text" string) (result u32)))
    (core module $memory (memory (export "memory") 1) (data (i32.const 8) "text"))
    (core instance $memory (instantiate $memory))
    (core func $take (canon lower (func $callee-take) (memory $memory "memory")))
    (core module $main
      (import "" "take" (func $take (param i32 i32) (result i32)))
      (func (export "run") (result i32)
        (i32.ne (call $take (i32.const 8) (i32.const 4)) (i32.const 4))))
    (core instance $main (instantiate $main (with "" (instance (export "take" (func $take))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))
  (instance $program (instantiate $program
    (with "take" (func $callee "take"))))
  (export "wasi:cli/run@0.2.0" (instance $program "wasi:cli/run@0.2.0")))

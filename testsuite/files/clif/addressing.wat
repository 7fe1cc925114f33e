;; Each form in which a guest reaches memory: the least work that is safe.
;; emit: clif -O2 --target x86_64-linux
;; emit: asm -O2 --target x86_64-linux
;; emit: asm -O2 --target aarch64-linux
;; only: at_
(component
  (core module $m
    (memory $first 1)
    (memory $second 1 1)
    (func $at_index (export "a") (param i32) (result i32) (i32.load (local.get 0)))
    (func $at_index_and_offset (export "b") (param i32) (result i64) (i64.load offset=1000 (local.get 0)))
    (func $at_far_offset (export "c") (param i32) (result f64) (f64.load offset=0x90000000 (local.get 0)))
    (func $at_constant (export "d") (result i32) (i32.load8_u (i32.const 100)))
    (func $at_index_of_second (export "e") (param i32 i32)
      (i32.store $second offset=8 (local.get 0) (local.get 1)))
    (func $at_end (export "f") (param i32) (result i32) (i32.load16_s offset=0xffffffff (local.get 0)))
    (func (export "run") (result i32)
      (drop (call $at_index (i32.const 0)))
      (drop (call $at_index_and_offset (i32.const 0)))
      (drop (call $at_far_offset (i32.const 0)))
      (call $at_index_of_second (i32.const 0) (i32.const 1))
      (drop (call $at_end (i32.const 0)))
      (call $at_constant)))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

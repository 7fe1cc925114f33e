;; Written by `generate.py`; change that.
;; An access and the operator beside it, up to the last byte and past it.
(component
  (core module $program
    (memory $near 1)
    (memory $far 1)
    (func $heat (param $n i32)
      (loop $a (loop $b
        (v128.store $near (local.get $n) (i8x16.neg (v128.load $near (local.get $n))))
        (br_if $b (local.tee $n (i32.sub (local.get $n) (i32.const 16)))))))
    (func $folded_promotion (param $index i32) (param $value v128) (result v128)
      (f64x2.promote_low_f32x4 (v128.load $near (local.get $index))))
    (func (export "run") (result i32)
      (call $heat (i32.const 64))
      ;; In bounds.
      (v128.store $near (i32.const 0) (call $folded_promotion (i32.const 65520) (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)))
      ;; Not.
      (v128.store $near (i32.const 0) (call $folded_promotion (i32.const 65521) (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

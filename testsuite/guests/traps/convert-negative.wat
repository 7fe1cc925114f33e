;; A conversion to unsigned of the greatest number below the range.
(component
  (core module $program
    (func $truncate_negative (param $operand f32) (result i64)
      (i64.trunc_f32_u (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $truncate_negative (f32.const -1)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

;; A conversion of what is not a number.
(component
  (core module $program
    (func $truncate_nan (param $operand f32) (result i32)
      (i32.trunc_f32_s (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $truncate_nan (f32.const nan)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

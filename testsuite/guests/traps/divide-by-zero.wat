;; A signed division by zero.
(component
  (core module $program
    (func $divide (param $operand i32) (result i32)
      (i32.div_s (i32.const 42) (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $divide (i32.const 0)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

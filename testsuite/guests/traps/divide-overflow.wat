;; The one signed division whose quotient is too large.
(component
  (core module $program
    (func $divide_least (param $operand i32) (result i32)
      (i32.div_s (i32.const 0x80000000) (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $divide_least (i32.const -1)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

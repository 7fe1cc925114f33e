;; An unsigned 64-bit remainder by zero.
(component
  (core module $program
    (func $remainder (param $operand i64) (result i64)
      (i64.rem_u (i64.const 42) (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $remainder (i64.const 0)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

;; The same in 64 bits.
(component
  (core module $program
    (func $divide_least_64 (param $operand i64) (result i64)
      (i64.div_s (i64.const 0x8000000000000000) (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $divide_least_64 (i64.const -1)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

;; A store whose last byte is the first one past the end.
(component
  (core module $program
    (memory 1)
    (func $store_double (param $operand i32) (result i32)
      (i64.store (local.get $operand) (i64.const -1))
      (i32.const 0)
    )
    (func (export "run") (result i32)
      (drop (call $store_double (i32.const 65529)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

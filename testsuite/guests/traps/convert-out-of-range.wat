;; A conversion of the least number above the range.
(component
  (core module $program
    (func $truncate_large (param $operand f64) (result i32)
      (i32.trunc_f64_s (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $truncate_large (f64.const 2147483648)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

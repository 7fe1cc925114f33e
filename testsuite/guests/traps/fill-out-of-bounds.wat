;; memory.fill past the end.
(component
  (core module $program
    (memory 1)
    (func $fill (param $operand i32) (result i32)
      (memory.fill (local.get $operand) (i32.const 7) (i32.const 1000))
      (i32.const 0)
    )
    (func (export "run") (result i32)
      (drop (call $fill (i32.const 65000)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

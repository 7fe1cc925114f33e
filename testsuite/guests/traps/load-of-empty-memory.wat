;; A load of a memory that has no page.
(component
  (core module $program
    (memory 0)
    (func $load_byte (param $operand i32) (result i32)
      (i32.load8_u (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $load_byte (i32.const 0)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

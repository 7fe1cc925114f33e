;; A load past the end of a memory that was grown before.
(component
  (core module $program
    (memory 1)
    (func $load_past_grown (param $operand i32) (result i32)
      (drop (memory.grow (i32.const 2)))
      (i32.load8_u (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $load_past_grown (i32.const 196608)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

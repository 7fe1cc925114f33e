;; A recursion that never ends, and is no loop: each call adds to what the next one returns.
(component
  (core module $program
    (func $recurse (param $operand i32) (result i32)
      (i32.add (call $recurse (i32.add (local.get $operand) (i32.const 1))) (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $recurse (i32.const 1)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

;; What a panic that aborts ends in.
(component
  (core module $program
    (func $give_up (param $operand i32) (result i32)
      (if (i32.eq (local.get $operand) (i32.const 3)) (then unreachable))
      (i32.const 0)
    )
    (func (export "run") (result i32)
      (drop (call $give_up (i32.const 3)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

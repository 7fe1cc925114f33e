;; memory.copy of no bytes, but from past the end: that traps too.
(component
  (core module $program
    (memory 1)
    (func $copy_nothing (param $operand i32) (result i32)
      (memory.copy (i32.const 0) (local.get $operand) (i32.const 0))
      (i32.const 0)
    )
    (func (export "run") (result i32)
      (drop (call $copy_nothing (i32.const 65537)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

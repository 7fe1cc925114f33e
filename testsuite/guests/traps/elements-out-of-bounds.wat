;; An active element segment that doesn't fit: the module can't be instantiated.
(component
  (core module $program
    (table 2 funcref)
    (elem (i32.const 1) $answer $answer)
    (func $answer (result i32) (i32.const 42))
    (func (export "run") (result i32) (i32.const 0))
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

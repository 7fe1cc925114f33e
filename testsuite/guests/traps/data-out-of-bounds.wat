;; An active data segment that doesn't fit: the module can't be instantiated.
(component
  (core module $program
    (memory 1)
    (data (i32.const 65534) "abc")
    (func (export "run") (result i32) (i32.const 0))
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

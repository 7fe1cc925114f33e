;; A load whose first two bytes are the memory's last two.
(component
  (core module $program
    (memory 1)
    (func $load_word (param $operand i32) (result i32)
      (i32.load offset=4 (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $load_word (i32.const 65530)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

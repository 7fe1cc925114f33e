;; A load at the largest address that an operand and an offset can make: close to 8 GiB.
(component
  (core module $program
    (memory 1)
    (func $load_far (param $operand i32) (result i32)
      (i32.load offset=0xffffffff (local.get $operand))
    )
    (func (export "run") (result i32)
      (drop (call $load_far (i32.const 0xffffffff)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

;; A read of an element past the table.
(component
  (core module $program
    (table $elements 3 funcref)
    (func $is_element_null (param $operand i32) (result i32)
      (ref.is_null (table.get $elements (local.get $operand)))
    )
    (func (export "run") (result i32)
      (drop (call $is_element_null (i32.const 0xffffffff)))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)

;; memory.fill past the end.
;; It happens in a component that the command calls.
(component
  (component $culprit
    (core module $code
      (memory 1)
      (func $fill (export "act") (param $operand i32) (result i32)
        (memory.fill (local.get $operand) (i32.const 7) (i32.const 1000))
        (i32.const 0)
      )
    )
    (core instance $code (instantiate $code))
    (func (export "act") (param "operand" u32) (result u32) (canon lift (core func $code "act")))
  )

  (component $caller
    (import "act" (func $act (param "operand" u32) (result u32)))
    (core func $act (canon lower (func $act)))
    (core module $program
      (import "culprit" "act" (func $act (param i32) (result i32)))
      (func (export "run") (result i32)
        (drop (call $act (i32.const 65000)))
        (i32.const 0)
      )
    )
    (core instance $program (instantiate $program
      (with "culprit" (instance (export "act" (func $act))))
    ))
    (func $run (result (result)) (canon lift (core func $program "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $command))
  )

  (instance $culprit (instantiate $culprit))
  (instance $caller (instantiate $caller (with "act" (func $culprit "act"))))
  (export "wasi:cli/run@0.2.0" (instance $caller "wasi:cli/run@0.2.0"))
)

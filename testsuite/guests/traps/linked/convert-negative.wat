;; A conversion to unsigned of the greatest number below the range.
;; It happens in a component that the command calls.
(component
  (component $culprit
    (core module $code
      (func $truncate_negative (export "act") (param $operand f32) (result i64)
        (i64.trunc_f32_u (local.get $operand))
      )
    )
    (core instance $code (instantiate $code))
    (func (export "act") (param "operand" f32) (result u64) (canon lift (core func $code "act")))
  )

  (component $caller
    (import "act" (func $act (param "operand" f32) (result u64)))
    (core func $act (canon lower (func $act)))
    (core module $program
      (import "culprit" "act" (func $act (param f32) (result i64)))
      (func (export "run") (result i32)
        (drop (call $act (f32.const -1)))
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

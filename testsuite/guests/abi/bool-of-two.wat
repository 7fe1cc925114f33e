;; The caller passes 2 as a bool: that is true, and true is 1.
(component
  (component $callee
    (core module $code
      (memory (export "memory") 1)
      (func (export "act") (param $value i32) (result i32) (local.get $value))
    )
    (core instance $code (instantiate $code))
    (func (export "act") (param "value" bool) (result u32) (canon lift (core func $code "act")))
  )

  (component $caller
    (import "act" (func $act (param "value" bool) (result u32)))
    ;; The memory comes first: `canon lower` is given it.
    (core module $memory
      (memory (export "memory") 1)
    )
    (core instance $memory (instantiate $memory))
    (core func $act (canon lower (func $act) (memory $memory "memory")))
    (core module $program
      (import "callee" "act" (func $act (param i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (func (export "run") (result i32)
        (i32.ne (call $act (i32.const 2)) (i32.const 1))
      )
    )
    (core instance $program (instantiate $program
      (with "callee" (instance (export "act" (func $act))))
      (with "memory" (instance $memory))
    ))
    (func $run (result (result)) (canon lift (core func $program "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $command))
  )

  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "act" (func $callee "act"))))
  (export "wasi:cli/run@0.2.0" (instance $caller "wasi:cli/run@0.2.0"))
)

;; The caller asks for its two results at an address where only the first fits.
(component
  (component $callee
    (core module $code
      (memory (export "memory") 1)
      (func (export "act") (result i32) (i32.const 16))
    )
    (core instance $code (instantiate $code))
    (func (export "act") (result (tuple u32 u64)) (canon lift (core func $code "act") (memory $code "memory")))
  )

  (component $caller
    (import "act" (func $act (result (tuple u32 u64))))
    ;; The memory comes first: `canon lower` is given it.
    (core module $memory
      (memory (export "memory") 1)
    )
    (core instance $memory (instantiate $memory))
    (core func $act (canon lower (func $act) (memory $memory "memory")))
    (core module $program
      (import "callee" "act" (func $act (param i32)))
      (import "memory" "memory" (memory 1))
      (func (export "run") (result i32)
        (call $act (i32.const 65528))
        (i32.const 0)
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

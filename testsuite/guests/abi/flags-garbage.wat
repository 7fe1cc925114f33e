;; The caller passes flags with bits that have no name: they are cut off.
(component
  (component $callee
    (type $rights-def (flags "read" "write" "run"))
    (export $rights "rights" (type $rights-def))
    (core module $code
      (memory (export "memory") 1)
      (func (export "act") (param $value i32) (result i32) (local.get $value))
    )
    (core instance $code (instantiate $code))
    (func (export "act") (param "value" $rights) (result u32) (canon lift (core func $code "act")))
  )

  (component $caller
    (type $rights-def (flags "read" "write" "run"))
    (import "rights" (type $rights (eq $rights-def)))
    (import "act" (func $act (param "value" $rights) (result u32)))
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
        (i32.ne (call $act (i32.const 0xff)) (i32.const 7))
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
  (instance $caller (instantiate $caller (with "rights" (type $callee "rights")) (with "act" (func $callee "act"))))
  (export "wasi:cli/run@0.2.0" (instance $caller "wasi:cli/run@0.2.0"))
)

;; The callee's realloc calls something that its component imports: while a call is on its way in, the
;; component can't be left.
(component
  (component $bystander
    (core module $code (func (export "notice")))
    (core instance $code (instantiate $code))
    (func (export "notice") (canon lift (core func $code "notice")))
  )

  (component $callee
    (import "notice" (func $notice))
    (core func $notice (canon lower (func $notice)))
    (core module $code
      (import "bystander" "notice" (func $notice))
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32)
        (call $notice)
        (i32.const 1024)
      )
      (func (export "act") (param $at i32) (param $length i32) (result i32) (local.get $length))
    )
    (core instance $code (instantiate $code
      (with "bystander" (instance (export "notice" (func $notice))))
    ))
    (func (export "act") (param "text" string) (result u32) (canon lift (core func $code "act") (memory $code "memory") (realloc (core func $code "realloc"))))
  )

  (component $caller
    (import "act" (func $act (param "text" string) (result u32)))
    ;; The memory comes first: `canon lower` is given it.
    (core module $memory
      (memory (export "memory") 1)
    )
    (core instance $memory (instantiate $memory))
    (core func $act (canon lower (func $act) (memory $memory "memory")))
    (core module $program
      (import "callee" "act" (func $act (param i32 i32) (result i32)))
      (import "memory" "memory" (memory 1))
      (func (export "run") (result i32)
        (drop (call $act (i32.const 16) (i32.const 2)))
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

  (instance $bystander (instantiate $bystander))
  (instance $callee (instantiate $callee (with "notice" (func $bystander "notice"))))
  (instance $caller (instantiate $caller (with "act" (func $callee "act"))))
  (export "wasi:cli/run@0.2.0" (instance $caller "wasi:cli/run@0.2.0"))
)

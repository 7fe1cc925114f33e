;; From utf16 to utf16: the second half of a pair alone.
(component
  (component $callee
    (core module $code
      (memory (export "memory") 1)
      (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
        (i32.const 1024))
      (func (export "act") (param $at i32) (param $length i32))
    )
    (core instance $code (instantiate $code))
    (func (export "act") (param "text" string)
      (canon lift (core func $code "act") (memory $code "memory") (realloc (core func $code "realloc")) string-encoding=utf16))
  )

  (component $caller
    (import "act" (func $act (param "text" string)))
    (core module $memory
      (memory (export "memory") 1)
      (data (i32.const 16) "a\00\e9\001\dfb\00")
    )
    (core instance $memory (instantiate $memory))
    (core func $act (canon lower (func $act) (memory $memory "memory") string-encoding=utf16))
    (core module $program
      (import "callee" "act" (func $act (param i32 i32)))
      (func (export "run") (result i32)
        (call $act (i32.const 16) (i32.const 4))
        (i32.const 0)
      )
    )
    (core instance $program (instantiate $program (with "callee" (instance (export "act" (func $act))))))
    (func $run (result (result)) (canon lift (core func $program "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $command))
  )

  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "act" (func $callee "act"))))
  (export "wasi:cli/run@0.2.0" (instance $caller "wasi:cli/run@0.2.0"))
)

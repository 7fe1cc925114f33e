;; The caller passes a list at an address that isn't a multiple of the elements' alignment.
(component
  (component $callee
    (core module $code
      (memory (export "memory") 1)
      ;; Hands out memory from 1024 on, and never takes any back.
      (global $next (mut i32) (i32.const 1024))
      (func $realloc (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
        (local $at i32)
        (local.set $at (i32.and
          (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
        (global.set $next (i32.add (local.get $at) (local.get $size)))
        (local.get $at)
      )
      (func (export "act") (param $at i32) (param $length i32) (result i32) (local.get $length))
    )
    (core instance $code (instantiate $code))
    (func (export "act") (param "numbers" (list u32)) (result u32) (canon lift (core func $code "act") (memory $code "memory") (realloc (core func $code "realloc"))))
  )

  (component $caller
    (import "act" (func $act (param "numbers" (list u32)) (result u32)))
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
        (drop (call $act (i32.const 18) (i32.const 4)))
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

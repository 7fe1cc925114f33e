;; A component gives one of its children a function that it lifts of its own core code. The child's call of it enters
;; nothing: the parent holds the child. The parent goes on to another of its children, which isn't entered yet.
(component
  (component $Other
    (core module $M (func (export "f") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
    (core instance $m (instantiate $M))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $m "f"))))
  (instance $other (instantiate $Other))
  (core func $other (canon lower (func $other "f")))
  (core module $Own
    (import "" "other" (func $other (param i32) (result i32)))
    (global $calls (mut i32) (i32.const 0))
    (func (export "back") (param i32) (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (i32.add (call $other (local.get 0)) (global.get $calls))))
  (core instance $own (instantiate $Own (with "" (instance (export "other" (func $other))))))
  (func $back (param "x" u32) (result u32) (canon lift (core func $own "back")))
  (component $Child
    (import "back" (func $back (param "x" u32) (result u32)))
    (core func $back (canon lower (func $back)))
    (core module $M
      (import "" "back" (func $back (param i32) (result i32)))
      ;; Before anything has been entered: the start function may call out too.
      (func $start (if (i32.ne (call $back (i32.const 10)) (i32.const 21)) (then unreachable)))
      (start $start)
      (func (export "run") (result i32)
        (i32.or (i32.ne (call $back (i32.const 20)) (i32.const 42))
                (i32.ne (call $back (i32.const 20)) (i32.const 43)))))
    (core instance $m (instantiate $M (with "" (instance (export "back" (func $back))))))
    (func (export "run") (result (result)) (canon lift (core func $m "run"))))
  (instance $child (instantiate $Child (with "back" (func $back))))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $child "run"))))

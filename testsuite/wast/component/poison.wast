;; What a trap leaves behind: an instance that was entered and not left can't be entered again. Others can.

(component definition $Traps
  (component $Child
    (core module $M
      (func (export "trap") unreachable)
      (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 12) (local.get 0))))
    (core instance $m (instantiate $M))
    (func (export "trap") (canon lift (core func $m "trap")))
    (func (export "divide") (param "x" u32) (result u32) (canon lift (core func $m "divide"))))
  (component $Caller
    (import "child" (instance $child
      (export "trap" (func))
      (export "divide" (func (param "x" u32) (result u32)))))
    (core func $trap (canon lower (func $child "trap")))
    (core func $divide (canon lower (func $child "divide")))
    (core module $M
      (import "" "trap" (func $trap))
      (import "" "divide" (func $divide (param i32) (result i32)))
      (func (export "trap") (call $trap))
      (func (export "divide") (param i32) (result i32) (call $divide (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance
      (export "trap" (func $trap)) (export "divide" (func $divide))))))
    (func (export "trap") (canon lift (core func $m "trap")))
    (func (export "divide") (param "x" u32) (result u32) (canon lift (core func $m "divide"))))
  (instance $child (instantiate $Child))
  (instance $other (instantiate $Child))
  (instance $caller (instantiate $Caller (with "child" (instance $child))))
  (func (export "trap") (alias export $caller "trap"))
  (func (export "divide") (alias export $caller "divide"))
  (func (export "child-divide") (alias export $child "divide"))
  (func (export "other-divide") (alias export $other "divide"))
)

;; The instance that trapped, the one that called it, and the one around both, which the host enters for any of them.
(component instance $a $Traps)
(component instance $b $Traps)
(assert_return (invoke $a "divide" (u32.const 4)) (u32.const 3))
(assert_trap (invoke $a "trap") "unreachable")
(assert_trap (invoke $a "divide" (u32.const 4)) "cannot enter component instance")
(assert_trap (invoke $a "child-divide" (u32.const 4)) "cannot enter component instance")
(assert_trap (invoke $a "other-divide" (u32.const 4)) "cannot enter component instance")
(assert_trap (invoke $a "trap") "cannot enter component instance")

;; Another instance of the same component is another instance.
(assert_return (invoke $b "divide" (u32.const 3)) (u32.const 4))
(assert_trap (invoke $b "divide" (u32.const 0)) "integer divide by zero")
(assert_trap (invoke $b "divide" (u32.const 3)) "cannot enter component instance")

;; A trap of the boundary itself does the same.
(component definition $Lift
  (core module $M (func (export "pass") (param i32) (result i32) (local.get 0)))
  (core instance $m (instantiate $M))
  (func (export "char") (param "x" u32) (result char) (canon lift (core func $m "pass"))))
(component instance $c $Lift)
(assert_return (invoke "char" (u32.const 0x41)) (char.const "A"))
(assert_trap (invoke "char" (u32.const 0xd800)) "converted integer out of range for `char`")
(assert_trap (invoke "char" (u32.const 0x41)) "cannot enter component instance")

;; Functions that a component exports within an instance are called by both names, `instance#function`. (That is how
;; this runner has it; other ones may not.)

(component
  (core module $M
    (global $n (mut i32) (i32.const 0))
    (func (export "next") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (global.get $n)))
  (core instance $m (instantiate $M))
  (func $next (result u32) (canon lift (core func $m "next")))
  (component $Counter
    (core instance $m (instantiate $M))
    (func (export "next") (result u32) (canon lift (core func $m "next"))))
  (instance $counter (instantiate $Counter))
  (instance $bag (export "next" (func $next)) (export "again" (func $next)) (export "other" (func $counter "next")))
  (export "test:count/api@1.2.3" (instance $bag))
  (export "counter" (instance $counter))
  (export "next" (func $next)))
(assert_return (invoke "next") (u32.const 1))
(assert_return (invoke "test:count/api@1.2.3#next") (u32.const 2))
(assert_return (invoke "test:count/api@1.2.3#again") (u32.const 3))
(assert_return (invoke "counter#next") (u32.const 1))
(assert_return (invoke "test:count/api@1.2.3#other") (u32.const 2))

;; Core modules may stand between components, and have instances and names of their own.
(module $core
  (memory 1)
  (func (export "set") (param i32) (i32.store (i32.const 0) (local.get 0)))
  (func (export "get") (result i32) (i32.load (i32.const 0))))
(assert_return (invoke "set" (i32.const 7)))
(component $component
  (core module $M (func (export "get") (result i32) (i32.const 8)))
  (core instance $m (instantiate $M))
  (func (export "get") (result u32) (canon lift (core func $m "get"))))
(assert_return (invoke "get") (u32.const 8))
(assert_return (invoke $core "get") (i32.const 7))
(assert_return (invoke $component "get") (u32.const 8))

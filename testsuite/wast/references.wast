;; References that only a constant holds.

;; No call can reach the function, and yet the reference to it isn't null.
(module
  (global $constant funcref (ref.func $never))
  (global $variable (export "variable") (mut funcref) (ref.func $never))
  (table $one 1 funcref)
  (func $never (param i64 f64) (result f32) (unreachable))
  (func (export "constant") (result i32) (ref.is_null (global.get $constant)))
  (func (export "variable-is-null") (result i32) (ref.is_null (global.get $variable)))
  (func (export "get") (result funcref) (global.get $constant))
  (func (export "call") (result i32)
    (table.set $one (i32.const 0) (global.get $constant))
    (call_indirect $one (result i32) (i32.const 0))))
(assert_return (invoke "constant") (i32.const 0))
(assert_return (invoke "variable-is-null") (i32.const 0))
(assert_return (invoke "get") (ref.func))
(assert_return (get "variable") (ref.func))
(assert_trap (invoke "call") "indirect call type mismatch")

;; A function that only a constant global of another instance refers to, called through a table.
(module $owner
  (global (export "f") funcref (ref.func $f))
  (func $f (result i32) (i32.const 11)))
(register "owner" $owner)
(module
  (import "owner" "f" (global $f funcref))
  (table $t 1 funcref)
  (elem (table $t) (i32.const 0) funcref (global.get $f))
  (func (export "call") (result i32) (call_indirect $t (result i32) (i32.const 0))))
(assert_return (invoke "call") (i32.const 11))

;; External references keep all their bits, through tables, globals and functions of other instances.
(module $keeper
  (global $kept (export "kept") (mut externref) (ref.null extern))
  (func (export "keep") (param externref) (global.set $kept (local.get 0))))
(register "keeper" $keeper)
(module
  (import "keeper" "kept" (global $kept (mut externref)))
  (import "keeper" "keep" (func $keep (param externref)))
  (table $t 3 externref)
  (func (export "turn") (param externref externref) (result externref externref i32)
    (call $keep (local.get 0))
    (table.fill $t (i32.const 0) (local.get 1) (i32.const 2))
    (table.get $t (i32.const 1))
    (global.get $kept)
    (ref.is_null (table.get $t (i32.const 2)))))
(assert_return (invoke "turn" (ref.extern 4294967295) (ref.extern 0))
  (ref.extern 0) (ref.extern 4294967295) (i32.const 1))
(assert_return (get $keeper "kept") (ref.extern 4294967295))

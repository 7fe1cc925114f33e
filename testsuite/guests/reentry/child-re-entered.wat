;; A child calls back into its parent's core code, which calls the child again: it is entered already.
(component
  (core module $Table (table (export "table") 2 funcref))
  (core instance $table (instantiate $Table))
  (core module $Own
    (import "" "table" (table 2 funcref))
    (type $f (func (param i32) (result i32)))
    (func (export "back") (param i32) (result i32)
      (call_indirect (type $f) (local.get 0) (i32.const 0))))
  (core instance $own (instantiate $Own (with "" (instance $table))))
  (func $back (param "x" u32) (result u32) (canon lift (core func $own "back")))
  (component $Child
    (import "back" (func $back (param "x" u32) (result u32)))
    (core func $back (canon lower (func $back)))
    (core module $M
      (import "" "back" (func $back (param i32) (result i32)))
      (func (export "in") (param i32) (result i32) (call $back (local.get 0)))
      (func (export "leaf") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance (export "back" (func $back))))))
    (func (export "in") (param "x" u32) (result u32) (canon lift (core func $m "in")))
    (func (export "leaf") (param "x" u32) (result u32) (canon lift (core func $m "leaf"))))
  (instance $a (instantiate $Child (with "back" (func $back))))
  (instance $b (instantiate $Child (with "back" (func $back))))
  (core func $in (canon lower (func $a "in")))
  (core func $a-leaf (canon lower (func $a "leaf")))
  (core func $b-leaf (canon lower (func $b "leaf")))
  (core module $Main
    (import "" "table" (table 2 funcref))
    (import "" "in" (func $in (param i32) (result i32)))
    (import "" "a-leaf" (func $a-leaf (param i32) (result i32)))
    (import "" "b-leaf" (func $b-leaf (param i32) (result i32)))
    (elem (i32.const 0) func $a-leaf $b-leaf)
    (func (export "run") (result i32)
      ;; Twice: what the first call entered it has left.
      (drop (call $a-leaf (i32.const 1)))
      (drop (call $in (i32.const 2)))
      (i32.ne (call $in (i32.const 41)) (i32.const 42))))
  (core instance $main (instantiate $Main
    (with "" (instance (export "table" (table $table "table")) (export "in" (func $in))
      (export "a-leaf" (func $a-leaf)) (export "b-leaf" (func $b-leaf))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

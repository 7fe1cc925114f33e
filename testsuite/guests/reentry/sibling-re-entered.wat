;; One child calls an older one, that calls back into the parent's core code, and the parent calls the first child again.
(component
  (core module $Table (table (export "table") 1 funcref))
  (core instance $table (instantiate $Table))
  (core module $Own
    (import "" "table" (table 1 funcref))
    (type $f (func (param i32) (result i32)))
    (func (export "back") (param i32) (result i32)
      (call_indirect (type $f) (local.get 0) (i32.const 0))))
  (core instance $own (instantiate $Own (with "" (instance $table))))
  (func $back (param "x" u32) (result u32) (canon lift (core func $own "back")))
  (component $Relay
    (import "next" (func $next (param "x" u32) (result u32)))
    (core func $next (canon lower (func $next)))
    (core module $M
      (import "" "next" (func $next (param i32) (result i32)))
      (func (export "in") (param i32) (result i32) (call $next (local.get 0)))
      (func (export "leaf") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M (with "" (instance (export "next" (func $next))))))
    (func (export "in") (param "x" u32) (result u32) (canon lift (core func $m "in")))
    (func (export "leaf") (param "x" u32) (result u32) (canon lift (core func $m "leaf"))))
  (instance $older (instantiate $Relay (with "next" (func $back))))
  (instance $younger (instantiate $Relay (with "next" (func $older "in"))))
  (core func $in (canon lower (func $younger "in")))
  (core func $leaf (canon lower (func $younger "leaf")))
  (core module $Main
    (import "" "table" (table 1 funcref))
    (import "" "in" (func $in (param i32) (result i32)))
    (import "" "leaf" (func $leaf (param i32) (result i32)))
    (elem (i32.const 0) func $leaf)
    (func (export "run") (result i32) (drop (call $in (i32.const 1))) (i32.const 0)))
  (core instance $main (instantiate $Main
    (with "" (instance (export "table" (table $table "table")) (export "in" (func $in)) (export "leaf" (func $leaf))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

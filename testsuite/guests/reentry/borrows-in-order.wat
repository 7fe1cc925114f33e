;; A component calls itself, and within that call once more; each call lends a handle of a resource that another component
;; defines. Each drops its own.
(component
  (component $Maker
    (type $r' (resource (rep i32)))
    (export $r "r" (type $r'))
    (core func $new (canon resource.new $r))
    (core module $M
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 7))))
    (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $r)) (canon lift (core func $m "make"))))
  (instance $maker (instantiate $Maker))
  (alias export $maker "r" (type $r))
  (core func $make (canon lower (func $maker "make")))
  (core func $drop (canon resource.drop $r))
  (core module $Inner
    (import "" "drop" (func $drop (param i32)))
    (func (export "call") (param $own i32) (param $outers i32) (call $drop (local.get $own))))
  (core instance $inner (instantiate $Inner (with "" (instance (export "drop" (func $drop))))))
  (func $inner (param "own" (borrow $r)) (param "outers" u32) (canon lift (core func $inner "call")))
  (core func $inner (canon lower (func $inner)))
  (core module $Outer
    (import "" "drop" (func $drop (param i32)))
    (import "" "make" (func $make (result i32)))
    (import "" "inner" (func $inner (param i32 i32)))
    (func (export "call") (param $own i32)
      (call $inner (call $make) (local.get $own))
      (call $drop (local.get $own))))
  (core instance $outer (instantiate $Outer (with "" (instance (export "drop" (func $drop)) (export "make" (func $make))
    (export "inner" (func $inner))))))
  (func $outer (param "own" (borrow $r)) (canon lift (core func $outer "call")))
  (core func $outer (canon lower (func $outer)))
  (core module $Main
    (import "" "make" (func $make (result i32)))
    (import "" "outer" (func $outer (param i32)))
    (func (export "run") (result i32)
      (call $outer (call $make))
      (i32.const 0)))
  (core instance $main (instantiate $Main (with "" (instance (export "make" (func $make)) (export "outer" (func $outer))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

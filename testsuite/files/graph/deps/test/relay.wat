(component
  (import "sum" (func $sum (param "a" u32) (param "b" u32) (result u32)))
  (core func $lowered (canon lower (func $sum)))
  (core module $m
    (import "" "sum" (func $sum (param i32 i32) (result i32)))
    (func (export "add") (param i32 i32) (result i32) (call $sum (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m (with "" (instance (export "sum" (func $lowered))))))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add"))))

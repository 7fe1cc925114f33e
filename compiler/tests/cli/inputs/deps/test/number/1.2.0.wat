(component
  (core module $m
    (func (export "f") (result i32) i32.const 43))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $number (export "f" (func $f)))
  (export "test:api/number" (instance $number)))

(component
  (core module $m
    (func (export "f") (result i64) i64.const 42))
  (core instance $i (instantiate $m))
  (func $f (result s64) (canon lift (core func $i "f")))
  (instance $number (export "f" (func $f)))
  (export "test:api/number" (instance $number)))

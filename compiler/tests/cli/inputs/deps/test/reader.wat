;; As `number`, and looks at the environment first.
(component
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-environment" (func (result (list (tuple string string)))))))
  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
  (core instance $memory (instantiate $memory))
  (core func $get (canon lower (func $environment "get-environment")
    (memory $memory "memory") (realloc (func $memory "realloc"))))
  (core module $m
    (import "" "get" (func $get (param i32)))
    (func (export "number") (result i32)
      (call $get (i32.const 0))
      i32.const 42))
  (core instance $i (instantiate $m (with "" (instance (export "get" (func $get))))))
  (func $f (result u32) (canon lift (core func $i "number")))
  (instance $number (export "f" (func $f)))
  (export "test:api/number" (instance $number)))

(component
  (import "test:api/number" (instance $number (export "f" (func (result u32)))))
  (core func $f (canon lower (func $number "f")))
  (core module $m
    (import "number" "f" (func $f (result i32)))
    (func (export "run") (result i32) call $f drop i32.const 0))
  (core instance $i (instantiate $m
    (with "number" (instance (export "f" (func $f))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command)))

(component
  (import "add" (func $add (param "a" u32) (param "b" u32) (result u32)))
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
  (core func $add (canon lower (func $add)))
  (core func $now (canon lower (func $clock "now")))
  (core module $m
    (import "" "add" (func $add (param i32 i32) (result i32)))
    (import "" "now" (func $now (result i64)))
    (func (export "run") (result i32)
      (i32.or (i64.eqz (call $now)) (i32.ne (call $add (i32.const 2) (i32.const 3)) (i32.const 5)))))
  (core instance $i (instantiate $m
    (with "" (instance (export "add" (func $add)) (export "now" (func $now))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

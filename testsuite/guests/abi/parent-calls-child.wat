;; The root's own core instance calls a function of a component that the root instantiated, which enters that one only.
(component
  (component $callee
    (core module $m (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 42))))
    (core instance $i (instantiate $m))
    (func (export "f") (param "x" u32) (result u32) (canon lift (core func $i "f"))))
  (instance $callee (instantiate $callee))
  (core func $f (canon lower (func $callee "f")))
  (core module $main
    (import "" "f" (func $f (param i32) (result i32)))
    (func $main (export "run") (result i32) (i32.ne (call $f (i32.const 5)) (i32.const 47))))
  (core instance $main (instantiate $main (with "" (instance (export "f" (func $f))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

;; The same, but the module's start function calls before the fixups have filled the table: that call
;; has to trap as a call to null, so whatever it reaches can't be made direct.
;; emit: facts
;; emit: clif -O2
(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
  (core module $shim
    (type $f (func (result i64)))
    (table (export "$imports") 1 1 funcref)
    (func $indirect-now (export "0") (result i64) (call_indirect (type $f) (i32.const 0))))
  (core module $main
    (import "clock" "now" (func $now (result i64)))
    (func $begin (drop (call $now)))
    (start $begin)
    (func (export "run") (result i32) (i64.eqz (call $now))))
  (core module $fixups
    (import "" "0" (func $now (result i64)))
    (import "" "$imports" (table 1 1 funcref))
    (elem (i32.const 0) func $now))
  (core instance $shim (instantiate $shim))
  (core instance $main (instantiate $main (with "clock" (instance (export "now" (func $shim "0"))))))
  (core func $now (canon lower (func $clock "now")))
  (core instance (instantiate $fixups (with "" (instance
    (export "0" (func $now)) (export "$imports" (table $shim "$imports"))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

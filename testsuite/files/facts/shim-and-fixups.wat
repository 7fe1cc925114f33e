;; The way wit-component joins a module to imports that need the module's own memory: the imports go
;; through a shim module's table, which a fixups module fills once the lowered functions exist. The
;; table is constant by the time anything calls through it.
;; emit: facts
;; emit: clif -O0
;; only: functions
;; only: table
;; only: reachable
;; only: indirect
(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
    (export "now" (func (result u64)))
    (export "resolution" (func (result u64)))))
  (core module $main
    (import "clock" "now" (func $now (result i64)))
    (memory (export "memory") 1)
    (func $main (export "run") (result i32) (i64.eqz (call $now))))
  (core module $shim
    (type $f (func (result i64)))
    (table (export "$imports") 2 2 funcref)
    (func $indirect-now (export "0") (result i64) (call_indirect (type $f) (i32.const 0)))
    (func $indirect-resolution (export "1") (result i64) (call_indirect (type $f) (i32.const 1))))
  (core module $fixups
    (import "" "0" (func $now (result i64)))
    (import "" "1" (func $resolution (result i64)))
    (import "" "$imports" (table 2 2 funcref))
    (elem (i32.const 0) func $now $resolution))

  (core instance $shim (instantiate $shim))
  (core instance $main (instantiate $main
    (with "clock" (instance (export "now" (func $shim "0"))))))
  (core func $now (canon lower (func $clock "now")))
  (core func $resolution (canon lower (func $clock "resolution")))
  (core instance (instantiate $fixups (with "" (instance
    (export "0" (func $now))
    (export "1" (func $resolution))
    (export "$imports" (table $shim "$imports"))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

;; === facts
;; functions 5 reachable 4
;; reachable func0 indirect-now
;; reachable func2 main
;; reachable func3 wasi:clocks/monotonic-clock@0.2#now
;; reachable func4 wasi:clocks/monotonic-clock@0.2#resolution
;; table0 constant slots 2
;;   0 func3 wasi:clocks/monotonic-clock@0.2#now
;;   1 func4 wasi:clocks/monotonic-clock@0.2#resolution
;; === clif -O0
;; ; /indirect-now#0
;; ;   userextname0 = /host:wasi:clocks/monotonic-clock@0.2#now#3
;; function u0:0() -> i64 fast {
;;     sig0 = () -> i64 fast
;;     fn0 = colocated u0:3 sig0
;;
;;                                 block0:
;; @0002                               v1 = iconst.i32 0
;; @0004                               v2 = call fn0()
;; @0007                               jump block1(v2)
;;
;;                                 block1(v0: i64):
;; @0007                               return v0
;; }
;;

;; The same, but the module's start function calls before the fixups have filled the table: that call
;; has to trap as a call to null, so whatever it reaches can't be made direct.
;; emit: facts
;; emit: clif -O0
;; only: functions
;; only: table
;; only: reachable
;; only: indirect-now
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

;; === facts
;; functions 4 reachable 4
;; reachable func0 indirect-now
;; reachable func1 begin
;; reachable func2 func[2]
;; reachable func3 wasi:clocks/monotonic-clock@0.2#now
;; table0 constant slots 1
;;   0 func3 wasi:clocks/monotonic-clock@0.2#now
;; === clif -O0
;; ; /indirect-now#0
;; function u0:0() -> i64 fast {
;;     region0 = 2048 "table"
;;     sig0 = () -> i64 fast
;;
;;                                 block0:
;; @0002                               v1 = iconst.i32 0
;; @0004                               v2 = uextend.i64 v1  ; v1 = 0
;; @0004                               v3 = iconst.i64 3
;; @0004                               v4 = ishl v2, v3  ; v3 = 3
;; @0004                               v5 = load.i64 notrap aligned little region0 v4+0x0101_0070
;; @0004                               v6 = iconst.i64 32
;; @0004                               v7 = ushr v5, v6  ; v6 = 32
;; @0004                               v8 = iconst.i64 1
;; @0004                               v9 = icmp eq v7, v8  ; v8 = 1
;; @0004                               brif v9, block2, block3
;;
;;                                 block3 cold:
;; @0004                               trapz.i64 v5, user4
;; @0004                               trap user5
;;
;;                                 block2:
;; @0004                               v10 = ireduce.i32 v5
;; @0004                               v11 = uextend.i64 v10
;; @0004                               v12 = call_indirect sig0, v11()
;; @0007                               jump block1(v12)
;;
;;                                 block1(v0: i64):
;; @0007                               return v0
;; }
;;

;; An adapter that passes a string: both sides' bounds are checked, the callee's realloc is called, the
;; bytes are validated while they are copied.
;; emit: clif -O0
;; only: adapter
(component
  (component $callee
    (core module $m
      (memory (export "memory") 1)
      (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func $take (export "take") (param i32 i32) (result i32) (local.get 1)))
    (core instance $i (instantiate $m))
    (func (export "take") (param "text" string) (result u32)
      (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc")))))
  (instance $callee (instantiate $callee))
  (component $program
    (import "take" (func $callee-take (param "text" string) (result u32)))
    (core module $memory (memory (export "memory") 1) (data (i32.const 8) "text"))
    (core instance $memory (instantiate $memory))
    (core func $take (canon lower (func $callee-take) (memory $memory "memory")))
    (core module $main
      (import "" "take" (func $take (param i32 i32) (result i32)))
      (func (export "run") (result i32)
        (i32.ne (call $take (i32.const 8) (i32.const 4)) (i32.const 4))))
    (core instance $main (instantiate $main (with "" (instance (export "take" (func $take))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))
  (instance $program (instantiate $program
    (with "take" (func $callee "take"))))
  (export "wasi:cli/run@0.2.0" (instance $program "wasi:cli/run@0.2.0")))

;; === clif -O0
;; ; program/adapter:callee#take#2
;; ;   userextname0 = memory1
;; ;   userextname1 = callee/realloc#0
;; ;   userextname2 = nanocc_utf8_copy
;; ;   userextname3 = callee/take#1
;; function u0:2(i32, i32) -> i32 fast {
;;     sig0 = () system_v
;;     sig1 = (i32, i32, i32, i32) -> i32 fast
;;     sig2 = (i64, i64, i64) -> i32 system_v
;;     sig3 = (i32, i32) -> i32 fast
;;     fn0 = u2:1 sig0
;;     fn1 = colocated u0:0 sig1
;;     fn2 = colocated u1:2 sig2
;;     fn3 = colocated u0:1 sig3
;;
;;                                 block0(v0: i32, v1: i32):
;; @000a                               v2 = iconst.i32 0x0fff_ffff
;; @000a                               v3 = icmp ugt v1, v2  ; v2 = 0x0fff_ffff
;; @000a                               trapnz v3, user22
;; @000a                               v4 = uextend.i64 v0
;; @000a                               v5 = uextend.i64 v1
;; @000a                               v6 = iadd v4, v5
;; @000a                               v7 = iconst.i64 0x0001_0000
;; @000a                               v8 = icmp ugt v6, v7  ; v7 = 0x0001_0000
;; @000a                               trapnz v8, user11
;; @000a                               v9 = func_addr.i64 fn0
;; @000a                               v10 = iadd v9, v4
;; @000a                               v11 = iconst.i32 0
;; @000a                               v12 = iconst.i32 1
;; @000a                               v13 = call fn1(v11, v11, v12, v1)  ; v11 = 0, v11 = 0, v12 = 1
;; @000a                               v14 = uextend.i64 v13
;; @000a                               v15 = uextend.i64 v1
;; @000a                               v16 = iadd v14, v15
;; @000a                               v17 = iconst.i64 0x0001_0000
;; @000a                               v18 = icmp ugt v16, v17  ; v17 = 0x0001_0000
;; @000a                               trapnz v18, user11
;; @000a                               v19 = iconst.i64 0x1000_0000
;; @000a                               v20 = iadd v19, v14  ; v19 = 0x1000_0000
;; @000a                               v21 = uextend.i64 v1
;; @000a                               v22 = call fn2(v20, v10, v21)
;; @000a                               trapz v22, user12
;; @000a                               v23 = call fn3(v13, v1)
;; @000a                               return v23
;; }
;;

;; While realloc or post-return run, their component must not call out. The flag that says so is kept
;; only for a component whose realloc or post-return could: `careless` here, not `careful`.
;; emit: facts
(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
  (component $careful
    (core module $m
      (memory (export "memory") 1)
      (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "take") (param i32 i32) (result i32) (local.get 1)))
    (core instance $i (instantiate $m))
    (func (export "take") (param "text" string) (result u32)
      (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc")))))
  (component $careless
    (import "now" (func $now (result u64)))
    (core func $now (canon lower (func $now)))
    (core module $m
      (import "" "now" (func $now (result i64)))
      (memory (export "memory") 1)
      (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32)
        (i32.wrap_i64 (call $now)))
      (func (export "take") (param i32 i32) (result i32) (local.get 1)))
    (core instance $i (instantiate $m (with "" (instance (export "now" (func $now))))))
    (func (export "take") (param "text" string) (result u32)
      (canon lift (core func $i "take") (memory $i "memory") (realloc (func $i "realloc")))))
  (instance $careful (instantiate $careful))
  (instance $careless (instantiate $careless (with "now" (func $clock "now"))))
  (component $program
    (import "careful" (func $careful (param "text" string) (result u32)))
    (import "careless" (func $careless (param "text" string) (result u32)))
    (core module $memory (memory (export "memory") 1) (data (i32.const 8) "text"))
    (core instance $memory (instantiate $memory))
    (core func $a (canon lower (func $careful) (memory $memory "memory")))
    (core func $b (canon lower (func $careless) (memory $memory "memory")))
    (core module $main
      (import "" "a" (func $a (param i32 i32) (result i32)))
      (import "" "b" (func $b (param i32 i32) (result i32)))
      (func (export "run") (result i32)
        (i32.ne (call $a (i32.const 8) (i32.const 4)) (call $b (i32.const 8) (i32.const 4)))))
    (core instance $main (instantiate $main
      (with "" (instance (export "a" (func $a)) (export "b" (func $b))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))
  (instance $program (instantiate $program
    (with "careful" (func $careful "take"))
    (with "careless" (func $careless "take"))))
  (export "wasi:cli/run@0.2.0" (instance $program "wasi:cli/run@0.2.0")))

;; === facts
;; functions 8 reachable 8
;; reachable func0 realloc may-run-locked
;; reachable func1 func[1]
;; reachable func2 wasi:clocks/monotonic-clock@0.2#now may-run-locked
;; reachable func3 realloc may-run-locked
;; reachable func4 func[2]
;; reachable func5 careful#take
;; reachable func6 careless#take
;; reachable func7 func[2]
;; component0 / observes-may-leave false
;; component1 careful observes-may-leave false
;; component2 careless observes-may-leave true
;; component3 program observes-may-leave false
;; memory0 pages 1 fixed true heat 0
;; memory1 pages 1 fixed true heat 0
;; memory2 pages 1 fixed true heat 0

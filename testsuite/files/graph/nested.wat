;; A component that is instantiated twice, each time with its own memory, the second time with a function
;; of the first; an outer alias; an instance made from exports.
;; emit: graph
(component
  (core module $counter
    (import "env" "next" (func $next (result i32)))
    (memory (export "memory") 1)
    (func (export "count") (result i32) (i32.add (call $next) (i32.const 1))))
  (core module $zero
    (func (export "next") (result i32) (i32.const 0)))

  (component $link
    (import "next" (func $next (result u32)))
    (alias outer 1 $counter (core module $counter))
    (core func $lowered (canon lower (func $next)))
    (core instance $env (export "next" (func $lowered)))
    (core instance $i (instantiate $counter (with "env" (instance $env))))
    (func (export "count") (result u32) (canon lift (core func $i "count"))))

  (component $start
    (alias outer 1 $zero (core module $zero))
    (core instance $i (instantiate $zero))
    (func (export "count") (result u32) (canon lift (core func $i "next"))))

  (instance $first (instantiate $start))
  (instance $second (instantiate $link (with "next" (func $first "count"))))
  (instance $third (instantiate $link (with "next" (func $second "count"))))

  (component $program
    (import "count" (func $third-count (result u32)))
    (core func $count (canon lower (func $third-count)))
    (core module $main
      (import "" "count" (func $count (result i32)))
      (func (export "run") (result i32) (i32.ne (call $count) (i32.const 2))))
    (core instance $main (instantiate $main (with "" (instance (export "count" (func $count))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))
  (instance $program (instantiate $program
    (with "count" (func $third "count"))))
  (export "wasi:cli/run@0.2.0" (instance $program "wasi:cli/run@0.2.0")))

;; === graph
;; component0 /
;; component1 first
;; component2 second
;; component3 third
;; component4 program
;; instance0 module1 zero of first functions 1 start -
;; instance1 module0 counter of second functions 1 start -
;;   import env next = func1
;; instance2 module0 counter of third functions 1 start -
;;   import env next = func3
;; instance3 module2 main of program functions 1 start -
;;   import  count = func5
;; func1 adapter second -> first calls func0 func() -> u32
;; func3 adapter third -> second calls func2 func() -> u32
;; func5 adapter program -> third calls func4 func() -> u32
;; memory0 of instance1 initial 1 maximum -
;; memory1 of instance2 initial 1 maximum -
;; entry func6 of program

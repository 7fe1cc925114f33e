;; What components are made of: instances and components as arguments and as results, at every depth; aliases that
;; reach outwards for components, modules and types; core instances of exports.

;; A component twice, with a memory each.
(component
  (component $Counter
    (core module $M
      (memory (export "mem") 1)
      (func (export "add") (param i32) (result i32)
        (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 0)))
        (i32.load (i32.const 0))))
    (core instance $m (instantiate $M))
    (func (export "add") (param "x" u32) (result u32) (canon lift (core func $m "add"))))
  (instance $a (instantiate $Counter))
  (instance $b (instantiate $Counter))
  (func (export "a") (alias export $a "add"))
  (func (export "b") (alias export $b "add"))
  (func (export "a-again") (alias export $a "add")))
(assert_return (invoke "a" (u32.const 5)) (u32.const 5))
(assert_return (invoke "b" (u32.const 7)) (u32.const 7))
(assert_return (invoke "a-again" (u32.const 1)) (u32.const 6))
(assert_return (invoke "b" (u32.const 0)) (u32.const 7))

;; A component as an argument: whoever is given it makes an instance of its own.
(component
  (component $One
    (core module $M (func (export "f") (result i32) (i32.const 1)))
    (core instance $m (instantiate $M))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (component $Two
    (core module $M
      (global $calls (mut i32) (i32.const 1))
      (func (export "f") (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (global.get $calls)))
    (core instance $m (instantiate $M))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (component $Apply
    (import "what" (component $What (export "f" (func (result u32)))))
    (instance $i (instantiate $What))
    (instance $j (instantiate $What))
    (export "i" (instance $i))
    (export "j" (instance $j)))
  (instance $one (instantiate $Apply (with "what" (component $One))))
  (instance $two (instantiate $Apply (with "what" (component $Two))))
  (alias export $one "i" (instance $one-i))
  (alias export $two "i" (instance $two-i))
  (alias export $two "j" (instance $two-j))
  (func (export "one") (alias export $one-i "f"))
  (func (export "two-i") (alias export $two-i "f"))
  (func (export "two-j") (alias export $two-j "f")))
(assert_return (invoke "one") (u32.const 1))
(assert_return (invoke "two-i") (u32.const 2))
(assert_return (invoke "two-i") (u32.const 3))
(assert_return (invoke "two-j") (u32.const 2))

;; A component that closes over what is outside of it: the instance of it knows the modules, types and components
;; of the instance that defined it.
(component
  (core module $Seven (func (export "f") (result i32) (i32.const 7)))
  (type $result' (result u32 (error u8)))
  (component $Deep
    (core instance $m (instantiate $Seven))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (component $Middle
    (component $Inner
      (alias outer 2 $Seven (core module $Again))
      (alias outer 2 $Deep (component $Deep))
      (alias outer 2 $result' (type $result))
      (core instance $m (instantiate $Again))
      (instance $deep (instantiate $Deep))
      (core func $deep (canon lower (func $deep "f")))
      (core module $Sum
        (import "" "a" (func $a (result i32)))
        (import "" "b" (func $b (result i32)))
        (memory (export "mem") 1)
        (func (export "sum") (result i32)
          (i32.store (i32.const 4) (i32.add (call $a) (call $b)))
          (i32.const 0)))
      (core instance $sum (instantiate $Sum (with "" (instance
        (export "a" (func $m "f"))
        (export "b" (func $deep))))))
      (func (export "sum") (result $result) (canon lift (core func $sum "sum") (memory (core memory $sum "mem")))))
    (instance $inner (instantiate $Inner))
    (export "inner" (instance $inner)))
  (instance $middle (instantiate $Middle))
  (alias export $middle "inner" (instance $inner))
  (func (export "sum") (alias export $inner "sum")))
(assert_return (invoke "sum") (result.ok (u32.const 14)))

;; Modules as arguments and exports.
(component
  (component $Linker
    (import "code" (core module $Code
      (import "env" "base" (global i32))
      (export "f" (func (result i32)))))
    (core module $Env (global (export "base") i32 (i32.const 40)))
    (core instance $env (instantiate $Env))
    (core instance $code (instantiate $Code (with "env" (instance $env))))
    (func (export "f") (result u32) (canon lift (core func $code "f"))))
  (component $Provider
    (core module $Code
      (import "env" "base" (global $base i32))
      (func (export "f") (result i32) (i32.add (global.get $base) (i32.const 2)))
      (func (export "unused") unreachable))
    (export "code" (core module $Code)))
  (instance $provider (instantiate $Provider))
  (alias export $provider "code" (core module $code))
  (instance $linker (instantiate $Linker (with "code" (core module $code))))
  (func (export "f") (alias export $linker "f")))
(assert_return (invoke "f") (u32.const 42))

;; Instances made of exports, nested, passed down and taken apart again.
(component
  (component $Leaf
    (import "n" (func $n (result u32)))
    (core func $n' (canon lower (func $n)))
    (core module $M
      (import "" "n" (func $n (result i32)))
      (func (export "f") (result i32) (i32.mul (call $n) (i32.const 10))))
    (core instance $m (instantiate $M (with "" (instance (export "n" (func $n'))))))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (component $User
    (import "bag" (instance $bag
      (export "inner" (instance
        (export "make" (component
          (import "n" (func (result u32)))
          (export "f" (func (result u32)))))
        (export "n" (func (result u32)))))
      (type $pair' (tuple u8 u8))
      (export "pair" (type (eq $pair')))))
    (alias export $bag "inner" (instance $inner))
    (alias export $inner "make" (component $Make))
    (instance $made (instantiate $Make (with "n" (func $inner "n"))))
    (instance $twice (instantiate $Make (with "n" (func $made "f"))))
    (instance $out (export "once" (func $made "f")) (export "twice" (func $twice "f")))
    (export "out" (instance $out)))
  (core module $Three (func (export "n") (result i32) (i32.const 3)))
  (core instance $three (instantiate $Three))
  (func $n (result u32) (canon lift (core func $three "n")))
  (type $pair (tuple u8 u8))
  (instance $inner (export "make" (component $Leaf)) (export "n" (func $n)))
  (instance $bag (export "inner" (instance $inner)) (export "pair" (type $pair)))
  (instance $user (instantiate $User (with "bag" (instance $bag))))
  (alias export $user "out" (instance $out))
  (func (export "once") (alias export $out "once"))
  (func (export "twice") (alias export $out "twice")))
(assert_return (invoke "once") (u32.const 30))
(assert_return (invoke "twice") (u32.const 300))

;; A chain: each level passes its import to the next and adds to what that returns.
(component
  (core module $M
    (import "" "f" (func $f (result i32)))
    (func (export "f") (result i32) (i32.add (call $f) (i32.const 1))))
  (core module $Zero (func (export "f") (result i32) (i32.const 0)))
  (core instance $zero (instantiate $Zero))
  (func $f (result u32) (canon lift (core func $zero "f")))
  (component $Step
    (import "f" (func $f (result u32)))
    (core func $f' (canon lower (func $f)))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (component $Four
    (import "f" (func $f (result u32)))
    (instance $a (instantiate $Step (with "f" (func $f))))
    (instance $b (instantiate $Step (with "f" (func $a "f"))))
    (instance $c (instantiate $Step (with "f" (func $b "f"))))
    (instance $d (instantiate $Step (with "f" (func $c "f"))))
    (export "f" (func $d "f")))
  (component $Sixteen
    (import "f" (func $f (result u32)))
    (instance $a (instantiate $Four (with "f" (func $f))))
    (instance $b (instantiate $Four (with "f" (func $a "f"))))
    (instance $c (instantiate $Four (with "f" (func $b "f"))))
    (instance $d (instantiate $Four (with "f" (func $c "f"))))
    (export "f" (func $d "f")))
  (instance $sixteen (instantiate $Sixteen (with "f" (func $f))))
  (func (export "f") (alias export $sixteen "f")))
(assert_return (invoke "f") (u32.const 16))

;; Start functions run in the order of instances, each when all that it imports is alive.
(component
  (core module $Log
    (global $log (mut i32) (i32.const 0))
    (func (export "log") (param i32)
      (global.set $log (i32.add (i32.mul (global.get $log) (i32.const 10)) (local.get 0))))
    (func (export "get") (result i32) (global.get $log)))
  (core instance $log (instantiate $Log))
  (func $log (param "x" u32) (canon lift (core func $log "log")))
  (component $Starter
    (import "log" (func $log (param "x" u32)))
    (core func $log' (canon lower (func $log)))
    (core module $A
      (import "" "log" (func $log (param i32)))
      (func $start (call $log (i32.const 1)))
      (start $start))
    (core module $B
      (import "" "log" (func $log (param i32)))
      (func $start (call $log (i32.const 2)))
      (start $start))
    (core instance (instantiate $B (with "" (instance (export "log" (func $log'))))))
    (core instance (instantiate $A (with "" (instance (export "log" (func $log'))))))
    (core instance (instantiate $B (with "" (instance (export "log" (func $log')))))))
  (instance (instantiate $Starter (with "log" (func $log))))
  (instance (instantiate $Starter (with "log" (func $log))))
  (func (export "get") (result u32) (canon lift (core func $log "get"))))
(assert_return (invoke "get") (u32.const 212212))

;; One that traps takes the whole instantiation with it.
(assert_trap
  (component
    (component $Inner
      (core module $M (func $start unreachable) (start $start))
      (core instance (instantiate $M)))
    (instance (instantiate $Inner)))
  "unreachable")
(assert_trap
  (component
    (core module $M (memory 1) (data (i32.const 65536) "x"))
    (core instance (instantiate $M)))
  "out of bounds memory access")

;; Table and memory shared between core instances of one component, and functions that are only reached by the table.
(component
  (core module $Shared
    (table (export "table") 4 funcref)
    (memory (export "mem") 1))
  (core module $Fill
    (import "" "table" (table 4 funcref))
    (import "" "mem" (memory 1))
    (elem (i32.const 1) $f $g)
    (data (i32.const 8) "\2a")
    (func $f (result i32) (i32.load (i32.const 8)))
    (func $g (result i32) (i32.const 5)))
  (core module $Call
    (import "" "table" (table 4 funcref))
    (func (export "call") (param i32) (result i32)
      (call_indirect (result i32) (local.get 0))))
  (core instance $shared (instantiate $Shared))
  (core instance $bag (export "table" (table $shared "table")) (export "mem" (memory $shared "mem")))
  (core instance (instantiate $Fill (with "" (instance $bag))))
  (core instance $call (instantiate $Call (with "" (instance $bag))))
  (func (export "call") (param "x" u32) (result u32) (canon lift (core func $call "call"))))
(assert_return (invoke "call" (u32.const 1)) (u32.const 42))
(assert_return (invoke "call" (u32.const 2)) (u32.const 5))
(assert_trap (invoke "call" (u32.const 3)) "uninitialized element")

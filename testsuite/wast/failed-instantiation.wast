;; An instantiation that fails leaves behind what it has done until then: functions in a table of another
;; instance, which see a memory and segments that were only partly brought in place.

(module $host
  (type $f (func (result i32)))
  (table (export "table") 8 funcref)
  (func (export "call") (param i32) (result i32)
    (call_indirect (type $f) (local.get 0))))
(register "host" $host)

;; The second of three data segments is out of bounds.
(assert_trap
  (module
    (import "host" "table" (table 8 funcref))
    (memory 1)
    (elem (i32.const 0) $first $third $drop $init $init-first)
    (data $a (i32.const 0) "\01")
    (data $b (i32.const 65536) "\02")
    (data $c (i32.const 8) "\03\04")
    (func $first (result i32) (i32.load8_u (i32.const 0)))
    (func $third (result i32) (i32.load8_u (i32.const 8)))
    (func $drop (result i32) (data.drop $c) (i32.const 0))
    (func $init (result i32)
      (memory.init $c (i32.const 16) (i32.const 1) (i32.const 1))
      (i32.load8_u (i32.const 16)))
    (func $init-first (result i32)
      (memory.init $a (i32.const 16) (i32.const 0) (i32.const 1))
      (i32.const 0)))
  "out of bounds memory access")
(assert_return (invoke $host "call" (i32.const 0)) (i32.const 1))
(assert_return (invoke $host "call" (i32.const 1)) (i32.const 0))
;; The first segment is dropped, the third isn't yet.
(assert_trap (invoke $host "call" (i32.const 4)) "out of bounds memory access")
(assert_return (invoke $host "call" (i32.const 3)) (i32.const 4))
(assert_return (invoke $host "call" (i32.const 2)) (i32.const 0))
(assert_trap (invoke $host "call" (i32.const 3)) "out of bounds memory access")

;; The second of three element segments is out of bounds, of a table that nobody else sees.
(assert_trap
  (module
    (type $f (func (result i32)))
    (import "host" "table" (table $shared 8 funcref))
    (table $own 4 funcref)
    (elem (table $shared) (i32.const 0) func $call-0 $call-1 $init-declared)
    (elem (table $own) (i32.const 4) func $one)
    (elem (table $own) (i32.const 0) func $one $one)
    (elem $declared declare func $one)
    (func $one (result i32) (i32.const 1))
    (func $call-0 (result i32) (call_indirect $own (type $f) (i32.const 0)))
    (func $call-1 (result i32) (call_indirect $own (type $f) (i32.const 1)))
    (func $init-declared (result i32)
      (table.init $own $declared (i32.const 1) (i32.const 0) (i32.const 1))
      (i32.const 2)))
  "out of bounds table access")
(assert_trap (invoke $host "call" (i32.const 0)) "uninitialized element")
(assert_trap (invoke $host "call" (i32.const 1)) "uninitialized element")
(assert_return (invoke $host "call" (i32.const 2)) (i32.const 2))
(assert_return (invoke $host "call" (i32.const 1)) (i32.const 1))

;; A start function that traps comes after all segments.
(assert_trap
  (module
    (import "host" "table" (table 8 funcref))
    (memory 1)
    (global $count (mut i32) (i32.const 5))
    (elem (i32.const 5) $loaded $counted)
    (data (i32.const 0) "\07")
    (func $loaded (result i32) (i32.load8_u (i32.const 0)))
    (func $counted (result i32) (global.get $count))
    (func $start (global.set $count (i32.const 6)) (unreachable))
    (start $start))
  "unreachable")
(assert_return (invoke $host "call" (i32.const 5)) (i32.const 7))
(assert_return (invoke $host "call" (i32.const 6)) (i32.const 6))

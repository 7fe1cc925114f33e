;; What a module requires of the size of an import is compared with the size at that time.

(module $host
  (memory (export "memory") 1 4)
  (memory (export "fixed") 1 4)
  (table (export "table") 1 8 externref)
  (func (export "grow-memory") (result i32) (memory.grow 0 (i32.const 2)))
  (func (export "grow-table") (result i32) (table.grow (ref.null extern) (i32.const 4))))
(register "host" $host)

(assert_unlinkable
  (module (import "host" "memory" (memory 2)))
  "incompatible import type")
(assert_unlinkable
  (module (import "host" "table" (table 2 externref)))
  "incompatible import type")
(assert_return (invoke $host "grow-memory") (i32.const 1))
(assert_return (invoke $host "grow-table") (i32.const 1))

;; Nobody has a reason to grow this one.
(assert_unlinkable
  (module (import "host" "fixed" (memory 2)))
  "incompatible import type")
;; Larger than it can ever be.
(assert_unlinkable
  (module (import "host" "memory" (memory 5)))
  "incompatible import type")
;; Still smaller.
(assert_unlinkable
  (module (import "host" "memory" (memory 4)))
  "incompatible import type")
(assert_unlinkable
  (module (import "host" "table" (table 6 externref)))
  "incompatible import type")

(module $user
  (import "host" "memory" (memory 3))
  (import "host" "table" (table 5 externref))
  (data (i32.const 196607) "\2a")
  (func (export "last") (result i32) (i32.load8_u (i32.const 196607)))
  (func (export "past") (result i32) (i32.load8_u (i32.const 196608)))
  (func (export "size") (result i32 i32) (memory.size) (table.size)))
(assert_return (invoke $user "last") (i32.const 42))
(assert_trap (invoke $user "past") "out of bounds memory access")
(assert_return (invoke $user "size") (i32.const 3) (i32.const 5))

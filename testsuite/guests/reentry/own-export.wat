;; A component lowers a function that it lifts itself. The call enters nothing. Both sides have one memory, and what
;; `realloc` gives overlaps the list: forwards, then backwards. Strings
;; are moved to a place of their own.
(component
  (core module $Lib
    (memory (export "memory") 1)
    (global $to (export "to") (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (global.get $to))
    ;; The place where byte i is i.
    (func (export "check") (param i32 i32) (result i32)
      (local $i i32)
      (if (i32.ne (local.get 0) (global.get $to)) (then (return (i32.const 1))))
      (loop $next
        (if (i32.ne (i32.load8_u (i32.add (local.get 0) (local.get $i))) (i32.and (local.get $i) (i32.const 127)))
          (then (return (i32.const 2))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 1))))
      (i32.const 0)))
  (core instance $lib (instantiate $Lib))
  (func $list (param "l" (list u8)) (result u32)
    (canon lift (core func $lib "check") (memory $lib "memory") (realloc (func $lib "realloc"))))
  (func $string (param "l" string) (result u32)
    (canon lift (core func $lib "check") (memory $lib "memory") (realloc (func $lib "realloc"))))
  (core func $list (canon lower (func $list) (memory $lib "memory")))
  (core func $string (canon lower (func $string) (memory $lib "memory")))
  (core module $Main
    (import "lib" "memory" (memory 1))
    (import "lib" "to" (global $to (mut i32)))
    (import "" "list" (func $list (param i32 i32) (result i32)))
    (import "" "string" (func $string (param i32 i32) (result i32)))
    (func $fill (param $at i32) (local $i i32)
      (loop $next
        (i32.store8 (i32.add (local.get $at) (local.get $i)) (i32.and (local.get $i) (i32.const 127)))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000)))))
    (func $list-to (param i32) (result i32)
      (call $fill (i32.const 4096))
      (global.set $to (i32.add (i32.const 4096) (local.get 0)))
      (call $list (i32.const 4096) (i32.const 1000)))
    (func $string-to (param i32) (result i32)
      (call $fill (i32.const 4096))
      (global.set $to (i32.add (i32.const 4096) (local.get 0)))
      (call $string (i32.const 4096) (i32.const 1000)))
    (func (export "run") (result i32)
      (i32.ne (i32.const 0)
        (i32.or (i32.or
          (i32.or (call $list-to (i32.const 1)) (call $list-to (i32.const 37)))
          (i32.or (call $list-to (i32.const -1)) (call $list-to (i32.const -500))))
         (i32.or
          (i32.or (call $string-to (i32.const 1000)) (call $string-to (i32.const 2001)))
          (i32.or (call $string-to (i32.const -1000)) (call $string-to (i32.const -2001))))))))
  (core instance $main (instantiate $Main
    (with "lib" (instance $lib))
    (with "" (instance (export "list" (func $list)) (export "string" (func $string))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

;; Mutable globals that nothing reachable writes are constants; those that something writes are not, also
;; when it is another module that imports them.
;; emit: facts
(component
  (core module $owner
    (global $quiet (mut i32) (i32.const 7))
    (global $own (mut i32) (i32.const 8))
    (global $shared (export "shared") (mut i64) (i64.const 9))
    (global $idle (export "idle") (mut f64) (f64.const 1.5))
    (func $never (global.set $quiet (i32.const 1)))
    (func (export "run") (result i32)
      (global.set $own (i32.add (global.get $own) (i32.const 1)))
      (i32.and (i32.eq (global.get $quiet) (i32.const 6)) (f64.eq (global.get $idle) (f64.const 1.5)))))
  (core module $other
    (import "" "shared" (global $shared (mut i64)))
    (import "" "idle" (global $idle (mut f64)))
    (func $begin (global.set $shared (i64.const 10)))
    (start $begin))
  (core instance $owner (instantiate $owner))
  (core instance (instantiate $other (with "" (instance $owner))))
  (func $run (result (result)) (canon lift (core func $owner "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

;; === facts
;; functions 3 reachable 2
;; reachable func1 func[1]
;; reachable func2 begin
;; component0 / observes-may-leave false
;; global0 constant I32(7)
;; global3 constant F64(4609434218613702656)

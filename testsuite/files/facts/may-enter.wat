;; A child that was given a function of its parent's own core code can come back through it, into itself or another child: both
;; have the flag that says whether they may be entered. The parent, which holds both, has none.
;; emit: facts
(component
  (core module $Table (table (export "table") 2 funcref))
  (core instance $table (instantiate $Table))
  (core module $Own
    (import "" "table" (table 2 funcref))
    (type $f (func (param i32) (result i32)))
    (func (export "back") (param i32) (result i32)
      (call_indirect (type $f) (local.get 0) (i32.const 1))))
  (core instance $own (instantiate $Own (with "" (instance $table))))
  (func $back (param "x" u32) (result u32) (canon lift (core func $own "back")))
  (component $Child
    (import "back" (func $back (param "x" u32) (result u32)))
    (core func $back (canon lower (func $back)))
    (core module $M
      (import "" "back" (func $back (param i32) (result i32)))
      (func (export "in") (param i32) (result i32) (call $back (local.get 0)))
      (func (export "leaf") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    (core instance $m (instantiate $M (with "" (instance (export "back" (func $back))))))
    (func (export "in") (param "x" u32) (result u32) (canon lift (core func $m "in")))
    (func (export "leaf") (param "x" u32) (result u32) (canon lift (core func $m "leaf"))))
  (instance $a (instantiate $Child (with "back" (func $back))))
  (instance $b (instantiate $Child (with "back" (func $back))))
  (core func $in (canon lower (func $a "in")))
  (core func $a-leaf (canon lower (func $a "leaf")))
  (core func $b-leaf (canon lower (func $b "leaf")))
  (core module $Main
    (import "" "table" (table 2 funcref))
    (import "" "in" (func $in (param i32) (result i32)))
    (import "" "a-leaf" (func $a-leaf (param i32) (result i32)))
    (import "" "b-leaf" (func $b-leaf (param i32) (result i32)))
    (elem (i32.const 0) func $a-leaf $b-leaf)
    (func (export "run") (result i32)
      ;; Twice: what the first call entered it has left.
      (drop (call $a-leaf (i32.const 1)))
      (drop (call $in (i32.const 2)))
      (i32.ne (call $in (i32.const 41)) (i32.const 42))))
  (core instance $main (instantiate $Main
    (with "" (instance (export "table" (table $table "table")) (export "in" (func $in))
      (export "a-leaf" (func $a-leaf)) (export "b-leaf" (func $b-leaf))))))
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

;; === facts
;; functions 11 reachable 9
;; reachable func0 func[0]
;; reachable func1 /#back
;; reachable func2 func[1]
;; reachable func3 func[2]
;; reachable func6 func[2]
;; reachable func7 a#in
;; reachable func8 a#leaf
;; reachable func9 b#leaf
;; reachable func10 func[3]
;; component0 / observes-may-leave false
;; component1 a observes-may-leave false
;; component1 a observes-may-enter
;; component2 b observes-may-leave false
;; component2 b observes-may-enter
;; table0 constant slots 2
;;   0 func8 a#leaf
;;   1 func9 b#leaf

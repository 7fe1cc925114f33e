;; Memories that never grow have a fixed length: one that nobody grows, one that is as large as it may
;; get, and one that only an unreachable function would grow. A reachable memory.grow ends that.
;; emit: facts
(component
  (core module $m
    (memory $plain 2)
    (memory $full 3 3)
    (memory $saved 4 9)
    (memory $grown 5 9)
    (func $never (drop (memory.grow $saved (i32.const 1))))
    (func (export "run") (result i32)
      (drop (memory.grow $full (i32.const 1)))
      (drop (memory.grow $grown (i32.const 1)))
      (i32.load $plain (i32.const 0))
      (i32.load $saved (i32.const 0))
      (i32.add)))
  (core instance $m (instantiate $m))
  (func $run (result (result)) (canon lift (core func $m "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))

;; === facts
;; functions 2 reachable 1
;; reachable func1 func[1]
;; component0 / observes-may-leave false
;; memory0 pages 2 fixed true heat 1
;; memory1 pages 3 fixed false heat 0
;; memory2 pages 4 fixed true heat 1
;; memory3 pages 5 fixed false heat 0

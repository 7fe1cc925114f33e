;; Every kind of type that a function between two components may take and give.
;; emit: graph
(component
  (component $callee
    (type $record (record (field "id" string) (field "level" u8) (field "where" (tuple f32 s64))))
    (export $record' "suspect" (type $record))
    (type $variant (variant (case "none") (case "code" char) (case "many" (list $record'))))
    (export $variant' "finding" (type $variant))
    (type $enum (enum "low" "high"))
    (export $enum' "level" (type $enum))
    (type $flags (flags "armed" "dangerous"))
    (export $flags' "marks" (type $flags))
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
      (func (export "judge") (param i32 i32 i32 i32) (result i32) (i32.const 16))
      (func (export "done") (param i32)))
    (core instance $i (instantiate $m))
    (func (export "judge")
      (param "whom" (list $record')) (param "as" $enum') (param "marks" $flags')
      (result (result (option $variant') (error string)))
      (canon lift (core func $i "judge") (memory $i "memory") (realloc (func $i "realloc"))
        (post-return (func $i "done")))))
  (instance $callee (instantiate $callee))

  (component $program
    (import "callee" (instance $callee
      (type $record (record (field "id" string) (field "level" u8) (field "where" (tuple f32 s64))))
      (export "suspect" (type $record' (eq $record)))
      (type $variant (variant (case "none") (case "code" char) (case "many" (list $record'))))
      (export "finding" (type $variant' (eq $variant)))
      (type $enum (enum "low" "high"))
      (export "level" (type $enum' (eq $enum)))
      (type $flags (flags "armed" "dangerous"))
      (export "marks" (type $flags' (eq $flags)))
      (export "judge" (func
        (param "whom" (list $record')) (param "as" $enum') (param "marks" $flags')
        (result (result (option $variant') (error string)))))))
    (core module $memory
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 2048)))
    (core instance $memory (instantiate $memory))
    (core func $judge (canon lower (func $callee "judge") (memory $memory "memory")
      (realloc (func $memory "realloc"))))
    (core module $main
      (import "" "judge" (func $judge (param i32 i32 i32 i32 i32)))
      (func (export "run") (result i32)
        (call $judge (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 3) (i32.const 512))
        (i32.const 0)))
    (core instance $main (instantiate $main (with "" (instance (export "judge" (func $judge))))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))
  (instance $program (instantiate $program
    (with "callee" (instance $callee))))
  (export "wasi:cli/run@0.2.0" (instance $program "wasi:cli/run@0.2.0")))

;; === graph
;; component0 /
;; component1 callee
;; component2 program
;; instance0 module0 m of callee functions 3 start -
;; instance1 module1 memory of program functions 1 start -
;; instance2 module2 main of program functions 1 start -
;;   import  judge = func4
;; func4 adapter program -> callee calls func1 func(whom: list<record { id: string, level: u8, where: tuple<f32, s64> }>, as: enum { low, high }, marks: flags { armed, dangerous }) -> result<option<variant { none, code(char), many(list<record { id: string, level: u8, where: tuple<f32, s64> }>) }>, string>
;; memory0 of instance0 initial 1 maximum -
;; memory1 of instance1 initial 1 maximum -
;; entry func5 of program

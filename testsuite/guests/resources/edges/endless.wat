;; Makes things and keeps them all: where there is no more memory for handles, that is a trap.
(component
  ;; A thing's end is noted: the digits of `ended` are the representations, in the order of their ends.
  (component $definer
    (core module $notes
      (global $ended (mut i32) (i32.const 0))
      (func (export "end") (param $rep i32)
        (global.set $ended (i32.add (i32.mul (global.get $ended) (i32.const 10)) (local.get $rep))))
      (func (export "ended") (result i32) (global.get $ended))
    )
    (core instance $notes (instantiate $notes))
    (type $resource (resource (rep i32) (dtor (func $notes "end"))))
    (core func $new (canon resource.new $resource))
    (export $thing "thing" (type $resource))
    (func (export "make") (param "rep" u32) (result (own $thing)) (canon lift (core func $new)))
    (func (export "ended") (result u32) (canon lift (core func $notes "ended")))
  )
  (instance $definer (instantiate $definer))
  (component $command
    (import "definer" (instance $definer
      (export "thing" (type $thing (sub resource)))
      (export "make" (func (param "rep" u32) (result (own $thing))))
      (export "ended" (func (result u32)))
    ))
    (alias export $definer "thing" (type $thing))
    (core func $make (canon lower (func $definer "make")))
    (core func $ended (canon lower (func $definer "ended")))
    (core func $drop (canon resource.drop $thing))
    (core module $program
      (import "definer" "make" (func $make (param i32) (result i32)))
      (import "definer" "ended" (func $ended (result i32)))
      (import "definer" "drop" (func $drop (param i32)))
      (func (export "run") (result i32)
        (loop $each
          (drop (call $make (i32.const 1)))
          (br $each))
        (unreachable))
    )
    (core instance $program (instantiate $program (with "definer" (instance (export "make" (func $make)) (export "ended" (func $ended)) (export "drop" (func $drop))))))
    (func (export "run") (result (result)) (canon lift (core func $program "run")))
  )
  (instance $command (instantiate $command (with "definer" (instance $definer))))
  (alias export $command "run" (func $run))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run))
)

;; One resource type exported under two names. An importer that declares two types has two, also when the
;; program runs: no handle of the one is one of the other (Explainer.md, type checking: a substitution by the
;; parent isn't visible to the child).
(component
  (component $definer
    (type $resource (resource (rep i32)))
    (core func $new (canon resource.new $resource))
    (core module $same (func (export "same") (param i32) (result i32) (local.get 0)))
    (core instance $same (instantiate $same))
    (export $first "first" (type $resource))
    (export $second "second" (type $resource))
    (func (export "make-first") (param "rep" u32) (result (own $first)) (canon lift (core func $new)))
    (func (export "look-at-second") (param "it" (borrow $second)) (result u32) (canon lift (core func $same "same")))
  )
  (instance $definer (instantiate $definer))
  (component $command
    (import "definer" (instance $definer
      (export "first" (type $first (sub resource)))
      (export "second" (type $second (sub resource)))
      (export "make-first" (func (param "rep" u32) (result (own $first))))
      (export "look-at-second" (func (param "it" (borrow $second)) (result u32)))
    ))
    (alias export $definer "second" (type $second))
    (core func $make (canon lower (func $definer "make-first")))
    (core func $look (canon lower (func $definer "look-at-second")))
    (core func $drop (canon resource.drop $second))
    (core module $program
      (import "definer" "make" (func $make (param i32) (result i32)))
      (import "definer" "look" (func $look (param i32) (result i32)))
      (import "definer" "drop" (func $drop (param i32)))
      (func (export "run") (result i32)
        (local $it i32)
        (local.set $it (call $make (i32.const 5)))
        (if (i32.ne (call $look (local.get $it)) (i32.const 5)) (then (return (i32.const 1))))
        (call $drop (local.get $it))
        (i32.const 0))
    )
    (core instance $program (instantiate $program (with "definer" (instance
      (export "make" (func $make)) (export "look" (func $look)) (export "drop" (func $drop))))))
    (func (export "run") (result (result)) (canon lift (core func $program "run")))
  )
  (instance $command (instantiate $command (with "definer" (instance $definer))))
  (alias export $command "run" (func $run))
  (instance $run (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run))
)

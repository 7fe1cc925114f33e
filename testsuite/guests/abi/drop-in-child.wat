;; A component that its parent instantiated drops a handle of the parent's resource.
(component
  (component $Owner
    (core module $m
      (memory (export "memory") 1)
      (func (export "dtor") (param i32)))
    (core instance $i (instantiate $m))
    (type $R (resource (rep i32) (dtor (func $i "dtor"))))
    (core func $new (canon resource.new $R))
    (core module $make
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 7))))
    (core instance $make (instantiate $make (with "" (instance (export "new" (func $new))))))
    (component $Child
      (import "r" (type $r (sub resource)))
      (core func $drop (canon resource.drop $r))
      (core module $m
        (import "" "drop" (func $drop (param i32)))
        (func (export "take") (param i32) (call $drop (local.get 0))))
      (core instance $i (instantiate $m (with "" (instance (export "drop" (func $drop))))))
      (func (export "take") (param "handle" (own $r)) (canon lift (core func $i "take"))))
    (instance $child (instantiate $Child (with "r" (type $R))))
    (export $R' "r" (type $R))
    (func (export "make") (result (own $R')) (canon lift (core func $make "make")))
    (export "take" (func $child "take") (func (param "handle" (own $R')))))
  (instance $owner (instantiate $Owner))
  (alias export $owner "r" (type $R))
  (component $User
    (import "r" (type $r (sub resource)))
    (import "make" (func $make (result (own $r))))
    (import "take" (func $take (param "handle" (own $r))))
    (core func $make (canon lower (func $make)))
    (core func $take (canon lower (func $take)))
    (core module $m
      (import "" "make" (func $make (result i32)))
      (import "" "take" (func $take (param i32)))
      (func (export "run") (result i32) (call $take (call $make)) i32.const 0))
    (core instance $i (instantiate $m (with "" (instance
      (export "make" (func $make)) (export "take" (func $take))))))
    (func (export "run") (result (result)) (canon lift (core func $i "run"))))
  (instance $user (instantiate $User
    (with "r" (type $R)) (with "make" (func $owner "make")) (with "take" (func $owner "take"))))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $user "run"))))

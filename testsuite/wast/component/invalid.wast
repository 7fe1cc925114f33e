;; What is no component: each is refused while it is read, whether anything would ever use it or not.

(assert_invalid
  (component (import "f" (func $f (param "x" string))) (core func (canon lower (func $f))))
  "canonical option `memory` is required")
(assert_invalid
  (component
    (core module $M (func (export "f") (param i64)))
    (core instance $m (instantiate $M))
    (func (param "x" u32) (canon lift (core func $m "f"))))
  "lowered parameter types `[I32]` do not match parameter types `[I64]` of core function 0")
(assert_invalid
  (component
    (core module $M (import "" "f" (func (param i32))))
    (core module $N (func (export "f") (param i64)))
    (core instance $n (instantiate $N))
    (core instance (instantiate $M (with "" (instance $n)))))
  "type mismatch")
(assert_invalid
  (component
    (component $A (import "f" (func (param "x" u32))))
    (import "g" (func $g (param "x" u64)))
    (instance (instantiate $A (with "f" (func $g)))))
  "type mismatch")
(assert_invalid
  (component
    (component $A (import "f" (func)))
    (instance (instantiate $A)))
  "missing import named `f`")
(assert_invalid
  (component
    (type $r (resource (rep i32)))
    (func (export "f") (param "x" (borrow $r)) (canon lift (core func 0))))
  "")
(assert_invalid (component (type (variant))) "variant type must have at least one case")
(assert_invalid (component (type (flags))) "flags must have at least one entry")
(assert_invalid (component (type (enum))) "enum type must have at least one variant")
(assert_invalid (component (type (record))) "record type must have at least one field")
(assert_invalid
  (component (type (flags
    "a0" "a1" "a2" "a3" "a4" "a5" "a6" "a7" "a8" "a9" "a10" "a11" "a12" "a13" "a14" "a15" "a16" "a17" "a18" "a19" "a20"
    "a21" "a22" "a23" "a24" "a25" "a26" "a27" "a28" "a29" "a30" "a31" "a32")))
  "cannot have more than 32 flags")
(assert_invalid (component (type (func (result (borrow 0))))) "type index out of bounds")
(assert_invalid
  (component (type $r (resource (rep i32))) (type (func (result (borrow $r)))))
  "function result cannot contain a `borrow` type")
(assert_invalid (component (import "not_kebab" (func))) "not in kebab case")
(assert_invalid (component (import "a" (func)) (import "A" (func))) "conflicts with previous name")
(assert_invalid (component (component (component (alias outer 3 0 (type))))) "invalid outer alias count")

;; In a component that nobody instantiates, and in a module that nobody instantiates.
(assert_invalid (component (component (component (import "1" (func))))) "kebab")
(assert_invalid
  (component (component (core module (func (result i32)))))
  "type mismatch")
(assert_malformed (component quote "(import \"f\" (func") "")
(assert_malformed (component quote "(type (tuple u9))") "")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\07\01") "unexpected end")
(assert_malformed (component binary "\00asm" "\0d\00\01\00" "\63\00") "")
(assert_malformed (component binary "\00asm" "\0e\00\01\00") "")

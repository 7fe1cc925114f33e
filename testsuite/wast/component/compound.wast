;; Options, results, variants, tuples, records and lists within each other: given to a component as arguments, passed
;; on to another through memory, and given back.
;;
;; Both components have the same core module: `pass` finds its parameter in a list of one element and returns that
;; list. So each value is lowered by the host, copied twice between two memories, and lifted by the host; and
;; whatever its shape, the core code is the same.

(component definition $Lists
  (core module $M
    (memory (export "mem") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
      (local $at i32)
      ;; A fresh place that is aligned as asked and no better.
      (local.set $at (i32.add (local.get $align)
        (i32.and (i32.add (global.get $next) (i32.sub (i32.mul (local.get $align) (i32.const 2)) (i32.const 1)))
                 (i32.sub (i32.const 0) (i32.mul (local.get $align) (i32.const 2))))))
      (global.set $next (i32.add (local.get $at) (local.get $new)))
      (local.get $at))
    (func (export "pass") (param i32 i32) (result i32)
      (i32.store (i32.const 8) (local.get 0))
      (i32.store (i32.const 12) (local.get 1))
      (i32.const 8)))
  (core module $Forward
    (import "" "mem" (memory 1))
    (import "" "f" (func $f (param i32 i32 i32)))
    (func (export "pass") (param i32 i32) (result i32)
      (call $f (local.get 0) (local.get 1) (i32.const 8))
      (i32.const 8)))

  (type $case' (variant (case "none") (case "byte" u8) (case "wide" u64) (case "float" f32) (case "text" string)))
  (export $case "case" (type $case'))
  (type $point' (record (field "x" s8) (field "y" f64) (field "z" u16)))
  (export $point "point" (type $point'))
  (type $mixed' (tuple $case (option $point) (result $point (error $case)) (list $case)))

  (component $Inner
    (alias outer 1 $M (core module $M))
    (type $case' (variant (case "none") (case "byte" u8) (case "wide" u64) (case "float" f32) (case "text" string)))
    (export $case "case" (type $case'))
    (type $point' (record (field "x" s8) (field "y" f64) (field "z" u16)))
    (export $point "point" (type $point'))
    (core instance $m (instantiate $M))
    (alias core export $m "mem" (core memory $mem))
    (alias core export $m "realloc" (core func $realloc))
    (func (export "bools") (param "x" (list bool)) (result (list bool))
      (canon lift (core func $m "pass") (memory $mem) (realloc $realloc)))
    (func (export "nests") (param "x" (list (option (option (option bool))))) (result (list (option (option (option bool)))))
      (canon lift (core func $m "pass") (memory $mem) (realloc $realloc)))
    (func (export "fails") (param "x" (list (result u8 (error string)))) (result (list (result u8 (error string))))
      (canon lift (core func $m "pass") (memory $mem) (realloc $realloc)))
    (func (export "units") (param "x" (list (result))) (result (list (result)))
      (canon lift (core func $m "pass") (memory $mem) (realloc $realloc)))
    (func (export "manys") (param "x" (list (tuple u8 u16 u8 u32 u8 u64 u8))) (result (list (tuple u8 u16 u8 u32 u8 u64 u8)))
      (canon lift (core func $m "pass") (memory $mem) (realloc $realloc)))
    (func (export "deeps") (param "x" (list (list (list u16)))) (result (list (list (list u16))))
      (canon lift (core func $m "pass") (memory $mem) (realloc $realloc)))
    (func (export "mixeds")
      (param "x" (list (tuple $case (option $point) (result $point (error $case)) (list $case))))
      (result (list (tuple $case (option $point) (result $point (error $case)) (list $case))))
      (canon lift (core func $m "pass") (memory $mem) (realloc $realloc)))
    (func (export "texts") (param "x" (list string)) (result (list string))
      (canon lift (core func $m "pass") (memory $mem) (realloc $realloc))))
  (instance $inner (instantiate $Inner))

  (core instance $m (instantiate $M))
  (alias core export $m "mem" (core memory $mem))
  (alias core export $m "realloc" (core func $realloc))
  (core func $bools (canon lower (func $inner "bools") (memory $mem) (realloc $realloc)))
  (core instance $f-bools (instantiate $Forward (with "" (instance
    (export "mem" (memory $mem)) (export "f" (func $bools))))))
  (func (export "bools") (param "x" (list bool)) (result (list bool))
    (canon lift (core func $f-bools "pass") (memory $mem) (realloc $realloc)))
  (core func $nests (canon lower (func $inner "nests") (memory $mem) (realloc $realloc)))
  (core instance $f-nests (instantiate $Forward (with "" (instance
    (export "mem" (memory $mem)) (export "f" (func $nests))))))
  (func (export "nests") (param "x" (list (option (option (option bool))))) (result (list (option (option (option bool)))))
    (canon lift (core func $f-nests "pass") (memory $mem) (realloc $realloc)))
  (core func $fails (canon lower (func $inner "fails") (memory $mem) (realloc $realloc)))
  (core instance $f-fails (instantiate $Forward (with "" (instance
    (export "mem" (memory $mem)) (export "f" (func $fails))))))
  (func (export "fails") (param "x" (list (result u8 (error string)))) (result (list (result u8 (error string))))
    (canon lift (core func $f-fails "pass") (memory $mem) (realloc $realloc)))
  (core func $units (canon lower (func $inner "units") (memory $mem) (realloc $realloc)))
  (core instance $f-units (instantiate $Forward (with "" (instance
    (export "mem" (memory $mem)) (export "f" (func $units))))))
  (func (export "units") (param "x" (list (result))) (result (list (result)))
    (canon lift (core func $f-units "pass") (memory $mem) (realloc $realloc)))
  (core func $manys (canon lower (func $inner "manys") (memory $mem) (realloc $realloc)))
  (core instance $f-manys (instantiate $Forward (with "" (instance
    (export "mem" (memory $mem)) (export "f" (func $manys))))))
  (func (export "manys") (param "x" (list (tuple u8 u16 u8 u32 u8 u64 u8))) (result (list (tuple u8 u16 u8 u32 u8 u64 u8)))
    (canon lift (core func $f-manys "pass") (memory $mem) (realloc $realloc)))
  (core func $deeps (canon lower (func $inner "deeps") (memory $mem) (realloc $realloc)))
  (core instance $f-deeps (instantiate $Forward (with "" (instance
    (export "mem" (memory $mem)) (export "f" (func $deeps))))))
  (func (export "deeps") (param "x" (list (list (list u16)))) (result (list (list (list u16))))
    (canon lift (core func $f-deeps "pass") (memory $mem) (realloc $realloc)))
  (core func $mixeds (canon lower (func $inner "mixeds") (memory $mem) (realloc $realloc)))
  (core instance $f-mixeds (instantiate $Forward (with "" (instance
    (export "mem" (memory $mem)) (export "f" (func $mixeds))))))
  (core func $texts (canon lower (func $inner "texts") (memory $mem) (realloc $realloc)))
  (core instance $f-texts (instantiate $Forward (with "" (instance
    (export "mem" (memory $mem)) (export "f" (func $texts))))))
  (func (export "texts") (param "x" (list string)) (result (list string))
    (canon lift (core func $f-texts "pass") (memory $mem) (realloc $realloc)))
  (func (export "mixeds") (param "x" (list $mixed')) (result (list $mixed'))
    (canon lift (core func $f-mixeds "pass") (memory $mem) (realloc $realloc)))
)
(component instance $lists $Lists)

(assert_return (invoke "bools" (list.const))
  (list.const))
(assert_return (invoke "bools" (list.const (bool.const true)))
  (list.const (bool.const true)))
(assert_return (invoke "bools" (list.const (bool.const true) (bool.const false) (bool.const false) (bool.const true)))
  (list.const (bool.const true) (bool.const false) (bool.const false) (bool.const true)))
(assert_return (invoke "nests" (list.const (option.none)))
  (list.const (option.none)))
(assert_return (invoke "nests" (list.const
    (option.some (option.none))
    (option.some (option.some (option.none)))
    (option.some (option.some (option.some (bool.const true))))
    (option.none)
    (option.some (option.some (option.some (bool.const false))))))
  (list.const
    (option.some (option.none))
    (option.some (option.some (option.none)))
    (option.some (option.some (option.some (bool.const true))))
    (option.none)
    (option.some (option.some (option.some (bool.const false))))))
(assert_return (invoke "fails" (list.const
    (result.ok (u8.const 200))
    (result.err (str.const ""))
    (result.err (str.const "a longer message, with \u{fc}nicode \u{1f9ea}"))
    (result.ok (u8.const 0))))
  (list.const
    (result.ok (u8.const 200))
    (result.err (str.const ""))
    (result.err (str.const "a longer message, with \u{fc}nicode \u{1f9ea}"))
    (result.ok (u8.const 0))))
(assert_return (invoke "units" (list.const (result.ok) (result.err) (result.ok)))
  (list.const (result.ok) (result.err) (result.ok)))
(assert_return (invoke "manys" (list.const
    (tuple.const (u8.const 1) (u16.const 65535) (u8.const 2) (u32.const 4294967295) (u8.const 3) (u64.const 18446744073709551615) (u8.const 255))))
  (list.const
    (tuple.const (u8.const 1) (u16.const 65535) (u8.const 2) (u32.const 4294967295) (u8.const 3) (u64.const 18446744073709551615) (u8.const 255))))
(assert_return (invoke "manys" (list.const
    (tuple.const (u8.const 1) (u16.const 65535) (u8.const 2) (u32.const 4294967295) (u8.const 3) (u64.const 18446744073709551615) (u8.const 255))
    (tuple.const (u8.const 1) (u16.const 65535) (u8.const 2) (u32.const 4294967295) (u8.const 3) (u64.const 18446744073709551615) (u8.const 255))
    (tuple.const (u8.const 9) (u16.const 8) (u8.const 7) (u32.const 6) (u8.const 5) (u64.const 4) (u8.const 3))))
  (list.const
    (tuple.const (u8.const 1) (u16.const 65535) (u8.const 2) (u32.const 4294967295) (u8.const 3) (u64.const 18446744073709551615) (u8.const 255))
    (tuple.const (u8.const 1) (u16.const 65535) (u8.const 2) (u32.const 4294967295) (u8.const 3) (u64.const 18446744073709551615) (u8.const 255))
    (tuple.const (u8.const 9) (u16.const 8) (u8.const 7) (u32.const 6) (u8.const 5) (u64.const 4) (u8.const 3))))
(assert_return (invoke "deeps" (list.const (list.const)))
  (list.const (list.const)))
(assert_return (invoke "deeps" (list.const
    (list.const (list.const (u16.const 1)) (list.const))
    (list.const)
    (list.const
    (list.const (u16.const 2) (u16.const 3))
    (list.const)
    (list.const (u16.const 4)))))
  (list.const
    (list.const (list.const (u16.const 1)) (list.const))
    (list.const)
    (list.const
    (list.const (u16.const 2) (u16.const 3))
    (list.const)
    (list.const (u16.const 4)))))
(assert_return (invoke "texts" (list.const
    (str.const "")
    (str.const "a")
    (str.const "\u{20ac}\u{d7ff}\u{10ffff}")
    (str.const "")))
  (list.const
    (str.const "")
    (str.const "a")
    (str.const "\u{20ac}\u{d7ff}\u{10ffff}")
    (str.const "")))
(assert_return (invoke "mixeds" (list.const
    (tuple.const (variant.const "none") (option.none) (result.err (variant.const "text" (str.const "why"))) (list.const
    (variant.const "byte" (u8.const 255))
    (variant.const "wide" (u64.const 9223372036854775808))))))
  (list.const
    (tuple.const (variant.const "none") (option.none) (result.err (variant.const "text" (str.const "why"))) (list.const
    (variant.const "byte" (u8.const 255))
    (variant.const "wide" (u64.const 9223372036854775808))))))
(assert_return (invoke "mixeds" (list.const
    (tuple.const (variant.const "text" (str.const "abc")) (option.some (record.const (field "x" s8.const -128) (field "y" f64.const -0x1.8p+3) (field "z" u16.const 65535))) (result.ok (record.const (field "x" s8.const 127) (field "y" f64.const inf) (field "z" u16.const 0))) (list.const))
    (tuple.const (variant.const "float" (f32.const 0x1p-149)) (option.some (record.const (field "x" s8.const 0) (field "y" f64.const -0) (field "z" u16.const 1))) (result.err (variant.const "float" (f32.const -inf))) (list.const
    (variant.const "none")
    (variant.const "text" (str.const ""))
    (variant.const "none")))))
  (list.const
    (tuple.const (variant.const "text" (str.const "abc")) (option.some (record.const (field "x" s8.const -128) (field "y" f64.const -0x1.8p+3) (field "z" u16.const 65535))) (result.ok (record.const (field "x" s8.const 127) (field "y" f64.const inf) (field "z" u16.const 0))) (list.const))
    (tuple.const (variant.const "float" (f32.const 0x1p-149)) (option.some (record.const (field "x" s8.const 0) (field "y" f64.const -0) (field "z" u16.const 1))) (result.err (variant.const "float" (f32.const -inf))) (list.const
    (variant.const "none")
    (variant.const "text" (str.const ""))
    (variant.const "none")))))

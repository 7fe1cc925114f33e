#!/usr/bin/env python3
"""Writes this folder's cases: `operators.wat`, `bounds/*.wat` and `cases.toml`.

    python3 generate.py

Needs nothing but Python. What it writes is kept in git, so that the suite needs no Python.
"""

import struct
from pathlib import Path

HERE = Path(__file__).parent
SHAPES = {"i8x16": 16, "i16x8": 8, "i32x4": 4, "i64x2": 2, "f32x4": 4, "f64x2": 2}
SCALAR = {"i8x16": "i32", "i16x8": "i32", "i32x4": "i32", "i64x2": "i64", "f32x4": "f32", "f64x2": "f64"}
X, Y, Z = "(local.get $x)", "(local.get $y)", "(local.get $z)"

operators = []  # (name, expression of type v128)


def add(name, expression):
    operators.append((name, expression))


def of_i32(expression):
    return f"(i32x4.splat {expression})"


def floats(shape, expression):
    return f"(call ${shape} {expression})"


# --- operands ---------------------------------------------------------------------------------------

vectors = []


def lanes(form, *values):
    vectors.append(struct.pack("<" + form * len(values), *values))


lanes("Q", 0, 0)
lanes("Q", 2**64 - 1, 2**64 - 1)
lanes("B", *range(16))
lanes("B", *range(15, -1, -1))
lanes("B", *range(16, 32))
lanes("B", 0, 1, 2, 15, 16, 17, 31, 32, 63, 64, 127, 128, 129, 192, 254, 255)
lanes("B", 0x80, 0x7F, 0xFF, 0x00, 0x01, 0x80, 0x81, 0x7E, 0x40, 0xC0, 0x3F, 0xBF, 0x55, 0xAA, 0x10, 0xEF)
lanes("B", *[0x80] * 16)
lanes("B", *[0x7F] * 16)
lanes("B", *[0x01] * 16)
lanes("H", 0x8000, 0x7FFF, 0xFFFF, 0, 1, 0x8001, 0x7FFE, 0x4000)
lanes("H", 0x8000, 0x8000, 0x7FFF, 0x00FF, 0x0100, 0x0080, 0xFF80, 0xFF7F)
lanes("H", *[0x8000] * 8)
lanes("H", *[0x7FFF] * 8)
lanes("H", 0x007F, 0x0080, 0xFF7F, 0x00FF, 0x0101, 0xFFFE, 2, 0x5555)
lanes("I", 0x80000000, 0x7FFFFFFF, 0xFFFFFFFF, 0)
lanes("I", 1, 0x80000001, 0x7FFFFFFE, 0x40000000)
lanes("I", 0x8000, 0x7FFF, 0xFFFF8000, 0xFFFF7FFF)
lanes("I", 0xFFFF, 0x10000, 0xFFFF0000, 2)
lanes("I", *[0x80000000] * 4)
lanes("I", 16777217, 16777219, 2147483583, 4294967167)
lanes("Q", 2**63, 2**63 - 1)
lanes("Q", 2**64 - 1, 1)
lanes("Q", 2**32, 2**32 - 1)
lanes("Q", 2**63 + 1, 2**31)
lanes("Q", 0x123456789ABCDEF0, 0x0FEDCBA987654321)
for count in (7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255):
    lanes("I", count, 2**32 - count, count * 3, 0x01010101)
inf, nan = float("inf"), float("nan")
lanes("f", 0.0, -0.0, 1.0, -1.0)
lanes("f", -0.0, 0.0, inf, -inf)
lanes("I", 0x7FC00000, 0xFFC00000, 0x7F800001, 0xFF800001)
lanes("I", 0x7FFFFFFF, 0x7FA00000, 0x00000001, 0x80000001)
lanes("I", 0x00800000, 0x007FFFFF, 0x7F7FFFFF, 0xFF7FFFFF)
lanes("f", 0.5, 1.5, 2.5, -0.5)
lanes("f", -1.5, -2.5, 0.49999997, -0.99999994)
lanes("f", 2147483520.0, 2147483648.0, -2147483648.0, -2147483904.0)
lanes("f", 4294967040.0, 4294967296.0, 8388607.5, -8388608.0)
lanes("f", 1e30, -1e30, 3.1415927, 1e-30)
lanes("f", inf, 1.0, nan, -0.0)
lanes("d", 0.0, -0.0)
lanes("d", -0.0, 1.0)
lanes("d", inf, -inf)
lanes("Q", 0x7FF8000000000000, 0xFFF8000000000000)
lanes("Q", 0x7FF0000000000001, 0x7FF4000000000000)
lanes("Q", 0x0000000000000001, 0x8010000000000000)
lanes("Q", 0x7FEFFFFFFFFFFFFF, 0x000FFFFFFFFFFFFF)
lanes("d", 2147483647.0, 2147483648.0)
lanes("d", -2147483648.0, -2147483649.0)
lanes("d", 2147483647.9, -2147483648.9)
lanes("d", 4294967295.0, 4294967296.0)
lanes("d", 4294967295.9, -0.9)
lanes("d", 0.5, -1.5)
lanes("d", 2.5, -2.5)
lanes("d", 4503599627370495.5, -0.49999999999999994)
lanes("d", 3.4028235677973366e38, 1.401298464324817e-45)
lanes("d", 7.006492321624085e-46, 16777217.0)
lanes("d", 1e300, -1e-300)
lanes("d", nan, 1.0)
seed = 0x2545F4914F6CDD1D
for _ in range(6):
    words = []
    for _ in range(2):
        seed = (seed * 0x5851F42D4C957F2D + 0x14057B7EF767814F) % 2**64
        words.append(seed ^ (seed >> 29))
    lanes("Q", *words)

# --- operators --------------------------------------------------------------------------------------

add("v128.not", f"(v128.not {X})")
for op in ("and", "andnot", "or", "xor"):
    add(f"v128.{op}", f"(v128.{op} {X} {Y})")
add("v128.bitselect", f"(v128.bitselect {X} {Y} {Z})")
add("v128.any_true", of_i32(f"(v128.any_true {X})"))
add("v128.const", f"(v128.xor {X} (v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 255))")

for shape in ("i8x16", "i16x8", "i32x4", "i64x2"):
    add(f"{shape}.all_true", of_i32(f"({shape}.all_true {X})"))
    add(f"{shape}.bitmask", of_i32(f"({shape}.bitmask {X})"))
    for op in ("abs", "neg"):
        add(f"{shape}.{op}", f"({shape}.{op} {X})")
    binary = ["add", "sub", "eq", "ne"]
    signs = ("_s",) if shape == "i64x2" else ("_s", "_u")
    binary += [op + sign for op in ("lt", "gt", "le", "ge") for sign in signs]
    if shape != "i8x16":
        binary.append("mul")
    if shape != "i64x2":
        binary += [op + sign for op in ("min", "max") for sign in signs]
    if shape in ("i8x16", "i16x8"):
        binary += [f"{op}_sat_{sign}" for op in ("add", "sub") for sign in "su"] + ["avgr_u"]
    if shape == "i16x8":
        binary.append("q15mulr_sat_s")
    for op in binary:
        add(f"{shape}.{op}", f"({shape}.{op} {X} {Y})")
    for op in ("shl", "shr_s", "shr_u"):
        add(f"{shape}.{op}", f"({shape}.{op} {X} (i32x4.extract_lane 0 {Y}))")
        for count in (0, 1, 7, 9, 33, 64, 127, -1):
            add(f"{shape}.{op} {count}", f"({shape}.{op} {X} (i32.const {count}))")
add("i8x16.popcnt", f"(i8x16.popcnt {X})")
add("i8x16.swizzle", f"(i8x16.swizzle {X} {Y})")
add("i8x16.swizzle, constant", f"(i8x16.swizzle {X} (v128.const i8x16 3 16 15 0 255 1 128 14 2 13 31 4 12 5 200 7))")
for number, mask in enumerate(
    [
        list(range(16)),
        list(range(16, 32)),
        [0] * 16,
        [31] * 16,
        list(range(31, 15, -1)),
        [i + 5 for i in range(16)],
        [i // 2 + (16 if i % 2 else 0) for i in range(16)],
        [8 + i // 2 + (16 if i % 2 else 0) for i in range(16)],
        [i // 4 * 4 + (3 - i % 4) for i in range(16)],
        [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23],
        [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23],
        [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31],
        [2, 3, 0, 1, 6, 7, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15],
        [0, 1, 2, 3, 4, 5, 6, 7, 14, 15, 12, 13, 10, 11, 8, 9],
        [4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7],
        [(i * 7 + 3) % 32 for i in range(16)],
        [0, 17, 2, 19, 4, 21, 6, 23, 8, 25, 10, 27, 12, 29, 14, 31],
        [i * 2 for i in range(16)],
        [i * 2 + 1 for i in range(16)],
    ]
):
    text = " ".join(map(str, mask))
    add(f"i8x16.shuffle {number}", f"(i8x16.shuffle {text} {X} {Y})")
    add(f"i8x16.shuffle {number}, of one", f"(i8x16.shuffle {text} {X} {X})")

for shape, count in SHAPES.items():
    scalar = SCALAR[shape]
    # A scalar of the operand that isn't a lane of the same shape, so that narrow lanes are cut from wide values.
    source = {"i32": f"(i32x4.extract_lane 1 {Y})", "i64": f"(i64x2.extract_lane 1 {Y})",
              "f32": f"(f32x4.extract_lane 1 {Y})", "f64": f"(f64x2.extract_lane 1 {Y})"}[scalar]
    add(f"{shape}.splat", f"({shape}.splat {source})")
    for lane in range(count):
        add(f"{shape}.replace_lane {lane}", f"({shape}.replace_lane {lane} {X} {source})")
        if shape in ("i8x16", "i16x8"):
            for sign in "su":
                add(f"{shape}.extract_lane_{sign} {lane}", of_i32(f"({shape}.extract_lane_{sign} {lane} {X})"))
        else:
            add(f"{shape}.extract_lane {lane}", f"({shape}.splat ({shape}.extract_lane {lane} {X}))")

for narrow, wide in (("i8x16", "i16x8"), ("i16x8", "i32x4"), ("i32x4", "i64x2")):
    for sign in "su":
        if wide != "i64x2":
            add(f"{narrow}.narrow_{wide}_{sign}", f"({narrow}.narrow_{wide}_{sign} {X} {Y})")
            add(f"{wide}.extadd_pairwise_{narrow}_{sign}", f"({wide}.extadd_pairwise_{narrow}_{sign} {X})")
        for half in ("low", "high"):
            add(f"{wide}.extend_{half}_{narrow}_{sign}", f"({wide}.extend_{half}_{narrow}_{sign} {X})")
            add(f"{wide}.extmul_{half}_{narrow}_{sign}", f"({wide}.extmul_{half}_{narrow}_{sign} {X} {Y})")
add("i32x4.dot_i16x8_s", f"(i32x4.dot_i16x8_s {X} {Y})")
add("i32x4.dot_i16x8_s, added", f"(i32x4.add (i32x4.dot_i16x8_s {X} {Y}) {Z})")

for shape in ("f32x4", "f64x2"):
    for op in ("abs", "neg"):
        add(f"{shape}.{op}", f"({shape}.{op} {X})")
    for op in ("ceil", "floor", "trunc", "nearest", "sqrt"):
        add(f"{shape}.{op}", floats(shape, f"({shape}.{op} {X})"))
    for op in ("add", "sub", "mul", "div", "min", "max"):
        add(f"{shape}.{op}", floats(shape, f"({shape}.{op} {X} {Y})"))
    for op in ("pmin", "pmax", "eq", "ne", "lt", "gt", "le", "ge"):
        add(f"{shape}.{op}", f"({shape}.{op} {X} {Y})")
for sign in "su":
    add(f"i32x4.trunc_sat_f32x4_{sign}", f"(i32x4.trunc_sat_f32x4_{sign} {X})")
    add(f"i32x4.trunc_sat_f64x2_{sign}_zero", f"(i32x4.trunc_sat_f64x2_{sign}_zero {X})")
    add(f"f32x4.convert_i32x4_{sign}", f"(f32x4.convert_i32x4_{sign} {X})")
    add(f"f64x2.convert_low_i32x4_{sign}", f"(f64x2.convert_low_i32x4_{sign} {X})")
add("f32x4.demote_f64x2_zero", floats("f32x4", f"(f32x4.demote_f64x2_zero {X})"))
add("f64x2.promote_low_f32x4", floats("f64x2", f"(f64x2.promote_low_f32x4 {X})"))

# Operators on what the optimiser knows: constants and splats take other ways through it.
splat = f"(i8x16.splat (i32x4.extract_lane 0 {X}))"
wide_splat = f"(i16x8.splat (i32x4.extract_lane 0 {X}))"
word_splat = f"(i32x4.splat (i32x4.extract_lane 0 {X}))"
add("splat extended", f"(i16x8.extend_low_i8x16_s {splat})")
add("splat added pairwise", f"(i16x8.extadd_pairwise_i8x16_u {splat})")
add("splat dot", f"(i32x4.dot_i16x8_s {wide_splat} {Y})")
add("splat dot splat", f"(i32x4.dot_i16x8_s {wide_splat} {wide_splat})")
add("splat extmul", f"(i64x2.extmul_high_i32x4_u {word_splat} {Y})")
add("splat converted", f"(f64x2.convert_low_i32x4_s {word_splat})")
add("splat converted unsigned", f"(f64x2.convert_low_i32x4_u {word_splat})")
double_splat = f"(f64x2.splat (f64x2.extract_lane 0 {X}))"
add("splat truncated", f"(i32x4.trunc_sat_f64x2_s_zero {double_splat})")
add("splat truncated unsigned", f"(i32x4.trunc_sat_f64x2_u_zero {double_splat})")
add("constant truncated", "(i32x4.trunc_sat_f64x2_u_zero (v128.const f64x2 3e9 -1))")
add("constant converted", "(f64x2.convert_low_i32x4_u (v128.const i32x4 -1 1 2 3))")
add("constant dot", "(i32x4.dot_i16x8_s (v128.const i16x8 -32768 -32768 1 2 3 4 5 6) (v128.const i16x8 -32768 -32768 1 2 3 4 5 6))")
add("comparison selects", f"(v128.bitselect {X} {Y} (i32x4.gt_s {X} {Y}))")
add("comparison of floats selects", f"(v128.bitselect {X} {Y} (f32x4.lt {X} {Y}))")
add("comparison negated", f"(v128.not (i16x8.lt_u {X} {Y}))")
add("bitmask of a comparison", of_i32(f"(i8x16.bitmask (i8x16.eq {X} {Y}))"))

# Control, calls, globals: `v128` as a value.
add("select", f"(select {X} {Y} (i32x4.extract_lane 0 {Z}))")
add("select, typed", f"(select (result v128) {X} {Y} (v128.any_true {Z}))")
add("if", f"(if (result v128) (i32.lt_s (i32x4.extract_lane 0 {X}) (i32.const 0)) (then {Y}) (else (i8x16.neg {X})))")
add("block", f"(block (result v128 v128) (br_if 0 {X} {Y} (i32x4.extract_lane 1 {X})) drop drop {Y} {X}) i8x16.sub")
add("br_table", f"(block $a (result v128) (block $b (result v128) (br_table $a $b {X} (i32.and (i32x4.extract_lane 0 {Y}) (i32.const 3)))) (i16x8.add {Y}))")
add("loop", f"""(local $n i32) (local $sum v128)
      {X} (loop $next (param v128) (result v128)
        (local.set $sum (i32x4.add (local.get $sum) (local.tee $x (i32x4.shl (i32.const 1)))))
        {X}
        (br_if $next (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
      (v128.xor (local.get $sum))""")
add("a local is zero", f"(local $fresh v128) (i8x16.add {X} (local.get $fresh))")
add("global", f"(i8x16.add {X} (global.get $constant))")
add("global of a global", f"(i8x16.add {X} (global.get $copied))")
add("mutable global", f"(global.set $variable (i32x4.add (global.get $variable) {X})) (global.get $variable)")
add("global of another module", f"(global.set $shared (v128.xor (global.get $shared) {Y})) (global.get $shared)")
add("call of another module", f"(call $linked {X} {Y})")
add("many results", f"(local $last v128) (call $many {X} {Y}) i8x16.add i16x8.sub i32x4.mul local.set $last i32x4.replace_lane 0 v128.xor i64x2.add local.get $last v128.xor")
add("many parameters", f"(call $params {X} {Y} {Z} (i32.const 3) {Y} {X} (f64.const 2) {Z} {Z} {X} {Y} {X} {Z} {Y})")
add("recursion", f"(call $recurse {X} {Y} (i32.const 5))")

# Memory. Both a memory whose base may be a constant and one whose base isn't.
BYTES = {"load8x8": 8, "load16x4": 8, "load32x2": 8}
for memory in ("near", "far"):
    index = f"(call $index {X})"
    for op in ["v128.load"] + [f"v128.{op}_{sign}" for op in BYTES for sign in "su"] + [
        "v128.load8_splat", "v128.load16_splat", "v128.load32_splat", "v128.load64_splat",
        "v128.load32_zero", "v128.load64_zero",
    ]:
        add(f"{op} {memory}", f"({op} ${memory} offset=4001 {index})")
    add(f"v128.load {memory}, added", f"(i16x8.add (v128.load ${memory} offset=3999 {index}) {Y})")
    add(f"v128.load {memory}, widened", f"(i16x8.extend_high_i8x16_u (v128.load ${memory} offset=3999 {index}))")
    add(f"v128.load {memory}, a constant index", f"(v128.xor {X} (v128.load ${memory} offset=4 (i32.const 3999)))")
    add(f"v128.store {memory}", f"(v128.store ${memory} offset=4001 {index} {Y}) (call $sum-{memory} {index})")
    for bits, shape in ((8, "i8x16"), (16, "i16x8"), (32, "i32x4"), (64, "i64x2")):
        for lane in range(SHAPES[shape]):
            add(f"v128.load{bits}_lane {memory} {lane}", f"(v128.load{bits}_lane ${memory} offset=4001 {lane} {index} {Y})")
            add(f"v128.store{bits}_lane {memory} {lane}", f"(v128.store{bits}_lane ${memory} offset=4001 {lane} {index} {Y}) (call $sum-{memory} {index})")


def data(raw, width=32):
    lines = []
    for at in range(0, len(raw), width):
        lines.append('      "' + "".join(f"\\{byte:02x}" for byte in raw[at : at + width]) + '"')
    return "\n".join(lines)


OPERANDS = 16
NAMES = 8192
LINES = 65536
names = "".join(f"{name}\n" for name, _ in operators).encode()
assert OPERANDS + 16 * len(vectors) < 3584
assert NAMES + len(names) < LINES

IMPORTS = """  (import "wasi:io/error@0.2.0" (instance $io-error
    (export "error" (type (sub resource)))
  ))
  (alias export $io-error "error" (type $error))

  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output-stream (sub resource)))
    (alias outer 1 $error (type $error-outer))
    (export "error" (type $error (eq $error-outer)))
    (type $stream-error-def (variant
      (case "last-operation-failed" (own $error))
      (case "closed")
    ))
    (export "stream-error" (type $stream-error (eq $stream-error-def)))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output-stream))
      (param "contents" (list u8))
      (result (result (error $stream-error)))
    ))
  ))
  (alias export $streams "output-stream" (type $output-stream))

  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output-stream (type $output-stream-outer))
    (export "output-stream" (type $output-stream (eq $output-stream-outer)))
    (export "get-stdout" (func (result (own $output-stream))))
  ))

  (core module $memory-module
    (memory (export "memory") 2)
  )
  (core instance $memory (instantiate $memory-module))
  (alias core export $memory "memory" (core memory $mem))

  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower
    (func $streams "[method]output-stream.blocking-write-and-flush")
    (memory $mem)
  ))
"""


def sum_of(memory):
    return f"""    ;; A hash of the 64 bytes from 3968 + index on, in both halves.
    (func $sum-{memory} (param $at i32) (result v128) (local $end i32) (local $hash i64)
      (local.set $end (i32.add (local.get $at) (i32.const 64)))
      (loop $next
        (local.set $hash (i64.add (i64.mul (local.get $hash) (i64.const 0x100000001b3))
          (i64.load ${memory} offset=3968 (local.get $at))))
        (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))
      (i64x2.splat (local.get $hash)))
"""


functions = "\n".join(
    f"""    (func $"{name}" (type $operator) (param $x v128) (param $y v128) (param $z v128) (result v128)
      {expression})"""
    for name, expression in operators
)
table = "\n".join(f'      $"{name}"' for name, _ in operators)

text = f""";; Written by `generate.py`; change that.
;;
;; Every operator on vectors, on pairs of operands that matter: zeros, signs, widths, limits of lanes and
;; of conversions, shuffles' indices, NaNs, infinities, subnormals. Also vectors as values: locals,
;; globals, parameters and results, blocks' parameters.
;;
;; Each operator is a function of three vectors, and all are in one table. `run` applies each to all
;; pairs and writes one line: a hash of the results, and the operator's name. Where an operator makes
;; NaNs they count as one value, as which one it makes is left open. `bounds/` has what traps.
(component
{IMPORTS}
  ;; What vectors come from and go to in another module.
  (core module $linked-module
    (global (export "shared") (mut v128) (v128.const i32x4 1 2 3 4))
    (global (export "constant") v128 (v128.const i16x8 -1 2 -3 4 -5 6 -7 8))
    (func (export "linked") (param v128 v128) (result v128)
      (i8x16.sub (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get 0) (local.get 1))
        (v128.const i8x16 1 1 2 3 5 8 13 21 34 55 89 144 233 1 2 3)))
  )
  (core instance $linked (instantiate $linked-module))

  (core module $main-module
    (import "host" "get-stdout" (func $get-stdout (result i32)))
    (import "host" "write" (func $write (param $stream i32) (param $bytes i32) (param $length i32) (param $result i32)))
    (import "linked" "linked" (func $linked (param v128 v128) (result v128)))
    (import "linked" "shared" (global $shared (mut v128)))
    (import "linked" "constant" (global $imported v128))
    (import "memory" "memory" (memory $near 2))
    (memory $far 1 3)

    (global $constant v128 (v128.const i8x16 0 1 2 3 4 5 6 7 248 249 250 251 252 253 254 255))
    (global $copied v128 (global.get $imported))
    (global $before (mut i32) (i32.const 0))
    (global $variable (mut v128) (v128.const i64x2 0x123456789 -1))
    (global $count i32 (i32.const {len(vectors)}))
    ;; The operands.
    (data (memory $near) (i32.const {OPERANDS})
{data(b"".join(vectors))})
    ;; The operators' names, a line each.
    (data (memory $near) (i32.const {NAMES})
{data(names)})

    ;; One NaN for all.
    (func $f32x4 (param $v v128) (result v128)
      (v128.bitselect (v128.const i32x4 0x7fc00000 0x7fc00000 0x7fc00000 0x7fc00000) (local.get $v)
        (f32x4.ne (local.get $v) (local.get $v))))
    (func $f64x2 (param $v v128) (result v128)
      (v128.bitselect (v128.const i64x2 0x7ff8000000000000 0x7ff8000000000000) (local.get $v)
        (f64x2.ne (local.get $v) (local.get $v))))

    ;; More results than registers, vectors and others.
    (func $many (param $x v128) (param $y v128)
      (result v128 v128 v128 i32 v128 v128 v128 v128)
      (local.get $x) (local.get $y) (v128.not (local.get $x)) (i32x4.extract_lane 2 (local.get $y))
      (i32x4.add (local.get $x) (local.get $y)) (local.get $y) (i8x16.neg (local.get $y)) (local.get $x)
      (call $reorder))
    (func $reorder (param $a v128) (param $b v128) (param $c v128) (param $d i32) (param $e v128) (param $f v128)
      (param $g v128) (param $h v128) (result v128 v128 v128 i32 v128 v128 v128 v128)
      (local.get $h) (local.get $a) (local.get $e) (local.get $d)
      (local.get $g) (local.get $c) (local.get $b) (local.get $f))
    (func $params (param $a v128) (param $b v128) (param $c v128) (param $n i32) (param $d v128) (param $e v128)
      (param $v f64) (param $f v128) (param $g v128) (param $h v128) (param $i v128) (param $j v128)
      (param $k v128) (param $l v128) (result v128)
      (i8x16.sub (i16x8.mul (local.get $a) (local.get $l)) (i32x4.sub (local.get $b) (local.get $k)))
      (i16x8.sub (v128.andnot (local.get $c) (local.get $j)) (i64x2.sub (local.get $d) (local.get $i)))
      (i8x16.add (i8x16.min_u (local.get $e) (local.get $h)) (i8x16.max_s (local.get $f) (local.get $g)))
      i32x4.sub i8x16.sub
      (i32x4.shl (local.get $n))
      (i32x4.add (i32x4.splat (i32.trunc_sat_f64_s (local.get $v)))))
    (func $recurse (param $x v128) (param $y v128) (param $n i32) (result v128)
      (if (result v128) (i32.eqz (local.get $n))
        (then (i8x16.add (local.get $x) (local.get $y)))
        (else
          (i32x4.sub
            (call $recurse (local.get $y) (i8x16.shl (local.get $x) (i32.const 1)) (i32.sub (local.get $n) (i32.const 1)))
            (local.get $x)))))

    ;; An index of memory made of an operand.
    (func $index (param $v v128) (result i32)
      (i32.and
        (i32.xor (i32x4.extract_lane 0 (local.get $v)) (i32x4.extract_lane 3 (local.get $v)))
        (i32.const 511)))
{sum_of("near")}{sum_of("far")}
    (type $operator (func (param $x v128) (param $y v128) (param $z v128) (result v128)))
    (table $operators funcref (elem
{table}))

{functions}

    ;; What both memories hold before an operator's turn.
    (func $prepare (local $at i32) (local $v i64)
      (local.set $at (i32.const 3584))
      (local.set $v (i64.const 0x2545f4914f6cdd1d))
      (loop $next
        (local.set $v (i64.add (i64.mul (local.get $v) (i64.const 0x5851f42d4c957f2d)) (i64.const 0x14057b7ef767814f)))
        (i64.store $near (local.get $at) (local.get $v))
        (i64.store $far (local.get $at) (i64.rotl (local.get $v) (i64.const 11)))
        (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 5120)))))

    (func $operand (param $index i32) (result v128)
      (v128.load offset={OPERANDS} (i32.shl (local.get $index) (i32.const 4))))

    ;; A hash of what the operator makes of all pairs.
    (func $hash (param $operator i32) (result i64) (local $i i32) (local $j i32) (local $hash i64) (local $v v128)
      (call $prepare)
      (local.set $hash (i64.const 1))
      (loop $rows
        (local.set $j (i32.const 0))
        (loop $columns
          (local.set $v (call_indirect (type $operator)
            (call $operand (local.get $i))
            (call $operand (local.get $j))
            (call $operand (i32.rem_u (i32.add (local.get $i) (i32.mul (local.get $j) (i32.const 3))) (global.get $count)))
            (local.get $operator)))
          (local.set $hash (i64.mul
            (i64.xor (i64.rotl (local.get $hash) (i64.const 23)) (i64x2.extract_lane 0 (local.get $v)))
            (i64.const 0x9e3779b97f4a7c15)))
          (local.set $hash (i64.mul
            (i64.xor (i64.rotl (local.get $hash) (i64.const 23)) (i64x2.extract_lane 1 (local.get $v)))
            (i64.const 0x9e3779b97f4a7c15)))
          (br_if $columns (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (global.get $count))))
        (br_if $rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (global.get $count))))
      (local.get $hash))

    (func (export "run") (result i32)
      (local $operator i32) (local $at i32) (local $name i32) (local $hash i64) (local $digits i32) (local $digit i32)
      (local.set $name (i32.const {NAMES}))
      (loop $next
        (local.set $at (i32.const {LINES}))
        (local.set $hash (call $hash (local.get $operator)))
        (local.set $digits (i32.const 16))
        (loop $more
          (local.set $digit (i32.and (i32.wrap_i64 (local.tee $hash (i64.rotl (local.get $hash) (i64.const 4)))) (i32.const 15)))
          (i32.store8 (local.get $at)
            (i32.add (local.get $digit) (select (i32.const 48) (i32.const 87) (i32.lt_u (local.get $digit) (i32.const 10)))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br_if $more (local.tee $digits (i32.sub (local.get $digits) (i32.const 1)))))
        (i32.store8 (local.get $at) (i32.const 32))
        (loop $copy
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (i32.store8 (local.get $at) (i32.load8_u (local.get $name)))
          (local.set $name (i32.add (local.get $name) (i32.const 1)))
          (br_if $copy (i32.ne (i32.load8_u (local.get $at)) (i32.const 10))))
        (call $write (call $get-stdout) (i32.const {LINES})
          (i32.sub (i32.add (local.get $at) (i32.const 1)) (i32.const {LINES})) (i32.const 0))
        (if (i32.load8_u (i32.const 0)) (then (unreachable)))
        (br_if $next (i32.lt_u (local.tee $operator (i32.add (local.get $operator) (i32.const 1))) (table.size $operators))))
      (i32.const 0))
  )
  (core instance $main (instantiate $main-module
    (with "memory" (instance $memory))
    (with "linked" (instance $linked))
    (with "host" (instance
      (export "get-stdout" (func $get-stdout))
      (export "write" (func $write))
    ))
  ))

  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $run-interface (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $run-interface))
)
"""
(HERE / "operators.wat").write_text(text)

# --- bounds -----------------------------------------------------------------------------------------

VECTOR = "(v128.const i8x16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)"
PAGE = 65536
accesses = [("v128.load", 16, "", ""), ("v128.store", 16, "", VECTOR)]
accesses += [(f"v128.{op}_{sign}", 8, "", "") for op in BYTES for sign in "su"]
accesses += [(f"v128.load{bits}_splat", bits // 8, "", "") for bits in (8, 16, 32, 64)]
accesses += [(f"v128.load{bits}_zero", bits // 8, "", "") for bits in (32, 64)]
accesses += [
    (f"v128.{op}{bits}_lane", bits // 8, str(128 // bits - 1), VECTOR)
    for op in ("load", "store")
    for bits in (8, 16, 32, 64)
]
cases = ['[[case]]\nname = "operators"\ninput = "operators.wat"\nstatus = 0\n']
bounds = HERE / "bounds"
bounds.mkdir(exist_ok=True)
for old in bounds.glob("*.wat"):
    old.unlink()


def bound(name, what, function, pages, body, first, last, hot="near"):
    """One module that touches two memories, of which `hot` is the busier; `last` traps."""
    text = f""";; Written by `generate.py`; change that.
;; {what}
(component
  (core module $program
    (memory $near {pages})
    (memory $far {pages})
    (func $heat (param $n i32)
      (loop $a (loop $b
        (v128.store ${hot} (local.get $n) (i8x16.neg (v128.load ${hot} (local.get $n))))
        (br_if $b (local.tee $n (i32.sub (local.get $n) (i32.const 16)))))))
    (func ${function} (param $index i32) (param $value v128) (result v128)
      {body})
    (func (export "run") (result i32)
      (call $heat (i32.const 64))
      ;; In bounds.
      (v128.store $near (i32.const 0) (call ${function} {first} {VECTOR}))
      ;; Not.
      (v128.store $near (i32.const 0) (call ${function} {last} {VECTOR}))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)
"""
    (bounds / f"{name}.wat").write_text(text)
    cases.append(
        f'[[case]]\nname = "bounds/{name}"\ninput = "bounds/{name}.wat"\nstatus = 134\n'
        f'trap = "memory-out-of-bounds"\nfunction = "{function}"\n'
    )


def i32(value):
    return f"(i32.const {value})"


for op, size, lane, vector in accesses:
    value = " (local.get $value)" if vector else ""
    stores = "store" in op
    for memory, offset, where in (("near", 7, ""), ("far", 7, "-other"), ("near", 2**31 + 5, "-far-offset")):
        if where and op not in ("v128.load", "v128.store", "v128.load32x2_u", "v128.store8_lane"):
            continue
        access = f"({op} ${memory} offset={offset} {lane} (local.get $index){value})"
        body = f"{access} (local.get $value)" if stores else access
        name = op.removeprefix("v128.").replace("_", "-") + where
        function = op.removeprefix("v128.")
        if offset < PAGE:
            last = PAGE - size - offset
            bound(name, f"{op} of the last {size} bytes, then of one byte past the end.", function, 1, body, i32(last), i32(last + 1))
        else:
            # As many pages as reach past the offset.
            pages = 2**31 // PAGE + 1
            last = pages * PAGE - size - offset
            bound(name, f"{op} of the last {size} bytes behind a large offset, then of one byte past the end.", function, pages, body, i32(last), i32(last + 1))

for name, offset in (("load-largest", "0x7fffffff"), ("load-largest-offset", "0xffffffff")):
    # The first access is of another place: this offset has none in bounds.
    bound(name, f"v128.load at the largest index, offset {offset}.", "load_far", 1,
          f"(if (result v128) (local.get $index) (then (v128.load $far offset={offset} (local.get $index))) (else (local.get $value)))",
          i32(0), i32(-1))
bound("constant-index", "v128.load at a constant index of which only the last byte is outside.", "load_constant", 1,
      f"(if (result v128) (local.get $index) (then (v128.load $near offset=1 (i32.const {PAGE - 16}))) (else (v128.load $near (i32.const {PAGE - 16}))))",
      i32(0), i32(1))
# The trap is the load's, whatever instruction it became part of; and the load stays as wide as it was, also
# where that instruction needs fewer bytes, or would take more.
V = "(v128.load $near (local.get $index))"
for name, size, body in (
    ("add", 16, f"(i32x4.add (local.get $value) {V})"),
    ("multiply", 16, f"(f32x4.mul {V} (local.get $value))"),
    ("compare", 16, f"(i8x16.eq (local.get $value) {V})"),
    ("shuffle", 16, f"(i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $value) {V})"),
    ("root", 16, f"(f32x4.sqrt {V})"),
    ("widening", 16, f"(i16x8.extend_low_i8x16_s {V})"),
    ("promotion", 16, f"(f64x2.promote_low_f32x4 {V})"),
    ("conversion", 16, f"(f64x2.convert_low_i32x4_s {V})"),
    ("conversion-unsigned", 16, f"(f64x2.convert_low_i32x4_u {V})"),
    ("count", 16, f"(i32x4.shl (local.get $value) (i32x4.extract_lane 0 {V}))"),
    ("first-byte", 16, f"(i8x16.splat (i8x16.extract_lane_u 0 {V}))"),
    ("first-word", 16, f"(i32x4.splat (i32x4.extract_lane 0 {V}))"),
    ("first-float", 16, f"(f32x4.splat (f32x4.extract_lane 0 {V}))"),
    ("first-double", 16, f"(f64x2.replace_lane 0 (local.get $value) (f64x2.extract_lane 0 {V}))"),
    ("half-widening", 8, "(i16x8.extend_low_i8x16_u (v128.load64_zero $near (local.get $index)))"),
    ("half-add", 8, "(i8x16.add (local.get $value) (v128.load64_zero $near (local.get $index)))"),
    ("double-splat", 8, "(f64x2.splat (f64.load $near (local.get $index)))"),
    ("double-lane", 8, "(f64x2.replace_lane 1 (local.get $value) (f64.load $near (local.get $index)))"),
    ("double-first-lane", 8, "(f64x2.replace_lane 0 (local.get $value) (f64.load $near (local.get $index)))"),
    ("float-splat", 4, "(f32x4.splat (f32.load $near (local.get $index)))"),
    ("float-lane", 4, "(f32x4.replace_lane 2 (local.get $value) (f32.load $near (local.get $index)))"),
    ("word-lane", 4, "(i32x4.replace_lane 1 (local.get $value) (i32.load $near (local.get $index)))"),
    ("short-lane", 2, "(i16x8.replace_lane 5 (local.get $value) (i32.load16_u $near (local.get $index)))"),
    ("byte-splat", 1, "(i8x16.splat (i32.load8_u $near (local.get $index)))"),
    ("lane-store", 4, "(i32.store $near (local.get $index) (i32x4.extract_lane 3 (local.get $value))) (local.get $value)"),
    ("float-lane-store", 4, "(f32.store $near (local.get $index) (f32x4.extract_lane 0 (local.get $value))) (local.get $value)"),
):
    bound(f"folded-{name}", "An access and the operator beside it, up to the last byte and past it.", "folded_" + name.replace("-", "_"), 1,
          body, i32(PAGE - size), i32(PAGE - size + 1))

(HERE / "cases.toml").write_text(
    "# Written by `generate.py`; change that.\n"
    "# `operators` applies every operator; each of `bounds` reaches the last bytes, then one byte too far.\n\n" + "\n".join(cases)
)
print(len(operators), "operators,", len(vectors), "operands,", len(cases), "cases")

#!/usr/bin/env python3
"""Writes this folder's cases: strings between two components, from each encoding to each (`pairs/*.wat`), those
that have to trap (`traps/*.wat`), strings of the host (`host/*.wat`), and `cases.toml`.

    python3 generate.py

Needs nothing but Python. What it writes is kept in git, so that the suite needs no Python.
"""

from pathlib import Path

HERE = Path(__file__).parent
ENCODINGS = ["utf8", "utf16", "latin1+utf16"]
TAG = 1 << 31
MAX = (1 << 28) - 1

TEXTS = [
    "",
    "a",
    "ASCII only, of some length, so that it takes whole blocks and a rest: 0123456789 ",
    "é",
    "ÿ" * 17,
    "Latin-1 late in a long text of ASCII, after more than thirty-two characters: ü.",
    "grüße, ñandú, Ærø, ça va, œ isn't among them",
    "Ā",
    "ab\u00e9\u00e8 then the first from 256 on: \u0100 and ASCII",
    "жизнь",
    "жизнь, " * 20,
    "生活",
    "生" * 33 + ".",
    "ASCII, 生活, ASCII, é, ASCII " * 9,
    "🌱",
    "a🌱" * 21,
    "\u0000\u007f\u0080\u00ff\u0100\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff",
    "Ζωή, жизнь, 生活, lífið 🌱 𐍈 " * 10,
    "x" * 520,
    "x" * 519 + "é",
    "x" * 519 + "生",
]


def short(encoding):
    return encoding.replace("+", "-")


def forms(encoding, text):
    """How a side can pass a text: bytes and tagged length."""
    if encoding == "utf8":
        data = text.encode("utf-8")
        return [(data, len(data))]
    wide = text.encode("utf-16-le")
    if encoding == "utf16":
        return [(wide, len(wide) // 2)]
    all_forms = [(wide, len(wide) // 2 | TAG)]
    try:
        narrow = text.encode("latin-1")
        all_forms.append((narrow, len(narrow)))
    except UnicodeEncodeError:
        pass
    return all_forms


def arriving(encoding, text):
    """What arrives: in `latin1+utf16`, Latin-1 wherever it can be."""
    return forms(encoding, text)[-1]


def escaped(data):
    plain = set(range(0x20, 0x7F)) - set(b'"\\')
    return "".join(chr(byte) if byte in plain else f"\\{byte:02x}" for byte in data)


def words(*numbers):
    return b"".join((number & 0xFFFFFFFF).to_bytes(4, "little") for number in numbers)


class Data:
    """Data of a memory: strings from `start` on, each at an address that is as odd as its encoding allows."""

    def __init__(self, start):
        self.at, self.segments, self.known = start, [], {}

    def put(self, data, align):
        key = (data, align)
        if key not in self.known:
            at = (self.at + align - 1) // align * align
            # An odd multiple of the alignment.
            at += align if at // align % 2 == 0 else 0
            self.segments.append((at, data))
            self.known[key] = at
            self.at = at + len(data)
        return self.known[key]

    def text(self, indent):
        pad = " " * indent
        return "\n".join(f'{pad}(data (i32.const {at}) "{escaped(data)}")' for at, data in self.segments if data)


REALLOC = """      ;; Goes up from an odd address, takes along what is in the block, and checks what it is given: only the last block
      ;; is ever given back, with the size that it was asked for.
      (global $next (mut i32) (i32.const HEAP))
      (global $last (mut i32) (i32.const 0))
      (global $last_size (mut i32) (i32.const 0))
      (func $realloc (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
        (local $at i32)
        (if (i32.or
              (i32.ne (local.get $old) (select (global.get $last) (i32.const 0) (local.get $old)))
              (i32.ne (local.get $old_size) (select (global.get $last_size) (i32.const 0) (local.get $old))))
          (then (unreachable)))
        (local.set $at (i32.and
          (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
        (global.set $next (i32.add (local.get $at) (local.get $size)))
        (memory.copy (local.get $at) (local.get $old)
          (select (local.get $old_size) (local.get $size) (i32.lt_u (local.get $old_size) (local.get $size))))
        (global.set $last (local.get $at))
        (global.set $last_size (local.get $size))
        (local.get $at)
      )
      (func $reset (global.set $next (i32.const HEAP)) (global.set $last (i32.const 0)))"""

SAME = """      (func $same (param $a i32) (param $b i32) (param $bytes i32) (result i32)
        (block $differ
          (loop $next
            (if (i32.eqz (local.get $bytes)) (then (return (i32.const 1))))
            (local.set $bytes (i32.sub (local.get $bytes) (i32.const 1)))
            (br_if $next (i32.eq
              (i32.load8_u (i32.add (local.get $a) (local.get $bytes)))
              (i32.load8_u (i32.add (local.get $b) (local.get $bytes)))))))
        (i32.const 0)
      )"""

TABLE, STRINGS, HEAP = 256, 4096, 256 * 1024 + 1


def pair(source, target):
    """Calls that pass each text in each form, and get it back."""
    there, here = Data(STRINGS), Data(STRINGS)
    align = {"utf8": 1, "utf16": 2, "latin1+utf16": 2}
    callee, caller, count = b"", b"", 0
    for text in TEXTS:
        passed, replies = forms(source, text), forms(target, text)
        for i in range(max(len(passed), len(replies))):
            data, length = passed[i % len(passed)]
            wanted, wanted_length = arriving(target, text)
            reply, reply_length = replies[i % len(replies)]
            back, back_length = arriving(source, text)
            callee += words(there.put(wanted, align[target]), wanted_length, len(wanted),
                            there.put(reply, align[target]), reply_length)
            caller += words(here.put(data, align[source]), length,
                            here.put(back, align[source]), back_length, len(back))
            count += 1
    assert len(caller) + TABLE < STRINGS and max(there.at, here.at) < HEAP
    realloc = REALLOC.replace("HEAP", str(HEAP))
    return f""";; Strings from {source} to {target}, and back as results: each text arrives as the canonical ABI says.
(component
  (component $callee
    (core module $code
      (memory (export "memory") 16)
      ;; For each call: what has to arrive (place, length, bytes), and the reply (place, length).
      (data (i32.const {TABLE}) "{escaped(callee)}")
{there.text(6)}
{realloc}
{SAME}
      (func (export "act") (param $call i32) (param $at i32) (param $length i32) (result i32)
        (local $entry i32)
        (local.set $entry (i32.add (i32.const {TABLE}) (i32.mul (local.get $call) (i32.const 20))))
        (if (i32.ne (local.get $length) (i32.load offset=4 (local.get $entry))) (then (unreachable)))
        (if (i32.eqz (call $same (local.get $at) (i32.load (local.get $entry)) (i32.load offset=8 (local.get $entry))))
          (then (unreachable)))
        (call $reset)
        (i32.store (i32.const 16) (i32.load offset=12 (local.get $entry)))
        (i32.store (i32.const 20) (i32.load offset=16 (local.get $entry)))
        (i32.const 16)
      )
    )
    (core instance $code (instantiate $code))
    (func (export "act") (param "call" u32) (param "text" string) (result string)
      (canon lift (core func $code "act") (memory $code "memory") (realloc (core func $code "realloc")) string-encoding={target}))
  )

  (component $caller
    (import "act" (func $act (param "call" u32) (param "text" string) (result string)))
    (core module $memory
      (memory (export "memory") 16)
      ;; For each call: what is passed (place, length), and what has to come back (place, length, bytes).
      (data (i32.const {TABLE}) "{escaped(caller)}")
{here.text(6)}
{realloc}
      (export "reset" (func $reset))
    )
    (core instance $memory (instantiate $memory))
    (core func $act (canon lower (func $act) (memory $memory "memory") (realloc (func $memory "realloc")) string-encoding={source}))
    (core module $program
      (import "callee" "act" (func $act (param i32 i32 i32 i32)))
      (import "memory" "memory" (memory 16))
      (import "memory" "reset" (func $reset))
{SAME}
      (func (export "run") (result i32)
        (local $call i32) (local $entry i32)
        (loop $next
          (local.set $entry (i32.add (i32.const {TABLE}) (i32.mul (local.get $call) (i32.const 20))))
          (call $act (local.get $call) (i32.load (local.get $entry)) (i32.load offset=4 (local.get $entry)) (i32.const 16))
          (if (i32.ne (i32.load (i32.const 20)) (i32.load offset=12 (local.get $entry))) (then (return (i32.const 1))))
          (if (i32.eqz (call $same (i32.load (i32.const 16)) (i32.load offset=8 (local.get $entry)) (i32.load offset=16 (local.get $entry))))
            (then (return (i32.const 1))))
          (call $reset)
          (local.set $call (i32.add (local.get $call) (i32.const 1)))
          (br_if $next (i32.lt_u (local.get $call) (i32.const {count}))))
        (i32.const 0)
      )
    )
    (core instance $program (instantiate $program
      (with "callee" (instance (export "act" (func $act))))
      (with "memory" (instance $memory))
    ))
    (func $run (result (result)) (canon lift (core func $program "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $command))
  )

  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "act" (func $callee "act"))))
  (export "wasi:cli/run@0.2.0" (instance $caller "wasi:cli/run@0.2.0"))
)
"""


GOOD_REALLOC = """(func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
        (i32.const 1024))"""
# The second call gives something else than the first.
LATER = """(func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
        (select (i32.const {later}) (i32.const 1024) (local.get $old_size)))"""
ALWAYS = """(func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
        (i32.const {always}))"""


def trap(why, source, target, data, at, length, realloc=GOOD_REALLOC):
    return f""";; {why}
(component
  (component $callee
    (core module $code
      (memory (export "memory") 1)
      {realloc}
      (func (export "act") (param $at i32) (param $length i32))
    )
    (core instance $code (instantiate $code))
    (func (export "act") (param "text" string)
      (canon lift (core func $code "act") (memory $code "memory") (realloc (core func $code "realloc")) string-encoding={target}))
  )

  (component $caller
    (import "act" (func $act (param "text" string)))
    (core module $memory
      (memory (export "memory") 1)
      (data (i32.const 16) "{escaped(data)}")
    )
    (core instance $memory (instantiate $memory))
    (core func $act (canon lower (func $act) (memory $memory "memory") string-encoding={source}))
    (core module $program
      (import "callee" "act" (func $act (param i32 i32)))
      (func (export "run") (result i32)
        (call $act (i32.const {at}) (i32.const {length}))
        (i32.const 0)
      )
    )
    (core instance $program (instantiate $program (with "callee" (instance (export "act" (func $act))))))
    (func $run (result (result)) (canon lift (core func $program "run")))
    (instance $command (export "run" (func $run)))
    (export "wasi:cli/run@0.2.0" (instance $command))
  )

  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "act" (func $callee "act"))))
  (export "wasi:cli/run@0.2.0" (instance $caller "wasi:cli/run@0.2.0"))
)
"""


def arguments(encoding):
    """Prints the bytes of the program's arguments, each with its length before it."""
    return f""";; The program's arguments in {encoding}: their lengths and bytes, printed.
(component
  (import "wasi:cli/environment@0.2.0" (instance $environment
    (export "get-arguments" (func (result (list string))))))
  (import "wasi:io/error@0.2.0" (instance $io-error (export "error" (type (sub resource)))))
  (alias export $io-error "error" (type $error))
  (import "wasi:io/streams@0.2.0" (instance $streams
    (export "output-stream" (type $output-stream (sub resource)))
    (alias outer 1 $error (type $error-outer))
    (export "error" (type $error (eq $error-outer)))
    (type $stream-error-def (variant (case "last-operation-failed" (own $error)) (case "closed")))
    (export "stream-error" (type $stream-error (eq $stream-error-def)))
    (export "[method]output-stream.blocking-write-and-flush" (func
      (param "self" (borrow $output-stream)) (param "contents" (list u8)) (result (result (error $stream-error)))))
  ))
  (alias export $streams "output-stream" (type $output-stream))
  (import "wasi:cli/stdout@0.2.0" (instance $stdout
    (alias outer 1 $output-stream (type $output-stream-outer))
    (export "output-stream" (type $output-stream (eq $output-stream-outer)))
    (export "get-stdout" (func (result (own $output-stream))))
  ))

  (core module $memory
    (memory (export "memory") 16)
{REALLOC.replace("HEAP", str(HEAP))}
  )
  (core instance $memory (instantiate $memory))
  (core func $get-stdout (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $memory "memory")))
  (core func $get (canon lower (func $environment "get-arguments")
    (memory $memory "memory") (realloc (func $memory "realloc")) string-encoding={encoding}))

  (core module $program
    (import "host" "get-stdout" (func $get-stdout (result i32)))
    (import "host" "write" (func $write (param i32 i32 i32 i32)))
    (import "host" "get" (func $get (param i32)))
    (import "memory" "memory" (memory 16))
    (func (export "run") (result i32)
      (local $stream i32) (local $entry i32) (local $left i32) (local $length i32)
      (local.set $stream (call $get-stdout))
      (call $get (i32.const 8))
      ;; Without the program's name.
      (local.set $entry (i32.add (i32.load (i32.const 8)) (i32.const 8)))
      (local.set $left (i32.sub (i32.load (i32.const 12)) (i32.const 1)))
      (loop $next
        (local.set $length (i32.load offset=4 (local.get $entry)))
        (call $write (local.get $stream) (i32.add (local.get $entry) (i32.const 4)) (i32.const 4) (i32.const 32))
        (call $write (local.get $stream) (i32.load (local.get $entry)) {BYTES[encoding]} (i32.const 32))
        (local.set $entry (i32.add (local.get $entry) (i32.const 8)))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (i32.const 0)
    )
  )
  (core instance $program (instantiate $program
    (with "memory" (instance $memory))
    (with "host" (instance
      (export "get-stdout" (func $get-stdout))
      (export "write" (func $write))
      (export "get" (func $get))))
  ))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)
"""


BYTES = {
    "utf16": "(i32.shl (local.get $length) (i32.const 1))",
    # The shift loses the tag.
    "latin1+utf16": "(select (i32.shl (local.get $length) (i32.const 1)) (local.get $length) (i32.lt_s (local.get $length) (i32.const 0)))",
}


def lookup(why, encoding, data, at, length):
    """Hands a name to the host, who denies every one that is a string."""
    return f""";; {why}
(component
  (import "wasi:sockets/network@0.2.0" (instance $network
    (export "network" (type (sub resource)))
    (type $code-def (enum
      "unknown" "access-denied" "not-supported" "invalid-argument" "out-of-memory" "timeout" "concurrency-conflict"
      "not-in-progress" "would-block" "invalid-state" "new-socket-limit" "address-not-bindable" "address-in-use"
      "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted" "datagram-too-large"
      "name-unresolvable" "temporary-resolver-failure" "permanent-resolver-failure"))
    (export "error-code" (type (eq $code-def)))
  ))
  (alias export $network "network" (type $network-type))
  (alias export $network "error-code" (type $code))
  (import "wasi:sockets/instance-network@0.2.0" (instance $given
    (alias outer 1 $network-type (type $network-outer))
    (export "network" (type $network (eq $network-outer)))
    (export "instance-network" (func (result (own $network))))
  ))
  (import "wasi:sockets/ip-name-lookup@0.2.0" (instance $lookup
    (alias outer 1 $network-type (type $network-outer))
    (export "network" (type $network (eq $network-outer)))
    (alias outer 1 $code (type $code-outer))
    (export "error-code" (type $code (eq $code-outer)))
    (export "resolve-address-stream" (type $stream (sub resource)))
    (export "resolve-addresses" (func (param "network" (borrow $network)) (param "name" string)
      (result (result (own $stream) (error $code)))))
  ))
  (core module $memory
    (memory (export "memory") 1)
    (data (i32.const 16) "{escaped(data)}"))
  (core instance $memory (instantiate $memory))
  (core func $given (canon lower (func $given "instance-network")))
  (core func $resolve (canon lower (func $lookup "resolve-addresses") (memory $memory "memory") string-encoding={encoding}))
  (core module $program
    (import "host" "given" (func $given (result i32)))
    (import "host" "resolve" (func $resolve (param i32 i32 i32 i32)))
    (import "memory" "memory" (memory 1))
    (func (export "run") (result i32)
      (call $resolve (call $given) (i32.const {at}) (i32.const {length}) (i32.const 8))
      ;; An error: access-denied.
      (i32.or (i32.ne (i32.load8_u (i32.const 8)) (i32.const 1)) (i32.ne (i32.load8_u (i32.const 12)) (i32.const 1)))
    )
  )
  (core instance $program (instantiate $program
    (with "memory" (instance $memory))
    (with "host" (instance (export "given" (func $given)) (export "resolve" (func $resolve))))
  ))
  (func $run (result (result)) (canon lift (core func $program "run")))
  (instance $command (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $command))
)
"""


cases = ["# Written by generate.py.\n"]


def case(name, path, text, status, more=""):
    file = HERE / path
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    trap = 'trap = "abi"\n' if status == 134 else ""
    cases.append(f'[[case]]\nname = "{name}"\ninput = "{path}"\nstatus = {status}\n{trap}{more}')


for source in ENCODINGS:
    for target in ENCODINGS:
        name = f"{short(source)}-to-{short(target)}"
        case(name, f"pairs/{name}.wat", pair(source, target), 0)

MALFORMED = "string is not well-formed"
UNALIGNED = "unaligned pointer"
OUTSIDE = "pointer or length out of bounds"
LONG = "string is too long"
BAD_UTF8 = [
    ("a continuation alone", b"ab\x80"),
    ("an end within a character, after others that aren't ASCII", "é生".encode() + b"\xf0\x9f\x8c"),
    ("a surrogate, after a character from 256 on", "生".encode() + b"\xed\xa0\x80"),
]
BAD_UTF16 = [
    ("the first half of a pair at the end", [0x61, 0xD83C]),
    ("the second half of a pair alone", [0x61, 0xE9, 0xDF31, 0x62]),
    ("the halves of a pair in the wrong order, after a character from 256 on", [0x751F, 0xDF31, 0xD83C]),
]


def cased_trap(name, says, why, *rest, **more):
    extra = more.pop("extra", "")
    case(name, f"traps/{name}.wat", trap(why, *rest, **more), 134, f'says = "{says}"\n{extra}')


for source in ENCODINGS:
    for i, target in enumerate(ENCODINGS):
        name = f"malformed-{short(source)}-to-{short(target)}"
        if source == "utf8":
            what, data = BAD_UTF8[i]
            length = len(data)
        else:
            what, units = BAD_UTF16[i]
            data = b"".join(unit.to_bytes(2, "little") for unit in units)
            length = len(units) | (TAG if source != "utf16" else 0)
        cased_trap(name, MALFORMED, f"From {source} to {target}: {what}.", source, target, data, 16, length)

cased_trap("unaligned-utf16", UNALIGNED, "UTF-16 has to be aligned.", "utf16", "utf8", b"\0a\0a\0", 17, 2)
cased_trap("unaligned-empty-utf16", UNALIGNED, "An empty string too.", "utf16", "utf16", b"", 17, 0)
cased_trap("unaligned-latin1", UNALIGNED, "Latin-1 has to be aligned as UTF-16, where it may be that.", "latin1+utf16", "utf8", b"\0a", 17, 1)
cased_trap("unaligned-tagged", UNALIGNED, "UTF-16 by its tag.", "latin1+utf16", "latin1+utf16", b"\0a\0a\0", 17, 2 | TAG)
cased_trap("outside-utf16", OUTSIDE, "One unit is in the memory, one isn't.", "utf16", "utf8", b"", 65534, 2)
cased_trap("outside-latin1", OUTSIDE, "One byte, at the end of the memory.", "latin1+utf16", "utf16", b"", 65536, 1)
cased_trap("outside-tagged", OUTSIDE, "One unit is in the memory, one isn't.", "latin1+utf16", "latin1+utf16", b"", 65534, 2 | TAG)
cased_trap("long-utf8", LONG, "2^28 bytes.", "utf8", "utf16", b"", 0, MAX + 1)
cased_trap("long-utf16", LONG, "2^28 bytes. Length comes before alignment.", "utf16", "utf8", b"", 1, (MAX + 1) // 2)
cased_trap("longest-utf16", OUTSIDE, "2^28 - 2 bytes, which a larger memory could have.", "utf16", "utf8", b"", 0, MAX // 2)
cased_trap("long-utf16-overflow", LONG, "2^32 bytes and two.", "utf16", "utf16", b"", 0, TAG | 1)
cased_trap("long-latin1", LONG, "2^28 bytes.", "latin1+utf16", "latin1+utf16", b"", 0, MAX + 1)
cased_trap("long-tagged", LONG, "2^28 bytes.", "latin1+utf16", "utf8", b"", 0, (MAX + 1) // 2 | TAG)

latin1 = "aé".encode("latin-1")
cased_trap("realloc-unaligned-utf16", UNALIGNED, "The callee's realloc gives an odd address for UTF-16.",
           "utf8", "utf16", b"a", 16, 1, realloc=ALWAYS.format(always=1025))
cased_trap("realloc-unaligned-latin1", UNALIGNED, "The same for what may be Latin-1.",
           "utf8", "latin1+utf16", b"a", 16, 1, realloc=ALWAYS.format(always=1025))
cased_trap("realloc-outside-by-a-unit", OUTSIDE, "Two units are wanted, one is in the memory.",
           "latin1+utf16", "utf16", b"ab", 16, 2, realloc=ALWAYS.format(always=65534))
cased_trap("realloc-grows-outside", OUTSIDE, "Room for the worst case, of which a byte is outside of the memory.",
           "latin1+utf16", "utf8", latin1, 16, 2, realloc=LATER.format(later=65533))
cased_trap("realloc-grows-unaligned", UNALIGNED, "Room for UTF-16 after Latin-1, at an odd address.",
           "utf8", "latin1+utf16", "a生".encode(), 16, 4, realloc=LATER.format(later=1025))
cased_trap("realloc-shrinks-unaligned", UNALIGNED, "What is left over is given back, to an odd address.",
           "utf8", "utf16", "é".encode(), 16, 2, realloc=LATER.format(later=1025))
cased_trap("realloc-shrinks-outside", OUTSIDE, "What is left over is given back, to an address beyond the memory's end.",
           "utf8", "latin1+utf16", "é".encode(), 16, 2, realloc=LATER.format(later=65536))
cased_trap("realloc-narrows-outside", OUTSIDE, "UTF-16 that is all Latin-1 becomes that, beyond the memory's end.",
           "latin1+utf16", "latin1+utf16", "éa".encode("utf-16-le"), 16, 2 | TAG, realloc=LATER.format(later=65535))

ARGUMENTS = 'args = ["", "plain ASCII", "grüße", "жизнь", "ASCII, then 生活 and é", "🌱"]\n'
for encoding in ENCODINGS[1:]:
    case(f"arguments-{short(encoding)}", f"host/arguments-{short(encoding)}.wat", arguments(encoding), 0, ARGUMENTS)

name = "grüße"
wide = name.encode("utf-16-le")
bad = wide + b"\x3c\xd8"
for title, why, encoding, data, at, length, status, says in [
    ("name-utf16", "A name in UTF-16.", "utf16", wide, 16, 5, 0, None),
    ("name-latin1", "A name in Latin-1.", "latin1+utf16", name.encode("latin-1"), 16, 5, 0, None),
    ("name-tagged", "A name in UTF-16, by its tag.", "latin1+utf16", wide, 16, 5 | TAG, 0, None),
    ("name-malformed-utf16", "Half a pair at the end.", "utf16", bad, 16, 6, 134, MALFORMED),
    ("name-malformed-tagged", "Half a pair at the end.", "latin1+utf16", bad, 16, 6 | TAG, 134, MALFORMED),
    ("name-unaligned", "An odd address.", "utf16", wide, 17, 2, 134, UNALIGNED),
    ("name-outside", "One unit is in the memory, one isn't.", "utf16", wide, 65534, 2, 134, OUTSIDE),
]:
    # Wasmtime says of any name that the resolver failed, to who may not look it up.
    more = f'says = "{says}"\n' if says else "oracle-status = 1\n"
    case(title, f"host/{title}.wat", lookup(why, encoding, data, at, length), status, more)

(HERE / "cases.toml").write_text("\n".join(cases))

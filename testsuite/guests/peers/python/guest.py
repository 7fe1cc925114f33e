"""The Python guest. `Peer` is a relay; `Run` asks the peer below everything and prints what it answers."""

import math
import zlib

from componentize_py_types import Err, Ok, Some
from peer import Peer as Peer
from wit_world import exports
from wit_world.imports import kinds, peer as below
from wit_world.imports.kinds import Colour, Person, Point, Rights


def say(what, *values):
    """Long texts are printed as their length and a digest."""
    def written(value):
        if isinstance(value, (str, bytes)) and len(value) > 200:
            return f"{len(value)} of {zlib.crc32(value.encode() if isinstance(value, str) else value):08x}"
        return repr(value)

    print(what, *map(written, values))


def attempt(what, act, *arguments):
    try:
        say(what, act(*arguments))
    except Err as error:
        say(what + " failed", error.value)


def texts():
    say("Python asks", below.name())
    long = "ż🐢x" * 20000
    for s in ["", "plain", "Zażółć gęślą jaźń, naïve", "latin é", "🐢🚀👩‍🔬 e\u0301", "\0nul\r\n\t\U0010ffff\uffff", long]:
        say("text", below.text(s))
    say("join", below.join(["a", "", "ö", "🐢"], "→"), below.join([], "🚀"))
    say("split", below.split("🐢, a,,b", ","), below.split("", "x"), len(below.split(long, "🐢")))
    say("table", below.table([["a", "bé", "🐢"], [], [""]]), below.table([]))
    rows = [[f"{x}·{y}" for x in range(y)] for y in range(60)]
    say("table", repr(below.table(rows)))
    many = bytes((i * i >> 3) & 0xFF for i in range(300000))
    say("bytes", below.bytes(bytes([1, 2, 255, 0, 128])), below.bytes(b""), below.bytes(many))


def numbers():
    attempt("transpose", below.transpose, [[1, 2.5, -0.0], [math.inf, 1e300, 5e-324]])
    attempt("transpose", below.transpose, [])
    attempt("transpose", below.transpose, [[1], []])
    say("scalars", below.scalars(
        True, 255, -128, 65535, -32768, 2**32 - 1, -(2**31), 2**64 - 1, -(2**63), 0.1, 0.1, "q"))
    say("scalars", below.scalars(False, 0, 127, 1, 2, 3, 4, 5, 6, 3.4028234663852886e38, 2.2250738585072014e-308, "🐢"))
    say("many", below.many(
        "first", Point(-1, 0.5), kinds.Shape_Label(("naïve", Colour.GREEN)), Colour.RED, Rights.READ | Rights.RUN_ALL,
        "a note 🐢", [1, 65535], (2**60, 0.25), "last"))
    say("many", below.many(
        "", Point(2**31 - 1, -0.0), kinds.Shape_Nothing(), Colour.DARK_BLUE, Rights(0), None, [], (0, 1e-38), ""))


def compounds():
    people = [
        Person("Ada Lovelace", 36, ["poet", "🧮"], Colour.DARK_BLUE, Rights.WRITE, Point(51, -0.12)),
        Person("Zoë", 200, [], Colour.GREEN, Rights(0), None),
        Person("", 7, [""], Colour.RED, Rights.READ | Rights.WRITE | Rights.RUN_ALL, None),
    ]
    for who in people:
        attempt("older", below.older, who, 60)
    say("by age", below.by_age(people), below.by_age([]))
    shapes = [
        kinds.Shape_Nothing(), kinds.Shape_Circle(2.5), kinds.Shape_Polygon([Point(0, 0), Point(4, 0), Point(0, 3)]),
        kinds.Shape_Polygon([]), kinds.Shape_Label(("é🐢", Colour.DARK_BLUE)), kinds.Shape_Count(0x1F422),
        kinds.Shape_Letter("\U0010ffff"),
    ]
    for shape in shapes:
        say("next", below.next(shape), below.area(shape))
    for _ in range(3):
        shapes = below.next_all(shapes)
        say("next all", shapes)
    for o in [None, Some(None), Some(""), Some("é")]:
        say("deeper", below.deeper(o))
    attempt("convert", below.convert, Ok(2**32 - 1))
    attempt("convert", below.convert, Err("🐢🐢"))
    for rights in [None, Rights(0), Rights.READ | Rights.RUN_ALL, Rights.WRITE]:
        attempt("check", below.check, rights)


def resources():
    ada, zoe = below.Account("Ada", 1000), below.Account("Zoë 🐢", -5)
    say("accounts", ada.owner(), ada.balance(), zoe.owner(), zoe.balance(), ada.deposit(2**32 - 1))
    attempt("withdraw", ada.withdraw, 7)
    attempt("withdraw", zoe.withdraw, 1)
    attempt("transfer", ada.transfer, zoe, 500)
    attempt("transfer", zoe.transfer, ada, 501)
    attempt("transfer", ada.transfer, ada, 1)
    say("history", ada.history(), zoe.history())
    say("richest", below.richest([zoe, ada, zoe]), below.richest([]), below.richest([ada, ada]))
    say("accounts", below.accounts())

    opened = below.open(["", "b", "ć"])
    for account in opened:
        say("opened", account.owner(), account.balance())
    say("close", below.close(opened.pop()))
    merged = below.Account.merge(opened + [zoe])
    say("merged", merged.owner(), merged.history(), below.Account.merge([]))
    del merged, opened, zoe
    say("accounts", below.accounts())

    parcel = below.wrap(below.Parcel("straße", ada, 2**63 - 1))
    ada = parcel.contents
    say("wrapped", parcel.label, parcel.price, ada.owner(), ada.balance())
    filled = below.wrap(below.Parcel("new", None, 0)).contents
    say("filled", filled.owner(), filled.balance())
    try:
        below.pick(ada, filled, True)
    except Err as other:
        say("picked as an error", other.value.owner())
    with below.pick(*below.open(["x", "y"]), False) as picked:
        say("picked", picked.owner())
    say("accounts", below.accounts())
    for balance in range(50):
        with below.Account("again", balance) as account:
            account.deposit(1)
    say("accounts", below.accounts())


class Run(exports.Run):
    def run(self):
        texts()
        numbers()
        compounds()
        resources()

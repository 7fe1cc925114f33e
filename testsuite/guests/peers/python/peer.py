"""The Python relay: every function changes what it was given, asks the peer below, and changes what that answers.
The resources of an exported interface are looked for in a module of the interface's name."""

import dataclasses

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.exports import peer as answered
from wit_world.imports import kinds, peer as below
from wit_world.imports.kinds import Colour, Point, Rights

made = destroyed = 0


class Account(answered.Account):
    """An account of the peer's, and how often it was asked for something."""

    def __init__(self, owner, balance):
        self.begin(below.Account(owner + "ˢ", balance))

    def begin(self, inner):
        global made
        made += 1
        self.inner, self.calls = inner, 0
        return self

    def __del__(self):
        global destroyed
        destroyed += 1

    @property
    def used(self):
        self.calls += 1
        return self.inner

    def owner(self):
        return f"{self.used.owner()} {self.calls}"

    def balance(self):
        return self.used.balance()

    def deposit(self, amount):
        self.used.deposit(amount // 2)
        return self.used.deposit(amount - amount // 2)

    def withdraw(self, amount):
        return self.used.withdraw(amount)

    def history(self):
        return self.used.history() + [("asked in Python", self.calls)]

    def transfer(self, to, amount):
        self.used.transfer(to.used, amount)

    @classmethod
    def merge(cls, all):
        merged = below.Account.merge([account.inner for account in all])
        return merged and wrapped(merged)


def wrapped(inner):
    return Account.__new__(Account).begin(inner)


class Peer(exports.Peer):
    def name(self):
        return f"Python over {below.name()}"

    def text(self, s):
        return f"‹{below.text(s.swapcase())}›"

    def join(self, parts, separator):
        return below.join(parts[::-1], separator)

    def split(self, s, separator):
        parts = below.split(s, separator)
        return parts + [str(len(parts))]

    def table(self, rows):
        return below.table([row + [f"№ {at}"] for at, row in enumerate(rows)])

    def bytes(self, b):
        return below.bytes(bytes(byte ^ 0x55 for byte in b))

    def transpose(self, rows):
        try:
            return below.transpose([[x * 2 for x in row] for row in rows])
        except Err as error:
            raise Err(f"Python: {error.value}")

    def scalars(self, a, b, c, d, e, f, g, h, i, j, k, l):
        return below.scalars(not a, b ^ 1, c ^ 1, d ^ 1, e ^ 1, f ^ 1, g ^ 1, h ^ 1, i ^ 1, j / 2, k / 2, l)

    def many(self, name, point, shape, colour, rights, note, numbers, pair, last):
        return below.many(
            f"Python:{name}", dataclasses.replace(point, x=point.x ^ 1), shape, Colour((colour.value + 1) % 3),
            rights ^ Rights.READ, note and note.upper(), [(n + 1) % 65536 for n in numbers],
            (pair[0] + 1, pair[1]), last)

    def older(self, who, by):
        home = None if who.home else Point(7, 7.5)
        try:
            return below.older(dataclasses.replace(who, tags=who.tags + ["Python"], home=home), by)
        except Err as error:
            match error.value:
                case kinds.Mishap_Refused(why):
                    raise Err(kinds.Mishap_Refused(f"Python: {why}"))
                case kinds.Mishap_Outside((first, second)):
                    raise Err(kinds.Mishap_Outside((-first, second)))
                case mishap:
                    raise Err(mishap)

    def by_age(self, people):
        return below.by_age([dataclasses.replace(who, age=who.age ^ 0xFF) for who in people])

    def next(self, s):
        return below.next(below.next(s))

    def next_all(self, all):
        return below.next_all(all)[::-1]

    def area(self, s):
        area = below.area(s)
        return None if area is None else -area

    def deeper(self, o):
        return below.deeper(below.deeper(o))

    def convert(self, r):
        try:
            return below.convert(Ok(r.value // 2) if isinstance(r, Ok) else r) + " halves"
        except Err as error:
            raise Err(error.value + 1000)

    def check(self, r):
        below.check(r if r is None else r ^ Rights.RUN_ALL)

    def richest(self, all):
        return below.richest([account.used for account in all])

    def open(self, owners):
        return [wrapped(account) for account in below.open(owners)]

    def close(self, a):
        return below.close(a.inner) + 1

    def wrap(self, p):
        inner = below.wrap(below.Parcel(p.label, p.contents and p.contents.inner, p.price // 2))
        return answered.Parcel(inner.label, inner.contents and wrapped(inner.contents), inner.price)

    def pick(self, a, b, second):
        try:
            return wrapped(below.pick(a.inner, b.inner, not second))
        except Err as other:
            raise Err(wrapped(other.value))

    def accounts(self):
        return [("Python", made, destroyed)] + below.accounts()

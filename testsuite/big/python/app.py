"""Real work for a Python interpreter: json, regular expressions, dataclasses, sorting, string formatting,
collections, decimals, big integers, generators, exceptions. Everything it prints is determined by this file."""

import collections
import dataclasses
import decimal
import functools
import hashlib
import heapq
import itertools
import json
import math
import re
import struct
import textwrap

from wit_world import exports


def random(seed):
    """The same numbers in every run."""
    state = seed
    while True:
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        yield state


@dataclasses.dataclass(order=True)
class Record:
    score: float
    name: str = dataclasses.field(compare=False)
    tags: list = dataclasses.field(default_factory=list, compare=False)

    @property
    def grade(self):
        return "ABCDEF"[min(5, int((100 - self.score) // 17))]


def records(count):
    numbers = random(7)
    names = ["ada", "grace", "barbara", "edsger", "donald", "tony", "niklaus"]
    for _ in range(count):
        tags = [tag for tag in ("red", "green", "blue") if next(numbers) & 64]
        yield Record((next(numbers) % 10000) / 100, names[next(numbers) % len(names)], tags)


def json_and_dataclasses():
    everything = sorted(records(600), reverse=True)
    text = json.dumps([dataclasses.asdict(record) for record in everything])
    parsed = [Record(**fields) for fields in json.loads(text)]
    print("json", len(text), parsed == everything, parsed[0], parsed[-1].grade)
    by_grade = collections.Counter(record.grade for record in parsed)
    for grade, count in sorted(by_grade.items()):
        print(f"  {grade}: {count:>5} {count / len(parsed):8.3%}")
    groups = collections.defaultdict(list)
    for record in parsed:
        groups[record.name].append(record.score)
    for name in sorted(groups):
        print(f"  {name:<10}|{sum(groups[name]) / len(groups[name]):>10.4f}|{max(groups[name])!r:^9}|")
    print(json.dumps({"b": [1, 2.5, None, True], "a": {"é": "\u2603"}}, indent=1, sort_keys=True))


def expressions():
    text = "\n".join(f"{record.name}={record.score} {'/'.join(record.tags)}" for record in records(300))
    pattern = re.compile(r"^(?P<name>\w+)=(?P<score>\d+\.\d+) (?P<tags>[a-z/]*)$", re.MULTILINE)
    matches = list(pattern.finditer(text))
    total = sum(float(match["score"]) for match in matches)
    print("re", len(matches), round(total, 2), matches[3].groupdict())
    print(re.sub(r"(\w)(\w*)", lambda match: match[2] + match[1] + "ay", "the quick brown fox"))
    print(re.split(r"[,;]\s*", "one, two;three,four"), re.findall(r"(?<=\$)\d+", "$12 and $34, not 56"))


def numbers():
    print("factorial", math.factorial(60), pow(3, 1000, 10**9 + 7))
    decimal.getcontext().prec = 50
    print("decimal", decimal.Decimal(2).sqrt(), decimal.Decimal("1.10") + decimal.Decimal("2.20"))
    print("floats", 0.1 + 0.2, math.pi, 1e300 * 1e10, f"{math.e:.12e}", (12345.678).hex())
    print("format", f"{1234567.891:,.2f} {255:#x} {255:#010b} {-7 // 2} {-7 % 3} {'x':*^9}")
    print("struct", struct.pack("<IhB3sd", 7, -2, 255, b"abc", 1.5).hex())
    sieve = bytearray([1]) * 20000
    for n in range(2, 142):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, 20000, n)))
    print("primes", sum(sieve) - 2)


@functools.lru_cache(maxsize=None)
def distance(a, b):
    if not a or not b:
        return len(a) + len(b)
    if a[0] == b[0]:
        return distance(a[1:], b[1:])
    return 1 + min(distance(a[1:], b), distance(a, b[1:]), distance(a[1:], b[1:]))


class Countdown:
    def __init__(self, start):
        self.start = start

    def __iter__(self):
        yield from range(self.start, 0, -1)

    def __enter__(self):
        print("enter")
        return self

    def __exit__(self, kind, value, traceback):
        print("exit", kind.__name__ if kind else None, value)
        return kind is ZeroDivisionError


def language():
    print("distance", distance("kitten sitting", "sitting kitten"))
    with Countdown(3) as countdown:
        print(list(countdown), 1 // (countdown.start - 3))
    try:
        {}["missing"]
    except KeyError as error:
        print("caught", repr(error))
    heap = []
    for value in itertools.islice(random(3), 50):
        heapq.heappush(heap, value % 1000)
    print("heap", [heapq.heappop(heap) for _ in range(8)])
    print("permutations", ["".join(p) for p in itertools.permutations("abc")])
    print("hash", hashlib.sha256(b"nanocc").hexdigest())
    print(textwrap.fill("a long line that has to be broken into several shorter ones " * 2, 30))
    match ("point", {"x": 3, "y": 4}):
        case (kind, {"x": x, "y": y}):
            print(kind, math.hypot(x, y))
    print("żółw 🐢"[::-1], "straße".upper(), "ﬁ".casefold(), sorted("Zażółć", key=str.lower))


class Run(exports.Run):
    def run(self) -> None:
        json_and_dataclasses()
        expressions()
        numbers()
        language()

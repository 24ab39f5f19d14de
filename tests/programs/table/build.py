"""Rows times columns: small programs, each with a name that says what it is.

list/fstring/append/slowly:

    for i in range(24):
        b.assign_add(0.01 * XT[i % 40])
        t = i // 9
        log.append(f"{o}")
        o.append(t)
"""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Callable, Iterator

from tests.programs.program import Program
from tests.programs.table.kinds import CONTAINERS, Kind
from tests.programs.table.kinds_objects import ALL_OBJECTS
from tests.programs.table.kinds_values import VALUES
from tests.programs.table.sources import AFTERS, HAPPENINGS, SOURCES, Source

KINDS: tuple[Kind, ...] = (*CONTAINERS, *VALUES, *ALL_OBJECTS)
ROUNDS = {"always": 24, "defaults": 120}
"""Rounds of an inner loop, by the options under which a program runs."""

SETUP = """
import bisect, collections, contextlib, copy, dataclasses, datetime, enum, functools, heapq, io, itertools, json, math, operator, pickle, pprint, random, re
import numpy as np
random.seed(7); np.random.seed(7)
rng = np.random.default_rng(0)
XT = tf.constant(rng.normal(size=(40, 3)).astype("float32"))
b = tf.Variable(np.zeros(3, "float32"))
log, kept, alias, total, n = [], [], [], 0, 0
class Thing: pass
box = Thing(); box.a = 1
def noted(v):
    log.append(("noted", v)); return str(v) < "3"
def pack(*a): return a
def named_ones(**k): return sorted(k)
"""
STEP = "b.assign_add(0.01 * XT[i % 40])\n"


def reading(code: str) -> str:
    """A reading as statements."""
    return code[1:] + "\n" if code.startswith("!") else f"log.append({code})\n"


def _in(header: str, *blocks: str) -> str:
    return header + "\n" + textwrap.indent("".join(blocks), "    ")


def _loop(rounds: int, *blocks: str) -> str:
    return _in(f"for i in range({rounds}):", STEP, *blocks)


def _as_function(name: str, code: str, parameters: str = "") -> str:
    """Statements as a function whose names are global."""
    stored = set(re.findall(r"\b([a-z_]\w*)(?:, [a-z_]\w*)* (?:[-+*/|&]|\*\*|//)?= ", code)) | set(re.findall(r"\b([a-z]\w*) = ", code))
    stored |= {name for pair in re.findall(r"^([a-z_]\w*(?:, [a-z_]\w*)+) = ", code, re.MULTILINE) for name in pair.split(", ")}
    stored |= set(re.findall(r"^del ([a-z]\w*)\b(?![\[.])", code, re.MULTILINE))
    stored -= {"t", parameters}
    header = f"def {name}({parameters}):"
    return _in(header, f"global {', '.join(sorted(stored))}\n" if stored else "", code)


def each(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    return "", _loop(rounds, "t = i\n", read, change)


def slowly(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    return "", _loop(rounds, "t = i // 9\n", read, change)


def rarely(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    return "", _loop(rounds, read, "t = i // 9\n", _in("if i % 9 == 8:", change))


def first(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    return "", _loop(rounds, "t = i // 5\n", _in("if i % 5 == 4:", change), read)


def epochs(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    return "", _in("for e in range(3):", "t = e + 1\n", change, _loop(rounds, read))


def epochs_after(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    """Reads once an epoch, in the loop around, and keeps what it read."""
    return "", _in("for e in range(3):", "t = e\n", _loop(rounds, "log.append(i)\n", _in("if i > 3:", read)), change)


def alias(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    other = re.sub(r"\bo\b(?!=)", "another", change)
    return "another = [o][0]\n", _loop(rounds, read, "t = i // 7\n", _in("if i % 7 == 6:", other))


def function(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    return _as_function("change", change, "t"), _loop(rounds, read, "if i % 8 == 7:\n    change(i // 8)\n")


def reader(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    inside = read.replace("continue", "return")
    return _as_function("look", inside, "i"), _in(
        "for e in range(2):", "t = e + 1\n", change, _loop(rounds, "look(i)\n", _in("if i == 14:", "t = i\n", change))
    )


def condition(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    return "", _loop(rounds, read, "t = i\n", _in("if XT[i % 40][0] > 0.7:", change))


def late(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    return "", _loop(rounds, read, _in(f"if i == {rounds - 5}:", "t = i\n", change))


def loop_while(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    body = (read.replace("continue", "pass"), "t = i // 6\n", _in("if i % 6 == 5:", change), "i += 1\n")
    return "", "i = 0\n" + _in(f"while i < {rounds}:", STEP, *body)


def cells(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    loop = _loop(rounds, read)
    return "", loop, f"t = 1\n{change}", loop, f"t = 2\n{change}", loop


def rerun(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    cell = f"t = n\nn += 1\n{change}{_loop(rounds, read)}"
    return "", cell, cell, cell


def decorated(kind: Kind, read: str, change: str, rounds: int) -> tuple[str, ...]:
    """The reading in an accelerated function, which is called with another argument now and then."""
    inside = "b.assign_add(0.01 * XT[i % 40])\n" + read.replace("continue", "return")
    setup = "@accelerate\n" + _as_function("look", inside, "i")
    return setup, _in(f"for e in range({rounds}):", "look(e)\n", "t = e // 8\n", _in("if e % 8 == 7:", change))


When = Callable[[Kind, str, str, int], tuple[str, ...]]
WHEN: dict[str, When] = {
    f.__name__: f
    for f in (each, slowly, rarely, first, epochs, epochs_after, alias, function, reader, condition, late, loop_while, cells, rerun, decorated)
}


def object_program(name: str, mode: str = "always") -> Program:
    """The program `kind/reading/change/when`."""
    kind_name, read, change, when = name.split("/")
    kind = BY_NAME[kind_name]
    setup, cell, *again = WHEN[when](kind, reading(kind.reads[read]), kind.changes[change] + "\n", ROUNDS[mode])
    text = SETUP + kind.setup + _FIRST + setup
    return Program(name, cell, text, tuple(again), graph=False, options=options_of(mode))


_FIRST = """
try:
    first, frozen = o, copy.deepcopy(o)
except Exception:
    first = frozen = o
"""
BY_NAME: dict[str, Kind] = {}
for _kind in KINDS:
    _name, _number = _kind.name, 2
    while _name in BY_NAME:
        _name, _number = f"{_kind.name}{_number}", _number + 1
    BY_NAME[_name] = _kind
SOURCE_BY_NAME = {s.name: s for s in SOURCES}
SHAPES = ("plain", "twice", "rerun", "function", "epochs")


def source_program(name: str, mode: str = "always") -> Program:
    """The program `source:kind/happening/after/shape`."""
    source_name, happening, after, shape = name.removeprefix("source:").split("/")
    source = SOURCE_BY_NAME[source_name]
    body = HAPPENINGS[happening]
    for word in ("grow", "ahead", "shrink", "inner"):
        body = body.replace(word.upper(), getattr(source, word))
    body = body.replace("ITER", source.it)
    tail = AFTERS["" if after == "none" else after].replace("in it", "in " + ("it" if not source.again else source.it))
    loop = _in(f"for x in {source.it}:", "b.assign_add(0.01 * XT[n % 40])\n", "log.append(copy.copy(x))\n", body + "\n", "n += 1\n")
    setup = SETUP + source.setup + "alias = o\n" + ("it = None\n" if source.again else "")
    setup += _as_function("change", (source.ahead or source.grow or "pass") + "\n")
    cell, again = loop + tail, ()
    if shape == "twice":
        cell = loop + "n = 0\n" + loop + tail
    elif shape == "rerun":
        again = ("n = 0\n", cell, "n = 3\n", cell)
    elif shape == "epochs":
        cell = _in("for e in range(2):", "n = 0\n", loop) + tail.replace("else:\n    log.append('else')\n", "")
    elif shape == "function":
        inner = loop.replace("    break", "    return n") + "return -1\n"
        cell = _as_function("work", inner) + "log.append(work())\n" + ("" if after == "else" else tail)
    if mode == "defaults":
        again = (*again, cell, cell)
    return Program(name, cell, setup, again, graph=False, options=options_of(mode))


def options_of(mode: str) -> dict[str, object]:
    """JANUS's options."""
    return {} if mode == "always" else {"profile": 3, "generate": "auto"}


def applies(source: Source, happening: str, after: str, shape: str) -> bool:
    """Whether a combination is a program, and another one than its neighbours."""
    needed = HAPPENINGS[happening]
    missing = any(word.upper() in needed and not getattr(source, word) for word in ("grow", "ahead", "shrink", "inner"))
    if missing or ("in it" in needed and source.again) or (happening == "next" and source.again):
        return False
    if after == "next_after" and source.again:
        return False
    return not (shape in ("twice", "rerun", "epochs") and after != "none")


def names() -> Iterator[str]:
    """All names, in a fixed order."""
    for kind_name, kind in BY_NAME.items():
        for read in kind.reads:
            for change in kind.changes:
                for when in WHEN:
                    yield f"{kind_name}/{read}/{change}/{when}"
    for source in SOURCES:
        for happening in HAPPENINGS:
            for after in AFTERS:
                for shape in SHAPES:
                    if applies(source, happening, after or "none", shape):
                        yield f"source:{source.name}/{happening}/{after or 'none'}/{shape}"


def needs_tensorflow(name: str) -> bool:
    """Whether a program cannot run on the fake library."""
    return name.startswith("source:") and SOURCE_BY_NAME[name.removeprefix("source:").partition("/")[0]].real


def sample(count: int, seed: int, fake: bool) -> list[str]:
    """A part of the table that meets every row: names in turn from each row, drawn by `seed`. Zero: all."""
    every = [n for n in names() if not (fake and needs_tensorflow(n))]
    if count <= 0 or count >= len(every):
        return every
    rows: dict[str, list[str]] = {}
    for name in every:
        rows.setdefault(name.partition("/")[0], []).append(name)
    rng = random.Random(seed)
    for row in rows.values():
        rng.shuffle(row)
    chosen: list[str] = []
    depth = 0
    while len(chosen) < count:
        chosen += [row[depth] for row in rows.values() if depth < len(row)]
        depth += 1
    return chosen[:count]


def program(name: str, mode: str = "always") -> Program:
    """The program of a name."""
    return source_program(name, mode) if name.startswith("source:") else object_program(name, mode)

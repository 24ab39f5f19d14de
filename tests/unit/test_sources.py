"""A loop under JANUS consumes its iterable exactly as Python does: kinds of iterables x what happens to them meanwhile.

Every program runs twice, plainly and under JANUS on the fake library, and everything that it can see must be equal: the
elements in their order, the calls of `iter` and `next`, what is left for others, exceptions with their messages.
"""

from __future__ import annotations

import builtins
import io
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from janus_nb.config import Options
from janus_nb.events import EventBus, InternalError
from janus_nb.events.fold import fold
from janus_nb.profile.bind import bind
from janus_nb.profile.instrument import instrument_module
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.session import Session
from janus_nb.runtime.sources import open_iterable
from janus_nb.runtime.store import Store
from janus_nb.source.units import add_unit

from tests.unit.fake import FakeBackend, Tensor, Variable
from tests.unit.test_engine import every_iteration_is_worth_it

__all__ = ["every_iteration_is_worth_it"]

PRELUDE = """
import array, collections, io, itertools

class Counting:
    '''An iterator that says when it is asked.'''
    def __init__(self, n):
        self.n, self.i = n, 0
    def __iter__(self):
        log.append('iter')
        return self
    def __next__(self):
        log.append('next')
        self.i += 1
        if self.i > self.n:
            raise StopIteration
        return self.i

class Items:
    '''A sequence without an iterator of its own.'''
    def __init__(self, n):
        self.n = n
    def __getitem__(self, i):
        log.append(('item', i))
        if i >= self.n:
            raise IndexError(i)
        return i
    def __len__(self):
        log.append('len')
        return self.n

class Kept:
    '''An iterable that keeps the iterator it hands out.'''
    def __init__(self, xs):
        self.xs = xs
    def __iter__(self):
        self.it = iter(self.xs)
        return self.it

class Row(list):
    def __getitem__(self, i):
        log.append('never')
        return 0

def generated(n):
    try:
        for j in range(n):
            log.append(('made', j))
            yield j
    finally:
        log.append('closed')

def failing(n):
    for j in range(n):
        yield j
    raise KeyError('broken')

def counter():
    calls.append(1)
    return len(calls)

calls = []
"""

# name: (what the loop iterates over, made from `n` before it, how to name it in the loop's header)
KINDS: dict[str, tuple[str, str]] = {
    "list": ("c = list(range(n))", "c"),
    "list_subclass": ("c = Row(range(n))", "c"),
    "tuple": ("c = tuple(range(n))", "c"),
    "range": ("c = range(3, 3 + 2 * n, 2)", "c"),
    "range_down": ("c = range(n, 0, -1)", "c"),
    "range_big": ("c = range(10**30, 10**30 + n)", "c"),
    "dict": ("c = {j: -j for j in range(n)}", "c"),
    "keys": ("c = {j: -j for j in range(n)}", "c.keys()"),
    "values": ("c = {j: [j] for j in range(n)}", "c.values()"),
    "items": ("c = {j: -j for j in range(n)}", "c.items()"),
    "ordered": ("c = collections.OrderedDict((j, -j) for j in range(n))", "c"),
    "set": ("c = set(range(n))", "c"),
    "frozenset": ("c = frozenset(range(n))", "c"),
    "deque": ("c = collections.deque(range(n))", "c"),
    "str": ("c = ('ab\u00e9' * n)[:n]", "c"),
    "bytes": ("c = (b'abc' * n)[:n]", "c"),
    "bytearray": ("c = bytearray((b'abc' * n)[:n])", "c"),
    "array": ("c = np.arange(n)", "c"),
    "array_rows": ("c = np.arange(3 * n).reshape(n, 3)", "c"),
    "array_view": ("base = np.arange(2 * n)\nc = base[::2]", "c"),
    "object_array": ("c = np.array([[j] for j in range(n)] + [None], dtype=object)[:n]", "c"),
    "memoryview": ("c = memoryview(bytearray((b'abc' * n)[:n]))", "c"),
    "array_array": ("c = array.array('i', range(n))", "c"),
    "enumerate_list": ("c = list(range(n))", "enumerate(c)"),
    "enumerate_array": ("c = np.arange(n)", "enumerate(c, 5)"),
    "enumerate_items": ("c = {j: -j for j in range(n)}", "enumerate(c.items())"),
    "zip": ("c = list(range(n))", "zip(c, range(n + 3))"),
    "zip_shorter": ("c = list(range(n))", "zip(range(n + 9), c)"),
    "zip_strict": ("c = list(range(n))", "zip(c, range(n - 1), strict=True)"),
    "zip_of_iterators": ("c = list(range(n))\nother = iter(range(100, 1000))", "zip(c, other)"),
    "zip_same_iterator": ("c = list(range(n))\nother = iter(c)", "zip(other, other)"),
    "enumerate_iterator": ("c = list(range(n))\nother = iter(c)", "enumerate(other)"),
    "enumerate_zip": ("c = list(range(n))", "enumerate(zip(c, 'xyz' * n))"),
    "reversed": ("c = list(range(n))", "reversed(c)"),
    "reversed_tuple": ("c = tuple(range(n))", "reversed(c)"),
    "reversed_range": ("c = range(n)", "reversed(c)"),
    "map": ("c = list(range(n))", "map(abs, c)"),
    "filter": ("c = list(range(n))", "filter(None, c)"),
    "islice": ("c = list(range(n))", "itertools.islice(c, 2, n)"),
    "chain": ("c = list(range(n))", "itertools.chain(c, c)"),
    "generator": ("c = generated(n)", "c"),
    "generator_in_header": ("c = None", "generated(n)"),
    "generator_that_fails": ("c = None", "failing(n - 3)"),
    "genexp": ("c = list(range(n))", "(j for j in c)"),
    "user_iterator": ("c = Counting(n)", "c"),
    "user_sequence": ("c = Items(n)", "c"),
    "kept_iterator": ("c = Kept(list(range(n)))", "c"),
    "sentinel": ("c = None", "iter(counter, n)"),
    "file": ("c = io.StringIO(''.join(f'{j}\\n' for j in range(n)))", "c"),
    "held_list": ("xs = list(range(n))\nc = iter(xs)", "c"),
    "held_zip": ("xs = list(range(n))\nc = zip(xs, range(n))", "c"),
    "held_enumerate": ("xs = list(range(n))\nc = enumerate(xs)", "c"),
    "held_dict": ("xs = {j: -j for j in range(n)}\nc = iter(xs.items())", "c"),
    "iter_of_held": ("xs = list(range(n))\nc = iter(xs)", "iter(c)"),
    "not_iterable": ("c = 5", "c"),
    "bad_iter": ("class Bad:\n    def __iter__(self):\n        return 3\nc = Bad()", "c"),
}

ITERATORS = {"generator", "user_iterator", "file", "held_list", "held_zip", "held_enumerate", "held_dict", "iter_of_held", "zip_of_iterators",
             "zip_same_iterator", "enumerate_iterator"}  # fmt: skip
LISTS = {"list", "list_subclass", "enumerate_list", "zip", "zip_shorter", "enumerate_zip", "reversed", "map", "filter", "islice", "chain", "genexp"}
DICTS = {"dict", "keys", "values", "items", "ordered", "enumerate_items"}
ARRAYS = {"array", "array_rows", "array_view", "enumerate_array"}

WORK = "    v.add(data[k])\n    k += 1\n    log.append(x)\n"

# name: (statements of the body, once they are due; the kinds that they fit)
CHANGES: dict[str, tuple[str, set[str]]] = {
    "grows": ("c.append(k)", LISTS | {"deque", "array_array", "bytearray"}),
    "extends": ("c.extend([k, k + 1])", LISTS | {"deque"}),
    "inserts": ("c.insert(0, k)", LISTS),
    "pops": ("c.pop()", LISTS | {"deque", "set", "bytearray"}),
    "pops_first": ("c.pop(0)", LISTS),
    "clears": ("c.clear()", LISTS | DICTS | {"deque", "set", "bytearray"}),
    "sets_ahead": ("list.__setitem__(c, min(k + 2, len(c) - 1), -k)", LISTS),
    "sets_item_ahead": (
        "c[min(k + 2, len(c) - 1)] = -k % 100",
        LISTS | {"deque", "array", "enumerate_array", "array_view", "array_array", "bytearray"},
    ),
    "sets_behind": ("c[0] = -k % 100", LISTS | {"deque", "array", "enumerate_array", "array_array"}),
    "swaps": ("c[-1], c[-2] = c[-2], c[-1]", LISTS - {"list_subclass"}),
    "changes_and_restores": ("old = c[-1]; c[-1] = None; c[-1] = old", LISTS - {"list_subclass"}),
    "reverses": ("c.reverse()", LISTS),
    "deletes_ahead": ("del c[-1]", LISTS | {"deque", "bytearray"}),
    "slices": ("c[k + 1:] = [7, 8, 9]", LISTS),
    "adds_in_place": ("c += 1", ARRAYS),
    "fills": ("c.fill(k)", ARRAYS),
    "new_key": ("c[-k - 1] = k", DICTS),
    "same_key": ("c[n - 2] = k", DICTS),
    "replaces_key": ("c.pop(n - 1, None); c[('new', k)] = k", DICTS),
    "deletes_key": ("c.pop(n - 1, None)", DICTS),
    "adds": ("c.add(-k - 1)", {"set"}),
    "discards": ("c.discard(n - 1)", {"set"}),
    "rebinds": ("c = [1, 2, 3]", set(KINDS)),
    "changes_list_behind_iterator": ("xs.append(k)", {"held_list", "held_zip", "held_enumerate", "iter_of_held"}),
    "changes_dict_behind_iterator": ("xs[n - 2] = k", {"held_dict"}),
    "changes_kept": ("c.xs[-1] = k", {"kept_iterator"}),
    "takes_kept": ("log.append(next(c.it, None))", {"kept_iterator"}),
}

WHEN = {
    "once": "    if k == 17:\n        {}\n",
    "sometimes": "    if k % 11 == 6 and k < 60:\n        {}\n",
    "always": "    if k < 60:\n        {}\n",
}

# name: (template of the program around `H`, the header's expression; `{B}` is the body)
EXITS: dict[str, str] = {
    "nothing": "for x in {H}:\n{B}else:\n    log.append('else')\n",
    "break": "for x in {H}:\n{B}    if k == 19:\n        break\nelse:\n    log.append('else')\nlog.append('after')\n",
    "raise": "try:\n    for x in {H}:\n{B2}        if k == 23:\n            raise ValueError(k)\nexcept ValueError as e:\n    log.append(str(e))\n",
    "return": "def f():\n    global k\n    for x in {H}:\n{B2}        if k == 21:\n            return x\nlog.append(f())\n",
    "continue": "for x in {H}:\n{B}    if k % 3 == 0:\n        continue\n    log.append('odd')\n",
    "twice": "for x in {H}:\n{B}    if k == 13:\n        break\nfor x in {H}:\n{B}",
    "epochs": "for e in range(3):\n    k = 0\n    for x in {H}:\n{B2}",
}

SHARED: dict[str, str] = {
    "break_then_next": "for x in {H}:\n{B}    if k == 12:\n        break\nlog.append(next(c, 'end'))\nlog.append(list(itertools.islice(c, 3)))\n",
    "raise_then_next": "try:\n    for x in {H}:\n{B2}        if k == 12:\n            raise ValueError(k)\nexcept ValueError as e:\n    pass\nlog.append(next(c, 'end'))\n",
    "next_inside": "for x in {H}:\n{B}    if k % 7 == 3:\n        log.append(next(c, 'end'))\n",
    "nested": "for x in {H}:\n{B}    if k % 9 == 4:\n        for y in {H}:\n            log.append(('inner', y))\n            if len(log) % 3 == 0:\n                break\n",
    "nested_all": "for x in {H}:\n{B}    if k == 9:\n        for x in {H}:\n            v.add(1.0)\n            log.append(x)\n",
    "position": "for x in {H}:\n{B}    if k % 13 == 8:\n        log.append(str(getattr(c, 'i', None)))\nlog.append(next(c, 'end'))\n",
}


def _indented(text: str) -> str:
    return "".join("    " + line + "\n" for line in text.splitlines())


def _programs() -> dict[str, tuple[str, str]]:
    """All programs: the setup, and the cell."""
    made: dict[str, tuple[str, str]] = {}
    for kind, (setup, header) in KINDS.items():
        templates = {**EXITS, **(SHARED if kind in ITERATORS and "zip(" not in header else {})}
        for name, template in templates.items():
            made[f"{kind}-{name}"] = setup, template.format(H=header, B=WORK, B2=_indented(WORK))
        for change, (statement, kinds) in CHANGES.items():
            if kind in kinds:
                for when, test in WHEN.items():
                    body = WORK + test.format(statement)
                    made[f"{kind}-{change}-{when}"] = setup, EXITS["nothing"].format(H=header, B=body)
    return made


PROGRAMS = _programs()


@dataclass
class Seen:
    """What a run has left behind."""

    values: dict[str, Any]
    error: str
    report: Any = None


def _seen(namespace: dict[str, Any], error: str, report: Any = None) -> Seen:
    names = ("log", "k", "x", "e", "c", "xs", "calls", "other", "base")
    values = {name: _told(namespace[name]) for name in names if name in namespace}
    values["v"] = namespace["v"].data.tolist()
    if hasattr(namespace.get("c"), "__next__"):
        values["left"] = repr(list(namespace["c"])) if not isinstance(namespace["c"], type(iter(int, 1))) else ""
    if hasattr(namespace.get("other"), "__next__"):
        values["other left"] = repr(next(namespace["other"], "end"))
    return Seen(values, error, report)


def _told(value: Any) -> str:
    """A value as text, with types where text hides them."""
    items = list.__iter__(value) if isinstance(value, list) else ()
    kinds = "".join(f" {type(item).__name__}" for item in items)
    return re.sub(r" at 0x\w+", "", f"{type(value).__name__} {value!r}{kinds}")


def compare(setup: str, cell: str, n: int, **options: Any) -> Any:
    """Run a cell plainly and under JANUS, and assert that nothing differs; the folded report."""
    eager = _run(setup, cell, n, None)
    janus = _run(setup, cell, n, options)
    assert janus.error == eager.error
    for name in eager.values:
        assert janus.values.get(name) == eager.values[name], f"{name} differs\n{cell}"
    assert janus.values.keys() == eager.values.keys()
    return janus.report


def _run(setup: str, cell: str, n: int, options: dict[str, Any] | None) -> Seen:
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": vars(builtins), "np": np, "n": n, "k": 0, "log": []}
    names.update(v=Variable([0.0]), data=Tensor(np.arange(1000, dtype="float32")))
    exec(PRELUDE + setup, names)
    bus, report, error = EventBus(), None, ""
    try:
        if options is None:
            exec(compile(cell, "<eager>", "exec"), names)
        else:
            store, unit = Store(), add_unit("<janus-cell sources>", "sources", cell)
            engine = Engine(FakeBackend(), Options.make(**options), bus, store.recorder)
            code = compile(instrument_module(unit, unit.tree, store.sites), unit.file, "exec")
            exec(bind(code, Session(engine, store)), names)
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}"
    if options is not None:
        report = fold(bus.events)
        assert not [e for e in bus.events if isinstance(e, InternalError)], [e for e in bus.events if isinstance(e, InternalError)]
    return _seen(names, error, report)


AHEAD = {kind for kind in KINDS if kind not in ITERATORS} & {
    "list", "list_subclass", "tuple", "range", "range_down", "range_big", "dict", "keys", "values", "items", "set", "frozenset", "str", "bytes",
    "bytearray", "array", "array_rows", "array_view", "array_array", "enumerate_list", "enumerate_array", "enumerate_items", "zip", "zip_shorter",
    "zip_strict", "enumerate_zip", "reversed", "reversed_range",
}  # fmt: skip
"""Kinds of which a graph call is fed several elements."""


@pytest.mark.parametrize("kind", KINDS)
def test_as_python_with_graphs_at_once(kind: str) -> None:
    reports = [compare(*PROGRAMS[name], 40, profile=1, generate="always") for name in PROGRAMS if name.startswith(kind + "-")]
    in_graphs = sum(bool(report.counts["graph"]) for report in reports)
    assert in_graphs >= (len(reports) // 4 if kind not in ("not_iterable", "bad_iter") else 0), f"{in_graphs} of {len(reports)} ran in graphs"


@pytest.mark.parametrize("kind", KINDS)
def test_as_python_by_default(kind: str) -> None:
    for name, (setup, cell) in PROGRAMS.items():
        if name.startswith(kind + "-") and not name.endswith(("-sometimes", "-always")):
            compare(setup, cell, 150)


@pytest.mark.parametrize("kind", sorted(AHEAD))
def test_several_elements_go_into_one_call(kind: str) -> None:
    setup, cell = PROGRAMS[f"{kind}-nothing"]
    report = compare(setup, cell, 60, profile=1, generate="always")
    region = next(iter(report.regions.values()))
    assert report.counts["graph"] > 40
    assert region.hits < 30


@pytest.mark.parametrize("kind", ["held_list", "held_zip", "held_enumerate", "generator", "user_iterator", "kept_iterator", "zip_of_iterators"])
def test_an_iterator_that_others_hold_is_taken_one_by_one(kind: str) -> None:
    setup, cell = PROGRAMS[f"{kind}-nothing"]
    report = compare(setup, cell, 60, profile=1, generate="always")
    assert next(iter(report.regions.values())).hits == report.counts["graph"] > 0


WHAT_ELEMENTS_SHARE = {
    "one list": ("s = [0]\nc = [s] * n", "    log.append(x[0])\n    s[0] += 1\n"),
    "its length": ("s = {'a': 0}\nc = [s] * n", "    log.append(len(x))\n    s[k] = k\n"),
    "one of two": ("s, t = {'a': 0}, {'a': 7}\nc = [t] * 20 + [s, t] * n", "    log.append(x['a'])\n    s['a'] = k\n"),
    "deep inside": ("s = [0]\nc = [(1, {'p': [(s,)]})] * n", "    log.append(len(x[1]['p'][0][0]))\n    s.append(k)\n"),
    "an attribute": ("s = Node()\nt = Node()\nc = [t] * 9 + [t, t, s] * n", "    log.append(x.n)\n    s.n = k\n"),
    "a list of an object": ("s = Node()\nc = [s] * n", "    log.append(len(x.items))\n    s.items.append(k)\n"),
    "a list in a slot": ("s = Slotted()\nc = [s] * n", "    log.append(len(x.items))\n    s.items.append(k)\n"),
    "rows of an array": ("s = np.zeros((n, 2))\nc = list(s)", "    log.append(float(x[0]))\n    s[min(k, n - 1)] = k\n"),
    "an array in a pair": ("s = np.zeros(3)\nc = [(0, s)] * n", "    log.append(float(x[1][0]))\n    s[0] = k\n"),
    "the list itself": ("c = []\nc.extend([c] * n)", "    log.append(len(x))\n"),
    "what is appended to": ("c = [log] * n", "    log.append(len(x))\n"),
    "nothing": ("c = [{'a': [j]} for j in range(n)]", "    log.append(x['a'][0])\n"),
}
NODE = """
class Node:
    def __init__(self):
        self.n, self.items = 0, []
class Slotted:
    __slots__ = ('items',)
    def __init__(self):
        self.items = []
"""


@pytest.mark.parametrize("name", WHAT_ELEMENTS_SHARE)
def test_effects_reach_later_elements(name: str) -> None:
    setup, body = WHAT_ELEMENTS_SHARE[name]
    for header in ("x in c", "_, x in enumerate(c)", "x, _ in zip(c, range(n))"):
        cell = f"for {header}:\n    v.add(data[k])\n    k += 1\n{body}"
        report = compare(NODE + setup, cell, 40, profile=1, generate="always")
        assert name != "nothing" or report.counts["graph"] > 30


# -- the parts ---------------------------------------------------------------------------------------------------------


def source_of(iterable: Any, fresh: bool = False) -> Any:
    return open_iterable(FakeBackend(), iterable, fresh)  # type: ignore[arg-type]


def test_a_block_takes_nothing() -> None:
    xs = [1, 2, 3, 4]
    source = source_of(xs)
    assert source.block(3).elements == [1, 2, 3]
    assert source.announced() == 4 and source.pop() == 1
    source.advance(0)
    assert list(source.remaining()) == [2, 3, 4]


@pytest.mark.parametrize(
    "change",
    ["xs.append(9)", "xs[0] = 8", "xs[9] = 8", "del xs[3]", "xs.insert(0, 0)", "xs[1] = list(xs[1])", "xs.clear()", "xs.reverse()", "xs[5:] = []"],
)
def test_a_block_says_whether_it_still_holds(change: str) -> None:
    xs: list[Any] = [[i] for i in range(10)]
    source = source_of(xs)
    assert source.pop() == [0]
    block = source.block(4)
    assert block.unchanged()
    expected = [id(x) for x in xs[1:5]]
    exec(change, {"xs": xs})
    assert block.unchanged() is ([id(x) for x in xs[1:5]] == expected)


def test_arrays_are_compared_by_content() -> None:
    xs = np.arange(10)
    source = source_of(xs)
    block = source.block(4)
    xs[7] = -1
    assert block.unchanged()
    xs[2] = -1
    assert not block.unchanged()


def test_a_dictionary_that_grows_raises_at_its_iteration() -> None:
    xs = {i: i for i in range(9)}
    source = source_of(xs.items())
    block = source.block(4)
    assert list(block.elements) == [(0, 0), (1, 1), (2, 2), (3, 3)]
    xs[2] = -2
    assert not block.unchanged()
    xs[99] = 1
    assert not source.block(4).elements
    with pytest.raises(RuntimeError, match="changed size"):
        source.pop()


def test_asking_how_many_are_left_takes_none_and_calls_nothing() -> None:
    class Loud:
        def __iter__(self) -> Any:
            return self

        def __next__(self) -> Any:
            raise AssertionError("taken")

        def __length_hint__(self) -> int:
            raise AssertionError("asked")

        __len__ = __length_hint__

    source = source_of(Loud())
    assert source.announced() is None and not source.holds_fewer_than(1000)
    held = iter([1, 2, 3])
    source = source_of(held)
    assert source.announced() == 3 and source.holds_fewer_than(4) and not source.holds_fewer_than(3)
    assert list(held) == [1, 2, 3]


def test_the_end_is_asked_for_once() -> None:
    asked = []

    def take() -> int:
        asked.append(1)
        if len(asked) > 2:
            raise StopIteration
        return len(asked)

    source = source_of(iter(take, None))
    while source.block(4).elements:
        source.advance(1)
    before = len(asked)
    for _ in range(3):
        assert not source.block(4).elements
    with pytest.raises(StopIteration):
        source.pop()
    assert len(asked) == before


def test_what_an_iterator_raises_is_raised_at_its_iteration() -> None:
    def failing() -> Any:
        yield 1
        raise KeyError("broken")

    source = source_of(failing())
    assert source.block(8).elements == [1]
    source.advance(1)
    assert not source.block(8).elements
    with pytest.raises(KeyError, match="broken"):
        source.pop()


def test_leaving_lets_a_generator_go() -> None:
    closed = []

    def given() -> Any:
        try:
            yield from range(9)
        finally:
            closed.append(True)

    source = source_of(given())
    source.pop()
    source.close()
    assert closed


def test_iter_is_not_called_again_for_what_is_left() -> None:
    class Counted:
        calls = 0

        def __iter__(self) -> Any:
            Counted.calls += 1
            return self

        def __next__(self) -> int:
            raise StopIteration

    source = source_of(Counted())
    for _ in source.remaining():
        raise AssertionError
    assert Counted.calls == 1


def _bar_run(taken: int, by_graph: int) -> tuple[Any, str, list[Any]]:
    tqdm = pytest.importorskip("tqdm")
    out = io.StringIO()
    bar = tqdm.tqdm(list(range(30)), file=out, mininterval=0, miniters=1, bar_format="{n}/{total}|")
    seen = []
    if by_graph:
        source = source_of(bar)
        while len(seen) < by_graph:
            block = source.block(4)
            seen += block.elements
            source.advance(len(block.elements))
        while len(seen) < taken:
            seen.append(source.pop())
        source.close()
    else:
        for x in bar:
            seen.append(x)
            if len(seen) == taken:
                break
    return bar, out.getvalue(), seen


@pytest.mark.parametrize("taken", [9, 13, 29])
def test_a_bar_counts_as_it_does(taken: int) -> None:
    eager, eager_text, eager_seen = _bar_run(taken, 0)
    bar, text, seen = _bar_run(taken, 8)
    assert seen == eager_seen and text == eager_text
    assert bar.n == eager.n == taken - 1 and bar.iterable == eager.iterable


def test_a_bar_over_something_that_cannot_be_iterated_fails_as_it_does() -> None:
    tqdm = pytest.importorskip("tqdm")
    with pytest.raises(TypeError, match="not iterable"):
        for _ in tqdm.tqdm(5, file=io.StringIO()):
            pass
    source = source_of(tqdm.tqdm(5, file=io.StringIO()))
    assert not source.block(4).elements
    with pytest.raises(TypeError, match="not iterable"):
        source.pop()

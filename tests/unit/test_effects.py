"""Every effect: done as Python does it, taken back exactly, and both when something raises in the middle."""

from __future__ import annotations

import bisect
import collections
import copy
import heapq
import importlib
import operator
import pkgutil
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from janus_nb.lowering import effects
from janus_nb.lowering.effects import arrays, containers, draws, objects, output, sets
from janus_nb.lowering.effects.effect import Effect
from janus_nb.runtime.journal import EffectRaised, Journal

from tests.unit.test_engine import every_iteration_is_worth_it, run, space

__all__ = ["every_iteration_is_worth_it"]


@dataclass(frozen=True)
class Case:
    """An object, an effect on it, and Python's own way of doing it.

    Attributes:
        effect: The effect.
        make: Makes the object.
        args: The effect's other arguments, for one call after the other.
        eager: What Python does, with the same arguments.
    """

    effect: Effect
    make: Callable[[], Any]
    args: tuple[tuple[Any, ...], ...]
    eager: Callable[..., Any]


def method(owner: Any, name: str, *args: Any) -> Any:
    return getattr(owner, name)(*args)


def set_item(owner: Any, index: Any, value: Any) -> None:
    owner[index] = value


def augment_item(owner: Any, index: Any, function: Any, value: Any) -> None:
    owner[index] = function(owner[index], value)


def augment(owner: Any, function: Any, value: Any) -> None:
    function(owner, value)


SELF = "the container itself"
"""Stands for the container among the arguments of a function that changes it."""


def called(_: Any, function: Any, *args: Any) -> Any:
    return function(*args)


def grown() -> set[Any]:
    """A set in whose table some items have been pushed away from their places by others."""
    made = set()
    for item in (9, 1, 17, 33, 25, 2, 40):
        made.add(item)
    return made


def bounded() -> Any:
    return collections.deque([1, 2, 3], maxlen=3)


def changes(make: Callable[[], Any], *args: tuple[Any, ...]) -> Case:
    return Case(containers.CHANGE, make, args, method)


CASES: dict[str, Case] = {
    "list append": Case(containers.APPEND, lambda: [1, 2], ((3,), ([],), (None,)), list.append),
    "list pop, sort, extend": changes(lambda: [3, 1, 2], ("pop",), ("sort",), ("extend", [9, 8]), ("insert", 0, 7), ("reverse",), ("clear",)),
    "list append by name": changes(lambda: [1], ("append", 2), ("append", 3), ("remove", 1)),
    "dict update and pop": changes(lambda: {"a": 1, "b": 2}, ("pop", "a"), ("update", {"c": 3}), ("setdefault", "a", 5), ("popitem",)),
    "ordered dict": changes(lambda: collections.OrderedDict(a=1, b=2, c=3), ("move_to_end", "a"), ("popitem", False)),
    "counter": changes(lambda: collections.Counter("aabbb"), ("update", "abc"), ("subtract", "bb")),
    "set add and discard": changes(grown, ("add", 57), ("discard", 9), ("add", 3), ("update", [4, 5, 6, 7, 8, 10, 11, 12])),
    "set of words": changes(lambda: {"loss", "step", "rate"}, ("add", "epoch"), ("remove", "step"), ("clear",)),
    "deque": changes(bounded, ("append", 4), ("appendleft", 5), ("rotate", 1), ("popleft",)),
    "bytearray": changes(lambda: bytearray(b"abc"), ("append", 100), ("extend", b"ef"), ("pop",)),
    "array": changes(lambda: np.arange(4.0), ("sort",), ("fill", 2.0), ("put", [0], [9.0])),
    "dict item": Case(containers.SET_ITEM, lambda: {"a": 1}, (("a", 2), ("b", 3), ("b", 4)), set_item),
    "one dict item": Case(containers.SET_ONE_ITEM, lambda: {"a": 1}, (("a", 2), ("b", 3), ("b", 4)), set_item),
    "list item": Case(containers.SET_ITEM, lambda: [1, 2, 3], ((0, 9), (-1, 8), (slice(1, 2), [5, 6, 7])), set_item),
    "any item": Case(containers.SET_ANY_ITEM, lambda: np.zeros((2, 2)), ((0, 1.0), ((1, 1), 5.0), (slice(None), 3.0)), set_item),
    "array item": Case(containers.SET_ITEM, lambda: np.zeros(3, "int32"), ((0, 1), (slice(1, 3), 7)), set_item),
    "deleted items": Case(containers.DELETE_ITEM, lambda: {"a": 1, "b": 2, "c": 3}, (("b",), ("a",)), operator.delitem),
    "deleted list items": Case(containers.DELETE_ITEM, lambda: [1, 2, 3, 4], ((0,), (slice(0, 2),)), operator.delitem),
    "made items": Case(containers.MAKE_ITEM, lambda: collections.defaultdict(list, a=[1]), (("a",), ("b",), ("c",)), operator.getitem),
    "augmented": Case(arrays.AUGMENT, lambda: np.arange(3.0), ((operator.iadd, 1.0), (operator.imul, 2.0)), augment),
    "augmented item": Case(arrays.AUGMENT_ITEM, lambda: np.arange(3.0), ((0, operator.iadd, 1.0), (slice(1, 3), operator.imul, 2.0)), augment_item),
    "heap": Case(containers.APPLY, lambda: [1, 5, 3], ((heapq.heappush, SELF, 2), (heapq.heappop, SELF), (heapq.heapreplace, SELF, 9)), called),
    "sorted list": Case(containers.APPLY, lambda: [1, 3], ((bisect.insort, SELF, 2), (bisect.insort, SELF, 0)), called),
    "counts": Case(containers.APPLY, lambda: np.zeros(4), ((np.add.at, SELF, [0, 0, 2], 1.0), (np.cumsum, [1.0, 2, 3, 4], 0, None, SELF)), called),
    "own container": Case(containers.CHANGE_OWN, list, (("append", 1), ("extend", [2, 3])), method),
    "own item": Case(containers.SET_OWN_ITEM, dict, (("a", 1), ("b", 2)), set_item),
}


def seen(owner: Any) -> Any:
    """Everything that tells an object's state: type, content in order, identity of what is in it."""
    if isinstance(owner, np.ndarray):
        return owner.dtype, owner.shape, owner.tobytes()
    items = list(owner.items()) if isinstance(owner, dict) else list(owner)
    return type(owner), items, [id(i) for pair in items for i in (pair if isinstance(pair, tuple) else (pair,))]


def equal(a: Any, b: Any) -> bool:
    return bool(seen(a)[:2] == seen(b)[:2] if not isinstance(a, np.ndarray) else seen(a) == seen(b))


def perform(case: Case, journal: Journal, owner: Any, args: tuple[Any, ...]) -> Any:
    args = with_owner(owner, args)
    return case.effect.perform(journal, owner, *args) if case.effect.keeping else case.effect.perform(owner, *args)


def with_owner(owner: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(owner if isinstance(a, str) and a == SELF else a for a in args)


@pytest.mark.parametrize("name", CASES)
def test_done_as_python_does_it(name: str) -> None:
    case, journal = CASES[name], Journal()
    mine, theirs = case.make(), case.make()
    for args in case.args:
        ours, python = perform(case, journal, mine, copy.deepcopy(args)), case.eager(theirs, *with_owner(theirs, copy.deepcopy(args)))
        assert ours is mine if python is theirs else ours == python
        assert equal(mine, theirs)
    journal.finish()
    assert equal(mine, theirs)
    assert not journal.undoing


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if case.effect.keeping])
def test_taken_back_after_any_number(name: str) -> None:
    case = CASES[name]
    for count in range(1, len(case.args) + 1):
        journal, owner = Journal(), case.make()
        before = seen(owner)
        for args in case.args[:count]:
            perform(case, journal, owner, args)
        journal.rollback()
        assert seen(owner) == before


@pytest.mark.parametrize("name", [n for n, case in CASES.items() if case.effect.keeping])
def test_done_again_after_it_was_taken_back(name: str) -> None:
    """Where items come in an order of their own, it is the same as if nothing had been tried before."""
    case = CASES[name]
    mine, theirs = case.make(), case.make()
    for _ in range(2):
        journal = Journal()
        for args in case.args:
            perform(case, journal, mine, copy.deepcopy(args))
        journal.rollback()
    journal = Journal()
    for args in case.args:
        perform(case, journal, mine, copy.deepcopy(args))
        case.eager(theirs, *with_owner(theirs, copy.deepcopy(args)))
        assert equal(mine, theirs)


RAISING: dict[str, tuple[Case, tuple[Any, ...], type[Exception]]] = {
    "append": (CASES["list append"], (1, 2), TypeError),
    "pop": (CASES["list pop, sort, extend"], ("pop", 99), IndexError),
    "sort of mixed values": (changes(lambda: [3, 1, "a", 0]), ("sort",), TypeError),
    "extend by a generator": (changes(lambda: [1]), ("extend", (1 // (2 - i) for i in range(5))), ZeroDivisionError),
    "update by pairs": (changes(lambda: {"a": 1}), ("update", [("b", 2), (1, 2, 3)]), ValueError),
    "set update": (CASES["set add and discard"], ("update", [100, 101, []]), TypeError),
    "deque": (CASES["deque"], ("remove", 99), ValueError),
    "dict item": (CASES["dict item"], ([], 1), TypeError),
    "list item": (CASES["list item"], (99, 1), IndexError),
    "array item": (CASES["array item"], (slice(0, 2), [1, 2, 3]), ValueError),
    "deleted item": (CASES["deleted items"], ("z",), KeyError),
    "made item": (Case(containers.MAKE_ITEM, lambda: collections.defaultdict(None, a=1), (("a",),), operator.getitem), ("z",), KeyError),
    "augmented": (CASES["augmented"], (operator.iadd, np.zeros(5)), ValueError),
    "augmented item": (CASES["augmented item"], (9, operator.iadd, 1.0), IndexError),
    "a method that is none": (CASES["list append by name"], ("nothing",), AttributeError),
}


@pytest.mark.parametrize("name", RAISING)
def test_raises_in_the_middle(name: str) -> None:
    case, args, error = RAISING[name]
    journal, owner = Journal(), case.make()
    before = seen(owner)
    for good in case.args[:1]:
        perform(case, journal, owner, copy.deepcopy(good))
    with pytest.raises(error):
        perform(case, journal, owner, args)
    journal.rollback()
    assert seen(owner) == before


def test_different_effects_on_one_object_are_undone_together() -> None:
    chance = random.Random(3)
    kinds = [
        containers.APPEND.perform,
        lambda j, o, x: containers.SET_ITEM.perform(j, o, chance.randrange(-len(o), len(o)), x) if o else None,
        lambda j, o, x: containers.CHANGE.perform(j, o, chance.choice(["sort", "reverse", "clear"])),
        lambda j, o, x: containers.DELETE_ITEM.perform(j, o, slice(0, 2)),
        lambda j, o, x: containers.CHANGE.perform(j, o, "insert", 0, x),
    ]
    for _ in range(300):
        owner = [chance.randrange(1000) for _ in range(chance.randrange(6))]
        other: dict[str, int] = {"a": 1}
        before, before_other, journal = seen(owner), seen(other), Journal()
        for x in range(chance.randrange(12)):
            chance.choice(kinds)(journal, owner, x)
            containers.SET_ITEM.perform(journal, other, chance.choice("abc"), x)
        journal.rollback()
        assert seen(owner) == before
        assert seen(other) == before_other


def test_a_view_and_the_array_behind_it_are_undone_together() -> None:
    journal, whole = Journal(), np.arange(6.0)
    before = whole.tobytes()
    for owner in (whole[1:4], whole, whole[2:]):
        arrays.AUGMENT.perform(journal, owner, operator.iadd, 1.0)
    journal.rollback()
    assert whole.tobytes() == before


def test_sets_keep_their_table_however_they_have_grown() -> None:
    """A set is put back to the last place of its table, or it is not changed at all."""
    chance, refused = random.Random(7), 0
    for _ in range(400):
        mine: set[int] = set()
        for item in [chance.randrange(200) for _ in range(chance.randrange(30))]:
            mine.add(item)
        if chance.random() < 0.1 and mine:
            mine.discard(max(mine))
        before, journal = sets.table_of(mine), Journal()
        try:
            containers.CHANGE.perform(journal, mine, "update", [chance.randrange(300) for _ in range(chance.randrange(1, 40))])
        except TypeError:
            refused += 1
            assert sets.table_of(mine) == before
            continue
        containers.CHANGE.perform(journal, mine, "discard", chance.randrange(200))
        journal.rollback()
        assert sets.table_of(mine) == before
    assert refused < 80


def test_a_set_from_which_something_was_removed_is_not_changed() -> None:
    mine = {1, 2, 3}
    mine.discard(2)
    with pytest.raises(TypeError, match="order of a set"):
        containers.CHANGE.perform(Journal(), mine, "add", 4)
    assert mine == {1, 3}


@pytest.mark.parametrize("make", [lambda: type("L", (list,), {})([1]), {1: 1}.keys, lambda: (1, 2), object])
def test_containers_of_unknown_kinds_are_not_changed(make: Callable[[], Any]) -> None:
    for effect, args in ((containers.CHANGE, ("append", 1)), (containers.DELETE_ITEM, (0,)), (containers.SET_ITEM, (0, 1))):
        with pytest.raises(TypeError):
            effect.perform(Journal(), make(), *args)


def test_what_was_taken_as_constant_is_not_changed() -> None:
    box = [1]
    journal = Journal(frozenset({id(box)}))
    for effect, args in (
        (containers.APPEND, (2,)),
        (containers.CHANGE, ("append", 2)),
        (containers.SET_ITEM, (0, 2)),
        (containers.DELETE_ITEM, (0,)),
    ):
        with pytest.raises(TypeError, match="taken as constant"):
            effect.perform(journal, box, *args)
    assert box == [1]


# -- what waits ----------------------------------------------------------------------------------------------------------


def test_output_waits_and_is_formatted_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    journal, box = Journal(), [1]
    output.PRINT.perform(journal, "box", box, sep="=", end=";\n")
    box.append(2)
    assert capsys.readouterr().out == ""
    assert journal.text == "box=[1];\n"
    journal.finish()
    assert capsys.readouterr().out == "box=[1];\n"


def test_output_taken_back_is_never_written(capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal()
    output.PRINT.perform(journal, "never")
    journal.rollback()
    journal.finish()
    assert capsys.readouterr().out == ""


def test_calls_outside_get_what_was_there_when_they_were_made() -> None:
    journal, box, found = Journal(), [1, {"a": [2]}], []
    output.OUTSIDE.perform(journal, lambda *a, **k: found.append((a, k)), box, key=box)
    box[1]["a"].append(3)
    assert journal.text is None
    assert journal.holds
    journal.finish()
    assert found == [(([1, {"a": [2]}],), {"key": [1, {"a": [2]}]})]


def test_calls_outside_do_not_take_objects_that_may_change() -> None:
    with pytest.raises(TypeError, match="handed to an effect"):
        output.OUTSIDE.perform(Journal(), print, type("Mine", (), {})())


def test_an_effect_outside_that_raises_says_what_was_let_out(capsys: pytest.CaptureFixture[str]) -> None:
    journal = Journal()
    for i in range(3):
        journal.iteration = i
        output.PRINT.perform(journal, i)
        output.OUTSIDE.perform(journal, lambda x: 1 // (2 - x), i)
    output.PRINT.perform(journal, "never")
    with pytest.raises(EffectRaised) as raised:
        journal.finish()
    assert isinstance(raised.value.error, ZeroDivisionError)
    assert (raised.value.iteration, raised.value.text) == (2, "2\n")
    assert capsys.readouterr().out == "0\n1\n2\n"


def test_objects_are_made_without_their_class() -> None:
    class Node:
        def __init__(self) -> None:
            raise AssertionError("code of the user's")

        __setattr__ = __init__  # type: ignore[assignment]

    made = objects.NEW.perform(Node)
    objects.SET_ATTRIBUTE.perform(made, "value", 3)
    assert type(made) is Node
    assert vars(made) == {"value": 3}


@pytest.mark.parametrize("make", [lambda: random.Random(1), lambda: np.random.default_rng(1), lambda: np.random.RandomState(1)])
def test_draws_are_drawn_again(make: Callable[[], Any]) -> None:
    generator, other = make(), make()
    function, same = (getattr(g, "random", None) or g.random_sample for g in (generator, other))
    state = draws.STATE.take(generator)
    first = [draws.DRAW.perform(function) for _ in range(5)]
    draws.STATE.put_back(generator, state)
    assert [draws.DRAW.perform(function) for _ in range(5)] == first == [same() for _ in range(5)]


# -- the same by whole loops, where a call is taken back in the middle ------------------------------------------------------------


LOOPS: dict[str, tuple[str, dict[str, Any]]] = {
    "append": ("box.append(float(data[i]))", {"box": []}),
    "item": ("box[i % 5] = float(data[i])", {"box": {}}),
    "augmented item": ("box[i % 3] += float(data[i])", {"box": {0: 0.0, 1: 0.0, 2: 0.0}}),
    "list item": ("box[i % 3] = float(data[i])", {"box": [0.0, 0.0, 0.0]}),
    "made item": ("box[i % 7].append(i)", {"box": collections.defaultdict(list)}),
    "set": ("box.add(i * 17 % 41)", {"box": {5, 1, 33}}),
    "queue": ("box.append(i)", {"box": collections.deque([0, 0], maxlen=4)}),
    "array": ("box[i % 3] += float(data[i])", {"box": np.zeros(3)}),
    "whole array": ("box[:] += i", {"box": np.zeros(3)}),
    "counter": ("box.update([i % 4])", {"box": collections.Counter()}),
    "deleted": ("box[i] = i\n    del box[i - 1]", {"box": {-1: 0}}),
    "sorted": ("box.append((i * 7) % 10)\n    box.sort()", {"box": [4, 2]}),
    "print": ("print('step', i, f'{float(data[i]):.1f}')", {"box": None}),
    "kept list": ("row = [i]\n    box.append(row)\n    row.append(float(data[i]))", {"box": []}),
    "swapped texts": ("t = f'{float(data[i]):.0f}'\n    a, b = b, a\n    c = a\n    a = a + t", {"a": "x", "b": "y", "c": "", "box": None}),
}

STOPS = {
    "an assumption fails at replay": "count[0] += 1\n    if count[0] > 37:\n        late.append(i)",
    "an effect raises": "few.pop()",
}


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("name", LOOPS)
def test_a_call_taken_back_in_the_middle_is_pythons(name: str, stop: str, capsys: pytest.CaptureFixture[str]) -> None:
    effect, names = LOOPS[name]
    cell = f"for i in range(60):\n    v.add(data[i])\n    {effect}\n    {STOPS[stop]}\n"
    found = []
    for janus in (False, True):
        space_ = space(count=[0], late=[], few=list(range(45)), **copy.deepcopy(names))
        error = None
        try:
            _, events = run(cell, space_, verify="off") if janus else (exec(cell, space_), [])  # type: ignore[func-returns-value]
        except IndexError as raised:
            error, events = str(raised), []
        kept = {n: space_[n] for n in ("count", "late", "few", "i", *names)}
        state = {n: (type(o), list(o.items()) if isinstance(o, dict) else list(o) if hasattr(o, "__iter__") else o) for n, o in kept.items()}
        found.append((repr(state), space_["v"].data.tobytes(), error, capsys.readouterr().out))
        if janus and stop != "an effect raises":
            assert any(type(e).__name__ == "Fallback" for e in events), "nothing was taken back"
    assert found[0] == found[1]


SETS = {
    "added": "box.add(i * 17 % 41)",
    "added and updated": "box.add(i * 8 % 31)\n    box.update([i * 16 % 23, i])",
    "discarded": "box.add(i * 17 % 41)\n    box.discard(i * 5 % 41)",
    "popped": "box.add(i * 17 % 41)\n    if len(box) > 5:\n        log.append(box.pop())",
    "cleared": "box.add(i * 8)\n    if len(box) > 6:\n        box.clear()",
    "by operator": "box |= {i * 8 % 41}",
}


@pytest.mark.parametrize("verify", ["off", "first"])
@pytest.mark.parametrize("change", SETS)
def test_the_order_of_a_set_is_pythons(change: str, verify: str) -> None:
    """Iterations that were rehearsed, or taken back, leave no trace in the order of what is added later."""
    cell = f"for i in range(60):\n    v.add(data[i])\n    {SETS[change]}\n    {STOPS['an assumption fails at replay']}\norder = list(box)\n"
    found = []
    for janus in (False, True):
        names = space(count=[0], late=[], box={32, 8, 16, 3})
        run(cell, names, verify=verify) if janus else exec(cell, names)
        found.append((names["order"], names["log"], names["late"]))
    assert found[0] == found[1]


# -- all of them ----------------------------------------------------------------------------------------------------------


def every_effect() -> set[Effect]:
    files = [importlib.import_module(f"{effects.__name__}.{m.name}") for m in pkgutil.iter_modules(effects.__path__)]
    return {value for file in files for value in vars(file).values() if isinstance(value, Effect)}


def test_every_effect_is_listed_and_tested_here() -> None:
    listed = {effect for family in (arrays, containers, draws, objects, output) for effect in family.ALL}
    assert listed == every_effect()
    elsewhere = {output.PRINT, output.OUTSIDE, output.NOW, objects.NEW, objects.SET_ATTRIBUTE, draws.DRAW}
    assert listed == {case.effect for case in CASES.values()} | elsewhere


@pytest.mark.parametrize("effect", sorted(every_effect(), key=lambda e: e.name), ids=lambda e: e.name)
def test_records_are_complete(effect: Effect) -> None:
    assert effect.name.isidentifier()
    assert effect.says
    assert not (effect.waits and effect.keeping), "what waits need not be taken back"
    assert not effect.prints or effect.waits, "what is printed cannot be taken back"


def test_names_are_their_own() -> None:
    names = [effect.name for effect in every_effect()]
    assert len(names) == len(set(names))

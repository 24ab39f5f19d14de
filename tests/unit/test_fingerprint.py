"""Fingerprints: every change of every kind of object shows, and what is the same is the same."""

from __future__ import annotations

import collections
import copy
import functools
import io
import random
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from janus_nb.proof.differences import difference, texts_agree
from janus_nb.proof.fingerprint import VOLATILE, Fingerprint, fingerprint
from janus_nb.proof.output import Transcript

from tests.unit.fake import FakeBackend, Tensor, Variable

LIBRARY = FakeBackend()


class Plain:
    kind = "plain"

    def __init__(self, **held: Any) -> None:
        self.__dict__.update(held)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a = [1]


class Loud:
    """Tells when any of its methods runs: fingerprints must not run them."""

    calls: list[str] = []

    def __init__(self) -> None:
        self.v = 1

    def __getattribute__(self, name: str) -> Any:
        Loud.calls.append(name)
        return object.__getattribute__(self, name)

    def __eq__(self, other: object) -> bool:
        Loud.calls.append("eq")
        return True

    def __hash__(self) -> int:
        Loud.calls.append("hash")
        return 1

    def __len__(self) -> int:
        Loud.calls.append("len")
        return 0

    def __iter__(self) -> Any:
        Loud.calls.append("iter")
        return iter(())

    def __repr__(self) -> str:
        Loud.calls.append("repr")
        return "loud"


class Text(str):
    """Text of a class of the user's."""


def walk(roots: dict[str, Any], **given: Any) -> Fingerprint:
    return fingerprint(LIBRARY, roots, **given)


def default(x: int = 1) -> int:
    return x


def counter() -> tuple[Callable[[], int], Callable[[], None]]:
    n = 0

    def read() -> int:
        return n

    def step() -> None:
        nonlocal n
        n += 1

    return read, step


def squares() -> Any:
    for i in range(10):
        yield i * i


def array_view() -> tuple[Any, Any]:
    whole = np.zeros(6)
    return whole[2:4], whole


def closure_change() -> tuple[Any, Callable[[Any], None]]:
    read, step = counter()
    return read, lambda _: step()


def class_of(**members: Any) -> type:
    return types.new_class("Made", (), {}, lambda ns: ns.update(__module__="__main__", **members))


def swap_class(x: Any) -> None:
    x.__class__ = class_of()


def replace_code(x: Any) -> None:
    x.__code__ = (lambda: 2).__code__


# ruff: noqa: PLW0108 - the classes are to be made anew for every test
CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "list append": (lambda: [1], lambda x: x.append(2)),
    "list item": (lambda: [1, 2], lambda x: x.__setitem__(0, 5)),
    "list item's type": (lambda: [1, 2], lambda x: x.__setitem__(0, True)),
    "int to float": (lambda: [1], lambda x: x.__setitem__(0, 1.0)),
    "sign of zero": (lambda: [0.0], lambda x: x.__setitem__(0, -0.0)),
    "nested": (lambda: {"a": [[1]]}, lambda x: x["a"][0].append(2)),
    "dict value": (lambda: {1: 2}, lambda x: x.__setitem__(1, 3)),
    "dict key": (lambda: {1: 2}, lambda x: x.__setitem__(2, 3)),
    "dict order": (lambda: {1: 2, 3: 4}, lambda x: x.__setitem__(1, x.pop(1))),
    "dict key's type": (lambda: {1: 2}, lambda x: (x.clear(), x.__setitem__(True, 2))),
    "set": (lambda: {1}, lambda x: x.add(2)),
    "deque": (lambda: collections.deque([1], 5), lambda x: x.append(2)),
    "defaultdict": (lambda: collections.defaultdict(list), lambda x: x[1]),
    "counter": (lambda: collections.Counter("a"), lambda x: x.update("a")),
    "ordered": (lambda: collections.OrderedDict(a=1, b=2), lambda x: x.move_to_end("a")),
    "bytearray": (lambda: bytearray(b"ab"), lambda x: x.__setitem__(0, 1)),
    "attribute": (lambda: Plain(a=1), lambda x: setattr(x, "a", 2)),
    "new attribute": (lambda: Plain(a=1), lambda x: setattr(x, "b", 2)),
    "deleted attribute": (lambda: Plain(a=1), lambda x: delattr(x, "a")),
    "class attribute": (class_of, lambda x: setattr(x, "n", 2)),
    "class attribute of an instance": (lambda: class_of(n=1)(), lambda x: setattr(type(x), "n", 2)),
    "method": (lambda: class_of(f=lambda self: 1)(), lambda x: setattr(type(x), "f", lambda self: 2)),
    "property": (lambda: class_of(p=property(lambda self: 1))(), lambda x: setattr(type(x), "p", property(lambda self: 2))),
    "class": (lambda: class_of()(), swap_class),
    "slot": (Slotted, lambda x: setattr(x, "b", 1)),
    "in a slot": (Slotted, lambda x: x.a.append(1)),
    "array": (lambda: np.zeros(3), lambda x: x.__setitem__(0, 1)),
    "array of objects": (lambda: np.array([[1], 2], dtype=object), lambda x: x[0].append(3)),
    "base of a view": (array_view, lambda x: x[1].__setitem__(0, 1)),
    "view of an array": (array_view, lambda x: x[0].__setitem__(0, 1)),
    "large array": (lambda: np.zeros(2**18), lambda x: x.__setitem__(77, 1)),
    "variable": (lambda: Variable([1.0]), lambda x: x.add(1.0)),
    "default": (lambda: types.FunctionType(default.__code__, globals(), "f", (1,)), lambda x: setattr(x, "__defaults__", (2,))),
    "code": (lambda: types.FunctionType((lambda: 1).__code__, globals()), replace_code),
    "function attribute": (lambda: types.FunctionType(default.__code__, globals()), lambda x: setattr(x, "calls", 1)),
    "partial": (lambda: functools.partial(print, [1]), lambda x: x.args[0].append(2)),
    "generator": (squares, next),
    "list iterator": (lambda: iter([1, 2, 3]), next),
    "dict iterator": (lambda: iter({1: 1, 2: 2}), next),
    "zip": (lambda: zip([1, 2], [3, 4], strict=False), next),
    "enumerate": (lambda: enumerate("ab"), next),
    "range iterator": (lambda: iter(range(4)), next),
    "random": (lambda: random.Random(1), lambda x: x.random()),
    "numpy generator": (lambda: np.random.default_rng(1), lambda x: x.random()),
    "numpy state": (lambda: np.random.RandomState(1), lambda x: x.rand()),
    "string buffer": (io.StringIO, lambda x: x.write("a")),
    "method's object": (lambda: [1].append, lambda x: x(2)),
    "exception": (lambda: ValueError([1]), lambda x: x.args[0].append(1)),
    "derived list": (lambda: type("L", (list,), {"__module__": "__main__"})([1]), lambda x: setattr(x, "note", 1)),
    "derived text": (lambda: Text("a"), lambda x: setattr(x, "note", 1)),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("around", ["itself", "in a list", "in an object", "in a dict", "in a tuple"])
def test_every_change_shows(name: str, around: str) -> None:
    make, change = CHANGES[name]
    value = make()
    root = {"itself": lambda v: v, "in a list": lambda v: [v], "in an object": lambda v: Plain(held=v), "in a dict": lambda v: {"k": v}}.get(
        around, lambda v: (1, v)
    )(value)
    before, again = walk({"x": root}), walk({"x": root})
    assert difference(before, again) is None, "looking changes nothing, and sees the same"
    change(value)
    found = difference(before, walk({"x": root}))
    assert found is not None and found[0] == "x"


def test_changes_through_a_closure_show() -> None:
    read, change = closure_change()
    before = walk({"x": read})
    change(None)
    assert difference(before, walk({"x": read})) is not None


def test_globals_that_a_function_names_are_looked_at() -> None:
    space: dict[str, Any] = {"__name__": "__main__", "held": [1]}
    exec(compile("def f():\n    return g()\ndef g():\n    return [held for _ in '']\n", "<cell f>", "exec"), space)
    before = walk({"f": space["f"]})
    space["held"].append(2)
    found = difference(before, walk({"f": space["f"]}))
    assert found is not None and "held" in found[1]


def test_random_states_of_modules_count() -> None:
    before = walk({})
    random.random()
    assert difference(before, walk({})) is not None
    before = walk({})
    np.random.rand()
    assert difference(before, walk({})) is not None


@pytest.mark.parametrize("make", [lambda: [1], lambda: {1: 1}, lambda: {1}, Plain, lambda: np.zeros(2), collections.deque])
def test_sharing_counts_in_both_directions(make: Callable[[], Any]) -> None:
    one, two = make(), make()
    shared, apart = walk({"x": [one, one]}), walk({"x": [one, two]})
    assert difference(shared, apart) is not None and difference(apart, shared) is not None
    assert difference(shared, walk({"x": [two, two]})) is None


def test_a_copy_is_alike_and_cycles_end() -> None:
    a: list[Any] = [1, {"k": (2, 3.5)}, Plain(x=[None])]
    a.append(a)
    assert difference(walk({"x": a}), walk({"x": copy.deepcopy(a)})) is None


def test_deep_structures_need_no_recursion() -> None:
    deep: list[Any] = []
    for _ in range(20_000):
        deep = [deep]
    assert len(walk({"x": deep}).tokens) > 20_000


def test_no_code_of_the_users_runs() -> None:
    loud = Loud()
    Loud.calls.clear()
    walk({"x": [loud, {"k": loud}], "y": {1: loud}})
    assert Loud.calls == []


def test_overlays_stand_for_writes() -> None:
    box, v = Plain(a=1, b=2), Variable([1.0])
    before = walk({"box": box, "n": 1, "v": v})
    overlay = {("attr", id(box), "a"): 5, ("attr", id(box), "c"): 7, ("local", "n"): 2, ("variable", id(v)): np.asarray([3.0], "float32")}
    predicted = walk({"box": box, "n": 1, "v": v}, overlay=overlay)
    assert difference(before, predicted) is not None
    box.a, box.c, v.data = 5, 7, np.asarray([3.0], "float32")
    assert difference(predicted, walk({"box": box, "n": 2, "v": v})) is None


def test_what_differs_from_run_to_run_is_left_out() -> None:
    clock: list[float] = []
    overlay = {("local", "t"): VOLATILE}
    before = walk({"t": 1.5, "clock": clock}, overlay=overlay, ignored=frozenset({id(clock)}))
    clock.append(2.5)
    assert difference(before, walk({"t": 2.5, "clock": clock}, overlay=overlay, ignored=frozenset({id(clock)}))) is None


def moved_by(amount: float, x: float) -> tuple[Fingerprint, Fingerprint]:
    return walk({"x": Tensor(np.asarray([x, 1.0], "float32"))}), walk({"x": Tensor(np.asarray([x + amount, 1.0], "float32"))})


def test_how_far_results_may_differ_is_measured() -> None:
    predicted, moved = moved_by(0.001, 0.5)
    assert difference(predicted, moved_by(0.01, 0.5)[1], moved) is None
    assert difference(predicted, moved_by(0.05, 0.5)[1], moved) is not None
    assert difference(predicted, moved_by(0.01, 0.5)[1], predicted) is not None
    assert difference(predicted, moved_by(1e-6, 0.5)[1], predicted) is None


@pytest.mark.parametrize(
    ("wanted", "seen", "moved", "agree"),
    [
        ("step 1000", "step 1001", "step 1000", False),
        ("n = 3", "n = 3.0", "n = 3", False),
        ("loss 0.1234", "loss 0.1235", "loss 0.1234", True),
        ("loss 0.1234", "loss 0.1244", "loss 0.1234", False),
        ("loss 0.12", "loss 0.32", "loss 0.14", True),
        ("1e-05", "0.001", "1e-05", False),
        ("-0.0", "0.0", "-0.0", True),
        ("nan", "1.0", "nan", False),
        ("[1, 2]", "[1.0, 2.0]", "[1, 2]", False),
    ],
)
def test_texts(wanted: str, seen: str, moved: str, agree: bool) -> None:
    assert texts_agree(wanted, seen, moved) is agree


def test_transcripts_listen_and_leave_streams_as_they_were() -> None:
    stream, before = io.StringIO(), sys.stdout
    sys.stdout = stream
    try:
        transcript = Transcript().open()
        print("a", 1)
        transcript.close()
        print("b")
        muted = Transcript(mute="x\n").open()
        print("x")
        print("y")
        muted.close()
    finally:
        sys.stdout = before
    assert transcript.text == "a 1\n"
    assert stream.getvalue() == "a 1\nb\ny\n" and "write" not in vars(stream)

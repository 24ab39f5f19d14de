"""The protocol of values: every default refuses, every kind is on its page, and no value falls through."""

from __future__ import annotations

import ast
import collections
import datetime
import enum
import functools
import inspect
import math
import operator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import BoundMethod, Closure, Host, Lazy, Nothing, Num, Phase, Range, Suspended, View
from janus_nb.lowering.values.kind import OPERATIONS, Kind
from janus_nb.lowering.values.kinds import KINDS, kind_of
from janus_nb.lowering.values.page import as_page

ROOT = Path(__file__).parent.parent.parent


class Colour(enum.Enum):
    RED = 1


Pair = collections.namedtuple("Pair", "a b")
LOW: Any = SimpleNamespace(
    is_graph=lambda value: False,
    backend=SimpleNamespace(is_variable=lambda value: False),
    made=SimpleNamespace(born={}, fresh={}),
)
"""As much of a lowering as telling kinds apart needs."""


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_default_refuses(operation: str) -> None:
    if operation in ("each", "augmented", "augment_item"):
        pytest.skip("asks other operations")
    parameters = list(inspect.signature(getattr(Kind, operation)).parameters)[2:]
    given = [
        ast.Add() if name == "op" else "name" if name == "name" else () if name == "args" else {} if name == "kwargs" else 3 for name in parameters
    ]
    with pytest.raises(Unsupported):
        getattr(Kind(), operation)(LOW, *given)


VALUES: list[tuple[Any, str]] = [
    *((value, "plain") for value in (1, 1.5, True, None, "a", b"a", 2j, (1, "a"), frozenset({1}), range(3), slice(1, 2), ..., Colour.RED)),
    *((value, "plain") for value in (datetime.date(2026, 1, 1), np.float32(1), np.int64(2), np.dtype("int8"))),
    *((value, "container") for value in ([1], {1: 2}, {1}, collections.deque(), collections.Counter(), np.zeros(3), bytearray(), Pair([], 1))),
    (([],), "fresh"),
    (slice(Host(Phase.PRE, "x"), None), "unknown"),
    (Host(Phase.PRE, "x", 1), "host"),
    (Num(None, "int"), "number"),
    (Closure(None, None, "f"), "function made here"),
    (BoundMethod([], "append"), "function made here"),
    (Lazy(lambda give: None, "map()", []), "iterator"),
    (Suspended(lambda: None, (), {}), "iterator"),  # type: ignore[arg-type]
    (View([], "keys"), "view"),
    (Range(0, 1, 1), "range"),
    (Nothing("print()"), "nothing"),
    *((value, "function") for value in (len, math.sqrt, test_every_default_refuses, "".join, functools.partial(len), str.upper, [].__len__)),
    (functools.lru_cache(len), "function"),
    *((value, "class") for value in (int, Colour, Pair, type)),
    (math, "module"),
    *((value, "library object") for value in (np.random.default_rng(0), operator.itemgetter(0), iter([]), object())),
]


@pytest.mark.parametrize(("value", "name"), VALUES, ids=lambda v: v if isinstance(v, str) else type(v).__name__)
def test_a_value_is_of_one_kind(value: Any, name: str) -> None:
    assert kind_of(LOW, value) is KINDS[name]


def test_an_object_of_the_users_is_an_instance() -> None:
    class Mine:
        pass

    class Listed(list[int]):
        pass

    assert kind_of(LOW, Mine()) is kind_of(LOW, Listed()) is KINDS["instance"]
    made = [1]
    low: Any = SimpleNamespace(is_graph=LOW.is_graph, backend=LOW.backend, made=SimpleNamespace(born={}, fresh={id(made): made}))
    assert kind_of(low, made) is KINDS["fresh"]


def test_every_kind_says_what_it_is() -> None:
    assert all(kind.words != Kind.words for name, kind in KINDS.items() if name != "unknown")
    assert {type(kind) for kind in KINDS.values()} >= set(_subclasses(Kind))


def _subclasses(kind: type) -> set[type]:
    return {kind, *(deep for sub in kind.__subclasses__() for deep in _subclasses(sub))}


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs" / "kinds.md").read_text() == as_page()

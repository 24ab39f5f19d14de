"""Python's arithmetic in the graph, to the bit, on NumPy (the same on TensorFlow: `tests/programs/test_numbers.py`)."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
from janus_nb.lowering.core import numbers

from tests.unit.fake import MATH
from tests.unit.number_cases import BINARY, COMPARE, CONVERSIONS, KINDS, VALUES, Target, pairs, rule_of, wrong

_NEVER = "Pow"
"""What the graph leaves to Python."""


def target() -> Target:
    return Target(np.asarray, lambda x, dtype: np.asarray(x).astype(dtype), MATH)


def column(values: list[Any], dtype: str) -> Any:
    return np.asarray(values, dtype)


@pytest.mark.parametrize("kinds", KINDS, ids="-".join)
@pytest.mark.parametrize("op", [*BINARY, *COMPARE], ids=lambda op: op.__name__)
def test_an_operator_is_pythons(op: type[Any], kinds: tuple[str, str]) -> None:
    python = {**BINARY, **COMPARE}[op]
    bad, computed = wrong(column, target(), rule_of(op), python, pairs(*kinds), kinds)
    assert not bad, bad[:5]
    assert (computed > 0) is (op.__name__ != _NEVER)


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("to", CONVERSIONS)
def test_a_conversion_is_pythons(to: str, kind: str) -> None:
    bad, computed = wrong(column, target(), lambda t, v: numbers.convert(t, v, to), CONVERSIONS[to], [(v,) for v in VALUES[kind]], (kind,))  # type: ignore[arg-type]
    assert not bad, bad[:5]
    assert computed


@pytest.mark.parametrize("kind", VALUES)
def test_negation_is_pythons(kind: str) -> None:
    bad, computed = wrong(column, target(), numbers.negate, operator.neg, [(v,) for v in VALUES[kind]], (kind,))
    assert not bad, bad[:5]
    assert computed

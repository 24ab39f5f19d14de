"""Python's arithmetic in the graph, to the bit, on TensorFlow: inside a function, as the generator emits it."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any

import pytest
import tensorflow as tf
from janus_nb.lowering.core import numbers
from janus_nb.lowering.core.values import Num
from janus_nb.tf.tracer import MATH

from tests.unit.number_cases import BINARY, COMPARE, CONVERSIONS, KINDS, VALUES, Target, pairs, rule_of, wrong


def in_a_function(rule: Callable[..., Num]) -> Callable[..., Num]:
    """A rule whose operations are built into a function, as the generator does, and run there."""

    def run(target: Target, *columns: Num) -> Num:
        kinds: list[Any] = []

        def body(*tensors: Any) -> Any:
            inner = Target(tf.constant, tf.cast, MATH)
            result = rule(inner, *(Num(t, c.kind) for t, c in zip(tensors, columns, strict=True)))
            kinds.append(result.kind)
            return result.tensor, [tf.identity(ok) for ok in inner.required]

        tensor, required = tf.function(body, autograph=False)(*(c.tensor for c in columns))
        target.required.extend(ok.numpy() for ok in required)
        return Num(tensor.numpy(), kinds[0])

    return run


def normal(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows without numbers that are too small to be normal: TensorFlow's threads take them for zero. None comes out of the graph's own products and quotients."""
    return [row for row in rows if all(v == 0 or not abs(v) < sys.float_info.min for v in row)]


def column(values: list[Any], dtype: str) -> Any:
    return tf.constant(values, dtype)


def target() -> Target:
    return Target(tf.constant, tf.cast, MATH)


@pytest.mark.parametrize("kinds", KINDS, ids="-".join)
@pytest.mark.parametrize("op", [*BINARY, *COMPARE], ids=lambda op: op.__name__)
def test_an_operator_is_pythons(op: type[Any], kinds: tuple[str, str]) -> None:
    bad, _ = wrong(column, target(), in_a_function(rule_of(op)), {**BINARY, **COMPARE}[op], normal(pairs(*kinds)), kinds)
    assert not bad, bad[:5]


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("to", CONVERSIONS)
def test_a_conversion_is_pythons(to: str, kind: str) -> None:
    rule = in_a_function(lambda t, v: numbers.convert(t, v, to))  # type: ignore[arg-type]
    bad, computed = wrong(column, target(), rule, CONVERSIONS[to], normal([(v,) for v in VALUES[kind]]), (kind,))
    assert not bad, bad[:5]
    assert computed


@pytest.mark.parametrize("kind", VALUES)
def test_negation_is_pythons(kind: str) -> None:
    bad, computed = wrong(column, target(), in_a_function(numbers.negate), operator.neg, [(v,) for v in VALUES[kind]], (kind,))
    assert not bad, bad[:5]
    assert computed

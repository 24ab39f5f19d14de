"""Guards: what must still hold before a graph runs, each a value that checks and explains itself.

>>> frame = {"rate": 0.1}
>>> guard = Guard(LocalSlot("rate"), Equals(0.1), None)
>>> guard.holds(frame)
True
>>> frame["rate"] = 0.01
>>> guard.explain(frame)
'rate: expected 0.1, found 0.01'
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, assert_never

from janus_nb.span import Span
from janus_nb.speculate.plain import identical
from janus_nb.speculate.slots import UNBOUND, LocalSlot, Slot, describe, read

__all__ = ["Equals", "Guard", "IsBound", "IsObject", "IsType", "LocalSlot", "Shows"]


@dataclass(frozen=True, slots=True, eq=False)
class IsObject:
    """The slot holds this very object."""

    value: Any


@dataclass(frozen=True, slots=True)
class Equals:
    """The slot holds a value that nobody can tell from this one (numbers, strings, tuples of these): the same types, bit for bit."""

    value: Any


@dataclass(frozen=True, slots=True)
class IsType:
    """The slot holds some value of exactly this type; the value itself is fed to the graph."""

    type: type
    spec: Any = None


@dataclass(frozen=True, slots=True)
class IsBound:
    """The slot holds something, whatever it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Shows:
    """A look at an object shows the same parts as before: the same objects, or the same plain values."""

    value: Any


Expectation = IsObject | Equals | IsType | IsBound | Shows


@dataclass(frozen=True, slots=True, eq=False)
class Guard:
    """An entry condition of a graph version."""

    slot: Slot
    expect: Expectation
    span: Span | None

    def holds(self, frame: MutableMapping[str, Any]) -> bool:
        """Whether the condition holds now. `frame` holds the region's own names."""
        return matches(self.expect, read(self.slot, frame))

    def explain(self, frame: MutableMapping[str, Any]) -> str:
        """The condition against what is there now, in words."""
        return f"{describe(self.slot)}: expected {self.expected}, found {brief(read(self.slot, frame))}"

    @property
    def expected(self) -> str:
        """The expectation in words."""
        match self.expect:
            case IsObject(value) if value is UNBOUND:
                return "not defined here"
            case IsObject(value):
                return f"the same {_plainly(type(value))}"
            case Equals(value):
                return brief(value)
            case IsType(kind, spec):
                return f"{_a(_plainly(kind))}" + (f" of type {spec}" if spec is not None and not callable(spec) else "") + _wanted(spec)
            case IsBound():
                return "there"
            case Shows():
                return "unchanged"
            case _:
                assert_never(self.expect)


def matches(expect: Expectation, value: Any) -> bool:
    """Whether a value meets an expectation."""
    match expect:
        case IsObject(wanted):
            return value is wanted
        case Equals(wanted):
            return identical(value, wanted)
        case IsType(kind, spec):
            return type(value) is kind and (spec is None or spec(value))
        case IsBound():
            return value is not UNBOUND
        case Shows(wanted):
            return identical(value, wanted)
        case _:
            assert_never(expect)


def _plainly(kind: type) -> str:
    """A type's name in a reader's words."""
    return "tensor" if kind.__name__ in ("EagerTensor", "SymbolicTensor") else kind.__name__


def _a(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def _wanted(accepts: Any) -> str:
    """What a test of values says of itself (`accepts.__doc__`), if it does."""
    told = getattr(accepts, "told", "")
    return f" {told}" if told else ""


def brief(value: Any, limit: int = 60) -> str:
    """A short rendering of any value; never raises, never prints an array's content."""
    if isinstance(value, int | float | str | bool | bytes | type(None)):
        text = repr(value)
    elif isinstance(value, tuple) and all(isinstance(v, int | float | str | bool | type(None)) for v in value):
        text = repr(value) if len(value) < 20 else f"{len(value)} settings"
    else:
        shape = getattr(value, "shape", None)
        text = _a(_plainly(type(value))) + (f" of shape {tuple(shape)}" if shape is not None else "")
    return text if len(text) <= limit else text[: limit - 1] + "…"

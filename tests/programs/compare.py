"""Two worlds, side by side: what one run of a program left behind against what another one left.

differences({"x": [a, a]}, {"x": [a, b]}) -> ["x[1]: one object eagerly, two under JANUS"]

Values are compared exactly, unless a tolerance is given: then floats, in values and in text, may differ by so much of their size. Integers, types,
signs of zero, identity and sharing are always exact. The walk is a loop over pairs, so that depth does not matter and cycles end.
"""

from __future__ import annotations

import itertools
import math
import re
from types import GeneratorType
from typing import Any

import numpy as np

from tests.programs.fingerprint import View, is_atom, view

MOST = 12
"""How many differences are told."""


class Comparison:
    """One walk over two worlds."""

    def __init__(self, tolerance: float = 0.0) -> None:
        self.tolerance = tolerance
        self.problems: list[str] = []
        self.there: dict[int, int] = {}
        self.back: dict[int, int] = {}
        self.held: list[Any] = []
        self.arrays: list[tuple[str, Any, Any]] = []
        self.generators: list[tuple[str, Any, Any]] = []

    def walk(self, path: str, a: Any, b: Any) -> None:
        """Compare all that two objects reach."""
        pending = [(path, a, b)]
        while pending and len(self.problems) < MOST:
            where, x, y = pending.pop()
            pending += reversed(self.pair(where, x, y))

    def pair(self, path: str, a: Any, b: Any) -> list[tuple[str, Any, Any]]:
        """Compare two objects shallowly; returns the pairs of their parts."""
        if is_atom(a) or is_atom(b):
            if not self.same_atom(a, b):
                self.problems.append(f"{path}: {_show(a)} against {_show(b)}")
            return []
        mine, other = view(a), view(b)
        if mine.kind != other.kind:
            self.problems.append(f"{path}: {mine.kind} {_show(a)} against {other.kind} {_show(b)}")
            return []
        if mine.tracked and other.tracked and not self.first_time(path, a, b):
            return []
        if not self.same_token(mine.token, other.token):
            self.problems.append(f"{path}: {_clip(mine.token)} against {_clip(other.token)}")
            return []
        if mine.array is not None or other.array is not None:
            self.same_array(path, mine, other)
        if isinstance(a, GeneratorType) or mine.kind.endswith(("OwnedIterator", "NumpyIterator")):
            self.generators.append((path, a, b))
        left, right = dict(mine.parts), dict(other.parts)
        if list(left) != list(right):
            self.problems.append(f"{path}: {_clip(_unlike(left, right))} against {_clip(_unlike(right, left))}")
        return [(path + label, left[label], right[label]) for label in left if label in right]

    def first_time(self, path: str, a: Any, b: Any) -> bool:
        """Whether neither object was met before; says so if one was met elsewhere than the other."""
        seen, known = self.there.get(id(a)), self.back.get(id(b))
        if seen is None and known is None:
            self.there[id(a)], self.back[id(b)] = id(b), id(a)
            self.held += (a, b)
            return True
        if seen != id(b):
            one, two = ("eagerly", "under JANUS") if seen is not None else ("under JANUS", "eagerly")
            self.problems.append(f"{path}: one object {one}, two {two}: {_show(a)}")
        return False

    def same_atom(self, a: Any, b: Any) -> bool:
        if type(a) is not type(b):
            return False
        if isinstance(a, str):
            return same_text(a, b, self.tolerance)
        if isinstance(a, float | np.floating):
            return same_float(float(a), float(b), self.tolerance)
        if isinstance(a, complex | np.complexfloating):
            return same_float(a.real, b.real, self.tolerance) and same_float(a.imag, b.imag, self.tolerance)
        return bool(a == b)

    def same_token(self, a: Any, b: Any) -> bool:
        if isinstance(a, str) and isinstance(b, str):
            return same_text(a, b, self.tolerance)
        return bool(a == b)

    def same_array(self, path: str, mine: View, other: View) -> None:
        a, b = np.asarray(mine.array), np.asarray(other.array)
        if mine.kind == "numpy.ndarray":
            self.arrays.append((path, mine.array, other.array))
        if a.shape != b.shape or a.dtype != b.dtype:
            self.problems.append(f"{path}: {a.dtype}{a.shape} against {b.dtype}{b.shape}")
        elif a.dtype.kind in "OT":
            if a.tolist() != b.tolist():
                self.problems.append(f"{path}: {_show(a)} against {_show(b)}")
        elif a.tobytes() != b.tobytes() and not self.near(a, b):
            self.problems.append(f"{path}: {_show(a)} against {_show(b)}")

    def near(self, a: Any, b: Any) -> bool:
        """Whether arrays are equal but for how NaN is written, or as near as the tolerance allows, relative to the largest element."""
        if a.dtype.kind not in "fcV" or a.dtype.kind == "V":
            return False
        if self.tolerance == 0.0:
            return bool(np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a.real), np.signbit(b.real)))
        a, b = a.astype("complex128"), b.astype("complex128")
        finite = np.abs(a[np.isfinite(a)])
        size = float(finite.max()) if finite.size else 0.0
        return bool(np.allclose(a, b, rtol=self.tolerance, atol=self.tolerance * max(size, 1e-3), equal_nan=True))

    def sharing_of_memory(self) -> None:
        """Arrays that are views of one another on one side must be so on the other."""
        for (p, a, b), (q, c, d) in itertools.combinations(self.arrays[:120], 2):
            if np.may_share_memory(a, c) != np.may_share_memory(b, d):
                self.problems.append(f"{p} and {q}: memory is shared on one side only")

    def rest_of_generators(self) -> None:
        """What generators and pipelines would have given next. Comes last, because it runs them."""
        for path, a, b in self.generators:
            mine, other = _rest(a), _rest(b)
            self.walk(f"{path} (what is left)", mine, other)


def _rest(source: Any) -> list[Any]:
    try:
        return list(itertools.islice(source, 8))
    except Exception as error:
        return [type(error).__name__, str(error)]


def _unlike(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """Labels that the other side lacks; all, if only their order differs."""
    return [k for k in a if k not in b] or (list(a) if set(a) == set(b) else [])


def _clip(value: Any) -> str:
    return f"{value!r:.300}"


def _show(value: Any) -> str:
    try:
        return f"{type(value).__name__} {value!r:.160}"
    except Exception:  # a user's `__repr__` that needs more than is there
        return type(value).__name__


def same_float(a: float, b: float, tolerance: float) -> bool:
    """Equal, with the sign of zero; or within `tolerance` of the larger one."""
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if tolerance == 0.0 or math.isinf(a) or math.isinf(b):
        return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)
    return abs(a - b) <= tolerance * max(abs(a), abs(b), 1e-2)


_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}|(?<=Dataset:)\d+|(?<=(?:true|alse)_)\d+")
"""Addresses, and the numbers that TensorFlow gives to datasets and branches in the order in which a process makes them."""

_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.\d*(?:[eE][-+]?\d+)?|\d*\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)")


def same_text(a: str, b: str, tolerance: float) -> bool:
    """Equal, but for addresses; with a tolerance, floats may differ by it and by one in their last printed place. Integers are always exact."""
    if a == b:
        return True
    a, b = _ADDRESS.sub("0x", a), _ADDRESS.sub("0x", b)
    if a == b:
        return True
    if tolerance == 0.0 or _NUMBER.sub("#", a) != _NUMBER.sub("#", b):
        return False
    return all(_same_printed(x, y, tolerance) for x, y in zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=True))


def _same_printed(a: str, b: str, tolerance: float) -> bool:
    if a == b:
        return True
    place = max(_last_place(a), _last_place(b))
    return abs(float(a) - float(b)) <= tolerance * max(abs(float(a)), abs(float(b)), 1e-2) + place * 1.01


def _last_place(number: str) -> float:
    mantissa, _, exponent = number.lower().partition("e")
    return float(10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2])))


HIDDEN = {"__builtins__", "__warningregistry__"}


def differences(eager: dict[str, Any], janus: dict[str, Any], tolerance: float = 0.0) -> list[str]:
    """What differs between two namespaces, in words."""
    comparison = Comparison(tolerance)
    mine, other = ({k: v for k, v in n.items() if k not in HIDDEN} for n in (eager, janus))
    if list(mine) != list(other):
        comparison.problems.append(f"names: {_clip(_unlike(mine, other))} against {_clip(_unlike(other, mine))}")
    for name in mine:
        if name in other:
            comparison.walk(name, mine[name], other[name])
    comparison.sharing_of_memory()
    comparison.rest_of_generators()
    return comparison.problems[:MOST]

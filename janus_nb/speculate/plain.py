"""Plain values: immutable through and through, with no code of the user's behind them.

Only these may be computed with while a graph is generated, and only these count as equal by value:

>>> identical((2, 3), (2.0, 3)), identical(0.0, -0.0), identical(float("nan"), float("nan")), identical(True, 1)
(False, False, True, False)
"""

from __future__ import annotations

import datetime
import decimal
import enum
import fractions
import math
import pathlib
import re
import types
from typing import Any

SCALARS = frozenset({int, float, complex, bool, str, bytes, type(None), type(...), type(NotImplemented), range, slice})
"""Types whose values hold nothing else (of ranges and slices, the bounds are numbers wherever they matter)."""

_LIBRARY = frozenset(
    {
        *(datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone, decimal.Decimal, fractions.Fraction, re.Pattern),
        *(pathlib.PurePosixPath, pathlib.PureWindowsPath, pathlib.PosixPath),
    }
)
_NAMED = frozenset(
    {("tensorflow", "TensorShape"), ("tensorflow", "DType"), ("tensorflow", "Dimension"), ("tensorflow", "TensorSpec"), ("tensorflow", "Reference")}
)
"""Immutable types of libraries that are imported only where they are used, by root module and name."""


def is_plain_type(kind: type) -> bool:
    """Whether values of exactly this type are plain by themselves."""
    if kind in SCALARS or kind in _LIBRARY:
        return True
    root = kind.__module__.partition(".")[0]
    if root == "numpy":
        return any(k.__name__ in ("generic", "dtype") for k in kind.__mro__) and kind.__name__ not in ("object_", "void")
    return (root, kind.__name__) in _NAMED


def plain(value: Any) -> bool:
    """Whether a value is immutable, as deep as it goes, and of types that no user has written."""
    kind = type(value)
    if kind is slice:
        return plain(value.start) and plain(value.stop) and plain(value.step)
    if kind is tuple or kind is frozenset:
        return all(map(plain, value))
    return is_plain_type(kind) or (isinstance(value, enum.Enum) and is_plain_member(value))


def is_plain_member(value: enum.Enum) -> bool:
    """Whether a member of an enumeration compares, hashes and prints as enumerations do by themselves."""
    members = [k.__dict__ for k in type(value).__mro__]
    own = (
        part.get(name) for part in members for name in ("__eq__", "__hash__", "__str__", "__repr__", "__format__", "__bool__", "__len__", "__lt__")
    )
    return type(type(value)) is enum.EnumMeta and all(_of_library(member) for member in own)


def _of_library(member: Any) -> bool:
    return not isinstance(member, types.FunctionType) or member.__module__ in ("enum", "builtins")


def identical(a: Any, b: Any) -> bool:
    """Whether nobody can tell two values apart but by identity: the same object, or plain values of the same types and bits."""
    if a is b:
        return True
    kind = type(a)
    if kind is not type(b):
        return False
    if kind in (int, str, bytes, bool):
        return bool(a == b)
    if kind is float:
        return bool(a == b and math.copysign(1.0, a) == math.copysign(1.0, b)) or (a != a and b != b)
    if kind is complex:
        return identical(a.real, b.real) and identical(a.imag, b.imag)
    if kind is tuple:
        return len(a) == len(b) and all(map(identical, a, b))
    if kind is frozenset:
        return plain(a) and plain(b) and {(type(x), x) for x in a} == {(type(x), x) for x in b}
    if kind in (slice, range):
        return identical((a.start, a.stop, a.step), (b.start, b.stop, b.step))
    if kind.__module__ == "numpy" and hasattr(a, "tobytes") and is_plain_type(kind):
        return bool(a.dtype == b.dtype and a.tobytes() == b.tobytes())
    return is_plain_type(kind) and kind not in SCALARS and bool(a == b)

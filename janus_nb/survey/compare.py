"""Two runs of a program, cell by cell: where they differ.

    eager | JANUS -> ["cell 3: name 'losses'[4]: 0.31, and 0.47", ...]

Floats, in values and in printed text, may differ by the tolerance, relative to the largest of their array; all else is exact. Addresses in texts are not compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from janus_nb.survey.play import CellRun, Ran

_NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
MOST = 5
"""How many differences of one cell are told."""


def compare(eager: Ran, other: Ran, tolerance: float) -> dict[int, list[str]]:
    """By cell, counted from 1: what differs. Cells that one side never came to are told once."""
    found = {}
    for number, (a, b) in enumerate(zip(eager.cells, other.cells, strict=False), start=1):
        told = list(_limited(_cell(a, b, tolerance)))
        if told:
            found[number] = told
    if len(eager.cells) != len(other.cells) or bool(eager.stopped) != bool(other.stopped):
        at = min(len(eager.cells), len(other.cells)) + 1
        found.setdefault(at, []).append(
            f"ended after {len(eager.cells)} cells{_why(eager)}, and after {len(other.cells)}{_why(other)}",
        )
    return found


def _why(ran: Ran) -> str:
    return f" ({ran.stopped})" if ran.stopped else ""


def _limited(told: Iterator[str]) -> Iterator[str]:
    for number, text in enumerate(told):
        if number == MOST:
            return
        yield text


def _cell(a: CellRun, b: CellRun, tolerance: float) -> Iterator[str]:
    if not same_text(a.error, b.error, tolerance):
        yield f"ended with {a.error or 'no error'}, and with {b.error or 'no error'}"
    if not same_text(a.outputs, b.outputs, tolerance):
        yield f"printed {_first_difference(a.outputs, b.outputs, tolerance)}"
    if list(a.names) != list(b.names):
        yield f"names {sorted(a.names.keys() ^ b.names.keys()) or 'in another order'} are not on both sides"
    for name in a.names:
        if name in b.names:
            yield from _values(f"name {name!r}", a.names[name], b.names[name], tolerance)


def same_text(a: str, b: str, tolerance: float) -> bool:
    """Whether texts are equal but for addresses and for numbers with a point, which may differ by the tolerance."""
    a, b = _ADDRESS.sub("0x", a), _ADDRESS.sub("0x", b)
    if a == b:
        return True
    if _NUMBER.sub("#", a) != _NUMBER.sub("#", b):
        return False
    return all(_same_number(x, y, tolerance) for x, y in zip(_NUMBER.findall(a), _NUMBER.findall(b), strict=True))


def _same_number(a: str, b: str, tolerance: float) -> bool:
    if a == b:
        return True
    if "." not in a or "." not in b:
        return False
    shown = 10.0 ** -min(len(x.partition("e")[0].partition(".")[2]) for x in (a.lower(), b.lower()))  # the last digit may be rounded otherwise
    scale = 10.0 ** int(a.lower().partition("e")[2] or 0)
    return abs(float(a) - float(b)) <= tolerance * abs(float(a)) + shown * scale


def _first_difference(a: str, b: str, tolerance: float) -> str:
    for x, y in zip(a.splitlines(), b.splitlines(), strict=False):
        if not same_text(x, y, tolerance):
            return f"{x[:80]!r}, and {y[:80]!r}"
    return f"{len(a.splitlines())} lines, and {len(b.splitlines())}"


def _values(path: str, a: Any, b: Any, tolerance: float) -> Iterator[str]:
    """Where two pieces of plain data (see `probe`) differ."""
    if a[0] != b[0]:
        yield f"{path}: a {a[0]}, and a {b[0]}"
    elif a[0] == "array":
        yield from _arrays(path, a, b, tolerance)
    elif a[0] == "float":
        if not _near(np.asarray(a[1]), np.asarray(b[1]), tolerance):
            yield f"{path}: {a[1]!r}, and {b[1]!r}"
    elif a[0] == "str":
        if not same_text(a[1], b[1], tolerance):
            yield f"{path}: {a[1][:60]!r}, and {b[1][:60]!r}"
    elif isinstance(a[1], list) and isinstance(b[1], list):
        yield from _items(path, a[1], b[1], tolerance)
    elif a[1] != b[1]:
        yield f"{path}: {a[1]!r}, and {b[1]!r}"


def _items(path: str, a: list[Any], b: list[Any], tolerance: float) -> Iterator[str]:
    if len(a) != len(b):
        yield f"{path}: {len(a)} items, and {len(b)}"
        return
    for number, (x, y) in enumerate(zip(a, b, strict=True)):
        if not isinstance(x, tuple):
            if x != y:
                yield f"{path}[{number}]: {x!r}, and {y!r}"
        elif isinstance(x[1], tuple):  # a key (or an attribute's name) and a value
            key = x[0] if isinstance(x[0], str) else x[0][1]
            if x[0] != y[0]:
                yield f"{path}: key {x[0]!r}, and {y[0]!r}"
            else:
                yield from _values(f"{path}[{key!r}]", x[1], y[1], tolerance)
        else:
            yield from _values(f"{path}[{number}]", x, y, tolerance)


def _arrays(path: str, a: Any, b: Any, tolerance: float) -> Iterator[str]:
    if a[1:4] != b[1:4]:
        yield f"{path}: {a[1]} {a[2]} {a[3]}, and {b[1]} {b[2]} {b[3]}"
    elif isinstance(a[4], str):
        if a[4] != b[4]:
            yield f"{path}: {a[4][:60]}, and {b[4][:60]}"
    elif not _near(a[4], b[4], tolerance):
        yield f"{path}: arrays of {a[2]} {a[3]} differ by up to {_apart(a[4], b[4])}"


def _near(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], tolerance: float) -> bool:
    if a.dtype.kind not in "fc":
        return bool(np.array_equal(a, b))
    size = float(np.max(np.abs(a[np.isfinite(a)]), initial=0.0))
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance * max(size, 1e-6), equal_nan=True))


def _apart(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> str:
    if a.dtype.kind not in "biufc":
        return "their texts"
    return f"{float(np.nanmax(np.abs(a.astype(complex) - b.astype(complex)))):.2e}"


__all__ = ["compare", "same_text"]

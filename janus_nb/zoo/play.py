"""Running a program of the zoo, cell by cell, and comparing two runs.

text -> cells -> each executed by Python, or by `run_cell` -> printed text, RESULT, seconds, reports
"""

from __future__ import annotations

import contextlib
import io
import linecache
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from janus_nb.function import run_cell, runtime
from janus_nb.report import Report
from janus_nb.zoo.catalogue import ZooProgram, cells_of, find


@dataclass
class Played:
    """One run of a program.

    Attributes:
        program: Which.
        seconds: Of all cells.
        cells: Seconds of each cell.
        printed: What it wrote to standard output.
        result: The program's `RESULT`.
        reports: JANUS's report of each cell; empty for an eager run.
    """

    program: ZooProgram
    seconds: float = 0.0
    cells: list[float] = field(default_factory=list)
    printed: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    reports: list[Report] = field(default_factory=list)


def run(name: str, style: str, steps: int | None = None, *, janus: bool = False, text: str | None = None, **options: Any) -> Played:
    """Run a program.

    Args:
        name: Of the program.
        style: Which version of it.
        steps: How many steps; a realistic run by default.
        janus: Under JANUS instead of eagerly.
        text: Other text to run as this program (see `janus_nb.zoo.by_hand`).
        **options: JANUS's options.

    Raises:
        KeyError: There is no such program.
    """
    program = find(name, style)
    played = Played(program)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    written = io.StringIO()
    if janus:
        runtime.forget()
    for number, cell in enumerate(cells_of(text or program.text(steps))):
        started = time.perf_counter()
        with contextlib.redirect_stdout(written):
            if janus:
                played.reports.append(run_cell(cell, namespace, name=f"{program.title} [{number}]", **{"view": "none", **options}))
            else:
                file = f"<{program.name}_{program.style} {number}>"
                linecache.cache[file] = (len(cell), None, cell.splitlines(keepends=True), file)
                exec(compile(cell, file, "exec", dont_inherit=True), namespace)
        played.cells.append(time.perf_counter() - started)
    played.seconds = sum(played.cells)
    played.printed, played.result = written.getvalue(), namespace["RESULT"]
    return played


def differences(eager: Any, other: Any, tolerance: float, path: str = "RESULT") -> Iterator[str]:
    """Where two results differ: in kind, length, or a number by more than a tolerance (relative to the largest)."""
    if isinstance(eager, dict):
        if not isinstance(other, dict) or list(eager) != list(other):
            yield f"{path}: other keys"
            return
        for key in eager:
            yield from differences(eager[key], other[key], tolerance, f"{path}[{key!r}]")
    elif isinstance(eager, list | tuple):
        if type(eager) is not type(other) or len(eager) != len(other):
            yield f"{path}: {len(eager)} items, and {len(other) if hasattr(other, '__len__') else other}"
            return
        for number, (a, b) in enumerate(zip(eager, other, strict=True)):
            yield from differences(a, b, tolerance, f"{path}[{number}]")
    elif isinstance(eager, np.ndarray | np.generic | float | int):
        yield from _numbers(eager, other, tolerance, path)
    elif eager != other:
        yield f"{path}: {eager!r}, and {other!r}"


def _numbers(eager: Any, other: Any, tolerance: float, path: str) -> Iterator[str]:
    if type(eager) is not type(other):
        yield f"{path}: a {type(eager).__name__}, and a {type(other).__name__}"
        return
    a, b = np.asarray(eager), np.asarray(other)
    if a.shape != b.shape or a.dtype != b.dtype:
        yield f"{path}: {a.dtype} {a.shape}, and {b.dtype} {b.shape}"
        return
    if a.size:
        apart = float(np.max(np.abs(a.astype(float) - b.astype(float))))
        if not apart <= tolerance * max(1.0, float(np.max(np.abs(a)))):
            yield f"{path}: up to {apart:.2e} apart"


__all__ = ["Played", "differences", "run"]

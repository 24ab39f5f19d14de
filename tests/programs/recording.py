"""Runs cells and records all that they show: names, printed text, warnings, log records, errors, random states.

with observed(namespace, seconds=10) as result:
    result.cell(lambda: exec(code, namespace))
"""

from __future__ import annotations

import contextlib
import logging
import random
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from tests.programs import compare

CELLS = ("<janus-cell", "<eager", "<cell-setup")
"""How the names of the files begin whose lines are the program's."""


_RETRACING = "triggered tf.function retracing"
"""TensorFlow's advice about speed, which depends on how often it has traced in this process."""


class TimeUp(BaseException):
    """A program ran longer than it may."""


@dataclass
class Result:
    """What a run left behind.

    Attributes:
        namespace: The cells' global names.
        shown: What was printed on stdout and stderr, warned of and logged, in its order; pieces of one stream are joined.
        errors: For each cell its error: type, message and the lines of the program it came through.
        states: Random states of the process.
        reports: JANUS's report of each cell.
    """

    namespace: dict[str, Any]
    shown: list[tuple[str, str]] = field(default_factory=list)
    errors: list[tuple[Any, ...] | None] = field(default_factory=list)
    states: dict[str, Any] = field(default_factory=dict)
    reports: list[Any] = field(default_factory=list)

    @property
    def report(self) -> Any:
        """The report of the last cell."""
        return self.reports[-1]

    def show(self, stream: str, text: str) -> None:
        """Something became visible."""
        if self.shown and self.shown[-1][0] == stream and stream.startswith("std"):
            text = self.shown.pop()[1] + text
        self.shown.append((stream, text))

    def cell(self, run: Callable[[], Any]) -> None:
        """Run one cell and note how it ended."""
        try:
            run()
        except TimeUp:
            raise
        except BaseException as raised:
            self.errors.append(described(raised))
        else:
            self.errors.append(None)


def described(error: BaseException) -> tuple[Any, ...]:
    """An error as it is compared: type, message, notes, causes, and the program's lines it came through."""
    lines = [(f.lineno, f.name) for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(CELLS)]
    causes = [None if e is None else (type(e).__qualname__, str(e)) for e in (error.__cause__, error.__context__)]
    return f"{type(error).__module__}.{type(error).__qualname__}", str(error), getattr(error, "__notes__", []), causes, lines


class _Stream:
    """Stands for stdout or stderr."""

    encoding = "utf-8"

    def __init__(self, name: str, result: Result) -> None:
        self.name, self.result = name, result

    def write(self, text: str) -> int:
        self.result.show(self.name, text)
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False


class _Handler(logging.Handler):
    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if not record.name.startswith("janus_nb") and _RETRACING not in text:
            self.result.show("log", f"{record.levelname} {record.name}: {text}")


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise `TimeUp` after so many seconds, and again every second, in case someone catches it. Zero: no limit."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeUp(f"not done after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


@contextlib.contextmanager
def observed(namespace: dict[str, Any], seconds: float, states: Callable[[], dict[str, Any]]) -> Iterator[Result]:
    """Record what happens inside; `states` gives the random states of the tensor library."""
    result = Result(namespace)
    handler, root = _Handler(result), logging.getLogger()
    root.addHandler(handler)
    show, unraisable = warnings.showwarning, sys.unraisablehook
    sys.unraisablehook = lambda lost: result.show("unraisable", f"{lost.exc_value!r} in {lost.object!r}")
    try:
        with warnings.catch_warnings(), contextlib.ExitStack() as stack:
            warnings.simplefilter("always")
            warnings.showwarning = lambda message, category, *where, **more: result.show("warning", f"{category.__name__}: {message}")
            stack.enter_context(contextlib.redirect_stdout(_Stream("stdout", result)))  # type: ignore[type-var]
            stack.enter_context(contextlib.redirect_stderr(_Stream("stderr", result)))  # type: ignore[type-var]
            stack.enter_context(time_limit(seconds))
            yield result
    finally:
        warnings.showwarning, sys.unraisablehook = show, unraisable
        root.removeHandler(handler)
    result.states = {"random": random.getstate(), "numpy": np.random.get_state(legacy=False), "hooks": _hooks(), **states()}


def _hooks() -> tuple[Any, ...]:
    """What a run may leave set in the interpreter."""
    return sys.gettrace() is None, sys.getprofile() is None, sys.getrecursionlimit()


def differences(eager: Result, janus: Result, tolerance: float = 0.0) -> list[str]:
    """What differs between two runs, in words."""
    problems = []
    if len(eager.shown) != len(janus.shown) or not all(_same_shown(a, b, tolerance) for a, b in zip(eager.shown, janus.shown, strict=True)):
        problems.append(_told(eager, janus, tolerance))
    comparison = compare.Comparison(tolerance)
    comparison.walk("errors", eager.errors, janus.errors)
    comparison.walk("states", eager.states, janus.states)
    return problems + comparison.problems + compare.differences(eager.namespace, janus.namespace, tolerance)


def _same_shown(a: tuple[str, str], b: tuple[str, str], tolerance: float) -> bool:
    return a[0] == b[0] and compare.same_text(a[1], b[1], tolerance)


def _told(eager: Result, janus: Result, tolerance: float) -> str:
    """The first lines that differ."""
    mine, other = ([f"{stream}: {line}" for stream, text in r.shown for line in text.split("\n")] for r in (eager, janus))
    for i in range(max(len(mine), len(other))):
        a, b = (lines[i] if i < len(lines) else "(nothing)" for lines in (mine, other))
        if not compare.same_text(a, b, tolerance):
            return f"output, line {i + 1}: {a!r:.200} against {b!r:.200}"
    return "output: divided otherwise"

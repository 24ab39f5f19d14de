"""Runs a program eagerly and under JANUS, and compares everything that the contract names.

Compared: the namespace (every name, deeply, with identity of shared objects), variables, printed text, the exception
with its type, message and line.
"""

from __future__ import annotations

import contextlib
import gc
import io
import re
import traceback
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

import janus_nb
import keras
import numpy as np
import tensorflow as tf
from janus_nb.function import runtime

# Every program clears Keras's session, which collects garbage: what the libraries hold need not be looked through each time.
assert keras.backend.backend() == "tensorflow"
gc.collect()
gc.freeze()

PRELUDE = """
import math, collections, functools, itertools, dataclasses
import numpy as np, tensorflow as tf, keras
keras.backend.clear_session()
keras.utils.set_random_seed(7)
rng = np.random.default_rng(0)
X = rng.normal(size=(40, 8, 4)).astype("float32")
Y = rng.integers(0, 3, size=(40, 8))
XT, YT = tf.constant(X), tf.constant(Y)
w = tf.Variable(rng.normal(size=(4, 3)).astype("float32") * 0.3, name="w")
b = tf.Variable(tf.zeros(3), name="b")
log = []
def xent(y, logits):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
"""


@dataclass(frozen=True)
class Program:
    """A small eager program.

    Attributes:
        doc: What it shows.
        cell: The cell that runs under JANUS.
        setup: Run before it, eagerly both times.
        graph: Whether at least one iteration must have run in a graph.
        aborts: How many aborts are expected, if it matters.
        options: Options of JANUS.
        counts: Other counters that must come out exactly.
        half: Whether it computes in half precision, so that results agree less closely.
    """

    doc: str
    cell: str
    setup: str = ""
    graph: bool = True
    aborts: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    half: bool = False


@dataclass
class Result:
    """What a run left behind."""

    namespace: dict[str, Any]
    output: str
    error: tuple[str, str, int | None] | None
    report: Any = None


def _run(program: Program, janus: bool, extra: dict[str, Any]) -> Result:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    code = compile(PRELUDE + program.setup, "<cell-setup>", "exec")
    import linecache

    text = PRELUDE + program.setup
    linecache.cache["<cell-setup>"] = (len(text), None, text.splitlines(keepends=True), "<cell-setup>")
    exec(code, namespace)
    output, error = io.StringIO(), None
    with contextlib.redirect_stdout(output):
        try:
            if janus:
                janus_nb.run_cell(program.cell, namespace, **{"profile": 1, "generate": "always", "view": "none", **program.options, **extra})
            else:
                exec(compile(program.cell, "<eager>", "exec"), namespace)
        except Exception as raised:
            lines = [f.lineno for f in traceback.extract_tb(raised.__traceback__) if f.filename.startswith(("<janus-cell", "<eager"))]
            error = (type(raised).__name__, str(raised), lines[-1] if lines else None)
    report = janus_nb.explain() if janus else None
    return Result(namespace, output.getvalue(), error, report)


def check(program: Program, **extra: Any) -> Any:
    """Run both ways and assert that nothing differs; returns the report."""
    eager = _run(program, False, {})
    janus = _run(program, True, extra)
    runtime.forget()  # the program's graphs: no other one meets them
    problems = differences(eager, janus, program.half)
    report = janus.report
    assert not problems, "\n".join(["JANUS differs from eager:", *problems, report.to_text()])
    internal = [e for e in report.events if type(e).__name__ in ("InternalError", "GraphRejected")]
    assert not internal, f"{internal}\n{report.to_text()}"
    return report


def differences(eager: Result, janus: Result, half: bool = False) -> list[str]:
    """What differs between two runs, in words."""
    problems = []
    if not _same_text(eager.output, janus.output):
        problems.append(f"output:\n--- eager\n{eager.output[-1500:]}\n--- janus\n{janus.output[-1500:]}")
    if _error(eager.error) != _error(janus.error):
        problems.append(f"error: eager {eager.error}, janus {janus.error}")
    names = [n for n in eager.namespace if not n.startswith("__")]
    extra = set(janus.namespace) - set(eager.namespace)
    if extra:
        problems.append(f"names only under JANUS: {sorted(extra)}")
    global _half
    _half = half
    seen: dict[int, int] = {}
    for name in names:
        if name not in janus.namespace:
            problems.append(f"{name}: missing")
        else:
            _compare(name, eager.namespace[name], janus.namespace[name], seen, problems, 0)
    return problems


def _error(error: tuple[str, str, int | None] | None) -> Any:
    if error is None:
        return None
    kind, message, line = error
    return kind, re.sub(r"0x[0-9a-f]+|name: \S*|device:\S*", "", message)[:60], line


_half = False
_NUMBER = re.compile(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?")


def _same_text(a: str, b: str) -> bool:
    if _NUMBER.sub("#", a) != _NUMBER.sub("#", b):
        return False
    return np.allclose([float(x) for x in _NUMBER.findall(a)], [float(x) for x in _NUMBER.findall(b)], rtol=2e-3, atol=2e-3)


def _compare(path: str, a: Any, b: Any, seen: dict[int, int], problems: list[str], depth: int) -> None:
    if id(a) in seen:
        if seen[id(a)] != id(b):
            problems.append(f"{path}: shared object is not shared")
        return
    if isinstance(a, ModuleType | type | FunctionType) or depth > 8 or isinstance(a, tf.GradientTape):
        if type(a) is not type(b):
            problems.append(f"{path}: {type(a)} against {type(b)}")
        return
    if type(a) is not type(b) and not (isinstance(a, type) and isinstance(b, type)) and type(a).__qualname__ != type(b).__qualname__:
        problems.append(f"{path}: {type(a).__name__} {a!r:.60} against {type(b).__name__} {b!r:.60}")
        return
    if isinstance(a, int | str | bytes | bool | type(None)):
        if a != b and not (isinstance(a, str) and _same_text(a, b)):
            problems.append(f"{path}: {a!r:.80} against {b!r:.80}")
        return
    if isinstance(a, float):
        if not np.isclose(a, b, rtol=1e-2 if _half else 1e-4, atol=1e-5, equal_nan=True):
            problems.append(f"{path}: {a!r} against {b!r}")
        return
    if isinstance(a, tf.Tensor | tf.Variable | np.ndarray | np.generic) or (hasattr(a, "numpy") and hasattr(a, "shape")):
        _compare_arrays(path, np.asarray(a), np.asarray(b), problems)
        return
    if not isinstance(a, list | tuple | dict) or a:
        seen[id(a)] = id(b)
    if isinstance(a, dict):
        if list(a) != list(b):
            problems.append(f"{path}: keys {list(a)[:20]} against {list(b)[:20]}")
            return
        for key in a:
            _compare(f"{path}[{key!r}]", a[key], b[key], seen, problems, depth + 1)
    elif isinstance(a, list | tuple) or type(a).__name__ == "deque":
        if len(a) != len(b):
            problems.append(f"{path}: {len(a)} items against {len(b)}")
            return
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            _compare(f"{path}[{i}]", x, y, seen, problems, depth + 1)
    elif isinstance(a, set | frozenset):
        if a != b:
            problems.append(f"{path}: {a} against {b}")
    elif type(a).__module__.startswith("keras"):
        for i, (x, y) in enumerate(zip(getattr(a, "variables", []), getattr(b, "variables", []), strict=True)):
            _compare_arrays(f"{path}.variables[{i}]", np.asarray(x), np.asarray(y), problems)
    elif hasattr(a, "__dict__"):
        mine = {k: v for k, v in vars(a).items() if not k.startswith("_self_") and k not in ("_thread_local",)}
        if type(a).__module__ == "__main__":
            other = vars(b)
            if any(c.__module__.startswith("keras") for c in type(a).__mro__):
                for i, (x, y) in enumerate(zip(a.variables, b.variables, strict=True)):
                    _compare_arrays(f"{path}.variables[{i}]", np.asarray(x), np.asarray(y), problems)
                mine = {k: v for k, v in mine.items() if not k.startswith("_") and isinstance(v, int | float | str | tf.Tensor)}
            for key in mine:
                if key not in other:
                    problems.append(f"{path}.{key}: missing")
                else:
                    _compare(f"{path}.{key}", mine[key], other[key], seen, problems, depth + 1)


def _compare_arrays(path: str, a: Any, b: Any, problems: list[str]) -> None:
    if a.shape != b.shape or a.dtype != b.dtype:
        problems.append(f"{path}: {a.dtype}{a.shape} against {b.dtype}{b.shape}")
    elif a.dtype.kind in "fc":
        half = _half or a.dtype.itemsize < 4
        if not np.allclose(
            a, b, rtol=1e-2 if half else 2e-3, atol=5e-3 * max(1.0, float(np.abs(a).max(initial=0))) if half else 2e-4, equal_nan=True
        ):
            problems.append(f"{path}: differs by {np.abs(a - b).max()}")
    elif a.dtype.kind != "O" and not (a == b).all():
        problems.append(f"{path}: {a!r:.80} against {b!r:.80}")

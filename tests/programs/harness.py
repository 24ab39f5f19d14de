"""Runs a program eagerly and under JANUS, and compares everything that the contract names.

Compared: the namespace (every name, deeply, identity and sharing in both directions, functions and classes with what they hold, positions of
iterators), variables, printed text, warnings, log records, random states, and for each cell the error with its type, message and lines.

TensorFlow's graph optimizer and oneDNN are off here: what the generator makes is then equal to eager bit for bit, and is compared so. A program that has a
reason to round otherwise says how much (`floats`).
"""

from __future__ import annotations

import gc
import linecache
import os
from collections import Counter
from typing import Any

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import janus_nb
import keras
import tensorflow as tf
from janus_nb.function import runtime

from tests.programs.program import Program
from tests.programs.recording import Result, differences, observed
from tests.unit.marks_check import check_marks

__all__ = ["PRELUDE", "Program", "check", "differences", "run"]

tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
# Every program clears Keras's session, which collects garbage: what the libraries hold need not be looked through each time.
assert keras.backend.backend() == "tensorflow"
gc.collect()
gc.freeze()

SECONDS = 300.0
"""How long a program may run."""

ROUNDED = 2e-3
"""How far XLA's results may be from the executor's, relative to the largest element."""

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


class Reports:
    """The reports of a program's cells, as one."""

    def __init__(self, reports: list[Any]) -> None:
        self.reports = reports
        self.counts: Counter[str] = Counter()
        for report in reports:
            self.counts.update(report.counts)
        self.events = [e for r in reports for e in r.events]
        self.regions = [g for r in reports for g in r.regions]

    def to_text(self) -> str:
        return "\n".join(r.to_text() for r in self.reports)


def random_states() -> dict[str, Any]:
    """TensorFlow's and Keras's random states."""
    from keras.src.backend.common import global_state
    from tensorflow.python.eager import context

    now = context.context()
    counter = now._rng.getstate() if getattr(now, "_rng", None) is not None else None
    made = global_state.get_global_attribute("global_seed_generator")
    generator = tf.random.get_global_generator() if _has_generator() else None
    return {
        "tensorflow": (now._seed, counter),
        "keras": None if made is None else made.state.numpy(),
        "generator": None if generator is None else generator.state.numpy(),
    }


def _has_generator() -> bool:
    from tensorflow.python.ops import stateful_random_ops

    return stateful_random_ops.global_generator is not None


def run(program: Program, janus: bool, extra: dict[str, Any], seconds: float = SECONDS) -> Result:
    """Run a program once."""
    namespace: dict[str, Any] = {"__name__": "__main__", "accelerate": janus_nb.function if janus else _as_it_is}
    text = PRELUDE + program.setup
    _source("<cell-setup>", text)
    options = {"profile": 1, "generate": "always", "view": "none", **program.options, **extra}
    with observed(namespace, seconds, random_states) as result:
        exec(compile(text, "<cell-setup>", "exec", dont_inherit=True), namespace)
        del namespace["accelerate"]
        for cell in (program.cell, *program.again):
            if janus:
                result.cell(lambda cell=cell: janus_nb.run_cell(cell, namespace, **options))  # type: ignore[misc]
                result.reports.append(janus_nb.explain())
            else:
                _source("<eager>", cell)
                result.cell(lambda cell=cell: exec(compile(cell, "<eager>", "exec", dont_inherit=True), namespace))  # type: ignore[misc]
    return result


def _source(file: str, text: str) -> None:
    """Let libraries find source text, as a notebook does."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)


def _as_it_is(function: Any) -> Any:
    return function


def check(program: Program, **extra: Any) -> Any:
    """Run both ways and assert that nothing differs; returns the report."""
    eager = run(program, False, {})
    try:
        janus = run(program, True, extra)
    finally:
        runtime.forget()  # the program's graphs: no other one meets them
    options = {**program.options, **extra}
    rounding = ROUNDED if options.get("xla") == "on" else 0.0
    problems = differences(eager, janus, max(program.floats, rounding))
    report = janus.reports[0] if not program.again else Reports(janus.reports)
    assert not problems, "\n".join(["JANUS differs from eager:", *problems, report.to_text()])
    faults = ("InternalError",) if program.rejected else ("InternalError", "GraphRejected")
    internal = [e for e in report.events if type(e).__name__ in faults]
    assert not internal, f"{internal}\n{report.to_text()}"
    for part in janus.reports:
        check_marks(part.events)
    return report

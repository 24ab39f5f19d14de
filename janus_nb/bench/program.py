"""A benchmark program: one training step, from which the eager cell and the hand-written graphs are put together.

    cell         for i in range(count): x = ...; <step>; losses.append(float(loss))      what JANUS is given, unchanged
    per step     @tf.function around <step>, called from the same Python loop
    K steps      @tf.function around a tf.range loop over <step>, `k` iterations a call

All of them share the text of the step, so that they compute the same; `measure` checks that they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent, indent
from typing import Any

HEAD = """
import keras, numpy as np, tensorflow as tf
keras.backend.clear_session()
keras.utils.set_random_seed(1)
rng = np.random.default_rng(0)
losses = []
def xent(y, logits):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
"""


@dataclass(frozen=True)
class Handwritten:
    """A variant as a user would write it.

    Attributes:
        define: Run once: the `tf.function`s. `XLA` in it is True or False.
        loop: Run for `count` units of work.
    """

    define: str
    loop: str


@dataclass(frozen=True)
class Program:
    """A program of the benchmark.

    Attributes:
        name: How the command line knows it.
        title: How tables show it.
        setup: Data and model; run once per variant, eagerly, from the same seeds.
        cell: The eager cell. It does `count` units of work, and appends each iteration's loss to `losses`.
        by_hand: Hand-written variants, by name: "per step" and "K steps", each also compiled with XLA; "fit".
        unit: Iterations in one unit of `count`.
        count: Units in one timed run of the fast variants.
        total: Units in the fixed run whose total time is taken.
        random: Whether XLA (and hand-written graphs) draw other random numbers, so that losses agree only roughly.
        xla: Whether hand-written variants exist with XLA.
        ablate: Whether the ablation says something of it.
        targets: What is wanted: times eager, times the hand-written step, share of the best hand-written variant.
    """

    name: str
    title: str
    setup: str
    cell: str
    by_hand: Mapping[str, Handwritten] = field(default_factory=dict)
    unit: int = 1
    count: int = 1000
    total: int = 1000
    random: bool = False
    xla: bool = True
    ablate: bool = True
    targets: tuple[float | None, float | None, float | None] = (None, None, None)


def _in(text: str, levels: int) -> str:
    return indent(dedent(text).strip("\n"), "    " * levels)


def indexed(
    name: str, title: str, *, setup: str, fetch: str, step: str, k: int, call: str = "x, y", fetch_by_hand: str | None = None, **more: Any
) -> Program:
    """A program whose iteration `i` takes its data from tensors (or arrays) by index.

    Args:
        name: How the command line knows it.
        title: How tables show it.
        setup: Data and model.
        fetch: Statements that take iteration `i`'s data, in the cell and in hand-written graphs alike.
        step: Statements that compute `loss` and update the model.
        k: Iterations of one call of the hand-written loop graph.
        call: The names that `fetch` binds.
        fetch_by_hand: What to write in the hand-written loop graph instead of `fetch`.
        **more: Further fields of `Program`.
    """
    cell = f"for i in range(count):\n{_in(fetch, 1)}\n{_in(step, 1)}\n    losses.append(float(loss))\n"
    per_step = Handwritten(
        f"@tf.function(jit_compile=XLA)\ndef train_step({call}):\n{_in(step, 1)}\n    return loss\n",
        f"for i in range(count):\n{_in(fetch, 1)}\n    losses.append(float(train_step({call})))\n",
    )
    steps = Handwritten(
        "@tf.function(jit_compile=XLA)\ndef train_steps(start):\n"
        f"    found = tf.TensorArray(tf.float32, {k})\n    for at in tf.range({k}):\n        i = start + at\n"
        f"{_in(fetch_by_hand or fetch, 2)}\n{_in(step, 2)}\n        found = found.write(at, loss)\n    return found.stack()\n",
        f"for start in range(0, count, {k}):\n    losses.extend(train_steps(tf.constant(start)).numpy().tolist())\n",
    )
    return Program(name, title, setup, cell, {"per step": per_step, "K steps": steps}, **more)


def from_data(name: str, title: str, *, setup: str, step: str, epoch: str = "", fit: str = "", **more: Any) -> Program:
    """A program that iterates over a dataset `train` of pairs, `unit` batches an epoch; `count` counts epochs.

    Args:
        name: How the command line knows it.
        title: How tables show it.
        setup: Data and model.
        step: Statements that compute `loss` from `x` and `y`, and update the model.
        epoch: Statements at the start of every epoch.
        fit: Run once: compiles `fitted`; empty if `model.fit` does not apply.
        **more: Further fields of `Program`.
    """
    unit = more["unit"]
    head = f"for epoch in range(count):\n{_in(epoch, 1)}\n" if epoch else "for epoch in range(count):\n"
    cell = f"{head}    for x, y in train:\n{_in(step, 2)}\n        losses.append(float(loss))\n"
    per_step = Handwritten(
        f"@tf.function(jit_compile=XLA)\ndef train_step(x, y):\n{_in(step, 1)}\n    return loss\n",
        f"{head}    for x, y in train:\n        losses.append(float(train_step(x, y)))\n",
    )
    steps = Handwritten(  # an iterator cannot live inside XLA: the epoch is pulled first, then compiled code loops over it
        f"""
@tf.function(jit_compile=XLA)
def train_steps(xs, ys):
    found = tf.TensorArray(tf.float32, {unit})
    for at in tf.range({unit}):
        x, y = xs[at], ys[at]
{_in(step, 2)}
        found = found.write(at, loss)
    return found.stack()

@tf.function
def train_epoch(batches):
    found = tf.TensorArray(tf.float32, {unit})
    for at in tf.range({unit}):
        x, y = next(batches)
{_in(step, 2)}
        found = found.write(at, loss)
    return found.stack()
""",
        f"{head}    if XLA:\n        for xs, ys in train.batch({unit}):\n            losses.extend(train_steps(xs, ys).numpy().tolist())\n"
        "    else:\n        losses.extend(train_epoch(iter(train)).numpy().tolist())\n",
    )
    by_hand = {"per step": per_step, "K steps": steps}
    if fit:
        by_hand["fit"] = Handwritten(fit, "model.fit(train, epochs=count, verbose=0)\n")
    return Program(name, title, setup, cell, by_hand, **more)


__all__ = ["HEAD", "Handwritten", "Program", "from_data", "indexed"]

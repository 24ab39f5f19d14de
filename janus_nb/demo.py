"""The main job, headless: the sample cell and its Keras sibling on real data, eager and JANUS side by side.

Data: scikit-learn's digits, 1,797 real 8x8 images that come with the package.
"""

from __future__ import annotations

import contextlib
import io
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

SETUP = """
import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

keras.utils.set_random_seed(1)
digits = load_digits()
images = (digits.data / 16).astype("float32")
labels = digits.target.astype("int64")
train = tf.data.Dataset.from_tensor_slices((images, labels)).batch(32, drop_remainder=True)
model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, "relu"), keras.layers.Dense(10)])
loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
losses = []
epochs = 10
"""

SAMPLE = """\
for epoch in range(epochs):
    for x, y in train:
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x))
        grads = tape.gradient(loss, model.trainable_variables)
        for v, g in zip(model.trainable_variables, grads):
            v.assign_sub(0.1 * g)
        losses.append(float(loss))
        if loss > 5.0:
            print("diverged?", float(loss))
    print(f"epoch {epoch}: loss {losses[-1]:.3f}")
"""

PER_STEP = """\
@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        loss = loss_fn(y, model(x))
    grads = tape.gradient(loss, model.trainable_variables)
    for v, g in zip(model.trainable_variables, grads):
        v.assign_sub(0.1 * g)
    return loss
"""

PER_STEP_LOOP = """\
for epoch in range(epochs):
    for x, y in train:
        loss = train_step(x, y)
        losses.append(float(loss))
        if loss > 5.0:
            print("diverged?", float(loss))
    print(f"epoch {epoch}: loss {losses[-1]:.3f}")
"""

SIBLING_SETUP = SETUP.replace(
    'model = keras.Sequential([keras.Input((64,)), keras.layers.Dense(64, "relu"), keras.layers.Dense(10)])',
    'model = keras.Sequential(\n    [keras.Input((64,)), keras.layers.Dense(64, "relu"), keras.layers.Dropout(0.1), keras.layers.Dense(10)]\n)\n'
    "optimizer = keras.optimizers.Adam(1e-3)\noptimizer.build(model.trainable_variables)\n"
    "accuracy = keras.metrics.SparseCategoricalAccuracy()",
)

SIBLING = """\
for epoch in range(epochs):
    accuracy.reset_state()
    for x, y in train:
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = loss_fn(y, logits)
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
        accuracy.update_state(y, logits)
        losses.append(float(loss))
    print(f"epoch {epoch}: loss {losses[-1]:.3f}, accuracy {float(accuracy.result()):.3f}")
"""

SIBLING_STEP = """\
@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = loss_fn(y, logits)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    accuracy.update_state(y, logits)
    return loss
"""

SIBLING_LOOP = """\
for epoch in range(epochs):
    accuracy.reset_state()
    for x, y in train:
        loss = train_step(x, y)
        losses.append(float(loss))
    print(f"epoch {epoch}: loss {losses[-1]:.3f}, accuracy {float(accuracy.result()):.3f}")
"""


@dataclass(frozen=True)
class Variant:
    """One way to run a cell: its own namespace, and the code that runs in it."""

    name: str
    namespace: dict[str, Any]
    run: Callable[[], str]


@dataclass(frozen=True)
class Timing:
    """Milliseconds per epoch of a variant, each repetition's, and its ratio to eager."""

    name: str
    milliseconds: tuple[float, ...]
    over_eager: float

    @property
    def median(self) -> float:
        """Median milliseconds per epoch."""
        return statistics.median(self.milliseconds)


def _captured(run: Callable[[], Any]) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        run()
    return output.getvalue()


def _fresh(setup: str) -> dict[str, Any]:
    import keras

    keras.backend.clear_session()
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(setup, namespace)
    return namespace


@dataclass(frozen=True)
class Comparison:
    """The outcome of one demonstration.

    Attributes:
        timings: Steady state of each variant.
        same_output: Whether eager and JANUS printed the same lines in the first run.
        worst_loss: Largest relative difference between eager's and JANUS's losses, one by one.
        worst_weight: Largest difference between the final weights, relative to the largest weight.
        report: JANUS's report of its first run.
        output: What the first JANUS run printed.
    """

    timings: tuple[Timing, ...]
    same_output: bool
    worst_loss: float
    worst_weight: float
    report: Any
    output: str


def compare(setup: str, cell: str, step: str, loop: str, repeats: int = 7) -> Comparison:
    """Run a cell eagerly, with a hand-written `tf.function` per step, and under JANUS: first once each for the result,
    then `repeats` times interleaved for the time."""
    import numpy as np

    import janus_nb

    eager, by_hand, janus = (_fresh(setup) for _ in range(3))
    exec(step, by_hand)
    eager_code, loop_code = compile(cell, "<eager>", "exec"), compile(loop, "<by hand>", "exec")
    reports: list[Any] = []
    variants = [
        Variant("eager", eager, lambda: _captured(lambda: exec(eager_code, eager))),
        Variant("tf.function per step", by_hand, lambda: _captured(lambda: exec(loop_code, by_hand))),
        Variant("JANUS", janus, lambda: _captured(lambda: reports.append(janus_nb.run_cell(cell, janus, name="sample", view="none")))),
    ]
    outputs = {v.name: v.run() for v in variants}
    a, b = np.array(eager["losses"]), np.array(janus["losses"])
    worst_loss = float(np.max(np.abs(a - b) / np.maximum(np.abs(a), 1e-6))) if len(a) == len(b) else float("inf")
    worst_weight = max(
        float(np.max(np.abs(x.numpy() - y.numpy())) / np.max(np.abs(x.numpy())))
        for x, y in zip(eager["model"].weights, janus["model"].weights, strict=True)
        if x.dtype.startswith("float")
    )
    times: dict[str, list[float]] = {v.name: [] for v in variants}
    for v in variants:
        v.namespace["epochs"] = 3
        v.run()
    for _ in range(repeats):
        for v in variants:
            started = time.perf_counter()
            v.run()
            times[v.name].append((time.perf_counter() - started) / 3 * 1e3)
    base = statistics.median(times["eager"])
    timings = tuple(Timing(n, tuple(t), base / statistics.median(t)) for n, t in times.items())
    return Comparison(timings, outputs["eager"] == outputs["JANUS"], worst_loss, worst_weight, reports[0], outputs["JANUS"])

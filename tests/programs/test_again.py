"""Cells that are run again, objects that are replaced, and seeds that are set: a sample of the tables, and all of them under `-m exhaustive`."""

from __future__ import annotations

import pytest
from janus_nb.function import runtime

from tests.programs import again, seeds

SAMPLE = (
    "Adam(0.01) on a deferred model twice new",
    "SGD(0.01, momentum=0.9) on a own model replaced new",
    "Ftrl(0.01) on a built model function new",
    "RMSprop(0.01) on a built model all built",
    "metrics AUC replaced new",
    "metrics MeanIoU twice new",
    "losses Huber function new",
    "layers Dense all new",
    "layers LSTM replaced new",
    "layers BatchNormalization function new",
    "layers SpectralNormalization twice new",
    "layers Dropout all new",
)
ROWS = [(f"{row.family} {row.name} {way} {'built' if built else 'new'}", row, way, built) for row, way, built in again.programs()]
SEEDS = list(seeds.programs())


def _marked(title: str, chosen: bool, *values: object) -> object:
    return pytest.param(*values, id=title, marks=() if chosen else pytest.mark.exhaustive)


@pytest.mark.parametrize(("row", "way", "built"), [_marked(t, any(t.endswith(s) for s in SAMPLE), *rest) for t, *rest in ROWS])
def test_again(row: again.Row, way: str, built: bool) -> None:
    problems, _ = again.check(row, way, built)
    assert not problems


def test_the_sample_is_in_the_table() -> None:
    assert all(any(title.endswith(wanted) for title, *_ in ROWS) for wanted in SAMPLE)


@pytest.mark.parametrize("program", [_marked(p.title, i % 37 == 5, p) for i, p in enumerate(SEEDS)])
def test_seeds(program: seeds.Seeding) -> None:
    problems, _ = seeds.check(program)
    assert not problems


P = """
import numpy as np, tensorflow as tf, keras
keras.backend.clear_session()
keras.utils.set_random_seed(3)
log, b, t = [], tf.Variable(tf.zeros(3)), tf.ones([3])
X = tf.random.normal([40, 4])
"""
OTHERS: dict[str, list[str]] = {
    "the user's own TensorArray": [
        "ta = tf.TensorArray(tf.float32, size=40, clear_after_read=False)\n"
        "for i in range(20):\n    b.assign_add(t); ta = ta.write(i, b[0])\nlog.append(ta.stack().numpy())\n"
    ],
    "a callback called by hand": [
        "m = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(3)])\nh = keras.callbacks.History()\nh.set_model(m)\nh.on_train_begin()\n"
        "for i in range(20):\n    b.assign_add(t * tf.reduce_mean(m(X) ** 2)); h.on_epoch_end(i, {'loss': b[0]})\nlog.append([float(x) for x in h.history['loss']])\n"
    ],
    "layers made in the loop": ["for i in range(12):\n    b.assign_add(keras.layers.Dense(3)(X[:1])[0]); log.append(b.numpy())\nit = keras.layers.Dense(2)\n"],
    "losses made in the loop": [
        "for i in range(12):\n    log.append(float(keras.losses.MeanSquaredError()(X[i], X[i + 1]))); b.assign_add(t)\nit = keras.losses.MeanSquaredError()\n"
    ],
    "a layer added midway": [
        "m = keras.Sequential([keras.layers.Dense(3)])\n"
        "for i in range(30):\n    if i == 10: m.add(keras.layers.Dense(3))\n    b.assign_add(m(X[:1])[0]); log.append(b.numpy())\n"
    ],
    "a model replaced midway": [
        "m = keras.Sequential([keras.layers.Dense(3)])\n"
        "for i in range(30):\n    if i == 10: m = keras.Sequential([keras.layers.Dense(3)])\n    b.assign_add(m(X[:1])[0]); log.append(b.numpy())\n"
    ],
    "Keras's settings between epochs": [
        "l = keras.losses.MeanAbsolutePercentageError()\nfor e in range(3):\n    keras.config.set_epsilon(10.0 ** -(e + 2))\n"
        "    for i in range(10):\n        log.append(float(l(t * 0.001, t * i))); b.assign_add(t)\nkeras.config.set_epsilon(1e-7)\n"
    ],
    "random numbers under a tape": [
        "w = tf.Variable(tf.ones([4]))\nfor i in range(20):\n    with tf.GradientTape() as tape:\n"
        "        l = tf.reduce_sum(tf.nn.dropout(X[i] * w, 0.5) + tf.random.normal([4]) * w)\n    w.assign_sub(0.1 * tape.gradient(l, w)); log.append(float(l))\n"
    ],
    "a random operation with a seed of its own": ["for i in range(12):\n    b.assign_add(tf.random.normal([3], seed=5)); log.append(b.numpy())\n"],
    "facts of graphs": [
        "for i in range(12):\n    b.assign_add(t); log.append([tf.inside_function(), tf.is_tensor(b * 2.0), tf.is_tensor(i), tf.is_tensor(float(b[0])), (b * 2.0).device])\n"
    ],
    "a shape that changes": [
        "for i in range(20):\n    d = tf.boolean_mask(X[:, 0], X[:, 0] > 0.1 * i); b.assign_add(t); log.append([d.shape[0], str(d.shape), len(d.shape)])\n"
    ],
    "an optimizer made in a function": [
        "m = keras.Sequential([keras.layers.Dense(3)])\ndef train():\n    o = keras.optimizers.Adam(0.1)\n    for i in range(12):\n"
        "        with tf.GradientTape() as g: l = tf.reduce_mean(m(X) ** 2)\n"
        "        o.apply_gradients(zip(g.gradient(l, m.trainable_variables), m.trainable_variables)); log.append(float(l))\nfor e in range(3): train()\n"
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_others(name: str) -> None:
    cells = [P, *OTHERS[name]]
    eager, janus = again.run(cells, False), again.run(cells, True, profile=1, generate="always")
    runtime.forget()
    assert not again.differences(eager, janus)


def test_default_options() -> None:
    """The example that people meet: a cell with a model, a stateful optimizer and enough iterations, run three times."""
    cell = again.MODEL["built"] + "it = keras.optimizers.Adam(0.01)\n" + again.TRAIN.replace("{steps}", "100")
    eager, janus = again.run([again.SETUP, *[cell] * 3], False), again.run([again.SETUP, *[cell] * 3], True)
    runtime.forget()
    assert not again.differences(eager, janus)
    assert sum(type(event).__name__ == "Generated" for event in janus.events) == 3

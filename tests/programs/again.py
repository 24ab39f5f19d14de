"""Every optimizer, metric, loss, layer and wrapper of the installed Keras, each in small programs that are run again.

    python -m tests.programs.again                 the whole table, with a line for each program that differs
    python -m tests.programs.again layers Dense    some of it

A program is a list of cells, run in order in one namespace. Under JANUS every cell is a JANUS cell. What is left behind
must be what plain Python leaves: numbers, names that Keras gives, and random states.
"""

from __future__ import annotations

import inspect
import random
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import janus_nb
import keras
import numpy as np
from janus_nb.function import runtime
from tensorflow.python.eager import context

STEPS = 7

SEQ, IMG, VOL, FLAT = "[4, 6, 3]", "[2, 8, 8, 3]", "[2, 6, 6, 6, 2]", "[4, 5]"
_IMAGES = "tf.random.uniform([2, 8, 8, 3])"

# What is made, by class: arguments, and what it is called on (a shape of random numbers, or an expression).
LAYERS: dict[str, tuple[str, str]] = {
    "Activation": ("'tanh'", FLAT), "ActivityRegularization": ("0.1", FLAT), "Add": ("", "[x, x]"), "AdditiveAttention": ("", "[s, s]"),
    "AlphaDropout": ("0.3", FLAT), "Attention": ("use_scale=True", "[s, s]"), "Average": ("", "[x, x]"), "BatchNormalization": ("", FLAT),
    "CategoryEncoding": ("num_tokens=9, output_mode='multi_hot'", "k"), "CenterCrop": ("4, 4", IMG), "Concatenate": ("", "[x, x]"),
    "Dense": ("3", FLAT), "Discretization": ("bin_boundaries=[0.0, 0.5]", FLAT), "Dot": ("axes=1", "[x, x]"), "Dropout": ("0.3", FLAT),
    "EinsumDense": ("'ab,bc->ac', output_shape=3", FLAT), "ELU": ("", FLAT), "Embedding": ("9, 4", "k"), "Flatten": ("", SEQ),
    "GaussianDropout": ("0.3", FLAT), "GaussianNoise": ("0.3", FLAT), "GroupNormalization": ("3", SEQ), "GroupQueryAttention": ("4, 2, 1", "s, s"),
    "GRU": ("3", SEQ), "GRUCell": ("3", "x, [tf.zeros([4, 3])]"), "HashedCrossing": ("7", "(k[:, 0], k[:, 1])"), "Hashing": ("7", "k"),
    "Identity": ("", FLAT), "IntegerLookup": ("vocabulary=[1, 2, 3]", "k"), "Lambda": ("lambda t: t * 2", FLAT),
    "LayerNormalization": ("", FLAT), "LeakyReLU": ("", FLAT), "LSTM": ("3", SEQ), "LSTMCell": ("3", "x, [tf.zeros([4, 3]), tf.zeros([4, 3])]"),
    "Masking": ("0.0", SEQ), "Maximum": ("", "[x, x]"), "MelSpectrogram": ("num_mel_bins=4, fft_length=16, sequence_stride=8, sequence_length=16", "[2, 64]"),
    "Minimum": ("", "[x, x]"), "MultiHeadAttention": ("2, 2, dropout=0.1", "s, s"), "Multiply": ("", "[x, x]"), "Normalization": ("mean=0.5, variance=2.0", FLAT),
    "Permute": ("(2, 1)", SEQ), "PReLU": ("", FLAT), "ReLU": ("", FLAT), "RepeatVector": ("2", FLAT), "Rescaling": ("0.5", IMG),
    "Reshape": ("(5, 1)", FLAT), "Resizing": ("4, 4", IMG), "ReversibleEmbedding": ("9, 4", "k"), "RMSNormalization": ("", FLAT),
    "RNN": ("keras.layers.LSTMCell(3)", SEQ), "SimpleRNN": ("3", SEQ), "SimpleRNNCell": ("3", "x, [tf.zeros([4, 3])]"), "Softmax": ("", FLAT),
    "SpectralNormalization": ("keras.layers.Dense(3)", FLAT), "StackedRNNCells": ("[keras.layers.GRUCell(3)]", "x, [tf.zeros([4, 3])]"),
    "STFTSpectrogram": ("mode='log', frame_length=16, frame_step=8, fft_length=16", "[2, 64, 1]"),
    "StringLookup": ("vocabulary=['a', 'b']", "tf.constant(['a', 'c'])"), "Subtract": ("", "[x, x]"),
    "TextVectorization": ("vocabulary=['a', 'b'], output_sequence_length=3", "tf.constant(['a b', 'c'])"), "TimeDistributed": ("keras.layers.Dense(2)", SEQ),
    "Bidirectional": ("keras.layers.LSTM(2)", SEQ), "UnitNormalization": ("", FLAT), "UpSampling1D": ("2", SEQ), "UpSampling2D": ("2", IMG), "UpSampling3D": ("2", VOL),
    "Wrapper": ("keras.layers.Dense(2)", ""), "MixUp": ("", "{'images': v, 'labels': tf.one_hot([0, 1], 2)}"), "CutMix": ("", "{'images': v, 'labels': tf.one_hot([0, 1], 2)}"),
    "Pipeline": ("[keras.layers.RandomFlip()]", IMG), "RandomCrop": ("4, 4", IMG), "MaxNumBoundingBoxes": ("3", ""),
}  # fmt: skip
_BY_PATTERN: tuple[tuple[str, str, str], ...] = (  # the first that is part of a class's name
    ("AdaptiveAverage", "2", ""), ("AdaptiveMax", "2", ""), ("Global", "", ""), ("Pool", "2", ""), ("Cropping", "1", ""), ("ZeroPadding", "1", ""),
    ("SpatialDropout", "0.3", ""), ("ConvLSTM1D", "2, 2", "[2, 3, 6, 2]"), ("ConvLSTM2D", "2, 2", "[2, 3, 6, 6, 2]"), ("ConvLSTM3D", "2, 2", "[1, 2, 4, 4, 4, 2]"),
    ("Depthwise", "2", ""), ("Conv", "2, 2", ""), ("RandomZoom", "0.2", _IMAGES), ("RandomRotation", "0.2", _IMAGES), ("RandomTranslation", "0.2, 0.2", _IMAGES),
    ("RandomBrightness", "0.2", _IMAGES), ("RandomContrast", "0.2", _IMAGES), ("RandomHue", "0.2", _IMAGES), ("RandomPosterization", "4", _IMAGES),
    ("RandomSaturation", "0.2", _IMAGES), ("RandomSharpness", "0.2", _IMAGES), ("RandomColorDegeneration", "0.2", _IMAGES),
    ("RandomShear", "0.2, 0.2", _IMAGES), ("Solarization", "", _IMAGES), ("Random", "", _IMAGES), ("Rand", "", _IMAGES), ("Aug", "", _IMAGES), ("Auto", "", _IMAGES),
    ("Equalization", "", _IMAGES),
)  # fmt: skip
LEFT_OUT = {
    "Layer": "abstract", "InputLayer": "not called", "InputSpec": "no layer", "JaxLayer": "needs JAX", "FlaxLayer": "needs Flax", "TFSMLayer": "needs a file",
    "TorchModuleWrapper": "needs PyTorch", "Wrapper": "abstract", "MaxNumBoundingBoxes": "works on boxes only", "Optimizer": "abstract",
    "OptimizerMap": "no optimizer", "MultiOptimizer": "made of pairs", "Metric": "abstract", "Loss": "abstract", "MeanMetricWrapper": "made of a function",
}  # fmt: skip

_METRIC_ARGUMENTS = {
    "BinaryIoU": "", "IoU": "num_classes=2, target_class_ids=[0]", "MeanIoU": "num_classes=2", "OneHotIoU": "num_classes=3, target_class_ids=[0]",
    "OneHotMeanIoU": "num_classes=3", "PrecisionAtRecall": "0.5", "RecallAtPrecision": "0.5", "SensitivityAtSpecificity": "0.5", "SpecificityAtSensitivity": "0.5",
    "TopKCategoricalAccuracy": "k=2", "SparseTopKCategoricalAccuracy": "k=2", "AUC": "num_thresholds=20",
}  # fmt: skip
_ON_ONE_HOT = ("Categorical", "OneHot", "F1", "FBeta", "CTC", "Dice", "Tversky", "Circle")
_OPTIMIZER_ARGUMENTS = {"LossScaleOptimizer": "keras.optimizers.Adam(0.01)"}
_VARIANTS = {
    "Adam": ("amsgrad=True", "use_ema=True", "gradient_accumulation_steps=2", "clipnorm=0.1", "keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)"),
    "SGD": ("0.01, momentum=0.9", "0.01, momentum=0.9, nesterov=True", "0.01, weight_decay=0.01", "0.01, global_clipnorm=0.1"),
    "RMSprop": ("centered=True, momentum=0.9",),
}  # fmt: skip

SETUP = """
import numpy as np, tensorflow as tf, keras
keras.backend.clear_session()
keras.utils.set_random_seed(5)
x, s, v = tf.random.normal([4, 5]), tf.random.normal([4, 6, 3]), tf.random.uniform([2, 8, 8, 3])
k = tf.constant([[1, 2], [3, 4], [5, 6], [7, 8]])
log = []
"""
CALL = """
for i in range({steps}):
    out = it({data})
    flat = tf.nest.flatten(out)
    log.append([t if t.dtype == tf.string else float(tf.reduce_sum(tf.cast(t, tf.float32))) for t in flat])
"""
TRAIN = """
for i in range({steps}):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean((model(x) - float(i)) ** 2)
    grads = tape.gradient(loss, model.trainable_variables)
    it.apply_gradients(zip(grads, model.trainable_variables))
    log.append(float(loss))
"""
MEASURE = """
for i in range({steps}):
    it.update_state({data})
    log.append(np.sum(it.result()))
"""
MODEL = {
    "built": "model = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(4, activation='relu'), keras.layers.Dense(1)])\n",
    "deferred": "model = keras.Sequential([keras.layers.Dense(4, activation='relu'), keras.layers.Dense(1)])\n",
    "own": """
class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.a, self.b = keras.layers.Dense(4, activation='relu'), keras.layers.Dense(1)
    def call(self, t):
        return self.b(self.a(t))
model = Net()
""",
}


@dataclass(frozen=True)
class Row:
    """One object in one way of being made and used.

    Attributes:
        family: optimizers, metrics, losses or layers.
        name: Its class, with arguments if they are special.
        make: A statement that makes it, called `it`.
        build: A statement that builds it without using it; empty if it builds itself at its first use.
        use: A loop that uses it.
    """

    family: str
    name: str
    make: str
    build: str
    use: str


WAYS = ("twice", "replaced", "function", "all")


def cells(row: Row, way: str, built: bool) -> list[str]:
    """The cells of a program."""
    make = row.make + (row.build if built else "")
    use = row.use.replace("{steps}", str(STEPS))
    if way == "twice":  # one cell, run again
        return [SETUP, *[make + use] * 2]
    if way == "replaced":  # made in one cell, used in another; made anew
        return [SETUP, make, use, make, use]
    if way == "all":  # Run All twice
        return [SETUP, make, use] * 2
    body = "".join(f"    {line}\n" for line in (make + use).splitlines())
    function = f"@fast\ndef work(log):\n{body}    return it\n"
    return [SETUP + function, "kept = [work(log) for _ in range(3)]\n"]


def rows() -> Iterator[Row]:
    """The table."""
    yield from _optimizers()
    yield from _metrics()
    yield from _losses()
    yield from _layers()


def _classes(module: Any) -> Iterator[str]:
    for name in sorted(vars(module)):
        if inspect.isclass(getattr(module, name)) and name not in LEFT_OUT and not name.startswith("_"):
            yield name


def _optimizers() -> Iterator[Row]:
    for name in _classes(keras.optimizers):
        for arguments in (_OPTIMIZER_ARGUMENTS.get(name, "0.01"), *_VARIANTS.get(name, ())):
            for kind, model in MODEL.items():
                make = f"{model}it = keras.optimizers.{name}({arguments})\n"
                title = f"{name}({arguments}) on a {kind} model"
                yield Row("optimizers", title, make, "model(x)\nit.build(model.trainable_variables)\n", TRAIN)


def _labels(name: str) -> str:
    if name.startswith("Sparse"):
        return "tf.constant([0, 1, 2, 0]), tf.nn.softmax(x[:, :3])"
    if any(part in name for part in _ON_ONE_HOT):
        return "tf.one_hot([0, 1, 2, 0], 3), tf.nn.softmax(x[:, :3])"
    if "IoU" in name:
        return "tf.constant([0, 1, 1, 0]), tf.constant([0, 1, 0, 0])"
    return "tf.constant([[0.0], [1.0], [1.0], [0.0]]), tf.sigmoid(x[:, :1])"


def _metrics() -> Iterator[Row]:
    for name in _classes(keras.metrics):
        data = "x" if name in ("Mean", "Sum") else _labels(name)
        make = f"it = keras.metrics.{name}({_METRIC_ARGUMENTS.get(name, '')})\n"
        yield Row("metrics", name, make, f"it.update_state({data}); it.reset_state()\n", MEASURE.replace("{data}", data))


def _losses() -> Iterator[Row]:
    for name in _classes(keras.losses):
        data = "tf.constant([[1, 2], [2, 1]]), tf.random.normal([2, 5, 4])" if name == "CTC" else _labels(name)
        if name == "Circle":
            data = "tf.constant([0, 1, 1, 0]), tf.math.l2_normalize(x, axis=1)"
        yield Row("losses", name, f"it = keras.losses.{name}()\n", "", CALL.replace("{data}", data))


def _layers() -> Iterator[Row]:
    for name in _classes(keras.layers):
        arguments, data = LAYERS.get(name, (None, ""))
        if arguments is None:
            arguments, data = next((a, d) for part, a, d in _BY_PATTERN if part in name)
        if not data:
            data = SEQ if "1D" in name else VOL if "3D" in name else IMG
        given = f"tf.random.uniform({data})" if data.startswith("[") and data[1].isdigit() else data
        called = CALL.replace("{data}", given + (", training=True" if "training" in _call_arguments(name) else ""))
        yield Row("layers", name, f"it = keras.layers.{name}({arguments})\n", f"it({given})\n", called)


def _call_arguments(name: str) -> Any:
    return inspect.signature(getattr(keras.layers, name).call).parameters


# -- running it --------------------------------------------------------------------------------------------------------------


@dataclass
class Left:
    """What a program left behind."""

    namespace: dict[str, Any]
    error: str
    states: tuple[Any, ...]
    events: list[Any]


def run(texts: list[str], janus: bool, **options: Any) -> Left:
    """Run cells in one namespace."""
    namespace: dict[str, Any] = {"__name__": "__main__", "fast": janus_nb.function(**options) if janus else lambda f: f}
    error, events = "", []
    for number, text in enumerate(texts):
        try:
            if janus:
                events += janus_nb.run_cell(text, namespace, view="none", **options).events
            else:
                name = f"<cell {number} {abs(hash(text))}>"
                import linecache

                linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
                exec(compile(text, name, "exec"), namespace)
        except Exception as raised:
            error = f"cell {number}: {type(raised).__name__}: {str(raised)[:300]}"
            break
    ctx = context.context()
    uids = keras.src.backend.common.global_state.get_global_attribute("object_name_uids") or {}
    states = (random.getstate(), np.random.get_state()[1].tolist(), ctx._rng.getstate() if ctx._rng else None, dict(uids))
    return Left(namespace, error, states, events)


def differences(eager: Left, janus: Left) -> list[str]:
    """What differs, in words."""
    found = []
    if eager.error != janus.error:
        found.append(f"eager {eager.error or 'went well'}, JANUS {janus.error or 'went well'}")
        return found
    for name, a, b in zip(("random", "numpy.random", "tf.random", "names"), eager.states, janus.states, strict=True):
        if a != b:
            found.append(f"state of {name}" + (f": {a} against {b}" if name == "names" else ""))
    worst = _distance(eager.namespace.get("log"), janus.namespace.get("log"))
    if worst > 1e-4:
        found.append(f"log differs by {worst}: {str(eager.namespace['log'])[:80]} against {str(janus.namespace['log'])[:80]}")
    for name in ("it", "model"):
        a, b = eager.namespace.get(name), janus.namespace.get(name)
        if type(a).__module__.partition(".")[0] == "keras" or isinstance(a, keras.Model):
            found += _objects(name, a, b)
    for event in janus.events:
        if type(event).__name__ in ("InternalError", "GraphRejected"):
            found.append(str(event))
    return found


def _objects(name: str, a: Any, b: Any) -> Iterator[str]:
    mine, yours = {k: type(v).__name__ for k, v in vars(a).items()}, {k: type(v).__name__ for k, v in vars(b).items()}
    if list(mine) != list(yours) and set(mine) != set(yours):
        yield f"{name}: attributes {sorted(set(mine) ^ set(yours))}"
    yield from (f"{name}.{k}: {mine[k]} against {yours[k]}" for k in mine.keys() & yours.keys() if mine[k] != yours[k])
    if getattr(a, "name", None) != getattr(b, "name", None):
        yield f"{name} is called {b.name} instead of {a.name}"
    variables, others = getattr(a, "variables", []), getattr(b, "variables", [])
    if [v.path for v in variables if hasattr(v, "path")] != [v.path for v in others if hasattr(v, "path")]:
        yield f"{name} has other variables"
        return
    for x, y in zip(variables, others, strict=True):
        worst = _distance(np.asarray(x), np.asarray(y))
        if worst > 1e-4:
            yield f"{name}: {getattr(x, 'path', x.name)} differs by {worst}"


def _distance(a: Any, b: Any) -> float:
    if isinstance(a, list | tuple):
        if not isinstance(b, list | tuple) or len(a) != len(b):
            return float("inf")
        return max((_distance(x, y) for x, y in zip(a, b, strict=True)), default=0.0)
    x, y = np.asarray(a), np.asarray(b)
    if x.dtype.kind not in "fc":
        return 0.0 if x.shape == y.shape and bool(np.all(x == y)) else float("inf")
    both = np.isfinite(x) & np.isfinite(y)
    if x.shape != y.shape or not np.array_equal(np.where(both, 0, x), np.where(both, 0, y), equal_nan=True):
        return float("inf")
    scale = max(1.0, float(np.max(np.abs(x), initial=0.0, where=both)))
    return float(np.max(np.abs(x - y), initial=0.0, where=both)) / scale


def check(row: Row, way: str, built: bool, **options: Any) -> tuple[list[str], Left]:
    """What differs for one program, and what it left behind under JANUS."""
    texts = cells(row, way, built)
    options = {"profile": 1, "generate": "always", **options}
    eager = run(texts, False)
    janus = run(texts, True, **options)
    runtime.forget()
    return differences(eager, janus), janus


def programs() -> Iterator[tuple[Row, str, bool]]:
    """The whole table."""
    for row in rows():
        for way in WAYS:
            yield row, way, False
            if row.build:
                yield row, way, True


def main(words: list[str]) -> int:
    """Run the table, or what of it is named; returns how many programs differ."""
    wrong = ran = converted = 0
    started = time.time()
    for row, way, built in programs():
        title = f"{row.family} {row.name} {way} {'built' if built else 'new'}"
        if not all(word in title for word in words):
            continue
        ran += 1
        try:
            problems, left = check(row, way, built)
        except Exception:
            problems, left = [traceback.format_exc(limit=-3)], None
        graph = left is not None and any(type(e).__name__ == "GraphRan" for e in left.events)
        converted += graph
        wrong += bool(problems)
        reasons = {f"{e.code} {e.detail[:60]}" for e in left.events if type(e).__name__ == "Declined"} if left is not None else ()
        note = (f" eager: {left.error}" if left is not None and left.error else "") + ("" if graph else f" [{'; '.join(sorted(reasons))}]")
        print(f"{'WRONG' if problems else 'ok'} {title}{note}", *problems[:4], sep="\n      ", flush=True)
    print(f"{ran} programs, {wrong} wrong, {converted} with graphs, {time.time() - started:.0f} s")
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))

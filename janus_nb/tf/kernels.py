"""Random operations that have no twin with a kernel's seeds as inputs.

Before: `tf.random.categorical(logits, 1)` makes `Multinomial`, whose seeds are attributes: fixed when the graph is built.
After: a call of ours gives the seed with which `StatelessMultinomial` draws what eager's `Multinomial` draws; `RandomShuffle` becomes a `Gather` of a permutation, and
the sampler of `tf.nn.sampled_softmax_loss` a call of ours, both from the words of eager's own generator (`janus_nb.tf.philox`). All bit for bit.

Eager's kernels themselves may not be run for this: eager keeps them, with their streams, by their attributes, so that Python's own draw with the same seeds would go on where
ours ended. Results must be such that no gradient passes through them.
"""

from __future__ import annotations

import ctypes
import functools
import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.ops import gen_script_ops, script_ops

from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.tf.philox import stateless_seed, words
from janus_nb.tf.staging import StagingGraph, StandIn

Made = list[Any]
Build = Callable[[StagingGraph, Any, Any, Any], Made]
_functions: list[Callable[..., Any]] = []
"""TensorFlow holds registered functions weakly: they live here."""


def _called(function: Callable[..., Any], inputs: list[Any], specs: list[tf.TensorSpec]) -> Made:
    """A call of a function on NumPy's side, in a graph."""
    made = gen_script_ops.py_func_stateless(inputs, _token(function), [spec.dtype for spec in specs])
    for tensor, spec in zip(made, specs, strict=True):
        tensor.set_shape(spec.shape)
    return list(made)


@functools.cache
def _token(function: Callable[..., Any]) -> str:
    """The name under which TensorFlow calls a function."""
    _functions.append(function)
    return str(script_ops._py_funcs.insert(function))


def random_rule(build: Build) -> Callable[[StagingGraph, Any, Any, Any, Any], Any]:
    """The rule of an operation that `build(staging graph, inputs, seeds, attributes)` makes from this iteration's seeds."""

    def rule(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
        if graph is not staging:
            raise Unsupported("JN301", "random operation inside a nested graph")
        attrs = kwargs["attrs"]
        draw = staging.next_draw()
        was, staging.busy = staging.busy, True
        try:
            with record.stop_recording():
                made = build(staging, inputs, draw.seed, attrs)
        finally:
            staging.busy = was
        draw.numbers = made[0]
        return StandIn(Several(made), attrs)

    return rule


class Several:
    """What has the outputs of several operations."""

    def __init__(self, outputs: Made) -> None:
        self.outputs = outputs
        self._first = outputs[0].op

    def __getattr__(self, name: str) -> Any:
        return getattr(self._first, name)


# -- categorical -----------------------------------------------------------------------------------------------------------


def _seed_of(seeds: Any) -> Any:
    return np.array(stateless_seed(int(seeds)), np.int64)


def _multinomial(staging: StagingGraph, inputs: Any, seeds: Any, attrs: Any) -> Made:
    (seed,) = _called(_seed_of, [seeds], [tf.TensorSpec([2], tf.int64)])
    dtype = tf.as_dtype(attrs["output_dtype"].type)
    return [tf.raw_ops.StatelessMultinomial(logits=inputs[0], num_samples=inputs[1], seed=seed, output_dtype=dtype)]


# -- shuffle ---------------------------------------------------------------------------------------------------------------


def permutation(seeds: Any, size: Any) -> Any:
    """The order into which `RandomShuffle` with these seeds brings so many rows."""
    order, drawn = list(range(int(size))), words(int(seeds))
    for first in range(len(order) - 1):
        second = first + next(drawn) % (len(order) - first)
        order[first], order[second] = order[second], order[first]
    return np.array(order, np.int32)


def _shuffle(staging: StagingGraph, inputs: Any, seeds: Any, attrs: Any) -> Made:
    (value,) = inputs
    if not (value.dtype.is_integer or value.dtype.is_bool):
        raise Unsupported("JN301", "tf.random.shuffle of floating-point numbers, whose gradient eager refuses")
    if value.shape.rank is None or value.shape.rank == 0:
        raise Unsupported("JN301", "tf.random.shuffle of a tensor without a known number of dimensions")
    (order,) = _called(permutation, [seeds, tf.shape(value)[0]], [tf.TensorSpec([value.shape[0]], tf.int32)])
    shuffled = tf.gather(value, order)
    shuffled.set_shape(value.shape)
    return [shuffled]


# -- candidates ------------------------------------------------------------------------------------------------------------


def _double(drawn: Iterator[int]) -> float:
    """A number from [0, 1) with 52 random bits."""
    high, low = next(drawn), next(drawn)
    return float(struct.unpack("<d", struct.pack("<Q", 1023 << 52 | (high & 0xFFFFF) << 32 | low))[0]) - 1.0


def _single_precision() -> Any:
    """The C library, whose functions of single precision the kernel calls; `None` where they cannot be reached."""
    try:
        library = ctypes.CDLL(None)
        for name in ("log1pf", "expm1f"):
            function = getattr(library, name)
            function.restype, function.argtypes = ctypes.c_float, [ctypes.c_float]
    except (OSError, AttributeError, TypeError):
        return None
    return library


LIBM = _single_precision()


def _whole(drawn: Iterator[int], size: int) -> int:
    """A whole number below `size`: each as likely as the other."""
    while True:
        value = next(drawn) | next(drawn) << 32
        if size & (size - 1) == 0:
            return value & (size - 1)
        if value >= (2**64 - 1) % size + 1:
            return value % size


@dataclass(frozen=True)
class Uniform:
    """All of so many classes are equally likely."""

    size: int

    def sample(self, drawn: Iterator[int]) -> int:
        """One class."""
        return _whole(drawn, self.size)

    def probability(self, value: int) -> Any:
        """Of a class, in single precision."""
        return np.float32(1.0 / self.size)


@dataclass(frozen=True)
class LogUniform:
    """Lower classes are likelier, about as Zipf's law has it."""

    size: int

    def sample(self, drawn: Iterator[int]) -> int:
        """One class."""
        return (int(math.exp(_double(drawn) * math.log1p(self.size))) - 1) % self.size

    def probability(self, value: int) -> Any:
        """Of a class, in single precision."""
        return np.float32(math.log((value + 2.0) / (value + 1.0)) / math.log1p(self.size))


@functools.cache
def _sampler(among: Uniform | LogUniform, count: int, unique: bool) -> Callable[[Any, Any], Any]:
    """The function that draws `count` candidates, and says how often each of them and each true class is expected."""

    def sample(seeds: Any, true: Any) -> Any:
        drawn = words(int(seeds))
        ids: list[int] = []
        tries = 0
        while len(ids) < count:
            tries += 1
            value = among.sample(drawn)
            if not unique or value not in ids:
                ids.append(value)
        return np.array(ids, np.int64), _expected(true, among, count, tries), _expected(np.array(ids, np.int64), among, count, tries)

    return sample


def _expected(values: Any, among: Uniform | LogUniform, count: int, tries: int) -> Any:
    """How often each class is expected among the candidates, in the kernel's precision."""
    one = np.float32
    out = np.empty(values.shape, one)
    for at, value in np.ndenumerate(values):
        p = among.probability(int(value))
        out[at] = p * one(count) if tries == count else one(-LIBM.expm1f(float(one(tries) * one(LIBM.log1pf(float(-p))))))
    return out


def _candidates(kind: type[Uniform] | type[LogUniform]) -> Build:
    def build(staging: StagingGraph, inputs: Any, seeds: Any, attrs: Any) -> Made:
        (true,) = inputs
        count, unique, size = attrs["num_sampled"].i, attrs["unique"].b, attrs["range_max"].i
        if LIBM is None or (unique and count > size) or not true.shape.is_fully_defined():
            raise Unsupported("JN301", f"a sampler of {count} candidates among {size} classes")
        valid = (true >= 0) & (true < size)
        staging.require(tf.reduce_all(valid))
        specs = [tf.TensorSpec([count], tf.int64), tf.TensorSpec(true.shape, tf.float32), tf.TensorSpec([count], tf.float32)]
        return _called(_sampler(kind(size), count, unique), [seeds, tf.where(valid, true, tf.zeros_like(true))], specs)

    return build


def _seed_unused(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    """`ComputeAccidentalHits` takes a seed out of eager's stream, and draws nothing."""
    if graph is not staging:
        raise Unsupported("JN301", "operation ComputeAccidentalHits inside a nested graph")
    staging.next_draw()


KERNELS: dict[str, Callable[[StagingGraph, Any, Any, Any, Any], Any]] = {
    "Multinomial": random_rule(_multinomial),
    "RandomShuffle": random_rule(_shuffle),
    "LogUniformCandidateSampler": random_rule(_candidates(LogUniform)),
    "UniformCandidateSampler": random_rule(_candidates(Uniform)),
    "ComputeAccidentalHits": _seed_unused,
}
"""Samplers that learn (`LearnedUnigramCandidateSampler`) keep what they have seen, and stay refused."""

__all__ = ["KERNELS", "permutation"]

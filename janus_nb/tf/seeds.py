"""Eager's random numbers in a graph: which seeds TensorFlow's operations would use, one call after the other.

    tf.random.set_seed(5)                eager: every operation gets the global seed 5, and the next number of a stream
    tf.random.normal([3])                graph: the two, packed into one integer, are an input of the iteration

Both seeds are inputs, so that a global seed that is set between two calls of a graph counts in the second.
"""

from __future__ import annotations

import secrets
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import context

_BITS = 32
"""Each seed has half of the integer to itself, so that a graph takes them apart by looking at its bits."""

_MODULUS = 2**31 - 1
"""TensorFlow truncates both seeds to this."""


def packed(global_seed: Any, operation_seed: int) -> int:
    """What `tf.random` makes of the two seeds of an operation, as one integer below 2**63."""
    first, second = int(global_seed) % _MODULUS, operation_seed % _MODULUS
    return first << _BITS | (second if first or second else _MODULUS)


def philox_of(seeds: Any) -> dict[str, Any]:
    """Arguments of a stateless random operation that draws what an operation with these (packed) seeds draws first."""
    second, first = tf.unstack(tf.cast(tf.bitcast(seeds, tf.int32), tf.uint64), 2)
    return {"key": tf.reshape(first, [1]), "counter": tf.stack([tf.constant(0, tf.uint64), second]), "alg": 1}


def draw(count: int) -> tuple[list[int], Any]:
    """The next `count` seeds of eager's stream, packed, and what `restore` needs to give them back."""
    ctx, seed = context.context(), context.global_seed()
    if seed is None:
        return [packed(secrets.randbits(_BITS - 1), secrets.randbits(_BITS - 1)) for _ in range(count)], None
    state = ctx._rng.getstate()
    return [packed(seed, ctx._internal_operation_seed()) for _ in range(count)], state


def restore(state: Any) -> None:
    """Give back the seeds drawn since `state`."""
    if state is not None:
        context.context()._rng.setstate(state)

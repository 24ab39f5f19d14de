"""Where TensorFlow and Keras keep state in Python that no object of the user's leads to."""

from __future__ import annotations

import sys
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import context
from tensorflow.python.ops import stateful_random_ops

from janus_nb.backend import Attributes

OPAQUE = (tf.Tensor, tf.Operation, tf.Graph, tf.DType, tf.TensorShape, tf.TypeSpec, tf.data.Dataset, tf.data.Iterator, type(context.context()))
"""Classes whose objects do not change in Python, or belong to a graph under construction."""


def shared_state() -> list[Any]:
    """The state that all code of the process shares: seeds, and Keras's name counters, policies and settings."""
    found: list[Any] = [
        Attributes(context.context(), ("_seed", "_rng")),
        Attributes(stateful_random_ops, ("global_generator",)),
    ]
    for name in ("keras.src.backend.common.global_state", "keras.src.backend.config", "keras.src.saving.object_registration"):
        module = sys.modules.get(name)
        if module is not None:
            found.append(Attributes(module, tuple(n for n, value in vars(module).items() if _is_state(n, value))))
    return found


def _is_state(name: str, value: Any) -> bool:
    return name.strip("_").isupper() and not callable(value)

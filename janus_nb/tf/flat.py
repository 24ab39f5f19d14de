"""Compiled functions called with flat lists of tensors: without the binding and casting of arguments that a user's call needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from janus_nb.backend import Tensor


class FlatFunction:
    """A `tf.function` of one list of tensors, traced once. No tape records its calls.

    Attributes:
        made: How many there have been in this process.
    """

    made = 0

    def __init__(self, function: Callable[[list[Tensor]], list[Tensor] | None], specs: Sequence[Any], *, xla: bool = False) -> None:
        self._concrete = tf.function(function, autograph=False, jit_compile=xla).get_concrete_function(list(specs))
        FlatFunction.made += 1
        self._function = self._concrete._inference_function
        self._captures = self._concrete.captured_inputs

    def __call__(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The outputs for eager tensors of the traced types."""
        return list(self._function.call_flat(*inputs, *self._captures) or ())


__all__ = ["FlatFunction"]

"""Compiled functions called with flat lists of tensors: without the binding, casting and checking of arguments that a user's call needs.

concrete(x, y)                             binds, flattens, casts, looks for tapes, interpolates errors      60 to 100 us
execute(name, outputs, [x, y], attributes)  one operation of the eager run time                              30 us and the graph's
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import cancellation, context, execute

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
        self._name = self._function.name.decode()
        self._captures = self._concrete.captured_inputs
        types = self._function.function_type.flat_outputs
        self._size = len(types)
        self._plain = not any(kind.dtype._handle_data for kind in types)
        self._options: tuple[Any, Any] | None = None
        self._attributes: tuple[Any, ...] = ()

    def __call__(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The outputs for eager tensors of the traced types."""
        eager = context.context()
        if not self._plain or not eager.executing_eagerly() or cancellation.context() is not None:
            return list(self._function.call_flat(*inputs, *self._captures) or ())
        options = eager.function_call_options
        if self._options != (options.executor_type, options.config_proto_serialized):  # TensorFlow's configuration was changed
            self._options = options.executor_type, options.config_proto_serialized
            self._attributes = tuple(part for pair in options.as_attrs().items() for part in pair)
        made: list[Tensor] = execute.execute(self._name, self._size, [*inputs, *self._captures], self._attributes, eager)
        return made

    def recorded(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The same, recorded by the tapes that are open."""
        return list(self._concrete._call_flat(list(inputs), list(self._captures)) or ())


__all__ = ["FlatFunction"]

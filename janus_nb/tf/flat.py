"""Compiled functions called with flat lists of tensors: without the binding, casting and checking of arguments that a user's call needs.

concrete(x, y)                             binds, flattens, casts, looks for tapes, interpolates errors      60 to 100 us
execute(name, outputs, [x, y], attributes)  one operation of the eager run time                              30 us and the graph's
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import cancellation, context, execute

from janus_nb.backend import Tensor
from janus_nb.tf import stoppable

LONG = 0.05
"""Seconds after which the next call of a function is made so that a signal can stop it."""


class FlatFunction:
    """A `tf.function` of one list of tensors, traced once. No tape records its calls.

    Attributes:
        made: How many there have been in this process.
        pure: Whether it writes nothing, so that a call may be stopped at any moment.
        long: Whether a call may take long.
    """

    made = 0

    def __init__(
        self,
        function: Callable[[list[Tensor]], list[Tensor] | None],
        specs: Sequence[Any],
        *,
        xla: bool = False,
        pure: bool = True,
        long: bool = False,
    ) -> None:
        self._concrete = tf.function(function, autograph=False, jit_compile=xla).get_concrete_function(list(specs))
        FlatFunction.made += 1
        self.pure = pure
        self.long = long
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
        given = [*inputs, *self._captures]
        made: list[Tensor]
        if self.long and self.pure and stoppable.in_main_thread():
            made = stoppable.call(lambda manager: execute.execute_with_cancellation(self._name, self._size, given, self._attributes, eager, manager))
            return made
        start = perf_counter()
        made = execute.execute(self._name, self._size, given, self._attributes, eager)
        self.long = self.long or perf_counter() - start > LONG
        return made

    def recorded(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """The same, recorded by the tapes that are open."""
        return list(self._concrete._call_flat(list(inputs), list(self._captures)) or ())


__all__ = ["FlatFunction"]

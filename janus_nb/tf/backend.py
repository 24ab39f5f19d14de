"""The TensorFlow backend: the one object through which the engine sees TensorFlow."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context

from janus_nb.backend import Body, LoopGraph, Spec, Tensor
from janus_nb.tf.datasets import open_source
from janus_nb.tf.loop import Commit, TensorFlowLoop
from janus_nb.tf.tracer import TensorFlowTracer, VariableRef, spec_of_tensor

_EAGER = tf.__internal__.EagerTensor
_NUMBERS = {bool: "bool", int: "int64", float: "float64"}


class TensorFlowBackend:
    """Implements `janus_nb.backend.Backend`."""

    def __init__(self) -> None:
        self.eager_example: Any = tf.zeros([])
        self._commit = Commit()

    def is_tensor(self, value: Any) -> bool:
        """Whether a value is a dense tensor, eager or symbolic."""
        return isinstance(value, tf.Tensor)

    def is_symbolic(self, value: Any) -> bool:
        """Whether a value is a tensor of a graph under construction."""
        return isinstance(value, tf.Tensor) and not isinstance(value, _EAGER)

    def is_variable(self, value: Any) -> bool:
        """Whether a value is a TensorFlow or Keras variable."""
        return isinstance(value, tf.Variable) or (
            type(value).__module__.startswith("keras.") and hasattr(value, "assign") and hasattr(value, "value")
        )

    def is_tape(self, value: Any) -> bool:
        """Whether a value is a gradient tape."""
        return isinstance(value, tf.GradientTape)

    def spent_tape(self) -> Any:
        """A tape whose gradient has been taken, as it is left bound to a name after an iteration."""
        with tf.GradientTape() as tape:
            nothing = tf.constant(0.0)
        tape.gradient(nothing, nothing)
        return tape

    def spec_of(self, value: Any) -> Spec:
        """The type of a tensor, variable, array or number.

        Raises:
            TypeError: for anything else.
        """
        found = self.find_spec(value)
        if found is None:
            raise TypeError(f"a {type(value).__name__} has no tensor type")
        return found

    def find_spec(self, value: Any) -> Spec | None:
        """The type of a tensor, variable, array or number; `None` for anything else."""
        if isinstance(value, tf.Tensor | tf.Variable):
            return spec_of_tensor(value)
        if type(value) in _NUMBERS:
            return Spec(_NUMBERS[type(value)], ())
        if isinstance(value, np.ndarray | np.generic):
            if value.dtype.kind not in "biufc":
                return None
            return Spec(value.dtype.name, value.shape)
        if self.is_variable(value):
            return spec_of_tensor(value.value)
        return None

    def traceable(self, function: Any) -> Any:
        """What to call in place of a function that refuses symbolic tensors although it accepts arrays."""
        return _constant if function is tf.constant else function

    def python_function(self, value: Any) -> Any:
        """The Python function inside a `tf.function`, or `None`."""
        function = getattr(value, "python_function", None) if hasattr(value, "get_concrete_function") else None
        inner = getattr(function, "__wrapped__", function)
        return inner if function is not None else None

    def read_in_graph(self, variable: Any) -> Tensor:
        """The variable's staged value in the graph under construction."""
        return tf.convert_to_tensor(variable)

    def trace(self, name: str) -> TensorFlowTracer:
        """Begin a body."""
        return TensorFlowTracer(name)

    def compile(self, body: Body, *, xla: bool, parallel: bool) -> LoopGraph:
        """A loop graph over a body."""
        return TensorFlowLoop(body, xla=xla, parallel=parallel)

    def read(self, variable: VariableRef) -> Tensor:
        """The variable's value now."""
        return tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype)

    def commit(self, variables: Sequence[VariableRef], values: Sequence[Tensor]) -> None:
        """Assign all values."""
        self._commit(variables, values)

    def stack(self, values: Sequence[Any], spec: Spec) -> Tensor:
        """Values of one shape as a tensor with a leading iteration axis."""
        if isinstance(values[0], tf.Tensor):
            return tf.stack(list(values))
        return tf.constant(np.stack([np.asarray(v) for v in values]), dtype=spec.dtype)

    def rows(self, tensor: Tensor, count: int) -> Sequence[Any]:
        """The first `count` rows of a stacked result, as eager tensors."""
        return tf.unstack(tensor[:count]) if count else []

    def to_host(self, tensor: Tensor) -> Any:
        """An eager tensor as a NumPy array (or scalar)."""
        return tensor.numpy()

    def to_tensor(self, value: Any, spec: Spec) -> Tensor:
        """A fed value as a tensor."""
        return tf.convert_to_tensor(value, dtype=spec.dtype)

    def under_tape(self) -> bool:
        """Whether a gradient tape is recording."""
        from tensorflow.python import pywrap_tfe

        return not pywrap_tfe.TFE_Py_TapeSetIsEmpty()

    def in_eager_mode(self) -> bool:
        """Whether operations run eagerly here (not inside a `tf.function` that is being traced)."""
        return bool(tf.executing_eagerly()) and not tf.config.functions_run_eagerly()

    def open_source(self, iterable: Any) -> Any:
        """A source that delivers a dataset's elements stacked, or `None` for other iterables."""
        return open_source(iterable)

    def draw_seeds(self, count: int) -> tuple[list[int], Any]:
        """The next `count` operation seeds of eager's random stream, and what `restore_seeds` needs."""
        ctx = context.context()
        if context.global_seed() is None:
            return [secrets.randbits(62) for _ in range(count)], None
        state = ctx._rng.getstate()
        return [ctx._internal_operation_seed() or 0 for _ in range(count)], state

    def restore_seeds(self, state: Any) -> None:
        """Give back the seeds drawn since `state`."""
        if state is not None:
            context.context()._rng.setstate(state)

    def close(self, a: Any, b: Any) -> bool:
        """Whether two tensors or arrays are equal up to rounding."""
        x, y = np.asarray(a), np.asarray(b)
        if x.shape != y.shape or x.dtype != y.dtype:
            return False
        if x.dtype.kind not in "fc":
            return bool((x == y).all())
        wide_x, wide_y = x.astype("float64"), y.astype("float64")
        loose = 1e-2 if x.dtype.itemsize < 4 else 1e-3
        return bool(np.allclose(wide_x, wide_y, rtol=loose, atol=loose * 1e-2, equal_nan=True))


def _constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """`tf.constant` for values that the graph knows only as tensors."""
    if not tf.nest.flatten(value) or not any(isinstance(v, tf.Tensor) for v in tf.nest.flatten(value)):
        return tf.constant(value, dtype, shape, name)
    made = tf.cast(value, dtype) if dtype is not None else tf.convert_to_tensor(value)
    return made if shape is None else tf.broadcast_to(made, shape) if made.shape.rank == 0 else tf.reshape(made, shape)


@functools.cache
def backend() -> TensorFlowBackend:
    """The one TensorFlow backend of the process."""
    return TensorFlowBackend()


__all__ = ["TensorFlowBackend", "backend"]

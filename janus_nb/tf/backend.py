"""The TensorFlow backend: the one object through which the engine sees TensorFlow."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.eager import context, record
from tensorflow.python.framework.constant_op import convert_to_eager_tensor
from tensorflow.python.framework.ops import uid
from tensorflow.python.ops import tensor_array_ops

from janus_nb.backend import Body, CommittingStep, LoopGraph, Spec, Tensor
from janus_nb.lowering.library.table import KNOWLEDGE
from janus_nb.tf import seeds, tapes
from janus_nb.tf.datasets import open_source
from janus_nb.tf.knowledge import ROWS
from janus_nb.tf.libraries import OPAQUE, shared_state
from janus_nb.tf.loop import TensorFlowLoop, barred, commit, unsuited
from janus_nb.tf.perturb import moved, moved_variables
from janus_nb.tf.step import TensorFlowCommit, TensorFlowStep
from janus_nb.tf.tracer import TensorFlowTracer, VariableRef, has_loops, spec_of_tensor
from janus_nb.tf.trails import Continuation, Trail, follow

_EAGER = tf.__internal__.EagerTensor
_NUMBERS = {bool: "bool", int: "int64", float: "float64"}


class TensorFlowBackend:
    """Implements `janus_nb.backend.Backend`."""

    spent_mark = "_tape"
    modules = frozenset({"tensorflow", "keras"})
    unseen = frozenset({"_variable_read"})  # a warning about XLA shardings in graphs is all that depends on it

    def __init__(self) -> None:
        KNOWLEDGE.add(ROWS)
        self.eager_example: Any = tf.zeros([])
        self._asked = 0

    def loaded(self) -> bool:
        """Whether the library is loaded, so that there can be tensors at all."""
        return True

    def work_done(self) -> int:
        """A number that grows with every tensor that is made; operations without a result are not seen."""
        self._asked += 1  # each question takes a number itself
        return int(uid()) - self._asked

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
        return ReplayedTape()

    def tape_is_spent(self, tape: Any) -> bool:
        """Whether a tape gives no more gradients."""
        return not tape._persistent and tape._tape is None and not tape._recording

    def tape_is_plain(self, tape: Any) -> bool:
        """Whether a tape is for one gradient, watches variables by itself, and has not been used."""
        return tapes.can_be_followed(tape)

    def held_by(self, held: Sequence[Any]) -> Any:
        """A context in which segments are run for a user who holds these open tapes by name."""
        return tapes.held_by(held)

    def paused(self, tape: Any) -> Any:
        """A context in which a recording tape does not record; its value is whether no other tape does."""
        return tapes.paused(tape)

    def spend(self, tape: Any) -> None:
        """Leave a tape as it is after its one gradient."""
        tapes.spend(tape)

    def follow(self, tape: Any, tensor: Any) -> tuple[Trail, Sequence[Tensor]] | None:
        """How a tensor came about by segments that a tape has recorded, and the tensors on the way; `None` if otherwise."""
        return follow(tape, tensor)

    def is_recorded(self, tape: Any, tensor: Any) -> bool:
        """Whether a tape, which may be paused, has recorded how a tensor came about."""
        return tapes.is_recorded(tape, tensor)

    def continuation(self, tape: Any) -> Continuation:
        """A tape for the graph under construction that goes on where one of the user's stands."""
        return Continuation(tape)

    def forget_segments(self) -> None:
        """An iteration is over: what its segments gave to tapes is not followed any more."""
        tapes.forget()

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

    def components(self, value: Any) -> Any:
        """For a symbolic ragged, sparse or other composite tensor: its tensors, and what puts them together again."""
        if isinstance(value, tf.Tensor | tf.Variable) or not _of_library(type(value)) or not tf.is_tensor(value):
            return None
        parts = tf.nest.flatten(value, expand_composites=True)
        if not any(self.is_symbolic(part) for part in parts):
            return None
        spec = tf.type_spec_from_value(value)
        return parts, lambda *tensors: tf.nest.pack_sequence_as(spec, tensors, expand_composites=True)

    def is_traced(self, value: Any) -> bool:
        """Whether a library object holds tensors of a graph under construction, so that it must not leave it."""
        held = getattr(value, "__dict__", None)
        if isinstance(value, tf.TensorArray) or type(value).__name__ == "ShouldUseWrapper":
            return True
        return isinstance(held, dict) and any(self.is_symbolic(part) for part in held.values())

    def is_opaque(self, kind: type) -> bool:
        """Whether objects of a class have no state that library code changes in Python while a graph is built, or only such as goes with it."""
        return issubclass(kind, OPAQUE)

    def shared_state(self) -> list[Any]:
        """The objects in which TensorFlow and Keras keep what all code shares."""
        return shared_state()

    def is_eager_array(self, value: Any) -> bool:
        """Whether a value is a `TensorArray` of Python's: unlike a graph's, it changes when it is written, and when it is read."""
        return isinstance(value, tf.TensorArray) and isinstance(value._implementation, tensor_array_ops._EagerTensorArray)

    def opaque(self, function: Any) -> Any:
        """A function that the library does not try to convert by means of its own."""
        return tf.autograph.experimental.do_not_convert(function)

    def with_gradient(self, value: Any, interpreted: Callable[[Any], Any]) -> Any:
        """For a function decorated with `tf.custom_gradient`: the same around `interpreted(function)`; `None` for others."""
        inner = getattr(value, "__wrapped__", None)
        if not type(value).__module__.endswith("ops.custom_gradient") or inner is None:
            return None
        return tf.custom_gradient(interpreted(inner))

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

    def compile(self, body: Body, *, xla: bool, parallel: bool, capacity: int = 0) -> LoopGraph:
        """A loop graph over a body; with XLA, for up to `capacity` steps a call."""
        return TensorFlowLoop(body, xla=xla, parallel=parallel, capacity=capacity)

    def unsuited_to_xla(self, body: Body) -> str | None:
        """Why the body of a loop should not be compiled with XLA unasked: it cannot be, or is known to be slower."""
        return unsuited(body)

    def barred_from_xla(self, body: Body, single: bool) -> str | None:
        """Why a body cannot be compiled with XLA, whoever asks for it: other random numbers, unknown sizes."""
        return barred(body, single)

    def compile_step(self, body: Body, *, xla: bool) -> LoopGraph:
        """A graph of one iteration, which may run under a tape of the user's."""
        return TensorFlowStep(body, xla=xla)

    def compile_commit(self, body: Body) -> CommittingStep | None:
        """A graph of one iteration that commits by itself; `None` if it must be possible to stop a call."""
        return None if has_loops(body) else TensorFlowCommit(body)

    def eagerly(self) -> Any:
        """A context in which operations run at once, also while a graph is under construction."""
        return tf.init_scope()

    def off_tape(self) -> Any:
        """A context in which no tape records."""
        return record.stop_recording()

    def read(self, variable: VariableRef) -> Tensor:
        """The variable's value now."""
        return tf.raw_ops.ReadVariableOp(resource=variable.handle, dtype=variable.dtype)

    def commit(self, body: Body, values: Sequence[Tensor]) -> None:
        """Assign the new values of all variables that a body writes."""
        commit(body, values)

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
        if type(value) is _EAGER and value.dtype.name == spec.dtype:
            return value
        if type(value) in (int, float, bool, np.ndarray):
            return convert_to_eager_tensor(value, context.context(), tf.as_dtype(spec.dtype))
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
        """The next `count` pairs of seeds of eager's random stream, and what `restore_seeds` needs."""
        return seeds.draw(count)

    def restore_seeds(self, state: Any) -> None:
        """Give back the seeds drawn since `state`."""
        seeds.restore(state)

    def variable_key(self, value: Any) -> int:
        """What identifies a variable, be it TensorFlow's, Keras's, or one that a body writes."""
        return id(getattr(getattr(value, "_value", value), "handle", value))

    def value_of(self, variable: Any) -> Tensor | None:
        """A variable's value now; `None` before it has any."""
        held = getattr(variable, "_value", variable)
        if not isinstance(held, tf.Variable) or not hasattr(held, "handle"):
            return None
        with record.stop_recording():
            try:
                return tf.raw_ops.ReadVariableOp(resource=held.handle, dtype=held.dtype)
            except tf.errors.FailedPreconditionError:
                return None

    def random_state(self) -> Any:
        """TensorFlow's global seed, and where its stream of operation seeds stands."""
        stream = getattr(context.context(), "_rng", None)
        return context.global_seed(), hash(stream.getstate()) if stream is not None else None

    def moved(self, value: Any) -> Any:
        """A floating-point tensor with every element moved by a unit in the last place, one up, the next down; others as they are."""
        return moved(value)

    def moved_variables(self, body: Body) -> Any:
        """A context in which the variables that a body reads or writes are moved likewise; afterwards they are as before, to the bit."""
        return moved_variables(body)


class ReplayedTape(tf.GradientTape):  # type: ignore[misc]
    """The tape of an iteration that ran in a graph. It recorded nothing in Python, and says so."""

    def gradient(self, *args: Any, **kwargs: Any) -> Any:
        """Raises `RuntimeError`, as a tape does that has been used."""
        raise RuntimeError(
            "This tape belongs to an iteration that JANUS ran in a graph, so it holds no eager operations. "
            "Ask it for gradients inside the loop, or run the cell without %%janus."
        )

    jacobian = batch_jacobian = gradient


ReplayedTape.__name__ = ReplayedTape.__qualname__ = "GradientTape"


def _constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """`tf.constant` for values that the graph knows only as tensors."""
    if not tf.nest.flatten(value) or not any(isinstance(v, tf.Tensor) for v in tf.nest.flatten(value)):
        return tf.constant(value, dtype, shape, name)
    made = tf.cast(value, dtype) if dtype is not None else tf.convert_to_tensor(value)
    return made if shape is None else tf.broadcast_to(made, shape) if made.shape.rank == 0 else tf.reshape(made, shape)


def _of_library(kind: type) -> bool:
    """Whether a class has anything to do with TensorFlow. Its protocols must not be asked of others: Python then adds to the class's dictionary."""
    return any(base.__module__.partition(".")[0] in TensorFlowBackend.modules for base in kind.__mro__)


@functools.cache
def backend() -> TensorFlowBackend:
    """The one TensorFlow backend of the process."""
    return TensorFlowBackend()


__all__ = ["TensorFlowBackend", "backend"]

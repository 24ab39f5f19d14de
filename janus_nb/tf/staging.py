"""A graph that stages variable writes at the creation of operations, so that library code need not know.

Before: Keras calls `variable.assign_sub(g)` and later reads the variable.
After: no write is in the graph; the new value is a tensor that later reads return, and that the loop graph
carries to the next iteration. The graph is a pure function of its inputs.

    with StagingGraph("body", ...):          # tracing
        v.assign_sub(0.1 * g)                # state[v] = state[v] - 0.1 * g
        v.read_value()                       # identity(state[v]); the tape sees a read of v's handle
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.framework import func_graph, ops, random_seed
from tensorflow.python.ops import (
    cond_v2,
    control_flow_assert,
    gen_resource_variable_ops,
    resource_variable_ops,
)

from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.span import Span


@dataclass(eq=False, slots=True)
class Draw:
    """One random operation of a body.

    Attributes:
        seed: Its seeds (`janus_nb.tf.seeds`), an input of the body (int64 scalar).
        make: The numbers for other seeds, in any graph; `None` if they depend on more than the seeds.
        numbers: The numbers drawn.
    """

    seed: Any
    make: Callable[[Any], Any] | None = None
    numbers: Any = None


class StandIn:
    """An operation in the place of another one, for whose attributes it answers: a tape asks for them."""

    def __init__(self, made: Any, attrs: Any) -> None:
        self._made = made
        self._attrs = attrs

    def _get_attr_int(self, name: str) -> int:
        return int(self._attrs[name].i)

    def _get_attr_bool(self, name: str) -> bool:
        return bool(self._attrs[name].b)

    def _get_attr_type(self, name: str) -> Any:
        return tf.as_dtype(self._attrs[name].type)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)


@dataclass(eq=False, slots=True)
class VariableState:
    """One variable while its writes are staged: where it started, and its value now."""

    handle: Any
    name: str
    start: Any
    value: Any
    written: bool = False


class StagingGraph(func_graph.FuncGraph):  # type: ignore[misc]
    """A `FuncGraph` without side effects: reads and writes of variables become inputs and staged tensors.

    Attributes:
        states: Staged state by handle id, in the order of first use.
        checks: Scalar booleans that must all hold for the iteration to commit.
        tracer: A weak reference to the tracer that fills the graph.
        own_cond: Whether the conditional being made is the tracer's own, which takes care of writes itself.
        unchecked: Types of operations whose data could not be checked where they stand.
        sparse: Whether rows of a variable are looked up, whose gradient eager keeps sparse.
        foreign: While a tape of the user's goes on in the graph: whether that tape has recorded how a tensor came about.
        draws: Random operations; each takes its operation seed from an input.
        origin: Span of the user's expression that is being lowered.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.states: dict[int, VariableState] = {}
        self.checks: list[Any] = []
        self.origin: Span | None = None
        self.origins: dict[str, Span | None] = {}
        self.names: dict[int, str] = {}
        self.objects: dict[int, Any] = {}
        self.sparse = False
        self.unchecked: set[str] = set()
        self.own_cond = False
        self.tracer: Any = None
        self.draws: list[Draw] = []
        self.global_seed: int | None = None
        self.busy = False
        self.foreign: Callable[[Any], bool] | None = None
        self.writable: list[Any] = [self]
        self._handles: dict[int, tuple[Any, Any]] = {}

    def capture(self, tensor: Any, name: str | None = None, shape: Any = None) -> Any:
        """As TensorFlow's, except that variable handles get a stand-in, which is fed only where a nested graph insists."""
        if isinstance(tensor, tf.__internal__.EagerTensor) and tensor.dtype == tf.resource:
            known = self._handles.get(id(tensor))
            if known is None:
                with self.outermost():
                    stand_in = tf.compat.v1.placeholder(tf.resource, [])
                stand_in._handle_data = tensor._handle_data
                known = self._handles[id(tensor)] = (tensor, stand_in)
                self._handles[id(stand_in)] = (tensor, stand_in)
            return known[1]
        if self.foreign is not None and isinstance(tensor, tf.__internal__.EagerTensor) and self.foreign(tensor):
            raise Unsupported("JN208", "a tensor that Python has computed")
        return super().capture(tensor, name, shape)

    def used_handles(self) -> list[tuple[Any, Any]]:
        """Variable handles whose stand-ins nested graphs take as inputs, with the stand-ins."""
        pairs = {id(inner): (outer, inner) for outer, inner in self._handles.values()}
        return [(outer, inner) for outer, inner in pairs.values() if inner.consumers()]

    def variable_of(self, handle: Any) -> Any:
        """A weak reference to the variable behind a handle, if it was seen."""
        return self.objects.get(id(handle))

    def handle_of(self, tensor: Any) -> Any:
        """The eager variable handle behind a tensor of resource type, or `None`."""
        if isinstance(tensor, tf.__internal__.EagerTensor):
            return tensor
        known = self._handles.get(id(tensor))
        if known is not None:
            return known[0]
        graph = getattr(tensor, "graph", None)
        for outer, inner in getattr(graph, "captures", ()):
            if inner is tensor:
                return self.handle_of(outer)
        return None

    def state(self, handle: Any, dtype: Any) -> VariableState:
        """The staged state of a variable; at first use its value becomes an input of the graph."""
        state = self.states.get(id(handle))
        if state is None:
            data = handle._handle_data
            shape = tf.TensorShape(data.shape_and_type[0].shape) if data and data.is_set else None
            with self.outermost():
                start = tf.compat.v1.placeholder(dtype, shape, name="variable")
            state = VariableState(handle, self.names.get(id(handle), "variable"), start, start)
            self.states[id(handle)] = state
        return state

    @contextlib.contextmanager
    def outermost(self) -> Iterator[None]:
        """Create operations in this graph itself, bypassing the rules."""
        was, self.busy = self.busy, True
        try:
            with self.as_default(), ops.control_dependencies(None), record.stop_recording():
                yield
        finally:
            self.busy = was

    def read(self, handle: Any, dtype: Any) -> Any:
        """A fresh tensor with the variable's staged value, in the current default graph."""
        state = self.state(handle, dtype)
        if state.value.graph is not self:
            return tf.identity(state.value)
        with self.outermost():
            value = tf.identity(state.value)
        if ops.get_default_graph() is not self:
            record.record_operation("ReadVariableOp", [value], [handle], backward_function=lambda g: [g])
        return tf.identity(value)

    def write(self, handle: Any, dtype: Any, update: Callable[[Any], Any]) -> None:
        """Stage a new value, in this graph or in a nested one that the generator itself is building."""
        if ops.get_default_graph() is not self.writable[-1]:
            raise Unsupported("JN302", f"write to variable {self.names.get(id(handle), '')!r} in a nested graph")
        state = self.state(handle, dtype)
        was, self.busy = self.busy, True
        try:
            with record.stop_recording():
                state.value = tf.identity(update(state.value))
        finally:
            self.busy = was
        state.written = True

    def check(self, ok: Any) -> int:
        """Add an assertion: a scalar boolean of this graph. Returns its index."""
        if ok.graph is not self:
            raise Unsupported("JN207", "assertion inside a nested graph")
        with self.outermost():
            self.checks.append(tf.reshape(ok, []))
        return len(self.checks) - 1

    def require(self, ok: Any) -> None:
        """Assert a boolean tensor of the graph that is being built, this one or a side of a branch."""
        tracer = self.tracer() if self.tracer is not None else None
        if tracer is None:
            self.check(ok)
        else:
            tracer.check(ok)

    def next_draw(self) -> Draw:
        """One more random operation, whose seeds are fed per iteration."""
        with self.outermost():
            seed = tf.compat.v1.placeholder(tf.int64, [], name="op_seed")
        self.draws.append(Draw(seed))
        return self.draws[-1]


def staging_graph() -> StagingGraph | None:
    """The staging graph that is, or encloses, the current default graph."""
    graph = ops.get_default_graph()
    while graph is not None:
        if isinstance(graph, StagingGraph):
            return graph
        graph = getattr(graph, "outer_graph", None)
    return None


_create_op = func_graph.FuncGraph._create_op_internal
_read_op = gen_resource_variable_ops.read_variable_op
_gather_op = gen_resource_variable_ops.resource_gather
_assert = control_flow_assert.Assert
_cond = cond_v2.cond_v2
_accessed = resource_variable_ops.variable_accessed
_get_seed = random_seed.get_seed
_lock = threading.RLock()
_depth = 0


def _intercepted_create_op(self: Any, op_type: str, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    graph = self
    while graph is not None and not isinstance(graph, StagingGraph):
        graph = getattr(graph, "outer_graph", None)
    if graph is None or graph.busy:
        op = _create_op(self, op_type, inputs, *args, **kwargs)
        if graph is self:
            graph.origins[op.name] = graph.origin
        return op
    from janus_nb.tf.op_rules import OP_RULES, refuse_if_stateful

    rule = OP_RULES.get(op_type)
    if rule is not None:
        replaced = rule(graph, self, inputs, args, kwargs)
        if replaced is not None:
            return replaced
    refuse_if_stateful(op_type)
    op = _create_op(self, op_type, inputs, *args, **kwargs)
    if self is graph:
        graph.origins[op.name] = graph.origin
    return op


def _intercepted_read(resource: Any, dtype: Any, name: str | None = None) -> Any:
    graph = staging_graph()
    if graph is None or graph.busy:
        return _read_op(resource, dtype, name)
    return graph.read(resource, tf.as_dtype(dtype))


def _intercepted_gather(resource: Any, indices: Any, dtype: Any, batch_dims: int = 0, validate_indices: bool = True, name: str | None = None) -> Any:
    graph = staging_graph()
    if graph is None or graph.busy or batch_dims:
        return _gather_op(resource, indices, dtype, batch_dims, validate_indices, name)
    indices = tf.convert_to_tensor(indices)
    graph.sparse = True
    with record.stop_recording():
        table = graph.read(resource, tf.as_dtype(dtype))
        value = tf.gather(table, indices)
        rows = tf.shape(table, out_type=tf.int64)

    def backward(grad: Any) -> list[Any]:
        size = tf.reshape(tf.size(indices, out_type=tf.int64), [1])
        values = tf.reshape(grad, tf.concat([size, rows[1:]], 0))
        return [tf.IndexedSlices(values, tf.reshape(indices, size), rows), None]

    record.record_operation("ResourceGather", [value], [resource, indices], backward_function=backward)
    return value


def _intercepted_assert(condition: Any, data: Any, summarize: int | None = None, name: str | None = None) -> Any:
    graph = staging_graph()
    if graph is None or graph.busy:
        return _assert(condition, data, summarize, name)
    with record.stop_recording():
        graph.check(tf.reduce_all(tf.convert_to_tensor(condition)))
        return tf.no_op()


def _intercepted_cond(pred: Any, true_fn: Any, false_fn: Any, name: str = "cond") -> Any:
    graph = staging_graph()
    tracer = graph.tracer() if graph is not None and graph.tracer is not None else None
    if graph is None or tracer is None or graph.busy or graph.own_cond or ops.get_default_graph() is not graph.writable[-1]:
        return _cond(pred, true_fn, false_fn, name)
    return tracer.library_cond(pred, true_fn, false_fn)


def _intercepted_accessed(variable: Any) -> None:
    graph = staging_graph()
    if graph is not None:
        graph.names.setdefault(id(variable.handle), getattr(variable, "_shared_name", None) or variable.name)
        graph.objects.setdefault(id(variable.handle), weakref.ref(variable))
    _accessed(variable)


def _intercepted_get_seed(op_seed: Any) -> Any:
    graph = staging_graph()
    if graph is None or graph.busy:
        return _get_seed(op_seed)
    if op_seed is not None:
        raise Unsupported("JN301", "a random operation with a seed of its own, whose stream eager's kernel keeps")
    return None, None  # they are inputs


@contextlib.contextmanager
def interception() -> Iterator[None]:
    """While inside, operations of staging graphs (and of graphs nested in them) pass through the rules.

    Other graphs, of this and of other threads, are untouched: every hook looks for a staging graph first.
    """
    global _depth
    with _lock:
        _depth += 1
        if _depth == 1:
            func_graph.FuncGraph._create_op_internal = _intercepted_create_op
            gen_resource_variable_ops.read_variable_op = _intercepted_read
            gen_resource_variable_ops.resource_gather = _intercepted_gather
            control_flow_assert.Assert = _intercepted_assert
            cond_v2.cond_v2 = _intercepted_cond
            resource_variable_ops.variable_accessed = _intercepted_accessed
            random_seed.get_seed = _intercepted_get_seed
    try:
        yield
    finally:
        with _lock:
            _depth -= 1
            if _depth == 0:
                func_graph.FuncGraph._create_op_internal = _create_op
                gen_resource_variable_ops.read_variable_op = _read_op
                gen_resource_variable_ops.resource_gather = _gather_op
                control_flow_assert.Assert = _assert
                cond_v2.cond_v2 = _cond
                resource_variable_ops.variable_accessed = _accessed
                random_seed.get_seed = _get_seed

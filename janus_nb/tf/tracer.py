"""The tracer: a body under construction, on top of a staging graph.

tracer = TensorFlowTracer("loop_body")
with tracer:
    x = tracer.input(Spec("float32", (32, 64)), "feed", "x")
    ...                                   # any TensorFlow or Keras code
body = tracer.finish(carries=[...], rows=[loss], lasts=[...])
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import context, record
from tensorflow.python.eager.polymorphic_function import atomic_function
from tensorflow.python.framework import func_graph, ops

from janus_nb.backend import Body, OpNode, Role, Spec, Tensor
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.span import Span
from janus_nb.tf import xla_ops
from janus_nb.tf.staging import Draw, StagingGraph, interception

MAX_ROUNDS = 100_000
"""Rounds of a loop in the graph after which Python runs the iteration instead."""


@dataclass(frozen=True, slots=True)
class VariableRef:
    """A variable as the loop graph sees it: its handle, what it holds, and (weakly) the variable object itself."""

    handle: Any
    dtype: Any
    shape: Any
    name: str
    variable: Any = None


@dataclass(slots=True)
class Traced:
    """The handle of a `Body`: a callable graph function, the external tensors it closes over, and (once needed) what commits it."""

    function: Any
    captures: tuple[Any, ...]
    states: tuple[VariableRef, ...]
    written: tuple[int, ...]
    sparse: bool = False
    draws: tuple[Draw, ...] = ()
    committer: Any = None
    differentiable: Any = None
    kinds: frozenset[str] | None = None
    unchecked: frozenset[str] = frozenset()
    _apart: Any = None
    _drawn: Any = None

    def apart(self) -> Any:
        """The same function, which TensorFlow does not inline where it is called."""
        if self._apart is None:
            graph = self.function.graph
            self._apart = atomic_function.from_func_graph(f"{graph.name}_{ops.uid()}", graph, {"_noinline": True})
        return self._apart

    def drawn_outside(self) -> Any:
        """The same function with the random numbers as inputs, in place of the seeds from which it would draw them."""
        if self._drawn is None:
            graph = self.function.graph
            before = graph.inputs, graph.structured_input_signature
            numbers = {id(draw.seed): draw.numbers for draw in self.draws}
            graph.inputs = [numbers.get(id(tensor), tensor) for tensor in graph.inputs]
            graph.structured_input_signature = (tuple(tf.TensorSpec(i.shape, i.dtype) for i in graph.inputs), {})
            try:
                self._drawn = atomic_function.from_func_graph(f"{graph.name}_{ops.uid()}", graph, {})
            finally:
                graph.inputs, graph.structured_input_signature = before
        return self._drawn


def kinds_of(body: Body) -> frozenset[str]:
    """The types of all operations of a body, also of those in functions that it calls, as `janus_nb.tf.xla_ops` names them."""
    traced: Traced = body.handle
    if traced.kinds is None:
        definition = traced.function.graph.as_graph_def()
        nodes = [*definition.node, *(node for function in definition.library.function for node in function.node_def)]
        traced.kinds = frozenset(node.op + (xla_ops.OF_INTEGERS if _chooses_integers(node) else "") for node in nodes)
    return traced.kinds


def _chooses_integers(node: Any) -> bool:
    """Whether a node picks one of several integers, among which there is no NaN."""
    return node.op in xla_ops.CHOOSING and tf.as_dtype(node.attr["T"].type).is_integer


def has_loops(body: Body) -> bool:
    """Whether a body has loops of its own, so that a call may take any time: it must be possible to stop it."""
    return not kinds_of(body).isdisjoint(("While", "StatelessWhile"))


def read_states(traced: Traced) -> list[Tensor]:
    """What the variables of a body hold, read in the graph under construction."""
    values = [tf.raw_ops.ReadVariableOp(resource=ref.handle, dtype=ref.dtype) for ref in traced.states]
    for value, ref in zip(values, traced.states, strict=True):
        value.set_shape(ref.shape)
    return values


def spec_shape(spec: Spec) -> Any:
    """The `tf.TensorShape` of a spec."""
    return tf.TensorShape(spec.shape)


def spec_of_tensor(tensor: Any) -> Spec:
    """The spec of a symbolic or eager tensor."""
    shape = tensor.shape
    return Spec(tensor.dtype.name, None if shape.rank is None else tuple(shape.as_list()))


class TensorFlowTracer:
    """Implements `janus_nb.backend.Tracer`."""

    def __init__(self, name: str) -> None:
        self.graph = StagingGraph(name)
        self.graph.global_seed = context.global_seed()
        self.graph.tracer = weakref.ref(self)
        self._inputs: dict[Role, list[Any]] = {"carry": [], "feed": [], "invariant": []}
        self._stack = contextlib.ExitStack()
        self._current = [self.graph]

    @property
    def origin(self) -> Span | None:
        """Span to which operations created from now on belong."""
        return self.graph.origin

    @origin.setter
    def origin(self, span: Span | None) -> None:
        self.graph.origin = span

    def __enter__(self) -> TensorFlowTracer:
        self._stack.enter_context(interception())
        self._stack.enter_context(self.graph.as_default())
        self._stack.enter_context(tf.variable_creator_scope(_refuse_variable))
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def input(self, spec: Spec, role: Role, label: str) -> Tensor:
        """A new input of the body; shape as in `spec`."""
        with self.graph.outermost():
            made = tf.compat.v1.placeholder(tf.as_dtype(spec.dtype), spec_shape(spec), name=label)
        self._inputs[role].append(made)
        return made

    def check(self, ok: Tensor) -> int:
        """Assert a boolean tensor (all of it) in every iteration. Returns the assertion's index."""
        with record.stop_recording():
            flat = tf.reduce_all(ok)
        if len(self._current) > 1:
            self._branch_checks.append(flat)
            return -1
        return self.graph.check(flat)

    def lift(self, value: Any, dtype: str | None = None) -> Tensor:
        """A value as a tensor of the graph."""
        return tf.convert_to_tensor(value, dtype=dtype)

    def cast(self, tensor: Tensor, dtype: str) -> Tensor:
        """`tensor` with another dtype, converted as TensorFlow converts."""
        return tf.cast(tensor, dtype)

    def at_top(self) -> bool:
        """Whether operations go to the body itself rather than to a graph nested in it."""
        return ops.get_default_graph() is self.graph

    def writes(self) -> bool:
        """Whether a variable has been written."""
        return any(s.written for s in self.graph.states.values())

    # -- branches and loops inside the body -------------------------------------------------------------

    _branch_checks: list[Any]

    @contextlib.contextmanager
    def _nested(self) -> Iterator[list[Any]]:
        """Let writes and assertions go to the nested graph that is the default now; roll the states back after."""
        graph = ops.get_default_graph()
        before = {key: (s.value, s.written) for key, s in self.graph.states.items()}
        outer_checks = getattr(self, "_branch_checks", [])
        self._current.append(graph)
        self.graph.writable.append(graph)
        self._branch_checks = []
        try:
            yield self._branch_checks
        finally:
            self._branch_checks = outer_checks
            self.graph.writable.pop()
            self._current.pop()
            for key, state in self.graph.states.items():
                state.value, state.written = before.get(key, (state.start, False))

    def probe(self, build: Callable[[], Any]) -> tuple[Any, int, tuple[int, ...], bool]:
        """Run `build` in a scratch graph, and undo it.

        Returns: its result, how many operations it made, which variables it wrote, whether it made assertions.
        """
        scratch = func_graph.FuncGraph("probe")
        with scratch.as_default(), self._nested() as checks:
            result = build()
            written = tuple(k for k, s in self.graph.states.items() if s.written and s.value.graph is scratch)
            checked = bool(checks)
        count = sum(op.type not in ("Placeholder", "Const", "Identity", "Cast", "NoOp") for op in scratch.get_operations())
        return result, count, written, checked

    def inputs_mark(self) -> Any:
        """How many inputs and random operations there are."""
        return {role: len(made) for role, made in self._inputs.items()}, len(self.graph.draws)

    def inputs_rollback(self, mark: Any) -> None:
        """Forget the inputs made since the mark."""
        sizes, seeds = mark
        for role, size in sizes.items():
            del self._inputs[role][size:]
        del self.graph.draws[seeds:]

    def check_count(self) -> int:
        """Number of assertions so far."""
        return len(self.graph.checks)

    def zeros(self, spec: Spec) -> Tensor:
        """Zeros of this type; unknown dimensions count as 0."""
        return tf.zeros([d or 0 for d in spec.shape or ()], tf.as_dtype(spec.dtype))

    def math(self, name: str, *args: Any) -> Tensor:
        """A named elementwise operation."""
        return MATH[name](*args)

    def cond(
        self,
        pred: Tensor,
        then: Callable[[], list[Tensor]],
        other: Callable[[], list[Tensor]],
        written: tuple[int, ...],
    ) -> list[Tensor]:
        """`tf.cond` whose branches may stage writes to the variables `written` and make assertions."""

        def branch(build: Callable[[], list[Tensor]]) -> Callable[[], list[Tensor]]:
            def traced() -> list[Tensor]:
                with self._nested() as checks:
                    results = [tf.convert_to_tensor(t) for t in build()]
                    values = [self._value(key) for key in written]
                    ok = tf.reduce_all(tf.stack(checks)) if checks else tf.constant(True)
                return [*results, *values, ok]

            return traced

        return self._settle(self._cond(pred, branch(then), branch(other)), written)

    def _cond(self, pred: Tensor, then: Callable[[], Any], other: Callable[[], Any]) -> list[Tensor]:
        """`tf.cond` of two branches that take care of writes and assertions themselves."""

        def inside(build: Callable[[], Any]) -> Callable[[], Any]:
            def traced() -> Any:
                self.graph.own_cond = False
                return build()

            return traced

        self.graph.own_cond = True
        try:
            return tf.cond(tf.reshape(pred, []), inside(then), inside(other))  # type: ignore[no-any-return]
        except (TypeError, ValueError) as error:
            raise Unsupported("JN107", _first_line(error)) from error
        finally:
            self.graph.own_cond = False

    def library_cond(self, pred: Tensor, then: Callable[[], Any], other: Callable[[], Any]) -> Any:
        """A library's own `tf.cond`, whose branches may write to variables: the writes become outputs."""
        written = tuple(dict.fromkeys(w for build in (then, other) for w in self.probe(build)[2]))
        structures: list[Any] = []

        def branch(build: Callable[[], Any]) -> Callable[[], list[Tensor]]:
            def traced() -> list[Tensor]:
                with self._nested() as checks:
                    made = tf.nest.flatten(build(), expand_composites=False)
                    structures.append(made)
                    results = [tf.convert_to_tensor(t) for t in made if t is not None and not isinstance(t, tf.Operation)]
                    values = [self._value(key) for key in written]
                    ok = tf.reduce_all(tf.stack(checks)) if checks else tf.constant(True)
                return [*results, *values, ok]

            return traced

        shape: list[Any] = []

        def first() -> Any:
            made = then()
            shape.append(made)
            return made

        results = self._settle(self._cond(pred, branch(first), branch(other)), written)
        flat = [None if t is None or isinstance(t, tf.Operation) else results.pop(0) for t in structures[0]]
        return tf.nest.pack_sequence_as(shape[0], flat)

    def _value(self, key: int) -> Tensor:
        return tf.identity(self.graph.states[key].value)

    def _settle(self, outputs: list[Tensor], written: tuple[int, ...]) -> list[Tensor]:
        """Take the variables' values and the assertion off the end of a nested graph's outputs."""
        *rest, ok = outputs
        self.check(ok)
        results = rest[: len(rest) - len(written)]
        for key, value in zip(written, rest[len(results) :], strict=True):
            state = self.graph.states[key]
            state.value, state.written = value, True
        return results

    def loop(self, body: Callable[..., list[Tensor]], start: list[Tensor], written: tuple[int, ...]) -> list[Tensor]:
        """`tf.while_loop` over `start` as long as its first part, a boolean, is true.

        The body may stage writes to the variables `written`. Gradients flow through it. An assertion that fails in any round fails the
        iteration, and so do too many rounds: Python can be interrupted in them.
        """
        size = len(start)

        def again(rounds: Tensor, *state: Tensor) -> Tensor:
            return state[0] & state[-1] & (rounds < MAX_ROUNDS)

        def round_(rounds: Tensor, *state: Tensor) -> list[Tensor]:
            with self._nested() as checks:
                for key, value in zip(written, state[size:-1], strict=True):
                    staged = self.graph.states[key]
                    staged.value, staged.written = value, True
                before = {key: staged.value for key, staged in self.graph.states.items()}
                results = [tf.convert_to_tensor(t) for t in body(*state[:size])]
                if any(s.value is not before.get(key, s.start) and key not in written for key, s in self.graph.states.items()):
                    raise Unsupported("JN108", "a variable is written in some rounds of a loop only")
                values = [self._value(key) for key in written]
                ok = tf.reduce_all(tf.stack(checks)) if checks else tf.constant(True)
            return [rounds + 1, tf.reshape(results[0], []), *results[1:], *values, ok]

        initial = [tf.constant(0), tf.reshape(start[0], []), *start[1:], *(self._value(key) for key in written), tf.constant(True)]
        try:
            _, *outputs = tf.while_loop(again, round_, initial)
        except (TypeError, ValueError) as error:
            raise Unsupported("JN108", _first_line(error)) from error
        with record.stop_recording():
            outputs[-1] = outputs[-1] & ~outputs[0]
        return self._settle(outputs, written)

    # -- the finished body -------------------------------------------------------------------------------

    def _roles(self, refs: tuple[VariableRef, ...], written: list[Tensor], checks: Tensor) -> dict[str, tuple[str, str]]:
        """What some operations are to the loop, and what they read or write, by their names."""
        states = list(self.graph.states.values())
        found = {state.start.op.name: ("read", ref.name) for state, ref in zip(states, refs, strict=True)}
        for name, tensors in (("carry", self._inputs["carry"]), ("data", self._inputs["feed"]), ("given", self._inputs["invariant"])):
            found.update({t.op.name: (name, "") for t in tensors})
        found.update({draw.seed.op.name: ("seed", "") for draw in self.graph.draws})
        names = [ref.name for state, ref in zip(states, refs, strict=True) if state.written]
        found.update({t.op.name: ("write", name) for t, name in zip(written, names, strict=True)})
        return {**found, checks.op.name: ("check", "")}

    def finish(self, carries: list[Tensor], rows: list[Tensor], lasts: list[Tensor]) -> Body:
        """Close the graph. Outputs: written variables, carries, the assertions as one vector, rows, lasts."""
        graph = self.graph
        states = list(graph.states.values())
        written = [i for i, s in enumerate(states) if s.written]
        with graph.outermost():
            checks = tf.stack(graph.checks) if graph.checks else tf.ones([1], tf.bool)
            new_values = [tf.ensure_shape(states[i].value, states[i].start.shape) for i in written]
            outputs = [tf.identity(t) for t in (*new_values, *carries, checks, *rows, *lasts)]
        seeds = [draw.seed for draw in graph.draws]
        inputs = [
            *(s.start for s in states),
            *self._inputs["carry"],
            *self._inputs["feed"],
            *seeds,
            *self._inputs["invariant"],
        ]
        captures = [*graph.captures, *graph.used_handles()]
        graph.inputs = [*inputs, *(inner for _, inner in captures)]
        graph.outputs = outputs
        graph.structured_outputs = outputs
        graph.structured_input_signature = (tuple(tf.TensorSpec(i.shape, i.dtype) for i in graph.inputs), {})
        function = atomic_function.from_func_graph(f"{graph.name}_{ops.uid()}", graph, {})
        refs = tuple(VariableRef(s.handle, s.start.dtype, s.start.shape, s.name, graph.variable_of(s.handle)) for s in states)
        traced = Traced(function, tuple(outer for outer, _ in captures), refs, tuple(written), graph.sparse, tuple(graph.draws))
        traced.unchecked = frozenset(graph.unchecked)
        return Body(
            handle=traced,
            carries=tuple(map(spec_of_tensor, self._inputs["carry"])),
            feeds=tuple(map(spec_of_tensor, self._inputs["feed"])),
            invariants=tuple(map(spec_of_tensor, self._inputs["invariant"])),
            variables=tuple(refs[i] for i in written),
            reads=tuple(r for i, r in enumerate(refs) if i not in written),
            checks=len(graph.checks),
            rows=tuple(map(spec_of_tensor, rows)),
            lasts=len(lasts),
            ops=_op_nodes(graph, self._roles(refs, new_values, checks)),
            random_ops=len(seeds),
            unseeded=bool(seeds) and graph.global_seed is None,
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def _reshape_scalar(value: Any) -> Any:
    return tf.reshape(value, [])


def _range_length(start: Any, stop: Any, step: Any) -> Any:
    up = tf.maximum(stop - start, 0) * tf.cast(step > 0, tf.int64)
    down = tf.maximum(start - stop, 0) * tf.cast(step < 0, tf.int64)
    size = tf.maximum(tf.abs(step), 1)
    return (up + down + size - 1) // size


def _window(tensor: Any, start: Any, size: int) -> Any:
    """Rows `start` to `start + size` of data: their number is known, whatever the start is.

    Gathered, because XLA compiles `tf.slice` anew for every start that is fed.
    """
    return _gathered(tensor, tf.cast(start, tf.int64) + tf.range(size, dtype=tf.int64))


def _row(tensor: Any, index: Any) -> Any:
    """Row `index` of data, gathered for the same reason."""
    return _gathered(tensor, index)


def _gathered(tensor: Any, rows: Any) -> Any:
    """Rows of a tensor. Eager's slices have dense gradients: if a tape watches the data, a second axis makes them so here."""
    if record.should_record_backprop([tensor]):
        return tf.squeeze(tf.gather(tf.expand_dims(tensor, 0), rows, axis=1), 0)
    return tf.gather(tensor, rows)


MATH: dict[str, Callable[..., Any]] = {
    "select": tf.where,
    "abs": tf.abs,
    "equal": tf.equal,
    "not_equal": tf.not_equal,
    "less": tf.less,
    "less_equal": tf.less_equal,
    "greater": tf.greater,
    "greater_equal": tf.greater_equal,
    "logical_not": tf.logical_not,
    "logical_and": tf.logical_and,
    "logical_or": tf.logical_or,
    "floor": tf.floor,
    "fmod": lambda x, y: tf.raw_ops.Mod(x=x, y=y),
    "pow": tf.pow,
    "ones_like": tf.ones_like,
    "zeros_like": tf.zeros_like,
    "reshape_scalar": _reshape_scalar,
    "range_length": _range_length,
    "window": _window,
    "row": _row,
    "dimension": lambda t, axis: tf.shape(t, out_type=tf.int64)[axis],
    "rows": lambda t: tf.shape(t, out_type=tf.int64)[0],
}


def _refuse_variable(next_creator: Any, **kwargs: Any) -> Any:
    raise Unsupported("JN303", f"variable {kwargs.get('name') or ''!r} is created")


def _op_nodes(graph: StagingGraph, roles: dict[str, tuple[str, str]]) -> tuple[OpNode, ...]:
    """The operations that contribute to the outputs, with the user's span of each, and what it is to the loop."""
    wanted: set[str] = set()
    pending = [t.op for t in graph.outputs]
    while pending:
        op = pending.pop()
        if op.name not in wanted:
            wanted.add(op.name)
            pending.extend(t.op for t in op.inputs)
    return tuple(
        OpNode(
            op.name,
            op.type,
            tuple(dict.fromkeys(t.op.name for t in op.inputs)),
            graph.origins.get(op.name),
            str(spec_of_tensor(op.outputs[0])) if op.outputs else "",
            *roles.get(op.name, ("", "")),
        )
        for op in graph.get_operations()
        if op.name in wanted
    )

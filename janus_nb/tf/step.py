"""Step graphs: one iteration (or call, or segment of an iteration) in one call, checked, nothing written.

The same body as in a loop graph, without the loop. Under a gradient tape of the user's, variables are read eagerly
and the body is called as one recorded operation with a backward function of its own, so that a `GradientTape` may
span graph segments and Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.eager.polymorphic_function import concrete_function
from tensorflow.python.ops import resource_variable_ops

from janus_nb.backend import Body, LoopResult, Tensor
from janus_nb.tf.flat import FlatFunction
from janus_nb.tf.tracer import Traced, VariableRef, spec_shape

_EAGER = tf.__internal__.EagerTensor


class SparseUnderTape(Exception):
    """A segment that looks rows of a variable up would give the tape a dense gradient where eager gives a sparse one."""


class TensorFlowStep:
    """Implements `janus_nb.backend.LoopGraph` for exactly one iteration a call."""

    def __init__(self, body: Body, *, xla: bool) -> None:
        self.body = body
        self.traced: Traced = body.handle
        self.xla = xla
        self._compiled: Any = None
        self._differentiable: Any = None

    def run(self, steps: int, carries: Sequence[Tensor], feeds: Sequence[Tensor], invariants: Sequence[Tensor]) -> LoopResult:
        """Run the iteration; feeds have a leading axis of length 1.

        Raises:
            SparseUnderTape: under a tape, if the body looks up rows of a variable.
        """
        body = self.body
        fed = [feed[0] for feed in feeds]
        if body.random_ops:
            fed[-1:] = tf.unstack(fed[-1])
        inputs = [*carries, *fed, *invariants]
        outputs = self._recorded(inputs) if record.could_possibly_record() else self._plain(inputs)
        sizes = (len(body.variables), len(body.carries), 1, len(body.rows), body.lasts)
        parts, cursor = [], 0
        for size in sizes:
            parts.append(outputs[cursor : cursor + size])
            cursor += size
        variables, state, (checks,), rows, lasts = parts
        flags = checks.numpy().tolist() if body.checks else []
        if all(flags):
            return LoopResult(1, None, variables, state, rows, lasts, stacked=False)
        return LoopResult(0, flags.index(False), stacked=False)

    def _plain(self, inputs: list[Tensor]) -> list[Tensor]:
        """Without a tape: variables are read inside."""
        if self._compiled is None:
            traced = self.traced

            def step(inputs: list[Tensor]) -> list[Tensor]:
                values = [tf.raw_ops.ReadVariableOp(resource=r.handle, dtype=r.dtype) for r in traced.states]
                for value, ref in zip(values, traced.states, strict=True):
                    value.set_shape(ref.shape)
                return list(traced.function.call_flat(*values, *inputs, *traced.captures))

            body = self.body
            specs = [tf.TensorSpec(spec_shape(s), s.dtype) for s in (*body.carries, *body.feeds)]
            specs += [tf.TensorSpec([], tf.int64)] * body.random_ops
            specs += [tf.TensorSpec(spec_shape(s), s.dtype) for s in body.invariants]
            self._compiled = FlatFunction(step, specs, xla=self.xla)
        return self._compiled(inputs)  # type: ignore[no-any-return]

    def _recorded(self, inputs: list[Tensor]) -> list[Tensor]:
        """Under a tape: everything that the result depends on is an input of one recorded operation."""
        if self.traced.sparse:
            raise SparseUnderTape("rows of a variable are looked up under a tape that Python holds")
        if self._differentiable is None:
            self._differentiable = concrete_function.ConcreteFunction(self.traced.function)
        values = [_watched(ref) for ref in self.traced.states]
        return list(self._differentiable._call_flat([*values, *inputs], list(self.traced.captures)))


class TensorFlowCommit:
    """Implements `janus_nb.backend.CommittingStep`: one iteration that assigns its variables itself if all its assertions hold.

    For what nothing can stop after the graph has run. The assignments wait for everything that the body computes, so that an
    error leaves no trace either.
    """

    def __init__(self, body: Body) -> None:
        self.body = body
        traced: Traced = body.handle
        n_variables, n_rest = len(body.variables), len(body.carries)

        def step(inputs: list[Tensor]) -> list[Tensor]:
            values = [tf.raw_ops.ReadVariableOp(resource=r.handle, dtype=r.dtype) for r in traced.states]
            for value, ref in zip(values, traced.states, strict=True):
                value.set_shape(ref.shape)
            outputs = list(traced.function.call_flat(*values, *inputs, *traced.captures))
            new, flags, rest = outputs[:n_variables], outputs[n_variables + n_rest], outputs[n_variables + n_rest + 1 :]

            def assign() -> Tensor:
                for ref, value in zip(body.variables, new, strict=True):
                    tf.raw_ops.AssignVariableOp(resource=ref.handle, value=value)
                return tf.constant(0)

            with tf.control_dependencies(outputs):
                if body.checks and body.variables:
                    tf.cond(tf.reduce_all(flags), assign, lambda: tf.constant(0))
                else:
                    assign()
            return [flags, *rest] if body.checks else rest

        specs = [tf.TensorSpec(spec_shape(s), s.dtype) for s in (*body.feeds, *body.invariants)]
        self._compiled = FlatFunction(step, specs)
        shapes = [spec.shape for spec in (*body.feeds, *body.invariants)]
        self._expected = [(tf.as_dtype(s.dtype).as_datatype_enum, spec) for s, spec in zip((*body.feeds, *body.invariants), shapes, strict=True)]

    def fits(self, inputs: Sequence[Any]) -> bool:
        """Whether the inputs are eager tensors of exactly the types assumed."""
        for value, (dtype, shape) in zip(inputs, self._expected, strict=True):
            if type(value) is not _EAGER or value._datatype_enum() != dtype or value._shape_tuple() != shape:
                return False
        return True

    def run(self, inputs: Sequence[Tensor]) -> list[Tensor] | None:
        """Run and commit: the per-iteration and last results, or `None` if an assertion failed (and nothing was done)."""
        outputs = self._compiled(inputs)
        if not self.body.checks:
            return outputs
        return outputs[1:] if outputs[0].numpy().all() else None


def _watched(ref: VariableRef) -> Tensor:
    """A variable's value, read as eager code reads it: the tape takes notice."""
    variable = ref.variable() if ref.variable is not None else None
    if variable is not None:
        resource_variable_ops.variable_accessed(variable)
    return tf.raw_ops.ReadVariableOp(resource=ref.handle, dtype=ref.dtype)

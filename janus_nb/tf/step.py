"""Step graphs: one iteration (or call, or segment of an iteration) in one call, checked, nothing written.

The same body as in a loop graph, without the loop. A gradient tape of the user's gets one entry for it
(`janus_nb.tf.tapes`), so that a `GradientTape` may span graph segments and Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import record

from janus_nb.backend import Body, LoopResult, Tensor
from janus_nb.tf.flat import FlatFunction
from janus_nb.tf.tapes import Differentiable, NotForTapes, record_segment
from janus_nb.tf.tracer import Traced, has_loops, read_states, spec_shape

_EAGER = tf.__internal__.EagerTensor


class TensorFlowStep:
    """Implements `janus_nb.backend.LoopGraph` for exactly one iteration a call."""

    def __init__(self, body: Body, *, xla: bool) -> None:
        self.body = body
        self.traced: Traced = body.handle
        self.xla = xla
        self._compiled: Any = None
        self._taped: Any = None

    def run(self, steps: int, carries: Sequence[Tensor], feeds: Sequence[Tensor], invariants: Sequence[Tensor]) -> LoopResult:
        """Run the iteration; feeds have a leading axis of length 1.

        Raises:
            NotForTapes: under a tape, if the body's gradients would not be eager's.
        """
        body = self.body
        fed = [feed[0] for feed in feeds]
        if body.random_ops:
            fed[-1:] = tf.unstack(fed[-1])
        outputs = self.outputs([*carries, *fed, *invariants])
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

    def outputs(self, inputs: list[Tensor]) -> list[Tensor]:
        """All outputs of the body: new values of variables, carries, assertions, per-iteration and last results."""
        return self._under_tape(inputs) if record.could_possibly_record() else self._plain(inputs)

    def _plain(self, inputs: list[Tensor]) -> list[Tensor]:
        """Without a tape: variables are read inside."""
        if self._compiled is None:
            self._compiled = FlatFunction(self._build(values_too=False), self._specs(), xla=self.xla, long=has_loops(self.body))
        return self._compiled(inputs)  # type: ignore[no-any-return]

    def _under_tape(self, inputs: list[Tensor]) -> list[Tensor]:
        """The tapes that are open get an entry, for which the graph also returns what the variables held."""
        if self.traced.sparse or any(c.dtype == tf.resource for c in self.traced.captures):
            raise NotForTapes("rows of a variable, or variables in a nested graph, under a tape that Python holds")
        if self._taped is None:
            self._taped = FlatFunction(self._build(values_too=True), self._specs(), long=has_loops(self.body))
        returned = self._taped(inputs)
        body = self.body
        results: list[Tensor] = returned[: len(returned) - len(self.traced.states)]
        handed = range(len(results) - len(body.rows) - body.lasts, len(results))
        record_segment(Differentiable.of(self.traced), returned[len(results) :], inputs, results, handed)
        return results

    def _build(self, values_too: bool) -> Any:
        traced = self.traced

        def step(inputs: list[Tensor]) -> list[Tensor]:
            values = read_states(traced)
            outputs = list(traced.function.call_flat(*values, *inputs, *traced.captures))
            return [*outputs, *values] if values_too else outputs

        return step

    def _specs(self) -> list[Any]:
        body = self.body
        specs = [tf.TensorSpec(spec_shape(s), s.dtype) for s in (*body.carries, *body.feeds)]
        specs += [tf.TensorSpec([], tf.int64)] * body.random_ops
        return specs + [tf.TensorSpec(spec_shape(s), s.dtype) for s in body.invariants]


class TensorFlowCommit:
    """Implements `janus_nb.backend.CommittingStep`: one iteration that assigns its variables itself if all its assertions hold.

    For what nothing can stop after the graph has run. The assignments wait for everything that the body computes, so that an
    error leaves no trace either. Such a call cannot be stopped, so a body with loops of its own does not get one. A body that writes no variable has nothing to commit, and may run under a tape of the user's.
    """

    def __init__(self, body: Body) -> None:
        self.body = body
        specs = [*body.feeds, *body.invariants]
        self._step = None if body.variables else TensorFlowStep(body, xla=False)
        self._committing = FlatFunction(self._build(), [tf.TensorSpec(spec_shape(s), s.dtype) for s in specs], pure=False) if body.variables else None
        self._expected = [(tf.as_dtype(s.dtype).as_datatype_enum, s.shape) for s in specs]

    def _build(self) -> Any:
        body, traced = self.body, self.body.handle
        n_variables, n_rest = len(body.variables), len(body.carries)

        def step(inputs: list[Tensor]) -> list[Tensor]:
            values = read_states(traced)
            outputs = list(traced.function.call_flat(*values, *inputs, *traced.captures))
            new, flags, rest = outputs[:n_variables], outputs[n_variables + n_rest], outputs[n_variables + n_rest + 1 :]

            def assign() -> Tensor:
                for ref, value in zip(body.variables, new, strict=True):
                    tf.raw_ops.AssignVariableOp(resource=ref.handle, value=value)
                return tf.constant(0)

            with tf.control_dependencies(outputs):
                if body.checks:
                    tf.cond(tf.reduce_all(flags), assign, lambda: tf.constant(0))
                else:
                    assign()
            return [flags, *rest]

        return step

    def fits(self, inputs: Sequence[Any]) -> bool:
        """Whether the inputs are eager tensors of exactly the types assumed."""
        for value, (dtype, shape) in zip(inputs, self._expected, strict=True):
            if type(value) is not _EAGER or value._datatype_enum() != dtype or value._shape_tuple() != shape:
                return False
        return True

    def run(self, inputs: Sequence[Tensor]) -> list[Tensor] | None:
        """Run and commit: the per-iteration and last results, or `None` if an assertion failed (and nothing was done)."""
        flags, *rest = self._committing(inputs) if self._committing is not None else self._step.outputs(list(inputs))  # type: ignore[union-attr]
        return rest if not self.body.checks or flags.numpy().all() else None

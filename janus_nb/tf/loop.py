"""Loop graphs: K iterations of a body in one call, each checked, nothing written.

The graph is a pure function of the state before the call and of what is fed:

    state, checks = start, all true
    for i in range(n - 1) while checks:       # tf.while_loop
        state, checks, rows[i] = body(state, feeds[i])
    state, checks, rows[n-1], lasts = body(state, feeds[n-1])

Results wanted of the last iteration only (the gradients that stay bound to a name, say) come from the copy of the
body after the loop, so that they cost the loop nothing. When iteration j fails, `done` is j and the caller asks
again for exactly j iterations: a pure function can be asked twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from janus_nb.backend import Body, LoopResult, Tensor
from janus_nb.tf.tracer import Traced, spec_shape


class TensorFlowLoop:
    """Implements `janus_nb.backend.LoopGraph`."""

    def __init__(self, body: Body, *, xla: bool, parallel: bool) -> None:
        self.body = body
        self.traced: Traced = body.handle
        self.xla = xla
        self._parallel = 10 if parallel else 1
        self._compiled: dict[int | None, Any] = {}

    def run(self, steps: int, carries: Sequence[Tensor], feeds: Sequence[Tensor], invariants: Sequence[Tensor]) -> LoopResult:
        """Run at most `steps` iterations; feeds have a leading axis of at least `steps`."""
        key = steps if self.xla else None
        compiled = self._compiled.get(key)
        if compiled is None:
            function = tf.function(self._build(key), autograph=False, jit_compile=self.xla)
            compiled = self._compiled[key] = function.get_concrete_function(tf.TensorSpec([], tf.int32), self._signature(key))
        inputs = [*carries, *feeds, *invariants]
        meta, *outputs = compiled(tf.constant(steps, tf.int32), inputs)
        done, *flags = meta.numpy().tolist()
        failed = None if done == steps else flags.index(0) if 0 in flags else 0
        result = LoopResult(done=done, failed=failed)
        sizes = (len(self.body.variables), len(self.body.carries), len(self.body.rows), self.body.lasts)
        cursor = 0
        for part, size in zip((result.variables, result.carries, result.rows, result.lasts), sizes, strict=True):
            part.extend(outputs[cursor : cursor + size])
            cursor += size
        return result

    def _signature(self, steps: int | None) -> list[Any]:
        """Types of the inputs; without XLA one graph serves every number of steps."""
        body = self.body
        carries = [tf.TensorSpec(spec_shape(s), s.dtype) for s in body.carries]
        feeds = [tf.TensorSpec(tf.TensorShape([steps]).concatenate(spec_shape(s)), s.dtype) for s in body.feeds]
        seeds = [tf.TensorSpec([steps, body.random_ops], tf.int64)] if body.random_ops else []
        invariants = [tf.TensorSpec(spec_shape(s), s.dtype) for s in body.invariants]
        return [*carries, *feeds, *seeds, *invariants]

    def _call(self, *args: Tensor) -> tuple[list[Tensor], Tensor, list[Tensor], list[Tensor]]:
        """One iteration: (new state, assertions, rows, lasts)."""
        outputs = list(self.traced.function.call_flat(*args, *self.traced.captures))
        state = len(self.body.variables) + len(self.body.carries)
        rows = len(self.body.rows)
        return outputs[:state], outputs[state], outputs[state + 1 : state + 1 + rows], outputs[state + 1 + rows :]

    def _build(self, static_steps: int | None) -> Any:
        body, traced = self.body, self.traced
        n_carries, n_feeds = len(body.carries), len(body.feeds) + bool(body.random_ops)

        def loop(steps: Tensor, inputs: list[Tensor]) -> list[Tensor]:
            steps = tf.constant(static_steps, tf.int32) if static_steps is not None else steps
            carries = inputs[:n_carries]
            feeds = inputs[n_carries : n_carries + n_feeds]
            invariants = inputs[n_carries + n_feeds :]
            values = [tf.raw_ops.ReadVariableOp(resource=r.handle, dtype=r.dtype) for r in traced.states]
            for value, ref in zip(values, traced.states, strict=True):
                value.set_shape(ref.shape)

            def step(i: Tensor, state: list[Tensor]) -> Any:
                current = list(values)
                for position, value in zip(traced.written, state, strict=False):
                    current[position] = value
                fed = [feed[i] for feed in feeds]
                for tensor, spec in zip(fed, body.feeds, strict=False):
                    tensor.set_shape(spec_shape(spec))
                if body.random_ops:
                    fed[-1:] = tf.unstack(fed[-1], body.random_ops)
                carried = state[len(traced.written) :]
                return self._call(*current, *carried, *fed, *invariants)

            start = [*(values[p] for p in traced.written), *carries]
            arrays = [tf.TensorArray(spec.dtype, size=steps, element_shape=spec_shape(spec), clear_after_read=False) for spec in body.rows]
            n_checks = max(1, body.checks)

            def again(i: Tensor, checks: Tensor, *rest: Any) -> Tensor:
                return (i < steps - 1) & tf.reduce_all(checks)

            def round_(i: Tensor, checks: Tensor, arrays: Any, state: list[Tensor]) -> Any:
                state, checks, rows, _ = step(i, state)
                arrays = [a.write(i, row) for a, row in zip(arrays, rows, strict=True)]
                return i + 1, checks, arrays, state

            first = (tf.constant(0), tf.ones([n_checks], tf.bool), arrays, start)
            i, checks, arrays, state = tf.while_loop(again, round_, first, parallel_iterations=self._parallel)
            ok = tf.reduce_all(checks)
            state, last_checks, rows, lasts = step(steps - 1, state)
            arrays = [a.write(steps - 1, row) for a, row in zip(arrays, rows, strict=True)]
            done = tf.where(ok, steps - 1 + tf.cast(tf.reduce_all(last_checks), tf.int32), i - 1)
            flags = tf.cast(tf.where(ok, last_checks, checks), tf.int32)
            meta = tf.concat([[done], flags], 0)
            return [meta, *state, *(a.stack() for a in arrays), *lasts]

        return loop


class Commit:
    """Assigns many variables in one call."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[int, ...], Any] = {}

    def __call__(self, variables: Sequence[Any], values: Sequence[Tensor]) -> None:
        """Assign `values` to `variables` (in that order); all of them or, should TensorFlow fail, an exception."""
        if not variables:
            return
        key = tuple(id(v.handle) for v in variables)
        known = self._compiled.get(key)
        if known is None:

            def assign(new: list[Tensor]) -> None:
                for ref, value in zip(variables, new, strict=True):
                    tf.raw_ops.AssignVariableOp(resource=ref.handle, value=value)

            specs = [tf.TensorSpec(ref.shape, ref.dtype) for ref in variables]
            known = self._compiled[key] = tf.function(assign, autograph=False).get_concrete_function(specs)
        known(list(values))

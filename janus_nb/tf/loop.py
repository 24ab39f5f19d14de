"""Loop graphs: K iterations of a body in one call, each checked, nothing written.

The graph is a pure function of the state before the call and of what is fed:

    state, checks = start, all true
    for i in range(n - 1) while checks:       # tf.while_loop
        state, checks, rows[i] = body(state, feeds[i])
    state, checks, rows[n-1], lasts = body(state, feeds[n-1])

Results wanted of the last iteration only (the gradients that stay bound to a name, say) come from the copy of the
body after the loop, so that they cost the loop nothing; without any there is no copy. When iteration j fails, `done` is j and the caller asks
again for exactly j iterations: a pure function can be asked twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from janus_nb.backend import Body, LoopResult, Tensor
from janus_nb.tf import xla_ops
from janus_nb.tf.flat import FlatFunction
from janus_nb.tf.tracer import Traced, has_loops, kinds_of, read_states, spec_shape

ORDERED = ("Pool", "Conv", "LRN", "FusedBatchNorm")
"""Parts of the names of operations whose fast kernels TensorFlow chooses in the order of the graph.

oneDNN's `MaxPoolGrad` takes a workspace from its `MaxPool`, which must have been rewritten before it. Inlined into a loop whose state
is the weights, the body is on a cycle, and has no such order: which kernel runs is a matter of chance. As a function of its own it has one.
"""


class TensorFlowLoop:
    """Implements `janus_nb.backend.LoopGraph`.

    XLA needs to know every size. Its loop is compiled for a *capacity*: feeds are padded to it, and any number of steps up to
    it runs.
    """

    def __init__(self, body: Body, *, xla: bool, parallel: bool, capacity: int = 0) -> None:
        self.body = body
        self.traced: Traced = body.handle
        self.xla = xla
        self.capacity = capacity
        self._parallel = 10 if parallel else 1
        self._function = self.traced.drawn_outside() if xla else self.traced.apart() if _ordered(body) else self.traced.function
        self._draw: Any = None
        self._compiled: dict[int | None, Any] = {}

    def run(self, steps: int, carries: Sequence[Tensor], feeds: Sequence[Tensor], invariants: Sequence[Tensor]) -> LoopResult:
        """Run at most `steps` iterations; feeds have a leading axis of at least `steps`."""
        size = None
        if self.xla:
            size = self.capacity = max(self.capacity, steps)
            if self.body.random_ops:
                feeds = [*feeds[:-1], *self._drawn(feeds[-1])]
            feeds = [_padded(feed, size) for feed in feeds]
        compiled = self._compiled.get(size)
        if compiled is None:
            compiled = FlatFunction(self._build(size), self._signature(size), xla=self.xla and not self.body.lasts, long=has_loops(self.body))
            self._compiled = {size: compiled}
        meta, *outputs = compiled([tf.constant(steps, tf.int32), *carries, *feeds, *invariants])
        done, *flags = meta.numpy().tolist()
        failed = None if done == steps else flags.index(0) if 0 in flags else 0
        result = LoopResult(done=done, failed=failed)
        sizes = (len(self.body.variables), len(self.body.carries), len(self.body.rows), self.body.lasts)
        cursor = 0
        for part, size in zip((result.variables, result.carries, result.rows, result.lasts), sizes, strict=True):
            part.extend(outputs[cursor : cursor + size])
            cursor += size
        return result

    def _drawn(self, seeds: Tensor) -> list[Tensor]:
        """The random numbers of some iterations, for their operation seeds (int64[steps, draws]): drawn as eager draws, outside of XLA."""
        if self._draw is None:
            self._draw = FlatFunction(_drawing(self.traced), [tf.TensorSpec([None, self.body.random_ops], tf.int64)])
        return self._draw([seeds])  # type: ignore[no-any-return]

    def _signature(self, steps: int | None) -> list[Any]:
        """Types of the inputs; without XLA one graph serves every number of steps."""
        body = self.body
        carries = [tf.TensorSpec(spec_shape(s), s.dtype) for s in body.carries]
        feeds = [tf.TensorSpec(tf.TensorShape([steps]).concatenate(spec_shape(s)), s.dtype) for s in body.feeds]
        seeds = [tf.TensorSpec([steps, body.random_ops], tf.int64)] if body.random_ops and not self.xla else []
        seeds += [tf.TensorSpec([steps, *d.numbers.shape], d.numbers.dtype) for d in self.traced.draws] if self.xla else []
        invariants = [tf.TensorSpec(spec_shape(s), s.dtype) for s in body.invariants]
        return [tf.TensorSpec([], tf.int32), *carries, *feeds, *seeds, *invariants]

    def _step(self, inputs: list[Tensor]) -> Any:
        """The values of the variables before the call, and one iteration: (new state, assertions, rows, lasts)."""
        body, traced = self.body, self.traced
        n_carries, n_feeds = len(body.carries), len(body.feeds) + (body.random_ops if self.xla else bool(body.random_ops))
        feeds, invariants = inputs[n_carries : n_carries + n_feeds], inputs[n_carries + n_feeds :]
        values = read_states(traced)

        def step(i: Tensor, state: list[Tensor]) -> tuple[list[Tensor], Tensor, list[Tensor], list[Tensor]]:
            current = list(values)
            for position, value in zip(traced.written, state, strict=False):
                current[position] = value
            fed = [feed[i] for feed in feeds]
            for tensor, spec in zip(fed, body.feeds, strict=False):
                tensor.set_shape(spec_shape(spec))
            if body.random_ops and not self.xla:
                fed[-1:] = tf.unstack(fed[-1], body.random_ops)
            carried = state[len(traced.written) :]
            outputs = list(self._function.call_flat(*current, *carried, *fed, *invariants, *traced.captures))
            size, rows = len(state), len(body.rows)
            return outputs[:size], outputs[size], outputs[size + 1 : size + 1 + rows], outputs[size + 1 + rows :]

        return [*(values[p] for p in traced.written), *inputs[:n_carries]], step

    def _build(self, capacity: int | None) -> Any:
        return self._by_executor if capacity is None else self._by_xla(capacity) if self.body.lasts else self._repeated

    def _loop(self, step: Any, start: list[Tensor], end: Tensor, size: Any) -> tuple[Tensor, Tensor, list[Any], list[Tensor]]:
        """`step` until `end` or a failed assertion: iterations begun, the assertions of the last one, results, state."""
        body = self.body
        arrays = [tf.TensorArray(spec.dtype, size=size, element_shape=spec_shape(spec), clear_after_read=False) for spec in body.rows]

        def again(i: Tensor, checks: Tensor, *rest: Any) -> Tensor:
            return (i < end) & tf.reduce_all(checks) if body.checks else i < end

        def round_(i: Tensor, checks: Tensor, arrays: Any, state: list[Tensor]) -> Any:
            state, checks, rows, _ = step(i, state)
            return i + 1, checks, [a.write(i, row) for a, row in zip(arrays, rows, strict=True)], state

        first = (tf.constant(0), tf.ones([max(1, body.checks)], tf.bool), arrays, start)
        return tf.while_loop(again, round_, first, parallel_iterations=self._parallel)  # type: ignore[no-any-return]

    def _by_executor(self, inputs: list[Tensor]) -> list[Tensor]:
        """The loop, and behind it (if anything is wanted of the last iteration only) a copy of the body."""
        steps, *inputs = inputs
        start, step = self._step(inputs)
        end = steps - 1 if self.body.lasts else steps
        i, checks, arrays, state = self._loop(step, start, end, steps)
        ok = tf.reduce_all(checks)
        done = tf.where(ok, i, i - 1)
        lasts: list[Tensor] = []
        if self.body.lasts:
            state, last_checks, rows, lasts = step(end, state)
            arrays = [a.write(end, row) for a, row in zip(arrays, rows, strict=True)]
            done = tf.where(ok, end + tf.cast(tf.reduce_all(last_checks), tf.int32), done)
            checks = tf.where(ok, last_checks, checks)
        return [_meta(done, checks), *state, *(a.stack() for a in arrays), *lasts]

    def _repeated(self, inputs: list[Tensor]) -> list[Tensor]:
        """The loop alone, with room for as many results as its capacity."""
        steps, *inputs = inputs
        start, step = self._step(inputs)
        i, checks, arrays, state = self._loop(step, start, steps, self.capacity)
        return [_meta(tf.where(tf.reduce_all(checks), i, i - 1), checks), *state, *(a.stack() for a in arrays)]

    def _by_xla(self, capacity: int) -> Any:
        """The loop compiled, and behind it a copy of the body that the executor runs: compiled code would copy what is wanted of the
        last iteration in every one.

        A single iteration is run by both: the compiled one counts, so that verification sees it.
        """
        compiled = tf.function(self._repeated, autograph=False, jit_compile=True)
        sizes = len(self.traced.written) + len(self.body.carries), len(self.body.rows)

        def loop(inputs: list[Tensor]) -> list[Tensor]:
            steps, *inputs = inputs
            single = tf.equal(steps, 1)
            inside = tf.where(single, 1, steps - 1)
            meta, *rest = compiled([inside, *inputs])
            state, rows = rest[: sizes[0]], rest[sizes[0] :]
            start, step = self._step(inputs)
            before = tf.cond(single, lambda: start, lambda: state) if start else []
            end = steps - 1
            last_state, last_checks, last_rows, lasts = step(end, before)
            took = tf.cast(tf.reduce_all(last_checks), tf.int32)
            behind = _meta(tf.where(meta[0] == inside, end + took, meta[0]), tf.where(meta[0] == inside, last_checks, tf.cast(meta[1:], tf.bool)))

            def all_() -> list[Tensor]:
                return [meta, *state, *rows]

            def joined() -> list[Tensor]:
                put = [tf.tensor_scatter_nd_update(r, [[end]], [new]) for r, new in zip(rows, last_rows, strict=True)]
                return [behind, *last_state, *put]

            return [*tf.cond(single, all_, joined), *lasts]

        return loop


def _meta(done: Tensor, checks: Tensor) -> Tensor:
    """What the host reads first: how many iterations passed, and the assertions of the last one that was run."""
    return tf.concat([[done], tf.cast(checks, tf.int32)], 0)


DRAWS_A_ROUND = 32
"""Random operations in one round of the loop that draws: a round costs as much as several of them."""


def _drawing(traced: Traced) -> Any:
    """A function that draws the random numbers of some iterations, each stacked."""
    each = max(1, DRAWS_A_ROUND // len(traced.draws))

    def draw(inputs: list[Tensor]) -> list[Tensor]:
        (seeds,) = inputs
        count = tf.shape(seeds)[0]
        rounds = (count + each - 1) // each
        padded = tf.reshape(tf.pad(seeds, [[0, rounds * each - count], [0, 0]]), [rounds, each, len(traced.draws)])
        arrays = [tf.TensorArray(d.numbers.dtype, size=rounds, element_shape=[each, *d.numbers.shape]) for d in traced.draws]

        def round_(i: Tensor, arrays: Any) -> Any:
            columns = [tf.unstack(column) for column in tf.unstack(padded[i], axis=1)]
            drawn = [tf.stack([d.make(seed) for seed in column]) for d, column in zip(traced.draws, columns, strict=True)]  # type: ignore[misc]
            return i + 1, [a.write(i, numbers) for a, numbers in zip(arrays, drawn, strict=True)]

        _, arrays = tf.while_loop(lambda i, arrays: i < rounds, round_, (tf.constant(0), arrays))
        return [tf.reshape(a.stack(), [-1, *d.numbers.shape])[:count] for a, d in zip(arrays, traced.draws, strict=True)]

    return draw


def _ordered(body: Body) -> bool:
    """Whether kernels of the body depend on the order of its operations."""
    return any(part in op.kind for op in body.ops for part in ORDERED)


def _padded(feed: Tensor, size: int) -> Tensor:
    """A feed with as many rows as the compiled loop has room for."""
    missing = size - feed.shape[0]
    return tf.pad(feed, [[0, missing], *([0, 0] for _ in feed.shape[1:])]) if missing else feed


def barred(body: Body, single: bool) -> str | None:
    """Why a body (of a loop, or of a `single` iteration) cannot be compiled with XLA, whoever asks for it."""
    draws = body.handle.draws
    others = sum(op.kind.startswith("StatelessRandom") for op in body.ops) > len(draws)
    if others or (draws and (single or not all(d.make and d.numbers.shape.is_fully_defined() for d in draws))):
        return "XLA draws other random numbers"
    numbers = (t for op in body.handle.function.graph.get_operations() for t in op.outputs if t.dtype not in (tf.variant, tf.resource))
    if not all(tensor.shape.is_fully_defined() for tensor in numbers):
        return "not every size is known"  # XLA pads what it does not know, and then computes a mean of the wrong number of rows
    return xla_ops.refusal(kinds_of(body), body.handle.unchecked)


def unsuited(body: Body) -> str | None:
    """Why the body of a loop should not be compiled with XLA unasked."""
    if any("Conv" in op.kind for op in body.ops) and not tf.config.list_logical_devices("GPU"):
        return "convolutions are slower on a CPU"
    return barred(body, False)


def commit(body: Body, values: Sequence[Tensor]) -> None:
    """Assign `values` to the variables that a body writes, in one call; all of them or, should TensorFlow fail, an exception."""
    if not body.variables:
        return
    traced: Traced = body.handle
    if traced.committer is None:

        def assign(new: list[Tensor]) -> None:
            for ref, value in zip(body.variables, new, strict=True):
                tf.raw_ops.AssignVariableOp(resource=ref.handle, value=value)

        traced.committer = FlatFunction(assign, [tf.TensorSpec(ref.shape, ref.dtype) for ref in body.variables], pure=False)
    traced.committer(values)

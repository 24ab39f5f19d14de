"""A tensor library in a page of NumPy, so that the engine's own tests need no TensorFlow.

A symbolic tensor is an example value and a rule that computes the real one; a loop graph is a Python loop.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from janus_nb.backend import Body, LoopResult, Spec
from janus_nb.lowering.core.unsupported import Unsupported

_current: list[FakeTracer] = []
work = [0]


class Tensor:
    """Eager if `rule` is None."""

    __module__ = "fakelib"

    def __init__(self, example: Any, rule: Callable[[dict[Any, Any]], Any] | None = None) -> None:
        self.example = np.asarray(example)
        self.rule = rule
        work[0] += 1

    def numpy(self) -> Any:
        return self.example.copy() if self.example.shape else self.example[()]

    def value(self, env: dict[Any, Any]) -> Any:
        if self.rule is None:
            return self.example
        if self not in env:
            env[self] = np.asarray(self.rule(env))
        return env[self]

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        if self.rule is not None:
            raise TypeError("a symbolic tensor has no truth")
        return bool(self.example)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        if self.rule is not None:
            raise TypeError("a symbolic tensor is no array")
        return np.asarray(self.example, dtype)

    def __float__(self) -> float:
        return float(self.example)

    def __getitem__(self, index: Any) -> Tensor:
        if isinstance(index, slice):
            return apply(lambda x: x[index], self)
        return apply(lambda x, i: x[int(i)], self, index)


made = 0
"""Symbolic tensors made so far: the operations of a graph."""


def apply(function: Callable[..., Any], *args: Any) -> Tensor:
    global made
    tensors = [a if isinstance(a, Tensor) else read(a) if isinstance(a, Variable) else Tensor(a) for a in args]
    with np.errstate(all="ignore"):
        example = function(*(t.example for t in tensors))
    if all(t.rule is None for t in tensors):
        return Tensor(example)
    made += 1
    return Tensor(example, lambda env: function(*(t.value(env) for t in tensors)))


def join(a: Tensor, b: Tensor) -> Tensor:
    return apply(lambda x, y: np.concatenate([x, y]), a, b)


def _weak(function: Callable[..., Any]) -> Callable[[Any, Any], Tensor]:
    return lambda a, b: apply(function, a, b if isinstance(b, Tensor | Variable) else np.asarray(b, np.asarray(getattr(a, "example", 0)).dtype))


for _name, _function in {
    "__add__": np.add, "__sub__": np.subtract, "__mul__": np.multiply, "__truediv__": np.divide, "__lt__": np.less, "__gt__": np.greater,
    "__le__": np.less_equal, "__ge__": np.greater_equal, "__floordiv__": np.floor_divide, "__mod__": np.mod, "__and__": np.logical_and,
}.items():  # fmt: skip
    setattr(Tensor, _name, _weak(_function))
Tensor.__rmul__ = Tensor.__mul__  # type: ignore[attr-defined]
Tensor.__radd__ = Tensor.__add__  # type: ignore[attr-defined]
Tensor.__neg__ = lambda self: apply(np.negative, self)  # type: ignore[attr-defined]


class Variable:
    __module__ = "fakelib"

    def __init__(self, value: Any) -> None:
        self.data = np.asarray(value, "float32")
        self.name = "variable"

    def add(self, delta: Any) -> None:
        if _current:
            _current[-1].staged[self] = apply(lambda x, d: np.asarray(x + d, "float32"), read(self), delta)
        else:
            work[0] += 1
            self.data = np.asarray(self.data + getattr(delta, "example", delta), "float32")

    def value(self) -> Tensor:
        return read(self)


def read(variable: Variable) -> Tensor:
    if not _current:
        return Tensor(variable.data)
    tracer = _current[-1]
    if variable not in tracer.staged:
        tracer.starts[variable] = Tensor(variable.data, lambda env: env[variable])
        tracer.staged[variable] = tracer.starts[variable]
    return tracer.staged[variable]


MATH: dict[str, Callable[..., Any]] = {
    "select": np.where, "abs": np.abs, "equal": np.equal, "not_equal": np.not_equal, "less": np.less, "less_equal": np.less_equal,
    "greater": np.greater, "greater_equal": np.greater_equal, "logical_not": np.logical_not, "logical_and": np.logical_and,
    "logical_or": np.logical_or, "floor": np.floor, "fmod": np.fmod, "pow": np.power, "ones_like": np.ones_like,
    "row": lambda t, i: t[int(i)], "window": lambda t, a, n: t[int(a) : int(a) + n],
    "zeros_like": np.zeros_like, "reshape_scalar": lambda x: np.reshape(x, ()),
    "range_length": lambda a, b, c: np.asarray(len(range(int(a), int(b), int(c) or 1)), "int64"), "rows": lambda t: np.asarray(len(t), "int64"),
}  # fmt: skip


MAX_ROUNDS = 1000


def symbol(example: Any) -> Tensor:
    """A tensor whose value is given when the graph runs."""
    given = Tensor(example)
    given.rule = lambda env: env["inputs", id(given)]
    return given


class FakeTracer:
    def __init__(self) -> None:
        self.origin: Any = None
        self.inputs: dict[str, list[Tensor]] = {"carry": [], "feed": [], "invariant": []}
        self.starts: dict[Variable, Tensor] = {}
        self.staged: dict[Variable, Tensor] = {}
        self.checks: list[Tensor] = []
        self.nesting = 0

    def __enter__(self) -> FakeTracer:
        _current.append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        _current.remove(self)

    def input(self, spec: Spec, role: str, label: str) -> Tensor:
        given = symbol(np.ones(spec.shape or (), spec.dtype))
        self.inputs[role].append(given)
        return given

    def check(self, ok: Tensor) -> int:
        self.checks.append(apply(np.all, ok))
        return -1 if self.nesting else len(self.checks) - 1

    def lift(self, value: Any, dtype: str | None = None) -> Tensor:
        return value if isinstance(value, Tensor) else Tensor(np.asarray(value, dtype))

    def cast(self, tensor: Tensor, dtype: str) -> Tensor:
        return apply(lambda x: np.asarray(x).astype(dtype), tensor)

    def zeros(self, spec: Spec) -> Tensor:
        return Tensor(np.zeros(spec.shape or (), spec.dtype))

    def math(self, name: str, *args: Any) -> Tensor:
        return apply(MATH[name], *args)

    @contextlib.contextmanager
    def nested(self) -> Iterator[list[Tensor]]:
        """A graph inside this one: its assertions are its own, and writes are undone after it."""
        staged, checks = dict(self.staged), self.checks
        self.checks, self.nesting = [], self.nesting + 1
        try:
            yield self.checks
        finally:
            self.staged, self.checks, self.nesting = {**self.starts, **staged}, checks, self.nesting - 1

    def probe(self, build: Callable[[], Any]) -> tuple[Any, int, tuple[Any, ...], bool]:
        before, first = dict(self.staged), made
        with self.nested() as checks:
            result = build()
            wrote = tuple(v for v, t in self.staged.items() if before.get(v, self.starts[v]) is not t)
        return result, made - first, wrote, bool(checks)

    def cond(self, pred: Tensor, then: Callable[[], list[Any]], other: Callable[[], list[Any]], written: tuple[Any, ...]) -> list[Tensor]:
        sides = []
        for build in (then, other):
            with self.nested() as checks:
                results = [self.lift(t) for t in build()]
                sides.append([*results, *(read(v) for v in written), apply(lambda *oks: np.all(oks), *checks)])
        if [spec(a) for a in sides[0]] != [spec(b) for b in sides[1]]:
            raise Unsupported("JN107", "unlike types")

        def choose(a: Tensor, b: Tensor) -> Tensor:
            return Tensor(a.example, lambda env: (a if np.all(pred.value(env)) else b).value(env))

        return self.settle([choose(a, b) for a, b in zip(*sides, strict=True)], written)

    def settle(self, outputs: list[Tensor], written: tuple[Any, ...]) -> list[Tensor]:
        self.check(outputs.pop())
        results = outputs[: len(outputs) - len(written)]
        self.staged.update(zip(written, outputs[len(results) :], strict=True))
        return results

    def loop(self, body: Callable[..., list[Any]], start: list[Any], written: tuple[Any, ...]) -> list[Tensor]:
        initial = [*map(self.lift, start), *(read(v) for v in written), Tensor(True)]
        inner = [symbol(t.example) for t in initial]
        with self.nested() as checks:
            self.staged.update(zip(written, inner[len(start) : -1], strict=True))
            before = dict(self.staged)
            results = [self.lift(t) for t in body(*inner[: len(start)])]
            if any(t is not before.get(v, self.starts[v]) for v, t in self.staged.items() if v not in written):
                raise Unsupported("JN108", "a variable is written")
            outputs = [*results, *(read(v) for v in written), apply(lambda *oks: np.all(oks), *checks)]
        if [spec(a) for a in initial] != [spec(b) for b in outputs]:
            raise Unsupported("JN108", "types change")
        key = object()

        def run(env: dict[Any, Any]) -> list[Any]:
            if key not in env:
                state, rounds = [t.value(env) for t in initial], 0
                while state[0] and state[-1]:
                    inside = {**env, **{("inputs", id(t)): value for t, value in zip(inner, state, strict=True)}}
                    state, rounds = [t.value(inside) for t in outputs], rounds + 1
                    if rounds > MAX_ROUNDS:
                        state[-1] = np.asarray(False)
                env[key] = state
            return env[key]  # type: ignore[no-any-return]

        return self.settle([Tensor(t.example, lambda env, i=i: run(env)[i]) for i, t in enumerate(outputs)], written)  # type: ignore[misc]

    def inputs_mark(self) -> Any:
        return {k: len(v) for k, v in self.inputs.items()}

    def inputs_rollback(self, mark: Any) -> None:
        for k, n in mark.items():
            del self.inputs[k][n:]

    def check_count(self) -> int:
        return len(self.checks)

    def at_top(self) -> bool:
        return True

    def writes(self) -> bool:
        return any(t is not self.starts.get(v) for v, t in self.staged.items())

    def finish(self, carries: list[Tensor], rows: list[Tensor], lasts: list[Tensor]) -> Body:
        written = [v for v, t in self.staged.items() if t is not self.starts.get(v)]
        return Body(
            (self, carries, rows, lasts, written), *(tuple(map(spec, self.inputs[r])) for r in ("carry", "feed", "invariant")),
            tuple(written), (), len(self.checks), tuple(map(spec, rows)), len(lasts), (),
        )  # fmt: skip


def spec(value: Any) -> Spec:
    array = value.example if isinstance(value, Tensor) else np.asarray(getattr(value, "data", value))
    return Spec(array.dtype.name, array.shape)


class FakeLoop:
    def __init__(self, body: Body) -> None:
        self.body = body
        self.calls = 0

    def run(self, steps: int, carries: Sequence[Any], feeds: Sequence[Any], invariants: Sequence[Any]) -> LoopResult:
        with np.errstate(all="ignore"):  # a graph does not warn
            return self._run(steps, carries, feeds, invariants)

    def _run(self, steps: int, carries: Sequence[Any], feeds: Sequence[Any], invariants: Sequence[Any]) -> LoopResult:
        self.calls += 1
        tracer, carry_out, rows, lasts, written = self.body.handle
        state = {v: v.data for v in tracer.starts}
        now = [c.example for c in carries]
        outputs: list[list[Any]] = [[] for _ in rows]
        final: list[Any] = []
        for i in range(steps):
            env: dict[Any, Any] = dict(state)
            for role, values in (("carry", now), ("feed", [f.example[i] for f in feeds]), ("invariant", [v.example for v in invariants])):
                for t, value in zip(tracer.inputs[role], values, strict=True):
                    env["inputs", id(t)] = value
            flags = [bool(c.value(env)) for c in tracer.checks]
            if not all(flags):
                return LoopResult(i, flags.index(False), rows=[Tensor(np.asarray(o)) for o in outputs])
            now = [t.value(env) for t in carry_out]
            for output, t in zip(outputs, rows, strict=True):
                output.append(t.value(env))
            final = [t.value(env) for t in lasts]
            state = {**state, **{v: tracer.staged[v].value(env) for v in written}}
        stacked = [Tensor(np.asarray(o)) for o in outputs]
        return LoopResult(steps, None, [state[v] for v in written], [Tensor(c) for c in now], stacked, [Tensor(f) for f in final])


class FakeBackend:
    eager_example = Tensor(0.0)

    def __init__(self) -> None:
        self.lie: Callable[[LoopResult], None] | None = None

    def is_opaque(self, kind: type) -> bool:
        return issubclass(kind, Tensor)

    def shared_state(self) -> Sequence[Any]:
        return []

    modules = frozenset({"fakelib"})
    unseen: frozenset[str] = frozenset()

    def loaded(self) -> bool:
        return True

    def work_done(self) -> int:
        return work[0]

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, Tensor)

    def is_symbolic(self, value: Any) -> bool:
        return isinstance(value, Tensor) and value.rule is not None

    def is_variable(self, value: Any) -> bool:
        return isinstance(value, Variable)

    def is_tape(self, value: Any) -> bool:
        return False

    def held_by(self, tapes: Sequence[Any]) -> Any:
        return contextlib.nullcontext()

    def paused(self, tape: Any) -> Any:
        return contextlib.nullcontext(False)

    def forget_segments(self) -> None:
        pass

    def tape_is_spent(self, tape: Any) -> bool:
        return True

    def spec_of(self, value: Any) -> Spec:
        return spec(value)

    def find_spec(self, value: Any) -> Spec | None:
        return spec(value) if isinstance(value, Tensor | int | float | np.ndarray | np.generic) else None

    def traceable(self, function: Any) -> Any:
        return function

    def components(self, value: Any) -> Any:
        return None

    def is_traced(self, value: Any) -> bool:
        return False

    def is_eager_array(self, value: Any) -> bool:
        return False

    def opaque(self, function: Any) -> Any:
        return function

    def with_gradient(self, value: Any, call: Any) -> Any:
        return None

    def python_function(self, value: Any) -> Any:
        return None

    def read_in_graph(self, variable: Any) -> Tensor:
        return read(variable)

    def trace(self, name: str) -> FakeTracer:
        return FakeTracer()

    def barred_from_xla(self, body: Body, single: bool) -> str | None:
        return None

    def unsuited_to_xla(self, body: Body) -> str | None:
        return "a fake"

    def compile(self, body: Body, *, xla: bool, parallel: bool, capacity: int = 0) -> Any:
        loop, lie = FakeLoop(body), self.lie
        if lie is None:
            return loop

        class Lying:
            def run(self, *args: Any) -> LoopResult:
                result = loop.run(*args)
                lie(result)
                return result

        return Lying()

    def compile_step(self, body: Body, *, xla: bool) -> Any:
        return self.compile(body, xla=xla, parallel=False)

    def compile_commit(self, body: Body) -> Any:
        return None

    def eagerly(self) -> Any:
        return contextlib.nullcontext()

    def off_tape(self) -> Any:
        return contextlib.nullcontext()

    def read(self, variable: Variable) -> Any:
        return variable.data

    def commit(self, body: Body, values: Sequence[Any]) -> None:
        for variable, value in zip(body.variables, values, strict=True):
            variable.data = np.asarray(value, "float32")

    def stack(self, values: Sequence[Any], spec: Spec) -> Tensor:
        return Tensor(np.stack([np.asarray(getattr(v, "example", v), spec.dtype) for v in values]))

    def rows(self, tensor: Tensor, count: int) -> Sequence[Any]:
        return [Tensor(tensor.example[i]) for i in range(count)]

    def to_host(self, tensor: Tensor) -> Any:
        return tensor.numpy()

    def to_tensor(self, value: Any, spec: Spec) -> Tensor:
        return Tensor(np.asarray(getattr(value, "example", value), spec.dtype))

    def under_tape(self) -> bool:
        return False

    def in_eager_mode(self) -> bool:
        return not _current

    def open_source(self, iterable: Any) -> Any:
        return None

    def draw_seeds(self, count: int) -> tuple[list[int], Any]:
        return [0] * count, None

    def restore_seeds(self, state: Any) -> None:
        """Nothing is random here."""

    def variable_key(self, value: Any) -> int:
        return id(value)

    def value_of(self, variable: Variable) -> Any:
        return variable.data

    def random_state(self) -> Any:
        return None

    def moved(self, value: Any) -> Any:
        return value

    def moved_variables(self, body: Body) -> Any:
        return contextlib.nullcontext()

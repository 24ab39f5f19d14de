"""What lowering and runtime ask of a tensor library, as protocols.

`janus_nb.tf` implements them for TensorFlow; the engine's own tests implement them in a page of NumPy.
Nothing in this module imports a tensor library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from janus_nb.span import Span

Tensor = Any
"""A symbolic tensor of the backend while a body is traced, an eager one at run time."""


@dataclass(frozen=True, slots=True)
class Spec:
    """Type of a tensor: its dtype's name, and its shape (`None` for an unknown dimension or rank)."""

    dtype: str
    shape: tuple[int | None, ...] | None

    def __str__(self) -> str:
        dims = "?" if self.shape is None else ", ".join("?" if d is None else str(d) for d in self.shape)
        return f"{self.dtype}[{dims}]"


Role = Literal["carry", "feed", "invariant"]
"""How an input gets its value: from the iteration before, one per iteration, or one per call."""


@dataclass(frozen=True, slots=True)
class OpNode:
    """One operation of a traced body, for the view.

    Attributes:
        name: The operation's name in the graph, `/`-separated by scope.
        kind: The operation's type, such as `MatMul`.
        inputs: Names of the operations whose outputs it reads.
        span: The user's expression it came from, if known.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    span: Span | None


@dataclass(frozen=True, slots=True)
class Body:
    """A traced loop body: a pure function of its inputs, with nothing written.

    Attributes:
        handle: The backend's own object.
        carries: Specs of the carried slots, in the order of their inputs and outputs.
        feeds: Specs of the values fed per iteration (without the leading iteration axis).
        invariants: Specs of the values fed once per call.
        variables: The variable objects that the body writes, in commit order.
        reads: The variable objects that it only reads.
        checks: Number of assertions.
        rows: Specs of the per-iteration results.
        lasts: Number of results wanted of the last iteration only.
        ops: The operations, in creation order.
        random_ops: Number of random operations, each fed its operation seed.
        half: Whether it computes in half precision, so that results agree less closely.
        unseeded: Whether they draw other numbers in every run, so that nothing can be compared.
    """

    handle: Any
    carries: tuple[Spec, ...]
    feeds: tuple[Spec, ...]
    invariants: tuple[Spec, ...]
    variables: tuple[Any, ...]
    reads: tuple[Any, ...]
    checks: int
    rows: tuple[Spec, ...]
    lasts: int
    ops: tuple[OpNode, ...]
    random_ops: int = 0
    unseeded: bool = False
    half: bool = False


@dataclass(slots=True)
class LoopResult:
    """What one graph call computed. Nothing has been committed.

    Attributes:
        done: Iterations whose assertions all passed, before the first that failed.
        failed: Index of the assertion that stopped iteration `done`, or `None`.
        variables: New values of the body's variables after `done` iterations (valid when nothing failed).
        carries: New values of the carried slots, likewise.
        rows: Per-iteration results, each with a leading axis of length >= `done`.
        lasts: Results of the last iteration (valid when nothing failed).
        stacked: Whether `rows` have the leading axis (a graph of one iteration returns them without).
    """

    done: int
    failed: int | None
    variables: list[Tensor] = field(default_factory=list)
    carries: list[Tensor] = field(default_factory=list)
    rows: list[Tensor] = field(default_factory=list)
    lasts: list[Tensor] = field(default_factory=list)
    stacked: bool = True


class LoopGraph(Protocol):
    """A compiled loop over a body."""

    def run(self, steps: int, carries: Sequence[Tensor], feeds: Sequence[Tensor], invariants: Sequence[Tensor]) -> LoopResult:
        """Run at most `steps` iterations. Pure: neither variables nor Python objects change."""
        ...


class CommittingStep(Protocol):
    """A compiled body of one iteration that commits by itself."""

    def fits(self, inputs: Sequence[Any]) -> bool:
        """Whether these are inputs of exactly the types it was compiled for."""
        ...

    def run(self, inputs: Sequence[Tensor]) -> list[Tensor] | None:
        """Run and commit: rows and lasts; `None` if an assertion failed, and nothing was done."""
        ...


class Tracer(Protocol):
    """A body under construction. Inside `with tracer:` tensor operations add to it."""

    origin: Span | None

    def __enter__(self) -> Tracer: ...
    def __exit__(self, *exc: object) -> None: ...
    def input(self, spec: Spec, role: Role, label: str) -> Tensor: ...
    def check(self, ok: Tensor) -> int: ...
    def lift(self, value: Any, dtype: str | None = None) -> Tensor: ...
    def cast(self, tensor: Tensor, dtype: str) -> Tensor: ...
    def zeros(self, spec: Spec) -> Tensor: ...
    def math(self, name: str, *args: Any) -> Tensor: ...
    def cond(
        self,
        pred: Tensor,
        then: Callable[[], list[Tensor]],
        other: Callable[[], list[Tensor]],
        written: tuple[int, ...],
    ) -> list[Tensor]: ...
    def loop(self, body: Callable[..., list[Tensor]], start: list[Tensor], written: tuple[int, ...]) -> list[Tensor]: ...
    def probe(self, build: Callable[[], Any]) -> tuple[Any, int, tuple[int, ...], bool]: ...
    def inputs_mark(self) -> Any: ...
    def inputs_rollback(self, mark: Any) -> None: ...
    def check_count(self) -> int: ...
    def at_top(self) -> bool: ...
    def writes(self) -> bool: ...
    def finish(self, carries: list[Tensor], rows: list[Tensor], lasts: list[Tensor]) -> Body: ...


class Continuation(Protocol):
    """A tape in a graph under construction that goes on where one of the user's stands."""

    def __enter__(self) -> Continuation: ...
    def __exit__(self, *error: object) -> None: ...
    def again(self, trail: Any, tensors: Sequence[Tensor], value: Tensor) -> Tensor: ...
    def gradients(self, target: Tensor, variables: Sequence[Any]) -> list[Tensor | None]: ...


class Backend(Protocol):
    """A tensor library."""

    eager_example: Any
    """Some eager tensor, for questions about its type."""

    spent_mark: str
    """The attribute of a gradient tape that is `None` when it has been used up."""

    def is_tensor(self, value: Any) -> bool: ...
    def is_symbolic(self, value: Any) -> bool: ...
    def is_variable(self, value: Any) -> bool: ...
    def is_tape(self, value: Any) -> bool: ...
    def spent_tape(self) -> Any: ...
    def tape_is_spent(self, tape: Any) -> bool: ...
    def held_by(self, tapes: Sequence[Any]) -> AbstractContextManager[Any]: ...
    def paused(self, tape: Any) -> AbstractContextManager[bool]: ...
    def spend(self, tape: Any) -> None: ...
    def follow(self, tape: Any, tensor: Any) -> tuple[Any, Sequence[Tensor]] | None: ...
    def is_recorded(self, tape: Any, tensor: Any) -> bool: ...
    def continuation(self, tape: Any) -> Continuation: ...
    def forget_segments(self) -> None: ...
    def spec_of(self, value: Any) -> Spec: ...
    def find_spec(self, value: Any) -> Spec | None: ...
    def traceable(self, function: Any) -> Any: ...
    def components(self, value: Any) -> tuple[Sequence[Tensor], Callable[..., Any]] | None: ...
    def is_traced(self, value: Any) -> bool: ...
    def opaque(self, function: Any) -> Any: ...
    def with_gradient(self, value: Any, call: Callable[[Any], Any]) -> Any: ...
    def python_function(self, value: Any) -> Any: ...
    def read_in_graph(self, variable: Any) -> Tensor: ...
    def trace(self, name: str) -> Tracer: ...
    def compile(self, body: Body, *, xla: bool, parallel: bool, capacity: int = 0) -> LoopGraph: ...
    def unsuited_to_xla(self, body: Body) -> str | None: ...
    def barred_from_xla(self, body: Body, single: bool) -> str | None: ...
    def compile_step(self, body: Body, *, xla: bool) -> LoopGraph: ...
    def compile_commit(self, body: Body) -> CommittingStep | None: ...
    def eagerly(self) -> AbstractContextManager[Any]: ...
    def off_tape(self) -> AbstractContextManager[Any]: ...
    def read(self, variable: Any) -> Tensor: ...
    def commit(self, body: Body, values: Sequence[Tensor]) -> None: ...
    def stack(self, values: Sequence[Any], spec: Spec) -> Tensor: ...
    def rows(self, tensor: Tensor, count: int) -> Sequence[Any]: ...
    def to_host(self, tensor: Tensor) -> Any: ...
    def to_tensor(self, value: Any, spec: Spec) -> Tensor: ...
    def under_tape(self) -> bool: ...
    def in_eager_mode(self) -> bool: ...
    def open_source(self, iterable: Any) -> Any: ...
    def draw_seeds(self, count: int) -> tuple[list[int], Any]: ...
    def restore_seeds(self, state: Any) -> None: ...
    def close(self, a: Any, b: Any, half: bool = False) -> bool: ...

"""What the generator may assume, and what it may no longer assume.

Observations come from the profiler; relaxations from violated assumptions. Together they are the policy under which
one graph version is generated:

    observed {True}          -> assume True, assert it          (one branch in the graph)
    violated, or {True, False} -> assume nothing                (tf.cond)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

from janus_nb.backend import Spec
from janus_nb.span import Span

Mode = Literal["pre", "graph", "post"]
"""Who computes a slot that is carried from iteration to iteration (see `janus_nb.lowering.core.values`)."""


@dataclass(frozen=True, slots=True)
class BranchAssumption:
    """The test at `span` comes out as `taken`."""

    span: Span
    taken: bool
    evidence: str

    def __str__(self) -> str:
        return f"the condition is {self.taken}"


@dataclass(frozen=True, slots=True)
class TripAssumption:
    """The inner loop at `span` runs `count` times."""

    span: Span
    count: int
    evidence: str

    def __str__(self) -> str:
        return f"the loop runs {self.count} times"


@dataclass(frozen=True, slots=True)
class ExitAssumption:
    """The iteration does not leave the region at `span` (`break`, `return`, `raise`): Python runs the one that does."""

    span: Span
    statement: str
    evidence: str = "leaving is left to Python"
    condition: Span | None = None

    def __str__(self) -> str:
        return f"{self.statement} is not reached" if self.statement.startswith("the ") else f"`{self.statement}` is not reached"


@dataclass(frozen=True, slots=True)
class SpecAssumption:
    """A value from outside has this type."""

    span: Span | None
    name: str
    spec: Spec
    key: Any
    evidence: str

    def __str__(self) -> str:
        return f"{self.name} is {self.spec}"


@dataclass(frozen=True, slots=True)
class ValueAssumption:
    """A Python value is constant (checked by a guard before the graph runs)."""

    span: Span | None
    name: str
    value: str
    key: Any
    evidence: str

    def __str__(self) -> str:
        return f"{self.name} is {self.value}"


@dataclass(frozen=True, slots=True)
class DataAssumption:
    """An operation's data are in its range: an index, a label, a divisor, a number that fits."""

    span: Span | None
    what: str
    evidence: str = "eager would raise"

    def __str__(self) -> str:
        return self.what


Assumption = BranchAssumption | TripAssumption | ExitAssumption | SpecAssumption | ValueAssumption | DataAssumption

KINDS: dict[type, str] = {
    BranchAssumption: "branch",
    TripAssumption: "trips",
    ExitAssumption: "exit",
    SpecAssumption: "type",
    ValueAssumption: "value",
    DataAssumption: "data",
}
"""What each is called in events."""


@dataclass(slots=True)
class Policy:
    """Under which one version of a region is generated.

    Attributes:
        branches: Directions seen of each test, by its span.
        trips: Trip counts seen of each inner loop, by the span of what it iterates over.
        both: Tests of which nothing may be assumed any more.
        strict: Tests whose sides must both have a graph form, because the one that has none is taken often.
        usual: The direction that was assumed of each test before both were seen.
        left: Tests whose unusual direction is left to Python, with the reason.
        looped: Inner loops that may not be unrolled any more.
        inputs: Slots whose value may not be taken as constant any more.
        specs: Relaxed specs of fed values.
        unroll_limit: Most rounds of an inner loop to unroll.
    """

    branches: dict[Span, set[bool]] = field(default_factory=dict)
    trips: dict[Span, set[int]] = field(default_factory=dict)
    both: set[Span] = field(default_factory=set)
    strict: set[Span] = field(default_factory=set)
    usual: dict[Span, bool] = field(default_factory=dict)
    left: dict[Span, Any] = field(default_factory=dict)
    looped: set[Span] = field(default_factory=set)
    inputs: set[Any] = field(default_factory=set)
    specs: dict[Any, Spec] = field(default_factory=dict)
    unroll_limit: int = 256
    specialize: bool = True
    unroll: bool = True

    def initial(self, spec: Spec) -> Spec:
        """What is assumed of a fed value's type at first: its exact shape, or (`specialize` off) only its rank."""
        if self.specialize or spec.shape is None:
            return spec
        return Spec(spec.dtype, (None,) * len(spec.shape))

    def direction(self, span: Span) -> bool | None:
        """The one direction that may be assumed of a test, or `None`."""
        seen = self.branches.get(span, set())
        return next(iter(seen)) if len(seen) == 1 and span not in self.both else None

    def evidence(self, span: Span) -> str:
        """Why a direction or trip count was assumed."""
        seen = self.branches.get(span) or self.trips.get(span)
        return f"always {next(iter(seen))} while profiled" if seen and len(seen) == 1 else "not seen otherwise"

    def relax(self, assumption: Assumption, observed: Any = None) -> bool:
        """Drop or weaken a violated assumption by one step. False if it cannot be weakened."""
        match assumption:
            case BranchAssumption(span, taken):
                new = span not in self.both
                self.usual.setdefault(span, taken)
                self.both.add(span)
                return new
            case TripAssumption(span):
                new = span not in self.looped
                self.looped.add(span)
                return new
            case SpecAssumption(_, _, spec, key, _):
                wider = widen(spec, observed)
                if wider is None or wider == spec:
                    return False
                self.specs[key] = wider
                return True
            case ValueAssumption(_, _, _, key, _):
                new = key is not None and key not in self.inputs
                self.inputs.add(key)
                return new
            case ExitAssumption() | DataAssumption():
                return False
            case _:
                assert_never(assumption)


def widen(spec: Spec, other: Spec | None) -> Spec | None:
    """One step up the ladder of shapes: exact -> the differing dimensions unknown; `None` for unlike types.

    >>> widen(Spec("float32", (32, 64)), Spec("float32", (5, 64)))
    Spec(dtype='float32', shape=(None, 64))
    """
    if other is None or other.dtype != spec.dtype:
        return None
    if spec.shape is None or other.shape is None or len(spec.shape) != len(other.shape):
        return Spec(spec.dtype, None)
    return Spec(spec.dtype, tuple(a if a == b else None for a, b in zip(spec.shape, other.shape, strict=True)))


def fits(spec: Spec, observed: Spec) -> bool:
    """Whether a value of type `observed` may be fed where `spec` is expected."""
    if spec.dtype != observed.dtype:
        return False
    if spec.shape is None:
        return True
    if observed.shape is None or len(spec.shape) != len(observed.shape):
        return False
    return all(want is None or want == have for want, have in zip(spec.shape, observed.shape, strict=True))

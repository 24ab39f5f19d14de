"""Every event there is, as plain data. The view, the log and the tests read nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from janus_nb.span import Span


@dataclass(frozen=True, slots=True)
class CellStarted:
    """A cell (or script, or call) began."""

    file: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class CellFinished:
    """It ended; `error` names the user's exception, if there was one. `seconds` of wall time."""

    file: str
    seconds: float
    error: str | None


@dataclass(frozen=True, slots=True)
class RegionFound:
    """A loop or function that may be converted; `source` is its text, `unit` where it stands."""

    region: int
    kind: str
    span: Span
    title: str
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Profiled:
    """One iteration ran imperatively under the profiler, in `seconds`."""

    region: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Announced:
    """So many iterations of a region are known to come."""

    region: int
    left: int


@dataclass(frozen=True, slots=True)
class Working:
    """The program waits while JANUS works on a region; `what` says at what."""

    region: int
    what: str


@dataclass(frozen=True, slots=True)
class AssumptionInfo:
    """An assumption as data: what, where, on what evidence, and when it is checked.

    Attributes:
        text: In words.
        evidence: Why it was made.
        span: The expression that it is about.
        checked: When it is checked.
        kind: `branch`, `trips`, `exit`, `type`, `value`, `data` or `guard`.
        taken: The direction assumed of a branch.
        count: The number of rounds assumed of a loop.
    """

    text: str
    evidence: str
    span: Span | None
    checked: str
    kind: str = ""
    taken: bool | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class OpInfo:
    """An operation of a generated graph.

    Attributes:
        name: Its name in the graph, `/`-separated by scope.
        kind: Its type, such as `MatMul`.
        inputs: Names of the operations whose outputs it reads.
        span: The user's expression it came from, if known.
        spec: Type and shape of its first output, such as `float32[32, 64]`.
        role: `read` of a variable, `data`, `carry`, `given` (once per call), `seed`, `write` of a variable, `check`, or nothing.
        label: What it reads or writes, by the library's name.
    """

    name: str
    kind: str
    inputs: tuple[str, ...]
    span: Span | None
    spec: str = ""
    role: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Generated:
    """A graph version was generated.

    Attributes:
        region: Of which region.
        version: Its number there.
        seconds: How long that took.
        attempts: How often the region was lowered until the carried state was known.
        ops: Its operations, in creation order.
        assumptions: What it assumes.
        variables: Variables that it writes.
        carried: Names whose values pass from one iteration to the next.
        graph_spans: Expressions that became operations (also inside of nested graphs).
        effect_spans: Statements whose effects are replayed after the graph.
        programs: What Python does for it: once per call, before and after each iteration.
        lowered_spans: Statements (of compound ones the first lines) that the graph stands for.
        host_spans: Statements of which Python computes a part, before the graph or after it.
        rounds: Rounds of inner loops that were unrolled, by what they iterate over (or their test).
    """

    region: int
    version: int
    seconds: float
    attempts: int
    ops: tuple[OpInfo, ...]
    assumptions: tuple[AssumptionInfo, ...]
    variables: tuple[str, ...]
    carried: tuple[str, ...]
    graph_spans: tuple[Span, ...]
    effect_spans: tuple[Span, ...]
    programs: tuple[str, ...]
    lowered_spans: tuple[Span, ...] = ()
    host_spans: tuple[Span, ...] = ()
    rounds: tuple[tuple[Span, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """The text of a function outside of the cell that a graph stands for."""

    region: int
    name: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Spent:
    """Time that JANUS itself took: `generate`, `verify` or `compile`."""

    region: int
    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Reused:
    """A graph version of an earlier run was found in the cache; `generated` describes it."""

    region: int
    version: int
    generated: Generated


@dataclass(frozen=True, slots=True)
class Declined:
    """Something was not converted."""

    region: int
    code: str
    title: str
    detail: str
    hint: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class Verified:
    """A graph agreed with eager execution on a live iteration."""

    region: int
    version: int
    compared: int


@dataclass(frozen=True, slots=True)
class GraphRejected:
    """A graph disagreed with eager execution, whose results stand; it does not run again."""

    region: int
    version: int
    what: str


@dataclass(frozen=True, slots=True)
class GraphRan:
    """A graph call (or, in long logs, several `calls`) committed `iterations`, in `seconds`, of which `host` outside of the graph."""

    region: int
    version: int
    iterations: int
    seconds: float
    calls: int = 1
    host: float = 0.0


@dataclass(frozen=True, slots=True)
class EagerRan:
    """Iterations that ran imperatively outside profiling, in `seconds` altogether."""

    region: int
    seconds: float
    why: str
    iterations: int = 1


@dataclass(frozen=True, slots=True)
class Missed:
    """No graph version's guards held; `nearest` tells what the nearest one expected and what was found."""

    region: int
    nearest: str


@dataclass(frozen=True, slots=True)
class Fallback:
    """An assumption failed in an iteration, which ran imperatively instead. Nothing of it had been committed."""

    region: int
    version: int
    iteration: int
    assumption: str
    span: Span | None
    expected: str
    observed: str


@dataclass(frozen=True, slots=True)
class Relaxed:
    """An assumption was weakened; the next graph version does without it."""

    region: int
    assumption: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class Retired:
    """A region stays imperative from now on."""

    region: int
    code: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class BackendChosen:
    """How a graph version is executed, and why."""

    region: int
    version: int
    backend: str
    why: str


@dataclass(frozen=True, slots=True)
class InternalError:
    """JANUS itself failed; the program went on imperatively."""

    region: int
    where: str
    error: str


Event = (
    CellStarted
    | CellFinished
    | RegionFound
    | Profiled
    | Announced
    | Working
    | Spent
    | SourceSeen
    | Generated
    | Reused
    | Declined
    | Verified
    | GraphRejected
    | GraphRan
    | EagerRan
    | Missed
    | Fallback
    | Relaxed
    | Retired
    | BackendChosen
    | InternalError
)

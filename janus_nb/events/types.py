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
class Working:
    """The program waits while JANUS works on a region; `what` says at what."""

    region: int
    what: str


@dataclass(frozen=True, slots=True)
class AssumptionInfo:
    """An assumption as data: what, where, on what evidence, and when it is checked."""

    text: str
    evidence: str
    span: Span | None
    checked: str


@dataclass(frozen=True, slots=True)
class OpInfo:
    """An operation of a generated graph."""

    name: str
    kind: str
    inputs: tuple[str, ...]
    span: Span | None


@dataclass(frozen=True, slots=True)
class Generated:
    """A graph version was generated."""

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
    """A graph call (or, in long logs, several `calls`) committed `iterations`, in `seconds` including checks and effects."""

    region: int
    version: int
    iterations: int
    seconds: float
    calls: int = 1


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
    | Working
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

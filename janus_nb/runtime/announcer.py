"""The announcer: everything that is said of regions and versions, as events. It decides nothing."""

from __future__ import annotations

from collections.abc import Callable

from janus_nb.cache.version import Version
from janus_nb.events import (
    Announced,
    Declined,
    EventBus,
    Fallback,
    Generated,
    GraphRan,
    GraphRejected,
    InternalError,
    RegionFound,
    Relaxed,
    Retired,
    Reused,
    SourceSeen,
    Spent,
    Verified,
    Working,
)
from janus_nb.events.types import AssumptionInfo, OpInfo
from janus_nb.lowering.program import Program, Refusal
from janus_nb.reasons import REASONS
from janus_nb.runtime.region import Region
from janus_nb.source.units import functions_around
from janus_nb.span import Span
from janus_nb.speculate.policy import KINDS
from janus_nb.speculate.slots import UNBOUND, describe


class Announcer:
    """Tells one cell's bus; what has been told once in a run is not told again where once is enough."""

    def __init__(self, bus: EventBus) -> None:
        self.bus = bus
        self._found: set[int] = set()
        self._said: set[tuple[int, str]] = set()
        self._told: set[tuple[int, int]] = set()
        self._expected: set[int] = set()
        self._sources: set[tuple[str, int]] = set()

    # -- regions -----------------------------------------------------------------------------------------------------------

    def found(self, region: Region) -> None:
        """A region, once, with what is known of it from earlier runs."""
        if region.number not in self._found:
            self._found.add(region.number)
            self.bus.emit(RegionFound(region.number, region.kind, region.span, region.title, region.unit, region.source))
            for event in region.verdict:
                self.bus.emit(event)

    def expects(self, region: Region, left: Callable[[], int | None]) -> None:
        """How many iterations are known to come, once."""
        if region.number not in self._expected:
            self._expected.add(region.number)
            count = left()
            if count is not None:
                self.bus.emit(Announced(region.number, count))

    def working(self, region: Region, on: str) -> None:
        """What takes a while."""
        self.bus.emit(Working(region.number, on))

    def declined(self, region: Region, refusal: Refusal) -> None:
        """Why a region, or a part of it, is left to Python: told again in every later run."""
        self._verdict(region, _declined(region, refusal))

    def seam(self, region: Region, refusal: Refusal) -> None:
        """What is left to Python inside a region that is converted around it: once."""
        event = _declined(region, refusal)
        if event not in region.verdict:
            self._verdict(region, event)

    def say_once(self, region: Region, code: str) -> None:
        """Why Python runs a region this time, once in a run; the next run decides again."""
        if (region.number, code) not in self._said:
            self._said.add((region.number, code))
            self.found(region)
            self.bus.emit(_declined(region, Refusal(REASONS[code], "", None)))

    def retired(self, region: Region, code: str, detail: str) -> None:
        """A region is left to Python from now on."""
        self._verdict(region, Retired(region.number, code, REASONS[code].title, detail))

    def _verdict(self, region: Region, event: Declined | Retired) -> None:
        region.verdict.append(event)
        self.bus.emit(event)

    # -- versions ----------------------------------------------------------------------------------------------------------

    def generated(self, region: Region, version: Version, seconds: float) -> None:
        """A new version."""
        self.found(region)
        version.generated = _generated(region, version, seconds)
        self._told.add((region.number, version.number))
        self._sources_of(region, version.generated)
        self.bus.emit(version.generated)

    def reused(self, region: Region, version: Version) -> bool:
        """A version of an earlier run of the cell, once; whether this was the first time."""
        key = (region.number, version.number)
        if key in self._told or version.generated is None:
            return False
        self._told.add(key)
        self._sources_of(region, version.generated)
        self.bus.emit(Reused(region.number, version.number, version.generated))
        return True

    def _sources_of(self, region: Region, generated: Generated) -> None:
        """The text of the functions that a graph stands for, each once."""
        lines: dict[str, set[int]] = {}
        for span in generated.lowered_spans:
            if not (span.file == region.span.file and region.span.line <= span.line <= region.span.end_line):
                lines.setdefault(span.file, set()).add(span.line)
        for file, wanted in lines.items():
            for name, span, text in functions_around(file, wanted):
                if (file, span.line) not in self._sources:
                    self._sources.add((file, span.line))
                    self.bus.emit(SourceSeen(region.number, name, span, text))

    def verified(self, region: Region, version: Version, compared: int) -> None:
        """A version has agreed with Python."""
        self.bus.emit(Verified(region.number, version.number, compared))

    def rejected(self, region: Region, version: Version, differs: str) -> None:
        """A version has not."""
        self.bus.emit(GraphRejected(region.number, version.number, differs))

    def ran(self, region: Region, version: Version, iterations: int, seconds: float, inside: float) -> None:
        """A call has committed iterations, `inside` of its `seconds` in the graph."""
        self.bus.emit(GraphRan(region.number, version.number, iterations, seconds, host=max(0.0, seconds - inside)))

    def spent(self, region: Region, what: str, seconds: float) -> None:
        """Time that JANUS itself took."""
        self.bus.emit(Spent(region.number, what, seconds))

    def fallback(self, region: Region, version: Version, assumption: str, span: Span, expected: str, observed: str) -> None:
        """Python runs an iteration because an assumption failed."""
        self.bus.emit(Fallback(region.number, version.number, region.iteration, assumption, span, expected, observed))

    def relaxed(self, region: Region, assumption: str, span: Span | None) -> None:
        """An assumption is made no more."""
        self.bus.emit(Relaxed(region.number, assumption, span))

    def internal_error(self, region: Region, where: str, error: BaseException) -> str:
        """An error of JANUS's own; its text."""
        self.found(region)
        text = f"{type(error).__name__}: {error}"
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None:
            text += f" ({trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno})"
        self.bus.emit(InternalError(region.number, where, text))
        return text


def _declined(region: Region, refusal: Refusal) -> Declined:
    reason = refusal.reason
    return Declined(region.number, reason.code, reason.title, refusal.detail, reason.advice(refusal.detail), refusal.span or region.span)


def _generated(region: Region, version: Version, seconds: float) -> Generated:
    program = version.program
    body = program.graph.body
    return Generated(
        region=region.number,
        version=version.number,
        seconds=seconds,
        attempts=program.attempts,
        ops=tuple(OpInfo(o.name, o.kind, o.inputs, o.span, o.spec, o.role, o.label) for o in body.ops),
        assumptions=_assumptions(program),
        variables=tuple(v.name for v in body.variables),
        carried=tuple(describe(c.slot) for c in (*program.graph.carries, *program.host.pre_carries, *program.host.post_carries)),
        graph_spans=tuple(program.graph_spans),
        effect_spans=tuple(program.effect_spans),
        programs=program.host.texts,
        lowered_spans=tuple(program.lowered_spans),
        host_spans=tuple(program.host_spans),
        rounds=program.rounds,
    )


def _assumptions(program: Program) -> tuple[AssumptionInfo, ...]:
    found = [
        AssumptionInfo(f"{describe(g.slot)} is {g.expected}", "read while generating", g.span, "before each call", "guard")
        for g in program.conditions.guards
        if getattr(g.expect, "value", None) is not UNBOUND  # that a builtin's name is not rebound goes without saying
    ]
    for feed in program.graph.feeds:
        found.append(AssumptionInfo(f"a value of each iteration is {feed.spec}", "the pending element", None, "per iteration, before", "type"))
    for when, assumptions in (
        ("inside the graph", program.conditions.in_graph),
        ("per iteration, before", program.conditions.before),
        ("at replay", program.conditions.at_replay),
    ):
        found += [
            AssumptionInfo(str(a), a.evidence, a.span, when, KINDS[type(a)], getattr(a, "taken", None), getattr(a, "count", 0)) for a in assumptions
        ]
    return tuple(found)


__all__ = ["Announcer"]

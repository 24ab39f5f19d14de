"""The engine: what all regions of a session share. It generates versions, and retires regions that do not pay."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from janus_nb.backend import Backend
from janus_nb.cache.lookup import Miss, insert
from janus_nb.config import Options
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
from janus_nb.lowering.generate import Target, generate
from janus_nb.lowering.heap.born import new, set_attribute
from janus_nb.lowering.heap.carries import live_attributes
from janus_nb.lowering.program import Program, Refusal
from janus_nb.profile.recorder import Recorder
from janus_nb.reasons import REASONS
from janus_nb.runtime.choice import BackendChoice
from janus_nb.runtime.commit import surely
from janus_nb.runtime.prepare import Violation, pre_check
from janus_nb.runtime.region import AGREEMENTS, Region, Status, Version
from janus_nb.source.units import functions_around
from janus_nb.span import Span
from janus_nb.speculate.guards import Equals, Guard
from janus_nb.speculate.policy import KINDS, ExitAssumption, ValueAssumption
from janus_nb.speculate.slots import UNBOUND, describe

_log = logging.getLogger("janus_nb")

MAX_REFUSALS = 3
TRANSIENT = ("JN108", "JN110", "JN211", "JN303")
"""Reasons that may be gone an iteration later: a name is bound, a variable made, an object built, a number has become a float."""

MAX_ABORTS = 24
MAX_EXITS = 6
"""Iterations left to Python before a branch without a graph form is taken for a frequent one."""

SEVERAL = 4
"""Iterations of the second comparison of a loop's graph: what goes stale *within* a call shows only there."""

CAPACITY = 256
"""Iterations of one call of a graph that is compiled with XLA because the user asked for it."""

MAX_MADE = 12
"""Graphs of a region before it must have earned them: 100 iterations each, or it is retired."""


class Engine:
    """Generates and judges graph versions."""

    def __init__(self, backend: Backend, options: Options, bus: EventBus, recorder: Recorder) -> None:
        self.backend = backend
        self.options = options
        self.bus = bus
        self.recorder = recorder
        self.choice = BackendChoice(backend, options, bus)
        self._found: set[int] = set()
        self._said: set[tuple[int, str]] = set()
        self._announced: set[tuple[int, int]] = set()
        self._expected: set[int] = set()
        self._sources: set[tuple[str, int]] = set()

    def found(self, region: Region) -> None:
        """Announce a region to this cell's view, once."""
        if region.number not in self._found:
            self._found.add(region.number)
            self.bus.emit(RegionFound(region.number, region.kind, region.span, region.title, region.unit, region.source))
            for event in region.verdict:
                self.bus.emit(event)

    def uses(self, region: Region, version: Version, bound: Callable[[], Any]) -> None:
        """Announce a graph of an earlier run to this cell's view, once. It is compared with Python if a name holds another object than then."""
        key = (region.number, version.number)
        if key not in self._announced and version.generated is not None:
            self._announced.add(key)
            now = bound()
            version.stale, version.bound = version.bound != now, now
            self._tell_sources(region, version.generated)
            self.bus.emit(Reused(region.number, version.number, version.generated))

    def _tell_sources(self, region: Region, generated: Generated) -> None:
        """Give the view the text of the functions that a graph stands for, once."""
        lines: dict[str, set[int]] = {}
        for span in generated.lowered_spans:
            if not (span.file == region.span.file and region.span.line <= span.line <= region.span.end_line):
                lines.setdefault(span.file, set()).add(span.line)
        for file, wanted in lines.items():
            for name, span, text in functions_around(file, wanted):
                if (file, span.line) not in self._sources:
                    self._sources.add((file, span.line))
                    self.bus.emit(SourceSeen(region.number, name, span, text))

    def announce(self, region: Region, left: Callable[[], int | None]) -> None:
        """Tell the view, once, how many iterations are known to come."""
        if region.number not in self._expected:
            self._expected.add(region.number)
            count = left()
            if count is not None:
                self.bus.emit(Announced(region.number, count))

    # -- generation -----------------------------------------------------------------------------------------------------

    def generate(self, region: Region, target: Target, names: MutableMapping[str, Any]) -> Version | None:
        """A new version of the region for the state of things now, or None (then an event says why)."""
        self.found(region)
        self.bus.emit(Working(region.number, "generating a graph"))
        made = self.attempt(region, target, names)
        if isinstance(made, Refusal):
            self._declined(region, made)
            return None
        return made

    def attempt(self, region: Region, target: Target, names: MutableMapping[str, Any]) -> Version | Refusal | None:
        """A new version, or what has no graph form; None if the region was retired instead."""
        if region.made >= MAX_MADE and region.graph_iterations < 100 * region.made:
            self.retire(region, "JN402", f"{region.made} graphs for {region.graph_iterations} iterations")
            return None
        policy = region.policy
        policy.branches, policy.trips = self.recorder.branches, self.recorder.trips
        policy.specialize, policy.unroll = self.options.specialize, self.options.unroll
        started = time.perf_counter()
        try:
            return self._made(region, target, names)
        finally:
            self.bus.emit(Spent(region.number, "generate", time.perf_counter() - started))

    def _made(self, region: Region, target: Target, names: MutableMapping[str, Any]) -> Version | Refusal | None:
        policy, started = region.policy, time.perf_counter()
        try:
            made = generate(self.backend, target, policy, names, f"region_{region.number}")
            if isinstance(made, Refusal) and not target.single:
                made = self._without_rare_branch(region, target, names, made)
        except Exception as error:
            self.internal_error(region, "generator", error)
            return None
        if isinstance(made, Refusal):
            return made
        made.entry.__globals__["Check"] = made.pre.__globals__["Check"] = pre_check
        made.post.__globals__.update(New=new, Set=set_attribute)
        against = self.backend.barred_from_xla(made.body, target.single) if self.options.xla == "on" else None
        xla = self.options.xla == "on" and against is None
        if target.single:
            graph = self.backend.compile_step(made.body, xla=xla)
        else:
            graph = self.backend.compile(made.body, xla=xla, parallel=self.options.parallel, capacity=self._capacity)
        region.made += 1
        region.refusals = 0
        version = Version(region.made, made, graph, backend="XLA" if xla else "executor")
        if xla and not target.single:
            version.steps = self._capacity
        version.steps = min(version.steps, version.room)
        if self.options.steps != "auto":
            version.steps = self.options.steps
        elif not self.options.multistep:
            version.steps = 1
        insert(region, version)
        region.status = Status.READY
        self.found(region)
        version.generated = _generated(region, version, time.perf_counter() - started)
        self._announced.add((region.number, version.number))
        self._tell_sources(region, version.generated)
        self.bus.emit(version.generated)
        self.choice.first(region, version, against)
        for refusal in made.left:
            self.seam(region, refusal)
        return version

    @property
    def _capacity(self) -> int:
        """Iterations of one call of a graph compiled with XLA because the user asked for it."""
        return CAPACITY if self.options.steps == "auto" else self.options.steps

    def let_commit(self, version: Version) -> None:
        """From now on, a version that nothing can stop after its graph has run commits in the graph: one call instead of two."""
        program = version.program
        if version.committing is not None or version.backend != "executor" or self.options.verify == "always":
            return
        if program.ends_with_graph and all(map(surely, program.finals)):
            version.committing = self.backend.compile_commit(program.body)

    def _without_rare_branch(self, region: Region, target: Target, names: MutableMapping[str, Any], refusal: Refusal) -> Program | Refusal:
        """What a branch does may keep all the rest from having a graph: the direction seen later is left to Python, then."""
        policy = region.policy
        spans = [s for s in policy.usual if s not in policy.left and s not in policy.strict]
        if not spans:
            return refusal
        policy.left[spans[-1]] = refusal
        made = generate(self.backend, target, policy, names, f"region_{region.number}")
        if isinstance(made, Refusal):
            del policy.left[spans[-1]]
            return refusal
        return made

    def _declined(self, region: Region, refusal: Refusal) -> None:
        reason = refusal.reason
        region.refusals += 1
        if reason.code in TRANSIENT and region.refusals < MAX_REFUSALS:
            region.generate_again = True  # after one more iteration of Python's, things may have settled
            return
        self._tell(region, Declined(region.number, reason.code, reason.title, refusal.detail, reason.hint, refusal.span or region.span))
        region.untouched = reason.code == "JN408"
        if not region.versions or region.refusals >= MAX_REFUSALS:
            self.split(region)

    def split(self, region: Region) -> None:
        """The region as a whole has no graph: what stands around the reasons for it may have some."""
        splits = self.options.partial and not region.untouched and region.kind != "segment" and not region.holds_region
        region.status = Status.SPLIT if splits else Status.IMPERATIVE

    def give_up_split(self, region: Region) -> None:
        """Segments do not pay: Python runs the whole region from now on."""
        region.status = Status.IMPERATIVE
        if region.split_idle == 0:
            self.retire(region, "JN403", "in segments")

    def seam(self, region: Region, refusal: Refusal) -> None:
        """Say, once, what is left to Python inside a region that is converted around it."""
        reason = refusal.reason
        event = Declined(region.number, reason.code, reason.title, refusal.detail, reason.hint, refusal.span or region.span)
        if event not in region.verdict:
            self._tell(region, event)

    def too_little(self, region: Region) -> None:
        """Too little work is expected for a graph to pay: said once in a run, and thought over again in the next."""
        self.say_once(region, "JN409")

    def say_once(self, region: Region, code: str) -> None:
        """Say, once in a run, why Python runs a region this time; the next run decides again."""
        if (region.number, code) not in self._said:
            self._said.add((region.number, code))
            self.found(region)
            reason = REASONS[code]
            self.bus.emit(Declined(region.number, reason.code, reason.title, "", reason.hint, region.span))

    def leave_to_inner(self, region: Region) -> None:
        """A loop around a converted loop: Python runs it."""
        reason = REASONS["JN407"]
        region.status = Status.IMPERATIVE
        self._tell(region, Declined(region.number, reason.code, reason.title, "", reason.hint, region.span))

    def _tell(self, region: Region, event: Declined | Retired) -> None:
        region.verdict.append(event)
        self.bus.emit(event)

    # -- verification ----------------------------------------------------------------------------------------------------

    def to_compare(self, region: Region, version: Version) -> int:
        """On how many iterations a version must be compared with Python before it may commit the next ones; 0 for none.

        On one, then on several of one call, and from then on at growing distances (the audit), and once in every new run of a cell.
        """
        options = self.options
        if options.verify == "off":
            return 0
        several = region.kind in ("for", "while") and options.multistep and options.verify != "always"
        if several and version.agreed == AGREEMENTS - 1:
            return SEVERAL if options.steps == "auto" else min(SEVERAL, options.steps)
        due = not version.verified or version.stale or version.iterations >= version.audit_at
        return 1 if due or options.verify == "always" else 0

    @contextlib.contextmanager
    def contained(self, region: Region, where: str) -> Iterator[None]:
        """A context in which an error of JANUS's own becomes an event."""
        try:
            yield
        except Exception as error:
            self.contain(region, where, error)

    def contain(self, region: Region, where: str, error: Exception) -> None:
        """Make an error of JANUS's own an event, and leave the region to Python, whatever else fails."""
        try:
            self.internal_error(region, where, error)
        except Exception:
            _log.warning("JANUS failed (%s), and failed to say so; Python goes on", where, exc_info=True)
            region.status = Status.IMPERATIVE

    # -- judgement -------------------------------------------------------------------------------------------------------

    def settle(self, region: Region, version: Version, compared: int, differs: str | None) -> None:
        """A verification is over: the version has agreed once more, or is thrown away and the region left to Python."""
        if differs is None:
            version.agrees()
            self.bus.emit(Verified(region.number, version.number, compared))
            return
        self.bus.emit(GraphRejected(region.number, version.number, differs))
        if version.sibling is not None and version.iterations == 0:
            self.choice.give_up(region, version, f"compiled with XLA, the graph disagrees with eager: {differs}")
            return
        region.drop(version)
        self.retire(region, "JN401", differs)

    def left(self, region: Region, version: Version) -> None:
        """Python left the region in an iteration that the graph would have finished: interrupted, or the graph is wrong. It starts anew, once."""
        version.agreed = 0
        version.failures += 1
        if version.failures >= 2:
            differs = "eager leaves in an iteration that the graph finishes"
            self.bus.emit(GraphRejected(region.number, version.number, differs))
            region.drop(version)
            self.retire(region, "JN401", differs)

    def ran(self, region: Region, version: Version, iterations: int, seconds: float, inside: float) -> None:
        """A call has committed iterations, `inside` of its `seconds` in the graph."""
        version.iterations += iterations
        version.seconds = min(version.seconds, seconds / iterations)
        region.iteration += iterations
        region.graph_iterations += iterations
        self.bus.emit(GraphRan(region.number, version.number, iterations, seconds, host=max(0.0, seconds - inside)))

    def failed(self, region: Region, version: Version, why: Violation | Exception) -> bool:
        """A call stopped before an iteration, which Python runs. True if a graph without what failed may be generated."""
        if isinstance(why, Violation):
            return self.fell_back(region, version, why)
        self.graph_failed(region, version, why)
        return False

    def learn_from_miss(self, region: Region, miss: Miss) -> None:
        """A guard failed at entry: constants that turned out not to be are inputs from now on."""
        region.generate_again = True
        for guard in miss.failed:
            if self._may_become_input(region, guard, miss):
                assumption = ValueAssumption(guard.span, describe(guard.slot), guard.expected, guard.slot.key, "seen while profiled")
                if region.policy.relax(assumption):
                    self.bus.emit(Relaxed(region.number, str(assumption), guard.span))

    def _may_become_input(self, region: Region, guard: Guard, miss: Miss) -> bool:
        """Whether what a guard assumed constant can be read anew at every call instead."""
        value = getattr(guard.expect, "value", None)
        if isinstance(guard.expect, Equals):
            return isinstance(value, int | float | str)
        if region.kind == "segment" and (type(value) in (list, tuple, dict) or live_attributes(value) is not None):
            return True
        changed_by_the_loop = miss.nearest is not None and id(value) in miss.nearest.program.mutated
        return self.backend.is_tensor(value) or type(value).__module__ == "numpy" or changed_by_the_loop

    def retire(self, region: Region, code: str, detail: str) -> None:
        """Leave the region to Python from now on."""
        region.status = Status.IMPERATIVE
        self._tell(region, Retired(region.number, code, REASONS[code].title, detail))

    def retire_if_hopeless(self, region: Region) -> None:
        """Retire a region whose graphs abort too often; parts of it may do better."""
        if region.aborts >= MAX_ABORTS and region.aborts * 3 > region.graph_iterations:
            self.retire(region, "JN402", f"{region.aborts} fallbacks in {region.iteration} iterations")
            self.split(region)

    def judge(self, region: Region, version: Version) -> None:
        """Retire a region whose graph, given time to settle, is slower than Python."""
        settled = version.iterations >= 64 or version.seconds * version.iterations > 2.0
        if settled and version.seconds > 1.25 * region.eager_median:
            ratio = version.seconds / region.eager_median
            self.retire(region, "JN403", f"{ratio:.1f} times eager's time per iteration")

    def fell_back(self, region: Region, version: Version, violation: Violation) -> bool:
        """An assumption failed in an iteration: say so, and weaken it. True if a graph without it may be generated."""
        assumption = violation.assumption
        leaving = isinstance(assumption, ExitAssumption)
        region.aborts += not leaving
        if isinstance(assumption, ExitAssumption) and assumption.condition is not None:
            self._left(region, version, assumption.condition)
        text = str(assumption) if assumption is not None else "the values are as profiled"
        span = getattr(assumption, "span", None) or region.span
        self.bus.emit(Fallback(region.number, version.number, region.iteration, text, span, text, violation.observed))
        relaxed = assumption is not None and not leaving and region.policy.relax(assumption, violation.seen)
        if relaxed:
            region.drop(version)
            region.generate_again = True
            self.bus.emit(Relaxed(region.number, text, span))
        self.retire_if_hopeless(region)
        if region.kind == "function" and assumption is None:  # arguments of another kind: another version may serve them
            region.generate_again = True
            return True
        return relaxed

    def _left(self, region: Region, version: Version, condition: Span) -> None:
        """An iteration took a branch without a graph form. If most do, the region is better split there."""
        region.exits += 1
        if region.exits >= MAX_EXITS and region.exits * 3 > region.graph_iterations:
            region.policy.strict.add(condition)
            region.generate_again = True
            region.drop(version)

    def graph_failed(self, region: Region, version: Version, error: Exception) -> None:
        """The graph raised: nothing was committed. Python runs the iteration; after a second time, all of them."""
        if version.sibling is not None:
            self.choice.give_up(region, version, f"XLA cannot run this graph: {str(error).strip().partition(chr(10))[0][:160]}")
            return
        version.failures += 1
        text = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        self.bus.emit(Fallback(region.number, version.number, region.iteration, "the graph runs", region.span, "no error", text))
        region.aborts += 1
        if version.failures >= 2:
            self.retire(region, "JN404", text)

    def internal_error(self, region: Region, where: str, error: Exception) -> None:
        """An error of JANUS's own: recorded, and the region left to Python."""
        self.found(region)
        text = f"{type(error).__name__}: {error}"
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        if frame is not None:
            text += f" ({frame.tb_frame.f_code.co_filename.rpartition('/')[2]}:{frame.tb_lineno})"
        self.bus.emit(InternalError(region.number, where, text))
        self.retire(region, "JN405", text)


def _generated(region: Region, version: Version, seconds: float) -> Generated:
    program = version.program
    body = program.body
    return Generated(
        region=region.number,
        version=version.number,
        seconds=seconds,
        attempts=program.attempts,
        ops=tuple(OpInfo(o.name, o.kind, o.inputs, o.span, o.spec, o.role, o.label) for o in body.ops),
        assumptions=_assumptions(program),
        variables=tuple(v.name for v in body.variables),
        carried=tuple(describe(c.slot) for c in (*program.graph_carries, *program.pre_carries, *program.post_carries)),
        graph_spans=tuple(program.graph_spans),
        effect_spans=tuple(program.effect_spans),
        programs=program.texts,
        lowered_spans=tuple(program.lowered_spans),
        host_spans=tuple(program.host_spans),
        rounds=program.rounds,
    )


def _assumptions(program: Program) -> tuple[AssumptionInfo, ...]:
    found = [
        AssumptionInfo(f"{describe(g.slot)} is {g.expected}", "read while generating", g.span, "before each call", "guard")
        for g in program.guards
        if getattr(g.expect, "value", None) is not UNBOUND  # that a builtin's name is not rebound goes without saying
    ]
    for feed in program.feeds:
        found.append(AssumptionInfo(f"a value of each iteration is {feed.spec}", "the pending element", None, "per iteration, before", "type"))
    for when, assumptions in (
        ("inside the graph", program.checks),
        ("per iteration, before", program.pre_checks),
        ("at replay", program.host_checks),
    ):
        found += [
            AssumptionInfo(str(a), a.evidence, a.span, when, KINDS[type(a)], getattr(a, "taken", None), getattr(a, "count", 0)) for a in assumptions
        ]
    return tuple(found)

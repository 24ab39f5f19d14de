"""The judge: what becomes of regions and versions, from what they have done. It generates nothing, and tells by the announcer.

refused      try again, split into segments, or leave to Python
compared     agreed once more, or thrown away
ran          faster than Python, or retired
failed       what is assumed no more; retired after too many
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from janus_nb.backend import Backend
from janus_nb.cache.lookup import Miss
from janus_nb.cache.version import AGREEMENTS, Version
from janus_nb.config import Options
from janus_nb.lowering.heap.carries import live_attributes
from janus_nb.lowering.program import Refusal
from janus_nb.reasons import REASONS
from janus_nb.runtime.announcer import Announcer
from janus_nb.runtime.choice import BackendChoice
from janus_nb.runtime.prepare import Violation
from janus_nb.runtime.region import Region, Status
from janus_nb.span import Span
from janus_nb.speculate.guards import Equals, Guard
from janus_nb.speculate.policy import ExitAssumption, ValueAssumption
from janus_nb.speculate.slots import describe

MAX_REFUSALS = 3
TRANSIENT = ("JN108", "JN110", "JN211", "JN303")
"""Reasons that may be gone an iteration later: a name is bound, a variable made, an object built, a number has become a float."""

MAX_ABORTS = 24
MAX_EXITS = 6
"""Iterations left to Python before a branch without a graph form is taken for a frequent one."""

SEVERAL = 4
"""Iterations of the second comparison of a loop's graph: what goes stale *within* a call shows only there."""

MAX_MADE = 12
"""Graphs of a region before it must have earned them: 100 iterations each, or it is retired."""


class Judge:
    """Judges the regions and versions of a session."""

    def __init__(self, backend: Backend, options: Options, choice: BackendChoice, announce: Announcer) -> None:
        self.backend = backend
        self.options = options
        self.choice = choice
        self.announce = announce

    # -- generating ------------------------------------------------------------------------------------------------------

    def earns_more(self, region: Region) -> bool:
        """Whether a region may have one more graph; if those it had did too little, it is retired."""
        if region.made >= MAX_MADE and region.graph_iterations < 100 * region.made:
            self.retire(region, "JN402", f"{region.made} graphs for {region.graph_iterations} iterations")
            return False
        return True

    def refused(self, region: Region, refusal: Refusal) -> None:
        """The region has no graph form, or none yet."""
        region.refusals += 1
        if refusal.reason.code in TRANSIENT and region.refusals < MAX_REFUSALS:
            region.generate_again = True  # after one more iteration of Python's, things may have settled
            return
        self.announce.declined(region, refusal)
        region.untouched = refusal.reason.code == "JN408"
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

    def leave_to_inner(self, region: Region) -> None:
        """A loop around a converted loop: Python runs it."""
        region.status = Status.IMPERATIVE
        self.announce.declined(region, Refusal(REASONS["JN407"], "", None))

    def retire(self, region: Region, code: str, detail: str) -> None:
        """Leave the region to Python from now on."""
        region.status = Status.IMPERATIVE
        self.announce.retired(region, code, detail)

    # -- looking up ------------------------------------------------------------------------------------------------------

    def uses(self, region: Region, version: Version, bound: Callable[[], Any]) -> None:
        """A version's guards hold. In a new run of the cell it is compared with Python if a name holds another object than then."""
        if self.announce.reused(region, version):
            now = bound()
            version.stale, version.bound = version.bound != now, now

    def learn_from_miss(self, region: Region, miss: Miss) -> None:
        """A guard failed at entry: constants that turned out not to be are inputs from now on."""
        region.generate_again = True
        for guard in miss.failed:
            if self._may_become_input(region, guard, miss):
                assumption = ValueAssumption(guard.span, describe(guard.slot), guard.expected, guard.slot.key, "seen while profiled")
                if region.policy.relax(assumption):
                    self.announce.relaxed(region, str(assumption), guard.span)

    def _may_become_input(self, region: Region, guard: Guard, miss: Miss) -> bool:
        """Whether what a guard assumed constant can be read anew at every call instead."""
        value = getattr(guard.expect, "value", None)
        if isinstance(guard.expect, Equals):
            return isinstance(value, int | float | str)
        if region.kind == "segment" and (type(value) in (list, tuple, dict) or live_attributes(value) is not None):
            return True
        changed_by_the_loop = miss.nearest is not None and id(value) in miss.nearest.program.host.mutated
        return self.backend.is_tensor(value) or type(value).__module__ == "numpy" or changed_by_the_loop

    # -- comparing -------------------------------------------------------------------------------------------------------

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
        due = not version.verified or version.stale or version.audit_due
        return 1 if due or options.verify == "always" else 0

    def settle(self, region: Region, version: Version, compared: int, differs: str | None) -> None:
        """A comparison is over: the version has agreed once more, or is thrown away and the region left to Python."""
        if differs is None:
            version.agrees()
            self.announce.verified(region, version, compared)
            return
        if version.sibling is not None and version.iterations == 0:
            self.announce.rejected(region, version, differs)
            self.choice.give_up(region, version, f"compiled with XLA, the graph disagrees with eager: {differs}")
            return
        self._reject(region, version, differs)

    def left(self, region: Region, version: Version) -> None:
        """Python left the region in an iteration that the graph would have finished: interrupted, or the graph is wrong. It starts anew, once."""
        version.agreed = 0
        version.failures += 1
        if version.failures >= 2:
            self._reject(region, version, "eager leaves in an iteration that the graph finishes")

    def _reject(self, region: Region, version: Version, differs: str) -> None:
        self.announce.rejected(region, version, differs)
        region.drop(version)
        self.retire(region, "JN401", differs)

    # -- running -----------------------------------------------------------------------------------------------------------

    def ran(self, region: Region, version: Version, iterations: int, seconds: float, inside: float) -> None:
        """A call has committed iterations, `inside` of its `seconds` in the graph."""
        version.iterations += iterations
        version.ran += seconds
        version.seconds = min(version.seconds, seconds / iterations)
        region.iteration += iterations
        region.graph_iterations += iterations
        self.announce.ran(region, version, iterations, seconds, inside)

    def speed(self, region: Region, version: Version) -> None:
        """Retire a region whose graph, given time to settle, is slower than Python."""
        settled = version.iterations >= 64 or version.seconds * version.iterations > 2.0
        if settled and version.seconds > 1.25 * region.eager_median:
            self.retire(region, "JN403", f"{version.seconds / region.eager_median:.1f} times eager's time per iteration")

    def failed(self, region: Region, version: Version, why: Violation | Exception) -> bool:
        """A call stopped before an iteration, which Python runs. True if a graph without what failed may be generated."""
        if isinstance(why, Violation):
            return self._fell_back(region, version, why)
        self._graph_failed(region, version, why)
        return False

    def _fell_back(self, region: Region, version: Version, violation: Violation) -> bool:
        """An assumption failed in an iteration: say so, and weaken it. True if a graph without it may be generated."""
        assumption = violation.assumption
        leaving = isinstance(assumption, ExitAssumption)
        region.aborts += not leaving
        if isinstance(assumption, ExitAssumption) and assumption.condition is not None:
            self._took_exit(region, version, assumption.condition)
        text = str(assumption) if assumption is not None else "the values are as profiled"
        span = getattr(assumption, "span", None) or region.span
        self.announce.fallback(region, version, text, span, text, violation.observed)
        relaxed = assumption is not None and not leaving and region.policy.relax(assumption, violation.seen)
        if relaxed:
            region.drop(version)
            region.generate_again = True
            self.announce.relaxed(region, text, span)
        if region.aborts >= MAX_ABORTS and region.aborts * 3 > region.graph_iterations:
            self.retire(region, "JN402", f"{region.aborts} fallbacks in {region.iteration} iterations")
            self.split(region)  # parts of it may do better
        if region.kind == "function" and assumption is None:  # arguments of another kind: another version may serve them
            region.generate_again = True
            return True
        return relaxed

    def _took_exit(self, region: Region, version: Version, condition: Span) -> None:
        """An iteration took a branch without a graph form. If most do, the region is better split there."""
        region.exits += 1
        if region.exits >= MAX_EXITS and region.exits * 3 > region.graph_iterations:
            region.policy.strict.add(condition)
            region.generate_again = True
            region.drop(version)

    def _graph_failed(self, region: Region, version: Version, error: Exception) -> None:
        """The graph raised: nothing was committed. Python runs the iteration; after a second time, all of them."""
        if version.sibling is not None:
            self.choice.give_up(region, version, f"XLA cannot run this graph: {str(error).strip().partition(chr(10))[0][:160]}")
            return
        version.failures += 1
        text = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        self.announce.fallback(region, version, "the graph runs", region.span, "no error", text)
        region.aborts += 1
        if version.failures >= 2:
            self.retire(region, "JN404", text)


__all__ = ["Judge"]

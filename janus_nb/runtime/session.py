"""The session: what instrumented code calls (`__janus__`). One per cell; regions and graphs outlive it.

It never raises on its own account: whatever goes wrong inside JANUS, the user's loop gets its elements.
"""

from __future__ import annotations

import ast
import contextlib
import sys
import time
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import FrameType, FunctionType, MethodType
from typing import Any

from janus_nb.config import Options
from janus_nb.events import EagerRan
from janus_nb.profile.instrument import BlockSite, LoopSite, Sites, instrument_function
from janus_nb.profile.recorder import Recorder
from janus_nb.runtime.division import Plan
from janus_nb.runtime.driver import Driver, imperative
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.region import Region, Status
from janus_nb.runtime.segments import Segments
from janus_nb.runtime.sources import HostSource, made_in_header, open_iterable
from janus_nb.source.units import is_user_function
from janus_nb.span import Span
from janus_nb.speculate.policy import Policy

MAX_REGIONS = 256
"""The oldest regions are forgotten, with their graphs, beyond this many."""

MAX_NAMESPACES = 16
"""Namespaces whose regions are kept: a notebook has one, and one for each module whose functions it calls."""

MAX_HOMES = 32
"""Places of a loop in edited cells that are remembered, so that what was learned there is told of where it stands now."""

MAX_OPEN = 64
"""With more executions of loops open than this, those whose frames have ended are forgotten."""

LONG = 16
"""An inner loop over a source of unknown length counts as part of the loop around it up to this many iterations."""

MIN_REST = 5
"""Fewer iterations than this after profiling are not worth a graph."""


@dataclass(slots=True)
class Store:
    """What outlives a cell: regions by where they stand, profiles, instrumented functions.

    Attributes:
        regions: By place (their own text), options and namespace.
        recorder: All observations.
        sites: Numbers used in instrumented functions.
        copies: Instrumented copies of functions, by function.
        plans: How blocks of statements are divided into segments.
        namespaces: Namespaces in which regions were seen, by id, each with its number. Older ones are forgotten with their regions.
        cells: Instrumented copies of cells, by file name and text.
        files: The file name under which a cell's text was first run.
    """

    regions: dict[Any, Region] = field(default_factory=dict)
    recorder: Recorder = field(default_factory=Recorder)
    sites: Sites = field(default_factory=Sites)
    copies: weakref.WeakKeyDictionary[FunctionType, dict[bool, Any]] = field(default_factory=weakref.WeakKeyDictionary)
    cells: dict[tuple[str, str], ast.Module] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    plans: dict[Any, Plan] = field(default_factory=dict)
    namespaces: dict[int, tuple[dict[str, Any], int]] = field(default_factory=dict)
    count: int = 0
    _like: dict[tuple[str, str], list[tuple[int, int]]] = field(default_factory=dict)

    def token(self, namespace: dict[str, Any]) -> int:
        """What identifies a namespace among all there have been: `id` alone is given again to others."""
        known = self.namespaces.get(id(namespace))
        if known is None:
            while len(self.namespaces) >= MAX_NAMESPACES:
                _, old = self.namespaces.pop(next(iter(self.namespaces)))
                for table in (self.regions, self.plans):
                    for key in [k for k in table if k[-1] == old]:
                        del table[key]
            known = self.namespaces[id(namespace)] = (namespace, self.next_number())
        return known[1]

    def next_number(self) -> int:
        """A new region's number."""
        self.count += 1
        return self.count

    def place(self, site: LoopSite | BlockSite) -> tuple[Any, ...]:
        """What identifies a loop or block in its namespace: its own text. A cell may be edited around it.

        The same text again in the same cell is another loop: they are numbered in the order in which they are met.
        """
        if not site.place:
            span = Span.of(site.node, site.unit.file) if isinstance(site, LoopSite) else Span.over(site.nodes[0], site.nodes[-1], site.unit.file)
            text = "\n".join(site.unit.text.splitlines()[span.line - 1 : span.end_line])
            like = self._like.setdefault((site.unit.file, text), [])
            if (span.line, span.col) not in like:
                like.append((span.line, span.col))
            site.place = (text, span.col, span.end_col, like.index((span.line, span.col)), site.local_names)
        return site.place

    def plan(self, site: BlockSite, namespace: dict[str, Any], owner: Region | None, options: Options) -> Plan:
        """The plan of a block; the same text has one plan, under the same options."""
        key = (self.place(site), options.of_graphs, self.token(namespace))
        plan = self.plans.get(key)
        if plan is None:
            while len(self.plans) >= MAX_REGIONS:
                self.plans.pop(next(iter(self.plans)))
            plan = self.plans[key] = Plan(owner.policy if owner is not None else Policy())
        return plan

    def region(self, site: LoopSite, namespace: dict[str, Any], kind: str, options: Options) -> Region:
        """The region of a loop; the same text is the same region, also in a cell that is run again, or edited elsewhere."""
        key = (self.place(site), options.of_graphs, self.token(namespace))
        region = self.regions.get(key)
        if region is None:
            while len(self.regions) >= MAX_REGIONS:
                self.regions.pop(next(iter(self.regions)))
            lines = site.unit.text.splitlines()[site.span.line - 1 : site.span.end_line]
            title, source = lines[0].strip(), "\n".join(lines)
            region = self.regions[key] = Region(self.next_number(), site.span, Policy(), kind, title, site.unit.name, source)
        if site.span not in region.homes:
            region.homes = (*region.homes[-MAX_HOMES:], site.span)
        region.span, region.unit = site.span, site.unit.name
        return region


class Session:
    """The object that instrumented code knows as `__janus__`."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self.engine = engine
        self.store = store
        self.drivers: dict[tuple[int, int], Driver] = {}
        self.raw: dict[tuple[int, int], Iterable[Any]] = {}
        self.untouched_loops: set[tuple[int, int]] = set()
        self.segments = Segments(engine, store)
        self.splitting = False

    def region(self, site: LoopSite, namespace: dict[str, Any], kind: str) -> Region:
        """The region of a loop under this session's options."""
        region = self.store.region(site, namespace, kind, self.engine.options)
        if len(region.homes) > 1:
            self.engine.bus.place(region.number, region.homes, region.span)
        return region

    # -- probes ------------------------------------------------------------------------------------------------------

    def test(self, site: int, value: Any) -> bool:
        """A test's value, as the bool that Python would make of it; recorded."""
        taken = bool(value)
        self.store.recorder.branch(self.store.sites.tests[site], taken)
        return taken

    def operand(self, site: int, value: Any) -> Any:
        """An operand of `and`/`or`; recorded when its truth can be taken twice."""
        if type(value).__module__ in ("builtins", "numpy") or self.engine.backend.is_tensor(value):
            try:
                taken = bool(value)
            except Exception:
                return value  # Python itself will raise, at the user's line.
            self.store.recorder.branch(self.store.sites.tests[site], taken)
        return value

    def called(self, function: Any) -> Any:
        """A function about to be called from profiled code: its instrumented copy, if it is the user's."""
        return self._copy(function, True) if type(function) in (FunctionType, MethodType) else function

    def plain(self, function: Any) -> Any:
        """A function about to be called from other code."""
        return self._copy(function, False) if type(function) in (FunctionType, MethodType) else function

    def _copy(self, function: Any, profiled: bool) -> Any:
        inner = function.__func__ if type(function) is MethodType else function
        if type(inner) is not FunctionType or not is_user_function(inner):
            return function
        known = self.store.copies.setdefault(inner, {})
        made = known.get(profiled, self)
        if made is self or (made is not None and made.__defaults__ is not inner.__defaults__):
            try:
                made = instrument_function(inner, self.store.sites, profiled)
            except Exception:
                made = None  # no copy: the user's own function runs
            known[profiled] = made
        if made is None:
            return function
        return MethodType(made, function.__self__) if type(function) is MethodType else made

    def _prune(self, frame: FrameType) -> None:
        """Forget executions that were left by `return`, `break` or an exception: their frames are no longer active."""
        if len(self.drivers) + len(self.raw) < MAX_OPEN:
            return
        active: set[int] = set()
        current: FrameType | None = frame
        while current is not None:
            active.add(id(current))
            current = current.f_back
        for table in (self.drivers, self.raw):
            for key in [k for k in table if k[0] not in active]:
                del table[key]  # type: ignore[attr-defined]
        self.untouched_loops = {k for k in self.untouched_loops if k[0] in active}

    # -- seams -------------------------------------------------------------------------------------------------------

    def seam(self, block: int, position: int) -> bool:
        """Whether Python runs the statement behind this seam; if not, a segment has run it."""
        return self.segments.seam(block, position, sys._getframe(1)) if self.splitting else True

    def sealed(self, block: int) -> None:
        """The end of a block of statements."""
        if self.splitting:
            self.segments.sealed(block, sys._getframe(1))

    @contextlib.contextmanager
    def split(self, region: Region) -> Iterator[None]:
        """An iteration (or call) of a split region: segments may run inside. Without any, or slower than Python, they are given up."""
        segments, division = self.segments, self.segments.division
        before = self.splitting, division.owner
        ran, generated, started = segments.ran, division.generated, time.perf_counter()
        self.splitting, division.owner = True, region
        try:
            yield
        finally:
            self.splitting, division.owner = before
            if not self.splitting:
                self.engine.backend.forget_segments()
        ran, generated, seconds = segments.ran - ran, division.generated - generated, time.perf_counter() - started
        region.iteration += 1
        self.engine.bus.emit(EagerRan(region.number, seconds, "segments" if ran else "no segment runs"))
        region.note_split(seconds, ran, generated)
        if region.split_fails:
            self.engine.give_up_split(region)

    # -- for -----------------------------------------------------------------------------------------------------------

    def profile(self, number: int, iterable: Any) -> Iterator[Any]:
        """Elements for the profiled copy of a loop."""
        fresh = made_in_header(self.store.sites.loops[number].node, sys.getrefcount(iterable))
        frame = sys._getframe(1)
        key = (id(frame), number)
        driver = self._driver(number, iterable, frame, key, fresh)
        if driver is None:
            return iter(())
        if self._is_inner(driver, iterable):
            return self._counted(driver)
        if driver.region.status is not Status.COLD:
            return iter(())
        self.engine.found(driver.region)
        return driver.profiled(self.engine.options.profile)

    def _driver(self, number: int, iterable: Any, frame: FrameType, key: tuple[int, int], fresh: bool) -> Driver | None:
        """A driver for this execution; None (with the iterable put aside) if the loop is left to Python."""
        self._prune(frame)
        self.drivers.pop(key, None)
        self.raw.pop(key, None)
        self.untouched_loops.discard(key)
        site = self.store.sites.loops[number]
        region = self.region(site, frame.f_globals, "for")
        if region.status is Status.IMPERATIVE or region.too_fast or not self.engine.backend.in_eager_mode():
            self.raw[key] = iterable  # the user's `for` calls `iter`
            if region.too_fast:
                self.untouched_loops.add(key)
            elif region.status is Status.IMPERATIVE and not region.holds_region:
                self.engine.found(region)
                self.raw[key] = imperative(self.engine, region, iterable)
            return None
        source = open_iterable(self.engine.backend, iterable, fresh)
        driver = self.drivers[key] = Driver(self, region, site, source, frame)
        return driver

    def _is_inner(self, driver: Driver, iterable: Any) -> bool:
        """Whether a loop belongs to a bigger region: it runs under a tape, or has few iterations."""
        if self.engine.backend.under_tape():
            return True
        if driver.region.versions:
            return False
        if driver.source is not None and not driver.source.ahead and isinstance(driver.source, HostSource) and self._runs_inside(driver):
            return True
        wanted = max(0, self.engine.options.profile - driver.region.profiled) + MIN_REST
        assert driver.source is not None
        return driver.source.holds_fewer_than(wanted)

    def _runs_inside(self, driver: Driver) -> bool:
        """Whether another loop is being run around this one."""
        frame: FrameType | None = driver.frame
        while frame is not None:
            if any(key[0] == id(frame) and other is not driver and not other.ended for key, other in self.drivers.items()):
                return True
            frame = frame.f_back
        return False

    def _counted(self, driver: Driver) -> Iterator[Any]:
        """Elements run by Python under the profiler as part of a bigger region: all, unless they turn out to be many."""
        assert driver.source is not None
        count = 0
        while driver.source.ahead or count < LONG:
            try:
                element = driver.source.pop()
            except StopIteration:
                driver.ended = True
                break
            count += 1
            try:
                yield element
            except GeneratorExit:
                driver.source.close()
                raise
        if not driver.ended:
            return  # a loop of its own, after all
        self.store.recorder.trip(_iter_span(driver.site), count)

    def rest(self, number: int) -> Iterable[Any]:
        """Elements for the copy without probes."""
        key = (id(sys._getframe(1)), number)
        driver = self.drivers.get(key)
        if driver is None:
            return iter(()) if key in self.untouched_loops else self.raw.pop(key, iter(()))
        if driver.ended:
            return iter(())
        if driver.region.too_fast:
            assert driver.source is not None
            self.raw[key] = driver.source.remaining()
            self.drivers.pop(key)
            return iter(())
        return driver.rest()

    def untouched(self, number: int) -> Iterable[Any]:
        """Elements for the user's own copy: those of loops that JANUS leaves alone."""
        key = (id(sys._getframe(1)), number)
        driver = self.drivers.pop(key, None)
        del driver
        return self.raw.pop(key, iter(()))

    def again(self, number: int, iterable: Any) -> Iterable[Any]:
        """Elements of an inner loop outside profiling: graphs run it if it has any, otherwise Python."""
        site = self.store.sites.loops[number]
        fresh = made_in_header(site.node, sys.getrefcount(iterable))
        frame = sys._getframe(1)
        region = self.region(site, frame.f_globals, "for")
        if region.status is Status.IMPERATIVE or self.engine.backend.under_tape() or not self.engine.backend.in_eager_mode():
            return iterable  # the user's `for` calls `iter`
        if region.too_fast or (not region.versions and self._is_short(site)):
            return iterable
        source = open_iterable(self.engine.backend, iterable, fresh)
        if not region.versions and source.holds_fewer_than(MIN_REST):
            return source.remaining()
        return Driver(self, region, site, source, frame).rest()

    def _is_short(self, site: LoopSite) -> bool:
        """Whether an inner loop had few iterations whenever it was profiled."""
        return max(self.store.recorder.trips.get(_iter_span(site), {LONG}), default=LONG) < LONG

    # -- while -----------------------------------------------------------------------------------------------------------

    def profile_while(self, number: int) -> bool:
        """Whether the profiled copy of a `while` goes on."""
        frame = sys._getframe(1)
        key = (id(frame), number)
        driver = self.drivers.get(key)
        if driver is None or driver.ended:
            site = self.store.sites.loops[number]
            region = self.region(site, frame.f_globals, "while")
            self._prune(frame)
            driver = self.drivers[key] = Driver(self, region, site, None, frame)
            driver.inner = self.engine.backend.under_tape()
        elif driver.since:
            driver.note_profiled(time.perf_counter() - driver.since)
            driver.since = 0.0
        if driver.inner:
            return True
        self.engine.found(driver.region)
        cold = driver.region.status is Status.COLD and self.engine.backend.in_eager_mode()
        return bool(cold and driver.region.profiled < self.engine.options.profile)

    def holds(self, number: int, value: Any) -> bool:
        """A `while` condition's value, as a bool; False ends the loop in all its copies."""
        key = (id(sys._getframe(1)), number)
        driver = self.drivers.get(key)
        going = bool(value)
        if driver is not None:
            if going:
                driver.count += 1
                if driver.split_scope is None:
                    driver.since = time.perf_counter()
            else:
                driver.ended = True
                driver.leave_split()
                driver.abandon()
                if driver.inner:
                    self.store.recorder.trip(_iter_span(driver.site), driver.count)
        return going

    def rest_while(self, number: int) -> bool:
        """Whether the copy of a `while` without probes goes on; graph calls happen here."""
        key = (id(sys._getframe(1)), number)
        driver = self.drivers.get(key)
        if driver is None or driver.ended:
            self.drivers.pop(key, None)
            return False
        if driver.region.status is Status.IMPERATIVE or driver.region.too_fast or not self.engine.backend.in_eager_mode():
            driver.since = 0.0
            return True
        driver.rest_while()
        return True

    def again_while(self, number: int) -> bool:
        """As `rest_while`, for an inner loop outside profiling."""
        frame = sys._getframe(1)
        key = (id(frame), number)
        driver = self.drivers.get(key)
        if driver is None or driver.ended:
            site = self.store.sites.loops[number]
            region = self.region(site, frame.f_globals, "while")
            self._prune(frame)
            driver = self.drivers[key] = Driver(self, region, site, None, frame)
        if driver.region.versions and not self.engine.backend.under_tape():
            driver.rest_while()
        return True


def _iter_span(site: LoopSite) -> Any:
    node = site.node
    return Span.of(getattr(node, "iter", None) or node.test, site.unit.file)  # type: ignore[union-attr]

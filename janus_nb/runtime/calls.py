"""Regions of calls: a decorated function, each call of which is one iteration."""

from __future__ import annotations

import builtins
import inspect
import time
from types import FunctionType
from typing import Any

from janus_nb.cache.lookup import Miss, lookup
from janus_nb.config import Options
from janus_nb.events import CellStarted, EagerRan, EventBus, Missed, Profiled, RegionFound
from janus_nb.lowering.generate import ARGUMENTS_SLOT, RETURN_SLOT, KeyedParts, Parts, Target, form_of
from janus_nb.profile.instrument import SESSION
from janus_nb.report import Report
from janus_nb.runtime.executor import Executor
from janus_nb.runtime.journal import EffectRaised
from janus_nb.runtime.prepare import Violation
from janus_nb.runtime.region import Region, Status, Version
from janus_nb.runtime.sources import Block
from janus_nb.runtime.verify import Prediction, alike, compare, rehearse
from janus_nb.source.units import function_source
from janus_nb.span import Span
from janus_nb.speculate.policy import Policy


class FunctionRegion:
    """A function under JANUS: profiled, then run as a graph while its assumptions hold."""

    def __init__(self, function: FunctionType, options: Options, store: Any) -> None:
        self.function = function
        self.options = options
        self.store = store
        self.bus = EventBus()
        self.report = Report(self.bus.events)
        self.signature = inspect.signature(function)
        self._engine: Any = None
        self._session: Any = None
        self._missed = False

    def _begin(self) -> None:
        from janus_nb.runtime.engine import Engine
        from janus_nb.runtime.session import Session
        from janus_nb.tf.backend import backend

        self._engine = Engine(backend(), self.options, self.bus, self.store.recorder)
        self._session = Session(self._engine, self.store)
        self.names: dict[str, Any] = {}
        self.executor = Executor(self._engine.backend, lambda: self.names, None)
        found = function_source(self.function)
        span = Span(self.function.__code__.co_filename, self.function.__code__.co_firstlineno, 0, self.function.__code__.co_firstlineno, 1)
        if found is not None:
            span = Span.of(found[0], found[1].file)
            self.bus.emit(CellStarted(found[1].file, found[1].name, found[1].text))
        self.store.count += 1
        self.region = Region(self.store.count, span, Policy(), "function")
        self.unit = found[1] if found else None
        self.node = found[0] if found else None
        unit_name = found[1].name if found else ""
        source = "\n".join(found[1].text.splitlines()[span.line - 1 : span.end_line]) if found else ""
        self.bus.emit(RegionFound(self.region.number, "function", span, f"def {self.function.__name__}", unit_name, source))
        if found is None:
            from janus_nb.lowering.program import Refusal
            from janus_nb.reasons import REASONS

            self._engine._declined(self.region, Refusal(REASONS["JN106"], self.function.__qualname__, span))

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function; the result, effects and exceptions are those of calling it."""
        if self._engine is None:
            self._begin()
        backend = self._engine.backend
        if self.region.status is Status.SPLIT:
            return self._split(args, kwargs)
        if self.region.status is Status.IMPERATIVE or not backend.in_eager_mode() or backend.under_tape():
            return self._imperative(args, kwargs, profiled=False)
        if self.region.profiled < self.options.profile:
            started = time.perf_counter()
            result = self._imperative(args, kwargs, profiled=True)
            seconds = time.perf_counter() - started
            self.region.profiled += 1
            self.region.note_eager(seconds)
            self.bus.emit(Profiled(self.region.number, seconds))
            return result
        try:
            self.names[ARGUMENTS_SLOT.name] = form_of(args, kwargs)
            done, result = self._directly(args, kwargs)
            if not done:
                done, result = self._as_graph(args, kwargs)
        except EffectRaised as raised:
            raise raised.error from None
        except Exception as error:
            self._engine.internal_error(self.region, "call", error)
            done = False
        return result if done else self._eager(args, kwargs, "no graph")

    def _imperative(self, args: tuple[Any, ...], kwargs: dict[str, Any], profiled: bool) -> Any:
        """Run the function in Python: its loops may still be converted by themselves."""
        before = getattr(builtins, SESSION, None)
        setattr(builtins, SESSION, self._session)
        try:
            copy = self._session._copy(self.function, profiled)
            return copy(*args, **kwargs)
        finally:
            setattr(builtins, SESSION, before)

    def _split(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the function in Python, with segments of its body as graphs."""
        with self._session.split(self.region):
            return self._imperative(args, kwargs, profiled=False)

    def _eager(self, args: tuple[Any, ...], kwargs: dict[str, Any], why: str) -> Any:
        started = time.perf_counter()
        result = self._imperative(args, kwargs, profiled=False)
        seconds = time.perf_counter() - started
        self.region.note_eager(seconds)
        self.bus.emit(EagerRan(self.region.number, seconds, why))
        return result

    def _as_graph(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[bool, Any]:
        """Try to answer a call by a graph: (True, result), or (False, None) if Python must run it."""
        element = Parts((Parts(args), KeyedParts(kwargs)))
        version = self._version(element)
        if version is None:
            return False, None
        block = Block([(args, kwargs)], [], element)
        if (not version.verified and self.options.verify != "off") or self.options.verify == "always":
            return self._verified(version, block, args, kwargs)
        started = time.perf_counter()
        outcome, _ = self.executor.run(version, block)
        if outcome.done:
            self._engine.ran(self.region, version, 1, time.perf_counter() - started)
            self._engine.judge(self.region, version)
            if version.program.finals == (RETURN_SLOT,):
                self._engine.let_commit(version)
            return True, self.names.pop(RETURN_SLOT.name)
        if outcome.stopped is not None:
            self._failed(version, outcome.stopped)
        return False, None

    def _directly(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[bool, Any]:
        """Answer a call by a graph that commits by itself, if a version that has one holds."""
        for version in self.region.versions:
            if version.committing is not None and version.holds(self.names):
                started = time.perf_counter()
                finals = self.executor.directly(version, (args, kwargs))
                if finals is None:
                    return False, None
                self._engine.ran(self.region, version, 1, time.perf_counter() - started)
                return True, finals[0]
        return False, None

    def _version(self, element: Any) -> Version | None:
        found = lookup(self.region, self.names)
        if not isinstance(found, Miss):
            self._missed = False
            return found.version
        if self.region.versions:
            self.bus.emit(Missed(self.region.number, found.explain(self.names)))
            self._engine.learn_from_miss(self.region, found)
        if self._missed and not self.region.generate_again:
            return None
        self._missed, self.region.generate_again = True, False
        if self.unit is None or self.node is None:
            return None
        target = Target(self.node, self.unit, self.function.__globals__, frozenset(), element, self.function)  # type: ignore[arg-type]
        return self._engine.generate(self.region, target, self.names)  # type: ignore[no-any-return]

    def _verified(self, version: Version, block: Block, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[bool, Any]:
        predicted = rehearse(self.executor, version, block)
        if not isinstance(predicted, Prediction):
            self._failed(version, predicted)
            return False, None
        result = self._eager(args, kwargs, "verification")
        expected = next(v for s, v in predicted.slots if s == RETURN_SLOT)
        predicted.slots = [(s, v) for s, v in predicted.slots if s != RETURN_SLOT]
        count, differs = compare(self._engine.backend, predicted, self.names)
        if differs is None and not alike(self._engine.backend, result, expected):
            differs = f"result: eager {result!r:.80}, graph {expected!r:.80}"
        self._engine.settle(self.region, version, count + 1, differs)
        return True, result

    def _failed(self, version: Version, why: Violation | Exception) -> None:
        if self._engine.failed(self.region, version, why):
            self._missed = False
        elif isinstance(why, Violation) and why.assumption is None:  # arguments of another kind: another version may serve them
            self._missed, self.region.generate_again = False, True

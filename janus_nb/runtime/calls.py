"""Regions of calls: a decorated function, each call of which is one iteration."""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import MutableMapping
from contextlib import AbstractContextManager, nullcontext
from types import FunctionType
from typing import Any

from janus_nb.config import Options
from janus_nb.events import CellStarted, EagerRan, EventBus, Profiled, RegionFound
from janus_nb.lowering.generate import ARGUMENTS_SLOT, RETURN_SLOT, KeyedParts, Parts, Target, form_of
from janus_nb.proof.fingerprint import Names
from janus_nb.report import Report
from janus_nb.runtime.attempt import Attempt, Committed, PythonRuns
from janus_nb.runtime.executor import Executor
from janus_nb.runtime.region import Region, Status, Version
from janus_nb.runtime.sources import Block
from janus_nb.runtime.verify import Scene
from janus_nb.source.units import function_source
from janus_nb.span import Span
from janus_nb.speculate.policy import Policy
from janus_nb.speculate.slots import UNBOUND


class FunctionRegion:
    """A function under JANUS: profiled, then run as a graph while its assumptions hold."""

    def __init__(self, function: FunctionType, options: Options, store: Any) -> None:
        self.function = function
        self.options = options
        self.store = store
        self.bus = EventBus()
        self.report = Report(self.bus.events)
        self.signature = inspect.signature(function)
        self.engine: Any = None
        self._session: Any = None
        self.callees: dict[int, Any] = {}  # holds code that holds the session: to be emptied when the function is gone

    def _begin(self) -> None:
        from janus_nb.runtime.engine import Engine
        from janus_nb.runtime.session import Session
        from janus_nb.tf.waiting import present_backend

        self.engine = Engine(present_backend(), self.options, self.bus, self.store.recorder)
        self._session = Session(self.engine, self.store, self.callees)
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

            self.engine._declined(self.region, Refusal(REASONS["JN106"], self.function.__qualname__, span))

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function; the result, effects and exceptions are those of calling it."""
        if self.engine is None:
            self._begin()
        backend = self.engine.backend
        if not backend.loaded():
            return self.function(*args, **kwargs)  # there are no tensors yet
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
        call = _Call(self, args, kwargs)
        outcome = call.attempt()
        return call.result if isinstance(outcome, Committed) else self._eager(call, outcome)

    def leave_alone(self, code: str) -> None:
        """Python runs this call, for a reason that lies outside the function."""
        if self.engine is None:
            self._begin()
        self.engine.say_once(self.region, code)

    def _imperative(self, args: tuple[Any, ...], kwargs: dict[str, Any], profiled: bool) -> Any:
        """Run the function in Python: its loops may still be converted by themselves."""
        session = self._session
        session.thread = threading.get_ident()
        try:
            return session.copied(self.function, profiled)(*args, **kwargs)
        finally:
            session.thread = 0

    def _split(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the function in Python, with segments of its body as graphs."""
        with self._session.split(self.region):
            return self._imperative(args, kwargs, profiled=False)

    def _eager(self, call: _Call, outcome: PythonRuns) -> Any:
        """Run the function in Python; if a graph was tried on the same call, compare."""
        started, trial = time.perf_counter(), outcome.trial
        try:
            result = self._imperative(call.args, call.kwargs, profiled=False)
        except BaseException:
            call.attempt.abandon(trial)
            raise
        seconds = time.perf_counter() - started
        with self.engine.contained(self.region, "after a call"):
            self.region.note_eager(seconds)
            self.bus.emit(EagerRan(self.region.number, seconds, outcome.why))
        if trial is None:
            call.attempt.abandon(None)
        else:
            call.result = result
            call.attempt.settle(trial)
        return result


class _Call:
    """One call of a decorated function: what an attempt asks of it."""

    def __init__(self, owner: FunctionRegion, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.owner = owner
        self.region = owner.region
        self.args = args
        self.kwargs = kwargs
        self.element = Parts((Parts(args), KeyedParts(kwargs)))
        self._names: dict[str, Any] = {}
        self._engine = owner.engine
        self.executor = Executor(self._engine.backend, self.names, None)
        self.attempt = Attempt(self._engine, self)

    @property
    def result(self) -> Any:
        """What the call has returned."""
        return self._names[RETURN_SLOT.name]

    @result.setter
    def result(self, value: Any) -> None:
        self._names[RETURN_SLOT.name] = value

    def names(self) -> MutableMapping[str, Any]:
        """The names of the region: the form of the arguments, and what is returned."""
        if ARGUMENTS_SLOT.name not in self._names:
            self._names[ARGUMENTS_SLOT.name] = form_of(self.args, self.kwargs)
        return self._names

    def scene(self) -> Scene:
        """What the call can see: the function with its globals and closure, the arguments, and the result."""
        roots = {self.owner.function.__name__: self.owner.function, "args": self.args, "kwargs": self.kwargs}
        nodes = (self.owner.node,) if self.owner.node is not None else ()
        return Scene(lambda: {**roots, RETURN_SLOT.name: self._names.get(RETURN_SLOT.name, UNBOUND)}, Names(local=frozenset(roots)), nodes)

    def against(self) -> str | None:
        """Why no graph is generated now."""
        return "its text is not known" if self.owner.unit is None or self.owner.node is None else None

    def generate(self) -> Version | None:
        """A graph for these arguments and the state of things now."""
        owner = self.owner
        assert owner.unit is not None and owner.node is not None
        target = Target(owner.node, owner.unit, owner.function.__globals__, frozenset(), self.element, owner.function)
        made: Version | None = self._engine.generate(self.region, target, self._names)
        return made

    def block(self, version: Version, count: int | None) -> Block | None:
        """The arguments are the one element."""
        return Block([(self.args, self.kwargs)], template=self.element)

    def scope(self, rehearsing: bool) -> AbstractContextManager[Any]:
        """Nothing special holds around the graph."""
        return nullcontext()

    def directly(self, version: Version) -> bool:
        """Answer the call by a graph that commits by itself, if there is one and it holds."""
        if version.committing is None:
            return False
        started = time.perf_counter()
        finals = self.executor.directly(version, (self.args, self.kwargs))
        if finals is None:
            return False
        self.result = finals[0]
        with self._engine.contained(self.region, "after a commit"):
            seconds = time.perf_counter() - started
            self._engine.ran(self.region, version, 1, seconds, seconds)
        return True

    def advance(self, done: int) -> None:
        """A call is one iteration."""

    def committed(self, version: Version, block: Block, done: int, seconds: float) -> None:
        """Count the call; a version whose only write is the result commits in its graph from now on."""
        self._engine.ran(self.region, version, 1, seconds, self.executor.inside)
        self._engine.judge(self.region, version)
        if version.program.finals == (RETURN_SLOT,):
            self._engine.let_commit(version)

"""Regions of calls: a decorated function, each call of which is one iteration."""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from types import FunctionType
from typing import Any

from janus_nb.backend import Backend
from janus_nb.cache.version import Version
from janus_nb.config import Options
from janus_nb.events import CellStarted, EagerRan, EventBus, Profiled
from janus_nb.lowering.generate import ARGUMENTS_SLOT, RETURN_SLOT, KeyedParts, Parts, Target, form_of
from janus_nb.lowering.library.table import KNOWLEDGE
from janus_nb.lowering.program import Refusal
from janus_nb.proof.fingerprint import Names
from janus_nb.reasons import REASONS
from janus_nb.runtime.attempt import Attempt, Committed, PythonRuns
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.executor import Executor
from janus_nb.runtime.once import Once
from janus_nb.runtime.probes import Callee
from janus_nb.runtime.region import Region, Status
from janus_nb.runtime.session import Session
from janus_nb.runtime.signals import surfaced_from_handler
from janus_nb.runtime.store import Store
from janus_nb.runtime.verify import Scene
from janus_nb.source.units import FunctionNode, Unit, function_source
from janus_nb.span import Span
from janus_nb.speculate.policy import Policy
from janus_nb.speculate.slots import UNBOUND

_log = logging.getLogger("janus_nb")


class FunctionRegion:
    """A function under JANUS: profiled, then run as a graph while its assumptions hold."""

    def __init__(self, function: FunctionType, options: Options, store: Store, bus: EventBus, backend: Callable[[], Backend]) -> None:
        self.function = function
        self.options = options
        self.store = store
        self.bus = bus
        self.callees: dict[int, Callee] = {}  # holds code that holds the session: to be emptied when the function is gone
        self._backend = backend
        self._known = KNOWLEDGE.version  # which knowledge of libraries the graphs are made with
        self._began = False  # whether the user's function runs, or has run: what it raises is the user's

    @functools.cached_property
    def engine(self) -> Engine:
        """The engine of this function, made at its first call: the function and its region are announced."""
        engine = Engine(self._backend(), self.options, self.bus, self.store.recorder)
        if self.unit is not None:
            self.bus.emit(CellStarted(self.unit.file, self.unit.name, self.unit.text))
        engine.announce.found(self.region)
        if self.unit is None:
            engine.judge.refused(self.region, Refusal(REASONS["JN106"], self.function.__qualname__, self.region.span))
        return engine

    @functools.cached_property
    def _session(self) -> Session:
        return Session(self.engine, self.store, self.callees)

    @functools.cached_property
    def _found(self) -> tuple[FunctionNode, Unit] | None:
        return function_source(self.function)

    @property
    def node(self) -> FunctionNode | None:
        """The function in its text, if that is known."""
        return self._found[0] if self._found is not None else None

    @property
    def unit(self) -> Unit | None:
        """The text."""
        return self._found[1] if self._found is not None else None

    @functools.cached_property
    def region(self) -> Region:
        """The function as a region."""
        code, title = self.function.__code__, f"def {self.function.__name__}"
        if self._found is None:
            span = Span(code.co_filename, code.co_firstlineno, 0, code.co_firstlineno, 1)
            return Region(self.store.next_number(), span, Policy(), "function", title)
        node, unit = self._found
        span = Span.of(node, unit.file)
        source = "\n".join(unit.text.splitlines()[span.line - 1 : span.end_line])
        return Region(self.store.next_number(), span, Policy(), "function", title, unit.name, source)

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function; the result, effects and exceptions are those of calling it."""
        try:
            run = self._chosen(args, kwargs)
        except Exception as error:
            if surfaced_from_handler(error):
                raise
            _log.debug("JANUS failed at a call of %s; Python runs it", self.function.__qualname__, exc_info=True)
            return self.function(*args, **kwargs)
        self._began = False
        try:
            return run()
        except Exception as error:
            if self._began or surfaced_from_handler(error):
                raise
            _log.debug("JANUS failed before a call of %s; Python runs it", self.function.__qualname__, exc_info=True)
        return self.function(*args, **kwargs)

    def _chosen(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Callable[[], Any]:
        """How this call is run; if a graph has run it, how its result is had."""
        if self._known != KNOWLEDGE.version:
            self._begin_anew()
        backend = self.engine.backend
        if not backend.loaded():
            return partial(self._plainly, args, kwargs)  # there are no tensors yet
        if self.region.status is Status.SPLIT:
            return partial(self._split, args, kwargs)
        if self.region.status is Status.IMPERATIVE or not backend.in_eager_mode() or backend.under_tape():
            return partial(self._imperative, args, kwargs)
        if self.region.profiled < self.options.profile:
            return partial(self._profiled, args, kwargs)
        call = _Call(self, args, kwargs)
        outcome = call.attempt()
        return (lambda: call.result) if isinstance(outcome, Committed) else partial(self._eager, call, outcome)

    def _begin_anew(self) -> None:
        """Something was said of a library since the graphs were made: they are forgotten."""
        self._known = KNOWLEDGE.version
        self.callees.clear()
        for made in ("engine", "region", "_session"):
            vars(self).pop(made, None)

    def leave_alone(self, code: str) -> None:
        """Python runs this call, for a reason that lies outside the function."""
        self.engine.announce.say_once(self.region, code)

    def _imperative(self, args: tuple[Any, ...], kwargs: dict[str, Any], profiled: bool = False) -> Any:
        """Run the function in Python: its loops may still be converted by themselves."""
        run: Callable[..., Any] = self.function
        with self.engine.contained(self.region, "a call's copy"):
            run = self._session.copied(self.function, profiled)
        self._session.thread = threading.get_ident()
        self._began = True
        try:
            return run(*args, **kwargs)
        finally:
            self._session.thread = 0

    def _plainly(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._began = True
        return self.function(*args, **kwargs)

    def _profiled(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the function in Python, under the profiler."""
        started = time.perf_counter()
        result = self._imperative(args, kwargs, profiled=True)
        seconds = time.perf_counter() - started
        with self.engine.contained(self.region, "profile"):
            self.region.profiled += 1
            self.region.note_eager(seconds)
            self.bus.emit(Profiled(self.region.number, seconds))
        return result

    def _split(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the function in Python, with segments of its body as graphs."""
        with self.engine.containment.opened(self.region, "segments", lambda: self._session.split(self.region)):
            return self._imperative(args, kwargs)

    def _eager(self, call: _Call, outcome: PythonRuns) -> Any:
        """Run the function in Python; if a graph was tried on the same call, compare."""
        started, trial = time.perf_counter(), outcome.trial
        try:
            result = self._imperative(call.args, call.kwargs)
        except BaseException:
            with self.engine.contained(self.region, "after a call"):
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


class _Call(Once):
    """One call of a decorated function: what an attempt asks of it."""

    def __init__(self, owner: FunctionRegion, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.owner = owner
        self.args = args
        self.kwargs = kwargs
        self._names: dict[str, Any] = {}
        executor = Executor(owner.engine.backend, self.names, None)
        super().__init__(owner.engine, owner.region, executor, (args, kwargs), Parts((Parts(args), KeyedParts(kwargs))))
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
        target = Target(owner.node, owner.unit, owner.function.__globals__, frozenset(), self.template, owner.function)
        return self._engine.generate(self.region, target, self._names)

    def scope(self, rehearsing: bool) -> AbstractContextManager[Any]:
        """Nothing special holds around the graph."""
        return nullcontext()

    def may_commit(self, version: Version) -> bool:
        """Nothing stands against it."""
        return True

    def lasts(self, version: Version) -> bool:
        """Whether its only write is the result."""
        return version.program.host.finals == (RETURN_SLOT,)

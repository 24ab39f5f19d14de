"""The one page that wires it all: a cell's text in, a run and a report out.

text -> source.units -> profile.instrument -> runtime.session (drivers: speculate, lower, run, commit) -> events -> Report
"""

from __future__ import annotations

import ast
import builtins
import functools
import hashlib
import logging
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FunctionType, TracebackType
from typing import Any, TypeVar, overload

from janus_nb.backend import Backend
from janus_nb.config import Options
from janus_nb.events import CellFinished, CellStarted, Event, EventBus
from janus_nb.profile.bind import bind
from janus_nb.report import Report
from janus_nb.runtime.bystanders import bystander
from janus_nb.runtime.calls import FunctionRegion
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.session import Session
from janus_nb.runtime.store import Store
from janus_nb.source import warned
from janus_nb.source.units import Unit, add_unit

_log = logging.getLogger("janus_nb")

F = TypeVar("F", bound=Callable[..., Any])


def _present_backend() -> Backend:
    """The tensor library that is loaded, or will be: TensorFlow's package is not imported before somebody asks."""
    from janus_nb.tf.waiting import present_backend

    return present_backend()


@dataclass(frozen=True, slots=True)
class Decorated:
    """What a decorated function carries: its region, and the report of all its calls."""

    region: FunctionRegion
    report: Report


class Runtime:
    """What lives as long as the process (or the notebook's kernel): graphs, profiles, the last report."""

    def __init__(self) -> None:
        self.store = Store()
        self.last: Report | None = None
        self.cells = 0

    def begin(self, unit: Unit, options: Options) -> Cell:
        """A new cell run."""
        bus = EventBus()
        engine = Engine(_present_backend(), options, bus, self.store.recorder)
        return Cell(self, unit, bus, Session(engine, self.store))

    def forget(self) -> None:
        """Drop all graphs and profiles."""
        self.store = Store()


class Cell:
    """One run of a cell."""

    def __init__(self, runtime: Runtime, unit: Unit, bus: EventBus, session: Session) -> None:
        self.runtime = runtime
        self.unit = unit
        self.bus = bus
        self.session = session
        self.report = Report(bus.events)
        self.started = 0.0

    def instrumented(self, tree: ast.Module) -> ast.Module:
        """The instrumented copy of the cell's tree; made once for a text."""
        return self.runtime.store.copies.cell(self.unit, tree)

    def bound(self, code: CodeType) -> CodeType:
        """The compiled copy, calling this run's session; other code as it is."""
        return bind(code, self.session)

    def start(self) -> None:
        """The cell begins, in this thread."""
        self.session.thread = threading.get_ident()
        self.started = time.perf_counter()
        self.bus.emit(CellStarted(self.unit.file, self.unit.name, self.unit.text))

    def finish(self, error: BaseException | None) -> Report:
        """The cell is over."""
        self.runtime.last = self.report
        try:
            self.bus.emit(CellFinished(self.unit.file, time.perf_counter() - self.started, type(error).__name__ if error else None))
            self.session.finish()
        except Exception:
            _log.warning("JANUS failed at the end of a cell", exc_info=True)
        return self.report


runtime = Runtime()


def run_cell(
    source: str, namespace: dict[str, Any] | None = None, *, name: str | None = None, watch: Callable[[Event], None] | None = None, **options: Any
) -> Report:
    """Run source text as a cell under JANUS, outside IPython.

    Args:
        source: Python source text.
        namespace: The cell's global names; changed in place, as a cell changes the user's. A new one by default.
        name: Shown in reports; `Cell [n]` by default.
        watch: Called with every event as it happens.
        **options: See `janus_nb.config.Options`.

    Returns:
        The report of this run. If the cell raises, `janus_nb.explain()` returns it.

    Raises:
        SyntaxError: Python's own, for the text.
        OptionError: for an unknown option or a bad value, before anything runs.
        BaseException: whatever the cell raises, unchanged.
    """
    checked = Options.make(**options)
    runtime.cells += 1
    name = name or f"Cell [{runtime.cells}]"
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    unit = add_unit(f"<janus-cell {digest}>", name, source)
    scope: dict[str, Any] = namespace if namespace is not None else {"__name__": "__main__"}
    scope.setdefault("__builtins__", vars(builtins))
    cell, code = _begun(unit, checked, watch)
    error: BaseException | None = None
    try:
        exec(code, scope)
    except BaseException as raised:
        error = raised
        raise raised.with_traceback(users_frames(raised.__traceback__)) from raised.__cause__
    finally:
        if cell is not None:
            cell.finish(error)
    return cell.report if cell is not None else Report([])


def _begun(unit: Unit, options: Options, watch: Callable[[Event], None] | None) -> tuple[Cell | None, CodeType]:
    """A new run of a cell, and its code; without one, if JANUS fails to begin it, the user's own code."""
    try:
        cell = runtime.begin(unit, options)
        if watch is not None:
            cell.bus.subscribe(watch)
        code = _compile(cell, unit)
        cell.start()
        return cell, code
    except SyntaxError:
        raise
    except Exception:
        _log.warning("JANUS could not begin this cell; it runs as plain Python", exc_info=True)
        return None, compile(unit.text, unit.file, "exec", dont_inherit=True)


def _compile(cell: Cell, unit: Unit) -> CodeType:
    """The cell's code: compiled as Python would compile it, under its own `from __future__` statements only."""
    try:
        with warned.once():
            code = compile(cell.instrumented(unit.tree), unit.file, "exec", dont_inherit=True)
        return cell.bound(code)
    except Exception as error:
        if not isinstance(error, SyntaxError):
            _log.warning("JANUS could not prepare this cell; it runs as plain Python", exc_info=True)
        return compile(unit.text, unit.file, "exec", dont_inherit=True)


def users_frames(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of JANUS, above and below the user's."""
    if trace is None:
        return None
    rest = users_frames(trace.tb_next)
    if trace.tb_frame.f_globals.get("__name__", "").partition(".")[0] == "janus_nb":
        return rest
    trace.tb_next = rest
    return trace


def _accompanied(region: FunctionRegion) -> bool:
    """Whether Python has to run a call because somebody else is there."""
    try:
        code = bystander()
        if code is not None:
            region.leave_alone(code)
        return code is not None
    except Exception:
        _log.debug("JANUS failed before a call; Python runs it", exc_info=True)
        return True


@overload
def function(f: F, **options: Any) -> F: ...
@overload
def function(f: None = None, **options: Any) -> Callable[[F], F]: ...
def function(f: Any = None, **options: Any) -> Any:
    """Run a function under JANUS: same semantics as calling it, faster once it is converted.

    Args:
        f: The function; without it, returns a decorator.
        **options: See `janus_nb.config.Options`.

    Returns:
        A function with the same signature. `janus_nb.explain` gives its report.

    Raises:
        OptionError: for an unknown option or a bad value, at decoration.
        TypeError: if `f` is not a Python function.
    """
    checked = Options.make(**options)
    if f is None:
        return lambda inner: function(inner, **options)
    if not isinstance(f, FunctionType):
        raise TypeError(f"janus_nb.function expects a Python function, got a {type(f).__name__}")
    bus = EventBus()
    try:
        region = FunctionRegion(f, checked, runtime.store, bus, _present_backend)
    except Exception:
        _log.warning("JANUS could not decorate %s; it runs as plain Python", f.__qualname__, exc_info=True)
        return f
    free = threading.Lock()

    @functools.wraps(f)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        """One call at a time is JANUS's: a call inside another one, or in another thread, is Python's."""
        if not free.acquire(blocking=False):
            return f(*args, **kwargs)
        try:
            if not _accompanied(region):
                return region.call(args, kwargs)
        finally:
            free.release()
        return f(*args, **kwargs)

    weakref.finalize(wrapper, region.callees.clear)
    wrapper.__janus__ = Decorated(region, Report(bus.events))  # type: ignore[attr-defined]
    return wrapper


def explain(f: Any = None) -> Report:
    """What was assumed, generated, declined and why: of a decorated function, or of the last cell.

    Raises:
        ValueError: `f` was not decorated with `janus_nb.function`, or nothing has run yet.
    """
    if f is None:
        if runtime.last is None:
            raise ValueError("nothing has run under JANUS yet: run a %%janus cell or janus_nb.run_cell(...) first")
        return runtime.last
    decorated = getattr(f, "__janus__", None)
    if decorated is None:
        raise ValueError(f"{getattr(f, '__name__', f)!r} is not a function decorated with janus_nb.function")
    return decorated.report  # type: ignore[no-any-return]

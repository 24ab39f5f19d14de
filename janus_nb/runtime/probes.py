"""Probes: what instrumented code asks beside its loops. Tests are recorded, and called functions replaced by their copies."""

from __future__ import annotations

import ast
import dis
import logging
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType
from typing import Any

from janus_nb.profile.bind import bind
from janus_nb.profile.instrument import copy_of
from janus_nb.runtime.driver import Driver
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.quiet import CALLS, Quiet
from janus_nb.runtime.store import Store
from janus_nb.source.units import is_user_function

PASS_BY = 64
"""Calls of a function without tensor work after which it is asked again whether there is any."""

_log = logging.getLogger("janus_nb")
_JUMPS = frozenset({*dis.hasjrel, *dis.hasjabs})
_SIZED = frozenset({list, tuple, dict, set, frozenset, range, str, bytes, type({}.keys()), type({}.values()), type({}.items())})
MAX_ELEMENTS = 1000
"""Comprehensions over more elements than this are not probed: no loop in a graph is unrolled so far, and probes take their time."""

MAX_CALLEES = 1024
"""Functions of which a session remembers the copies."""

MAX_REACH = 24
"""Functions that are looked through for loops before a comprehension begins."""


@dataclass(slots=True)
class Callee:
    """What is known of a called function's code in one session.

    Attributes:
        code: The user's code: held, so that no other code gets its `id`.
        users: Whether the function is the user's.
        copies: Code bound to the session, without and with probes; `None` where there is none, `True` where it is not known.
        pass_by: How many more calls are the user's own function's, before it is asked again whether there is tensor work.
    """

    code: CodeType
    users: bool
    copies: list[CodeType | bool | None]
    pass_by: int = 0


class Probes:
    """The part of a session that instrumented code calls outside of loops.

    Attributes:
        thread: The thread in which this session's code runs now; 0 when it does not. Code that has escaped to other threads, or
            outlives the cell (generator expressions), runs as Python would run it.
        quiet: Which loops and functions compute no tensor.
        drivers: Loops under way, by frame and number, that are (or may be) converted.
    """

    def __init__(self, engine: Engine, store: Store, callees: dict[int, Callee] | None = None) -> None:
        self.engine = engine
        self.store = store
        self.thread = threading.get_ident()
        self.quiet = Quiet(engine.backend.work_done)
        self.drivers: dict[tuple[int, int], Driver] = {}
        self._callees = callees if callees is not None else {}
        self._iterables: dict[tuple[int, int], Any] = {}

    def awake(self) -> bool:
        """Whether this is the session's own thread, and a tensor library is loaded that could have something to do."""
        return self.thread == threading.get_ident() and self.engine.backend.loaded()

    def test(self, site: int, value: Any) -> bool:
        """A test's value, as the bool that Python would make of it; recorded."""
        taken = bool(value)
        try:
            self._record(site, taken)
        except Exception:
            _log.debug("JANUS failed to record a test; Python goes on", exc_info=True)
        return taken

    def _record(self, site: int, taken: bool) -> None:
        self.store.recorder.branch(self.store.sites.tests[site], taken)

    def operand(self, site: int, value: Any) -> Any:
        """An operand of `and`/`or`; recorded when its truth can be taken twice."""
        try:
            if type(value).__module__ in ("builtins", "numpy") or self.engine.backend.is_tensor(value):
                self._record(site, bool(value))
        except Exception:
            return value  # if its truth cannot be told, Python itself will raise, at the user's line
        return value

    # -- called functions ----------------------------------------------------------------------------------------------

    def called(self, function: Any) -> Any:
        """A function about to be called from profiled code: its instrumented copy, if it is the user's."""
        try:
            return self._copy(function, True)
        except Exception:
            _log.debug("JANUS failed to copy a function; Python goes on", exc_info=True)
            return function

    def plain(self, function: Any) -> Any:
        """A function about to be called from other code."""
        try:
            return self._copy(function, False)
        except Exception:
            _log.debug("JANUS failed to copy a function; Python goes on", exc_info=True)
            return function

    def _copy(self, function: Any, profiled: bool) -> Any:
        kind = type(function)
        inner = function.__func__ if kind is MethodType else function
        if type(inner) is not FunctionType:
            self._touch(kind.__module__)
            return function
        callee = self._callees.get(id(inner.__code__))
        if callee is None:
            if not self.awake():
                return function
            if len(self._callees) >= MAX_CALLEES:
                self._callees.clear()
            callee = self._callees[id(inner.__code__)] = Callee(inner.__code__, is_user_function(inner), [True, True])
        if not callee.users:
            self._touch(inner.__module__)
            return function
        if callee.pass_by:
            callee.pass_by -= 1
            return function
        if self.quiet.note(id(callee)) >= CALLS or not self.awake():
            callee.pass_by = PASS_BY
            return function
        made = self._made(callee, inner, profiled)
        if made is inner:
            return function
        return MethodType(made, function.__self__) if kind is MethodType else made

    def _made(self, callee: Callee, function: FunctionType, profiled: bool) -> FunctionType:
        """A copy of a function as it is now; the function itself if there is none."""
        code = callee.copies[profiled]
        if code is True:
            made = self.store.copies.code(function, profiled)
            code = callee.copies[profiled] = bind(made, self) if made is not None else None
        return copy_of(function, code) if isinstance(code, CodeType) else function

    def copied(self, function: FunctionType, profiled: bool) -> FunctionType:
        """The instrumented copy of a function that was put under JANUS; the function itself if there is none."""
        code = function.__code__
        callee = self._callees.setdefault(id(code), Callee(code, True, [True, True]))
        return self._made(callee, function, profiled)

    def _touch(self, module: Any) -> None:
        """Something of this module is called: work for the tensor library, if it is its own."""
        if type(module) is str and module.partition(".")[0] in self.engine.backend.modules:
            self.quiet.touched += 1

    # -- comprehensions ------------------------------------------------------------------------------------------------

    def observes(self, site: int, iterable: Any) -> bool:
        """Whether a comprehension's calls are probed: not once it is known to compute no tensor, nor where nothing could be converted.

        Inside a loop that may be converted, its first evaluation is looked at; outside, only functions with loops in them matter.
        """
        frame = sys._getframe(1)
        self._iterables[id(frame), site] = iterable
        try:
            return self._observes(site, iterable, frame.f_globals)
        except Exception:
            _log.debug("JANUS failed to judge a comprehension; Python goes on", exc_info=True)
            return False

    def _observes(self, site: int, iterable: Any, names: dict[str, Any]) -> bool:
        if not self.awake() or (type(iterable) in _SIZED and len(iterable) > MAX_ELEMENTS):
            return False
        if self.drivers:
            return self.quiet.note(("comprehension", site)) == 0
        return any(has_loop(f) for called in self.store.sites.comprehensions[site] for f in _named(called, names))

    def handed(self, site: int) -> Any:
        """What the comprehension iterates over, whichever copy of it runs."""
        return self._iterables.pop((id(sys._getframe(1)), site))

    def forget(self) -> None:
        """The cell is over: copies are made again when there is another run."""
        self.thread = 0
        self._callees.clear()


def _named(called: ast.expr, names: dict[str, Any]) -> Iterator[FunctionType]:
    """The user's functions that a callee `f` or `obj.method` names among global names, found without running anything of the user's."""
    if isinstance(called, ast.Name):
        found = names.get(called.id)
        found = found.__func__ if type(found) is MethodType else found
        if type(found) is FunctionType:
            yield found
    elif isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        owner = names.get(called.value.id)
        classes = type.__dict__["__mro__"].__get__(owner if isinstance(owner, type) else type(owner))
        members = next((vars(kind)[called.attr] for kind in classes if called.attr in vars(kind)), None)
        if type(members) is FunctionType:
            yield members


def has_loop(function: FunctionType) -> bool:
    """Whether a user function, or one that it names and so may call, has a loop."""
    seen: list[FunctionType] = [function]
    for current in seen:
        if not is_user_function(current):
            continue
        if _jumps_back(current.__code__):
            return True
        for name in current.__code__.co_names:
            named = current.__globals__.get(name)
            if type(named) is FunctionType and named not in seen and len(seen) < MAX_REACH:
                seen.append(named)
    return False


def _jumps_back(code: CodeType) -> bool:
    return any(i.opcode in _JUMPS and i.argval <= i.offset for i in dis.get_instructions(code))


__all__ = ["Probes", "has_loop"]

"""Signals wait while JANUS is at work, and then surface once, at once, with consistent state.

    with deferred_signals():         Ctrl-C, an alarm, ... arrives here: noted
        ...
        with interruptible():        nothing is half done here (a graph runs, which writes nothing): the user's handler runs at once,
            graph.run(...)           and what it raises leaves both contexts
        ...
                                     here the handlers of signals that were noted run, and what they raise is raised

A Python signal handler may run between any two instructions, also in the middle of a commit. So while JANUS prepares,
runs, or commits a graph call, every handler written in Python is replaced by one that takes notes.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

_WATCHED = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGALRM", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGHUP", "SIGVTALRM", "SIGPROF")
    if hasattr(signal, name)
)


class Surfaced(BaseException):
    """What a handler of the user's has raised, on its way out; no `except Exception` of ours takes it for an error of JANUS's own.

    Attributes:
        error: What was raised.
    """

    def __init__(self, error: BaseException) -> None:
        super().__init__(error)
        self.error = error


def surfaced_from_handler(error: BaseException) -> bool:
    """Whether a signal handler has raised an error: it is the user's, wherever it came up."""
    handlers = [signal.getsignal(number) for number in _WATCHED]
    codes = {getattr(getattr(h, "__func__", h), "__code__", None) for h in handlers} - {None, deferred_signals._note.__code__}
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in codes:
            return True
        trace = trace.tb_next
    return False


class deferred_signals:
    """A context in which the user's signal handlers wait. Contexts may be nested; only the main thread runs handlers."""

    __slots__ = ("_before", "_noted")

    def __enter__(self) -> deferred_signals:
        self._noted: list[tuple[int, FrameType | None]] = []
        self._before: list[tuple[int, Any]] = []
        if threading.current_thread() is threading.main_thread():
            for number in _WATCHED:
                handler = signal.getsignal(number)
                if callable(handler) and getattr(handler, "__func__", None) is not deferred_signals._note:
                    self._before.append((number, handler))
                    signal.signal(number, self._note)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        __tracebackhide__ = True
        for number, handler in self._before:
            signal.signal(number, handler)
        if isinstance(error, Surfaced) and self._before:
            raise error.error from None
        handlers, noted = dict(self._before), self._noted
        for index, (number, frame) in enumerate(noted):
            try:
                handlers[number](number, frame)
            except BaseException:
                for later, _ in noted[index + 1 :]:
                    signal.raise_signal(later)
                raise

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._noted.append((number, frame))

    def handler(self, number: int) -> Any:
        """The user's handler of a signal that waits."""
        return dict(self._before)[number]


class interruptible:
    """A context, within one of deferred signals, in which the user's handlers run at once, because nothing is half done."""

    __slots__ = ("_waiting",)

    def __enter__(self) -> interruptible:
        self._waiting: list[tuple[int, Any]] = []
        if threading.current_thread() is threading.main_thread():
            for number in _WATCHED:
                waiting = signal.getsignal(number)
                if getattr(waiting, "__func__", None) is deferred_signals._note:
                    self._waiting.append((number, waiting))
        for number, waiting in self._waiting:
            signal.signal(number, _surfacing(waiting.__self__.handler(number)))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        __tracebackhide__ = True
        for number, waiting in self._waiting:
            signal.signal(number, waiting)


def _surfacing(handler: Any) -> Any:
    def surface(number: int, frame: FrameType | None) -> None:
        __tracebackhide__ = True
        try:
            handler(number, frame)
        except BaseException as error:
            raise Surfaced(error) from None

    return surface


__all__ = ["Surfaced", "deferred_signals", "interruptible", "surfaced_from_handler"]

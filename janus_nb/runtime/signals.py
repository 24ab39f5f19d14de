"""Signals wait while JANUS is at work, and then surface once, at once, with consistent state.

    with deferred_signals():      Ctrl-C, an alarm, ... arrives here: noted
        ...
                                  here the user's own handler runs, and what it raises is raised

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
        for number, handler in self._before:
            signal.signal(number, handler)
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


__all__ = ["deferred_signals"]

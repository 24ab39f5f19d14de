"""Who else is there: a debugger, profiler or coverage tool that wants to see every line, or a thread that runs the user's code.

Graph iterations cannot be traced, and a thread may change at any moment what a graph call has read: either of them leaves
the region to Python.
"""

from __future__ import annotations

import sys
import threading
from types import FrameType

from janus_nb.source.units import is_user_file

TRACED = "JN410"
THREADS = "JN411"


def bystander() -> str | None:
    """The code of the reason why Python has to run what begins now; `None` if nobody else is there."""
    if is_traced():
        return TRACED
    return THREADS if in_company() else None


def is_traced() -> bool:
    """Whether somebody follows this thread line by line or call by call."""
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return True
    monitoring = getattr(sys, "monitoring", None)  # Python 3.12
    return monitoring is not None and any(monitoring.get_tool(tool) and monitoring.get_events(tool) for tool in range(6))


def in_company() -> bool:
    """Whether another thread is running code of the user's, or a timer will.

    Threads of libraries (the kernel's own, pools without work, progress bars) have no frame of the user's on their stack. Such a
    thread begins to run user code only when somebody hands it some, and then it has one.
    """
    me = threading.get_ident()
    frames = sys._current_frames()
    frames.pop(me, None)  # this very frame: kept in its own local variable, it would keep the user's objects
    if not frames:
        return False
    for ident, frame in frames.items():
        if _innocent.get(ident) is not frame:
            if _runs_user_code(frame):
                return True
            _innocent[ident] = frame
    for ident in _innocent.keys() - frames.keys():
        _innocent.pop(ident, None)
    return any(isinstance(thread, threading.Timer) and thread.ident != me and not thread.finished.is_set() for thread in threading.enumerate())


_innocent: dict[int, FrameType] = {}
"""By thread: a frame that was at the top of its stack when nothing of the user's was below it. It has the same callers as long as it runs."""


def _runs_user_code(frame: FrameType | None) -> bool:
    while frame is not None:
        file = frame.f_code.co_filename
        if is_user_file(file) or (file.startswith("<") and not file.startswith("<frozen")):
            return True
        frame = frame.f_back
    return False


__all__ = ["THREADS", "TRACED", "bystander", "in_company", "is_traced"]

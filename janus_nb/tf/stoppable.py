"""Graph calls that a signal can stop: Ctrl-C, or a time limit by `signal.alarm`.

Python runs signal handlers in the main thread, between its own instructions; a long call of the run time has none. So such a call is made
in a thread of its own while the main thread waits for it, in which it can be interrupted. When a handler raises, the call is cancelled
and waited for, and the exception goes on. Graphs write nothing while they run, so that nothing is left half done.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from typing import Any

from tensorflow.python.eager import cancellation, context


class _Job:
    """A call, and what came of it."""

    def __init__(self, call: Callable[[Any], Any] | None, device: str) -> None:
        self.call = call
        self.device = device
        self.manager = cancellation.CancellationManager() if call is not None else None
        self.result: Any = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()

    def run(self) -> None:
        """Make the call, in the worker."""
        try:
            if self.call is not None:
                context.context()._thread_local_data.device_name = self.device
                self.result = self.call(self.manager)
        except BaseException as error:  # it belongs to the thread that waits
            self.error = error
        finally:
            self.call = None
            self.done.release()


class _Worker:
    """The thread that makes calls, one at a time."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="janus graph calls", daemon=True).start()

    def _work(self) -> None:
        while True:
            self.jobs.get().run()

    def call(self, function: Callable[[Any], Any]) -> Any:
        """The result of a call that can be cancelled by the manager it is given."""
        job = _Job(function, context.context()._thread_local_data.device_name)
        try:
            self.jobs.put(job)
            job.done.acquire()
        except BaseException:
            assert job.manager is not None
            job.manager.start_cancel()
            self._wait()
            raise
        if job.error is not None:
            raise job.error
        return job.result

    def _wait(self) -> None:
        """Until all calls made so far are over, whatever signals come meanwhile: an exception is on its way already."""
        while True:
            last = _Job(None, "")
            try:
                self.jobs.put(last)
                last.done.acquire()
                return
            except BaseException:
                continue


_worker: _Worker | None = None


def in_main_thread() -> bool:
    """Whether signal handlers run in this thread."""
    return threading.current_thread() is threading.main_thread()


def call(function: Callable[[Any], Any]) -> Any:
    """Call `function` with a cancellation manager, so that a signal handler that raises stops it. Only in the main thread."""
    global _worker
    if _worker is None or _worker.process != os.getpid():
        _worker = _Worker()
    return _worker.call(function)


__all__ = ["call", "in_main_thread"]

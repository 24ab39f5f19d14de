"""Text that a stretch of the user's code prints, taken down while it is printed; and text that is not printed a second time.

    with a Transcript open:   print("step", 3)      ->  the stream gets it as ever;  transcript.text == "step 3\n"

The streams themselves stay in place: only the `write` of the two objects behind `sys.stdout` and `sys.stderr` is watched, so a library that
holds one of them is heard as well.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

from janus_nb.source.units import is_user_class


def watch(stream: Any, hear: Callable[[str], str]) -> Callable[[], None] | None:
    """Let `hear` have every text that is written to a stream, and say what of it is written; the newest hears first.

    Several may listen, and stop in any order. Returns what ends it; `None` if the stream cannot be watched.
    """
    held = getattr(stream, "__dict__", None)
    if held is None:
        return None
    watched = held.get("write")
    if not isinstance(watched, FunctionType) or watched.__code__ is not _CODE:
        try:
            watched = stream.write = _watched(stream.write, held.get("write"))
        except AttributeError:
            return None
    listeners: list[Callable[[str], str]] = watched.__dict__["listeners"]
    listeners.append(hear)

    def undo() -> None:
        listeners.remove(hear)
        if not listeners and held.get("write") is watched:
            if watched.__dict__["before"] is None:
                del held["write"]
            else:
                held["write"] = watched.__dict__["before"]

    return undo


def _watched(write: Callable[[str], Any], before: Any) -> Any:
    """A stream's `write` that lets others hear; `before` is what the object itself held."""
    listeners: list[Callable[[str], str]] = []

    def watched(text: str) -> Any:
        if not isinstance(text, str):
            return write(text)
        kept = text
        for hear in reversed(listeners[:]):
            kept = hear(kept)
        return write(kept) if kept or not text else len(text)

    watched.__dict__.update(listeners=listeners, before=before)
    return watched


_CODE = _watched(len, None).__code__


class Transcript:
    """What one thread writes to the standard streams, from `open()` to `close()`.

    Attributes:
        text: What was written.
        complete: Whether all that is printed was taken down.
    """

    def __init__(self, mute: str = "") -> None:
        self.text = ""
        self.complete = True
        self._mute = mute
        self._thread = threading.get_ident()
        self._undo: list[Callable[[], None]] = []

    def open(self) -> Transcript:
        """Begin."""
        streams = [sys.stdout] if sys.stdout is sys.stderr else [sys.stdout, sys.stderr]
        for stream in streams:
            self._watch(stream)
        return self

    def close(self) -> None:
        """End: the streams are as before."""
        while self._undo:
            self._undo.pop()()

    def _watch(self, stream: Any) -> None:
        held = getattr(stream, "__dict__", None)
        own = held is None or is_user_class(type(stream))  # what a stream of the user's does is an effect on objects like any other
        self.complete = self.complete and not own
        if held is None or (own and not self._mute):
            return
        undo = watch(stream, self._hear)
        if undo is None:
            self.complete = False
        else:
            self._undo.append(undo)

    def _hear(self, text: str) -> str:
        if threading.get_ident() != self._thread:
            return text
        self.text += text
        return self._unmuted(text)

    def _unmuted(self, text: str) -> str:
        """What of a text has not been printed before."""
        common = 0
        while common < min(len(text), len(self._mute)) and text[common] == self._mute[common]:
            common += 1
        self._mute = self._mute[common:] if common == len(text) else ""
        return text[common:]


__all__ = ["Transcript", "watch"]

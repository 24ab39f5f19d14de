"""Text that a stretch of the user's code prints, taken down while it is printed; and text that is not printed a second time.

    with a Transcript open:   print("step", 3)      ->  the stream gets it as ever;  transcript.text == "step 3\n"

The streams themselves stay in place: only the `write` of the two objects behind `sys.stdout` and `sys.stderr` is watched, so a library that
holds one of them is heard as well.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any

from janus_nb.source.units import is_user_class


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
        write, had = stream.write, "write" in held
        before = held.get("write")

        def watched(text: str) -> Any:
            if threading.get_ident() != self._thread or not isinstance(text, str):
                return write(text)
            self.text += text
            kept = self._unmuted(text)
            return write(kept) if kept or not text else len(text)

        def undo() -> None:
            if held.get("write") is watched:
                if had:
                    held["write"] = before
                else:
                    del held["write"]

        try:
            stream.write = watched
        except AttributeError:
            self.complete = False
            return
        self._undo.append(undo)

    def _unmuted(self, text: str) -> str:
        """What of a text has not been printed before."""
        common = 0
        while common < min(len(text), len(self._mute)) and text[common] == self._mute[common]:
            common += 1
        self._mute = self._mute[common:] if common == len(text) else ""
        return text[common:]


__all__ = ["Transcript"]

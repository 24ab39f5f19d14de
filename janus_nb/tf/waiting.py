"""A backend that waits for TensorFlow: until the user imports it nothing is a tensor, and JANUS does not import it either."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from janus_nb.backend import Backend


class WaitingBackend:
    """Stands for the TensorFlow backend while the library is not loaded; what needs the library loads it."""

    modules = frozenset({"tensorflow", "keras"})

    def loaded(self) -> bool:
        """Whether the library is loaded, so that there can be tensors at all."""
        return "tensorflow" in sys.modules

    def work_done(self) -> int:
        """How much tensor work has been done: none without the library."""
        return _backend().work_done() if self.loaded() else 0

    def __getattr__(self, name: str) -> Any:
        return getattr(_backend(), name)


def _backend() -> Backend:
    from janus_nb.tf.backend import backend

    return backend()


def present_backend() -> Backend:
    """The TensorFlow backend, if the library is loaded; otherwise one that waits for it."""
    waiting = WaitingBackend()
    return _backend() if waiting.loaded() else cast("Backend", waiting)


__all__ = ["WaitingBackend", "present_backend"]

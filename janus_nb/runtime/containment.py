"""Containment: an error of JANUS's own becomes an event, and the region is left to Python; the user never meets it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from janus_nb.runtime.announcer import Announcer
from janus_nb.runtime.region import Region, Status

_log = logging.getLogger("janus_nb")


class Containment:
    """Where errors of JANUS's own end."""

    def __init__(self, announce: Announcer) -> None:
        self._announce = announce
        self._told: set[int] = set()

    @contextlib.contextmanager
    def contained(self, region: Region, where: str) -> Iterator[None]:
        """A context in which an error becomes an event."""
        try:
            yield
        except Exception as error:
            self.contain(region, where, error)

    def opened(self, region: Region, where: str, make: Callable[[], AbstractContextManager[None]]) -> AbstractContextManager[None]:
        """A context, or one that does nothing if there is an error in making it."""
        try:
            return make()
        except Exception as error:
            self.contain(region, where, error)
            return contextlib.nullcontext()

    def contain(self, region: Region, where: str, error: Exception) -> None:
        """Make an error an event, one for a region, and leave the region to Python, whatever else fails."""
        region.status = Status.IMPERATIVE
        if region.number in self._told:
            _log.debug("JANUS failed again (%s); Python goes on", where, exc_info=error)
            return
        self._told.add(region.number)
        try:
            self._announce.retired(region, "JN405", self._announce.internal_error(region, where, error))
        except Exception:
            _log.warning("JANUS failed (%s), and failed to say so; Python goes on", where, exc_info=True)


__all__ = ["Containment"]

"""The bus: events go to every subscriber, in order; a subscriber that fails is dropped, never the program."""

from __future__ import annotations

import logging
from collections.abc import Callable

from janus_nb.events.types import Event

_log = logging.getLogger("janus_nb")


class EventBus:
    """Delivers events of one cell."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._subscribers: list[Callable[[Event], None]] = []

    def subscribe(self, receive: Callable[[Event], None]) -> None:
        """Call `receive` with every event from now on."""
        self._subscribers.append(receive)

    def emit(self, event: Event) -> None:
        """Record an event and hand it to the subscribers."""
        self.events.append(event)
        for receive in list(self._subscribers):
            try:
                receive(event)
            except Exception:
                _log.warning("a view of JANUS failed and was detached", exc_info=True)
                self._subscribers.remove(receive)

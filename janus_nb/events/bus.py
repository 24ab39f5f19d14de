"""The bus: events go to every subscriber, in order; a subscriber that fails is dropped, never the program."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from janus_nb.events.moves import moved
from janus_nb.events.types import EagerRan, Event, GraphRan, Spent
from janus_nb.span import Span

_log = logging.getLogger("janus_nb")


KEPT = 2000
"""Events kept one by one; beyond, runs of graph calls and of iterations in Python become one event each: logs stay small."""


class EventBus:
    """Delivers events of one cell."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._subscribers: list[Callable[[Event], None]] = []
        self._moves: dict[int, tuple[tuple[Span, ...], Span]] = {}

    def place(self, region: int, homes: tuple[Span, ...], now: Span) -> None:
        """Tell of a region where it stands `now`, though what is known of it was learned where it stood before."""
        self._moves[region] = homes, now

    def subscribe(self, receive: Callable[[Event], None]) -> None:
        """Call `receive` with every event from now on."""
        self._subscribers.append(receive)

    def _joined(self, event: Event) -> bool:
        """Whether an event could be added to the last one."""
        last = self.events[-1]
        match last, event:
            case GraphRan(), GraphRan() if (last.region, last.version) == (event.region, event.version):
                self.events[-1] = replace(
                    last,
                    iterations=last.iterations + event.iterations,
                    seconds=last.seconds + event.seconds,
                    calls=last.calls + event.calls,
                    host=last.host + event.host,
                )
            case EagerRan(), EagerRan() if (last.region, last.why) == (event.region, event.why):
                self.events[-1] = replace(last, iterations=last.iterations + event.iterations, seconds=last.seconds + event.seconds)
            case _:
                return False
        return True

    def emit(self, event: Event) -> None:
        """Record an event and hand it to the subscribers."""
        if self._moves and not isinstance(event, GraphRan | EagerRan | Spent):
            move = self._moves.get(getattr(event, "region", 0))
            event = moved(event, *move) if move is not None else event
        if len(self.events) < KEPT or not self._joined(event):
            self.events.append(event)
        for receive in list(self._subscribers):
            try:
                receive(event)
            except Exception:
                _log.warning("a view of JANUS failed and was detached", exc_info=True)
                self._subscribers.remove(receive)

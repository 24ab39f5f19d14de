"""One typed stream of everything that happens."""

from janus_nb.events.bus import EventBus
from janus_nb.events.types import (
    BackendChosen,
    CellFinished,
    CellStarted,
    Declined,
    EagerRan,
    Event,
    Fallback,
    Generated,
    GraphRan,
    GraphRejected,
    InternalError,
    Missed,
    Profiled,
    RegionFound,
    Relaxed,
    Retired,
    Verified,
)

__all__ = [
    "BackendChosen",
    "CellFinished",
    "CellStarted",
    "Declined",
    "EagerRan",
    "Event",
    "EventBus",
    "Fallback",
    "Generated",
    "GraphRan",
    "GraphRejected",
    "InternalError",
    "Missed",
    "Profiled",
    "RegionFound",
    "Relaxed",
    "Retired",
    "Verified",
]

"""Events as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable

from janus_nb.events.types import Event


def to_json(events: Iterable[Event]) -> str:
    """A JSON array with one object per event; `event` names its class."""
    return json.dumps([{"event": type(e).__name__, **dataclasses.asdict(e)} for e in events], indent=1)

"""The engine: what all regions of one run of a cell (or of one decorated function) share.

generation      makes versions
judge           decides what becomes of them
announce        says so
containment     where errors of JANUS's own end
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from typing import Any

from janus_nb.backend import Backend
from janus_nb.cache.version import Version
from janus_nb.config import Options
from janus_nb.events import EventBus
from janus_nb.lowering.generate import Target
from janus_nb.lowering.program import Refusal
from janus_nb.profile.recorder import Recorder
from janus_nb.runtime.announcer import Announcer
from janus_nb.runtime.choice import BackendChoice
from janus_nb.runtime.containment import Containment
from janus_nb.runtime.generation import Generation
from janus_nb.runtime.judge import Judge
from janus_nb.runtime.region import Region


class Engine:
    """The parts, wired together."""

    def __init__(self, backend: Backend, options: Options, bus: EventBus, recorder: Recorder) -> None:
        self.backend = backend
        self.options = options
        self.bus = bus
        self.choice = BackendChoice(backend, options, bus)
        self.announce = Announcer(bus)
        self.containment = Containment(self.announce)
        self.generation = Generation(backend, options, recorder, self.choice, self.announce)
        self.judge = Judge(backend, options, self.choice, self.announce)

    def generate(self, region: Region, target: Target, names: MutableMapping[str, Any]) -> Version | None:
        """A new version of the region for the state of things now, or None (then an event says why)."""
        self.announce.found(region)
        self.announce.working(region, "generating a graph")
        made = self.attempt(region, target, names)
        if isinstance(made, Refusal):
            self.judge.refused(region, made)
            return None
        return made

    def attempt(self, region: Region, target: Target, names: MutableMapping[str, Any]) -> Version | Refusal | None:
        """A new version, or what has no graph form; None if the region is left to Python instead."""
        if not self.judge.earns_more(region):
            return None
        started = time.perf_counter()
        try:
            return self.generation.make(region, target, names)
        except Exception as error:
            self.containment.contain(region, "generator", error)
            return None
        finally:
            self.announce.spent(region, "generate", time.perf_counter() - started)

    def contained(self, region: Region, where: str) -> AbstractContextManager[None]:
        """A context in which an error of JANUS's own becomes an event."""
        return self.containment.contained(region, where)


__all__ = ["Engine"]

"""What a call of a function and a segment have in common: an attempt is one iteration, and may commit in its graph.

graph; assignments            two calls of the library, at first
graph that assigns            one, once nothing can stop the commit after the graph has run (`Generation.let_commit`)
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from typing import Any

from janus_nb.cache.version import Version
from janus_nb.runtime.commit import Writes
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.executor import Executor
from janus_nb.runtime.region import Region
from janus_nb.runtime.sources import Block


class Once:
    """A caller of attempts with one element, if any.

    Attributes:
        region: Its region.
        executor: Runs its graphs.
        element: What a graph is fed.
        template: What the generator takes it for.
    """

    def __init__(self, engine: Engine, region: Region, executor: Executor, element: Any = None, template: Any = None) -> None:
        self._engine = engine
        self.region = region
        self.executor = executor
        self.element = element
        self.template = template

    def names(self) -> MutableMapping[str, Any]:
        """The names of the region."""
        raise NotImplementedError

    def scope(self, rehearsing: bool) -> AbstractContextManager[Any]:
        """What holds around a graph."""
        raise NotImplementedError

    def may_commit(self, version: Version) -> bool:
        """Whether a graph that commits by itself may run now."""
        raise NotImplementedError

    def lasts(self, version: Version) -> bool:
        """Whether a version is worth a graph that commits by itself."""
        raise NotImplementedError

    def block(self, version: Version, count: int | None) -> Block | None:
        """The one element."""
        return Block([self.element], template=self.template)

    def arrive(self) -> None:
        """Nothing has to be taken first."""

    def advance(self, done: int) -> None:
        """There is no other element."""

    def skip(self, done: int) -> None:
        """There is no other element."""

    def directly(self, version: Version) -> bool:
        """Run the iteration by a graph that commits by itself, if there is one and it holds."""
        if version.committing is None or not self.may_commit(version):
            return False
        started = time.perf_counter()
        with self.scope(False):
            finals = self.executor.directly(version, self.element)
        if finals is None:
            return False
        Writes(self.executor.frame, self.names()).write(zip(version.program.host.finals, finals, strict=True))
        with self._engine.contained(self.region, "after a commit"):
            seconds = time.perf_counter() - started
            self._engine.judge.ran(self.region, version, 1, seconds, seconds)
        return True

    def committed(self, version: Version, block: Block, done: int, seconds: float) -> None:
        """Count the run; a version that lasts commits in its graph from now on."""
        self._engine.judge.ran(self.region, version, 1, seconds, self.executor.inside)
        self._engine.judge.speed(self.region, version)
        if self.lasts(version):
            self._engine.generation.let_commit(version)


__all__ = ["Once"]

"""Finding the graph version whose guards hold, or the one that comes nearest.

version 2: rate: expected 0.1, found 0.01        <- one guard fails: the nearest miss
version 1: model: expected the same Sequential, found a Sequential; rate: ...
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from janus_nb.cache.version import Version
from janus_nb.speculate.guards import Guard, IsObject
from janus_nb.speculate.slots import LibrarySlot

MAX_VERSIONS = 8


@dataclass(frozen=True, slots=True)
class Hit:
    """All guards of this version hold."""

    version: Version


@dataclass(frozen=True, slots=True)
class Miss:
    """No version matches; `failed` are the guards of the nearest one that do not hold."""

    nearest: Version | None
    failed: tuple[Guard, ...]

    @property
    def replaced(self) -> bool:
        """Whether objects are others than those of the nearest version, or were changed."""
        return any(isinstance(guard.expect, IsObject) or isinstance(guard.slot, LibrarySlot) for guard in self.failed)

    def explain(self, frame: MutableMapping[str, Any]) -> str:
        """The miss in words."""
        if self.nearest is None:
            return "no graph version yet"
        return f"version {self.nearest.number}: " + "; ".join(g.explain(frame) for g in self.failed[:4])


def lookup(versions: Sequence[Version], frame: MutableMapping[str, Any]) -> Hit | Miss:
    """The first version whose guards all hold for the region's names `frame`."""
    nearest: Miss | None = None
    for version in versions:
        if version.holds(frame):
            return Hit(version)
        failed = tuple(g for g in version.program.conditions.guards if not g.holds(frame))
        if nearest is None or len(failed) < len(nearest.failed):
            nearest = Miss(version, failed)
    return nearest or Miss(None, ())


def insert(versions: list[Version], version: Version) -> None:
    """Add a version; the cache keeps the 8 newest."""
    versions.insert(0, version)
    del versions[MAX_VERSIONS:]

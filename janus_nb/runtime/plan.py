"""The plan of a block of statements: which of them are run together as segments."""

from __future__ import annotations

from dataclasses import dataclass, field

from janus_nb.runtime.region import Region
from janus_nb.speculate.policy import Policy


@dataclass(slots=True)
class Plan:
    """How a block of statements is divided.

    Attributes:
        segments: By the position at which they start.
        python: Positions at which Python runs, with how often they may still be tried.
        policy: What may be assumed: learned by all segments of the block together.
        again: How often a segment was given up to divide the block anew.
        beyond: Positions from which a segment that goes on behind the `with` around the block was tried, with how often it still may be.
    """

    policy: Policy

    segments: dict[int, SegmentRegion] = field(default_factory=dict)
    python: dict[int, int] = field(default_factory=dict)
    again: int = 0
    beyond: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class SegmentRegion:
    """A segment: the statements from one position up to another, as a region.

    Attributes:
        region: Its region.
        end: Where it ends in its block.
        tries: How many graphs were made of it.
        beyond: If it goes on behind the `with` around the block: where it ends there.
    """

    region: Region
    end: int
    tries: int = 0
    beyond: int | None = None


__all__ = ["Plan", "SegmentRegion"]

"""Assumptions that the host checks: before the graph, or at replay.

check(0, q4, True)
"""

from __future__ import annotations

from typing import Any


class CheckFailed(Exception):
    """An assumption about a value that the host computes failed; internal to the run time.

    Attributes:
        index: Which assumption.
        observed: The condition's value.
    """

    def __init__(self, index: int, observed: Any) -> None:
        super().__init__(index)
        self.index = index
        self.observed = observed


def check(index: int, condition: Any, expected: bool) -> None:
    """An assumption about a value that the host computes.

    Raises:
        CheckFailed: it does not hold.
    """
    if bool(condition) is not expected:
        raise CheckFailed(index, bool(condition))


__all__ = ["CheckFailed", "check"]

"""Which loops and functions compute no tensor, so that Python runs them by itself.

    count = 0
    for line in text:            # 16 rounds, and the tensor library has done nothing in between: Python's
        count += len(line)

What is known of a loop holds until some tensor work is seen anywhere: a program that computes with tensors is looked at again.
A loop that is taken for Python's and begins tensor work later runs in Python to its end, as it would without JANUS.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

ROUNDS = 16
"""Rounds of a loop (over all its executions) without tensor work after which it is left alone."""

CALLS = 32
"""Calls of a function without tensor work after which it is left alone: more than functions are nested, as a rule, before they compute."""


class Quiet:
    """Counts what happens between two moments of tensor work.

    Attributes:
        work: Tells how much tensor work has been done so far.
        touched: Calls of the tensor library's functions and objects by instrumented code, which need not make a tensor.
    """

    def __init__(self, work: Callable[[], int]) -> None:
        self.work = work
        self.touched = 0
        self._seen = -1
        self._counts: dict[Hashable, int] = {}

    def now(self) -> int:
        """How much tensor work has been done; when there is more than before, all counts begin again."""
        try:
            done = self.work() + self.touched
        except Exception:
            done = self._seen + 1  # not known: as if there had been some
        if done != self._seen:
            self._seen = done
            self._counts = {}
        return done

    def count(self, key: Hashable) -> int:
        """How often something has happened since the last tensor work."""
        self.now()
        return self._counts.get(key, 0)

    def note(self, key: Hashable, times: int = 1) -> int:
        """It has happened again: how often before."""
        before = self.count(key)
        self._counts[key] = before + times
        return before


__all__ = ["CALLS", "ROUNDS", "Quiet"]

"""Effects on NumPy arrays.

hist += row            augment(J, hist, iadd, q1)             the array as it was
hist[k] += 1.0         augment_item(J, hist, p1, iadd, 1.0)   as well
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from janus_nb.lowering.effects.effect import change
from janus_nb.lowering.effects.keepings import WHOLE


def _augment(owner: Any, function: Callable[[Any, Any], Any], value: Any) -> None:
    function(owner, value)


def _augment_item(owner: Any, index: Any, function: Callable[[Any, Any], Any], value: Any) -> None:
    owner[index] = function(owner[index], value)


AUGMENT = change("augment", "an array is changed in place by an operator", _augment, WHOLE)

AUGMENT_ITEM = change("augment_item", "a part of an array is changed in place by an operator", _augment_item, WHOLE)

ALL = (AUGMENT, AUGMENT_ITEM)

__all__ = ["ALL", "AUGMENT", "AUGMENT_ITEM"]

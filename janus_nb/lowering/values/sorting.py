"""Sorting by a key: the key is asked once for each item, in their order, as Python asks it.

ranked = sorted(rows, key=score)     a new list
rows.sort(key=score)                 a list that the iteration has made
"""

from __future__ import annotations

from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Phase
from janus_nb.lowering.effects.containers import SET_OWN_ITEM
from janus_nb.lowering.values.effects import mutate_fresh
from janus_nb.speculate.plain import plain


def in_order(low: Lowering, values: list[Any], key: Any, reverse: Any) -> list[Any]:
    """The values in the order of their keys.

    Raises:
        Unsupported: JN201 for keys that are not known; JN203 if they cannot be compared.
    """
    keys = [low.call(key, (value,), {}) for value in values]
    if not all(map(plain, keys)) or not plain(reverse):
        raise Unsupported("JN201", "a sort by a key that is not known yet")
    try:
        order = sorted(range(len(keys)), key=keys.__getitem__, reverse=bool(reverse))
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
    return [values[i] for i in order]


def sort_by_key(low: Lowering, box: Any, *, key: Any, reverse: Any = False) -> None:
    """`box.sort(key=key, reverse=reverse)`, of a list that the iteration has made."""
    if type(box) is not list:
        raise Unsupported("JN203", f"AttributeError: a {type(box).__name__} has no sort()")
    made = in_order(low, list(box), key, reverse)
    mutate_fresh(low, box)
    box[:] = made
    escaped = low.made.escaped.get(id(box))
    if escaped is not None:
        low.host.do(low.host.effect(SET_OWN_ITEM, escaped, low.host.constant(slice(None)), low.code(low.make(list(made)), Phase.POST)))


__all__ = ["in_order", "sort_by_key"]

"""Effects on lists, dictionaries, sets and queues: of any object that is known only at replay as well.

losses.append(x)       append(J, losses, g0)              shortened again
counts[k] = n          set_item(J, counts, p1, q2)        the item as it was, or none
del jobs[0]            delete_item(J, jobs, 0)            everything as it was
seen.update(more)      change(J, seen, 'update', q3)      everything as it was
groups[k]              make_item(J, groups, p1)           a `defaultdict` without what it made
"""

from __future__ import annotations

from typing import Any

from janus_nb.lowering.effects.effect import Effect, Ledger, change, immediate, keep
from janus_nb.lowering.effects.keepings import ITEM, SIZE, WHOLE, is_trusted


def _set_item(owner: Any, index: Any, value: Any) -> None:
    owner[index] = value


def _delete_item(owner: Any, index: Any) -> None:
    del owner[index]


def _call(owner: Any, method: str, *args: Any, **kwargs: Any) -> Any:
    return getattr(owner, method)(*args, **kwargs)


APPEND = change("append", "an append to a list", list.append, SIZE)

DELETE_ITEM = change("delete_item", "an item is deleted", _delete_item, WHOLE)

SET_ANY_ITEM = change("set_any_item", "an item is set", _set_item, WHOLE)
"""At a slice, in an array, or in a container of another kind."""

SET_ONE_ITEM = change("set_one_item", "an item is set", _set_item, ITEM)
"""In a dictionary, or at a place of a list."""


def _set_some_item(journal: Ledger, owner: Any, index: Any, value: Any) -> None:
    """One item is kept where that is enough, otherwise everything."""
    kind = type(owner)
    one = kind is dict or (kind is list and type(index) is int)
    (SET_ONE_ITEM if one else SET_ANY_ITEM).perform(journal, owner, index, value)


SET_ITEM = Effect("set_item", "an item is set", _set_item, _set_some_item, WHOLE)


def _make_item(journal: Ledger, owner: Any, index: Any) -> Any:
    """`owner[index]`; a dictionary that makes what is missing is as it was before if the call fails."""
    if index not in owner:
        keep(journal, owner, WHOLE)
    return owner[index]


MAKE_ITEM = Effect("make_item", "an item is made by looking it up", lambda owner, index: owner[index], _make_item, WHOLE)


def _change(journal: Ledger, owner: Any, method: str, *args: Any, **kwargs: Any) -> Any:
    """A method of a container whose kind may be known only now."""
    if type(owner) is list and method == "append":
        return APPEND.perform(journal, owner, *args, **kwargs)
    if not is_trusted(owner):
        raise TypeError(f"{method}() of a {type(owner).__name__} cannot be replayed")
    keep(journal, owner, WHOLE)
    return getattr(owner, method)(*args, **kwargs)


CHANGE = Effect("change", "a container is changed by a method", _call, _change, WHOLE)

APPLY = change("apply", "a container is changed by a function of a library", lambda _, function, *args, **kwargs: function(*args, **kwargs), WHOLE)
"""Called with the container, the function, and the function's arguments, among which the container is."""

CHANGE_OWN = immediate("change_own", "a container made in the iteration is changed by a method", _call, "{0}.{name}({rest})")

SET_OWN_ITEM = immediate("set_own_item", "an item of a container made in the iteration is set", _set_item, "{0}[{1}] = {2}")

ALL = (APPEND, SET_ONE_ITEM, SET_ANY_ITEM, SET_ITEM, DELETE_ITEM, MAKE_ITEM, CHANGE, APPLY, CHANGE_OWN, SET_OWN_ITEM)

__all__ = ["ALL", "APPEND", "APPLY", "CHANGE", "CHANGE_OWN", "DELETE_ITEM", "MAKE_ITEM", "SET_ANY_ITEM", "SET_ITEM", "SET_ONE_ITEM", "SET_OWN_ITEM"]

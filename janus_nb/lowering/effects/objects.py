"""Objects of user classes that an iteration makes. Nobody has them before the iteration is final, so there is nothing to take back.

node = Node(i)         node_1 = new(Node)
                       set_attribute(node_1, 'value', e)
"""

from __future__ import annotations

from typing import Any

from janus_nb.lowering.effects.effect import immediate
from janus_nb.speculate.slots import UNBOUND


def _new(cls: Any) -> Any:
    return cls.__new__(cls)


def _set_attribute(owner: Any, name: str, value: Any) -> None:
    if value is not UNBOUND:
        object.__setattr__(owner, name, value)


NEW = immediate("new", "an object is made", _new)

SET_ATTRIBUTE = immediate("set_attribute", "an attribute of an object made in the iteration is set", _set_attribute)

ALL = (NEW, SET_ATTRIBUTE)

__all__ = ["ALL", "NEW", "SET_ATTRIBUTE"]

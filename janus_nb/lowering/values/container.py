"""The user's containers: lists, dictionaries, sets, deques, arrays, tuples of these. What is in them is read through the door to content.

table["rate"]         a guarded item, or an input
losses.append(x)      postponed to replay, and from then on the list is known at replay only
"""

from __future__ import annotations

import ast
import collections
from collections.abc import Callable
from typing import Any

from janus_nb.lowering.core import marks
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_box, is_memory
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Lazy, Phase, Suspended, View
from janus_nb.lowering.heap import members
from janus_nb.lowering.heap.access import path_of, read_slot
from janus_nb.lowering.heap.content import settled
from janus_nb.lowering.library.table import MUTATORS, pure_methods
from janus_nb.lowering.library.tracing import refuse_callbacks
from janus_nb.lowering.values import attributes, items
from janus_nb.lowering.values.effects import LOOKING, Read, effect_arguments, postpone, postponed_result
from janus_nb.lowering.values.fresh import joined
from janus_nb.lowering.values.kind import Args, Conversion, Kind, Kwargs
from janus_nb.lowering.values.operators import BINARY, on_host
from janus_nb.lowering.values.text import formatted
from janus_nb.source.units import is_user_class
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import LengthSlot, ViewSlot

_DICTIONARIES = (dict, collections.OrderedDict, collections.Counter, collections.defaultdict)
_WITH_RESULT = ("pop", "setdefault", "popitem", "popleft")


class ContainerKind(Kind):
    """A container that exists outside the iteration."""

    words = "a container of the user's"
    order = 4

    def truth(self, low: Lowering, value: Any) -> Any:
        """It is not empty."""
        return bool(value) if isinstance(value, tuple | frozenset) else low.truth(self.length(low, value))

    def text(self, low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
        """Made by the host, of all that is in it."""
        return formatted(low, value, spec, conversion)

    def length(self, low: Lowering, value: Any) -> Any:
        """Under a guard, an input, or known at replay if the loop changes it."""
        if isinstance(value, tuple | frozenset):
            return len(value)
        if not low.heap.read_content(value):
            return low.host_op("len({})", None, Host(Phase.POST, low.host.object(value)), flat=True)
        return read_slot(low, LengthSlot(value, path_of(low, value)))

    def type_of(self, low: Lowering, value: Any) -> Any:
        """Now."""
        members.guard_type(low, value)
        return type(value)

    def is_instance(self, low: Lowering, value: Any, kinds: Any) -> Any:
        """Now."""
        members.guard_type(low, value)
        return isinstance(value, kinds)

    def identity(self, low: Lowering, value: Any) -> Any:
        """Now: the object stays."""
        return id(value)

    def is_callable(self, low: Lowering, value: Any) -> Any:
        """No container is."""
        return False

    # -- its parts -------------------------------------------------------------------------------------------

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """A field of a named tuple, or a method."""
        if is_memory(value) or (isinstance(value, tuple) and is_user_class(type(value)) and attributes.users_member(value, name)):
            return attributes.of_object(low, value, name)
        return items.of_builtin(value, name)

    def has(self, low: Lowering, value: Any, name: str) -> bool:
        """As its type says."""
        return hasattr(value, name)

    def item(self, low: Lowering, value: Any, index: Any) -> Any:
        """A guarded item, or picked by the host."""
        if items.has_index_method(index):
            raise Unsupported("JN209", "__index__ of an object")
        if isinstance(value, list | dict | tuple):
            return items.heap_item(low, value, index)
        if not is_box(value):
            self.refuse(value, "an item")
        return items.picked(low, value, index)

    def items(self, low: Lowering, value: Any, count: int | None) -> list[Any]:
        """Under a guard on their number; the order of a set is Python's own affair."""
        if is_memory(value):
            raise Unsupported("JN201", f"iteration over a {type(value).__name__}")
        if not low.heap.read_content(value):
            raise Unsupported("JN202", "iteration over a container that the loop changes")
        if isinstance(value, set | frozenset):
            raise Unsupported("JN109", "iteration over a set")
        low.heap.guard_structure(LengthSlot(value, path_of(low, value)), low.span)
        if isinstance(value, dict):
            return self.keys(low, value)
        if not isinstance(value, list | tuple | collections.deque):
            raise Unsupported("JN201", f"iteration over a {type(value).__name__}")
        return [items.heap_item(low, value, i) for i in range(len(value))]

    def keys(self, low: Lowering, value: Any) -> list[Any]:
        """Assumed to stay, in their order."""
        if not isinstance(value, dict):
            self.refuse(value, "keys()")
        if not low.heap.read_content(value):
            raise Unsupported("JN202", "iteration over a container that the loop changes")
        keys = tuple(value)
        if not plain(keys):
            raise Unsupported("JN209", "__hash__ of a key")
        low.heap.guard_view(ViewSlot(value, path_of(low, value), tuple, "the keys"), low.span)
        return list(keys)

    def pairs(self, low: Lowering, value: Any) -> list[tuple[Any, Any]]:
        """Guarded one by one."""
        return [(key, self.item(low, value, key)) for key in self.keys(low, value)]

    def holds(self, low: Lowering, value: Any, item: Any) -> Any:
        """A key under a guard; else asked by the host."""
        if type(value) is dict and id(value) not in low.heap.dirty and plain(item):
            return items.holds_key(low, value, item)
        return low.host_op("({} in {})", lambda x, box: x in box, item, value)

    # -- operators -------------------------------------------------------------------------------------------

    def binary(self, low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
        """Sequences are joined and repeated now; the rest is for the host."""
        made = joined(low, op, left, right)
        return made if made is not None else on_host(low, op, left, right)

    def compare(self, low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
        """By the host."""
        if low.is_symbolic(left) or low.is_symbolic(right):
            raise Unsupported("JN102", "comparison of containers with values that are not known yet")
        return on_host(low, op, left, right)

    def augmented(self, low: Lowering, op: ast.operator, value: Any, operand: Any) -> Any:
        """It stays the same object, and changes at replay."""
        if type(value) is list and isinstance(op, ast.Add):
            low.call(items.method_of(value, "extend"), (operand,), {})
            return value
        in_place = BINARY[type(op)].in_place
        if not hasattr(type(value), in_place):
            return low.binary(op, value, operand)
        if not is_box(value):
            raise Unsupported("JN209", f"{in_place} of a {type(value).__name__}")
        postpone(low, value, f"J.change({{}}, {in_place!r}, {{}})", settled(low, operand, late=True))
        return value

    # -- calls and changes -----------------------------------------------------------------------------------

    def method(self, low: Lowering, value: Any, name: str, args: Args, kwargs: Kwargs) -> Any:
        """Changes are postponed; the rest is read through the door to content."""
        if name in MUTATORS:
            return _changed(low, value, name, args, kwargs)
        if name in ("items", "keys", "values") and type(value) in _DICTIONARIES:
            pairs = self.pairs(low, value) if name != "keys" else [(key, None) for key in self.keys(low, value)]
            return View({"items": pairs, "keys": [k for k, _ in pairs], "values": [v for _, v in pairs]}[name], name)
        if isinstance(value, dict) and name == "get" and plain(args[0]) and not kwargs and low.heap.read_content(value):
            if items.holds_key(low, value, args[0]):
                return low.item(value, args[0])
            return args[1] if len(args) > 1 else None
        if name not in pure_methods(type(value)):
            self.refuse(value, f"method {name!r}")
        return items.called_on_host(low, value, name, args, kwargs, is_memory(value))

    def set_attribute(self, low: Lowering, value: Any, name: str, new: Any) -> None:
        """No built-in container takes one.

        Raises:
            Unsupported: JN201.
        """
        raise Unsupported("JN201", f"attribute {name!r} of a {type(value).__name__} is set")

    def set_item(self, low: Lowering, value: Any, index: Any, new: Any) -> None:
        """At replay."""
        if not is_box(value):
            raise Unsupported("JN201", f"item assignment to a {type(value).__name__}")
        items.set_at_replay(low, value, index, new, is_memory(value))

    def augment_item(self, low: Lowering, value: Any, index: Any, op: ast.operator, operand: Callable[[], Any]) -> None:
        """At replay: what is read is what is there then."""
        if isinstance(value, list | dict):
            low.heap.mutated[id(value)] = value
        super().augment_item(low, value, index, op, operand)

    def delete_item(self, low: Lowering, value: Any, index: Any) -> None:
        """At replay."""
        if not is_box(value):
            raise Unsupported("JN201", f"del of an item of a {type(value).__name__}")
        postpone(low, value, "J.delitem({}, {})", Read(index))


def _changed(low: Lowering, value: Any, name: str, args: Args, kwargs: Kwargs) -> Any:
    """A method that changes a container of the user's."""
    if kwargs.get("key") is not None or (kwargs and name not in ("sort", "update", "subtract")):
        raise Unsupported("JN201", f"{name}() with a function")
    if not any(name in vars(k) for k in type(value).__mro__):
        raise Unsupported("JN203", f"AttributeError: {name!r}")
    if name in ("extend", "update", "extendleft") and args and isinstance(args[0], Lazy | View | Suspended):
        before = marks.mark(low)
        args = (low.make(low.items_of(args[0])), *args[1:])
        if marks.acted(low, before):
            raise Unsupported("JN104", f"{name}() by an iterator with effects")
    refuse_callbacks((*args, *kwargs.values()))
    if name in LOOKING:
        settled(low, value, late=True)
    given = effect_arguments(name, args)
    if name in _WITH_RESULT:
        return postponed_result(low, value, name, given)
    slots = "".join([", {}"] * len(args) + [f", {k}={{}}" for k in kwargs])
    target = "Deep({})" if name in LOOKING and is_box(value) and not is_memory(value) else "{}"
    postpone(low, value, f"J.change({target}, {name!r}{slots})", *given, *kwargs.values())
    return None


CONTAINER = ContainerKind()

"""Containers that the iteration makes: they may hold values of any kind, and change at once.

row = [x, float(loss)]     made here: appended to and read back while generating
rows.append(row)           kept: replay makes the real one, in every iteration another
"""

from __future__ import annotations

import ast
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_record_type
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Phase, View
from janus_nb.lowering.heap import fence, members
from janus_nb.lowering.library.table import MUTATORS, pure_methods
from janus_nb.lowering.values import attributes, items
from janus_nb.lowering.values.effects import change_kept, mutate_fresh
from janus_nb.lowering.values.kind import Args, Conversion, Kind, Kwargs
from janus_nb.lowering.values.operators import BINARY, function_of, on_host
from janus_nb.lowering.values.text import formatted
from janus_nb.source.units import is_user_class
from janus_nb.speculate.plain import plain


class FreshKind(Kind):
    """A container made in this iteration, or a tuple of values that are not plain."""

    words = "a container that the iteration makes"
    order = 3

    def truth(self, low: Lowering, value: Any) -> Any:
        """Now: it is not empty."""
        return bool(value)

    def text(self, low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
        """By the host, when all that is in it is known."""
        return formatted(low, value, spec, conversion)

    def length(self, low: Lowering, value: Any) -> Any:
        """Now."""
        return len(value)

    def type_of(self, low: Lowering, value: Any) -> Any:
        """Now."""
        members.guard_type(low, value)
        return type(value)

    def is_instance(self, low: Lowering, value: Any, kinds: Any) -> Any:
        """Now."""
        members.guard_type(low, value)
        return isinstance(value, kinds)

    def is_callable(self, low: Lowering, value: Any) -> Any:
        """No container is."""
        return False

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """A field of a named tuple, or a method."""
        if is_user_class(type(value)) and (not is_record(type(value)) or attributes.users_member(value, name)):
            return attributes.of_object(low, value, name)
        return items.of_builtin(value, name)

    def has(self, low: Lowering, value: Any, name: str) -> bool:
        """Now."""
        return hasattr(value, name)

    def item(self, low: Lowering, value: Any, index: Any) -> Any:
        """Now; at an index that the host knows, picked by the host from what it knows as well."""
        if items.has_index_method(index):
            raise Unsupported("JN209", "__index__ of an object")
        if is_user_class(type(value)) and not is_record_type(type(value)):
            return members.required(low, value, "__getitem__", index)
        if low.is_symbolic(index):
            if isinstance(value, list | tuple) and isinstance(index, Host) and index.phase is not Phase.POST and not low.is_symbolic(value):
                return items.picked(low, value, index)
            raise Unsupported("JN102", "index into a container by a value that is not known yet")
        if not isinstance(value, list | dict | tuple) or not plain(index):
            self.refuse(value, "an item")
        found = items.now(value, index)
        return low.make(found) if isinstance(index, slice) and isinstance(found, list) else found

    def items(self, low: Lowering, value: Any, count: int | None) -> list[Any]:
        """Now."""
        return list(value)

    def keys(self, low: Lowering, value: Any) -> list[Any]:
        """Now."""
        return list(value)

    def pairs(self, low: Lowering, value: Any) -> list[tuple[Any, Any]]:
        """Now."""
        return list(value.items())

    def holds(self, low: Lowering, value: Any, item: Any) -> Any:
        """Now, among plain values or keys; else by the host."""
        if isinstance(value, dict) and plain(item) and all(map(plain, value)):
            return item in value
        if low.is_symbolic(value) and not isinstance(value, dict):
            raise Unsupported("JN102", "membership in a container of values that are not known yet")
        if fence.is_open(low, value) and fence.is_open(low, item):
            return fence.now(low, lambda box, x: x in box, value, item)
        return low.host_op("({} in {})", lambda x, box: x in box, item, value)

    # -- operators -------------------------------------------------------------------------------------------

    def binary(self, low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
        """Sequences are joined and repeated now; the rest is for the host, unless all is plain."""
        made = joined(low, op, left, right)
        if made is not None:
            return made
        if fence.is_open(low, left) and fence.is_open(low, right):
            return fence.now(low, function_of(op), left, right)
        return on_host(low, op, left, right)

    def compare(self, low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
        """Now, if all is plain; by the host, if it knows all."""
        if low.is_symbolic(left) or low.is_symbolic(right):
            raise Unsupported("JN102", "comparison of containers with values that are not known yet")
        if fence.is_open(low, left) and fence.is_open(low, right):
            return fence.now(low, function_of(op), left, right)
        return on_host(low, op, left, right)

    def augmented(self, low: Lowering, op: ast.operator, value: Any, operand: Any) -> Any:
        """A list is extended; a tuple is joined to a new one."""
        if type(value) is list and isinstance(op, ast.Add):
            low.call(items.method_of(value, "extend"), (operand,), {})
            return value
        if hasattr(type(value), BINARY[type(op)].in_place):
            raise Unsupported("JN102", "in-place operator on a container made in the loop")
        return low.binary(op, value, operand)

    # -- calls and changes -----------------------------------------------------------------------------------

    def method(self, low: Lowering, value: Any, name: str, args: Args, kwargs: Kwargs) -> Any:
        """Now, as far as it needs to know what is in it; a change at replay as well, where the container has been kept."""
        if name in MUTATORS:
            return _changed(low, value, name, args, kwargs)
        if isinstance(value, dict) and name in ("keys", "values", "items"):
            return View(list(getattr(value, name)()), name)
        if name == "copy" and isinstance(value, list | dict | set):
            return low.make(value.copy())
        if name == "_asdict":
            return low.make(dict(zip(value._fields, value, strict=True)))
        if name == "_replace" and kwargs.keys() <= set(value._fields):
            return low.make(value._replace(**kwargs))
        if name == "get" and isinstance(value, dict) and plain(args[0]) and all(map(plain, value)):
            return value.get(*args)
        if name not in pure_methods(type(value)):
            self.refuse(value, f"method {name!r}")
        args = items.drawn(low, args)
        if fence.is_open(low, value) and all(fence.is_open(low, v) for v in args):
            return fence.now(low, getattr(type(value), name), value, *args, **kwargs)
        if low.is_symbolic(value):
            raise Unsupported("JN102", f"{name}() of values that are not known yet")
        return items.called_on_host(low, value, name, args, kwargs, False)

    def set_attribute(self, low: Lowering, value: Any, name: str, new: Any) -> None:
        """No built-in container takes one.

        Raises:
            Unsupported: JN201.
        """
        raise Unsupported("JN201", f"attribute {name!r} of a {type(value).__name__} is set")

    def set_item(self, low: Lowering, value: Any, index: Any, new: Any) -> None:
        """Now, and at replay where the container has been kept."""
        if isinstance(value, tuple):
            raise Unsupported("JN203", "TypeError: 'tuple' object does not support item assignment")
        if low.is_symbolic(index) or not plain(index):
            raise Unsupported("JN102", "item assignment at an index that is not known yet")
        mutate_fresh(low, value)
        try:
            value[index] = new
        except Exception as error:
            raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
        if id(value) in low.made.escaped:
            low.host.statement(Phase.POST, f"{low.made.escaped[id(value)]}[{low.code(index, Phase.POST)}] = {low.code(new, Phase.POST)}")

    def delete_item(self, low: Lowering, value: Any, index: Any) -> None:
        """Now, where nobody has kept the container yet."""
        if low.is_symbolic(index) or not plain(index) or id(value) in low.made.escaped or isinstance(value, tuple):
            raise Unsupported("JN102", "del of an item of a container that is kept, or at an index that is not known yet")
        mutate_fresh(low, value)
        try:
            del value[index]
        except Exception as error:
            raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error


def is_record(kind: type) -> bool:
    """Whether a class is a named tuple's, or inherits from one."""
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def joined(low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
    """Two sequences that are added, or a sequence that is repeated: a new one. `None` for every other operation."""
    if type(left) in (list, tuple) and type(left) is type(right) and isinstance(op, ast.Add):
        if any(id(value) in low.heap.dirty for value in (left, right)):
            return on_host(low, op, left, right)
        parts = [*low.items_of(left), *low.items_of(right)]
        return tuple(parts) if isinstance(left, tuple) else low.make(parts)
    if isinstance(op, ast.Mult) and {type(left), type(right)} & {list, tuple} and int in (type(left), type(right)):
        box, count = (right, left) if type(left) is int else (left, right)
        if id(box) in low.heap.dirty:
            return on_host(low, op, box, count)
        parts = low.items_of(box) * count
        return tuple(parts) if isinstance(box, tuple) else low.make(parts)
    return None


def _changed(low: Lowering, value: Any, name: str, args: Args, kwargs: Kwargs) -> Any:
    """A method that changes a container made in this iteration: done at once, and at replay where the container has been kept."""
    mutate_fresh(low, value)
    if (name in ("sort", "remove") and not fence.is_open(low, value)) or any(isinstance(a, Host) for a in args[:1] if name in ("pop", "insert")):
        raise Unsupported("JN102", f"{name}() of values that are not known yet")
    looked_at = args[:1] if name in ("setdefault", "pop", "insert") else () if name in ("append", "extend", "update") else args
    if not all(plain(v) for v in (*looked_at, *kwargs.values())) and name not in ("add", "update"):
        raise Unsupported("JN102", f"{name}() of values that are not known yet")
    if isinstance(value, set) and name in ("add", "discard", "remove") and not all(map(plain, args)):
        raise Unsupported("JN102", "a set of values that are not known yet")
    if name == "update" and args:
        args = (dict(low.pairs_of(args[0])) if isinstance(args[0], dict) else low.items_of(args[0]), *args[1:])
        if isinstance(value, set) and not all(map(plain, args[0])):
            raise Unsupported("JN102", "a set of values that are not known yet")
    if name == "extend":
        args = (low.items_of(args[0]),)
    change_kept(low, value, name, args, kwargs)
    try:
        return getattr(value, name)(*args, **kwargs)
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error


FRESH = FreshKind()

"""The one door to what is in a container.

    f"{stats}"        every container in `stats` is registered: unchanged within a call (an effect on one of them aborts it), read
                      anew at every call; if the loop itself changes one of them, the text is known only at replay
    sorted(names)     as well, and a new list in every iteration
    json.dumps(box)   refused: what is in an object of the user's is not for a library to read while its attributes are staged

`inside` tells how a reader looks at objects of user classes: not at all (they count by identity), or into them (refused).
"""

from __future__ import annotations

import abc
import collections
import contextlib
import enum
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from janus_nb.lowering.heap import memory
from janus_nb.lowering.members import guard_class, inert
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import UNKNOWN, Host, Num, Phase, kind_of
from janus_nb.source.units import is_user_class
from janus_nb.speculate.plain import SCALARS, is_plain_type, plain
from janus_nb.speculate.slots import ViewSlot

if TYPE_CHECKING:
    from janus_nb.lowering.interp import Lowering

BOXES = frozenset({list, dict, set, collections.deque, collections.OrderedDict, collections.defaultdict, collections.Counter, bytearray})
"""Mutable containers whose readers are known. Subclasses are not among them: a user's may do anything."""

_FROZEN = frozenset({tuple, frozenset})
_BY_IDENTITY = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, types.MethodType)
_LIMIT = 1_000_000


class Opaque(TypeError):
    """A reader would enter code or state that nobody knows: what it is."""


def is_box(value: Any) -> bool:
    """Whether a value is a mutable container that readers are known of: a built-in one, or an array."""
    return type(value) in BOXES or is_memory(value)


def is_memory(value: Any) -> bool:
    """Whether a value is a NumPy array of plain numbers."""
    return type(value).__module__ == "numpy" and type(value).__name__ == "ndarray"


def is_record_type(kind: type) -> bool:
    """Whether a class is a named tuple's, with nothing of the user's in it."""
    return issubclass(kind, tuple) and hasattr(kind, "_fields") and kind.__mro__[1:] == (tuple, object) and "__repr__" in kind.__dict__


class Reader:
    """Walks through values, for one tensor library."""

    def __init__(self, is_tensor: Callable[[Any], bool]) -> None:
        self.is_tensor = is_tensor
        self.seen: set[int] = set()

    def containers(self, value: Any, inside: bool = False) -> tuple[Any, ...]:
        """All mutable containers in a value, in a fixed order, and the objects that count by identity.

        Raises:
            Opaque: there is something in it that may not be read natively.
        """
        found: list[Any] = []
        seen: set[int] = set()
        pending: list[Any] = [value]
        while pending:
            part = pending.pop()
            kind = type(part)
            if kind in SCALARS or is_plain_type(kind):
                continue
            if kind in BOXES or kind in _FROZEN or is_record_type(kind):
                if id(part) in seen:
                    continue
                seen.add(id(part))
                if kind in BOXES:
                    found.append(part)
                items = [*part.keys(), *part.values()] if isinstance(part, dict) else part
                if not SCALARS.issuperset(map(type, items)):
                    pending.extend(items)
            elif is_memory(part):
                if part.dtype.hasobject:
                    raise Opaque("an array of objects")
                found.append(part)
            elif self.is_tensor(part):
                continue
            elif self._by_identity(part, kind) and not (inside and is_user_class(kind)):
                found.append(part)
            else:
                raise Opaque(f"a {kind.__name__}")
            if len(found) > _LIMIT:
                raise Opaque("too many containers")
        return tuple(found)

    def _by_identity(self, part: Any, kind: type) -> bool:
        if isinstance(part, enum.Enum):
            return plain(part)
        if isinstance(part, type):
            return kind in (type, abc.ABCMeta, enum.EnumMeta)
        return kind in _BY_IDENTITY or kind is object or (is_user_class(kind) and inert(kind))

    def look(self, value: Any) -> Any:
        """As `containers`, for a guard: never raises."""
        try:
            return self.containers(value)
        except Opaque:
            return object()

    def deep(self, value: Any) -> Any:
        """The value, if everything in it may be read natively. Called by host programs as `Deep`.

        Raises:
            Opaque: otherwise.
        """
        if type(value) not in SCALARS:
            self.containers(value)
        return value

    def deep_ahead(self, value: Any) -> Any:
        """As `deep`, before the graph: no effect of the same call may change what was read. Called by host programs as `DeepAhead`."""
        if type(value) not in SCALARS:
            self.seen.update(id(memory(box)) for box in self.containers(value))
            self.seen.update(id(box) for box in self.containers(value))
        return value

    def flat_ahead(self, value: Any) -> Any:
        """As `flat`, before the graph. Called by host programs as `FlatAhead`."""
        if type(value) not in SCALARS:
            self.flat(value)
            self.seen.update((id(value), id(memory(value))))
        return value

    def flat(self, value: Any) -> Any:
        """The value, if it is itself a container or plain value that may be read natively. Called by host programs as `Flat`.

        Raises:
            Opaque: otherwise.
        """
        kind = type(value)
        if not (
            kind in SCALARS
            or kind in BOXES
            or kind in _FROZEN
            or is_memory(value)
            or is_record_type(kind)
            or is_plain_type(kind)
            or self.is_tensor(value)
        ):
            raise Opaque(f"a {kind.__name__}")
        return value


def settled(low: Lowering, value: Any, flat: bool = False, inside: bool = False, late: bool = False) -> Any:
    """A value as a reader of its content may have it: plain values as they are, containers of the user's as host values, registered.

    Args:
        low: The lowering.
        value: The value.
        flat: Whether only the outermost container is looked at, and what is in it counts by identity.
        inside: Whether the reader looks into objects of user classes.
        late: Whether it reads at replay in any case, in program order, so that nothing has to stay as it is.

    Raises:
        Unsupported: JN210 for what may not be read natively.
    """
    if isinstance(value, Host):
        return _of_host(low, value, flat, late)
    if isinstance(value, Num) or low.backend.is_symbolic(value) or plain(value):
        return value
    if isinstance(value, slice):
        return slice(*(settled(low, part) for part in (value.start, value.stop, value.step)))
    if id(value) in low.born or low.backend.is_variable(value):
        raise Unsupported("JN210", f"a {type(value).__name__}")
    if id(value) in low.borrowed:
        return value
    if low.is_fresh(value):
        return value if flat else _fresh(low, value, inside, late)
    try:
        parts = (low.reader.flat(value),) if flat and is_box(value) else low.reader.containers(value, inside)
    except Opaque as what:
        raise Unsupported("JN210", str(what)) from None
    if late and parts:
        return _at_replay(low, value)
    return _registered(low, value, parts, flat)


def _of_host(low: Lowering, value: Host, flat: bool, late: bool) -> Host:
    """A value that the host computes: if it is, or holds, containers that the loop changes, they are read at replay."""
    if value.phase is Phase.POST or late:
        return value
    boxes: list[Any] = list(value.among)
    if not boxes and not plain(value.witness):
        try:
            boxes = [value.witness] if flat else list(low.reader.containers(value.witness))
        except Opaque:
            return value  # refused where it is read
    boxes = [box for box in boxes if is_box(box)]
    if any(id(box) in low.heap.dirty or id(memory(box)) in low.heap.dirty for box in boxes):
        made = Host(Phase.POST, low.host.code(value, Phase.POST))
        low.unverified.add(made.code)
        return made
    for box in boxes:
        low.heap.read_content(box)
    return value


def _at_replay(low: Lowering, value: Any) -> Host:
    made = Host(Phase.POST, low.host.object(value))
    low.unverified.add(made.code)
    return made


def _registered(low: Lowering, value: Any, parts: tuple[Any, ...], flat: bool) -> Any:
    boxes = [part for part in parts if is_box(part)]
    if not boxes and not parts:
        return value
    if any(id(box) in low.heap.dirty or id(memory(box)) in low.heap.dirty for box in boxes):
        return _at_replay(low, value)
    for box in boxes:
        low.heap.read_content(box)
    for part in parts:
        if is_user_class(type(part)):
            guard_class(low, type(part))
    if not flat and not is_memory(value):
        low.heap.guard_view(ViewSlot(value, low.paths.get(id(value), f"<{type(value).__name__}>"), low.reader.look, "the containers"), low.span)
    return Host(Phase.ENTRY, low.host.object(value), value) if boxes else value


def _fresh(low: Lowering, value: Any, inside: bool, late: bool) -> Any:
    """A container made in this iteration, with the user's containers in it registered."""
    if isinstance(value, dict):
        if not all(map(plain, value)):
            raise Unsupported("JN210", "keys that are not plain values")
        parts: Any = {key: settled(low, part, False, inside, late) for key, part in value.items()}
        same = all(parts[key] is value[key] for key in value)
    else:
        items = list(value)
        settled_items = [settled(low, part, False, inside, late) for part in items]
        same = all(a is b for a, b in zip(items, settled_items, strict=True))
        if same:
            return value
        if isinstance(value, set | frozenset):
            raise Unsupported("JN210", "a set of values that are not plain")
        parts = tuple.__new__(type(value), settled_items) if isinstance(value, tuple) else settled_items
    return value if same else low.make(parts)


def computed(
    low: Lowering, template: str, function: Any, args: tuple[Any, ...], earliest: Phase, flat: bool, inside: bool, picks: bool, raw: bool
) -> Host:
    """What `Lowering.host_op` does.

    Raises:
        Unsupported: JN210 for what may not be read natively; JN203 if Python raises.
    """
    if not raw:
        args = tuple(settled(low, arg, flat and not i, inside) for i, arg in enumerate(args))
    phase = max((earliest, *(low.phase_of(a) for a in args)))
    codes = [low.code(a, phase) if raw else low.read_code(a, phase, flat and not i) for i, a in enumerate(args)]
    witness: Any = UNKNOWN
    if phase is not Phase.POST:
        given = [low.witness(a) for a in args]
        eagerly = low.backend.eagerly() if any(map(low.backend.is_tensor, given)) else contextlib.nullcontext()
        try:
            for i, value in enumerate(() if raw else given):
                low.reader.flat(value) if flat and not i else low.reader.containers(value, inside)
            with eagerly:
                witness = function(*given)
        except Opaque as what:
            raise Unsupported("JN210", str(what)) from None
        except Exception as error:
            raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
        if phase is Phase.ENTRY and not picks and not plain(witness) and not low.backend.is_tensor(witness):
            phase = Phase.PRE  # Python makes a new one in every iteration
            codes = [low.read_code(a, phase, flat and not i) for i, a in enumerate(args)]
    text = template.format(*codes)
    arithmetic = phase is not Phase.POST and kind_of(witness) is not None and getattr(function, "__module__", "") == "_operator"
    known = low.host.known(phase, text) if arithmetic else None
    if known is not None:
        return known
    made = low.host.assign(phase, text, witness)
    if arithmetic:
        low.host.remember(phase, text, made)
    if picks:
        low.unverified.add(made.code)
    if any(isinstance(a, Host) and a.code in low.volatile for a in args):
        low.volatile.add(made.code)
    return made


__all__ = ["BOXES", "Opaque", "Reader", "is_box", "is_memory", "settled"]

"""The one door to what is in a container.

    f"{stats}"        every container in `stats` is registered: unchanged within a call (an effect on one of them aborts it), read
                      anew at every call; if the loop itself changes one of them, the text is known only at replay
    sorted(names)     as well, and a new list in every iteration
    json.dumps(box)   refused: what is in an object of the user's is not for a library to read while its attributes are staged

`inside` tells how a reader looks at objects of user classes: not at all (they count by identity), or into them (refused).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from janus_nb.lowering.core import warned
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import Opaque, is_box, is_memory
from janus_nb.lowering.core.staging import memory
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, Host, Num, Phase, kind_of
from janus_nb.lowering.heap.members import guard_class
from janus_nb.source.units import is_user_class
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import ViewSlot


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
    if id(value) in low.made.born or low.backend.is_variable(value):
        raise Unsupported("JN210", f"a {type(value).__name__}")
    if id(value) in low.made.borrowed:
        return value
    if low.is_fresh(value) and id(value) not in low.heap.tuples:
        return value if flat else _fresh(low, value, inside, late)
    try:
        parts = (low.trust.reader.flat(value),) if flat and is_box(value) else low.trust.reader.containers(value, inside)
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
            boxes = [value.witness] if flat else list(low.trust.reader.containers(value.witness))
        except Opaque:
            return value  # refused where it is read
    boxes = [box for box in boxes if is_box(box)]
    if any(id(box) in low.heap.dirty or id(memory(box)) in low.heap.dirty for box in boxes):
        made = Host(Phase.POST, value.held)
        made.unverified = True
        return made
    for box in boxes:
        low.heap.read_content(box)
    return value


def _at_replay(low: Lowering, value: Any) -> Host:
    made = Host(Phase.POST, low.mention(value))
    made.unverified = True
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
        low.heap.guard_view(
            ViewSlot(value, low.trust.paths.get(id(value), f"<{type(value).__name__}>"), low.trust.reader.look, "the containers"), low.span
        )
    return Host(Phase.ENTRY, low.mention(value), value) if boxes else value


MAX_VISITS = 200_000
"""How many containers are looked at in one lowering: one that is in many others counts as often as it is reached."""


def _fresh(low: Lowering, value: Any, inside: bool, late: bool) -> Any:
    """A container made in this iteration, with the user's containers in it registered."""
    low.trust.visits += 1
    if low.trust.visits > MAX_VISITS:
        raise Unsupported("JN109", "containers in containers, too many to look at")
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
    if same:
        return value
    low.made.settled[id(parts)] = (parts, value)
    return low.make(parts)


def computed(
    low: Lowering,
    template: str,
    function: Any,
    args: tuple[Any, ...],
    earliest: Phase,
    flat: bool,
    inside: bool,
    picks: bool,
    raw: bool,
    uses: Mapping[str, Any] | None = None,
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
                low.trust.reader.flat(value) if flat and not i else low.trust.reader.containers(value, inside)
            with eagerly, warned.silent():
                witness = function(*given)
        except Opaque as what:
            raise Unsupported("JN210", str(what)) from None
        except Exception as error:
            raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
        if phase is Phase.ENTRY and not picks and not plain(witness) and not low.backend.is_tensor(witness):
            phase = Phase.PRE  # Python makes a new one in every iteration
            codes = [low.read_code(a, phase, flat and not i) for i, a in enumerate(args)]
    expression = low.host.operation(template, *codes, uses=uses)
    arithmetic = phase is not Phase.POST and kind_of(witness) is not None and getattr(function, "__module__", "") == "_operator"
    known = low.host.known(phase, expression) if arithmetic else None
    if known is not None:
        return known
    made = low.host.assign(phase, expression, witness)
    if arithmetic:
        low.host.remember(made, expression)
    if picks:
        made.unverified = True
    if any(isinstance(a, Host) and a.volatile for a in args):
        made.volatile = True
    return made


__all__ = ["computed", "settled"]

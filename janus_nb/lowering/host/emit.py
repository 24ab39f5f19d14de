"""Effects on containers, as statements of the post program.

losses.append(float(loss))      postpone_change(low, losses, "append", [loss], {})     append(J, losses, loss_0)
counts[label] += 1              postpone(low, counts, SET_ITEM, label, n)              set_item(J, counts, p1, q2)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.records import Constant, Operand, Operation
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, Host, Phase
from janus_nb.lowering.effects.containers import APPEND, CHANGE
from janus_nb.lowering.effects.effect import Effect
from janus_nb.lowering.heap.content import settled


@dataclass(frozen=True, slots=True)
class Read:
    """An argument of an effect that is looked into, not just kept."""

    value: Any


def postpone(low: Lowering, owner: Any, effect: Effect, *args: Any, **named: Any) -> None:
    """An effect on a container: done at replay, in program order, and undone if the iteration aborts there."""
    _claim(low, owner, (*args, *named.values()))
    target = low.code(owner, Phase.POST)
    if isinstance(owner, Host) and owner.unverified:
        target = low.looked_at(target, Phase.POST, flat=True)
    codes = {k: effect_code(low, a) for k, a in named.items()}
    low.host.do(low.host.effect(effect, target, *(effect_code(low, a) for a in args), keywords=codes))


def postpone_change(low: Lowering, owner: Any, method: str, args: Sequence[Any], kwargs: dict[str, Any], deep: bool = False) -> None:
    """A method that changes a container: as `postpone`; `deep` looks at all that is in it first."""
    _claim(low, owner, (*args, *kwargs.values()))
    target = low.code(owner, Phase.POST)
    if deep or (isinstance(owner, Host) and owner.unverified):
        target = low.looked_at(target, Phase.POST, flat=not deep)
    low.host.do(change_code(low, target, method, args, kwargs))


def emit_change(low: Lowering, target: Operand, method: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Host:
    """A method that changes a container, for its result."""
    made = low.host.assign(Phase.POST, change_code(low, target, method, args, kwargs), UNKNOWN)
    made.unverified = True
    return made


def change_code(low: Lowering, target: Operand, method: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Operation:
    """A method that changes a container, in the post program."""
    codes, named = [effect_code(low, a) for a in args], {k: effect_code(low, v) for k, v in kwargs.items()}
    if method == "append" and isinstance(target, Constant) and type(target.value) is list:
        return low.host.effect(APPEND, target, *codes, keywords=named)
    return low.host.effect(CHANGE, target, low.host.constant(method), *codes, keywords=named)


def _claim(low: Lowering, owner: Any, args: Sequence[Any]) -> None:
    """Note that an effect changes a container.

    Raises:
        Unsupported: JN102 for one that comes from the data; JN207 inside of a nested graph.
    """
    target = owner.witness if isinstance(owner, Host) and owner.phase is not Phase.POST else owner
    if isinstance(owner, Host) and owner.among:
        low.heap.mutated.update({id(box): box for box in owner.among})
    elif isinstance(owner, Host) and not owner.constant and owner.phase is not Phase.POST:
        raise Unsupported("JN102", "a container that comes from the data is changed")
    if not isinstance(owner, Host) or owner.phase is not Phase.POST:
        low.heap.mutated[id(target)] = target
    low.note_effect()
    if any(isinstance(a, Host) and a.volatile for a in args):
        low.trust.volatile_owners.add(id(target))


def effect_code(low: Lowering, value: Any) -> Operand:
    """An argument of an effect, in the post program."""
    if not isinstance(value, Read):
        return low.code(value, Phase.POST)
    return low.read_code(settled(low, value.value, late=True), Phase.POST)


__all__ = ["Read", "change_code", "effect_code", "emit_change", "postpone", "postpone_change"]

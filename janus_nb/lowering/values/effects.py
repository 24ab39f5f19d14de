"""Changes of containers, as statements of the post program: done at replay, in program order, and undone if the iteration aborts there.

losses.append(loss)    the user's list: postponed                      append(J, losses, loss_0)
counts[label] = n      as well                                         set_item(J, counts, p1, n_2)
row = []; row.append() a list made in this iteration: at once, and at replay where it has been kept
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.records import Constant, Operand, Operation
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, Host, Phase
from janus_nb.lowering.effects.containers import APPEND, CHANGE, CHANGE_OWN
from janus_nb.lowering.effects.effect import Effect
from janus_nb.lowering.effects.sets import REMOVING
from janus_nb.lowering.heap.content import settled

LOOKING = frozenset({"remove", "sort", "index", "count"})
"""Methods that compare what is in the container."""


@dataclass(frozen=True, slots=True)
class Read:
    """An argument of an effect that is looked into, not just kept."""

    value: Any


def effect_arguments(name: str, args: tuple[Any, ...]) -> list[Any]:
    """The arguments of a method that changes a container: which of them are looked into, and which are just kept."""
    kept = {"append": 1, "appendleft": 1, "setdefault": 1, "insert": 1}.get(name, 0)
    return [*map(Read, args[: len(args) - kept]), *args[len(args) - kept :]] if kept else list(map(Read, args))


def postpone(low: Lowering, owner: Any, effect: Effect, *args: Any) -> None:
    """An effect on a container."""
    _claim(low, owner, args)
    target = _target(low, owner)
    low.host.do(low.host.effect(effect, target, *(effect_argument(low, a) for a in args)))


def postpone_method(low: Lowering, owner: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], deep: bool = False) -> None:
    """A method that changes a container; `deep` looks at all that is in it first."""
    _refuse_removing(owner, name)
    _claim(low, owner, (*args, *kwargs.values()))
    low.host.do(_method(low, _target(low, owner, deep), name, args, kwargs))


def postponed_result(low: Lowering, owner: Any, name: str, args: Sequence[Any]) -> Host:
    """As `postpone_method`, for a method of the user's container whose result is wanted: `pop`, `setdefault`."""
    _refuse_removing(owner, name)
    low.heap.mutated[id(owner)] = owner
    low.note_effect()
    return _result(low, low.code(owner, Phase.POST), name, args, {})


def changed_at_replay(low: Lowering, owner: Host, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Host:
    """A method that changes a container which only replay knows."""
    low.note_effect()
    target = low.looked_at(owner.held, Phase.POST, flat=name not in LOOKING)
    return _result(low, target, name, effect_arguments(name, args), kwargs)


def change_kept(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """A container made in this iteration that has been kept changes: at replay as well."""
    escaped = low.made.escaped.get(id(owner))
    if escaped is not None:
        given = [low.make(v) if type(v) in (list, dict) else v for v in args]
        named = {k: low.code(v, Phase.POST) for k, v in kwargs.items()}
        low.host.do(low.host.effect(CHANGE_OWN, escaped, *(low.code(a, Phase.POST) for a in given), keywords=named, name=name))


def mutate_fresh(low: Lowering, owner: Any) -> None:
    """Note that a container made in this iteration changes; not across a branch that is lowered both ways."""
    if id(owner) in low.made.borrowed:
        raise Unsupported("JN102", "a container that is bound anew in every iteration is changed")
    if low.place.branches and id(owner) not in low.branch_born():
        raise Unsupported("JN107", "a container made before a branch is changed inside it")


def _refuse_removing(owner: Any, name: str) -> None:
    """Refuse to take items out of a set at replay: an iteration that is run again would find the others in another order.

    Raises:
        Unsupported: JN102.
    """
    held = owner.witness if isinstance(owner, Host) else owner
    if isinstance(held, set) and name in REMOVING:
        raise Unsupported("JN102", f"{name}() of a set")


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
    if any(isinstance(held := a.value if isinstance(a, Read) else a, Host) and held.volatile for a in args):
        low.trust.volatile_owners.add(id(target))


def _target(low: Lowering, owner: Any, deep: bool = False) -> Operand:
    """The container that an effect changes: looked at first, if nobody has."""
    target = low.code(owner, Phase.POST)
    if deep or (isinstance(owner, Host) and owner.unverified):
        return low.looked_at(target, Phase.POST, flat=not deep)
    return target


def effect_argument(low: Lowering, value: Any) -> Operand:
    """An argument of an effect, as its expression: looked into now, or just kept."""
    if not isinstance(value, Read):
        return low.code(value, Phase.POST)
    return low.read_code(settled(low, value.value, late=True), Phase.POST)


def _method(low: Lowering, target: Operand, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Operation:
    codes, named = [effect_argument(low, a) for a in args], {k: effect_argument(low, v) for k, v in kwargs.items()}
    if name == "append" and isinstance(target, Constant) and type(target.value) is list:
        return low.host.effect(APPEND, target, *codes, keywords=named)
    return low.host.effect(CHANGE, target, low.host.constant(name), *codes, keywords=named)


def _result(low: Lowering, target: Operand, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Host:
    made = low.host.assign(Phase.POST, _method(low, target, name, args, kwargs), UNKNOWN)
    made.unverified = True
    return made


__all__ = [
    "LOOKING", "Read", "change_kept", "changed_at_replay", "effect_argument", "effect_arguments", "mutate_fresh", "postpone", "postpone_method", "postponed_result",
]  # fmt: skip

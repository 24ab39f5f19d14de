"""Changes of containers: done at replay, in program order, and undone if the iteration aborts there.

losses.append(loss)    the user's list: postponed
row = []; row.append() a list made in this iteration: at once, and at replay where it has been kept
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, Host, Phase
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


def effect_code(low: Lowering, value: Any) -> str:
    """An argument of an effect, in the post program."""
    if not isinstance(value, Read):
        return low.code(value, Phase.POST)
    return low.read_code(settled(low, value.value, late=True), Phase.POST)


def postpone(low: Lowering, owner: Any, template: str, *args: Any) -> None:
    """An effect on a container."""
    target = owner.witness if isinstance(owner, Host) and owner.phase is not Phase.POST else owner
    if isinstance(owner, Host) and owner.among:
        low.heap.mutated.update({id(box): box for box in owner.among})
    elif isinstance(owner, Host) and owner.code[0] != "c" and owner.phase is not Phase.POST:
        raise Unsupported("JN102", "a container that comes from the data is changed")
    if not isinstance(owner, Host) or owner.phase is not Phase.POST:
        low.heap.mutated[id(target)] = target
    low.note_effect()
    if any(isinstance(a, Host) and a.code in low.trust.volatile for a in args):
        low.trust.volatile_owners.add(id(target))
    if isinstance(owner, Host) and owner.code in low.trust.unverified:
        low.host.statement(Phase.POST, f"Flat({low.code(owner, Phase.POST)})")
    low.host.statement(Phase.POST, template.format(low.code(owner, Phase.POST), *(effect_code(low, a) for a in args)))


def postponed_result(low: Lowering, owner: Any, name: str, args: list[Any]) -> Host:
    """As `postpone`, for a method whose result is wanted: `pop`, `setdefault`."""
    low.heap.mutated[id(owner)] = owner
    low.note_effect()
    codes = [low.code(owner, Phase.POST), repr(name), *(effect_code(low, v) for v in args)]
    made = low.host.assign(Phase.POST, f"J.change({', '.join(codes)})", UNKNOWN)
    low.trust.unverified.add(made.code)
    return made


def change_kept(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """A container made in this iteration that has been kept changes: at replay as well."""
    escaped = low.made.escaped.get(id(owner))
    if escaped is not None:
        given = [low.make(v) if type(v) in (list, dict) else v for v in args]
        parts = [low.code(a, Phase.POST) for a in given] + [f"{k}={low.code(v, Phase.POST)}" for k, v in kwargs.items()]
        low.host.statement(Phase.POST, f"{escaped}.{name}({', '.join(parts)})")


def mutate_fresh(low: Lowering, owner: Any) -> None:
    """Note that a container made in this iteration changes; not across a branch that is lowered both ways."""
    if id(owner) in low.made.borrowed:
        raise Unsupported("JN102", "a container that is bound anew in every iteration is changed")
    if low.place.branches and id(owner) not in low.branch_born():
        raise Unsupported("JN107", "a container made before a branch is changed inside it")

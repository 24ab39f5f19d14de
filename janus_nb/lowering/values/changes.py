"""Library functions that change an argument: done at replay, in program order, and undone with the rest if the iteration aborts.

    heapq.heappush(queue, (cost, node))    post program: apply(J, queue, heappush, queue, (g0, c4))
    np.add.at(counts, labels, 1)                         apply(J, counts, at, counts, p1, 1)
    np.cumsum(a, out=sums)

A list that the iteration has made itself, and nobody has kept, changes at once.
"""

from __future__ import annotations

from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_box, is_memory
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, Host, Phase
from janus_nb.lowering.effects.containers import APPLY
from janus_nb.lowering.heap import fence
from janus_nb.lowering.heap.content import settled
from janus_nb.lowering.library.row import SELF, Effect, Row
from janus_nb.lowering.library.table import is_known_callback, knowledge_of, written
from janus_nb.lowering.library.tracing import refuse_callbacks
from janus_nb.lowering.values.effects import Read, effect_argument, mutate_fresh
from janus_nb.lowering.values.kind import Args, Kwargs


def changing_row(low: Lowering, function: Any, args: Args, kwargs: Kwargs) -> Row | None:
    """The row of a function that changes an argument in this call, or `None`."""
    known = knowledge_of(function)
    if known is None or known.effect is not Effect.PURE or not known.changes or low.backend.python_function(function) is not None:
        return None
    return known if written(known, function, args, kwargs) else None


def apply_changing(low: Lowering, known: Row, function: Any, args: Args, kwargs: Kwargs) -> Any:
    """Call a function that changes one of its arguments.

    Raises:
        Unsupported: JN201 if that is not a container whose changes can be undone; JN204 for callbacks that nobody knows.
    """
    changed = written(known, function, args, kwargs)
    place, target = changed[0]
    if len(changed) > 1 or place in (SELF, "where") or any(value is target for value in _others(args, kwargs, place)):
        raise Unsupported("JN201", f"{known.name}() that changes its argument {place!r}")
    if isinstance(target, Host) and target.phase is not Phase.POST and target.constant:
        target = target.witness  # an array of the user's that the program names
    refuse_callbacks((*args, *kwargs.values()))
    if any(callable(value) and not is_known_callback(value) for value in kwargs.values()):
        raise Unsupported("JN204", f"{known.name}() with a function that nobody knows")
    if id(target) in low.made.fresh:
        return _at_once(low, known, function, target, args, kwargs)
    if not (is_box(target) or (isinstance(target, Host) and target.phase is Phase.POST)):
        raise Unsupported("JN201", f"{known.name}() of a {type(low.witness(target)).__name__} that is changed")
    return _at_replay(low, function, place, target, args, kwargs)


def _others(args: Args, kwargs: Kwargs, place: int | str) -> list[Any]:
    """All arguments but the one at `place`."""
    return [v for i, v in enumerate(args) if i != place] + [v for k, v in kwargs.items() if k != place]


def _at_once(low: Lowering, known: Row, function: Any, target: Any, args: Args, kwargs: Kwargs) -> Any:
    """Of a container that the iteration has made, and that only it can see."""
    if id(target) in low.made.escaped or not isinstance(target, list):
        raise Unsupported("JN102", f"{known.name}() of a container that has been kept")
    mutate_fresh(low, target)
    return fence.now(low, function, *args, **kwargs)


def _at_replay(low: Lowering, function: Any, place: int | str, target: Any, args: Args, kwargs: Kwargs) -> Host:
    """Of a container of the user's, or one that only replay finds."""
    low.note_effect()
    if not isinstance(target, Host):
        low.heap.mutated[id(target)] = target
        if not is_memory(target):
            settled(low, target, late=True)
        if any(isinstance(value, Host) and value.volatile for value in (*args, *kwargs.values())):
            low.trust.volatile_owners.add(id(target))
    owner = low.code(target, Phase.POST)
    looks = owner if is_memory(target) else low.looked_at(owner, Phase.POST)
    given = [owner if i == place else effect_argument(low, Read(value)) for i, value in enumerate(args)]
    named = {k: owner if k == place else effect_argument(low, Read(value)) for k, value in kwargs.items()}
    made = low.host.assign(Phase.POST, low.host.effect(APPLY, looks, low.mention(function), *given, keywords=named), UNKNOWN)
    made.unverified = True
    return made


__all__ = ["apply_changing", "changing_row"]

"""From a finished lowering to a program: what is carried, what is written at the end, and the host programs as functions.

for x in data:                  graph   body(x, total) -> total
    total += float(f(x))        host    entry() ; pre(e): return (e,) ; post(J, S, L): if L is None: return None; return (total,)
                                conditions  `f` is the same function ...
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from janus_nb.lowering.core import marks
from janus_nb.lowering.core.frames import Feed
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.printing import Text, are_calm, compiled, needed
from janus_nb.lowering.core.records import Carry as CarryStates
from janus_nb.lowering.core.records import LastOnly, Operand, Statement, Variable, add_variables, is_calm
from janus_nb.lowering.core.staging import Carry, memory, said_of
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, Closure, Host, Phase, kind_of
from janus_nb.lowering.heap import born
from janus_nb.lowering.heap.carries import final_tensors, refuse_unbound
from janus_nb.lowering.program import Conditions, FeedInfo, GraphPart, HostPart, Program, Refusal
from janus_nb.speculate.policy import Mode
from janus_nb.speculate.slots import UNBOUND, AttrSlot, Slot


def assemble(low: Lowering, name: str, attempt: int) -> Program:
    """The program of a lowering that is complete.

    Args:
        low: The lowering.
        name: Shown in generated programs.
        attempt: How often the region was lowered.

    Raises:
        Unsupported: what is kept at the end has no form there, or only Python values are computed.
    """
    carried = _Carried.of(low)
    refuse_unbound(low, carried.all)
    tensors = [tensor for carry in carried.graph for tensor in final_tensors(low, carry, _end_of(low, carry))]
    state = [low.code(_end_of(low, carry), Phase.PRE) for carry in carried.pre]
    _keep_states(low, carried.post)
    _refuse_aliases(low)
    _refuse_shared_carries(low, carried.graph)
    born.finish(low)
    finals = _finals(low)
    _refuse_idle(low, tensors)
    return Program(
        host=_host_part(low, name, carried, state, finals),
        graph=_graph_part(low, carried, tensors),
        conditions=_conditions(low, carried),
        graph_spans=frozenset(low.lines.graph_spans),
        effect_spans=frozenset(low.lines.effect_spans),
        lowered_spans=frozenset(low.lines.lowered_spans),
        host_spans=frozenset(low.lines.host_spans),
        rounds=tuple((span, n) for span, n in low.lines.rounds.items() if n > 1),
        attempts=attempt,
        left=tuple({(r.reason.code, r.span): Refusal(r.reason, r.detail, r.span) for r in low.place.left}.values()),
    )


# -- what is carried, and what is written at the end -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Carried:
    """Carried slots, by who computes their next value."""

    graph: tuple[Carry, ...]
    pre: tuple[Carry, ...]
    post: tuple[Carry, ...]

    @property
    def all(self) -> tuple[Carry, ...]:
        """All of them."""
        return (*self.graph, *self.pre, *self.post)

    @classmethod
    def of(cls, low: Lowering) -> _Carried:
        def by(mode: Mode) -> tuple[Carry, ...]:
            return tuple(sorted((c for c in low.heap.carried.values() if c.mode == mode and c.made), key=lambda c: c.position))

        return cls(by("graph"), by("pre"), by("post"))


def _end_of(low: Lowering, carry: Carry) -> Any:
    """What a carried slot holds at the end of the iteration."""
    written = low.heap.overlay.get(carry.slot.key)
    return written[1] if written else carry.value


def _keep_states(low: Lowering, carries: Sequence[Carry]) -> None:
    """What only replay knows goes to its place for the next iteration."""
    values = [(c.position, low.code(_end_of(low, c), Phase.POST)) for c in carries if c.slot.key in low.heap.overlay]
    if values:
        low.host.block(Phase.POST).append(CarryStates(low.host.states, values))


def _finals(low: Lowering) -> list[tuple[Slot, Operand]]:
    """Slots to write at commit, with what they hold then."""
    mine = [(slot, value) for slot, value in low.heap.overlay.values() if not (isinstance(slot, AttrSlot) and id(slot.owner) in low.made.born)]
    low.ports.final = True
    for slot, value in mine:
        low.host.name_value(value, said_of(slot))
    with low.host.at_the_end():
        found = [(slot, _final(low, value)) for slot, value in mine]
    low.ports.final = False
    return found


def _final(low: Lowering, value: Any) -> Operand:
    if value is UNBOUND:
        return low.host.constant(UNBOUND)
    if isinstance(value, Closure):
        return low.host.operation("{define}()", uses={"define": _definition(low, value)})
    return low.code(value, Phase.POST)


def _definition(low: Lowering, closure: Closure) -> Any:
    """A function that makes the real function for one defined in the loop.

    Raises:
        Unsupported: JN101 if it closes over locals of the function around the loop.
    """
    frame = closure.frame
    if not frame.region or not frame.module_level or closure.defaults or closure.kw_defaults:
        raise Unsupported("JN101", "a function defined in the loop outlives the iteration", low.span_of(closure.node))
    node, namespace, file = closure.node, frame.namespace, frame.unit.file

    def define() -> Any:
        if isinstance(node, ast.Lambda):
            return eval(compile(ast.Expression(node), file, "eval", dont_inherit=True), namespace)
        scope: dict[str, Any] = {}
        exec(compile(ast.Module([node], []), file, "exec", dont_inherit=True), namespace, scope)
        return scope[node.name]

    return define


# -- what may not be -----------------------------------------------------------------------------------------------------------


def _refuse_aliases(low: Lowering) -> None:
    """Refuse to stage an attribute that is also read from an object that only the host knows: it may be the same object.

    Raises:
        Unsupported: JN201.
    """
    for slot, _ in low.heap.overlay.values():
        if isinstance(slot, AttrSlot) and slot.name in low.trust.attributes_read and id(slot.owner) not in low.made.born:
            raise Unsupported("JN201", f"attribute {slot.name!r} is set on one object and read from the data", low.heap.spans.get(slot.key))


def _refuse_shared_carries(low: Lowering, carried: Sequence[Carry]) -> None:
    """Refuse a container that is carried between iterations and ends under another name as well: it would be rebuilt, and be two.

    Raises:
        Unsupported: JN108.
    """
    held: dict[int, Any] = {}
    ends = {key: value for key, (_, value) in low.heap.overlay.items()}
    ends.update({carry.slot.key: carry.value for carry in carried if carry.slot.key not in ends})
    keys = {carry.slot.key for carry in carried}
    for key, value in ends.items():
        for box in {id(b): b for b in marks.containers_in(value)}.values():
            other = held.setdefault(id(box), key)
            if other != key and (key in keys or other in keys):
                raise Unsupported("JN108", "a container that is carried has another name as well", low.heap.spans.get(key))


def _refuse_idle(low: Lowering, tensors: Sequence[Any]) -> None:
    """Refuse a region without tensor work, unless some may stand on a side of a branch that was not taken so far.

    Raises:
        Unsupported: JN408.
    """
    assumed = low.checks.graph or low.checks.before or low.checks.replay
    if not (low.ports.rows or low.ports.lasts or tensors or low.ports.feeds or assumed) and not low.tracer.writes():
        raise Unsupported("JN408", "only Python values are computed")


# -- the parts -------------------------------------------------------------------------------------------------------------------


def _graph_part(low: Lowering, carried: _Carried, tensors: Sequence[Any]) -> GraphPart:
    ports = low.ports
    return GraphPart(
        body=low.tracer.finish(list(tensors), [r.tensor for r in ports.rows], [r.tensor for r in ports.lasts]),
        invariants=tuple(map(_feed_info, ports.invariants)),
        feeds=tuple(map(_feed_info, ports.feeds)),
        rows=tuple(r.kind for r in ports.rows),
        lasts=tuple(r.kind for r in ports.lasts),
        carries=carried.graph,
    )


def _feed_info(feed: Feed) -> FeedInfo:
    witness = feed.host.witness if feed.host is not None else UNKNOWN
    return FeedInfo(feed.spec, feed.key, feed.column, kind_of(witness), type(witness) if feed.host is not None else None)


def _conditions(low: Lowering, carried: _Carried) -> Conditions:
    heap = low.heap
    read = (b for box in heap.content_reads.values() for b in (box, memory(box)))
    return Conditions(
        guards=(*heap.guards.values(), *(c.guard for c in carried.all if c.guard is not None)),
        in_graph=tuple(low.checks.graph),
        before=tuple(low.checks.before),
        at_replay=tuple(low.checks.replay),
        read=frozenset(map(id, read)) - frozenset(heap.mutated),
        seen=low.trust.reader.seen,
        borrowed=tuple(low.made.borrowed_inputs),
    )


def _host_part(low: Lowering, name: str, carried: _Carried, state: Sequence[Operand], finals: Sequence[tuple[Slot, Operand]]) -> HostPart:
    texts = _Texts.of(low, carried, state, [value for _, value in finals])
    (entry, pre, post), printed = compiled((texts.entry, texts.pre, texts.post), name)
    overlay = low.heap.overlay.values()
    return HostPart(
        entry=entry,
        pre=pre,
        post=post,
        texts=(printed[0], printed[1], printed[2]),
        inputs=tuple(i.slot for i in low.ports.entry),
        entry_exports=texts.entry_exports,
        pre_exports=texts.pre_exports,
        computing=bool(texts.entry.block or texts.pre.block),
        idle=not texts.pre.block and not texts.pre.returns,
        calm=are_calm(texts.post.block) and all(map(is_calm, texts.post.returns)),
        pre_carries=carried.pre,
        post_carries=carried.post,
        finals=tuple(slot for slot, _ in finals),
        generators=tuple(generator for generator, _ in low.library.draws.values()),
        effects=low.lines.effects,
        mutated=frozenset(low.heap.mutated),
        volatile=frozenset(s.key for s, v in overlay if isinstance(v, Host) and v.volatile) | low.trust.volatile_owners,
    )


@dataclass(frozen=True, slots=True)
class _Texts:
    """The three programs, without what nothing reads, and how many values the earlier ones hand to the later ones."""

    entry: Text
    pre: Text
    post: Text
    entry_exports: int
    pre_exports: int

    @classmethod
    def of(cls, low: Lowering, carried: _Carried, state: Sequence[Operand], finals: list[Operand]) -> _Texts:
        host, ports = low.host, low.ports
        block = [*host.post, *_ending(low, finals)]
        post_block, post_reads = _live(block, finals)
        to_post = [v for v in post_reads if v.phase is Phase.PRE]
        pre_returns: list[Operand] = [*(f.host.held for f in ports.feeds if f.host is not None), *to_post, *state]
        pre_block, pre_reads = _live(host.before[Phase.PRE], pre_returns)
        exported = [v for v in dict.fromkeys([*pre_reads, *post_reads]) if v.phase is Phase.ENTRY]
        entry_returns: list[Operand] = [*(f.host.held for f in ports.invariants if f.host is not None), *exported]
        entry_block, _ = _live(host.before[Phase.ENTRY], entry_returns)
        states = [c.value.held for c in carried.pre]
        rows = [r.variable for r in ports.rows]
        return cls(
            Text("entry", [i.variable for i in ports.entry], entry_block, entry_returns),
            Text("pre", [host.element, *states, *exported], pre_block, pre_returns),
            Text("post", [host.journal, host.states, *exported, *to_post, *rows, host.lasts], post_block, finals),
            len(exported),
            len(to_post),
        )


def _ending(low: Lowering, finals: Sequence[Operand]) -> list[Statement]:
    """What the post program does after the last iteration."""
    if not finals:
        return []
    return [LastOnly(low.host.lasts, [r.variable for r in low.ports.lasts]), *low.host.ending]


def _live(block: Sequence[Statement], returns: Sequence[Operand]) -> tuple[list[Statement], dict[Variable, None]]:
    """The statements of a program that matter for what it returns and does, and the variables that it reads."""
    read: dict[Variable, None] = {}
    for value in returns:
        add_variables(value, read)
    return needed(block, read), read


__all__ = ["assemble"]

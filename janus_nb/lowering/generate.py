"""The generator's one page: lower a region under a policy until its carried state is known.

for x in data:                     target
    total += float(f(x))           attempt 1: `total` is read, then written -> carried
                                   attempt 2: with `total` as state of the loop graph -> Program
"""

from __future__ import annotations

import ast
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from types import CellType
from typing import Any

from janus_nb.backend import Backend, Spec
from janus_nb.lowering.core import flow, marks
from janus_nb.lowering.core.frames import Feed, Frame
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.outcome import CONTINUE, NORMAL, Exit
from janus_nb.lowering.core.staging import Carry, Heap, memory
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, Closure, Host, Phase, kind_of
from janus_nb.lowering.heap import born
from janus_nb.lowering.heap.carries import final_tensors, mode_for
from janus_nb.lowering.host import tapes
from janus_nb.lowering.library import tracing
from janus_nb.lowering.program import FeedInfo, Program, Refusal
from janus_nb.lowering.wiring import DOORS
from janus_nb.reasons import REASONS
from janus_nb.source.units import Unit
from janus_nb.span import Span
from janus_nb.speculate.guards import Guard, Shows
from janus_nb.speculate.policy import ExitAssumption, Mode, Policy
from janus_nb.speculate.slots import UNBOUND, AttrSlot, LocalSlot, Slot, describe

_ATTEMPTS = 10
_MAX_PARTS = 64
RETURN_SLOT = LocalSlot("@return")
ARGUMENTS_SLOT = LocalSlot("@arguments")
"""Holds what a call looks like (`form_of`): a graph of a function serves calls of one form."""


def form_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """How many arguments a call has, under which names, and of which types, containers taken apart."""
    return (*map(_form, args), *((name, _form(value)) for name, value in kwargs.items()), len(args))


def _form(value: Any, depth: int = 0) -> Any:
    kind = type(value)
    if depth < 4 and kind in (list, tuple) and len(value) <= _MAX_PARTS:
        return (kind, *(_form(part, depth + 1) for part in value))
    if depth < 4 and kind is dict and len(value) <= _MAX_PARTS and all(type(key) is str for key in value):
        return (kind, *((key, _form(part, depth + 1)) for key, part in value.items()))
    return kind


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A tensor of the element that a tensor source delivers stacked."""

    index: int
    spec: Spec


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What to lower.

    Attributes:
        node: The loop, or the function for a region of calls.
        unit: Where it stands.
        namespace: Globals of its code.
        local_names: Names local to the function around a loop (empty at the top of a cell).
        element: The pending element (or call's arguments), with `Column`s in place of stacked tensors.
        function: The function object, for a region of calls.
        iterated: The containers that a `for` iterates over, if elements are taken ahead from them.
        segment: The statements of a segment: a part of one iteration, or of a function's body.
        leaving: For a segment that begins inside a `with` and goes on behind it: how many of its statements are inside, and the name
            of the tape that the `with` has opened.
        varying: Names that are bound anew around a segment: what they hold is never taken as constant.
        shares_cell: Whether a closure cell is the one behind a name of the region's own frame.
    """

    node: ast.For | ast.While | ast.FunctionDef | ast.Lambda | ast.stmt
    unit: Unit
    namespace: dict[str, Any]
    local_names: frozenset[str]
    element: Any
    function: Any = None
    iterated: tuple[Any, ...] = ()
    segment: tuple[ast.stmt, ...] = ()
    leaving: tuple[int, str] | None = None
    varying: frozenset[str] = frozenset()
    shares_cell: Callable[[CellType, str], bool] = lambda cell, name: False

    @property
    def single(self) -> bool:
        """Whether a graph of it runs one iteration a call, so that nothing is carried from one to the next."""
        return self.function is not None or bool(self.segment)


def generate(backend: Backend, target: Target, policy: Policy, frame: MutableMapping[str, Any], name: str) -> Program | Refusal:
    """A program for the region, or why there is none. Nothing of the user's is changed.

    Args:
        backend: The tensor library.
        target: What to lower.
        policy: Under which assumptions.
        frame: The region's own names, live.
        name: Shown in graphs and generated programs.
    """
    modes: dict[Any, tuple[Slot, Mode]] = {}
    dirty: dict[int, Any] = {}
    read_anew: set[Any] = set()
    widened: dict[Any, list[Spec]] = {}
    for attempt in range(1, _ATTEMPTS + 1):
        carried = {key: Carry(slot, mode) for key, (slot, mode) in modes.items()}
        heap = Heap(frame, carried, policy.inputs | read_anew, dirty, target.shares_cell, target.varying)
        tracer = backend.trace(name)
        low = Lowering(DOORS, backend, tracer, policy, heap)
        before, low.ports.widened = len(widened), widened
        try:
            with tracer:
                result = _iteration(low, target)
                tracing.stage_losses(low)
                again = _learn_single(low, read_anew, dirty) if target.single else _learn(low, modes, dirty)
                if not again:
                    _refuse_changed_source(target, heap)
                    made = _finish(low, name, attempt, result)
                    low.restore()
                    return made
        except Unsupported as refusal:
            learned = _learn_single(low, read_anew, dirty) if target.single else _learn(low, modes, dirty)
            if (learned or len(widened) > before) and refusal.reason.code in ("JN102", "JN108", "JN202") and attempt < _ATTEMPTS:
                continue
            return Refusal(refusal.reason, refusal.detail, refusal.span, low.place.reached)
        except RecursionError:
            return Refusal(REASONS["JN109"], "calls nested too deep", Span.of(target.node, target.unit.file), low.place.reached)
        finally:
            low.restore(silent=True)
    return Refusal(REASONS["JN108"], "the carried state does not settle", Span.of(target.node, target.unit.file))


def _refuse_changed_source(target: Target, heap: Heap) -> None:
    """Elements are taken ahead, so an effect of the loop must not change the containers they come from, nor the elements.

    Raises:
        Unsupported: JN101.
    """
    changed = {id(memory(box)) for box in heap.mutated.values()}
    parts = target.element if isinstance(target.element, tuple | list) else (target.element,)
    if any(id(memory(part)) in changed for part in (*target.iterated, *parts)):
        raise Unsupported("JN101", "the loop changes what it iterates over", Span.of(target.node, target.unit.file))


def _learn(low: Lowering, modes: dict[Any, tuple[Slot, Mode]], dirty: dict[int, Any]) -> bool:
    """Take over what this attempt found out about carried slots and mutated containers."""
    news = False
    found = low.heap.newly_dirty()
    if found:
        dirty.update(found)
        news = True
    for slot, value in low.heap.uncarried():
        modes[slot.key] = (slot, mode_for(low, value))
        news = True
    order: list[Mode] = ["pre", "graph", "post"]
    for key, carry in low.heap.carried.items():
        entry = low.heap.overlay.get(key)
        if entry is None or carry.value is None:
            continue
        wanted = mode_for(low, entry[1])
        if order.index(wanted) > order.index(carry.mode):
            modes[key] = (carry.slot, wanted)
            news = True
    return news


def _learn_single(low: Lowering, read_anew: set[Any], dirty: dict[int, Any]) -> bool:
    """As `_learn`, where every graph call is one iteration: what is read and then written is simply read at each call."""
    found = low.heap.newly_dirty()
    dirty.update(found)
    anew = {slot.key for slot, _ in low.heap.uncarried()} - low.heap.inputs
    read_anew |= anew
    return bool(found or anew)


def _iteration(low: Lowering, target: Target) -> Any:
    """Lower one iteration (or call, or segment); returns a call's result."""
    if target.function is not None:
        return _lower_call(low, target)
    if target.segment:
        _lower_segment(low, target)
        return None
    node, low.place.loops = target.node, True
    module_level = not target.local_names and target.namespace is low.heap.frame
    low.frames.append(Frame(target.unit, target.namespace, local_names=target.local_names, region=True, module_level=module_level))
    with flow.boundary(low, "loop"):
        if isinstance(node, ast.For):
            low.bind(node.target, _element(low, target.element))
        elif isinstance(node, ast.While):
            with low.at(node.test) as span:
                condition = low.condition(node.test)
                if condition is False:
                    raise Unsupported("JN101", "the loop ends here")
                if condition is not True:
                    flow.assume(low, condition, True, ExitAssumption(span, "the end of the loop"))
        outcome = low.run(node.body)  # type: ignore[arg-type, union-attr]
    if outcome not in (NORMAL, CONTINUE):
        where = outcome.span if isinstance(outcome, Exit) else None
        raise Unsupported("JN101", "every iteration leaves the loop", where)
    return None


def _refuse_aliases(low: Lowering) -> None:
    """Refuse to stage an attribute that is also read from an object that only the host knows: it may be the same object.

    Raises:
        Unsupported: JN201.
    """
    for slot, _ in low.heap.overlay.values():
        if isinstance(slot, AttrSlot) and slot.name in low.trust.attributes_read and id(slot.owner) not in low.made.born:
            raise Unsupported("JN201", f"attribute {slot.name!r} is set on one object and read from the data", low.heap.spans.get(slot.key))


def _refuse_shared_carries(low: Lowering, carried: list[Carry]) -> None:
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


def _lower_segment(low: Lowering, target: Target) -> None:
    """Lower the statements one by one; `low.place.reached` tells how far this came."""
    module_level = not target.local_names and target.namespace is low.heap.frame
    low.frames.append(Frame(target.unit, target.namespace, local_names=target.local_names, region=True, module_level=module_level))
    low.place.segment = True
    with flow.boundary(low, "loop"):
        if target.leaving is None:
            _lower_statements(low, target.segment)
        else:
            _lower_beyond_with(low, target.segment, *target.leaving)
    low.place.reached = len(target.segment)
    _refuse_open_tapes(low)


def _lower_statements(low: Lowering, statements: tuple[ast.stmt, ...], first: int = 0) -> None:
    for low.place.reached, statement in enumerate(statements, first):
        outcome = low.run([statement])
        if outcome is not NORMAL:
            raise Unsupported("JN101", "control always leaves here", low.span_of(statement))


def _lower_beyond_with(low: Lowering, statements: tuple[ast.stmt, ...], inside: int, name: str) -> None:
    """Lower statements of which the first `inside` stand in a `with` that has opened the tape `name`; it must be asked behind that."""
    low.library.continued = going_on = tapes.continued(low, name)
    going_on.open()
    try:
        _lower_statements(low, statements[:inside])
    finally:
        going_on.close()
    _lower_statements(low, statements[inside:], inside)
    if not going_on.spent:
        raise Unsupported("JN208", "the tape is asked later", low.span_of(statements[-1]))


def _refuse_open_tapes(low: Lowering) -> None:
    """Refuse a segment after which Python may still ask a tape for gradients of what only the graph has seen.

    Raises:
        Unsupported: JN208; `low.place.reached` is then the statement that opened the tape.
    """
    for slot, value in low.heap.overlay.values():
        if id(value) in low.library.tapes and not low.backend.tape_is_spent(value):
            low.place.reached = low.library.tapes[id(value)][1]
            raise Unsupported("JN208", f"`{describe(slot)}` is used after the segment", low.heap.spans.get(slot.key))


def _lower_call(low: Lowering, target: Target) -> Any:

    args, kwargs = _element(low, target.element)
    low.heap.guards[ARGUMENTS_SLOT.key] = Guard(ARGUMENTS_SLOT, Shows(low.heap.live(ARGUMENTS_SLOT)), None)
    low.frames.append(Frame(target.unit, target.namespace, region=False))
    result = low.call(target.function, tuple(args), dict(kwargs))
    low.frames.pop()
    low.heap.write(RETURN_SLOT, result, None)
    return result


def _element(low: Lowering, element: Any) -> Any:
    """The element as a value: columns are inputs of the graph, the rest comes from the host."""
    if isinstance(element, Column):
        spec = low.policy.specs.get(("column", element.index), low.policy.initial(element.spec))
        tensor = low.tracer.input(spec, "feed", "data")
        low.ports.feeds.append(Feed(None, spec, ("column", element.index), tensor, element.index))
        return tensor
    if isinstance(element, dict) and _holds_column(element):
        return low.make({k: _part(low, p, f"e[{k!r}]") for k, p in element.items()})
    if _holds_column(element) or isinstance(element, Parts):
        return tuple(_part(low, part, f"e[{i}]") for i, part in enumerate(element))
    return _unverified(low, low.host.assign(Phase.PRE, "e", element))


def _unverified(low: Lowering, value: Host) -> Host:
    """A value from the data: the next one may be of any type, and so it is looked at before anything is done with it."""
    low.trust.unverified.add(value.code)
    return value


class Parts(tuple):  # type: ignore[type-arg]
    """An element whose parts are known one by one."""


def _part(low: Lowering, part: Any, code: str) -> Any:
    if isinstance(part, Column):
        return _element(low, part)
    if isinstance(part, dict) and _holds_column(part):
        return low.make({k: _part(low, p, f"{code}[{k!r}]") for k, p in part.items()})
    if _holds_column(part) or isinstance(part, Parts):
        return tuple(_part(low, p, f"{code}[{i}]") for i, p in enumerate(part))
    if isinstance(part, dict) and isinstance(part, KeyedParts):
        return low.make({k: _part(low, p, f"{code}[{k!r}]") for k, p in part.items()})
    return _unverified(low, low.host.assign(Phase.PRE, code, part))


class KeyedParts(dict):  # type: ignore[type-arg]
    """Keyword arguments whose values are known one by one."""


def _holds_column(element: Any) -> bool:
    parts = element.values() if type(element) is dict else element if type(element) in (tuple, Parts) else ()
    return any(isinstance(p, Column) or _holds_column(p) for p in parts)


def _finish(low: Lowering, name: str, attempt: int, result: Any) -> Program:
    heap, host = low.heap, low.host
    graph = sorted((c for c in heap.carried.values() if c.mode == "graph" and c.value is not None), key=lambda c: c.position)
    pre = sorted((c for c in heap.carried.values() if c.mode == "pre" and c.value is not None), key=lambda c: c.position)
    post = sorted((c for c in heap.carried.values() if c.mode == "post" and c.value is not None), key=lambda c: c.position)
    carry_tensors: list[Any] = []
    for carry in graph:
        written = heap.overlay.get(carry.slot.key)
        carry_tensors += final_tensors(low, carry, written[1] if written else carry.value)
    next_state = []
    for carry in pre:
        written = heap.overlay.get(carry.slot.key)
        next_state.append(low.code(written[1] if written else carry.value, Phase.PRE))
    for carry in post:
        written = heap.overlay.get(carry.slot.key)
        if written:
            host.statement(Phase.POST, f"S[{carry.position}] = {low.code(written[1], Phase.POST)}")
    _refuse_aliases(low)
    _refuse_shared_carries(low, graph)
    born.finish(low)
    low.ports.final = True
    mine = [(slot, value) for slot, value in heap.overlay.values() if not (isinstance(slot, AttrSlot) and id(slot.owner) in low.made.born)]
    finals = [(slot, _final_code(low, slot, value)) for slot, value in mine]
    low.ports.final = False
    feeds = tuple(_feed_info(f) for f in low.ports.feeds)
    assumed = low.checks.graph or low.checks.before or low.checks.replay  # tensor work may stand on a side not taken so far
    if not (low.ports.rows or low.ports.lasts or carry_tensors or low.ports.feeds or assumed) and not low.tracer.writes():
        raise Unsupported("JN408", "only Python values are computed")
    body = low.tracer.finish(carry_tensors, [r.tensor for r in low.ports.rows], [r.tensor for r in low.ports.lasts])
    entry_names, pre_names = host.exported[Phase.ENTRY], host.exported[Phase.PRE]
    fed = [f.host.code for f in low.ports.feeds if f.host is not None]
    entry_names = [n for n in entry_names if n[0] == "n"]
    invariants = [f.host.code for f in low.ports.invariants if f.host is not None]
    entry, entry_text = host.compile(Phase.ENTRY, [f"v{i}" for i in range(len(low.ports.entry))], [*invariants, *entry_names], name)
    state = [f"s{c.position}" for c in pre]
    pre_fn, pre_text = host.compile(Phase.PRE, ["e", *state, *entry_names], [*fed, *pre_names, *next_state], name)
    if finals:
        host.lines[Phase.POST].append("if L is None:")
        host.lines[Phase.POST].append("    return None")
        if low.ports.lasts:
            host.lines[Phase.POST].append(", ".join(r.name for r in low.ports.lasts) + ", = L")
        host.lines[Phase.POST].extend(low.ports.final_lines)
    parameters = ["J", "S", *entry_names, *pre_names, *(r.name for r in low.ports.rows), "L"]
    post_fn, post_text = host.compile(Phase.POST, parameters, [code for _, code in finals], name)
    carry_guards = [c.guard for c in (*graph, *pre) if c.guard is not None]
    return Program(
        body=body, entry=entry, pre=pre_fn, post=post_fn, texts=(entry_text, pre_text, post_text),
        inputs=tuple(low.ports.entry), invariants=tuple(f.spec for f in low.ports.invariants), feeds=feeds,
        entry_exports=len(entry_names), pre_exports=len(pre_names),
        rows=tuple(r.kind for r in low.ports.rows), lasts=tuple(r.kind for r in low.ports.lasts),
        guards=(*heap.guards.values(), *carry_guards),
        graph_carries=tuple(graph), pre_carries=tuple(pre), post_carries=tuple(post),
        finals=tuple(slot for slot, _ in finals),
        mutated=frozenset(heap.mutated),
        read=frozenset(id(b) for box in heap.content_reads.values() for b in (box, memory(box))) - frozenset(heap.mutated),
        generators=tuple(generator for generator, _ in low.library.draws.values()),
        seen=low.trust.reader.seen, borrowed=tuple(low.made.borrowed_inputs),
        volatile=frozenset(s.key for s, v in heap.overlay.values() if isinstance(v, Host) and v.code in low.trust.volatile) | low.trust.volatile_owners,
        checks=tuple(low.checks.graph), host_checks=tuple(low.checks.replay), pre_checks=tuple(low.checks.before),
        effects=low.lines.effects, graph_spans=frozenset(low.lines.graph_spans), effect_spans=frozenset(low.lines.effect_spans),
        lowered_spans=frozenset(low.lines.lowered_spans), host_spans=frozenset(low.lines.host_spans),
        rounds=tuple((span, n) for span, n in low.lines.rounds.items() if n > 1), attempts=attempt,
        left=tuple({(r.reason.code, r.span): Refusal(r.reason, r.detail, r.span) for r in low.place.left}.values()),
    )  # fmt: skip


def _final_code(low: Lowering, slot: Slot, value: Any) -> str:
    before = len(low.host.lines[Phase.POST])
    if value is UNBOUND:
        code = low.host.object(UNBOUND)
    elif isinstance(value, Closure):
        code = f"{low.host.object(_definition(low, value))}()"
    else:
        code = low.code(value, Phase.POST)
    tail = low.host.lines[Phase.POST][before:]
    del low.host.lines[Phase.POST][before:]
    low.ports.final_lines.extend(tail)
    return code


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


def _feed_info(feed: Feed) -> FeedInfo:
    witness = feed.host.witness if feed.host is not None else UNKNOWN
    kind = kind_of(witness)
    return FeedInfo(feed.spec, feed.key, feed.column, kind, type(witness) if feed.host is not None else None)


__all__ = ["ARGUMENTS_SLOT", "RETURN_SLOT", "Column", "KeyedParts", "Parts", "Target", "form_of", "generate"]

"""The graph as a reader of the program sees it: one box for what a line does going forward, backward, or in an update.

    MatMul, BiasAdd, Relu, ... of line 4          ->  one box "4  loss = loss_fn(y, model(x))", 37 operations
    their gradients, asked for in line 5          ->  one box "5  grads = tape.gradient(...)"
    what reads a variable, casts, makes constants ->  part of the box that uses it

Boxes that depend on one another in a circle are split by rank, so that the picture has no circle whatever the program.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from janus_nb.events.types import Generated, OpInfo
from janus_nb.view.marks import Listing

Role = Literal["data", "variables", "carry", "forward", "backward", "update", "check", "effect", "written"]
Key = tuple[str, int, str]

MAX_BOXES = 24
TITLES = {"data": "data of the iteration", "variables": "variables", "carry": "state carried on", "written": "variables, written"}
_INPUTS = {"read": "variables", "carry": "carry", "data": "data", "given": "data", "seed": "data"}


@dataclass(slots=True)
class Box:
    """A box of the picture.

    Attributes:
        number: Its place in a topological order.
        role: What it does.
        listing: The listing its lines are in, or -1.
        lines: Its lines, first and last; (0, 0) for none.
        title: The line's text, or what it holds.
        ops: Its operations.
        spec: Type of what it hands on.
        rounds: How often the line is in the graph, if it was unrolled.
        detail: Scopes in it: name, number of operations, kinds, type of the result.
    """

    number: int
    role: Role
    listing: int
    lines: tuple[int, int]
    title: str
    ops: list[OpInfo] = field(default_factory=list)
    spec: str = ""
    rounds: int = 0

    @property
    def detail(self) -> list[tuple[str, int, str, str]]:
        """Scopes in it: name, number of operations, kinds, type of the result."""
        scopes: dict[str, list[OpInfo]] = {}
        for op in self.ops:
            scopes.setdefault(scope_of(op.name), []).append(op)
        return [(name, len(ops), kinds_in(ops), ops[-1].spec) for name, ops in scopes.items()]


@dataclass(slots=True)
class Graph:
    """Boxes in topological order, and the edges between them: from, to, number of tensors, type of one."""

    boxes: list[Box]
    edges: list[tuple[int, int, int, str]]


def scope_of(name: str) -> str:
    """The scope in which an operation stands, as a reader would name it: the layer, not the operation."""
    parts = [part for part in name.split("/")[:-1] if not part.startswith("gradient_tape")]
    return "/".join(parts[:2])


def kinds_in(ops: Iterable[OpInfo], limit: int = 6) -> str:
    """Kinds of operations, the frequent ones first."""
    kinds = Counter(op.kind for op in ops if op.kind not in ("Const", "Identity", "NoOp", "Placeholder"))
    shown = [f"{kind} ×{n}" if n > 1 else kind for kind, n in kinds.most_common(limit)]
    return ", ".join(shown) + (", …" if len(kinds) > limit else "")


def graph_of(generated: Generated, listings: Sequence[Listing]) -> Graph:
    """The boxes of a graph."""
    keys = _without_circles(generated.ops, _coarse(_keys(generated), listings))
    return _drawn(generated, keys, listings)


# -- which operation belongs where ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reach:
    """What an operation's results lead to."""

    backward: bool = False
    result: bool = False
    write: bool = False
    check: bool = False


def _is_backward(op: OpInfo) -> bool:
    return "gradient_tape" in op.name


def _consumers(ops: Sequence[OpInfo]) -> dict[str, list[OpInfo]]:
    found: dict[str, list[OpInfo]] = {op.name: [] for op in ops}
    for op in ops:
        for name in op.inputs:
            if name in found:
                found[name].append(op)
    return found


def _reaches(ops: Sequence[OpInfo], consumers: dict[str, list[OpInfo]]) -> dict[str, _Reach]:
    found: dict[str, _Reach] = {}
    for op in reversed(ops):
        mine = found[op.name] = _Reach()
        for consumer in consumers[op.name]:
            theirs = found.get(consumer.name)
            if consumer.role in ("write", "check"):
                mine.write |= consumer.role == "write"
                mine.check |= consumer.role == "check"
            elif theirs is not None:
                ends = not consumers[consumer.name] and consumer.span is None
                mine.backward |= theirs.backward or _is_backward(consumer)
                mine.result |= theirs.result or ends
                mine.write |= theirs.write
                mine.check |= theirs.check
    return found


def _keys(generated: Generated) -> dict[str, Key]:
    """For each operation the box it belongs to: where it stands, and its role."""
    ops = generated.ops
    consumers = _consumers(ops)
    reaches = _reaches(ops, consumers)
    tested = {(a.span.file, a.span.line) for a in generated.assumptions if a.span is not None and a.kind in ("branch", "trips", "exit")}
    effects = {(s.file, n) for s in generated.effect_spans for n in range(s.line, s.end_line + 1)}
    asked = {(op.span.file, op.span.line) for op in ops if op.span is not None and _is_backward(op)}
    after: set[str] = set()
    keys: dict[str, Key] = {}
    for op in ops:
        if _is_backward(op) or any(name in after for name in op.inputs):
            after.add(op.name)
        if op.role in _INPUTS:
            keys[op.name] = ("", 0, _INPUTS[op.role])
        elif op.span is not None and op.role not in ("write", "check"):
            place, later = (op.span.file, op.span.line), op.name in after
            part = place in asked and (op.kind == "Const" or later)
            keys[op.name] = (*place, "backward" if part else _role(op, reaches[op.name], later, tested, effects))
    _join(ops, consumers, keys)
    return keys


def _role(op: OpInfo, reach: _Reach, after: bool, tested: set[tuple[str, int]], effects: set[tuple[str, int]]) -> Role:
    assert op.span is not None
    place = (op.span.file, op.span.line)
    if _is_backward(op):
        return "backward"
    if reach.check and not (reach.backward or reach.result or reach.write) and place in tested:
        return "check"
    if place in effects and not (reach.backward or reach.write or reach.check):
        return "effect"
    if not reach.backward and (after or (reach.write and not reach.result)):
        return "update"
    return "forward"


def _join(ops: Sequence[OpInfo], consumers: dict[str, list[OpInfo]], keys: dict[str, Key]) -> None:
    """Operations of no line of their own join what uses them, or else what they use."""
    for op in reversed(ops):
        if op.name not in keys and op.role not in ("write", "check"):
            key = next((keys[c.name] for c in consumers[op.name] if c.name in keys), None)
            if key is not None:
                keys[op.name] = key
    outputs = {op.name for op in ops if not consumers[op.name] and op.span is None}
    for op in ops:
        if op.name not in keys and op.role not in ("write", "check") and op.name not in outputs and op.kind != "Const":
            key = next((keys[n] for n in op.inputs if n in keys and keys[n][0]), None)
            if key is not None:
                keys[op.name] = key


def _coarse(keys: dict[str, Key], listings: Sequence[Listing]) -> dict[str, Key]:
    """Keys of a coarser picture, if there would be too many boxes: called functions as wholes, then neighbouring lines together."""
    if len(set(keys.values())) <= MAX_BOXES or not listings:
        return keys
    home = listings[0]
    begins = {(x.file, n): lines.start for x in listings for _, lines in x.structure.functions for n in lines}
    keys = {
        op: key if key[0] == home.file and (key[0], key[1]) not in begins else (key[0], begins.get(key[:2], key[1]), key[2])
        for op, key in keys.items()
    }
    lines = sorted({key[:2] for key in keys.values() if key[1]})
    size = 1
    while len(set(keys.values())) > MAX_BOXES and size < len(lines):
        size += 1
        group = {place: lines[i - i % size] for i, place in enumerate(lines)}
        keys = {op: (*group.get(key[:2], key[:2]), key[2]) for op, key in keys.items()}  # type: ignore[misc]
    return keys


def _without_circles(ops: Sequence[OpInfo], keys: dict[str, Key]) -> dict[str, tuple[Key, int]]:
    """Keys with a rank: boxes of one circle are told apart by how often the data have gone around."""
    edges: dict[Key, set[Key]] = {}
    for op in ops:
        for name in op.inputs:
            if op.name in keys and name in keys and keys[op.name] != keys[name]:
                edges.setdefault(keys[name], set()).add(keys[op.name])
    circle = _circles(set(keys.values()), edges)
    ranks: dict[str, int] = {}
    for op in ops:
        key = keys.get(op.name)
        if key is None:
            continue
        rank = 0
        for name in op.inputs:
            other = keys.get(name)
            if other is not None and circle[other] == circle[key]:
                rank = max(rank, ranks[name] + (other != key))
        ranks[op.name] = rank
    found = {name: (key, ranks[name]) for name, key in keys.items()}
    if len(set(found.values())) <= MAX_BOXES + 6:
        return found
    members: dict[int, list[Key]] = {}
    for key, number in circle.items():
        members.setdefault(number, []).append(key)
    return {name: (min(members[circle[key]], key=lambda k: k[:2]), 0) for name, key in keys.items()}


def _circles(nodes: set[Key], edges: dict[Key, set[Key]]) -> dict[Key, int]:
    """For each node the number of its strongly connected component (Tarjan's algorithm, without recursion)."""
    index: dict[Key, int] = {}
    low: dict[Key, int] = {}
    on: set[Key] = set()
    stack: list[Key] = []
    found: dict[Key, int] = {}
    for root in sorted(nodes):
        work = [(root, iter(sorted(edges.get(root, ()))))] if root not in index else []
        while work:
            node, rest = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
                on.add(node)
            following = next((n for n in rest if n not in index or n in on), None)
            if following is not None and following not in index:
                work.append((following, iter(sorted(edges.get(following, ())))))
                continue
            if following is not None:
                low[node] = min(low[node], index[following])
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                while True:
                    member = stack.pop()
                    on.discard(member)
                    found[member] = index[node]
                    if member == node:
                        break
    return found


# -- boxes ---------------------------------------------------------------------------------------------------------------


def _drawn(generated: Generated, keys: dict[str, tuple[Key, int]], listings: Sequence[Listing]) -> Graph:
    groups: dict[tuple[Key, int], list[OpInfo]] = {}
    for op in generated.ops:
        if op.name in keys:
            groups.setdefault(keys[op.name], []).append(op)
    wires = _wires(generated, keys)
    order = _sorted(groups, wires)
    boxes = [_box(number, key, groups[key, rank], generated, listings) for number, (key, rank) in enumerate(order)]
    place = {group: number for number, group in enumerate(order)}
    edges = [(place[a], place[b], n, spec) for (a, b), (n, spec) in wires.items()]
    _add_effects(boxes, edges, generated, listings)
    _add_written(boxes, edges, generated, keys, place)
    for a, _, _, spec in edges:
        boxes[a].spec = boxes[a].spec or spec
    return Graph(boxes, sorted(edges))


Wires = dict[tuple[tuple[Key, int], tuple[Key, int]], tuple[int, str]]


def _wires(generated: Generated, keys: dict[str, tuple[Key, int]]) -> Wires:
    known = {op.name: op for op in generated.ops}
    found: Wires = {}
    for op in generated.ops:
        for name in op.inputs:
            a, b = keys.get(name), keys.get(op.name)
            if a is not None and b is not None and a != b and known[name].kind != "Const":
                count, spec = found.get((a, b), (0, known[name].spec))
                found[a, b] = count + 1, spec
    return found


def _sorted(groups: dict[tuple[Key, int], list[OpInfo]], wires: Wires) -> list[tuple[Key, int]]:
    """Topological order; among those that may come next, inputs first, then by line."""
    before: dict[tuple[Key, int], set[tuple[Key, int]]] = {g: set() for g in groups}
    for a, b in wires:
        before[b].add(a)
    order: list[tuple[Key, int]] = []
    while before:
        free = [g for g, needs in before.items() if not needs] or list(before)
        chosen = min(free, key=lambda g: (g[0][1], g[1], g[0]))
        order.append(chosen)
        del before[chosen]
        for needs in before.values():
            needs.discard(chosen)
    return order


def _box(number: int, key: Key, ops: list[OpInfo], generated: Generated, listings: Sequence[Listing]) -> Box:
    file, line, role = key
    if not file:
        names = ", ".join(dict.fromkeys(op.spec for op in ops))
        count = len(ops)
        title = {"variables": f"{count} variable{'s' * (count > 1)}", "carry": "carried: " + ", ".join(generated.carried[:4])}.get(role, TITLES[role])
        return Box(number, role, -1, (0, 0), title, ops, names)  # type: ignore[arg-type]
    listing = next((x for x in listings if x.file == file and x.line(line) is not None), None)
    found = listing.line(line) if listing is not None else None
    last = max([line, *(op.span.line for op in ops if op.span is not None and op.span.file == file)])
    rounds = max((n for span, n in generated.rounds if listing is not None and _loop_holds(listing, span.line, line)), default=0)
    title = found.text.strip() if found is not None else f"{file.rpartition('/')[2]}, line {line}"
    return Box(number, role, listing.number if listing is not None else -1, (line, last), title, ops, "", rounds)  # type: ignore[arg-type]


def _loop_holds(listing: Listing, loop: int, line: int) -> bool:
    return loop < line <= listing.structure.loops.get(loop, 0)


def _add_effects(boxes: list[Box], edges: list[tuple[int, int, int, str]], generated: Generated, listings: Sequence[Listing]) -> None:
    """Effects that need no operation of their own: what their lines read was computed by the lines that set it."""
    there = {(b.listing, n) for b in boxes if b.role == "effect" for n in range(b.lines[0], b.lines[1] + 1)}
    for span in sorted(set(generated.effect_spans), key=lambda s: (s.file, s.line)):
        listing = next((x for x in listings if x.file == span.file and x.line(span.line) is not None), None)
        if listing is None or (listing.number, span.line) in there or len(boxes) > MAX_BOXES:
            continue
        there.add((listing.number, span.line))
        line = listing.line(span.line)
        assert line is not None
        box = Box(len(boxes), "effect", listing.number, (span.line, span.line), line.text.strip())
        boxes.append(box)
        for name in listing.structure.loads.get(span.line, ()):
            setters = [b for b in boxes[:-1] if b.listing == listing.number and b.role not in ("effect", "check") and b.lines[0] < span.line
                       and name in listing.structure.stores.get(b.lines[0], ())]  # fmt: skip
            if setters:
                edges.append((max(setters, key=lambda b: b.lines[0]).number, box.number, 1, ""))


def _add_written(
    boxes: list[Box],
    edges: list[tuple[int, int, int, str]],
    generated: Generated,
    keys: dict[str, tuple[Key, int]],
    place: dict[tuple[Key, int], int],
) -> None:
    written = [op for op in generated.ops if op.role == "write"]
    if not written:
        return
    box = Box(len(boxes), "written", -1, (0, 0), f"{len(written)} variable{'s' * (len(written) > 1)}, written", written)
    counts = Counter(place[keys[name]] for op in written for name in op.inputs if name in keys)
    if counts:
        boxes.append(box)
        edges.extend((source, box.number, n, written[0].spec) for source, n in counts.items())


__all__ = ["Box", "Graph", "graph_of", "kinds_in", "scope_of"]

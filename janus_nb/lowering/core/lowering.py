"""The interpreter: walks the AST under a policy and builds graph and host programs.

It owns the state of one lowering; what each AST class and each callee means stands in the rule tables of
`exprs`, `stmts`, `control`, `operators`, `calls` and `library`.
"""

from __future__ import annotations

import ast
import contextlib
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from janus_nb.backend import Backend, Role, Tracer
from janus_nb.lowering.core.frames import Feed, Frame, Row
from janus_nb.lowering.core.outcome import Outcome
from janus_nb.lowering.core.parts import Checks, Library, Lines, Made, Ports, Trust, Whereabouts
from janus_nb.lowering.core.programs import HostPrograms
from janus_nb.lowering.core.reader import Reader
from janus_nb.lowering.core.refusals import refuse
from janus_nb.lowering.core.staging import Heap
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Closure, Host, Kind, Lazy, Nothing, Num, Phase, Suspended, View, kind_of
from janus_nb.lowering.undo.snapshot import Snapshot
from janus_nb.lowering.undo.states import restore
from janus_nb.span import Span
from janus_nb.speculate.policy import Assumption, DataAssumption, Policy
from janus_nb.speculate.slots import Slot


@dataclass(frozen=True, slots=True)
class Doors:
    """One function for each thing that rules ask of one another."""

    callees: Mapping[Any, Callable[..., Any]]
    expressions: Mapping[type[ast.expr], Callable[[Lowering, Any], Any]]
    run: Callable[[Lowering, list[ast.stmt]], Outcome]
    bind: Callable[[Lowering, ast.expr, Any], None]
    call: Callable[[Lowering, Any, tuple[Any, ...], dict[str, Any]], Any]
    run_generator: Callable[[Lowering, types.FunctionType, tuple[Any, ...], dict[str, Any], Any], None]
    condition: Callable[[Lowering, ast.expr], Any]
    items_of: Callable[[Lowering, Any, int | None], list[Any]]
    keys_of: Callable[[Lowering, Any], list[Any]]
    pairs_of: Callable[[Lowering, Any], list[tuple[Any, Any]]]
    length: Callable[[Lowering, Any], Any]
    method: Callable[[Lowering, Any, str, tuple[Any, ...], Mapping[str, Any]], Any]
    unary: Callable[[Lowering, ast.unaryop, Any], Any]
    augmented: Callable[[Lowering, ast.operator, Any, Any], Any]
    attribute: Callable[[Lowering, Any, str], Any]
    item: Callable[[Lowering, Any, Any], Any]
    truth: Callable[[Lowering, Any], Any]
    compare: Callable[[Lowering, ast.cmpop, Any, Any], Any]
    binary: Callable[[Lowering, ast.operator, Any, Any], Any]
    text: Callable[[Lowering, Any, Any, str | None], Any]
    read_slot: Callable[[Lowering, Slot], Any]
    computed: Callable[..., Host]
    code: Callable[[Lowering, Any, Phase], str]
    part_in_graph: Callable[[Lowering, Host], Num | None]


class Lowering:
    """State of one attempt at lowering a region."""

    def __init__(self, doors: Doors, backend: Backend, tracer: Tracer, policy: Policy, heap: Heap) -> None:
        self.doors = doors
        self.backend = backend
        self.tracer = tracer
        self.policy = policy
        self.heap = heap
        self.host = HostPrograms()
        self.frames: list[Frame] = []
        self.span: Span | None = None
        self.ports = Ports()
        self.checks = Checks()
        self.made = Made()
        self.place = Whereabouts()
        self.lines = Lines()
        self.trust = Trust(Reader(backend.is_tensor))
        self.library = Library(Snapshot(backend))
        reader = self.trust.reader
        self.host.objects.update(Deep=reader.deep, Flat=reader.flat, DeepAhead=reader.deep_ahead, FlatAhead=reader.flat_ahead)

    def restore(self, *, silent: bool = False) -> None:
        """Leave nothing behind in Python of what has been traced.

        Raises:
            Unsupported: JN211 if a library changed something that the graph does not stage, so that it would be lost; not if `silent`.
        """
        for generator, state in self.library.draws.values():
            restore(generator, state)
        lost = [
            change
            for change in self.library.before.restore()
            if id(change.owner) not in self.library.staged and change.name not in self.backend.unseen
        ]
        if lost and not silent:
            raise Unsupported("JN211", lost[0].path, lost[0].span)

    # -- evaluation ----------------------------------------------------------------------------------------

    @property
    def frame(self) -> Frame:
        """The innermost frame."""
        return self.frames[-1]

    def span_of(self, node: ast.AST) -> Span:
        """The node's span in the unit of the current frame."""
        return Span.of(node, self.frame.unit.file)

    @contextlib.contextmanager
    def at(self, node: ast.AST) -> Iterator[Span]:
        """Attribute operations and refusals to this node."""
        was, span = self.span, self.span_of(node)
        self.span = self.tracer.origin = span
        try:
            yield span
        except Unsupported as refusal:
            if refusal.span is None:
                refusal.span = span
            raise
        finally:
            self.span = self.tracer.origin = was

    def eval(self, node: ast.expr) -> Any:
        """Evaluate an expression."""

        rule = self.doors.expressions.get(type(node))
        with self.at(node):
            if rule is None:
                refuse(node)
            return rule(self, node)

    # -- doors: what rules ask of one another ---------------------------------------------------------------

    def run(self, block: list[ast.stmt]) -> Outcome:
        """Lower the statements of a block."""
        return self.doors.run(self, block)

    def bind(self, target: ast.expr, value: Any) -> None:
        """Bind a value to a target of an assignment."""
        self.doors.bind(self, target, value)

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call anything that can be called."""
        return self.doors.call(self, function, args, kwargs)

    def run_generator(self, function: types.FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any], on_yield: Any) -> None:
        """Run a generator function of the user's, handing what it yields to its consumer."""
        self.doors.run_generator(self, function, args, kwargs, on_yield)

    def condition(self, node: ast.expr) -> Any:
        """The truth of an expression, with the short circuits of `and`, `or` and `not`."""
        return self.doors.condition(self, node)

    def items_of(self, value: Any, count: int | None = None) -> list[Any]:
        """The items of an iterable whose number is known, or assumed to be `count`."""
        return self.doors.items_of(self, value, count)

    def keys_of(self, value: Any) -> list[Any]:
        """The keys of a dictionary."""
        return self.doors.keys_of(self, value)

    def pairs_of(self, value: Any) -> list[tuple[Any, Any]]:
        """The keys and items of a dictionary."""
        return self.doors.pairs_of(self, value)

    def attribute(self, owner: Any, name: str) -> Any:
        """`owner.name`."""
        return self.doors.attribute(self, owner, name)

    def item(self, owner: Any, index: Any) -> Any:
        """`owner[index]`."""
        return self.doors.item(self, owner, index)

    def truth(self, value: Any) -> Any:
        """`bool(value)`: a `bool`, or a condition that the graph or the host computes."""
        return self.doors.truth(self, value)

    def compare(self, op: ast.cmpop, left: Any, right: Any) -> Any:
        """`left op right`."""
        return self.doors.compare(self, op, left, right)

    def binary(self, op: ast.operator, left: Any, right: Any) -> Any:
        """`left op right`."""
        return self.doors.binary(self, op, left, right)

    def length(self, value: Any) -> Any:
        """`len(value)`."""
        return self.doors.length(self, value)

    def method(self, owner: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """`owner.name(*args, **kwargs)`, for a method that was taken from a value of the graph or the host."""
        return self.doors.method(self, owner, name, args, kwargs)

    def unary(self, op: ast.unaryop, value: Any) -> Any:
        """`op value`."""
        return self.doors.unary(self, op, value)

    def augmented(self, op: ast.operator, value: Any, operand: Any) -> Any:
        """`value op= operand`: what the target holds then."""
        return self.doors.augmented(self, op, value, operand)

    def text(self, value: Any, spec: Any, conversion: str | None) -> Any:
        """`format(value, spec)`, after `str`, `repr` or `ascii`."""
        return self.doors.text(self, value, spec, conversion)

    def read_slot(self, slot: Slot) -> Any:
        """What a slot holds now."""
        return self.doors.read_slot(self, slot)

    # -- numbers in the graph (numbers.NumberTarget) ---------------------------------------------------------

    def cast(self, tensor: Any, dtype: str) -> Any:
        """`tensor` in another dtype."""
        return self.tracer.cast(tensor, dtype)

    def constant(self, value: Any, dtype: str) -> Any:
        """A constant tensor."""
        return self.tracer.lift(value, dtype)

    def require(self, ok: Any, what: str) -> None:
        """Assert what Python itself would raise for."""
        self.check(ok, DataAssumption(self.span, what))

    def select(self, ok: Any, then: Any, other: Any) -> Any:
        """Elementwise choice."""
        return self.tracer.math("select", ok, then, other)

    def math(self, name: str, *args: Any) -> Any:
        """A named elementwise operation of the backend."""
        return self.tracer.math(name, *args)

    # -- assertions --------------------------------------------------------------------------------------------

    def check(self, ok: Any, assumption: Assumption) -> None:
        """Assert a boolean tensor in the graph."""
        index = self.tracer.check(ok)
        if index >= 0:
            while len(self.checks.graph) <= index:
                self.checks.graph.append(DataAssumption(self.span, "data in the range of the operation"))
            self.checks.graph[index] = assumption

    def check_host(self, condition: Host, expected: bool, assumption: Assumption) -> None:
        """Assert a host value: before the graph for entry and pre values, at replay for post values."""
        if condition.phase is Phase.POST:
            self.checks.replay.append(assumption)
            code = self.host.code(condition, Phase.POST)
            self.host.statement(Phase.POST, f"J.check({len(self.checks.replay) - 1}, {code}, {expected})")
            return
        self.checks.before.append(assumption)
        phase = condition.phase
        code = self.host.code(condition, phase)
        self.host.statement(phase, f"Check({len(self.checks.before) - 1}, {code}, {expected})")

    # -- host values ---------------------------------------------------------------------------------------------

    def host_op(
        self,
        template: str,
        function: Any,
        *args: Any,
        earliest: Phase = Phase.ENTRY,
        flat: bool = False,
        inside: bool = False,
        picks: bool = False,
        raw: bool = False,
    ) -> Host:
        """A value that the host computes from `args`: `template` in its program, `function` on the witnesses.

        Args:
            template: The expression, with `{}` for each argument.
            function: What it computes.
            args: The arguments. All pass the door to content (`janus_nb.lowering.heap.content`).
            earliest: The first phase in which it may be computed.
            flat: Whether it looks at the first argument itself only, and not at what is in it.
            inside: Whether it looks into objects of user classes.
            picks: Whether the result is a part of the first argument.
            raw: Whether it looks at nothing but the arguments' identity and type.
        """

        return self.doors.computed(self, template, function, args, earliest, flat, inside, picks, raw)

    def read_code(self, value: Any, phase: Phase, flat: bool = False) -> str:
        """The code of a value that is read: checked where its type is not known before."""
        code = self.code(value, phase)
        if isinstance(value, Host) and value.code in self.trust.unverified:
            return f"{'Flat' if flat else 'Deep'}{'' if phase is Phase.POST else 'Ahead'}({code})"
        return code

    def phase_of(self, value: Any) -> Phase:
        """The earliest host phase at which a value is known; what the graph computes is known at replay."""
        if isinstance(value, Host):
            return value.phase
        if isinstance(value, Num) or self.is_graph(value):
            return Phase.POST
        if self.is_fresh(value):
            items = value.values() if isinstance(value, dict) else value
            return max((self.phase_of(v) for v in items), default=Phase.ENTRY)
        if id(value) in self.made.born:
            return Phase.POST
        if isinstance(value, slice):
            return max(self.phase_of(v) for v in (value.start, value.stop, value.step))
        return Phase.ENTRY

    def witness(self, value: Any) -> Any:
        """The value at the time of lowering."""
        if isinstance(value, Host):
            return value.witness
        if isinstance(value, slice):
            return slice(self.witness(value.start), self.witness(value.stop), self.witness(value.step))
        if isinstance(value, tuple):
            return type(value)(map(self.witness, value)) if type(value) is tuple else value
        if self.is_fresh(value):
            if isinstance(value, dict):
                return {k: self.witness(v) for k, v in value.items()}
            return type(value)(self.witness(v) for v in value)
        return value

    def code(self, value: Any, phase: Phase) -> str:
        """An expression for a value in the program of `phase`.

        Raises:
            Unsupported: for what may not be kept, or is known later.
        """
        return self.doors.code(self, value, phase)

    def branch_born(self) -> set[int]:
        """Ids of containers made since the innermost branch was entered."""
        return set(list(self.made.fresh)[self.place.branches[-1][0] :]) if self.place.branches else set(self.made.fresh)

    def fetch(self, tensor: Any, kind: Kind | None) -> str:
        """The post program's name for a graph value; it becomes a result of the graph."""
        known = self.ports.row_of.get((id(tensor), kind, False)) or (self.ports.row_of.get((id(tensor), kind, True)) if self.ports.final else None)
        if known is not None:
            return known.name
        if self.place.nested or self.place.looping:
            raise Unsupported("JN207", "a value of a nested graph is used on the host")
        if not self.backend.is_symbolic(tensor):
            return self.host.object(tensor)
        table, prefix = (self.ports.lasts, "l") if self.ports.final else (self.ports.rows, "g")
        row = Row(tensor, kind, f"{prefix}{len(table)}")
        table.append(row)
        self.ports.row_of[id(tensor), kind, self.ports.final] = row
        return row.name

    def forget_rows(self, rows: list[Row]) -> None:
        """Results read back in one side of a branch are there only if that side runs: elsewhere they are read anew."""
        self.ports.row_of = {key: row for key, row in self.ports.row_of.items() if not any(row is mine for mine in rows)}

    # -- graph values ----------------------------------------------------------------------------------------------

    def is_graph(self, value: Any) -> bool:
        """Whether a value is a tensor (of the graph, or an eager one)."""
        return self.backend.is_tensor(value)

    def is_symbolic(self, value: Any) -> bool:
        """Whether a value, or something in it, is not known now."""
        if (
            isinstance(value, Host | Num | Closure | Nothing | Lazy | View | Suspended)
            or self.backend.is_symbolic(value)
            or id(value) in self.made.born
        ):
            return True
        if isinstance(value, tuple | list | set) and (type(value) is tuple or id(value) in self.made.fresh):
            return any(self.is_symbolic(v) for v in value)
        if isinstance(value, dict) and id(value) in self.made.fresh:
            return any(self.is_symbolic(v) for v in value.values())
        return isinstance(value, slice) and any(self.is_symbolic(v) for v in (value.start, value.stop, value.step))

    def lift(self, value: Any) -> Any:
        """A value as the graph sees it: tensors and `Num`s stay, host values become inputs, the rest is unchanged.

        Raises:
            Unsupported: JN202 for a value that only replay knows.
        """
        if not isinstance(value, Host):
            return value
        if value.phase is Phase.POST:
            raise Unsupported("JN202", "the value is computed after the graph has run")
        known = self.ports.lifted.get(id(value))
        if known is None and value.part is not None and self.place.loops:
            known = self.ports.lifted[id(value)] = self.doors.part_in_graph(self, value)
            self.ports.kept.append(value)
        if known is not None:
            return known
        witness = value.witness
        kind = kind_of(witness)
        if kind == "int" and abs(witness) >= 2**62:
            raise Unsupported("JN102", "integer beyond 64 bits")
        spec = self.backend.find_spec(witness)
        if self.backend.is_tape(witness):
            raise Unsupported("JN208", "")
        if spec is None:
            raise Unsupported("JN201", f"a {type(witness).__name__} computed on the host is used by a tensor operation")
        table = self.ports.feeds if value.phase is Phase.PRE else self.ports.invariants
        key = ("feed", self.span, len([f for f in table if f.key[1] == self.span]))
        spec = self.policy.specs.get(key, self.policy.initial(spec))
        role: Role = "feed" if value.phase is Phase.PRE else "invariant"
        tensor = self.tracer.input(spec, role, role)
        if value.code[0] != "c":
            self.host.export(value)
        table.append(Feed(value, spec, key, tensor))
        if self.library.continued is not None and self.library.continued.active:
            tensor = self.library.continued.taken(value, tensor)
        result: Any = Num(tensor, kind) if kind else tensor
        if kind is None and not self.backend.is_tensor(witness):
            result = Num(tensor, "array")
        self.ports.lifted[id(value)] = result
        self.ports.kept.append(value)
        return result

    def in_graph(self, value: Any) -> Any:
        """A tensor that the host holds as an input of the graph; every other value as it is."""
        if isinstance(value, Host) and value.phase is not Phase.POST and self.backend.is_tensor(value.witness):
            return self.lift(value)
        return value

    def to_tensor(self, value: Any, like: Any = None) -> Any:
        """A value as a tensor operand; Python numbers take the dtype of `like`, as TensorFlow converts them."""
        value = self.lift(value)
        if not isinstance(value, Num):
            return value
        if like is not None and value.kind != "array":
            dtype = self.backend.spec_of(like).dtype
            if value.kind == "float" and not dtype.startswith(("float", "bfloat", "complex")):
                raise Unsupported("JN203", f"a float with a tensor of dtype {dtype}")
            return self.cast(value.tensor, dtype)
        if like is not None:
            dtype = self.backend.spec_of(like).dtype
            have = self.backend.spec_of(value.tensor).dtype
            return self.cast(value.tensor, dtype) if dtype.startswith("float") and have.startswith("float") else value.tensor
        return self.cast(value.tensor, {"int": "int32", "float": "float32"}[value.kind]) if value.kind in ("int", "float") else value.tensor

    # -- containers made in the region ------------------------------------------------------------------------------

    def make(self, value: Any) -> Any:
        """Register a container made by the region itself: it may hold symbolic values, and no guard is needed."""
        self.made.fresh[id(value)] = value
        return value

    def is_fresh(self, value: Any) -> bool:
        """Whether the region made this container in this iteration."""
        return id(value) in self.made.fresh or type(value) is tuple

    def note_effect(self) -> None:
        """Count an effect and mark its line."""
        self.lines.effects += 1
        if self.span is not None:
            self.lines.effect_spans[self.span] = None
        if self.place.nested or self.place.looping:
            raise Unsupported("JN207", "an effect on the host")


__all__ = ["Feed", "Frame", "Lowering", "Row"]

"""The state of a lowering, one concern a class. A part that a branch has to fork brings its own `mark` and `undo`."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any, Protocol

from janus_nb.backend import Spec
from janus_nb.lowering.core.frames import Feed, Input, Row
from janus_nb.lowering.core.reader import Reader
from janus_nb.lowering.core.records import Operand
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Born, Host, Kind
from janus_nb.lowering.undo.snapshot import Snapshot
from janus_nb.span import Span
from janus_nb.speculate.policy import Assumption


@dataclass(slots=True)
class Ports:
    """What passes between the host and the graph.

    Attributes:
        rows: Results of each iteration.
        lasts: Results of the last iteration.
        feeds: Inputs of each iteration.
        invariants: Inputs of a call.
        entry: Slots that the host reads at the start of a call.
        inputs: What stands for a slot that is read at the start of a call, by key.
        lifted: Host values that have become inputs, by identity.
        row_of: Results that are there already, by tensor, kind and whether they are the last iteration's.
        kept: Keeps alive what is known by identity.
        widened: Types that a carried slot needs so that its later values fit, by key.
        final: Whether the values at the end of a call are being asked for.
    """

    rows: list[Row] = field(default_factory=list)
    lasts: list[Row] = field(default_factory=list)
    feeds: list[Feed] = field(default_factory=list)
    invariants: list[Feed] = field(default_factory=list)
    entry: list[Input] = field(default_factory=list)
    inputs: dict[Any, Any] = field(default_factory=dict)
    lifted: dict[int, Any] = field(default_factory=dict)
    row_of: dict[tuple[int, Kind | None, bool], Row] = field(default_factory=dict)
    kept: list[Any] = field(default_factory=list)
    widened: dict[Any, list[Spec]] = field(default_factory=dict)
    final: bool = False

    def arrays(self) -> set[int]:
        """Ids of the tensors that the host gets as arrays of NumPy."""
        return {tensor for tensor, kind, _ in self.row_of if kind == "array"}

    def _tables(self) -> tuple[list[Any], ...]:
        return self.rows, self.lasts, self.feeds, self.invariants, self.entry

    def mark(self) -> tuple[Any, ...]:
        """All that a side of a branch may add."""
        return tuple(map(len, self._tables())), dict(self.inputs), dict(self.lifted), dict(self.row_of)

    def undo(self, mark: tuple[Any, ...]) -> None:
        """Go back to a mark."""
        sizes, inputs, lifted, row_of = mark
        for table, size in zip(self._tables(), sizes, strict=True):
            del table[size:]
        self.inputs, self.lifted, self.row_of = dict(inputs), dict(lifted), dict(row_of)


@dataclass(slots=True)
class Checks:
    """Assertions: in the graph, before it, and at replay."""

    graph: list[Assumption] = field(default_factory=list)
    before: list[Assumption] = field(default_factory=list)
    replay: list[Assumption] = field(default_factory=list)

    def mark(self) -> tuple[int, int]:
        """Those of the graph belong to it, which keeps its own mark."""
        return len(self.before), len(self.replay)

    def undo(self, mark: tuple[int, int]) -> None:
        """Go back to a mark."""
        del self.before[mark[0] :]
        del self.replay[mark[1] :]


@dataclass(slots=True)
class Made:
    """Containers and objects that are the iteration's own, by identity.

    Attributes:
        fresh: Containers that it made.
        escaped: The host's variables for those that are kept.
        rebuilt: Those that stand for a carried structure.
        borrowed: Containers that stand for one of the user's, and the host value that holds it.
        borrowed_inputs: The inputs of the host that these are.
        born: Objects of user classes.
        in_branches: Tuples that are kept in a branch only, so far.
        settled: Containers whose parts are as a reader may have them, each with the one that it stands for.
    """

    fresh: dict[int, Any] = field(default_factory=dict)
    escaped: dict[int, Operand] = field(default_factory=dict)
    rebuilt: set[int] = field(default_factory=set)
    borrowed: dict[int, Host] = field(default_factory=dict)
    borrowed_inputs: list[int] = field(default_factory=list)
    born: dict[int, Born] = field(default_factory=dict)
    in_branches: dict[int, Any] = field(default_factory=dict)
    settled: dict[int, tuple[Any, Any]] = field(default_factory=dict)

    def key(self, value: Any) -> int:
        """The identity of a container, or of the one that it stands for."""
        while id(value) in self.settled:
            value = self.settled[id(value)][1]
        return id(value)

    def mark(self) -> tuple[Any, ...]:
        """All that a side of a branch may change."""
        return dict(self.escaped), len(self.borrowed_inputs), {key: born.kept for key, born in self.born.items()}

    def undo(self, mark: tuple[Any, ...]) -> None:
        """Go back to a mark."""
        escaped, inputs, kept = mark
        self.escaped = dict(escaped)
        del self.borrowed_inputs[inputs:]
        for key in [key for key in self.born if key not in kept]:
            del self.born[key]
        for key, was_kept in kept.items():
            self.born[key].kept = was_kept


@dataclass(slots=True)
class Whereabouts:
    """Where in the program the lowering is.

    Attributes:
        following: The stack of what follows the current statement: rests of blocks, and boundaries.
        loop_depth: Unrolled loops around it.
        frame_loop_depth: Those of them that stand outside the current function.
        nested: Nested graphs around it.
        looping: Graph loops around it.
        branches: Sides of branches around it, each with the number of containers made before and what was known then.
        segment: Whether a part of an iteration is lowered.
        loops: Whether a loop is lowered.
        reached: Statements of a segment that have been lowered.
        left: Sides of branches that are left to Python, and why.
    """

    following: list[Any] = field(default_factory=list)
    loop_depth: int = 0
    frame_loop_depth: int = 0
    nested: int = 0
    looping: int = 0
    branches: list[tuple[int, Any]] = field(default_factory=list)
    segment: bool = False
    loops: bool = False
    reached: int = 0
    left: list[Unsupported] = field(default_factory=list)

    def mark(self) -> int:
        """All that a side of a branch may add."""
        return len(self.left)

    def undo(self, mark: int) -> None:
        """Go back to a mark."""
        del self.left[mark:]


@dataclass(slots=True)
class Lines:
    """What became of the user's lines, and the number of effects.

    Attributes:
        effects: Effects so far.
        effect_spans: What has an effect.
        graph_spans: What does something in the graph.
        lowered_spans: Statements that the graph stands for; of compound ones the lines before their body.
        host_spans: Those of them of which the host computes a part.
        rounds: Rounds of inner loops that were unrolled, by what they iterate over (or their test).
    """

    effects: int = 0
    effect_spans: dict[Span, None] = field(default_factory=dict)
    graph_spans: dict[Span, None] = field(default_factory=dict)
    lowered_spans: dict[Span, None] = field(default_factory=dict)
    host_spans: dict[Span, None] = field(default_factory=dict)
    rounds: dict[Span, int] = field(default_factory=dict)

    def _tables(self) -> tuple[dict[Span, None], ...]:
        return self.effect_spans, self.graph_spans, self.lowered_spans, self.host_spans

    def mark(self) -> tuple[int, ...]:
        """All that a side of a branch may add."""
        return self.effects, *map(len, self._tables())

    def undo(self, mark: tuple[int, ...]) -> None:
        """Go back to a mark."""
        self.effects, *sizes = mark
        for table, size in zip(self._tables(), sizes, strict=True):
            for span in list(table)[size:]:
                del table[span]

    def note(self, span: Span, node: ast.stmt, on_host: bool) -> None:
        """A statement has been lowered."""
        body = getattr(node, "body", None)
        compound = isinstance(body, list) and bool(body) and not isinstance(node, ast.FunctionDef | ast.ClassDef)
        if compound:
            end = max(node.lineno, body[0].lineno - 1)  # type: ignore[index]
            span = Span(span.file, span.line, span.col, end, span.end_col if end == span.end_line else 0)
        self.lowered_spans[span] = None
        if on_host and not compound:
            self.host_spans[span] = None


@dataclass(slots=True)
class Trust:
    """What is not known of values yet.

    Attributes:
        reader: Looks at what is in a value.
        volatile_owners: Containers that hold a value which differs whenever it is computed (a clock).
        attributes_read: Names of attributes that are read from objects that only the host knows.
        paths: Names of objects in the user's words, by identity.
        visits: How many containers have been looked at.
    """

    reader: Reader
    volatile_owners: set[int] = field(default_factory=set)
    attributes_read: set[str] = field(default_factory=set)
    paths: dict[int, str] = field(default_factory=dict)
    visits: int = 0


class Carrying(Protocol):
    """A tape of Python's that goes on in the graph (`janus_nb.lowering.host.tapes.Continued`)."""

    active: bool
    spent: bool

    def open(self) -> None:
        """Operations from now on are the tape's."""

    def close(self) -> None:
        """The `with` is left."""

    def taken(self, value: Host, tensor: Any) -> Any:
        """An input of the segment, as the tape knows it."""


@dataclass(slots=True)
class Library:
    """What libraries hold and change while their code is traced.

    Attributes:
        before: What was found before anything was traced.
        staged: Objects whose changes are in the graph.
        objects: Objects that stand for the user's in library code.
        tapes: Gradient tapes that the iteration opened, each with the statement.
        continued: The tape of Python's that goes on in the graph.
        draws: Random generators that were drawn from, and their state before.
    """

    before: Snapshot
    staged: set[int] = field(default_factory=set)
    objects: dict[int, Any] = field(default_factory=dict)
    tapes: dict[int, tuple[Any, int]] = field(default_factory=dict)
    continued: Carrying | None = None
    draws: dict[int, tuple[Any, Any]] = field(default_factory=dict)

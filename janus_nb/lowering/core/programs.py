"""The host's share of a region, as three straight-line Python programs under construction.

    for i in range(1000):                    entry():   (nothing)
        x = X[i * 32:(i + 1) * 32]           pre(e):    p1 = e * 32 ... x_4 = X[p1:p3]; return x_4  -> fed
        loss = step(x)                       graph
        losses.append(float(loss))           post(g0):  append(J, losses, loss_0)
        print(f"{i}: {loss:.3f}")                       print_(J, ...)

`entry` runs once per graph call, `pre` per iteration before it, `post` per iteration after it, in program order. Each is a list of
statements (`janus_nb.lowering.core.records`), printed and compiled once, when the lowering is complete (`janus_nb.lowering.assemble`).
"""

from __future__ import annotations

import contextlib
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from janus_nb.lowering.core.records import Assign, Branch, Check, Constant, Do, Operand, Operation, Phase, Statement, Variable
from janus_nb.lowering.core.values import Host
from janus_nb.lowering.effects import checks
from janus_nb.lowering.effects.effect import Effect

_LITERAL = frozenset({int, bool, str, float, type(None)})
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def _name_of(value: Any) -> str:
    """The name of a class or function; nothing of the user's is asked for it."""
    kind = type(value)
    if issubclass(kind, type):
        return str(type.__dict__["__name__"].__get__(value))
    named = kind in _FUNCTIONS or (kind.__module__ == "numpy" and kind.__name__ in ("ufunc", "_ArrayFunctionDispatcher"))
    return str(value.__name__) if named else ""


def pattern_of(effect: Effect, given: Sequence[str], name: str = "") -> str:
    """How programs write an effect on operands that are written as `given`."""
    return effect.form.format(*given, all=", ".join(given), rest=", ".join(given[1:]), name=name)


class HostPrograms:
    """The three programs under construction.

    Attributes:
        element: What the pre program is called with: the iteration's element.
        journal: What the post program is called with: the journal.
        states: What the post program is called with: the places that only replay knows.
        lasts: What the post program is called with: results of the last iteration.
        before: Statements of the entry and the pre program.
        states_read: Statements at the beginning of the post program.
        ending: Statements of the post program after the last iteration.
        said: The user's names for graph values, by the tensor's identity.
    """

    def __init__(self) -> None:
        self.element = Variable(Phase.PRE, fixed="e")
        self.journal = Variable(Phase.POST, fixed="J")
        self.states = Variable(Phase.POST, fixed="S")
        self.lasts = Variable(Phase.POST, fixed="L")
        self.before: dict[Phase, list[Statement]] = {Phase.ENTRY: [], Phase.PRE: []}
        self.states_read: list[Statement] = []
        self.ending: list[Statement] = []
        self.said: dict[int, str] = {}
        self._blocks: list[list[Statement]] = [[]]
        self._constants: dict[int, Constant] = {}
        self._literals: dict[tuple[type, Any], Constant] = {}
        self._readings: dict[tuple[int, Operand], Operation] = {}
        self._remembered: dict[tuple[Any, ...], tuple[Host, Assign, int]] = {}

    # -- what programs read ------------------------------------------------------------------------------------------------

    def constant(self, value: Any, said: str = "") -> Constant:
        """An object, as the programs mention it; `said` is the user's name for it, if there is one."""
        if type(value) in _LITERAL and (type(value) is not float or abs(value) < 1e300):
            return self._literal(value)
        known = self._constants.get(id(value))
        if known is None:
            known = self._constants[id(value)] = Constant(value, said or _name_of(value))
        return known

    def _literal(self, value: Any) -> Constant:
        kind = type(value)
        key = kind, repr(value) if kind is float else value  # 0.0 and -0.0 are equal
        known = self._literals.get(key)
        if known is None:
            text = repr(value)
            known = self._literals[key] = Constant(value, literal=f"({text})" if text[0] == "-" else text)
        return known

    def operation(self, pattern: str, *operands: Operand, uses: Mapping[str, Any] | None = None, calm: bool = False) -> Operation:
        """An expression; `uses` are the objects that its pattern names."""
        if uses is None:
            return Operation(pattern, operands, calm=calm)
        named = {key: value if isinstance(value, Constant) else self.constant(value) for key, value in uses.items()}
        return Operation(pattern, operands, named, calm)

    def reading(self, reader: Any, operand: Operand) -> Operation:
        """A value that a reader looks at before it is used; the same expression for the same value."""
        key = id(getattr(reader, "__func__", reader)), operand
        known = self._readings.get(key)
        if known is None:
            known = self._readings[key] = self.operation("{f}({})", operand, uses={"f": reader})
        return known

    def effect(self, effect: Effect, *operands: Operand, keywords: Mapping[str, Operand] | None = None, name: str = "") -> Operation:
        """An effect on the first of the operands, as an expression; `name` is that of a method, where the effect's form has one."""
        named = keywords or {}
        pattern = pattern_of(effect, ["{}"] * len(operands) + [f"{key}={{}}" for key in named], name)
        return Operation(pattern, (*operands, *named.values()), {"do": self.doing(effect)}, effect=effect)

    def doing(self, effect: Effect) -> Constant:
        """What programs call for an effect."""
        return self.constant(effect.perform, effect.name)

    def name_value(self, value: Any, name: str) -> None:
        """Note the user's name for a value, for the programs' text."""
        if isinstance(value, Host):
            if isinstance(value.held, Variable) and not value.held.said:
                value.held.said = name
        else:
            self.said.setdefault(id(getattr(value, "tensor", value)), name)

    @property
    def size(self) -> int:
        """Number of statements so far."""
        return sum(map(len, (*self.before.values(), *self._blocks)))

    # -- statements --------------------------------------------------------------------------------------------------------

    def block(self, phase: Phase) -> list[Statement]:
        """Where the next statement of a program goes."""
        return self._blocks[-1] if phase is Phase.POST else self.before[phase]

    def assign(self, phase: Phase, value: Operand, witness: Any, optional: bool = False) -> Host:
        """A new variable of the phase's program."""
        variable = Variable(phase)
        self.block(phase).append(Assign(variable, value, optional))
        return Host(phase, variable, witness)

    def read_state(self, variable: Variable, position: int) -> None:
        """Set a variable, at the beginning of the post program, to what one of the places that only replay knows holds."""
        self.states_read.append(Assign(variable, Operation(f"{{}}[{position}]", (self.states,), calm=True)))

    def put(self, variable: Variable, value: Operand) -> None:
        """Set a variable of the post program that may have been set before."""
        self.block(Phase.POST).append(Assign(variable, value))

    def do(self, operation: Operation) -> None:
        """Compute an expression of the post program for what it does."""
        self.block(Phase.POST).append(Do(operation))

    def check(self, phase: Phase, index: int, condition: Operand, expected: bool) -> None:
        """Check an assumption; `index` is its number among those of the program."""
        self.block(phase).append(Check(index, condition, expected, self.constant(checks.check)))

    def make_optional(self, value: Host) -> None:
        """The statement that sets a variable, just emitted, may be left out if nothing reads it."""
        last = self.block(value.phase)[-1]
        if isinstance(last, Assign) and last.variable is value.held:
            last.optional = True

    def remember(self, value: Host, expression: Operation) -> None:
        """Note that a variable, just assigned, holds what an expression without effects gives."""
        block = self.block(value.phase)
        last = block[-1]
        assert isinstance(last, Assign)
        self._remembered[self._key(value.phase, expression)] = value, last, len(block) - 1

    def known(self, phase: Phase, expression: Operation) -> Host | None:
        """The variable that already holds such an expression, if it was not rolled back."""
        found = self._remembered.get(self._key(phase, expression))
        if found is None:
            return None
        value, statement, position = found
        block = self.block(phase)
        return value if position < len(block) and block[position] is statement else None

    def _key(self, phase: Phase, expression: Operation) -> tuple[Any, ...]:
        return phase, expression.pattern, expression.operands, tuple(expression.uses.items()) if expression.uses else ()

    # -- branches, and the end of a call ----------------------------------------------------------------------------------------

    @property
    def nested(self) -> bool:
        """Whether the post program is inside a branch."""
        return len(self._blocks) > 1

    def open(self) -> None:
        """Statements of the post program go to a block of their own from now on."""
        self._blocks.append([])

    def close(self) -> list[Statement]:
        """The block is complete."""
        return self._blocks.pop()

    def branch(self, condition: Operand, then: list[Statement], other: list[Statement]) -> None:
        """One of two blocks."""
        if then or other:
            self.block(Phase.POST).append(Branch(condition, then, other))

    @contextlib.contextmanager
    def at_the_end(self) -> Iterator[None]:
        """Statements of the post program are for the last iteration only."""
        self._blocks.append(self.ending)
        try:
            yield
        finally:
            self._blocks.pop()

    @property
    def post(self) -> Sequence[Statement]:
        """The post program's statements for each iteration."""
        return [*self.states_read, *self._blocks[0]]

    # -- going back --------------------------------------------------------------------------------------------------------------

    def _open_blocks(self) -> list[list[Statement]]:
        return [*self.before.values(), self.states_read, *self._blocks]

    def mark(self) -> list[int]:
        """What `undo` needs to forget everything emitted since."""
        return [len(block) for block in self._open_blocks()]

    def undo(self, mark: list[int]) -> None:
        """Forget what was emitted since the mark, and blocks that were opened since."""
        del self._blocks[len(mark) - 3 :]
        for block, size in zip(self._open_blocks(), mark, strict=True):
            del block[size:]


__all__ = ["HostPrograms", "pattern_of"]

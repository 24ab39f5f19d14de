"""Host programs as text, and as functions.

    Assign(<x>, Operation("{}[{}]", (<X>, <i>)))      x_2 = X_1[i_0]
    Branch(<flag>, [Do(..)], [])                      if flag_3:
                                                          append(J, log_4, x_2)

What nothing reads is left out first (`needed`); then every variable gets a name, after the user's where there is one; then all programs
are compiled together.
"""

from __future__ import annotations

import builtins
import keyword
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from janus_nb.lowering.core.records import (
    Assign,
    Branch,
    Carry,
    Check,
    Constant,
    Do,
    LastOnly,
    Operand,
    Operation,
    Phase,
    Statement,
    Variable,
    add_variables,
    is_calm,
    is_truth,
)
from janus_nb.source.warned import quietly

_LETTER = {Phase.ENTRY: "n", Phase.PRE: "p", Phase.POST: "q"}


def needed(block: Sequence[Statement], read: dict[Variable, None]) -> list[Statement]:
    """The statements of a block that matter, if what is in `read` is read after it. What they read is added to `read`."""
    kept: list[Statement] = []
    for statement in reversed(block):
        found = _needed(statement, read)
        if found is not None:
            kept.append(found)
    return kept[::-1]


def _needed(statement: Statement, read: dict[Variable, None]) -> Statement | None:
    match statement:
        case Assign(variable, value, optional):
            if variable not in read and (optional or is_calm(value)):
                return None
            add_variables(value, read)
        case Do(operation):
            add_variables(operation, read)
        case Check(condition=condition):
            add_variables(condition, read)
        case Branch(condition, then, other):
            then, other = needed(then, read), needed(other, read)
            if not then and not other and is_truth(condition):
                return None
            add_variables(condition, read)
            return Branch(condition, then, other)
        case Carry(values=values):
            for _, value in values:
                add_variables(value, read)
        case LastOnly():
            pass
        case _:
            assert_never(statement)
    return statement


def are_calm(block: Sequence[Statement]) -> bool:
    """Whether statements surely neither raise nor do anything but set variables."""
    return all(
        is_calm(s.value)
        if isinstance(s, Assign)
        else is_truth(s.condition) and are_calm(s.then) and are_calm(s.other)
        if isinstance(s, Branch)
        else isinstance(s, LastOnly)
        for s in block
    )


@dataclass(slots=True)
class Text:
    """One program: a function.

    Attributes:
        name: The function's.
        parameters: Its parameters.
        block: Its statements.
        returns: What it returns, as a tuple.
    """

    name: str
    parameters: list[Variable]
    block: list[Statement]
    returns: list[Operand]


def _can_be_said(name: str) -> bool:
    """Whether a name stands for itself in a program: Python changes the form of some letters as it reads them."""
    return name.isidentifier() and (name.isascii() or unicodedata.normalize("NFKC", name) == name)


class Printer:
    """Prints programs that share variables and objects."""

    def __init__(self) -> None:
        self.scope: dict[str, Any] = {}
        self._names: dict[Variable | Constant, str] = {}
        self._taken: set[str] = set()
        self._count = 0

    def function(self, program: Text) -> str:
        """A program as a function definition."""
        parameters = ", ".join(map(self.name, program.parameters))
        lines = [f"def {program.name}({parameters}):", *self._lines(program.block, "    ")]
        values = ", ".join(map(self.text, program.returns))
        return "\n".join([*lines, f"    return ({values}{',' if program.returns else ''})"]) + "\n"

    def name(self, held: Variable | Constant) -> str:
        """The name of a variable or object, the same in all programs."""
        known = self._names.get(held)
        if known is None:
            known = self._names[held] = (isinstance(held, Variable) and held.fixed) or self._new_name(held)
            if isinstance(held, Constant):
                self.scope[known] = held.value
        return known

    def _new_name(self, held: Variable | Constant) -> str:
        """The user's name for an object, and that with a number for a variable, unless it is taken."""
        said = held.said if _can_be_said(held.said) else ""
        if isinstance(held, Constant) and said and self._take(said):
            return said
        stem = f"{said}_" if said else (held.letter or _LETTER[held.phase]) if isinstance(held, Variable) else "c"
        while not self._take(name := f"{stem}{self._count}"):
            self._count += 1
        self._count += 1
        return name

    def _take(self, name: str) -> bool:
        free = name not in self._taken and name not in _RESERVED
        self._taken.add(name)
        return free

    def text(self, operand: Operand) -> str:
        """An expression."""
        if not isinstance(operand, Operation):
            return operand.literal if isinstance(operand, Constant) and operand.literal else self.name(operand)
        parts = map(self.text, operand.operands)
        if operand.uses is None:
            return operand.pattern.format(*parts)
        return operand.pattern.format(*parts, **{key: self.text(constant) for key, constant in operand.uses.items()})

    def _lines(self, block: Sequence[Statement], pad: str) -> list[str]:
        return [pad + line for statement in block for line in self._statement(statement)]

    def _statement(self, statement: Statement) -> list[str]:
        match statement:
            case Assign(variable, value):
                return [f"{self.name(variable)} = {self.text(value)}"]
            case Do(operation):
                return [self.text(operation)]
            case Check(index, condition, expected, check):
                return [f"{self.text(check)}({index}, {self.text(condition)}, {expected})"]
            case Branch(condition, then, other):
                tested = self.text(condition)
                if not then and not other:
                    return [f"bool({tested})"]  # asking may raise
                if not then:
                    return [f"if not {tested}:", *self._lines(other, "    ")]
                rest = ["else:", *self._lines(other, "    ")] if other else []
                return [f"if {tested}:", *self._lines(then, "    "), *rest]
            case Carry(states, values):
                targets = ", ".join(f"{self.name(states)}[{position}]" for position, _ in values)
                return [f"{targets} = {', '.join(self.text(value) for _, value in values)}"]
            case LastOnly(lasts, results):
                held = self.name(lasts)
                taken = [f"{''.join(self.name(r) + ', ' for r in results)}= {held}"] if results else []
                return [f"if {held} is None: return None", *taken]
            case _:
                assert_never(statement)


_RESERVED = frozenset({"e", "J", "S", "L", "entry", "pre", "post", *dir(builtins), *keyword.kwlist})
"""Names with a meaning of their own in host programs."""


def compiled(programs: Sequence[Text], name: str) -> tuple[list[Callable[..., Any]], list[str]]:
    """Programs as functions, and their texts."""
    printer = Printer()
    texts = list(map(printer.function, programs))
    with quietly():
        exec(compile("\n".join(texts), f"<janus programs of {name}>", "exec"), printer.scope)
    return [printer.scope[program.name] for program in programs], texts


__all__ = ["Printer", "Text", "are_calm", "compiled", "needed"]

"""What host programs are made of: values that have a place in them, expressions over these, and statements.

    losses.append(float(loss))      Do(Operation("{append}(J, {}, {})", (<losses>, <loss>)))
    scaled = np.abs(row)            Assign(<scaled>, Operation("{abs}({})", (<row>,)))

Nothing here is text but the pattern of an expression: what an expression reads, and whether it may raise, is known without looking at
the pattern. `janus_nb.lowering.core.printing` makes text of it all, once, at the end.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from janus_nb.lowering.effects.effect import Effect


class Phase(enum.IntEnum):
    """When the host computes a value."""

    ENTRY = 0
    PRE = 1
    POST = 2


@dataclass(eq=False, slots=True)
class Variable:
    """A variable of a host program, or a parameter of one.

    Attributes:
        phase: The program that sets it.
        said: The user's name for what it holds, if there is one.
        fixed: Its name in the text, for the few parameters that always have the same.
        letter: What its name in the text begins with if the user has none for it.
        boolean: Whether it holds a `bool` in any case.
        unverified: Whether nobody has looked at the type of what it holds.
        volatile: Whether what it holds differs whenever it is computed (a clock).
        maybe_unbound: Whether the user's name for it may be without a value.
    """

    phase: Phase
    said: str = ""
    fixed: str = ""
    letter: str = ""
    boolean: bool = False
    unverified: bool = False
    volatile: bool = False
    maybe_unbound: bool = False


@dataclass(eq=False, slots=True)
class Constant:
    """An object that host programs mention: there is one record for each object.

    Attributes:
        value: The object.
        said: A name for it, if there is one.
        literal: Its text, for numbers, strings and the like.
        unverified: As for a `Variable`.
        volatile: As for a `Variable`.
        maybe_unbound: As for a `Variable`.
    """

    value: Any
    said: str = ""
    literal: str = ""
    unverified: bool = False
    volatile: bool = False
    maybe_unbound: bool = False


@dataclass(eq=False, slots=True)
class Operation:
    """An expression.

    Attributes:
        pattern: Its text, with `{}` for each operand and `{name}` for each object in `uses` (as `str.format` reads it).
        operands: What it is computed from.
        uses: The functions and other objects that it names.
        calm: Whether it surely neither raises nor does anything but make its value.
        effect: The effect that it has, if it has one.
    """

    pattern: str
    operands: tuple[Operand, ...] = ()
    uses: Mapping[str, Constant] | None = None
    calm: bool = False
    effect: Effect | None = None


Atom = Variable | Constant
"""What can hold a value."""

Operand = Variable | Constant | Operation
"""What can be read in an expression."""


@dataclass(eq=False, slots=True)
class Assign:
    """`variable = value`. If nothing reads the variable it is left out, where nobody can tell.

    Attributes:
        variable: The variable.
        value: What it is set to.
        optional: Whether nobody can tell even if `value` is not calm.
    """

    variable: Variable
    value: Operand
    optional: bool = False


@dataclass(eq=False, slots=True)
class Do:
    """An expression that is computed for what it does."""

    operation: Operation


@dataclass(eq=False, slots=True)
class Check:
    """An assumption about a value that the program computes.

    Attributes:
        index: Which of the assumptions that are checked in this program.
        condition: The value.
        expected: The truth that is assumed.
        check: What raises if it does not hold.
    """

    index: int
    condition: Operand
    expected: bool
    check: Constant


@dataclass(eq=False, slots=True)
class Branch:
    """`if condition: .. else: ..`."""

    condition: Operand
    then: list[Statement]
    other: list[Statement]


@dataclass(eq=False, slots=True)
class Carry:
    """What the next iteration finds in the places that only replay knows: all at once, because each may be read for another.

    Attributes:
        states: The list that holds them.
        values: Position and value of those that change.
    """

    states: Variable
    values: list[tuple[int, Operand]]


@dataclass(eq=False, slots=True)
class LastOnly:
    """Only the last iteration goes on from here.

    Attributes:
        lasts: The parameter that holds the results of the last iteration, and is `None` before it.
        results: The variables that take them.
    """

    lasts: Variable
    results: list[Variable]


Statement = Assign | Do | Check | Branch | Carry | LastOnly


def add_variables(operand: Operand, read: dict[Variable, None]) -> None:
    """Add the variables that an expression reads to those in `read`."""
    if isinstance(operand, Variable):
        read[operand] = None
    elif isinstance(operand, Operation):
        for part in operand.operands:
            add_variables(part, read)


def is_calm(operand: Operand) -> bool:
    """Whether an expression surely neither raises nor does anything."""
    return not isinstance(operand, Operation) or (operand.calm and all(map(is_calm, operand.operands)))


def is_truth(operand: Operand) -> bool:
    """Whether an expression is a `bool`, so that a branch on it cannot raise."""
    return (isinstance(operand, Variable) and operand.boolean) or (isinstance(operand, Constant) and isinstance(operand.value, bool))


__all__ = [
    "Assign", "Atom", "Branch", "Carry", "Check", "Constant", "Do", "LastOnly", "Operand", "Operation", "Phase", "Statement", "Variable",
    "add_variables", "is_calm", "is_truth",
]  # fmt: skip

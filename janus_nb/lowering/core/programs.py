"""The host's share of a region, as three straight-line Python programs.

    for i in range(1000):                    entry():   (nothing)
        x = X[i * 32:(i + 1) * 32]           pre(e):    p1 = e * 32 ... p4 = X[p1:p3]; return p4    -> fed
        loss = step(x)                       graph
        losses.append(float(loss))           post(g0):  J.call(losses, 'append', g0)
        print(f"{i}: {loss:.3f}")                       J.print(f"{e}: {g1:.3f}")

`entry` runs once per graph call, `pre` per iteration before it, `post` per iteration after it, in program order.
Each is generated as text, so that it can be shown, and compiled once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from janus_nb.lowering.core.values import Host, Phase

_PREFIX = {Phase.ENTRY: "n", Phase.PRE: "p", Phase.POST: "q"}


@dataclass(slots=True)
class HostPrograms:
    """The three programs under construction.

    Attributes:
        lines: Generated statements of each phase.
        objects: Objects that the programs refer to, by the name they have there.
        exported: Variables of an earlier phase that a later one reads, in order.
        droppable: Variables whose expressions nobody misses if nothing reads them.
    """

    lines: dict[Phase, list[str]] = field(default_factory=lambda: {p: [] for p in Phase})
    objects: dict[str, Any] = field(default_factory=dict)
    exported: dict[Phase, list[str]] = field(default_factory=lambda: {Phase.ENTRY: [], Phase.PRE: []})
    droppable: set[str] = field(default_factory=set)
    indent: int = 0
    _count: int = 0
    _names: dict[int, str] = field(default_factory=dict)
    _remembered: dict[tuple[Phase, str], tuple[Host, int]] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of statements that compute something, so far."""
        return sum(map(len, self.lines.values()))

    def object(self, value: Any) -> str:
        """The name under which the programs know an object."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = f"c{len(self._names)}"
            self.objects[name] = value
        return name

    def code(self, value: Any, phase: Phase) -> str:
        """An expression for `value` in the program of `phase`; values of earlier phases are exported to it."""
        if isinstance(value, Host):
            if value.phase > phase:
                raise AssertionError(f"{value} is not known at {phase.name}")
            if value.phase < phase and value.code.isidentifier() and value.code[0] in "np":
                self.export(value)
            return value.code
        if value is None or type(value) in (int, bool, str) or (type(value) is float and value == value and abs(value) < 1e300):
            return f"({value!r})" if isinstance(value, int | float) and not isinstance(value, bool) and value < 0 else repr(value)
        return self.object(value)

    def export(self, value: Host) -> None:
        """Make a variable of an earlier phase available to the later ones."""
        names = self.exported[value.phase]
        if value.code not in names:
            names.append(value.code)

    def name(self, phase: Phase) -> str:
        """A new name for a variable of the phase's program."""
        self._count += 1
        return f"{_PREFIX[phase]}{self._count}"

    def assign(self, phase: Phase, expression: str, witness: Any) -> Host:
        """A new variable of the phase's program."""
        name = self.name(phase)
        self.statement(phase, f"{name} = {expression}")
        return Host(phase, name, witness)

    def remember(self, phase: Phase, expression: str, value: Host) -> None:
        """Note that a variable, just assigned, holds what an expression without effects gives."""
        self._remembered[phase, expression] = value, len(self.lines[phase]) - 1

    def known(self, phase: Phase, expression: str) -> Host | None:
        """The variable that already holds such an expression, if it was not rolled back."""
        value, position = self._remembered.get((phase, expression), (None, -1))
        lines = self.lines[phase]
        return value if value is not None and position < len(lines) and lines[position] == f"{value.code} = {expression}" else None

    def statement(self, phase: Phase, text: str) -> None:
        """A statement of the phase's program. Only the post program has branches."""
        pad = "    " * self.indent if phase is Phase.POST else ""
        self.lines[phase].append(pad + text)

    def mark(self) -> Any:
        """What `undo` needs to forget everything emitted since."""
        return (
            {p: len(text) for p, text in self.lines.items()},
            {p: list(names) for p, names in self.exported.items()},
            self.indent,
        )

    def undo(self, mark: Any) -> None:
        """Forget what was emitted since the mark (variables' numbers are not reused)."""
        sizes, exported, self.indent = mark
        for phase, size in sizes.items():
            del self.lines[phase][size:]
        self.exported = {phase: list(names) for phase, names in exported.items()}

    def compile(self, phase: Phase, parameters: list[str], returns: list[str], name: str) -> tuple[Callable[..., Any], str]:
        """The phase's program as a function of `parameters`, and its text."""
        body = self._needed([*self.lines[phase], f"return ({', '.join(returns)}{',' if returns else ''})"])
        text = f"def {phase.name.lower()}({', '.join(parameters)}):\n" + "\n".join("    " + line for line in body) + "\n"
        scope: dict[str, Any] = dict(self.objects)
        exec(compile(text, f"<janus {phase.name.lower()} program of {name}>", "exec"), scope)
        return scope[phase.name.lower()], text

    def _needed(self, lines: list[str]) -> list[str]:
        """The lines without assignments to variables that nothing behind them reads, as far as these may be dropped."""
        kept: list[str] = []
        read: set[str] = set()
        for line in reversed(lines):
            name, assigned, _ = line.partition(" = ")
            if assigned and name in self.droppable and name not in read:
                continue
            kept.append(line)
            read.update(_WORD.findall(line))
        return kept[::-1]


_WORD = re.compile(r"\w+")

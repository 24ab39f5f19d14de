"""Options: one table, used by the decorator, `run_cell`, the magics and the command line alike.

Before/after:

    >>> Options.make(profile=5, xla="off").profile
    5
    >>> Options.make(steps=-1)
    Traceback (most recent call last):
    ...
    janus_nb.errors.OptionError: steps=-1: expected "auto" or a whole number >= 1 (iterations per graph call)
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from janus_nb.errors import OptionError


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """How one option reads: its help text, what it accepts, and the test for it."""

    help: str
    expected: str
    accepts: Callable[[Any], bool]
    choices: tuple[str, ...] = ()


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _choice(help: str, *choices: str) -> Any:
    info = OptionInfo(help, "one of " + ", ".join(f'"{c}"' for c in choices), lambda v: isinstance(v, str) and v in choices, choices)
    return field(default=choices[0], metadata={"info": info})


def _switch(help: str) -> Any:
    return field(default=True, metadata={"info": OptionInfo(help, "True or False", lambda v: isinstance(v, bool))})


@dataclass(frozen=True, slots=True)
class Options:
    """Everything a user can set. Every field has the same name in every interface."""

    profile: int = field(
        default=3,
        metadata={
            "info": OptionInfo(
                "iterations that run imperatively under the profiler before a graph is generated",
                "a whole number >= 1 (iterations)",
                lambda v: _whole(v, 1),
            )
        },
    )
    steps: int | Literal["auto"] = field(
        default="auto",
        metadata={
            "info": OptionInfo(
                'iterations that one graph call may run; "auto" adapts to about 150 ms a call',
                '"auto" or a whole number >= 1 (iterations per graph call)',
                lambda v: v == "auto" or _whole(v, 1),
            )
        },
    )
    xla: str = _choice("compile graphs with XLA", "auto", "on", "off")
    verify: str = _choice("compare a graph with eager before its first commit, always, or not at all", "first", "always", "off")
    generate: str = _choice("generate a graph when the work left pays for it, or always", "auto", "always")
    view: str = _choice("what is shown beside the cell", "auto", "live", "static", "text", "none")
    unroll: bool = _switch("unroll inner loops whose trip count was stable, and assert it")
    specialize: bool = _switch("specialise on constant values and exact shapes")
    parallel: bool = _switch("let iterations of one graph call overlap")
    partial: bool = _switch("convert what stands around a statement that has no graph form")
    multistep: bool = _switch("run many iterations of the hot loop in one graph call")

    @property
    def of_graphs(self) -> tuple[Any, ...]:
        """The options under which a graph is what it is: graphs of other options are not reused."""
        return self.unroll, self.specialize, self.parallel, self.partial, self.multistep, self.xla, self.steps

    @classmethod
    def make(cls, base: Options | None = None, **given: Any) -> Options:
        """Options with `given` laid over `base` (or over the defaults), all checked.

        Raises:
            OptionError: an unknown name, or a value outside an option's range.
        """
        known = option_table()
        values = {name: getattr(base, name) for name in known} if base is not None else {}
        for name, value in given.items():
            if name not in known:
                raise OptionError(unknown_option(name))
            info = known[name]
            if not info.accepts(value):
                raise OptionError(f"{name}={value!r}: expected {info.expected}")
            values[name] = value
        return cls(**values)


def option_table() -> dict[str, OptionInfo]:
    """Every option by name, in the order in which they are documented."""
    return {f.name: f.metadata["info"] for f in fields(Options)}


def unknown_option(name: str) -> str:
    """What to say of an option that does not exist: its name, a near one, and all there are."""
    names = list(option_table())
    near = difflib.get_close_matches(name, names, 1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    return f"unknown option {name!r}.{guess} Options are: {', '.join(names)}."

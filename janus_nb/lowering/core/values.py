"""What a value can be while a region is lowered: its *binding time* decides where it is computed.

A plain Python object is known (a constant under guards). A backend tensor is computed by the graph. Between and
after these stand:

* `Host` values, computed by Python: once per call (`ENTRY`), per iteration before the graph runs (`PRE`: indices,
  slices of arrays, what comes from the data), or per iteration after it (`POST`: what depends on results read back).
* `Num` values: Python numbers and NumPy arrays computed in the graph, such as `float(loss)` or a running counter.

The order is known < ENTRY < PRE < graph < POST; an operation is computed at the latest time of its operands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, Literal

from janus_nb.lowering.core.records import Atom, Constant, Phase, Variable

UNKNOWN: Any = type("Unknown", (), {"__repr__": lambda self: "<known at replay>", "__slots__": ()})()
"""Witness of a value that does not exist before the graph has run."""


@dataclass(eq=False, slots=True)
class Host:
    """A value that Python computes.

    Attributes:
        phase: When.
        held: The variable of the phase's host program that holds it, or a constant.
        witness: Its value at the time of lowering (the pending iteration's), or `UNKNOWN`.
        among: For a container picked by an index: all that it can be.
        part: For rows of an array: the array, and the index.
    """

    phase: Phase
    held: Atom
    witness: Any = UNKNOWN
    among: tuple[Any, ...] = ()
    part: tuple[Host, Any] | None = None

    @property
    def constant(self) -> bool:
        """Whether it is an object that is known now, of which only the content is read later."""
        return isinstance(self.held, Constant)

    @property
    def unverified(self) -> bool:
        """Whether nobody has looked at its type."""
        return self.held.unverified

    @unverified.setter
    def unverified(self, value: bool) -> None:
        self.held.unverified = value

    @property
    def volatile(self) -> bool:
        """Whether it differs whenever it is computed (a clock)."""
        return self.held.volatile

    @volatile.setter
    def volatile(self, value: bool) -> None:
        self.held.volatile = value

    @property
    def maybe_unbound(self) -> bool:
        """Whether the name that holds it may be without a value."""
        return self.held.maybe_unbound

    @maybe_unbound.setter
    def maybe_unbound(self, value: bool) -> None:
        self.held.maybe_unbound = value


Kind = Literal["int", "float", "bool", "array"]
"""The Python type of a number in the graph; `array` is what `.numpy()` returns."""

NUM_DTYPE: dict[str, str] = {"int": "int64", "float": "float64", "bool": "bool"}


@dataclass(eq=False, slots=True)
class Num:
    """A Python number (or NumPy array) computed in the graph.

    Attributes:
        tensor: Scalar of dtype int64, float64 or bool; for `array` any dtype and shape.
        kind: The Python type it has eagerly.
    """

    tensor: Any
    kind: Kind


@dataclass(eq=False, slots=True)
class Closure:
    """A function defined inside the region: its node and the frame it closes over."""

    node: Any
    frame: Any
    name: str
    defaults: tuple[Any, ...] = ()
    kw_defaults: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class BoundMethod:
    """A method taken from a value that is not a plain object: `values.append`, `loss.numpy`."""

    owner: Any
    name: str


@dataclass(eq=False, slots=True)
class Nothing:
    """The result of an effect that happens after the commit: it may be dropped, and that is all.

    Attributes:
        what: The call, in the user's terms.
    """

    what: str


@dataclass(eq=False, slots=True)
class View:
    """A dictionary's `keys()`, `values()` or `items()`: it may be iterated and counted, and nothing else.

    Attributes:
        items: What is in it.
        name: Which of the three.
    """

    items: list[Any]
    name: str


@dataclass(eq=False, slots=True)
class Lazy:
    """An iterator that makes its items when it is asked: a generator expression, `map`, `filter`, `zip`, `enumerate`, `reversed`.

    Attributes:
        produce: Hands its items on one by one, as long as it is told to go on.
        what: The kind of iterator.
        frames: The scopes in which it was made.
        begun: Whether something has consumed it.
        endless: Makes its items anew, for one that never ends.
    """

    produce: Callable[[Callable[[Any], bool]], None]
    what: str
    frames: list[Any]
    begun: bool = False
    endless: Callable[[], Iterator[Any]] | None = None


@dataclass(eq=False, slots=True)
class Suspended:
    """A generator that has been called and not begun.

    Attributes:
        function: The generator function.
        args: Its arguments.
        kwargs: Its keyword arguments.
        begun: Whether something has consumed it.
    """

    function: FunctionType
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    begun: bool = False


@dataclass(eq=False, slots=True)
class Born:
    """An object that the region made, or (without a variable) one that a carried structure stands for.

    Attributes:
        shadow: The instance that stands for it while lowering.
        variable: Its variable in the post program.
        initial: Attributes it came with.
        kept: Whether replay needs it.
    """

    shadow: Any
    variable: Variable | None
    initial: dict[str, Any] = field(default_factory=dict)
    kept: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """`range` with bounds that are not all known."""

    start: Any
    stop: Any
    step: Any


def kind_of(value: Any) -> Kind | None:
    """The kind of a plain Python number, or `None`. Subclasses are not plain."""
    if type(value) is bool:
        return "bool"
    if type(value) is int:
        return "int"
    if type(value) is float:
        return "float"
    return None


__all__ = [
    "NUM_DTYPE", "UNKNOWN", "Born", "BoundMethod", "Closure", "Host", "Kind", "Lazy", "Nothing", "Num", "Phase", "Range", "Suspended", "Variable",
    "View", "kind_of",
]  # fmt: skip

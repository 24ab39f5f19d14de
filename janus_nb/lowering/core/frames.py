"""Scopes of a lowering, and what passes between the host and the graph: fed values, results of an iteration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from janus_nb.backend import Spec
from janus_nb.lowering.core.records import Variable
from janus_nb.lowering.core.values import Host, Kind
from janus_nb.source.units import Unit
from janus_nb.speculate.slots import CellSlot, Slot


@dataclass(eq=False, slots=True)
class Frame:
    """Names of one scope. The region's own frame has slots instead of values.

    Attributes:
        unit: Where its code stands.
        namespace: Globals of its code.
        names: Values of local names; unused for the region's frame.
        local_names: Names that are local here.
        cells: Free variables of a real closure.
        parent: Enclosing frame, for closures defined inside the region.
        region: Whether this is the region's own frame.
        depth: How many calls deep.
        on_yield: For a generator's frame: what its consumer does with an item.
    """

    unit: Unit
    namespace: dict[str, Any]
    names: dict[str, Any] = field(default_factory=dict)
    local_names: frozenset[str] = frozenset()
    cells: dict[str, CellSlot] = field(default_factory=dict)
    parent: Frame | None = None
    region: bool = False
    module_level: bool = False
    owner_class: Any = None
    self_value: Any = None
    declared_global: frozenset[str] = frozenset()
    depth: int = 0
    on_yield: Callable[[Any], None] | None = None


@dataclass(eq=False, slots=True)
class Row:
    """A result of the graph that the post program reads, per iteration or of the last one."""

    tensor: Any
    kind: Kind | None
    variable: Variable


@dataclass(eq=False, slots=True)
class Feed:
    """A value fed to the graph: per iteration (`PRE`) or per call (`ENTRY`)."""

    host: Host | None
    spec: Spec
    key: Any
    tensor: Any
    column: int | None = None


@dataclass(eq=False, slots=True)
class Input:
    """A slot that the entry program is called with, and the parameter."""

    slot: Slot
    variable: Variable


__all__ = ["Feed", "Frame", "Input", "Row"]

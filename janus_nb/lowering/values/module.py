"""Modules."""

from __future__ import annotations

from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.heap.access import read_slot
from janus_nb.lowering.values import attributes
from janus_nb.lowering.values.kind import Conversion, Kind
from janus_nb.lowering.values.text import formatted
from janus_nb.source.units import is_user_file
from janus_nb.speculate.slots import UNBOUND, AttrSlot


class ModuleKind(Kind):
    """A module."""

    words = "a module"
    order = 2

    def called(self, value: Any) -> str:
        """By its name."""
        return f"module {value.__name__}"

    def truth(self, low: Lowering, value: Any) -> Any:
        """Always true."""
        return True

    def text(self, low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
        """By the host."""
        return formatted(low, value, spec, conversion)

    def type_of(self, low: Lowering, value: Any) -> Any:
        """Now."""
        return type(value)

    def is_instance(self, low: Lowering, value: Any, kinds: Any) -> Any:
        """Now."""
        return isinstance(value, kinds)

    def identity(self, low: Lowering, value: Any) -> Any:
        """Now."""
        return id(value)

    def is_callable(self, low: Lowering, value: Any) -> Any:
        """No module is."""
        return False

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """A slot; or what a library's module makes when it is asked."""
        held = read_slot(low, AttrSlot(value, name, value.__name__))
        if held is not UNBOUND:
            return held
        if is_user_file(str(getattr(value, "__file__", None) or "<cell")):
            raise Unsupported("JN209", f"__getattr__ of module {value.__name__}")
        return attributes.natively(value, name)

    def has(self, low: Lowering, value: Any, name: str) -> bool:
        """Under a guard."""
        return attributes.present(low, value, name)

    def set_attribute(self, low: Lowering, value: Any, name: str, new: Any) -> None:
        """Not yet.

        Raises:
            Unsupported: JN201.
        """
        raise Unsupported("JN201", f"attribute {name!r} of a {type(value).__name__} is set")


MODULE = ModuleKind()

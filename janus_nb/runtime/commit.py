"""Writing the final values of a call: all of them, or none.

    log.last = loss        written, remembered
    cfg.n = 3              FrozenInstanceError: what was written is taken back, and Python runs the iterations

Everything that may raise is done here, before the variables are assigned and output is let out.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterable, MutableMapping
from types import FrameType
from typing import Any

from janus_nb.source.units import is_user_function
from janus_nb.speculate.slots import UNBOUND, AttrSlot, CellSlot, HeldSlot, LocalSlot, NameSlot, Slot, instance_dict, read


class Writes:
    """Slots that have been written, with what they held before."""

    def __init__(self, frame: FrameType | None, names: MutableMapping[str, Any]) -> None:
        self._frame = frame
        self._names = frame.f_locals if frame is not None else names
        self._before: list[tuple[Slot, Any]] = []
        self._locals = False

    def write(self, values: Iterable[tuple[Slot, Any]]) -> None:
        """Write all slots.

        Raises:
            Exception: what a write raised; nothing is written then.
        """
        try:
            for slot, value in values:
                before = read(slot, self._names)
                write(slot, value, self._names)
                self._before.append((slot, before))
                self._locals = self._locals or isinstance(slot, LocalSlot)
            if self._locals:
                self._bring_up_to_date()
        except BaseException:
            self.undo()
            raise

    def undo(self) -> None:
        """Write back what was there, last first."""
        while self._before:
            slot, before = self._before.pop()
            if not isinstance(slot, HeldSlot):
                write(slot, before, self._names)
        if self._locals:
            self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        """Let a running function see what was written to its `f_locals` (Python before 3.13)."""
        if self._frame is not None and sys.version_info < (3, 13):
            ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(self._frame), ctypes.c_int(1))


def write(slot: Slot, value: Any, local_names: MutableMapping[str, Any]) -> None:
    """Write one slot; `UNBOUND` deletes. Locals go to `local_names`, which the frame takes over afterwards."""
    match slot:
        case LocalSlot(name):
            _put(local_names, name, value)
        case NameSlot(namespace, name):
            _put(namespace, name, value)
        case AttrSlot(owner, name, _):
            _set_attribute(owner, name, value)
        case CellSlot(cell, _):
            if value is UNBOUND:
                del cell.cell_contents
            else:
                cell.cell_contents = value
        case HeldSlot(holder, _, clear):
            clear(read(holder, local_names))
        case _:
            raise AssertionError(f"{slot} is not written at commit")


def surely(slot: Slot) -> bool:
    """Whether writing a slot cannot fail."""
    if isinstance(slot, AttrSlot):
        kind = type(slot.owner)
        return isinstance(instance_dict(slot.owner), dict) and _plain_setattr(kind) and not hasattr(kind, slot.name)
    return isinstance(slot, LocalSlot | NameSlot | CellSlot)


def _set_attribute(owner: Any, name: str, value: Any) -> None:
    held = instance_dict(owner)
    if value is UNBOUND:
        delattr(owner, name)
    elif is_user_function(type(owner).__setattr__):  # a way of its own, which has been lowered with the rest
        object.__setattr__(owner, name, value)
    elif isinstance(held, dict) and _plain_setattr(type(owner)) and not hasattr(type(owner), name):
        held[name] = value
    else:
        setattr(owner, name, value)


def _plain_setattr(kind: Any) -> bool:
    return kind.__setattr__ is object.__setattr__


def _put(names: MutableMapping[str, Any], name: str, value: Any) -> None:
    if value is UNBOUND:
        names.pop(name, None)
    else:
        names[name] = value


__all__ = ["Writes", "surely", "write"]

"""Frames of the user's running code, as regions see them."""

from __future__ import annotations

from collections.abc import MutableMapping
from types import CellType, FrameType
from typing import Any


def names_of(frame: FrameType) -> MutableMapping[str, Any]:
    """The frame's own names, live."""
    return frame.f_locals


def at_top(frame: FrameType) -> bool:
    """Whether the frame is the top of a cell or module: its names are the globals."""
    return frame.f_locals is frame.f_globals


def shares_cell(frame: FrameType, cell: CellType, name: str) -> bool:
    """Whether writing to a closure cell changes this frame's name: tried out, and put back."""
    if at_top(frame):
        return False
    try:
        held = cell.cell_contents
    except ValueError:
        return False
    mark = object()
    cell.cell_contents = mark
    try:
        return frame.f_locals.get(name) is mark
    finally:
        cell.cell_contents = held
        _ = frame.f_locals  # brought up to date again

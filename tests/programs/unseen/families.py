"""The families of unseen programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.programs.program import Program
from tests.programs.unseen import (
    autograph_style,
    causes,
    class_style,
    data_style,
    dunder_style,
    functional_style,
    moves,
    notebook_style,
    numeric_style,
    script_style,
)


@dataclass(frozen=True)
class Family:
    """Programs of one style.

    Attributes:
        name: The style.
        programs: Makes them.
        tensorflow: Whether they need TensorFlow; else they run on the library in a page of NumPy too.
    """

    name: str
    programs: Callable[[], dict[str, Program]]
    tensorflow: bool = False


FAMILIES = (
    Family("notebook", lambda: notebook_style.PROGRAMS),
    Family("classes", lambda: class_style.PROGRAMS),
    Family("dunders", lambda: dunder_style.PROGRAMS),
    Family("functional", lambda: functional_style.PROGRAMS),
    Family("scripts", lambda: script_style.PROGRAMS),
    Family("numbers", lambda: numeric_style.PROGRAMS),
    Family("data", lambda: data_style.PROGRAMS),
    Family("causes", lambda: causes.PROGRAMS),
    Family("moves", moves.programs),
    Family("autograph", autograph_style.programs, tensorflow=True),
)

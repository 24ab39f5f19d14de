"""Which programs there are, and their text in cells.

STEPS = 600          the one parameter: the first such line is replaced when somebody asks for a shorter run
# %%                 a new cell begins
RESULT = {...}       the last statement: losses, scores, weights
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "programs"
_STEPS = re.compile(r"^STEPS = (\d+)", re.MULTILINE)
_CELL = re.compile(r"^# %%.*$", re.MULTILINE)


@dataclass(frozen=True)
class ZooProgram:
    """A program of the zoo.

    Attributes:
        name: Of the paper's program ("treelstm").
        style: How this version is written ("binary").
        paper: The paper's figure for JANUS over eager, as recalled; `None` where it is not remembered.
        short: Steps of a short run, for tests.
    """

    name: str
    style: str
    paper: float | None
    short: int

    @property
    def title(self) -> str:
        """How tables name it."""
        return f"{self.name} ({self.style})"

    @property
    def path(self) -> Path:
        """Its source file."""
        return FOLDER / f"{self.name}_{self.style}.py"

    @property
    def steps(self) -> int:
        """Steps of a realistic run, as the source says."""
        found = _STEPS.search(self.path.read_text(encoding="utf-8"))
        assert found is not None, self.path
        return int(found[1])

    def text(self, steps: int | None = None) -> str:
        """The source, with the number of steps replaced."""
        source = self.path.read_text(encoding="utf-8")
        return source if steps is None else _STEPS.sub(f"STEPS = {steps}", source, count=1)


def cells_of(text: str) -> list[str]:
    """The cells of a script: what stands between lines that begin with `# %%`; empty ones are left out."""
    return [part.strip("\n") + "\n" for part in _CELL.split(text) if part.strip()]


PROGRAMS = (
    ZooProgram("lenet", "functions", 3.3, 70),
    ZooProgram("lenet", "keras", 3.3, 60),
    ZooProgram("resnet", "classes", 1.06, 50),
    ZooProgram("resnet", "keras", 1.06, 40),
    ZooProgram("inception", "classes", 1.1, 40),
    ZooProgram("inception", "keras", 1.1, 30),
    ZooProgram("lstm", "classes", 8.0, 60),
    ZooProgram("lstm", "functions", 8.0, 30),
    ZooProgram("lm", "functions", 2.1, 110),
    ZooProgram("lm", "trainer", 2.1, 60),
    ZooProgram("treernn", "classes", 47.6, 10),
    ZooProgram("treernn", "functions", 47.6, 100),
    ZooProgram("treelstm", "binary", 18.4, 40),
    ZooProgram("treelstm", "childsum", 18.4, 20),
    ZooProgram("spinn", "classes", None, 20),
    ZooProgram("spinn", "functions", None, 20),
    ZooProgram("a3c", "classes", 5.2, 10),
    ZooProgram("a3c", "functions", 5.2, 24),
    ZooProgram("ppo", "classes", 2.7, 4),
    ZooProgram("ppo", "functions", 2.7, 3),
    ZooProgram("gan", "functions", 1.8, 60),
    ZooProgram("gan", "keras", 1.8, 45),
    ZooProgram("pix2pix", "keras", 2.0, 35),
    ZooProgram("pix2pix", "classes", 2.0, 30),
)
"""The paper's programs, and SPINN, which its authors' line of work names; figures are recalled, not checked."""


def find(name: str, style: str) -> ZooProgram:
    """The program of this name and style.

    Raises:
        KeyError: There is none; the text says which there are.
    """
    for program in PROGRAMS:
        if (program.name, program.style) == (name, style):
            return program
    raise KeyError(f"no program {name!r} in style {style!r}. There are: {', '.join(p.title for p in PROGRAMS)}.")


__all__ = ["PROGRAMS", "ZooProgram", "cells_of", "find"]

"""The paper's programs as plain eager TensorFlow, each in two styles: what `janus bench --zoo` measures.

programs/NAME_STYLE.py     a program, in cells (`# %%`), as a person would have written it; nothing in it knows of JANUS
catalogue                  which there are, their text and cells
play                       `run(name, style, steps)`: eagerly or under JANUS, with what it printed and computed
"""

from __future__ import annotations

from janus_nb.zoo.catalogue import PROGRAMS, ZooProgram, cells_of, find
from janus_nb.zoo.play import Played, differences, run

__all__ = ["PROGRAMS", "Played", "ZooProgram", "cells_of", "differences", "find", "run"]

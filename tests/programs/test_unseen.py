"""Programs that were written without looking at the engine, and generated families: nothing is wrong, with verification or without."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.programs.unseen.families import FAMILIES

LEAST = {
    "notebook": 37, "classes": 24, "dunders": 21, "functional": 34, "scripts": 27, "numbers": 37, "data": 23, "causes": 86, "moves": 150, "autograph": 400,
}  # fmt: skip
"""How many programs of each family there are."""


def run(*arguments: str) -> str:
    """Run programs in a process of its own, because the small library takes TensorFlow's place there."""
    done = subprocess.run([sys.executable, "-m", "tests.programs.unseen", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_there_are_many_and_each_is_one() -> None:
    counts = {}
    for family in FAMILIES:
        programs = family.programs()
        counts[family.name] = len(programs)
        for name, program in programs.items():
            for text in (program.setup, program.cell, *program.again):
                ast.parse(text, name)
    assert counts.keys() == LEAST.keys()
    assert all(counts[name] >= least for name, least in LEAST.items())


@pytest.mark.parametrize("verify", ["off", "first"])
def test_nothing_is_wrong(verify: str) -> None:
    """All that run on the small library; a third of them, at least, in graphs."""
    told = run("--fake", "--verify", verify).splitlines()[-1]
    counts = eval(told[: told.index("}") + 1])
    assert counts["whole"] + counts.get("partial", 0) >= 0.35 * counts["right"], told


@pytest.mark.slow
def test_nothing_is_wrong_on_tensorflow() -> None:
    """Functions over tensors and Python values, with one sequence of arguments each; `python -m tests.programs.unseen` runs all."""
    run("--verify", "off", "--every", "9", "autograph")

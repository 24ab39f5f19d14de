"""The table, sampled: on the library in a page of NumPy, and on TensorFlow."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.programs.table import build

COUNT = 400
"""How many programs of the table a run of the tests meets."""


def test_the_table_is_large_and_every_program_is_one() -> None:
    names = set(build.names())
    assert len(names) > 3000
    for name in build.sample(1000, 5, fake=False):
        program = build.program(name)
        for text in (program.setup, program.cell, *program.again):
            compile(text, name, "exec")


def test_samples_meet_every_row() -> None:
    rows = {name.partition("/")[0] for name in build.names()}
    assert {name.partition("/")[0] for name in build.sample(COUNT, 0, fake=False)} == rows


@pytest.mark.parametrize("library", ["--fake", pytest.param("--tensorflow", marks=pytest.mark.slow)])
@pytest.mark.parametrize("verify", ["first", "off"])
def test_nothing_in_the_table_is_wrong(library: str, verify: str) -> None:
    """Run in a process of its own, because the small library takes TensorFlow's place there. Without verification the generator is right by itself."""
    command = [sys.executable, "-m", "tests.programs.table", "--count", str(COUNT), "--seed", str(int(verify == "off")), "--verify", verify, library]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.parametrize("verify", ["first", "off"])
def test_random_programs_on_the_small_library(verify: str) -> None:
    command = [sys.executable, "-m", "tests.programs.fuzz", "60", "0", "--fake", "--verify", verify]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]

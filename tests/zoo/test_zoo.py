"""Every program of the zoo, in a short run: under JANUS it does what it does eagerly, bit for bit where nothing is said.

A few run by default, the others with `-m exhaustive`: the trees alone take ten minutes.
"""

from __future__ import annotations

from typing import Any

import pytest
from janus_nb.survey import verdict
from janus_nb.zoo import PROGRAMS, ZooProgram, cells_of, differences, find

from tests.programs.harness import Program, Reports, check

WHOLE: set[str] = set()
"""Programs whose hot loops run as graphs, but for at most a tenth of their iterations."""


BY_DEFAULT = ("lenet_functions", "lenet_keras", "gan_functions", "a3c_functions")

ROUNDED = {"resnet_keras": 1e-2, "treelstm_binary": 1e-6, "treelstm_childsum": 1e-6, "spinn_classes": 1e-6, "spinn_functions": 1e-6}
"""How far floats were seen to differ (the next power of ten), relative to their size: gradients that many operations share are summed in another order."""


def program_of(zoo: ZooProgram) -> Program:
    cells = cells_of(zoo.text(zoo.short))
    return Program(zoo.title, cells[0], again=tuple(cells[1:]), floats=ROUNDED.get(zoo.path.stem, 0.0))


def marked(zoo: ZooProgram) -> Any:
    return pytest.param(zoo, id=zoo.path.stem, marks=pytest.mark.slow if zoo.path.stem in BY_DEFAULT else pytest.mark.exhaustive)


@pytest.mark.parametrize("zoo", [marked(p) for p in PROGRAMS])
def test_a_short_run_is_the_same(zoo: ZooProgram) -> None:
    report = check(program_of(zoo))
    assert isinstance(report, Reports)
    found = verdict(report.reports)
    assert not found.wrong
    if zoo.path.stem in WHOLE:
        assert found.kind == "whole", "\n".join(map(str, found.reasons))


def test_twelve_programs_in_two_styles() -> None:
    names = [p.name for p in PROGRAMS]
    assert len(set(names)) == 12
    assert all(names.count(name) == 2 for name in names)
    for program in PROGRAMS:
        text = program.text(7)
        assert "\nSTEPS = 7" in text
        assert program.steps > program.short
        assert text.rstrip().splitlines()[-1].startswith(("RESULT = ", "}"))
        assert not any(word in text for word in ("tf.function", "TensorArray", "while_loop", "janus"))
        compile(text, str(program.path), "exec")


def test_an_unknown_program_is_named() -> None:
    with pytest.raises(KeyError, match="lenet \\(functions\\)"):
        find("lenet", "forth")


@pytest.mark.parametrize(
    ("other", "said"),
    [({"a": [1.0, 2.1]}, "[1]: up to"), ({"a": [1.0]}, "2 items"), ({"b": []}, "other keys"), ({"a": [1.0, 2]}, "a float, and a int")],
)
def test_results_are_compared(other: object, said: str) -> None:
    assert said in next(differences({"a": [1.0, 2.0]}, other, 1e-3))
    assert not list(differences({"a": [1.0, 2.0]}, {"a": [1.0, 2.0001]}, 1e-3))

"""The parts of `janus survey` that need no kernel: sources, plain data, comparison, verdicts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from janus_nb.events import CellStarted, Declined, EagerRan, Event, Generated, GraphRan, Profiled, RegionFound
from janus_nb.report import Report
from janus_nb.span import Span
from janus_nb.survey.compare import compare, same_text
from janus_nb.survey.play import CellRun, Ran
from janus_nb.survey.probe import Reader, snapshot
from janus_nb.survey.sources import SourceError, files_of, read
from janus_nb.survey.verdict import Verdict, verdict

SPAN = Span("cell", 3, 0, 4, 10)


def region(number: int, kind: str = "loop") -> RegionFound:
    return RegionFound(number, kind, SPAN, f"for i in range({number})", "Cell [1]", "...")


def generated(number: int) -> Generated:
    return Generated(number, 1, 0.1, 1, (), (), (), (), (), (), ())


def report(*events: Event) -> Report:
    return Report([CellStarted("cell", "Cell [1]", "..."), *events])


def test_a_loop_that_ran_in_a_graph_is_whole() -> None:
    found = verdict([report(region(1), Profiled(1, 0.1), generated(1), GraphRan(1, 1, 95, 1.0), EagerRan(1, 0.2, "left", 5))])
    assert found.kind == "whole"
    assert found.loops[0].iterations == {"graph": 95, "partial": 0, "checked": 0, "eager": 5, "profiled": 1}


def test_iterations_that_check_a_graph_do_not_count_against_it() -> None:
    checks = (EagerRan(1, 0.2, "verification", 2), EagerRan(1, 0.2, "audit", 3))
    found = verdict([report(region(1), Profiled(1, 0.1), generated(1), GraphRan(1, 1, 20, 1.0), *checks)])
    assert found.kind == "whole"
    assert found.loops[0].iterations["checked"] == 5
    others = (EagerRan(1, 0.2, "fallback", 5),)
    assert verdict([report(region(1), generated(1), GraphRan(1, 1, 20, 1.0), *others)]).kind == "partial"


def test_a_declined_loop_is_imperative_and_says_why() -> None:
    declined = Declined(1, "JN201", "call", "method 'assign'", "", SPAN)
    found = verdict([report(region(1), Profiled(1, 0.1), declined, EagerRan(1, 9.0, "declined", 90))])
    assert found.kind == "imperative"
    assert [str(r) for r in found.reasons] == ["JN201 line 3: method 'assign'"]


def test_small_loops_do_not_decide() -> None:
    hot = (region(1), Profiled(1, 0.1), generated(1), GraphRan(1, 1, 95, 9.0))
    small = (region(2), Profiled(2, 0.01), EagerRan(2, 0.1, "declined", 10))
    assert verdict([report(*hot, *small)]).kind == "whole"
    assert verdict([report(*hot), report(region(2), Profiled(2, 0.01), EagerRan(2, 9.0, "declined", 10))]).kind == "partial"


def test_nothing_to_look_at() -> None:
    assert verdict([report()]).kind == "no loop"


def test_a_verdict_travels_as_json() -> None:
    found = verdict([report(region(1), Profiled(1, 0.1), Declined(1, "JN201", "call", "x", "", None), EagerRan(1, 9.0, "declined", 90))])
    assert Verdict.from_data(json.loads(json.dumps(found.as_data()))) == found


def test_scripts_become_cells(tmp_path: Path) -> None:
    script = tmp_path / "a.py"
    script.write_text("x = 1\n\n# %% second\n!pip install y\n@tf.function(jit_compile=True)\ndef f(): pass\n")
    assert read(script, tmp_path).cells == ("x = 1\n", "pass\n@tf.function(jit_compile=True)\ndef f(): pass\n")
    source = read(script, tmp_path, strip=True)
    assert source.left_out == ("!pip install y",)
    assert source.cells[1] == "pass\n\ndef f(): pass\n"


def test_notebooks_give_their_code(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# x"), nbformat.v4.new_code_cell("x = 1"), nbformat.v4.new_code_cell(" ")])
    nbformat.write(book, tmp_path / "b.ipynb")
    assert read(tmp_path / "b.ipynb", tmp_path).cells == ("x = 1",)


@pytest.mark.parametrize(("name", "text", "said"), [("a.ipynb", "{}x", "is not a notebook"), ("b.py", "\n\n", "has no code")])
def test_what_is_not_a_program_says_so(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SourceError, match=said):
        read(tmp_path / name, tmp_path)


def test_hidden_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("a.py", "sub/b.ipynb", ".ipynb_checkpoints/c.ipynb", ".git/d.py", "e.txt", "sub/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x = 1")
    assert [p.name for p in files_of(tmp_path)] == ["a.py", "b.ipynb"]
    assert [p.name for p in files_of(tmp_path / "a.py")] == ["a.py"]


class Held:
    def __init__(self) -> None:
        self.x, self.me = [1.0, np.float32(2.0)], self


def test_names_as_plain_data() -> None:
    found = snapshot({"_x": 1, "In": [], "a": {"k": (1, "s")}, "m": np.arange(3), "f": len, "np": np}, "/nowhere")
    assert found["a"] == ("dict", [(("str", "k"), ("tuple", [("int", 1), ("str", "s")]))])
    assert found["m"][:4] == ("array", "ndarray", "int64", (3,))
    assert (found["f"], found["np"]) == (("other", "builtin_function_or_method"), ("other", "module"))
    assert set(found) == {"a", "m", "f", "np"}


def test_objects_of_the_users_and_cycles() -> None:
    held = Reader(str(Path(__file__).parent)).read(Held())
    assert held[0] == "Held"
    assert dict(held[1])["me"] == ("other", "Held")
    assert Reader("/nowhere").read(Held()) == ("other", "Held")


def test_large_arrays_are_sampled_and_summed() -> None:
    a = np.zeros(1_000_000, np.float32)
    b = a.copy()
    b[123] = 1.0
    one, two = (ran(x=Reader("/nowhere").read(v)) for v in (a, b))
    assert len(one.cells[0].names["x"][4]) < 2000
    assert compare(one, two, 1e-3)


def ran(outputs: str = "", error: str = "", stopped: str = "", **names: object) -> Ran:
    return Ran([CellRun(outputs, error, dict(names))], stopped)


def test_equal_runs_do_not_differ() -> None:
    data = {"x": ("list", [("float", 1.0)]), "w": ("array", "ndarray", "float32", (2,), np.ones(2, np.float32))}
    near = {"x": ("list", [("float", 1.00001)]), "w": ("array", "ndarray", "float32", (2,), np.ones(2, np.float32) + 1e-5)}
    assert not compare(ran("loss 1.0\n", **data), ran("loss 1.0\n", **near), 1e-3)
    assert compare(ran(**data), ran(**near), 1e-6)


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (ran("1\n"), ran("2\n"), "printed '1', and '2'"),
        (ran(error="ValueError: x"), ran(), "ended with ValueError: x, and with no error"),
        (ran(x=("int", 1)), ran(x=("int", 2)), "name 'x': 1, and 2"),
        (ran(x=("int", 1)), ran(x=("float", 1.0)), "name 'x': a int, and a float"),
        (ran(x=("int", 1)), ran(y=("int", 1)), r"names \['x', 'y'\]"),
        (ran(x=("list", [("int", 1)])), ran(x=("list", [])), "1 items, and 0"),
        (ran(x=("O", [("k", ("int", 1))])), ran(x=("O", [("k", ("int", 2))])), r"name 'x'\['k'\]: 1, and 2"),
        (ran(x=("bool", True)), ran(x=("bool", False)), "True, and False"),
        (ran(x=("float", float("nan"))), ran(x=("float", 1.0)), "nan, and 1.0"),
        (
            ran(x=("array", "ndarray", "int64", (1,), np.array([1]))),
            ran(x=("array", "ndarray", "int64", (1,), np.array([2]))),
            "differ by up to 1.00e",
        ),
        (
            ran(x=("array", "Variable", "float32", (1,), np.ones(1))),
            ran(x=("array", "EagerTensor", "float32", (1,), np.ones(1))),
            "Variable .* EagerTensor|a Variable",
        ),
    ],
)
def test_what_differs_is_told(a: Ran, b: Ran, said: str) -> None:
    told = [text for texts in compare(a, b, 1e-3).values() for text in texts]
    assert told
    assert re.search(said, told[0]), told


def test_a_run_that_stopped_differs() -> None:
    assert "took longer" in compare(ran(), Ran([], "cell 1 took longer than 3 s"), 1e-3)[1][0]


def test_printed_numbers_may_round_but_counts_may_not() -> None:
    assert same_text("loss 0.123, 5 steps at 0x7f12", "loss 0.124, 5 steps at 0x9a", 1e-3)
    assert not same_text("loss 0.123, 5 steps", "loss 0.123, 6 steps", 1e-3)
    assert not same_text("loss 0.123", "loss 0.153", 1e-3)

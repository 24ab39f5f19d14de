"""The extension in a real IPython shell (no kernel)."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from typing import Any

import janus_nb
import pytest
from IPython.core.error import UsageError
from IPython.testing.globalipapp import start_ipython
from janus_nb.notebook.hook import comment_magic

CELL = """%%janus --profile 1 --generate always --view none
for i in range(30):
    v.assign_add(tf.ones(3))
    seen.append(i)
"""


@pytest.fixture(scope="module")
def shell() -> Any:
    return start_ipython()


@pytest.fixture()
def ip(shell: Any) -> Iterator[Any]:
    shell.run_line_magic("load_ext", "janus_nb")
    shell.run_cell("import tensorflow as tf\nv = tf.Variable(tf.zeros(3))\nseen = []", store_history=True).raise_error()
    yield shell
    shell.run_line_magic("janus", "off")
    shell.run_line_magic("unload_ext", "janus_nb")


def test_cell_magic_converts(ip: Any) -> None:
    assert ip.run_cell(CELL, store_history=True).success
    assert janus_nb.explain().counts["graph"] > 0
    assert ip.user_ns["seen"] == list(range(30))
    assert float(ip.user_ns["v"][0]) == 30.0


def test_same_cell_again_needs_no_new_graph(ip: Any) -> None:
    ip.run_cell(CELL, store_history=True)
    ip.run_cell(CELL, store_history=True)
    assert janus_nb.explain().counts["graphs"] == 0
    assert janus_nb.explain().counts["graph"] == 29  # more than 16 have been committed: one is audited


def test_exception_has_the_users_line_and_fails_the_cell(ip: Any) -> None:
    result = ip.run_cell(
        "%%janus --profile 1 --generate always --view none\nfor i in range(30):\n    v.assign_add(tf.ones(3))\n    [0] * 20 and seen[i]\n",
        store_history=True,
    )
    assert isinstance(result.error_in_exec, IndexError)
    trace = result.error_in_exec.__traceback__
    lines = []
    while trace is not None:
        lines.append(trace.tb_lineno)
        trace = trace.tb_next
    assert lines[-1] == 4


def test_syntax_error_is_pythons(ip: Any) -> None:
    result = ip.run_cell("%%janus\nfor i in\n", store_history=True)
    assert isinstance(result.error_before_exec or result.error_in_exec, SyntaxError)


def test_unknown_option_is_named_and_nothing_runs(ip: Any, capsys: pytest.CaptureFixture[str]) -> None:
    result = ip.run_cell("%%janus --profil 3\nseen.append('ran')\n", store_history=True)
    assert isinstance(result.error_in_exec, UsageError)
    assert "profil" in str(result.error_in_exec) and "--profile" in str(result.error_in_exec)
    assert ip.user_ns["seen"] == []


@pytest.mark.parametrize("options", ["--steps -1", "--profile x", "--xla maybe", "--profile"])
def test_bad_values(ip: Any, options: str) -> None:
    result = ip.run_cell(f"%%janus {options}\nseen.append('ran')\n", store_history=True)
    assert isinstance(result.error_in_exec, UsageError)
    assert "expected" in str(result.error_in_exec)
    assert ip.user_ns["seen"] == []


def test_on_and_off(ip: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ip.run_line_magic("janus", "on --profile 1 --generate always --view none")
    ip.run_cell(CELL.partition("\n")[2], store_history=True)
    assert janus_nb.explain().counts["graph"] > 0
    ip.run_line_magic("janus", "off")
    before = janus_nb.explain()
    ip.run_cell("for i in range(30):\n    v.assign_add(tf.ones(3))\n", store_history=True)
    assert janus_nb.explain() is before
    ip.run_line_magic("janus", "status")
    assert "graphs kept" in capsys.readouterr().out


def test_top_level_await(ip: Any) -> None:
    cell = "%%janus --profile 1 --generate always --view none\nimport asyncio\nfor i in range(20):\n    v.assign_add(tf.ones(3))\nawait asyncio.sleep(0)\nseen.append('awaited')\n"
    assert ip.run_cell(cell, store_history=True).success
    assert ip.user_ns["seen"] == ["awaited"]
    assert float(ip.user_ns["v"][0]) == 20.0


def test_getsource_of_a_function_from_a_janus_cell(ip: Any) -> None:
    import inspect

    ip.run_cell("%%janus\ndef f(a):\n    return a + 1\n", store_history=True)
    assert inspect.getsource(ip.user_ns["f"]) == "def f(a):\n    return a + 1\n"


def test_last_expression_is_the_cells_value(ip: Any) -> None:
    assert ip.run_cell("%%janus --view none\n1 + 1\n", store_history=True).result == 2


def test_interrupt_leaves_consistent_state(ip: Any) -> None:
    cell = "%%janus --profile 1 --generate always --view none\nfor i in range(100000):\n    v.assign_add(tf.ones(3))\n    seen.append(i)\n    if i == 300:\n        raise KeyboardInterrupt\n"
    result = ip.run_cell(cell, store_history=True)
    assert isinstance(result.error_in_exec, KeyboardInterrupt)
    assert len(ip.user_ns["seen"]) == 301 == int(ip.user_ns["v"][0])


def test_load_twice_unload_reload(shell: Any) -> None:
    before = len(shell.ast_transformers), len(shell.input_transformers_cleanup)
    for _ in range(2):
        shell.run_line_magic("load_ext", "janus_nb")
    shell.run_line_magic("reload_ext", "janus_nb")
    shell.run_line_magic("load_ext", "janus")
    assert len(shell.ast_transformers) == before[0] + 1
    shell.run_line_magic("unload_ext", "janus_nb")
    assert (len(shell.ast_transformers), len(shell.input_transformers_cleanup)) == before
    assert "janus" not in shell.magics_manager.magics["cell"]


def test_completion_of_flags(ip: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        _, matches = ip.complete("--prof", "%%janus --prof", 14)
    assert "--profile" in matches


def test_transformer_is_pure() -> None:
    lines = ["%%janus --steps 4\n", "x = 1\n"]
    once = comment_magic(lines)
    assert lines[0] == "%%janus --steps 4\n"
    assert comment_magic(once) == once
    assert len(once) == len(lines)
    ast.parse("".join(once))


# -- the cell is the user's program -----------------------------------------------------------------------------------------


@pytest.fixture()
def on(ip: Any) -> Iterator[Any]:
    """Every cell runs under JANUS."""
    ip.run_line_magic("janus", "on --profile 1 --generate always --view none")
    yield ip
    ip.run_line_magic("janus", "off")


def ran(shell: Any, text: str) -> Any:
    result = shell.run_cell(text, store_history=True)
    result.raise_error()
    return result.result


def test_no_name_of_ours_is_seen(on: Any) -> None:
    import builtins

    before = {*vars(builtins)}
    ran(on, "__janus__ = 3\nfor i in range(30):\n    v.assign_add(tf.ones(3))\n    __janus__ += 1\nmine = sorted(globals())")
    assert on.user_ns["__janus__"] == 33 and not [n for n in on.user_ns["mine"] if "janus" in n and n != "__janus__"]
    assert {*vars(builtins)} == before
    del on.user_ns["__janus__"]


def test_future_statements_hold_for_later_cells(on: Any) -> None:
    define = "def f(a: int): pass\nfor i in range(3):\n    def g(a: undefined_name = 1): pass\nseen.append((f.__annotations__, g.__annotations__))\n"
    assert ran(on, "def f(a: int): pass\nf.__annotations__") == {"a": int}
    try:
        ran(on, "from __future__ import annotations")
        ran(on, define)
        assert on.user_ns["seen"][-1] == ({"a": "int"}, {"a": "undefined_name"})
    finally:
        on.compile.reset_compiler_flags()


def test_a_cell_run_inside_a_cell(on: Any) -> None:
    ran(
        on,
        "for k in range(3):\n    v.assign_add(tf.ones(3))\n    get_ipython().run_cell('for i in range(20):\\n    v.assign_add(tf.ones(3))\\n    seen.append(i)')\n"
        "for k in range(20):\n    v.assign_add(tf.ones(3))\nlen(seen)",
    )
    assert float(on.user_ns["v"][0]) == 3 + 60 + 20 and on.user_ns["seen"] == list(range(20)) * 3


def test_magics_that_compile_by_themselves(on: Any, capsys: pytest.CaptureFixture[str]) -> None:
    ran(on, "def f(n):\n    for i in range(n):\n        v.assign_add(tf.ones(3))\n    return n")
    ran(on, "%time seen.append(f(20))\n%timeit -n1 -r1 f(10)\nseen.append(f(5))")
    ran(on, "%%time\nfor i in range(10):\n    v.assign_add(tf.ones(3))")
    assert on.user_ns["seen"] == [20, 5] and float(on.user_ns["v"][0]) == 45


def test_a_function_edited_on_disk_and_reloaded(on: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `%autoreload` does it: the functions stay the same objects and get other code."""
    import importlib

    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "edited_module.py"
    module.write_text("def f(x, k=1):\n    for j in range(2):\n        x = x + k\n    return x\n")
    ran(on, "%load_ext autoreload\n%autoreload 2\nimport edited_module")
    loop = "for i in range(20):\n    v.assign_add(edited_module.f(tf.ones(3)))\n"
    ran(on, loop)
    assert float(on.user_ns["v"][0]) == 60
    module.write_text("# edited\ndef f(x, k=10):\n    for j in range(3):\n        x = x + k\n    return x\n")
    importlib.invalidate_caches()
    ran(on, loop.replace("20", "21"))
    assert float(on.user_ns["v"][0]) == 60 + 21 * 31
    ran(on, "%autoreload 0")
    module.write_text("def f(x, k=10):\n    return x - 1000.0\n")  # edited, and not loaded again: what was loaded runs
    ran(on, loop.replace("20", "22"))
    assert float(on.user_ns["v"][0]) == 60 + (21 + 22) * 31


def test_a_traced_cell_runs_in_python_and_says_so(on: Any) -> None:
    ran(
        on,
        "import sys\nlines = []\ndef trace(frame, event, arg):\n    if event == 'line' and frame.f_code.co_name == 'traced':\n        lines.append(frame.f_lineno)\n    return trace\n"
        "def traced():\n    for i in range(30):\n        v.assign_add(tf.ones(3))\n",
    )
    ran(on, "sys.settrace(trace)\ntry:\n    for k in range(2):\n        traced()\nfinally:\n    sys.settrace(None)\n")
    assert on.user_ns["lines"].count(9) == 60
    report = janus_nb.explain()
    assert report.counts["graph"] == 0 and "JN410" in report.to_text()


def test_cells_without_loops_start_at_once(on: Any) -> None:
    """Most of a cell's start must not be ours: nothing is imported, looked up or compiled twice. Counted in calls, not in time."""
    import cProfile
    import pstats

    ran(on, "x = 1")
    profile = cProfile.Profile()
    profile.enable()
    ran(on, "x = 2")
    profile.disable()
    ours = sum(calls for (file, _, _), (_, calls, *_) in pstats.Stats(profile).stats.items() if "janus_nb" in file)  # type: ignore[attr-defined]
    assert ours < 200

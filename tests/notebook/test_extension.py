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
    assert janus_nb.explain().counts["graph"] == 30


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

"""Loops and branches of the graph against plain Python, on the fake library and without verification: what is lowered must be right by itself.

A family is a table: what a round changes x the loop's head x the numbers of rounds, one after the other. Each program is run by Python and
by the engine, and must leave the same values of the same types.
"""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from janus_nb.runtime.store import Store

from tests.unit.fake import Tensor, Variable, join
from tests.unit.test_engine import every_iteration_is_worth_it, run  # noqa: F401

ROUNDS = {
    "changing": [3, 1, 0, 2, 7, 3, 0, 1, 5, 2],
    "none, then many": [0, 0, 0, 4, 9, 0, 1],
    "one, then others": [1, 1, 1, 2, 5, 0, 1],
    "growing": [1, 2, 3, 4, 5, 6, 7, 8],
}

HEADS = {
    "for": "for i in range(n):\n    {body}\n",
    "while": "i = 0\nwhile i < n:\n    {body}\n    i += 1\n",
    "walrus": "i = -1\nwhile (i := i + 1) < n:\n    {body}\n",
    "variable": "w.set(0.0)\ni = 0\nwhile float(w.value()) < n:\n    {body}\n    w.add(1.0)\n    i += 1\n",
    "float": "i = 0\nleft = float(n)\nwhile left > 0.5:\n    {body}\n    left = left - 1.0\n    i += 1\n",
    "both": "i = 0\nwhile i < n and i < 6:\n    {body}\n    i += 1\n",
    "else": "for i in range(n):\n    {body}\nelse:\n    log.append('else')\n",
    "in a function": "def go(n, {names}):\n    for i in range(n):\n        {body}\n    return {names}\n{names} = go(n, {names})\n",
}

STATES: dict[str, tuple[str, str]] = {
    "fibonacci": ("a, b = 0, 1", "a, b = b, a + b"),
    "swap": ("a, b = 1, 2", "a, b = b, a"),
    "rotate": ("a, b, c = 0, 0, 1", "a, b, c = b, c, a"),
    "delay": ("a, b, c, d = 0, 0, 0, 1", "a = b; b = c; c = d"),
    "delay the other way": ("a, b, c = 0, 0, 5", "b = a; a = c"),
    "sum": ("a = 0.0", "a = a + float(data[i])"),
    "tensor": ("a = data[0]", "a = a * 0.5 + data[i]"),
    "tensor alias": ("a, b = data[1], data[2]", "a, b = b, a + b"),
    "flag": ("a = False", "if i == 2: a = True"),
    "flag by tensor": ("a = False", "if data[i] > 2.5: a = True"),
    "flag from none": ("a, b = 0, 0", "b = b if i < 2 else i; a = a + b"),
    "int becomes float": ("a = 1", "a = a / 2"),
    "int becomes float late": ("a, b = 1, 1.5", "a = a if i < 3 else b"),
    "int becomes tensor": ("a = 0", "a = a + data[i]"),
    "bool becomes int": ("a = False", "a = a + 1"),
    "none becomes tensor": ("a = None", "a = data[i]"),
    "text": ("a = 'x'", "a = 'y'"),
    "text grows": ("a = 'x'", "a = a + 'y'"),
    "list made anew": ("a = [data[0], data[1]]", "a = [a[1], a[0] + 1.0]"),
    "list alias": ("a = [1, 2]; b = a", "a = [a[1], a[0] + 1]"),
    "list changed": ("a = [1, 2]", "a[0] = a[0] + 1"),
    "list grows": ("a = [1]", "a.append(i)"),
    "list grows anew": ("a = [1]", "a = a + [i]"),
    "tuple": ("a = (1, 2.0)", "a = (a[0] + 1, a[1] * 0.5)"),
    "tuple grows": ("a = ()", "a = (*a, i)"),
    "dict": ("a = {'x': 1}", "a = {'x': a['x'] * 2}"),
    "dict changed": ("a = {'x': 1}", "a['x'] = a['x'] * 2"),
    "attribute": ("o.n = 0; a = 0", "o.n += 2; a = o.n"),
    "attributes swapped": ("o.n, o.m = 0, 1; a = 0", "o.n, o.m = o.m, o.n + o.m; a = o.n"),
    "attribute of another name": ("p = o; o.n = 0; a = 0", "p.n = o.n + 1; a = o.n"),
    "object": ("o.n = 1; a = o.n", "o = o; a = a + o.n"),
    "user list": ("a = kept[0]", "kept[0] = kept[0] + 1; a = kept[0]"),
    "local name": ("a = 0", "t = i * 2; a = a + t"),
    "local name of the round before": ("a = 0", "if i > 0: a = a + t\n    t = i"),
    "continue": ("a = 0", "if i == 1: continue_ = True\n    else: a = a + i"),
    "break": ("a = 0", "if a > 5: a = -1\n    a = a + i"),
    "nested": ("a = 0", "for j in range(i): a = a + j * i"),
    "nested swap": ("a, b = 0, 1", "for j in range(2): a, b = b, a + b"),
    "nested of its own": ("a, b, c = 0, 0, 1", "j = 0\n    while j < i:\n        a, b = b, c\n        c = c + 1\n        j += 1"),
    "variable written": ("w.set(1.0); a = 0.0", "w.add(1.0); a = float(w.value())"),
    "variable under a test": ("w.set(1.0); a = 0.0", "if data[i] > 1.5: w.add(1.0)\n    a = float(w.value())"),
    "division": ("a = 10", "a = a // (i - 2)"),
    "big numbers": ("a = 3", "a = a * a"),
    "conjunction": ("a, b = 0, 0", "a = b and i; b = i"),
    "identity": ("a, b = None, False", "b = a is None; a = i"),
    "closure": ("def f():\n    global a\n    a = a + 1\na = 0", "f()"),
    "counter": (
        "def make():\n    k = 0\n    def up():\n        nonlocal k\n        k += 1\n        return k\n    return up\nup = make(); a = 0",
        "a = up()",
    ),
    "starred": ("a, b = 0, [1, 2]", "a, *b = (b[0], i, i + 1)"),
    "modulo": ("a = 7", "a = (a * 5 + i) % 11"),
    "shape": ("a = data[:2]", "a = join(a, data[:1])"),
}

NOT_IN_A_FUNCTION = {"attribute of another name", "closure", "counter", "object"}


class Thing:
    """An object of a user's class."""

    n = 0
    m = 0


class Settable(Variable):
    """A variable of the fake library that can be set."""

    __module__ = "fakelib"

    def set(self, value: float) -> None:
        self.add(Tensor(np.float32(value)) - self.value())


def cell_of(state: str, head: str, rounds: list[int]) -> str:
    start, body = STATES[state]
    names = [n for n in "abcd" if _binds(start, n)]
    inner = HEADS[head].format(body=body.replace("\n", "\n    " if head == "in a function" else "\n"), names=", ".join(names))
    lines = [
        *start.splitlines(),
        *inner.splitlines(),
        f"log.append(({', '.join(names)},))",
        "log.append(i if n else None)" if head == "while" else "pass",
    ]
    if state == "list alias":
        lines.append("log.append(a is b)")
    if state.startswith("attribute"):
        lines.append("log.append((o.n, o.m))")
    if state == "user list":
        lines.append("log.append(list(kept))")
    indented = "\n".join("    " + line for line in lines)
    return f"for k in range({len(rounds)}):\n    n = ns[k]\n    v.add(1.0)\n{indented}\n"


def _binds(text: str, name: str) -> bool:
    import ast

    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in ast.walk(ast.parse(text)))


def space(rounds: list[int]) -> dict[str, Any]:
    return {
        "v": Variable([0.0]), "w": Settable(0.0), "log": [], "data": Tensor(np.arange(1, 60, dtype="float32") * 0.75), "ns": list(rounds),
        "o": Thing(), "kept": [0], "join": join, "__name__": "__main__", "__builtins__": vars(builtins),
    }  # fmt: skip


def plain(value: Any) -> Any:
    """A value with its type, for comparison."""
    if isinstance(value, list | tuple):
        return type(value).__name__, [plain(v) for v in value]
    if isinstance(value, dict):
        return "dict", {k: plain(v) for k, v in value.items()}
    if isinstance(value, Tensor):
        return "tensor", value.example.dtype.name, value.example.tolist()
    return type(value).__name__, value if isinstance(value, int | float | str | bool | type(None)) else None


def left_by(names: dict[str, Any]) -> dict[str, Any]:
    kept = {k: plain(v) for k, v in names.items() if not k.startswith("__") and k not in ("v", "w", "o")}
    return {**kept, "v": names["v"].data.tolist(), "w": names["w"].data.tolist(), "o": sorted(vars(names["o"]).items())}


def outcome(execute: Callable[[], Any]) -> str:
    try:
        execute()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def agree(cell: str, rounds: list[int], runs: int = 2, **options: Any) -> int:
    """Run a cell some times by Python and by the engine; returns the number of iterations that ran in a graph."""
    mine, theirs, store, graphs = space(rounds), space(rounds), Store(), 0
    for again in range(runs):
        expected = outcome(lambda: exec(compile(cell, "<plain>", "exec"), theirs))
        views: list[Any] = []
        found = outcome(lambda: views.append(run(cell, mine, store=store, verify="off", **options)[0]))
        assert found == expected, f"{cell}\nrun {again}"
        assert left_by(mine) == left_by(theirs), f"{cell}\nrun {again}"
        graphs += sum(view.counts["graph"] for view in views)
        for names in (mine, theirs):
            names["ns"][:] = names["ns"][::-1]
    return graphs


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("state", STATES)
def test_a_loop_leaves_what_python_leaves(state: str, head: str) -> None:
    if head == "in a function" and state in NOT_IN_A_FUNCTION:
        pytest.skip("the names are not local")
    for rounds in ROUNDS.values():
        agree(cell_of(state, head, rounds), rounds)
    agree(cell_of(state, head, [2, 3, 4]), [2, 3, 4], unroll=False)


CONVERTED = ["fibonacci", "swap", "rotate", "delay", "sum", "tensor", "tensor alias", "tuple", "local name", "modulo", "nested swap"]


@pytest.mark.parametrize(("state", "head"), list(itertools.product(CONVERTED, ["for", "while", "walrus"])))
def test_loops_that_can_run_in_the_graph_do(state: str, head: str) -> None:
    rounds = ROUNDS["changing"]
    assert agree(cell_of(state, head, rounds), rounds) > 0

"""The instrumented copy behaves as the original when nothing is converted."""

from __future__ import annotations

import ast
import contextlib
import io
from typing import Any

import pytest
from janus_nb.config import Options
from janus_nb.events import EventBus
from janus_nb.profile.bind import bind
from janus_nb.profile.instrument import Sites, instrument_code, instrument_module
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.session import Session
from janus_nb.runtime.store import Store
from janus_nb.source.units import add_unit

from tests.unit.fake import FakeBackend

CELLS = {
    "for_else": "for i in range(20):\n    out.append(i)\nelse:\n    out.append('else')\n",
    "break_skips_else": "for i in range(20):\n    if i == 11:\n        break\n    out.append(i)\nelse:\n    out.append('else')\n",
    "continue": "for i in range(20):\n    if i % 2:\n        continue\n    out.append(i)\n",
    "while_else": "n = 0\nwhile n < 20:\n    n += 1\n    out.append(n)\nelse:\n    out.append('else')\n",
    "while_break": "n = 0\nwhile True:\n    n += 1\n    if n == 13:\n        break\nout.append(n)\n",
    "while_condition_runs_once_a_round": "n = 0\ndef more():\n    out.append('?')\n    return n < 12\nwhile more():\n    n += 1\n",
    "nested": "for i in range(9):\n    for j in range(i):\n        while j > 3:\n            j -= 1\n        out.append((i, j))\n    else:\n        out.append(i)\n",
    "short_circuit": "def f(x):\n    out.append(x)\n    return x\nfor i in range(12):\n    f(0) and f(1) or f(2)\n    a = f(3) if f(i) else f(4)\n",
    "comprehension": "for i in range(12):\n    out.append([j for j in range(5) if j % 2 if j > i % 3])\n",
    "generator_function": "def g(n):\n    for i in range(n):\n        yield i\nfor v in g(12):\n    out.append(v)\n",
    "methods": "class A:\n    def __init__(self):\n        self.__x = 1\n    def f(self, k):\n        for i in range(k):\n            self.__x += i\n        return self.__x\na = A()\nfor i in range(12):\n    out.append(a.f(i))\n",
    "closures": "def make():\n    n = 0\n    def bump(by=1, *, more=0):\n        nonlocal n\n        n += by + more\n        return n\n    return bump\nbump = make()\nfor i in range(12):\n    out.append(bump(i, more=1))\n",
    "super": "class A:\n    def f(self):\n        return 1\nclass B(A):\n    def f(self):\n        return super().f() + 1\nb = B()\nfor i in range(12):\n    out.append(b.f())\n",
    "recursion": "def fact(n):\n    for k in range(1):\n        if n <= 1:\n            return 1\n    return n * fact(n - 1)\nfor i in range(9):\n    out.append(fact(i))\n",
    "mutated_while_iterated": "xs = list(range(12))\nfor x in xs:\n    if x < 5:\n        xs.append(x + 100)\n    out.append(x)\n",
    "exception": "for i in range(12):\n    out.append(10 // (9 - i))\n",
    "return_in_loop": "def f():\n    for i in range(20):\n        if i == 7:\n            return i\nout.append(f())\n",
    "finally": "def f():\n    for i in range(20):\n        try:\n            if i == 9:\n                return i\n        finally:\n            out.append(i)\nout.append(f())\n",
}


def run(code: Any, session: Session | None) -> tuple[list[Any], str | None]:
    names: dict[str, Any] = {"out": [], "__name__": "__main__"}
    error = None
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            exec(bind(code, session) if session is not None else code, names)
    except Exception as raised:
        trace = raised.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        error = f"{raised!r} at line {trace.tb_lineno if trace else 0}"
    return names["out"], error


@pytest.mark.parametrize("name", CELLS)
def test_same_as_the_original(name: str) -> None:
    unit = add_unit(f"<janus-cell instrument {name}>", name, CELLS[name])
    store = Store()
    engine = Engine(FakeBackend(), Options(), EventBus(), store.recorder)
    copy = compile(instrument_module(unit, unit.tree, store.sites), unit.file, "exec")
    assert run(copy, Session(engine, store)) == run(compile(CELLS[name], unit.file, "exec"), None)


def test_line_numbers_stay() -> None:
    text = "for i in range(3):\n    x = i\n    y = x\n"
    unit = add_unit("<janus-cell lines>", "lines", text)
    made = instrument_module(unit, unit.tree, Sites())
    assert {n.lineno for n in ast.walk(made) if isinstance(n, ast.stmt)} == {1, 2, 3}


def test_generators_and_private_names_are_not_copied() -> None:
    def generator() -> Any:
        yield 1

    assert instrument_code(generator, Sites(), True) is None


def test_clones_are_whole_and_leave_others_attributes_alone() -> None:
    """Libraries mark nodes, and contexts such as `Load` are one object for all nodes of a process."""
    from janus_nb.source.clone import clone

    tree = ast.parse(
        "@f\ndef g(a, *, b: int = 1, **k):\n    for x in a[1:2]:\n        y = x + (z := 2)\n    match y:\n        case {'k': [1, *_]}:\n            return lambda: f'{y!r:>{b}}'\n"
    )
    load = next(n.ctx for n in ast.walk(tree) if isinstance(n, ast.Name))
    load.parent = tree  # type: ignore[attr-defined]
    try:
        made = clone(tree)
    finally:
        del load.parent
    assert ast.dump(made, include_attributes=True) == ast.dump(tree, include_attributes=True)
    mine = {id(n) for n in ast.walk(made) if n._fields}
    assert not mine & {id(n) for n in ast.walk(tree)}

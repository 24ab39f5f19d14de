"""Threads, recursion and event loops: whatever runs at the same time, the result is Python's. Fake library; every program many times."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import janus_nb
import numpy as np
import pytest
from janus_nb.config import Options
from janus_nb.events import EventBus
from janus_nb.profile.bind import bind
from janus_nb.profile.instrument import instrument_module
from janus_nb.runtime.bystanders import bystander, in_company
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.session import Session
from janus_nb.runtime.store import Store
from janus_nb.source.units import Unit, add_unit

from tests.unit.fake import FakeBackend, Tensor, Variable
from tests.unit.test_engine import every_iteration_is_worth_it  # noqa: F401 - a fixture for all tests here

TIMES = 100


@pytest.fixture(autouse=True)
def fake_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decorated functions and cells take the fake library too."""
    backend = FakeBackend()
    monkeypatch.setattr("janus_nb.tf.waiting.present_backend", lambda: backend)


def unit_of(text: str) -> Unit:
    return add_unit(f"<janus-cell threads {abs(hash(text))}>", "threads", text)


def run(text: str, names: dict[str, Any], store: Store) -> Session:
    """Run a cell under the fake library, in this thread, with a session of its own."""
    unit = unit_of(text)
    session = Session(Engine(FakeBackend(), Options.make(profile=1, generate="always"), EventBus(), store.recorder), store)
    code = compile(instrument_module(unit, unit.tree, store.sites), unit.file, "exec", dont_inherit=True)
    if code.co_flags & inspect.CO_COROUTINE:
        raise AssertionError("a cell with `await` runs by `run_async`")
    exec(bind(code, session), names)
    return session


def space(**extra: Any) -> dict[str, Any]:
    return {"v": Variable([0.0, 0.0]), "log": [], "data": Tensor(np.arange(200, dtype="float32")), "__name__": "__main__", **extra}


CELL = "for k in range(60):\n    v.add(data[k])\n    log.append(k)\n    if k % 8 == 0:\n        pause()\n"
COUNT = "for k in range(60):\n    pause()\n    log.append(k)\n"
FUNCTION = "def total(n):\n    s = 0\n    i = 0\n    while i < n:\n        for j in range(3):\n            s += j\n        i += 1\n    return s\n"


def together(*tasks: Any) -> None:
    """Run all tasks at the same time; an exception in one is this thread's."""
    start = threading.Barrier(len(tasks))
    errors: list[BaseException] = []

    def begin(task: Any) -> None:
        try:
            start.wait()
            task()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=begin, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def pause() -> None:
    time.sleep(0)


@pytest.fixture()
def hasty() -> Any:
    """Threads take turns as often as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def right(names: dict[str, Any]) -> None:
    assert names["log"] == list(range(60))
    if "v.add" in names.get("text", CELL):
        assert names["v"].data[0] == sum(range(60))


def test_two_cells_in_two_threads(hasty: Any) -> None:
    for _ in range(TIMES):
        store = Store()
        spaces = [space(pause=pause) for _ in range(2)]
        together(*(lambda s=s: run(CELL, s, store) for s in spaces))
        for names in spaces:
            right(names)
        assert not store.claims._held


def test_a_cell_beside_a_decorated_function(hasty: Any) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(FUNCTION, unit_of(FUNCTION).file, "exec"), names)
    for _ in range(TIMES):
        total = janus_nb.function(names["total"], profile=1)
        results: list[int] = []
        mine = space(pause=pause)
        together(lambda: run(COUNT, mine, Store()), lambda: results.extend(total(k) for k in range(20)))
        assert mine["log"] == list(range(60))
        assert results == [3 * k for k in range(20)]


def test_a_decorated_function_in_a_pool(hasty: Any) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(FUNCTION, unit_of(FUNCTION).file, "exec"), names)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(TIMES):
            total = janus_nb.function(names["total"], profile=1)
            assert list(pool.map(total, range(24))) == [3 * k for k in range(24)]


def test_effects_of_a_decorated_function_in_threads_happen_once(hasty: Any) -> None:
    text = "def step(log, k):\n    for j in range(2):\n        log.append((k, j))\n    return len(log) and k\n"
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, unit_of(text).file, "exec"), names)
    for _ in range(TIMES):
        step, log = janus_nb.function(names["step"], profile=1), []
        together(*(lambda t=t: [step(log, (t, k)) for k in range(10)] for t in range(3)))
        assert sorted(log) == [((t, k), j) for t in range(3) for k in range(10) for j in range(2)]


def test_a_recursive_decorated_function() -> None:
    text = "def walk(n):\n    s = n\n    for k in range(n):\n        s += walk(n - 1) if k < 2 else 0\n    while s > 1000:\n        s -= 1000\n    return s\n"
    names: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, unit_of(text).file, "exec"), names)
    expected = [names["walk"](n) for n in range(8)]
    for _ in range(TIMES // 10):
        names2 = dict(names)
        exec(compile(text, unit_of(text).file, "exec"), names2)
        names2["walk"] = janus_nb.function(names2["walk"], profile=1)
        assert [names2["walk"](n) for n in range(8)] == expected


def test_a_decorated_function_called_in_a_cell() -> None:
    names = space(pause=pause)
    exec(compile(FUNCTION, unit_of(FUNCTION).file, "exec"), names)
    for _ in range(TIMES // 4):
        names["log"], names["f"] = [], janus_nb.function(names["total"], profile=1)
        run("for k in range(40):\n    log.append(f(k))\n    v.add(data[k])\n", names, Store())
        assert names["log"] == [3 * k for k in range(40)]


def test_an_exception_in_a_decorated_function_lets_it_go() -> None:
    def fails(k: int) -> int:
        for j in range(k):
            if j == 3:
                raise KeyError(k)
        return k

    wrapped = janus_nb.function(fails, profile=1)
    for _ in range(TIMES):
        with pytest.raises(KeyError):
            wrapped(9)
        assert wrapped(2) == 2


def test_a_background_thread_that_changes_what_the_loop_reads(hasty: Any) -> None:
    """The loop runs in Python as long as the thread runs, and sees each change as eager does: at the next statement."""
    names = space(pause=pause)
    for _ in range(TIMES):
        names["box"], names["log"] = {"stop": False, "n": 0}, []
        box = names["box"]
        running = threading.Event()

        def change(box: dict[str, Any] = box, running: threading.Event = running) -> None:
            running.set()
            while not box["stop"]:
                box["n"] += 1
                time.sleep(0)

        thread = threading.Thread(target=change)
        thread.start()
        running.wait()
        session = run("for k in range(60):\n    v.add(data[k])\n    log.append(k)\n    if k == 59:\n        box['stop'] = True\n", names, Store())
        thread.join()
        assert names["log"] == list(range(60))
        codes = {getattr(event, "code", None) for event in session.engine.bus.events}
        assert "JN411" in codes


def test_a_waiting_cell_is_ended_by_another_thread(hasty: Any) -> None:
    """`while not done` would never end in a graph, or if `done` were read ahead."""
    for _ in range(TIMES // 4):
        names = space(done=[])
        timer = threading.Timer(0.01, names["done"].append, (1,))
        timer.start()
        run("n = 0\nwhile not done:\n    v.add(1.0)\n    n += 1\n", names, Store())
        assert names["v"].data[0] == names["n"]


def test_idle_pools_do_not_count() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(abs, [-1, 2])) == [1, 2]
        for _ in range(200):  # a worker may still be on its way back to its queue
            if not in_company():
                break
            time.sleep(0.001)
        assert not in_company()
        store, names = Store(), space()
        session = run(CELL.replace("    if k % 8 == 0:\n        pause()\n", ""), names, store)
        assert any(type(event).__name__ == "GraphRan" for event in session.engine.bus.events)
        right(names)


def test_a_generator_expression_consumed_in_another_thread() -> None:
    text = "def f(x):\n    n = 0\n    for k in range(x):\n        n += k\n    return n\nfor i in range(3):\n    v.add(1.0)\n    kept = (f(x) for x in range(30))\n"
    for _ in range(TIMES):
        names, results = space(), []
        run(text, names, Store())
        together(lambda: results.extend(names["kept"]))
        assert results == [sum(range(x)) for x in range(30)]


# -- event loops ---------------------------------------------------------------------------------------------------------


async def run_async(text: str, names: dict[str, Any], store: Store) -> Session:
    import ast

    unit = unit_of(text)
    session = Session(Engine(FakeBackend(), Options.make(profile=1, generate="always"), EventBus(), store.recorder), store)
    made = instrument_module(unit, unit.tree, store.sites)
    code = compile(made, unit.file, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    await eval(bind(code, session), names)
    return session


AWAITS = {
    "for": "import asyncio\nfor k in range(60):\n    v.add(data[k])\n    log.append(k)\n    await asyncio.sleep(0)\n",
    "plain for": "import asyncio\nfor k in range(60):\n    log.append(k)\n    await asyncio.sleep(0)\n",
    "while": "import asyncio\nk = 0\nwhile k < 60:\n    log.append(k)\n    v.add(data[k])\n    k += 1\n    await asyncio.sleep(0)\n",
    "nested": "import asyncio\nk = 0\nwhile k < 60:\n    for j in range(6):\n        log.append(k)\n        k += 1\n        if k % 2:\n            await asyncio.sleep(0)\n",
    "sometimes": "import asyncio\nfor k in range(60):\n    v.add(data[k])\n    log.append(k)\n    if k % 10 == 9:\n        await asyncio.sleep(0)\n",
    "async for": "async def numbers():\n    for k in range(60):\n        yield k\nasync for k in numbers():\n    for j in range(2):\n        v.add(data[j])\n    log.append(k)\n",
}


@pytest.mark.parametrize("name", AWAITS)
def test_tasks_with_await_in_the_hot_loop(name: str) -> None:
    async def several(store: Store, spaces: list[dict[str, Any]]) -> list[Session]:
        return list(await asyncio.gather(*(run_async(AWAITS[name], s, store) for s in spaces)))

    for _ in range(1 + TIMES // 3):
        store, spaces = Store(), [space() for _ in range(3)]
        sessions = asyncio.run(several(store, spaces))
        for names in spaces:
            assert names["log"] == list(range(60))
            if "v.add(data[k])" in AWAITS[name]:
                assert names["v"].data[0] == sum(range(60))
        assert all(not s.loops and not s.drivers for s in sessions) and not store.claims._held


def test_a_cancelled_task_leaves_nothing_behind() -> None:
    async def cancelled(store: Store, names: dict[str, Any]) -> None:
        task = asyncio.ensure_future(run_async(AWAITS["for"], names, store))
        for _ in range(7):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    for _ in range(TIMES // 2):
        store, names = Store(), space()
        asyncio.run(cancelled(store, names))
        n = len(names["log"])
        assert names["log"] == list(range(n)) and names["v"].data[0] == sum(range(n)) and 0 < n < 60
        assert not store.claims._held


def test_a_coroutine_that_is_never_finished_is_forgotten() -> None:
    import ast

    store, names = Store(), space()
    unit = unit_of(AWAITS["for"])
    session = Session(Engine(FakeBackend(), Options.make(profile=1), EventBus(), store.recorder), store)
    made = instrument_module(unit, unit.tree, store.sites)
    code = compile(made, unit.file, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    coroutine = eval(bind(code, session), names)
    coroutine.send(None)
    assert session.loops
    del coroutine
    assert not session.loops and not store.claims._held


# -- who watches ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("watch", [sys.settrace, sys.setprofile], ids=["settrace", "setprofile"])
def test_debuggers_and_profilers_see_every_iteration(watch: Any) -> None:
    names, lines = space(), []
    text = CELL.replace("    if k % 8 == 0:\n        pause()\n", "")

    def trace(frame: Any, event: str, arg: Any) -> Any:
        if frame.f_code.co_filename == unit_of(text).file and event == "line":
            lines.append(frame.f_lineno)
        return trace

    before = sys.gettrace() if watch is sys.settrace else sys.getprofile()
    watch(trace)
    try:
        seen = bystander()
        session = run(text, names, Store())
    finally:
        watch(before)
    assert seen == "JN410"
    right(names)
    told = [event for event in session.engine.bus.events if getattr(event, "code", None) == "JN410"]
    assert len(told) == 1 and told[0].span is not None
    assert not any(type(event).__name__ in ("GraphRan", "Generated") for event in session.engine.bus.events)
    if watch is sys.settrace:
        assert lines.count(2) == lines.count(3) == 60 and set(lines) <= {1, 2, 3}

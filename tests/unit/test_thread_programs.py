"""Programs with threads of their own: the result is Python's, however the threads take turns. Ten times here, 100 times with `-m exhaustive`."""

from __future__ import annotations

import sys
import threading
from typing import Any

import janus_nb
import pytest
from janus_nb.function import run_cell, runtime
from janus_nb.runtime.store import Store

from tests.unit.fake import FakeBackend
from tests.unit.test_engine import every_iteration_is_worth_it, space  # noqa: F401 - a fixture for all tests here

STEP = "v.add(data[i])\n"
PROGRAMS = {
    "pool in the loop": """
from concurrent.futures import ThreadPoolExecutor
def square(k):
    total = 0
    for j in range(k):
        total += k
    return total
with ThreadPoolExecutor(3) as pool:
    for i in range(30):
        v.add(data[i])
        out.append(list(pool.map(square, range(i % 4))))
""",
    "queue": """
import queue, threading
q = queue.Queue(4)
def produce():
    for k in range(40):
        q.put(k)
    q.put(None)
t = threading.Thread(target=produce); t.start()
i = 0
while (x := q.get()) is not None:
    v.add(data[i])
    out.append(x)
    i += 1
t.join()
""",
    "joined in each iteration": """
import threading
box = {"n": 0}
def bump(k):
    box["n"] += k
for i in range(40):
    v.add(data[i])
    t = threading.Thread(target=bump, args=(i,)); t.start(); t.join()
    out.append(box["n"])
""",
    "started in the middle": """
import threading
box = {"n": 0}
go, done = threading.Event(), threading.Event()
def change():
    go.wait()
    box["n"] = 100
    done.set()
for i in range(60):
    v.add(data[i])
    if i == 20:
        t = threading.Thread(target=change); t.start()
    if i == 40:
        go.set(); done.wait(); t.join()
    out.append(box["n"])
""",
    "a timer": """
import threading
fired = threading.Event()
box = []
def ring():
    box.append("rung")
    fired.set()
t = threading.Timer(0.002, ring); t.start()
for i in range(50):
    v.add(data[i])
    if i == 30:
        fired.wait(); t.join()
    out.append(len(box) if i >= 30 else 0)
""",
    "a lock": """
import threading
lock, box = threading.Lock(), {"n": 0}
def work():
    for k in range(50):
        with lock:
            box["n"] += 1
ts = [threading.Thread(target=work) for _ in range(3)]
[t.start() for t in ts]
for i in range(50):
    v.add(data[i])
    with lock:
        box["n"] += 1
[t.join() for t in ts]
out.append(box["n"])
""",
    "thread locals": """
import threading
here = threading.local()
here.n = 1
def other():
    here.n = 50
    for k in range(30):
        here.n += 1
for i in range(40):
    v.add(data[i])
    here.n += i
    if i == 10:
        t = threading.Thread(target=other); t.start()
t.join()
out.append(here.n)
""",
    "decorated functions in two threads": """
import threading
def make():
    def f(k):
        s = 0
        for j in range(6):
            s += j * k
        return s
    return f
f, g = janus(make()), janus(make())
a, b = [], []
t1 = threading.Thread(target=lambda: a.extend(f(k) for k in range(30)))
t2 = threading.Thread(target=lambda: b.extend(g(k) + f(k) for k in range(30)))
t1.start(); t2.start()
for i in range(40):
    v.add(data[i])
t1.join(); t2.join()
out.append((a, b))
""",
    "context variables": """
import contextvars, threading
var = contextvars.ContextVar("var", default=0)
seen = []
def show():
    for k in range(10):
        var.set(var.get() + 1)
    seen.append(var.get())
for i in range(40):
    v.add(data[i])
    var.set(i)
    if i % 10 == 0:
        t = threading.Thread(target=contextvars.copy_context().run, args=(show,)); t.start(); t.join()
out.append((seen, var.get()))
""",
    "to_thread": """
import asyncio
def work(k):
    s = 0
    while s < k:
        s += 1
    return s
async def main():
    got = []
    for i in range(30):
        v.add(data[i])
        got.append(sum(await asyncio.gather(*(asyncio.to_thread(work, k) for k in range(3)))))
    return got
out.append(asyncio.run(main()))
""",
    "a daemon that fills a list": """
import threading
stop, filled = threading.Event(), []
def fill():
    while not stop.is_set():
        filled.append(1)
        stop.wait(0.0005)
threading.Thread(target=fill, daemon=True).start()
last, grew = 0, True
for i in range(60):
    v.add(data[i])
    grew = grew and len(filled) >= last
    last = len(filled)
stop.set()
out.append(grew)
""",
    "as completed": """
from concurrent.futures import ThreadPoolExecutor, as_completed
def work(k):
    total = 0
    for j in range(20):
        total += j * k
    return total
with ThreadPoolExecutor(2) as pool:
    for i in range(12):
        v.add(data[i])
        out.append(sorted(f.result() for f in as_completed([pool.submit(work, k) for k in range(3)])))
""",
}


@pytest.fixture(autouse=True)
def fake_library(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = FakeBackend()
    monkeypatch.setattr("janus_nb.tf.waiting.present_backend", lambda: backend)


def outcome(text: str, run: Any, decorate: Any) -> tuple[Any, Any]:
    names = space(out=[], janus=decorate)
    run(text, names)
    return names["out"], names["v"].data.tolist()


def repeat(name: str, times: int) -> None:
    """Python once, JANUS many times, with threads that take turns as often as possible."""
    text = PROGRAMS[name]
    expected = outcome(text, lambda t, n: exec(compile(t, "<plain>", "exec"), n), lambda f: f)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(times):
            runtime.store = Store()
            found = outcome(text, lambda t, n: run_cell(t, n, profile=1, generate="always"), lambda f: janus_nb.function(f, profile=1))
            assert found == expected
    finally:
        sys.setswitchinterval(before)


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_with_threads(name: str) -> None:
    repeat(name, 10)


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_with_threads_often(name: str) -> None:
    repeat(name, 100)


def test_a_thread_that_starts_during_a_graph_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it changes is seen from the next iteration on: the call's iterations are given to Python, since nothing was committed."""
    from janus_nb.runtime import executor

    text = "box = {'n': 0}\nfor i in range(80):\n    v.add(data[i])\n    out.append(box['n'])\nend.set()\n"
    names = space(out=[], end=threading.Event())
    started: list[threading.Thread] = []
    call = executor.Executor.call
    body: dict[str, Any] = {}
    exec(compile("def change(box, end):\n    box['n'] = 7\n    end.wait()\n", "<cell of the thread>", "exec"), body)

    def slow(self: Any, version: Any, prepared: Any, steps: int) -> Any:
        result = call(self, version, prepared, steps)
        if version.verified and not started:
            thread = threading.Thread(target=body["change"], args=(names["box"], names["end"]), daemon=True)
            started.append(thread)
            thread.start()
            while names["box"]["n"] == 0:
                pass
        return result

    monkeypatch.setattr(executor.Executor, "call", slow)
    report = run_cell(text, names, profile=1, generate="always")
    started[0].join()
    assert 7 in names["out"] and names["out"] == sorted(names["out"])
    first = names["out"].index(7)
    events = report.events
    committed = sum(e.iterations for e in events if type(e).__name__ == "GraphRan")
    assert committed == 0 and first < 10, "iterations of the call during which the thread started were not committed"
    assert names["v"].data[0] == sum(range(80))

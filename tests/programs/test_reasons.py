"""Every reason code: a cell that triggers it, at a place in the source, with the result equal to eager's."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from janus_nb.reasons import REASONS
from janus_nb.runtime.executor import Executor

from tests.programs.harness import Program, differences, run
from tests.programs.library import STEP

TRAIN = "    loss = step(XT[i], YT[i])\n"
CELLS: dict[str, tuple[str, str]] = {
    "JN101": ("for i in range(20):\n    box.k = i\n" + TRAIN + "    del box.k\n", STEP + "class Box: pass\nbox = Box()\n"),
    "JN102": ("for i in range(20):\n" + TRAIN + "    q = int(loss) | 1\n    b.assign_add([0.01 * q, 0.0, 0.0])\n", STEP),
    "JN103": (
        "for i in range(20):\n" + TRAIN + "    n = run(i)\n",
        STEP + "import asyncio\nasync def aio(i):\n    return i\ndef run(i):\n    async def go():\n        return await aio(i)\n    c = go()\n"
        "    try:\n        c.send(None)\n    except StopIteration as e:\n        return e.value\n",
    ),
    "JN104": ("for i in range(20):\n" + TRAIN + "    held[0] = count()\n    held[0] = None\n", STEP + "held = [None]\ndef count():\n    yield 1\n"),
    "JN105": ("for i in range(20):\n" + TRAIN + "    class C:\n        k = 1\n    n = C.k\ndel C\n", STEP),
    "JN106": ("for i in range(20):\n" + TRAIN + "    n = hidden(i)\n", STEP + "exec(compile('def hidden(i): return i + 1', '<cell-hidden>', 'exec'))\n"),
    "JN107": ("for i in range(40):\n    parts = [XT[i] * 0.5]\n    if tf.reduce_sum(XT[i]) > 0:\n        parts.append(XT[i])\n    loss = step(tf.add_n(parts), YT[i])\ndel parts\n", STEP),
    "JN108": ("t = ()\nfor i in range(30):\n" + TRAIN + "    t = (*t, loss)\n", STEP),
    "JN109": ("for i in range(12):\n" + TRAIN + "    twice = [k * 2 for k in many]\n", STEP + "many = [0.001] * 2000\n"),
    "JN110": (
        "for i in range(20):\n    try:\n        n = undefined_name\n    except NameError:\n        n = 0\n" + TRAIN,
        STEP,
    ),
    "JN111": (
        "for i in range(40):\n    n = 0\n    for k in range(4):\n        if tf.reduce_sum(XT[i, k]) > 1.0:\n            break\n        n += 1\n" + TRAIN + "    log.append(n)\n",
        STEP,
    ),
    "JN201": ("for i in range(20):\n" + TRAIN + "    where = os.getcwd()\n", STEP + "import os\n"),
    "JN202": ("for i in range(30):\n    log.append(float(tf.reduce_sum(XT[i])))\n    b.assign_add(tf.ones(3) * np.mean(log) * 0.01)\n" + TRAIN, STEP),
    "JN203": ("for i in range(20):\n" + TRAIN + "    k = np.asarray(tf.nn.softmax(b)).tolist()\n    t = tf.constant(0.0) + decided(loss)\n", STEP + """
import sys, types, janus_nb
_l = sys.modules["janus_probe"] = types.ModuleType("janus_probe")
exec("def decided(t):\\n    return 1.0 if t > 0 else 0.0\\n", _l.__dict__)
decided = _l.decided; decided.__module__ = "janus_probe"
janus_nb.knows("janus_probe.decided", effect="traced")
"""),
    "JN204": ("for i in range(20):\n" + TRAIN + "    t = re.sub('a', shout, 'banana')\n", STEP + "import re\ndef shout(m): return 'A'\n"),
    "JN205": ("for i in range(20):\n" + TRAIN + "    rng.shuffle(order)\n", STEP + "order = list(range(5))\n"),
    "JN206": ("for i in range(20):\n    loss = step(XT[i], YT[i], rate=m.rate)\n", STEP + """
class M:
    def __getattribute__(self, name):
        return 0.1 if name == "rate" else object.__getattribute__(self, name)
m = M()
"""),
    "JN207": ("for i in range(20):\n    a = tf.map_fn(lambda r: seen.append(1) or tf.tanh(r), XT[i])\n" + TRAIN, STEP + "seen = []\n"),
    "JN208": (
        "for i in range(20):\n    with tf.GradientTape(persistent=True) as tape:\n        loss = xent(YT[i], tf.matmul(XT[i], w) + b)\n    n = os.getcwd()\n"
        "    g = tape.gradient(loss, [w, b])\n    w.assign_sub(0.1 * g[0])\ndel tape\n",
        "import os\n",
    ),
    "JN211": ("for i in range(20):\n" + TRAIN + "    c = keras.layers.ReLU()\ndel c\n", STEP),
    "JN209": (
        "for i in range(20):\n" + TRAIN + "    n = p == q\n",
        STEP + "@dataclasses.dataclass\nclass P:\n    x: int\np, q = P(1), P(1)\n",
    ),
    "JN210": ("for i in range(20):\n" + TRAIN + "    n = copy.copy(box).x\n", STEP + "import copy\nclass Box: x = 1\nbox = Box()\n"),
    "JN301": ("for i in range(20):\n" + TRAIN + "    table.insert(tf.constant([i]), tf.constant([1]))\nprint(int(table.size()))\n",
              STEP + "table = tf.lookup.experimental.MutableHashTable(tf.int32, tf.int32, -1)\n"),
    "JN302": ("for i in range(20):\n    a = tf.map_fn(lambda r: (b.assign_add([0.01, 0.0, 0.0]), tf.tanh(r))[1], XT[i])\n" + TRAIN, STEP),
    "JN303": ("kept = []\nfor i in range(20):\n    v = tf.Variable(tf.zeros(3))\n    v.assign_add(b)\n" + TRAIN + "del v\n", STEP),
    "JN406": ("for i in (k for k in range(30)):\n" + TRAIN, STEP),
    "JN407": ("for epoch in range(8):\n    for i in range(30):\n        loss = step(XT[i], YT[i])\n", STEP),
    "JN409": ("for i in range(20):\n" + TRAIN, STEP),
    "JN408": ("n = 0\nfor i in range(40):\n    n += sum(range(20000))\n", ""),
}  # fmt: skip


def events_of(cell: str, setup: str, **options: Any) -> list[Any]:
    """The events of a cell, after checking that nothing differs from eager."""
    program = Program("", cell, setup)
    janus = run(program, True, options)
    assert not differences(run(program, False, {}), janus)
    assert not [e for e in janus.report.events if type(e).__name__ in ("InternalError", "GraphRejected")], janus.report.to_text()
    return list(janus.report.events)


@pytest.mark.parametrize("code", CELLS)
def test_a_refusal_has_its_reason_and_place(code: str) -> None:
    ast.parse(CELLS[code][0])
    options = {"generate": "auto"} if code == "JN409" else {}
    told = [e for e in events_of(*CELLS[code], **options) if type(e).__name__ in ("Declined", "Retired")]
    mine = [e for e in told if e.code == code]
    assert mine, told
    assert all(e.span is not None and e.hint for e in mine)


class TestRunTime:
    """Codes of the run time, each brought about."""

    def test_jn401_and_jn405(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cell = "for i in range(20):\n" + TRAIN
        program = Program("", cell, STEP)
        eager = run(program, False, {})
        with monkeypatch.context() as patch:
            patch.setattr("janus_nb.runtime.attempt.settle", lambda *a: (1, "planted"))
            janus = run(program, True, {})
        assert [e.code for e in janus.report.events if type(e).__name__ == "Retired"] == ["JN401"]
        assert not differences(eager, janus)
        with monkeypatch.context() as patch:
            patch.setattr(Executor, "prepare", lambda *a: 1 / 0)
            janus = run(program, True, {})
        assert [e.code for e in janus.report.events if type(e).__name__ == "Retired"] == ["JN405"]
        assert not differences(eager, janus)

    def test_jn402(self) -> None:
        cell = "for i in range(200):\n    x = XT[i % 40] * 0.5\n    try:\n        n = 1 // (i % 3)\n    except ZeroDivisionError:\n        n = 0\n    b.assign_add(0.01 * tf.reduce_mean(x, 0)[:3] * n)\n"
        assert "JN402" in [e.code for e in events_of(cell, STEP) if type(e).__name__ == "Retired"]

    def test_jn403(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("janus_nb.runtime.region.Region.eager_median", property(lambda self: 1e-9))
        cell = "for k in range(3):\n    for i in range(40):\n        loss = step(XT[i], YT[i])\n"
        assert "JN403" in [e.code for e in events_of(cell, STEP) if type(e).__name__ == "Retired"]

    def test_jn404(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(self: Any, *args: Any) -> Any:
            raise RuntimeError("planted")

        monkeypatch.setattr("janus_nb.tf.loop.TensorFlowLoop.run", fails)
        retired = [e for e in events_of("for i in range(20):\n" + TRAIN, STEP) if type(e).__name__ == "Retired"]
        assert [e.code for e in retired] == ["JN404"] and "planted" in retired[0].detail

    def test_jn410(self) -> None:
        """A debugger, profiler or coverage tool watches: Python runs the loop, and it is said once."""
        setup = STEP + "import sys\ndef watch(frame, event, arg): return None\n"
        cell = "sys.setprofile(watch)\ntry:\n    for k in range(2):\n        for i in range(20):\n            loss = step(XT[i], YT[i])\nfinally:\n    sys.setprofile(None)\n"
        told = [e.code for e in events_of(cell, setup) if type(e).__name__ == "Declined"]
        assert told == ["JN410"]  # the outer loop: the inner one is not even asked

    def test_jn411(self) -> None:
        """A thread of the user's runs: Python runs the loop."""
        setup = STEP + "import threading\n"
        cell = (
            "stop = threading.Event()\ndef wait():\n    stop.wait()\nother = threading.Thread(target=wait)\nother.start()\n"
            "try:\n    for i in range(20):\n        loss = step(XT[i], YT[i])\nfinally:\n    stop.set()\n    other.join()\ndel stop, other, wait\n"
        )
        told = events_of(cell, setup)
        assert [e.code for e in told if type(e).__name__ == "Declined"] == ["JN411"]
        assert not [e for e in told if type(e).__name__ == "GraphRan"]


def test_every_code_is_tested_and_documented() -> None:
    tested = {*CELLS, "JN401", "JN402", "JN403", "JN404", "JN405", "JN410", "JN411"}
    assert tested == set(REASONS)
    text = (Path(__file__).parent.parent.parent / "docs" / "reasons.md").read_text()
    for code, reason in REASONS.items():
        assert f"## {code}: {reason.title}" in text
        assert reason.hint in text

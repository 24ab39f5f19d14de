"""A check of the tests themselves: each kind of guard or assertion is disabled in turn, and some program must then come out wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from janus_nb.cache import version
from janus_nb.cache.compiled import compile_guards
from janus_nb.lowering.core import lowering as interp
from janus_nb.lowering.core.programs import HostPrograms
from janus_nb.lowering.core.values import Phase
from janus_nb.speculate import guards

from tests.programs.harness import Program, differences, run
from tests.programs.library import STEP

LOOP = "    for i in range(20):\n        loss = step(XT[i], YT[i], rate=rate)\n"
# Programs in which what a kind of guard watches changes while nothing else tells.
WATCHED: dict[str, Program] = {
    "Equals": Program("A number changes.", "for epoch in range(3):\n    rate = 0.1 / (epoch + 1)\n" + LOOP, STEP),
    "IsObject": Program(
        "A name holds another function.",
        "for epoch in range(3):\n    f = fs[epoch]\n    for i in range(20):\n        b.assign_add(0.01 * f(XT[i, 0, :3]))\n",
        "fs = [lambda x: x, lambda x: -x, lambda x: x * 2.0]\n",
    ),
    "Shows": Program(
        "The defaults of a function change.",
        "for epoch in range(3):\n    f.__defaults__ = (epoch + 1.0,)\n    for i in range(20):\n        b.assign_add(0.01 * f(XT[i, 0, :3]))\n",
        "def f(x, k=1.0): return x * k\n",
    ),
    "IsType": Program(
        "A carried tensor becomes an array.",
        "for epoch in range(4):\n    x = [XT[0, 0], XT[1, 0], X[2, 0], X[3, 0]][epoch]\n    for i in range(20):\n        b.assign_add(0.01 * XT[i, 0, :3])\n"
        "        x = x * 0.5\n    ends.append(x)\n",
        "ends = []\n",
    ),
    "IsBound": Program(
        "A key appears.",
        "for epoch in range(3):\n    for i in range(20):\n        b.assign_add(0.01 * XT[i, 0, :3] * (2.0 if 'late' in table else 1.0))\n    table['late'] = 1\n",
        "table = {}\n",
    ),
    "graph checks": Program(
        "A branch turns.", "for i in range(40):\n    if tf.reduce_sum(XT[i]) > 3.0:\n        b.assign_add([1.0, 0.0, 0.0])\n    b.assign_add(0.01 * XT[i, 0, :3])\n"
    ),
    "pre checks": Program("A branch on the index turns.", "for i in range(40):\n    if i > 20:\n        b.assign_add([1.0, 0.0, 0.0])\n    b.assign_add(0.01 * XT[i, 0, :3])\n"),
    "post checks": Program(
        "A branch on a list turns.",
        "for i in range(40):\n    log.append(float(tf.reduce_sum(XT[i])))\n    if len(log) > 20:\n        seen.append(i)\n    b.assign_add(0.01 * XT[i, 0, :3])\n",
        "seen = []\n",
    ),
    "data checks": Program(
        "An integer outgrows 64 bits.",
        "n = 1\nfor i in range(40):\n    n = n * (3 + int(tf.reduce_sum(tf.cast(XT[i] > 0, tf.int32))) // 8)\n    b.assign_add(0.01 * XT[i, 0, :3])\nprint(n)\n",
    ),
    "library settings": Program(
        "A layer is frozen.",
        "for epoch in range(3):\n    model.layers[0].rate = [0.0, 0.5, 0.9][epoch]\n    for i in range(20):\n        loss = tf.reduce_sum(model(XT[i], training=True))\n        log.append(float(loss))\n",
        "model = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.0), keras.layers.Dense(3)])\n",
    ),
}  # fmt: skip


def _always(kind: Any) -> Callable[[pytest.MonkeyPatch], None]:
    def disable(patch: pytest.MonkeyPatch) -> None:
        matches = guards.matches
        patch.setattr(guards, "matches", lambda expect, value: isinstance(expect, kind) or matches(expect, value))
        patch.setattr(version, "compile_guards", lambda all_of_them: compile_guards([g for g in all_of_them if not isinstance(g.expect, kind)]))

    return disable


def _no_graph_checks(patch: pytest.MonkeyPatch) -> None:
    check = interp.Lowering.check
    patch.setattr(
        interp.Lowering,
        "check",
        lambda self, ok, assumption: None if type(assumption).__name__ == "BranchAssumption" else check(self, ok, assumption),
    )


def _no_data_checks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(interp.Lowering, "require", lambda self, ok, what: None)


def _no_host_checks(patch: pytest.MonkeyPatch, before: bool) -> None:
    check = HostPrograms.check
    patch.setattr(HostPrograms, "check", lambda self, phase, *a: None if (phase is not Phase.POST) is before else check(self, phase, *a))


def _no_pre_checks(patch: pytest.MonkeyPatch) -> None:
    _no_host_checks(patch, before=True)


def _no_post_checks(patch: pytest.MonkeyPatch) -> None:
    _no_host_checks(patch, before=False)


def _no_library_settings(patch: pytest.MonkeyPatch) -> None:
    for module in ("heap.access", "values.attributes", "values.library"):
        patch.setattr(f"janus_nb.lowering.{module}.touch_library", lambda *a: None)


MUTATIONS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "Equals": _always(guards.Equals),
    "IsObject": _always(guards.IsObject),
    "Shows": _always(guards.Shows),
    "IsType": _always(guards.IsType),
    "IsBound": _always((guards.IsBound, guards.IsObject)),
    "graph checks": _no_graph_checks,
    "pre checks": _no_pre_checks,
    "post checks": _no_post_checks,
    "data checks": _no_data_checks,
    "library settings": _no_library_settings,
}


@pytest.mark.parametrize("kind", MUTATIONS)
def test_a_disabled_guard_is_noticed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = WATCHED[kind]
    eager = run(program, False, {})
    sound = run(program, True, {})
    assert not differences(eager, sound), "wrong without any mutation"
    assert sound.report.counts["graph"] > 0, sound.report.to_text()
    with monkeypatch.context() as patch:
        MUTATIONS[kind](patch)
        mutant = run(program, True, {})
    noticed = differences(eager, mutant) or any(type(e).__name__ in ("GraphRejected", "InternalError") for e in mutant.report.events)
    assert noticed, mutant.report.to_text()


def test_every_kind_of_guard_is_mutated() -> None:
    assert {k.__name__ for k in guards.Expectation.__args__} <= set(MUTATIONS)

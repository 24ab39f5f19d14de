"""What JANUS costs: nothing where nothing is to be won, bounded memory, nothing kept alive."""

from __future__ import annotations

import gc
import linecache
import weakref
from typing import Any

import janus_nb
import pytest
import tensorflow as tf
from janus_nb.function import runtime
from janus_nb.tf.flat import FlatFunction

from tests.programs.harness import PRELUDE, Program, differences
from tests.programs.harness import run as run_program
from tests.programs.library import STEP

SHORT = "for i in range(20):\n    loss = step(XT[i], YT[i])\n    log.append(float(loss))\n"
EPOCHS = "for epoch in range(30):\n    for i in range(20):\n        loss = step(XT[i], YT[i])\n"


def codes(report: Any) -> list[str]:
    return [d.code for region in report.regions for d in region.declined]


def namespace_of(setup: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    text = PRELUDE + setup
    linecache.cache["<cell-setup>"] = (len(text), None, text.splitlines(keepends=True), "<cell-setup>")
    exec(compile(text, "<cell-setup>", "exec"), names)
    return names


def run(cell: str, names: dict[str, Any], **options: Any) -> Any:
    return janus_nb.run_cell(cell, names, view="none", **options)


def test_a_short_loop_is_left_alone_until_it_has_been_run_often() -> None:
    runtime.forget()
    names, generated = namespace_of(STEP), []
    for _ in range(8):
        report = run(SHORT, names)
        generated.append(report.counts["graphs"])
        assert ("JN409" in codes(report)) is (report.counts["graphs"] == 0 and report.counts["graph"] == 0)
    assert generated[0] == 0 and sum(generated) == 1
    assert report.counts["graph"] == 20
    runtime.forget()


def test_loops_around_count() -> None:
    runtime.forget()
    program = Program("", EPOCHS, STEP, options={"generate": "auto"})
    eager, janus = run_program(program, False, {}), run_program(program, True, {})
    assert not differences(eager, janus)
    assert janus.report.counts["graph"] > 500 and "JN409" not in codes(janus.report)
    runtime.forget()


def test_running_again_traces_nothing() -> None:
    runtime.forget()
    names = namespace_of(STEP)
    run(SHORT, names, generate="always")
    run(SHORT, names, generate="always")
    made = FlatFunction.made
    again = run(SHORT, names, generate="always")
    edited = run("# edited\nother = 1\n" + SHORT + "other += 1\n", names, generate="always")
    assert again.counts["graphs"] == edited.counts["graphs"] == 0
    assert again.counts["graph"] == 19  # more than 16 have been committed: one is audited
    assert edited.counts["graph"] == 20
    assert FlatFunction.made == made
    runtime.forget()


def test_ever_new_shapes_and_texts_keep_the_cache_bounded() -> None:
    runtime.forget()
    names = namespace_of(STEP)
    for size in range(1, 41):
        names["data"] = [tf.ones((size, 4))] * 12
        run("for x in data:\n    total = tf.reduce_sum(tf.matmul(x, w) + b)\n", names, generate="always", profile=1)
        run(f"for x in data:\n    total = tf.reduce_sum(tf.matmul(x, w) + {size}.0)\n", names, generate="always", profile=1)
    regions = runtime.store.regions.values()
    assert len(regions) <= 41 and all(len(region.versions) <= 8 for region in regions)
    assert sum(len(region.versions) for region in regions) <= 60
    runtime.forget()


def test_what_a_cell_used_is_freed() -> None:
    runtime.forget()
    names = namespace_of(STEP)
    run(SHORT, names, generate="always")
    assert any(region.versions for region in runtime.store.regions.values())
    variable, tensor, handle = (weakref.ref(v) for v in (names["w"], names["XT"], names["w"].handle))
    version = weakref.ref(next(v for r in runtime.store.regions.values() for v in r.versions).graph)
    names.clear()
    runtime.forget()
    runtime.last = None
    gc.collect()
    assert variable() is None and tensor() is None and handle() is None and version() is None


@pytest.mark.slow
def test_a_thousand_runs_keep_memory_bounded() -> None:
    import resource

    runtime.forget()
    names = namespace_of(STEP)

    def again(first: int, last: int) -> int:
        for size in range(first, last):
            names["data"] = [tf.ones((1 + size % 37, 4))] * 6
            run("for x in data:\n    total = tf.reduce_sum(tf.matmul(x, w) + b)\n", names, generate="always", profile=1)
        gc.collect()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = again(0, 300)
    made = FlatFunction.made
    after = again(300, 1000)
    assert after < 1.1 * before, f"{before} KiB after 300 runs, {after} KiB after 1,000"
    assert FlatFunction.made - made < 40, "graphs are made anew in every run"
    assert sum(len(region.versions) for region in runtime.store.regions.values()) <= 8
    assert len(runtime.store.copies._cells) <= 2
    runtime.forget()


def test_the_view_says_what_the_program_waits_for() -> None:
    from janus_nb.events import Generated, Working
    from janus_nb.events.fold import View, add
    from janus_nb.view.live import status

    runtime.forget()
    view, shown = View(), []

    def receive(event: Any) -> None:
        add(view, event)
        if isinstance(event, Working | Generated):
            shown.append((type(event).__name__, status(view.regions[event.region])))

    janus_nb.run_cell(SHORT, namespace_of(STEP), view="none", generate="always", watch=receive)
    assert shown == [("Working", "generating a graph"), ("Generated", "comparing a graph with Python")]
    runtime.forget()


def test_only_bodies_whose_kernels_depend_on_their_order_are_kept_apart() -> None:
    runtime.forget()
    names = namespace_of(STEP + "pool = keras.layers.MaxPooling1D(2)\n")
    run("for i in range(30):\n    loss = step(XT[i], YT[i])\n", names, generate="always")
    run(
        "for i in range(30):\n    loss = step(tf.reshape(pool(tf.reshape(XT[i], (8, 4, 1))), (8, 2)) @ tf.ones((2, 4)), YT[i])\n",
        names,
        generate="always",
    )
    plain, pooled = (v.graph for region in runtime.store.regions.values() for v in region.versions)
    assert plain._function is plain.traced.function
    assert pooled._function.definition.attr["_noinline"].b
    runtime.forget()


@pytest.mark.parametrize(
    "iterable", ["zip(list(XT) * 5, list(YT) * 5)", "((x, y) for _, (x, y) in enumerate(zip(list(XT) * 5, YT)))", "list(zip(XT, YT)) * 5"]
)
def test_how_much_is_left_is_known_of_iterators_of_several_lists(iterable: str) -> None:
    runtime.forget()
    report = run(f"for x, y in {iterable}:\n    loss = step(x, y, rate=0.001)\n", namespace_of(STEP))
    assert report.counts["graph"] + report.counts["partial"] > (20 if "YT)))" in iterable else 150)
    runtime.forget()

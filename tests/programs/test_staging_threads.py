"""While one thread traces a staging graph, other threads use TensorFlow as if nobody did: interception finds only its own thread's graphs."""

from __future__ import annotations

import threading
from typing import Any

import pytest

tf = pytest.importorskip("tensorflow")

from janus_nb.tf import tapes  # noqa: E402
from janus_nb.tf.staging import StagingGraph, interception  # noqa: E402

TIMES = 20


def elsewhere(variable: Any) -> tuple[Any, ...]:
    """All that interception hooks into, in a thread that stages nothing: reads, writes, gathers, assertions, branches, random numbers."""

    @tf.function
    def traced(x: Any) -> Any:
        variable.assign_add(x)
        tf.debugging.Assert(tf.reduce_all(x > 0.0), ["positive"])
        row = tf.gather(variable, [1, 0])
        return tf.cond(tf.reduce_sum(x) > 100.0, lambda: row, lambda: row + variable.read_value())

    tf.random.set_seed(3)
    found = traced(tf.ones(2)).numpy().tolist()
    kinds = sorted({op.type for op in traced.get_concrete_function(tf.TensorSpec([2])).graph.get_operations()})
    with pytest.raises(tf.errors.InvalidArgumentError):
        traced(-tf.ones(2))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.gather(variable, [0]) ** 2)
    grad = tf.convert_to_tensor(tape.gradient(y, variable)).numpy().tolist()
    return found, kinds, grad, tf.random.uniform([2]).numpy().tolist(), variable.numpy().tolist()


def test_other_threads_do_not_notice() -> None:
    expected = elsewhere(tf.Variable([1.0, 2.0]))
    assert {"AssignAddVariableOp", "ReadVariableOp", "Assert"} <= set(expected[1]) or "If" in expected[1]
    results: list[Any] = []
    mine = tf.Variable([5.0, 6.0])
    begun, over = threading.Event(), threading.Event()

    def work() -> None:
        begun.wait()
        try:
            results.extend(elsewhere(tf.Variable([1.0, 2.0])) for _ in range(TIMES))
        except BaseException as error:
            results.append(error)
        finally:
            over.set()

    thread = threading.Thread(target=work)
    thread.start()
    staged = 0
    with interception():
        while not over.is_set():
            graph = StagingGraph("body")
            with graph.as_default():
                begun.set()
                mine.assign_add([1.0, 1.0])
                value = mine.read_value() + tf.gather(mine, [0])
            staged += not [op for op in graph.get_operations() if op.type.startswith("Assign")] and value.graph is graph
    thread.join()
    assert results == [expected] * TIMES
    assert staged > 0 and mine.numpy().tolist() == [5.0, 6.0]


def test_tapes_are_held_by_thread() -> None:
    with tf.GradientTape() as tape, tapes.held_by([tape]):
        seen: list[Any] = []
        thread = threading.Thread(target=lambda: seen.append(list(tapes._mine.held)))
        thread.start()
        thread.join()
        assert seen == [[]] and tapes._mine.held == [tape]
    assert tapes._mine.held == []

"""`janus_nb.function`: the same semantics as calling the function, counted."""

from __future__ import annotations

from typing import Any

import janus_nb
import numpy as np
import pytest
import tensorflow as tf


def make(decorate: bool, **options: Any) -> tuple[Any, tf.Variable, list[float]]:
    w = tf.Variable(tf.ones([3, 2]))
    log: list[float] = []

    def step(x, y, rate=0.1, *, scale=1.0):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.matmul(x, w) * scale - y) ** 2)
        w.assign_sub(rate * tape.gradient(loss, w))
        log.append(float(loss))
        return loss, {"n": len(log)}

    return (janus_nb.function(step, **options) if decorate else step), w, log


def data(i: int, rows: int = 4) -> tuple[tf.Tensor, tf.Tensor]:
    rng = np.random.default_rng(i)
    return tf.constant(rng.normal(size=(rows, 3)).astype("float32")), tf.constant(rng.normal(size=(rows, 2)).astype("float32"))


def test_same_as_calling() -> None:
    (plain, w1, log1), (fast, w2, log2) = make(False), make(True)
    for i in range(20):
        a, b = plain(*data(i)), fast(*data(i))
        np.testing.assert_allclose(a[0], b[0], rtol=1e-5)
        assert a[1] == b[1] and type(a) is type(b)
    np.testing.assert_allclose(w1.numpy(), w2.numpy(), rtol=1e-5)
    np.testing.assert_allclose(log1, log2, rtol=1e-5)
    counts = janus_nb.explain(fast).counts
    assert counts["profiled"] == 3 and counts["graphs"] == 1 and counts["misses"] == 0
    assert counts["graph"] == 15


def test_shapes_relax() -> None:
    (plain, w1, _), (fast, w2, _) = make(False), make(True, profile=1)
    for i in range(24):
        plain(*data(i, 2 + i % 5))
        fast(*data(i, 2 + i % 5))
    np.testing.assert_allclose(w1.numpy(), w2.numpy(), rtol=1e-4)
    counts = janus_nb.explain(fast).counts
    assert counts["graphs"] <= 3 and counts["graph"] > 10


def test_keywords_and_numbers() -> None:
    (plain, w1, _), (fast, w2, _) = make(False), make(True, profile=1)
    for i in range(16):
        plain(*data(i), rate=0.1 / (i + 1), scale=2.0)
        fast(*data(i), rate=0.1 / (i + 1), scale=2.0)
    np.testing.assert_allclose(w1.numpy(), w2.numpy(), rtol=1e-4)
    assert janus_nb.explain(fast).counts["graph"] > 8


def test_exception_is_the_users() -> None:
    @janus_nb.function(profile=1)
    def f(x, limit):
        y = x * 2.0
        if tf.reduce_sum(y) > limit:
            raise ValueError("too big")
        return y

    for _ in range(5):
        f(tf.ones(3), 100.0)
    with pytest.raises(ValueError, match="too big"):
        f(tf.ones(3) * 100.0, 100.0)
    assert float(f(tf.ones(3), 100.0)[0]) == 2.0


def test_changed_global_and_closure_are_seen() -> None:
    factor = 2.0

    @janus_nb.function(profile=1)
    def f(x):
        return x * factor

    for _ in range(6):
        assert float(f(tf.ones([]))) == 2.0
    factor = 5.0
    assert [float(f(tf.ones([]))) for _ in range(5)] == [5.0] * 5


def test_metadata_and_errors() -> None:
    fast, _, _ = make(True)
    assert fast.__name__ == "step"
    with pytest.raises(TypeError):
        fast()
    with pytest.raises(ValueError, match="steps=-1"):
        janus_nb.function(lambda x: x, steps=-1)
    with pytest.raises(TypeError, match="Python function"):
        janus_nb.function(3)
    with pytest.raises(ValueError, match="not a function decorated"):
        janus_nb.explain(make)


def test_hot_loop_inside() -> None:
    w = tf.Variable(0.0)

    @janus_nb.function(profile=1)
    def fit(n):
        total = 0.0
        for i in range(n):
            w.assign_add(1.0)
            total += float(w)
        return total

    assert fit(200) == sum(range(1, 201))
    assert float(w) == 200.0
    report = janus_nb.explain(fit)
    assert any(r.kind == "for" and r.graph > 100 for r in report.regions), report.to_text()


def test_under_a_tape_python_runs() -> None:
    @janus_nb.function(profile=1)
    def square(x):
        return x * x

    x = tf.Variable(3.0)
    for _ in range(4):
        square(tf.constant(2.0))
    with tf.GradientTape() as tape:
        y = square(x)
    assert float(tape.gradient(y, x)) == 6.0


def test_report_forms() -> None:
    fast, _, _ = make(True, profile=1)
    for i in range(6):
        fast(*data(i))
    report = janus_nb.explain(fast)
    assert "digraph" in report.to_dot() and report.to_svg().startswith("<svg")
    assert '"event": "Generated"' in report.to_json()
    assert "G " in report.to_text() and "<script" not in report.to_html()
    assert set(report.counts) >= {"profiled", "graph", "eager", "graphs", "hits", "misses", "aborts", "rejected", "declined"}


def test_hits_commit_by_themselves_and_leave_no_trace_when_an_assertion_fails() -> None:
    """After a few calls the graph assigns its variables itself; a label out of range, or a branch not seen, still aborts cleanly."""

    def make_step() -> tuple[Any, tf.Variable, tf.Variable]:
        w, count = tf.Variable(tf.ones([3, 2])), tf.Variable(0)

        def step(x, y):
            count.assign_add(1)
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=x @ w))
            w.assign_sub(0.1 * tape.gradient(loss, w))
            if loss > 3.0:
                count.assign(-5)
            return loss

        return step, w, count

    (plain, w1, n1), (inner, w2, n2) = make_step(), make_step()
    fast = janus_nb.function(inner, profile=1)
    rng = np.random.default_rng(0)
    for i in range(60):
        scale = 40.0 if i in (30, 31, 45) else 1.0
        x = tf.constant(rng.normal(size=(4, 3)).astype("float32") * scale)
        y = tf.constant([0, 1, 9 if i == 50 else 1, 0])
        if i == 50:
            with pytest.raises(tf.errors.InvalidArgumentError):
                plain(x, y)
            with pytest.raises(tf.errors.InvalidArgumentError):
                fast(x, y)
        else:
            np.testing.assert_allclose(plain(x, y), fast(x, y), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(w1.numpy(), w2.numpy(), rtol=1e-4, atol=1e-6)
        assert n1.numpy() == n2.numpy(), i
    region = fast.__janus__.region.region
    assert any(v.committing is not None for v in region.versions)
    assert janus_nb.explain(fast).counts["graph"] > 40


def test_a_call_log_stays_small() -> None:
    v = tf.Variable(0.0)

    @janus_nb.function(profile=1)
    def step(x):
        v.assign_add(tf.reduce_sum(x))
        return v + 1.0

    x = tf.ones([3])
    for _ in range(5000):
        step(x)
    assert v.numpy() == 15000.0
    counts = janus_nb.explain(step).counts
    assert counts["graph"] + counts["eager"] + counts["profiled"] == 5000 and counts["hits"] == counts["graph"]
    assert len(step.__janus__.report.events) < 2100

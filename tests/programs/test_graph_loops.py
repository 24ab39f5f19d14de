"""Loops and branches of the graph under TensorFlow, without verification, and graph calls that are interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import Any

import pytest
import tensorflow as tf
from janus_nb.tf.flat import FlatFunction

from tests.programs.harness import Program, check

STEP = "    b.assign_add(0.01 * XT[i % 40, 0, :3])\n"

PROGRAMS: dict[str, Program] = {
    "a_test_sees_the_variable": Program(
        "A `while` whose test reads a variable that its body writes.",
        "for i in range(12):\n" + STEP + "    u.assign(0.0)\n    while u < float(i % 5):\n        u.assign_add(1.0)\n    log.append(float(u))\n",
        "u = tf.Variable(0.0)\n",
    ),
    "a_test_reads_the_value": Program(
        "The same through `read_value`, in a function.",
        "def up(n):\n    u.assign(0.0)\n    while u.read_value() < n:\n        u.assign_add(1.0)\n    return u.read_value()\n"
        "for i in range(12):\n" + STEP + "    log.append(float(up(float(i % 4))))\n",
        "u = tf.Variable(0.0)\n",
    ),
    "fibonacci": Program(
        "The first round leaves a name as it was.",
        "for i in range(14):\n" + STEP + "    x, y, k = 0, 1, 0\n    while k < i % 7:\n        x, y = y, x + y\n        k += 1\n    log.append((x, y))\n",
    ),
    "fibonacci_of_tensors": Program(
        "The same with tensors.",
        "for i in range(14):\n" + STEP + "    x, y, k = XT[0, 0, 0], XT[1, 1, 1], 0\n    while k < i % 7:\n        x, y = y, x + y\n        k += 1\n"
        "    log.append((float(x), float(y)))\n",
    ),
    "a_shape_that_grows": Program(
        "A tensor grows in each round.",
        "for i in range(10):\n" + STEP + "    s, k = XT[i, 0], 0\n    while k < i % 4:\n        s = tf.concat([s, s], 0)\n        k += 1\n"
        "    log.append(s)\n",
    ),
    "a_structure_that_changes": Program(
        "A tuple gets longer in each round.",
        "for i in range(10):\n" + STEP + "    s, k = (XT[i, 0],), 0\n    while k < i % 4:\n        s = (*s, s[-1] + 1)\n        k += 1\n    log.append(len(s))\n",
    ),
    "a_dtype_that_changes": Program(
        "An integer becomes a float in the first round.",
        "for i in range(10):\n" + STEP + "    s, k = 0, 0\n    while k < i % 4:\n        s = s + float(XT[i, 0, 0])\n        k += 1\n    log.append(s)\n",
    ),
    "operands_of_tensors": Program(
        "`or` and `and` of tensors are one of the operands.",
        "for i in range(12):\n" + STEP + "    x, y, z = XT[i, 0, 0] * (i % 2), tf.cast(i % 3, tf.float32), XT[0, 0, 1]\n"
        "    log.append(float(x or y or z))\n    log.append(float(x and y and z))\n    if x and y or z > 5:\n        log.append('yes')\n",
    ),
    "identity": Program(
        "`is` of bools, small integers and `None`, of numbers and of a tensor through a branch.",
        "for i in range(12):\n" + STEP + "    x, y = XT[i, 0, 0], XT[i, 1, 1]\n    flag = bool(x > 0)\n    n = int(x > 0) + i % 3\n    t = x if y > 0 else y\n"
        "    log.append((flag is True, flag is False, n is two, n is None, t is None))\n",
        "two = 2\n",
    ),
    "eager_tensor_array": Program(
        "A TensorArray that was made before the loop is written in it.",
        "for i in range(8):\n" + STEP + "    kept = kept.write(i, XT[i, 0] * 2.0)\nlog.append(kept.stack())\n",
        "kept = tf.TensorArray(tf.float32, 8)\n",
    ),
    "a_tape_asked_later": Program(
        "A tape that was not asked in the loop is asked after it.",
        "for i in range(10):\n    with tf.GradientTape() as tape:\n        loss = tf.reduce_sum(XT[i] @ w)\n" + STEP + "log.append(tape.gradient(loss, w))\n",
    ),
    "a_persistent_tape_asked_again": Program(
        "A persistent tape is asked in the loop and after it.",
        "for i in range(10):\n    with tf.GradientTape(persistent=True) as tape:\n        loss = tf.reduce_sum(XT[i] @ w)\n"
        "    w.assign_sub(0.1 * tape.gradient(loss, w))\nlog.append(tape.gradient(loss, w))\n",
    ),
    "tapes_kept": Program(
        "Tapes are kept in a list.",
        "kept = []\nfor i in range(10):\n    with tf.GradientTape() as tape:\n        loss = tf.reduce_sum(XT[i] @ w)\n    kept.append((tape, loss))\n" + STEP
        + "log.extend(t.gradient(l, w) for t, l in kept)\n",
    ),
    "nested_loops_and_branches": Program(
        "Loops in loops, a branch in them.",
        "for i in range(12):\n" + STEP + "    total, last = 0.0, None\n    for j in range(i % 4):\n        for k in range(j):\n"
        "            if XT[i, j, k] > 0:\n                total = total + float(XT[i, j, k])\n            last = k\n    log.append(total)\n    log.append(last)\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROGRAMS)
def test_program(name: str) -> None:
    program = PROGRAMS[name]
    report = check(program, verify="off")
    print(name, report.counts)


FOREVER = """
import os, subprocess, time
import tensorflow as tf
import janus_nb
import janus_nb.tf.tracer
janus_nb.tf.tracer.MAX_ROUNDS = 10**9
u, log = tf.Variable(0.0), []
CELL = '''
for i in range(100000):
    u.assign(1.0)
    n = {rounds}
    k = 0
    while k < n:
        u.assign(u * 0.5 + 1.0)
        k += 1
    log.append(i)
'''
stop = f"sleep {after}; date +'signal %s.%N'; kill -{signal} {{os.getpid()}}"  # a thread of the user's own would leave all to Python
subprocess.Popen(["sh", "-c", stop])
names = dict(u=u, log=log, tf=tf, __name__="__main__")
try:
    janus_nb.run_cell(CELL, names, profile=1, generate="always", view="none")
except BaseException as error:
    print("stopped", time.time(), type(error).__name__, log == list(range(len(log))), len(log), flush=True)
counts = janus_nb.explain().counts
print("counts", counts["graph"], counts["partial"], flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("rounds", ["3 if i < 16 else 10**9", "3 + i % 2"])
def test_a_graph_call_can_be_interrupted(rounds: str) -> None:
    text = FOREVER.format(rounds=rounds, after=12, signal=int(signal.SIGINT))
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(text)], capture_output=True, text=True, timeout=180, env=os.environ, check=False)
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines() if line.startswith(("signal", "stopped", "counts")))
    assert "stopped" in lines, done.stdout + done.stderr
    when, kind, whole, *_ = lines["stopped"].split()
    assert kind == "KeyboardInterrupt"
    assert whole == "True", "the state of a whole number of iterations"
    assert float(when) - float(lines["signal"]) < 3.0
    assert int(lines["counts"].split()[0]) > 0


def test_a_time_limit_stops_a_call_and_the_next_one_works() -> None:
    def forever(inputs: list[Any]) -> list[Any]:
        return [tf.while_loop(lambda k: k < inputs[0], lambda k: [k + 1], [tf.constant(0)])[0]]

    def limit(*args: Any) -> None:
        raise TimeoutError("time limit")

    function = FlatFunction(forever, [tf.TensorSpec([], tf.int32)], long=True)
    assert int(function([tf.constant(5)])[0]) == 5
    before = signal.signal(signal.SIGALRM, limit)
    try:
        for _ in range(3):
            signal.setitimer(signal.ITIMER_REAL, 0.3)
            start = time.perf_counter()
            with pytest.raises(TimeoutError, match="time limit"):
                function([tf.constant(2**31 - 1)])
            assert time.perf_counter() - start < 2.0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert int(function([tf.constant(7)])[0]) == 7

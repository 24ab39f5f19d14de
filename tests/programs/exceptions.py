"""Exceptions: the user's, TensorFlow's, with the user's line and eager's state."""

from tests.programs.harness import Program

PROGRAMS = {
    "raise_on_tensor": Program(
        "An exception under a condition.",
        """
for i in range(40):
    b.assign_add(tf.ones(3))
    if tf.reduce_sum(b) > 60:
        raise ValueError(f"too big at {i}")
    log.append(i)
""",
    ),
    "assert_statement": Program(
        "An assert that fails late.",
        "for i in range(40):\n    b.assign_add(tf.ones(3))\n    assert float(b[0]) < 25.5, 'limit'\n    log.append(i)\n",
    ),
    "index_error": Program(
        "A Python list ends early.",
        "for i in range(40):\n    b.assign_add(tf.ones(3))\n    v = short[i]\n    log.append(v)\n",
        setup="short = list(range(25))\n",
    ),
    "gather_out_of_range": Program(
        "An index leaves a tensor's range.",
        "for i in range(60):\n    b.assign_add(XT[i, 0, :3])\n    log.append(i)\n",
    ),
    "bad_label": Program(
        "A label is out of range late.",
        """
for i in range(40):
    loss = xent(labels[i], XT[i] @ w + b)
    b.assign_sub(0.01 * tf.ones(3))
    log.append(float(loss))
""",
        setup="bad = Y.copy(); bad[33, 2] = 9\nlabels = tf.constant(bad)\n",
    ),
    "check_numerics": Program(
        "A NaN check fires late.",
        """
v = tf.constant(1.0)
for i in range(40):
    v = v * 20.0
    b.assign_add(tf.ones(3))
    tf.debugging.check_numerics(v, "overflow")
    log.append(i)
""",
    ),
    "tf_assert": Program(
        "tf.debugging.assert_less fires late.",
        "for i in range(40):\n    b.assign_add(tf.ones(3))\n    tf.debugging.assert_less(b[0], 30.5)\n    log.append(i)\n",
    ),
    "try_inside": Program(
        "An exception is caught inside the loop.",
        """
for i in range(40):
    b.assign_add(tf.ones(3))
    try:
        v = table[i % 20]
    except KeyError:
        v = -1
    log.append(v)
""",
        setup="table = {k: k * k for k in range(20) if k != 7}\n",
        graph=False,
    ),
    "try_finally": Program(
        "finally runs every time.",
        "for i in range(30):\n    try:\n        b.assign_add(tf.ones(3))\n    finally:\n        log.append(i)\n",
    ),
    "generator_raises": Program(
        "The source of elements raises.",
        "for x in batches():\n    b.assign_add(0.01 * tf.reduce_mean(tf.matmul(x, w), 0))\n    log.append(1)\n",
        setup="def batches():\n    for i in range(25):\n        yield X[i]\n    raise RuntimeError('disk')\n",
    ),
    "user_context_manager": Program(
        "A context manager of the user's.",
        "scope = Scope()\nfor i in range(30):\n    with scope as s:\n        b.assign_add(tf.ones(3) * s)\nprint(scope.depth, scope.total)\n",
        setup="""
class Scope:
    depth = 0
    total = 0
    def __enter__(self):
        self.depth += 1
        return 2.0
    def __exit__(self, *exc):
        self.depth -= 1
        self.total += 1
        return False
""",
    ),
}

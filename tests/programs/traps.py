"""Traps: aliasing that only replay could see, views, class attributes, dictionaries of attributes."""

from tests.programs.harness import Program

PROGRAMS = {
    "class_attribute_shadowed_late": Program(
        "An instance gets its own counter only when a branch is first taken.",
        """
for i in range(40):
    b.assign_add(tf.ones(3))
    if i > 12:
        c.n += 1
    log.append(c.n)
""",
        setup="class C:\n    n = 0\nc = C()\n",
        graph=False,
    ),
    "attributes_as_dictionary": Program(
        "`__dict__` is another way to the same attributes.",
        "for i in range(20):\n    c.n += 1\n    b.assign_add(tf.ones(3))\n    log.append(dict(c.__dict__)['n'])\n",
        setup="class C: pass\nc = C(); c.n = 0\n",
        graph=False,
    ),
    "view_of_an_array": Program(
        "The loop writes into a view of an array that it also reads.",
        """
view = X[:, 0, :]
for i in range(30):
    x = X[i + 1]
    b.assign_add(0.01 * tf.reduce_mean(tf.matmul(x, w), 0))
    view[i + 2] = float(b[0])
""",
        graph=False,
    ),
    "elements_are_views": Program(
        "The loop changes the array behind its elements.",
        """
for x in [X[k] for k in range(30)]:
    m = tf.reduce_mean(tf.matmul(x, w), 0)
    b.assign_add(0.01 * m)
    X[:, 0, 0] = float(b[0])
""",
        graph=False,
    ),
    "inner_list_by_another_way": Program(
        "A list that is read as constant is also reached through a dictionary that the loop changes.",
        """
for i in range(30):
    s = tf.zeros(3)
    for k in scales:
        s = s + k * XT[i, 0, :3]
    b.assign_add(0.01 * s)
    table["seen"] = i
    if i == 20:
        table["list"].append(0.5)
""",
        setup="scales = [1.0, 2.0]\ntable = {'seen': 0, 'list': scales}\n",
        graph=False,
    ),
    "name_shadows_a_builtin_later": Program(
        "A builtin's name is bound between epochs.",
        """
for epoch in range(2):
    for i in range(15):
        log.append(abs(float(tf.reduce_sum(XT[i]))))
        b.assign_add(tf.ones(3))
    abs = lambda v: v * 100.0
""",
    ),
    "zip_of_arrays_reads_ahead": Program(
        "zip over two arrays runs many iterations a call.",
        "for x, y in zip(X, Y):\n    b.assign_add(0.01 * tf.reduce_mean(tf.matmul(x, w), 0))\n    log.append(int(y[0]))\n",
        counts={"hits": 2},
        options={"steps": 19},
    ),
}

"""Control flow: conditions, inner loops, comprehensions, jumps."""

from tests.programs.harness import Program

STEP = """
    with tf.GradientTape() as tape:
        loss = xent(YT[i], XT[i] @ w + b)
    gw, gb = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * gw)
    b.assign_sub(0.1 * gb)
"""

PROGRAMS = {
    "plain_step": Program("A training step that indexes tensors.", "for i in range(40):" + STEP),
    "tensor_if_never": Program(
        "A condition on a tensor that never holds.",
        "for i in range(40):" + STEP + "    if loss > 1000.0:\n        print('diverged', float(loss))\n",
    ),
    "tensor_if_both": Program(
        "Both sides of a condition on a tensor, with effects.",
        "for i in range(40):" + STEP + "    if loss > 1.0:\n        print('high', i)\n    else:\n        log.append(i)\n",
    ),
    "python_if_periodic": Program(
        "A condition on the loop index.",
        "for i in range(40):" + STEP + "    if i % 10 == 0:\n        print(f'step {i}: {float(loss):.4f}')\n",
    ),
    "elif_chain": Program(
        "A chain of conditions that assigns numbers.",
        """
lr = 0.1
for i in range(40):
    loss = tf.reduce_mean(XT[i] @ w)
    if loss > 0.3:
        lr = 0.3
    elif loss > 0.0:
        lr = 0.2
    else:
        lr = 0.1
    b.assign_sub(lr * tf.ones(3))
    log.append(lr)
""",
    ),
    "ternary": Program(
        "A conditional expression on a tensor.",
        """
for i in range(40):
    m = tf.reduce_mean(XT[i])
    scale = 2.0 if m > 0 else 0.5
    b.assign_add(scale * tf.ones(3))
    log.append(scale)
""",
    ),
    "tensor_branch_computes": Program(
        "Both sides compute tensors.",
        """
for i in range(40):
    x = XT[i]
    if tf.reduce_mean(x) > 0:
        h = tf.tanh(x @ w) * 2.0
    else:
        h = tf.nn.relu(x @ w) - 1.0
    b.assign_add(0.01 * tf.reduce_mean(h, 0))
""",
    ),
    "branch_writes_variable": Program(
        "A variable is written on one side only.",
        """
for i in range(40):
    m = tf.reduce_mean(XT[i])
    if m > 0:
        b.assign_add(m * tf.ones(3))
    else:
        w.assign(w * 0.99)
""",
    ),
    "branch_under_tape": Program(
        "A branch on a tensor inside a tape.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        z = XT[i] @ w + b
        if tf.reduce_mean(z) > 0:
            loss = tf.reduce_mean(z * z)
        else:
            loss = tf.reduce_mean(tf.exp(z))
    g = tape.gradient(loss, [w, b])
    w.assign_sub(0.1 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
""",
    ),
    "and_or_not": Program(
        "Boolean operators on tensors and numbers.",
        """
count = 0
for i in range(40):
    m = tf.reduce_mean(XT[i])
    if m > -0.1 and m < 0.1 or i == 3:
        count += 1
    if not (m > 0):
        count += 10
""",
    ),
    "chained_comparison": Program(
        "A chained comparison on a number read from a tensor.",
        """
hits = 0
for i in range(40):
    v = float(tf.reduce_mean(XT[i]))
    if -0.05 < v < 0.05:
        hits += 1
""",
    ),
    "break_on_tensor": Program(
        "The loop is left when the loss is small: Python runs that iteration.",
        """
for i in range(40):
    b.assign_sub(0.1 * tf.ones(3))
    total = tf.reduce_sum(b)
    if total < -6.0:
        print("stop", i)
        break
else:
    print("never")
""",
    ),
    "break_never": Program(
        "A break that is not reached; the loop's else runs.",
        """
for i in range(30):
    b.assign_sub(0.01 * tf.ones(3))
    if tf.reduce_sum(b) < -60.0:
        break
else:
    print("done", i)
""",
    ),
    "continue_on_tensor": Program(
        "Some iterations are skipped.",
        """
for i in range(40):
    m = tf.reduce_mean(XT[i])
    if m < 0:
        continue
    b.assign_add(m * tf.ones(3))
    log.append(i)
""",
    ),
    "continue_on_index": Program(
        "Every third iteration is skipped.",
        """
for i in range(40):
    if i % 3 == 0:
        continue
    b.assign_add(XT[i, 0, :3])
    log.append(i)
""",
    ),
    "inner_range": Program(
        "An inner loop over a fixed range, unrolled.",
        """
for i in range(40):
    h = tf.zeros([8, 3])
    for t in range(4):
        h = tf.tanh(XT[i] @ w + h * 0.5)
    b.assign_add(0.01 * tf.reduce_mean(h, 0))
""",
    ),
    "inner_range_varies": Program(
        "An inner loop whose trip count changes with the index.",
        """
for i in range(40):
    h = tf.zeros([8, 3])
    for t in range(1 + i % 3):
        h = tf.tanh(XT[i] @ w + h * 0.5)
    b.assign_add(0.01 * tf.reduce_mean(h, 0))
""",
    ),
    "inner_tensor_loop": Program(
        "An inner loop over the rows of a tensor.",
        """
for i in range(40):
    s = tf.zeros([3])
    for row in XT[i]:
        s = s + tf.tanh(tf.linalg.matvec(w, row, transpose_a=True))
    b.assign_add(0.01 * s)
""",
    ),
    "inner_while": Program(
        "An inner while on a tensor.",
        """
for i in range(40):
    v = tf.reduce_sum(tf.abs(XT[i]))
    n = 0
    while v > 1.0:
        v = v / 2.0
        n += 1
    log.append(n)
    b.assign_add(v * 0.01 * tf.ones(3))
""",
    ),
    "hot_while": Program(
        "The hot loop is a while on a counter.",
        """
i = 0
while i < 40:
    b.assign_add(XT[i, 0, :3])
    i += 1
print(i)
""",
    ),
    "hot_while_tensor": Program(
        "The hot loop is a while on a tensor.",
        """
v = tf.constant(1000.0)
steps = 0
while v > 1.0:
    v = v * 0.9
    steps += 1
print(steps)
""",
    ),
    "while_true": Program(
        "`while True` with a break.",
        """
n = 0
while True:
    b.assign_add(0.1 * tf.ones(3))
    n += 1
    if n == 35:
        break
""",
    ),
    "comprehensions": Program(
        "Comprehensions over tensors and numbers.",
        """
for i in range(40):
    parts = [XT[i, j] * float(j) for j in range(4) if j != 2]
    sizes = {j: j * j for j in range(3)}
    b.assign_add(0.01 * tf.add_n(parts)[:3] + float(sum(sizes.values())))
""",
    ),
    "zip_gradients": Program(
        "Gradients and variables zipped.",
        """
for i in range(40):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], XT[i] @ w + b)
    grads = tape.gradient(loss, [w, b])
    for v, g in zip([w, b], grads):
        v.assign_sub(0.05 * g)
""",
    ),
    "nested_python_loops": Program(
        "Two inner loops with enumerate.",
        """
for i in range(40):
    acc = tf.zeros([4])
    for j, row in enumerate([0, 2, 5]):
        for k in range(2):
            acc += XT[i, row] * (j + k)
    log.append(float(tf.reduce_sum(acc)))
""",
    ),
    "walrus": Program(
        "An assignment expression in a condition.",
        """
for i in range(40):
    if (m := float(tf.reduce_mean(XT[i]))) > 0.02:
        log.append(m)
    b.assign_add(tf.ones(3))
""",
    ),
}

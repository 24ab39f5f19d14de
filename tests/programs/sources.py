"""What a hot loop iterates over."""

from tests.programs.harness import Program

BODY = """
    z = tf.matmul(x, w)
    b.assign_add(0.01 * tf.reduce_mean(z, 0))
    log.append(float(tf.reduce_mean(z)))
"""

PROGRAMS = {
    "list_of_arrays": Program("A list of arrays.", "for x in batches:" + BODY, setup="batches = [x for x in X]\n"),
    "list_of_tuples": Program(
        "A list of pairs of tensors.",
        "for x, y in batches:" + BODY + "    log.append(int(tf.reduce_sum(y)))\n",
        setup="batches = [(XT[i], YT[i]) for i in range(40)]\n",
    ),
    "zip_arrays": Program("zip of two arrays.", "for x, y in zip(X, Y):" + BODY + "    log.append(int(y.sum()))\n"),
    "enumerate_list": Program("enumerate over arrays.", "for n, x in enumerate(X):" + BODY + "    log.append(n)\n"),
    "generator": Program(
        "A generator of slices: taken one at a time.",
        "for x in batches():" + BODY,
        setup="def batches():\n    for i in range(40):\n        yield X[i]\n",
    ),
    "generator_break": Program(
        "A generator that is used again after a break.",
        "g = batches()\nfor x in g:" + BODY + "    if len(log) >= 12:\n        break\nrest = len(list(g))\nprint(rest)\n",
        setup="def batches():\n    for i in range(40):\n        yield X[i]\n",
    ),
    "dataset": Program(
        "A tf.data pipeline.",
        "for x, y in ds:" + BODY,
        setup="ds = tf.data.Dataset.from_tensor_slices((X, Y))\n",
    ),
    "dataset_partial_batch": Program(
        "The last batch is smaller.",
        "for epoch in range(3):\n    for x in ds:" + BODY.replace("\n", "\n    "),
        setup="ds = tf.data.Dataset.from_tensor_slices(X.reshape(-1, 4)[:300]).batch(32)\n",
    ),
    "dataset_enumerate": Program(
        "enumerate over a dataset.",
        "for n, x in enumerate(ds):" + BODY + "    if n % 10 == 0:\n        print(n)\n",
        setup="ds = tf.data.Dataset.from_tensor_slices(X)\n",
    ),
    "dataset_break": Program(
        "A dataset iterator that is used again after a break.",
        "it = iter(ds)\nfor x in it:" + BODY + "    if len(log) >= 9:\n        break\nlog.append(float(tf.reduce_sum(next(it))))\n",
        setup="ds = tf.data.Dataset.from_tensor_slices(X)\n",
    ),
    "tensor_rows": Program("The rows of a tensor.", "for x in XT:" + BODY),
    "array_rows": Program("The rows of an array.", "for x in X:" + BODY),
    "dict_batches": Program(
        "Batches are dictionaries.",
        "for batch in batches:\n    x = batch['x']" + BODY + "    log.append(int(batch['y'].max()))\n",
        setup="batches = [{'x': X[i], 'y': Y[i]} for i in range(40)]\n",
    ),
    "normalised_in_numpy": Program(
        "NumPy prepares the batch.",
        "for i in range(40):\n    x = (X[i] - X[i].mean()) / (X[i].std() + 1e-6)" + BODY,
    ),
    "permutation": Program(
        "A permutation drawn before the loop.",
        "order = rng.permutation(40)\nfor i in order:\n    x = X[i]" + BODY,
    ),
    "next_on_iterator": Program(
        "next() inside the loop is left to Python.",
        "it = iter(X)\nfor i in range(20):\n    x = next(it)" + BODY,
        graph=False,
    ),
    "reversed_range": Program("A range that counts down.", "for i in range(39, -1, -1):\n    x = XT[i]" + BODY),
    "few_iterations": Program("Too few to convert.", "for i in range(4):\n    x = XT[i]" + BODY, graph=False),
    "no_loop": Program("A cell without loops.", "x = XT[0]\nz = tf.matmul(x, w)\nprint(z.shape)\n", graph=False),
    "windows_of_a_tensor": Program(
        "Batches cut from a tensor; the last one is smaller, and the loop starts over.",
        "for i in range(60):\n    j = i % 5\n    x = flat[j * 7 : (j + 1) * 7]" + BODY,
        setup="flat = tf.reshape(XT, (-1, 4))[:33]\n",
    ),
    "windows_between_computed_bounds": Program(
        "Bounds that are sometimes equal, negative or beyond the end.",
        "for i in range(40):\n    x = flat[i - 6 : i + 3]\n    n = int(x.shape[0])\n    log.append(n)\n    z = tf.reduce_sum(x)\n    total = total + float(z)\n",
        setup="flat = tf.reshape(XT, (-1, 4))[:33]\ntotal = 0.0\n",
        graph=False,
    ),
    "windows_of_weights": Program(
        "Slices of a variable, and of what is computed from it, under a tape.",
        "for i in range(40):\n    k = i % 3\n    with tf.GradientTape() as tape:\n        h = tf.matmul(XT[i], w)\n"
        "        loss = tf.reduce_mean(h[k : k + 2] ** 2) + tf.reduce_sum(w[k : k + 1] ** 2) + tf.reduce_mean(h[k])\n"
        "    g = tape.gradient(loss, w)\n    w.assign_sub(0.1 * g)\n    log.append(float(loss))\n",
    ),
    "window_that_is_watched": Program(
        "The gradient with respect to data that a window is cut from.",
        "for i in range(30):\n    j = i % 4\n    with tf.GradientTape() as tape:\n        tape.watch(flat)\n        loss = tf.reduce_sum(tf.matmul(flat[j * 7 : (j + 1) * 7], w) ** 2)\n"
        "    g = tape.gradient(loss, flat)\n    log.append(float(tf.reduce_sum(tf.convert_to_tensor(g))))\n    w.assign_sub(0.001 * tf.ones_like(w))\n",
        setup="flat = tf.reshape(XT, (-1, 4))[:33]\n",
    ),
    "rows_from_the_end": Program(
        "Indices that begin negative.",
        "for i in range(40):\n    x = XT[i - 10]" + BODY,
    ),
    "rows_and_more": Program(
        "A row index together with others.",
        "for i in range(60):\n    x = XT[i % 40, 1:6] + tf.cast(YT[i % 40, 2], tf.float32) + XT[i % 40][0]" + BODY,
    ),
    "row_out_of_range": Program(
        "Eager raises at the row that does not exist.",
        "for i in range(60):\n    x = XT[i]" + BODY,
    ),
    "rows_of_an_array_that_changes_between_epochs": Program(
        "Slices of an array are picked in the graph; the array is shuffled in place before every epoch.",
        """
for epoch in range(4):
    order = rng.permutation(len(flat))
    flat[:] = flat[order]
    marks[:] = marks[order]
    for i in range(40):
        x, y = flat[i * 8:(i + 1) * 8], marks[i * 8:(i + 1) * 8]
        with tf.GradientTape() as tape:
            loss = xent(y, tf.matmul(x, w) + b)
        g = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * g[0])
        b.assign_sub(0.1 * g[1])
        log.append(float(loss))
del tape
""",
        setup="flat, marks = X.reshape(-1, 4).copy(), Y.reshape(-1).copy()\n",
    ),
    "rows_of_an_array_that_the_loop_changes": Program(
        "The loop writes to the array that it reads slices of.",
        """
for i in range(60):
    x = memory[i % 20:i % 20 + 8]
    h = tf.tanh(tf.matmul(x, w) + b)
    memory[(i * 3) % 28] = np.mean(x) * 0.5
    w.assign_sub(0.01 * tf.matmul(x, h, transpose_a=True))
    log.append(float(tf.reduce_sum(h)))
""",
        setup="memory = X.reshape(-1, 4)[:28].copy()\n",
        graph=False,
    ),
    "last_rows_of_an_array_are_fewer": Program(
        "The last slice of every epoch is shorter, and bytes are scaled in the loop.",
        """
for epoch in range(4):
    for i in range(0, 300, 16):
        x = tf.cast(pixels[i:i + 16], tf.float32) / 255.0
        y = marks[i:i + 16]
        with tf.GradientTape() as tape:
            loss = xent(y, tf.matmul(x, w) + b)
        g = tape.gradient(loss, [w, b])
        w.assign_sub(0.1 * g[0])
        b.assign_sub(0.1 * g[1])
        log.append((len(y), float(loss)))
del tape
""",
        setup="pixels = rng.integers(0, 256, size=(300, 4)).astype('uint8')\nmarks = Y.reshape(-1)[:300].copy()\n",
    ),
    "one_row_of_an_array_and_its_mean": Program(
        "A row goes to the graph and to NumPy; negative and Python-computed indices.",
        """
for i in range(60):
    k = (i * 7) % 40
    x = X[k]
    m = float(x.mean())
    last = X[-1 - i % 3]
    loss = xent(Y[k], tf.matmul(x + last, w) + b) + m
    w.assign_sub(0.001 * tf.matmul(x, tf.ones([8, 3]), transpose_a=True))
    log.append((m, float(loss)))
""",
    ),
}

"""What a hot loop iterates over."""

from tests.programs.harness import Program

BODY = """
    z = tf.matmul(x, w)
    b.assign_add(0.01 * tf.reduce_mean(z, 0))
    log.append(float(tf.reduce_mean(z)))
"""

ALONE = """
alone = tf.data.Options()
alone.experimental_optimization.inject_prefetch = False
alone.autotune.enabled = False
"""
"""Otherwise tf.data itself runs ahead of eager loops, in threads of its own."""

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
    "shuffled_dataset_in_epochs": Program(
        "Every pass has an order of its own, and draws one seed.",
        "for epoch in range(3):\n    for x in ds:" + BODY.replace("\n", "\n    "),
        setup="ds = tf.data.Dataset.from_tensor_slices(X).shuffle(20, seed=3)\n",
    ),
    "shuffled_and_repeated_dataset_left_early": Program(
        "The next round of a repeated dataset is not begun early: it would draw a seed.",
        "for epoch in range(3):\n    n = 0\n    for x in ds:" + BODY.replace("\n", "\n    ") + "    n += 1\n        if n == 33:\n            break\n",
        setup=ALONE + "ds = tf.data.Dataset.from_tensor_slices(X).shuffle(20, seed=3).repeat().with_options(alone)\n",
    ),
    "shuffled_and_cached_dataset_left_early": Program(
        "The cache of a pass that was left early is thrown away.",
        "for epoch in range(3):\n    for i, x in enumerate(ds):" + BODY.replace("\n", "\n    ") + "    if i == 37:\n            break\n",
        setup=ALONE + "ds = tf.data.Dataset.from_tensor_slices(X).shuffle(9, seed=1).cache().with_options(alone)\n",
    ),
    "dataset_from_a_generator_that_reads_what_the_loop_changes": Program(
        "Python code in a pipeline runs when its element is due.",
        "for x in ds:" + BODY + "    queue.append(len(log))\n    if len(log) > 40:\n        queue.clear()\n",
        setup=ALONE
        + """
queue = [1.0, 2.0]
def growing():
    i = 0
    while i < len(queue):
        yield X[i % 40] * queue[i]
        i += 1
ds = tf.data.Dataset.from_generator(growing, output_signature=tf.TensorSpec([8, 4], tf.float32)).with_options(alone)
""",
    ),
    "dataset_with_a_python_function": Program(
        "A Python function in a pipeline sees what the loop has done so far.",
        "for x in ds:" + BODY,
        setup=ALONE
        + """
seen = []
def look(x):
    seen.append(len(log))
    return x
ds = tf.data.Dataset.from_tensor_slices(X).map(lambda x: tf.ensure_shape(tf.numpy_function(look, [x], tf.float32), [8, 4])).with_options(alone)
""",
    ),
    "dataset_that_reads_a_variable": Program(
        "The loop changes a variable that the pipeline reads.",
        "for x in ds:" + BODY + "    scale.assign_add(0.1)\n",
        setup=ALONE + "scale = tf.Variable(1.0)\nds = tf.data.Dataset.from_tensor_slices(X).map(lambda x: x * scale).with_options(alone)\n",
    ),
    "dataset_that_fails": Program(
        "An element cannot be made: those before it have been worked on.",
        "for x in ds:" + BODY,
        setup="""
def checked(i, x):
    with tf.control_dependencies([tf.debugging.assert_less(i, tf.constant(33, tf.int64))]):
        return tf.identity(x)
ds = tf.data.Dataset.zip((tf.data.Dataset.range(40), tf.data.Dataset.from_tensor_slices(X))).map(checked)
""",
    ),
    "dataset_with_random_numbers_left_early": Program(
        "Random numbers of a pipeline belong to the pass that draws them.",
        "for epoch in range(3):\n    for x in ds:" + BODY.replace("\n", "\n    ") + "    if len(log) % 30 == 29:\n            break\n",
        setup="tf.random.set_seed(4)\nds = tf.data.Dataset.from_tensor_slices(X).map(lambda x: x * tf.random.uniform([]))\n",
    ),
    "enumerated_dataset_with_a_name": Program(
        "An `enumerate` that has a name stands where the loop has left it.",
        "it = enumerate(ds)\nfor i, x in it:" + BODY + "    if len(log) == 13:\n        break\nlog.append(next(it)[0])\nlog.append(len(list(it)))\n",
        setup="ds = tf.data.Dataset.from_tensor_slices(X)\n",
    ),
    "distributed_dataset": Program(
        "Elements of a distributed dataset, by `for` and by `next`.",
        "for x in dist:" + BODY + "it = iter(dist)\nfor i in range(len(dist)):\n    x = next(it)" + BODY,
        setup="strategy = tf.distribute.MirroredStrategy(['/cpu:0'])\n"
        "dist = strategy.experimental_distribute_dataset(tf.data.Dataset.from_tensor_slices(X))\n",
    ),
    "functions_of_datasets": Program(
        "Datasets of several lengths are handed to a function: none, few, unknown.",
        """
def total(data, x):
    s = tf.reduce_sum(x)
    for y in data:
        s = s + tf.reduce_sum(y)
    return s * tf.ones(3)
for i in range(40):
    data = (empty, full, empty_too)[i // 5 % 3]
    b.assign_add(0.001 * total(data, XT[i]))
    log.append(len(full))
""",
        setup="full = tf.data.Dataset.from_tensor_slices(X[:3])\nempty, empty_too = full.take(0), full.filter(lambda x: False)\n",
        graph=False,
    ),
    "progress_bars": Program(
        "A bar's count and end are its own, however the loop ends.",
        "bar = tqdm(X, file=io.StringIO())\nfor x in bar:"
        + BODY
        + "print(bar.n)\nfor i, x in enumerate(tqdm(ds, disable=True)):"
        + BODY
        + "    if i == 20:\n        break\nbar = tqdm(zip(X, Y), total=40, file=io.StringIO())\nfor x, y in bar:"
        + BODY
        + "    if len(log) == 90:\n        break\nprint(bar.n, next(bar.iterable)[1].sum())\n",
        setup="import io\nfrom tqdm import tqdm\nds = tf.data.Dataset.from_tensor_slices(X)\n",
    ),
}

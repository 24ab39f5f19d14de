"""Everyday pieces: datasets of dictionaries, progress bars over datasets, type questions, losses added by layers, slices assigned."""

from tests.programs.harness import Program
from tests.programs.library import STEP

DS = STEP + "ds = tf.data.Dataset.from_tensor_slices((X, Y))\n"
PROGRAMS = {
    "dataset_of_dictionaries": Program(
        "Elements are dictionaries.",
        'for batch in ds:\n    loss = step(batch["x"], batch["y"])\nlog.append(float(loss))\n',
        setup=STEP + 'ds = tf.data.Dataset.from_tensor_slices({"x": X, "y": Y})\n',
    ),
    "dataset_of_nested_structures": Program(
        "A dictionary inside a tuple.",
        'for batch, y in ds:\n    loss = step(batch["a"] * 0.5 + batch["b"], y)\nlog.append(float(loss))\n',
        setup=STEP + 'ds = tf.data.Dataset.from_tensor_slices(({"a": X, "b": X * 0.1}, Y))\n',
    ),
    "dataset_from_a_generator": Program(
        "from_generator with a Python function behind it.",
        "for x, y in ds:\n    loss = step(x, y)\nlog.append(float(loss))\n",
        setup=STEP
        + """
def gen():
    for k in range(30):
        yield X[k], Y[k]
ds = tf.data.Dataset.from_generator(gen, output_signature=(tf.TensorSpec((8, 4), tf.float32), tf.TensorSpec((8,), tf.int64)))
""",
    ),
    "dataset_as_numpy_iterator": Program(
        "NumPy elements of a dataset.", "for x, y in ds.as_numpy_iterator():\n    loss = step(x, y)\nlog.append(float(loss))\n", setup=DS
    ),
    "two_datasets_zipped": Program(
        "Python's zip over two datasets.",
        "for (x, y), (x2, y2) in zip(ds, ds.skip(5)):\n    loss = step(x + x2 * 0.1, y)\nlog.append(float(loss))\n",
        setup=DS,
    ),
    "mapped_shuffled_repeated": Program(
        "A longer pipeline.",
        "for i, (x, y) in enumerate(ds.map(lambda x, y: (x * 0.5, y)).shuffle(20, seed=1).repeat(2).take(60).prefetch(2)):\n    loss = step(x, y)\nprint(i, f'{float(loss):.4f}')\n",
        setup=DS,
    ),
    "bar_over_an_enumerated_dataset": Program(
        "tqdm around enumerate around a dataset.",
        "for i, (x, y) in tqdm(enumerate(ds), total=40, file=io.StringIO()):\n    loss = step(x, y)\nprint(i)\n",
        setup=DS + "import io\nfrom tqdm import tqdm\n",
    ),
    "bar_as_a_context": Program(
        "A bar opened per epoch.",
        """
for epoch in range(2):
    with tqdm(total=40, file=io.StringIO()) as bar:
        for x, y in ds:
            loss = step(x, y)
            bar.update(1)
            bar.set_description(f"epoch {epoch}")
    counts.append(bar.n)
del bar
""",
        setup=DS + "import io\nfrom tqdm import tqdm\ncounts = []\n",
    ),
    "type_questions": Program(
        "isinstance, tf.is_tensor, dtype and shape decide.",
        """
for i in range(30):
    x = XT[i] if i % 2 else X[i]
    if not tf.is_tensor(x):
        x = tf.convert_to_tensor(x)
    if isinstance(x, tf.Tensor) and x.dtype == tf.float32 and x.shape.rank == 2 and len(x.shape) == 2 and x.get_shape().as_list()[1] == 4:
        x = tf.reshape(x, [tf.shape(x)[0], -1])
    loss = step(x, YT[i])
log.append(float(loss))
""",
        setup=STEP,
    ),
    "losses_added_by_a_layer": Program(
        "add_loss in a custom layer; the model's losses are read after the loop.",
        """
for i in range(25):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], model(XT[i], training=True)) + tf.add_n(model.losses)
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
del tape
log.append(len(model.losses))
log.append(round(float(model.losses[0]), 4))
""",
        setup="""
class Penalty(keras.layers.Layer):
    def call(self, x):
        self.add_loss(0.01 * tf.reduce_mean(x ** 2))
        return x
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, "relu"), Penalty(), keras.layers.Dense(3)])
opt = keras.optimizers.Adam(0.01)
""",
    ),
    "slices_of_a_variable_assigned": Program(
        "Rows of a variable are assigned.",
        """
for i in range(30):
    w[i % 4].assign(tf.tanh(w[i % 4] + XT[i, 0, :3]))
    w[1:3, 0].assign([0.1, 0.2])
print(w.numpy().round(3).tolist())
""",
    ),
    "tf_print": Program(
        "tf.print writes to a stream.",
        "for i in range(20):\n    loss = step(XT[i], YT[i])\n    tf.print('step', i, loss, output_stream=sys.stderr)\n",
        setup=STEP + "import sys\n",
    ),
    "while_on_the_loss": Program(
        "Training runs until the loss is small or the steps are used up.",
        """
loss, n = tf.constant(10.0), 0
while loss > 0.9 and n < 80:
    loss = step(XT[n % 3], YT[n % 3])
    n += 1
print(n, f"{float(loss):.3f}")
""",
        setup=STEP,
    ),
    "counted_forever": Program(
        "itertools.count and break.",
        "for i in itertools.count():\n    loss = step(XT[i % 40], YT[i % 40])\n    if i >= 50:\n        break\nprint(i)\n",
        setup=STEP,
    ),
    "references_as_keys": Program(
        "Momentum kept per variable in a dictionary keyed by reference.",
        """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], tf.matmul(XT[i], w) + b)
    for v, g in zip([w, b], tape.gradient(loss, [w, b])):
        m = slots[v.ref()]
        m.assign(0.9 * m + g)
        v.assign_sub(0.1 * m)
slots = list(slots.values())
del tape
""",
        setup="slots = {v.ref(): tf.Variable(tf.zeros_like(v)) for v in (w, b)}\n",
    ),
    "numpy_questions": Program(
        "NumPy functions asked about tensors, for logging.",
        """
for i in range(30):
    loss = step(XT[i], YT[i])
    if np.isnan(loss) or np.isinf(loss.numpy()):
        print("bad")
    log.append((int(np.argmax(b)), np.round(loss, 2).item(), np.allclose(b, 0)))
""",
        setup=STEP,
    ),
    "predicted_names": Program(
        "Predictions index a Python list of names.",
        """
for i in range(20):
    loss = step(XT[i], YT[i])
    k = int(tf.argmax(tf.reduce_sum(XT[i] @ w + b, axis=0)))
    print(i, names[k], max(names[k], key=len) if False else "")
""",
        setup=STEP + "names = ['setosa', 'versicolor', 'virginica']\n",
    ),
    "device_scope": Program(
        "A device scope inside the loop.",
        "for i in range(20):\n    with tf.device('/CPU:0'):\n        loss = step(XT[i], YT[i])\nlog.append(float(loss))\n",
        setup=STEP,
    ),
    "module_with_submodules": Program(
        "tf.Module with lists of modules and name scopes.",
        """
for i in range(25):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], net(XT[i]))
    for v, g in zip(net.trainable_variables, tape.gradient(loss, net.trainable_variables)):
        v.assign_sub(0.1 * g)
del tape
log.append(len(net.trainable_variables))
""",
        setup="""
class Dense(tf.Module):
    def __init__(self, n, m, name=None):
        super().__init__(name=name)
        self.w = tf.Variable(tf.random.normal([n, m], seed=1) * 0.3)
        self.b = tf.Variable(tf.zeros([m]))
    def __call__(self, x):
        return tf.matmul(x, self.w) + self.b
class Net(tf.Module):
    def __init__(self):
        super().__init__()
        self.layers = [Dense(4, 6), Dense(6, 3)]
    def __call__(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if i < len(self.layers) - 1:
                x = tf.nn.relu(x)
        return x
net = Net()
""",
    ),
    "random_shuffle_of_indices": Program(
        "A permutation by tf.random.shuffle each epoch.",
        """
for epoch in range(3):
    order = tf.random.shuffle(tf.range(40))
    for k in range(0, 40, 4):
        loss = step(tf.gather(XT, order[k]), tf.gather(YT, order[k]))
    log.append(float(loss))
""",
        setup=STEP,
    ),
    "image_augmentation": Program(
        "Random flips and brightness.",
        """
for i in range(15):
    x = tf.reshape(XT[i], [4, 4, 2, 1])
    x = tf.image.random_flip_left_right(x)
    x = tf.image.random_brightness(x, 0.2)
    b.assign_add(0.001 * tf.reduce_sum(x, axis=[0, 1, 3])[:1] * [1.0, 0.5, 0.25])
""",
    ),
    "keras_preprocessing_layers": Program(
        "Normalisation and noise layers in front of the model.",
        """
for i in range(20):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], model(norm(XT[i]), training=True))
    grads = tape.gradient(loss, model.trainable_variables)
    opt.apply_gradients(zip(grads, model.trainable_variables))
del tape
""",
        setup="""
norm = keras.layers.Normalization()
norm.adapt(X.reshape(-1, 4))
model = keras.Sequential([keras.Input((4,)), keras.layers.GaussianNoise(0.1), keras.layers.Dense(3)])
opt = keras.optimizers.Adam(0.01)
""",
    ),
    "loss_history_dictionary": Program(
        "A history of lists by defaultdict, printed at the end of every epoch.",
        """
for epoch in range(3):
    for i in range(15):
        loss = step(XT[i], YT[i])
        history["loss"].append(float(loss))
        history[f"epoch_{epoch}"].append(i)
    print(epoch, {k: round(float(np.mean(v)), 3) for k, v in history.items()})
""",
        setup=STEP + "history = collections.defaultdict(list)\n",
    ),
    "train_on_batch": Program(
        "A compiled model's own step is called in the loop.",
        "for i in range(15):\n    value = model.train_on_batch(X[i], Y[i])\nlog.append(round(float(value), 3))\n",
        setup="model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])\nmodel.compile(optimizer='sgd', loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))\n",
        graph=False,
    ),
    "gradient_hook_by_name": Program(
        "Layers are treated by name and by type.",
        """
for i in range(25):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], model(XT[i], training=True))
    grads = tape.gradient(loss, model.trainable_variables)
    scaled = []
    for v, g in zip(model.trainable_variables, grads):
        if "bias" in v.name or len(v.shape) < 2:
            g = g * 0.1
        scaled.append(g)
    opt.apply_gradients(zip(scaled, model.trainable_variables))
del tape
""",
        setup="model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, 'relu'), keras.layers.Dense(3)])\nopt = keras.optimizers.SGD(0.1)\n",
    ),
}

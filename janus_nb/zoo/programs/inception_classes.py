"""An Inception network with an auxiliary head, from small classes over dictionaries of variables.

Data: scikit-learn's `load_digits` (1,797 images of 8 x 8 pixels) enlarged to 16 x 16 with bilinear interpolation, scaled to [0, 1]; every fifth
image is held out. Batches are drawn with NumPy, seed 3.
"""

# %%
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

STEPS = 250

# %%
data = load_digits()
pictures = tf.image.resize(data.images[..., None] / 16.0, (16, 16)).numpy()
held = np.arange(len(pictures)) % 5 == 0
x_train, y_train = pictures[~held], data.target[~held]
x_test, y_test = pictures[held], data.target[held]


# %%
class Store:
    """All variables of a model, by name; made when first asked for."""

    def __init__(self, seed):
        self.values = {}
        self.rng = np.random.default_rng(seed)

    def get(self, name, shape):
        found = self.values.get(name)
        if found is None:
            fan_in = float(np.prod(shape[:-1])) if len(shape) > 1 else 0.0
            start = self.rng.normal(0, (2.0 / fan_in) ** 0.5, shape) if fan_in else np.zeros(shape)
            found = self.values[name] = tf.Variable(start.astype(np.float32), name=name)
        return found


class Inception:
    """Four branches side by side: 1x1, 1x1 -> 3x3, 1x1 -> 5x5, pool -> 1x1."""

    def __init__(self, store, name, one, three, five, pool):
        self.store, self.name = store, name
        self.branches = {
            "one": [(1, one)],
            "three": [(1, three // 2), (3, three)],
            "five": [(1, five // 2), (5, five)],
            "pool": ["pool", (1, pool)],
        }

    def conv(self, x, name, size, channels):
        w = self.store.get(f"{self.name}/{name}/w", (size, size, x.shape[-1], channels))
        b = self.store.get(f"{self.name}/{name}/b", (channels,))
        return tf.nn.relu(tf.nn.conv2d(x, w, 1, "SAME") + b)

    def __call__(self, x):
        outputs = []
        for branch, steps in self.branches.items():
            y = x
            for i, step in enumerate(steps):
                if step == "pool":
                    y = tf.nn.max_pool2d(y, 3, 1, "SAME")
                else:
                    size, channels = step
                    y = self.conv(y, f"{branch}{i}", size, channels)
            outputs.append(y)
        return tf.concat(outputs, axis=-1)


class Head:
    def __init__(self, store, name, keep=1.0):
        self.store, self.name, self.keep = store, name, keep

    def __call__(self, x, training):
        x = tf.reduce_mean(x, axis=[1, 2])
        if training and self.keep < 1.0:
            x = tf.nn.dropout(x, rate=1.0 - self.keep)
        w = self.store.get(self.name + "/w", (x.shape[-1], 10))
        b = self.store.get(self.name + "/b", (10,))
        return x @ w + b


class Network:
    def __init__(self, seed):
        self.store = Store(seed)
        self.blocks = [Inception(self.store, "a", 4, 8, 4, 4), Inception(self.store, "b", 8, 12, 6, 6), Inception(self.store, "c", 8, 16, 8, 8)]
        self.aux, self.head = Head(self.store, "aux"), Head(self.store, "head", keep=0.7)

    def __call__(self, x, training=False):
        aux = None
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i == 1 and training:
                aux = self.aux(x, training)
            if i < len(self.blocks) - 1:
                x = tf.nn.max_pool2d(x, 2, 2, "SAME")
        return self.head(x, training), aux


class Adam:
    def __init__(self, rate):
        self.rate, self.t = rate, 0
        self.slots = {}

    def step(self, variables, grads):
        self.t += 1
        scale = self.rate * (1 - 0.999**self.t) ** 0.5 / (1 - 0.9**self.t)
        for name, g in zip(variables, grads):
            v = variables[name]
            if name not in self.slots:
                self.slots[name] = (tf.Variable(tf.zeros(v.shape)), tf.Variable(tf.zeros(v.shape)))
            m, s = self.slots[name]
            m.assign(0.9 * m + 0.1 * g)
            s.assign(0.999 * s + 0.001 * tf.square(g))
            v.assign_sub(scale * m / (tf.sqrt(s) + 1e-7))


# %%
def xent(labels, logits):
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits))


def evaluate(net):
    right = 0
    for start in range(0, len(x_test), 120):
        logits, _ = net(tf.constant(x_test[start : start + 120]))
        right += (logits.numpy().argmax(1) == y_test[start : start + 120]).sum()
    return right / len(x_test)


tf.random.set_seed(11)
net, adam = Network(5), Adam(3e-3)
rng = np.random.default_rng(3)
history = {"main": [], "aux": [], "accuracy": []}
aux_weight, checkpoint, stale = 0.3, {}, 0
for step in range(1, STEPS + 1):
    picked = rng.choice(len(x_train), 24, replace=False)
    x, y = tf.constant(x_train[picked]), tf.constant(y_train[picked])
    with tf.GradientTape() as tape:
        logits, aux_logits = net(x, training=True)
        main_loss, aux_loss = xent(y, logits), xent(y, aux_logits)
        loss = main_loss + aux_weight * aux_loss
    variables = dict(net.store.values)
    adam.step(variables, tape.gradient(loss, list(variables.values())))
    history["main"].append(float(main_loss))
    history["aux"].append(float(aux_loss))
    if step % 25 == 0:
        accuracy = evaluate(net)
        print(f"step {step:4d}  loss {history['main'][-1]:.3f}  aux {history['aux'][-1]:.3f}  accuracy {accuracy:.3f}")
        if not history["accuracy"] or accuracy > max(history["accuracy"]):
            checkpoint, stale = {name: v.numpy() for name, v in net.store.values.items()}, 0
        else:
            stale += 1
            adam.rate *= 0.8
        history["accuracy"].append(accuracy)
        if stale == 4:
            break
        aux_weight *= 0.8

for name, value in checkpoint.items():
    net.store.values[name].assign(value)
RESULT = {
    "losses": history["main"],
    "aux": history["aux"],
    "scores": [float(a) for a in history["accuracy"]],
    "weights": {n: v.numpy() for n, v in net.store.values.items()},
}

"""A small ResNet on digits, with layers written by hand: variables made at the first call, batch normalisation with moving averages.

Data: scikit-learn's `load_digits` (1,797 images of 8 x 8 pixels), scaled to [-1, 1], shuffled with seed 0, the last 297 held out; training
images are moved by up to one pixel in either direction (NumPy, seed 1).
"""

# %%
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

STEPS = 300
BATCH = 32
WIDTHS = [8, 16, 32]

# %%
digits = load_digits()
shuffled = np.random.default_rng(0).permutation(1797)
X = (digits.images[shuffled] / 8.0 - 1.0).astype(np.float32)
Y = digits.target[shuffled].astype(np.int32)
X_train, Y_train, X_test, Y_test = X[:1500], Y[:1500], X[1500:, :, :, None], Y[1500:]


def augment(x, rng):
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)), constant_values=-1.0)
    dy, dx = rng.integers(0, 3, 2)
    return padded[:, dy : dy + 8, dx : dx + 8, None]


# %%
class Layer:
    """Variables are made when a layer sees its first input."""

    def __init__(self):
        self.variables = None

    def __call__(self, x, training):
        if self.variables is None:
            self.variables = self.build(x.shape)
        return self.forward(x, training)

    def build(self, shape):
        return {}

    def trainable(self):
        return [v for v in (self.variables or {}).values() if v.trainable]

    def state(self):
        return list((self.variables or {}).values())


class Conv(Layer):
    def __init__(self, channels, size=3, stride=1):
        super().__init__()
        self.channels, self.size, self.stride = channels, size, stride

    def build(self, shape):
        fan_in = self.size * self.size * shape[-1]
        w = tf.random.normal((self.size, self.size, shape[-1], self.channels), stddev=(2.0 / fan_in) ** 0.5)
        return {"w": tf.Variable(w)}

    def forward(self, x, training):
        return tf.nn.conv2d(x, self.variables["w"], self.stride, "SAME")


class BatchNorm(Layer):
    momentum = 0.9

    def build(self, shape):
        n = shape[-1]
        return {
            "gamma": tf.Variable(tf.ones(n)),
            "beta": tf.Variable(tf.zeros(n)),
            "mean": tf.Variable(tf.zeros(n), trainable=False),
            "var": tf.Variable(tf.ones(n), trainable=False),
        }

    def forward(self, x, training):
        v = self.variables
        if training:
            mean, var = tf.nn.moments(x, [0, 1, 2])
            v["mean"].assign(self.momentum * v["mean"] + (1 - self.momentum) * mean)
            v["var"].assign(self.momentum * v["var"] + (1 - self.momentum) * var)
        else:
            mean, var = v["mean"], v["var"]
        return tf.nn.batch_normalization(x, mean, var, v["beta"], v["gamma"], 1e-3)


class Dense(Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units

    def build(self, shape):
        return {"w": tf.Variable(tf.random.normal((shape[-1], self.units), stddev=0.05)), "b": tf.Variable(tf.zeros(self.units))}

    def forward(self, x, training):
        return x @ self.variables["w"] + self.variables["b"]


class Block(Layer):
    """relu(x + f(x)); the shortcut is a projection where the shape changes."""

    def __init__(self, channels, stride):
        super().__init__()
        self.path = [Conv(channels, 3, stride), BatchNorm(), tf.nn.relu, Conv(channels, 3, 1), BatchNorm()]
        self.shortcut = None
        self.channels, self.stride = channels, stride

    def __call__(self, x, training):
        y = x
        for part in self.path:
            y = part(y, training) if isinstance(part, Layer) else part(y)
        if self.stride != 1 or x.shape[-1] != self.channels:
            if self.shortcut is None:
                self.shortcut = Conv(self.channels, 1, self.stride)
            x = self.shortcut(x, training)
        return tf.nn.relu(x + y)

    def parts(self):
        layers = [p for p in self.path if isinstance(p, Layer)]
        return layers + ([self.shortcut] if self.shortcut else [])

    def trainable(self):
        return [v for p in self.parts() for v in p.trainable()]

    def state(self):
        return [v for p in self.parts() for v in p.state()]


class ResNet(Layer):
    def __init__(self, widths, blocks, classes):
        super().__init__()
        self.layers = [Conv(widths[0]), BatchNorm()]
        for stage, width in enumerate(widths):
            for number in range(blocks):
                self.layers.append(Block(width, 2 if stage > 0 and number == 0 else 1))
        self.head = Dense(classes)

    def __call__(self, x, training):
        for layer in self.layers:
            x = layer(x, training)
        return self.head(tf.reduce_mean(x, axis=[1, 2]), training)

    def trainable(self):
        return [v for layer in [*self.layers, self.head] for v in layer.trainable()]

    def state(self):
        return [v for layer in [*self.layers, self.head] for v in layer.state()]


# %%
class SGD:
    def __init__(self, rate, momentum=0.9, decay=1e-4):
        self.rate, self.momentum, self.decay = rate, momentum, decay
        self.velocity = None

    def apply(self, grads, variables):
        if self.velocity is None:
            self.velocity = [tf.Variable(tf.zeros_like(v), trainable=False) for v in variables]
        for i, (g, v) in enumerate(zip(grads, variables)):
            if len(v.shape) > 1:
                g = g + self.decay * v
            self.velocity[i].assign(self.momentum * self.velocity[i] - self.rate * g)
            v.assign_add(self.velocity[i])


def error_rate(model):
    wrong = 0
    for at in range(0, len(X_test), 99):
        scores = model(X_test[at : at + 99], training=False)
        wrong += np.count_nonzero(np.argmax(scores, axis=1) != Y_test[at : at + 99])
    return wrong / len(X_test)


tf.random.set_seed(7)
model = ResNet(WIDTHS, 1, 10)
optimizer = SGD(0.05)
rng = np.random.default_rng(1)
losses, errors, best = [], [], None
steps_per_epoch = len(X_train) // BATCH
for step in range(STEPS):
    if step in (150, 250):
        optimizer.rate /= 10
        print("rate is now", round(optimizer.rate, 5))
    chosen = rng.integers(0, len(X_train), BATCH)
    x, y = augment(X_train[chosen], rng), Y_train[chosen]
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
    grads = tape.gradient(loss, model.trainable())
    optimizer.apply(grads, model.trainable())
    losses.append(loss.numpy())
    if (step + 1) % steps_per_epoch == 0:
        errors.append(error_rate(model))
        print(f"epoch {len(errors)}: loss {np.mean(losses[-steps_per_epoch:]):.3f}, error {errors[-1]:.3f}")
        if best is None or errors[-1] < best[0]:
            best = (errors[-1], [v.numpy() for v in model.state()])
        if errors[-1] < 0.005:
            print("good enough")
            break

RESULT = {"losses": [float(x) for x in losses], "scores": errors, "weights": [v.numpy() for v in model.state()], "best": best[1] if best else []}

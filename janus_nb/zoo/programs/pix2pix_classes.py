"""pix2pix without Keras: a U-Net of small classes with instance normalisation, a patch discriminator, Adam by hand, a `Trainer`.

Data: scikit-learn's `load_digits`, enlarged to 32 x 32: the input is the outline of a digit (the size of its Sobel gradient), the output the digit. 400 pairs
for training in batches of 2, 40 held out.
"""

# %%
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

STEPS = 110
BATCH = 2

# %%
raw = tf.image.resize(load_digits().images[:440, :, :, None] / 16.0, (32, 32))
edges = tf.norm(tf.image.sobel_edges(raw), axis=-1).numpy()
targets, inputs = raw.numpy() * 2 - 1, edges / edges.max() * 2 - 1


# %%
class Scope:
    """Variables by path; `with scope("a"):` goes one level down."""

    def __init__(self, seed):
        self.variables, self.path = {}, []
        self.rng = np.random.default_rng(seed)

    def __call__(self, name):
        self.path.append(name)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.path.pop()

    def get(self, name, shape, scale=0.05, mean=0.0):
        key = "/".join([*self.path, name])
        if key not in self.variables:
            self.variables[key] = tf.Variable((mean + scale * self.rng.normal(size=shape)).astype(np.float32))
        return self.variables[key]


def instance_norm(scope, x):
    mean, variance = tf.nn.moments(x, [1, 2], keepdims=True)
    gamma, beta = scope.get("gamma", (x.shape[-1],), mean=1.0), scope.get("beta", (x.shape[-1],), scale=0.0)
    return gamma * (x - mean) / tf.sqrt(variance + 1e-5) + beta


def down(scope, x, channels, norm=True):
    w = scope.get("w", (4, 4, x.shape[-1], channels))
    x = tf.nn.conv2d(x, w, 2, "SAME")
    if norm:
        x = instance_norm(scope, x)
    return tf.nn.leaky_relu(x, 0.2)


def up(scope, x, channels):
    w = scope.get("w", (4, 4, channels, x.shape[-1]))
    n, height, width, _ = x.shape
    x = tf.nn.conv2d_transpose(x, w, (n, 2 * height, 2 * width, channels), 2, "SAME")
    return tf.nn.relu(instance_norm(scope, x))


class UNet:
    def __init__(self, widths, seed):
        self.widths, self.scope = widths, Scope(seed)

    def __call__(self, x):
        skips = []
        for i, width in enumerate(self.widths):
            with self.scope(f"down{i}"):
                x = down(self.scope, x, width, norm=i > 0)
            skips.append(x)
        skips.pop()
        for i, width in enumerate(reversed(self.widths[:-1])):
            with self.scope(f"up{i}"):
                x = up(self.scope, x, width)
            x = tf.concat([x, skips.pop()], axis=3)
        with self.scope("last"):
            w = self.scope.get("w", (4, 4, 1, x.shape[-1]))
            return tf.tanh(tf.nn.conv2d_transpose(x, w, (x.shape[0], 32, 32, 1), 2, "SAME"))


class Critic:
    def __init__(self, seed):
        self.scope = Scope(seed)

    def __call__(self, condition, picture):
        x = tf.concat([condition, picture], axis=3)
        for i, width in enumerate((8, 16)):
            with self.scope(f"layer{i}"):
                x = down(self.scope, x, width, norm=i == 1)
        return tf.nn.conv2d(x, self.scope.get("score", (3, 3, 16, 1)), 1, "SAME")


class Adam:
    def __init__(self, rate):
        self.rate, self.steps, self.m, self.v = rate, 0, {}, {}

    def apply(self, variables, grads):
        self.steps += 1
        for (name, variable), g in zip(variables.items(), grads):
            if name not in self.m:
                self.m[name] = tf.Variable(tf.zeros_like(variable))
                self.v[name] = tf.Variable(tf.zeros_like(variable))
            self.m[name].assign(0.5 * self.m[name] + 0.5 * g)
            self.v[name].assign(0.99 * self.v[name] + 0.01 * g * g)
            m, v = self.m[name] / (1 - 0.5**self.steps), self.v[name] / (1 - 0.99**self.steps)
            variable.assign_sub(self.rate * m / (tf.sqrt(v) + 1e-5))


# %%
class Trainer:
    def __init__(self):
        self.unet, self.critic = UNet([8, 16, 24], seed=1), Critic(seed=2)
        self.optimizers = {"g": Adam(2e-3), "d": Adam(5e-4)}
        self.log = {"g": [], "d": [], "l1": []}
        self.errors, self.best = [], None

    def critic_step(self, x, y):
        made = tf.stop_gradient(self.unet(x))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self.critic(x, y) - 1.0) ** 2) + tf.reduce_mean(self.critic(x, made) ** 2)
        variables = self.critic.scope.variables
        self.optimizers["d"].apply(variables, tape.gradient(loss, list(variables.values())))
        return loss

    def generator_step(self, x, y):
        with tf.GradientTape() as tape:
            made = self.unet(x)
            l1 = tf.reduce_mean(tf.abs(made - y))
            loss = tf.reduce_mean((self.critic(x, made) - 1.0) ** 2) + 30.0 * l1
        variables = self.unet.scope.variables
        self.optimizers["g"].apply(variables, tape.gradient(loss, list(variables.values())))
        return loss, l1

    def evaluate(self):
        made = [self.unet(tf.constant(inputs[k : k + BATCH])).numpy() for k in range(400, 440, BATCH)]
        return float(np.abs(np.concatenate(made) - targets[400:]).mean())

    def run(self, steps):
        order = np.random.default_rng(5).permutation(400)
        for step in range(steps):
            at = step * BATCH % 400
            rows = order[at : at + BATCH]
            x, y = tf.constant(inputs[rows], tf.float32), tf.constant(targets[rows], tf.float32)
            d = self.critic_step(x, y)
            g, l1 = self.generator_step(x, y)
            for name, value in zip(("g", "d", "l1"), (g, d, l1)):
                self.log[name].append(float(value))
            if (step + 1) % 25 == 0:
                error = self.evaluate()
                print(f"step {step + 1}: critic {self.log['d'][-1]:.3f}, generator {self.log['g'][-1]:.3f}, error {error:.4f}")
                if self.best is None or error < self.best[0]:
                    self.best = (error, {n: v.numpy() for n, v in self.unet.scope.variables.items()})
                else:
                    self.optimizers["g"].rate *= 0.7
                self.errors.append(error)


trainer = Trainer()
trainer.run(STEPS)
RESULT = {
    "losses": trainer.log["l1"],
    "d_losses": trainer.log["d"],
    "scores": trainer.errors,
    "weights": {n: v.numpy() for n, v in {**trainer.unet.scope.variables, **trainer.critic.scope.variables}.items()},
}

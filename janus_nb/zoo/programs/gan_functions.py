"""A GAN on digits with two optimizers written as closures, functions, and parameters in dictionaries.

Data: scikit-learn's `load_digits` (1,797 images of 8 x 8), scaled to [-1, 1], batches of 64 by index. The generator is scored by how far
the mean and the spread of each pixel in 256 generated images are from the data's.
"""

# %%
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

STEPS = 400
NOISE, BATCH = 16, 64

# %%
real = (load_digits().data / 8.0 - 1.0).astype(np.float32)
rng = np.random.default_rng(0)


def layer(n, m):
    return {"w": tf.Variable(rng.normal(0, (1.0 / n) ** 0.5, (n, m)).astype(np.float32)), "b": tf.Variable(np.zeros(m, np.float32))}


generator = {"hidden1": layer(NOISE, 48), "hidden2": layer(48, 96), "out": layer(96, 64)}
discriminator = {"hidden1": layer(64, 96), "hidden2": layer(96, 48), "out": layer(48, 1)}


def apply_network(network, x, activation, last=None):
    for name, p in network.items():
        x = x @ p["w"] + p["b"]
        if name != "out":
            x = activation(x)
    return last(x) if last else x


def generate(z):
    return apply_network(generator, z, tf.nn.relu, tf.tanh)


def judge(x):
    return apply_network(discriminator, x, lambda t: tf.nn.leaky_relu(t, 0.2))


def parameters(network):
    return [v for p in network.values() for v in p.values()]


def bce(logits, target):
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=target * tf.ones_like(logits), logits=logits))


# %%
def make_adam(variables, rate, beta1=0.5, beta2=0.99):
    m = [tf.Variable(tf.zeros_like(v)) for v in variables]
    s = [tf.Variable(tf.zeros_like(v)) for v in variables]
    count = tf.Variable(0.0)

    def step(gradients, scale=1.0):
        count.assign_add(1.0)
        c1, c2 = 1.0 - beta1**count, 1.0 - beta2**count
        for i, g in enumerate(gradients):
            m[i].assign(beta1 * m[i] + (1 - beta1) * g)
            s[i].assign(beta2 * s[i] + (1 - beta2) * g**2)
            variables[i].assign_sub(scale * rate * (m[i] / c1) / (tf.sqrt(s[i] / c2) + 1e-6))

    return step


def distance(samples):
    return float(np.abs(samples.mean(0) - real.mean(0)).mean() + np.abs(samples.std(0) - real.std(0)).mean())


# %%
tf.random.set_seed(1)
g_step, d_step = make_adam(parameters(generator), 1e-3), make_adam(parameters(discriminator), 1e-3)
fixed = tf.random.normal((256, NOISE))
g_losses, d_losses, distances = [], [], []
best, scale = (np.inf, None), 1.0
for step in range(STEPS):
    batch = tf.constant(real[rng.integers(0, len(real), BATCH)])
    z = tf.random.normal((BATCH, NOISE))
    with tf.GradientTape() as tape:
        fake = tf.stop_gradient(generate(z))
        d_loss = bce(judge(batch), 0.9) + bce(judge(fake), 0.0)
    d_step(tape.gradient(d_loss, parameters(discriminator)), scale)
    with tf.GradientTape() as tape:
        g_loss = bce(judge(generate(tf.random.normal((BATCH, NOISE)))), 1.0)
    g_step(tape.gradient(g_loss, parameters(generator)), scale)
    g_losses.append(float(g_loss))
    d_losses.append(float(d_loss))
    if (step + 1) % 50 == 0:
        distances.append(distance(generate(fixed).numpy()))
        print(f"step {step + 1}: generator {g_losses[-1]:.3f}, discriminator {d_losses[-1]:.3f}, distance {distances[-1]:.3f}")
        if distances[-1] < best[0]:
            best = (distances[-1], [v.numpy() for v in parameters(generator)])
        else:
            scale *= 0.8
            if scale < 0.2:
                print("enough")
                break

RESULT = {
    "losses": g_losses,
    "d_losses": d_losses,
    "scores": distances,
    "weights": [v.numpy() for v in parameters(generator) + parameters(discriminator)],
}

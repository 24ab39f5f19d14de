"""LeNet on handwritten digits, with functions and closures.

Data: scikit-learn's `load_digits` (1,797 images of 8 x 8 pixels, 16 grey levels), each pixel doubled to make 16 x 16, scaled to [0, 1];
shuffled with seed 0, 1,500 images for training and the rest held out.

The parameters are made by `param` the first time that a name is asked for, as people did with `tf.get_variable`; the
optimizer is momentum written by hand, its rate halved whenever the held-out accuracy has not improved for two epochs.
"""

# %%
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

STEPS = 600
BATCH = 50

# %% data
digits = load_digits()
images = np.kron(digits.images, np.ones((1, 2, 2))).astype(np.float32)[..., None] / 16.0
labels = digits.target.astype(np.int64)
order = np.random.default_rng(0).permutation(len(images))
images, labels = images[order], labels[order]
train_x, train_y = images[:1500], labels[:1500]
test_x, test_y = tf.constant(images[1500:]), labels[1500:]

# %% model
tf.random.set_seed(1)
params = {}


def param(name, shape, scale):
    if name not in params:
        value = tf.random.truncated_normal(shape, stddev=scale) if scale else tf.zeros(shape)
        params[name] = tf.Variable(value, name=name)
    return params[name]


def conv(x, name, channels):
    w = param(name + "/w", (5, 5, x.shape[-1], channels), 0.1)
    b = param(name + "/b", (channels,), 0)
    y = tf.nn.conv2d(x, w, strides=1, padding="SAME") + b
    return tf.nn.max_pool2d(tf.nn.relu(y), 2, 2, "SAME")


def dense(x, name, units, activation=None):
    w = param(name + "/w", (x.shape[-1], units), 0.1)
    b = param(name + "/b", (units,), 0)
    y = tf.matmul(x, w) + b
    return activation(y) if activation is not None else y


def lenet(x, training):
    x = conv(x, "conv1", 6)
    x = conv(x, "conv2", 16)
    x = tf.reshape(x, (x.shape[0], -1))
    x = dense(x, "fc1", 120, tf.nn.relu)
    x = dense(x, "fc2", 84, tf.nn.relu)
    if training:
        x = tf.nn.dropout(x, 0.25)
    return dense(x, "out", 10)


# %% training
def momentum(rate, mu=0.9):
    slots = {}

    def update(variables, gradients):
        for v, g in zip(variables, gradients):
            if v.ref() not in slots:
                slots[v.ref()] = tf.Variable(tf.zeros_like(v))
            m = slots[v.ref()]
            m.assign(mu * m + g)
            v.assign_sub(update.rate * m)

    update.rate = rate
    return update


def accuracy(x, y):
    guess = tf.argmax(lenet(x, training=False), axis=1).numpy()
    return float((guess == y).mean())


def batches(x, y, rng):
    order = rng.permutation(len(x))
    for start in range(0, len(x) - BATCH + 1, BATCH):
        chosen = order[start : start + BATCH]
        yield x[chosen], y[chosen]


def train(steps):
    update = momentum(0.02)
    rng = np.random.default_rng(2)
    losses, scores = [], []
    best, best_weights, bad_epochs, step = 0.0, None, 0, 0
    while step < steps:
        for x, y in batches(train_x, train_y, rng):
            with tf.GradientTape() as tape:
                logits = lenet(tf.constant(x), training=True)
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
                decay = tf.add_n([tf.nn.l2_loss(v) for name, v in params.items() if name.endswith("/w")])
                total = loss + 1e-4 * decay
            variables = list(params.values())
            update(variables, tape.gradient(total, variables))
            losses.append(float(loss))
            step += 1
            if step % 50 == 0:
                print(f"step {step}: loss {np.mean(losses[-50:]):.3f}")
            if step >= steps:
                break
        score = accuracy(test_x, test_y)
        scores.append(score)
        if score > best:
            best, bad_epochs = score, 0
            best_weights = {name: v.numpy() for name, v in params.items()}
        else:
            bad_epochs += 1
            if bad_epochs % 2 == 0:
                update.rate *= 0.5
                print(f"no better for {bad_epochs} epochs: rate {update.rate:.4f}")
            if bad_epochs >= 6:
                print("stopped early")
                break
    for name, value in (best_weights or {}).items():
        params[name].assign(value)
    return losses, scores


# %%
losses, scores = train(STEPS)
print(f"best held-out accuracy {max(scores):.3f}")
RESULT = {"losses": losses, "scores": scores, "weights": {name: v.numpy() for name, v in params.items()}}

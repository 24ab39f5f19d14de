"""An Inception network with batch normalisation and an auxiliary head, as Keras layers, with a generator of batches.

Data: 1,200 images of 16 x 16 pixels, made with NumPy (seed 2): a bright disc, square, cross or ring at a random place with random size, plus
Gaussian noise of 0.2; the label is the shape. 1,000 images for training, 200 held out.
"""

# %%
import keras
import numpy as np
import tensorflow as tf

STEPS = 160


# %%
def picture(rng, kind, size=16):
    row, col = np.mgrid[0:size, 0:size]
    cy, cx = rng.uniform(5, 11, 2)
    radius = rng.uniform(3, 5)
    distance = np.hypot(row - cy, col - cx)
    if kind == 0:
        shape = distance < radius
    elif kind == 1:
        shape = (abs(row - cy) < radius * 0.8) & (abs(col - cx) < radius * 0.8)
    elif kind == 2:
        shape = ((abs(row - cy) < 1.2) | (abs(col - cx) < 1.2)) & (distance < radius * 1.3)
    else:
        shape = (distance < radius) & (distance > radius - 1.5)
    return shape + rng.normal(0, 0.2, (size, size))


rng = np.random.default_rng(2)
kinds = rng.integers(0, 4, 1200)
pictures = np.stack([picture(rng, k) for k in kinds])[..., None].astype(np.float32)


# %%
class ConvNorm(keras.layers.Layer):
    def __init__(self, channels, size):
        super().__init__()
        self.conv = keras.layers.Conv2D(channels, size, padding="same", use_bias=False)
        self.norm = keras.layers.BatchNormalization()

    def call(self, x, training=False):
        return tf.nn.relu(self.norm(self.conv(x), training=training))


class Mixed(keras.layers.Layer):
    def __init__(self, *widths):
        super().__init__()
        a, b, c, d = widths
        self.paths = [
            [ConvNorm(a, 1)],
            [ConvNorm(b // 2, 1), ConvNorm(b, 3)],
            [ConvNorm(c // 2, 1), ConvNorm(c, 3), ConvNorm(c, 3)],
            [keras.layers.AveragePooling2D(3, 1, padding="same"), ConvNorm(d, 1)],
        ]

    def call(self, x, training=False):
        results = []
        for path in self.paths:
            y = x
            for layer in path:
                y = layer(y, training=training) if isinstance(layer, ConvNorm) else layer(y)
            results.append(y)
        return tf.concat(results, axis=3)


class Inception(keras.Model):
    def __init__(self, classes):
        super().__init__()
        self.stem = ConvNorm(8, 3)
        self.mixed = [Mixed(4, 8, 4, 4), Mixed(6, 12, 6, 6)]
        self.pool = keras.layers.MaxPooling2D()
        self.mean = keras.layers.GlobalAveragePooling2D()
        self.dropout = keras.layers.Dropout(0.2, seed=8)
        self.auxiliary = keras.layers.Dense(classes)
        self.classifier = keras.layers.Dense(classes)

    def call(self, x, training=False):
        heads = {}
        x = self.pool(self.stem(x, training=training))
        for number, block in enumerate(self.mixed):
            x = block(x, training=training)
            if number == 0 and training:
                heads["auxiliary"] = self.auxiliary(self.mean(x))
        heads["main"] = self.classifier(self.dropout(self.mean(x), training=training))
        return heads


# %%
def minibatches(x, y, size, seed):
    chooser = np.random.default_rng(seed)
    while True:
        index = chooser.permutation(len(x))
        for start in range(0, len(x) - size + 1, size):
            rows = index[start : start + size]
            yield tf.constant(x[rows]), tf.constant(y[rows])


keras.utils.set_random_seed(6)
model = Inception(4)
optimizer = keras.optimizers.RMSprop(2e-3)
weights_of_heads = {"main": 1.0, "auxiliary": 0.3}
losses, parts, scores = [], {"main": [], "auxiliary": []}, []
best, waited = None, 0
for step, (x, y) in enumerate(minibatches(pictures[:1000], kinds[:1000], 25, seed=9)):
    if step == STEPS:
        break
    with tf.GradientTape() as tape:
        total = 0.0
        for name, logits in model(x, training=True).items():
            part = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True))
            parts[name].append(float(part))
            total += weights_of_heads[name] * part
    gradients = tape.gradient(total, model.trainable_variables)
    gradients, norm = tf.clip_by_global_norm(gradients, 5.0)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    losses.append(float(total))
    if step % 20 == 19:
        logits = model(pictures[1000:], training=False)["main"]
        score = np.mean(np.argmax(logits, axis=1) == kinds[1000:])
        print(f"{step + 1:4d}: loss {losses[-1]:.3f}, gradient {norm.numpy():.2f}, held out {score:.3f}")
        scores.append(float(score))
        if best is None or score > best[0]:
            best, waited = (score, model.get_weights()), 0
        else:
            waited += 1
        if waited >= 3:
            optimizer.learning_rate = optimizer.learning_rate * 0.5
            waited = 0

if best is not None:
    model.set_weights(best[1])
RESULT = {"losses": losses, "parts": parts, "scores": scores, "weights": model.get_weights()}

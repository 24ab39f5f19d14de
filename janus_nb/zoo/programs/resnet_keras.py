"""A small pre-activation ResNet on digits with Keras layers, trained by a function that is called once.

Data: scikit-learn's `load_digits` (1,797 images of 8 x 8 pixels), scaled to [0, 1], shuffled with seed 0; 1,440 for training, 357 held out,
in tensors that are indexed.
"""

# %%
import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits

STEPS = 220

# %%
keras.utils.set_random_seed(0)
bunch = load_digits()
order = np.random.default_rng(0).permutation(1797)
xs = tf.constant(bunch.images[order, :, :, None] / 16.0, tf.float32)
ys = tf.constant(bunch.target[order], tf.int32)
train_x, train_y, test_x, test_y = xs[:1440], ys[:1440], xs[1440:], ys[1440:]


# %%
class Residual(layers.Layer):
    def __init__(self, channels, downsample=False):
        super().__init__()
        stride = 2 if downsample else 1
        self.norm1, self.norm2 = layers.BatchNormalization(), layers.BatchNormalization()
        self.conv1 = layers.Conv2D(channels, 3, strides=stride, padding="same", use_bias=False)
        self.conv2 = layers.Conv2D(channels, 3, padding="same", use_bias=False)
        self.project = layers.Conv2D(channels, 1, strides=stride, use_bias=False) if downsample else None

    def call(self, x, training=None):
        h = tf.nn.relu(self.norm1(x, training=training))
        shortcut = x if self.project is None else self.project(h)
        h = self.conv1(h)
        h = self.conv2(tf.nn.relu(self.norm2(h, training=training)))
        return shortcut + h


class ResNet(keras.Model):
    def __init__(self, stages, classes):
        super().__init__()
        self.stem = layers.Conv2D(stages[0][0], 3, padding="same", use_bias=False)
        self.blocks = []
        for i, (channels, repeats) in enumerate(stages):
            for j in range(repeats):
                self.blocks.append(Residual(channels, downsample=i > 0 and j == 0))
        self.norm = layers.BatchNormalization()
        self.pool = layers.GlobalAveragePooling2D()
        self.classify = layers.Dense(classes)

    def call(self, x, training=None):
        x = self.stem(x)
        for block in self.blocks:
            x = block(x, training=training)
        x = self.pool(tf.nn.relu(self.norm(x, training=training)))
        return self.classify(x)


def cosine(step, total, peak):
    warmup = 20
    if step < warmup:
        return peak * (step + 1) / warmup
    return 0.5 * peak * (1 + np.cos(np.pi * (step - warmup) / max(1, total - warmup)))


def train(model, steps, batch=48, peak=0.1):
    optimizer = keras.optimizers.SGD(peak, momentum=0.9, nesterov=True)
    loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    seen = keras.metrics.Mean()
    losses, accuracies = [], []
    best_accuracy, best_weights = 0.0, model.get_weights()
    per_epoch = train_x.shape[0] // batch
    for step in range(steps):
        if step % per_epoch == 0:
            permutation = tf.random.shuffle(tf.range(train_x.shape[0]), seed=step)
        at = (step % per_epoch) * batch
        index = permutation[at : at + batch]
        x, y = tf.gather(train_x, index), tf.gather(train_y, index)
        optimizer.learning_rate = cosine(step, steps, peak)
        with tf.GradientTape() as tape:
            loss = loss_fn(y, model(x, training=True))
            loss += 1e-4 * tf.add_n([tf.nn.l2_loss(w) for w in model.trainable_weights if "kernel" in w.name])
        grads = tape.gradient(loss, model.trainable_weights)
        optimizer.apply_gradients(zip(grads, model.trainable_weights))
        seen.update_state(loss)
        losses.append(float(loss))
        if (step + 1) % per_epoch == 0:
            predicted = tf.argmax(model(test_x, training=False), axis=1, output_type=tf.int32)
            accuracy = float(tf.reduce_mean(tf.cast(predicted == test_y, tf.float32)))
            accuracies.append(accuracy)
            print(f"step {step + 1}: mean loss {float(seen.result()):.3f}, accuracy {accuracy:.3f}")
            seen.reset_state()
            if accuracy > best_accuracy:
                best_accuracy, best_weights = accuracy, model.get_weights()
            elif len(accuracies) > 5 and accuracy < max(accuracies[:-4]):
                print("no progress")
                break
    model.set_weights(best_weights)
    return losses, accuracies


# %%
model = ResNet([(8, 1), (16, 1), (32, 1)], 10)
model(train_x[:2])
print(f"{sum(int(np.prod(w.shape)) for w in model.trainable_weights)} parameters")
losses, accuracies = train(model, STEPS)
RESULT = {"losses": losses, "scores": accuracies, "weights": model.get_weights()}

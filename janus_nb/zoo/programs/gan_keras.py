"""A convolutional GAN on digits: Keras models, both gradients from one pass with two tapes, `tf.data`.

Data: scikit-learn's `load_digits` (1,797 images of 8 x 8), scaled to [-1, 1]; shuffled batches of 48.
"""

# %%
import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

STEPS = 180

# %%
keras.utils.set_random_seed(21)
images = (load_digits().images[..., None] / 8.0 - 1.0).astype("float32")
dataset = tf.data.Dataset.from_tensor_slices(images).shuffle(1797, seed=1).batch(48, drop_remainder=True)


# %%
class Generator(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(4 * 4 * 16, use_bias=False)
        self.norms = [keras.layers.BatchNormalization() for _ in range(2)]
        self.up = keras.layers.Conv2DTranspose(8, 4, strides=2, padding="same", use_bias=False)
        self.out = keras.layers.Conv2D(1, 3, padding="same", activation="tanh")

    def call(self, z, training=False):
        x = tf.reshape(self.dense(z), (-1, 4, 4, 16))
        x = tf.nn.relu(self.norms[0](x, training=training))
        x = tf.nn.relu(self.norms[1](self.up(x), training=training))
        return self.out(x)


class Discriminator(keras.Model):
    def __init__(self):
        super().__init__()
        self.convs = [keras.layers.Conv2D(n, 3, strides=2, padding="same") for n in (12, 24)]
        self.drop = keras.layers.Dropout(0.3, seed=7)
        self.flatten = keras.layers.Flatten()
        self.score = keras.layers.Dense(1)

    def call(self, x, training=False):
        for conv in self.convs:
            x = self.drop(tf.nn.leaky_relu(conv(x)), training=training)
        return self.score(self.flatten(x))


class GAN:
    def __init__(self, noise=12):
        self.noise = noise
        self.generator, self.discriminator = Generator(), Discriminator()
        self.g_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5)
        self.d_optimizer = keras.optimizers.Adam(5e-4, beta_1=0.5)
        self.loss = keras.losses.BinaryCrossentropy(from_logits=True)
        self.metrics = {"generator": keras.metrics.Mean(), "discriminator": keras.metrics.Mean()}
        self.history = {"generator": [], "discriminator": [], "fooled": []}

    def train_step(self, real):
        z = tf.random.normal((real.shape[0], self.noise))
        with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
            fake = self.generator(z, training=True)
            on_real, on_fake = self.discriminator(real, training=True), self.discriminator(fake, training=True)
            g_loss = self.loss(tf.ones_like(on_fake), on_fake)
            d_loss = self.loss(tf.ones_like(on_real), on_real) + self.loss(tf.zeros_like(on_fake), on_fake)
        pairs = ((g_tape, g_loss, self.generator, self.g_optimizer), (d_tape, d_loss, self.discriminator, self.d_optimizer))
        for tape, loss, model, optimizer in pairs:
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables))
        for name, loss in (("generator", g_loss), ("discriminator", d_loss)):
            self.metrics[name].update_state(loss)
            self.history[name].append(float(loss))
        return on_fake

    def train(self, dataset, steps):
        done, best, weights = 0, np.inf, None
        z = tf.random.normal((64, self.noise), seed=2)
        while done < steps:
            fooled = []
            for real in dataset:
                on_fake = self.train_step(real)
                fooled.append(float(tf.reduce_mean(tf.cast(on_fake > 0, tf.float32))))
                done += 1
                if done == steps:
                    break
            self.history["fooled"].append(np.mean(fooled))
            samples = self.generator(z, training=False).numpy()
            distance = np.abs(samples.mean(0) - images.mean(0)).mean()
            print(f"{done} steps: " + ", ".join(f"{n} {float(m.result()):.3f}" for n, m in self.metrics.items()) + f", distance {distance:.3f}")
            for metric in self.metrics.values():
                metric.reset_state()
            if distance < best:
                best, weights = distance, self.generator.get_weights()
            if self.history["fooled"][-1] < 0.02:
                self.d_optimizer.learning_rate.assign(self.d_optimizer.learning_rate * 0.5)
        self.generator.set_weights(weights)


# %%
gan = GAN()
gan.train(dataset, STEPS)
RESULT = {
    "losses": gan.history["generator"],
    "d_losses": gan.history["discriminator"],
    "scores": [float(f) for f in gan.history["fooled"]],
    "weights": gan.generator.get_weights() + gan.discriminator.get_weights(),
}

"""pix2pix: a U-Net with a list of skips and a PatchGAN, Keras layers, two tapes.

Data: 200 pairs of 32 x 32, made with NumPy (seed 0), in the manner of the facades: a label map of rectangles ("windows", "door", "wall") and a
picture of it with shaded walls, window frames and noise. 180 pairs for training, one at a time; 20 held out.
"""

# %%
import keras
import numpy as np
import tensorflow as tf

STEPS = 120
SIZE = 32


# %%
def facade(rng):
    label = np.zeros((SIZE, SIZE, 3), np.float32)
    label[..., 0] = 1
    for row in range(3, SIZE - 9, rng.integers(7, 10)):
        for col in range(2, SIZE - 6, rng.integers(7, 10)):
            label[row : row + 4, col : col + 4] = (0, 1, 0)
    door = rng.integers(4, SIZE - 10)
    label[SIZE - 7 :, door : door + 5] = (0, 0, 1)
    light = np.linspace(0.9, 0.5, SIZE)[None, :, None]
    picture = label @ np.array([[0.8, 0.6, 0.5], [0.2, 0.3, 0.6], [0.4, 0.2, 0.1]]) * light
    return label, np.clip(picture + rng.normal(0, 0.02, picture.shape), 0, 1).astype(np.float32) * 2 - 1


rng = np.random.default_rng(0)
pairs = [facade(rng) for _ in range(200)]
dataset = tf.data.Dataset.from_tensor_slices((np.stack([a for a, _ in pairs[:180]]), np.stack([b for _, b in pairs[:180]])))
dataset = dataset.shuffle(180, seed=3).batch(1)
test_in = tf.constant(np.stack([a for a, _ in pairs[180:]]))
test_out = np.stack([b for _, b in pairs[180:]])


# %%
class Down(keras.layers.Layer):
    def __init__(self, filters, norm=True):
        super().__init__()
        self.conv = keras.layers.Conv2D(filters, 4, strides=2, padding="same", use_bias=not norm)
        self.norm = keras.layers.BatchNormalization() if norm else None

    def call(self, x, training=False):
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x, training=training)
        return tf.nn.leaky_relu(x)


class Up(keras.layers.Layer):
    def __init__(self, filters, dropout=False):
        super().__init__()
        self.conv = keras.layers.Conv2DTranspose(filters, 4, strides=2, padding="same", use_bias=False)
        self.norm = keras.layers.BatchNormalization()
        self.drop = keras.layers.Dropout(0.5, seed=4) if dropout else None

    def call(self, x, training=False):
        x = self.norm(self.conv(x), training=training)
        if self.drop:
            x = self.drop(x, training=training)
        return tf.nn.relu(x)


class UNet(keras.Model):
    def __init__(self):
        super().__init__()
        self.downs = [Down(8, norm=False), Down(16), Down(24), Down(32)]
        self.ups = [Up(24, dropout=True), Up(16), Up(8)]
        self.last = keras.layers.Conv2DTranspose(3, 4, strides=2, padding="same", activation="tanh")

    def call(self, x, training=False):
        skips = []
        for down in self.downs:
            x = down(x, training=training)
            skips.append(x)
        skips = reversed(skips[:-1])
        for up, skip in zip(self.ups, skips):
            x = up(x, training=training)
            x = tf.concat([x, skip], axis=-1)
        return self.last(x)


class PatchGAN(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [Down(8, norm=False), Down(16)]
        self.out = keras.layers.Conv2D(1, 3, padding="same")

    def call(self, inputs, training=False):
        source, picture = inputs
        x = tf.concat([source, picture], axis=-1)
        for block in self.blocks:
            x = block(x, training=training)
        return self.out(x)


# %%
keras.utils.set_random_seed(9)
generator, discriminator = UNet(), PatchGAN()
g_optimizer, d_optimizer = keras.optimizers.Adam(1e-3, beta_1=0.5), keras.optimizers.Adam(4e-4, beta_1=0.5)
bce = keras.losses.BinaryCrossentropy(from_logits=True)
LAMBDA = 50.0


def train_step(source, target):
    with tf.GradientTape() as g_tape, tf.GradientTape() as d_tape:
        made = generator(source, training=True)
        real = discriminator([source, target], training=True)
        fake = discriminator([source, made], training=True)
        gan_loss = bce(tf.ones_like(fake), fake)
        l1 = tf.reduce_mean(tf.abs(target - made))
        g_loss = gan_loss + LAMBDA * l1
        d_loss = 0.5 * (bce(tf.ones_like(real), real) + bce(tf.zeros_like(fake), fake))
    g_grads = g_tape.gradient(g_loss, generator.trainable_variables)
    d_grads = d_tape.gradient(d_loss, discriminator.trainable_variables)
    g_optimizer.apply_gradients(zip(g_grads, generator.trainable_variables))
    d_optimizer.apply_gradients(zip(d_grads, discriminator.trainable_variables))
    return {"gan": gan_loss, "l1": l1, "discriminator": d_loss}


history, errors, best = {"gan": [], "l1": [], "discriminator": []}, [], None
step = 0
while step < STEPS:
    for source, target in dataset:
        for name, value in train_step(source, target).items():
            history[name].append(float(value))
        step += 1
        if step % 30 == 0:
            errors.append(float(np.abs(generator(test_in, training=False).numpy() - test_out).mean()))
            print(f"step {step}: " + "  ".join(f"{n} {v[-1]:.3f}" for n, v in history.items()) + f"  held out {errors[-1]:.3f}")
            if best is None or errors[-1] < best[0]:
                best = (errors[-1], generator.get_weights())
            elif len(errors) > 3:
                g_optimizer.learning_rate.assign(g_optimizer.learning_rate * 0.5)
        if step == STEPS:
            break

if best:
    generator.set_weights(best[1])
RESULT = {"losses": history["l1"], "gan": history["gan"], "d_losses": history["discriminator"], "scores": errors, "weights": generator.get_weights()}

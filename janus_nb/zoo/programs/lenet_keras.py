"""LeNet on handwritten digits, as a Keras model and a `Trainer`.

Data: scikit-learn's `load_digits` (1,797 images of 8 x 8 pixels, 16 grey levels), each pixel doubled to make 16 x 16, scaled to [0, 1];
shuffled with seed 0, 1,500 images for training and the rest held out; fed by a `tf.data` pipeline.
"""

# %%
import keras
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_digits

STEPS = 450

# %%
keras.utils.set_random_seed(3)
digits = load_digits()
images = np.kron(digits.images, np.ones((1, 2, 2))).astype("float32")[..., None] / 16.0
order = np.random.default_rng(0).permutation(len(images))
images, labels = images[order], digits.target[order].astype("int64")
train_data = tf.data.Dataset.from_tensor_slices((images[:1500], labels[:1500])).shuffle(1500, seed=4).batch(32, drop_remainder=True)
test_data = tf.data.Dataset.from_tensor_slices((images[1500:], labels[1500:])).batch(99)


# %%
class LeNet(keras.Model):
    def __init__(self, classes=10):
        super().__init__()
        self.convs = [keras.layers.Conv2D(n, 5, padding="same", activation="relu") for n in (6, 16)]
        self.pool = keras.layers.MaxPooling2D()
        self.flat = keras.layers.Flatten()
        self.hidden = [keras.layers.Dense(n, activation="relu") for n in (120, 84)]
        self.drop = keras.layers.Dropout(0.3, seed=5)
        self.head = keras.layers.Dense(classes)

    def call(self, x, training=False):
        for conv in self.convs:
            x = self.pool(conv(x))
        x = self.flat(x)
        for layer in self.hidden:
            x = self.drop(layer(x), training=training)
        return self.head(x)


class Trainer:
    def __init__(self, model, optimizer, patience=4):
        self.model, self.optimizer, self.patience = model, optimizer, patience
        self.loss_fn = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.train_accuracy = keras.metrics.SparseCategoricalAccuracy()
        self.history = {"loss": [], "train": [], "test": []}
        self.step = 0
        self.best = (-1.0, None)

    def train_step(self, x, y):
        with tf.GradientTape() as tape:
            logits = self.model(x, training=True)
            loss = self.loss_fn(y, logits)
        grads = tape.gradient(loss, self.model.trainable_variables)
        self.optimizer.apply_gradients(zip(grads, self.model.trainable_variables))
        self.train_accuracy.update_state(y, logits)
        return loss

    def evaluate(self, data):
        right = count = 0
        for x, y in data:
            guess = tf.argmax(self.model(x, training=False), axis=-1)
            right += int(tf.reduce_sum(tf.cast(guess == y, tf.int32)))
            count += len(y)
        return right / count

    def epoch(self, data, steps):
        self.train_accuracy.reset_state()
        for x, y in data:
            loss = self.train_step(x, y)
            self.history["loss"].append(loss.numpy())
            self.step += 1
            if self.step % 40 == 0:
                print(f"{self.step:5d}  loss {loss:.3f}  accuracy {self.train_accuracy.result():.3f}")
            if self.step == steps:
                break
        self.history["train"].append(float(self.train_accuracy.result()))

    def fit(self, data, held_out, steps):
        since = 0
        while self.step < steps and since < self.patience:
            self.epoch(data, steps)
            score = self.evaluate(held_out)
            self.history["test"].append(score)
            if score > self.best[0]:
                self.best, since = (score, self.model.get_weights()), 0
            else:
                since += 1
                self.optimizer.learning_rate.assign(self.optimizer.learning_rate * 0.7)
            print(f"epoch {len(self.history['test'])}: held out {score:.3f}, rate {float(self.optimizer.learning_rate):.5f}")
        self.model.set_weights(self.best[1])


# %%
trainer = Trainer(LeNet(), keras.optimizers.Adam(2e-3))
trainer.fit(train_data, test_data, STEPS)
RESULT = {"losses": [float(x) for x in trainer.history["loss"]], "scores": trainer.history["test"], "weights": trainer.model.get_weights()}

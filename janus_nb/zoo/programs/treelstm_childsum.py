"""A child-sum TreeLSTM (Tai et al., 2015) over dependency trees: any number of children, the states stored on the nodes.

Data: 240 random dependency trees of 3 to 9 words (seed 5): each word but the first hangs on a random earlier one; word ids below 40. The label is the
parity-free "depth class": 0 if the deepest word is at depth 1-2, 1 at 3, 2 at 4 and more. 200 trees for training, 40 held out.
"""

# %%
import keras
import numpy as np
import tensorflow as tf

STEPS = 120  # of 4 trees
WORDS, DIM, BATCH = 40, 24, 4


# %%
class Word:
    def __init__(self, id):
        self.id = id
        self.children = []
        self.h = self.c = None

    def depth(self):
        return 1 + max((child.depth() for child in self.children), default=0)


def dependency_tree(rng):
    words = [Word(int(rng.integers(WORDS)))]
    for _ in range(int(rng.integers(2, 9))):
        word = Word(int(rng.integers(WORDS)))
        words[int(rng.integers(len(words)))].children.append(word)
        words.append(word)
    return words[0]


rng = np.random.default_rng(5)
trees = [dependency_tree(rng) for _ in range(240)]
labels = [min(max(tree.depth() - 2, 0), 2) for tree in trees]


# %%
class ChildSumTreeLSTM(keras.Model):
    def __init__(self, words, dim, classes):
        super().__init__()
        self.embed = keras.layers.Embedding(words, dim)
        self.iou_x, self.iou_h = keras.layers.Dense(3 * dim), keras.layers.Dense(3 * dim, use_bias=False)
        self.f_x, self.f_h = keras.layers.Dense(dim, bias_initializer="ones"), keras.layers.Dense(dim, use_bias=False)
        self.out = keras.layers.Dense(classes)
        self.dim = dim

    def visit(self, node):
        for child in node.children:
            self.visit(child)
        x = self.embed(tf.constant([node.id]))
        h_sum, fc = tf.zeros((1, self.dim)), tf.zeros((1, self.dim))
        for child in node.children:
            h_sum += child.h
            fc += tf.sigmoid(self.f_x(x) + self.f_h(child.h)) * child.c
        i, o, u = tf.split(self.iou_x(x) + self.iou_h(h_sum), 3, axis=1)
        node.c = tf.sigmoid(i) * tf.tanh(u) + fc
        node.h = tf.sigmoid(o) * tf.tanh(node.c)

    def call(self, root):
        self.visit(root)
        return self.out(root.h)


def evaluate(model, first, last):
    guesses = [int(tf.argmax(model.call(trees[k])[0])) for k in range(first, last)]
    return float(np.mean([g == w for g, w in zip(guesses, labels[first:last])]))


# %%
def fit(steps):
    keras.utils.set_random_seed(8)
    model = ChildSumTreeLSTM(WORDS, DIM, 3)
    optimizer = keras.optimizers.Adam(5e-3)
    losses, scores, patience = [], [], 3
    best = None
    for step in range(steps):
        chosen = rng.choice(200, BATCH, replace=False)
        with tf.GradientTape() as tape:
            logits = tf.concat([model.call(trees[k]) for k in chosen], axis=0)
            wanted = tf.constant([labels[k] for k in chosen])
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits))
        variables = model.trainable_variables
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients((g, v) for g, v in zip(gradients, variables) if g is not None)
        losses.append(float(loss))
        if step % 20 == 19:
            score = evaluate(model, 200, 240)
            print(f"step {step + 1}: loss {np.mean(losses[-20:]):.3f}, held out {score:.3f}")
            scores.append(score)
            if best is None or score > best[0]:
                best, patience = (score, model.get_weights()), 3
            else:
                patience -= 1
                if patience == 0:
                    print("no better: stopped")
                    break
    model.set_weights(best[1] if best else model.get_weights())
    return model, losses, scores


model, losses, scores = fit(STEPS)
RESULT = {"losses": losses, "scores": scores, "weights": model.get_weights()}

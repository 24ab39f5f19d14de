"""SPINN (Bowman et al., 2016): a shift-reduce machine with a stack and a buffer, which are Python lists, and a tracking LSTM.

Data: 300 random binary trees of 3 to 8 leaves over 20 words (seed 6), written as transitions (0 shift, 1 reduce). The label is 1 if more than half of the
words are even. One sentence after another; minibatches of 6 sum their losses. 240 for training, 60 held out.
"""

# %%
import numpy as np
import tensorflow as tf

STEPS = 60
WORDS, DIM, TRACK, BATCH = 20, 16, 12, 6
SHIFT, REDUCE = 0, 1


# %%
def sentence(rng):
    leaves = int(rng.integers(3, 9))
    words = rng.integers(0, WORDS, leaves).tolist()
    transitions, depth, left = [], 0, leaves
    while left > 0 or depth > 1:
        if depth < 2 or (left > 0 and rng.random() < 0.5):
            transitions.append(SHIFT)
            depth, left = depth + 1, left - 1
        else:
            transitions.append(REDUCE)
            depth -= 1
    return {"words": words, "transitions": transitions, "label": int(sum(w % 2 == 0 for w in words) * 2 > leaves)}


rng = np.random.default_rng(6)
data = [sentence(rng) for _ in range(300)]


# %%
class Tracker:
    def __init__(self, rng):
        self.w = tf.Variable(rng.normal(0, 0.2, (3 * DIM + TRACK, 4 * TRACK)).astype(np.float32))
        self.b = tf.Variable(np.zeros(4 * TRACK, np.float32))

    def start(self):
        self.h = self.c = tf.zeros((1, TRACK))

    def step(self, top, second, front):
        gates = tf.concat([top, second, front, self.h], 1) @ self.w + self.b
        i, f, o, g = tf.split(gates, 4, 1)
        self.c = tf.sigmoid(f + 1.0) * self.c + tf.sigmoid(i) * tf.tanh(g)
        self.h = tf.sigmoid(o) * tf.tanh(self.c)


class SPINN:
    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.embedding = tf.Variable(rng.normal(0, 0.3, (WORDS, DIM)).astype(np.float32))
        self.compose = tf.Variable(rng.normal(0, 0.2, (2 * DIM + TRACK, DIM)).astype(np.float32))
        self.compose_b = tf.Variable(np.zeros(DIM, np.float32))
        self.out = tf.Variable(rng.normal(0, 0.2, (DIM, 2)).astype(np.float32))
        self.predict = tf.Variable(rng.normal(0, 0.2, (TRACK, 2)).astype(np.float32))
        self.tracker = Tracker(rng)
        self.empty = tf.zeros((1, DIM))

    def variables(self):
        return [self.embedding, self.compose, self.compose_b, self.out, self.predict, self.tracker.w, self.tracker.b]

    def run(self, example):
        """Logits of a sentence, and the loss of predicting its transitions."""
        buffer = [tf.reshape(self.embedding[word], (1, DIM)) for word in reversed(example["words"])]
        stack = []
        self.tracker.start()
        transition_loss = 0.0
        for transition in example["transitions"]:
            top = stack[-1] if stack else self.empty
            second = stack[-2] if len(stack) > 1 else self.empty
            front = buffer[-1] if buffer else self.empty
            self.tracker.step(top, second, front)
            guess = self.tracker.h @ self.predict
            transition_loss += tf.nn.sparse_softmax_cross_entropy_with_logits([transition], guess)[0]
            if transition == SHIFT:
                stack.append(buffer.pop())
            else:
                right, left = stack.pop(), stack.pop()
                joined = tf.concat([left, right, self.tracker.h], 1)
                stack.append(tf.tanh(joined @ self.compose + self.compose_b))
        assert len(stack) == 1 and not buffer
        return stack[0] @ self.out, transition_loss / len(example["transitions"])


# %%
def train(model, examples, held_out, steps, rate=0.2):
    log = {"loss": [], "transition": [], "score": []}
    kept, best = None, 0.0
    for step in range(steps):
        batch = [examples[(step * BATCH + k) % len(examples)] for k in range(BATCH)]
        with tf.GradientTape() as tape:
            label_loss = transition_loss = 0.0
            for example in batch:
                logits, t = model.run(example)
                label_loss += tf.nn.sparse_softmax_cross_entropy_with_logits([example["label"]], logits)[0]
                transition_loss += t
            loss = (label_loss + 0.3 * transition_loss) / BATCH
        variables = model.variables()
        for v, g in zip(variables, tape.gradient(loss, variables)):
            v.assign_sub(rate * tf.clip_by_norm(tf.convert_to_tensor(g), 5.0))
        log["loss"].append(float(label_loss) / BATCH)
        log["transition"].append(float(transition_loss) / BATCH)
        if step % 20 == 19:
            score = np.mean([np.argmax(model.run(e)[0].numpy()) == e["label"] for e in held_out])
            log["score"].append(float(score))
            print(f"step {step + 1}: label {log['loss'][-1]:.3f}, transitions {log['transition'][-1]:.3f}, held out {score:.2f}")
            if score > best:
                best, kept = score, [v.numpy() for v in variables]
            else:
                rate *= 0.5
    return log, kept


model = SPINN(2)
log, kept = train(model, data[:240], data[240:], STEPS)
RESULT = {"losses": log["loss"], "transition": log["transition"], "scores": log["score"], "weights": [v.numpy() for v in model.variables()]}

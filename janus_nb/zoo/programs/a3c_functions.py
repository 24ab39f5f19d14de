"""A3C with two workers taking turns on one set of parameters: functions, dictionaries, Keras layers, TensorFlow's sampling.

Data: the cart-pole system (Barto, Sutton and Anderson, 1983; Gym's constants), written as one function of NumPy arrays; starts are drawn with
seeds 0 and 1. A worker plays 16 steps, computes its gradients with its own copy of the weights, and applies them to the shared ones.
"""

# %%
import keras
import numpy as np
import tensorflow as tf

STEPS = 60  # updates


# %%
def dynamics(state, action):
    x, dx, a, da = state
    force = 10.0 if action else -10.0
    temp = (force + 0.05 * da * da * np.sin(a)) / 1.1
    dda = (9.8 * np.sin(a) - np.cos(a) * temp) / (0.5 * (4.0 / 3.0 - 0.1 * np.cos(a) ** 2 / 1.1))
    ddx = temp - 0.05 * dda * np.cos(a) / 1.1
    state = np.array([x + 0.02 * dx, dx + 0.02 * ddx, a + 0.02 * da, da + 0.02 * dda], np.float32)
    return state, abs(state[0]) > 2.4 or abs(state[2]) > 0.2095


def build():
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(24, activation="relu")(inputs)
    return keras.Model(inputs, [keras.layers.Dense(2)(hidden), keras.layers.Dense(1)(hidden)])


keras.utils.set_random_seed(12)
shared = build()
optimizer = keras.optimizers.RMSprop(7e-3)


def new_worker(seed):
    rng = np.random.default_rng(seed)
    return {"model": build(), "rng": rng, "state": rng.uniform(-0.05, 0.05, 4).astype(np.float32), "length": 0}


workers = [new_worker(seed) for seed in range(2)]
lengths = []


def rollout(worker, limit):
    memory = {"states": [], "actions": [], "rewards": []}
    done = False
    while not done and len(memory["rewards"]) < limit:
        logits, _ = worker["model"](worker["state"][None])
        action = int(tf.random.categorical(logits, 1)[0, 0])
        memory["states"].append(worker["state"])
        memory["actions"].append(action)
        worker["state"], done = dynamics(worker["state"], action)
        worker["length"] += 1
        done = done or worker["length"] >= 200
        memory["rewards"].append(1.0)
    return memory, done


def discounted(rewards, bootstrap, gamma=0.97):
    out = []
    for r in rewards[::-1]:
        bootstrap = r + gamma * bootstrap
        out.insert(0, bootstrap)
    return tf.constant(out, tf.float32)


def losses_of(model, memory, targets):
    logits, values = model(np.array(memory["states"]))
    values = values[:, 0]
    advantages = targets - values
    picked = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=memory["actions"], logits=logits)
    probabilities = tf.nn.softmax(logits)
    entropy = -tf.reduce_sum(probabilities * tf.math.log(probabilities + 1e-8), axis=1)
    actor = tf.reduce_mean(picked * tf.stop_gradient(advantages))
    critic = tf.reduce_mean(tf.square(advantages))
    return actor, critic, tf.reduce_mean(entropy)


# %%
history, best, best_weights = [], -1.0, None
for update in range(STEPS):
    worker = workers[update % len(workers)]
    worker["model"].set_weights(shared.get_weights())
    memory, done = rollout(worker, 16)
    if done:
        bootstrap = 0.0
        lengths.append(worker["length"])
        worker["state"] = worker["rng"].uniform(-0.05, 0.05, 4).astype(np.float32)
        worker["length"] = 0
    else:
        bootstrap = float(worker["model"](worker["state"][None])[1][0, 0])
    targets = discounted(memory["rewards"], bootstrap)
    with tf.GradientTape() as tape:
        actor, critic, entropy = losses_of(worker["model"], memory, targets)
        loss = actor + 0.4 * critic - 0.01 * entropy
    gradients = tape.gradient(loss, worker["model"].trainable_variables)
    gradients = [tf.clip_by_norm(g, 2.0) for g in gradients]
    optimizer.apply_gradients(zip(gradients, shared.trainable_variables))
    history.append((float(actor), float(critic), float(entropy)))
    if update % 20 == 19:
        recent = lengths[-8:] or [0]
        print(
            f"update {update + 1}: actor {history[-1][0]:+.3f} critic {history[-1][1]:.3f} entropy {history[-1][2]:.3f} length {np.mean(recent):.1f}"
        )
        if np.mean(recent) > best:
            best, best_weights = np.mean(recent), shared.get_weights()
        else:
            optimizer.learning_rate = optimizer.learning_rate * 0.8

RESULT = {"losses": [sum(h) for h in history], "scores": [float(n) for n in lengths], "weights": shared.get_weights()}

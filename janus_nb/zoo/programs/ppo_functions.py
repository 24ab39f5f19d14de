"""PPO on CartPole with discrete actions, as a script with functions and Keras models.

Data: eight cart-pole systems side by side (Barto, Sutton and Anderson, 1983; Gym's constants), written with NumPy over all of them; starts drawn
with seed 4. An update plays 48 steps, then learns three epochs of minibatches of 96.
"""

# %%
import keras
import numpy as np
import tensorflow as tf

STEPS = 8  # updates
N, T, EPOCHS, BATCH = 8, 48, 3, 96

# %%
rng = np.random.default_rng(4)
states = rng.uniform(-0.05, 0.05, (N, 4))
ages = np.zeros(N, int)


def act_on(states, actions):
    x, dx, a, da = states.T
    temp = (np.where(actions == 1, 10.0, -10.0) + 0.05 * da**2 * np.sin(a)) / 1.1
    dda = (9.8 * np.sin(a) - np.cos(a) * temp) / (0.5 * (4 / 3 - 0.1 * np.cos(a) ** 2 / 1.1))
    ddx = temp - 0.05 * dda * np.cos(a) / 1.1
    moved = np.stack([x + 0.02 * dx, dx + 0.02 * ddx, a + 0.02 * da, da + 0.02 * dda], axis=1)
    return moved, (np.abs(moved[:, 0]) > 2.4) | (np.abs(moved[:, 2]) > 0.2095)


keras.utils.set_random_seed(5)
actor = keras.Sequential([keras.layers.Dense(32, activation="tanh"), keras.layers.Dense(2)])
critic = keras.Sequential([keras.layers.Dense(32, activation="tanh"), keras.layers.Dense(1)])
actor.build((None, 4))
critic.build((None, 4))
actor_optimizer, critic_optimizer = keras.optimizers.Adam(3e-3), keras.optimizers.Adam(1e-2)


# %%
def play():
    global states, ages
    rows, finished = [], []
    for _ in range(T):
        seen = tf.constant(states, tf.float32)
        logits = actor(seen)
        actions = tf.squeeze(tf.random.categorical(logits, 1), axis=1)
        logs = tf.gather(tf.nn.log_softmax(logits), actions, batch_dims=1)
        values = critic(seen)[:, 0]
        moved, fallen = act_on(states, actions.numpy())
        ages += 1
        over = fallen | (ages >= 200)
        rows.append((seen.numpy(), actions.numpy(), logs.numpy(), values.numpy(), np.ones(N, np.float32), over))
        for i in np.flatnonzero(over):
            finished.append(int(ages[i]))
            moved[i], ages[i] = rng.uniform(-0.05, 0.05, 4), 0
        states = moved
    return [np.array(column) for column in zip(*rows)], finished


def advantages_of(values, rewards, over, last, gamma=0.99, lam=0.95):
    out, running = [], 0.0
    for v, r, o in zip(values[::-1], rewards[::-1], over[::-1]):
        delta = r + gamma * last * (1 - o) - v
        running = delta + gamma * lam * (1 - o) * running
        out.append(running)
        last = v
    return np.array(out[::-1], np.float32)


def learn(seen, actions, old_logs, targets, advantages):
    with tf.GradientTape() as tape:
        all_logs = tf.nn.log_softmax(actor(seen))
        logs = tf.reduce_sum(all_logs * tf.one_hot(actions, 2), axis=1)
        ratio = tf.exp(logs - old_logs)
        limited = tf.where(advantages > 0, 1.2 * advantages, 0.8 * advantages)
        entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(all_logs) * all_logs, axis=1))
        actor_loss = -tf.reduce_mean(tf.minimum(ratio * advantages, limited)) - 0.01 * entropy
    grads = tape.gradient(actor_loss, actor.trainable_variables)
    actor_optimizer.apply_gradients(zip(grads, actor.trainable_variables))
    with tf.GradientTape() as tape:
        critic_loss = tf.reduce_mean((targets - critic(seen)[:, 0]) ** 2)
    grads = tape.gradient(critic_loss, critic.trainable_variables)
    critic_optimizer.apply_gradients(zip(grads, critic.trainable_variables))
    divergence = tf.reduce_mean(old_logs - logs)
    return float(actor_loss), float(critic_loss), float(divergence)


# %%
history, lengths, best = [], [], None
for update in range(STEPS):
    (seen, actions, logs, values, rewards, over), finished = play()
    lengths.extend(finished)
    last = critic(tf.constant(states, tf.float32)).numpy()[:, 0]
    adv = advantages_of(values, rewards, over, last)
    flat = [x.reshape(T * N, *x.shape[2:]) for x in (seen, actions, logs, adv + values, (adv - adv.mean()) / (adv.std() + 1e-6))]
    for epoch in range(EPOCHS):
        shuffled = rng.permutation(T * N)
        divergences = []
        for start in range(0, T * N, BATCH):
            batch = [tf.constant(x[shuffled[start : start + BATCH]]) for x in flat]
            a, c, d = learn(*batch)
            history.append((a, c))
            divergences.append(d)
        if np.mean(divergences) > 0.03:
            break
    mean = float(np.mean(lengths[-20:])) if lengths else 0.0
    print(f"update {update + 1}: actor {history[-1][0]:+.3f}, critic {history[-1][1]:.3f}, length {mean:.1f}")
    if best is None or mean > best[0]:
        best = (mean, actor.get_weights())
    elif update > 4:
        actor_optimizer.learning_rate.assign(actor_optimizer.learning_rate * 0.9)

RESULT = {"losses": [a + c for a, c in history], "scores": [float(n) for n in lengths], "weights": actor.get_weights() + critic.get_weights()}

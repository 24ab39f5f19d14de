"""Advantage actor-critic on CartPole, one worker: the environment is NumPy, an episode ends when it ends.

Data: the cart-pole system of Barto, Sutton and Anderson (1983) with Gym's constants, started uniformly in [-0.05, 0.05] (NumPy, seed 0). Every
20 steps, or when the episode is over, the actor and the critic are updated from the rollout.
"""

# %%
import math

import numpy as np
import tensorflow as tf

STEPS = 40  # episodes
GAMMA, HORIZON = 0.99, 20


# %%
class CartPole:
    gravity, force, length, tau = 9.8, 10.0, 0.5, 0.02
    pole, total = 0.1, 1.1

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.state, self.steps = None, 0

    def reset(self):
        self.state, self.steps = self.rng.uniform(-0.05, 0.05, 4), 0
        return self.state.astype(np.float32)

    def step(self, action):
        x, speed, angle, turn = self.state
        push = self.force if action == 1 else -self.force
        cos, sin = math.cos(angle), math.sin(angle)
        temp = (push + self.pole * self.length * turn**2 * sin) / self.total
        turning = (self.gravity * sin - cos * temp) / (self.length * (4.0 / 3.0 - self.pole * cos**2 / self.total))
        moving = temp - self.pole * self.length * turning * cos / self.total
        self.state = np.array([x + self.tau * speed, speed + self.tau * moving, angle + self.tau * turn, turn + self.tau * turning])
        self.steps += 1
        fallen = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 12 * math.pi / 180
        return self.state.astype(np.float32), 1.0, bool(fallen or self.steps >= 200)


# %%
class ActorCritic:
    def __init__(self, seed):
        rng = np.random.default_rng(seed)

        def dense(n, m):
            return tf.Variable(rng.normal(0, n**-0.5, (n, m)).astype(np.float32)), tf.Variable(np.zeros(m, np.float32))

        self.layers = {"hidden": dense(4, 32), "policy": dense(32, 2), "value": dense(32, 1)}

    def __call__(self, states):
        w, b = self.layers["hidden"]
        h = tf.tanh(states @ w + b)
        (pw, pb), (vw, vb) = self.layers["policy"], self.layers["value"]
        return h @ pw + pb, tf.squeeze(h @ vw + vb, axis=1)

    @property
    def variables(self):
        return [v for pair in self.layers.values() for v in pair]


class Agent:
    def __init__(self, env, model, rate):
        self.env, self.model, self.rate = env, model, rate
        self.rng = np.random.default_rng(9)
        self.slots = [tf.Variable(tf.zeros_like(v)) for v in model.variables]
        self.losses = []

    def act(self, state):
        logits, _ = self.model(tf.constant(state[None]))
        p = tf.nn.softmax(logits)[0].numpy()
        return 1 if self.rng.random() < p[1] else 0

    def returns(self, rewards, last):
        found, running = [], last
        for reward in reversed(rewards):
            running = reward + GAMMA * running
            found.append(running)
        return np.array(found[::-1], np.float32)

    def learn(self, states, actions, rewards, next_state, done):
        last = 0.0 if done else float(self.model(tf.constant(next_state[None]))[1][0])
        targets = self.returns(rewards, last)
        with tf.GradientTape() as tape:
            logits, values = self.model(tf.constant(np.stack(states)))
            advantage = targets - values
            logs = tf.nn.log_softmax(logits)
            chosen = tf.reduce_sum(logs * tf.one_hot(actions, 2), axis=1)
            policy_loss = -tf.reduce_mean(chosen * tf.stop_gradient(advantage))
            entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(logs) * logs, axis=1))
            loss = policy_loss + 0.5 * tf.reduce_mean(advantage**2) - 0.01 * entropy
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, self.model.variables), 1.0)
        for v, s, g in zip(self.model.variables, self.slots, gradients):
            s.assign(0.95 * s + 0.05 * g * g)
            v.assign_sub(self.rate * g / (tf.sqrt(s) + 1e-3))
        self.losses.append(float(loss))

    def episode(self):
        state, done, total = self.env.reset(), False, 0.0
        while not done:
            states, actions, rewards = [], [], []
            while len(rewards) < HORIZON and not done:
                action = self.act(state)
                states.append(state)
                state, reward, done = self.env.step(action)
                actions.append(action)
                rewards.append(reward)
                total += reward
            self.learn(states, actions, rewards, state, done)
        return total


# %%
agent = Agent(CartPole(0), ActorCritic(1), 5e-3)
scores, best, saved = [], 0.0, None
for number in range(STEPS):
    scores.append(agent.episode())
    average = sum(scores[-10:]) / len(scores[-10:])
    if average > best and number >= 9:
        best, saved = average, [v.numpy() for v in agent.model.variables]
    if (number + 1) % 10 == 0:
        print(f"episode {number + 1}: {average:.1f} steps on average, loss {agent.losses[-1]:.3f}")
        agent.rate *= 0.9
    if average >= 150:
        print("solved")
        break

RESULT = {"losses": agent.losses, "scores": scores, "weights": [v.numpy() for v in agent.model.variables]}

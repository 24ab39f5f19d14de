"""What a person writes by hand: the program with a `tf.function` per step, as changes of its text.

    train_step gets a decorator                          where it is a function of tensors that returns tensors
    the step becomes a function of its own               where it stands in the loop

The other programs need more than that: a step that makes its variables, keeps a state in an attribute, appends to lists or walks over a tree cannot be decorated.
"""

from __future__ import annotations

from collections.abc import Mapping

Changes = tuple[tuple[str, str], ...]

_LM_STEP = """
@tf.function
def one_step(context, target, rate):
    with tf.GradientTape() as tape:
        loss = sampled_loss(context, target)
    descend(tape.gradient(loss, variables), rate)
    return loss


# %%
rate, losses, scores, best"""

CHANGES: Mapping[str, Changes] = {
    "lenet_keras": (("    def train_step(self, x, y):", "    @tf.function\n    def train_step(self, x, y):"),),
    "pix2pix_keras": (("def train_step(source, target):", "@tf.function\ndef train_step(source, target):"),),
    "lm_functions": (
        ("\n# %%\nrate, losses, scores, best", _LM_STEP),
        (
            "    with tf.GradientTape() as tape:\n        loss = sampled_loss(context, target)\n"
            "    descend(tape.gradient(loss, variables), rate)\n    losses.append",
            "    loss = one_step(tf.constant(context), tf.constant(target), tf.constant(rate, tf.float32))\n    losses.append",
        ),
    ),
}


def by_hand(stem: str, text: str) -> str | None:
    """A program's text with its step in a `tf.function`; `None` where nobody wrote it so.

    Raises:
        ValueError: The program has changed, and the changes no longer fit.
    """
    if stem not in CHANGES:
        return None
    for old, new in CHANGES[stem]:
        if text.count(old) != 1:
            raise ValueError(f"{stem}: {old!r} stands {text.count(old)} times in the program")
        text = text.replace(old, new)
    return text


__all__ = ["CHANGES", "by_hand"]

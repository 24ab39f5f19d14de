"""What tells two fingerprints apart.

    predicted   log[4]   float 0.25
    found       log[4]   float 0.75     ->   "log[4]: eager 0.75, graph 0.25"

Everything but floating-point results is compared exactly. How far these may differ is *measured*: the same graph is run on inputs moved
by one unit in the last place, and how far a value moves then shows how well its own rounding is determined. A value that has
not moved may differ by a few units in the last place only; one that random rounding decides (a bias before a batch normalization under Adam)
has moved as far as it may differ.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from janus_nb.proof.tokens import Fingerprint, Number, Numbers
from janus_nb.speculate.guards import brief

FACTOR = 32.0
"""How much further than the measured movement a value may lie: inputs were moved in one or two ways among very many."""

UNITS = {
    "float64": 2.0**-52 * 64,
    "float32": 2.0**-23 * 64,
    "float16": 2.0**-10 * 8,
    "bfloat16": 2.0**-7 * 8,
    "complex64": 2.0**-23 * 64,
    "complex128": 2.0**-52 * 64,
}
"""What a value may differ by that has not moved, relative to the largest of its tensor: sums in another order."""

_FLOAT = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?|[-+]?\b(?:inf|nan)\b")


def difference(predicted: Fingerprint, found: Fingerprint, moved: Fingerprint | None = None) -> tuple[str, str] | None:
    """The first difference between what was predicted and what was found: the name it is reached from, and in words.

    Args:
        predicted: What a graph predicts.
        found: What Python has left.
        moved: What the same graph predicts from inputs moved by a unit in the last place; `None` to compare exactly.

    Returns:
        The name, and the place with both values; `None` if there is no difference.
    """
    comparable = moved is not None and len(moved.tokens) == len(predicted.tokens)
    for position, (wanted, seen) in enumerate(zip(predicted.tokens, found.tokens, strict=False)):
        if predicted.keys[position] != found.keys[position]:
            return found.root(position), f"eager has {found.path(position)} where the graph has {predicted.path(position)}"
        other = moved.tokens[position] if comparable and moved is not None else None
        if not _same(wanted, seen, other, moved is None):
            return found.root(position), f"{found.path(position)}: eager {_show(seen)}, graph {_show(wanted)}"
    if len(predicted.tokens) != len(found.tokens):
        longer, count = (predicted, len(found.tokens)) if len(predicted.tokens) > len(found.tokens) else (found, len(predicted.tokens))
        return longer.root(count), f"{longer.path(count)}, which only {'the graph' if longer is predicted else 'eager'} has"
    return None


def _same(wanted: Any, seen: Any, moved: Any, exactly: bool) -> bool:
    if type(wanted) is not type(seen):
        return False
    if isinstance(wanted, Number):
        if wanted.type is not seen.type:
            return False
        spread = moved.value if isinstance(moved, Number) else wanted.value
        return repr(wanted.value) == repr(seen.value) if exactly else _near(wanted.value, seen.value, spread, wanted.type)
    if isinstance(wanted, Numbers):
        return wanted.what == seen.what and (
            wanted.value is seen.value or _equal(wanted.value, seen.value, moved.value if isinstance(moved, Numbers) else wanted.value, exactly)
        )
    if wanted == seen:
        return True
    if exactly or moved is None:
        return False
    if len(wanted) == 2 and wanted[0] is str is seen[0] and isinstance(moved, tuple) and moved[0] is str:
        return texts_agree(wanted[1], seen[1], moved[1])
    return bool(moved != wanted)  # rounding decides: a prediction that flips when its inputs move


def _near(wanted: Any, seen: Any, moved: Any, kind: type) -> bool:
    """Whether two floating-point numbers are as near as their inputs determine them."""
    return _equal(np.asarray(wanted), np.asarray(seen), np.asarray(moved), False) if kind is not float else _floats_near(wanted, seen, moved)


def _floats_near(wanted: float, seen: float, moved: float) -> bool:
    """As for tensors of single precision: that is where a Python float that a graph has changed comes from."""
    if repr(wanted) == repr(seen):
        return True
    if not (math.isfinite(wanted) and math.isfinite(seen)):
        return (wanted != wanted and seen != seen) or wanted == seen
    if wanted == 0.0 == seen:
        return False  # of another sign
    return abs(wanted - seen) <= FACTOR * abs(moved - wanted) + UNITS["float32"] * max(abs(wanted), abs(seen))


def _equal(wanted: Any, seen: Any, moved: Any, exactly: bool) -> bool:
    if isinstance(wanted, bytes) or wanted is None or isinstance(seen, bytes) or seen is None:
        return bool(wanted == seen)
    try:
        x, y, z = np.asarray(wanted), np.asarray(seen), np.asarray(moved)
    except Exception:
        return type(wanted) is type(seen)  # of a kind that has no array form, such as a variant
    if x.shape != y.shape or x.dtype != y.dtype:
        return False
    if x.tobytes() == y.tobytes():
        return True
    unit = UNITS.get(x.dtype.name)
    if exactly or unit is None:
        return not exactly and x.shape == z.shape and bool(np.all((x == y) | (x != z)))
    wide = "complex128" if x.dtype.kind == "c" else "float64"
    x, y, z = x.astype(wide), y.astype(wide), z.astype(wide) if z.shape == x.shape else x.astype(wide)
    finite = np.isfinite(x) & np.isfinite(y)
    if not np.all(finite | (x == y) | (np.isnan(x) & np.isnan(y))):
        return False
    largest = float(np.max(np.abs(x), initial=0.0, where=finite))
    spread = float(np.max(np.abs(z - x), initial=0.0, where=finite & np.isfinite(z)))
    return bool(np.all(np.abs(x - y) <= FACTOR * spread + unit * largest, where=finite))


def texts_agree(wanted: str, seen: str, moved: str) -> bool:
    """Whether two texts differ only in the last digits of floating-point numbers, as far as rounding leaves these open."""
    if wanted == seen:
        return True
    if _FLOAT.sub("#", wanted) != _FLOAT.sub("#", seen):
        return False
    numbers = _FLOAT.findall(wanted), _FLOAT.findall(seen), _FLOAT.findall(moved)
    if len(numbers[2]) != len(numbers[0]):
        numbers = (*numbers[:2], numbers[0])
    return all(_digits_agree(*three) for three in zip(*numbers, strict=True))


def _digits_agree(wanted: str, seen: str, moved: str) -> bool:
    if wanted == seen:
        return True
    a, b, c = float(wanted), float(seen), float(moved)
    if not (math.isfinite(a) and math.isfinite(b)):
        return False
    mantissa, _, exponent = wanted.lower().partition("e")
    last = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    return abs(a - b) <= 1.01 * last + FACTOR * abs(c - a) + UNITS["float32"] * max(abs(a), abs(b))


def _show(token: Any) -> str:
    if isinstance(token, Number):
        return f"{token.value!r}"
    if isinstance(token, Numbers):
        return f"{token.what} {_values(token.value)}"
    if len(token) == 2 and token[0] in (int, str, bool, type(None), bytes):
        return brief(token[1])
    return " ".join(part.__name__ if isinstance(part, type) else brief(part) for part in token)


def _values(value: Any) -> str:
    try:
        array = np.asarray(value)
    except Exception:
        return type(value).__name__
    return f"{array.ravel()[:4].tolist()}" + (" ..." if array.size > 4 else "")


__all__ = ["difference", "texts_agree"]

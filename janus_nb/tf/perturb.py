"""Values moved by one unit in the last place: how far results follow shows how well rounding determines them.

[1.0, 2.0, 3.0]  float32   ->   [1.0000001, 1.9999999, 3.0000002]
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from janus_nb.backend import Body


def moved(value: Any) -> Any:
    """A floating-point tensor with every element moved up or down in turn; others as they are."""
    if not isinstance(value, tf.Tensor) or not value.dtype.is_floating:
        return value
    array = value.numpy()
    signs = np.where(np.arange(array.size).reshape(array.shape) % 2 == 0, np.inf, -np.inf).astype(array.dtype)
    with np.errstate(all="ignore"):
        return tf.constant(np.where(array == 0, array, np.nextafter(array, signs)) if array.dtype.kind == "f" else array)


@contextlib.contextmanager
def moved_variables(body: Body) -> Iterator[None]:
    """A context in which a body's floating-point variables are moved; afterwards they hold what they held, to the bit."""
    refs = [ref for ref in (*body.variables, *body.reads) if tf.as_dtype(ref.dtype).is_floating]
    before = [tf.raw_ops.ReadVariableOp(resource=ref.handle, dtype=ref.dtype) for ref in refs]
    try:
        for ref, value in zip(refs, before, strict=True):
            tf.raw_ops.AssignVariableOp(resource=ref.handle, value=moved(value))
        yield
    finally:
        for ref, value in zip(refs, before, strict=True):
            tf.raw_ops.AssignVariableOp(resource=ref.handle, value=value)


__all__ = ["moved", "moved_variables"]

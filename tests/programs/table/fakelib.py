"""TensorFlow's names for the library in a page of NumPy: the few that the table's programs use.

import tests.programs.table.fakelib as tf
tf.Variable(np.zeros(3, "float32")).assign_add(0.01 * tf.constant([1.0, 2.0, 3.0]))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.unit import fake
from tests.unit.fake import Tensor, Variable, apply, read

__all__ = ["Tensor", "Variable", "constant"]


def constant(value: Any) -> Tensor:
    """An eager tensor; 32 bits unless told otherwise."""
    array = np.asarray(value)
    return Tensor(array.astype("float32") if array.dtype == np.float64 else array)


def _data(value: Any) -> Any:
    return np.asarray(getattr(value, "example", value), "float32")


def _store(variable: Variable, value: Any) -> None:
    if fake._current:
        tracer = fake._current[-1]
        read(variable)
        tracer.staged[variable] = apply(lambda x: np.asarray(x, "float32"), value)
    else:
        variable.data = np.array(_data(value))


def assign(self: Variable, value: Any) -> None:
    """The variable gets a value."""
    _store(self, value)


def assign_add(self: Variable, value: Any) -> None:
    """The variable grows by a value."""
    _store(self, apply(np.add, read(self), value if isinstance(value, Tensor | Variable) else _data(value)))


def numpy(self: Variable) -> Any:
    """A copy of the value."""
    return np.array(self.data)


for _method in (assign, assign_add, numpy):
    _method.__qualname__ = f"Variable.{_method.__name__}"
    setattr(Variable, _method.__name__, _method)

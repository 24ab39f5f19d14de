"""A fingerprint: everything that can be reached from some names, as a flat list of tokens.

    log = [1.5, box]           names          (dict, 0)
    box.total = 3              log            list of 2, object 1
                               log[0]         float 1.5
                               log[1]         Box, object 2
                               log[1].total   int 3
                               box            object 2 again

Two fingerprints are taken in the same order, so that equal state gives equal lists: types, contents, the order of dictionaries, and
which places hold one and the same object. An *overlay* stands for writes that have not been made: a walk sees the
predicted value of a slot or variable in place of the present one, and nothing has to be written and taken back.

Taking a fingerprint runs no user code: objects are read through their dictionaries and slots.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from janus_nb.proof.tokens import VOLATILE, Fingerprint, Number, Numbers, Overlay
from janus_nb.proof.walk import Names, Walk
from janus_nb.source.units import is_user_class
from janus_nb.speculate.slots import TRANSIENT, instance_dict

MAX_ARRAY = 2**20
"""Bytes of an array up to which it is copied; larger ones are told apart by a hash of their content."""

MAX_HASHED = 2**26
"""Bytes of an array up to which its content is looked at; larger ones count by identity."""

_UNOPENED = frozenset({"Tracker", "KerasTensor", "Node", "Operation", "DTypePolicy", "FloatDTypePolicy"})


class Library(Protocol):
    """What a fingerprint asks of the tensor library."""

    def is_tensor(self, value: Any) -> bool: ...
    def is_variable(self, value: Any) -> bool: ...
    def is_tape(self, value: Any) -> bool: ...
    def variable_key(self, value: Any) -> Any: ...
    def value_of(self, variable: Any) -> Any: ...
    def random_state(self) -> Any: ...


class _Walk(Walk):
    """A walk that knows NumPy's objects and those of the tensor library as well."""

    def __init__(self, library: Library, overlay: Overlay, names: Names, ignored: frozenset[Any]) -> None:
        super().__init__(overlay, names, ignored)
        self.library = library

    def of_library(self, kind: type) -> Callable[[Any, int], None] | None:
        """The handler for a library's kind of object, if it is known."""
        roots = {base.__module__.partition(".")[0] for base in kind.__mro__}
        if "numpy" in roots:
            return self.numpy
        return self.tensor if roots & {"keras", "tensorflow", "fakelib"} else None

    def numpy(self, value: Any, position: int) -> None:
        import numpy as np

        if isinstance(value, np.floating | np.complexfloating):
            self.made.tokens[position] = Number(type(value), value)
        elif isinstance(value, np.generic | np.dtype):
            self.made.tokens[position] = (type(value), repr(value))
        elif isinstance(value, np.ufunc):
            self.made.tokens[position] = ("function", value.__name__)
        elif not self.first(value, position):
            return
        elif isinstance(value, np.ndarray):
            self.array(value, position)
        elif isinstance(value, np.random.Generator | np.random.RandomState | np.random.BitGenerator):
            self.made.tokens[position] = (type(value), "state", numpy_state(value))
        else:
            self.leave(value, position, f"{type(value).__module__}.{type(value).__qualname__}")

    def array(self, value: Any, position: int) -> None:
        import numpy as np

        if value.dtype.hasobject:
            self.made.tokens[position] = (type(value), value.shape, "objects")
            self.children([(item, "[..]") for item in value.ravel().tolist()], position)
            return
        if value.nbytes <= MAX_ARRAY:
            content: Any = np.array(value, copy=True)
        elif value.nbytes <= MAX_HASHED:
            content = hashlib.blake2b(np.ascontiguousarray(value).view("uint8").data, digest_size=16).digest()
        else:
            self.made.left_out["content of large arrays"] += 1
            content = None
        whole = value.base if isinstance(value.base, np.ndarray) else None
        self.made.tokens[position] = Numbers(f"{type(value).__name__} {value.dtype} {value.shape}", content)
        if whole is not None and whole.nbytes <= MAX_ARRAY:
            self.children([(whole, ".base")], position)

    def tensor(self, value: Any, position: int) -> None:
        """Tensors, variables, and what else a tensor library has."""
        library = self.library
        if library.is_tensor(value):
            self.made.tokens[position] = Numbers("tensor", value)
        elif library.is_tape(value):
            self.made.tokens[position] = ("tape",)
        elif not self.first(value, position):
            return
        elif library.is_variable(value):
            self.variable(value, position)
        elif any(base.__module__.partition(".")[0] == "keras" for base in type(value).__mro__) or is_user_class(type(value)):
            held = instance_dict(value)
            self.made.tokens[position] = (type(value), "object")
            parts = self.attributes(value, held, skip=TRANSIENT) if held is not None and type(value).__name__ not in _UNOPENED else []
            self.children([*parts, *self.slots(value), (type(value), ".__class__")], position)
        else:
            self.leave(value, position, f"{type(value).__module__.partition('.')[0]}.{type(value).__qualname__}")

    def variable(self, value: Any, position: int) -> None:
        key = ("variable", self.library.variable_key(value))
        held = self.overlay[key] if key in self.overlay else self.library.value_of(value)
        self.made.tokens[position] = Numbers("variable", held)


def numpy_state(generator: Any) -> str:
    """The state of one of NumPy's random generators, as text."""
    if hasattr(generator, "get_state"):
        state: Any = generator.get_state(legacy=False)
    else:
        state = getattr(generator, "bit_generator", generator).state
    return hashlib.blake2b(_text(state).encode(), digest_size=16).hexdigest()


def _text(state: Any) -> str:
    if isinstance(state, dict):
        return ",".join(f"{key}:{_text(state[key])}" for key in sorted(state))
    return state.tobytes().hex() if hasattr(state, "tobytes") else repr(state)


def random_states() -> Iterator[tuple[str, Any]]:
    """The states of the generators that belong to modules rather than objects."""
    yield "random's state", hash(random.getstate())
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        yield "numpy.random's state", numpy_state(numpy_random.mtrand._rand)


def fingerprint(
    library: Library,
    roots: Mapping[str, Any],
    overlay: Overlay | None = None,
    names: Names | None = None,
    ignored: frozenset[Any] = frozenset(),
) -> Fingerprint:
    """Take a fingerprint.

    Args:
        library: The tensor library.
        roots: Names, with what they hold.
        overlay: Predicted values of slots and variables, seen in place of the present ones.
        names: What the names of `roots` mean.
        ignored: Ids of objects that differ from run to run: only their types count.

    Returns:
        The state of everything that is reachable, and of the random generators of the process.
    """
    made = _Walk(library, overlay or {}, names or Names(), ignored).run(roots)
    for name, state in (*random_states(), ("tensor library's random state", library.random_state())):
        made.tokens.append(("state", state))
        made.parents.append(-1)
        made.keys.append(name)
    return made


__all__ = ["VOLATILE", "Fingerprint", "Library", "Names", "fingerprint"]

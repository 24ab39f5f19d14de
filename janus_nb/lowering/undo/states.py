"""How the state of a Python object is read and put back, without running any code of its class.

kind = kind_of(optimizer, backend)       # OBJECT: its attributes
state = kind.look(optimizer)             # {"built": False, "_momentums": ...}
kind.put(optimizer, state)               # the same attributes in the same order
"""

from __future__ import annotations

import collections
import functools
import operator
import pickle
import random
import sys
import threading
import types
import weakref
from collections.abc import Iterable, Sequence
from typing import Any

from janus_nb.backend import Attributes, Backend
from janus_nb.source.units import is_user_class, is_user_file
from janus_nb.speculate.slots import UNBOUND, instance_dict

PLAIN = frozenset({int, float, complex, str, bytes, bool, type(None), type, range, slice, types.ModuleType, types.BuiltinFunctionType})
"""Types whose values have no state and lead nowhere."""

_LEAVES = (
    type, types.ModuleType, types.CodeType, types.FrameType, types.TracebackType, types.GeneratorType, types.BuiltinFunctionType,
    weakref.ref, weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet, type(threading.Lock()), type(threading.RLock()),
)  # fmt: skip


class Kind:
    """One way of holding state. `state` is what `look` returns, and does not change with the object."""

    def look(self, owner: Any) -> Any:
        """What the object holds now."""
        return None

    def put(self, owner: Any, state: Any) -> None:
        """Make it hold that again."""

    def parts(self, state: Any) -> Iterable[tuple[str, Any]]:
        """What it leads to, each with the text that a user would add to its name."""
        return ()

    def differences(self, before: Any, now: Any) -> list[str] | None:
        """Names of attributes that differ; an empty one stands for the object itself; `None` if nothing differs."""
        return None if _same_items(before, now) else [""]


class _List(Kind):
    def look(self, owner: Any) -> Any:
        return list.__getitem__(owner, slice(None))

    def put(self, owner: Any, state: Any) -> None:
        list.__setitem__(owner, slice(None), state)

    def parts(self, state: Any) -> Iterable[tuple[str, Any]]:
        return ((f"[{i}]", part) for i, part in enumerate(state) if type(part) not in PLAIN)


class _Deque(_List):
    def look(self, owner: Any) -> Any:
        return list(collections.deque.__iter__(owner))

    def put(self, owner: Any, state: Any) -> None:
        collections.deque.clear(owner)
        collections.deque.extend(owner, state)


class _Set(_List):
    def look(self, owner: Any) -> Any:
        return list(set.__iter__(owner))

    def put(self, owner: Any, state: Any) -> None:
        set.clear(owner)
        set.update(owner, state)

    def differences(self, before: Any, now: Any) -> list[str] | None:
        return None if set(map(id, before)) == set(map(id, now)) else [""]


class _Dict(Kind):
    """A dictionary: its keys and its values, in two lists, so that no key is asked for its hash."""

    base: Any = dict

    def look(self, owner: Any) -> Any:
        return list(self.base.keys(owner)), list(self.base.values(owner))

    def put(self, owner: Any, state: Any) -> None:
        self.base.clear(owner)
        for key, value in zip(*state, strict=True):
            self.base.__setitem__(owner, key, value)

    def parts(self, state: Any) -> Iterable[tuple[str, Any]]:
        for key, value in zip(*state, strict=True):
            if type(key) not in PLAIN:
                yield " key", key
            if type(value) not in PLAIN:
                yield f"[{key!r}]" if type(key) is str else "[..]", value

    def differences(self, before: Any, now: Any) -> list[str] | None:
        return None if _same_items(before[0], now[0]) and _same_items(before[1], now[1]) else [""]


class _OrderedDict(_Dict):
    base = collections.OrderedDict


class _Tuple(_List):
    """A tuple or frozen set: nothing of it changes, but it leads on."""

    def look(self, owner: Any) -> Any:
        return tuple(tuple.__iter__(owner) if isinstance(owner, tuple) else frozenset.__iter__(owner))

    def put(self, owner: Any, state: Any) -> None:
        raise AssertionError("a tuple does not change")

    def differences(self, before: Any, now: Any) -> list[str] | None:
        return None


class _Method(_Tuple):
    def look(self, owner: Any) -> Any:
        return owner.__self__, owner.__func__


class _Partial(_Tuple):
    def look(self, owner: Any) -> Any:
        return owner.func, *owner.args, *(owner.keywords or {}).values()


class _Cell(_List):
    """A variable of an enclosing function."""

    def look(self, owner: Any) -> Any:
        try:
            return [owner.cell_contents]
        except ValueError:
            return []

    def put(self, owner: Any, state: Any) -> None:
        if state:
            owner.cell_contents = state[0]
        else:
            del owner.cell_contents


class _Function(Kind):
    """A function of a library: its own attributes, and what it closes over."""

    def look(self, owner: Any) -> Any:
        return owner.__dict__.copy(), owner.__closure__ or ()

    def put(self, owner: Any, state: Any) -> None:
        _put_attributes(owner.__dict__, state[0])

    def parts(self, state: Any) -> Iterable[tuple[str, Any]]:
        yield from ((f".{name}", part) for name, part in state[0].items())
        yield from ((" closure", cell) for cell in state[1])

    def differences(self, before: Any, now: Any) -> list[str] | None:
        return _different(before[0], now[0])


class _Attributes(Kind):
    """Some attributes of an object that is not looked into otherwise."""

    def look(self, owner: Any) -> Any:
        held = vars(owner.owner)
        return {name: held[name] for name in owner.names if name in held}

    def put(self, owner: Any, state: Any) -> None:
        held = vars(owner.owner)
        for name in owner.names:
            if name not in state:
                held.pop(name, None)
            elif held.get(name, UNBOUND) is not state[name]:
                setattr(owner.owner, name, state[name])

    def parts(self, state: Any) -> Iterable[tuple[str, Any]]:
        return ((f".{name}", part) for name, part in state.items())

    def differences(self, before: Any, now: Any) -> list[str] | None:
        return _different(before, now)


class _Local(_Attributes):
    """What an object holds for this thread."""

    def look(self, owner: Any) -> Any:
        return dict(owner.__dict__)

    def put(self, owner: Any, state: Any) -> None:
        _put_attributes(owner.__dict__, state)


class _Generator(Kind):
    """A generator of random numbers."""

    def look(self, owner: Any) -> Any:
        state = state_of(owner)
        return state, pickle.dumps(state)

    def put(self, owner: Any, state: Any) -> None:
        restore(owner, state[0])

    def differences(self, before: Any, now: Any) -> list[str] | None:
        return None if before[1] == now[1] else [""]


class _Object(Kind):
    """An object of a class: its dictionary, its slots, and what it holds as a container."""

    def __init__(self, slots: Sequence[tuple[str, Any]], container: Kind | None) -> None:
        self._slots = slots
        self._container = container

    def look(self, owner: Any) -> Any:
        held = instance_dict(owner)
        slotted = {name: _slot(member, owner) for name, member in self._slots}
        return dict(held) if held is not None else {}, slotted, self._container.look(owner) if self._container is not None else None

    def put(self, owner: Any, state: Any) -> None:
        held = instance_dict(owner)
        if held is not None:
            _put_attributes(held, state[0])
        for name, member in self._slots:
            value = state[1][name]
            if _slot(member, owner) is not value:
                member.__delete__(owner) if value is UNBOUND else member.__set__(owner, value)
        if self._container is not None:
            self._container.put(owner, state[2])

    def parts(self, state: Any) -> Iterable[tuple[str, Any]]:
        yield from ((f".{name}", part) for name, part in state[0].items() if type(part) not in PLAIN)
        yield from ((f".{name}", part) for name, part in state[1].items() if type(part) not in PLAIN and part is not UNBOUND)
        if self._container is not None:
            yield from self._container.parts(state[2])

    def differences(self, before: Any, now: Any) -> list[str] | None:
        if self._container is None and not self._slots:
            return _different(before[0], now[0])
        found = [_different(before[0], now[0]), _different(before[1], now[1])]
        if self._container is not None:
            found.append(self._container.differences(before[2], now[2]))
        return None if found == [None] * len(found) else [name for names in found for name in names or ()]


def _slot(member: Any, owner: Any) -> Any:
    try:
        return member.__get__(owner)
    except AttributeError:
        return UNBOUND


def _put_attributes(held: Any, state: dict[str, Any]) -> None:
    """Make a dictionary of attributes what it was: entry by entry, or anew if the order has changed."""
    for name in [name for name in held if name not in state]:
        del held[name]
    if list(held) != [name for name in state if name in held]:
        held.clear()
    for name, value in state.items():
        if held.get(name, UNBOUND) is not value:
            held[name] = value
    if list(held) != list(state):
        held.clear()
        held.update(state)


def _different(before: dict[str, Any], now: dict[str, Any]) -> list[str] | None:
    """Names that two dictionaries do not hold the same under; `None` if they are the same, also in their order."""
    if len(before) == len(now) and all(map(operator.is_, before.values(), now.values())) and list(before) == list(now):
        return None
    names = [name for name in before if name not in now or not _unchanged(before[name], now[name])]
    return [*names, *(name for name in now if name not in before)]


def _same_items(before: Sequence[Any], now: Sequence[Any]) -> bool:
    return len(before) == len(now) and (all(map(operator.is_, before, now)) or all(map(_unchanged, before, now)))


def _unchanged(before: Any, now: Any) -> bool:
    """Whether a value is the same object, or one that cannot be told from it."""
    if before is now:
        return True
    if type(before) is not type(now):
        return False
    if type(before) is tuple:
        return _same_items(before, now)
    return type(before) in (int, float, str, bytes, bool, complex) and repr(before) == repr(now)


_GENERATOR = _Generator()
_EXACT: dict[type, Kind] = {
    list: _List(), dict: _Dict(), set: _Set(), tuple: _Tuple(), frozenset: _Tuple(), collections.deque: _Deque(),
    collections.OrderedDict: _OrderedDict(), types.MethodType: _Method(), types.CellType: _Cell(), functools.partial: _Partial(),
    types.FunctionType: _Function(), Attributes: _Attributes(), threading.local: _Local(),
}  # fmt: skip
_CONTAINERS: tuple[tuple[type, Kind | None], ...] = (
    (collections.OrderedDict, _EXACT[collections.OrderedDict]), (dict, _EXACT[dict]), (list, _EXACT[list]), (set, _EXACT[set]),
    (collections.deque, _EXACT[collections.deque]), (tuple, _EXACT[tuple]), (frozenset, _EXACT[frozenset]),
)  # fmt: skip


_known: weakref.WeakKeyDictionary[type, dict[type, Kind | None]] = weakref.WeakKeyDictionary()
"""Found before, for a kind of tensor library; no class is kept alive."""


def kind_of(value: Any, backend: Backend) -> Kind | None:
    """How the state of an object is read and put back; `None` for what has none, or is the user's own affair.

    An object of a plain class of the user's is not looked into: library code does not know its attributes.
    """
    kind = type(value)
    if kind is types.FunctionType and (is_user_file(value.__code__.co_filename) or _is_ours(value.__module__)):
        return None
    exact = _EXACT.get(kind)
    if exact is not None:
        return exact
    found = _known.get(kind)
    if found is None:
        found = _known[kind] = {}
    if type(backend) not in found:
        found[type(backend)] = _classify(kind, backend)
    return found[type(backend)]


def _classify(kind: type, backend: Backend) -> Kind | None:
    if kind in PLAIN or issubclass(kind, _LEAVES) or backend.is_opaque(kind) or _is_ours(kind.__module__):
        return None
    if issubclass(kind, _generator_types()):
        return _GENERATOR
    if is_user_class(kind) and all(is_user_class(base) or base.__module__ in _PLAIN_MODULES for base in kind.__mro__):
        return None
    slots = [
        (name, member)
        for base in kind.__mro__
        for name, member in (base.__dict__.items() if "__slots__" in base.__dict__ else ())
        if isinstance(member, types.MemberDescriptorType)
    ]
    container = next((found for base, found in _CONTAINERS if issubclass(kind, base)), None)
    if not slots and container is None and not _has_dict(kind):
        return None
    return _Object(slots, container)


_PLAIN_MODULES = frozenset({"builtins", "abc", "typing", "enum", "collections", "collections.abc", "dataclasses", "contextlib"})


def _is_ours(module: Any) -> bool:
    """Whether something belongs to the generator, which calls libraries with functions of its own."""
    return isinstance(module, str) and module.partition(".")[0] == __name__.partition(".")[0]


def _has_dict(kind: type) -> bool:
    return any("__dict__" in base.__dict__ for base in kind.__mro__) or bool(getattr(kind, "__dictoffset__", 0))


def _generator_types() -> tuple[type, ...]:
    numpy_random = sys.modules.get("numpy.random")
    return (random.Random, numpy_random.Generator, numpy_random.RandomState) if numpy_random is not None else (random.Random,)


def generators() -> list[Any]:
    """The generators of random numbers that the process shares."""
    numpy_random: Any = sys.modules.get("numpy.random")
    return [random.seed.__self__] + ([numpy_random.mtrand._rand] if numpy_random is not None else [])  # type: ignore[attr-defined]


def state_of(generator: Any) -> Any:
    """Everything that the generator's next numbers depend on."""
    if isinstance(generator, random.Random):
        return generator.getstate()
    if hasattr(generator, "bit_generator"):
        return generator.bit_generator.state
    return generator.get_state()


def restore(generator: Any, state: Any) -> None:
    """Put a state back."""
    if isinstance(generator, random.Random):
        generator.setstate(state)
    elif hasattr(generator, "bit_generator"):
        generator.bit_generator.state = state
    else:
        generator.set_state(state)

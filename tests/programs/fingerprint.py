"""What one object shows of itself: the half of a comparison that knows kinds of objects.

view([1, x]) -> View("builtins.list", "", [("[0]", 1), ("[1]", x)], tracked=True)

A view is shallow: a token that must be equal on both sides, and labelled parts that are compared in turn. Nothing here imports a tensor library, and
nothing here advances an iterator, draws a number or calls the user's code.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import io
import itertools
import random
import re
import sys
import types
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

ATOMS = (int, float, complex, str, bytes, bool, type(None), type(Ellipsis), type(NotImplemented))
"""Types whose objects have a value and no identity that a program should rely on."""


@dataclass
class View:
    """One object, shallowly.

    Attributes:
        kind: Module and name of its type.
        token: What must be equal on both sides; its text if the object is known by it.
        parts: Labelled objects that are compared in turn.
        tracked: Whether its identity matters.
        array: Its value, if it is an array, a tensor or a variable.
    """

    kind: str
    token: Any = ""
    parts: list[tuple[str, Any]] = field(default_factory=list)
    tracked: bool = True
    array: Any = None


def is_atom(value: Any) -> bool:
    """Whether a value is compared by type and value alone."""
    return type(value) in ATOMS or isinstance(value, np.generic)


def is_value(value: Any) -> bool:
    """Whether an object is a value through and through, such as a tuple of numbers: its identity is the interpreter's affair."""
    return is_atom(value) or (type(value) in (tuple, frozenset) and all(is_value(v) for v in value))


def kind_of(cls: type) -> str:
    """The name of a type as it is shown and compared."""
    return f"{module_of(cls)}.{cls.__qualname__}"


def module_of(value: Any) -> Any:
    """The module of a class or function; `None` if it does not say, as one made where there is no `__name__`."""
    return getattr(value, "__module__", None)


def is_users(module: Any) -> bool:
    """Whether a module is the program's own: the cell, or one that it made and nobody can import."""
    return not isinstance(module, str) or module == "__main__" or module not in sys.modules


def view(value: Any) -> View:
    """What an object shows of itself."""
    cls = type(value)
    kind = kind_of(cls)
    if is_atom(value):
        return View(kind, value, tracked=False)
    if isinstance(value, type):
        return _class(value) if is_users(module_of(value)) else View(kind, kind_of(value), tracked=False)
    for types_, rule in _RULES:
        if isinstance(value, types_):
            found = rule(value, kind)
            break
    else:
        found = _other(value, kind)
    if is_users(module_of(cls)):
        found.parts.append(("class", cls))
    return found


def _class(cls: type) -> View:
    hidden = {"__dict__", "__weakref__", "__module__", "_abc_impl", "__qualname__"}
    parts: list[tuple[str, Any]] = [(f".__bases__[{i}]", base) for i, base in enumerate(cls.__bases__)]
    parts += [(f".{k}", v) for k, v in vars(cls).items() if k not in hidden and not isinstance(v, types.MemberDescriptorType)]
    return View("class", (kind_of(cls), tuple(k for k in vars(cls) if k not in hidden)), parts)


def attributes(value: Any) -> list[tuple[str, Any]]:
    """Attributes from the dictionary and from the slots of all classes, by name."""
    found: dict[str, Any] = {}
    with contextlib.suppress(AttributeError):
        found.update(object.__getattribute__(value, "__dict__"))
    for cls in type(value).__mro__:
        for name, member in vars(cls).items():
            if isinstance(member, types.MemberDescriptorType) and name not in found and is_users(module_of(cls)):
                with contextlib.suppress(AttributeError):
                    found[name] = member.__get__(value)
    return [(f".{k}", v) for k, v in found.items()]


def _listed(value: Any, kind: str) -> View:
    own = [] if type(value) in (list, tuple) else attributes(value)
    base = list if isinstance(value, list) else tuple
    items = list(base.__iter__(value))
    return View(kind, len(items), [*((f"[{i}]", v) for i, v in enumerate(items)), *own], tracked=not is_value(value))


def _deque(value: Any, kind: str) -> View:
    return View(kind, (len(value), value.maxlen), [(f"[{i}]", v) for i, v in enumerate(collections.deque.__iter__(value))])


def _mapping(value: Any, kind: str) -> View:
    keys = list(collections.OrderedDict.__iter__(value)) if isinstance(value, collections.OrderedDict) else list(dict.__iter__(value))
    parts = [(f".keys[{i}]", k) for i, k in enumerate(keys)] + [(f"[{_short(k)}]", dict.__getitem__(value, k)) for k in keys]
    if isinstance(value, collections.defaultdict):
        parts.append((".default_factory", value.default_factory))
    own = [] if type(value) in (dict, collections.OrderedDict, collections.defaultdict) else attributes(value)
    return View(kind, len(keys), parts + own)


def _short(key: Any) -> str:
    return repr(key)[:40] if is_value(key) else type(key).__name__


def _set(value: Any, kind: str) -> View:
    base: Any = set if isinstance(value, set) else frozenset
    members = list(base.__iter__(value))
    values = sorted((m for m in members if is_value(m)), key=lambda m: (type(m).__name__, repr(m)))
    objects = sorted(
        (m for m in members if not is_value(m)), key=lambda m: (kind_of(type(m)), repr([(k, v) for k, v in attributes(m) if is_atom(v)]))
    )
    own = [] if type(value) in (set, frozenset) else attributes(value)
    return View(kind, len(members), [(f"{{{i}}}", m) for i, m in enumerate([*values, *objects])] + own, tracked=not is_value(value))


def _array(value: Any, kind: str) -> View:
    parts = [(f"[{i}]", v) for i, v in enumerate(value.ravel().tolist())] if value.dtype.kind == "O" else []
    return View(kind, (str(value.dtype), value.shape, value.flags.writeable), parts, array=None if parts else value)


def _function(value: Any, kind: str) -> View:
    if not is_users(value.__module__):
        return View(kind, (value.__module__, value.__qualname__), attributes(value), tracked=False)
    if "janus_nb" in value.__code__.co_filename and hasattr(value, "__wrapped__"):
        return _function(value.__wrapped__, kind)  # decorated in one of the runs only
    code = value.__code__
    arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    cells = list(zip(code.co_freevars, value.__closure__ or (), strict=True))
    parts = [(".__defaults__", value.__defaults__), (".__kwdefaults__", value.__kwdefaults__), (".__annotations__", value.__annotations__)]
    parts += [(f"<{name}>", cell) for name, cell in sorted(cells, key=lambda c: c[0])]
    token = (value.__module__, value.__name__, value.__qualname__, value.__doc__, arguments, code.co_firstlineno, code.co_name)
    return View(kind, token, parts + attributes(value))


def _cell(value: Any, kind: str) -> View:
    try:
        return View(kind, "", [(".cell_contents", value.cell_contents)])
    except ValueError:
        return View(kind, "empty")


def _method(value: Any, kind: str) -> View:
    return View(kind, value.__name__, [(".__self__", value.__self__)], tracked=False)


def _partial(value: Any, kind: str) -> View:
    return View(kind, "", [(".func", value.func), (".args", value.args), (".keywords", value.keywords), *attributes(value)])


def _property(value: Any, kind: str) -> View:
    return View(kind, value.__doc__, [(".fget", value.fget), (".fset", value.fset), (".fdel", value.fdel)])


def _wrapped(value: Any, kind: str) -> View:
    return View(kind, "", [(".__func__", value.__func__)])


def _module(value: Any, kind: str) -> View:
    if not is_users(value.__name__):
        return View(kind, value.__name__, tracked=False)
    hidden = ("__builtins__", "__loader__", "__spec__", "__warningregistry__")
    return View(kind, value.__name__, [(f".{k}", v) for k, v in vars(value).items() if k not in hidden])


def _exception(value: Any, kind: str) -> View:
    causes = [(".__cause__", value.__cause__), (".__context__", value.__context__)]
    return View(kind, "", [(".args", value.args), *causes, *attributes(value)])


def _generator(value: Any, kind: str) -> View:
    frame = value.gi_frame
    return View(kind, (value.__name__, value.__qualname__, frame is None, value.gi_running, frame and frame.f_lineno))


def _iterator(value: Any, kind: str) -> View:
    """What is left of a built-in iterator, without advancing it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = value.__reduce__()
    if isinstance(made, str):
        return View(kind, made)
    return View(kind, len(made), [(f".__reduce__[{i}]", v) for i, v in enumerate(made) if i])


def _text(value: Any, kind: str) -> View:
    return View(kind, repr(value), tracked=False)


def _stream(value: Any, kind: str) -> View:
    return View(kind, "closed" if value.closed else (value.getvalue(), value.tell()))


def _file(value: Any, kind: str) -> View:
    return View(kind, "closed" if value.closed else (value.name, value.writable() or value.tell()))


def _cache(value: Any, kind: str) -> View:
    return View(kind, str(value.cache_info()), attributes(value))


def _generator_of_numbers(value: Any, kind: str) -> View:
    return View(kind, "", [(".state", value.bit_generator.state if hasattr(value, "bit_generator") else value.get_state(legacy=False))])


def _random(value: Any, kind: str) -> View:
    return View(kind, value.getstate(), attributes(value))


def _views(value: Any, kind: str) -> View:
    return View(kind, "", [("[]", list(value))], tracked=False)


def _proxy(value: Any, kind: str) -> View:
    return View(kind, "", [("[]", dict(value))], tracked=False)


def _reference(value: Any, kind: str) -> View:
    return View(kind, "", [("()", value())])


def _buffer(value: Any, kind: str) -> View:
    return View(kind, bytes(value), [] if type(value) in (bytearray, memoryview) else attributes(value))


def _kept(value: Any, kind: str) -> View:
    """Subclasses of the plain types, and members of enumerations."""
    base = next(b for b in (int, float, complex, str, bytes) if isinstance(value, b))
    return View(kind, base.__repr__(value), attributes(value))


def _other(value: Any, kind: str) -> View:
    root = str(module_of(type(value))).partition(".")[0]
    if any(str(module_of(c)).partition(".")[0] in ("tensorflow", "keras", "fakelib") for c in type(value).__mro__):
        return _tensor_library(value, kind)
    if root in _BY_TYPE:
        return View(kind, tracked=False)
    if root in _BY_TEXT:
        return _text(value, kind)
    if root == "tqdm":
        return View(kind, (value.n, value.total, getattr(value, "desc", None)))
    return View(kind, "", attributes(value))


def _tensor_library(value: Any, kind: str) -> View:
    if _has(value, "data") and kind == "fakelib.Variable":
        return View(kind, "", array=value.data)
    if _has(value, "assign") and _has(value, "trainable"):
        return View(kind, (value.name, bool(getattr(value, "trainable", True))), array=np.asarray(value))
    if _has(value, "numpy") and (_has(value, "shape") or kind.startswith("fakelib")) and not _has(value, "flat_values"):
        array = np.asarray(value.numpy()) if not kind.endswith("RaggedTensor") else None
        return View(kind, "", array=array, tracked=False)  # a tensor cannot change: which object holds its value is not promised (decision 15)
    if _has(value, "flat_values"):
        return View(kind, "", [(".flat_values", value.flat_values), (".splits", list(value.nested_row_splits))])
    if _has(value, "indices") and _has(value, "values"):
        return View(kind, "", [(".indices", value.indices), (".values", value.values)])
    if _has(value, "_implementation") and "TensorArray" in kind:
        return View(kind, "", [("[]", getattr(value._implementation, "_tensor_array", None))])
    if _has(value, "element_spec"):
        return View(kind, repr(value.element_spec))
    if _has(value, "variables") and not isinstance(value, type):
        return _keras(value, kind)
    if _has(value, "state") and kind.endswith("Generator"):
        return View(kind, "", [(".state", value.state)])
    if kind.rpartition(".")[2] in ("DType", "TensorShape", "TensorSpec", "Dimension"):
        return _text(value, kind)
    if _has(value, "history"):
        return View(kind, "", [(".history", value.history)])
    return View(kind)


def _has(value: Any, name: str) -> bool:
    try:
        getattr(value, name)
    except Exception:  # properties of a library that are not ready yet
        return False
    return True


def _keras(value: Any, kind: str) -> View:
    """Variables, and the public attributes of the program's own subclasses."""
    parts: list[tuple[str, Any]] = [(f".variables[{i}]", v) for i, v in enumerate(value.variables)]
    users = is_users(module_of(type(value)))
    for name, item in (getattr(value, "__dict__", None) or {}).items():
        public = not name.startswith("_") and name not in ("variables", "trainable_variables")
        if public and (users or isinstance(item, int | float | str | None)) and name not in ("seed", "name"):
            parts.append((f".{name}", item))
    token = (bool(getattr(value, "built", True)), getattr(value, "name", ""), bool(getattr(value, "trainable", True)))
    return View(kind, token, parts)


_BY_TYPE = {"_thread", "threading", "logging", "_weakrefset", "_abc", "janus_nb", "weakref", "_contextvars", "contextvars"}
_BY_TEXT = {"datetime", "decimal", "fractions", "pathlib", "uuid", "zoneinfo", "_hashlib", "ipaddress", "time"}
_ITERATORS: tuple[type, ...] = (
    *(type(iter(x)) for x in ([], (), {}, set(), "", b"", range(1), bytearray(), {}.keys(), {}.values(), {}.items())),  # type: ignore[call-overload]
    type(reversed([])), type(reversed(())), type(reversed({})), type(reversed(range(1))), type(iter(range(1 << 70))), type(iter("é")),
    zip, map, filter, enumerate, itertools.chain, itertools.count, itertools.cycle, itertools.repeat, itertools.islice, itertools.takewhile,
    itertools.dropwhile, itertools.accumulate, itertools.product, itertools.permutations, itertools.combinations, itertools.starmap,
    itertools.compress, itertools.filterfalse, itertools.zip_longest,
)  # fmt: skip
_RULES: tuple[tuple[Any, Callable[[Any, str], View]], ...] = (
    (collections.deque, _deque),
    (dict, _mapping),
    (list | tuple, _listed),
    (set | frozenset, _set),
    (np.ndarray, _array),
    (types.FunctionType, _function),
    (types.CellType, _cell),
    (types.MethodType | types.BuiltinMethodType | types.MethodWrapperType, _method),
    (types.ModuleType, _module),
    (types.GeneratorType, _generator),
    (functools.partial, _partial),
    (property, _property),
    (staticmethod | classmethod, _wrapped),
    (BaseException, _exception),
    (types.MappingProxyType, _proxy),
    ((type({}.keys()), type({}.values()), type({}.items())), _views),
    (_ITERATORS, _iterator),
    (range | slice | re.Pattern | re.Match | types.CodeType | types.GenericAlias | types.UnionType, _text),
    ((io.StringIO, io.BytesIO), _stream),
    (io.IOBase, _file),
    (type(functools.lru_cache(maxsize=1)(len)), _cache),
    ((np.random.Generator, np.random.RandomState), _generator_of_numbers),
    (random.Random, _random),
    (weakref.ref, _reference),
    (bytearray | memoryview, _buffer),
    (int | float | complex | str | bytes, _kept),
    (np.dtype, _text),
)

"""The one look-up: what is known of a function, a class, or a method.

Rows name things as users do (`numpy.linalg.norm`, `numpy.ndarray.sort`). A library's rows are turned into the objects that they name once
the library is loaded (it is never imported here), so that it does not matter under which name, or from which private module, one got there.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from janus_nb.lowering.library.row import SELF, Effect, Row, given
from janus_nb.lowering.library.rows import BUILTINS, LIBRARIES
from janus_nb.source.units import is_user_class

_ABSENT = object()


class Knowledge:
    """All rows, by name; and by object, as far as libraries are loaded.

    Attributes:
        version: Grows with every row that is added.
    """

    def __init__(self, libraries: Iterable[tuple[Row, ...]]) -> None:
        self.version = 0
        self._rows: dict[str, Row] = {}
        self._waiting: dict[str, list[Row]] = {}  # by top-level package: rows whose objects have not been found yet
        self._objects: dict[int, tuple[Any, Row]] = {}
        self._members: dict[type, dict[str, Row]] = {}
        self._families: dict[str, Row] = {}  # `module.*` and `module.*.name`
        self._loaded = 0
        for library in libraries:
            self.add(library)

    def add(self, rows: Iterable[Row]) -> None:
        """More rows. A row replaces what was known under the same name."""
        for row in rows:
            self._rows[row.name] = row
            if "*" in row.name:
                self._families[row.name] = row
            else:
                self._waiting.setdefault(row.name.partition(".")[0], []).append(row)
        self.version += 1
        self._loaded = -1

    def row(self, name: str) -> Row | None:
        """The row of a full name."""
        return self._rows.get(name)

    def rows(self) -> tuple[Row, ...]:
        """All rows."""
        return tuple(self._rows.values())

    def forget(self, name: str) -> None:
        """Drop the row of a name."""
        self._rows.pop(name, None)
        self._families.pop(name, None)
        self._objects = {key: held for key, held in self._objects.items() if held[1].name != name}
        self._members = {kind: {n: r for n, r in held.items() if r.name != name} for kind, held in self._members.items()}
        for waiting in self._waiting.values():
            waiting[:] = [row for row in waiting if row.name != name]
        self.version += 1

    # -- looking up ------------------------------------------------------------------------------------------------

    def of(self, function: Any) -> Row | None:
        """What is known of something that is called: the row of the very object, of a method of its owner's class, or of its family."""
        self._find_objects()
        held = self._objects.get(id(function))
        if held is not None:
            return held[1]
        owner, name = _owner_and_name(function)
        if owner is not None:
            known = self.method(owner, name)
            if known is not None:
                return known
        return self.family(*module_of(function))

    def method(self, kind: type, name: str) -> Row | None:
        """What is known of a method of exactly this class: its own row, or that of the class in the same library that it comes from."""
        self._find_objects()
        roots: set[str] = set()
        for base in kind.__mro__:
            known = self._members.get(base, {}).get(name)
            if known is not None:
                return known if roots <= {_root(base)} else None
            if name in base.__dict__:
                roots.add(_root(base))
        return None

    def family(self, module: str, name: str) -> Row | None:
        """The row that speaks of all names of a module: the most specific one."""
        parts = module.split(".")
        prefixes = [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
        for pattern in (f".*.{name}", ".*"):
            for prefix in prefixes:
                known = self._families.get(prefix + pattern)
                if known is not None:
                    return known
        return None

    # -- from names to objects ---------------------------------------------------------------------------------------

    def _find_objects(self) -> None:
        """Find the objects of rows whose library has been loaded since."""
        loaded = len(sys.modules)
        if loaded == self._loaded:
            return
        self._loaded = loaded
        for root, waiting in self._waiting.items():
            if waiting and root in sys.modules:
                waiting[:] = [row for row in waiting if not self._found(row)]

    def _found(self, row: Row) -> bool:
        owner, found = resolve(row.name)
        if found is _ABSENT:
            return False
        if isinstance(owner, type):
            self._members.setdefault(owner, {})[row.last] = row
        else:
            self._objects[id(found)] = (found, row)
        return True


def resolve(name: str) -> tuple[Any, Any]:
    """What a full name stands for now, and what it belongs to; modules are not imported for it."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        owner: Any = sys.modules.get(".".join(parts[:cut]))
        if owner is None:
            continue
        found: Any = owner
        for part in parts[cut:]:
            owner, found = found, _member(found, part)
            if found is _ABSENT:
                break
        if found is not _ABSENT:
            return owner, found
    return None, _ABSENT


def _member(owner: Any, name: str) -> Any:
    """An attribute, looked up without running any code: a module's `__getattr__` may import what it is asked for."""
    if isinstance(owner, type):
        return inspect.getattr_static(owner, name, _ABSENT)
    return vars(owner).get(name, _ABSENT) if isinstance(owner, types.ModuleType) else _ABSENT


def _root(kind: type) -> str:
    return (kind.__module__ or "").partition(".")[0].lstrip("_")


def _owner_and_name(function: Any) -> tuple[type | None, str]:
    """The class that a method belongs to, and its name there."""
    name = getattr(function, "__name__", "") if not isinstance(function, type) else ""
    if isinstance(function, types.MethodType | types.BuiltinMethodType | types.MethodWrapperType):
        owner = function.__self__
        if isinstance(owner, types.ModuleType) or owner is None:
            return None, name
        return owner if isinstance(owner, type) else type(owner), name
    if isinstance(function, types.MethodDescriptorType | types.WrapperDescriptorType | types.ClassMethodDescriptorType):
        return function.__objclass__, name
    if isinstance(function, type | types.FunctionType | types.BuiltinFunctionType):
        return None, name
    return type(function), "__call__"


def module_of(function: Any) -> tuple[str, str]:
    """The module and name under which a callable introduces itself."""
    if isinstance(function, types.MethodType):
        module, name = module_of(function.__func__)
        owner = type(function.__self__).__module__ or ""
        return (owner if module == "builtins" else module), name
    if isinstance(function, types.BuiltinMethodType) and function.__self__ is not None and not isinstance(function.__self__, types.ModuleType):
        return type(function.__self__).__module__ or "", function.__name__
    if type(function).__name__ == "ufunc":
        return "numpy", getattr(function, "__name__", "ufunc")
    name = getattr(function, "__name__", type(function).__name__)
    found: Any = getattr(function, "__module__", None)
    if found is None or not (isinstance(function, type) or hasattr(function, "__name__")):
        found = type(function).__module__
    if not isinstance(function, type) and not hasattr(function, "__name__"):
        name = "__call__"
    return found or "", name


def full_name(function: Any) -> str:
    """The name of a callable for messages, and for `janus_nb.knows`."""
    owner, name = _owner_and_name(function)
    if owner is not None and (name != "__call__" or not hasattr(function, "__name__")):
        return f"{owner.__module__}.{owner.__qualname__}.{name}"
    module, name = module_of(function)
    return f"{module.lstrip('_') if module.lstrip('_') in sys.modules else module}.{name}"


KNOWLEDGE = Knowledge(LIBRARIES)
"""What is known in this process."""


def knowledge_of(function: Any) -> Row | None:
    """What is known of a function, a class or a method, or `None`."""
    return KNOWLEDGE.of(function)


def method_of(kind: type, name: str) -> Row | None:
    """What is known of a method, for objects of exactly this class; of a user's class, nothing."""
    if issubclass(kind, tuple) and kind.__mro__[1:] == (tuple, object):
        kind = tuple  # a named tuple
    return None if is_user_class(kind) else KNOWLEDGE.method(kind, name)


def is_pure_method(kind: type, name: str) -> bool:
    """Whether a method computes from its object and its arguments, and changes neither."""
    known = method_of(kind, name)
    return known is not None and known.effect is Effect.PURE and SELF not in known.changes and not known.volatile


def replayed_method(owner: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """A method without effects, of an object that only replay knows: host programs call it.

    Raises:
        TypeError: the object's class is not known to have one.
    """
    if not is_pure_method(type(owner), name):
        raise TypeError(f"{name}() of a {type(owner).__name__} cannot be replayed")
    return getattr(owner, name)(*args, **kwargs)


def is_clock(function: Any) -> bool:
    """Whether a function reads what may differ in every call."""
    known = knowledge_of(function)
    return known is not None and known.volatile


def written(known: Row, function: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> tuple[tuple[int | str, Any], ...]:
    """The arguments that a call changes: where they stand, and what they are. Of a method's owner, the place is `SELF`."""
    if SELF in known.changes:
        return ((SELF, getattr(function, "__self__", None)),)
    if "where" in kwargs and type(function).__name__ == "ufunc":  # what is left out is memory that was not written
        return (("where", kwargs["where"]),)
    return tuple(given(function, known.changes, args, kwargs))


def method_writes(kind: type, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether a method without effects on its owner writes to an argument: `out`."""
    known = method_of(kind, name)
    return known is None or any(given(getattr(kind, name), known.changes, args, kwargs))


def is_known_callback(value: Any) -> bool:
    """Whether a library may call this: it computes from what it is handed, and is nobody's own code."""
    known = knowledge_of(value) if callable(value) else None
    return known is not None and known.effect is Effect.PURE and not (known.volatile or known.changes or known.callbacks)


def _methods(wanted: Callable[[Row], bool]) -> frozenset[str]:
    return frozenset(row.last for row in BUILTINS if row.name.count(".") == 2 and not row.last.startswith("__") and wanted(row))


MUTATORS = _methods(lambda row: SELF in row.changes) | {"fill"}
"""Methods that change containers, whatever container replay finds."""

FLAT_METHODS = _methods(lambda row: row.flat) | {"tolist", "popleft"}
"""Methods that look at a container itself, and not at what is in it."""

PURE_METHODS = frozenset(
    """item tolist mean sum min max std var copy astype argmax argmin any all round keys values items get count index
    format join split strip lower upper startswith endswith replace numpy flatten ravel reshape total_seconds isoformat
    cumsum dot transpose T most_common rjust ljust center zfill title capitalize splitlines partition rpartition rsplit
    encode decode isdigit isalpha find rfind removeprefix removesuffix hex is_integer bit_length squeeze argsort take clip
    prod nonzero trace diagonal ptp searchsorted strftime timestamp group groups""".split()
)
"""Names that are taken for methods without effects on a value that only replay knows. What they do is looked up there, by the value's class."""

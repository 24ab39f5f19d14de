"""The walk over Python's own kinds of objects, one handler a kind.

    list, dict, set, deque      content, in order
    function                    code, defaults, closure, the globals that it names
    class, instance             attributes, slots, bases
    generator, iterator         where it stands

An object with an identity is numbered when it is first met; met again, its number is its token. Objects are read through their dictionaries
and slots: no code of the user's runs.
"""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import functools
import io
import pathlib
import random
import re
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from janus_nb.proof.tokens import VOLATILE, Fingerprint, Number, Overlay
from janus_nb.source.units import is_user_class, is_user_file, is_user_function
from janus_nb.speculate.slots import UNBOUND, instance_dict

MAX_TOKENS = 60_000
"""A walk ends here: what is beyond is reported as left out."""

_ATOMS = (int, bool, str, bytes, type(None), type(Ellipsis), type(NotImplemented), range)
_NUMBERS = (float, complex)
_BY_VALUE = (
    datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, decimal.Decimal, fractions.Fraction, pathlib.PurePath, re.Pattern,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What the names of a region mean.

    Attributes:
        space: The globals.
        local: Names that are local to the region's own function; `None` at the top of a cell, where all are global.
        shares: Whether a closure cell is the local variable of that name.
    """

    space: dict[str, Any] | None = None
    local: frozenset[str] | None = None
    shares: Callable[[types.CellType, str], bool] = lambda cell, name: False

    def is_local(self, name: str) -> bool:
        """Whether a name is local to a function."""
        return self.local is not None and name in self.local


class Walk:
    """One walk over the heap, depth first, without recursion."""

    def __init__(self, overlay: Overlay, names: Names, ignored: frozenset[Any]) -> None:
        self.overlay = overlay
        self.names = names
        self.ignored = ignored
        self.cells: dict[int, Any] = {}
        self.made = Fingerprint()
        self.seen: dict[int, int] = {}
        self.alive: list[Any] = []
        self.pending: list[tuple[Any, int, str]] = []
        self.handlers: dict[type, Callable[[Any, int], None]] = {}
        self.owners = collections.defaultdict(list)
        for key in overlay:
            if key[0] in ("attr", "name"):
                self.owners[key[0], key[1]].append(key[2])

    def run(self, roots: Mapping[str, Any]) -> Fingerprint:
        for name in sorted(roots, reverse=True):
            held = roots[name]
            if not self.names.is_local(name):
                held = self.overlay.get(("name", id(self.names.space), name), held)
            held = self.overlay.get(("local", name), held)
            if held is not UNBOUND:
                self.pending.append((held, -1, name))
        pending, made = self.pending, self.made
        tokens, parents, keys = made.tokens, made.parents, made.keys
        while pending:
            value, parent, key = pending.pop()
            position = len(tokens)
            if position >= MAX_TOKENS:
                made.left_out["objects beyond the limit"] += len(pending) + 1
                break
            tokens.append(None)
            parents.append(parent)
            keys.append(key)
            kind = type(value)
            handler = self.handlers.get(kind)
            if handler is None:
                handler = self.handlers[kind] = self.handler(kind)
            handler(value, position)
        return made

    # -- helpers -----------------------------------------------------------------------------------------------------

    def first(self, value: Any, position: int) -> bool:
        """Number an object that has an identity. False if it was met before: its token then says which one it is."""
        known = self.seen.get(id(value))
        if known is not None:
            self.made.tokens[position] = ("again", known)
            return False
        self.seen[id(value)] = len(self.seen)
        self.alive.append(value)
        if id(value) in self.ignored:
            self.made.tokens[position] = ("volatile", type(value))
            return False
        return True

    def children(self, parts: list[tuple[Any, str]], position: int) -> None:
        self.pending.extend((value, position, key) for value, key in reversed(parts))

    def attributes(self, owner: Any, held: Mapping[str, Any], kind: str = "attr", skip: frozenset[str] = frozenset()) -> list[tuple[Any, str]]:
        """Attributes in the order of their names, with what is predicted of them in place of what is there."""
        found = {name: value for name, value in list(held.items()) if isinstance(name, str) and name not in skip}
        for name in self.owners.get((kind, id(owner)), ()):
            found[name] = self.overlay[kind, id(owner), name]
        return [(found[name], f".{name}") for name in sorted(found) if found[name] is not UNBOUND]

    def slots(self, value: Any) -> list[tuple[Any, str]]:
        """What an object holds in `__slots__`."""
        found: list[tuple[Any, str]] = []
        for base in type(value).__mro__:
            for name, member in base.__dict__.items():
                if isinstance(member, types.MemberDescriptorType) and is_user_class(base):
                    try:
                        held = member.__get__(value)
                    except AttributeError:
                        held = UNBOUND
                    held = self.overlay.get(("attr", id(value), name), held)
                    if held is not UNBOUND:
                        found.append((held, f".{name}"))
        return found

    def leave(self, value: Any, position: int, what: str) -> None:
        self.made.left_out[what] += 1
        self.made.tokens[position] = ("opaque", type(value))

    # -- one handler for each kind of object --------------------------------------------------------------------------

    def handler(self, kind: type) -> Callable[[Any, int], None]:
        if kind in _ATOMS or kind is type(VOLATILE):
            return self.atom
        if kind in _NUMBERS:
            return self.number
        if kind.__module__.partition(".")[0] == "numpy":  # its floats are Python's as well
            return self.of_library(kind) or self.atom
        for kinds, found in self.table():
            if issubclass(kind, kinds):
                return found
        return self.by_module(kind)

    def table(self) -> list[tuple[Any, Callable[[Any, int], None]]]:
        """Kinds of objects in order of precedence."""
        return [
            (enum.Enum, self.member),
            (slice, self.slice),
            ((int, str, bytes, float, complex), self.derived_atom),
            (types.FunctionType, self.function),
            ((types.MethodType, types.BuiltinMethodType, types.MethodWrapperType), self.method),
            (types.ModuleType, self.module),
            (type, self.class_),
            (types.CellType, self.cell),
            (types.GeneratorType, self.generator),
            (functools.partial, self.partial),
            (property, self.property_),
            ((staticmethod, classmethod), self.wrapper),
            (collections.deque, self.sequence),
            ((list, tuple), self.sequence),
            ((set, frozenset), self.set_),
            (dict, self.mapping),
            ((bytearray, memoryview), self.bytes_),
            (_BY_VALUE, self.by_value),
            (random.Random, self.random),
            (io.StringIO, self.text),
            (BaseException, self.instance),
        ]

    def of_library(self, kind: type) -> Callable[[Any, int], None] | None:
        """The handler for a library's kind of object, if it is known."""
        return None

    def by_module(self, kind: type) -> Callable[[Any, int], None]:
        """For kinds known by the library they come from, and objects of the user's classes."""
        found = self.of_library(kind)
        if found is not None:
            return found
        if kind.__module__ == "builtins" and (kind.__name__.endswith("iterator") or kind in (enumerate, zip, map, filter, reversed)):
            return self.iterator
        if is_user_class(kind):
            return self.instance
        return lambda value, position: self.leave(value, position, f"{kind.__module__}.{kind.__qualname__}") if self.first(value, position) else None

    def atom(self, value: Any, position: int) -> None:
        self.made.tokens[position] = (type(value), value)

    def member(self, value: Any, position: int) -> None:
        self.made.tokens[position] = (type(value), value.name)

    def slice(self, value: Any, position: int) -> None:
        self.made.tokens[position] = (slice,)
        self.children([(value.start, ".start"), (value.stop, ".stop"), (value.step, ".step")], position)

    def derived_atom(self, value: Any, position: int) -> None:
        """A number or text of a class of the user's: by what it is underneath, and its attributes."""
        base = next(k for k in (bool, int, str, bytes, complex, float) if isinstance(value, k))
        plain = {int: int.__int__, str: str.__str__, bytes: bytes.__bytes__, float: float.__float__}.get(base)
        underneath = plain(value) if plain is not None else complex.__pos__(value)  # type: ignore[operator]
        self.made.tokens[position] = Number(type(value), underneath) if base in (float, complex) else (type(value), underneath)
        self.children([*self.attributes(value, instance_dict(value) or {}), (type(value), ".__class__")], position)

    def number(self, value: Any, position: int) -> None:
        self.made.tokens[position] = Number(type(value), value)

    def by_value(self, value: Any, position: int) -> None:
        self.made.tokens[position] = (type(value), repr(value))

    def bytes_(self, value: Any, position: int) -> None:
        if self.first(value, position):
            self.made.tokens[position] = (type(value), self.seen[id(value)], bytes(value))

    def text(self, value: Any, position: int) -> None:
        if self.first(value, position):
            self.made.tokens[position] = (type(value), None) if value.closed else (type(value), value.getvalue())

    def sequence(self, value: Any, position: int) -> None:
        kind = type(value)
        shared = kind is not tuple or any(type(item) not in _ATOMS and type(item) is not float for item in value)
        if shared and not self.first(value, position):  # tuples of numbers and texts may be made anew, or shared, as Python likes
            return
        items = list.__iter__(value) if isinstance(value, list) else tuple.__iter__(value) if isinstance(value, tuple) else iter(value)
        parts = [(item, f"[{i}]") for i, item in enumerate(items)]
        self.made.tokens[position] = (kind, len(parts), getattr(value, "maxlen", None) if isinstance(value, collections.deque) else None)
        held = instance_dict(value) if kind not in (list, tuple, collections.deque) else None
        self.children([*parts, *self.attributes(value, held)] if held else parts, position)

    def set_(self, value: Any, position: int) -> None:
        if type(value) is not frozenset and not self.first(value, position):
            return
        items = list((set if isinstance(value, set) else frozenset).__iter__(value))
        plain = frozenset((type(v), v) for v in items if type(v) in _ATOMS)
        others = [v for v in items if type(v) not in _ATOMS]
        self.made.tokens[position] = (type(value), len(items), plain)
        self.children([(v, "{..}") for v in others], position)

    def mapping(self, value: Any, position: int) -> None:
        if not self.first(value, position):
            return
        parts: list[tuple[Any, str]] = []
        plain: list[Any] = []
        for key, item in (collections.OrderedDict if isinstance(value, collections.OrderedDict) else dict).items(value):
            if type(key) in _ATOMS:
                plain.append((type(key), key))
            else:
                plain.append(None)
                parts.append((key, ".keys()"))
            parts.append((item, f"[{key!r}]" if type(key) in _ATOMS else "[..]"))
        self.made.tokens[position] = (type(value), tuple(plain))
        if isinstance(value, collections.defaultdict):
            parts.append((value.default_factory, ".default_factory"))
        held = instance_dict(value) if type(value) not in (dict, collections.defaultdict, collections.OrderedDict) else None
        self.children([*parts, *self.attributes(value, held)] if held else parts, position)

    def instance(self, value: Any, position: int) -> None:
        if not self.first(value, position):
            return
        self.made.tokens[position] = (type(value), "object")
        held = instance_dict(value)
        parts = [*(self.attributes(value, held) if held is not None else ()), *self.slots(value)]
        if issubclass(type(value), BaseException):
            parts += [(value.args, ".args"), (value.__cause__, ".__cause__"), (value.__context__, ".__context__")]
        self.children([*parts, (type(value), ".__class__")], position)

    def class_(self, value: Any, position: int) -> None:
        if not is_user_class(value):
            self.made.tokens[position] = ("class", value)
            return
        if not self.first(value, position):
            return
        self.made.tokens[position] = ("class", value)
        skip = frozenset(
            {"__dict__", "__weakref__", "__doc__", "__module__", "__abstractmethods__", "_abc_impl", "__annotations__", "__slots__", "__slotnames__"}
        )
        bases = [(base, ".__bases__") for base in value.__bases__ if is_user_class(base)]
        self.children([*self.attributes(value, value.__dict__, skip=skip), *bases], position)

    def property_(self, value: Any, position: int) -> None:
        if self.first(value, position):
            self.made.tokens[position] = (property,)
            self.children([(value.fget, ".fget"), (value.fset, ".fset")], position)

    def wrapper(self, value: Any, position: int) -> None:
        if self.first(value, position):
            self.made.tokens[position] = (type(value),)
            self.children([(value.__func__, "")], position)

    def function(self, value: Any, position: int) -> None:
        if not self.first(value, position):
            return
        if not is_user_function(value):
            self.made.tokens[position] = ("function", value.__qualname__)
            self.children([(value.__dict__["__wrapped__"], "")] if "__wrapped__" in value.__dict__ else [], position)
            return
        self.made.tokens[position] = ("function", value.__code__)
        names = names_in(value.__code__)
        parts = [(self.name_of(value.__globals__, name), name) for name in sorted(names) if name in value.__globals__]
        parts = [(held, f"()'s {name}") for held, name in parts if held is not UNBOUND]
        for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=False):
            self.name_cell(cell, name)
            parts.append((cell, f"()'s {name}"))
        parts += [(value.__defaults__, ".__defaults__"), (value.__kwdefaults__, ".__kwdefaults__")]
        self.children([*parts, *self.attributes(value, value.__dict__, skip=frozenset({"__janus__"}))], position)

    def name_of(self, space: dict[str, Any], name: str) -> Any:
        """What a global name holds, or is predicted to hold."""
        held = self.overlay.get(("name", id(space), name), space[name])
        return self.overlay.get(("local", name), held) if space is self.names.space and self.names.local is None else held

    def name_cell(self, cell: types.CellType, name: str) -> None:
        """What is predicted of a local name of the region's own function is predicted of the cell that closures see it through."""
        predicted = self.overlay.get(("local", name), self)
        if predicted is not self and id(cell) not in self.cells and self.names.shares(cell, name):
            self.cells[id(cell)] = predicted

    def cell(self, value: Any, position: int) -> None:
        try:
            held = value.cell_contents
        except ValueError:
            held = UNBOUND
        held = self.overlay.get(("cell", id(value)), self.cells.get(id(value), held))
        if held is UNBOUND:
            self.made.tokens[position] = ("empty cell",)
        elif self.first(value, position):
            self.made.tokens[position] = ("cell",)
            self.children([(held, "")], position)

    def method(self, value: Any, position: int) -> None:
        self.made.tokens[position] = ("method", value.__name__)
        owner = value.__self__
        parts = [] if owner is None or isinstance(owner, types.ModuleType) else [(owner, "")]
        self.children([*parts, (value.__func__, "")] if isinstance(value, types.MethodType) else parts, position)

    def partial(self, value: Any, position: int) -> None:
        if self.first(value, position):
            self.made.tokens[position] = (type(value),)
            self.children([(value.func, ".func"), (value.args, ".args"), (value.keywords, ".keywords")], position)

    def module(self, value: Any, position: int) -> None:
        self.made.tokens[position] = ("module", value.__name__)
        file = getattr(value, "__file__", None)
        if file is None or not is_user_file(file) or not self.first(value, position):
            return
        held = vars(value)
        names = [n for n in sorted(held) if not n.startswith("__") and not isinstance(held[n], types.ModuleType)]
        parts = [(self.name_of(held, name), f".{name}") for name in names]
        self.children([part for part in parts if part[0] is not UNBOUND], position)

    def generator(self, value: Any, position: int) -> None:
        if not self.first(value, position):
            return
        frame = value.gi_frame
        self.made.tokens[position] = ("generator", value.gi_code, frame.f_lasti if frame is not None else None)
        if frame is not None and not value.gi_running:
            held = dict(frame.f_locals)
            self.children([*((held[n], f"'s {n}") for n in sorted(held)), (value.gi_yieldfrom, "'s source")], position)

    def iterator(self, value: Any, position: int) -> None:
        if not self.first(value, position):
            return
        try:
            state = value.__reduce__()
        except TypeError:
            self.leave(value, position, type(value).__name__)
            return
        self.made.tokens[position] = ("iterator", type(value))
        self.children([(part, "'s position") for part in state[1:]], position)

    def random(self, value: Any, position: int) -> None:
        if self.first(value, position):
            self.made.tokens[position] = (type(value), "state", hash(value.getstate()) if type(value) is random.Random else None)


def names_in(code: types.CodeType) -> set[str]:
    """Names that a code object, or one inside it, may look up in its globals."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= names_in(constant)
    return found


__all__ = ["Names", "Walk", "names_in"]

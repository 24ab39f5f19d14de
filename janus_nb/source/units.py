"""Source units: a cell's or a module's text, its AST, and where each function stands in it.

A unit is found by the file name under which Python compiled it; text comes from `linecache`, where IPython puts
cells and `janus_nb.run_cell` puts what it runs.
"""

from __future__ import annotations
import __future__

import ast
import copy
import functools
import linecache
import operator
import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Any

from janus_nb.source.warned import quietly
from janus_nb.span import Span

FunctionNode = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """A cell or module.

    Attributes:
        file: The name it was compiled under.
        name: The name to show: `Cell [7]`, or the file's base name.
        text: Its source text.
        tree: Its AST; every node has a location in `text`.
    """

    file: str
    name: str
    text: str
    tree: ast.Module


MAX_UNITS = 128
"""Texts whose trees are kept; of others only the name is known, and they are parsed again if somebody asks for them."""

_units: dict[str, Unit] = {}
_names: dict[str, str] = {}


def _known(unit: Unit) -> Unit:
    """Remember a unit, as the last to be forgotten."""
    _units.pop(unit.file, None)
    while len(_units) >= MAX_UNITS:
        del _units[next(iter(_units))]
    _units[unit.file] = unit
    _names[unit.file] = unit.name
    return unit


def register(file: str, name: str, text: str, tree: ast.Module) -> Unit:
    """Register a cell that somebody else compiles (IPython, which also keeps its text in `linecache`)."""
    unit = _known(Unit(file, name, text, tree))
    find_user_file.cache_clear()
    return unit


def add_unit(file: str, name: str, text: str) -> Unit:
    """Register a cell's text under the file name it is compiled with.

    Raises:
        SyntaxError: as Python's own.
    """
    lines = text.splitlines(keepends=True)
    linecache.cache[file] = (len(text), None, lines, file)
    return _known(Unit(file, name, text, ast.parse(text, file)))


def find_unit(file: str, module_globals: dict[str, Any] | None = None) -> Unit | None:
    """The unit compiled under `file`, or `None` if its text is not available."""
    lines = linecache.getlines(file, module_globals)
    text = "".join(lines)
    known = _units.get(file)
    if known is not None and (known.text.rstrip() == text.rstrip() or not lines):
        return known
    if not lines:
        return None
    try:
        with quietly():
            tree = ast.parse(text, file)
    except SyntaxError:
        return None
    name = _names.get(file, os.path.basename(file))
    return _known(Unit(file, name, text, tree))


@functools.cache
def _library_roots() -> tuple[str, ...]:
    paths = {*sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages(), sys.prefix + "/lib"}
    for place in sys.path:
        if place and place not in paths:
            paths.update(_installed_in(place))
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = (*paths, here, sys.base_prefix + "/lib")
    return tuple(p if p.endswith(".py") else os.path.join(p, "") for p in found if p and p not in ("/", "/usr"))


def _installed_in(place: str) -> Iterator[str]:
    """What installers have put into a folder of `sys.path` that is no site-packages (`pip --target`, `PYTHONPATH`, `.pth`).

    Only what their records name: next to it the user's own modules may lie.
    """
    try:
        names = os.listdir(place)
    except OSError:
        return
    for name in names:
        record = os.path.join(place, name, "RECORD")
        if name.endswith(".dist-info") and os.path.exists(record):
            with open(record, encoding="utf-8", errors="replace") as lines:
                tops = {line.partition(",")[0].partition("/")[0] for line in lines}
            yield from (os.path.join(place, top) for top in tops if top and top != ".." and not top.endswith(".dist-info"))


def is_user_file(file: str) -> bool:
    """Whether code compiled under this name is the user's: a cell or a module outside the installed libraries."""
    return find_user_file(file)


@functools.cache
def find_user_file(file: str) -> bool:
    """As `is_user_file`, remembered by file name."""
    if file in _names:
        return True
    if file.startswith("<"):
        return file.startswith(("<ipython-input", "<cell", "<janus-cell"))
    return not os.path.abspath(file).startswith(_library_roots())


def is_user_function(value: Any) -> bool:
    """Whether a value is a Python function written by the user."""
    return isinstance(value, FunctionType) and is_user_file(value.__code__.co_filename)


def is_user_class(kind: type) -> bool:
    """Whether a class was written by the user."""
    if kind.__module__ == "__main__":
        return True
    if kind.__module__ == "builtins":
        return False
    file = getattr(sys.modules.get(kind.__module__), "__file__", None)
    return (file is not None and is_user_file(file)) or any(is_user_function(member) for member in kind.__dict__.values())


def is_keras(kind: type) -> bool:
    """Whether a class is Keras's, or the user's subclass of one."""
    return any(k.__module__.partition(".")[0] == "keras" for k in kind.__mro__)


@functools.lru_cache(maxsize=256)
def _locate(code: CodeType, file: str) -> tuple[FunctionNode, Unit] | None:
    """The node of a function's code, in a text that compiles to this very code: a file may have been edited since, or not yet reloaded."""
    unit = find_unit(file)
    if unit is not None and code not in _codes(unit, code.co_flags & FUTURE):
        linecache.checkcache(file)
        unit = find_unit(file)
        if unit is not None and code not in _codes(unit, code.co_flags & FUTURE):
            return None
    return _node_of(code, unit) if unit is not None else None


FUTURE = functools.reduce(operator.or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)) & ~0xFFFF
"""Flags of code that was compiled under `from __future__` statements."""


@functools.lru_cache(maxsize=64)
def _codes(unit: Unit, flags: int) -> frozenset[CodeType]:
    """All code that a unit's text compiles to."""
    try:
        with quietly():
            code = compile(unit.tree, unit.file, "exec", flags=flags | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except (SyntaxError, ValueError, TypeError):
        return frozenset()
    found = [code]
    for outer in found:
        found.extend(c for c in outer.co_consts if isinstance(c, CodeType))
    return frozenset(found)


def _node_of(code: CodeType, unit: Unit) -> tuple[FunctionNode, Unit] | None:
    found = [
        node
        for node in ast.walk(unit.tree)
        if isinstance(node, ast.FunctionDef | ast.Lambda)
        and getattr(node, "name", "<lambda>") == code.co_name
        and min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]) == code.co_firstlineno
    ]
    if len(found) > 1:  # several lambdas on one line: tell them apart by what they compile to
        found = [node for node in found if _same_arguments(node, code) and _same_column(node, code)]
    if len(found) != 1 or not _same_arguments(found[0], code):
        return None
    return _mangled(found[0], _class_of(code)), unit


def _class_of(code: CodeType) -> str | None:
    """The class in whose body a function stands, by its qualified name; `None` outside of classes."""
    parts = str(getattr(code, "co_qualname", code.co_name)).split(".")
    while len(parts) > 2 and parts[-2] == "<locals>":
        del parts[-2:]
    return parts[-2] if len(parts) > 1 and parts[-2] != "<locals>" else None


def is_private(name: str) -> bool:
    """Whether Python spells a name differently inside a class."""
    return name.startswith("__") and not name.endswith("__")


def _mangled(node: FunctionNode, owner: str | None) -> FunctionNode:
    """The function with private names (`self.__count`) as Python spells them in a class (`self._Class__count`)."""
    owner = (owner or "").lstrip("_")
    names = (getattr(part, field, None) for part in ast.walk(node) for field in ("id", "attr", "arg"))
    if not owner or not any(isinstance(name, str) and is_private(name) for name in names):
        return node
    node = copy.deepcopy(node)
    for part in ast.walk(node):
        for field in ("id", "attr", "arg"):
            name = getattr(part, field, None)
            if isinstance(name, str) and is_private(name):
                setattr(part, field, f"_{owner}{name}")
    return node


def _same_arguments(node: FunctionNode, code: CodeType) -> bool:
    owner = (_class_of(code) or "").lstrip("_")
    names = [f"_{owner}{a.arg}" if owner and is_private(a.arg) else a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    return tuple(names) == code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _same_column(node: FunctionNode, code: CodeType) -> bool:
    body = node.body if isinstance(node, ast.Lambda) else node.body[0]
    columns = [p[2] for p in code.co_positions() if p[2] is not None and p[0] == body.lineno and p[2:] != (0, 0)]
    return not columns or (min(columns) >= body.col_offset >= node.col_offset and min(columns) == body.col_offset)


def function_source(function: FunctionType) -> tuple[FunctionNode, Unit] | None:
    """The node of a user function and its unit, or `None` if the text cannot be found."""
    return _locate(function.__code__, function.__code__.co_filename)


def functions_around(file: str, lines: set[int]) -> list[tuple[str, Span, str]]:
    """The outermost functions of a unit that hold some of its lines: a name to show, where they stand, and their text."""
    unit = find_unit(file)
    if unit is None:
        return []
    found: list[tuple[str, Span, str]] = []
    pending: list[ast.AST] = [unit.tree]
    text = unit.text.splitlines()
    while pending:
        node = pending.pop(0)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                span = Span.of(child, file)
                if any(span.line <= line <= span.end_line for line in lines):
                    found.append((unit.name, span, "\n".join(text[span.line - 1 : span.end_line])))
            elif isinstance(child, ast.stmt):
                pending.append(child)
    return found

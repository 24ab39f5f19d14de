"""Calling the user's functions: interpreted, as if they were written in place."""

from __future__ import annotations

import ast
import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

from janus_nb.lowering.core import marks
from janus_nb.lowering.core.flow import boundary
from janus_nb.lowering.core.frames import Frame
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.outcome import Exit, Returned
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Closure, Suspended
from janus_nb.lowering.heap import access, members
from janus_nb.lowering.values import generators
from janus_nb.lowering.values.kind import Args, Kwargs
from janus_nb.source.names import bound_names
from janus_nb.source.units import function_source, is_user_class, is_user_function
from janus_nb.speculate.plain import plain

MAX_DEPTH = 60


def by_rule(low: Lowering, rule: Callable[..., Any], function: Any, args: Args, kwargs: Kwargs) -> Any:
    """A call by its own rule.

    Raises:
        Unsupported: JN203 if the rule does not take such arguments.
    """
    try:
        inspect.signature(rule).bind(low, *args, **kwargs)
    except TypeError as error:
        raise Unsupported("JN203", f"{getattr(function, '__name__', function)}(): {error}") from error
    return rule(low, *args, **kwargs)


def user_function(low: Lowering, function: types.FunctionType, args: Args, kwargs: Kwargs) -> Any:
    """Call a function of the user's; a generator function makes a generator that has not begun."""
    found = function_source(function)
    if found is None:
        raise Unsupported("JN106", f"source of {function.__qualname__} is not available")
    if generators.is_generator(function):
        return Suspended(function, args, dict(kwargs))
    if function.__code__.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise Unsupported("JN103", f"coroutine {function.__qualname__}")
    node, frame = _enter(low, function, found, args, kwargs)
    return _run_function(low, node, frame)


def run_generator(low: Lowering, function: types.FunctionType, args: Args, kwargs: Kwargs, on_yield: Any) -> None:
    """Run a generator's body; `on_yield` is called with every item."""
    found = function_source(function)
    if found is None:
        raise Unsupported("JN106", f"source of {function.__qualname__} is not available")
    node, frame = _enter(low, function, found, args, kwargs)
    frame.on_yield = on_yield
    _run_function(low, node, frame)


def _enter(low: Lowering, function: types.FunctionType, found: tuple[Any, Any], args: Args, kwargs: Kwargs) -> tuple[Any, Frame]:
    node, unit = found
    members.guard_function(low, function)
    defaults, kw_defaults = function.__defaults__ or (), function.__kwdefaults__ or {}
    names = bind_arguments(low, node.args, args, kwargs, defaults, kw_defaults, function.__qualname__)
    cells = access.cell_slots(function)
    frame = Frame(unit, function.__globals__, names, _locals(node, names), cells, depth=low.frame.depth + 1 if low.frames else 1)
    frame.declared_global = frozenset(bound_names(_body(node)).declared_global)
    if "__class__" in cells:
        frame.owner_class = cells["__class__"].cell.cell_contents
        frame.self_value = next(iter(names.values()), None)
    return node, frame


def closure(low: Lowering, function: Closure, args: Args, kwargs: Kwargs) -> Any:
    """Call a function that was defined in the iteration."""
    node = function.node
    names = bind_arguments(low, node.args, args, kwargs, function.defaults, function.kw_defaults, function.name)
    frame = Frame(function.frame.unit, function.frame.namespace, names, _locals(node, names), {}, function.frame, depth=low.frame.depth + 1)
    frame.declared_global = frozenset(bound_names(_body(node)).declared_global)
    return _run_function(low, node, frame)


def _body(node: Any) -> list[ast.stmt]:
    return [] if isinstance(node, ast.Lambda) else node.body  # type: ignore[no-any-return]


def _locals(node: Any, names: dict[str, Any]) -> frozenset[str]:
    stores = bound_names(_body(node))
    return frozenset({*names, *stores.stored} - stores.declared_global - stores.declared_nonlocal)


def _run_function(low: Lowering, node: Any, frame: Frame) -> Any:
    if frame.depth > MAX_DEPTH:
        raise Unsupported("JN109", f"calls nested deeper than {MAX_DEPTH}")
    low.frames.append(frame)
    depth, low.place.frame_loop_depth = low.place.frame_loop_depth, low.place.loop_depth
    try:
        if isinstance(node, ast.Lambda):
            return low.eval(node.body)
        with boundary(low, "function"):
            outcome = low.run(node.body)
    finally:
        low.frames.pop()
        low.place.frame_loop_depth = depth
    if isinstance(outcome, Exit):
        raise _Leaves(outcome)
    return outcome.value if isinstance(outcome, Returned) else None


class _Leaves(Unsupported):
    """An inlined call raises in any case."""

    def __init__(self, outcome: Exit) -> None:
        super().__init__("JN101", f"`{outcome.statement}` is always reached", outcome.span)


def bind_arguments(
    low: Lowering,
    spec: ast.arguments,
    args: Args,
    kwargs: Kwargs,
    defaults: tuple[Any, ...],
    kw_defaults: dict[str, Any],
    name: str,
) -> dict[str, Any]:
    """Parameters by name, as Python binds them.

    Raises:
        Unsupported: the call would raise `TypeError`.
    """
    positional = [a.arg for a in (*spec.posonlyargs, *spec.args)]
    bound: dict[str, Any] = dict(zip(positional, args, strict=False))
    extra = args[len(positional) :]
    rest = dict(kwargs)
    for parameter in positional[len(args) :]:
        if parameter in rest:
            bound[parameter] = rest.pop(parameter)
    for parameter, value in zip(positional[len(positional) - len(defaults) :], defaults, strict=True):
        bound.setdefault(parameter, value)
    for a in spec.kwonlyargs:
        if a.arg in rest:
            bound[a.arg] = rest.pop(a.arg)
        elif a.arg in kw_defaults:
            bound[a.arg] = kw_defaults[a.arg]
    wanted = {*positional, *(a.arg for a in spec.kwonlyargs)}
    if wanted - bound.keys() or (extra and spec.vararg is None) or (rest and spec.kwarg is None):
        raise Unsupported("JN203", f"TypeError: arguments of {name} do not match")
    if spec.vararg is not None:
        bound[spec.vararg.arg] = tuple(extra)
    if spec.kwarg is not None:
        bound[spec.kwarg.arg] = low.make(rest)
    return bound


def without_effects(low: Lowering, function: Any, args: Args, kwargs: Kwargs, what: str, code: str = "JN201") -> Any:
    """Call a function whose effects on Python, if it had any, would not happen in every call."""
    before = marks.mark(low)
    if code == "JN201" and not all(plain(v) for v in (*args, *kwargs.values())):
        raise Unsupported(code, f"{what} of values that are not known yet, or not plain")
    result = low.call(function, args, dict(kwargs))
    stale = code == "JN201" and not _reads_arguments_only(function, set())
    if marks.acted(low, before) or stale or (code == "JN201" and isinstance(result, list | dict | set)):
        raise Unsupported(code, f"{what} whose Python effects do not happen in every call")
    return result


def _reads_arguments_only(function: Any, seen: set[int]) -> bool:
    """Whether a function and those it calls compute with nothing but their arguments, functions, library classes and modules."""
    if id(function) in seen or not is_user_function(function):
        return not is_user_class(function) if isinstance(function, type) else True
    seen.add(id(function))
    found = [function.__globals__[name] for name in function.__code__.co_names if name in function.__globals__]
    fixed = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type, functools._lru_cache_wrapper)
    inner = [getattr(value, "__wrapped__", value) for value in found]
    plain_inside = not any(isinstance(part, types.CodeType) for part in function.__code__.co_consts)
    return (
        plain_inside
        and not function.__code__.co_freevars
        and all(isinstance(v, fixed) and _reads_arguments_only(w, seen) for v, w in zip(found, inner, strict=True))
    )

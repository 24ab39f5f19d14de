"""Calls, by what is called.

print(x)              a rule of its own (janus_nb.lowering.rules.builtins)
user_function(x)      interpreted, as if written in place
model(x), tf.exp(x)   called now, on symbolic tensors; adds operations to the graph
np.mean(history)      computed by the host, before the graph or at replay
values.append(x)      postponed to replay
"""

from __future__ import annotations

import ast
import enum
import functools
import inspect
import types
from typing import Any

from janus_nb.lowering.core import marks
from janus_nb.lowering.core.flow import boundary
from janus_nb.lowering.core.frames import Frame
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.outcome import Exit, Returned
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import BoundMethod, Closure, Host, Suspended
from janus_nb.lowering.heap import access, members
from janus_nb.lowering.library.tracing import call_library, trace_library, trampoline
from janus_nb.lowering.rules.builtins import RULES
from janus_nb.lowering.values import generators, objects
from janus_nb.lowering.values.methods import method_rule
from janus_nb.source.names import bound_names
from janus_nb.source.units import function_source, is_user_class, is_user_function
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import ViewSlot

MAX_DEPTH = 60


def call_node(low: Lowering, node: ast.Call) -> Any:
    """Evaluate a call expression."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        return _super(low)
    function = low.eval(node.func)
    args: list[Any] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            args.extend(low.items_of(low.eval(arg.value)))
        else:
            args.append(low.eval(arg))
    kwargs: dict[str, Any] = {}
    for keyword in node.keywords:
        value = low.eval(keyword.value)
        if keyword.arg is None:
            if not isinstance(value, dict):
                raise Unsupported("JN102", "`**` of something that is not a dictionary")
            kwargs.update(low.pairs_of(value))
        else:
            kwargs[keyword.arg] = value
    return call(low, function, tuple(args), kwargs)


def call(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of calling `function`, whatever it is."""

    if isinstance(function, Closure):
        return _call_closure(low, function, args, kwargs)
    if isinstance(function, BoundMethod):
        return method_rule(low, function.owner, function.name, args, kwargs)
    if isinstance(function, Host):
        raise Unsupported("JN201", "a function that comes from the data is called")
    if isinstance(function, _NAMED):  # what hashes by identity: no code of the user's is asked
        rule = RULES.get(function)
        if rule is not None:
            return _by_rule(low, rule, function, args, kwargs)
    manager = generators.manager_function(function)
    if manager is not None:
        return Suspended(manager, args, kwargs)
    if isinstance(function, functools._lru_cache_wrapper):
        return _without_effects(low, function.__wrapped__, args, kwargs, "a cached function")
    if isinstance(function, functools.partial):
        if type(function) is not functools.partial:
            raise Unsupported("JN209", "a subclass of functools.partial")
        low.heap.guard_view(ViewSlot(function, low.paths.get(id(function), "<partial>"), _bound_by, "what it binds"), low.span)
        return call(low, function.func, (*function.args, *args), {**dict(low.pairs_of(function.keywords)), **kwargs})
    own_gradient = low.backend.with_gradient(function, lambda inner: trampoline(low, inner))
    if own_gradient is not None:
        return trace_library(low, own_gradient, args, kwargs)
    if isinstance(function, types.MethodType):
        return _call_method(low, function, args, kwargs)
    if isinstance(function, types.FunctionType) and is_user_function(function):
        return _call_user(low, function, args, kwargs)
    graph_function = low.backend.python_function(function)
    if graph_function is not None:
        return _call_graph_function(low, graph_function, args, kwargs)
    if isinstance(function, type) and (is_user_class(function) or objects.is_record(function) or isinstance(function, enum.EnumMeta)):
        return objects.construct(low, function, args, kwargs)
    if isinstance(function, types.MethodWrapperType) and function.__name__ in ("__setattr__", "__init__"):
        return _object_method(low, function.__self__, function.__name__, args)
    if is_user_class(type(function)) and not _is_library_object(function):
        members.guard_type(low, function)
        found = members.find(low, type(function), "__call__")[1]
        if not is_user_function(found):
            raise Unsupported("JN209", f"__call__ of a {type(function).__name__}")
        return call(low, found, (function, *args), kwargs)
    return call_library(low, function, args, kwargs)


_NAMED = (types.BuiltinFunctionType, types.FunctionType, types.WrapperDescriptorType, types.MethodDescriptorType, type)


def _by_rule(low: Lowering, rule: Any, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call by its own rule.

    Raises:
        Unsupported: JN203 if the rule does not take such arguments.
    """
    try:
        inspect.signature(rule).bind(low, *args, **kwargs)
    except TypeError as error:
        raise Unsupported("JN203", f"{getattr(function, '__name__', function)}(): {error}") from error
    return rule(low, *args, **kwargs)


def _object_method(low: Lowering, owner: Any, name: str, args: tuple[Any, ...]) -> None:
    """What `object` itself does for `super().__setattr__(name, value)` and `super().__init__()`."""
    if name == "__setattr__":
        access.store_plain(low, owner, *args)
    elif args:
        raise Unsupported("JN203", "TypeError: object.__init__() takes no arguments")


def _is_library_object(value: Any) -> bool:
    """Whether calling a user's object enters library code first (a subclassed layer or model)."""
    found = next((k.__dict__["__call__"] for k in type(value).__mro__ if "__call__" in k.__dict__), None)
    return found is not None and not is_user_function(found)


def _super(low: Lowering) -> Any:
    frame = low.frame
    if frame.owner_class is None:
        raise Unsupported("JN102", "super() outside a method")
    if isinstance(frame.self_value, Host):
        raise Unsupported("JN102", "super() of an object that is not known yet")
    try:
        return super(frame.owner_class, frame.self_value)
    except TypeError as error:
        raise Unsupported("JN203", f"TypeError: {error}") from error


# -- user code ---------------------------------------------------------------------------------------------------------


def _call_method(low: Lowering, method: types.MethodType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    function, owner = method.__func__, method.__self__
    if isinstance(function, types.FunctionType) and is_user_function(function):
        return _call_user(low, function, (owner, *args), kwargs)
    if isinstance(function, Closure):
        return _call_closure(low, function, (owner, *args), kwargs)
    graph_function = low.backend.python_function(function)
    if graph_function is not None:
        return _call_graph_function(low, graph_function, (owner, *args), kwargs)
    return call_library(low, method, args, kwargs)


def _call_user(low: Lowering, function: types.FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    found = function_source(function)
    if found is None:
        raise Unsupported("JN106", f"source of {function.__qualname__} is not available")
    if generators.is_generator(function):
        return Suspended(function, args, kwargs)
    if function.__code__.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise Unsupported("JN103", f"coroutine {function.__qualname__}")
    node, frame = _enter(low, function, found, args, kwargs)
    return _run_function(low, node, frame)


def run_generator(low: Lowering, function: types.FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any], on_yield: Any) -> None:
    """Run a generator's body; `on_yield` is called with every item."""
    found = function_source(function)
    if found is None:
        raise Unsupported("JN106", f"source of {function.__qualname__} is not available")
    node, frame = _enter(low, function, found, args, kwargs)
    frame.on_yield = on_yield
    _run_function(low, node, frame)


def _enter(low: Lowering, function: types.FunctionType, found: tuple[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Frame]:
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


def _call_closure(low: Lowering, closure: Closure, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    node = closure.node
    names = bind_arguments(low, node.args, args, kwargs, closure.defaults, closure.kw_defaults, closure.name)
    frame = Frame(closure.frame.unit, closure.frame.namespace, names, _locals(node, names), {}, closure.frame, depth=low.frame.depth + 1)
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
    depth, low.frame_loop_depth = low.frame_loop_depth, low.loop_depth
    try:
        if isinstance(node, ast.Lambda):
            return low.eval(node.body)
        with boundary(low, "function"):
            outcome = low.run(node.body)
    finally:
        low.frames.pop()
        low.frame_loop_depth = depth
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
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
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


def _call_graph_function(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A function the user wrapped in `tf.function`: its body, if it has no effects on the host."""
    return _without_effects(low, function, args, kwargs, "a tf.function", "JN301")


def _without_effects(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], what: str, code: str = "JN201") -> Any:
    """Call a function whose effects on Python, if it had any, would not happen in every call."""
    before = marks.mark(low)
    if code == "JN201" and not all(plain(v) for v in (*args, *kwargs.values())):
        raise Unsupported(code, f"{what} of values that are not known yet, or not plain")
    result = call(low, function, args, kwargs)
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


def _bound_by(function: Any) -> Any:
    """What a partial function calls, and with what: these very objects, which `__setstate__` may replace."""
    return (function.func, *function.args, *function.keywords, *function.keywords.values())


__all__ = ["bind_arguments", "call", "call_node"]

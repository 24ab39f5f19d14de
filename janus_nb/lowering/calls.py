"""Calls, by what is called.

print(x)              a rule of its own (janus_nb.lowering.builtin_rules)
user_function(x)      interpreted, as if written in place
model(x), tf.exp(x)   called now, on symbolic tensors; adds operations to the graph
np.mean(history)      computed by the host, before the graph or at replay
values.append(x)      postponed to replay
"""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from janus_nb.lowering import access, items
from janus_nb.lowering.control import boundary, known_items
from janus_nb.lowering.interp import Frame, Lowering
from janus_nb.lowering.library import Effect, knowledge_of, module_of
from janus_nb.lowering.outcome import Exit, Returned
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import BoundMethod, Closure, Host, Num, Phase
from janus_nb.source.names import bound_names
from janus_nb.source.units import function_source, is_user_class, is_user_file, is_user_function
from janus_nb.speculate.slots import instance_dict

MAX_DEPTH = 60


def call_node(low: Lowering, node: ast.Call) -> Any:
    """Evaluate a call expression."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        return _super(low)
    function = low.eval(node.func)
    args: list[Any] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            args.extend(known_items(low, low.eval(arg.value)))
        else:
            args.append(low.eval(arg))
    kwargs: dict[str, Any] = {}
    for keyword in node.keywords:
        value = low.eval(keyword.value)
        if keyword.arg is None:
            if not isinstance(value, dict):
                raise Unsupported("JN102", "`**` of something that is not a dictionary")
            kwargs.update({k: items.load_item(low, value, k) for k in value})
        else:
            kwargs[keyword.arg] = value
    return call(low, function, tuple(args), kwargs)


def call(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of calling `function`, whatever it is."""
    from janus_nb.lowering.builtin_rules import RULES, method_rule

    if isinstance(function, Closure):
        return _call_closure(low, function, args, kwargs)
    if isinstance(function, BoundMethod):
        return method_rule(low, function.owner, function.name, args, kwargs)
    if isinstance(function, Host):
        raise Unsupported("JN201", "a function that comes from the data is called")
    with contextlib.suppress(TypeError):
        rule = RULES.get(function)
        if rule is not None:
            return rule(low, *args, **kwargs)
    if isinstance(function, functools.partial):
        return call(low, function.func, (*function.args, *args), {**function.keywords, **kwargs})
    if isinstance(function, types.MethodType):
        return _call_method(low, function, args, kwargs)
    if isinstance(function, types.FunctionType) and is_user_function(function):
        return _call_user(low, function, args, kwargs)
    graph_function = low.backend.python_function(function)
    if graph_function is not None:
        return _call_graph_function(low, graph_function, args, kwargs)
    if isinstance(function, type) and is_user_class(function):
        raise Unsupported("JN201", f"an object of class {function.__name__} is created")
    if is_user_class(type(function)) and not _is_library_object(function):
        return call(low, access.load_attribute(low, function, "__call__"), args, kwargs)
    return _call_library(low, function, args, kwargs)


def _is_library_object(value: Any) -> bool:
    """Whether calling a user's object enters library code first (a subclassed layer or model)."""
    found = next((k.__dict__["__call__"] for k in type(value).__mro__ if "__call__" in k.__dict__), None)
    return found is not None and not is_user_function(found)


def _super(low: Lowering) -> Any:
    frame = low.frame
    if frame.owner_class is None:
        raise Unsupported("JN102", "super() outside a method")
    return super(frame.owner_class, frame.self_value)


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
    return _call_library(low, method, args, kwargs)


def _call_user(low: Lowering, function: types.FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    found = function_source(function)
    if found is None:
        raise Unsupported("JN106", f"source of {function.__qualname__} is not available")
    node, unit = found
    if function.__code__.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise Unsupported("JN104", f"generator or coroutine {function.__qualname__}")
    defaults, kw_defaults = function.__defaults__ or (), function.__kwdefaults__ or {}
    names = bind_arguments(low, node.args, args, kwargs, defaults, kw_defaults, function.__qualname__)
    cells = access.cell_slots(function)
    frame = Frame(unit, function.__globals__, names, _locals(node, names), cells, depth=low.frame.depth + 1 if low.frames else 1)
    frame.declared_global = frozenset(bound_names(_body(node)).declared_global)
    if "__class__" in cells:
        frame.owner_class = cells["__class__"].cell.cell_contents
        frame.self_value = next(iter(names.values()), None)
    return _run_function(low, node, frame)


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
    from janus_nb.lowering.stmts import run

    if frame.depth > MAX_DEPTH:
        raise Unsupported("JN109", f"calls nested deeper than {MAX_DEPTH}")
    low.frames.append(frame)
    depth, low.frame_loop_depth = low.frame_loop_depth, low.loop_depth
    try:
        if isinstance(node, ast.Lambda):
            return low.eval(node.body)
        with boundary(low, "function"):
            outcome = run(low, node.body)
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
    before = low.effects, len(low.heap.overlay)
    result = call(low, function, args, kwargs)
    if (low.effects, len(low.heap.overlay)) != before:
        raise Unsupported("JN301", "a tf.function whose Python effects happen only while it is traced")
    return result


# -- library code ------------------------------------------------------------------------------------------------------


def _call_library(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    known = knowledge_of(function)
    module, name = module_of(function)
    if known is None and is_user_class(type(getattr(function, "__self__", function))):
        owner = getattr(function, "__self__", function)
        if any(k.__module__.partition(".")[0] == "keras" for k in type(owner).__mro__):
            return trace_library(low, function, args, kwargs)
    if known is None or known.effect is Effect.REFUSED:
        why = f": {known.why}" if known else ""
        raise Unsupported(known.code if known else "JN201", f"{module}.{name}{why}")
    if known.effect is Effect.TRACED:
        return trace_library(low, function, args, kwargs)
    if known.effect is Effect.REPLAYED:
        return replay(low, function, args, kwargs)
    return compute(low, function, args, kwargs)


def compute(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A pure call: by the host, as soon as its arguments are known."""
    if kwargs.get("out") is not None:
        raise Unsupported("JN201", "a function that writes to its `out` argument")
    for value in (*args, *kwargs.values()):
        refuse_user_text(value)
    plain = not any(low.is_symbolic(v) for v in (*args, *kwargs.values()))
    if plain and all(isinstance(v, int | float | str | bool | type | type(None)) for v in (*args, *kwargs.values())):
        try:
            return function(*args, **kwargs)
        except Exception as error:
            raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
    values = [_content(low, v) for v in (*args, *kwargs.values())]
    names = [None] * len(args) + list(kwargs)
    slots = ", ".join("{}" if n is None else f"{n}={{}}" for n in names)

    def run(*given: Any) -> Any:
        return function(*given[: len(args)], **dict(zip(kwargs, given[len(args) :], strict=True)))

    return low.host_op(f"{low.host.object(function)}({slots})", run, *values)


def _content(low: Lowering, value: Any) -> Any:
    """An argument whose content is read: a container that the loop changes is known only at replay."""
    if isinstance(value, list | dict | set) and not low.is_fresh(value):
        phase = Phase.ENTRY if low.heap.read_content(value) else Phase.POST
        return Host(phase, low.host.object(value), value)
    return value


def replay(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An effect: postponed, in program order. Its result is known at replay."""
    for value in (*args, *kwargs.values()):
        refuse_user_text(value)
    low.note_effect()
    parts = [low.code(v, Phase.POST) for v in args] + [f"{k}={low.code(v, Phase.POST)}" for k, v in kwargs.items()]
    made = low.host.assign(Phase.POST, f"J.effect({', '.join([low.host.object(function), *parts])})", None)
    low.volatile.add(made.code)
    return made


def refuse_user_text(value: Any) -> None:
    """Refuse to print an object whose text the user's class computes: it would run at the wrong time.

    Raises:
        Unsupported: JN204.
    """
    kind = type(value)
    if isinstance(value, Host | Num | Closure | BoundMethod | type):
        return
    if isinstance(value, list | tuple) and len(value) < 1000:
        for item in value:
            refuse_user_text(item)
    if is_user_class(kind) and any(is_user_function(k.__dict__.get(n)) for k in kind.__mro__ for n in ("__str__", "__repr__", "__format__")):
        raise Unsupported("JN204", f"text of a {kind.__name__}")


def trace_library(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call library code on symbolic tensors. User code that it calls back is interpreted, or the call refused."""
    owner = getattr(function, "__self__", None)
    touched = [v for v in (owner, function, *args, *kwargs.values()) if v is not None]
    for value in touched:
        access.touch_library(low, value)
    given = [_to_library(low, v) for v in args]
    named = {k: _to_library(low, v) for k, v in kwargs.items()}
    if low.span is not None:
        low.graph_spans[low.span] = None
    traced = low.backend.traceable(function)
    with _user_methods_interpreted(low, touched), _no_user_code():
        try:
            result = traced(*given, **named)
        except Unsupported:
            raise
        except Exception as error:
            text = str(error).strip().splitlines() or [""]
            raise Unsupported("JN203", f"{type(error).__name__}: {text[0]}") from error
    return _from_library(low, result)


def _to_library(low: Lowering, value: Any) -> Any:
    value = low.lift(value)
    if isinstance(value, Num):
        return low.to_tensor(value)
    if isinstance(value, Closure) or is_user_function(value) or (isinstance(value, types.MethodType) and is_user_function(value.__func__)):
        return _trampoline(low, value)
    if type(value) in (list, tuple):
        if not low.is_fresh(value):
            return type(value)(_to_library(low, v) for v in known_items(low, value)) if len(value) < 2000 else value
        return type(value)(_to_library(low, v) for v in value)
    if type(value) is dict:
        return {k: _to_library(low, items.load_item(low, value, k)) for k in value}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_to_library(low, v) for v in value))
    if isinstance(value, slice):
        return slice(*(_to_library(low, v) for v in (value.start, value.stop, value.step)))
    from janus_nb.lowering.loops import Range

    if isinstance(value, Range):
        raise Unsupported("JN109", "a range of unknown length is handed to a library")
    return value


def _from_library(low: Lowering, value: Any) -> Any:
    if type(value) is list:
        return low.make([_from_library(low, v) for v in value])
    if type(value) is tuple:
        return tuple(_from_library(low, v) for v in value)
    if type(value) is dict:
        return low.make({k: _from_library(low, v) for k, v in value.items()})
    if isinstance(value, types.GeneratorType):
        raise Unsupported("JN104", "a generator of a library")
    return value


def _trampoline(low: Lowering, function: Any) -> Callable[..., Any]:
    """A function that a library may call while it is traced: it interprets the user's."""

    def interpreted(*args: Any, **kwargs: Any) -> Any:
        with _callback(low):
            result = call(low, function, tuple(_from_library(low, a) for a in args), kwargs)
            return _to_library(low, result)

    return interpreted


@contextlib.contextmanager
def _callback(low: Lowering) -> Iterator[None]:
    """Inside a graph that a library nests in ours, nothing outside may be written."""
    nested = not low.tracer.at_top()
    low.nested += nested
    profiler = sys.getprofile()
    sys.setprofile(None)
    try:
        with boundary(low, "function"):
            yield
    finally:
        sys.setprofile(profiler)
        low.nested -= nested


@contextlib.contextmanager
def _user_methods_interpreted(low: Lowering, values: list[Any]) -> Iterator[None]:
    """While inside, methods that user classes define on library objects (a layer's `call`) are interpreted."""
    patched: list[tuple[dict[str, Any], str]] = []
    for owner in _library_objects(values):
        held = instance_dict(owner)
        for name in ("call", "update_state", "result", "get_gradients"):
            member = next((k.__dict__[name] for k in type(owner).__mro__ if name in k.__dict__), None)
            if held is not None and name not in held and isinstance(member, types.FunctionType) and is_user_function(member):
                held[name] = _trampoline(low, types.MethodType(member, owner))
                patched.append((held, name))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for held, name in patched:
            del held[name]


def _library_objects(values: list[Any]) -> Iterator[Any]:
    """Keras objects among the values, with the layers inside them."""
    seen: set[int] = set()
    pending = list(values)
    while pending:
        value = pending.pop()
        if id(value) in seen or not any(k.__module__.partition(".")[0] == "keras" for k in type(value).__mro__):
            continue
        seen.add(id(value))
        yield value
        pending.extend(getattr(value, "_layers", None) or ())
        pending.extend(getattr(value, "_metrics", None) or ())


@contextlib.contextmanager
def _no_user_code() -> Iterator[None]:
    """Refuse the call if the library enters user code, whose effects would happen while the graph is built."""
    before = sys.getprofile()

    def watch(frame: types.FrameType, event: str, arg: Any) -> None:
        if event == "call" and is_user_file(frame.f_code.co_filename):
            raise Unsupported("JN204", f"{frame.f_code.co_name} is called by a library")

    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)


# -- context managers ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def entered(low: Lowering, manager: Any) -> Iterator[Any]:
    """The body of a `with` block."""
    with boundary(low, "with"):
        if type(manager).__module__.partition(".")[0] in ("tensorflow", "keras", "contextlib") or low.backend.is_tape(manager):
            if type(manager).__name__ == "_GeneratorContextManager" and not _library_generator(manager):
                raise Unsupported("JN104", "a context manager written as a generator")
            with manager as value:
                yield value
            return
        if not is_user_class(type(manager)):
            raise Unsupported("JN201", f"context manager {type(manager).__name__}")
        value = call(low, access.load_attribute(low, manager, "__enter__"), (), {})
        yield value
        call(low, access.load_attribute(low, manager, "__exit__"), (None, None, None), {})


def _library_generator(manager: Any) -> bool:
    code = getattr(getattr(manager, "gen", None), "gi_code", None)
    return code is not None and not is_user_file(code.co_filename)


__all__ = ["bind_arguments", "call", "call_node", "compute", "entered", "refuse_user_text", "replay"]

"""Library code: traced, computed by the host, replayed, or refused (`janus_nb.lowering.library.table` says which).

model(x), tf.exp(x)   called now, on symbolic tensors; adds operations to the graph
np.mean(history)      computed by the host, before the graph or at replay
print(x)              postponed to replay
"""

from __future__ import annotations

import contextlib
import functools
import gc
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from janus_nb.lowering.core.flow import boundary
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_box, is_memory, is_users
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, BoundMethod, Closure, Host, Lazy, Nothing, Num, Phase, Range, Suspended, View
from janus_nb.lowering.heap import access, fence, members
from janus_nb.lowering.heap.content import settled
from janus_nb.lowering.host import draws
from janus_nb.lowering.library.quiet import quiet
from janus_nb.lowering.library.table import CLOCKS, WRITING, Effect, knowledge_of, module_of
from janus_nb.source.units import is_keras, is_user_class, is_user_file, is_user_function
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import NameSlot, ViewSlot, instance_dict


def call_library(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of calling library code, by what the table knows of it."""
    generator = draws.generator_behind(function)
    if generator is not None:
        return draws.draw(low, generator, function, args, kwargs)
    known = knowledge_of(function)
    module, name = module_of(function)
    if known is None and is_user_class(type(getattr(function, "__self__", function))):
        owner = getattr(function, "__self__", function)
        if is_keras(type(owner)):
            return trace_library(low, function, args, kwargs)
    if known is None or known.effect is Effect.REFUSED:
        why = f": {known.why}" if known else ""
        raise Unsupported(known.code if known else "JN201", f"{module}.{name}{why}")
    if is_memory(getattr(function, "__self__", None)):
        raise Unsupported("JN201", f"method {name!r} of an array, taken as a function")
    special = METHODS.get((module.partition(".")[0], name))
    if special is not None and getattr(function, "__self__", None) is not None:
        return special(low, function.__self__, *args, **kwargs)
    if (module, name) == _GLOBAL_GENERATOR:
        return _global_generator(low, function)
    if name in ("is_tensor", "is_tf_type") and known.effect is Effect.TRACED and len(args) == 1 and isinstance(args[0], Num | Host):
        return low.host_op(f"{low.host.object(function)}({{}})", function, args[0])  # a number of the host, whatever the graph makes of it
    if known.effect is Effect.TRACED:
        return trace_library(low, function, args, kwargs)
    if known.effect is Effect.REPLAYED:
        return replay(low, function, args, kwargs)
    return compute(low, function, args, kwargs)


def _get_weights(low: Lowering, owner: Any) -> Any:
    """`model.get_weights()`: arrays of what the variables hold in this iteration."""
    return low.make([Num(low.backend.read_in_graph(v), "array") for v in owner.weights])


_GLOBAL_GENERATOR = ("tensorflow.python.ops.stateful_random_ops", "get_global_generator")


def _global_generator(low: Lowering, function: Any) -> Any:
    """`tf.random.get_global_generator()`: the one that is set now, under a guard."""
    slot = NameSlot(inspect.unwrap(function).__globals__, "global_generator")
    generator = low.heap.live(slot)
    if generator is None:
        raise Unsupported("JN303", "the global generator makes itself at its first use")
    low.heap.guard_constant(slot, generator, low.span)
    return generator


METHODS: dict[tuple[str, str], Callable[..., Any]] = {("keras", "get_weights"): _get_weights}
"""Methods of library objects that read values of variables, which a graph knows only as tensors."""


def compute(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A pure call: by the host, as soon as its arguments are known."""
    args = tuple(low.make(low.items_of(v)) if isinstance(v, Lazy | View | Suspended) else v for v in args)
    values = (*args, *kwargs.values())
    refuse_callbacks(values)
    _refuse_writing(function, args, kwargs)
    if all(map(plain, values)):
        result = fence.now(low, function, *args, **kwargs)
        if plain(result):
            return result
    _refuse_special_methods(function, values)
    values = tuple(Num(low.backend.read_in_graph(v), "array") if low.backend.is_variable(v) else v for v in values)
    names = [None] * len(args) + list(kwargs)
    slots = ", ".join("{}" if n is None else f"{n}={{}}" for n in names)

    def run(*given: Any) -> Any:
        return function(*given[: len(args)], **dict(zip(kwargs, given[len(args) :], strict=True)))

    return low.host_op(f"{low.host.object(function)}({slots})", run, *values, inside=module_of(function)[0] != "builtins")


_ASKS_NOTHING = (id, callable, isinstance, issubclass)
"""Built-in functions without special methods behind them."""


def _refuse_special_methods(function: Any, values: Iterable[Any]) -> None:
    """Refuse a built-in function that would ask a special method of an object of the user's, such as `round`.

    Raises:
        Unsupported: JN209.
    """
    if module_of(function)[0] != "builtins" or function in _ASKS_NOTHING:
        return
    for value in values:
        if is_user_class(type(value)) and not isinstance(value, type):
            raise Unsupported("JN209", f"{getattr(function, '__name__', 'a method')}() of a {type(value).__name__}")


def refuse_callbacks(values: Iterable[Any]) -> None:
    """Refuse to hand a function of the user's to a library that would call it.

    Raises:
        Unsupported: JN204.
    """
    for value in values:
        if isinstance(value, Closure | BoundMethod) or is_user_function(getattr(value, "__func__", value)):
            raise Unsupported("JN204", "a function of the user's is handed to a library")
        if isinstance(value, functools.partial) or (isinstance(value, type) and is_user_class(value)):
            raise Unsupported("JN204", f"{getattr(value, '__name__', 'a partial function')} is handed to a library")


def _refuse_writing(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Refuse a call that writes to one of its arguments: by name, or by position.

    Raises:
        Unsupported: JN201.
    """
    written = WRITING & set(kwargs)
    if type(function).__name__ == "ufunc":
        written |= {"out"} if len(args) > function.nin else set()
        written |= {"where"} & set(kwargs)
    elif args and module_of(function)[0].partition(".")[0] == "numpy":
        try:
            bound = inspect.signature(function).bind_partial(*args)
        except (TypeError, ValueError):
            bound = None
            written |= (
                {"out"} if len(args) > 2 and module_of(function)[1] in ("dot", "concatenate", "where") and module_of(function)[1] == "dot" else set()
            )
        if bound is not None:
            written |= WRITING & {name for name, value in bound.arguments.items() if value is not None}
    if any(kwargs.get(name, True) is not None for name in written):
        raise Unsupported("JN201", f"a function that writes to its `{sorted(written)[0]}` argument")


def replay(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An effect: postponed, in program order. Its result is known at replay."""
    if function is print:
        args = tuple(_printed(low, value) for value in args)
    refuse_callbacks((*args, *(v for k, v in kwargs.items() if k not in _STREAMS)))
    low.note_effect()
    parts = [_shown(low, v) for v in args] + [f"{k}={low.code(v, Phase.POST) if k in _STREAMS else _shown(low, v)}" for k, v in kwargs.items()]
    statement = f"J.effect({', '.join([low.host.object(function), *parts])})"
    module, name = module_of(function)
    if module.partition(".")[0] not in CLOCKS:
        low.host.statement(Phase.POST, statement)
        return None if function is print else Nothing(f"{name}()")
    made = low.host.assign(Phase.POST, statement, UNKNOWN)
    low.trust.volatile.add(made.code)
    return made


_STREAMS = ("file", "output_stream")
"""Parameters that say where output goes: nothing is read from them."""


def _printed(low: Lowering, value: Any) -> Any:
    """What `print` writes of an object of the user's: the text that its class makes."""

    if isinstance(value, Lazy | View | Suspended):
        raise Unsupported("JN104", "an iterator is printed")
    return low.text(value, "", "str") if is_users(value) and not isinstance(value, type) else value


def _shown(low: Lowering, value: Any) -> str:
    """The code of an argument that an effect looks into, in program order."""
    return low.read_code(settled(low, value, late=True, inside=False), Phase.POST)


def trace_library(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call library code on symbolic tensors. User code that it calls back is interpreted, or the call refused."""
    owner = getattr(function, "__self__", None)
    refuse_foreign_tape(low, owner)
    touched = [v for v in (owner, function, *args, *kwargs.values()) if v is not None]
    for value in touched:
        if low.backend.is_eager_array(value):
            raise Unsupported("JN302", "a TensorArray that was made outside of the converted code, and changes in place")
        access.touch_library(low, value)
    given = [_to_library(low, v) for v in args]
    named = {k: _to_library(low, v) for k, v in kwargs.items()}
    if low.span is not None:
        low.lines.graph_spans[low.span] = None
    low.library.objects.update({id(owner): owner for owner in _library_objects(touched)})
    traced = low.backend.traceable(function)
    with _user_methods_interpreted(low, touched), _no_user_code(), quiet():
        try:
            result = traced(*given, **named)
        except Unsupported:
            raise
        except Exception as error:
            _raise_refusal(error)
            text = str(error).strip().splitlines() or [""]
            raise Unsupported("JN203", f"{type(error).__name__}: {text[0]}") from error
    low.library.before.bear(result)
    return _from_library(low, result)


def stage_losses(low: Lowering) -> None:
    """Losses that layers have added to themselves (or dropped) are tensors of the graph now: at commit they get the last iteration's."""
    for owner in low.library.objects.values():
        held = instance_dict(owner)
        losses = held.get("_losses") if held is not None else None
        if held is not None and isinstance(losses, list) and (any(map(low.backend.is_symbolic, losses)) or low.library.before.has_changed(losses)):
            low.heap.write(NameSlot(held, "_losses"), low.make(list(losses)), low.span)  # type: ignore[arg-type]
            low.library.staged.add(id(losses))
            losses.clear()


def _raise_refusal(error: BaseException) -> None:
    """A refusal of ours that the library has wrapped in an exception of its own.

    Raises:
        Unsupported: if there is one.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, Unsupported):
            raise seen
        seen = seen.__cause__ or seen.__context__


def refuse_foreign_tape(low: Lowering, value: Any) -> None:
    """Refuse to use a gradient tape that was not opened in the region: it records eager operations, and is used up.

    Raises:
        Unsupported: JN208.
    """
    if low.backend.is_tape(value) and id(value) not in low.library.tapes:
        raise Unsupported("JN208", "")


def _to_library(low: Lowering, value: Any) -> Any:
    value = low.lift(value)
    if isinstance(value, Num):
        return low.to_tensor(value)
    if isinstance(value, Closure) or is_user_function(value) or (isinstance(value, types.MethodType) and is_user_function(value.__func__)):
        return trampoline(low, value)
    if type(value) in (list, tuple):
        if not low.is_fresh(value):
            if len(value) >= 2000:
                return low.witness(_unchanging(low, value))
            return type(value)(_to_library(low, v) for v in low.items_of(value))
        return type(value)(_to_library(low, v) for v in value)
    if type(value) is dict:
        return {k: _to_library(low, v) for k, v in low.pairs_of(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_to_library(low, v) for v in value))
    if isinstance(value, slice):
        return slice(*(_to_library(low, v) for v in (value.start, value.stop, value.step)))

    if isinstance(value, Range):
        raise Unsupported("JN109", "a range of unknown length is handed to a library")
    if isinstance(value, Lazy | View | Suspended):
        return [_to_library(low, v) for v in low.items_of(value)]
    if is_box(value) and not low.is_fresh(value):
        return low.witness(_unchanging(low, value))
    if is_users(value) and not isinstance(value, type) and not _is_of_library(low, value):
        raise Unsupported("JN210", f"a {type(value).__name__} is handed to a library")
    return value


def _unchanging(low: Lowering, value: Any) -> Any:
    """A container that a library reads while the graph is built: a constant, whose content is guarded.

    Raises:
        Unsupported: JN202 if the loop changes it; JN109 if it is too long for a guard.
    """
    seen = settled(low, value)
    if low.phase_of(seen) is Phase.POST:
        raise Unsupported("JN202", "a container that the loop changes is handed to a library")
    if not isinstance(value, list | tuple | set) or not plain(tuple(value)):
        raise Unsupported("JN210", f"a {type(value).__name__} is handed to a library")
    low.heap.guard_view(ViewSlot(value, access.path_of(low, value), tuple, "the content"), low.span)
    return seen


def _is_of_library(low: Lowering, value: Any) -> bool:
    """Whether an object of a user's class is first of all one of the tensor library's."""
    roots = {k.__module__.partition(".")[0] for k in type(value).__mro__}
    return bool(roots & {"keras", "tensorflow"}) or low.backend.is_variable(value) or low.is_graph(value) or low.backend.is_tape(value)


def _from_library(low: Lowering, value: Any) -> Any:
    if low.backend.is_tape(value):
        low.library.tapes[id(value)] = (value, low.place.reached)
        return value
    if type(value) is list:
        return low.make([_from_library(low, v) for v in value])
    if type(value) is tuple:
        return tuple(_from_library(low, v) for v in value)
    if type(value) is dict:
        return low.make({k: _from_library(low, v) for k, v in value.items()})
    if isinstance(value, types.GeneratorType):
        raise Unsupported("JN104", "a generator of a library")
    return value


def trampoline(low: Lowering, function: Any) -> Callable[..., Any]:
    """A function that a library may call while it is traced: it interprets the user's."""

    def interpreted(*args: Any, **kwargs: Any) -> Any:

        with _callback(low):
            result = low.call(function, tuple(_from_library(low, a) for a in args), kwargs)
            return _to_library(low, result)

    made: Callable[..., Any] = low.backend.opaque(interpreted)
    return made


@contextlib.contextmanager
def _callback(low: Lowering) -> Iterator[None]:
    """Inside a graph that a library nests in ours, nothing outside may be written."""
    nested = not low.tracer.at_top()
    low.place.nested += nested
    profiler = sys.getprofile()
    sys.setprofile(None)
    try:
        with boundary(low, "function"):
            yield
    finally:
        sys.setprofile(profiler)
        low.place.nested -= nested


@contextlib.contextmanager
def _user_methods_interpreted(low: Lowering, values: list[Any]) -> Iterator[None]:
    """While inside, methods that user classes define on library objects (a layer's `call`) are interpreted."""
    patched: list[tuple[dict[str, Any], str]] = []
    callables: list[tuple[Any, Any]] = []
    for owner in _library_objects(values):
        members.guard_class(low, type(owner))  # as it is before it is patched here
        held = instance_dict(owner)
        for name in ("call", "update_state", "result", "get_gradients"):
            member = next((k.__dict__[name] for k in type(owner).__mro__ if name in k.__dict__), None)
            if held is not None and name not in held and isinstance(member, types.FunctionType) and is_user_function(member):
                held[name] = trampoline(low, types.MethodType(member, owner))
                patched.append((held, name))  # type: ignore[arg-type]
        called = type(owner).__dict__.get("__call__")
        if isinstance(called, types.FunctionType) and is_user_function(called):
            callables.append((type(owner), called))
            type(owner).__call__ = lambda self, *args, _f=called, **kwargs: trampoline(low, types.MethodType(_f, self))(*args, **kwargs)
    try:
        yield
    finally:
        for held, name in patched:
            del held[name]
        for kind, called in callables:
            kind.__call__ = called


def _library_objects(values: list[Any]) -> Iterator[Any]:
    """Keras objects among the values, with the layers inside them."""
    seen: set[int] = set()
    pending = list(values)
    while pending:
        value = pending.pop()
        if id(value) in seen or not is_keras(type(value)):
            continue
        seen.add(id(value))
        yield value
        pending.extend(getattr(value, "_layers", None) or ())
        pending.extend(getattr(value, "_metrics", None) or ())
        pending.extend(part for name in ("_learning_rate", "inner_optimizer") if (part := getattr(value, name, None)) is not None)


@contextlib.contextmanager
def _no_user_code() -> Iterator[None]:
    """Refuse the call if the library enters user code, whose effects would happen while the graph is built.

    No garbage is collected meanwhile: closing a forgotten generator, or a `__del__`, is user code that the library has not called.
    """
    before, collecting = sys.getprofile(), gc.isenabled()

    def watch(frame: types.FrameType, event: str, arg: Any) -> None:
        if event == "call" and is_user_file(frame.f_code.co_filename):
            raise Unsupported("JN204", f"{frame.f_code.co_name} is called by a library")

    gc.disable()
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)
        if collecting:
            gc.enable()

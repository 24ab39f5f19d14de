"""Library code: traced, computed by the host, replayed, or refused (`janus_nb.lowering.library` says which).

model(x), tf.exp(x)   called now, on symbolic tensors; adds operations to the graph
np.mean(history)      computed by the host, before the graph or at replay
print(x)              postponed to replay
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from janus_nb.lowering import attributes, draws, items
from janus_nb.lowering.control import boundary, known_items
from janus_nb.lowering.interp import Lowering
from janus_nb.lowering.library import CLOCKS, Effect, knowledge_of, module_of
from janus_nb.lowering.quiet import quiet
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import BoundMethod, Closure, Host, Nothing, Num, Phase
from janus_nb.source.units import is_keras, is_user_class, is_user_file, is_user_function
from janus_nb.speculate.slots import NameSlot, instance_dict


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
    if kwargs.get("out") is not None:
        raise Unsupported("JN201", "a function that writes to its `out` argument")
    for value in (*args, *kwargs.values()):
        refuse_user_text(value)
    plain = not any(low.is_symbolic(v) for v in (*args, *kwargs.values()))
    if plain and all(isinstance(v, int | float | str | bool | type | type(None)) for v in (*args, *kwargs.values())):
        try:
            result = function(*args, **kwargs)
        except Exception as error:
            raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
        if isinstance(result, _IMMUTABLE):
            return result
    values = [_content(low, v) for v in (*args, *kwargs.values())]
    values = [Num(low.backend.read_in_graph(v), "array") if low.backend.is_variable(v) else v for v in values]
    names = [None] * len(args) + list(kwargs)
    slots = ", ".join("{}" if n is None else f"{n}={{}}" for n in names)

    def run(*given: Any) -> Any:
        return function(*given[: len(args)], **dict(zip(kwargs, given[len(args) :], strict=True)))

    for value in values:
        _refuse_user_object(value)
    made = low.host_op(f"{low.host.object(function)}({slots})", run, *values)
    if made.phase is not Phase.ENTRY or isinstance(made.witness, _IMMUTABLE) or type(made.witness).__module__ != "numpy":
        return made
    return low.host_op(f"{low.host.object(function)}({slots})", run, *values, earliest=Phase.PRE)  # a new array in every iteration


_IMMUTABLE = (int, float, complex, str, bytes, bool, type(None), type, range)


def _refuse_user_object(value: Any) -> None:
    """Refuse to hand a user's object to a library function that the host computes: its attributes may be staged.

    Raises:
        Unsupported: JN204.
    """
    if is_user_class(type(value)) and not isinstance(value, type):
        raise Unsupported("JN204", f"a {type(value).__name__} is handed to a library")
    if isinstance(value, list | tuple) and len(value) < 1000:
        for item in value:
            _refuse_user_object(item)


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
    statement = f"J.effect({', '.join([low.host.object(function), *parts])})"
    module, name = module_of(function)
    if module.partition(".")[0] not in CLOCKS:
        low.host.statement(Phase.POST, statement)
        return None if function is print else Nothing(f"{name}()")
    made = low.host.assign(Phase.POST, statement, None)
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
    own = (k.__dict__.get(n) for k in kind.__mro__ if is_user_class(k) for n in ("__str__", "__repr__", "__format__"))
    if is_user_class(kind) and any(isinstance(member, types.FunctionType) for member in own):
        raise Unsupported("JN204", f"text of a {kind.__name__}")


def trace_library(low: Lowering, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call library code on symbolic tensors. User code that it calls back is interpreted, or the call refused."""
    owner = getattr(function, "__self__", None)
    refuse_foreign_tape(low, owner)
    touched = [v for v in (owner, function, *args, *kwargs.values()) if v is not None]
    for value in touched:
        attributes.touch_library(low, value)
    given = [_to_library(low, v) for v in args]
    named = {k: _to_library(low, v) for k, v in kwargs.items()}
    if low.span is not None:
        low.graph_spans[low.span] = None
    low.library_objects.update({id(owner): owner for owner in _library_objects(touched)})
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
    low.before.bear(result)
    return _from_library(low, result)


def stage_losses(low: Lowering) -> None:
    """Losses that layers have added to themselves (or dropped) are tensors of the graph now: at commit they get the last iteration's."""
    for owner in low.library_objects.values():
        held = instance_dict(owner)
        losses = held.get("_losses") if held is not None else None
        if held is not None and isinstance(losses, list) and (any(map(low.backend.is_symbolic, losses)) or low.before.has_changed(losses)):
            low.heap.write(NameSlot(held, "_losses"), low.make(list(losses)), low.span)  # type: ignore[arg-type]
            low.staged.add(id(losses))
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
    if low.backend.is_tape(value) and id(value) not in low.tapes:
        raise Unsupported("JN208", "")


def _to_library(low: Lowering, value: Any) -> Any:
    value = low.lift(value)
    if isinstance(value, Num):
        return low.to_tensor(value)
    if isinstance(value, Closure) or is_user_function(value) or (isinstance(value, types.MethodType) and is_user_function(value.__func__)):
        return trampoline(low, value)
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
    if low.backend.is_tape(value):
        low.tapes[id(value)] = (value, low.reached)
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
        from janus_nb.lowering.calls import call

        with _callback(low):
            result = call(low, function, tuple(_from_library(low, a) for a in args), kwargs)
            return _to_library(low, result)

    made: Callable[..., Any] = low.backend.opaque(interpreted)
    return made


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
    callables: list[tuple[Any, Any]] = []
    for owner in _library_objects(values):
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

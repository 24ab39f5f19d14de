"""Functions and everything else that is called by its own rule: closures, methods, built-in functions, `partial`, `lru_cache`."""

from __future__ import annotations

import ast
import functools
import operator
import types
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import BoundMethod, Closure, Suspended
from janus_nb.lowering.heap import access
from janus_nb.lowering.heap.access import path_of, read_slot
from janus_nb.lowering.library.tracing import call_library, trace_library, trampoline
from janus_nb.lowering.values import attributes, calling, generators
from janus_nb.lowering.values.kind import Args, Conversion, Kind, Kwargs
from janus_nb.lowering.values.text import formatted
from janus_nb.source.units import is_user_function
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import UNBOUND, AttrSlot, ViewSlot

_HASHED_BY_IDENTITY = (types.BuiltinFunctionType, types.FunctionType, types.WrapperDescriptorType, types.MethodDescriptorType)
_SHOWN = ("__name__", "__qualname__", "__func__", "__self__", "func")
_SAME_IF_IDENTICAL = (types.FunctionType, types.BuiltinFunctionType)


class FunctionKind(Kind):
    """Something that is called."""

    words = "a function, a method, or something made of one"
    order = 2

    def truth(self, low: Lowering, value: Any) -> Any:
        """Always true."""
        return True

    def text(self, low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
        """By the host."""
        return formatted(low, value, spec, conversion)

    def type_of(self, low: Lowering, value: Any) -> Any:
        """Now."""
        return type(value)

    def is_instance(self, low: Lowering, value: Any, kinds: Any) -> Any:
        """Now."""
        return isinstance(value, kinds)

    def identity(self, low: Lowering, value: Any) -> Any:
        """Of a function that was there before; a method is made anew whenever it is taken."""
        return id(value) if isinstance(value, _SAME_IF_IDENTICAL) else super().identity(low, value)

    def is_callable(self, low: Lowering, value: Any) -> Any:
        """Every function is."""
        return True

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """One that the user has set, its name, or a method that a library gives to its functions."""
        if name == "__class__":
            return type(value)
        held = read_slot(low, AttrSlot(value, name, path_of(low, value))) if isinstance(value, types.FunctionType) else UNBOUND
        if held is not UNBOUND:
            return held
        if name not in _SHOWN:
            found = getattr(value, name, None)
            if not is_user_function(value) and callable(found):
                return found  # `tf.function`'s, a ufunc's
            raise Unsupported("JN209", f"attribute {name!r} of a function")
        found = attributes.natively(value, name)
        low.heap.guard_view(ViewSlot(value, path_of(low, value), operator.attrgetter(name), name), low.span)
        return found

    def has(self, low: Lowering, value: Any, name: str) -> bool:
        """Under a guard."""
        return attributes.present(low, value, name)

    def set_attribute(self, low: Lowering, value: Any, name: str, new: Any) -> None:
        """Staged, on a function of the user's."""
        attributes.store(low, value, name, new)

    def compare(self, low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
        """Functions are equal if they are the same."""
        if isinstance(op, ast.Eq | ast.NotEq) and all(isinstance(v, _SAME_IF_IDENTICAL) or plain(v) for v in (left, right)):
            return (left is right) is isinstance(op, ast.Eq)
        return super().compare(low, op, left, right)

    def call(self, low: Lowering, value: Any, args: Args, kwargs: Kwargs) -> Any:
        """By its own rule, interpreted, or by what is known of its library."""
        if isinstance(value, _HASHED_BY_IDENTITY):  # no code of the user's is asked
            rule = low.doors.callees.get(value)
            if rule is not None:
                return calling.by_rule(low, rule, value, args, kwargs)
        manager = generators.manager_function(value)
        if manager is not None:
            return Suspended(manager, args, dict(kwargs))
        if isinstance(value, functools._lru_cache_wrapper):
            return calling.without_effects(low, value.__wrapped__, args, kwargs, "a cached function")
        if isinstance(value, functools.partial):
            return _partial(low, value, args, kwargs)
        own_gradient = low.backend.with_gradient(value, lambda inner: trampoline(low, inner))
        if own_gradient is not None:
            return trace_library(low, own_gradient, args, dict(kwargs))
        if isinstance(value, types.MethodType):
            return _method(low, value, args, kwargs)
        if isinstance(value, types.FunctionType) and is_user_function(value):
            return calling.user_function(low, value, args, kwargs)
        if isinstance(value, types.MethodWrapperType) and value.__name__ in ("__setattr__", "__init__"):
            return _of_object(low, value.__self__, value.__name__, args)
        return call_library_function(low, value, args, kwargs)


class MadeHereKind(Kind):
    """A function that is defined in the iteration, or a method taken from a value that is no plain object."""

    words = "a function defined in the iteration, or a method taken from a value of the graph or the host"
    order = 2

    def called(self, value: Any) -> str:
        """In general."""
        return "a function"

    def truth(self, low: Lowering, value: Any) -> Any:
        """Always true."""
        return True

    def is_callable(self, low: Lowering, value: Any) -> Any:
        """Every function is."""
        return True

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """Nothing is known of it.

        Raises:
            Unsupported: JN102.
        """
        raise Unsupported("JN102", f"attribute {name!r} of a function")

    def call(self, low: Lowering, value: Any, args: Args, kwargs: Kwargs) -> Any:
        """Interpreted, or a method of its owner's kind."""
        if isinstance(value, BoundMethod):
            return low.method(value.owner, value.name, args, kwargs)
        return calling.closure(low, value, args, kwargs)


def call_library_function(low: Lowering, value: Any, args: Args, kwargs: Kwargs) -> Any:
    """Something of a library that is called: a graph function's Python function, or what is known of it."""
    graph_function = low.backend.python_function(value)
    if graph_function is not None:
        return calling.without_effects(low, graph_function, args, kwargs, "a tf.function", "JN301")
    return call_library(low, value, args, dict(kwargs))


def _method(low: Lowering, method: types.MethodType, args: Args, kwargs: Kwargs) -> Any:
    function, owner = method.__func__, method.__self__
    if isinstance(function, types.FunctionType) and is_user_function(function):
        return calling.user_function(low, function, (owner, *args), kwargs)
    if isinstance(function, Closure):
        return calling.closure(low, function, (owner, *args), kwargs)
    graph_function = low.backend.python_function(function)
    if graph_function is not None:
        return calling.without_effects(low, graph_function, (owner, *args), kwargs, "a tf.function", "JN301")
    return call_library_function(low, method, args, kwargs)


def _partial(low: Lowering, value: Any, args: Args, kwargs: Kwargs) -> Any:
    if type(value) is not functools.partial:
        raise Unsupported("JN209", "a subclass of functools.partial")
    low.heap.guard_view(ViewSlot(value, low.trust.paths.get(id(value), "<partial>"), _bound_by, "what it binds"), low.span)
    return low.call(value.func, (*value.args, *args), {**dict(low.pairs_of(value.keywords)), **kwargs})


def _bound_by(function: Any) -> Any:
    """What a partial function calls, and with what: these very objects, which `__setstate__` may replace."""
    return (function.func, *function.args, *function.keywords, *function.keywords.values())


def _of_object(low: Lowering, owner: Any, name: str, args: Args) -> None:
    """What `object` itself does for `super().__setattr__(name, value)` and `super().__init__()`."""
    if name == "__setattr__":
        access.store_plain(low, owner, *args)
    elif args:
        raise Unsupported("JN203", "TypeError: object.__init__() takes no arguments")


FUNCTION = FunctionKind()
MADE_HERE = MadeHereKind()

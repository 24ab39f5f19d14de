"""Tensors and variables: what is done with them are operations of the graph."""

from __future__ import annotations

import ast
from typing import Any, Literal

from janus_nb.lowering.core import numbers
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_users
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Num
from janus_nb.lowering.heap import members
from janus_nb.lowering.values import attributes, items
from janus_nb.lowering.values.kind import Args, Conversion, Kind, Kwargs
from janus_nb.lowering.values.operators import UNARY, function_of, of_library
from janus_nb.lowering.values.text import formatted

_OF_GRAPHS = frozenset("device backing_device graph op name consumers value_index handle is_packed experimental_ref _id".split())
"""Attributes of tensors that eager ones lack, or that hold something else for them."""


class TensorKind(Kind):
    """A tensor: of the graph, or one that was there before."""

    words = "a tensor"
    order = 8

    def called(self, value: Any) -> str:
        """In the field's word."""
        return "a tensor"

    def truth(self, low: Lowering, value: Any) -> Any:
        """Of a single element: not zero."""
        spec = low.backend.spec_of(value)
        if spec.shape is None or any(d != 1 for d in spec.shape):
            raise Unsupported("JN203", "a condition on a tensor with more than one element")
        flat = low.math("reshape_scalar", value)
        return flat if spec.dtype == "bool" else low.math("not_equal", flat, 0)

    def text(self, low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
        """Made at replay, of the tensor that the graph has computed."""
        return formatted(low, value, spec, conversion)

    def number(self, low: Lowering, value: Any, kind: Literal["int", "float"]) -> Any:
        """Of a single element: converted in the graph."""
        spec = low.backend.spec_of(value)
        if spec.shape is None or any(d != 1 for d in spec.shape):
            raise Unsupported("JN203", f"{kind}() of a tensor with more than one element")
        return numbers.convert(low, Num(low.math("reshape_scalar", value), "array"), kind)

    def length(self, low: Lowering, value: Any) -> Any:
        """Known from the shape."""
        shape = low.backend.spec_of(value).shape
        if shape and shape[0] is not None:
            return shape[0]
        raise Unsupported("JN203", "len() of a tensor of unknown size")

    def absolute(self, low: Lowering, value: Any) -> Any:
        """In the graph."""
        return low.math("abs", value)

    def type_of(self, low: Lowering, value: Any) -> Any:
        """Eager's type of tensors."""
        if low.backend.is_symbolic(value):
            return low.host_op("type({})", type, value, raw=True)
        members.guard_type(low, value)
        return type(value)

    def is_instance(self, low: Lowering, value: Any, kinds: Any) -> Any:
        """As of the eager tensor in its place."""
        if low.backend.is_symbolic(value):
            return isinstance(low.backend.eager_example, kinds)
        members.guard_type(low, value)
        return isinstance(value, kinds)

    def identity(self, low: Lowering, value: Any) -> Any:
        """Of a tensor that was there before."""
        return super().identity(low, value) if low.backend.is_symbolic(value) else id(value)

    def is_callable(self, low: Lowering, value: Any) -> Any:
        """No tensor is."""
        return False

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """As the library says, but for what differs while a graph is built."""
        if not low.backend.is_symbolic(value):
            return attributes.of_object(low, value, name)
        if name in ("numpy", "item", "tolist", "__array__"):
            return items.method_of(value, name)
        if name in _OF_GRAPHS:
            raise Unsupported("JN201", f"attribute {name!r} of a tensor differs while a graph is built")
        if name == "shape" and None in (low.backend.spec_of(value).shape or (None,)):
            return _shape(low, value)
        try:
            return getattr(value, name)
        except AttributeError as error:
            raise Unsupported("JN203", f"AttributeError: {error}") from error

    def has(self, low: Lowering, value: Any, name: str) -> bool:
        """As of the eager tensor in its place."""
        return hasattr(low.backend.eager_example, name)

    def item(self, low: Lowering, value: Any, index: Any) -> Any:
        """In the graph."""
        return items.tensor_item(low, value, index)

    def items(self, low: Lowering, value: Any, count: int | None) -> list[Any]:
        """Rows, where their number is known."""
        shape = low.backend.spec_of(value).shape
        if not shape or shape[0] is None:
            raise Unsupported("JN109", "iteration over a tensor of unknown size")
        return [value[i] for i in range(shape[0])]

    def holds(self, low: Lowering, value: Any, item: Any) -> Any:
        """At replay."""
        return low.host_op("({} in {})", None, item, value)

    # -- operators -------------------------------------------------------------------------------------------

    def unary(self, low: Lowering, op: ast.unaryop, value: Any) -> Any:
        """The library's operator."""
        return of_library(UNARY[type(op)].function, value)

    def binary(self, low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
        """The library's operator."""
        return _operation(low, op, left, right)

    def compare(self, low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
        """The library's operator."""
        return _operation(low, op, left, right)

    # -- calls and changes -----------------------------------------------------------------------------------

    def method(self, low: Lowering, value: Any, name: str, args: Args, kwargs: Kwargs) -> Any:
        """`numpy()`, which a tensor of the graph lacks."""
        if name in ("numpy", "__array__"):
            return Num(value, "array")
        raise Unsupported("JN203", f"AttributeError: a tensor has no attribute {name!r}")

    def set_item(self, low: Lowering, value: Any, index: Any, new: Any) -> None:
        """No tensor takes one.

        Raises:
            Unsupported: JN203.
        """
        raise Unsupported("JN203", "item assignment to a tensor")


class VariableKind(TensorKind):
    """A variable: what is read is its value in this iteration; its methods are the library's."""

    words = "a variable"

    def called(self, value: Any) -> str:
        """In the field's word."""
        return "a variable"

    def truth(self, low: Lowering, value: Any) -> Any:
        """Of its value."""
        return super().truth(low, low.backend.read_in_graph(value))

    def number(self, low: Lowering, value: Any, kind: Literal["int", "float"]) -> Any:
        """Of its value."""
        return super().number(low, low.backend.read_in_graph(value), kind)

    def absolute(self, low: Lowering, value: Any) -> Any:
        """Of its value."""
        return super().absolute(low, low.backend.read_in_graph(value))

    def text(self, low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
        """What it shows is not its value alone.

        Raises:
            Unsupported: JN210.
        """
        self.refuse(value, "the text", "JN210")

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """The library's."""
        if name == "numpy":
            return items.method_of(low.backend.read_in_graph(value), name)
        return attributes.of_library(low, value, name)

    def has(self, low: Lowering, value: Any, name: str) -> bool:
        """As the class says."""
        return attributes.present(low, value, name)

    def set_attribute(self, low: Lowering, value: Any, name: str, new: Any) -> None:
        """As of every library object."""
        attributes.store(low, value, name, new)

    def augmented(self, low: Lowering, op: ast.operator, value: Any, operand: Any) -> Any:
        """It would change in place.

        Raises:
            Unsupported: JN102.
        """
        raise Unsupported("JN102", "in-place operator on a variable")

    def method(self, low: Lowering, value: Any, name: str, args: Args, kwargs: Kwargs) -> Any:
        """Methods are taken from it as the library's."""
        self.refuse(value, f"method {name!r}")


def _operation(low: Lowering, op: ast.operator | ast.cmpop, left: Any, right: Any) -> Any:
    def stands(value: Any) -> bool:
        return low.is_graph(value) or low.backend.is_variable(value)

    for value in (left, right):
        if is_users(value) and not stands(value):
            raise Unsupported("JN209", f"an operator of a {type(value).__name__} and a tensor")
    like = left if stands(left) else right
    a = left if stands(left) else low.to_tensor(left, like)
    b = right if stands(right) else low.to_tensor(right, like)
    if low.span is not None:
        low.lines.graph_spans[low.span] = None
    return of_library(function_of(op), a, b)


def _shape(low: Lowering, tensor: Any) -> Any:
    """The shape of a tensor of which not every dimension is known: what eager finds is computed in the graph.

    Raises:
        Unsupported: JN102 if not even the number of dimensions is known.
    """
    dims = low.backend.spec_of(tensor).shape
    if dims is None:
        raise Unsupported("JN102", "the shape of a tensor with an unknown number of dimensions")
    return tuple(Num(low.tracer.math("dimension", tensor, i), "int") if d is None else d for i, d in enumerate(dims))


TENSOR = TensorKind()
VARIABLE = VariableKind()

"""Python numbers and NumPy arrays that the graph computes: `float(loss)`, a running counter, `tensor.numpy()`."""

from __future__ import annotations

import ast
import sys
from typing import Any, Literal

from janus_nb.lowering.core import numbers
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Num, kind_of
from janus_nb.lowering.library.table import pure_methods
from janus_nb.lowering.values import items
from janus_nb.lowering.values.kind import Args, Conversion, Kind, Kwargs
from janus_nb.lowering.values.operators import function_of, of_library, on_host
from janus_nb.lowering.values.text import formatted

PYTHON: dict[str, type] = {"int": int, "float": float, "bool": bool}
"""The Python types of numbers in the graph."""

_ARRAY_FACTS = ("shape", "dtype", "ndim", "size")
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)


class NumberKind(Kind):
    """A number or array that the graph computes."""

    words = "a Python number, or a NumPy array, that the graph computes"
    order = 7

    def called(self, value: Num) -> str:
        """Its Python type."""
        return f"a {'NumPy array' if value.kind == 'array' else value.kind} that the graph computes"

    def truth(self, low: Lowering, value: Num) -> Any:
        """Not zero."""
        if value.kind == "array" and low.backend.spec_of(value.tensor).shape != ():
            return low.host_op("bool({})", bool, value)
        return value.tensor if low.backend.spec_of(value.tensor).dtype == "bool" else low.math("not_equal", value.tensor, 0)

    def text(self, low: Lowering, value: Num, spec: Any, conversion: Conversion | None) -> Any:
        """Made at replay."""
        return formatted(low, value, spec, conversion)

    def number(self, low: Lowering, value: Num, kind: Literal["int", "float"]) -> Any:
        """Converted in the graph, as Python does; of an array with more elements, by Python."""
        if value.kind == "array" and low.backend.spec_of(value.tensor).shape != ():
            return low.host_op(f"{kind}({{}})", PYTHON[kind], value)
        return numbers.convert(low, value, kind)

    def length(self, low: Lowering, value: Num) -> Any:
        """Known from the shape, or asked at replay."""
        shape = low.backend.spec_of(value.tensor).shape if value.kind == "array" else None
        return shape[0] if shape and shape[0] is not None else low.host_op("len({})", len, value, flat=True)

    def absolute(self, low: Lowering, value: Num) -> Any:
        """In the graph."""
        if value.kind == "bool":
            self.refuse(value, "abs()", "JN102")
        return Num(low.math("abs", value.tensor), value.kind)

    def type_of(self, low: Lowering, value: Num) -> Any:
        """Known, but for NumPy's scalars and arrays."""
        return PYTHON[value.kind] if value.kind != "array" else low.host_op("type({})", type, value, raw=True)

    def is_instance(self, low: Lowering, value: Num, kinds: Any) -> Any:
        """Known, but for NumPy's scalars and arrays."""
        if value.kind == "array":
            raise Unsupported("JN102", "isinstance() of an array that the graph computes")
        return issubclass(PYTHON[value.kind], kinds)

    def attribute(self, low: Lowering, value: Num, name: str) -> Any:
        """Facts about an array are known, or asked at replay; all else is a method."""
        if name in _ARRAY_FACTS and value.kind == "array":
            spec = low.backend.spec_of(value.tensor)
            if name == "shape" and spec.shape is not None and None not in spec.shape:
                return spec.shape
            if name == "ndim" and spec.shape is not None:
                return len(spec.shape)
            return low.host_op(f"{{}}.{name}", None, value, flat=True)
        return items.method_of(value, name)

    def item(self, low: Lowering, value: Num, index: Any) -> Any:
        """Of an array: at replay."""
        if value.kind != "array":
            self.refuse(value, "an item", "JN203")
        return low.host_op("{}[{}]", None, value, index, flat=True, picks=True)

    def items(self, low: Lowering, value: Num, count: int | None) -> list[Any]:
        """Of an array whose length is known: at replay."""
        shape = low.backend.spec_of(value.tensor).shape
        if value.kind == "array" and shape and shape[0] is not None and shape[0] <= low.policy.unroll_limit:
            return [low.host_op(f"{{}}[{i}]", None, value, flat=True) for i in range(shape[0])]
        raise Unsupported("JN202", "iteration over a value that the graph computes")

    def holds(self, low: Lowering, value: Num, item: Any) -> Any:
        """At replay."""
        return low.host_op("({} in {})", None, item, value)

    # -- operators -------------------------------------------------------------------------------------------

    def unary(self, low: Lowering, op: ast.unaryop, value: Num) -> Any:
        """Negation, in the graph."""
        if not isinstance(op, ast.USub):
            self.refuse(value, "an operator", "JN102")
        return Num(-value.tensor, "array") if value.kind == "array" else numbers.negate(low, value)

    def binary(self, low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
        """Python's arithmetic in the graph (powers at replay); NumPy's where it is the graph's own, else at replay."""
        a, b = low.lift(left), low.lift(right)
        for value, other in ((a, b), (b, a)):
            if isinstance(value, Num) and value.kind == "array":
                return _array(low, op, a, b, value, other)
        if isinstance(op, ast.Pow):  # the last digit is the C library's affair
            return on_host(low, op, left, right)
        return numbers.binary(low, op, a, b)

    def compare(self, low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
        """In the graph; of arrays with more elements, at replay."""
        a, b = low.lift(left), low.lift(right)
        if any(isinstance(v, Num) and v.kind == "array" for v in (a, b)):
            return _array_comparison(low, op, a, b)
        return numbers.compare(low, op, a, b)

    def augmented(self, low: Lowering, op: ast.operator, value: Num, operand: Any) -> Any:
        """A new number; an array would change in place.

        Raises:
            Unsupported: JN102 for an array.
        """
        if value.kind == "array" and low.backend.spec_of(value.tensor).shape != ():
            raise Unsupported("JN102", "in-place operator on an array")
        return low.binary(op, value, operand)

    # -- calls and changes -----------------------------------------------------------------------------------

    def method(self, low: Lowering, value: Num, name: str, args: Args, kwargs: Kwargs) -> Any:
        """A scalar's `item()` in the graph; what changes nothing, at replay."""
        spec = low.backend.spec_of(value.tensor)
        if value.kind == "array" and name in ("item", "tolist") and spec.shape == () and not args:
            kind = "bool" if spec.dtype == "bool" else "float" if spec.dtype.startswith(("float", "bfloat")) else "int"
            return numbers.convert(low, value, kind)  # type: ignore[arg-type]
        if name not in pure_methods(np_array() if value.kind == "array" else PYTHON[value.kind]):
            raise Unsupported("JN102", f"method {name!r} of a number that the graph computes")
        return items.called_on_host(low, value, name, args, kwargs, False)

    def set_item(self, low: Lowering, value: Num, index: Any, new: Any) -> None:
        """Not of what the graph computes.

        Raises:
            Unsupported: JN203.
        """
        raise Unsupported("JN203", "item assignment to a tensor")


def np_array() -> type:
    """NumPy's array type."""
    return sys.modules["numpy"].ndarray  # type: ignore[no-any-return]


def _array(low: Lowering, op: ast.operator, left: Any, right: Any, array: Num, other: Any) -> Any:
    """A NumPy array that the graph computes: with a Python number the result keeps its dtype (NEP 50)."""
    spec = low.backend.spec_of(array.tensor)
    function = function_of(op)
    number = other.kind if isinstance(other, Num) else kind_of(other)
    floats = spec.dtype in ("float32", "float64")
    if isinstance(op, _ARITHMETIC) and floats and number in ("int", "float"):
        a, b = (low.to_tensor(v, array.tensor) if v is not array and isinstance(v, Num) else getattr(v, "tensor", v) for v in (left, right))
        return Num(function(a, b), "array")
    if isinstance(op, _ARITHMETIC) and floats and isinstance(other, Num) and other.kind == "array":
        if low.backend.spec_of(other.tensor).dtype == spec.dtype:
            return Num(function(left.tensor, right.tensor), "array")
    return on_host(low, op, left, right)


def _array_comparison(low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
    shapes = [low.backend.spec_of(v.tensor).shape if isinstance(v, Num) else () for v in (left, right)]
    if all(isinstance(v, Num) or kind_of(v) for v in (left, right)) and all(shape == () for shape in shapes):
        array = left if isinstance(left, Num) and left.kind == "array" else right
        a, b = (v.tensor if isinstance(v, Num) and v.kind == "array" else low.to_tensor(v, array.tensor) for v in (left, right))
        return Num(of_library(function_of(op), a, b), "bool")
    return on_host(low, op, left, right)


NUMBER = NumberKind()

"""The protocol of values: everything that a program may do with one, and a refusal for whatever a kind does not answer.

A kind is one object and holds no state; the value is handed to each operation. `janus_nb.lowering.values.kinds` says which kind a
value is of, `docs/kinds.md` which kind answers what.

    loss > 5          the operand that is known later answers: `Kind.rank`
    names[-1]         kind(names).item(low, names, -1)
    "%s" % thing      nobody answers: refused, and Python runs the statement
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, NoReturn

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported

Args = tuple[Any, ...]
Kwargs = Mapping[str, Any]
Give = Callable[[Any], bool]
"""Takes the next item of an iterator, and says whether more are wanted."""

Conversion = Literal["str", "repr", "ascii"]
"""What is done to a value before it is formatted."""


class Kind:
    """What may be done with the values of one kind. Every default refuses.

    Attributes:
        words: What such a value is, in a sentence.
        order: How late it is known: in an operation on two values, the one that is known later answers.

    Raises:
        Unsupported: by every operation that a kind does not answer, or not for this value.
    """

    words: ClassVar[str] = "a value"
    order: ClassVar[int] = 0

    def rank(self, value: Any) -> int:
        """How late the value is known."""
        return self.order

    def called(self, value: Any) -> str:
        """The value in the user's words."""
        return f"a {type(value).__name__}"

    def refuse(self, value: Any, what: str, code: str = "JN201") -> NoReturn:
        """Refuse an operation.

        Raises:
            Unsupported: always.
        """
        raise Unsupported(code, f"{what} of {self.called(value)}")

    # -- what it says of itself ------------------------------------------------------------------------------

    def truth(self, low: Lowering, value: Any) -> Any:
        """`bool(value)`: a `bool`, a host value, or a boolean scalar of the graph."""
        self.refuse(value, "truth")

    def text(self, low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
        """`format(value, spec)`, after the conversion."""
        self.refuse(value, "the text")

    def number(self, low: Lowering, value: Any, kind: Literal["int", "float"]) -> Any:
        """`int(value)` or `float(value)`."""
        self.refuse(value, f"{kind}()")

    def length(self, low: Lowering, value: Any) -> Any:
        """`len(value)`."""
        self.refuse(value, "len()")

    def absolute(self, low: Lowering, value: Any) -> Any:
        """`abs(value)`."""
        self.refuse(value, "abs()")

    def type_of(self, low: Lowering, value: Any) -> Any:
        """`type(value)`."""
        self.refuse(value, "type()", "JN102")

    def is_instance(self, low: Lowering, value: Any, kinds: Any) -> Any:
        """`isinstance(value, kinds)`; the classes are nothing special."""
        self.refuse(value, "isinstance()", "JN102")

    def identity(self, low: Lowering, value: Any) -> Any:
        """`id(value)`."""
        self.refuse(value, "the identity", "JN202")

    def is_callable(self, low: Lowering, value: Any) -> Any:
        """`callable(value)`."""
        self.refuse(value, "callable()", "JN102")

    # -- its parts -------------------------------------------------------------------------------------------

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """`value.name`."""
        self.refuse(value, f"attribute {name!r}")

    def has(self, low: Lowering, value: Any, name: str) -> bool:
        """`hasattr(value, name)`, without running code of the user's."""
        raise Unsupported("JN102", "an attribute of a value that is not known yet")

    def item(self, low: Lowering, value: Any, index: Any) -> Any:
        """`value[index]`."""
        self.refuse(value, "an item")

    def items(self, low: Lowering, value: Any, count: int | None) -> list[Any]:
        """All that iteration gives, where the number is known, or assumed to be `count`."""
        self.refuse(value, "iteration over the items")

    def each(self, low: Lowering, value: Any, give: Give) -> None:
        """Hand on what iteration gives, made when it is asked for."""
        for item in self.items(low, value, None):
            if not give(item):
                return

    def keys(self, low: Lowering, value: Any) -> list[Any]:
        """The keys of a dictionary."""
        self.refuse(value, "keys()")

    def pairs(self, low: Lowering, value: Any) -> list[tuple[Any, Any]]:
        """The keys and items of a dictionary."""
        self.refuse(value, "items()")

    def holds(self, low: Lowering, value: Any, item: Any) -> Any:
        """`item in value`, as a condition or a value."""
        self.refuse(value, "membership")

    # -- operators -------------------------------------------------------------------------------------------

    def unary(self, low: Lowering, op: ast.unaryop, value: Any) -> Any:
        """`-value`, `+value`, `~value`."""
        self.refuse(value, "an operator")

    def binary(self, low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
        """`left op right`, where this is the kind of either."""
        self._refuse_both(left, right)

    def compare(self, low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
        """`left op right` for `==`, `!=`, `<`, `<=`, `>`, `>=`, where this is the kind of either."""
        self._refuse_both(left, right)

    def augmented(self, low: Lowering, op: ast.operator, value: Any, operand: Any) -> Any:
        """`value op= operand`; what the target holds then."""
        return low.binary(op, value, operand)

    def _refuse_both(self, left: Any, right: Any) -> NoReturn:
        raise Unsupported("JN210", f"an operator on a {type(left).__name__} and a {type(right).__name__}")

    # -- calls -----------------------------------------------------------------------------------------------

    def call(self, low: Lowering, value: Any, args: Args, kwargs: Kwargs) -> Any:
        """`value(*args, **kwargs)`."""
        self.refuse(value, "a call")

    def method(self, low: Lowering, value: Any, name: str, args: Args, kwargs: Kwargs) -> Any:
        """`value.name(*args, **kwargs)`, for a method that `attribute` has taken from it."""
        self.refuse(value, f"method {name!r}")

    # -- changes ---------------------------------------------------------------------------------------------

    def set_attribute(self, low: Lowering, value: Any, name: str, new: Any) -> None:
        """`value.name = new`."""
        raise Unsupported("JN102", "attribute assignment on a value that is not known yet")

    def set_item(self, low: Lowering, value: Any, index: Any, new: Any) -> None:
        """`value[index] = new`."""
        self.refuse(value, "item assignment to an item")

    def augment_item(self, low: Lowering, value: Any, index: Any, op: ast.operator, operand: Callable[[], Any]) -> None:
        """`value[index] op= operand()`."""
        now = low.item(value, index)
        self.set_item(low, value, index, low.augmented(op, now, operand()))

    def delete_item(self, low: Lowering, value: Any, index: Any) -> None:
        """`del value[index]`."""
        self.refuse(value, "del of an item")


OPERATIONS = tuple(
    name for name, member in vars(Kind).items() if callable(member) and not name.startswith("_") and name not in ("called", "refuse", "rank")
)
"""Everything that may be done with a value."""

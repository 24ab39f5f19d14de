"""Values that Python computes: before the graph (once a call, or in every iteration), or at replay.

    X[i:i + 32]        array and index of the host: Python, before the graph
    words[i].upper()   text from the data: Python, before the graph
    best = min(seen)   known at replay: Python, after the graph, in program order

Whatever is done with such a value is done by Python itself, so that it is exact; the graph gets the result as an input if it needs it.
"""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Callable
from typing import Any, Literal

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_box, is_memory, is_record_type
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, Host, Nothing, Num, Phase
from janus_nb.lowering.heap.access import is_array
from janus_nb.lowering.host import tapes
from janus_nb.lowering.library.table import FLAT_METHODS, MUTATORS, PURE_METHODS, pure_methods
from janus_nb.lowering.library.tracing import refuse_callbacks
from janus_nb.lowering.values import attributes, items
from janus_nb.lowering.values.effects import LOOKING, Read, effect_arguments, effect_code, postpone
from janus_nb.lowering.values.kind import Args, Conversion, Kind, Kwargs
from janus_nb.lowering.values.operators import BINARY, UNARY, on_host
from janus_nb.lowering.values.text import formatted
from janus_nb.source.units import is_user_class
from janus_nb.speculate.plain import plain
from janus_nb.speculate.policy import TripAssumption
from janus_nb.speculate.slots import UNBOUND, instance_dict

AT_REPLAY = 9
BEFORE_THE_GRAPH = 6
"""Ranks of host values: tensors and numbers of the graph stand in between."""


class HostKind(Kind):
    """A value that Python computes."""

    words = "a value that Python computes, before the graph or at replay"

    def rank(self, value: Host) -> int:
        """At replay all is known; before the graph nothing that it computes."""
        return AT_REPLAY if value.phase is Phase.POST else BEFORE_THE_GRAPH

    def called(self, value: Host) -> str:
        """Its type, if it is known."""
        return "a value that is known at replay" if value.phase is Phase.POST else f"a {type(value.witness).__name__} from the data"

    # -- what it says of itself ------------------------------------------------------------------------------

    def truth(self, low: Lowering, value: Host) -> Any:
        """Asked by Python; of a tensor, in the graph."""
        seen = low.in_graph(value)
        return low.host_op("bool({})", bool, value, flat=True) if isinstance(seen, Host) else low.truth(seen)

    def text(self, low: Lowering, value: Host, spec: Any, conversion: Conversion | None) -> Any:
        """Made by Python."""
        return formatted(low, value, spec, conversion)

    def number(self, low: Lowering, value: Host, kind: Literal["int", "float"]) -> Any:
        """Made by Python."""
        return low.host_op(f"{kind}({{}})", {"int": int, "float": float}[kind], value)

    def length(self, low: Lowering, value: Host) -> Any:
        """Asked by Python."""
        return low.host_op("len({})", len, value, flat=True)

    def absolute(self, low: Lowering, value: Host) -> Any:
        """Computed by Python."""
        return low.host_op("abs({})", abs, value)

    def type_of(self, low: Lowering, value: Host) -> Any:
        """Asked by Python."""
        return low.host_op("type({})", type, value, raw=True)

    def is_instance(self, low: Lowering, value: Host, kinds: Any) -> Any:
        """Asked by Python."""
        return low.host_op("isinstance({}, {})", None if value.phase is Phase.POST else isinstance, value, kinds, raw=True)

    def identity(self, low: Lowering, value: Host) -> Any:
        """Asked by Python."""
        return low.host_op("id({})", id, value, raw=True)

    # -- its parts -------------------------------------------------------------------------------------------

    def attribute(self, low: Lowering, value: Host, name: str) -> Any:
        """What its own dictionary holds, or what its class says, for objects of the class that was seen."""
        if low.backend.is_tape(value.witness):
            if name != "gradient":
                raise Unsupported("JN208", "")
            return items.method_of(value, name)
        if value.phase is Phase.POST:
            return self._attribute_at_replay(low, value, name)
        kind = type(value.witness)
        if is_user_class(kind) and not is_record_type(kind) and not plain(value.witness):
            return self._attribute_of_users(low, value, name)
        if not (is_box(value.witness) or plain(value.witness) or is_record_type(kind) or low.backend.is_tensor(value.witness)):
            raise Unsupported("JN201", f"attribute {name!r} of a {kind.__name__} from the data")
        found = getattr(value.witness, name, UNBOUND)
        if found is UNBOUND:
            raise Unsupported("JN203", f"AttributeError: {name!r}")
        if callable(found):
            return items.method_of(value, name)
        return low.host_op(f"{{}}.{name}", lambda o: getattr(o, name), value, flat=True, picks=is_record_type(kind))

    def _attribute_at_replay(self, low: Lowering, value: Host, name: str) -> Any:
        if name in PURE_METHODS or name in MUTATORS:
            return items.method_of(value, name)
        low.trust.attributes_read.add(name)
        low.host.objects["Held"] = attributes.held
        return low.host_op(f"Held({{}}, {name!r})", None, value, raw=True, picks=True)

    def _attribute_of_users(self, low: Lowering, value: Host, name: str) -> Any:
        low.trust.attributes_read.add(name)
        own = instance_dict(value.witness)
        if own is None or name not in own or attributes.is_data_descriptor(type(value.witness), name):
            return attributes.member_from_data(low, value, name)
        low.host.objects["Held"] = attributes.held
        return low.host_op(f"Held({{}}, {name!r})", lambda o: own[name], value, raw=True, picks=True)

    def item(self, low: Lowering, value: Host, index: Any) -> Any:
        """Picked by Python; of an array that the graph alone needs, in the graph; of a tensor, in the graph."""
        seen = low.in_graph(value)
        if not isinstance(seen, Host):
            return low.item(seen, index)
        if value.phase is Phase.POST:
            return low.host_op("{}[{}]", None, value, index, flat=True, picks=True)
        if value.among and not all(low.heap.read_content(box) for box in value.among):
            return low.host_op("{}[{}]", None, Host(Phase.POST, low.host.code(value, Phase.POST)), index, flat=True, picks=True)
        if isinstance(index, Num) or low.is_graph(index):
            if is_array(value.witness):
                return items.tensor_item(low, low.lift(value).tensor, index)
            return low.host_op("{}[{}]", None, value, index, flat=True, picks=True)
        return items.array_part(low, value, index) if is_array(value.witness) else items.picked(low, value, index)

    def items(self, low: Lowering, value: Host, count: int | None) -> list[Any]:
        """As many as were seen, or as are needed."""
        if value.phase is Phase.POST:
            raise Unsupported("JN202", "iteration over a value that is known at replay")
        witness = value.witness
        if low.backend.is_tensor(witness):
            return low.items_of(low.lift(value), count)
        if not _is_indexed(witness):
            raise Unsupported("JN201", f"iteration over a {type(witness).__name__}")
        size = len(witness)
        if count is None and low.span is not None:
            if low.span in low.policy.looped or size > low.policy.unroll_limit:
                raise Unsupported("JN109", f"{size} items that come from the data")
            same = low.host_op(f"(len({{}}) == {size})", lambda v: len(v) == size, value, flat=True)
            low.check_host(same, True, TripAssumption(low.span, size, low.policy.evidence(low.span)))
        if isinstance(witness, dict):
            value = low.host_op("list({})", list, value, flat=True)
            low.trust.unverified.add(value.code)
        picks = not is_array(witness)
        return [low.host_op(f"{{}}[{i}]", lambda v, i=i: v[i], value, flat=True, picks=picks) for i in range(size)]

    def holds(self, low: Lowering, value: Host, item: Any) -> Any:
        """Asked by Python."""
        return low.host_op("({} in {})", lambda item, box: item in box, item, value)

    # -- operators -------------------------------------------------------------------------------------------

    def unary(self, low: Lowering, op: ast.unaryop, value: Host) -> Any:
        """Computed by Python; of a tensor, in the graph."""
        seen = low.in_graph(value)
        if not isinstance(seen, Host):
            return low.unary(op, seen)
        symbol, function, _ = UNARY[type(op)]
        return low.host_op(f"({symbol}{{}})", function, value)

    def binary(self, low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
        """Computed by Python."""
        return on_host(low, op, left, right)

    def compare(self, low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
        """Computed by Python."""
        return on_host(low, op, left, right)

    def augmented(self, low: Lowering, op: ast.operator, value: Host, operand: Any) -> Any:
        """A new value for what cannot change; an array of the user's changes at replay."""
        seen = low.in_graph(value)
        if not isinstance(seen, Host) or isinstance(value.witness, int | float | str | bool | complex | tuple | bytes):
            return low.binary(op, seen, operand)
        if value.phase is Phase.POST:
            return low.binary(op, low.host_op("J.plain({})", None, value), operand)
        of_numpy = type(value.witness).__module__ == "numpy"
        if of_numpy and getattr(value.witness, "shape", ()) != () and value.code[0] == "c":
            postpone(low, value, f"J.inplace({{}}, {low.host.object(BINARY[type(op)].changes)}, {{}})", operand)
            return value
        if not of_numpy or getattr(value.witness, "shape", ()) != ():
            raise Unsupported("JN102", "in-place operator on an object of the host")
        return low.binary(op, value, operand)

    # -- calls -----------------------------------------------------------------------------------------------

    def call(self, low: Lowering, value: Host, args: Args, kwargs: Kwargs) -> Any:
        """Nobody knows what it will be.

        Raises:
            Unsupported: JN201.
        """
        raise Unsupported("JN201", "a function that comes from the data is called")

    def method(self, low: Lowering, value: Host, name: str, args: Args, kwargs: Kwargs) -> Any:
        """Called by Python, if the type that was seen has a method of that name that changes nothing; changes happen at replay."""
        if value.phase is Phase.POST:
            return self._method_at_replay(low, value, name, args, kwargs)
        if low.backend.is_tape(value.witness):
            return tapes.gradient(low, value, *args, **kwargs)
        if low.backend.is_tensor(value.witness):
            return low.call(low.attribute(low.lift(value), name), args, dict(kwargs))
        if value.among and name in MUTATORS:
            slots = ", {}" * len(args) + "".join(f", {k}={{}}" for k in kwargs)
            postpone(low, value, f"J.change({{}}, {name!r}{slots})", *effect_arguments(name, args), *kwargs.values())
            return Nothing(f"{name}()")
        if value.among and not all(low.heap.read_content(box) for box in value.among):
            return self.method(low, Host(Phase.POST, low.host.code(value, Phase.POST)), name, args, kwargs)
        if name in MUTATORS or name in ("resize", "put", "partition", "setflags", "byteswap", "itemset"):
            if type(value.witness).__module__ == "numpy" and value.code[0] == "c":
                postpone(low, value, f"J.change({{}}, {name!r}" + ", {}" * len(args) + ")", *args)
                return None
            raise Unsupported("JN102", f"in-place method {name!r} of a value from the data")
        if name not in pure_methods(type(value.witness)):
            raise Unsupported("JN201", f"method {name!r} of a {type(value.witness).__name__}")
        return items.called_on_host(low, value, name, args, kwargs, is_memory(value.witness))

    def _method_at_replay(self, low: Lowering, value: Host, name: str, args: Args, kwargs: Kwargs) -> Any:
        if name in MUTATORS:
            low.note_effect()
            looks = "Deep" if name in LOOKING else "Flat"
            parts = [effect_code(low, v) for v in effect_arguments(name, args)] + [f"{k}={low.code(v, Phase.POST)}" for k, v in kwargs.items()]
            made = low.host.assign(Phase.POST, f"J.change({', '.join([f'{looks}({low.code(value, Phase.POST)})', repr(name), *parts])})", UNKNOWN)
            low.trust.unverified.add(made.code)
            return made
        refuse_callbacks((*args, *kwargs.values()))
        slots = "".join([", {}"] * len(args) + [f", {k}={{}}" for k in kwargs])
        flat = name in FLAT_METHODS
        return low.host_op(f"J.method({{}}, {name!r}{slots})", None, value, *args, *kwargs.values(), flat=flat, picks=name == "get")

    # -- changes ---------------------------------------------------------------------------------------------

    def set_item(self, low: Lowering, value: Host, index: Any, new: Any) -> None:
        """At replay."""
        items.set_at_replay(low, value, index, new, is_memory(value.witness))

    def augment_item(self, low: Lowering, value: Host, index: Any, op: ast.operator, operand: Callable[[], Any]) -> None:
        """At replay; of an array, in one step, as Python does."""
        held = low.host.objects.get(value.code) if value.phase is Phase.POST else value.witness
        if value.code[0] == "c" and is_array(held):
            function = low.host.object(BINARY[type(op)].changes)
            postpone(low, value, f"J.augitem({{}}, {{}}, {function}, {{}})", index, operand())
            return
        if value.among:
            low.heap.mutated.update({id(box): box for box in value.among})
        super().augment_item(low, value, index, op, operand)

    def delete_item(self, low: Lowering, value: Host, index: Any) -> None:
        """At replay."""
        postpone(low, value, "J.delitem({}, {})", Read(index))


def _is_indexed(value: Any) -> bool:
    """Whether iteration gives what indices (a dictionary: its keys) give, and runs no code of a class of its own."""
    kinds: tuple[Any, ...] = (list, tuple, dict, str, bytes, range, deque)
    like = next((kind for kind in kinds if isinstance(value, kind)), None)
    own = type(value).__iter__ is not like.__iter__ if like is not None else type(value).__module__ != "numpy"
    return not own or type(value).__name__ == "ListWrapper"


HOST = HostKind()

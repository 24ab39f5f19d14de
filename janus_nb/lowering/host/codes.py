"""What stands in a host program for a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.records import Operand, Operation
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, BoundMethod, Closure, Host, Lazy, Nothing, Num, Phase, Suspended, View
from janus_nb.lowering.heap.born import code_of
from janus_nb.speculate.plain import plain


def code(low: Lowering, value: Any, phase: Phase) -> Operand:
    """An expression for a value in the program of `phase`."""
    if isinstance(value, Host):
        return _held(value, phase)
    if isinstance(value, Num):
        return low.fetch(value.tensor, value.kind)
    if low.is_graph(value):
        return low.fetch(value, None)
    if isinstance(value, slice):
        return low.host.operation("slice({}, {}, {})", *(code(low, v, phase) for v in (value.start, value.stop, value.step)), calm=True)
    if isinstance(value, Nothing):
        raise Unsupported("JN201", f"the result of {value.what} is used")
    if isinstance(value, Closure | BoundMethod):
        raise Unsupported("JN201", "a function defined in the loop is kept or handed to a library")
    if id(value) in low.heap.tuples:
        return low.mention(value)
    if type(value) is tuple:
        if phase is Phase.POST and (known := low.made.escaped.get(low.made.key(value))) is not None:
            return known
        parts = low.host.operation(f"({'{}, ' * len(value)})", *(code(low, v, phase) for v in value), calm=True)
        return _tuple_code(low, value, parts, phase)
    if isinstance(value, Suspended):
        raise Unsupported("JN104", f"{value.function.__name__}() is kept, or handed to a library")
    if isinstance(value, Lazy | View):
        raise Unsupported("JN104", f"{value.what if isinstance(value, Lazy) else value.name + '()'} is kept, or handed to a library")
    if type(value).__module__.startswith("janus_nb."):
        raise Unsupported("JN201", f"a {type(value).__name__.lower()} is kept, or handed to a library")
    if id(value) in low.library.tapes and not low.backend.tape_is_spent(value):
        raise Unsupported("JN208", "it is kept, and may be asked after the iteration")
    if id(value) in low.made.borrowed:
        return _held(low.made.borrowed[id(value)], phase)
    if id(value) in low.made.born:
        return code_of(low, low.made.born[id(value)], phase)
    if low.is_fresh(value):
        return _fresh_code(low, value, phase)
    return _known_code(low, value, phase)


def _held(value: Host, phase: Phase) -> Operand:
    """What holds a value that the host computes.

    Raises:
        AssertionError: it is computed later than in the program of `phase`.
    """
    if value.phase > phase:
        raise AssertionError(f"{value} is not known at {phase.name}")
    return value.held


def _known_code(low: Lowering, value: Any, phase: Phase) -> Operand:
    """The code of a plain object, unless it was made of the graph's tensors."""
    if isinstance(value, tuple) and any(low.is_symbolic(part) for part in value):
        return _fresh_code(low, value, phase)
    composite = low.backend.components(value)
    if composite is not None:
        return _composite_code(low, value, *composite, phase)
    if low.backend.is_traced(value):
        raise Unsupported("JN201", f"a {type(value).__name__} of the graph is kept")
    return low.mention(value)


def _composite_code(low: Lowering, value: Any, parts: Sequence[Any], together: Any, phase: Phase) -> Operand:
    """A composite tensor (ragged, sparse, the slices of a gradient): one object, however many places hold it.

    Raises:
        Unsupported: JN107 if it is kept inside a branch.
    """
    known = low.made.escaped.get(id(value))
    if known is not None and phase is Phase.POST:
        return known
    expression = _call(low, together, parts, phase)
    if phase is not Phase.POST:
        return expression
    if low.host.nested and not low.ports.final:
        raise Unsupported("JN107", f"a {type(value).__name__} of the graph is kept inside a branch")
    low.ports.kept.append(value)  # its identity is its key
    low.made.escaped[id(value)] = made = low.host.assign(Phase.POST, expression, UNKNOWN).held
    return made


def _call(low: Lowering, function: Any, args: Iterable[Any], phase: Phase) -> Operation:
    codes = [code(low, arg, phase) for arg in args]
    return low.host.operation(f"{{f}}({', '.join(['{}'] * len(codes))})", *codes, uses={"f": function})


def _display(low: Lowering, value: Any, phase: Phase) -> Operation:
    """A list, dictionary or set as Python would write it."""
    if isinstance(value, dict):
        parts = [code(low, part, phase) for pair in value.items() for part in pair]
        return low.host.operation(f"{{{{{', '.join(['{}: {}'] * len(value))}}}}}", *parts, calm=all(map(plain, value)))
    parts = [code(low, part, phase) for part in value]
    slots = ", ".join(["{}"] * len(parts))
    if isinstance(value, list):
        return low.host.operation(f"[{slots}]", *parts, calm=True)
    return low.host.operation(f"{{{{{slots}}}}}" if parts else "set()", *parts, calm=all(map(plain, value)))


def _fresh_code(low: Lowering, value: Any, phase: Phase) -> Operand:
    key = low.made.key(value)
    known = low.made.escaped.get(key)
    if known is not None and phase is Phase.POST:
        return known
    if isinstance(value, tuple):  # a named tuple
        return _tuple_code(low, value, _call(low, type(value), value, phase), phase)
    if not isinstance(value, list | dict | set):
        return _object_code(low, value)
    expression = _display(low, value, phase)
    if phase is not Phase.POST:
        return expression
    made = low.host.assign(Phase.POST, expression, UNKNOWN)
    if low.host.nested and not low.ports.final:
        if key not in low.branch_born():
            raise Unsupported("JN107", "a container made before a branch is kept inside it")
    low.made.escaped[key] = made.held
    return made.held


def _tuple_code(low: Lowering, value: Any, expression: Operation, phase: Phase) -> Operand:
    """The code of a tuple that the region made; one that is more than a value is the same object wherever it is kept.

    Raises:
        Unsupported: JN107 if it is kept in a branch and somewhere else as well.
    """
    if phase is not Phase.POST or not _has_identity(low, value):
        return expression
    key = low.made.key(value)
    known = low.made.escaped.get(key)
    if known is not None:
        return known
    if key in low.made.in_branches:
        raise Unsupported("JN107", "a tuple that is kept twice, and in a branch")
    if low.host.nested and not low.ports.final:
        low.made.in_branches[key] = value
        return expression
    low.ports.kept.append(value)
    low.made.escaped[key] = made = low.host.assign(Phase.POST, expression, UNKNOWN).held
    return made


def _has_identity(low: Lowering, part: Any) -> bool:
    """Whether an object with this content is more than a value: it holds something that is told apart by identity."""
    if isinstance(part, Num):
        return part.kind == "array" and low.backend.spec_of(part.tensor).shape != ()
    if isinstance(part, Host):
        return part.witness is UNKNOWN or not plain(part.witness)
    if type(part) is tuple:
        return any(_has_identity(low, p) for p in part)
    return not plain(part)


def _object_code(low: Lowering, value: Any) -> Operand:
    if low.backend.is_tape(value):
        return low.host.operation("{f}()", uses={"f": low.backend.spent_tape})
    return low.host.constant(value)

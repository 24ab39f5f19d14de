"""What stands in a host program for a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, BoundMethod, Closure, Host, Lazy, Nothing, Num, Phase, Suspended, View
from janus_nb.lowering.heap.born import code_of


def code(low: Lowering, value: Any, phase: Phase) -> str:
    """An expression for a value in the program of `phase`."""
    if isinstance(value, Host):
        return low.host.code(value, phase)
    if isinstance(value, Num):
        return low.fetch(value.tensor, value.kind)
    if low.is_graph(value):
        return low.fetch(value, None)
    if isinstance(value, slice):
        return f"slice({', '.join(code(low, v, phase) for v in (value.start, value.stop, value.step))})"
    if isinstance(value, Nothing):
        raise Unsupported("JN201", f"the result of {value.what} is used")
    if isinstance(value, Closure | BoundMethod):
        raise Unsupported("JN201", "a function defined in the loop is kept or handed to a library")
    if type(value) is tuple:
        return "(" + "".join(code(low, v, phase) + ", " for v in value) + ")"
    if isinstance(value, Suspended):
        raise Unsupported("JN104", f"{value.function.__name__}() is kept, or handed to a library")
    if isinstance(value, Lazy | View):
        raise Unsupported("JN104", f"{value.what if isinstance(value, Lazy) else value.name + '()'} is kept, or handed to a library")
    if type(value).__module__.startswith("janus_nb."):
        raise Unsupported("JN201", f"a {type(value).__name__.lower()} is kept, or handed to a library")
    if id(value) in low.library.tapes and not low.backend.tape_is_spent(value):
        raise Unsupported("JN208", "it is kept, and may be asked after the iteration")
    if id(value) in low.made.borrowed:
        return low.host.code(low.made.borrowed[id(value)], phase)
    if id(value) in low.made.born:
        return code_of(low, low.made.born[id(value)], phase)
    if low.is_fresh(value):
        return _fresh_code(low, value, phase)
    return _known_code(low, value, phase)


def _known_code(low: Lowering, value: Any, phase: Phase) -> str:
    """The code of a plain object, unless it was made of the graph's tensors."""
    if isinstance(value, tuple) and any(low.is_symbolic(part) for part in value):
        return _fresh_code(low, value, phase)
    composite = low.backend.components(value)
    if composite is not None:
        return _composite_code(low, value, *composite, phase)
    if low.backend.is_traced(value):
        raise Unsupported("JN201", f"a {type(value).__name__} of the graph is kept")
    return low.host.code(value, phase)


def _composite_code(low: Lowering, value: Any, parts: Sequence[Any], together: Any, phase: Phase) -> str:
    """A composite tensor (ragged, sparse, the slices of a gradient): one object, however many places hold it."""
    known = low.made.escaped.get(id(value))
    if known is not None and phase is Phase.POST:
        return known
    text = f"{low.host.object(together)}({', '.join(code(low, part, phase) for part in parts)})"
    if phase is not Phase.POST:
        return text
    if low.host.indent and not low.ports.final:
        raise Unsupported("JN107", f"a {type(value).__name__} of the graph is kept inside a branch")
    made = low.host.assign(Phase.POST, text, UNKNOWN)
    low.ports.kept.append(value)  # its identity is its key
    low.made.escaped[id(value)] = made.code
    return made.code


def _fresh_code(low: Lowering, value: Any, phase: Phase) -> str:
    known = low.made.escaped.get(id(value))
    if known is not None and phase is Phase.POST:
        return known
    if isinstance(value, list):
        text = "[" + ", ".join(code(low, v, phase) for v in value) + "]"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{code(low, k, phase)}: {code(low, v, phase)}" for k, v in value.items()) + "}"
    elif isinstance(value, set):
        text = "{" + ", ".join(code(low, v, phase) for v in value) + "}" if value else "set()"
    elif isinstance(value, tuple):  # a named tuple
        text = f"{low.host.object(type(value))}({', '.join(code(low, v, phase) for v in value)})"
    else:
        return _object_code(low, value, phase)
    if phase is not Phase.POST or isinstance(value, tuple):
        return text
    made = low.host.assign(Phase.POST, text, UNKNOWN)
    if low.host.indent and not low.ports.final:
        if id(value) not in low.branch_born():
            raise Unsupported("JN107", "a container made before a branch is kept inside it")
    low.made.escaped[id(value)] = made.code
    return made.code


def _object_code(low: Lowering, value: Any, phase: Phase) -> str:
    if low.backend.is_tape(value):
        return f"{low.host.object(low.backend.spent_tape)}()"
    return low.host.object(value)

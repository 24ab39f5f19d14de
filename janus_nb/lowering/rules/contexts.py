"""`with`: tapes and scopes of the library are entered for real, the user's managers are interpreted.

with tf.GradientTape() as tape: ...     entered while the graph is built
with timer("step"): ...                 __enter__, body, __exit__, as if written in place
with scaled(0.5) as k: ...              a manager written as a generator: its body around this one
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from janus_nb.lowering.core.flow import boundary
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.outcome import NORMAL, Outcome
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Suspended
from janus_nb.lowering.library import tracing
from janus_nb.lowering.values import generators
from janus_nb.source.units import is_user_class


class Plain:
    """`contextlib.nullcontext(value)`, or `suppress(...)`: what would be suppressed leaves the iteration to Python."""

    def __init__(self, value: Any = None) -> None:
        self.value = value


def run_with(low: Lowering, manager: Any, body: Callable[[Any], Outcome]) -> Outcome:
    """Lower the body of a `with` block, given what the manager hands out."""
    with boundary(low, "with"):
        tracing.refuse_foreign_tape(low, manager)
        if isinstance(manager, Plain):
            return body(manager.value)
        if isinstance(manager, Suspended):
            return _generated(low, manager, body)
        if type(manager).__module__ == "contextlib" and not _is_library_generator(manager):
            raise Unsupported("JN104", f"context manager {type(manager).__name__}")
        if type(manager).__module__.partition(".")[0] in ("tensorflow", "keras", "contextlib") or low.backend.is_tape(manager):
            with manager as value:
                return body(value)
        if not is_user_class(type(manager)):
            raise Unsupported("JN201", f"context manager {type(manager).__name__}")
        return _interpreted(low, manager, body)


def _interpreted(low: Lowering, manager: Any, body: Callable[[Any], Outcome]) -> Outcome:

    value = low.call(low.attribute(manager, "__enter__"), (), {})
    outcome = body(value)
    low.call(low.attribute(manager, "__exit__"), (None, None, None), {})
    return outcome


def _generated(low: Lowering, manager: Suspended, body: Callable[[Any], Outcome]) -> Outcome:
    outcomes: list[Outcome] = []

    def each(value: Any) -> bool:
        if outcomes:
            raise Unsupported("JN203", "RuntimeError: the generator did not stop")
        outcomes.append(body(value))
        return True

    generators.consume(low, manager, each)
    if not outcomes:
        raise Unsupported("JN203", "RuntimeError: the generator did not yield")
    return outcomes[0] if outcomes else NORMAL


def _is_library_generator(manager: Any) -> bool:
    frame = getattr(getattr(manager, "gen", None), "gi_frame", None)
    return frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] in ("tensorflow", "keras")


RULES: dict[Any, Callable[..., Any]] = {
    contextlib.nullcontext: lambda low, value=None: Plain(value),
    contextlib.suppress: lambda low, *kinds: Plain(),
}

"""What generating must leave as it was: the Python objects that library code reaches while it is traced.

    before = Snapshot(backend)
    before.reach(optimizer)                  # at the door, before library code runs on it
    optimizer.apply_gradients(...)           # builds itself: lists, attributes, name counters
    before.restore()                         # all taken back; returns what had changed: `Adam.built`, ...

A graph stages tensors and variables. Whatever else a traced call changes in Python (an optimizer that builds itself, a
counter, a random state) would happen once, at the wrong time, and not again when the graph runs. So it is always taken
back, also when the trace has failed, and a trace that made such a change is refused.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

from janus_nb.backend import Attributes, Backend
from janus_nb.lowering.undo.states import PLAIN, Kind, generators, kind_of
from janus_nb.span import Span


@dataclass(frozen=True, slots=True)
class Change:
    """Something that a trace has changed in Python.

    Attributes:
        owner: The object.
        name: Its attribute; empty for a container or a random state itself.
        path: As a user would write it, from the object that was handed to the library.
        span: Where that was.
    """

    owner: Any
    name: str
    path: str
    span: Span | None


@dataclass(slots=True)
class _Held:
    """One object as it was.

    Attributes:
        owner: The object.
        kind: How its state is read and put back.
        state: Its state then.
        parent: Id of the object that led to it, or 0.
        name: Under which name it did.
        span: Where it was reached.
    """

    owner: Any
    kind: Kind
    state: Any
    parent: int
    name: str
    span: Span | None


class Snapshot:
    """Library objects, each as it was when a trace first reached it."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._held: dict[int, _Held] = {}
        self._born: dict[int, Any] = {}
        self.reach(None, *generators(), *backend.shared_state())

    def reach(self, span: Span | None, *values: Any) -> None:
        """Note the state of all that library code may reach from these values, unless it is known already."""
        held, born, backend = self._held, self._born, self._backend
        pending = deque((value, 0, "") for value in values)
        while pending:
            value, parent, name = pending.popleft()
            me = id(value)
            if type(value) in PLAIN or me in held or me in born:
                continue
            kind = kind_of(value, backend)
            if kind is not None:
                state = kind.look(value)
                held[me] = _Held(value, kind, state, parent, name, span)
                pending.extend((part, me, label) for label, part in kind.parts(state))

    def bear(self, value: Any) -> None:
        """What a traced call has returned: unless it was there before, it goes with the trace, and may change as it likes."""
        pending = [value]
        while pending:
            value = pending.pop()
            if type(value) in PLAIN or id(value) in self._held or id(value) in self._born:
                continue
            kind = kind_of(value, self._backend)
            if kind is not None:
                self._born[id(value)] = value
                pending.extend(part for _, part in kind.parts(kind.look(value)))

    def has_changed(self, value: Any) -> bool:
        """Whether an object that was reached is different now."""
        held = self._held.get(id(value))
        return held is not None and held.kind.differences(held.state, held.kind.look(value)) is not None

    def restore(self) -> list[Change]:
        """Put back whatever has changed, and say what it was."""
        found: list[Change] = []
        failed: list[Exception] = []
        everything = list(self._held.values())
        for held in everything:
            try:
                names = held.kind.differences(held.state, held.kind.look(held.owner))
                if names is not None:
                    path = self._path(held)
                    found += [Change(held.owner, name, f"{path}.{name}" if name else path, held.span) for name in names]
                    held.kind.put(held.owner, held.state)
            except Exception as error:
                failed.append(error)  # the others first
        self._held.clear()
        self._born.clear()
        if failed:
            raise failed[0]
        return found

    def _path(self, held: _Held) -> str:
        parts = ""
        while held.parent in self._held:
            parts, held = held.name + parts, self._held[held.parent]
        if isinstance(held.owner, Attributes):
            return getattr(held.owner.owner, "__name__", type(held.owner.owner).__module__).partition(".")[0] + parts
        return type(held.owner).__name__ + parts

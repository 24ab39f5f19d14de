"""Gradients asked of a tape that Python holds, when all that it has recorded on the way are segments.

Before: a segment behind a refused statement, from inside the `with` to beyond it.

    with tf.GradientTape() as tape:
        log_p = policy(state)                       segment 1: a graph, an entry on the tape
        state, reward = env.step(sample(log_p))     Python
        loss = -reward * log_p[action]              segment 2 ...
    grads = tape.gradient(loss, params)
    optimizer.apply_gradients(zip(grads, params))

After: segment 1 is computed again in the graph of segment 2, under a tape of that graph, for what it was given and for
what the variables held then; its results count as they were, with the gradients of what is computed again.

    entry:   n3 = follow(tape, log_p);  Check(0, n3 is not None)      # the same way as when the graph was generated
    graph:   d loss / d params
"""

from __future__ import annotations

from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host
from janus_nb.lowering.heap.access import load_name
from janus_nb.speculate.policy import ValueAssumption
from janus_nb.speculate.slots import HeldSlot, LocalSlot, NameSlot


class Continued:
    """A tape of Python's that goes on in the graph: from the start of the segment to the end of its `with`, or just to be asked.

    Attributes:
        tape: The tape, as an input of the segment.
        spent: Whether its one gradient has been asked for.
        active: Whether operations are the tape's.
    """

    def __init__(self, low: Lowering, tape: Host) -> None:
        self._low = low
        self.tape = tape
        self.spent = False
        self.active = False
        plain = low.backend.tape_is_plain
        if not plain(tape.witness):
            raise Unsupported("JN208", "it is persistent, or watches only what it is told to")
        low.check_host(low.host_op(f"{low.host.object(plain)}({{}})", plain, tape), True, _assumed(low))
        self._shadow = low.backend.continuation(tape.witness)

    def open(self) -> None:
        """Operations from now on are the tape's."""
        self.active = True
        self._shadow.__enter__()

    def close(self) -> None:
        """The `with` is left."""
        self.active = False
        self._shadow.__exit__(None, None, None)

    def taken(self, value: Host, tensor: Any) -> Any:
        """An input of the graph, with what the tape knows of it.

        Raises:
            Unsupported: JN208 if the tape has recorded it otherwise than by segments.
        """
        low = self._low
        if not low.backend.is_tensor(value.witness):
            return tensor
        if low.backend.follow(self.tape.witness, value.witness) is not None:
            return self.again(low, value, tensor)
        recorded = low.backend.is_recorded
        if recorded(self.tape.witness, value.witness):
            raise Unsupported("JN208", "")
        asked = low.host_op(f"{low.host.object(recorded)}({{}}, {{}})", lambda tape, held: False, self.tape, value)
        low.check_host(asked, False, _assumed(low))
        return tensor

    def again(self, low: Lowering, value: Host, tensor: Any) -> Any:
        """An input of the graph that segments have led to, with the gradients of these, computed again.

        Raises:
            Unsupported: JN208 if something else has led to it.
        """
        backend = low.backend
        found = backend.follow(self.tape.witness, value.witness)
        if found is None or not low.tracer.at_top():
            raise Unsupported("JN208", "")
        trail, tensors = found

        def follow(tape: Any, held: Any) -> Any:
            now = backend.follow(tape, held)
            return now[1] if now is not None and now[0] == trail else None

        way = low.host_op(f"{low.host.object(follow)}({{}}, {{}})", lambda tape, held: tensors, self.tape, value)
        same = low.host_op("({} is not None)", lambda found: found is not None, way)
        low.check_host(same, True, _assumed(low, trail))
        was, self.active = self.active, False
        inputs = [low.lift(low.host_op(f"{{}}[{i}]", lambda found, i=i: found[i], way)) for i in range(len(tensors))]
        self.active = was
        return self._shadow.again(trail, inputs, tensor)

    def gradient(self, low: Lowering, target: Any, variables: list[Any]) -> list[Any]:
        """Gradients by variables; the tape is used up."""
        if self.spent or not low.backend.is_symbolic(target):
            raise Unsupported("JN208", "")
        self.spent = True
        low.heap.write(HeldSlot(_slot_of(low, self.tape), low.backend.spent_mark, low.backend.spend), None, low.span)
        return self._shadow.gradients(target, variables)


def _assumed(low: Lowering, trail: Any = None) -> ValueAssumption:
    """That the tape has recorded the same; if a trail turns out to be another, a graph for that one may be generated."""
    key = None if trail is None else ("trail", trail)
    return ValueAssumption(low.span, "what the tape has recorded", "as before", key, "read while generating")


def continued(low: Lowering, name: str) -> Continued:
    """The tape behind a name, which has been opened outside of the segment and goes on in it.

    Raises:
        Unsupported: JN208 if the name holds something else.
    """
    tape = load_name(low, name)
    if not isinstance(tape, Host) or not low.backend.is_tape(tape.witness):
        raise Unsupported("JN208", "")
    return Continued(low, tape)


def gradient(low: Lowering, tape: Host, target: Any = None, sources: Any = None, **more: Any) -> Any:
    """`tape.gradient(target, sources)` of a tape from outside the region.

    Raises:
        Unsupported: JN208 if the tape has recorded more than segments on the way, or more is asked than plain gradients.
    """
    several = isinstance(sources, list | tuple)
    variables = low.items_of(sources) if several else [sources]
    if more or not all(map(low.backend.is_variable, variables)):
        raise Unsupported("JN208", "")
    going_on = low.library.continued if isinstance(low.library.continued, Continued) else None
    if going_on is None:
        if not isinstance(target, Host) or low.backend.under_tape():
            raise Unsupported("JN208", "")
        alone = low.host_op(f"(not {low.host.object(low.backend.under_tape)}())", lambda: True)
        low.check_host(alone, True, _assumed(low))
        going_on = low.library.continued = Continued(low, tape)
        tensor = low.lift(target)
        going_on.open()
        try:
            target = going_on.again(low, target, tensor)
        finally:
            going_on.close()
    elif going_on.tape is not tape or going_on.active:
        raise Unsupported("JN208", "")
    if low.span is not None:
        low.lines.graph_spans[low.span] = None
    made = going_on.gradient(low, target, variables)
    if not several:
        return made[0]
    return low.make(made) if isinstance(sources, list) else tuple(made)


def _slot_of(low: Lowering, value: Host) -> LocalSlot | NameSlot:
    """The name from which an input is read at every call."""
    key = next((key for key, made in low.ports.inputs.items() if made is value), None)
    slot = next((slot for slot in low.ports.entry if slot.key == key), None)
    if not isinstance(slot, LocalSlot | NameSlot):
        raise Unsupported("JN208", "")
    return slot


__all__ = ["Continued", "continued", "gradient"]

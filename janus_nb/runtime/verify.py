"""Verification: a new graph version runs once beside an iteration that Python runs, and the two are compared.

before:  graph (nothing committed) -> what it would store, append, assign     (rehearse)
Python runs the iteration
after:   the same places now hold what was predicted?                         (compare)
"""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from janus_nb.backend import Backend
from janus_nb.runtime.executor import Executor, Outcome
from janus_nb.runtime.journal import Journal
from janus_nb.runtime.prepare import Violation
from janus_nb.runtime.region import Version
from janus_nb.runtime.sources import Block
from janus_nb.source.units import is_user_class
from janus_nb.speculate.guards import Equals, Guard, IsObject
from janus_nb.speculate.slots import UNBOUND, HeldSlot, LibrarySlot, Slot, describe, instance_dict, read

_TAIL = 32


@dataclass(slots=True)
class Prediction:
    """What a version says an iteration will do.

    Attributes:
        version: Which version.
        variables: Variables that it writes, with their new values.
        unchanged: Variables that it only reads, with their values.
        slots: Slots that it writes, with their new values.
        containers: Containers that it changes, with what they will hold.
    """

    version: Version
    variables: list[tuple[Any, Any]]
    unchanged: list[tuple[Any, Any]]
    slots: list[tuple[Slot, Any]]
    containers: list[tuple[Any, Any]]


def rehearse(executor: Executor, version: Version, block: Block) -> Prediction | Violation | Exception:
    """Run one iteration with commits off. Python objects are as before when this returns."""
    program = version.program
    one = block.first()
    prepared = executor.prepare(version, one)
    if prepared.count == 0:
        executor.return_draws(program, prepared, one, 0)
        return prepared.violation or Violation(None, "no element")
    executor.draw_seeds(program, prepared)
    try:
        result = executor.call(version, prepared, 1)
        if result.done == 0:
            return executor._violation(program, result) or Violation(None, "")
        journal = Journal(prepared.unchanging)
        replayed = executor.replay(program, prepared, result, 1, journal)
        if isinstance(replayed, Outcome):
            return replayed.stopped or Violation(None, "")
        finals, states = replayed
        slots = [*zip((c.slot for c in program.post_carries), states, strict=True), *zip(program.finals, finals, strict=True)]
        bound = {slot.key for slot, _ in slots}
        gone = {slot.key for slot, _ in slots if isinstance(slot, HeldSlot) and slot.holder.key in bound}  # the name holds something else at the end
        slots = [(slot, value) for slot, value in slots if slot.key not in program.volatile and slot.key not in gone]
        containers = [(box, snapshot(box)) for box in journal.touched.values() if id(box) not in program.volatile]
        journal.rollback()
        written = list(zip(program.body.variables, result.variables, strict=True))
        unchanged = [(v, executor.backend.read(v)) for v in program.body.reads]
        return Prediction(version, written, unchanged, slots, containers)
    except Exception as error:
        return error
    finally:
        executor.return_draws(program, prepared, one, 0)


def snapshot(box: Any) -> Any:
    """A container's size and (for long lists, last) content."""
    if isinstance(box, list):
        return len(box), box[-_TAIL:]
    if isinstance(box, dict):
        return dict(box)
    if isinstance(box, set):
        return set(box)
    return box.copy() if hasattr(box, "copy") else list(box)


def compare(backend: Backend, prediction: Prediction, names: MutableMapping[str, Any]) -> tuple[int, str | None]:
    """How many places were compared, and the first that differs from its prediction, in words.

    Nothing is compared where random numbers without a seed differ from run to run.
    """
    count = 0
    if prediction.version.program.body.unseeded:
        return count, None
    half = prediction.version.program.body.half
    for variable, value in prediction.variables:
        count += 1
        if not backend.close(backend.read(variable), value, half):
            return count, f"variable {variable.name}"
    for variable, value in prediction.unchanged:
        if not backend.close(backend.read(variable), value, half):
            return count, f"variable {variable.name}, which the graph leaves alone"
    written = {slot.key for slot, _ in prediction.slots}
    changed = {id(box) for box, _ in prediction.containers}  # what is in them is compared below
    for guard in prediction.version.program.guards:
        apart = guard.slot.key in written or isinstance(guard.slot, LibrarySlot) or id(getattr(guard.slot, "owner", None)) in changed
        if not apart and _lost(guard, names):
            return count, f"{describe(guard.slot)}, which the graph leaves alone"
    for slot, value in prediction.slots:
        count += 1
        now = read(slot, names)
        if not alike(backend, now, value, half):
            return count, f"{describe(slot)}: eager {now!r:.80}, graph {value!r:.80}"
    for box, value in prediction.containers:
        count += 1
        if not alike(backend, snapshot(box), value, half):
            return count, f"a {type(box).__name__} that the loop changes"
    return count, None


def _lost(guard: Guard, names: MutableMapping[str, Any]) -> bool:
    """Whether an iteration has changed what the graph takes for constant."""
    return isinstance(guard.expect, Equals | IsObject) and not guard.holds(names)


def alike(backend: Backend, a: Any, b: Any, half: bool = False, depth: int = 0) -> bool:
    """Whether two values are of one type and equal up to floating-point rounding."""
    if a is b:
        return True
    if a is UNBOUND or b is UNBOUND or depth > 6:
        return a is b or depth > 6
    if backend.is_tape(a) and backend.is_tape(b):
        return True
    if isinstance(a, list) and isinstance(b, list):  # a library's own kind of list, too
        return len(a) == len(b) and all(alike(backend, x, y, half, depth + 1) for x, y in zip(a, b, strict=True))
    if type(a) is not type(b):
        return False
    if isinstance(a, bool | int | str | bytes | type(None)):
        return bool(a == b) or (isinstance(a, str) and _text_alike(a, b))
    if isinstance(a, float):
        return math.isclose(a, b, rel_tol=1e-2 if half else 1e-3, abs_tol=1e-6) or (a != a and b != b)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(alike(backend, x, y, half, depth + 1) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return list(a) == list(b) and all(alike(backend, a[k], b[k], half, depth + 1) for k in a)
    if backend.is_tensor(a) or type(a).__module__ == "numpy":
        return backend.close(a, b, half)
    if is_user_class(type(a)) and not isinstance(a, type):
        x, y = instance_dict(a), instance_dict(b)
        if x is not None and y is not None:
            return x.keys() == y.keys() and all(alike(backend, x[k], y[k], half, depth + 1) for k in x)
    return type(a).__module__ not in ("builtins",) or a == b or callable(a)


def _text_alike(a: str, b: str) -> bool:
    """Text that differs in the last digits of numbers only."""
    import re

    number = re.compile(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?")
    if number.sub("#", a) != number.sub("#", b):
        return False
    pairs = zip(number.findall(a), number.findall(b), strict=True)
    return all(math.isclose(float(x), float(y), rel_tol=1e-2, abs_tol=1e-3) for x, y in pairs)

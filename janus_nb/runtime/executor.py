"""The Speculative Graph Executor: one graph call, from guards to commit.

    entry program -> pre program per iteration -> graph (pure) -> post program per iteration -> commit

Until the commit nothing has happened but writes to containers that the journal can undo. When iteration j fails an
assertion (before, inside, or after the graph), exactly the j iterations before it are committed: the graph, being a
pure function, is asked again for j of them.
"""

from __future__ import annotations

import ctypes
import itertools
import signal
import sys
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from janus_nb.backend import Backend, LoopResult, Spec
from janus_nb.lowering.draws import restore
from janus_nb.lowering.program import Program
from janus_nb.lowering.values import Kind
from janus_nb.runtime.journal import CheckFailed, Journal
from janus_nb.runtime.prepare import Prepared, Violation, prepare
from janus_nb.runtime.region import Version
from janus_nb.runtime.sources import Block
from janus_nb.source.units import is_user_function
from janus_nb.speculate.slots import UNBOUND, AttrSlot, CellSlot, HeldSlot, LocalSlot, NameSlot, Slot, instance_dict, read


@dataclass(slots=True)
class Outcome:
    """What a graph call did: how many iterations were committed, and what stopped it, if anything."""

    done: int
    stopped: Violation | Exception | None


class Executor:
    """Runs graph versions against one execution of a region."""

    def __init__(self, backend: Backend, names: Callable[[], MutableMapping[str, Any]], frame: FrameType | None) -> None:
        self.backend = backend
        self.names = names
        self.frame = frame

    # -- before the graph ------------------------------------------------------------------------------------------------

    def prepare(self, version: Version, block: Block) -> Prepared:
        """Run the host's part before the graph, for as many elements as satisfy the assumptions."""
        return prepare(self.backend, version.program, block, self.names())

    # -- the graph --------------------------------------------------------------------------------------------------------

    def draw_seeds(self, program: Program, prepared: Prepared) -> None:
        """Take the operation seeds that eager would use in these iterations."""
        per_step = program.body.random_ops
        if per_step:
            flat, prepared.seed_state = self.backend.draw_seeds(per_step * prepared.count)
            prepared.seeds = [flat[i * per_step : (i + 1) * per_step] for i in range(prepared.count)]

    def return_draws(self, program: Program, prepared: Prepared, block: Block, used: int) -> None:
        """Give back the random numbers of iterations that were not committed: the host's, and operation seeds."""
        if prepared.drawn and used < len(block.elements):
            for generator, state in prepared.drawn:
                restore(generator, state)
            for element, state in zip(block.elements[:used], prepared.states, strict=False):
                program.pre(element, *state, *prepared.entry_exports)
        if prepared.seeds:
            self.backend.restore_seeds(prepared.seed_state)
            self.backend.draw_seeds(program.body.random_ops * used)

    def call(self, version: Version, prepared: Prepared, steps: int) -> LoopResult:
        """Run the graph for `steps` of the prepared iterations. Nothing changes."""
        feeds = [f[:steps] for f in prepared.feeds] if steps < prepared.count else list(prepared.feeds)
        if prepared.seeds:
            feeds.append(self.backend.to_tensor(prepared.seeds[:steps], Spec("int64", (None, None))))
        return version.graph.run(steps, prepared.carries, feeds, prepared.invariants)

    def directly(self, version: Version, element: Any) -> tuple[Any, ...] | None:
        """Run one iteration by the graph that commits by itself: the final values, which nothing can stop from being written.

        `None` if an input is not exactly of its type, or an assertion failed: nothing was done, and the long way says what is wrong.
        """
        program, step = version.program, version.committing
        assert step is not None
        names = self.names()
        size, fed = len(program.invariants), len(program.feeds)
        try:
            entry = program.entry(*[read(slot, names) for slot in program.inputs])
            host = program.pre(element, *entry[size:])
            invariants = [self.backend.to_tensor(v, spec) for v, spec in zip(entry, program.invariants, strict=False)]
            inputs = [*host[:fed], *invariants]
            results = step.run(inputs) if step.fits(inputs) else None
        except Exception:
            return None
        if results is None:
            return None
        handed = [self.scalar(t, kind) for t, kind in zip(results, (*program.rows, *program.lasts), strict=True)]
        rows = len(program.rows)
        return program.post(None, [], *entry[size:], *host[fed:], *handed[:rows], tuple(handed[rows:]))

    # -- after the graph --------------------------------------------------------------------------------------------------

    def run(self, version: Version, block: Block) -> tuple[Outcome, Prepared]:
        """One call: as many of the block's iterations as hold are committed, together."""
        program = version.program
        prepared = self.prepare(version, block)
        if prepared.count == 0:
            self.return_draws(program, prepared, block, 0)
            return Outcome(0, prepared.violation), prepared
        self.draw_seeds(program, prepared)
        with uninterrupted():
            outcome = self._run(version, prepared, block.unchanged)
            self.return_draws(program, prepared, block, outcome.done)
        if outcome.stopped is None:
            outcome.stopped = prepared.violation
        return outcome, prepared

    def _run(self, version: Version, prepared: Prepared, unchanged: Callable[[], bool]) -> Outcome:
        program = version.program
        try:
            result = self.call(version, prepared, prepared.count)
            stopped: Violation | Exception | None = self._violation(program, result)
            done = result.done
            if done < prepared.count and done:
                result = self.call(version, prepared, done)
        except Exception as error:
            return Outcome(0, error)
        while done:
            journal = Journal(prepared.unchanging)
            replayed = self.replay(program, prepared, result, done, journal)
            if isinstance(replayed, tuple):
                finals, states = replayed
                if not unchanged():
                    journal.rollback()
                    return Outcome(0, Violation(None, "what the loop iterates over has changed"))
                self.backend.commit(program.body, result.variables)
                self.write(program, finals, states)
                journal.finish()
                return Outcome(done, stopped)
            done, stopped = replayed.done, replayed.stopped
            if done:
                result = self.call(version, prepared, done)
        return Outcome(0, stopped)

    def _violation(self, program: Program, result: LoopResult) -> Violation | None:
        if result.failed is None:
            return None
        assumption = program.checks[result.failed] if result.failed < len(program.checks) else None
        observed = str(not getattr(assumption, "taken", True)) if hasattr(assumption, "taken") else "it does not hold"
        return Violation(assumption, observed)

    def replay(
        self, program: Program, prepared: Prepared, result: LoopResult, done: int, journal: Journal
    ) -> tuple[tuple[Any, ...], list[Any]] | Outcome:
        """Run the post program for `done` iterations. On a failure everything is undone, and the failing index returned."""
        if result.stacked:
            rows = [self._rows(t, kind, done) for t, kind in zip(result.rows, program.rows, strict=True)]
        else:
            rows = [(self.scalar(t, kind),) for t, kind in zip(result.rows, program.rows, strict=True)]
        lasts = tuple(self.scalar(t, kind) for t, kind in zip(result.lasts, program.lasts, strict=True))
        names = self.names()
        states = [read(c.slot, names) for c in program.post_carries]
        before = list(states)
        finals: tuple[Any, ...] | None = ()
        mark, post, entry = journal.mark(), program.post, prepared.entry_exports
        exports = prepared.exports
        per_iteration = zip(*rows, strict=False) if rows else itertools.repeat(())
        j = 0
        try:
            for j, results in zip(range(done), per_iteration, strict=False):
                if states:
                    before[:] = states
                mark = journal.mark()
                finals = post(journal, states, *entry, *exports[j], *results, lasts if j == done - 1 else None)
        except CheckFailed as failed:
            journal.rollback()
            return Outcome(j, Violation(program.host_checks[failed.index], f"the condition was {failed.observed}"))
        except Exception as error:
            journal.rollback(mark)
            if program.host_checks or j == 0 or program.finals:
                journal.rollback()
            else:
                states[:] = before
            return Outcome(j, Violation(None, f"{type(error).__name__}: {error}"))
        return finals or (), states

    def _rows(self, tensor: Any, kind: Kind | None, done: int) -> Any:
        if kind is None:
            return self.backend.rows(tensor, done)
        values = self.backend.to_host(tensor)[:done]
        return values.tolist() if kind in ("int", "float", "bool") else [row.copy() if getattr(row, "shape", ()) else row for row in values]

    def scalar(self, tensor: Any, kind: Kind | None) -> Any:
        """A result as the Python value it stands for."""
        if kind is None:
            return tensor
        value = self.backend.to_host(tensor)
        return value.item() if kind in ("int", "float", "bool") else value

    # -- commit ------------------------------------------------------------------------------------------------------------

    def write(self, program: Program, finals: tuple[Any, ...], states: list[Any]) -> None:
        """Write the final values of all slots."""
        local_names = self.frame.f_locals if self.frame is not None else self.names()
        values = [*zip((c.slot for c in program.post_carries), states, strict=True), *zip(program.finals, finals, strict=True)]
        for slot, value in values:
            write(slot, value, local_names)
        if self.frame is not None and any(isinstance(slot, LocalSlot) for slot, _ in values):
            _locals_to_fast(self.frame)


def write(slot: Slot, value: Any, local_names: MutableMapping[str, Any]) -> None:
    """Write one slot; `UNBOUND` deletes. Locals go to `local_names`, which the frame takes over afterwards."""
    match slot:
        case LocalSlot(name):
            _put(local_names, name, value)
        case NameSlot(namespace, name):
            _put(namespace, name, value)
        case AttrSlot(owner, name, _):
            held = instance_dict(owner)
            if value is UNBOUND:
                delattr(owner, name)
            elif _has_own_setattr(type(owner)):
                object.__setattr__(owner, name, value)
            elif isinstance(held, dict) and _plain_setattr(type(owner)) and not hasattr(type(owner), name):
                held[name] = value
            else:
                setattr(owner, name, value)
        case CellSlot(cell, _):
            cell.cell_contents = value
        case HeldSlot(holder, _, clear):
            clear(read(holder, local_names))
        case _:
            raise AssertionError(f"{slot} is not written at commit")


def _has_own_setattr(kind: Any) -> bool:
    """Whether the user's class sets attributes in a way of its own, which has been lowered with the rest."""
    return is_user_function(kind.__setattr__)


def _plain_setattr(kind: Any) -> bool:
    return kind.__setattr__ is object.__setattr__


def _put(names: MutableMapping[str, Any], name: str, value: Any) -> None:
    if value is UNBOUND:
        names.pop(name, None)
    else:
        names[name] = value


def _locals_to_fast(frame: FrameType) -> None:
    """Let a running function see what was written to its `f_locals` (Python before 3.13)."""
    if sys.version_info < (3, 13):
        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(1))


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Postpone Ctrl-C (the stop button) until the commit is complete; then it is raised."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[Any] = []
    try:
        before = signal.signal(signal.SIGINT, lambda number, frame: pending.append(number))
    except ValueError:  # pragma: no cover - an embedded interpreter without signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pending:
        raise KeyboardInterrupt


__all__ = ["Executor", "Outcome", "write"]

"""The Speculative Graph Executor: one graph call, from guards to commit.

    entry program -> pre program per iteration -> graph (pure) -> post program per iteration -> commit

Until the commit nothing has happened but writes to containers that the journal can undo. When iteration j fails an
assertion (before, inside, or after the graph), exactly the j iterations before it are committed: the graph, being a
pure function, is asked again for j of them.
"""

from __future__ import annotations

import ctypes
import signal
import sys
import threading
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from janus_nb.backend import Backend, LoopResult, Spec
from janus_nb.lowering.carries import flatten
from janus_nb.lowering.draws import restore, state_of
from janus_nb.lowering.program import FeedInfo, Program
from janus_nb.lowering.values import Kind
from janus_nb.runtime.journal import CheckFailed, Journal
from janus_nb.runtime.region import Version
from janus_nb.runtime.sources import Block
from janus_nb.source.units import is_user_function
from janus_nb.speculate.policy import Assumption, SpecAssumption, fits
from janus_nb.speculate.slots import UNBOUND, AttrSlot, CellSlot, LocalSlot, NameSlot, Slot, instance_dict, read


class Cut(Exception):
    """The pre program found a failed assumption; internal to the run time."""

    def __init__(self, index: int, observed: Any) -> None:
        super().__init__(index)
        self.index = index
        self.observed = observed


def pre_check(index: int, condition: Any, expected: bool) -> None:
    """Called by pre programs as `Check`."""
    if bool(condition) is not expected:
        raise Cut(index, bool(condition))


@dataclass(slots=True)
class Violation:
    """Why an iteration could not be committed.

    Attributes:
        assumption: What failed, if it is known.
        observed: What was found instead, in words.
        seen: For a relaxation: the type observed.
    """

    assumption: Assumption | None
    observed: str
    seen: Spec | None = None


@dataclass(slots=True)
class Prepared:
    """Inputs of a graph call: everything that Python computes before it."""

    count: int
    feeds: list[Any]
    exports: list[tuple[Any, ...]]
    states: list[tuple[Any, ...]]
    entry_exports: tuple[Any, ...]
    invariants: list[Any]
    carries: list[Any]
    violation: Violation | None
    unchanging: frozenset[int]
    drawn: list[tuple[Any, Any]]
    seed_state: Any = None
    seeds: list[list[int]] = field(default_factory=list)


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
        program = version.program
        names = self.names()
        given = [read(slot, names) for slot in program.inputs]
        try:
            entry = program.entry(*given)
        except Cut as cut:
            return self._nothing(program, Violation(program.pre_checks[cut.index], f"the condition was {cut.observed}"))
        except Exception as error:
            return self._nothing(program, Violation(None, f"{type(error).__name__}: {error}"))
        inv_values = entry[: len(program.invariants)]
        entry_exports = entry[len(program.invariants) :]
        state: tuple[Any, ...] = tuple(read(c.slot, names) for c in program.pre_carries)
        drawn = [(generator, state_of(generator)) for generator in program.generators]
        hosted = [f for f in program.feeds if f.column is None]
        loose = any(f.kind is None and None in (f.spec.shape or (None,)) for f in hosted)
        rows: list[tuple[Any, ...]] = []
        exports: list[tuple[Any, ...]] = []
        states = [state]
        violation = self._columns_fit(program, block)
        if violation is None:
            for element in block.elements:
                try:
                    results = program.pre(element, *state, *entry_exports)
                except Cut as cut:
                    violation = Violation(program.pre_checks[cut.index], f"the condition was {cut.observed}")
                    break
                except Exception as error:
                    violation = Violation(None, f"{type(error).__name__}: {error}")
                    break
                fed = results[: len(hosted)]
                violation = self._fed_fit(hosted, fed)
                if violation is not None or (rows and loose and self._unlike(rows[0], fed)):
                    break
                rows.append(fed)
                exports.append(results[len(hosted) : len(hosted) + program.pre_exports])
                state = results[len(hosted) + program.pre_exports :]
                states.append(state)
        count = len(exports)
        feeds = self._stack(program, block, rows, count) if count else []
        invariants = [self.backend.to_tensor(v, spec) for v, spec in zip(inv_values, program.invariants, strict=True)]
        return Prepared(
            count, feeds, exports, states, entry_exports, invariants, self._carried(program, names), violation, _unchanging(program, given), drawn
        )

    def _nothing(self, program: Program, violation: Violation) -> Prepared:
        """What a call has prepared that fails before its first iteration."""
        return Prepared(0, [], [], [], (), [], [], violation, frozenset(program.read), [])

    def _columns_fit(self, program: Program, block: Block) -> Violation | None:
        for feed in program.feeds:
            if feed.column is not None and block.columns:
                spec = self.backend.find_spec(block.columns[feed.column])
                row = Spec(spec.dtype, spec.shape[1:] if spec.shape is not None else None) if spec else None
                if row is None or not fits(feed.spec, row):
                    return _spec_violation(feed, row, f"data[{feed.column}]")
        return None

    def _fed_fit(self, feeds: list[FeedInfo], values: tuple[Any, ...]) -> Violation | None:
        for feed, value in zip(feeds, values, strict=True):
            if feed.kind is not None:
                if type(value) is not feed.type or (isinstance(value, int) and not -(2**62) < value < 2**62):
                    return Violation(None, f"{value!r} instead of {feed.kind}")
                continue
            spec = self.backend.find_spec(value)
            if type(value) is not feed.type or spec is None or not fits(feed.spec, spec):
                return _spec_violation(feed, spec, "a value from the data")
        return None

    def _stack(self, program: Program, block: Block, rows: list[tuple[Any, ...]], count: int) -> list[Any]:
        feeds: list[Any] = []
        hosted = 0
        for feed in program.feeds:
            if feed.column is not None:
                column = block.columns[feed.column]
                feeds.append(column if count == len(block.elements) else column[:count])
                continue
            values = [row[hosted] for row in rows]
            hosted += 1
            feeds.append(self.backend.stack(values, feed.spec))
        return feeds

    def _unlike(self, first: tuple[Any, ...], values: tuple[Any, ...]) -> bool:
        """Whether values of a relaxed shape differ in shape from the block's first: they go into the next call."""
        return any(self.backend.find_spec(a) != self.backend.find_spec(b) for a, b in zip(first, values, strict=True))

    def _carried(self, program: Program, names: MutableMapping[str, Any]) -> list[Any]:
        carries: list[Any] = []
        for carry in program.graph_carries:
            _, leaves = flatten(self.backend, read(carry.slot, names))
            carries.extend(self.backend.to_tensor(value, spec) for value, (spec, _) in leaves)
        return carries

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
            outcome = self._run(version, prepared)
            self.return_draws(program, prepared, block, outcome.done)
        if outcome.stopped is None:
            outcome.stopped = prepared.violation
        return outcome, prepared

    def _run(self, version: Version, prepared: Prepared) -> Outcome:
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
                self.backend.commit(program.body.variables, result.variables)
                self._write(program, finals, states)
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
            rows = [(self._scalar(t, kind),) for t, kind in zip(result.rows, program.rows, strict=True)]
        lasts = tuple(self._scalar(t, kind) for t, kind in zip(result.lasts, program.lasts, strict=True))
        names = self.names()
        states = [read(c.slot, names) for c in program.post_carries]
        finals: tuple[Any, ...] | None = ()
        holds_back = bool(program.host_checks)
        for j in range(done):
            mark = journal.mark()
            last = lasts if j == done - 1 else None
            before = list(states)
            try:
                finals = program.post(journal, states, *prepared.entry_exports, *prepared.exports[j], *(r[j] for r in rows), last)
            except CheckFailed as failed:
                journal.rollback()
                return Outcome(j, Violation(program.host_checks[failed.index], f"the condition was {failed.observed}"))
            except Exception as error:
                journal.rollback(mark if not holds_back else (0, 0))
                if holds_back or j == 0 or program.finals:
                    journal.rollback()
                    return Outcome(j, Violation(None, f"{type(error).__name__}: {error}"))
                states[:] = before
                return Outcome(j, Violation(None, f"{type(error).__name__}: {error}"))
        return finals or (), states

    def _rows(self, tensor: Any, kind: Kind | None, done: int) -> Any:
        if kind is None:
            return self.backend.rows(tensor, done)
        values = self.backend.to_host(tensor)
        return values.tolist() if kind in ("int", "float", "bool") else _Copies(values)

    def _scalar(self, tensor: Any, kind: Kind | None) -> Any:
        if kind is None:
            return tensor
        value = self.backend.to_host(tensor)
        return value.item() if kind in ("int", "float", "bool") else value

    # -- commit ------------------------------------------------------------------------------------------------------------

    def _write(self, program: Program, finals: tuple[Any, ...], states: list[Any]) -> None:
        """Write the final values of all slots."""
        local_names = self.frame.f_locals if self.frame is not None else self.names()
        values = [*zip((c.slot for c in program.post_carries), states, strict=True), *zip(program.finals, finals, strict=True)]
        for slot, value in values:
            write(slot, value, local_names)
        if self.frame is not None and any(isinstance(slot, LocalSlot) for slot, _ in values):
            _locals_to_fast(self.frame)


def _unchanging(program: Program, given: list[Any]) -> frozenset[int]:
    """Ids of the containers whose content the generated code takes for granted in this call."""
    if not program.borrowed:
        return program.read
    found: set[int] = set(program.read)
    pending = [given[i] for i in program.borrowed]
    while pending:
        value = pending.pop()
        found.add(id(value))
        pending.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ())
    return frozenset(found)


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
        case _:
            raise AssertionError(f"{slot} is not written at commit")


class _Copies:
    """Rows of an array, each of which belongs to who takes it."""

    def __init__(self, values: Any) -> None:
        self._values = values

    def __getitem__(self, index: int) -> Any:
        row = self._values[index]
        return row.copy() if getattr(row, "shape", ()) else row


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


def _spec_violation(feed: FeedInfo, seen: Spec | None, name: str) -> Violation:
    assumption = SpecAssumption(None, name, feed.spec, feed.key, "seen while profiled")
    return Violation(assumption, str(seen) if seen else "something else", seen)


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


__all__ = ["Executor", "Outcome", "Prepared", "Violation", "pre_check", "write"]

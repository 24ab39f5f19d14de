"""The Speculative Graph Executor: one graph call, from guards to commit.

    entry program -> pre program per iteration -> graph (pure) -> post program per iteration -> commit

When iteration j fails an assertion (before, inside, or after the graph), exactly the j iterations before it are
committed: the graph, being a pure function, is asked again for j of them.

The commit: what may raise comes first, and everything can be undone until all of it is done.

    containers changed (journal) -> slots written (writes) -> variables assigned -> output let out
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from time import perf_counter
from types import FrameType
from typing import Any

from janus_nb.backend import Backend, LoopResult, Spec
from janus_nb.cache.version import Version
from janus_nb.lowering.core import warned
from janus_nb.lowering.core.values import Kind
from janus_nb.lowering.effects.checks import CheckFailed
from janus_nb.lowering.effects.draws import STATE
from janus_nb.lowering.program import Program
from janus_nb.runtime.bystanders import in_company
from janus_nb.runtime.commit import Writes
from janus_nb.runtime.journal import EffectRaised, Journal
from janus_nb.runtime.prepare import Prepared, Violation, prepare
from janus_nb.runtime.signals import interruptible
from janus_nb.runtime.sources import Block
from janus_nb.speculate.slots import read


@dataclass(slots=True)
class Outcome:
    """What a graph call did.

    Attributes:
        done: How many iterations were committed.
        stopped: What stopped it, if anything.
        printed: What the next iteration has printed already, before one of its effects raised.
    """

    done: int
    stopped: Violation | Exception | None
    printed: str = ""


class Changed(Exception):
    """The world is another one than at the beginning of the call: elements that were handed to the graph are not those that Python
    would take, or another thread has begun to run the user's code; internal to the run time."""


class Executor:
    """Runs graph versions against one execution of a region."""

    def __init__(self, backend: Backend, names: Callable[[], MutableMapping[str, Any]], frame: FrameType | None) -> None:
        self.backend = backend
        self.names = names
        self.frame = frame
        self.inside = 0.0
        """Seconds spent in graphs since the last call began."""

    # -- before the graph ------------------------------------------------------------------------------------------------

    def prepare(self, version: Version, block: Block) -> Prepared:
        """Run the host's part before the graph, for as many elements as satisfy the assumptions."""
        return prepare(self.backend, version.program, block, self.names())

    # -- the graph --------------------------------------------------------------------------------------------------------

    def draw_seeds(self, program: Program, prepared: Prepared) -> None:
        """Take the operation seeds that eager would use in these iterations."""
        per_step = program.graph.body.random_ops
        if per_step:
            flat, prepared.seed_state = self.backend.draw_seeds(per_step * prepared.count)
            prepared.seeds = [flat[i * per_step : (i + 1) * per_step] for i in range(prepared.count)]

    def return_draws(self, program: Program, prepared: Prepared, block: Block, used: int) -> None:
        """Give back the random numbers of iterations that were not committed: the host's, and operation seeds."""
        if prepared.drawn and used < len(block.elements):
            for generator, state in prepared.drawn:
                STATE.put_back(generator, state)
            for element, state in zip(block.elements[:used], prepared.states, strict=False):
                program.host.pre(element, *state, *prepared.entry_exports)
        if prepared.seeds:
            self.backend.restore_seeds(prepared.seed_state)
            self.backend.draw_seeds(program.graph.body.random_ops * used)

    def call(self, version: Version, prepared: Prepared, steps: int) -> LoopResult:
        """Run the graph for `steps` of the prepared iterations. Nothing changes."""
        __tracebackhide__ = True
        feeds = [f[:steps] for f in prepared.feeds] if steps < prepared.count else list(prepared.feeds)
        if prepared.seeds:
            feeds.append(self.backend.to_tensor(prepared.seeds[:steps], Spec("int64", (None, None))))
        started = perf_counter()
        with interruptible():  # the graph writes nothing
            result = version.graph.run(steps, prepared.carries, feeds, prepared.invariants)
        self.inside += perf_counter() - started
        return result

    def directly(self, version: Version, element: Any) -> tuple[Any, ...] | None:
        """Run one iteration by the graph that commits by itself: the final values, which nothing can stop from being written.

        `None` if an input is not exactly of its type, or an assertion failed: nothing was done, and the long way says what is wrong.
        """
        program, step = version.program, version.committing
        assert step is not None
        names = self.names()
        size, fed = len(program.graph.invariants), len(program.graph.feeds)
        try:
            with warned.failing(program.host.computing):
                entry = program.host.entry(*[read(slot, names) for slot in program.host.inputs])
                host = program.host.pre(element, *entry[size:])
            given = (*zip(entry, program.graph.invariants, strict=False), *zip(host, program.graph.feeds, strict=False))
            if any(type(value) is not info.type for value, info in given):
                return None
            invariants = [self.backend.to_tensor(v, info.spec) for v, info in zip(entry, program.graph.invariants, strict=False)]
            inputs = [*host[:fed], *invariants]
            results = step.run(inputs) if step.fits(inputs) else None
        except Exception:
            return None
        if results is None:
            return None
        handed = [self.scalar(t, kind) for t, kind in zip(results, (*program.graph.rows, *program.graph.lasts), strict=True)]
        rows = len(program.graph.rows)
        return program.host.post(None, [], *entry[size:], *host[fed:], *handed[:rows], tuple(handed[rows:]))

    # -- after the graph --------------------------------------------------------------------------------------------------

    def run(self, version: Version, block: Block) -> tuple[Outcome, Prepared]:
        """One call: as many of the block's iterations as hold are committed, together."""
        __tracebackhide__ = True
        program, self.inside = version.program, 0.0
        prepared = self.prepare(version, block)
        if prepared.count == 0:
            self.return_draws(program, prepared, block, 0)
            return Outcome(0, prepared.violation), prepared
        outcome = Outcome(0, None)
        try:
            self.draw_seeds(program, prepared)
            outcome = self._run(version, prepared, block)
        finally:
            self.return_draws(program, prepared, block, outcome.done)
        if outcome.stopped is None and not outcome.printed:
            outcome.stopped = prepared.violation
        return outcome, prepared

    def _run(self, version: Version, prepared: Prepared, block: Block) -> Outcome:
        __tracebackhide__ = True
        program, printed, silent = version.program, "", False
        stopped: Violation | Exception | None = None
        done = prepared.count
        while done:
            try:
                result = self.call(version, prepared, done)
            except Exception as error:
                return Outcome(0, error)
            if result.done < done:
                stopped, done = self.violation(program, result), result.done
                continue
            journal = Journal(prepared.unchanging)
            replayed = self.replay(program, prepared, result, done, journal)
            if isinstance(replayed, Outcome):
                done, stopped = replayed.done, replayed.stopped
                continue
            try:
                self._commit(program, result, *replayed, journal, block, silent)
                return Outcome(done, stopped, printed)
            except EffectRaised as raised:  # the iterations before it are final, their output is out; Python meets the error
                done, stopped, printed, silent = raised.iteration, Violation(None, f"an effect raised {raised.error!r:.80}"), raised.text, True
            except Changed as changed:
                return Outcome(0, Violation(None, str(changed)))
            except Exception as error:
                journal.rollback()  # once more does no harm
                return Outcome(0, error)
        return Outcome(0, stopped, printed)

    def _commit(
        self, program: Program, result: LoopResult, finals: tuple[Any, ...], states: list[Any], journal: Journal, block: Block, silent: bool
    ) -> None:
        """Make a call's iterations final, all or nothing.

        Raises:
            EffectRaised: an effect raised, and everything is as before but for the output let out before it.
            Exception: a write was impossible, and everything is as before.
        """
        body, writes = program.graph.body, None
        before: list[Any] = []
        try:
            writes = Writes(self.frame, self.names())
            if not block.unchanged():
                raise Changed("the loop changed what it iterates over")
            if in_company():
                raise Changed("another thread has begun to run")
            writes.write([*zip((c.slot for c in program.host.post_carries), states, strict=True), *zip(program.host.finals, finals, strict=True)])
            before = [self.backend.read(variable) for variable in body.variables] if journal.holds else []
            self.backend.commit(body, result.variables)
            if journal.holds and not silent:
                journal.finish()
        except BaseException:
            if before:
                self.backend.commit(body, before)
            try:
                if writes is not None:
                    writes.undo()
            finally:
                journal.rollback()
            raise

    def violation(self, program: Program, result: LoopResult) -> Violation | None:
        if result.failed is None:
            return None
        assumption = program.conditions.in_graph[result.failed] if result.failed < len(program.conditions.in_graph) else None
        observed = str(not getattr(assumption, "taken", True)) if hasattr(assumption, "taken") else "it does not hold"
        return Violation(assumption, observed)

    def replay(
        self, program: Program, prepared: Prepared, result: LoopResult, done: int, journal: Journal
    ) -> tuple[tuple[Any, ...], list[Any]] | Outcome:
        """Run the post program for `done` iterations. On a failure everything is undone, and the failing index returned."""
        if result.stacked:
            rows = [self._rows(t, kind, done) for t, kind in zip(result.rows, program.graph.rows, strict=True)]
        else:
            rows = [(self.scalar(t, kind),) for t, kind in zip(result.rows, program.graph.rows, strict=True)]
        lasts = tuple(self.scalar(t, kind) for t, kind in zip(result.lasts, program.graph.lasts, strict=True))
        names = self.names()
        states = [read(c.slot, names) for c in program.host.post_carries]
        finals: tuple[Any, ...] | None = ()
        post, entry = program.host.post, prepared.entry_exports
        exports = prepared.exports
        per_iteration = zip(*rows, strict=False) if rows else itertools.repeat(())
        j = 0
        try:
            with warned.failing(not program.host.calm):
                for j, results in zip(range(done), per_iteration, strict=False):
                    journal.iteration = j
                    finals = post(journal, states, *entry, *exports[j], *results, lasts if j == done - 1 else None)
        except CheckFailed as failed:
            journal.rollback()
            return Outcome(j, Violation(program.conditions.at_replay[failed.index], f"the condition was {failed.observed}"))
        except Exception as error:
            journal.rollback()
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


__all__ = ["Executor", "Outcome"]

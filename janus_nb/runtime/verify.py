"""Verification: a graph runs beside iterations that Python runs, and everything that the region reaches is compared.

    fingerprint of everything                                      before
    graph; effects replayed, slots and variables predicted      -> predicted     } rehearse
    the same on inputs moved by a unit in the last place        -> moved         }
    taken back: the fingerprint must be the same as before         or the graph is thrown away
    Python runs the iterations
    fingerprint of everything                                   -> compared with `predicted` (settle)

Nothing is committed while rehearsing: containers are changed and changed back, slots and variables are only predicted
(`proof.fingerprint.Overlay`).
"""

from __future__ import annotations

import ast
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import FrameType
from typing import Any

from janus_nb.backend import Backend, LoopResult
from janus_nb.cache.version import Version
from janus_nb.lowering.program import Program
from janus_nb.proof.differences import difference, texts_agree
from janus_nb.proof.fingerprint import VOLATILE, Fingerprint, Names, fingerprint
from janus_nb.proof.output import Transcript
from janus_nb.runtime.executor import Executor, Outcome
from janus_nb.runtime.frames import at_top, names_of, shares_cell
from janus_nb.runtime.journal import Journal
from janus_nb.runtime.prepare import Prepared, Violation
from janus_nb.runtime.sources import Block
from janus_nb.source.names import bound_names
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import UNBOUND, HeldSlot


@dataclass(frozen=True, slots=True)
class Scene:
    """What a region can see: where fingerprints start.

    Attributes:
        roots: Gives the names that the region's text mentions, with what they hold now.
        names: What they mean.
        nodes: The region's text, to find the line of a difference.
    """

    roots: Callable[[], Mapping[str, Any]]
    names: Names
    nodes: tuple[ast.AST, ...]

    @classmethod
    def of(cls, frame: FrameType, nodes: tuple[ast.AST, ...]) -> Scene:
        """What some text can see that runs in a frame."""
        code = frame.f_code
        names = Names(
            frame.f_globals,
            None if at_top(frame) else frozenset((*code.co_varnames, *code.co_cellvars, *code.co_freevars)),
            partial(shares_cell, frame),
        )
        return cls(lambda: mentioned(nodes, names_of(frame), frame.f_globals), names, nodes)

    def bound(self) -> dict[str, Any]:
        """What the names hold that the region reads and does not bind itself: enough of it to see later whether it is another object."""
        binds = bound_names([node for node in self.nodes if isinstance(node, ast.stmt)]).stored
        return {name: _mark_of(value) for name, value in self.roots().items() if name not in binds}

    def look(self, backend: Backend, overlay: Mapping[Any, Any], ignored: frozenset[Any]) -> Fingerprint:
        """A fingerprint of everything that the region can see."""
        return fingerprint(backend, self.roots(), overlay, self.names, ignored)


def _mark_of(value: Any) -> Any:
    """Plain values themselves, other objects by a reference that does not keep them alive, if there can be one."""
    if plain(value):
        return type(value), value
    try:
        reference = weakref.ref(value)
    except TypeError:
        return type(value), id(value)
    return id(reference), reference  # an object has one such reference: they are told apart without asking the objects


def mentioned(nodes: Sequence[ast.AST], names: Mapping[str, Any], globals_: Mapping[str, Any]) -> dict[str, Any]:
    """The names that some text mentions, with what they hold, here or in the globals: `UNBOUND` if nothing yet."""
    mentions = {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}
    return {name: names[name] if name in names else globals_.get(name, UNBOUND) for name in mentions}


@dataclass(slots=True)
class Trial:
    """What a version says some iterations will do, while Python runs them.

    Attributes:
        version: Which version.
        iterations: How many are still to be run.
        predicted: Everything, as it will be.
        moved: The same for inputs moved by a unit in the last place.
        ignored: What differs from run to run.
        volatile: Slots whose values differ from run to run.
        texts: What will be printed, and what moved inputs would print; `None` if it cannot be known.
        transcript: What is printed.
    """

    version: Version
    iterations: int
    predicted: Fingerprint
    moved: Fingerprint
    ignored: frozenset[Any]
    volatile: Mapping[Any, Any]
    texts: tuple[str, str] | None
    transcript: Transcript = field(default_factory=Transcript)


class LeftTrace(Exception):
    """Rehearsing has changed something; internal to the run time."""


def rehearse(executor: Executor, version: Version, block: Block, scene: Scene, before: Fingerprint | None = None) -> Trial | Violation | Exception:
    """Run iterations with commits off. Everything is as before when this returns.

    Args:
        executor: Of the region's execution.
        version: The version to try.
        block: The elements of the iterations that Python will run next.
        scene: What the region can see.
        before: Everything, as it was before the graph was generated; taken now by default.
    """
    backend, program = executor.backend, version.program
    before = before or scene.look(backend, {}, frozenset())
    prepared = executor.prepare(version, block)
    if prepared.count == 0:
        executor.return_draws(program, prepared, block, 0)
        return prepared.violation or Violation(None, "no element")
    try:
        executor.draw_seeds(program, prepared)
        result = executor.call(version, prepared, prepared.count)
        if result.done == 0:
            return executor.violation(program, result) or Violation(None, "")
        if result.done < prepared.count:
            result = executor.call(version, prepared, result.done)
        executor.return_draws(program, prepared, block, result.done)
        first = _predict(executor, program, prepared, result, scene)
        if isinstance(first, Outcome):
            return first.stopped or Violation(None, "")
        second = _predict_moved(executor, version, prepared, result.done, scene) or first
    except Exception as error:
        return error
    finally:
        executor.return_draws(program, prepared, block, 0)
    if not block.unchanged():
        return Violation(None, "what the loop iterates over has changed")
    trace = difference(before, scene.look(backend, {}, frozenset()))
    if trace is not None:
        return LeftTrace(f"generating or rehearsing changed {trace[1]}")
    texts = (first[1], second[1] or first[1]) if first[1] is not None else None
    ignored, volatile = _volatile(program)
    return Trial(version, result.done, first[0], second[0], ignored, volatile, texts)


def _volatile(program: Program) -> tuple[frozenset[Any], dict[Any, Any]]:
    ids = frozenset(key for key in program.host.volatile if isinstance(key, int))
    return ids, {key: VOLATILE for key in program.host.volatile if not isinstance(key, int)}


def _predict(executor: Executor, program: Program, prepared: Prepared, result: LoopResult, scene: Scene) -> tuple[Fingerprint, str | None] | Outcome:
    """Everything, as it would be after a commit, and what would have been printed."""
    journal = Journal(prepared.unchanging)
    replayed = executor.replay(program, prepared, result, result.done, journal)
    if isinstance(replayed, Outcome):
        return replayed
    try:
        finals, states = replayed
        slots = [*zip((c.slot for c in program.host.post_carries), states, strict=True), *zip(program.host.finals, finals, strict=True)]
        overlay = {slot.key: value for slot, value in slots if not isinstance(slot, HeldSlot)}
        for variable, value in zip(program.graph.body.variables, result.variables, strict=True):
            overlay["variable", executor.backend.variable_key(variable)] = value
        ignored, volatile = _volatile(program)
        return scene.look(executor.backend, {**overlay, **volatile}, ignored), journal.text
    finally:
        journal.rollback()


def _predict_moved(executor: Executor, version: Version, prepared: Prepared, count: int, scene: Scene) -> tuple[Fingerprint, str | None] | None:
    """As `_predict`, from inputs moved by a unit in the last place: how far results move shows how well they are determined."""
    backend, program = executor.backend, version.program
    moved = replace(
        prepared,
        feeds=[backend.moved(feed) for feed in prepared.feeds],
        invariants=[backend.moved(value) for value in prepared.invariants],
        carries=[backend.moved(value) for value in prepared.carries],
        violation=None,
    )
    with backend.moved_variables(program.graph.body):
        result = executor.call(version, moved, count)
    if result.done < count:
        return None
    found = _predict(executor, program, moved, result, scene)
    return None if isinstance(found, Outcome) else found


def settle(backend: Backend, trial: Trial, scene: Scene) -> tuple[int, str | None]:
    """Python has run the iterations: how much was compared, and the first difference, in words.

    Where random numbers without a seed differ from run to run, nothing is compared.
    """
    trial.transcript.close()
    program = trial.version.program
    if program.graph.body.unseeded:
        return 0, None
    found = scene.look(backend, trial.volatile, trial.ignored)
    differs = difference(trial.predicted, found, trial.moved)
    if differs is not None:
        return len(found.tokens), f"{_line_of(scene.nodes, differs[0])}{differs[1]}"
    if trial.texts is not None and trial.transcript.complete and not program.host.volatile:
        wanted, moved = trial.texts
        if not texts_agree(wanted, trial.transcript.text, moved):
            return len(found.tokens), f"output: eager {trial.transcript.text!r:.80}, graph {wanted!r:.80}"
    return len(found.tokens), None


def _line_of(nodes: Sequence[ast.AST], name: str) -> str:
    """`line n: ` of the first statement that changes what a name leads to, or of the first that mentions it."""
    found: ast.stmt | None = None
    for statement in (s for node in nodes for s in ast.walk(node) if isinstance(s, ast.stmt) and not hasattr(s, "body")):
        named = [n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id == name]
        if any(isinstance(n.ctx, ast.Store) for n in named):
            return f"line {statement.lineno}: "
        if named and (found is None or statement.lineno < found.lineno):
            found = statement
    return f"line {found.lineno}: " if found is not None else ""


__all__ = ["LeftTrace", "Scene", "Trial", "mentioned", "rehearse", "settle"]

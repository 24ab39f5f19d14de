"""Before the graph: what Python computes for a call, for as many elements as satisfy the assumptions.

entry program -> pre program per element -> columns checked -> feeds, stacked
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from janus_nb.backend import Backend, Spec
from janus_nb.lowering.core import warned
from janus_nb.lowering.core.staging import memory
from janus_nb.lowering.effects.checks import CheckFailed
from janus_nb.lowering.effects.draws import STATE
from janus_nb.lowering.heap.carries import flatten
from janus_nb.lowering.program import FeedInfo, Program
from janus_nb.runtime.sources import Block
from janus_nb.speculate.policy import Assumption, SpecAssumption, fits
from janus_nb.speculate.slots import read

_BIG = 2**62


LONGEST = 0.1
"""Seconds after which no further iteration is prepared ahead."""


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


def prepare(backend: Backend, program: Program, block: Block, names: MutableMapping[str, Any]) -> Prepared:
    """Run the entry program, and the pre program for as many elements as satisfy the assumptions."""
    given = [read(slot, names) for slot in program.host.inputs]
    program.conditions.seen.clear()
    try:
        with warned.failing(program.host.computing):
            entry = program.host.entry(*given)
    except Exception as error:
        return Prepared(0, [], [], [], (), [], [], _violation(program, error), frozenset(program.conditions.read), [])
    exported = entry[len(program.graph.invariants) :]
    unfit = _unfit(backend, program, entry)
    if unfit is not None:
        return Prepared(0, [], [], [], (), [], [], unfit, frozenset(program.conditions.read), [])
    drawn = [(generator, STATE.take(generator)) for generator in program.host.generators]
    violation = _columns_fit(backend, program, block)
    if violation is None:
        with warned.failing(program.host.computing):
            results, states, violation = _run_pre(program, block.elements, tuple(read(c.slot, names) for c in program.host.pre_carries), exported)
    else:
        results, states = [], []
    hosted = [f for f in program.graph.feeds if f.column is None]
    columns = list(zip(*results, strict=True))[: len(hosted)]
    count = len(results)
    for feed, column in zip(hosted, columns, strict=False):
        fitting, why = _fitting(backend, feed, column)
        if fitting < count:
            count, violation = fitting, why
    alike = _of_one_shape(backend, hosted, columns, count)
    if alike < count:
        count, violation = alike, None  # the others go into the next call
    first, end = len(hosted), len(hosted) + program.host.pre_exports
    return Prepared(
        count=count,
        feeds=_feeds(backend, program, block, columns, count) if count else [],
        exports=[r[first:end] for r in results[:count]] if program.host.pre_exports else [()] * count,
        states=states,
        entry_exports=exported,
        invariants=[backend.to_tensor(v, info.spec) for v, info in zip(entry, program.graph.invariants, strict=False)],
        carries=_carried(backend, program, names),
        violation=violation,
        unchanging=_unchanging(program, given) | block.watched,
        drawn=drawn,
    )


def _run_pre(
    program: Program, elements: Sequence[Any], state: tuple[Any, ...], exported: tuple[Any, ...]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]], Violation | None]:
    """The pre program's results for each element, the states before and between them, and what stopped it."""
    if program.host.idle:
        return [()] * len(elements), [()] * (len(elements) + 1), None
    pre, results, end = program.host.pre, [], perf_counter() + LONGEST
    carried = len(program.host.pre_carries)
    states = [state] * (1 if carried else len(elements) + 1)
    try:
        if carried:
            for element in elements:
                result = pre(element, *state, *exported)
                results.append(result)
                if perf_counter() > end:
                    break  # numbers that grow and grow: an iteration far ahead may take for ever
                state = result[len(result) - carried :]
                states.append(state)
        else:
            for element in elements:
                results.append(pre(element, *exported))
    except Exception as error:
        return results, states, _violation(program, error)
    return results, states, None


def _violation(program: Program, error: Exception) -> Violation:
    if isinstance(error, CheckFailed):
        return Violation(program.conditions.before[error.index], f"the condition was {error.observed}")
    return Violation(None, f"{type(error).__name__}: {error}")


def _columns_fit(backend: Backend, program: Program, block: Block) -> Violation | None:
    """Whether what a tensor source delivered is of the types assumed."""
    for feed in program.graph.feeds:
        if feed.column is not None and block.columns:
            spec = backend.find_spec(block.columns[feed.column])
            row = Spec(spec.dtype, spec.shape[1:] if spec.shape is not None else None) if spec else None
            if row is None or not fits(feed.spec, row):
                return _spec_violation(feed, row, f"data[{feed.column}]")
    return None


def _unfit(backend: Backend, program: Program, entry: tuple[Any, ...]) -> Violation | None:
    """What is wrong with a value that is fed once per call: it is of another type than was assumed."""
    for value, info in zip(entry, program.graph.invariants, strict=False):
        if type(value) is not info.type or info.kind != "float":
            _, wrong = _fitting(backend, info, (value,))
            if wrong is not None:
                return wrong
    return None


def _fitting(backend: Backend, feed: FeedInfo, column: Sequence[Any]) -> tuple[int, Violation | None]:
    """How many of a column's values, from the first on, are of the type assumed, and what is wrong with the next one."""
    if feed.kind is not None:
        if set(map(type, column)) == {feed.type} and (feed.kind != "int" or (min(column) > -_BIG and max(column) < _BIG)):
            return len(column), None
        for index, value in enumerate(column):
            if type(value) is not feed.type or (isinstance(value, int) and not -_BIG < value < _BIG):
                return index, Violation(None, f"{value!r} instead of {feed.kind}")
    else:
        for index, value in enumerate(column):
            spec = backend.find_spec(value)
            if type(value) is not feed.type or spec is None or not fits(feed.spec, spec):
                return index, _spec_violation(feed, spec, "a value from the data")
    return len(column), None


def _of_one_shape(backend: Backend, feeds: list[FeedInfo], columns: list[tuple[Any, ...]], count: int) -> int:
    """How many rows have the first one's shapes, where shapes were relaxed: one call stacks like with like."""
    for feed, column in zip(feeds, columns, strict=False):
        if count and feed.kind is None and None in (feed.spec.shape or (None,)):
            first = backend.find_spec(column[0])
            count = next((i for i in range(1, count) if backend.find_spec(column[i]) != first), count)
    return count


def _feeds(backend: Backend, program: Program, block: Block, columns: list[tuple[Any, ...]], count: int) -> list[Any]:
    """All fed values with a leading axis of length `count`."""
    feeds: list[Any] = []
    hosted = iter(columns)
    for feed in program.graph.feeds:
        if feed.column is not None:
            column = block.columns[feed.column]
            feeds.append(column if count == len(block.elements) else column[:count])
        else:
            feeds.append(backend.stack(next(hosted)[:count], feed.spec))
    return feeds


def _carried(backend: Backend, program: Program, names: MutableMapping[str, Any]) -> list[Any]:
    carries: list[Any] = []
    for carry in program.graph.carries:
        _, leaves = flatten(backend, read(carry.slot, names))
        carries.extend(backend.to_tensor(value, spec) for value, (spec, _) in leaves)
    return carries


def _unchanging(program: Program, given: list[Any]) -> frozenset[int]:
    """Ids of the containers whose content the generated code takes for granted in this call."""
    arrays = [id(memory(value)) for value in given if type(value).__module__ == "numpy"]
    if not program.conditions.borrowed and not arrays and not program.conditions.seen:
        return program.conditions.read
    found: set[int] = {*program.conditions.read, *program.conditions.seen, *arrays}
    pending = [given[i] for i in program.conditions.borrowed]
    while pending:
        value = pending.pop()
        found.add(id(value))
        pending.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ())
    return frozenset(found)


def _spec_violation(feed: FeedInfo, seen: Spec | None, name: str) -> Violation:
    assumption = SpecAssumption(None, name, feed.spec, feed.key, "seen while profiled")
    return Violation(assumption, str(seen) if seen else "something else", seen)


__all__ = ["Prepared", "Violation", "prepare"]

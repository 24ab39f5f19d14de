"""`match`: each case is a condition and bindings, tried in order as `if`/`elif` are.

match event:                      known tuple: decided while lowering
    case ("step", size): ...      a number of the graph against literals: conditions of the graph
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from janus_nb.lowering.core import flow
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.outcome import NORMAL, Outcome
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Num, Phase
from janus_nb.lowering.heap import access
from janus_nb.lowering.rules import control
from janus_nb.lowering.values import operators

Binding = tuple[str, Any]
_WHOLE = (bool, bytearray, bytes, dict, float, frozenset, int, list, set, str, tuple)
"""Classes whose one positional pattern is matched by the subject itself."""


def match_(low: Lowering, node: ast.Match) -> Outcome:
    """`match subject: case ...`."""

    subject = low.eval(node.subject)
    if isinstance(subject, Host) and subject.phase is Phase.POST:
        raise Unsupported("JN202", "`match` on a value that only replay knows")
    jumps = any(flow.jumps(s) for case in node.cases for s in case.body)

    def try_case(index: int) -> Outcome:
        if index == len(node.cases):
            return NORMAL
        case = node.cases[index]
        with low.at(case.pattern) as span:
            holds, bindings = test(low, case.pattern, subject)

        def taken() -> Outcome:
            for name, value in bindings:
                access.store_name(low, name, value)
            if case.guard is None:
                return low.run(case.body)
            guard = low.condition(case.guard)
            return control.decide(low, low.span_of(case.guard), guard, lambda: low.run(case.body), lambda: try_case(index + 1), jumps)

        return control.decide(low, span, holds, taken, lambda: try_case(index + 1), jumps)

    return try_case(0)


def test(low: Lowering, pattern: ast.pattern, subject: Any) -> tuple[Any, list[Binding]]:
    """Whether a pattern matches (a condition, as `operators.truth` returns it), and what it binds then."""
    rule = PATTERNS[type(pattern)]
    return rule(low, pattern, subject)


def _value(low: Lowering, pattern: ast.MatchValue, subject: Any) -> tuple[Any, list[Binding]]:
    wanted = low.eval(pattern.value)
    if isinstance(wanted, str) and (isinstance(subject, Num) or low.is_graph(subject)):
        return False, []
    return low.truth(low.compare(ast.Eq(), subject, wanted)), []


def _singleton(low: Lowering, pattern: ast.MatchSingleton, subject: Any) -> tuple[Any, list[Binding]]:
    if isinstance(subject, Num):
        raise Unsupported("JN102", f"identity of a number that the graph computes with {pattern.value}")
    return low.truth(low.compare(ast.Is(), subject, pattern.value)), []


def _as(low: Lowering, pattern: ast.MatchAs, subject: Any) -> tuple[Any, list[Binding]]:
    holds, bindings = (True, []) if pattern.pattern is None else test(low, pattern.pattern, subject)
    return holds, bindings if pattern.name is None else [*bindings, (pattern.name, subject)]


def _or(low: Lowering, pattern: ast.MatchOr, subject: Any) -> tuple[Any, list[Binding]]:
    result: Any = False
    for alternative in pattern.patterns:
        holds, bindings = test(low, alternative, subject)
        if holds is True:
            return True, bindings
        if holds is False:
            continue
        if bindings:
            raise Unsupported("JN111", "alternatives that bind names, on a value that is not known")
        result = low.truth(operators.join(low, False, result, holds))
    return result, []


def _all(low: Lowering, tests: list[tuple[Any, list[Binding]]]) -> tuple[Any, list[Binding]]:
    result: Any = True
    for holds, _ in tests:
        result = low.truth(operators.join(low, True, result, holds))
    return result, [binding for _, bindings in tests for binding in bindings]


def _sequence(low: Lowering, pattern: ast.MatchSequence, subject: Any) -> tuple[Any, list[Binding]]:
    if isinstance(subject, Host):
        raise Unsupported("JN201", "a sequence pattern on a value from the data")
    if isinstance(subject, str | bytes) or not isinstance(subject, list | tuple):
        return False, []
    parts = low.items_of(subject)
    star = next((i for i, p in enumerate(pattern.patterns) if isinstance(p, ast.MatchStar)), None)
    if (star is None and len(parts) != len(pattern.patterns)) or (star is not None and len(parts) < len(pattern.patterns) - 1):
        return False, []
    if star is None:
        return _all(low, [test(low, p, v) for p, v in zip(pattern.patterns, parts, strict=True)])
    tail = len(pattern.patterns) - star - 1
    middle = low.make(parts[star : len(parts) - tail])
    plain = [*pattern.patterns[:star], *pattern.patterns[star + 1 :]]
    holds, bindings = _all(low, [test(low, p, v) for p, v in zip(plain, [*parts[:star], *parts[len(parts) - tail :]], strict=True)])
    name = pattern.patterns[star].name  # type: ignore[attr-defined]
    return holds, bindings if name is None else [*bindings, (name, middle)]


def _mapping(low: Lowering, pattern: ast.MatchMapping, subject: Any) -> tuple[Any, list[Binding]]:
    if isinstance(subject, Host) or pattern.rest is not None:
        raise Unsupported("JN201", "a mapping pattern on a value from the data, or with `**rest`")
    if not isinstance(subject, dict):
        return False, []
    tests = []
    for key_node, inner in zip(pattern.keys, pattern.patterns, strict=True):
        key = low.eval(key_node)
        present = low.truth(low.compare(ast.In(), key, subject))
        if present is False:
            return False, []
        if present is not True:
            raise Unsupported("JN202", "a mapping pattern on a dictionary that the loop changes")
        tests.append(test(low, inner, low.item(subject, key)))
    return _all(low, tests)


def _class(low: Lowering, pattern: ast.MatchClass, subject: Any) -> tuple[Any, list[Binding]]:

    cls = low.eval(pattern.cls)
    holds = low.truth(low.call(isinstance, (subject, cls), {}))
    if holds is False:
        return False, []
    if cls in _WHOLE and len(pattern.patterns) == 1:
        return _all(low, [(holds, []), test(low, pattern.patterns[0], subject)])
    names = [*getattr(cls, "__match_args__", ())[: len(pattern.patterns)], *pattern.kwd_attrs]
    tests: list[tuple[Any, list[Binding]]] = [(holds, [])]
    for name, inner in zip(names, [*pattern.patterns, *pattern.kwd_patterns], strict=True):
        tests.append(test(low, inner, low.attribute(subject, name)))
    return _all(low, tests)


PATTERNS: dict[type[ast.pattern], Callable[..., tuple[Any, list[Binding]]]] = {
    ast.MatchValue: _value,
    ast.MatchSingleton: _singleton,
    ast.MatchAs: _as,
    ast.MatchOr: _or,
    ast.MatchSequence: _sequence,
    ast.MatchMapping: _mapping,
    ast.MatchClass: _class,
}

"""Ranges whose bounds are not all known, unrolled."""

from __future__ import annotations

import ast
from typing import Any

from janus_nb.lowering.core import numbers
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Num, Phase, Range
from janus_nb.span import Span
from janus_nb.speculate.policy import TripAssumption


def range_items(low: Lowering, value: Range, span: Span) -> list[Any]:
    """The items of a range whose length is speculated."""
    seen = low.policy.trips.get(span, set())
    if any(isinstance(v, Host) and v.phase is Phase.POST for v in (value.start, value.stop, value.step)):
        raise Unsupported("JN202", "a range whose bounds only replay knows")
    if not any(isinstance(v, Num) for v in (value.start, value.stop, value.step)):
        host = low.host_op("range({}, {}, {})", range, value.start, value.stop, value.step)
        same = low.host_op(f"(len({{}}) == {len(host.witness)})", lambda r: len(r) == len(host.witness), host)
        low.check_host(same, True, TripAssumption(span, len(host.witness), low.policy.evidence(span)))
        return [low.host_op(f"{{}}[{i}]", lambda r, i=i: r[i], host) for i in range(len(host.witness))]
    if len(seen) != 1:
        raise Unsupported("JN109", "a range of unknown length")
    count = next(iter(seen))
    expected = low.binary(ast.Add(), value.start, low.binary(ast.Mult(), count, value.step))
    ok = numbers.compare(low, ast.Eq(), low.lift(value.stop), low.lift(expected))
    low.check(ok.tensor, TripAssumption(span, count, low.policy.evidence(span)))
    return [low.binary(ast.Add(), value.start, low.binary(ast.Mult(), i, value.step)) for i in range(count)]

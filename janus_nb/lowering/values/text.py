"""Text of values that have no code of the user's behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.heap import fence
from janus_nb.lowering.values.kind import Conversion
from janus_nb.speculate.plain import plain

CONVERSIONS: dict[Conversion | None, Callable[[Any], Any]] = {"str": str, "repr": repr, "ascii": ascii, None: lambda v: v}


def formatted(low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
    """`format(value, spec)`, after the conversion: now for plain values, by the host for what passes the door to content."""
    convert = CONVERSIONS[conversion]
    if plain(value) and plain(spec):
        return fence.now(low, lambda v, s: format(convert(v), s), value, spec)
    inner = f"{conversion}({{}})" if conversion else "{}"
    return low.host_op(f"format({inner}, {{}})", lambda v, s: format(convert(v), s), value, spec)

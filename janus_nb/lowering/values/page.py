"""`docs/kinds.md`: which kind of value answers what. Written by `python -m janus_nb.lowering.values.page`."""

from __future__ import annotations

import sys

from janus_nb.lowering.values.kind import OPERATIONS, Kind
from janus_nb.lowering.values.kinds import KINDS

_HEAD = """# Kinds of values

While a graph is generated, every value of the program is of one of these kinds
(`janus_nb/lowering/values/`, one file a kind). An operation that a kind does not answer is refused, and Python runs the statement:
nothing is done natively because nobody thought of it.
"""


def answers(kind: Kind, operation: str) -> bool:
    """Whether a kind answers an operation, or leaves it to the refusal of the protocol."""
    return getattr(type(kind), operation) is not getattr(Kind, operation)


def as_page() -> str:
    """The page."""
    lines = [_HEAD, "| kind | such a value is | known |", "|---|---|---|"]
    order = {0: "never", 1: "now", 2: "now", 3: "now", 4: "now, under guards", 5: "now, under guards", 7: "in the graph", 8: "in the graph"}
    for name, kind in KINDS.items():
        lines.append(f"| {name} | {kind.words} | {order.get(kind.order, '') if name != 'host' else 'before the graph, or at replay'} |")
    lines += ["", "## What each answers", ""]
    for name, kind in KINDS.items():
        answered = [operation for operation in OPERATIONS if answers(kind, operation)]
        refused = [operation for operation in OPERATIONS if not answers(kind, operation) and operation not in _DERIVED]
        lines.append(f"**{name}** answers {_list(answered)}; refuses {_list(refused)}.\n")
    return "\n".join(lines)


_DERIVED = ("each", "augmented", "augment_item")
"""Operations whose default asks other operations."""


def _list(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) or "nothing"


if __name__ == "__main__":
    sys.stdout.write(as_page())

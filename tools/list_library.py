"""What a library has in public, against what is known of it: the list that rows of knowledge are written from.

    python tools/list_library.py numpy            # callables without a row; with `--all`, all of them
    python tools/list_library.py tensorflow       # by the module that they are defined in

A name is followed by the parameters that ask for a second look: those that a call may write to (`out`, `copy`, ...), or call (`func`, `key`, ...).
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import types
from collections.abc import Iterator
from typing import Any

from janus_nb.lowering.library.table import KNOWLEDGE, knowledge_of, module_of

SUSPECT = ("out", "copy", "inplace", "overwrite", "func", "key", "callback", "default", "hook")


def public(root: types.ModuleType) -> Iterator[tuple[str, Any]]:
    """Every public callable under a module, methods of its classes too, once."""
    seen: set[int] = set()
    pending: list[tuple[str, Any]] = [(root.__name__, root)]
    while pending:
        name, found = pending.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        if callable(found):
            yield name, found
        if isinstance(found, types.ModuleType | type):
            for part, value in sorted(vars(found).items()):
                if part.startswith("_") and part != "__call__":
                    continue
                if isinstance(value, types.ModuleType) and not str(vars(value).get("__name__", "")).startswith(root.__name__):
                    continue
                pending.append((f"{name}.{part}", getattr(found, part, value)))


def suspects(function: Any) -> str:
    """Parameters that ask for a second look."""
    try:
        names = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return "(no signature)"
    return " ".join(name for name in names if any(word in name for word in SUSPECT))


def main() -> None:
    """Print the list."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library")
    parser.add_argument("--all", action="store_true", help="with a row or without")
    options = parser.parse_args()
    root = importlib.import_module(options.library)
    if options.library in ("tensorflow", "keras"):
        from janus_nb.tf.knowledge import ROWS

        KNOWLEDGE.add(ROWS)
    for name, found in sorted(public(root), key=lambda pair: (module_of(pair[1])[0], pair[0])):
        known = knowledge_of(found)
        if options.all or known is None:
            print(f"{module_of(found)[0]:40} {name:50} {known.effect.value if known else '-':8} {suspects(found)}")


if __name__ == "__main__":
    main()

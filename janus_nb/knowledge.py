"""What a user tells JANUS about a library: `janus_nb.knows`."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable
from typing import Any, Literal, get_args

from janus_nb.errors import OptionError
from janus_nb.function import runtime
from janus_nb.lowering.library.row import Effect, Row
from janus_nb.lowering.library.table import KNOWLEDGE, resolve
from janus_nb.source.units import is_user_class, is_user_function

What = Literal["pure", "effect", "traced", "refused"]
Arguments = int | str | Iterable[int | str]


def knows(name: str, *, effect: What, changes: Arguments = (), callbacks: Arguments = (), new: bool = False, volatile: bool = False) -> None:
    """Say what a library function does, so that a loop that calls it can run in a graph. JANUS takes your word for it.

        janus_nb.knows("mylib.score", effect="pure")                       # computes from its arguments
        janus_nb.knows("mylib.Box.read", effect="pure")                    # a method
        janus_nb.knows("mylib.smooth", effect="pure", changes="out")       # writes to `out`, if that is given
        janus_nb.knows("mylib.best", effect="pure", callbacks="key")       # calls `key`, if that is given
        janus_nb.knows("mylib.table", effect="pure", new=True)             # makes a new object in every call: spares a look at it
        janus_nb.knows("mylib.now", effect="pure", volatile=True)          # another result in every call
        janus_nb.knows("mylib.send", effect="effect")                      # acts on the world; its result is not used
        janus_nb.knows("mylib.*", effect="traced")                         # everything in mylib builds TensorFlow operations

    The library need not be loaded yet. A row replaces what was known under the same name; graphs made before are dropped.

    Args:
        name: The full name of a function, class or method, as you would import it; with a final `.*`, all that a module defines.
        effect: `"pure"` computes, and does nothing else; `"effect"` acts on the outside (a file, a screen), postponed until the iteration is
            final; `"traced"` builds operations of TensorFlow; `"refused"` is never called from a graph.
        changes: Arguments that a pure call changes, by name or position; `"self"` for the object of a method.
        callbacks: Arguments that the call calls, by name or position.
        new: Whether the result is always a new object: not an argument, a part or a view of one, or something the library keeps.
        volatile: Whether two calls with the same arguments may have unlike results.

    Raises:
        OptionError: for a name or a value that means nothing; nothing is changed then.
    """
    kind = _effect(effect)
    _check_name(name)
    row = Row(
        name, kind, _arguments("changes", changes), _arguments("callbacks", callbacks), _flag("new", new), volatile=_flag("volatile", volatile),
        why="refused by janus_nb.knows" if kind is Effect.REFUSED else "",
    )  # fmt: skip
    if kind is not Effect.PURE and (row.changes or row.callbacks or row.volatile or row.new):
        raise OptionError(f'effect={effect!r} takes no changes, callbacks, new or volatile: they belong to effect="pure"')
    if name.endswith(".*") and (row.changes or row.callbacks):
        raise OptionError(f"{name}: changes and callbacks belong to one function, not to a whole module")
    KNOWLEDGE.add([row])
    runtime.forget()


def _effect(effect: Any) -> Effect:
    if effect not in get_args(What):
        raise OptionError(f"effect={effect!r}, expected one of {', '.join(map(repr, get_args(What)))}")
    return Effect(effect)


def _flag(name: str, value: Any) -> bool:
    if type(value) is not bool:
        raise OptionError(f"{name}={value!r}, expected True or False")
    return value


def _arguments(name: str, value: Any) -> tuple[int | str, ...]:
    found = (value,) if isinstance(value, int | str) else tuple(value) if isinstance(value, Iterable) else (None,)
    for part in found:
        if not ((type(part) is int and part >= 0) or (isinstance(part, str) and part.isidentifier())):
            raise OptionError(f"{name}={value!r}, expected names or positions of arguments")
    return found  # type: ignore[return-value]


def _check_name(name: Any) -> None:
    """Refuse what can name nothing, now or later."""
    parts = name.split(".") if isinstance(name, str) else []
    if len(parts) < 2 or not all(part.isidentifier() or (part == "*" and i == len(parts) - 1) for i, part in enumerate(parts)):
        raise OptionError(f'{name!r} is not a full name: expected "module.function", "module.Class.method" or "module.*"')
    if parts[-1] == "*" or parts[0] not in sys.modules:
        return
    module = next(".".join(parts[:n]) for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in sys.modules)
    owner, found = resolve(name)
    if owner is None:
        raise OptionError(f"{name}: module {module} is loaded and has no {name.removeprefix(module + '.')!r}")
    if is_user_function(found) or (isinstance(found, type) and is_user_class(found)) or (isinstance(owner, type) and is_user_class(owner)):
        raise OptionError(f"{name} stands in a file of your own: JANUS reads such code itself")
    if isinstance(found, types.ModuleType):
        raise OptionError(f'{name} is a module; "{name}.*" speaks of all that it defines')


__all__ = ["knows"]

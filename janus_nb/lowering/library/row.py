"""A row of knowledge: what a call of one library function, method or class does.

numpy.interp           pure
numpy.cumsum           pure, changes the argument `out`, if there is one
heapq.heappush         pure, changes its first argument
numpy.ndarray.sort     pure, changes the array itself
time.perf_counter      pure, volatile: another result in every call
logging.Logger.info    effect: postponed until the iteration is final
random.Random.gauss    draws from a generator
tensorflow.exp         traced: adds operations to the graph
"""

from __future__ import annotations

import enum
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SELF = "self"
"""Stands for the object that a method is called on."""


class Effect(enum.Enum):
    """What calling something does.

    PURE      computes from its arguments: by the host, when they are known
    DRAWS     advances the random generator that it belongs to
    HOST      acts on the world outside: postponed, in program order, until the iteration is final
    TRACED    builds graph operations when called on symbolic tensors
    REFUSED   something that no graph can do
    """

    PURE = "pure"
    DRAWS = "draws"
    HOST = "effect"
    TRACED = "traced"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one name.

    Attributes:
        name: The full public name, as a user writes it. `module.*` speaks of all that was defined in a module or below it,
            `module.*.name` of everything under it that is called `name`.
        effect: What a call does.
        changes: Arguments that the call changes, if they are given and not `None`: names, positions, or `SELF`.
        callbacks: Arguments that the call calls, if they are given and not `None`.
        new: Whether the result is always new: not an argument, nor a part of one, nor anything else that was there before.
        view: Whether the result, new or not, may share memory with an argument.
        flat: Whether it looks at its first argument itself only, and not at what is in it.
        lazy: Whether the result is an iterator over what it computes.
        volatile: Whether two calls with the same arguments may have unlike results.
        why: Shown when a call is refused.
        code: Reason code of a refusal.
    """

    name: str
    effect: Effect
    changes: tuple[int | str, ...] = ()
    callbacks: tuple[int | str, ...] = ()
    new: bool = True
    view: bool = False
    flat: bool = False
    lazy: bool = False
    volatile: bool = False
    why: str = ""
    code: str = "JN201"

    @property
    def last(self) -> str:
        """The name without what it belongs to."""
        return self.name.rpartition(".")[2]


def rows(effect: Effect, owner: str, names: str, **fields: Any) -> tuple[Row, ...]:
    """One row for each of `names`, all alike."""
    return tuple(Row(f"{owner}.{name}", effect, **fields) for name in names.split())


pure: Callable[..., tuple[Row, ...]] = functools.partial(rows, Effect.PURE)
host: Callable[..., tuple[Row, ...]] = functools.partial(rows, Effect.HOST)
draws: Callable[..., tuple[Row, ...]] = functools.partial(rows, Effect.DRAWS, code="JN205")
traced: Callable[..., tuple[Row, ...]] = functools.partial(rows, Effect.TRACED)
refused: Callable[..., tuple[Row, ...]] = functools.partial(rows, Effect.REFUSED)


def given(function: Any, parameters: tuple[int | str, ...], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Iterator[tuple[int | str, Any]]:
    """Those of `parameters` that a call gives, with their position or keyword, and the argument. `None` and `False` stand for *not given*.

    >>> list(given(sorted, ("key",), ([2, 1],), {"key": abs}))
    [('key', <built-in function abs>)]
    """
    for parameter in parameters:
        name, _, unless_true = str(parameter).partition("=")  # `copy=False`: given, and not known to be true
        place = parameter if isinstance(parameter, int) or parameter in kwargs else name if name in kwargs else position_of(function, name)
        if isinstance(place, str):
            found = kwargs[place]
        elif place is not None and place < len(args):
            found = args[place]
        else:
            continue
        if (found is not True) if unless_true else (found is not None and found is not False):
            yield place, found


def position_of(function: Any, parameter: str) -> int | None:
    """Where a parameter stands among the positional ones; `None` if it is a keyword only, or nobody can tell."""
    if type(function).__name__ == "ufunc":
        return int(function.nin) if parameter == "out" else None
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return _NO_SIGNATURE.get((getattr(function, "__name__", ""), parameter))
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if parameter not in positional:
        return None
    return positional.index(parameter) - (positional[0] == "self" and inspect.ismethoddescriptor(function))


_NO_SIGNATURE: dict[tuple[str, str], int] = {
    **{(name, "out"): 2 for name in ("sum", "prod", "mean", "cumsum", "cumprod", "std", "var", "clip", "take")},
    **{(name, "out"): 1 for name in ("max", "min", "all", "any", "argmax", "argmin", "ptp", "round", "compress", "choose", "dot")},
    ("trace", "out"): 4,
}
"""Where `out` stands in methods of arrays that do not tell their signature."""

"""The journal: effects of committed iterations, in program order, that can be taken back until they are final.

Writes to containers are done at once (later effects must see them) and recorded with their undoing. Output is kept as
text until the whole call is final.
"""

from __future__ import annotations

import collections
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from janus_nb.lowering.core.staging import memory
from janus_nb.lowering.library.table import changes_its_owner, is_clock, is_pure_method
from janus_nb.speculate.slots import UNBOUND

_WHOLE = ("_io", "io", "ipykernel.iostream")
"""Where streams come from that cannot tell one piece of text from several."""

_TRUSTED = ("builtins", "collections", "numpy", "tensorflow", "keras", "datetime", "decimal", "fractions")


class CheckFailed(Exception):
    """An assumption about a host value failed at replay; internal to the run time.

    Attributes:
        index: Which assumption.
        observed: The condition's value.
    """

    def __init__(self, index: int, observed: Any) -> None:
        super().__init__(index)
        self.index = index
        self.observed = observed


class EffectRaised(Exception):
    """An effect on the outside raised when it was let out; internal to the run time.

    Attributes:
        error: What it raised: the user's.
        iteration: In which iteration of the call.
        text: What that iteration had printed before.
    """

    def __init__(self, error: Exception, iteration: int, text: str) -> None:
        super().__init__(str(error))
        self.error = error
        self.iteration = iteration
        self.text = text


def settled(value: Any) -> Any:
    """A value as it is now, whatever happens to its containers before an effect is let out.

    Raises:
        TypeError: it is an object whose state cannot be kept.
    """
    if value is None or isinstance(value, int | float | complex | str | bytes | type) or value is sys.stdout or value is sys.stderr:
        return value
    kind = type(value)
    if kind in (list, tuple, set, frozenset, collections.deque):
        return kind(settled(v) for v in value)
    if isinstance(value, dict):
        return {k: settled(v) for k, v in value.items()}
    root = kind.__module__.partition(".")[0]
    if root == "numpy":
        return value.copy()
    if root not in _TRUSTED and not isinstance(value, io.IOBase):
        raise TypeError(f"a {kind.__name__} is handed to an effect")
    return value


class _Pieces:
    """A stream that keeps the pieces in which `print` writes."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, text: str) -> None:
        """Keep a piece."""
        self.texts.append(text)


@dataclass(slots=True)
class Held:
    """An effect that waits until its iteration is final.

    Attributes:
        iteration: Of which iteration of the call.
        do: Lets it out.
        text: For output to the standard streams: the text.
    """

    iteration: int
    do: Callable[[], Any]
    text: str | None = None


class Journal:
    """Does effects, remembers how to undo them, holds output back.

    Attributes:
        touched: Containers that have been changed, by id.
        iteration: The iteration of the call that is being replayed.
    """

    def __init__(self, unchanging: frozenset[int] = frozenset()) -> None:
        self._unchanging = unchanging
        self.touched: dict[int, Any] = {}
        self.iteration = 0
        self._undo: list[Callable[[], Any]] = []
        self._held: list[Held] = []

    @property
    def text(self) -> str | None:
        """What will be printed; `None` if there are other effects as well, which may print."""
        texts = [held.text for held in self._held]
        return None if None in texts else "".join(t for t in texts if t is not None)

    @property
    def holds(self) -> bool:
        """Whether there are effects to let out."""
        return bool(self._held)

    # -- called by post programs -------------------------------------------------------------------------------------

    def check(self, index: int, condition: Any, expected: bool) -> None:
        """An assumption about a value that only replay knows."""
        if bool(condition) is not expected:
            raise CheckFailed(index, bool(condition))

    def setitem(self, owner: Any, index: Any, value: Any) -> None:
        """`owner[index] = value`."""
        if type(owner) is dict or (type(owner) is list and type(index) is int):
            self._claim(owner)
            before = owner.get(index, UNBOUND) if type(owner) is dict else owner[index]
            self._undo.append(lambda: owner.pop(index) if before is UNBOUND else owner.__setitem__(index, before))
        else:
            self._keep(owner)
        owner[index] = value

    def item(self, owner: Any, index: Any) -> Any:
        """`owner[index]` of a dictionary that may make what is missing."""
        if index in owner:
            return owner[index]
        self._claim(owner)
        made = owner[index]
        self._undo.append(lambda: owner.pop(index, None))
        return made

    def augitem(self, owner: Any, index: Any, function: Callable[[Any, Any], Any], value: Any) -> None:
        """`owner[index] op= value` of an array."""
        self._keep(owner)
        owner[index] = function(owner[index], value)

    def inplace(self, owner: Any, function: Callable[[Any, Any], Any], value: Any) -> None:
        """`owner op= value` of an array."""
        self._keep(owner)
        function(owner, value)

    def delitem(self, owner: Any, index: Any) -> None:
        """`del owner[index]`."""
        self._keep(owner)
        del owner[index]

    def change(self, owner: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        """A method that changes a container."""
        if type(owner) is list and method == "append" and id(owner) not in self._unchanging:
            self.touched[id(owner)] = owner
            self._undo.append(owner.pop)
            return owner.append(*args)
        if not changes_its_owner(type(owner), method):
            raise TypeError(f"{method}() of a {type(owner).__name__} cannot be replayed")
        self._keep(owner)
        return getattr(owner, method)(*args, **kwargs)

    def apply(self, owner: Any, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A function of a library that changes `owner`, which is among its arguments."""
        self._keep(owner)
        return function(*args, **kwargs)

    def method(self, owner: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        """A method without effects, of an object that only replay knows."""
        if not is_pure_method(type(owner), name):
            raise TypeError(f"{name}() of a {type(owner).__name__} cannot be replayed")
        return getattr(owner, name)(*args, **kwargs)

    def plain(self, value: Any) -> Any:
        """A value that `+=` replaces rather than changes."""
        replaced = isinstance(value, int | float | str | complex | tuple)
        if not replaced and (type(value).__module__ != "numpy" or getattr(value, "shape", None) != ()):
            raise TypeError(f"+= of a {type(value).__name__} cannot be replayed")
        return value

    def bound(self, value: Any) -> Any:
        """The value of a name that some iterations leave unbound."""
        if value is UNBOUND:
            raise NameError("a name has no value yet")
        return value

    def unpack(self, value: Any, count: int) -> tuple[Any, ...]:
        """The items of an iterable that must have `count` of them."""
        items = tuple(value)
        if len(items) != count:
            raise ValueError(f"expected {count} values, got {len(items)}")
        return items

    def effect(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """An effect on the outside. Output is formatted now and written when final."""
        if function is print:
            return self._print(*args, **kwargs)
        if is_clock(function):
            return function(*args, **kwargs)
        given = [settled(a) for a in args]
        named = {k: settled(v) for k, v in kwargs.items()}
        self._held.append(Held(self.iteration, lambda: function(*given, **named)))
        return None

    def _print(self, *args: Any, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False) -> None:
        pieces = _Pieces()
        print(*args, sep=sep, end=end, file=pieces)
        text = "".join(pieces.texts)

        def write() -> None:
            stream = sys.stdout if file is None else file
            for piece in [text] if type(stream).__module__ in _WHOLE else pieces.texts:
                stream.write(piece)
            if flush:
                stream.flush()

        standard = file is None or file is sys.stdout or file is sys.stderr
        self._held.append(Held(self.iteration, write, text if standard else None))

    # -- undoing and finishing -----------------------------------------------------------------------------------------

    def _keep(self, owner: Any) -> None:
        """Remember a container's content before it changes.

        Raises:
            TypeError: the generated code took this container's content for granted, or it is of an unknown kind.
        """
        self._claim(owner)
        if isinstance(owner, list):
            before = list(owner)
            self._undo.append(lambda: owner.__setitem__(slice(None), before))
        elif isinstance(owner, dict):
            items = dict(owner)
            self._undo.append(lambda: _refill(owner, items))
        elif isinstance(owner, set):
            members = set(owner)
            self._undo.append(lambda: _refill(owner, members))
        elif isinstance(owner, collections.deque):
            queue = list(owner)
            self._undo.append(lambda: _refill(owner, queue))
        elif type(owner).__module__ == "numpy":
            values = owner.copy()
            self._undo.append(lambda: owner.__setitem__(..., values))
        else:
            raise TypeError(f"a {type(owner).__name__} cannot be changed at replay")

    def _claim(self, owner: Any) -> None:
        """Note that a container changes.

        Raises:
            TypeError: the generated code took this container's content for granted.
        """
        if id(owner) in self._unchanging or id(memory(owner)) in self._unchanging:
            raise TypeError(f"a {type(owner).__name__} changes that was taken as constant")
        self.touched[id(owner)] = owner

    def rollback(self) -> None:
        """Undo everything, last first; nothing is let out."""
        while self._undo:
            self._undo.pop()()
        self._held.clear()

    def finish(self) -> None:
        """Let the output out. Until this returns everything can still be undone.

        Raises:
            EffectRaised: an effect raised; those after it were not let out.
        """
        for position, held in enumerate(self._held):
            try:
                held.do()
            except Exception as error:
                printed = "".join(h.text or "" for h in self._held[:position] if h.iteration == held.iteration)
                raise EffectRaised(error, held.iteration, printed) from error
        self._undo.clear()
        self._held.clear()


def _refill(owner: Any, content: Any) -> None:
    """Give a container back what it held."""
    owner.clear()
    if isinstance(content, list):
        owner.extend(content)
    else:
        owner.update(content)

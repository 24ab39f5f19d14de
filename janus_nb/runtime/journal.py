"""The journal of one graph call: its effects, in program order, that can be taken back until they are final.

    append(J, losses, g0)     done at once, because later effects must see it; how to take it back is noted    (`undoing`)
    print_(J, "epoch", 3)     kept until the whole call is final                                               (`hold`)

What each effect keeps, does and takes back stands in its record (`janus_nb.lowering.effects`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from janus_nb.lowering.core.staging import memory


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
    """Remembers how to undo effects, and holds back those on the outside (an `effects.effect.Ledger`).

    Attributes:
        touched: Containers that have been changed, by identity.
        kept: For each way of keeping that is asked once a call: the objects whose state it has kept, by identity.
        undoing: How to take back what was done: function, object, kept state.
        iteration: The iteration of the call that is being replayed.
    """

    __slots__ = ("_held", "_unchanging", "iteration", "kept", "touched", "undoing")

    def __init__(self, unchanging: frozenset[int] = frozenset()) -> None:
        self._unchanging = unchanging
        self.touched: dict[int, Any] = {}
        self.kept: dict[str, set[int]] = {}
        self.undoing: list[tuple[Callable[[Any, Any], Any], Any, Any]] = []
        self.iteration = 0
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

    def claim(self, owner: Any) -> None:
        """Note that a container changes.

        Raises:
            TypeError: the generated code took this container's content for granted.
        """
        if id(owner) in self._unchanging or id(memory(owner)) in self._unchanging:
            raise TypeError(f"a {type(owner).__name__} changes that was taken as constant")
        self.touched[id(owner)] = owner

    def hold(self, do: Callable[[], Any], text: str | None) -> None:
        """Let an effect wait until its iteration is final."""
        self._held.append(Held(self.iteration, do, text))

    def rollback(self) -> None:
        """Undo everything, last first; nothing is let out."""
        while self.undoing:
            put_back, owner, kept = self.undoing.pop()
            put_back(owner, kept)
        self.kept.clear()
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
        self.undoing.clear()
        self._held.clear()


__all__ = ["EffectRaised", "Held", "Journal"]

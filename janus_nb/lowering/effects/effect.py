"""What an effect is: one record with everything that the generator, the journal and the verification need of it.

APPEND = change("append", "an append to a list", do=list.append, keeping=SIZE)

generated program        append(J, losses, g0)
first in a call          the journal keeps len(losses)
undone                   del losses[kept:]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


class Ledger(Protocol):
    """The journal of one graph call, as effects see it.

    Attributes:
        touched: Objects that have been changed in this call, by identity; they stay alive as long as the journal.
        kept: For each way of keeping that is asked once a call: the objects whose state it has kept, by identity.
        undoing: How to take back what was done, in the order in which it was done: function, object, kept state.
    """

    touched: dict[int, Any]
    kept: dict[str, set[int]]
    undoing: list[tuple[Callable[[Any, Any], Any], Any, Any]]

    def claim(self, owner: Any) -> None:
        """Note that an object changes.

        Raises:
            TypeError: the generated code took what is in it for granted.
        """

    def hold(self, do: Callable[[], Any], text: str | None) -> None:
        """Let an effect wait until its iteration is final; `text` is what it writes to the standard streams, if that is all it does."""


@dataclass(frozen=True, slots=True, eq=False)
class Keeping:
    """What has to be known of an object to take an effect on it back.

    Attributes:
        name: What is kept.
        take: Its state before the effect, from the object and the effect's other arguments. It may refuse by raising.
        put_back: Gives the object that state again, whatever has happened to it since. It never raises.
        once: Whether the state before the first effect of a call is enough for all that follow.
    """

    name: str
    take: Callable[..., Any]
    put_back: Callable[[Any, Any], Any]
    once: bool


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """One effect.

    Attributes:
        name: The function's name in generated programs.
        says: What it is, in the user's words.
        do: Does it: called with the object (or what it is about) and the other arguments.
        perform: What generated programs call: has the journal keep what undoing needs, then does it. Made from the rest by
            `change`, `held`, `immediate` and `ahead`.
        keeping: What is kept before, and how the effect is taken back; `None` if there is nothing to take back.
        form: How generated programs write it: `{all}` stands for all operands, `{0}` for the first, `{rest}` for the others, `{name}` the name
            of a method, `{{do}}` for `perform`.
        waits: Whether it is held back until its iteration is final, so that it need not be taken back.
        raises: Whether it may raise, in Python's own way.
        prints: Whether it writes to the standard streams and does nothing else.
    """

    name: str
    says: str
    do: Callable[..., Any]
    perform: Callable[..., Any]
    keeping: Keeping | None = None
    form: str = "{{do}}(J, {all})"
    waits: bool = False
    raises: bool = True
    prints: bool = False


def change(name: str, says: str, do: Callable[..., Any], keeping: Keeping) -> Effect:
    """An effect on an object that was there before: done at once, because later effects must see it, and taken back if the call fails."""
    return Effect(name, says, do, _once(do, keeping) if keeping.once else _each(do, keeping), keeping)


def _each(do: Callable[..., Any], keeping: Keeping) -> Callable[..., Any]:
    """Keep what undoing needs before every effect."""
    take, put_back = keeping.take, keeping.put_back

    def perform(journal: Ledger, owner: Any, *args: Any) -> Any:
        if id(owner) not in journal.touched:
            journal.claim(owner)
        journal.undoing.append((put_back, owner, take(owner, *args)))
        return do(owner, *args)

    return perform


def _once(do: Callable[..., Any], keeping: Keeping) -> Callable[..., Any]:
    """Keep what undoing needs before the first effect of the call."""

    name = keeping.name

    def perform(journal: Ledger, owner: Any, *args: Any, **kwargs: Any) -> Any:
        if id(owner) not in journal.kept.get(name, ()):
            keep(journal, owner, keeping)
        return do(owner, *args, **kwargs)

    return perform


def keep(journal: Ledger, owner: Any, keeping: Keeping) -> None:
    """Keep an object's state, unless this call has kept it already.

    Raises:
        TypeError: the object may not be changed, or nobody knows how to put its state back.
    """
    kept = journal.kept.get(keeping.name)
    if kept is None:
        kept = journal.kept[keeping.name] = set()
    if id(owner) not in kept:
        if id(owner) not in journal.touched:
            journal.claim(owner)
        journal.undoing.append((keeping.put_back, owner, keeping.take(owner)))
        kept.add(id(owner))


def held(name: str, says: str, do: Callable[..., Any], perform: Callable[..., Any], *, prints: bool = False) -> Effect:
    """An effect on the outside: its arguments are taken at once, and it is let out when its iteration is final."""
    return Effect(name, says, do, perform, waits=True, prints=prints)


def immediate(name: str, says: str, do: Callable[..., Any], form: str = "{{do}}({all})") -> Effect:
    """An effect that leaves nothing to take back: only what this iteration has made is changed, or something is looked up."""
    return Effect(name, says, do, do, form=form)


def ahead(name: str, says: str, do: Callable[..., Any], keeping: Keeping) -> Effect:
    """An effect of the pre program, done ahead of the graph: what is kept is taken once a call, and put back if iterations are left over."""
    return Effect(name, says, do, do, keeping, "{0}({rest})")


__all__ = ["Effect", "Keeping", "Ledger", "ahead", "change", "held", "immediate", "keep"]

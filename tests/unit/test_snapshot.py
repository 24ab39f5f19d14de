"""Whatever a traced call changes in Python is taken back exactly, and named."""

from __future__ import annotations

import collections
import functools
import random
import sysconfig
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from janus_nb.backend import Attributes
from janus_nb.lowering.undo.snapshot import Snapshot

from tests.unit.fake import FakeBackend, Tensor

# A library: classes whose code does not stand in a file of the user's.
LIBRARY: dict[str, Any] = {"__name__": "fakelib", "collections": collections}
exec(
    compile(
        """
class Thing:
    def __init__(self, **held):
        self.__dict__.update(held)
    def __eq__(self, other):
        raise AssertionError("code of the library runs")
    __hash__ = object.__hash__

class Slotted:
    __slots__ = ("a", "b")

class Tracked(list):
    def append(self, item):
        raise AssertionError("locked")
    __setitem__ = extend = clear = append

class Named(dict):
    def __setitem__(self, key, value):
        raise AssertionError("locked")
    update = clear = pop = __setitem__

def counting():
    count = 0
    def call():
        nonlocal count
        count += 1
        call.calls = count
        return count
    return call
""",
        sysconfig.get_paths()["stdlib"] + "/fakelib.py",
        "exec",
    ),
    LIBRARY,
)
Thing, Slotted, Tracked, Named, counting = (LIBRARY[n] for n in ("Thing", "Slotted", "Tracked", "Named", "counting"))


def attributes(thing: Any) -> Any:
    return [(name, id(value)) for name, value in thing.__dict__.items()]


def _add(thing: Any) -> None:
    thing.new = 1


def _replace(thing: Any) -> None:
    thing.a = "other"


def _reorder(thing: Any) -> None:
    value = thing.__dict__.pop("a")
    thing.a = value


def _delete(thing: Any) -> None:
    del thing.a


def _inside(thing: Any) -> None:
    thing.parts.append(1)
    thing.parts[0] = None


def _deep(thing: Any) -> None:
    thing.parts[0]["k"].b = 3


def _key(thing: Any) -> None:
    thing.named.pop("x")
    thing.named["x"] = 1


CHANGES: dict[Callable[[Any], None], str] = {
    _add: "Thing.new", _replace: "Thing.a", _reorder: "", _delete: "Thing.a", _inside: "Thing.parts", _deep: "Thing.parts[0]['k'].b", _key: "Thing.named",
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
def test_attributes_and_containers(change: Callable[[Any], None]) -> None:
    thing = Thing(a="one", parts=[{"k": Thing(b=2)}], named={"x": 1, "y": 2}, c=0)
    before, parts, named = attributes(thing), list(thing.parts), list(thing.named.items())
    snapshot = Snapshot(FakeBackend())
    snapshot.reach(None, thing)
    change(thing)
    changes = snapshot.restore()
    assert (attributes(thing), thing.named.__class__, list(thing.named.items())) == (before, dict, named)
    assert len(thing.parts) == 1 and thing.parts[0] is parts[0]
    assert thing.parts[0]["k"].b == 2
    if CHANGES[change]:
        assert CHANGES[change] in [c.path for c in changes]


def test_nothing_changed_is_nothing_said() -> None:
    thing = Thing(a=1000, parts=[1.5, (1, "x")], tensor=Tensor(1.0), array=np.ones(3))
    snapshot = Snapshot(FakeBackend())
    snapshot.reach(None, thing)
    thing.a = int("1000")
    thing.parts[1] = (1, "x")
    assert snapshot.restore() == []


def test_the_code_of_containers_is_not_run() -> None:
    tracked, named = Tracked([1, 2]), Named(a=1, b=2)
    snapshot = Snapshot(FakeBackend())
    snapshot.reach(None, Thing(tracked=tracked, named=named))
    list.append(tracked, 3)
    dict.__setitem__(named, "a", 5)
    dict.__delitem__(named, "b")
    assert {c.path for c in snapshot.restore()} == {"Thing.tracked", "Thing.named"}
    assert list.__eq__(tracked, [1, 2]) and list(named.items()) == [("a", 1), ("b", 2)]


def test_slots_sets_and_queues() -> None:
    slotted, members, queue = Slotted(), {1, 2}, collections.deque([1, 2, 3], maxlen=3)
    ordered = collections.OrderedDict(a=1, b=2)
    slotted.a = members
    snapshot = Snapshot(FakeBackend())
    snapshot.reach(None, slotted, queue, ordered)
    slotted.b, slotted.a = 1, None
    members.add(7)
    queue.append(4)
    ordered.move_to_end("a")
    assert len(snapshot.restore()) == 5
    assert slotted.a is members and not hasattr(slotted, "b") and members == {1, 2}
    assert list(queue) == [1, 2, 3] and list(ordered) == ["a", "b"]


def test_random_states_of_the_process_and_of_objects() -> None:
    own, rng = random.Random(3), np.random.default_rng(3)
    states = random.getstate(), own.getstate(), rng.bit_generator.state, np.random.get_state()[1].tolist()  # type: ignore[index]
    snapshot = Snapshot(FakeBackend())
    snapshot.reach(None, Thing(own=own, rng=rng))
    random.random(), own.random(), rng.random(), np.random.rand()
    assert len(snapshot.restore()) == 4
    assert states == (random.getstate(), own.getstate(), rng.bit_generator.state, np.random.get_state()[1].tolist())  # type: ignore[index]


def test_closures_partials_methods_and_threads() -> None:
    call, local = counting(), threading.local()
    local.names = {"dense": 1}
    thing = Thing(call=functools.partial(call), local=local)
    snapshot = Snapshot(FakeBackend())
    snapshot.reach(None, thing)
    call()
    local.names["dense"] = 2
    local.other = 1
    assert len(snapshot.restore()) == 4
    assert local.__dict__ == {"names": {"dense": 1}} and not call.__dict__
    assert call() == 1


def test_attributes_of_a_module() -> None:
    module = Thing(_SEED=3, other=1)
    snapshot = Snapshot(FakeBackend())
    snapshot.reach(None, Attributes(module, ("_SEED", "_ABSENT")))
    module._SEED, module._ABSENT, module.other = 4, 5, 6
    assert len(snapshot.restore()) == 2
    assert module.__dict__ == {"_SEED": 3, "other": 6}


def test_what_the_trace_has_made_may_change() -> None:
    old = Thing(a=1)
    snapshot = Snapshot(FakeBackend())
    snapshot.reach(None, old)
    made = Thing(old=old, own=Thing(b=1))
    snapshot.bear(made)
    snapshot.reach(None, made)
    made.new, made.own.b, old.a = 1, 2, 3
    assert [c.path for c in snapshot.restore()] == ["Thing.a"]
    assert made.own.b == 2


def test_circles_and_shared_parts() -> None:
    thing = Thing(parts=[])
    thing.parts.append(thing)
    thing.again = thing.parts
    snapshot = Snapshot(FakeBackend())
    snapshot.reach(None, thing)
    thing.parts.append(1)
    assert [c.path for c in snapshot.restore()] == ["Thing.parts"]
    assert thing.again is thing.parts and thing.parts == [thing]


def test_one_that_cannot_be_put_back_does_not_keep_the_others() -> None:
    class Refusing(threading.local):
        pass

    first, second = Slotted(), Thing(a=1)
    snapshot = Snapshot(FakeBackend())
    snapshot.reach(None, first, second)
    held = snapshot._held[id(first)]
    held.state = None  # as if it could not be read
    second.a = 2
    with pytest.raises(TypeError):
        snapshot.restore()
    assert second.a == 1


def test_plain_objects_of_the_user_are_not_looked_into() -> None:
    class Users:
        def __init__(self) -> None:
            self.items = [1]

    users = Users()
    snapshot = Snapshot(FakeBackend())
    snapshot.reach(None, users)
    users.items.append(2)
    assert snapshot.restore() == [] and users.items == [1, 2]

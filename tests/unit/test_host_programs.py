"""Host programs: records are printed as they mean, what nobody reads is left out, names are the user's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from janus_nb.lowering.core.printing import Text, are_calm, compiled, needed
from janus_nb.lowering.core.programs import HostPrograms
from janus_nb.lowering.core.records import Assign, Branch, Carry, Check, Constant, Do, LastOnly, Operation, Phase, Statement, Variable, is_calm
from janus_nb.lowering.core.values import UNKNOWN, Host
from janus_nb.lowering.effects.checks import CheckFailed, check
from janus_nb.lowering.effects.containers import APPEND, CHANGE_OWN, SET_OWN_ITEM
from janus_nb.lowering.effects.objects import NEW
from janus_nb.runtime.journal import Journal

from tests.unit.test_engine import every_iteration_is_worth_it, run, space

__all__ = ["every_iteration_is_worth_it"]

E = Variable(Phase.PRE, fixed="e")


def literal(value: Any) -> Constant:
    return Constant(value, literal=repr(value))


def printed(block: list[Statement], returns: list[Any], parameters: list[Variable] | None = None) -> str:
    _, (text,) = compiled([Text("post", parameters or [E], block, returns)], "test")
    return text


def variable(said: str = "", **more: Any) -> Variable:
    return Variable(Phase.POST, said, **more)


# -- printing ------------------------------------------------------------------------------------------------------------


def test_every_statement_has_a_text() -> None:
    x, flag, states, lasts, last = variable("x"), variable("flag", boolean=True), variable(fixed="S"), variable(fixed="L"), variable("loss")
    block: list[Statement] = [
        Assign(x, Operation("{} + {}", (E, literal(1)))),
        Do(Operation("{f}({}, 'a')", (x,), {"f": Constant(print, "print_")})),
        Check(2, flag, False, Constant(check, "check")),
        Branch(flag, [Assign(x, literal(2))], [Assign(x, literal(3))]),
        Branch(flag, [], [Assign(x, literal(4))]),
        Carry(states, [(0, x), (2, E)]),
        LastOnly(lasts, [last]),
    ]
    assert printed(block, [x, last], [states, E, flag, lasts]) == (
        "def post(S, e, flag_0, L):\n"
        "    x_1 = e + 1\n"
        "    print_(x_1, 'a')\n"
        "    check(2, flag_0, False)\n"
        "    if flag_0:\n"
        "        x_1 = 2\n"
        "    else:\n"
        "        x_1 = 3\n"
        "    if not flag_0:\n"
        "        x_1 = 4\n"
        "    S[0], S[2] = x_1, e\n"
        "    if L is None: return None\n"
        "    loss_2, = L\n"
        "    return (x_1, loss_2,)\n"
    )


@pytest.mark.parametrize(
    "value", [0, -1, 2**70, -(2**70), 0.0, -0.0, 1e-300, -2.5, True, None, "a'{b}\\n\n", "{0}", 1e301, float("inf"), float("nan")]
)
def test_literals_are_what_they_were(value: Any) -> None:
    host = HostPrograms()
    pattern = host.operation("{}[{}]", host.operation("{{0: {}}}", host.constant(value)), host.constant(0))
    (post,), _ = compiled([Text("post", [], [], [pattern, host.constant(value)])], "test")
    for found in post():
        assert type(found) is type(value)
        assert repr(found) == repr(value)


def test_objects_are_named_once_and_never_hide_a_builtin() -> None:
    host = HostPrograms()
    ours, theirs = [1], {"a": 1}
    names = [host.constant(ours, "len"), host.constant(theirs, "box"), host.constant(np.sum), host.constant([2], "box"), host.constant(ours, "other")]
    assert names[0] is names[4]
    (post,), (text,) = compiled([Text("post", [E], [], [*names, host.operation("len({})", names[0])])], "test")
    assert text == "def post(e):\n    return (len_0, box, sum_1, box_2, len_0, len(len_0),)\n"
    assert post(None) == (ours, theirs, np.sum, [2], ours, 1)


@pytest.mark.parametrize("name", ["post", "J", "e", "if", "None", "a b", "", "ﬁ", "x\u0301y", "π", "check"])
def test_any_name_of_the_users_may_be_used(name: str) -> None:
    x, y = variable(name), variable(name)
    box = object()
    block: list[Statement] = [Assign(x, Constant(box, name)), Assign(y, literal(2))]
    (post,), _ = compiled([Text("post", [E], block, [x, y, E])], "test")
    assert post(3) == (box, 2, 3)


def test_names_do_not_run_what_they_name() -> None:
    class Meta(type):
        @property
        def __name__(cls) -> str:  # type: ignore[override]
            raise AssertionError("code of the user's")

    class Odd(metaclass=Meta):
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError("code of the user's")

    host = HostPrograms()
    assert host.constant(Odd).said == "Odd"
    assert host.constant(Odd()).said == ""


def test_programs_share_names() -> None:
    x = Variable(Phase.ENTRY, "rate")
    (entry, pre), texts = compiled([Text("entry", [x], [], [x]), Text("pre", [E, x], [], [E, x])], "test")
    assert texts[1].startswith("def pre(e, rate_0)")
    assert (entry(5), pre(1, 5)) == ((5,), (1, 5))


# -- liveness ------------------------------------------------------------------------------------------------------------------


def live(block: list[Statement], *read: Variable) -> list[Statement]:
    return needed(block, dict.fromkeys(read))


def test_what_is_not_read_is_left_out_where_nobody_can_tell() -> None:
    calm, wild, optional = variable("calm"), variable("wild"), variable("optional")
    block: list[Statement] = [
        Assign(calm, Operation("[{}]", (E,), calm=True)),
        Assign(wild, Operation("1 / {}", (E,))),
        Assign(optional, Operation("{}[0]", (E,)), optional=True),
    ]
    assert live(block) == [block[1]]
    assert live(block, calm, optional) == block


def test_what_is_read_by_what_is_left_out_is_left_out() -> None:
    a, b, c = variable("a"), variable("b"), variable("c")
    block: list[Statement] = [Assign(a, E), Assign(b, Operation("({},)", (a,), calm=True)), Assign(c, Operation("({},)", (b,), calm=True))]
    assert live(block) == []
    assert live(block, b) == block[:2]


def test_names_in_text_are_not_reads() -> None:
    a = variable("a")
    block: list[Statement] = [Assign(a, E), Do(Operation("print('a', {})", (E,)))]
    assert live(block) == block[1:]


def test_branches_keep_what_either_side_needs() -> None:
    flag, a, b = variable("flag", boolean=True), variable("a"), variable("b")
    block: list[Statement] = [Assign(a, E), Assign(b, literal(0)), Branch(flag, [Assign(b, a)], [])]
    (kept,) = live(block, b)[2:]
    assert live(block, b)[:2] == block[:2]
    assert isinstance(kept, Branch)
    assert live(block) == []


def test_a_branch_on_what_may_raise_stays() -> None:
    block: list[Statement] = [Branch(variable("x"), [], [])]
    assert len(live(block)) == 1
    assert not are_calm(block)


def test_calm_is_what_neither_raises_nor_acts() -> None:
    x, flag = variable("x"), variable("flag", boolean=True)
    shown = Operation("[{}]", (x,), calm=True)
    assert are_calm([Assign(x, shown), Branch(flag, [Assign(x, E)], []), LastOnly(variable(fixed="L"), [])])
    assert not is_calm(Operation("[{}]", (Operation("f({})", (x,)),), calm=True))
    for statement in (Do(shown), Check(0, flag, True, Constant(check)), Carry(x, [(0, x)]), Assign(x, Operation("{}()", (x,)))):
        assert not are_calm([statement])


# -- building ------------------------------------------------------------------------------------------------------------------


def test_undo_forgets_statements_and_blocks() -> None:
    host = HostPrograms()
    kept = host.assign(Phase.POST, literal(1), UNKNOWN)
    mark = host.mark()
    host.open()
    host.do(host.effect(APPEND, kept.held, literal(1)))
    host.open()
    host.assign(Phase.PRE, literal(2), 2)
    host.read_state(variable(), 0)
    host.undo(mark)
    assert not host.nested
    assert len(host.post) == 1
    assert host.before[Phase.PRE] == []


def test_what_is_remembered_is_forgotten_with_its_statement() -> None:
    host = HostPrograms()
    expression = host.operation("{} * {}", host.element, host.constant(2))
    mark = host.mark()
    made = host.assign(Phase.PRE, expression, 4)
    host.remember(made, expression)
    assert host.known(Phase.PRE, host.operation("{} * {}", host.element, host.constant(2))) is made
    assert host.known(Phase.PRE, host.operation("{} * {}", host.element, host.constant(True))) is None
    assert host.known(Phase.PRE, host.operation("{} * {}", host.element, host.constant(2.0))) is None
    host.undo(mark)
    host.assign(Phase.PRE, literal(7), 7)
    assert host.known(Phase.PRE, expression) is None


def test_effects_print_in_their_form() -> None:
    host = HostPrograms()
    box = variable("box")
    block: list[Statement] = [
        Do(host.effect(APPEND, host.constant([], "log"), E)),
        Do(host.effect(CHANGE_OWN, box, E, keywords={"key": literal(None)}, name="sort")),
        Do(host.effect(SET_OWN_ITEM, box, literal(0), E)),
        Assign(box, host.effect(NEW, host.constant(Journal))),
    ]
    assert printed(block, [box], [E, box]).splitlines()[1:-1] == [
        "    append(J, log, e)",
        "    box_0.sort(e, key=None)",
        "    box_0[0] = e",
        "    box_0 = new(Journal)",
    ]


@pytest.mark.parametrize(
    ("condition", "expected", "fails"), [(True, True, False), (np.True_, True, False), (0, True, True), (np.False_, True, True), ([], False, False)]
)
def test_a_check_asks_for_the_truth(condition: Any, expected: bool, fails: bool) -> None:
    host = HostPrograms()
    tested = Variable(Phase.PRE, "tested")
    host.check(Phase.PRE, 3, tested, expected)
    (pre,), _ = compiled([Text("pre", [tested], host.before[Phase.PRE], [])], "test")
    if fails:
        with pytest.raises(CheckFailed) as raised:
            pre(condition)
        assert (raised.value.index, raised.value.observed) == (3, bool(condition))
    else:
        assert pre(condition) == ()


def test_a_value_belongs_to_its_variable() -> None:
    held = variable()
    first, second = Host(Phase.ENTRY, held), Host(Phase.POST, held)
    first.unverified = second.volatile = True
    assert second.unverified
    assert first.volatile
    assert not first.constant


# -- of whole loops ---------------------------------------------------------------------------------------------------------------


def programs_of(cell: str, **names: Any) -> tuple[str, str, str]:
    view, _ = run(cell, space(**names))
    (region,) = view.regions if not isinstance(view.regions, dict) else view.regions.values()
    return region.graphs[-1].programs  # type: ignore[no-any-return]


def test_programs_speak_the_users_names() -> None:
    _, _, post = programs_of("for i in range(60):\n    v.add(data[i])\n    loss = float(data[i])\n    text = f'{loss:.1f}'\n    log.append(text)\n")
    body = [line.strip() for line in post.splitlines()]
    assert any(line.startswith("text_") for line in body), post
    assert any("loss_" in line for line in body), post
    assert any(line.startswith("append(J, log, text_") for line in body), post


def test_a_loop_without_work_for_the_host_has_idle_programs() -> None:
    entry, pre, post = programs_of("for x in data:\n    v.add(x)\n")
    assert entry == "def entry():\n    return ()\n"
    assert "check" not in pre
    assert "J," in post.splitlines()[0]


SWAPS = {
    "two names": "a, b = b, a",
    "three names": "a, b, c = c, a, b",
    "another name for the one before": "c = a\n    a = t",
    "and kept": "c = a\n    a, b = b, t\n    log.append(c)",
    "in a branch": "if i % 2:\n        a, b = b, t\n    c = a + b[:2]",
}


@pytest.mark.parametrize("swap", SWAPS)
def test_what_only_replay_knows_goes_from_one_iteration_to_the_next(swap: str) -> None:
    """Each next value is computed from those before: none is overwritten too early."""
    cell = f"for i in range(40):\n    v.add(data[i])\n    t = f'{{float(data[i]):.0f}}'\n    a = (a + t)[-9:]\n    {SWAPS[swap]}\n"
    found = []
    for janus in (False, True):
        names = space(a="x", b="y", c="z")
        run(cell, names, verify="off") if janus else exec(cell, names)
        found.append({n: names[n] for n in ("a", "b", "c", "t", "log")})
    assert found[0] == found[1]

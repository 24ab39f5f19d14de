"""Options, spans, reasons, guards, policy: small values that explain themselves."""

from __future__ import annotations

import doctest
import importlib

import pytest
from janus_nb import options_text
from janus_nb.backend import Spec
from janus_nb.config import Options
from janus_nb.errors import OptionError
from janus_nb.reasons import REASONS
from janus_nb.span import Span
from janus_nb.speculate.guards import Equals, Guard, IsObject
from janus_nb.speculate.policy import BranchAssumption, Policy, SpecAssumption, fits, widen
from janus_nb.speculate.slots import AttrSlot, LocalSlot

DOCUMENTED = [
    "janus_nb.config",
    "janus_nb.span",
    "janus_nb.source.names",
    "janus_nb.speculate.guards",
    "janus_nb.speculate.policy",
    "janus_nb.notebook.hook",
    "janus_nb.options_text",
]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_before_and_after_blocks_run(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted and not results.failed


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"steps": -1}, "steps=-1"),
        ({"profile": "x"}, "profile='x'"),
        ({"profile": 0}, "profile=0"),
        ({"xla": "maybe"}, "xla='maybe'"),
        ({"unroll": 1}, "unroll=1"),
    ],
)
def test_bad_values_are_named(given: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match="expected") as raised:
        Options.make(**given)
    assert named in str(raised.value)


def test_unknown_option_lists_all_and_guesses() -> None:
    with pytest.raises(OptionError, match="Did you mean 'profile'") as raised:
        Options.make(profil=3)
    assert "multistep" in str(raised.value)


def test_words_become_options() -> None:
    assert options_text.parse("--profile 5 --xla=off --no-unroll --steps auto") == {"profile": 5, "xla": "off", "unroll": False, "steps": "auto"}
    with pytest.raises(OptionError, match="--profile"):
        options_text.parse("--profile")
    for odd in ("²", "٣", "--3", "9" * 5000, "1_0", "0x1"):
        with pytest.raises(OptionError, match=r"profile=.*expected a whole number"):
            options_text.parse(f"--profile {odd}")
    with pytest.raises(OptionError, match="unknown option 'speed'"):
        options_text.parse("--speed 3")


def test_reasons_are_whole() -> None:
    for code, reason in REASONS.items():
        assert code == reason.code and reason.title and reason.why and reason.hint


def test_span_shows_carets() -> None:
    text = "a = 1\nfor b in data:\n    yield b\n"
    assert Span("f", 3, 4, 3, 11).render(text).splitlines()[-1] == "  |     ^^^^^^^"


def test_guards_explain_themselves() -> None:
    class Thing:
        rate = 0.5

    thing = Thing()
    thing.rate = 0.1
    guard = Guard(AttrSlot(thing, "rate", "thing"), Equals(0.1), None)
    assert guard.holds({})
    thing.rate = 0.2
    assert guard.explain({}) == "thing.rate: expected 0.1, found 0.2"
    assert not Guard(LocalSlot("x"), IsObject(thing), None).holds({"x": Thing()})
    assert Guard(LocalSlot("n"), Equals(float("nan")), None).holds({"n": float("nan")})
    assert not Guard(LocalSlot("n"), Equals(1), None).holds({"n": True})


def test_the_ladder_of_shapes() -> None:
    exact = Spec("float32", (32, 64))
    loose = widen(exact, Spec("float32", (5, 64)))
    assert loose == Spec("float32", (None, 64)) and fits(loose, Spec("float32", (7, 64)))
    assert widen(exact, Spec("float32", (5,))) == Spec("float32", None)
    assert widen(exact, Spec("int32", (32, 64))) is None


def test_relaxation_goes_one_step() -> None:
    policy, span = Policy(), Span("f", 1, 0, 1, 4)
    policy.branches[span] = {True}
    assert policy.direction(span) is True
    assert policy.relax(BranchAssumption(span, True, ""))
    assert policy.direction(span) is None
    assert not policy.relax(BranchAssumption(span, True, ""))
    assert policy.relax(SpecAssumption(None, "x", Spec("float32", (2,)), "key", ""), Spec("float32", (3,)))
    assert policy.specs["key"] == Spec("float32", (None,))


def test_reasons_page_is_current() -> None:
    from pathlib import Path

    from janus_nb.reasons import as_page

    assert (Path(__file__).parent.parent.parent / "docs" / "reasons.md").read_text() == as_page() + "\n"

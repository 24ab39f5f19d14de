"""Rows of knowledge: each is tried natively (does it change what it says, is its result new), and in a loop, eager against JANUS."""

from __future__ import annotations

import copy
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import janus_nb
import numpy as np
import pytest
from janus_nb.errors import OptionError
from janus_nb.lowering.library.row import SELF, Effect, Row
from janus_nb.lowering.library.rows import LIBRARIES
from janus_nb.lowering.library.table import KNOWLEDGE, MUTATORS, Knowledge, knowledge_of, method_of, resolve
from janus_nb.speculate.plain import plain

from tests.unit.knowledge_samples import CALLS, CHANGES, METHODS
from tests.unit.programs_of_libraries import PROGRAMS, REFUSED
from tests.unit.test_engine import every_iteration_is_worth_it
from tests.unit.test_fence import compare, form

__all__ = ["every_iteration_is_worth_it"]

MODULES = """math cmath collections copy json operator functools itertools statistics re datetime random heapq bisect os pathlib fractions decimal string
textwrap html difflib fnmatch keyword time io csv logging codecs gc numpy numpy.random numpy.fft numpy.linalg""".split()
NAMES: dict[str, Any] = {"np": np}
for _name in MODULES:
    NAMES[_name.partition(".")[0]] = importlib.import_module(_name.partition(".")[0])
    importlib.import_module(_name)


def written(name: str) -> str:
    """A name as a program writes it."""
    return name.removeprefix("builtins.").replace("numpy.ufunc.", "np.add.").replace("numpy.", "np.")


def call_of(name: str) -> str:
    return f"{written(name)}({CALLS[name]})" if name in CALLS else f"{METHODS[name][0]}.{name.rpartition('.')[2]}({METHODS[name][1]})"


TESTED = sorted({*CALLS, *METHODS})

# -- natively ----------------------------------------------------------------------------------------------------------


def evaluated(text: str) -> Any:
    return eval(text, dict(NAMES))


def arguments_of(name: str) -> tuple[Any, list[Any]]:
    """A function of the arguments, and arguments of its own."""
    if name in CALLS:
        args = list(evaluated(f"({CALLS[name]},)"))
        return (np.add if "ufunc" in name else None, args)
    owner, rest = METHODS[name]
    return None, [evaluated(owner), *evaluated(f"({rest},)" if rest and "=" not in rest else "()")]


@pytest.mark.parametrize("name", TESTED)
def test_a_pure_row_changes_nothing_and_makes_what_it_says(name: str) -> None:
    row = KNOWLEDGE.row(name)
    assert row is not None, "no row of this name"
    assert row.effect is Effect.PURE
    ufunc, args = arguments_of(name)
    before = copy.deepcopy([a for a in args if not isinstance(a, re.Match)])
    if name in CALLS:
        function = getattr(ufunc, row.last) if ufunc is not None else evaluated(written(name))
        results = [function(*args), function(*args)]
    else:
        keywords = evaluated(f"dict({METHODS[name][1]})") if "=" in METHODS[name][1] else {}
        results = [getattr(args[0], row.last)(*args[1:], **keywords) for _ in range(2)]
    assert form([a for a in args if not isinstance(a, re.Match)], {}) == form(before, {}), "an argument has changed"
    if not (row.lazy or row.volatile) and not isinstance(results[0], re.Match):
        assert form(results[0], {}) == form(results[1], {}), "two calls with unlike results"
    for result in results:
        if row.new and not row.view and not plain(result):
            assert not any(result is a for a in args), "the result is an argument"
            assert not any(_shares(result, a) for a in args), "the result is a view of an argument"
    if row.new and not plain(results[0]):
        assert results[0] is not results[1], "both calls have made the same object"


def _shares(result: Any, argument: Any) -> bool:
    arrays = [v for v in (result, argument) if isinstance(v, np.ndarray)]
    return len(arrays) == 2 and np.shares_memory(*arrays)


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a_row_that_changes_an_argument_says_so(name: str) -> None:
    row = KNOWLEDGE.row(name)
    assert row is not None and row.changes
    box = evaluated(CHANGES[name][0])
    before = form(box, {})
    for i in range(3, 8):
        exec(CHANGES[name][1], {**NAMES, "BOX": box, "i": i})
    assert form(box, {}) != before


# -- in a loop -----------------------------------------------------------------------------------------------------------


def loop_of(name: str) -> tuple[str, str]:
    """A program that calls in every iteration, keeps what it gets, and changes an argument between epochs."""
    call = call_of(name)
    row = KNOWLEDGE.row(name)
    kept = f"list({call})" if row is not None and row.lazy else call
    if name.startswith(("datetime.", "fractions.", "decimal.", "pathlib.")) or name in ("re.search", "re.match", "re.fullmatch", "re.Pattern.search"):
        kept = f"repr({call})"  # which object an immutable value is, is not promised
    shown = "kept.append(r if i % 3 else [r])"
    imports = "import heapq, bisect, os, pathlib, fractions, decimal, string, textwrap, html, difflib, fnmatch, keyword, cmath\n"
    return imports, f"for i in range(24):\n    v.add(data[i])\n    r = {kept}\n    {shown}\n"


@pytest.mark.parametrize("name", TESTED)
def test_a_row_in_a_loop(name: str) -> None:
    problems, _ = compare(*loop_of(name))
    assert not problems, "\n".join([*loop_of(name), *problems])


LEFT_TO_PYTHON = {"builtins.set.discard"}
"""Removing from a set leaves traces in the order of what is added later, which nobody can take back."""


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a_change_in_a_loop(name: str) -> None:
    setup = f"import heapq, bisect\nBOX = {CHANGES[name][0]}\n"
    cell = f"for i in range(40):\n    v.add(data[i])\n    {CHANGES[name][1]}\n    log.append(repr(BOX))\n"
    problems, view = compare(setup, cell)
    assert not problems, "\n".join([setup, cell, *problems])
    assert (view.counts["graph"] > 0) is (name not in LEFT_TO_PYTHON)


def test_most_rows_run_in_graphs() -> None:
    """A sample of the rows: refusing is right, and worth nothing."""
    sample = TESTED[::9]
    graphs = [compare(*loop_of(name))[1].counts["graph"] > 0 for name in sample]
    assert sum(graphs) >= 0.9 * len(graphs), [n for n, g in zip(sample, graphs, strict=True) if not g]


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_with_libraries(name: str) -> None:
    problems, view = compare(*PROGRAMS[name])
    assert not problems, "\n".join([*PROGRAMS[name], *problems])
    assert (view.counts["graph"] == 0) is (name in REFUSED)


# -- what a user says ----------------------------------------------------------------------------------------------------


@pytest.fixture
def strange(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A library that nobody knows, and what is said of it in a test."""
    from janus_nb.source import units

    from tests.unit import strangelib

    found = units.find_user_file
    monkeypatch.setattr(units, "find_user_file", lambda file: file != strangelib.__file__ and found(file))
    monkeypatch.setitem(sys.modules, "strangelib", strangelib)
    before = {row.name for row in KNOWLEDGE.rows()}
    strangelib.begin()
    yield
    for row in KNOWLEDGE.rows():
        if row.name not in before:
            KNOWLEDGE.forget(row.name)


SETUP = "import strangelib\nstrangelib.begin()\nout = [0.0]\nheld = [1.0]\nbox = strangelib.Box(held)\nboxes = [strangelib.shared(1), strangelib.shared(2)]\n"


def ran(line: str) -> tuple[list[str], Any]:
    return compare(SETUP, f"for i in range(40):\n    v.add(data[i])\n    {line}\n")


_LOOP = "for i in range(40):\n    v.add(data[i])\n"

NEW = "    s = strangelib.shared((i + 2) % 3)\n    log.append(sum(s))\n    boxes[i % 2].append(i)\n"
"""What a function hands out changes under another name, which only replay knows."""


SAID: dict[str, tuple[dict[str, Any], str]] = {
    "strangelib.score": ({"effect": "pure"}, "log.append(strangelib.score(i * 0.5))"),
    "strangelib.smooth": ({"effect": "pure", "changes": "out"}, "strangelib.smooth([i * 1.0, 2.0], out); log.append(out[0])"),
    "strangelib.best": ({"effect": "pure", "callbacks": "key"}, "log.append(strangelib.best([i * -1.0, 2.0], key=abs))"),
    "strangelib.shared": ({"effect": "pure"}, "log.append(len(strangelib.shared(i % 3))); kept.append(strangelib.shared(0))"),
    "strangelib.now": ({"effect": "pure", "volatile": True}, "log.append(strangelib.now())"),
    "strangelib.send": ({"effect": "effect"}, "strangelib.send(i)"),
    "strangelib.Box.read": ({"effect": "pure"}, "held.append(1.0); log.append(box.read())"),
}
"""What is said of a function, and a program that calls it."""


@pytest.mark.parametrize("name", SAID)
def test_what_nobody_knows_is_refused_by_its_full_name(name: str, strange: None) -> None:
    problems, view = ran(SAID[name][1])
    assert not problems, problems
    declined = [d for region in view.regions.values() for d in region.declined]
    function = "tests.unit." + name if "Box" not in name else "tests.unit.strangelib.Box.read"
    assert any(d.detail == function and f'janus_nb.knows("{function}", effect="pure")' in d.hint for d in declined), declined


@pytest.mark.parametrize("name", SAID)
def test_what_a_user_says_is_used(name: str, strange: None) -> None:
    janus_nb.knows(name, **SAID[name][0])
    problems, view = ran(SAID[name][1])
    assert not problems, problems
    assert view.counts["graph"] > 0


WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "effect": ("strangelib.send", {"effect": "pure"}, "    strangelib.send(i)\nlog.append(strangelib.sent)\n"),
    "changes": ("strangelib.smooth", {"effect": "pure"}, "    strangelib.smooth([i * 1.0, 2.0], out); log.append(out[0])\n"),
    "volatile": ("strangelib.now", {"effect": "pure"}, "    log.append(strangelib.now())\n"),
    "callbacks": ("strangelib.best", {"effect": "pure"}, "    strangelib.best([i * 1.0], key=strangelib.send)\nlog.append(strangelib.sent)\n"),
    "new": ("strangelib.shared", {"effect": "pure", "new": True}, NEW),
}
"""A field that is said wrong, and a program in which it shows."""


@pytest.mark.parametrize("field", WRONG)
def test_a_wrong_row_shows(field: str, strange: None) -> None:
    name, said, rest = WRONG[field]
    janus_nb.knows(name, **said)
    problems, _ = compare(SETUP, _LOOP + rest)
    assert problems, "a row that is wrong makes no difference: the field has no effect"


@pytest.mark.parametrize("field", WRONG)
def test_the_right_row_is_right(field: str, strange: None) -> None:
    name, _, rest = WRONG[field]
    janus_nb.knows(name, **SAID[name][0])
    problems, _ = compare(SETUP, _LOOP + rest)
    assert not problems, problems


def test_a_callback_of_the_users_is_refused(strange: None) -> None:
    janus_nb.knows("strangelib.best", effect="pure", callbacks="key")
    problems, view = compare(
        f"{SETUP}def f(x):\n    log.append('called')\n    return x\n", _LOOP + "    log.append(strangelib.best([i * 1.0], key=f))\n"
    )
    assert not problems
    assert view.counts["graph"] == 0


def test_a_row_may_come_before_the_library() -> None:
    table = Knowledge([])
    table.add([Row("mailbox.linesep_of_nothing", Effect.PURE), Row("wave.open", Effect.HOST)])
    sys.modules.pop("wave", None)
    assert table.method(int, "wave") is None
    assert "wave" not in sys.modules, "a look-up imports nothing"
    wave = importlib.import_module("wave")
    known = table.of(wave.open)
    assert known is not None and known.effect is Effect.HOST


def test_a_look_up_imports_nothing() -> None:
    code = (
        "import sys, numpy, math; from janus_nb.lowering.library.table import knowledge_of; before = set(sys.modules);"
        "assert knowledge_of(math.sin) and knowledge_of(numpy.interp); sys.exit(str(set(sys.modules) - before) if set(sys.modules) != before else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_whole_module_only_if_asked(strange: None) -> None:
    janus_nb.knows("tests.unit.strangelib.*", effect="pure")
    problems, view = ran("log.append(strangelib.score(i * 1.0) + strangelib.best([i * 1.0]))")
    assert not problems
    assert view.counts["graph"] > 0


@pytest.mark.parametrize(
    ("name", "said", "message"),
    [
        ("score", {"effect": "pure"}, "not a full name"),
        ("a..b", {"effect": "pure"}, "not a full name"),
        ("math.*.sin", {"effect": "pure"}, "not a full name"),
        (3, {"effect": "pure"}, "not a full name"),
        ("math.sine", {"effect": "pure"}, "module math is loaded and has no 'sine'"),
        ("os.path", {"effect": "pure"}, "is a module"),
        ("mylib.f", {"effect": "pur"}, "expected one of 'pure', 'effect', 'traced', 'refused'"),
        ("mylib.f", {"effect": "pure", "changes": 1.5}, "names or positions"),
        ("mylib.f", {"effect": "pure", "changes": "a b"}, "names or positions"),
        ("mylib.f", {"effect": "pure", "callbacks": [-1]}, "names or positions"),
        ("mylib.f", {"effect": "pure", "new": 1}, "expected True or False"),
        ("mylib.f", {"effect": "pure", "volatile": None}, "expected True or False"),
        ("mylib.f", {"effect": "effect", "volatile": True}, "takes no changes"),
        ("mylib.*", {"effect": "pure", "changes": "out"}, "belong to one function"),
    ],
)
def test_what_means_nothing_is_an_error(name: Any, said: dict[str, Any], message: str) -> None:
    version = KNOWLEDGE.version
    with pytest.raises(OptionError, match=re.escape(message)):
        janus_nb.knows(name, **said)
    assert KNOWLEDGE.version == version


def test_functions_of_the_users_own_files_need_no_row() -> None:
    with pytest.raises(OptionError, match="a file of your own"):
        janus_nb.knows("tests.unit.test_knowledge.written", effect="pure")


# -- the table itself ----------------------------------------------------------------------------------------------------

ELSEWHERE = """
math.cbrt math.exp2 math.sumprod math.fma fractions.Fraction.is_integer random.Random.binomialvariate builtins.int.is_integer numpy.ndarray.ptp
numpy.ndarray.itemset
"""
"""Names that other versions of Python and NumPy have."""


def test_every_row_names_something() -> None:
    missing = []
    for row in (row for library in LIBRARIES for row in library):
        root = row.name.partition(".")[0]
        if "*" in row.name or root in ("ipykernel", "tqdm", "matplotlib", "sklearn"):
            continue
        if resolve(row.name)[0] is None and row.name not in ELSEWHERE.split():
            missing.append(row.name)
    assert not missing


def test_one_row_a_name() -> None:
    names = [row.name for library in LIBRARIES for row in library]
    assert len(names) == len(set(names)), sorted({n for n in names if names.count(n) > 1})


def test_a_row_is_found_by_object_method_and_family() -> None:
    def name(function: Any) -> str | None:
        known = knowledge_of(function)
        return known.name if known else None

    random = NAMES["random"]
    assert name(np.linalg.norm) == "numpy.linalg.norm"
    assert name(NAMES["heapq"].heappush) == "heapq.heappush", "its module is _heapq"
    assert name(np.add.at) == "numpy.ufunc.at"
    assert name(np.float64(1).mean) == "numpy.generic.mean", "of a base class"
    assert name(random.random) == "random.Random.random"
    assert name(NAMES["pathlib"].Path("a").joinpath) == "pathlib.PurePath.joinpath"
    assert name(np.save) is None
    table = Knowledge([(Row("lib.*", Effect.TRACED), Row("lib.sub.*", Effect.REFUSED), Row("lib.*.fit", Effect.HOST))])
    found = [table.family(*where) for where in (("lib.a", "f"), ("lib.sub.b", "f"), ("lib.sub.b", "fit"), ("library", "f"))]
    assert [row and row.effect for row in found] == [Effect.TRACED, Effect.REFUSED, Effect.HOST, None]


def test_a_method_that_a_subclass_replaces_is_not_the_base_classs() -> None:
    class Mine(list):  # type: ignore[type-arg]
        def count(self, value: Any) -> int:
            return 0

    assert method_of(list, "count") is not None
    assert method_of(Mine, "count") is None


def test_what_changes_its_object_is_derived() -> None:
    assert {"append", "update", "rotate", "move_to_end", "sort"} <= MUTATORS
    assert not MUTATORS & {"copy", "get", "count", "index"}
    append = method_of(list, "append")
    assert append is not None and append.changes == (SELF,)

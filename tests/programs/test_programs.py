"""Every program of the corpus: eager equals JANUS, and those that should run in a graph do (counted)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.programs import fuzz
from tests.programs.corpus import ALL, Row, page, row_of
from tests.programs.harness import check

COVERAGE = Path(__file__).parent.parent.parent / "docs" / "coverage.md"
_rows: dict[str, Row] = {}


def options_of(text: str) -> dict[str, Any]:
    """`xla=on,unroll=False` as options."""
    words = {"True": True, "False": False}
    pairs = (part.split("=") for part in text.split(",") if part)
    return {name: int(value) if value.isdigit() else words.get(value, value) for name, value in pairs}


@pytest.mark.parametrize("name", ALL)
def test_program(name: str, request: pytest.FixtureRequest) -> None:
    program = ALL[name]
    options = options_of(request.config.getoption("--janus"))
    report = check(program, **options)
    if options:
        return  # the result is eager's; how much of it ran in graphs is another matter under other options
    counts = report.counts
    if program.graph:
        assert counts["graph"] or counts["partial"], report.to_text()
    if program.aborts is not None:
        assert counts["aborts"] == program.aborts, report.to_text()
    for key, value in program.counts.items():
        assert counts[key] == value, f"{key}: {counts[key]}\n{report.to_text()}"
    for region in report.regions:
        assert all(declined.span is not None for declined in region.declined), "a refusal without a place"
    _rows[name] = row_of(name, report)


def test_coverage_page(request: pytest.FixtureRequest) -> None:
    """The page names every program, and what it says is good enough; `--write-coverage` writes it anew from this run."""
    if request.config.getoption("--write-coverage"):
        assert len(_rows) == len(ALL), "run all programs to write the page"
        COVERAGE.write_text(page([_rows[name] for name in ALL]))
    text = COVERAGE.read_text()
    listed = re.findall(r"^\| `(\w+)` \| .* \| (whole|partial|imperative) \|", text, re.MULTILINE)
    assert sorted(name for name, _ in listed) == sorted(name.partition(".")[2] for name in ALL)
    modes = [mode for _, mode in listed]
    assert len(modes) >= 250
    assert modes.count("whole") >= 0.82 * len(modes)  # of the independent programs 75%, of all others 83%: the generator refuses more than it did
    assert modes.count("imperative") <= 0.05 * len(modes)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_random_program(seed: int) -> None:
    """Control flow, state, effects and aborts mixed at random (`python -m tests.programs.fuzz` runs more)."""
    check(fuzz.make(seed))

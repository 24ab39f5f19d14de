"""Test configuration."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--refresh-golden", action="store_true", help="rewrite the golden files from this run")
    parser.addoption("--write-coverage", action="store_true", help="rewrite docs/coverage.md from this run of the whole corpus")
    parser.addoption("--janus", default="", help='options under which the corpus runs, such as "xla=on" or "unroll=False,steps=1"')


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every other program of the corpus is slow: `-m "not slow"` stays under five minutes."""
    programs = [item for item in items if item.name.startswith("test_program[")]
    for item in programs[1::2]:
        item.add_marker(pytest.mark.slow)
    share = {item: number // 40 for number, item in enumerate(programs)}
    for item in items:  # where tests run in several processes: a file stays in one, only the corpus is shared out
        item.add_marker(pytest.mark.xdist_group(f"{item.path.parent.name}-{item.path.stem}-{share.get(item, 0)}"))

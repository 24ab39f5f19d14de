"""Who may import whom: down the list of layers only, and TensorFlow in one package."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "janus_nb"

# A package imports from itself and from those before it in this list.
LAYERS = [
    "errors", "reasons", "span", "config", "backend", "options_text", "events", "source", "profile", "speculate", "proof", "lowering",
    "cache", "runtime", "tf", "view", "report", "function", "knowledge", "notebook", "survey", "zoo", "bench", "demo", "cli", "__init__",
]  # fmt: skip
RANK = {name: rank for rank, name in enumerate(LAYERS)}

# What stands against the order, and why. Each is an import inside a function.
EXCEPTIONS = {
    ("report", "view"),  # a report draws itself
    ("function", "tf"),  # the page that wires it all chooses the backend
    ("__init__", "notebook"),
}


# The folders of the generator: each imports from itself and from those before it; the files beside the folders come last.
FLOORS = ["undo", "effects", "core", "heap", "host", "library", "values", "graph", "rules"]


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def layer_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(f"{node.module}.{a.name}" for a in node.names)
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    mine = layer_of(path)
    for name in imports_of(path):
        if not name.startswith("janus_nb."):
            continue
        theirs = name.split(".")[1]
        if theirs not in RANK or theirs == mine or (mine, theirs) in EXCEPTIONS:
            continue
        assert RANK[theirs] < RANK[mine], f"{mine} imports {name}, which is a later layer"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_tensorflow_stays_in_its_package(path: Path) -> None:
    if layer_of(path) in ("tf", "demo", "bench", "zoo"):
        return
    roots = {name.partition(".")[0] for name in imports_of(path)}
    assert not roots & {"tensorflow", "keras"}, path


def floor_of(parts: tuple[str, ...]) -> int:
    return FLOORS.index(parts[0]) if parts and parts[0] in FLOORS else len(FLOORS)


@pytest.mark.parametrize("path", sorted((PACKAGE / "lowering").rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE / "lowering")))
def test_the_generator_has_floors(path: Path) -> None:
    mine = floor_of(path.relative_to(PACKAGE / "lowering").parts)
    for name in imports_of(path):
        if name.startswith("janus_nb.lowering."):
            theirs = floor_of(tuple(name.split(".")[2:]))
            assert theirs <= mine, f"{path.name} imports {name}, which stands on a later floor"


@pytest.mark.parametrize("folder", ["lowering", "runtime", "proof", "cache", "profile", "source"])
def test_no_circles(folder: str) -> None:
    files = {".".join(("janus_nb", *p.relative_to(PACKAGE).with_suffix("").parts)): p for p in (PACKAGE / folder).rglob("*.py")}
    graph = {name: imports_of(path) & files.keys() - {name} for name, path in files.items()}
    order = graphlib.TopologicalSorter(graph)
    order.prepare()  # raises CycleError with the circle


@pytest.mark.parametrize("folder", ["lowering", "runtime", "cache", "profile", "source"])
def test_imports_at_the_top(folder: str) -> None:
    for path in (PACKAGE / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
                assert not inner, f"{path}:{inner[0].lineno}"


def test_view_sees_events_only() -> None:
    for path in (PACKAGE / "view").glob("*.py"):
        used = {n.split(".")[1] for n in imports_of(path) if n.startswith("janus_nb.")}
        assert used <= {"events", "view", "span", "reasons"}, (path, used)


def test_engine_imports_without_tensorflow() -> None:
    code = (
        "import sys, janus_nb, janus_nb.lowering.generate, janus_nb.runtime.session, janus_nb.view.page;"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_engine_tests_run_without_tensorflow() -> None:
    code = (
        "import sys, pytest; rc = pytest.main(['-q', '-p', 'no:cacheprovider', 'tests/unit/test_engine.py', 'tests/unit/test_instrument.py']);"
        "sys.exit(rc or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True).returncode == 0


def test_files_stay_readable() -> None:
    long = {str(p.relative_to(ROOT)): n for p in modules() if (n := len(p.read_text().splitlines())) > 500}
    assert not long

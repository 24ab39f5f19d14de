"""Files to notebooks.

program.ipynb                          its code cells
program.py with lines `# %%`           a cell each
program.py                             one cell

@tf.function(reduce_retracing=True)    (on request) an empty line: what is measured is the eager program
!pip install something                 left out: a survey installs nothing
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

_CELL = re.compile(r"^# ?%%.*$", re.MULTILINE)
_DECORATOR = re.compile(r"^[ \t]*@(tf|tensorflow)\.function\b.*$", re.MULTILINE)
_INSTALL = re.compile(r"^[ \t]*[!%](pip|conda|mamba|apt|apt-get|uv)\b.*$", re.MULTILINE)
SKIPPED = {".ipynb_checkpoints", "__pycache__", "node_modules", "site-packages"}
"""Folders that hold no programs of the user's; those whose name begins with a dot are left out too."""


class SourceError(Exception):
    """A file that is not a program: its text says why."""


@dataclass(frozen=True)
class Source:
    """A program.

    Attributes:
        path: Its file.
        name: Its path from the folder.
        cells: Its code.
        left_out: Lines that were left out, such as installations.
    """

    path: Path
    name: str
    cells: tuple[str, ...]
    left_out: tuple[str, ...]

    def notebook(self) -> Any:
        """The program as a notebook of nbformat's."""
        made = nbformat.v4.new_notebook()
        made.cells = [nbformat.v4.new_code_cell(cell) for cell in self.cells]
        return made


def files_of(folder: Path, pattern: str = "*") -> Iterator[Path]:
    """The programs below a folder (or the one file given), sorted: `.py` and `.ipynb`, without hidden and cached ones."""
    if folder.is_file():
        yield folder
        return
    for path in sorted(folder.rglob(pattern)):
        parts = path.relative_to(folder).parts
        if path.suffix not in (".py", ".ipynb") or path.name in ("__init__.py", "setup.py", "conftest.py"):
            continue
        if not any(part in SKIPPED or part.startswith(".") for part in parts) and path.is_file():
            yield path


def read(path: Path, folder: Path, *, strip: bool = False) -> Source:
    """A program from its file.

    Args:
        path: The file.
        folder: What its name is told from.
        strip: Whether to take `@tf.function` away.

    Raises:
        SourceError: The file cannot be read, or is not a Python program.
    """
    try:
        text = path.read_text(encoding="utf-8")
        cells = _notebook(text) if path.suffix == ".ipynb" else _script(text)
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"cannot be read: {error}") from None
    left_out = tuple(found.group(0).strip() for cell in cells for found in _INSTALL.finditer(cell))
    cells = [_INSTALL.sub(_passed, cell) for cell in cells]
    if strip:
        cells = [_DECORATOR.sub("", cell) for cell in cells]
    if not cells:
        raise SourceError("has no code")
    return Source(path, str(path.relative_to(folder)) if path != folder else path.name, tuple(cells), left_out)


def _passed(found: re.Match[str]) -> str:
    """`pass` where a line stood, as far to the right."""
    line = found.group(0)
    return line[: len(line) - len(line.lstrip())] + "pass"


def _notebook(text: str) -> list[str]:
    try:
        book = nbformat.reads(text, as_version=4)
    except Exception as error:  # nbformat lets through what its parsers raise: JSON, validation, missing keys
        raise SourceError(f"is not a notebook: {str(error).splitlines()[0][:120]}") from None
    language = book.metadata.get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise SourceError(f"is a notebook in {language}")
    return [cell.source for cell in book.cells if cell.cell_type == "code" and cell.source.strip()]


def _script(text: str) -> list[str]:
    return [part.strip("\n") + "\n" for part in _CELL.split(text) if part.strip()]


__all__ = ["Source", "SourceError", "files_of", "read"]

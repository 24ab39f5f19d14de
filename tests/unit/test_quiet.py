"""What a library would print, log, write or send while it is traced is refused before it happens."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.library.quiet import quiet

log = logging.getLogger("some.library")

EFFECTS: list[Callable[[Path], Any]] = [
    lambda p: print("text"),
    lambda p: sys.stderr.write("text"),
    lambda p: log.warning("text"),
    lambda p: open(p / "new", "w"),  # noqa: SIM115
    lambda p: (p / "new").write_text("text"),
    lambda p: (p / "dir").mkdir(),
    lambda p: os.remove(p / "old"),
    lambda p: (p / "old").unlink(),
    lambda p: os.rename(p / "old", p / "new"),
    lambda p: subprocess.run(["true"], check=False),
    lambda p: os.system("true"),
    lambda p: time.sleep(0),
]


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("caught", [False, True])
def test_refused(effect: Callable[[Path], Any], caught: bool, tmp_path: Path, capsys: Any, caplog: Any) -> None:
    (tmp_path / "old").write_text("old")
    with pytest.raises(Unsupported), quiet(), contextlib.suppress(Exception) if caught else contextlib.nullcontext():
        effect(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["old"]
    assert capsys.readouterr() == ("", "") and not caplog.records


def test_reading_is_no_effect(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("old")
    with quiet():
        assert io.open(tmp_path / "old").read() == (tmp_path / "old").read_text() == "old"  # noqa: SIM115, UP020


def test_everything_is_put_back() -> None:
    before = open, io.open, os.remove, sys.stdout, sys.stderr, logging.Logger.handle, warnings.warn, time.sleep
    with quiet(), quiet():
        pass
    with contextlib.suppress(ZeroDivisionError), quiet():
        _ = 1 // 0
    assert before == (open, io.open, os.remove, sys.stdout, sys.stderr, logging.Logger.handle, warnings.warn, time.sleep)


def test_warnings_are_dropped_unless_all_are_wanted() -> None:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        with quiet():
            warnings.warn("about graphs", stacklevel=2)
        assert not seen
        warnings.simplefilter("always")
        with pytest.raises(Unsupported), quiet():
            warnings.warn("about graphs", stacklevel=2)
        assert not seen


def test_other_threads_pass_through(tmp_path: Path, capsys: Any) -> None:
    def other() -> None:
        print("other")
        (tmp_path / "new").write_text("text")
        time.sleep(0)

    with quiet():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert capsys.readouterr().out == "other\n" and (tmp_path / "new").read_text() == "text"

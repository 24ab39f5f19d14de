"""The battery of cells that look the same with JANUS on and off, in a process of its own: with a shell and a library that no other test has used."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_cells_look_the_same() -> None:
    battery = Path(__file__).with_name("cells_that_look_the_same.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(battery)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=battery.parent.parent.parent)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert int(done.stdout.rpartition(" passed")[0].rpartition("\n")[2]) >= 400

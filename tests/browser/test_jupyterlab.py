"""A real JupyterLab in a real browser: the live widget during the run, the static page after it and after a reload.

Needs Debian's chromium at /usr/bin/chromium; skipped, loudly, where it is missing.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = "/usr/bin/chromium"
FIRST = Path(__file__).parent.parent.parent / "notebooks" / "01-first-cell.ipynb"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not os.path.exists(CHROMIUM), reason=f"no browser: {CHROMIUM} is missing (Debian's package chromium)"),
]


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture()
def lab(tmp_path: Path) -> Iterator[str]:
    """A JupyterLab server over a copy of the first notebook, with more epochs so that the run can be watched."""
    text = FIRST.read_text().replace("epochs = 10", "epochs = 300").replace("== 560", "== 16800")
    (tmp_path / "nb").mkdir()
    (tmp_path / "nb" / "first.ipynb").write_text(text)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True",
        f"--ServerApp.root_dir={tmp_path / 'nb'}", "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    environment = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path / "config"), "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    with (tmp_path / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            with contextlib.suppress(OSError):
                get(base + "/api")
                break
            time.sleep(0.5)
        yield base
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(30)


def test_live_then_static(lab: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
                 "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]  # fmt: skip
    outside: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_context(viewport={"width": 1300, "height": 1500}).new_page()
        page.set_default_timeout(180_000)
        page.on("request", lambda r: None if r.url.startswith((lab, "data:", "blob:", "ws://127")) else outside.append(r.url))
        page.goto(lab + "/lab/tree/first.ipynb")
        cells = page.locator(".jp-NotebookPanel .jp-Notebook .jp-Cell")
        cells.first.wait_for()
        for _ in range(200):
            kernels = get(lab + "/api/kernels")
            if kernels and kernels[0]["execution_state"] == "idle":
                break
            page.wait_for_timeout(300)
        cells.nth(1).locator(".cm-content").click()
        for _ in range(5):
            page.keyboard.press("Shift+Enter")
            page.wait_for_timeout(200)
        live = page.locator(".janus-live")
        page.locator(".janus-live .jl-speed", has_text="iterations/s").first.wait_for()
        assert "graph" in live.first.inner_text()
        assert page.get_by_text("16800 losses").count() == 0, "the live view must be seen while the cell runs"
        page.screenshot(path=str(tmp_path / "live.png"))
        cells.nth(5).locator(".jp-OutputArea-output", has_text="16800 losses").wait_for()
        page.locator(".janus .code .graph").first.wait_for()
        assert live.count() == 0
        assert page.locator(".janus svg g.node").count() > 3
        page.screenshot(path=str(tmp_path / "static.png"))
        page.keyboard.press("Control+s")
        page.wait_for_timeout(3000)
        for session in get(lab + "/api/sessions"):
            urllib.request.urlopen(urllib.request.Request(f"{lab}/api/sessions/{session['id']}", method="DELETE"))
        page.goto("about:blank")
        page.goto(lab + "/lab/tree/first.ipynb")
        page.locator(".janus .code .graph").first.wait_for()
        assert page.get_by_text("Error displaying widget").count() == 0
        page.screenshot(path=str(tmp_path / "reload.png"))
        browser.close()
    assert not outside, outside
    keep = os.environ.get("JANUS_SCREENSHOTS")
    if keep:
        for name in ("live", "static", "reload"):
            shutil.copy(tmp_path / f"{name}.png", Path(keep) / f"{name}.png")

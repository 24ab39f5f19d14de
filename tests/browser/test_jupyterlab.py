"""A real JupyterLab in a real browser: the frames while a cell runs, the page after it, after a reload, and for the next reader."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import ARGUMENTS, CHROMIUM, SETUP, TRAIN, Book, notebook, serving, theme

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not os.path.exists(CHROMIUM), reason=f"no browser: {CHROMIUM} is missing (Debian's package chromium)"),
]
LOOP = "for i in {}:\n    w.assign_add(tf.ones([8, 4]) * 1e-6)\n    log.append(float(w[0, 0]))\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        yield play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


def page_of(browser: Any, width: int = 1400) -> Any:
    return browser.new_context(viewport={"width": width, "height": 1500}).new_page()


def keep(page: Any, name: str) -> None:
    """A picture for docs/img, if asked for: JANUS_SCREENSHOTS=docs/img."""
    folder = os.environ.get("JANUS_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_live_then_page_then_the_next_reader(browser: Any, tmp_path: Path) -> None:
    notebook(tmp_path / "a.ipynb", [SETUP, TRAIN.replace("3000", "60000").replace("2000", "40000")])
    outside: list[str] = []
    with serving(tmp_path) as base:
        page = page_of(browser)
        page.on("request", lambda r: None if r.url.startswith((base, "data:", "blob:", "ws://127")) else outside.append(r.url))
        book = Book(page, base, "a.ipynb")
        book.ready()
        book.run(0, 1)
        live = page.locator(".jn-live")
        live.get_by_text("running graph 1").wait_for()
        assert "of 60,000 iterations" in live.inner_text() and "a second" in live.inner_text()
        keep(page, "live")
        book.save()
        middle = json.loads((tmp_path / "a.ipynb").read_text())
        assert "widget-view" not in json.dumps(middle) and "jn-live" in json.dumps(middle), "what is saved in the middle of a run is a picture"
        book.output(1).locator(".jn[data-janus]").wait_for()
        page.locator(".jn .tool").wait_for()  # the companion, which is shown nowhere, has brought it to life
        assert live.count() == 0
        page.get_by_role("button", name="operations").click()
        assert page.locator(".jn .operations tr").count() > 50
        page.get_by_role("button", name="operations").click()
        keep(page, "page")
        book.save()
        book.stop_kernels()
        page.goto("about:blank")
        book.open()
        page.locator(".jn[data-janus] li.box >> visible=true").first.wait_for()
        assert page.get_by_text("Error displaying widget").count() == 0
        page.locator(".jn .src tr.m-G").first.focus()
        keep(page, "reload")
        assert not outside, outside
        (tmp_path / "m.ipynb").write_text(json.dumps(middle))
        reader = Book(page_of(browser), base, "m.ipynb")
        reader.page.locator(".jn-live").wait_for()
        assert reader.page.get_by_text("Error displaying widget").count() == 0
        _not_trusted(browser, tmp_path, base)


def _not_trusted(browser: Any, folder: Path, base: str) -> None:
    """A file that was changed outside of Jupyter, as a student gets it."""
    book = json.loads((folder / "a.ipynb").read_text())
    book["cells"].append({"cell_type": "markdown", "id": "x", "metadata": {}, "source": "changed"})
    (folder / "u.ipynb").write_text(json.dumps(book))
    reader = Book(page_of(browser), base, "u.ipynb")
    reader.page.get_by_text("Where the time went").wait_for()
    text = reader.output(1).first.inner_text()
    assert "not in the graph while line 11 is False" in text and "M1" not in text and "g0" not in text
    assert reader.page.locator(".jp-OutputArea style").count() == 0, "this page is trusted, and the test looks at nothing"
    rows = reader.output(1).locator("tr", has_text="log.append(float(loss))").all_inner_texts()
    assert any(row.split()[:2] == ["EG", "13"] for row in rows), rows
    keep(reader.page, "untrusted")


def test_output_behaves_as_without_us(browser: Any, tmp_path: Path) -> None:
    """Bars, cleared outputs, display handles and live plots: as in Python alone, and our page beside them."""
    bars = "%%janus --generate always\nfrom tqdm import tqdm\nfrom tqdm.auto import tqdm as auto\n"
    clear = "%%janus --generate always\nfrom IPython.display import clear_output, display\n" + LOOP.format("range(600)")
    notebook(
        tmp_path / "b.ipynb",
        [
            SETUP,
            bars + LOOP.format("tqdm(range(600))"),
            bars + LOOP.format("auto(range(600))"),
            bars + "bar = auto(total=600)\n" + LOOP.format("range(600)") + "    bar.update(1)\n",
            clear + "    if i % 200 == 199:\n        clear_output(wait=True)\n        print('step', i)\n",
            clear + "    if i % 200 == 199:\n        clear_output()\n        display({'text/plain': f'plot {i}'}, raw=True)\n",
            clear + "    if i == 0:\n        shown = display({'text/plain': 'at 0'}, raw=True, display_id=True)\n"
            "    if i % 200 == 199:\n        shown.update({'text/plain': f'at {i}'}, raw=True)\n",
            "%%janus --generate always\n%matplotlib inline\nimport matplotlib.pyplot as plt\nfrom IPython.display import clear_output, display\n"
            + LOOP.format("range(600)")
            + "    if i % 200 == 199:\n        plt.plot(log[-100:])\n        display(plt.gcf())\n        plt.close()\n        clear_output(wait=True)\n",
        ],
    )
    with serving(tmp_path) as base:
        book = Book(page_of(browser), base, "b.ipynb")
        book.ready()
        book.run(*range(8))
        for number in (1, 2, 3, 4, 5, 6):
            book.output(number).locator(".jn[data-janus]").wait_for(timeout=180_000)
        texts = {n: [o.text_content() for o in book.output(n).all()] for n in (1, 2, 3, 4, 5, 6)}  # of cells out of sight as well
        for number in (1, 2, 3):
            assert any("600/600" in t for t in texts[number]), (number, [t[:80] for t in texts[number]])
        assert not any("0/600" in t.replace("600/600", "") for t in texts[1]), [t[:80] for t in texts[1]]
        assert [t for t in texts[4] if t.startswith("step")] == ["step 599\n"] or any("step 599" in t for t in texts[4])
        assert not any("step 199" in t or "step 399" in t for t in texts[4])
        assert any("plot 599" in t for t in texts[5]) and not any("plot 399" in t for t in texts[5])
        assert sum(t.strip() == "at 599" for t in texts[6]) == 1 and not any(t.strip() in ("at 0", "at 199", "at 399") for t in texts[6]), texts[6]
        book.page.wait_for_timeout(2000)
        assert book.output(7).locator("img").count() == 1, "the last plot stays, as it does in Python alone"


@pytest.mark.parametrize("name", ["JupyterLab Dark"])
def test_dark_theme(browser: Any, tmp_path: Path, name: str) -> None:
    from tests.browser.test_page import CONTRAST

    notebook(tmp_path / "d.ipynb", [SETUP, TRAIN])
    theme(tmp_path, name)
    with serving(tmp_path) as base:
        book = Book(page_of(browser), base, "d.ipynb")
        book.ready()
        book.run(0, 1)
        book.output(1).locator(".jn[data-janus]").wait_for()
        book.page.wait_for_timeout(1500)
        assert book.page.evaluate("document.body.dataset.jpThemeLight") == "false"
        assert book.page.evaluate(CONTRAST) == []
        keep(book.page, "dark")


def test_interrupt_while_a_graph_runs(browser: Any, tmp_path: Path) -> None:
    """The stop button: what was committed is counted, and no frame of ours is in the traceback."""
    notebook(
        tmp_path / "i.ipynb", [SETUP, TRAIN.replace("3000", "10**8").replace("2000", "10**9"), "print('kept', len(log), janus_nb.explain().counts)"]
    )
    book_text = (tmp_path / "i.ipynb").read_text().replace("print('kept'", "import janus_nb\\nprint('kept'")
    (tmp_path / "i.ipynb").write_text(book_text)
    with serving(tmp_path) as base:
        book = Book(page_of(browser), base, "i.ipynb")
        book.ready()
        book.run(0, 1)
        book.page.locator(".jn-live").get_by_text("running graph").wait_for()
        book.page.wait_for_timeout(2000)
        book.cells.nth(1).locator(".jp-InputArea-prompt").click()
        book.page.keyboard.press("i")
        book.page.keyboard.press("i")
        book.output(1).locator(".jn[data-janus]").wait_for()
        text = "\n".join(o.inner_text() for o in book.output(1).all())
        assert "KeyboardInterrupt" in text and "You interrupted the cell" in text
        assert "executor.py" not in text and "driver.py" not in text and "attempt.py" not in text
        book.run(2)
        book.output(2).wait_for()
        said = book.output(2).inner_text()
        counts = eval(said[said.index("{") : said.index("}") + 1])
        assert int(said.split()[1]) == counts["profiled"] + counts["graph"] + counts["eager"], said


def test_notebook_7(browser: Any, tmp_path: Path) -> None:
    pytest.importorskip("notebook")
    notebook(tmp_path / "n.ipynb", [SETUP, TRAIN])
    with serving(tmp_path, "notebook") as base:
        book = Book(page_of(browser, 900), base, "n.ipynb", "notebooks")
        book.ready()
        book.run(0, 1)
        book.page.locator(".jn[data-janus] li.box >> visible=true").first.wait_for()
        keep(book.page, "notebook7")

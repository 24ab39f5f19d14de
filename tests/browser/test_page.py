"""The page in a real browser, without a server: links, keys, search, tools, widths, contrast, axe."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from janus_nb.report import Report

from tests.browser.lab import ARGUMENTS, CHROMIUM
from tests.unit.test_view import two_versions

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not os.path.exists(CHROMIUM), reason=f"no browser: {CHROMIUM} is missing (Debian's package chromium)"),
]


@pytest.fixture()
def document(tmp_path: Path) -> Path:
    """A report with two graphs, as a document."""
    report = Report(two_versions())
    assert len(report.model.tabs) == 2
    report.save(tmp_path / "x.html")
    (tmp_path / "plain.html").write_text(
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>x</title><body>{report.to_html()}</body></html>"
    )
    return tmp_path / "x.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        yield play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


def opened(browser: Any, path: Path, width: int = 1400, scheme: str = "light") -> Any:
    page = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme).new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda said: page.problems.append(said.text) if said.type == "error" else None)
    page.goto(path.as_uri())
    return page


def ground(locator: Any) -> str:
    return str(locator.evaluate("node => getComputedStyle(node).backgroundColor"))


@pytest.mark.parametrize("name", ["x.html", "plain.html"])
def test_a_line_and_its_boxes_light_up_together(browser: Any, document: Path, name: str) -> None:
    page = opened(browser, document.parent / name)
    line, box = page.locator(".src tr.u0l5").first, page.locator(".t1 li.box.u0l5").first
    quiet = ground(box), ground(line)
    line.hover()
    assert ground(box) != quiet[0], "line to box, by mouse"
    page.mouse.move(0, 0)
    box.hover()
    assert ground(line) != quiet[1], "box to line, by mouse"
    page.mouse.move(0, 0)
    line.focus()
    assert ground(box) != quiet[0], "line to box, by keyboard"
    box.focus()
    assert ground(line) != quiet[1], "box to line, by keyboard"
    assert not page.problems


def test_versions_are_tabs(browser: Any, document: Path) -> None:
    page = opened(browser, document.parent / "plain.html")
    assert page.locator(".tab.t1").is_visible() and not page.locator(".tab.t0").is_visible()
    page.locator(".tabs label").first.click()
    assert page.locator(".tab.t0").is_visible() and not page.locator(".tab.t1").is_visible()


def test_search_zoom_replay_operations_and_comparison(browser: Any, document: Path) -> None:
    page = opened(browser, document)
    page.locator(".tool input[type=search]").fill("log.append")
    assert page.locator(".src tr.found").count() == 2
    before = page.locator(".t1 .gr ol").bounding_box()
    page.get_by_role("button", name="larger").click()
    after = page.locator(".t1 .gr ol").bounding_box()
    assert after["width"] > before["width"]
    page.get_by_role("button", name="step through").click()
    assert "the profiler watches" in page.locator("[aria-live]").inner_text()
    page.get_by_role("button", name="operations").click()
    assert "every operation" in page.locator(".operations").inner_text()
    page.get_by_role("button", name="compare versions").click()
    assert page.get_by_text("version by version").is_visible()
    page.get_by_role("button", name="switch off").click()
    page.get_by_label("--no-unroll").check()
    assert page.locator(".ablation code").inner_text() == "%%janus --no-unroll"
    assert not page.problems


@pytest.mark.parametrize("form", ["SVG", "DOT", "JSON", "HTML", "PNG"])
def test_export(browser: Any, document: Path, form: str) -> None:
    page = opened(browser, document)
    with page.expect_download() as download:
        page.get_by_label("save the graph or the report").select_option(form)
    saved = Path(download.value.path()).read_bytes()
    begins = {"SVG": b"<svg", "DOT": b"digraph", "JSON": b'{"janus":2', "HTML": b"<!doctype", "PNG": b"\x89PNG"}
    assert saved.startswith(begins[form])
    assert not page.problems


@pytest.mark.parametrize("width", [390, 900, 1400])
def test_nothing_sticks_out_at_any_width(browser: Any, document: Path, width: int) -> None:
    page = opened(browser, document, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for part in page.locator(".jn > *").all():
        box = part.bounding_box()
        assert box is None or box["x"] + box["width"] <= width, part.get_attribute("class")


CONTRAST = """() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const lum = ([r, g, b]) => [r, g, b].map(x => x / 255).map(x => x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4)
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const bad = [];
  const walk = document.createTreeWalker(document.querySelector(".jn"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || node.closest("style, script, .thin, .to, option") || node.offsetParent === null) continue;
    let at = node, ground = [0, 0, 0, 0];
    while (at && (ground.length > 3 && ground[3] === 0)) { ground = rgb(getComputedStyle(at).backgroundColor); at = at.parentElement; }
    const pair = [lum(rgb(getComputedStyle(node).color)), lum(ground)].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) bad.push(`${node.textContent.slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return bad;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_contrast(browser: Any, document: Path, scheme: str) -> None:
    page = opened(browser, document, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser: Any, document: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(opened(browser, document, scheme=scheme)).response["violations"]
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found] == []

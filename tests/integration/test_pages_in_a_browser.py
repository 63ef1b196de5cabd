"""Every page in Chromium: nothing is fetched, axe-core finds nothing, it prints on A4, a keyboard
reaches what is wider than the screen; all of it without scripts of its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser import browsing, needs_chromium, opened, violations
from tests.spec.drawn_tables import settled
from tests.unit.test_pages import AS_OF, EVIDENCE, TERMS

from impactbond.pages import programme_page, reconciliation_page, statement_page, write_page
from impactbond.receipts.read import read_receipts
from impactbond.receipts.reconcile import reconcile

CUT_OFF = """
[...document.querySelectorAll('svg text')].filter(text => {
  const box = text.getBBox(), wide = text.ownerSVGElement.viewBox.baseVal.width
  return box.x < -1 || box.x + box.width > wide + 1
}).map(text => text.textContent)
"""
# Of a narrow screen: how high the smallest letters of charts are, in pixels.
SMALLEST = """
Math.min(99, ...[...document.querySelectorAll('svg:has(text)')].map(chart =>
  13 * chart.getBoundingClientRect().width / chart.viewBox.baseVal.width
))
"""
BROKEN = "<html><head><title></title></head><body><img src='x.png'><h3>A</h3></body></html>"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    settlement = settled(TERMS, EVIDENCE, AS_OF)
    receipts = folder / "bank.csv"
    receipts.write_text(
        "receipt,funder,received_on,amount\nB1,council,2017-06-01,25.00\n", encoding="utf-8"
    )
    came = read_receipts(receipts, settlement.contract)
    made = {
        "programme": programme_page(settlement),
        "programme for a funder": programme_page(settlement, audience="council"),
        "statement": statement_page(settlement),
        "reconciliation": reconciliation_page(reconcile(settlement, came, on="2017-08-01")),
    }
    return {name: write_page(text, folder / f"{name}.html") for name, text in made.items()}


@needs_chromium
def test_every_page_stands_alone_and_axe_finds_nothing(pages: dict[str, Path]) -> None:
    with browsing() as context:
        for name, path in pages.items():
            page, asked = opened(context, path)
            assert asked == [], name
            assert violations(page) == [], name
            # What is wider than a telephone scrolls within itself, and the page does not.
            page.set_viewport_size({"width": 400, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= 400, name
            texts = page.evaluate(CUT_OFF)
            assert texts == [], f"{name}: a text is cut off"
            assert page.evaluate(SMALLEST) >= 12, f"{name}: a chart cannot be read"
        # The same rules find what is wrong where something is.
        page = context.new_page()
        page.set_content(BROKEN)
        assert {"document-title", "html-has-lang", "image-alt"} <= dict(violations(page)).keys()


@needs_chromium
def test_it_reads_and_prints_without_scripts_and_by_keyboard(pages: dict[str, Path]) -> None:
    with browsing(scripts=False) as context:
        page, _ = opened(context, pages["programme"])
        assert page.get_by_role("heading", level=1).inner_text().startswith("Programme")
        assert page.get_by_role("table", name="How the milestones stand").is_visible()
        assert page.get_by_role("img", name="Milestones achieved").is_visible()
        page.keyboard.press("Tab")
        assert page.get_by_role("link", name="Go to the page").is_visible()
        printed = page.pdf(prefer_css_page_size=True)
        assert printed.startswith(b"%PDF")
        # A4 in points, upright and for the widest table on its side.
        boxes = {tuple(round(float(n)) for n in box) for box in media_boxes(printed)}
        assert boxes == {(595, 842), (842, 595)}


def media_boxes(printed: bytes) -> list[tuple[bytes, bytes]]:
    """Width and height of every page of a PDF."""
    import re

    return re.findall(rb"/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]", printed)

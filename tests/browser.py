"""Chromium as a reader: what it makes of a page, what axe-core's rules find, and what it prints."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
needs_chromium = pytest.mark.browser  # tests/conftest.py skips these where there is none
# Everything that axe can tell by itself of the levels A and AA, and what it calls best practice.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def axe_core() -> str:
    """The text of axe-core, out of the package that brings it."""
    home = find_spec("axe_playwright_python")
    assert home is not None
    assert home.submodule_search_locations
    return Path(home.submodule_search_locations[0], "axe.min.js").read_text("utf-8")


@contextmanager
def browsing(*, scripts: bool = True) -> Iterator[Any]:
    """A browser that is open; without scripts it runs none of a page's."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM is not None, "ask needs_chromium first"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        # What the page forbids itself is no bar to a test that looks into it.
        context = browser.new_context(bypass_csp=True, java_script_enabled=scripts)
        try:
            yield context
        finally:
            browser.close()


def opened(context: Any, path: Path) -> tuple[Any, list[str]]:
    """A page, and everything else that it asked for while it was opened."""
    page, asked = context.new_page(), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    return page, [url for url in asked if url != path.as_uri()]


def violations(page: Any) -> list[tuple[str, str]]:
    """What axe-core finds wrong: the rule, and the first element that breaks it."""
    page.evaluate(axe_core())
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES
    )
    return [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]

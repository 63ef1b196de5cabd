"""The documents as one site: `python -m sphinx -W -b html docs site`, with the extra `docs`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

project = "impactbond"
author = "The impactbond authors"
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_theme_options = {
    "description": "Outcomes-based funding contracts as data: from evidence to statements.",
    "fixed_sidebar": True,
    "page_width": "1100px",
    "sidebar_width": "260px",
}
# Nothing is fetched from elsewhere, so that the site reads offline too.
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
myst_url_schemes = ["http", "https", "mailto"]
# CSV and the tables of examples are shown as they are.
suppress_warnings = ["misc.highlighting_failure"]

DOCS = Path(__file__).parent


def in_the_repository(app: Any, name: str, source: list[str]) -> None:
    """What a page links to outside of the site is named by its place in the repository; whether it
    is there is asked, as of a link inside.
    """

    def named(link: re.Match[str]) -> str:
        place = ((DOCS / name).parent / link[2].partition("#")[0]).resolve()
        if place.is_relative_to(DOCS) or not place.exists():
            return link[0]
        return f"{link[1]} (`{place.relative_to(DOCS.parent)}`)"

    source[0] = re.sub(r"\[([^]]+)\]\((\.\./[^)]+)\)", named, source[0])


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("source-read", in_the_repository)

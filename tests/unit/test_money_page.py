"""Every example of the page on money comes to what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.spec.drawn_tables import paid, rows

PAGE = (Path(__file__).parents[2] / "docs" / "money.md").read_text("utf-8")
EXAMPLES = re.findall(
    r"```yaml\n(.*?)```.*?```evidence\n(.*?)```.*?```due\n(.*?)```", PAGE, flags=re.DOTALL
)


@pytest.mark.parametrize("number", range(3))
def test_an_example_comes_to_what_the_page_says(number: int) -> None:
    terms, evidence, due = EXAMPLES[number]
    said = {row.pop("claim"): row for row in rows(due)}
    assert paid(terms, evidence) == said

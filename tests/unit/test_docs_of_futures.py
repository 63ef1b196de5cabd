"""What the pages on investors, prices and forecasts show is run, and comes out as they say."""

from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO

from tests.spec.drawn_tables import contract_of
from tests.unit.test_docs_run import page, shown

import impactbond


def run(code: str, **names: object) -> str:
    """What a piece of code of a page prints."""
    said = StringIO()
    with redirect_stdout(said):
        exec(code, {"ib": impactbond, **names})
    return said.getvalue()


def told(name: str) -> list[str]:
    """What a page says that its code prints: blocks of no language."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", page(name), re.DOTALL | re.MULTILINE)
    return [text for language, text in blocks if not language]


def test_the_schedule_of_investors_is_what_the_page_says() -> None:
    [terms], [code] = shown("investors", "yaml"), shown("investors", "python")
    said = run(code, contract=contract_of(terms))
    [block] = told("investors")
    assert block in said
    assert "principal   £39,966.85" in said  # 41,000.00 less 1,033.15

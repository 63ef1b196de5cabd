"""Every example of the page on receipts comes to what the page says, and it names every column."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.spec.drawn_tables import rows, settled
from tests.spec.test_receipts import EVIDENCE
from tests.spec.test_receipts_together import SHARES, dues

from impactbond.receipts.read import OPTIONAL, REQUIRED, read_receipts
from impactbond.receipts.reconcile import reconcile

PAGE = (Path(__file__).parents[2] / "docs" / "receipts.md").read_text("utf-8")
EXAMPLES = re.findall(r"```csv\n(.*?)```.*?```dues\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("number", range(2))
def test_every_example_comes_to_what_the_page_says(number: int, tmp_path: Path) -> None:
    delivered, comes_to = EXAMPLES[number]
    file = tmp_path / "bank.csv"
    file.write_text(delivered, encoding="utf-8")
    settlement = settled(SHARES, EVIDENCE, "2018-01-31")
    receipts = read_receipts(file, settlement.contract)
    assert receipts.refused_table.num_rows == 0
    assert dues(reconcile(settlement, receipts, on="2017-10-01")) == rows(comes_to)


def test_the_page_names_every_column() -> None:
    assert not [name for name in (*REQUIRED, *OPTIONAL) if f"`{name}`" not in PAGE]

"""Every example of the page on counts settles to what the page says, and the page names every
column.
"""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from tests.spec.drawn_tables import THE_END, contract_of

from impactbond.errors import SettlementError
from impactbond.evidence.read_counts import read_claims
from impactbond.evidence.sources import OPTIONAL, REQUIRED
from impactbond.money import show
from impactbond.settlement.settle import settle

PAGE = (Path(__file__).parents[2] / "docs" / "counts.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```\s+```csv\n(.*?)```\s+```text\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_settles_to_what_the_page_says(number: int) -> None:
    terms, counted, told = EXAMPLES[number]
    contract = contract_of(terms)
    counts = read_claims(pd.read_csv(StringIO(counted), dtype=str), contract)
    assert counts.refused_table.num_rows == 0, counts.refused_table.to_pylist()
    if told.startswith("refused: "):
        with pytest.raises(SettlementError, match=told.removeprefix("refused: ").strip()):
            settle(contract, counts, as_of=THE_END)
        return
    due: dict[str, list[str]] = {}
    for row in settle(contract, counts, as_of=THE_END).balances_table.to_pylist():
        if row["due_pence"]:
            paid = f"{row['funder']} {show(row['due_pence'], 'GBP')}"
            due.setdefault(row["claim_period"], []).append(paid)
    assert [f"{claim}: {', '.join(paid)}" for claim, paid in due.items()] == told.splitlines()


def test_every_block_is_of_an_example_and_every_column_is_named() -> None:
    assert PAGE.count("```") == 6 * len(EXAMPLES)
    assert len(EXAMPLES) > 5
    for column in (*REQUIRED["counts"], *OPTIONAL["counts"]):
        assert f"`{column}`" in PAGE

"""Every example of the page on mappings is read to what it says, and the page names every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.partner_files import children, contract

from impactbond.evidence.read import read_evidence
from impactbond.mappings.mapped_table import VALUES, MappedTable
from impactbond.mappings.read import parse_mapping
from impactbond.mappings.values import ColumnValue
from impactbond.terms.metrics.choices import Chosen
from impactbond.terms.metrics.numbers import Numbered

PAGE = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```\s+```csv\n(.*?)```\s+```text\n(.*?)```", PAGE, re.DOTALL)


def told(metric: str, value: int) -> str:
    term = contract().metrics[metric]
    if isinstance(term, Numbered):
        return term.shown(value)
    return term.choices[value] if isinstance(term, Chosen) else ("no", "yes")[value]


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_is_read_to_what_the_page_says(number: int, tmp_path: Path) -> None:
    terms, cells, expected = EXAMPLES[number]
    mapping = parse_mapping(terms.encode(), name="page.yaml", contract=contract())
    file = tmp_path / mapping.tables[1].files[0].replace("*", "_1")
    file.write_text(cells, encoding="utf-8")
    evidence = read_evidence([children(tmp_path), file], contract(), mapping=mapping)
    found = []
    for row in evidence.observations_table.to_pylist():
        what = [row["participant"], str(row["observed_on"]), row["slot"], row["metric"]]
        found.append(" ".join([*filter(None, what), told(row["metric"], row["value"])]))
    refused = {
        f"refused: row {row['row']}, {row['column']}, {row['code']}"
        for row in evidence.refused_table.to_pylist()
    }
    assert [*sorted(found), *sorted(refused)] == expected.splitlines()


def test_every_block_is_of_an_example_and_every_key_is_named() -> None:
    assert PAGE.count("```") == 6 * len(EXAMPLES)
    assert len(EXAMPLES) == 5
    keys = {field.alias or name for name, field in MappedTable.model_fields.items()} - {"clause"}
    assert [key for key in keys if f"`{key}`" not in PAGE] == []
    own = {field.alias or name for name, field in ColumnValue.model_fields.items()} - {"column"}
    named = {*own, "zone", "on", "year", "format"}
    assert [key for key in named if f"`{key}" not in PAGE] == []
    assert [kind.key for kind in VALUES if f"{{{kind.key}: " not in PAGE] == []

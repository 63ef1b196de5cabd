"""What the pages on examples, evidence tables and areas show is run, and the limits are those."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.contract.read import read_contract
from impactbond.contract.reading.terms_file import MOST_BYTES as MOST_BYTES_OF_TERMS
from impactbond.evidence.csv_files import LONGEST_CELL
from impactbond.evidence.headings import OPTIONAL, REQUIRED
from impactbond.evidence.read import read_evidence
from impactbond.evidence.spreadsheet import MOST_BYTES, MOST_CELLS
from impactbond.settlement.examples import check_examples
from impactbond.settlement.settle import settle
from impactbond.simulation.area import Area, levels_of
from impactbond.simulation.read import parse_area
from impactbond.simulation.simulate import simulate

DOCS = Path(__file__).parents[2] / "docs"
TABLES = ("participants", "observations")
WLZ = Path(__file__).parents[2] / "fixtures" / "contracts" / "west_london_zone.yaml"


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def shown(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page(name), flags=re.DOTALL)


@pytest.mark.parametrize("text", shown("examples", "yaml"))
def test_every_worked_example_of_the_page_holds(text: str) -> None:
    examples = check_examples(contract_of(text))
    assert examples
    assert [fault for one in examples for fault in one.faults] == []


def test_the_evidence_tables_of_the_page_pay_what_it_says(tmp_path: Path) -> None:
    source = {}
    for name, text in zip(TABLES, shown("evidence_tables", "csv"), strict=True):
        source[name] = tmp_path / f"{name}.csv"
        source[name].write_text(text, encoding="utf-8")
    contract = contract_of("")
    for at_rest in (True, False):
        evidence = read_evidence(source, contract, at_rest=at_rest)
        paid = settle(contract, evidence, as_of="2017-04-30").payments_table
        assert sum(paid["amount_pence"].to_pylist()) == 20_000
    assert "these two tables pay £200.00" in page("evidence_tables")


def test_the_sheets_of_the_page_are_taken() -> None:
    [text] = shown("evidence_tables", "yaml")
    assert contract_of(text).sheets["Export"].is_long


def test_the_page_names_every_column_and_the_limits_of_reading() -> None:
    for name, columns in (*REQUIRED.items(), *OPTIONAL.items()):
        told = page("evidence_tables" if name in TABLES else name)
        assert all(f"| `{column}` |" in told for column in columns)
    text = page("evidence_tables")
    assert "| `slot` |" in text
    assert (f"{MOST_BYTES_OF_TERMS:,} bytes", MOST_BYTES) == ("200,000 bytes", 2**30)
    assert MOST_CELLS == 20_000_000
    for told in ("200,000 bytes", "20 million cells", "1 GiB", f"{LONGEST_CELL:,} characters"):
        assert told in text


def test_every_area_of_the_page_is_simulated_and_every_key_is_named() -> None:
    first, *others = shown("areas", "yaml")
    pairs = [(read_contract(WLZ), first)]
    pairs += [(contract_of(terms), area) for terms, area in zip(*[iter(others)] * 2, strict=True)]
    assert len(pairs) == 6
    for contract, text in pairs:
        area = parse_area(text.encode(), name="area.yaml", contract=contract)
        told = simulate(contract, area, trials=20, seed=1).text
        assert "cannot see" not in told
    schema = Area.model_json_schema()
    keys = {key for term in (schema, *schema["$defs"].values()) for key in term["properties"]}
    assert not [key for key in keys if f"`{key}`" not in page("areas")]


def test_the_spread_of_the_page_is_that_of_its_formula() -> None:
    of, chance = 50, 0.5
    times = 28.18 / (of * chance * (1 - chance))
    assert round(times, 4) == 2.2544
    assert round((chance * (1 - chance) * (times - 1) / (of - 1)) ** 0.5, 4) == 0.08
    levels = levels_of(Fraction(1, 2), Fraction(8, 100))
    assert sum(0.42 <= level <= 0.58 for level in levels) > len(levels) / 2
    for told in ("(f − 1) / (n − 1)", "f is 2.2544", "`by: 8%`"):
        assert told in page("areas")

"""A contract that uses every term of the language, read for its shape alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from impactbond.contract.contract import Contract
from impactbond.contract.reading.terms_file import repaired
from impactbond.contract.reading.yaml_document import load

RICH = Path(__file__).with_name("rich_contract.yaml").read_text(encoding="utf-8")
# The same with the bank holidays of a list, which no contract with those of a place has.
LISTED = RICH.replace(
    "working_days_of: Wales", "bank_holidays: [2020-12-25, 2021-12-27], weekend: [Friday, Saturday]"
)


@cache
def rich_contract(text: str = RICH) -> Contract:
    """A contract from text that need only have the right shape."""
    repair = repaired(Contract, load(text, "rich.yaml"))
    assert repair.faults == [], repair.faults
    assert repair.terms is not None
    return repair.terms

"""The fixture contract, damaged as people damage contracts, and the faults that are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from impactbond.contract.read import parse_contract
from impactbond.errors import ContractError, Fault

FIXTURES = Path(__file__).parents[1] / "fixtures" / "contracts"
WHOLE = (FIXTURES / "west_london_zone.yaml").read_text(encoding="utf-8")
NAME = "damaged.yaml"
# What only programmers say. Names that the contract itself gives stand in quotation marks.
_JARGON = re.compile(
    r"input|valid|dict\b|\w_type|union|\btag\b|tuple|instance|Decimal\b|literal|None|NoneType"
    r"|discriminator|pydantic|\bint\b|\bstr\b|\bbool\b|null\b|Fraction|Error|\(\w+\)\.|mapping|scalar"
)


def damaged(*changes: tuple[str, str]) -> str:
    """The fixture contract with the first of each old text written anew."""
    text = WHOLE
    for old, new in changes:
        assert old in text, f"the fixture no longer holds {old!r}"
        text = text.replace(old, new, 1)
    return text


def faults_of(content: str | bytes) -> tuple[Fault, ...]:
    """Everything that is told about a contract, in one error, in reading order, without jargon."""
    source = content.encode() if isinstance(content, str) else content
    with pytest.raises(ContractError) as caught:
        parse_contract(source, name=NAME)
    faults = caught.value.faults
    assert [fault.line for fault in faults] == sorted(fault.line for fault in faults)
    for fault in faults:
        assert fault.file == NAME
        assert not jargon_in(fault), str(fault)
        assert str(fault) in str(caught.value)
    return faults


def jargon_in(fault: Fault) -> list[str]:
    """Words of programmers in what is told about a fault."""
    told = " ".join((fault.problem, fault.found, fault.allowed, fault.hint))
    return _JARGON.findall(re.sub(r"'[^']*'", "", told))


def line_of(text: str, part: str) -> int:
    """The line on which a part of a text starts, from 1."""
    assert part in text
    return text.count("\n", 0, text.index(part)) + 1

"""Terms from what programs have, and as what they take: texts, bytes, streams, mappings, JSON."""

from __future__ import annotations

import io
import json
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import impactbond as ib
from impactbond.contract.reading.plain_json import plain_json
from impactbond.contract.reading.yaml_document import load

FIXTURES = Path(__file__).parents[2] / "fixtures"
FILE = FIXTURES / "contracts" / "hounslow_dementia.yaml"
TEXT = FILE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def contract() -> ib.Contract:
    return ib.read_contract(FILE)


@pytest.mark.parametrize(
    "given",
    [
        TEXT,
        TEXT.encode(),
        bytearray(TEXT.encode()),
        io.StringIO(TEXT),
        io.BytesIO(TEXT.encode()),
        load(TEXT, "a").value,
        json.loads(plain_json(load(TEXT, "a").value), parse_float=Decimal),
    ],
    ids=["text", "bytes", "bytearray", "text stream", "byte stream", "mapping", "json"],
)
def test_a_contract_is_the_same_whatever_it_comes_in(contract: ib.Contract, given: Any) -> None:
    assert ib.read_contract(given).model_dump() == contract.model_dump()


def test_a_float_is_the_number_that_was_typed(contract: ib.Contract) -> None:
    value = json.loads(plain_json(load(TEXT, "a").value))
    value["milestones"]["first_outcome"]["price"] = 900.1
    changed = ib.read_contract(value)
    assert changed.milestones["first_outcome"].price == Decimal("900.10")
    assert changed.milestones["second_outcome"] == contract.milestones["second_outcome"]


def test_a_contract_gives_json_that_reads_back_as_the_same(contract: ib.Contract) -> None:
    text = ib.terms_json(contract)
    assert json.loads(text)["contract"] == contract.contract
    again = ib.read_contract(text + "\n")
    assert again.model_dump() == contract.model_dump()
    assert ib.terms_json(again) == text
    area = ib.read_area(FIXTURES / "areas" / "new_borough.yaml")
    again_area = ib.read_area(ib.terms_json(area).encode())
    assert again_area.model_dump() == area.model_dump()


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*/*.yaml")), ids=lambda path: path.stem)
def test_every_value_of_every_file_stays_what_it_was(path: Path) -> None:
    value = load(path.read_text(encoding="utf-8"), path.name).value
    again = load(plain_json(value), path.name).value
    # 450.00 stays 450.00; JSON has no days, which every term takes as texts as well.
    assert repr(again) == re.sub(r"datetime\.date\((\d+), (\d+), (\d+)\)", _day, repr(value))


def _day(found: re.Match[str]) -> str:
    return repr(date(*map(int, found.groups())).isoformat())


def test_numbers_and_days_are_written_as_they_stand() -> None:
    value = {"a": Decimal("450.00"), "b": 0.1, "c": date(2018, 1, 31), "d": (True, None), "e": 1e22}
    assert plain_json(value) == (
        '{"a": 450.00, "b": 0.1, "c": "2018-01-31", "d": [true, null], '
        '"e": 10000000000000000000000}'
    )


class _Broken(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        raise RuntimeError("Elm")


_CLOSED = io.StringIO(TEXT)
_CLOSED.close()
_ITSELF: dict[str, Any] = {}
_ITSELF["again"] = _ITSELF


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        ({"contract": float("nan")}, "not_plain", "contract"),
        ({"milestones": {"a": {"price": 1j}}}, "not_plain", "milestones > a > price"),
        ({"milestones": {7: {}}}, "not_plain", "milestones"),
        ({"signed": datetime(2018, 1, 1)}, "not_plain", "type datetime"),
        (_ITSELF, "not_plain", "too deep"),
        (_Broken(), "no_stream", "cannot be read"),
        (_CLOSED, "no_stream", "cannot be read"),
        (io.BytesIO(b"\xff\xfe"), "not_text", "no UTF-8"),
        ("a\n\ud800", "not_text", "no UTF-8"),
        (b"", "empty", "the bytes"),
        (b"title: [", "not_yaml", "the bytes"),
    ],
)
def test_what_is_no_contract_is_told_in_our_words(given: Any, code: str, told: str) -> None:
    with pytest.raises(ib.ContractError) as refused:
        ib.read_contract(given)
    (fault,) = refused.value.faults
    assert fault.code == code
    assert told in str(refused.value)
    assert "Elm" not in str(refused.value)


def test_a_fault_in_a_text_is_placed_on_its_line() -> None:
    with pytest.raises(ib.ContractError) as refused:
        ib.read_contract(TEXT.replace("currency: GBP", "currency: XXX"))
    (fault,) = refused.value.faults
    number = TEXT.splitlines().index("currency: GBP") + 1
    assert str(fault).startswith(f"the text, line {number}, at currency: ")

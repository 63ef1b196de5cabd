"""Receipts are read or refused with a reason; the published damage is refused by name."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
import xlsxwriter
from tests.spec.drawn_tables import contract_of

from impactbond.contract.contract import Contract
from impactbond.errors import ReceiptError
from impactbond.receipts.cells import amount_of
from impactbond.receipts.read import read_receipts
from impactbond.receipts.receipts import Receipts

HEAD = "receipt,funder,received_on,amount"
GOOD = f"{HEAD}\nA1,council,2017-05-30,100.00\n"


@pytest.fixture
def contract() -> Contract:
    return contract_of("")


def read(tmp_path: Path, text: str, contract: Contract, name: str = "bank.csv") -> Receipts:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_receipts(path, contract)


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("100", 10_000),
        ("1,234.50", 123_450),
        ("£1,234.50", 123_450),
        ("GBP 12", 1_200),
        (100.10, 10_010),
        (3, 300),
        ("=D41-D36", "formula_as_text"),  # INDIGO-POJ-0004
        ("=450+408+490", "formula_as_text"),  # INDIGO-POJ-0321
        ("#REF!", "error_value"),
        ("120,000; 80,000", "two_amounts"),  # INDIGO-POJ-0091
        ("£100 and £200", "two_amounts"),
        ("1 234.50", "not_an_amount"),
        ("1'234.50", "not_an_amount"),
        ("1.5E3", "not_an_amount"),
        ("€100", "other_currency"),
        ("100 USD", "other_currency"),
        ("NIS 400", "other_currency"),  # INDIGO-POJ-0039
        ("200084.4148982412", "too_many_decimals"),  # INDIGO-POJ-0175
        (93792.99999999999, "too_many_decimals"),  # INDIGO-POJ-0193
        ("-5", "negative_amount"),
        ("0.00", "nothing_received"),
        (1e20, "amount_too_large"),
        (float("nan"), "not_an_amount"),
        (True, "not_an_amount"),
        ("tbc", "not_an_amount"),
        ("1,2,3", "not_an_amount"),
        ("1.500", "may_be_thousands"),
        ("£12.000", "may_be_thousands"),
        ("0.500", 50),
        ("1,234.500", 123_450),
        (1.500, 150),
    ],
)
def test_a_cell_of_money_is_one_amount_or_says_why_not(cell: object, found: int | str) -> None:
    amount = amount_of(cell, "GBP")
    assert amount == found or getattr(amount, "code", None) == found


def test_currencies_of_no_and_three_decimals_are_exact() -> None:
    assert amount_of("1,234", "JPY") == 1_234
    assert getattr(amount_of("1.5", "JPY"), "code", "") == "too_many_decimals"
    assert amount_of("1.234", "KWD") == 1_234
    # With three decimals a comma could be either: it is not guessed.
    assert getattr(amount_of("1,234", "KWD"), "code", "") == "not_an_amount"


@pytest.mark.parametrize(
    ("cell", "currency", "found"),
    [
        ("US$1,234.50", "USD", 123_450),
        ("$1,234.50", "USD", 123_450),
        ("A$5", "AUD", 500),
        ("$5", "AUD", "other_currency"),
        ("US$5", "AUD", "other_currency"),
        ("A$5", "USD", "not_an_amount"),
    ],
)
def test_a_dollar_is_of_the_country_of_the_contract(
    cell: str, currency: str, found: int | str
) -> None:
    amount = amount_of(cell, currency)
    assert amount == found or getattr(amount, "code", None) == found


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("A2,council,2018-13-05,1.00", "received_on", "not_a_date"),  # INDIGO-POJ-0001
        ("A2,council,05/06/2017,1.00", "received_on", "not_a_date"),
        ("A2,mayor,2017-06-01,1.00", "funder", "unknown_funder"),
        ("A2,school,2017-06-01,1.00", "funder", "unknown_funder"),
        ("A2,council: Elm,2017-06-01,1.00", "funder", "unknown_funder"),
        ("A2,unfunded,2017-06-01,1.00", "funder", "unknown_funder"),
        (",council,2017-06-01,1.00", "receipt", "missing_value"),
        ("A2,council,2017-06-01,", "amount", "missing_value"),
        ("A1,council,2017-05-30,100.00", "receipt", "copied_receipt"),
    ],
)
def test_a_broken_row_is_refused_by_its_row_and_column(
    tmp_path: Path, contract: Contract, row: str, column: str, code: str
) -> None:
    receipts = read(tmp_path, f"{GOOD}{row}\n", contract)
    assert receipts.received["receipt"].tolist() == ["A1"]
    refused = receipts.refused.iloc[0]
    assert (refused["row"], refused["column"], refused["code"]) == (3, column, code)
    assert refused["problem"]
    assert "mayor" not in receipts.refused.to_string()


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("claim_period", "2018-13", "unknown_claim_period"),
        ("contract", "another", "other_contract"),
        ("currency", "USD", "other_currency"),
    ],
)
def test_what_a_row_says_besides_must_fit_the_contract(
    tmp_path: Path, contract: Contract, column: str, cell: str, code: str
) -> None:
    text = f"{HEAD},{column}\nA1,council,2017-05-30,1.00,{cell}\nA2,council,2017-05-30,2.00,\n"
    receipts = read(tmp_path, text, contract)
    assert receipts.received["receipt"].tolist() == ["A2"]
    assert receipts.refused["code"].tolist() == [code]


def test_a_reference_on_receipts_that_differ_refuses_them_all(
    tmp_path: Path, contract: Contract
) -> None:
    receipts = read(tmp_path, f"{GOOD}A1,council,2017-05-30,100.01\n", contract)
    assert receipts.received_table.num_rows == 0
    assert receipts.refused["code"].tolist() == ["reference_reused"] * 2


def test_a_file_delivered_twice_counts_once_in_any_order(
    tmp_path: Path, contract: Contract
) -> None:
    for name in ("one.csv", "two.csv"):
        read(tmp_path, GOOD, contract, name)
    more = "A2,lottery,2017-05-29,5.00\n"
    read(tmp_path, GOOD + more, contract, "three.csv")
    paths = [tmp_path / name for name in ("one.csv", "two.csv", "three.csv")]
    there, back = read_receipts(paths, contract), read_receipts(paths[::-1], contract)
    assert there.received_table.equals(back.received_table)
    assert there.received["receipt"].tolist() == ["A2", "A1"]
    assert (there.repeated, there.refused_table.num_rows) == (2, 0)


def test_files_of_one_name_from_two_folders_are_two_deliveries(
    tmp_path: Path, contract: Contract
) -> None:
    paths = []
    for month in ("may", "june"):
        (tmp_path / month).mkdir()
        read(tmp_path / month, GOOD, contract)
        paths.append(tmp_path / month / "bank.csv")
    receipts = read_receipts(paths, contract)
    assert (receipts.repeated, receipts.refused_table.num_rows) == (1, 0)
    assert receipts.total_pence == 10_000


def test_alike_receipts_under_two_references_are_counted_and_told(
    tmp_path: Path, contract: Contract
) -> None:
    receipts = read(tmp_path, f"{GOOD}A2,council,2017-05-30,100.00\n", contract)
    assert receipts.total_pence == 20_000
    assert "rows 2, 3: the same funder, day and amount" in receipts.cautions[0]


def test_funders_are_known_by_name_and_one_of_many_by_its_attribute(
    tmp_path: Path, contract: Contract
) -> None:
    rows = "A2,The lottery,2017-06-01,1.00\nA3,school: Elm,2017-06-01,1.00\n"
    receipts = read(tmp_path, GOOD + rows, contract)
    assert receipts.received["funder"].tolist() == ["council", "lottery", "school: Elm"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "there is nothing"),
        ("a,b\n1,2\n", "there is no column 'receipt'"),
        ("receipt,funder,received_on,amuont\n", "Did you mean 'amuont'?"),
        (f"{HEAD},amount\n", "the heading 'amount' stands 2 times"),
        (f"{HEAD}\nA1,council,2017-05-30,1,200.00\n", "more cells than there are headings"),
        (f'{HEAD}\n"A1,council\n', "a quotation mark is not closed"),
    ],
)
def test_a_file_of_another_shape_is_told_whole(
    tmp_path: Path, contract: Contract, text: str, told: str
) -> None:
    with pytest.raises(ReceiptError) as caught:
        read(tmp_path, text, contract)
    assert told in str(caught.value)
    assert "bank.csv" in str(caught.value)


def test_files_that_cannot_be_read_are_told_by_name(tmp_path: Path, contract: Contract) -> None:
    (tmp_path / "latin.csv").write_bytes(GOOD.encode("utf-16"))
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    names = ["latin.csv", "old.xls", "none.csv"]
    with pytest.raises(ReceiptError) as caught:
        read_receipts([tmp_path / name for name in names], contract)
    told = str(caught.value)
    assert all(name in told for name in names)
    assert "UTF-8" in told


def test_a_workbook_and_frames_say_the_same_as_a_file(tmp_path: Path, contract: Contract) -> None:
    path = tmp_path / "receipts.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("About").write(0, 0, "Receipts of the spring")
        sheet = book.add_worksheet("Receipts")
        sheet.write_row(0, 0, ["Receipt", "Funder", "Received on", "Amount"])
        sheet.write_row(1, 0, ["A1", "council", "2017-05-30", 100.0])
        sheet.write_row(2, 0, ["A2", "council", "2017-05-30"])
        sheet.write_formula(2, 3, "=1/0", None, "#DIV/0!")
    from_book = read_receipts(path, contract)
    from_file = read(tmp_path, GOOD, contract)
    columns = ["receipt", "funder", "received_on", "amount_pence"]
    assert from_book.received_table.select(columns).equals(from_file.received_table.select(columns))
    assert from_book.refused[["sheet", "row", "column", "code"]].to_numpy().tolist() == [
        ["Receipts", 3, "Amount", "error_value"]
    ]
    rows = {"receipt": ["A1"], "funder": ["council"], "amount": [100.0]}
    rows |= {"received_on": ["2017-05-30"]}
    for frame in (pd.DataFrame(rows), pl.DataFrame(rows), pl.DataFrame(rows).lazy()):
        found = read_receipts(frame, contract)
        assert found.received_table.select(columns).equals(from_file.received_table.select(columns))
    assert isinstance(read_receipts(pl.DataFrame(rows), contract).received, pl.DataFrame)
    with pytest.raises(ReceiptError, match="no receipts that can be read"):
        read_receipts(json.loads("{}"), contract)


def test_receipts_are_shown_by_count_and_total(tmp_path: Path, contract: Contract) -> None:
    receipts = read(tmp_path, f"{GOOD}A2,mayor,2017-06-01,1.00\n", contract)
    assert repr(receipts) == (
        "Receipts(receipts: 1, received in all: £100.00, refused: unknown_funder: 1, "
        "rows delivered more than once: 0)"
    )
    assert "£100.00" in receipts._repr_html_()


def test_a_frame_whose_columns_have_numbers_for_names_is_told_so(contract: Contract) -> None:
    with pytest.raises(ReceiptError) as caught:
        read_receipts(pd.DataFrame([["A1", "council", "2017-05-30", 100.0]]), contract)
    columns = [fault.column for fault in caught.value.faults]
    assert columns == ["amount", "funder", "receipt", "received_on"]
    assert {fault.code for fault in caught.value.faults} == {"column_missing"}


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (f"Bank statement\n\n{GOOD}", "headings_below", "they seem to stand in row 3"),
        (f"sep=,\n{GOOD}", "headings_below", "they seem to stand in row 2"),
        (GOOD.replace(",", ";"), "not_csv", "separated by semicolons"),
        (GOOD.replace(",", "\t"), "not_csv", "separated by tabs"),
    ],
)
def test_a_file_of_another_form_is_told_by_what_was_seen(
    tmp_path: Path, contract: Contract, text: str, code: str, words: str
) -> None:
    with pytest.raises(ReceiptError, match=words) as raised:
        read(tmp_path, text, contract)
    assert [one.code for one in raised.value.faults] == [code]


def test_files_of_receipts_are_read_by_the_rules_of_evidence(
    tmp_path: Path, contract: Contract
) -> None:
    # A note of two lines, and one longer than any cell of a workbook: rows are told by their lines.
    notes = ['"first\nsecond"', f'"{"x" * 200_000}"', ""]
    rows = "".join(f"A{at},council,2017-05-30,100.00,{note}\n" for at, note in enumerate(notes))
    text = f"{HEAD},note\n{rows}A9,council,30/05/2017,1.00,\n"
    receipts = read(tmp_path, text, contract)
    assert receipts.received_table["receipt"].to_pylist() == ["A0", "A1", "A2"]
    assert receipts.refused_table["row"].to_pylist() == [6]
    (tmp_path / "bank.csv.gz").write_bytes(gzip.compress(text.encode()))
    packed = read_receipts(tmp_path / "bank.csv.gz", contract)
    assert packed.received_table["amount_pence"].to_pylist() == [10_000] * 3


def test_payers_in_one_cell_and_columns_that_are_not_read_are_told(
    tmp_path: Path, contract: Contract
) -> None:
    text = f"{HEAD},Type\nA1,council; Nobody,2017-05-30,100.00,Grant\n"
    receipts = read(tmp_path, text, contract)
    assert receipts.refused_table["code"].to_pylist() == ["several_funders"]
    assert any("not read: 1." in one for one in receipts.cautions)


def test_what_is_planned_is_no_money_received(tmp_path: Path, contract: Contract) -> None:
    rows = "A1,council,2017-05-30,100.00,Paid\nA2,council,2017-05-30,5,planned\n"
    text = f"{HEAD},Payment status\n{rows}"
    with pytest.raises(ReceiptError, match="the money was not received") as raised:
        read(tmp_path, text, contract)
    assert [(one.row, one.column, one.code) for one in raised.value.faults] == [
        (3, "Payment status", "not_received")
    ]

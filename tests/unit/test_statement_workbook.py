"""The workbook of a statement, cell by cell: formulas and values."""

from __future__ import annotations

import re
from datetime import date, datetime
from hashlib import sha256

import pytest
from openpyxl.utils import get_column_letter
from tests.opened import beside, book_of, opened, rows_of
from tests.statement_sources import (
    Movement,
    Settling,
    large_source,
    make_source,
    renamed,
    small_source,
    with_cells,
)

from impactbond.errors import StatementError
from impactbond.statements import LimitTerm, make_statement, statement_workbook

BROOK = "school: Brook Green Primary"


def test_the_cover_leaves_approval_and_invoice_to_be_filled_in() -> None:
    cover = book_of(small_source(), "trust", values=True)["Cover"]
    labels = {row[0].value: [cell.value for cell in row[1:5]] for row in cover.iter_rows()}
    for label in ("Prepared by", "Checked by", "Approved by"):
        assert labels[label] == [None] * 4
    assert labels["To be completed by hand"] == ["Name", "Role", "Date", "Signature"]
    assert labels["Purchase order"][:2] == [None, "To be completed by the funder"]
    assert labels["VAT treatment"][:2] == [None, "To be completed by the provider"]
    assert labels["Status"][0] == "Draft for approval"
    assert labels["SHA-256 of the evidence"][0] == "e" * 64
    assert labels["Worked out by"][0] == "impactbond 0.1.0"


def test_a_credit_is_told_in_words() -> None:
    cover = book_of(small_source(), BROOK, values=True)["Cover"]
    assert beside(cover, "Total due (£)") == -90.00
    texts = [row[1].value for row in cover.iter_rows()]
    assert "The minus sign means that the provider owes the funder." in texts
    assert "It is to be repaid, or carried to the next claim: nothing is to be paid." in texts
    labels = [row[0].value for row in cover.iter_rows()]
    assert "For the credit note" in labels
    assert "For the invoice" not in labels


def test_a_payment_has_a_slip_with_a_reference_that_is_its_own() -> None:
    (own,) = rows_of(book_of(small_source(), "lbhf", values=True)["Remittance"])
    assert (own["From"], own["To"]) == (
        "London Borough of Hammersmith & Fulham",
        "West London Zone",
    )
    assert (own["Amount (£)"], own["Due on"], own["Currency"]) == (
        22.50,
        datetime(2018, 3, 2),
        "GBP",
    )
    # Bank references hold 18 signs; the digits are of the digest of the statement's own reference.
    digest = sha256(b"wlz-lbhf / 2017-Q4 / lbhf").hexdigest()[:8].upper()
    assert own["Payment reference"] == f"2017Q4-{digest}"
    every = rows_of(book_of(small_source(), values=True)["Remittance"])
    assert {row["No."]: row["What to do"] for row in every} == {
        "F01": "To be paid",
        "F02": "To be repaid or carried forward",
        "F03": "To be paid",
        "F04": "To be repaid or carried forward",
        "F05": "To be paid",
    }
    references = [row["Payment reference"] for row in every]
    assert references[0] == own["Payment reference"]
    assert len(set(references)) == len(references) == 5
    assert max(map(len, references)) <= 18


def test_a_line_of_nothing_says_which_limit_withheld_it() -> None:
    settling = Settling()
    engaged = ("engaged_year_1", "2017-Q4", date(2017, 11, 3))
    settling.settle(
        [Movement("2017-Q4", "C-1", "Brook Green Primary", *engaged, withheld_pence=60_000)]
    )
    limit = LimitTerm("Whole contract", 1, "unpaid", "§9", whole_contract=True, name="contract")
    source = make_source(settling, limits=(limit,))
    (line,) = rows_of(book_of(source, "trust", values=True)["Lines"])
    assert line["Why"] == "Achieved; withheld by the limit on whole contract, §9"
    amounts = ("Price (£)", "Value (£)", "Withheld (£)", "Your amount (£)")
    assert [line[name] for name in amounts] == [600, 600, 600, 0]


def test_the_summary_has_a_row_for_every_funder_and_a_total() -> None:
    rows = rows_of(book_of(small_source(), values=True)["Summary"])
    assert [row["No."] for row in rows] == ["F01", "F02", "F03", "F04", "F05", "Total"]
    assert [row["Due now (pence)"] for row in rows] == [2_250, -9_000, 12_000, -1_333, 4_417, 8_334]
    assert [row["Due now (£)"] for row in rows] == [22.5, -90, 120, -13.33, 44.17, 83.34]
    assert {row["Difference (pence)"] for row in rows} == {0}


def test_the_summary_of_one_funder_goes_from_opening_to_closing() -> None:
    rows = rows_of(book_of(small_source(), "lbhf", values=True)["Summary"])
    assert [(row["Figure"], row["Amount (pence)"]) for row in rows] == [
        ("Opening", 623_850),
        ("Milestones", 18_000),
        ("Adjustments", -13_500),
        ("Up-front", 0),
        ("Recovered", -2_250),
        ("Due now", 2_250),
        ("Closing", 626_100),
        ("Difference", 0),
    ]


def test_limits_and_headroom_stand_to_date_and_are_blank_where_there_is_none() -> None:
    rows = rows_of(book_of(small_source(), values=True)["To date"])
    limits = {row["No."]: (row["Limit (£)"], row["Headroom (£)"]) for row in rows}
    assert limits["F04"] == (150.00, 50.00)
    assert {limits[code] for code in ("F01", "F02", "F03", "F05", "Total")} == {(None, None)}


def test_the_lines_show_a_column_for_every_funder_and_one_for_schools() -> None:
    rows = rows_of(book_of(small_source(), values=True)["Lines"])
    assert [row["Line"] for row in rows] == ["2017-Q4/0001", "2017-Q4/0002"]
    assert [row["Entitled (pence)"] for row in rows] == [60_000, -45_000]
    assert [row["F01 London Borough of Hammersmith & Fulham (pence)"] for row in rows] == [
        18_000,
        -13_500,
    ]
    assert [row["Each school: No."] for row in rows] == ["F03", "F02"]
    assert [row["Each school: name"] for row in rows] == [
        "St Mary's, Fulham",
        "Brook Green Primary",
    ]
    assert [row["Each school (pence)"] for row in rows] == [12_000, -9_000]
    assert [row["F05 Philanthropic trust (pence)"] for row in rows] == [26_333, -17_500]
    assert {row["Shares less entitled (must be 0)"] for row in rows} == {0}


def test_what_nobody_funds_has_a_column_of_its_own() -> None:
    settling = Settling(lottery_limit_pence=5_000, passes_on_to="unfunded")
    engaged = ("engaged_year_1", "2017-Q4", date(2017, 11, 3))
    settling.settle([Movement("2017-Q4", "C-1", "Brook Green Primary", *engaged)])
    (row,) = rows_of(book_of(make_source(settling, limits=()), values=True)["Lines"])
    assert (row["Asked of nobody (pence)"], row["Entitled (pence)"]) == (1_667, 60_000)


def test_schools_have_a_column_each_when_a_line_has_two_of_them() -> None:
    source = renamed(small_source(), "lbhf", "school: Council Nursery")
    headers = set(rows_of(book_of(source)["Lines"])[0])
    assert {"F02 Brook Green Primary (pence)", "F03 St Mary's, Fulham (pence)"} <= headers
    assert not any(header.startswith("Each school") for header in headers)
    assert make_statement(source).failing == ()


def test_a_funders_statement_holds_no_other_funders_amounts() -> None:
    book = book_of(small_source(), "lottery", values=True)
    rows = rows_of(book["Lines"])
    assert [
        (row["Whole line (pence)"], row["Your share"], row["Your amount (pence)"]) for row in rows
    ] == [
        (60_000, "1/9", 3_667),
        (-45_000, "1/9", -5_000),
    ]
    assert [row["Taken over or passed on (pence)"] for row in rows] == [-3_000, 0]
    shown = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    # Amounts of others: the council's and the trust's lines, dues and balances.
    assert not shown & {18_000, -13_500, 26_333, -17_500, 2_250, 4_417, 626_100, 1_800_000, 600_000}
    texts = " ".join(text for text in shown if isinstance(text, str))
    for other in ("Hammersmith & Fulham (pence)", "Brook Green", "St Mary", "Philanthropic", "F02"):
        assert other not in texts


def test_a_column_of_pounds_is_a_hundredth_of_the_pence_that_are_worked_out() -> None:
    book = book_of(small_source(), "trust")
    row = rows_of(book["Lines"])[0]
    (table,) = book["Lines"].tables.values()
    headers = [cell.value for cell in book["Lines"][table.ref][0]]

    def at(header: str) -> str:
        return f"{get_column_letter(headers.index(header) + 1)}{number}"

    number = int(re.findall(r"\d+", table.ref)[0]) + 1
    assert row["Your amount (£)"] == f"={at('Your amount (pence)')}/100"
    parts = f"={at('Your value let through (pence)')}+{at('Taken over or passed on (pence)')}"
    assert row["Your amount (pence)"] == parts
    assert row["Value (pence)"] == f"={at('Quantity')}*{at('Price (pence)')}"
    printed = book["Lines"].print_area.replace("$", "").rpartition(":")[2]
    assert re.findall("[A-Z]+", printed) == [re.findall("[A-Z]+", at("Your amount (£)"))[0]]


def test_a_price_is_looked_up_in_the_rates_and_a_share_in_the_shares() -> None:
    book = book_of(small_source(), "trust")
    (first, _) = rows_of(book["Lines"])
    rates = {row["No."]: row for row in rows_of(book["Rates and limits"])}
    assert rates[first["Rate"]]["What"] == first["Milestone"] == "High engagement in year 1"
    assert first["Price (pence)"].startswith("='Rates and limits'!$")
    # The trust's share begins where the others' end: at 27 + 18 + 10 of 90 parts, 11 of 18.
    (share,) = rows_of(book["Shares"])
    assert (share["Parts before yours"], share["Parts"], share["Out of"]) == (11, 7, 18)
    part = first["Your value let through (pence)"]
    assert part.count("INT(") == 4
    assert part.count("Shares!$") == 8


def test_the_running_totals_go_on_from_earlier_claims() -> None:
    (engaged, taken) = rows_of(book_of(small_source(), "trust", values=True)["Lines"])
    # Under the rule of St Mary's 450.00 was let through before, under that of Brook Green 570.00.
    before, after = "Let through under the rule, before", "Let through under the rule, with it"
    assert (engaged[f"{before} (pence)"], engaged[f"{after} (pence)"]) == (45_000, 105_000)
    assert (taken[f"{before} (pence)"], taken[f"{after} (pence)"]) == (57_000, 12_000)
    # 35/90 of £1,050 and of £450, each from 55/90 on: 408.33 less 175.00, both to the penny.
    assert engaged["Your value (pence)"] == 23_333


def test_amounts_dates_and_shares_have_their_formats() -> None:
    book = book_of(small_source())
    formats: dict[str, set[str]] = {}
    for sheet in book.worksheets[1:]:
        (table,) = sheet.tables.values()
        header, *rows = sheet[table.ref]
        for row in rows:
            for name, cell in zip(header, row, strict=True):
                if cell.value not in (None, "none"):
                    formats.setdefault(name.value, set()).add(cell.number_format)
    for name, found in formats.items():
        if name.endswith("(£)"):
            assert found == {"#,##0.00;-#,##0.00"}, name
        elif "(pence)" in name:
            assert found == {"#,##0;-#,##0"}, name
    assert formats["Due on"] == formats["Achieved on"] == {"yyyy-mm-dd"}
    assert formats["Share"] == {"0.00%"}


def test_shares_stand_as_written_in_percent_and_exactly() -> None:
    rows = rows_of(book_of(small_source(), values=True)["Shares"])
    assert [(row["Share as written"], row["Share"], row["Exact share"]) for row in rows] == [
        ("30%", 0.3, "3/10"),
        ("20%", 0.2, "1/5"),
        ("1/9", 0.111111, "1/9"),
        ("the rest", 0.388889, "7/18"),
    ]
    assert [(row["Parts"], row["Out of"]) for row in rows] == [
        (27, 90),
        (18, 90),
        (10, 90),
        (35, 90),
    ]


def test_rates_limits_and_up_front_money_stand_with_their_clauses() -> None:
    rows = rows_of(book_of(small_source(), "trust", values=True)["Rates and limits"])
    assert [row["Term"] for row in rows] == ["Price"] * 5 + ["Limit", "Up-front"]
    assert rows[0]["Amount (£)"] == 120.00
    assert rows[-1]["How it applies"] == "Due on 2016-12-01; recovered at 50%"
    assert [row["Clause"] for row in rows][-2:] == ["§9", "§4"]


def test_the_schedule_keeps_earlier_claims_for_context() -> None:
    sheet = book_of(small_source(), "lbhf", values=True)["Schedule"]
    rows = rows_of(sheet)
    assert [
        (row["Claim period"], row["Standing"], row["Kind"], row["Amount (pence)"]) for row in rows
    ] == [
        ("2017-Q2", "Earlier claim", "Milestones", 17_100),
        ("2017-Q2", "Earlier claim", "Up-front", 600_000),
        ("2017-Q3", "Earlier claim", "Milestones", 13_500),
        ("2017-Q3", "Earlier claim", "Recovered", -6_750),
        ("2017-Q4", "This claim", "Milestones", 18_000),
        ("2017-Q4", "This claim", "Adjustments", -13_500),
        ("2017-Q4", "This claim", "Recovered", -2_250),
    ]
    assert rows[1]["Tranche"] == "Mobilisation money"
    assert rows[0]["Due on"] == datetime(2017, 8, 30)
    above = dict([cell.value for cell in row if cell.value is not None] for row in sheet["A4:J5"])
    assert above == {"This claim (£)": 22.50, "All claims to date (£)": 6_261.00}


def test_an_adjustment_says_what_it_adjusts_what_was_what_is_and_what_changed() -> None:
    (row,) = rows_of(book_of(small_source(), "trust", values=True)["Adjustments"])
    assert (row["Period concerned"], row["Line"], row["Why"]) == (
        "2017-Q2",
        "2017-Q4/0002",
        "Taken back",
    )
    assert row["Adjusts line"] == "2017-Q2/0002"
    assert row["Of statement"] == "wlz-lbhf / 2017-Q2 / trust"
    # 35/90 of £450 was paid for the sign-up, and all of it is taken back.
    assert [row[name] for name in ("Was (£)", "Amount (£)", "Now (£)")] == [175, -175, 0]
    assert row["What changed"].startswith("Taken back, because the evidence known by then")
    assert row["What changed"].endswith("evidence recorded after 2017-10-31, by 2018-01-31")


def test_the_milestones_say_how_many_at_what_price_now_and_to_date() -> None:
    rows = rows_of(book_of(small_source(), "trust", values=True)["By milestone"])
    shown = ("Price", "Claimed", "Taken back", "Net", "Number to date", "Your amount (£)")
    assert {row["Milestone"]: [row[name] for name in shown] for row in rows} == {
        "Parental consent": ["£120.00", 0, 0, 0, 1, 0],
        "Sign-up": ["£450.00", 0, -1, -1, 1, -175],
        # 233.33 of its own, and 30.00 taken over from the Lottery, which is at its limit.
        "High engagement in year 1": ["£600.00", 1, 0, 1, 1, 263.33],
    }
    # Of the £120 for consent, 35/90.
    assert rows[0]["Your amount to date (£)"] == 46.67
    assert {row["Maximum (£)"] for row in rows} == {"none"}


def test_a_claim_without_lines_says_so_in_a_proper_table() -> None:
    settling = Settling()
    settling.settle(
        [Movement("2017-Q2", "C-1", "Brook Green Primary", "consent", "2017-Q2", date(2017, 5, 2))]
    )
    for funder in (None, "trust"):
        statement = make_statement(make_source(settling), funder)
        assert statement.failing == ()
        book = opened(statement_workbook(statement), values=True)
        (row,) = rows_of(book["Lines"])
        assert row["Line"] == "No lines in this claim: nothing has moved since the last one."
        (row,) = rows_of(book["Adjustments"])
        assert row["Line"] == "No adjustments in this claim."
        assert beside(book["Cover"], "Total due (£)") == 0


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+44",
        "-2",
        "@SUM(A1)",
        "{=1+1}",
        "http://example.org",
        "<r><t>x</t></r>",
        "0042",
        "\ttab",
        "a\ufffeb",
    ],
)
def test_text_stays_text_whatever_it_begins_with(text: str) -> None:
    source = with_cells(small_source(), "lines", "participant", {4: text})
    funders = [text, *source.funders["name"].to_pylist()[1:]]
    source = with_cells(source, "funders", "name", dict(enumerate(funders)))
    book = book_of(source)
    (table,) = book["Lines"].tables.values()
    header, *rows = book["Lines"][table.ref]
    place = [cell.value for cell in header].index("Participant")
    cell = rows[1][place]
    assert cell.data_type == "s"
    assert cell.value.strip() == text.replace("\ufffe", "\ufffd").strip()
    assert cell.hyperlink is None
    assert book["Summary"]["B5"].data_type == "s"


def test_a_text_longer_than_a_cell_is_refused() -> None:
    with pytest.raises(StatementError, match="longer than a cell"):
        book_of(small_source(provider="x" * 40_000))


def test_more_lines_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("impactbond.statements.workbook.book.LAST_ROW", 50)
    with pytest.raises(StatementError, match="Lines would need 60 rows"):
        book_of(large_source(60))

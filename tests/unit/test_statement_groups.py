"""By school, in the statement for all funders alone; and the charts that a statement draws."""

from __future__ import annotations

import dataclasses
from io import BytesIO
from zipfile import ZipFile

import pytest
from tests.opened import book_of, opened, rows_of
from tests.spec.drawn_tables import settled
from tests.statement_sources import FUNDERS, large_source, small_source

from impactbond.statements import StatementSource, make_statement, statement_workbook
from impactbond.statements.groups import NO_GROUP
from impactbond.statements.source import statement_source

SCHOOLS = [funder for funder, _, kind in FUNDERS if kind == "school"]
AMOUNTS = ("Value (£)", "Payable (£)", "Payable to date (£)", "School pays (£)")


def in_part_of_schools() -> StatementSource:
    """Two schools that pay a fifth of agreements, and nothing of consents."""
    terms = """
    milestones:
      consent: {when: {observed: consent, in: year one}, price: 100.00}
      agreement: {when: {observed: agreement, in: year one}, price: 450.00}
    funding:
      - {for: [consent], shares: {council: 100%}}
      - {for: [agreement], shares: {school: 20%, council: 80%}}
    """
    children = """
    child | school
    c1    | Elm
    c2    | Oak
    ---
    child | metric    | on         | value
    c1    | consent   | 2017-02-01 | yes
    c1    | agreement | 2017-02-02 | yes
    c2    | consent   | 2017-05-01 | yes
    c2    | agreement | 2017-05-02 | yes
    """
    return statement_source(settled(terms, children, "2017-08-01"))


def test_each_school_has_a_row_summed_by_hand() -> None:
    rows = rows_of(book_of(small_source(), values=True)["By school"])
    shown = ("Claimed", "Taken back", "Net", "Number to date", *AMOUNTS, "School pays to date (£)")
    assert {row["Each school"]: [row[name] for name in shown] for row in rows} == {
        # £120 and £450 before, of which the £450 is taken back; a fifth is the school's.
        "Brook Green Primary": [0, -1, -1, 1, -450, -450, 120, -90, 24],
        # £450 before and £600 now.
        "St Mary's, Fulham": [1, 0, 1, 2, 600, 600, 1050, 120, 210],
    }


def test_what_no_school_has_a_part_in_stands_in_a_row_of_its_own() -> None:
    rows = rows_of(book_of(in_part_of_schools(), values=True)["By school"])
    assert [(row["Each school"], *(row[name] for name in AMOUNTS)) for row in rows] == [
        ("Elm", 0, 0, 450, 0),
        ("Oak", 450, 450, 450, 90),
        ("No school has a part", 100, 100, 200, 0),
    ]
    assert rows[-1]["No."] == NO_GROUP


@pytest.mark.parametrize("funder", ["lbhf", "trust", "lottery", SCHOOLS[0]])
def test_no_funder_is_told_whose_school_its_children_go_to(funder: str) -> None:
    content = statement_workbook(make_statement(large_source(60), funder))
    assert not [name for name in opened(content).sheetnames if "school" in name.lower()]
    assert make_statement(large_source(60), funder).by_group == ()
    with ZipFile(BytesIO(content)) as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    others = [school for school in SCHOOLS if school != funder]
    told = [one.removeprefix("school: ").replace("&", "&amp;") for one in others]
    assert not [one for one in told if one in text]


def charts_in(content: bytes) -> list[str]:
    with ZipFile(BytesIO(content)) as archive:
        names = sorted(name for name in archive.namelist() if "charts/chart" in name)
        return [archive.read(name).decode() for name in names]


@pytest.mark.parametrize("funder", [None, "lottery"])
def test_the_charts_draw_cells_with_formulas_and_say_what_they_show(funder: str | None) -> None:
    statement = make_statement(small_source(), funder)
    content = statement_workbook(statement)
    by_claim, by_milestone = charts_in(content)
    for cells in ("Charts!$D$6:$D$8", "Charts!$F$6:$F$8", "Charts!$A$6:$A$8"):
        assert f"<c:f>{cells}</c:f>" in by_claim
    assert "<c:f>'By milestone'!$" in by_milestone
    sheet = opened(content)["Charts"]
    assert str(sheet["H7"].value).startswith("=SUM(H6)+G7")
    with ZipFile(BytesIO(content)) as archive:
        (drawing,) = (name for name in archive.namelist() if "drawings/drawing" in name)
        text = archive.read(drawing).decode()
    assert text.count('descr="Bars: ') == 2
    # By hand, the Lottery's ninth: £63.33 and £50.00 before; then £66.67, of which £30.00 is beyond
    # its limit, and £50.00 taken back.
    if funder:
        assert "now £100.00, beside the limit of £150.00" in text


def test_a_limit_is_drawn_where_there_is_one() -> None:
    rows = rows_of(book_of(small_source(), "trust", values=True)["Charts"])
    assert {row["Limit (£)"] for row in rows} == {"none"}
    (by_claim, _) = charts_in(statement_workbook(make_statement(small_source(), "trust")))
    assert "lineChart" not in by_claim
    (by_claim, _) = charts_in(statement_workbook(make_statement(small_source(), "lottery")))
    assert "lineChart" in by_claim
    # £1,020.00 was achieved to date, of which £570.00 at the first claim and £450.00 at the second.
    rows = rows_of(book_of(small_source(), values=True)["Charts"])
    assert [row["Payable to date (£)"] for row in rows] == [570, 1020, 1170]
    assert [row["Payable for milestones (£)"] for row in rows] == [570, 450, 150]


def test_what_a_sheet_is_called_is_a_name_that_excel_takes() -> None:
    source = large_source(60)
    for name, sheet in (
        ("milestone", "By each milestone"),
        ("école/primaire [n°1]", "By école primaire n 1"),
        ("a_name_that_is_longer_than_a_sheet_can_be", "By a name that is longer than a"),
    ):
        renamed = source
        for table in ("shares", "funders", "payments", "balances"):
            rows = getattr(renamed, table)
            column = [one.replace("school: ", f"{name}: ") for one in rows["funder"].to_pylist()]
            place = rows.column_names.index("funder")
            rows = rows.set_column(place, "funder", [column])
            renamed = dataclasses.replace(renamed, **{table: rows})
        book = book_of(renamed)
        assert sheet in book.sheetnames

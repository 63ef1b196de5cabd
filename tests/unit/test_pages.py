"""The pages say what was settled, and to a funder nothing beyond what it may see."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from tests.spec.drawn_tables import settled
from tests.statement_sources import small_source, with_cells

from impactbond.errors import PageError
from impactbond.explanation.explain import explain
from impactbond.explanation.nearest import nearest_change
from impactbond.money import show
from impactbond.pages import (
    programme_page,
    reconciliation_page,
    statement_page,
    write_page,
)
from impactbond.pages.charts import Curve, line_chart
from impactbond.receipts.read import read_receipts
from impactbond.receipts.reconcile import reconcile
from impactbond.settlement.settlement import Settlement
from impactbond.statements.from_source import make_statement
from impactbond.statements.source import statement_source

TERMS = """
participants: {attributes: {school: text, borough: [north, south]}}
milestones:
  consent: {title: Consent, when: {observed: consent, in: year one}, price: 100.00}
  reading better:
    title: Better reading
    after: consent
    when: {improves: reading, by: 5, between: [baseline, end]}
    price: 200.00
funding:
  - {for: [consent], shares: {council: 60%, school: 40%}}
  - {for: [reading better], shares: {council: 50%, lottery: 50%}}
limits:
  - {funder: council, at_most: 1000.00, beyond: unpaid}
"""
# C-ADA has consent and a reading of 83; C-BEN is of another school and has a reading of 91 without
# consent; C-CAT has nothing yet.
EVIDENCE = """
    child | start      | school | borough
    C-ADA | 2017-01-09 | Elm    | north
    C-BEN | 2017-01-09 | Oak    | south
    C-CAT | 2017-01-09 | Elm    | north
    ---
    child | metric  | on         | value | source
    C-ADA | consent | 2017-02-01 | yes   | Reading Club
    C-ADA | reading | 2017-02-01 | 83    | Reading Club
    C-BEN | reading | 2017-02-01 | 91    | Ms Quill
"""
AS_OF = "2017-04-30"


@pytest.fixture(scope="module")
def settlement() -> Settlement:
    return settled(TERMS, EVIDENCE, AS_OF)


class Shown(HTMLParser):
    """The texts of a page, its tables' rows, and whether its tags are balanced."""

    EMPTY = ("meta", "rect", "line", "polyline")

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.rows: list[list[str]] = []
        self.feed(page)
        assert self.open == []
        assert len(self.ids) == len(set(self.ids)), "an id stands twice"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in self.EMPTY:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def test_the_programme_says_who_is_close_by_when_and_worth_what(settlement: Settlement) -> None:
    rows = Shown(programme_page(settlement)).rows
    # Consent is open through 2018-01-08 and decided with the claim of 2018-Q1, on 2018-04-30. The
    # end reading is open through 15 months after the start, 2018-04-08: 2018-Q2, on 2018-07-31.
    [ada] = [row for row in rows if row[:2] == ["C-ADA", "Better reading"]]
    assert "83 on 2017-02-01, then nothing recorded" in ada[2]
    assert ada[3:] == ["2018-04-08", "2018-07-31", "£200.00"]
    [cat] = [row for row in rows if row[:2] == ["C-CAT", "Consent"]]
    assert cat[3:] == ["2018-01-08", "2018-04-30", "£100.00"]
    # One consent achieved, two open at £100.00; three readings open at £200.00.
    assert ["Consent", "1", "£100.00", "2", "£200.00", "0"] in rows
    assert ["Better reading", "0", "£0.00", "3", "£600.00", "0"] in rows
    assert ["C-ADA", "✓ 2017-02-01", "→ 2018-04-08", "£100.00"] in rows
    assert ["Elm", "2", "1", "£100.00", "3", "£500.00"] in rows
    assert ["Ms Quill", "1", "2017-02-01"] in rows
    assert ["2017-Q1", "£100.00", "£100.00"] in rows


def test_a_funder_sees_its_own_part_and_no_other_participant(settlement: Settlement) -> None:
    council = programme_page(settlement, audience="council")
    rows = Shown(council).rows
    # 60% of the consent that was achieved and of two that are open, half of three readings.
    assert ["Consent", "1", "£60.00", "2", "£120.00", "0"] in rows
    assert ["Better reading", "0", "£0.00", "3", "£300.00", "0"] in rows
    assert ["C-ADA", "✓ 2017-02-01", "£60.00"] in rows
    for hidden in ("C-BEN", "C-CAT", "83", "91", "Oak", "Elm", "Reading Club", "Quill", "north"):
        assert hidden not in council
    lottery = programme_page(settlement, audience="lottery")
    assert "C-" not in re.sub(r"<style>.*?</style>", "", lottery, flags=re.DOTALL)
    assert ["Better reading", "0", "£0.00", "3", "£300.00", "0"] in Shown(lottery).rows
    school = programme_page(settlement, audience="school: Elm")
    assert ["Consent", "1", "£40.00", "1", "£40.00", "0"] in Shown(school).rows
    assert "C-BEN" not in school


def test_who_is_no_funder_is_told_of_those_there_are(settlement: Settlement) -> None:
    with pytest.raises(PageError, match="no funder of that name") as raised:
        programme_page(settlement, audience="mayor")
    assert "council" in str(raised.value)


def test_two_milestones_of_one_title_stand_apart() -> None:
    source = small_source()
    titled = {name: ("Sign up", clause) for name, (_, clause) in source.milestones.items()}
    page = statement_page(replace(source, milestones=titled))
    rows = [row[1:4] for row in Shown(page).rows if row[0] == "Sign up"]
    # This claim has one of engaged_year_1, and takes one of sign_up back.
    assert sorted(rows) == [["0", "1", "-1"], ["1", "0", "1"]]


def test_a_statement_says_what_the_workbook_says() -> None:
    page = statement_page(small_source(), "lbhf")
    [opening] = [row for row in Shown(page).rows if row[0].startswith("London") and len(row) == 8]
    # What statement_html shows of the same: opening, milestones, adjustments, due, closing.
    assert opening[1:3] == ["£6,238.50", "£180.00"]
    assert opening[3] == "-£135.00"
    assert opening[6:] == ["£22.50", "£6,261.00"]
    assert "£22.50" in page
    assert "Brook Green" not in page
    assert "FAILS" not in page
    last = small_source().balances.num_rows - 1
    wrong = with_cells(small_source(), "balances", "due_pence", {last: 0})
    assert "A check fails:" in statement_page(wrong)


def test_names_are_text_and_nothing_else() -> None:
    name = {0: "<script>alert(1)</script>"}
    page = statement_page(with_cells(small_source(), "funders", "name", name))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    Shown(page)


def test_a_reconciliation_is_of_all_or_of_one(settlement: Settlement, tmp_path: Path) -> None:
    file = tmp_path / "bank.csv"
    file.write_text("receipt,funder,received_on,amount\nB1,council,2017-06-01,25.00\n", "utf-8")
    found = reconcile(settlement, read_receipts(file, settlement.contract), on="2017-08-01")
    whole = Shown(reconciliation_page(found)).rows
    # £60.00 was due on 2017-05-30: £35.00 of it is 63 days overdue.
    aged = ["The council", "£0.00", "£0.00", "£0.00", "£35.00", "£0.00", "£0.00", "£35.00"]
    assert aged in whole
    assert any(row[:1] == ["Elm"] for row in whole)
    own = reconciliation_page(found, audience="council")
    assert aged in Shown(own).rows
    assert "Elm" not in own
    with pytest.raises(PageError, match="no account"):
        reconciliation_page(found, audience="lottery")


def test_a_page_is_written_for_its_owner_and_never_over_another(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    assert write_page("<p>one</p>", out) == out
    assert out.stat().st_mode & 0o777 == 0o600
    with pytest.raises(PageError, match="cannot be written"):
        write_page("<p>two</p>", out)
    assert out.read_text("utf-8") == "<p>one</p>"


def test_what_may_end_in_a_log_shows_no_participant_and_no_value(settlement: Settlement) -> None:
    told = explain(settlement, participant="C-ADA")
    nearest = nearest_change(settlement, participant="C-CAT", milestone="consent")
    source = statement_source(settlement)
    shown = [told, nearest, source, make_statement(source), settlement, settlement.contract]
    for one in shown:
        assert len(repr(one)) < 120
        assert not {"C-", "83", "Elm"} & set(re.findall(r"C-|83|Elm", repr(one)))
    assert repr(told) == "<Explanation of specification, claim 2017-Q1: 2 milestones>"
    assert str(settlement.contract) == "<Contract specification, version 1>"


def test_notebooks_show_cards_of_one_style(settlement: Settlement) -> None:
    told = explain(settlement, participant="C-ADA")
    for one in (settlement, settlement.contract, settlement.known, settlement.evidence, told):
        card = one._repr_html_()
        assert card.startswith('<div lang="en-GB"')
        assert card.count("<h4>") == 1
        Shown(card)
    assert "£100.00</td>" in settlement._repr_html_() + told._repr_html_()


def test_a_scale_names_no_pennies_that_are_not_there_and_periods_stand_apart() -> None:
    periods = [f"{year}-Q{quarter}" for year in range(2018, 2025) for quarter in range(1, 5)]
    curves = [Curve("Due", [100_000_00 * place for place, _ in enumerate(periods)])]
    drawn = line_chart("due", "Due", "Due.", periods, curves, lambda pence: show(pence, "GBP"))
    assert ">£500,000<" in drawn
    assert ".00<" not in drawn
    small = [Curve("Due", [5 for _ in periods])]
    assert ">£0.05<" in line_chart("a", "A", "A.", periods, small, lambda p: show(p, "GBP"))
    places = [float(x) for x in re.findall(r'x="([\d.]+)" y="264.0"', drawn)]
    assert len(places) > 5
    # Seven letters of 13 pixels take about 50.
    assert min(later - one for one, later in pairwise(places)) >= 55

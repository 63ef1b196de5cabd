"""What a total due is made of, said on the cover: one sum, live and checked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.opened import beside, opened
from tests.spec.drawn_tables import settled

from impactbond.pages.statement_page import statement_page
from impactbond.statements import make_statement, statement_workbook
from impactbond.statements.checks import checks_of
from impactbond.statements.source import statement_source
from impactbond.statements.statement import Statement

# A consent pays £100.00, a meeting £20.00. By 30 April c1 consented: £100.00. Then it turns out
# that c1 never did, −£100.00, and c2 met in May, £20.00: at 31 July −£80.00, and £20.00 to date.
TERMS = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  meeting: {when: {observed: meeting, in: year one}, price: 20.00}
"""
EVIDENCE = """
    child | metric  | on         | value | recorded   | ref | replaces
    c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |
    c1    | consent | 2017-02-01 | no    | 2017-05-10 | b   | a
    c2    | meeting | 2017-05-02 | yes   | 2017-05-02 | c   |
"""
NEW, BACK = "New in this claim", "Adjustments of earlier claims"


def statement(claim: str, terms: str = TERMS, evidence: str = EVIDENCE) -> Statement:
    return make_statement(statement_source(settled(terms, evidence, claim)), "council")


def amounts(one: Statement) -> dict[str, object]:
    cover = opened(statement_workbook(one), values=True)["Cover"]
    found = {str(row[0].value): row[1].value for row in cover.iter_rows() if row[0].value}
    return {label: value for label, value in found.items() if isinstance(value, int | float)}


@pytest.mark.fast
def test_a_credit_says_what_is_new_and_what_goes_back() -> None:
    found = amounts(statement("2017-07-31"))
    assert [label.removesuffix(" (£)") for label in found][:5] == [
        *(NEW, BACK, "Total due"),
        *("Asked for before this claim", "Asked for to date"),
    ]
    assert (found[f"{NEW} (£)"], found[f"{BACK} (£)"]) == (20, -100)
    assert found["Total due (£)"] == -80
    assert found["Asked for before this claim (£)"] == 100
    assert found["Asked for to date (£)"] == 20


def test_what_is_new_alone_is_not_said_twice_nor_a_past_that_is_not_there() -> None:
    found = amounts(statement("2017-04-30"))
    assert found["Total due (£)"] == 100
    assert not {f"{NEW} (£)", f"{BACK} (£)", "Asked for before this claim (£)"} & set(found)


def test_an_adjustment_alone_is_called_one() -> None:
    evidence = "\n".join(EVIDENCE.splitlines()[:-1]) + "\n"
    found = amounts(statement("2017-07-31", evidence=evidence))
    assert (found[f"{BACK} (£)"], found["Total due (£)"]) == (-100, -100)
    assert f"{NEW} (£)" not in found


def test_up_front_money_and_what_is_recovered_of_it_are_parts_of_the_total() -> None:
    # £60.00 up-front on 1 February, recovered at half of what is earned: 60 + 100 − 50 = 110.
    terms = (
        TERMS
        + """
tranches:
  start: {title: To begin, pay: 60.00, on: 2017-02-01, by: {council: 100%}, recovered: {at: 50%}}
"""
    )
    found = amounts(statement("2017-04-30", terms))
    assert found[f"{NEW} (£)"] == 100
    assert (found["Up-front money (£)"], found["Up-front money recovered (£)"]) == (60, -50)
    assert found["Total due (£)"] == 110


def test_the_parts_are_formulas_and_a_check_holds_them_against_the_settlement() -> None:
    one = statement("2017-07-31")
    book = opened(statement_workbook(one))
    cover = book["Cover"]
    for label in (NEW, BACK, "Total due", "Asked for before this claim", "Asked for to date"):
        assert str(beside(cover, f"{label} (£)")).startswith("="), label
    (check,) = (check for check in one.checks if check.key == "due as settled")
    assert (check.first.figure, check.second.figure) == (-80_00, -80_00)
    names = ("new_in_this_claim_pounds", "adjustments_of_earlier_claims_pounds")
    assert check.first.formula == f"ROUND(({'+'.join(names)})*100,0)"
    rows = [cell.value for cell in cover["A"]]
    for name, label in zip(names, (NEW, BACK), strict=True):
        place = rows.index(f"{label} (£)") + 1
        assert book.defined_names[name].attr_text == f"Cover!$B${place}"
    # What one part is out, the total is not what was settled.
    first, *others = one.accounts
    more = replace(one, accounts=(replace(first, adjustments_pence=-99_00), *others))
    assert "due as settled" in {check.key for check in checks_of(more) if not check.holds}


def test_the_page_says_the_same_sum() -> None:
    source = statement_source(settled(TERMS, EVIDENCE, "2017-07-31"))
    page = statement_page(source, "council")
    for label, amount in ((NEW, "£20.00"), (BACK, "-£100.00"), ("To be repaid", "-£80.00")):
        assert label in page
        assert amount in page
    assert "Asked for before this claim" in page

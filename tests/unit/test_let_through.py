"""Which limits a statement follows line by line, and what it tells a funder of those of others."""

from __future__ import annotations

from tests.spec.drawn_tables import settled

from impactbond.statements import Statement, make_statement
from impactbond.statements.source import statement_source

TERMS = """
funding: [{for: every milestone, shares: {council: 40%, school: 60%}}]
limits:
  - {contract: whole, each: school, at_most: 150.00, beyond: unpaid}
  - {contract: whole, at_most: 240.00, beyond: unpaid}
  - {funder: council, at_most: 90.00, each: year, beyond: unpaid}
"""
EVIDENCE = """
    child | school
    c1    | Elm
    c2    | Elm
    c3    | Oak
    ---
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-02-02 | yes
    c3    | consent | 2017-02-03 | yes
"""


def statement(funder: str | None) -> Statement:
    return make_statement(statement_source(settled(TERMS, EVIDENCE, "2017-05-01")), funder)


def stated(funder: str | None) -> dict[str, str]:
    """Why limits of a statement are only stated; nothing for one that is followed."""
    found = statement(funder)
    assert found.working is not None
    why = found.working.limited.stated
    return {term.name: why.get(place, "") for place, term in enumerate(found.limits)}


def test_a_school_follows_its_own_limit_and_is_told_nothing_of_what_others_come_to() -> None:
    assert stated("school: Elm") == {
        "contract each school": "",
        "contract": "others have lines under it",
    }
    (own,) = statement("school: Elm").working.limited.whole  # type: ignore[union-attr]
    # Of £100.00 and £100.00, £150.00 is let through; £300.00 of all stands nowhere.
    assert (own.asked, own.held) == ([10_000, 20_000], [0, 5_000])


def test_who_pays_of_every_line_follows_every_limit_on_them() -> None:
    assert stated("council") == dict.fromkeys(
        ("contract each school", "contract", "funder council each year"), ""
    )
    found = statement("council")
    assert found.working is not None
    each, whole = found.working.limited.whole
    assert (each.held, whole.held) == ([0, 5_000, 0], [0, 0, 1_000])
    # 40% of £240.00 is £96.00, of which the council pays £90.00.
    (year,) = found.working.limited.own
    assert sum(pence or 0 for pence in year.held) == 600
    assert found.due_pence == 9_000


def test_a_funders_limit_is_worked_out_in_its_own_statement() -> None:
    why = "it is worked out in the funder's own statement"
    assert stated(None)["funder council each year"] == why

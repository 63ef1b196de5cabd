"""Every word that a table, a statement or an explanation can say has its meaning in one room."""

from __future__ import annotations

from typing import get_args

import pytest
from tests.spec.drawn_tables import settled

from impactbond.money import CURRENCIES
from impactbond.reasons import Because, LineKind, Reason, Standing, Verdict
from impactbond.statements.notes import statement_notes
from impactbond.terms.fees import Fee


def note() -> str:
    """What every statement says of the words in the column Why."""
    notes = statement_notes(
        funder=None, currency=CURRENCIES["GBP"], rounding="", refused_rows=0, unfunded_pence=0
    )
    return next(one.text for one in notes if one.subject == "Why a line moves")


@pytest.mark.parametrize("because", Because)
def test_a_statement_explains_every_reason_that_it_can_print(because: Because) -> None:
    before, _, after = note().partition(f"{because.printed}")
    assert because.sentence
    assert not before or before.endswith((". ", ", "))
    # Several kinds of fee are explained together.
    meaning = after.partition(": ")[2].partition(". ")[0].rstrip(".")
    assert meaning == because.note


def test_a_fee_moves_for_its_own_kind() -> None:
    kinds = get_args(Fee.model_fields["kind"].annotation)
    assert kinds
    assert all(Because(kind).printed == kind.capitalize() for kind in kinds)


def test_a_new_price_and_a_measured_result_are_explained_where_they_are_printed() -> None:
    # Bands: the second claim is paid less. One that comes first by its day moves it there.
    terms = """
milestones:
  consent:
    {when: {observed: consent, in: year one}, price: 100.00, bands: [{after: 1, price: 40.00}]}
"""
    evidence = """
        child | metric  | on         | recorded   | value
        c1    | consent | 2017-03-01 | 2017-03-01 | yes
        c2    | consent | 2017-02-01 | 2017-06-01 | yes
    """
    because = settled(terms, evidence).lines_table["because"].to_pylist()
    assert because == ["achieved", "achieved", "repriced"]
    for word in ("Repriced", "Measured", "Released", "Service fee"):
        assert word in note()


def test_the_numbers_that_an_engine_holds_are_places() -> None:
    for kind in (Verdict, Reason, Standing, LineKind):
        assert [one.number for one in kind] == list(range(len(kind)))
    assert [one.value for one in Standing] == ["full", "late", "disputed"]

"""References that may be of one child, or of two: told by rows, never by the reference."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from tests.properties.test_disclosure import contract

import impactbond as ib
from impactbond.evidence.cautions import folded

PEOPLE = ["participant", "started_on", "from_on", "recorded_on", "school", "stage"]


def cautions(*rows: tuple[str, str, str, str]) -> list[str]:
    """Those of evidence with rows of reference, start, day from which the row holds, and school."""
    people = [(who, start, since, since, school, "K1") for who, start, since, school in rows]
    seen = [(rows[0][0], "done", "yes", "2024-03-01", "2024-03-01")]
    tables: dict[str, Any] = {"participants": pd.DataFrame(people, columns=PEOPLE)}
    names = ["participant", "metric", "value", "observed_on", "recorded_on"]
    tables["observations"] = pd.DataFrame(seen, columns=names)
    return list(ib.read_evidence(tables, contract()).cautions)


@pytest.mark.parametrize(
    ("one", "other"),
    [("C-001", "c001"), ("C 001", "C-001"), ("C-0O1", "C-001"), ("COO1", "C001"), ("ab_c", "AB-C")],
)
def test_spellings_of_one_reference(one: str, other: str) -> None:
    assert folded(one) == folded(other)
    [told] = cautions(
        (one, "2024-01-02", "2024-01-02", "Elm"), (other, "2024-01-02", "2024-01-02", "Elm")
    )
    assert "rows 1, 2" in told
    assert "write one of them in every row" in told
    assert one not in told
    assert other not in told


@pytest.mark.parametrize(
    ("one", "other"), [("1-11", "11-1"), ("C-1", "C-11"), ("C-1", "C-2"), ("DO-1A", "D-1A")]
)
def test_references_that_are_two(one: str, other: str) -> None:
    assert folded(one) != folded(other)


def test_one_reference_for_two_children() -> None:
    [told] = cautions(
        ("C-1", "2024-01-02", "2024-01-02", "Elm"), ("C-1", "2024-02-05", "2024-02-05", "Oak")
    )
    assert "may be used for two children" in told
    assert "Oak" not in told
    assert "C-1" not in told


def test_a_child_in_two_schools_at_once() -> None:
    days = [("2024-01-02", "Elm"), ("2024-01-20", "Oak"), ("2024-02-03", "Elm")]
    [told] = cautions(*(("C-1", "2024-01-02", since, school) for since, school in days))
    assert "changes back" in told
    assert "agree on one" in told


def test_a_move_and_a_corrected_start_are_in_order() -> None:
    assert not cautions(
        ("C-1", "2024-01-02", "2024-01-02", "Elm"), ("C-1", "2024-01-02", "2024-02-05", "Oak")
    )
    assert not cautions(
        ("C-1", "2024-01-02", "2024-01-02", "Elm"), ("C-1", "2024-01-03", "2024-01-04", "Elm")
    )

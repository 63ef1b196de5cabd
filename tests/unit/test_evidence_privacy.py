"""No message, refused row or picture of the evidence holds a child's value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.evidence_workbooks import FEB, HEADINGS, MAR, Rows, read_book, small_contract, write_book

from impactbond.errors import EvidenceError
from impactbond.evidence.personal import heading_tells
from impactbond.evidence.read import read_evidence

SECRETS = ["Zebedee", "1917-06-05", "zq-77", "48.13", "12345", "zz-ref", "zz-other", "zzz", "Q-9"]
BAD: Rows = {
    "Children": [
        ["Q-9", "Zebedee", None, None, FEB, "zzz", "Zebedee"],
        ["Q-9", FEB, "1917-06-05", None, FEB, "zzz", "north"],
        ["Q-10", FEB, None, None, FEB, "zzz", "north"],
        ["Q-10", FEB, None, None, FEB, "zzz more", "north"],
    ],
    "Surveys": [
        ["zz-ref", "zq-77", "Zebedee", "1917-06-05", "zz-other", 48.13, 123456789, "zzz"],
        ["zz-ref", "Q-9", FEB, FEB, "zz-ref", 12345, "12345,5", "48.13%"],
        ["zz-1", "Q-9", FEB, FEB, None, "=zzz", None, None],
    ],
    "Forms": [["zz-ref", "Q-10", FEB, FEB, None, "Zebedee", "zzz", "Zebedee", 12345]],
    "Sessions": [["Q-10", MAR, FEB, "Zebedee"]],
}


def test_no_value_of_a_refused_row_is_shown_anywhere(tmp_path: Path) -> None:
    evidence = read_book(tmp_path, BAD)
    assert evidence.refused_table.num_rows >= 15
    shown = [
        *(str(row) for row in evidence.refused_table.to_pylist()),
        repr(evidence),
        str(evidence),
        evidence._repr_html_(),
        *evidence.cautions,
    ]
    for secret in SECRETS:
        assert not any(secret in text for text in shown), "a child's value is shown"


def test_no_value_is_in_an_error_of_structure(tmp_path: Path) -> None:
    headings = HEADINGS | {"Surveys": ("Zebedee", "zq-77", "48.13"), "Forms": ()}
    path = write_book(tmp_path / "evidence.xlsx", BAD, headings)
    with pytest.raises(EvidenceError) as raised:
        read_evidence(path, small_contract())
    assert not any(secret in str(raised.value) for secret in SECRETS)


def test_the_evidence_is_shown_in_counts(tmp_path: Path) -> None:
    evidence = read_book(
        tmp_path, {"Surveys": [["R1", "C-1", FEB, MAR, None, 7], ["R2", "C-2", FEB, MAR, None, 99]]}
    )
    expected = {"children": "2", "observations of sdq": "1", "refused: out_of_range": "1"}
    for what, count in expected.items():
        assert f"{what}: {count}" in repr(evidence)
        plain = re.sub(" style='[^']*'", "", evidence._repr_html_())
        assert f"<td>{what}</td><td>{count}</td>" in plain
    assert "C-1" not in repr(evidence) + evidence._repr_html_()


@pytest.mark.parametrize(
    ("heading", "what"),
    [
        ("Name", "a name"),
        ("Child's name", "a name"),
        ("FirstName", "a name"),
        ("Surname", "a name"),
        ("pupil_forename", "a name"),
        ("NHS No.", "an NHS number"),
        ("UPN", "a pupil number"),
        ("Home post code", "a postcode"),
        ("Postcode", "a postcode"),
        ("DOB", "a date of birth"),
        ("D.O.B.", "a date of birth"),
        ("Date of Birth", "a date of birth"),
        ("DoB", "a date of birth"),
        ("PupilMatchingRef", "a pupil number"),
        ("E-mail", "an email address"),
        ("Address", "an address"),
    ],
)
def test_a_heading_that_may_tell_who_a_child_is_is_refused_unless_allowed(
    tmp_path: Path, heading: str, what: str
) -> None:
    headings = HEADINGS | {"Surveys": (*HEADINGS["Surveys"], heading)}
    rows = {"Surveys": [["R1", "C-1", FEB, MAR, None, 7, None, None, "Zebedee"]]}
    path = write_book(tmp_path / "a.xlsx", rows, headings)
    with pytest.raises(EvidenceError, match=what) as raised:
        read_evidence(path, small_contract())
    assert "Zebedee" not in str(raised.value)
    evidence = read_evidence(path, small_contract(), allow_personal=[heading])
    (caution,) = evidence.cautions
    assert "Surveys" in caution
    assert heading in caution
    assert what in caution
    assert "Zebedee" not in caution
    assert "<li>" in evidence._repr_html_()


@pytest.mark.parametrize(
    "heading",
    ["School name", "Child", "Renamed", "Update", "Partner name", "Activity name", "Phonics"],
)
def test_other_headings_tell_nothing(heading: str) -> None:
    assert not list(heading_tells(heading))


def test_sheets_that_the_contract_does_not_name_are_counted_and_not_named(tmp_path: Path) -> None:
    headings = HEADINGS | {"Zebedee": ("Anything",), "Notes": ("Anything",)}
    evidence = read_evidence(write_book(tmp_path / "a.xlsx", {}, headings), small_contract())
    assert evidence.cautions == ("sheets that the contract does not name, not read: 1",)

"""Texts that look alike are one, whatever they came in, and whatever the contract writes."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from unicodedata import normalize

import pandas as pd
import pyarrow as pa
import pytest
from tests.evidence_workbooks import CONTRACT, FEB, JAN, MAR, read_book, refusals, values
from tests.spec.drawn_tables import contract_of

from impactbond.contract.read import parse_contract
from impactbond.evidence.read import read_evidence
from impactbond.receipts.read import read_receipts
from impactbond.tables import EngineSession
from impactbond.texts import one_spelling

OAK = "St Mary's École"
UNSEEN = [
    OAK,
    OAK.replace(" ", "\u00a0"),
    OAK.replace(" ", "  "),
    OAK.replace("M", "\u200bM"),
    OAK.replace("'", "\u2019"),
    OAK.replace(" ", "\n"),
    normalize("NFD", OAK),
]


def test_one_school_in_seven_spellings_is_one_in_a_workbook(tmp_path: Path) -> None:
    children = [
        (f"C-{n}", JAN, None, None, FEB, school, "nor\u200bth") for n, school in enumerate(UNSEEN)
    ]
    forms = [("R\u00a01", "C\u200b-1", FEB, MAR, None, None, None, "yes\u00a0", None)]
    evidence = read_book(tmp_path, {"Children": children, "Forms": forms})
    assert refusals(evidence) == []
    assert set(evidence.participants_table["school"].to_pylist()) == {OAK}
    assert values(evidence) == [("R 1/consent", "C-1", 1, "recorded")]


def test_frames_have_the_same_rule_and_so_has_what_the_contract_writes() -> None:
    text = CONTRACT.replace("[north, south]", "[nor\u200bth, St\u00a0Mary\u2019s]")
    text = text.replace("marks: [attended, missed]", "marks: [Didn\u2019t attend, missed]")
    contract = parse_contract(text.encode(), name="small.yaml")
    people = pd.DataFrame(
        [
            ("C-1", JAN, FEB, "Oak\u00a0School", "St Mary's"),
            ("C-2", JAN, FEB, "Oak  School", "north"),
        ],
        columns=["participant", "started_on", "recorded_on", "school", "borough"],
    )
    seen = pd.DataFrame(
        [("R1", "C-1", "session\u200b", "Didn't\u00a0attend", FEB, MAR)],
        columns=["observation", "participant", "metric", "value", "observed_on", "recorded_on"],
    )
    evidence = read_evidence({"participants": people, "observations": seen}, contract)
    assert refusals(evidence) == []
    assert evidence.participants_table["school"].to_pylist() == ["Oak School", "Oak School"]
    assert evidence.participants_table["borough"].to_pylist() == ["St Mary's", "north"]
    assert values(evidence) == [("R1", "C-1", 0, "recorded")]


@pytest.mark.parametrize("school", UNSEEN)
def test_receipts_of_one_school_are_of_one_funder(school: str) -> None:
    rows = pd.DataFrame(
        [("B1", f"school:\u00a0{school}", FEB, 20), ("B2", "coun\u00adcil", FEB, 5)],
        columns=["receipt", "funder", "received_on", "amount"],
    )
    received = read_receipts(rows, contract_of(""))
    assert received.received_table["funder"].to_pylist() == [f"school: {OAK}", "council"]


def test_two_spellings_of_a_school_that_pays_are_told_with_both() -> None:
    text = CONTRACT.replace(
        "kind: council}\n",
        "kind: council}\n  school: {name: The school, kind: school, each: school}\n",
    )
    contract = parse_contract(text.encode(), name="small.yaml")
    people = pd.DataFrame(
        [
            ("C-1", JAN, FEB, "Oak School", "north"),
            ("C-2", JAN, FEB, "oak school", "north"),
            ("C-3", date(1970, 1, 2), date(2100, 1, 1), "Elm School", "north"),
        ],
        columns=["participant", "started_on", "recorded_on", "school", "borough"],
    )
    seen = pd.DataFrame(
        [("R1", "C-1", "sdq", 7, FEB, MAR)],
        columns=["observation", "participant", "metric", "value", "observed_on", "recorded_on"],
    )
    evidence = read_evidence({"participants": people, "observations": seen}, contract)
    twins, *days = sorted(evidence.cautions, key=lambda one: "'Oak School'" not in one)
    assert "'Oak School' and 'oak school' may be one" in twins
    assert [one.split("'")[3] for one in days] == ["recorded_on", "started_on"]
    assert all("rows: 1" in one for one in days)


def test_meetings_of_one_day_without_references_are_two_where_their_times_say_so(
    tmp_path: Path,
) -> None:
    at = [(None, "C-1", datetime(2017, 2, 1, hour), MAR, None) for hour in (10, 14, 14)]
    evidence = read_book(tmp_path, {"Meetings": at})
    assert evidence.observations_table["metric"].to_pylist() == ["meeting", "meeting"]
    assert evidence.repeated == 1
    assert any("counted once" in one for one in evidence.cautions)


def test_where_rows_lie_the_rule_is_the_same_for_every_sign() -> None:
    signs = [
        *map(chr, range(1, 0x180)),
        "\u0301",
        "\u200b",
        "\u2011",
        "\u2019",
        "\u3000",
        "\U0001f600",
    ]
    odd = ["", "C-1/sdq", 'a "b"', "a  b", " a", "a ", "e\u0301t\u00e9", "\u00e9t\u00e9"]
    words = [*odd, *(word for one in signs for word in (one, f"{one}a", f"a{one}b", f"a{one}"))]
    session = EngineSession()
    session.register("words", pa.table({"word": words}))
    is_other = session.dialect.has_other_spelling("word")
    found = session.query(f"SELECT word, {is_other} AS is_other FROM words").to_pylist()
    assert {row["word"]: row["is_other"] for row in found} == {
        word: one_spelling(word) != word for word in words
    }

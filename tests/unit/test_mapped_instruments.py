"""Answers in partners' files are scored by instruments through a mapping, as worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from tests.partner_files import CHILDREN, HEAD, contract, read, refused, values, workbook

from impactbond.errors import EvidenceError
from impactbond.evidence.evidence import Evidence
from impactbond.mappings.read import parse_mapping
from impactbond.records.record import read_record, write_record
from impactbond.records.regenerate import regenerate
from impactbond.settlement.settle import settle
from impactbond.statements.write import statement_files

DAY = date(2024, 10, 1)
HEADINGS = [f"Q{number}" for number in range(1, 26)]
EMOTION = (3, 8, 13, 16, 24)
SCORED = """
  - files: "sdq_*.xlsx"
    constant: {recorded_on: 2024-10-02}
    columns: {participant: Child, observed_on: Date}
    metrics:
      difficulty: {instrument: sdq, score: total, answers: Q1 to Q25, MORE}
      emotion: {instrument: sdq, score: emotion, answers: Q1 to Q25, MORE}
"""
OTHER = "answers_coded_otherwise"
TEACHER = "informant: teacher, informant_in: Completed by"


def answers(every: object, **some: object) -> list[object]:
    """All items alike, but for some: q3=2."""
    return [some.get(f"q{number}", every) for number in range(1, 26)]


def emotion(*said: object) -> dict[str, object]:
    return {f"q{number}": one for number, one in zip(EMOTION, said, strict=True)}


def scored(folder: Path, rows: Sequence[Sequence[object]], more: str = TEACHER) -> Evidence:
    head = ["Child", "Completed by", "Date", *HEADINGS]
    every = [head, *([f"C-{at:02d}", by, DAY, *said] for at, (by, *said) in enumerate(rows, 1))]
    return read([workbook(folder / "sdq_mixed.xlsx", {"SDQ": every})], SCORED.replace("MORE", more))


def of(evidence: Evidence, metric: str) -> dict[object, object]:
    return {who: value for who, _, value in values(evidence, metric)}


def test_a_survey_is_scored_as_it_is_published(tmp_path: Path) -> None:
    evidence = scored(
        tmp_path,
        [
            ("T", *answers("Not true")),
            ("Teacher", *answers("Somewhat true ")),
            ("teacher", *answers("certainly True")),
            ("T", *answers(0, **emotion(2, 1, 1, None, ""))),
            ("T", *answers(0, **emotion(1, 1, 0, 0, "N/A"))),
            ("T", *answers(0, **emotion(2, 2, None, None, -9))),
            ("P", *answers(9)),
            ("T", *answers(2, q5="Cetrainly true")),
            ("Nurse", *answers(2)),
            (None, *answers(2)),
        ],
    )
    # Reversed 7 | 21 25 | 11 14: all 0 is conduct 2, hyperactivity 4, peer 4; all 1 is 4 times 5;
    # all 2 is emotion 10, conduct 8, hyperactivity 6, peer 6. 4 of 3 answers is 6.67, which is 7;
    # 2 of 4 is 2.5, which is 3; two answers are no scale and no total.
    assert of(evidence, "difficulty") == {
        **{"C-01": 10, "C-02": 20, "C-03": 30, "C-04": 17, "C-05": 13},
    }
    assert of(evidence, "emotion") == {
        **{"C-01": 0, "C-02": 5, "C-03": 10, "C-04": 7, "C-05": 3, "C-08": 10},
    }
    # What a parent said is not asked; a slip loses the scores that rest on it, and is told.
    assert sorted(refused(evidence), key=str) == [
        (10, "Completed by", "unknown_informant"),
        (11, "Completed by", "unknown_informant"),
        (9, "Q5", "answer_not_listed"),
    ]
    assert "Cetrainly" not in str(evidence.refused_table.to_pylist())


def test_answers_from_one_to_three_are_refused_unless_the_mapping_says_so(tmp_path: Path) -> None:
    rows = [("T", *answers(1)), ("T", *answers(3, q3=2, q1=4)), ("T", *answers(3))]
    evidence = scored(tmp_path, rows)
    assert of(evidence, "difficulty") == {}  # not even of the row in which nothing can be seen
    codes = {(row, code) for row, _, code in refused(evidence)}
    assert codes == {(2, OTHER), (3, "answer_not_listed"), (3, OTHER), (4, "answer_not_listed")}
    declared = scored(tmp_path, rows, f"{TEACHER}, starting_at: 1")
    # 4 is no answer, but item 1 is prosocial and no part of either score: emotion 1 + 4 times 2.
    assert of(declared, "difficulty") == {"C-01": 10, "C-02": 29, "C-03": 30}
    assert of(declared, "emotion") == {"C-01": 0, "C-02": 9, "C-03": 10}
    assert refused(declared) == []
    # Without a three nothing is refused, and that no answer is the lowest is told.
    ones = scored(tmp_path, [("T", *answers(1)), ("T", *answers(2))])
    assert of(ones, "difficulty") == {"C-01": 20, "C-02": 30}
    told = [one for one in ones.cautions if "none is the lowest" in one]
    assert len(told) == 1  # of forty answers; the ten of emotion alone would not say it
    assert "starting_at: 1" in told[0]


def test_two_blocks_of_a_file_that_are_coded_otherwise_are_not_taken_for_one(
    tmp_path: Path,
) -> None:
    rows = [
        ("T", *answers(0)),
        ("T", *answers(1, q3=0)),
        ("P", *answers(3)),  # nobody asks what a parent said
        ("T", *answers(1)),  # may be of the block below: then all are the lowest
        ("T", *answers("Somewhat true")),
        ("T", *answers(2, q3=1)),
        ("T", *answers(3, q8=1)),
    ]
    evidence = scored(tmp_path, rows)
    # 10; 20 with an emotion less; in words what is said is said.
    assert of(evidence, "difficulty") == {"C-01": 10, "C-02": 19, "C-05": 20}
    codes = {(row, code) for row, _, code in refused(evidence)}
    assert {row for row, code in codes if code == OTHER} == {5, 7}
    assert (8, "answer_not_listed") in codes
    # Without the block below nothing is in doubt, and a slip refuses its own row alone.
    alone = scored(tmp_path, [rows[0], rows[3], ("T", *answers(0, q8=3))])
    assert of(alone, "difficulty") == {"C-01": 10, "C-02": 20}
    assert {code for _, _, code in refused(alone)} == {"answer_not_listed"}
    # Declared, the block that is coded from 0 is the one that is not taken: 2 is 1, 3 is 2.
    declared = scored(tmp_path, rows, f"{TEACHER}, starting_at: 1")
    assert of(declared, "difficulty") == {"C-05": 20, "C-07": 28}
    assert {row for row, _, code in refused(declared) if code == OTHER} == {3, 5, 7}


def test_what_was_turned_round_before_is_not_turned_again(tmp_path: Path) -> None:
    rows = [("T", *answers(0, q7=2))]
    # Turned once: conduct 0. Item 7 was written down turned round already: 2 counts 2.
    assert of(scored(tmp_path, rows), "difficulty") == {"C-01": 8}
    more = f"{TEACHER}, already_reversed: [q7]"
    assert of(scored(tmp_path, rows, more), "difficulty") == {"C-01": 10}
    own = f"{TEACHER}, codes: {{no: 0, a bit: 1, yes: 2, '?': nothing}}"
    said = [("T", *answers("a bit", q3="?", q8="?")), ("T", *answers("yes", q7="Not true"))]
    found = scored(tmp_path, said, own)
    # Codes of one's own beside the words of the form; 3 of 3 answers is 5 of 5.
    assert of(found, "difficulty") == {"C-01": 20, "C-02": 32}


def test_rows_of_which_nothing_asks_are_told(tmp_path: Path) -> None:
    rows = [("T", *answers(0)), ("Teacher", *answers(1)), ("P", *answers(2))]
    evidence = scored(tmp_path, rows, "where: {Completed by: T}")
    assert of(evidence, "difficulty") == {"C-01": 10}
    told = [one for one in evidence.cautions if "asked for by no metric" in one]
    assert told == [
        "sheet 'SDQ': 2 rows are asked for by no metric: look whether 'Completed by' is written "
        "there as in the mapping"
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("sdq, score", "sdk, score", "there is no instrument 'sdk'"),
        ("score: total", "score: totl", "Did you mean 'total'?"),
        ("Q1 to Q25, MORE", "Q1 to Q24, MORE", "these are 24 headings, and sdq has 25 items"),
        ("answers: Q1 to Q25", "answers: {q3: A, q8: B, q13: C}", "no heading for q2, q5, q6"),
        ("answers: Q1 to Q25", "answers: {q99: A}", "there is no item 'q99'"),
        ("MORE", "informant: teacher", "are said together"),
        ("MORE", "informant: nurse, informant_in: By", "there is no informant 'nurse'"),
        ("MORE", "already_reversed: q3", "there is no item 'q3'"),
        ("difficulty:", "reading:", "higher is better, and sdq says lower"),
        ("difficulty:", "club:", "is of the kind session"),
        ("score: total", "score: prosocial", "lower is better, and sdq says higher"),
    ],
)
def test_a_mapping_that_cannot_score_is_told_before_a_file_is_read(
    before: str, after: str, told: str
) -> None:
    text = (HEAD + "tables:" + CHILDREN + SCORED).replace(before, after, 1).replace(", MORE", "")
    with pytest.raises(EvidenceError) as caught:
        parse_mapping(text.encode(), name="partner.yaml", contract=contract())
    assert told in str(caught.value)
    assert "line" in str(caught.value)


OWN = """
instruments:
  - impactbond: 1
    instrument: steps
    title: Three items with a conversion table
    version: "2"
    cited: [The manual]
    licence: none
    answers: {1: [never], 2: [sometimes], 3: [often]}
    items: [a, b, c]
    reversed: [c]
    scores:
      raw: {of: [a, b, c]}
      metric: {of: [raw], better: higher,
               table: {3: 7.00, 4: 9.51, 5: 11.25, 6: 12.40, 7: 13.33, 8: 14.08, 9: 14.75}}
"""
OWN_TABLE = """
  - files: "steps_*.xlsx"
    constant: {observed_on: 2024-10-01, recorded_on: 2024-10-02}
    columns: {participant: Child}
    metrics:
      wellbeing: {instrument: steps, score: metric, answers: {a: First, b: "Second  one", c: Third}}
"""


def test_an_instrument_of_the_mapping_goes_with_it_into_records(tmp_path: Path) -> None:
    rows = [["Child", "First", "Second one", "Third"], ["C-01", "often", 2, "Never"]]
    rows += [["C-02", "often", None, "Never"], ["C-03", 4, 1, 1]]
    path = workbook(tmp_path / "steps_1.xlsx", {"Steps": rows})
    evidence = read([path], OWN_TABLE, codes=OWN)
    # 3 + 2 + (4 - 1) is 8; with one unanswered there is no raw score; 4 is no answer.
    assert of(evidence, "wellbeing") == {"C-01": 1408}
    assert refused(evidence) == [(4, "First", "answer_not_listed")]
    assert evidence.mapped[0].instruments == {"steps": "2"}
    settled = settle(contract(), evidence, as_of="2026-08-31", leave_out_refused=True)
    record = read_record(write_record(settled, tmp_path / "record.zip"))
    assert record.manifest.mapped[0].instruments == {"steps": "2"}
    assert regenerate(tmp_path / "record.zip").same
    pages = statement_files(settled)
    assert any(b"xl/" in content for content in pages.values())
    broken = OWN.replace("table: {3: 7.00, ", "table: {")
    text = (HEAD + broken + "tables:" + CHILDREN + OWN_TABLE).encode()
    with pytest.raises(EvidenceError, match=r"raw scores that answers can come to.*table"):
        parse_mapping(text, name="partner.yaml")

"""Questionnaires as data: published scores come out, and what is no answer is refused."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product

import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import impactbond as ib
from impactbond.questionnaires import bands_of, score, score_table, shipped_instruments
from impactbond.questionnaires.read import attainable, parse_instrument

SDQ = ib.read_instrument("sdq")
EMOTION = ("q3", "q8", "q13", "q16", "q24")
OWN = """
impactbond: 1
instrument: own
title: Two items and a table
version: "3"
cited: [nobody]
licence: none
answers: {1: [no], 2: [a bit], 3: [yes]}
items: [a, b]
scores:
  raw: {of: [a, b]}
  metric: {of: [raw], table: {2: 7.00, 3: 9.51, 4: 11.25, 5: 12.40, 6: 13.33}}
  mean: {of: [a, b], at_least: 1, way: mean}
bands:
  cuts:
    cited: nobody
    scores:
      metric: {low: [0, 9.51], high: [10, 20]}
"""


def own(old: str = "", new: str = "") -> ib.InstrumentError | None:
    assert old in OWN
    try:
        parse_instrument(OWN.replace(old, new).encode(), name="own.yaml")
    except ib.InstrumentError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("answer", "expected"),
    # Emotion, conduct, hyperactivity, peer, prosocial, total. One item of conduct is turned round,
    # two of hyperactivity and of peer: 0 everywhere is 1, 2 and 2 times 2 of them; 2 everywhere is
    # 4, 3 and 3 times 2.
    [(0, (0, 2, 4, 4, 0, 10)), (1, (5, 5, 5, 5, 5, 20)), (2, (10, 8, 6, 6, 10, 30))],
)
def test_the_same_answer_throughout_gives_the_published_totals(
    answer: int, expected: tuple[int, ...]
) -> None:
    found = score(SDQ, dict.fromkeys(SDQ.items, answer))
    assert tuple(found.values())[:6] == expected
    assert found["internalising"] == expected[0] + expected[3]
    words = {0: "Not true", 1: "somewhat true ", 2: "Certainly  True"}
    assert score(SDQ, dict.fromkeys(SDQ.items, words[answer])) == found
    assert score(SDQ, dict.fromkeys(SDQ.items, Decimal(answer))) == found


@pytest.mark.parametrize(
    ("answers", "emotion"),
    [
        ((2, 1, 1, None, None), 7),  # published: 4 of 3 items is 6.67, which is 7
        ((1, 1, 0, 0, None), 3),  # 2 of 4 is 2.5: a half goes up, and not to the even number
        ((1, 0, 0, 0, None), 1),  # 1.25
        ((2, 2, None, None, None), None),  # two of five are too few
        ((2, 2, "N/A", "99", -9.0), None),
    ],
)
def test_missing_answers_are_pro_rated(answers: tuple[object, ...], emotion: int | None) -> None:
    given = {**dict.fromkeys(SDQ.items, 1), **dict(zip(EMOTION, answers, strict=True))}
    found = score(SDQ, given)  # type: ignore[arg-type]
    assert found["emotion"] == emotion
    assert found["total"] == (None if emotion is None else emotion + 15)
    assert found["prosocial"] == 5


def test_answers_from_1_to_3_are_refused_unless_somebody_says_so() -> None:
    as_123 = {item: 1 + place % 3 for place, item in enumerate(SDQ.items)}
    with pytest.raises(ib.EvidenceError) as raised:
        score(SDQ, as_123)
    assert [one.column for one in raised.value.faults] == [
        item for item, given in as_123.items() if given == 3
    ]
    assert {one.code for one in raised.value.faults} == {"answer_not_listed"}
    as_012 = {item: given - 1 for item, given in as_123.items()}
    assert score(SDQ.starting_at(1), as_123) == score(SDQ, as_012)
    with pytest.raises(ib.EvidenceError):
        score(SDQ.starting_at(1), as_012)  # a nought is none of 1, 2, 3


@pytest.mark.parametrize("given", [3, -1, "SECRET", "SECRET" * 99, 0.5, True, "1_0", "nan", [1]])
def test_what_is_no_answer_is_refused_without_being_told(given: object) -> None:
    with pytest.raises(ib.EvidenceError) as raised:
        score(SDQ, {"q1": given, "nothing": 1})  # type: ignore[dict-item]
    assert {one.code for one in raised.value.faults} == {"answer_not_listed", "unknown_item"}
    assert "SECRET" not in str(raised.value)
    assert "0 or Not true, 1 or Somewhat true, 2 or Certainly true" in str(raised.value)


def test_shipped_instruments_read_and_score() -> None:
    assert shipped_instruments() == (
        *("gad-7", "rosenberg-satisfied-first", "rosenberg-worth-first", "sdq", "who-5"),
    )
    highest = {
        # seven times 3; ten items of which five turned round leave 15; five times 5, times 4
        "gad-7": {"total": 21},
        "rosenberg-satisfied-first": {"total": 15},
        "rosenberg-worth-first": {"total": 15},
        "who-5": {"raw": 25, "percentage": 100},
    }
    for name, expected in highest.items():
        instrument = ib.read_instrument(name)
        top = max(instrument.answers)
        assert score(instrument, dict.fromkeys(instrument.items, top)) == expected
        none = score(instrument, {**dict.fromkeys(instrument.items, top), "q2": None})
        assert set(none.values()) == {None}
        assert instrument.licence
        assert instrument.cited


def test_the_two_orders_of_one_form_are_not_the_same() -> None:
    # q2 and q6 are turned round in the one, q3 and q10 in the other: 3 in q2 is nought, or 3.
    answers = dict.fromkeys(SDQ.items[:10], 0) | {"q2": 3}
    totals = [
        score(ib.read_instrument(f"rosenberg-{which}-first"), answers)["total"]
        for which in ("satisfied", "worth")
    ]
    assert totals == [12, 18]


def test_bands_are_those_of_a_cited_document() -> None:
    found = score(SDQ, dict.fromkeys(SDQ.items, 1))
    by_teacher = bands_of(SDQ, found, "teacher four-band")
    assert by_teacher["total"] == "very high"
    assert by_teacher["peer"] == "high"
    assert by_teacher["prosocial"] == "slightly lowered"
    by_parent = bands_of(SDQ, found, "parent three-band")
    assert (by_parent["total"], by_parent["hyperactivity"]) == ("abnormal", "normal")
    # The same 20 is the lowest of the highest band where the child itself answers.
    assert (
        bands_of(SDQ, {**found, "total": Fraction(19)}, "self three-band")["total"] == "borderline"
    )
    with pytest.raises(ib.EvidenceError, match="teacher four-band"):
        bands_of(SDQ, found, "no such set")


def test_a_table_gives_the_metric_score_exactly() -> None:
    instrument = parse_instrument(OWN.encode(), name="own.yaml")
    assert score(instrument, {"a": 1, "b": "a bit"}) == {
        "raw": 3,
        "metric": Fraction(951, 100),
        "mean": Fraction(3, 2),
    }
    assert score(instrument, {"a": 2, "b": None}) == {"raw": None, "metric": None, "mean": 2}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("6: 13.33", "7: 13.33", "table_short"),
        ("6: 13.33", "6: 13.33, 7: 15", "table_long"),
        ("of: [raw]", "of: [mean]", "unknown_item"),  # it stands below
        ("high: [10, 20]", "high: [9, 20]", "bands_overlap"),
        ("high: [10, 20]", "high: [12, 20]", "band_missing"),  # 11.25 lies in none
        ("high: [10, 20]", "high: [20, 10]", "band_backwards"),
        ("2: [a bit]", "2: [no]", "word_twice"),
        ("2: [a bit]", "2: ['3']", "word_twice"),
        ("2: [a bit]", "2: ['7']", "number_as_word"),
        ("2: [a bit]", "two: [a bit]", "not_a_number"),
        ("at_least: 1", "at_least: 3", "at_least"),
        ("raw: {of: [a, b]}", "raw: {of: [a, a]}", "part_twice"),
        ("items: [a, b]", "items: [a, b]\nreversed: [c]", "unknown_item"),
        ("licence: none", "licence: none\nlicense: none", "unknown_key"),
        ("way: mean", "way: median", "not_a_choice"),
    ],
)
def test_what_is_wrong_with_an_instrument_is_told_with_its_line(
    old: str, new: str, code: str
) -> None:
    assert own() is None
    error = own(old, new)
    assert error is not None
    assert code in {one.code for one in error.faults}
    assert all(one.line and one.file == "own.yaml" for one in error.faults)


def test_an_unknown_instrument_names_those_there_are() -> None:
    with pytest.raises(ib.InstrumentError, match="gad-7, rosenberg-satisfied-first"):
        ib.read_instrument("sqd")
    with pytest.raises(ib.InstrumentError, match="no such file"):
        ib.read_instrument("missing.yaml")


def test_attainable_values_are_those_that_answers_come_to() -> None:
    instrument = parse_instrument(OWN.encode(), name="own.yaml")
    # By trying: both answered, or one of them, of 1, 2, 3; a mean of two is in halves.
    tried = {
        Fraction(sum(given), count)
        for count in (1, 2)
        for given in product((1, 2, 3), repeat=count)
    }
    assert attainable(instrument, "mean", {}) == tried
    assert attainable(SDQ, "emotion", {}) == set(map(Fraction, range(11)))


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table])
def test_a_frame_of_answers_keeps_its_kind_and_its_other_columns(kind: object) -> None:
    columns: dict[str, list[object]] = {"child": ["C-1", "C-2"], "Completed by": ["T", "parent"]}
    columns |= {item: [1, None] for item in SDQ.items[1:]} | {"First": [1, 2]}
    frame = kind(columns)  # type: ignore[operator]
    found = score_table(
        SDQ, frame, columns={"q1": "First"}, bands="teacher four-band", informant="Completed by"
    )
    assert type(found) is type(frame)
    table = nw.from_native(found, eager_only=True).to_dict(as_series=False)
    assert list(table)[:3] == ["child", "informant", "emotion"]
    assert table["informant"] == ["teacher", "parent"]
    assert table["total"][0] == "20"
    assert table["total band"][0] == "very high"
    # Nothing but one item is answered, and cut-points of teachers say nothing of parents.
    assert [one for one in (table["total"][1], table["total band"][1]) if one == one and one] == []


def test_a_frame_with_a_column_too_few_or_a_wrong_informant_is_refused() -> None:
    frame = pd.DataFrame({item: [1, 2] for item in SDQ.items[:-1]})
    with pytest.raises(ib.EvidenceError, match="no column for the item 'q25'"):
        score_table(SDQ, frame)
    frame["q25"] = [2, 3]
    frame["who"] = ["teacher", "SECRET"]
    with pytest.raises(ib.EvidenceError) as raised:
        score_table(SDQ, frame, informant="who")
    assert {(one.row, one.column) for one in raised.value.faults} == {(2, "q25"), (2, "informant")}
    # Without a nought anywhere the message says what may be the matter.
    assert "--starting-at 1" in str(raised.value)
    assert "SECRET" not in str(raised.value)


def test_bands_whose_name_is_lost_are_told_as_faults() -> None:
    # Without the line of their name, the parts of bands stand as bands themselves; a key without
    # a value at the end is taken for a part of a text that a comma splits.
    text = OWN.replace("  cuts:\n    cited: nobody\n", "    cited: below 15 low\n")
    with pytest.raises(ib.InstrumentError, match="unknown key 'metric'"):
        parse_instrument(f"{text}low self:\n".encode(), name="own.yaml")

"""One spelling of a text, in Python and in SQL, and twins that a person has to look at."""

from __future__ import annotations

import re
from unicodedata import normalize

import duckdb
import pytest

from impactbond.dialect import Dialect
from impactbond.errors import EvidenceError, Fault
from impactbond.texts import FOLDS, PLAIN, alike, as_counted, one_spelling, with_letters_named

OAK = "St Mary's Oak-Hill École"


@pytest.mark.parametrize(
    "written",
    [
        OAK,
        f"  {OAK}\t",
        OAK.replace(" ", "\u00a0"),  # no-break spaces
        OAK.replace(" ", "  "),
        OAK.replace(" ", "\u2009"),  # thin spaces
        OAK.replace(" ", "\r\n"),
        OAK.replace(" ", "\x1f"),  # a blank to Python, if to nobody else
        OAK.replace("M", "\u200bM"),  # zero-width space
        OAK.replace("H", "\x07\u00adH"),  # bell and soft hyphen
        f"\ufeff{OAK}\u200e",  # byte order mark, left-to-right mark
        OAK.replace("'", "\u2019"),
        OAK.replace("-", "\u2011"),  # no-break hyphen
        normalize("NFD", OAK),
        normalize("NFD", OAK).replace("\u0301", "\u200b\u0301"),
    ],
)
def test_what_nobody_sees_makes_no_difference_in_python_and_in_sql(written: str) -> None:
    assert one_spelling(written) == OAK
    found = "?"
    for pattern, replacement in FOLDS:
        texts = ", ".join(map(Dialect("duckdb").text, (pattern, replacement, "g")))
        found = f"regexp_replace({found}, {texts})"
    query = f"SELECT nfc_normalize(trim({found}))"
    assert duckdb.execute(query, [written]).fetchall() == [(OAK,)]


def test_every_character_is_folded_alike_in_python_and_in_sql_and_once_is_enough() -> None:
    characters = [chr(code) for code in range(1, 0x20000) if not 0xD800 <= code <= 0xDFFF]
    texts = [f"a{one}b" for one in characters] + [f"{one}b" for one in characters]
    spelt = list(map(one_spelling, texts))
    assert list(map(one_spelling, spelt)) == spelt
    found = "t"
    for pattern, replacement in FOLDS:
        literals = ", ".join(map(Dialect("duckdb").text, (pattern, replacement, "g")))
        found = f"regexp_replace({found}, {literals})"
    query = f"SELECT nfc_normalize(trim({found})) FROM (SELECT unnest(?) AS t)"
    differing = [
        hex(ord(text[-2]))
        for text, own, (sql,) in zip(
            texts, spelt, duckdb.execute(query, [texts]).fetchall(), strict=True
        )
        if own != sql
    ]
    assert differing == []


def test_what_is_plain_stays_as_it_is_and_what_is_seen_stays_too() -> None:
    assert re.fullmatch(PLAIN, "Oak School (North)")
    for text in ("Oak  School", " Oak", "Oak ", "", "École"):
        assert not re.fullmatch(PLAIN, text)
    for text in ("École", "ECOLE", "Ecole", "a – b", "№ 5", "名前", "👍🏽"):
        assert one_spelling(text) == text
    assert one_spelling("\u200b \u00a0") == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oak School", "oak school"),
        ("St Mary's", "St Marys"),
        ("St. Mary", "St Mary"),
        ("École", "Ecole"),
        ("Oak School", "OakSchool"),
        ("Oak School", "Oka School"),  # two letters changed places
        ("Oak School", "Oak Shool"),  # one is missing
        ("Oak School", "Oak Schooll"),  # one is too many
        ("Oak School", "Oak Schoul"),  # one is another
        ("Oak", "\uff2fak"),  # a wide letter
        ("Oak", "\u041eak"),  # a Cyrillic one
        ("Fife", "\ufb01fe"),  # a ligature, as copied out of a PDF
    ],
)
def test_twins_are_found(one: str, other: str) -> None:
    assert alike([one, other, "Elm House"]) == [tuple(sorted((one, other)))]


def test_letters_that_look_alike_are_named() -> None:
    assert with_letters_named("École, Oak") == "'École, Oak'"
    told = "'\u041eak' (\u041e is cyrillic capital letter o)"
    assert with_letters_named("\u041eak") == told


def test_names_that_only_resemble_each_other_are_no_twins() -> None:
    assert alike(["School 1", "School 2", "School 11", "Class A", "Class B", "Hill", "Mill"]) == []
    assert alike(["Elm", "Elm", "Oak", "north", "south", "east", "west", "", "名"]) == []


def test_faults_come_in_the_order_in_which_people_count() -> None:
    told = ["entry 10", "entry 2", "entry 02", "entry 2a", "Entry 1", "entry", ""]
    assert sorted(told, key=as_counted) == [
        *("", "Entry 1", "entry", "entry 02", "entry 2", "entry 2a", "entry 10")
    ]
    assert as_counted("9" * 5000) > as_counted("8" * 5000)
    faults = [
        Fault(file="b10.xlsx"),
        Fault(file="b2.xlsx", row=10),
        Fault(file="b2.xlsx", row=9, column="number 10"),
        Fault(file="b2.xlsx", row=9, column="number 2"),
    ]
    assert EvidenceError("", faults).faults == tuple(reversed(faults))

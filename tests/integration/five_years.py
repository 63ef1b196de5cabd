"""A contract shaped like West London Zone's over its five years: two versions, and evidence drawn
from a seed.

Twenty quarters from 1 November 2016, each claimed a month after it. The amendment of June 2019
raises a price from January on and moves two limits. Three rows turn out wrong after their claim was
made. Who, when and how much are invented.
"""

from __future__ import annotations

import itertools
import re
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
from dateutil.relativedelta import relativedelta

from impactbond.contract.read import parse_contract, versions_of
from impactbond.contract.versions import Versions
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence

CONTRACT = Path(__file__).parents[2] / "fixtures" / "contracts" / "west_london_zone.yaml"
BEGINS = date(2016, 11, 1)
QUARTERS = 20
AMENDED_ON = date(2019, 6, 14)
SCHOOLS = ("Quillbrook Primary School", "Hollinmere Primary School", "Tallowfield School")
INTAKES = ("2017-01-09", "2017-09-11", "2018-09-10", "2019-09-09")
OF_EACH = 5
SESSIONS = 24
# A child of each: what was wrong, what is right, and the day on which that was recorded.
TAKEN_BACK, LOST, GAINED = "A-02", "B-03", "C-04"
CORRECTED_ON = {TAKEN_BACK: "2019-03-12", LOST: "2019-01-15", GAINED: "2019-02-20"}


def versions() -> Versions:
    """The original and its amendment."""
    original = _over_five_years(CONTRACT.read_text())
    amendment = original
    for was, now in (
        (
            "number: 1, kind: original, signed_on: 2016-11-01, effective_on: 2016-11-01",
            f"number: 2, kind: amendment, signed_on: {AMENDED_ON}, effective_on: 2019-01-01",
        ),
        (
            "when: highly engaged in year two, price: 600.00",
            "when: highly engaged in year two, price: 660.00",
        ),
        ("at_most: 41000.00, beyond: unpaid", "at_most: 43000.00, beyond: unpaid"),
        ("at_most: 5000.00, beyond: {funder: trust}", "at_most: 6000.00, beyond: {funder: trust}"),
    ):
        amendment = _replaced(amendment, was, now)
    return versions_of(
        [
            parse_contract(text.encode(), name=f"version {number}.yaml")
            for number, text in enumerate((original, amendment), 1)
        ]
    )


def claim_dates() -> list[date]:
    """A month after the last day of every quarter, worked out without the library."""
    months = (3 * number + 1 for number in range(1, QUARTERS + 1))
    return [BEGINS + relativedelta(months=number) - timedelta(days=1) for number in months]


def _over_five_years(text: str) -> str:
    quarters = [BEGINS + relativedelta(months=3 * number) for number in range(QUARTERS + 1)]
    listed = "\n".join(
        f"      Y{number // 4 + 1}-Q{number % 4 + 1}: {first} through {after - timedelta(days=1)}"
        for number, (first, after) in enumerate(itertools.pairwise(quarters))
    )
    claims = f"""claims:
    every: listed
    made: 1 month after the period
    listed:
{listed}"""
    text = re.sub(r"examples:.*?\nsheets:", "sheets:", text, flags=re.DOTALL)
    text = re.sub(r"claims: \{every: quarter.*\}", claims, text)
    text = _replaced(text, "2016-11-01 through 2019-03-31", "2016-11-01 through 2021-10-31")
    text = _replaced(text, "at_most: 180000.00", "at_most: 41000.00")
    return _replaced(text, "at_most: 30000.00", "at_most: 5000.00")


def _replaced(text: str, was: str, now: str) -> str:
    assert text.count(was) == 1, was
    return text.replace(was, now)


def evidence(about: Versions, seed: int = 2016) -> Evidence:
    """The evidence of all five years with its three corrections; nothing of it is refused."""
    book = _Book(seed)
    for cohort, started in zip("ABCD", INTAKES, strict=True):
        for number in range(1, OF_EACH + 1):
            book.lives(f"{cohort}-{number:02d}", date.fromisoformat(started), SCHOOLS[number % 3])
    read = read_evidence(
        {
            "participants": pd.DataFrame(book.people, dtype="object"),
            "observations": pd.DataFrame(book.rows, dtype="object"),
        },
        about,
    )
    assert read.refused_table.num_rows == 0, read.refused_table.to_pylist()[:3]
    return read


class _Book:
    """The rows in the making."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)
        self.people: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = []

    def lives(self, child: str, started: date, school: str) -> None:
        """All that was seen of one child in two years."""
        about = {"school": school, "borough": "lbhf", "key_stage": "2"}
        dated = {"started_on": started, "recorded_on": started}
        self.people.append({"participant": child, **dated, **about})
        day = started + timedelta(days=5)
        scores = {"sdq": 20, "relationships": 5, "confidence": 17, "attendance": 90.5}
        for metric, score in scores.items():
            self._saw(child, metric, score, day)
        self._saw(child, "consent", "yes", day)
        agreed = self._saw(child, "agreement", "no" if child == GAINED else "yes", day)
        if child == GAINED:
            self._put_right(agreed, "yes")
        for year in range(2):
            self._engages(child, started + relativedelta(years=year), child == LOST and not year)
        self._ends(child, started + relativedelta(months=22))

    def _engages(self, child: str, first: date, is_wrong: bool) -> None:
        meetings = 8 if is_wrong else self._chance.randint(4, 10)
        for number in range(meetings):
            self._saw(child, "link_worker", "yes", first + timedelta(days=20 + 28 * number))
        attended = 18 if is_wrong else self._chance.randint(15, SESSIONS)
        for number in range(SESSIONS):
            mark = "attended" if number < attended else "missed"
            row = self._saw(child, "specialist", mark, first + timedelta(days=10 + 14 * number))
            if is_wrong and number == attended - 1:
                self._put_right(row, "missed")

    def _ends(self, child: str, day: date) -> None:
        typed = 9 if child == TAKEN_BACK else self._chance.choice([12, 14, 18, 20])
        row = self._saw(child, "sdq", typed, day)
        if child == TAKEN_BACK:
            self._put_right(row, "19")
        is_better = child != TAKEN_BACK and self._chance.random() < 0.5
        self._saw(child, "relationships", 2 if is_better else 5, day)
        self._saw(child, "confidence", 25 if is_better else 18, day)
        self._saw(child, "attendance", 95.5 if self._chance.random() < 0.4 else 91.0, day)

    def _saw(self, child: str, metric: str, value: object, on: date) -> dict[str, Any]:
        late = 0 if child in CORRECTED_ON else self._chance.choice([0, 0, 0, 3, 10, 130])
        row = {
            "observation": f"{child}/{len(self.rows)}",
            "participant": child,
            "metric": metric,
            "value": str(value),
            "observed_on": on,
            "recorded_on": on + timedelta(days=late),
            "supersedes": None,
        }
        self.rows.append(row)
        return row

    def _put_right(self, row: dict[str, Any], value: str) -> None:
        recorded = date.fromisoformat(CORRECTED_ON[row["participant"]])
        again = {"observation": f"{row['observation']}/right", "supersedes": row["observation"]}
        self.rows.append(row | again | {"value": value, "recorded_on": recorded})

"""A contract's life in the making: what happens to it, day by day, and what was settled of it.

Nothing here is worked out: it holds the rows that were recorded, the versions that were signed, the
money that came, and the bytes of every settlement when it was issued.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
from tests.spec.drawn_tables import versions_of

from impactbond.canonical import csv_bytes
from impactbond.contract.versions import Versions
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.receipts.read import read_receipts
from impactbond.receipts.receipts import Receipts
from impactbond.records.record import read_record, write_record
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Earlier, Settlement

FIRST, LAST = date(2017, 1, 2), date(2018, 6, 30)
# A quarter's claim is made a month after its last day.
CLAIM_DATES = tuple(
    date.fromisoformat(day)
    for day in ("2017-04-30", "2017-07-31", "2017-10-31", "2018-01-31", "2018-04-30", "2018-07-31")
)
CHILDREN = ("c1", "c2", "c3", "c4")
EVENTS = ("consent", "agreement", "meeting")
TABLES = ("decisions", "lines", "shares", "payments", "balances")
CALENDAR = "calendar: {term: 2017-01-01 through 2018-06-30}\n"
SIGNED_UP = "{observed: agreement, in: year one}"
BETTER = "{improves: sdq, by: 5, between: [early, later]}"
PEOPLE = ("participant", "started_on", "left_on", "from_on", "recorded_on", "school", "borough")
SEEN = ("observation", "participant", "metric", "value", "observed_on", "recorded_on")
Row = dict[str, Any]


@dataclass(frozen=True)
class Terms:
    """What versions of the contract differ in; money in pence."""

    prices: tuple[int, int, int, int]
    share: str
    at_most: int
    of_lottery: int
    each: int
    tranche: int

    @property
    def text(self) -> str:
        """The terms as a contract says them."""
        consent, sign_up, met, better = (f"{price / 100:.2f}" for price in self.prices)
        return f"""
windows:
  early: start to 3 months after start
  later: 3 months after start to 9 months after start
milestones:
  consent: {{clause: "§1", when: {{observed: consent, in: year one}}, price: {consent}}}
  sign_up: {{clause: "§2", after: consent, when: {SIGNED_UP}, price: {sign_up}}}
  met: {{clause: "§3", when: {{count: meeting, in: year one, at_least: 2}}, price: {met}}}
  better: {{clause: "§4", after: consent, when: {BETTER}, price: {better}}}
funding:
  - {{for: [consent, better], shares: {{council: {self.share}, lottery: the rest}}, clause: "§5"}}
  - {{for: [sign_up, met], shares: {{lottery: 1/3, trust: 1/7, council: the rest}}, clause: "§6"}}
tranches:
  first: {{pay: {self.tranche}.00, on: 2017-01-03, by: {{council: 100%}}, recovered: {{at: 50%}}}}
limits:
  - {{contract: whole, each: participant, at_most: {self.each}.00, beyond: unpaid, clause: "§8"}}
  - {{contract: whole, at_most: {self.at_most}.00, beyond: unpaid, clause: "§9"}}
  - {{funder: lottery, at_most: {self.of_lottery}.00, beyond: {{funder: trust}}, clause: "§10"}}
"""


@dataclass(frozen=True)
class Issued:
    """What was settled at one claim date: its tables as bytes, and how many versions were known."""

    day: date
    tables: dict[str, bytes]
    settlement: Settlement


@dataclass
class Life:
    """One history: it only grows, and every row is recorded on its day."""

    folder: Path
    governs: str
    terms: list[Terms]
    today: date = FIRST
    texts: list[str] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)
    seen: list[Row] = field(default_factory=list)
    paid: list[Row] = field(default_factory=list)
    issued: list[Issued] = field(default_factory=list)
    records: dict[int, Path] = field(default_factory=dict)
    effective: date = FIRST
    _versions: Versions | None = None
    _read: tuple[tuple[int, int], Evidence] | None = None

    def __post_init__(self) -> None:
        """The original, signed before anything happens."""
        self.signed, self.kinds = [FIRST - timedelta(days=30)], ["original"]
        self.texts = [
            f"{_numbered(1, 'original', self.signed[0], self.signed[0])}"
            f"governs: {self.governs}\n{CALENDAR}{self.terms[0].text}"
        ]

    @property
    def versions(self) -> Versions:
        """Every version signed so far."""
        if self._versions is None or len(self._versions.all) != len(self.texts):
            self._versions = versions_of(*self.texts)
        return self._versions

    @property
    def is_over(self) -> bool:
        """Whether the last claim was made."""
        return len(self.issued) == len(CLAIM_DATES)

    def wait(self, days: int) -> None:
        """Days pass, and no claim date with them."""
        if not self.is_over:
            latest = CLAIM_DATES[len(self.issued)]
            self.today = min(self.today + timedelta(days=days), latest)

    def enrol(self, child: str, back: int) -> None:
        """A child starts, some days ago."""
        start = str(max(self.today - timedelta(days=back), FIRST))
        self.people.append(self._person(child, start, start))

    def leave(self, child: str) -> None:
        """A child leaves today; rows of one day about one child would contradict each other."""
        recorded = {row["recorded_on"] for row in self.people if row["participant"] == child}
        if str(self.today) in recorded:
            return
        start = self.start_of(child)
        self.people.append(self._person(child, start, str(self.today)) | {"left_on": self.today})

    def _person(self, child: str, start: str, from_: str) -> Row:
        return {
            "participant": child,
            "started_on": start,
            "left_on": None,
            "from_on": from_,
            "recorded_on": str(self.today),
            "school": "Elm",
            "borough": "north",
        }

    def start_of(self, child: str) -> str:
        """The day on which a child started."""
        return next(row["started_on"] for row in self.people if row["participant"] == child)

    @property
    def enrolled(self) -> list[str]:
        """The children so far."""
        return list(dict.fromkeys(row["participant"] for row in self.people))

    @property
    def standing(self) -> list[Row]:
        """The rows that nothing supersedes."""
        replaced = {row["supersedes"] for row in self.seen}
        return [row for row in self.seen if row["observation"] not in replaced]

    def observe(self, child: str, metric: str, value: str, back: int) -> None:
        """Something was seen some days ago, and is recorded today; one row a day and metric."""
        on = max(self.today - timedelta(days=back), FIRST)
        known = {(row["participant"], row["metric"], row["observed_on"]) for row in self.seen}
        if (child, metric, str(on)) not in known:
            self._record(child, metric, value, str(on))

    def supersede(self, row: Row, value: str, status: str | None = None) -> None:
        """A row that takes the place of another, recorded today."""
        self._record(
            row["participant"], row["metric"], value, row["observed_on"], row["observation"], status
        )

    def _record(
        self, child: str, metric: str, value: str, on: str, of: str | None = None,
        status: str | None = None,
    ) -> None:  # fmt: skip
        self.seen.append(
            {
                "observation": f"o{len(self.seen) + 1}",
                "participant": child,
                "metric": metric,
                "value": value,
                "observed_on": on,
                "recorded_on": str(self.today),
                "supersedes": of,
                "status": status,
            }
        )

    def sign(self, terms: Terms, kind: str, effective_on: date) -> None:
        """A new version, signed today; a correction is of the original."""
        number, corrects = len(self.texts) + 1, 1 if kind == "correction" else 0
        if not corrects:  # amendments take effect one after another
            self.effective = max(self.effective, effective_on)
        since = self.signed[0] if corrects else self.effective
        said = _numbered(number, kind, self.today, since, corrects)
        self.texts.append(f"{said}governs: {self.governs}\n{CALENDAR}{terms.text}")
        self.terms.append(terms)
        self.signed.append(self.today)
        self.kinds.append(kind)

    def in_force(self, day: date) -> Terms:
        """The terms in force at a claim date: those of the last amendment that was signed by then,
        or of the original as last corrected.
        """
        original, amendments = self.terms[0], []
        for terms, kind, signed in zip(self.terms, self.kinds, self.signed, strict=True):
            if signed <= day and kind == "correction":
                original = terms
            elif signed <= day and kind == "amendment":
                amendments.append(terms)
        return amendments[-1] if amendments else original

    @property
    def evidence(self) -> Evidence:
        """Everything recorded so far; no row of it may be refused."""
        size = (len(self.people), len(self.seen))
        if self._read is None or self._read[0] != size:
            self._read = size, self._delivered()
        return self._read[1]

    def _delivered(self) -> Evidence:
        frames = {
            "participants": pd.DataFrame(self.people, columns=list(PEOPLE), dtype="object"),
            "observations": pd.DataFrame(
                self.seen, columns=[*SEEN, "supersedes", "status"], dtype="object"
            ),
        }
        read = read_evidence(frames, self.versions)
        assert read.refused_table.num_rows == 0, read.refused_table.to_pylist()
        return read

    @property
    def receipts(self) -> Receipts:
        """The money that came so far."""
        names = ["receipt", "funder", "received_on", "amount"]
        read = read_receipts(
            pd.DataFrame(self.paid, columns=names, dtype="object"), self.versions.whole
        )
        assert read.refused_table.num_rows == 0, read.refused_table.to_pylist()
        return read

    def receive(self, funder: str, pence: int) -> None:
        """A funder's money comes today."""
        self.paid.append(
            {
                "receipt": f"r{len(self.paid) + 1}",
                "funder": funder,
                "received_on": str(self.today),
                "amount": f"{pence / 100:.2f}",
            }
        )

    @property
    def earlier(self) -> Earlier | None:
        """What the next claim is settled on: the record of the last one, where there is one."""
        if not self.issued:
            return None
        path = self.records.get(len(self.issued))
        return read_record(path) if path else self.issued[-1].settlement

    def issue(self) -> Settlement:
        """The next claim is made, on top of the last one; the day ends with it."""
        day = CLAIM_DATES[len(self.issued)]
        settlement = settle(self.versions, self.evidence, as_of=day, earlier=self.earlier)
        self.issued.append(Issued(day, tables_of(settlement), settlement))
        self.today = day + timedelta(days=1)
        return settlement

    def record(self) -> Path:
        """The record of the last claim, chained to the latest one before it."""
        number = len(self.issued)
        before = [self.records[place] for place in sorted(self.records) if place < number]
        path = self.folder / f"{number}-{len(list(self.folder.iterdir()))}.record"
        write_record(
            self.issued[-1].settlement,
            path,
            previous=before[-1] if before and number - 1 not in self.records else None,
            receipts=self.receipts if self.paid else None,
        )
        self.records[number] = path
        return path


def tables_of(settlement: Settlement) -> dict[str, bytes]:
    """Every table of a settlement as canonical bytes."""
    return {name: csv_bytes(getattr(settlement, f"{name}_table")) for name in TABLES}


def rewrites(issued: list[Issued]) -> list[str]:
    """The tables of money in which a later settlement does not begin with an earlier one."""
    return [
        f"{name} of {before.day} in {after.day}"
        for before, after in pairwise(issued)
        for name in ("lines", "shares", "payments")
        if not after.tables[name].startswith(before.tables[name])
    ]


def _numbered(number: int, kind: str, signed: date, effective: date, corrects: int = 0) -> str:
    said = f"number: {number}, kind: {kind}, signed_on: {signed}, effective_on: {effective}"
    return f"version: {{{said}{f', corrects: {corrects}' if corrects else ''}}}\n"

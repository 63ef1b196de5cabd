"""What the specification is written in: a contract in the terms that differ, evidence as a drawn
table, and money as people write it.

The base contract, in four lines:

    who    the council pays everything; lottery, trust, and each child's own school can be given
           shares
    when   2017 and 2018; a claim for every quarter, a month after it; late evidence waits for the
           next claim
    what   consent within a year of the start pays £100.00, once for each child
    whom   a child that a test does not draw started on 2017-01-09 at Elm in the north

A test writes only the terms that differ. Under funders, calendar, participants, metrics and
windows they are added to what is there; any other part that a test writes replaces the base's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import lru_cache
from io import StringIO
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.contract.read import versions_of as versions_from
from impactbond.contract.versions import Versions
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.money import CURRENCIES, show
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Earlier, Settlement

BASE = ""  # the base contract: no term differs
LETTERHEAD = """
impactbond: 1
contract: specification
title: The contract of the specification
version: {number: 1, kind: original, signed_on: 2016-12-01, effective_on: 2017-01-01}
currency: GBP
provider: A charity
funders:
  council: {name: The council, kind: council}
  lottery: {name: The lottery, kind: lottery}
  trust:   {name: A trust, kind: philanthropy}
  school:  {name: The child's own school, kind: school, each: school}
participants:
  attributes: {school: text, borough: [north, south]}
calendar:
  term: 2017-01-01 through 2018-12-31
  claims: {every: quarter, made: 1 month after the period}
  evidence: {within: 90 days, late: next claim}
  payment: {within: 30 days, working_days_of: England, if_closed: next working day}
metrics:
  consent:    {kind: event}
  agreement:  {kind: event}
  assessed:   {kind: event}
  meeting:    {kind: event, repeats: true}
  session:    {kind: session, marks: [attended, missed, cancelled]}
  sdq:        {kind: score, range: [0, 40], better: lower}
  reading:    {kind: score, range: [60, 140], better: higher}
  attendance: {kind: percentage, better: higher, decimals: 1}
windows:
  year one: start to 1 year after start
  year two: 1 year after start to 2 years after start
  baseline: 3 months before start to 3 months after start
  end:      9 months after start to 15 months after start
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
funding:
  - {for: every milestone, shares: {council: 100%}}
"""
ADDED_TO = ("funders", "calendar", "participants", "metrics", "windows")
THE_END = "2030-12-31"  # after every claim date of every contract here
HEADINGS = {
    "child": "participant",
    "start": "started_on",
    "left": "left_on",
    "from": "from_on",
    "recorded": "recorded_on",
    "on": "observed_on",
    "ref": "observation",
    "replaces": "supersedes",
}
UNDRAWN_CHILD = {"start": "2017-01-09", "school": "Elm", "borough": "north"}
_RANGE = re.compile(r"([a-z]+)(\d+)\.\.[a-z]+(\d+)")
Row = dict[str, str]


@lru_cache
def contract_of(terms: str) -> Contract:
    """The base contract with the terms that differ."""
    return parse_contract(contract_text(terms).encode(), name="specification.yaml")


def contract_text(terms: str) -> str:
    """The text of the base contract with the terms that differ."""
    written = dict(_written())
    for part, value in (YAML().load(terms) or {}).items():
        if part in ADDED_TO:
            together = deepcopy(_base()[part])
            _add(together, value)
            written[part] = _dumped({part: together})
        else:
            written[part] = _dumped({part: value})
    return "".join(written.values())


@lru_cache
def _written() -> dict[str, str]:
    """Each part of the base contract, as it is written: writing all of it costs what reading does,
    for each of some thousand contracts.
    """
    return {part: _dumped({part: value}) for part, value in _base().items()}


def _dumped(terms: Any) -> str:
    stream = StringIO()
    YAML().dump(terms, stream)
    return stream.getvalue()


def versions_of(terms: str, *later: str) -> Versions:
    """The base contract with the terms that differ, and later versions of it, each with the terms
    that differ from the version before.
    """
    together, found = terms, [contract_of(terms)]
    for more in later:
        together = _over(together, more)
        found.append(contract_of(together))
    return versions_from(found)


def _over(terms: str, more: str) -> str:
    written = YAML().load(terms) or {}
    for part, value in YAML().load(more).items():
        if part in ADDED_TO and part in written:
            _add(written[part], value)
        else:
            written[part] = value
    return _dumped(written)


@lru_cache
def _base() -> Any:
    return YAML().load(LETTERHEAD)


def _add(written: Any, terms: Any) -> None:
    for key, value in terms.items():
        if value is None:  # what is written as nothing is taken out
            written.pop(key, None)
        elif isinstance(value, dict) and isinstance(written.get(key), dict):
            _add(written[key], value)
        else:
            written[key] = value


def rows(drawn: str) -> list[Row]:
    """The rows of a drawn table, by its headings."""
    lines = [line for line in drawn.splitlines() if line.strip()]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[1:]]


def evidence_of(drawn: str, contract: Contract | Versions) -> Evidence:
    """The evidence that is drawn: what was observed; before it, above a line `---`, the children.

    `c1 c2` and `c1..c9` stand for a row for each child, several days for a row for each day.
    Evidence is recorded on its day, and children when they start, where nothing else is said.
    """
    drawn_rows = [one for part in drawn.split("---") for row in rows(part) for one in _each(row)]
    observed = [{"recorded": row["on"]} | row for row in drawn_rows if "metric" in row]
    children = [row for row in drawn_rows if "metric" not in row]
    known = {row["child"] for row in children}
    children += [{"child": name} for name in _distinct(observed) if name not in known]
    children = [UNDRAWN_CHILD | row for row in children]
    children = [{"recorded": row["start"]} | row for row in children]
    whole = contract.whole if isinstance(contract, Versions) else contract
    attributes = whole.participants.attributes
    people = ("child", "start", "recorded", "from", "left", *attributes)
    seen = ("child", "metric", "on", "value", "recorded", "ref", "replaces", "status", "source")
    seen = (*seen, "slot") if whole.slots else seen
    return read_evidence(
        {"participants": _frame(children, people), "observations": _frame(observed, seen)},
        contract,
    )


def _distinct(observed: Iterable[Row]) -> Iterable[str]:
    return dict.fromkeys(row["child"] for row in observed)


def _each(row: Row) -> Iterator[Row]:
    """The rows that a drawn row stands for, without its blank cells."""
    filled = {heading: cell for heading, cell in row.items() if cell}
    for child in [name for word in row["child"].split() for name in _children(word)]:
        for day in filled.get("on", "").split() or [""]:
            yield filled | {"child": child} | ({"on": day} if day else {})


def _children(word: str) -> list[str]:
    found = _RANGE.fullmatch(word)
    if not found:
        return [word]
    return [f"{found[1]}{number}" for number in range(int(found[2]), int(found[3]) + 1)]


def _frame(drawn: Iterable[Row], headings: Iterable[str]) -> pd.DataFrame:
    columns = {heading: [row.get(heading) for row in drawn] for heading in headings}
    return pd.DataFrame(columns, dtype="object").rename(columns=HEADINGS)


def amended(
    versions: Versions, evidence: str, as_of: str = THE_END, earlier: Earlier | None = None
) -> Settlement:
    """The settlement of the drawn evidence under several versions."""
    return settle(versions, evidence_of(evidence, versions), as_of=as_of, earlier=earlier)


def settled(
    terms: str, evidence: str, as_of: str = THE_END, earlier: Earlier | None = None
) -> Settlement:
    """The settlement of the drawn evidence under the base contract with these terms."""
    if earlier is None:
        return _settled_at_once(terms, evidence, as_of)
    contract = contract_of(terms)
    return settle(contract, evidence_of(evidence, contract), as_of=as_of, earlier=earlier)


@lru_cache(maxsize=8)
def _settled_at_once(terms: str, evidence: str, as_of: str) -> Settlement:
    """Kept, because a test looks at one settlement from several sides."""
    contract = contract_of(terms)
    return settle(contract, evidence_of(evidence, contract), as_of=as_of)


def paid(terms: str, evidence: str, as_of: str = THE_END) -> dict[str, dict[str, str]]:
    """What is due in each claim period from each funder, in pounds, where it is not nothing."""
    return due_of(settled(terms, evidence, as_of))


def due_of(settlement: Settlement) -> dict[str, dict[str, str]]:
    """What is due in each claim period from each funder, in pounds, where it is not nothing."""
    found: dict[str, dict[str, str]] = {}
    for row in settlement.balances_table.to_pylist():
        if row["due_pence"]:
            amount = pounds(row["due_pence"], settlement.contract.currency)
            found.setdefault(row["claim_period"], {})[row["funder"]] = amount
    return found


def due_by_day(terms: str, evidence: str) -> dict[str, dict[str, str]]:
    """What each funder pays on each day of the schedule, in pounds."""
    found: dict[str, dict[str, int]] = {}
    for row in settled(terms, evidence).payments_table.to_pylist():
        on_the_day = found.setdefault(str(row["due_on"]), {})
        on_the_day[row["funder"]] = on_the_day.get(row["funder"], 0) + row["amount_pence"]
    return {
        day: {funder: pounds(pence) for funder, pence in amounts.items()}
        for day, amounts in found.items()
    }


def pounds(pence: int, currency: str = "GBP") -> str:
    """An amount as people write it, without the sign of the currency."""
    return show(pence, currency).replace(CURRENCIES[currency].sign, "")


def verdicts(terms: str, evidence: str, as_of: str = THE_END) -> dict[str, str]:
    """The verdict on every child and milestone: the day it was achieved, or why it was not."""
    return {
        f"{row['participant']} {row['milestone']}": f"achieved {row['achieved_on']}"
        if row["achieved_on"]
        else f"{row['verdict']}: {row['reason'].replace('_', ' ')}"
        for row in settled(terms, evidence, as_of).decisions_table.to_pylist()
    }


def lines(terms: str, evidence: str, as_of: str = THE_END) -> list[Row]:
    """Every movement of every claim, as rows of the table that a test draws to compare."""
    return lines_of(settled(terms, evidence, as_of))


def lines_of(settlement: Settlement) -> list[Row]:
    """Every movement of every claim, as rows of the table that a test draws to compare."""
    return [
        {
            "claimed": row["claim_period"],
            "kind": row["kind"],
            "child": row["participant"],
            "milestone": row["milestone"],
            "achieved": row["period"],
            "because": row["because"],
            "value": pounds(row["value_pence"]),
            "withheld": pounds(row["withheld_pence"]),
        }
        for row in settlement.lines_table.to_pylist()
    ]


def schedule(terms: str, evidence: str, as_of: str = THE_END) -> list[Row]:
    """What is paid, when, by whom and for what, as rows of the table that a test draws."""
    return [
        {
            "claimed": row["claim_period"],
            "due": str(row["due_on"]),
            "funder": row["funder"],
            "for": f"{row['kind']} {row['name']}".strip(),
            "amount": pounds(row["amount_pence"]),
        }
        for row in settled(terms, evidence, as_of).payments_table.to_pylist()
    ]


def balance(terms: str, evidence: str, funder: str, as_of: str = THE_END) -> list[Row]:
    """What stands to date with one funder, at every claim date at which any of it moved."""
    found: list[Row] = []
    before = [0, 0, 0]
    for row in settled(terms, evidence, as_of).balances_table.to_pylist():
        to_date = [row[f"{name}_pence"] for name in ("entitled", "withheld", "on_account")]
        if row["funder"] == funder and to_date != before:
            before = to_date
            shown = map(pounds, [*to_date, row["due_pence"]])
            headings = ("claimed", "entitled", "withheld", "on account", "due")
            found.append(dict(zip(headings, [row["claim_period"], *shown], strict=True)))
    return found

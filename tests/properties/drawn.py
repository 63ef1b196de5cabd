"""Drawn contracts, evidence and claims: small, odd, and valid by construction.

Scales are short, windows meet, records fall on deadlines and claim dates, and prices do not divide,
so that ties, boundaries and odd pennies come up in nearly every draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from impactbond.contract.check import check_terms
from impactbond.contract.conditions import All, AnyOf, AtLeast, metric_of, parts, windows_of
from impactbond.contract.contract import Contract
from impactbond.contract.metrics import Event, Session
from impactbond.contract.phrases import Edge
from impactbond.evidence.evidence import OBSERVATIONS_SCHEMA, REFUSED_SCHEMA, Evidence, participants_schema
from impactbond.money import CURRENCIES
from tests.properties.reference import Claim, claim_dates, pence

Draw = st.DrawFn
Row = dict[str, Any]
Names = Sequence[str]
SCHOOLS = ("Ark", "ark", "Bay", "Ä Hill")
BOROUGHS = ("west", "east")
CHILDREN = ("C-2", "C-10", "c-1", "É-1", "Z", "A-1")


@dataclass(frozen=True)
class Drawn:
    """A contract and rows of evidence under it, in no order, as the reference takes them."""

    contract: Contract
    participants: list[Row]
    observations: list[Row]


@st.composite
def cases(draw: Draw) -> Drawn:
    """A contract with evidence for one to six participants."""
    contract = draw(contracts())
    participants = draw(participant_rows(contract))
    return Drawn(contract, participants, draw(observation_rows(contract, participants)))


@st.composite
def contracts(draw: Draw) -> Contract:
    """A contract that passes every check."""
    contract = Contract.model_validate(draw(terms()))
    faults = check_terms(contract)
    assert not faults, faults
    return contract


@st.composite
def terms(draw: Draw) -> dict[str, Any]:
    """The terms of a contract as they stand in a file."""
    first, last, calendar = draw(calendars())
    metrics, windows = draw(metric_terms()), draw(window_terms(first, last))
    named: dict[str, Any] = {}
    for number in range(draw(st.integers(0, 3))):
        named[f"named {number}"] = draw(condition(metrics, windows, tuple(named), 2))
    anything = condition(metrics, windows, tuple(named), 3)
    about: dict[str, Any] = {"attributes": {"school": "text", "borough": list(BOROUGHS)}}
    if draw(st.integers(0, 4)) == 4:
        about["eligible"] = draw(anything)
    if draw(st.integers(0, 3)) == 3:
        about["covered"] = {"borough": ["west"]}
    currency = draw(st.sampled_from(("GBP", "GBP", "GBP", "JPY", "KWD")))
    milestones = draw(milestone_terms(anything, currency))
    plain = ("council", "lottery", "trust", "central")[: draw(st.integers(1, 4))]
    school = {"name": "Own school", "kind": "school", "each": "school"}
    return {
        "impactbond": 1,
        "contract": "drawn",
        "title": "Drawn",
        "version": {"number": 1, "kind": "original", "signed_on": first, "effective_on": first},
        "currency": currency,
        "provider": "Provider",
        "funders": {**{name: {"name": name, "kind": "other"} for name in plain}, "school": school},
        "calendar": calendar,
        "participants": about,
        "metrics": metrics,
        "windows": windows,
        "conditions": named,
        "milestones": milestones,
        "funding": draw(funding_terms((*plain, "school"), list(milestones))),
        "tranches": draw(tranche_terms(plain, currency, first, last)),
        "limits": draw(limit_terms(plain, list(milestones), currency)),
        "rounding": {"half": draw(st.sampled_from(("up", "up", "even")))},
    }


@st.composite
def calendars(draw: Draw) -> tuple[date, date, dict[str, Any]]:
    """The first and last day of the term, and the terms of the calendar."""
    first = draw(st.sampled_from((date(2016, 11, 1), date(2017, 1, 31), date(2016, 2, 29))))
    every = draw(st.sampled_from(("month", "quarter", "quarter", "year")))
    days = {"month": (20, 180), "quarter": (60, 400), "year": (200, 700)}[every]
    last = first + timedelta(days=draw(st.integers(*days)))
    made = draw(st.sampled_from(("0 days", "10 days", "2 weeks", "1 month", "4 months")))
    within = draw(st.sampled_from(("0 days", "10 days", "1 month", "90 days")))
    late = draw(st.sampled_from(("next claim", "next claim", "nothing")))
    return first, last, {
        "term": f"{first} through {last}",
        "claims": {"every": every, "made": f"{made} after the period"},
        "evidence": {"within": within, "late": late},
        "payment": {"within": "30 days", "working_days_of": "England"},
    }


@st.composite
def metric_terms(draw: Draw) -> dict[str, Any]:
    """One to three metrics of every kind, on short scales."""
    few = st.sampled_from((1, 1, 1, 2, 3))
    marks = ["attended", "missed", "ill"]
    metrics: dict[str, Any] = {f"event {n}": {"kind": "event"} for n in range(draw(few))}
    metrics |= {f"session {n}": {"kind": "session", "marks": marks} for n in range(draw(few))}
    for kind, scales in (("score", ([0, 4], [-2, 2])), ("percentage", ([94, 96], [0, 2]))):
        for number in range(draw(few)):
            metrics[f"{kind} {number}"] = {
                "kind": kind,
                "range": draw(st.sampled_from(scales)),
                "better": draw(st.sampled_from(("higher", "lower"))),
                "decimals": draw(st.integers(0, 1)),
            }
    return metrics


@st.composite
def window_terms(draw: Draw, first: date, last: date) -> dict[str, str]:
    """Two to four windows, each with its earlier edge first for who starts with the term."""
    unit = st.sampled_from(("days", "weeks", "months"))
    side = st.sampled_from(("before", "after", "after"))
    moved = st.builds("{} {} {} start".format, st.integers(0, 9), unit, side)
    fixed = st.dates(first - timedelta(days=60), last + timedelta(days=60)).map(str)
    edge = st.one_of(st.sampled_from(("start", "1 year after start")), moved, moved, fixed)
    windows = {"around": "30 days before start through 60 days after start"}
    for number in range(draw(st.integers(1, 3))):
        opens, closes = sorted((draw(edge), draw(edge)), key=lambda one: Edge.parse(one).on(first))
        is_one_day = Edge.parse(opens).on(first) == Edge.parse(closes).on(first)
        word = "through" if is_one_day else draw(st.sampled_from(("to", "through")))
        windows[f"window {number}"] = f"{opens} {word} {closes}"
    return windows


@st.composite
def condition(draw: Draw, metrics: Mapping[str, Any], windows: Mapping[str, str], named: Names, depth: int) -> Any:
    """A condition nested no deeper than `depth`, which may name any of `named`."""
    kinds = ["leaf", "leaf", "leaf", *(("all", "any", "of") if depth > 1 else ())]
    kind = draw(st.sampled_from([*kinds, "named"] if named else kinds))
    if kind == "named":
        return draw(st.sampled_from(named))
    if kind == "leaf":
        return draw(leaf(metrics, windows))
    inside = condition(metrics, windows, named, depth - 1)
    found = draw(st.lists(inside, min_size=1, max_size=3))
    if kind == "of":
        return {"at_least": draw(st.integers(1, len(found))), "of": found}
    return {kind: found}


@st.composite
def leaf(draw: Draw, metrics: Mapping[str, Any], windows: Mapping[str, str]) -> dict[str, Any]:
    """A condition about one metric."""
    metric = draw(st.sampled_from(sorted(metrics)))
    terms = metrics[metric]
    window = st.sampled_from(sorted(windows))
    if terms["kind"] == "event" and draw(st.booleans()):
        return {"observed": metric, "in": draw(window)}
    if terms["kind"] == "session" and draw(st.booleans()):
        share = draw(st.sampled_from(("1/3", "50%", "66.7%", "2/3", "100%")))
        return {"share": metric, "marked": "attended", "in": draw(window), "at_least": share}
    if terms["kind"] in ("event", "session") or draw(st.integers(0, 5)) == 5:
        count = {"count": metric, "in": draw(window), "at_least": draw(st.integers(1, 3))}
        is_marked = terms["kind"] == "session" and draw(st.booleans())
        return {**count, "marked": "missed"} if is_marked else count
    kind = draw(st.sampled_from(("level", "improves", "crosses")))
    if kind == "level":
        pick = draw(st.sampled_from(("first", "last")))
        return {"level": metric, "pick": pick, "in": draw(window), "is": draw(threshold(terms))}
    between = [draw(window), draw(window)]
    if kind == "crosses":
        sides = {"from": draw(threshold(terms)), "to": draw(threshold(terms))}
        return {"crosses": metric, **sides, "between": between}
    low, high = terms["range"]
    steps = draw(st.integers(1, (high - low) * 10 ** terms["decimals"]))
    by = Decimal(steps).scaleb(-terms["decimals"])
    return {"improves": metric, "by": by if terms["kind"] == "score" else f"{by}%", "between": between}


@st.composite
def threshold(draw: Draw, terms: Mapping[str, Any]) -> str:
    """A threshold that some values of the metric are on either side of."""
    side = draw(st.sampled_from(("at least", "at most", "above", "below")))
    low, high = (bound * 10 ** terms["decimals"] for bound in terms["range"])
    is_closed = side in ("at least", "below")
    steps = draw(st.integers(low + 1, high) if is_closed else st.integers(low, high - 1))
    return f"{side} {Decimal(steps).scaleb(-terms['decimals'])}{'%' * (terms['kind'] == 'percentage')}"


def amounts(currency: str, largest: int) -> st.SearchStrategy[Decimal]:
    """Amounts of money up to so many minor units, often ones that do not divide."""
    units = st.one_of(st.sampled_from((100, 1001, 3333, 10000, 1, 2, 0)), st.integers(0, largest))
    return units.map(lambda number: Decimal(number).scaleb(-CURRENCIES[currency][0]))


@st.composite
def milestone_terms(draw: Draw, anything: st.SearchStrategy[Any], currency: str) -> dict[str, Any]:
    """One to four milestones; each may come after others, wherever those stand."""
    names = [f"milestone {number}" for number in range(draw(st.integers(1, 4)))]
    after: dict[str, list[str]] = {}
    for name in draw(st.permutations(names)):
        earlier = st.lists(st.sampled_from(list(after)), max_size=2, unique=True)
        after[name] = draw(earlier) if after and draw(st.booleans()) else []
    price = amounts(currency, 20000)
    return {name: {"after": after[name], "when": draw(anything), "price": draw(price)} for name in names}


@st.composite
def shares(draw: Draw, funders: Names) -> dict[str, str]:
    """Shares of some of the funders, in any order, that make a whole."""
    payers = draw(st.lists(st.sampled_from(funders), min_size=1, unique=True))
    weights = {payer: draw(st.integers(0 if payer != payers[-1] else 1, 5)) for payer in payers}
    whole = sum(weights.values())
    rest = draw(st.sampled_from(["", payers[-1]]))
    written = {payer: f"{weight}/{whole}" for payer, weight in weights.items()}
    if 100 % whole == 0:
        written = {payer: f"{weight * 100 // whole}%" for payer, weight in weights.items()}
    return {payer: "the rest" if payer == rest else share for payer, share in written.items()}


@st.composite
def funding_terms(draw: Draw, payers: Names, milestones: list[str]) -> list[Any]:
    """One entry for every milestone, or one for each of two parts of them."""
    at = draw(st.integers(0, len(milestones) - 1))
    groups = [milestones[:at], milestones[at:]] if at else ["every milestone"]
    return [{"for": group, "shares": draw(shares(payers))} for group in groups]


@st.composite
def tranche_terms(draw: Draw, payers: Names, currency: str, first: date, last: date) -> dict[str, Any]:
    """At most one tranche."""
    tranche = {
        "pay": draw(amounts(currency, 30000)),
        "on": draw(st.dates(first, last)),
        "by": draw(shares(payers)),
        "recovered": {"at": draw(st.sampled_from(("10%", "1/3", "50%", "100%")))},
    }
    return {"mobilisation": tranche} if draw(st.booleans()) else {}


@st.composite
def limit_terms(draw: Draw, plain: Names, milestones: Names, currency: str) -> list[Any]:
    """At most three limits: on the whole first, then on funders, passing on only to later ones."""
    most = amounts(currency, 60000)
    wholes = [{"contract": "whole"}, *({"milestone": name} for name in milestones)]
    about = draw(st.lists(st.sampled_from(wholes), max_size=2))
    limits: list[Any] = [{**one, "at_most": draw(most), "beyond": "unpaid"} for one in about]
    funders = st.lists(st.sampled_from((*plain, "school")), max_size=3 - len(limits), unique=True)
    limited = draw(funders)
    for index, name in enumerate(limited):
        takers = [{"funder": taker} for taker in plain if taker not in limited[: index + 1]]
        beyond = draw(st.sampled_from([*takers, "unpaid"]))
        limits.append({"funder": name, "at_most": draw(most), "beyond": beyond})
    return limits


def recorded(contract: Contract, day: date) -> st.SearchStrategy[date]:
    """Days on which something of that day may be recorded: soon, at the deadline, at a claim date."""
    deadline = contract.calendar.evidence.within.after(day)
    around = [made + timedelta(days=n) for made in claim_dates(contract) for n in (0, 1)]
    edges = [deadline, deadline + timedelta(days=1), *(made for made in around if made >= day)]
    soon = st.integers(0, 40).map(lambda n: day + timedelta(days=n))
    return st.one_of(soon, st.sampled_from(edges))


@st.composite
def participant_rows(draw: Draw, contract: Contract) -> list[Row]:
    """Rows of one to six participants who move, leave, or started on another day than first told."""
    first, last = contract.calendar.term
    rows: list[Row] = []
    for name in draw(st.lists(st.sampled_from(CHILDREN), min_size=1, unique=True)):
        started = first + timedelta(days=draw(st.integers(-60, (last - first).days // 2)))
        for number in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
            moved = timedelta(days=draw(st.integers(-5, 300)) if number else 0)
            late = timedelta(days=draw(st.sampled_from((0, 0, 0, 9))) if number else 0)
            left_on = started + timedelta(days=draw(st.integers(0, 400)))
            rows.append({
                "participant": name,
                "started_on": started + late,
                "left_on": left_on if number and draw(st.booleans()) else None,
                "from_on": started + moved,
                "recorded_on": draw(recorded(contract, started + moved)),
                "school": draw(st.sampled_from(SCHOOLS)),
                "borough": draw(st.sampled_from(BOROUGHS)),
            })
    return draw(st.permutations([row for n, row in enumerate(rows) if row not in rows[:n]]))


@st.composite
def observation_rows(draw: Draw, contract: Contract, participants: Sequence[Row]) -> list[Row]:
    """Rows wherever a condition looks, and rows that replace or take back others, none twice."""
    rows: list[Row] = []

    def add(row: Row) -> None:
        if all({**row, "observation": other["observation"]} != other for other in rows):
            rows.append({**row, "observation": f"o{len(rows)}"})

    for one in {row["participant"]: row for row in participants}.values():
        for metric, window in looked_at(contract):
            for _ in range(draw(st.sampled_from((1, 1, 2, 0)))):
                add(draw(observation(contract, one, metric, window)))
    for _ in range(draw(st.integers(0, 5)) if rows else 0):
        add(draw(correction(contract, draw(st.sampled_from(rows)))))
    return draw(st.permutations(rows))


@st.composite
def observation(draw: Draw, contract: Contract, one: Row, metric: str, window: str) -> Row:
    """A row of a metric on a day in a window, or on the day before or after it."""
    days = sorted(contract.windows[window].days(one["started_on"]))
    beyond = [days[0] - timedelta(days=1), days[1] + timedelta(days=1)]
    day = draw(st.one_of(st.dates(*days), st.dates(*days), st.sampled_from([*days, *beyond])))
    told = {"participant": one["participant"], "metric": metric, "value": draw(values(contract, metric))}
    nothing = {"source": None, "evidence_ref": None, "supersedes": None, "status": "recorded"}
    return {**told, "observed_on": day, "recorded_on": draw(recorded(contract, day)), **nothing}


@st.composite
def correction(draw: Draw, contract: Contract, old: Row) -> Row:
    """A row that replaces an old one: with another value, on another day, or withdrawing it."""
    is_withdrawn = draw(st.integers(0, 2)) == 2
    day = old["observed_on"] + timedelta(days=draw(st.sampled_from((0, 0, 1, 30))))
    return {
        **old,
        "value": 0 if is_withdrawn else draw(values(contract, old["metric"])),
        "observed_on": day,
        "recorded_on": draw(recorded(contract, max(day, old["recorded_on"]))),
        "supersedes": old["observation"],
        "status": "withdrawn" if is_withdrawn else "recorded",
    }


def looked_at(contract: Contract) -> list[tuple[str, str]]:
    """Every metric that a condition looks at, with each window in which it does, once."""
    asked = [one.when for one in contract.milestones.values()]
    asked += [one for one in (contract.participants.eligible,) if one is not None]
    found: dict[tuple[str, str], None] = {}
    while asked:
        one = asked.pop()
        if isinstance(one, str):
            asked.append(contract.conditions[one])
        elif isinstance(one, All | AnyOf | AtLeast):
            asked += parts(one)
        else:
            found |= {(metric_of(one), window): None for window in windows_of(one)}
    return list(found)


def values(contract: Contract, metric: str) -> st.SearchStrategy[int]:
    """The values of a metric as rows hold them; events mostly happened."""
    terms = contract.metrics[metric]
    if isinstance(terms, Event):
        return st.sampled_from((1, 1, 1, 0))
    if isinstance(terms, Session):
        return st.integers(0, len(terms.marks) - 1)
    low, high = (int(bound * 10**terms.decimals) for bound in terms.range)
    return st.integers(low, high)


@st.composite
def histories(draw: Draw, contract: Contract) -> list[tuple[date, list[Claim]]]:
    """Claims to date at every claim date of a contract: made at once or later, some taken back."""
    periods = contract.calendar.periods
    dates = claim_dates(contract)
    made: list[tuple[int, int, Claim]] = []
    for name in draw(st.lists(st.sampled_from(CHILDREN), min_size=1, unique=True)):
        school = {"school": draw(st.sampled_from(SCHOOLS)), "borough": "west"}
        for milestone, terms in contract.milestones.items():
            at = draw(st.integers(0, len(periods) - 1))
            known = draw(st.integers(at, len(periods) - 1))
            gone = draw(st.one_of(st.just(len(periods)), st.integers(known, len(periods))))
            day = draw(st.dates(periods[at].first, periods[at].last))
            price = pence(contract, terms.price)
            made.append((known, gone, Claim(name, milestone, periods[at].label, day, school, price)))
    return [
        (day, [claim for known, gone, claim in made if known <= index < gone]) for index, day in enumerate(dates)
    ]


def evidence_of(drawn: Drawn) -> Evidence:
    """The drawn rows as they are held once they have been read, in the order they were drawn."""

    def table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
        placed = [{"file": "", "sheet": "drawn", "row": n, **row} for n, row in enumerate(rows, 1)]
        return pa.Table.from_pylist(placed, schema=schema)

    participants = table(drawn.participants, participants_schema(tuple(drawn.contract.participants.attributes)))
    observations = table(drawn.observations, OBSERVATIONS_SCHEMA)
    return Evidence(participants, observations, REFUSED_SCHEMA.empty_table(), kind="pyarrow")


def to_evidence_frames(drawn: Drawn) -> dict[str, pa.Table]:
    """The drawn rows as frames for `read_evidence`, with values as people write them."""
    rows = [{**row, "value": written(drawn.contract, row)} for row in drawn.observations]
    fields = [pa.field("value", pa.string()) if one.name == "value" else one for one in OBSERVATIONS_SCHEMA]
    observations = pa.Table.from_pylist(rows, schema=pa.schema(fields[: -len(("file", "sheet", "row"))]))
    participants = evidence_of(drawn).participants_table.drop_columns(["file", "sheet", "row"])
    return {"participants": participants, "observations": observations}


def written(contract: Contract, row: Row) -> str:
    """A row's value as people write it: yes or no, the mark, or the number."""
    terms = contract.metrics[row["metric"]]
    if isinstance(terms, Event):
        return "yes" if row["value"] else "no"
    if isinstance(terms, Session):
        return terms.marks[row["value"]]
    return str(Decimal(row["value"]).scaleb(-terms.decimals))

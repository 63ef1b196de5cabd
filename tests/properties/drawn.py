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
from hypothesis import assume
from hypothesis import strategies as st
from tests.properties import drawn_money as money
from tests.properties.drawn_conditions import STATES, conditions, units
from tests.properties.reference import Claim, claim_dates, pence

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.rules import check_terms
from impactbond.evidence import evidence as tables
from impactbond.terms.conditions import Junction, Looking
from impactbond.terms.metrics.choices import Event, State
from impactbond.terms.metrics.numbers import Quantity
from impactbond.terms.metrics.sessions import Session
from impactbond.terms.phrases import Edge
from impactbond.terms.rounding import HALVES

Draw = st.DrawFn
Row = dict[str, Any]
Names = Sequence[str]
Terms = Mapping[str, Any]
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
def cases(draw: Draw, *, whole: bool = False) -> Drawn:
    """A contract with evidence for one to six participants.

    With `whole`, also units, evidence in dispute, and late evidence that earns a share.
    """
    contract = draw(contracts(whole=whole))
    participants = draw(participant_rows(contract))
    rows = draw(observation_rows(contract, participants, whole=whole))
    return Drawn(contract, participants, rows)


@st.composite
def contracts(draw: Draw, *, whole: bool = False) -> Contract:
    """A contract that passes every check."""
    written = draw(terms())
    if whole:
        draw(_make_whole(written))
    contract = Contract.model_validate(written)
    found = check_terms(contract)
    # Conditions are drawn one by one, and two of them can come to the same.
    assume(not any(one.fault.code == "counted_twice" for one in found))
    # Where one end of a window is a day, the order of two depends on when the term starts.
    assume(not any(one.path[-1] == "between" for one in found))
    assert found == []
    return contract


@st.composite
def _make_whole(draw: Draw, written: dict[str, Any]) -> None:
    """Add units and a share for late evidence to a contract's terms."""
    deadline = written["calendar"]["evidence"]
    if deadline["late"] == "next claim" and draw(st.booleans()):
        deadline["late_pays"] = "50%"
    for milestone in written["milestones"].values():
        if "places" not in written["participants"] and draw(st.booleans()):
            milestone["units"] = draw(units(written["metrics"], written["windows"]))


@st.composite
def terms(draw: Draw) -> dict[str, Any]:
    """The terms of a contract as they stand in a file."""
    first, last, calendar = draw(_calendars())
    metrics, windows = draw(_metrics()), draw(_windows(first, last))
    named: dict[str, Any] = {}
    for number in range(draw(st.integers(0, 3))):
        named[f"named {number}"] = draw(conditions(metrics, windows, tuple(named), 2))
    anything = conditions(metrics, windows, tuple(named), 3)
    about: dict[str, Any] = {"attributes": {"school": "text", "borough": list(BOROUGHS)}}
    if draw(st.integers(0, 4)) == 4:
        about["eligible"] = draw(anything)
    about |= {"covered": {"borough": ["west"]}} if draw(st.integers(0, 3)) == 3 else {}
    if draw(st.integers(0, 4)) == 4:
        starts = (first - timedelta(days=40), first + timedelta(days=draw(st.integers(0, 60))))
        about["started"] = f"{starts[0]} through {starts[1]}"
    if draw(st.integers(0, 3)) == 3:
        by, clock = draw(st.sampled_from(("school", "borough"))), ("restarts", "goes on")
        about["places"] = {"by": by, "clock": draw(st.sampled_from(clock))}
    currency = draw(st.sampled_from(("GBP", "GBP", "GBP", "JPY", "KWD")))
    easy = st.one_of(st.just({"observed": "event 0", "in": "around"}), anything, anything)
    milestones = draw(_milestones(easy, currency))
    plain = ("council", "lottery", "trust", "central")[: draw(st.integers(1, 4))]
    days = st.dates(first, last - timedelta(days=1))
    commits = {
        name: draw(money.commitments(currency, days)) for name in plain if draw(st.booleans())
    }
    limits = draw(money.limits(plain, list(milestones), currency, commits))
    tranches = draw(money.tranches(plain, currency, draw(st.dates(first, last)), limits))
    councils = {name: {"name": name, "kind": "other"} for name in plain}
    councils |= {name: {**councils[name], "commits": commits[name]} for name in commits}
    school = {"name": "Own school", "kind": "school", "each": "school"}
    signed = {"kind": "original", "signed_on": first, "effective_on": first}
    return {
        **{"impactbond": 1, "contract": "drawn", "title": "Drawn", "provider": "Provider"},
        "version": {"number": 1, **signed},
        "currency": currency,
        "funders": {**councils, "school": school},
        "calendar": calendar,
        "participants": about,
        "metrics": metrics,
        "windows": windows,
        "conditions": named,
        "milestones": milestones,
        "funding": draw(money.funding((*plain, "school"), list(milestones), days)),
        "tranches": tranches,
        "limits": [{key: one[key] for key in one if key != "most"} for one in limits],
        "rounding": {"half": draw(st.sampled_from(sorted(HALVES))), **draw(_unit(tranches))},
    }


def _unit(tranches: Any) -> st.SearchStrategy[dict[str, Decimal]]:
    """A unit of payment now and then, where no money is paid up-front."""
    units = [{}, {}, {"to": Decimal(1)}, {"to": Decimal(10)}]
    return st.just({}) if tranches else st.sampled_from(units)


@st.composite
def _calendars(draw: Draw) -> tuple[date, date, dict[str, Any]]:
    first = draw(st.sampled_from((date(2016, 11, 1), date(2017, 1, 31), date(2016, 2, 29))))
    every = draw(st.sampled_from(("month", "quarter", "quarter", "year")))
    days = {"month": (20, 200), "quarter": (100, 500), "year": (300, 800)}[every]
    last = first + timedelta(days=draw(st.integers(*days)))
    made = draw(st.sampled_from(("0 days", "10 days", "2 weeks", "1 month", "4 months")))
    within = draw(st.sampled_from(("0 days", "10 days", "1 month", "90 days")))
    late = draw(st.sampled_from(("next claim", "next claim", "nothing")))
    calendar = {"term": f"{first} through {last}", "evidence": {"within": within, "late": late}}
    claims = {"every": every, "made": f"{made} after the period"}
    payment = {"within": "30 days", "working_days_of": "England"}
    calendar |= {"year_starts": draw(st.sampled_from(("1 January", "1 April", "28 December")))}
    return first, last, {**calendar, "claims": claims, "payment": payment}


# In both sets each name stands for some marks, in the second for those of some days alone.
GROUPS: tuple[dict[str, Any], ...] = (
    {"came": {"marks": ["attended"]}, "no session": {"marks": ["ill"]}},
    {
        "came": {"marks": ["attended", "ill"], "from": "2017-02-01"},
        "no session": {"marks": ["ill"], "through": "2017-03-01"},
    },
)


@st.composite
def _metrics(draw: Draw) -> dict[str, Any]:
    scale = {"better": st.sampled_from(("higher", "lower")), "decimals": st.integers(0, 1)}
    kinds: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "event": {},
        "session": {
            "marks": st.just(["attended", "missed", "ill"]),
            "groups": st.sampled_from(GROUPS),
        },
        "score": {"range": st.sampled_from(([0, 4], [-2, 2])), **scale},
        "percentage": {"range": st.sampled_from(([94, 96], [0, 2])), **scale},
        "quantity": {"decimals": st.integers(0, 1)},
        "state": {"states": st.just(list(STATES))},
    }
    metrics: dict[str, Any] = {}
    for kind, keys in kinds.items():
        for number in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
            metrics[f"{kind} {number}"] = {"kind": kind, **draw(st.fixed_dictionaries(keys))}
            if kind == "state" and draw(st.booleans()):
                often = draw(st.sampled_from(("every 2 days", "every 9 days", "every 1 month")))
                metrics[f"{kind} {number}"]["confirmed"] = often
    return metrics


@st.composite
def _windows(draw: Draw, first: date, last: date) -> dict[str, str]:
    unit = st.sampled_from(("days", "weeks", "months"))
    side = st.sampled_from(("before", "after", "after"))
    moved = st.builds("{} {} {} start".format, st.integers(0, 6), unit, side)
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
def _milestones(draw: Draw, anything: st.SearchStrategy[Any], currency: str) -> Terms:
    names = [f"milestone {number}" for number in range(draw(st.integers(1, 4)))]
    after: dict[str, list[str]] = {}
    for name in draw(st.permutations(names)):
        most = min(len(after), draw(st.sampled_from((0, 0, 1, 2))))
        after[name] = draw(st.permutations(list(after)))[:most]
    paid = st.fixed_dictionaries({"when": anything, "price": money.amounts(currency, 20000)})
    only = st.sampled_from(({}, {}, {}, {"borough": ["west"]}))
    terms = {name: {"after": after[name], "only": draw(only), **draw(paid)} for name in names}
    if len(names) > 1 and draw(st.booleans()):
        one, *others = draw(st.permutations([name for name in names if not after[name]]))
        if others and not any(one in later or others[0] in later for later in after.values()):
            terms[one]["instead_of"] = others[0]
    return terms


def _recorded(contract: Contract, day: date) -> st.SearchStrategy[date]:
    """Days on which something of a day may be recorded: soon, at a deadline, at a claim date."""
    deadline = contract.calendar.evidence.within.after(day)
    around = [made + timedelta(days=n) for made in claim_dates(contract) for n in (0, 1)]
    edges = [deadline, deadline + timedelta(days=1), *(made for made in around if made >= day)]
    soon = st.integers(0, 40).map(lambda n: day + timedelta(days=n))
    return st.one_of(soon, st.sampled_from(edges))


@st.composite
def participant_rows(draw: Draw, contract: Contract) -> list[Row]:
    """Rows of one to six participants who move, leave, or started later than first told."""
    first, last = contract.calendar.term
    rows: list[Row] = []
    for name in draw(st.lists(st.sampled_from(CHILDREN), min_size=1, unique=True)):
        started = first + timedelta(days=draw(st.integers(-60, (last - first).days // 4)))
        for number in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
            moved = timedelta(days=draw(st.integers(-5, 300)) if number else 0)
            late = timedelta(days=draw(st.sampled_from((0, 0, 0, 9))) if number else 0)
            left_on = started + timedelta(days=draw(st.integers(0, 400)))
            row: Row = {"participant": name, "started_on": started + late}
            row["from_on"] = started + moved
            row["left_on"] = left_on if number and draw(st.booleans()) else None
            row["recorded_on"] = draw(_recorded(contract, row["from_on"]))
            row["school"] = draw(st.sampled_from(SCHOOLS))
            row["borough"] = draw(st.sampled_from(BOROUGHS))
            rows.append(row)
    return draw(st.permutations([row for n, row in enumerate(rows) if row not in rows[:n]]))


@st.composite
def observation_rows(
    draw: Draw, contract: Contract, participants: Sequence[Row], *, whole: bool = False
) -> list[Row]:
    """Rows wherever a condition looks, and rows that replace or take back others, none twice."""
    rows: list[Row] = []

    def add(row: Row) -> None:
        if all({**row, "observation": other["observation"]} != other for other in rows):
            rows.append({**row, "observation": f"o{len(rows)}"})

    for one in {row["participant"]: row for row in participants}.values():
        for metric, window in _looked_at(contract):
            for _ in range(draw(st.sampled_from((1, 2, 2, 1, 0)))):
                add(draw(_observation(contract, one, metric, window)))
    for _ in range(draw(st.integers(0, 5)) if rows else 0):
        add(draw(_correction(contract, draw(st.sampled_from(rows)), whole=whole)))
    return draw(st.permutations(rows))


@st.composite
def _observation(draw: Draw, contract: Contract, one: Row, metric: str, window: str) -> Row:
    days = sorted(contract.windows[window].days(one["started_on"]))
    edges = [*days, days[0] - timedelta(days=1), days[1] + timedelta(days=1)]
    day = draw(st.one_of(st.dates(*days), st.dates(*days), st.sampled_from(edges)))
    told = {"metric": metric, "value": draw(_values(contract, metric)), "observed_on": day}
    told |= {"participant": one["participant"], "recorded_on": draw(_recorded(contract, day))}
    return {**told, **dict.fromkeys(("source", "evidence_ref", "supersedes")), "status": "recorded"}


@st.composite
def _correction(draw: Draw, contract: Contract, old: Row, *, whole: bool = False) -> Row:
    recorded = "disputed" if whole and draw(st.booleans()) else "recorded"
    is_withdrawn = draw(st.integers(0, 2)) == 2
    day = old["observed_on"] + timedelta(days=draw(st.sampled_from((0, 0, 1, 30))))
    return {
        **old,
        "value": 0 if is_withdrawn else draw(_values(contract, old["metric"])),
        "observed_on": day,
        "recorded_on": draw(_recorded(contract, max(day, old["recorded_on"]))),
        "supersedes": old["observation"],
        "status": "withdrawn" if is_withdrawn else recorded,
    }


def _looked_at(contract: Contract) -> list[tuple[str, str]]:
    """Every metric that a condition looks at, with each window in which it does, once."""
    asked = [contract.participants.eligible, *(one.when for one in contract.milestones.values())]
    found: dict[tuple[str, str], None] = {}
    for term in contract.milestones.values():
        if term.units is not None:
            kind = next(key for key in ("rows", "days", "amounts") if hasattr(term.units, key))
            found[getattr(term.units, kind), term.units.window] = None
    while asked:
        one = asked.pop()
        if isinstance(one, str):
            asked.append(contract.conditions[one])
        elif isinstance(one, Junction):
            asked += one.parts
        if isinstance(one, Looking):
            found |= {(name, window): None for name in one.metrics for window in one.windows}
    return list(found)


def _values(contract: Contract, metric: str) -> st.SearchStrategy[int]:
    terms = contract.metrics[metric]
    if isinstance(terms, Event):
        return st.sampled_from((1, 1, 1, 0))
    if isinstance(terms, Session | State):
        return st.integers(0, len(terms.marks if isinstance(terms, Session) else terms.states) - 1)
    if isinstance(terms, Quantity):
        return st.integers(0, 5)
    low, high = (int(bound * 10**terms.decimals) for bound in terms.range)
    return st.integers(low, high)


@st.composite
def histories(draw: Draw, contract: Contract) -> list[tuple[date, list[Claim]]]:
    """Claims to date at every claim date of a contract: made at once or later, some taken back."""
    periods = contract.calendar.periods
    found: list[tuple[date, list[Claim]]] = [(made, []) for made in claim_dates(contract)]
    for name in CHILDREN[: draw(st.integers(1, len(CHILDREN)))]:
        school = {
            "school": draw(st.sampled_from(SCHOOLS)),
            "borough": draw(st.sampled_from(BOROUGHS)),
        }
        for milestone, terms in contract.milestones.items():
            period = draw(st.sampled_from(periods))
            known = draw(st.integers(periods.index(period), len(periods) - 1))
            gone = draw(st.one_of(st.just(len(periods)), st.integers(known, len(periods))))
            day, price = draw(st.dates(period.first, period.last)), pence(contract, terms.price)
            for _, claims in found[known:gone]:
                claims.append(Claim(name, milestone, period.label, day, school, price))
    return found


def evidence_of(drawn: Drawn) -> tables.Evidence:
    """The drawn rows as they are held once they have been read, in the order they were drawn."""

    def table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
        placed = [{"file": "", "sheet": "drawn", "row": n, **row} for n, row in enumerate(rows, 1)]
        return pa.Table.from_pylist(placed, schema=schema)

    schema = tables.participants_schema(tuple(drawn.contract.participants.attributes))
    participants = table(drawn.participants, schema)
    observations = table(drawn.observations, tables.OBSERVATIONS_SCHEMA)
    return tables.Evidence(participants, observations, tables.REFUSED_SCHEMA.empty_table())


def to_evidence_frames(drawn: Drawn) -> dict[str, pa.Table]:
    """The drawn rows as frames for `read_evidence`, with values as people write them."""
    evidence = evidence_of(drawn)
    people = pa.array([_written(drawn.contract, row) for row in drawn.observations], pa.string())
    place = tables.OBSERVATIONS_SCHEMA.get_field_index("value")
    observations = evidence.observations_table.set_column(place, "value", people)
    return {"participants": evidence.participants_table, "observations": observations}


def _written(contract: Contract, row: Row) -> str:
    terms = contract.metrics[row["metric"]]
    if isinstance(terms, Event | Session | State):
        words = terms.states if isinstance(terms, State) else getattr(terms, "marks", ("no", "yes"))
        return str(words[row["value"]])
    return str(Decimal(row["value"]).scaleb(-terms.decimals))

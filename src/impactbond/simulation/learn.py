"""An area learnt from results: the children who were there, how many reached each milestone of
those who could, how long after their start, and who left.

Takes  a settlement of evidence, or of counts with the number of children who stand behind them.
Gives  an area, whose source is a file that reads back and says how sure each chance is.
Keeps  a chance is of those who had reached every prerequisite. Who still has time, or has left,
       counts for as long as was seen (Kaplan and Meier's estimate, as so many of so many). The area
       holds groups, and no participant's reference.

The intervals are Wilson's, of 95%: with k of n they are where the true chance would make k no more
than 1.96 standard deviations away from what is expected. Of none of none nothing is known: 0 to 1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from io import StringIO
from itertools import pairwise
from math import sqrt
from typing import Any

import pyarrow as pa
from ruamel.yaml import YAML

from impactbond.contract.contract import Contract
from impactbond.errors import AssumptionError, Fault
from impactbond.money import show_share
from impactbond.reasons import Reason, Verdict
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.area import MOST_TIMES, Area
from impactbond.simulation.knowledge import NOT_ELIGIBLE, OnRecord
from impactbond.simulation.outturn import people_of
from impactbond.simulation.read import parse_area
from impactbond.tables import as_kind, rows_table, schema_of
from impactbond.terms.milestones import alternatives

# So many lengths of time and numbers of units are told apart, each of as many children; fewer of
# what others come after, because every way to have got there is drawn by itself.
_MOST_LENGTHS, _MOST_BEFORE_OTHERS = 4, 2
# The middle 95% of a normal distribution lie so many standard deviations to both sides.
_DEVIATIONS = 1.959963984540054
# Of these nobody knows whether they would have reached it; of the others here, not yet, until today
# or until they left.
_NEITHER_WAY = {
    *(Reason.PREREQUISITE, Reason.OUTSIDE_TERM, Reason.NOT_FOR_SEGMENT),
    *(Reason.ALTERNATIVE, Reason.PLACE_TAKEN, Reason.ANOTHER_VERSION),
}
_NOT_YET = {Reason.WINDOW_OPEN, Reason.LEFT}
LEARNT = schema_of(
    *("milestone", "reached", "of", "chance", "low", "high"),
    reached=pa.int64(),
    of=pa.int64(),
    **dict.fromkeys(("chance", "low", "high"), pa.float64()),
)


@dataclass
class _Seen:
    """What was seen of one milestone: after how many days it was reached, how many never did, and
    how long those waited of whom it is not known yet.
    """

    never: int = 0
    days: list[int] = field(default_factory=list)
    waited: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    units: list[int] = field(default_factory=list)

    @property
    def reached(self) -> int:
        return len(self.days)

    @property
    def of(self) -> int:
        """Of how many: where nobody is waiting, all of them; otherwise so many as make the chance
        what Kaplan and Meier's estimate is.
        """
        if not self.waited or not self.days:
            return self.reached + self.never
        missed, days = 1.0, Counter(self.days)
        for day, number in days.items():
            others = sum(times for one, times in days.items() if one >= day)
            others += self.never + sum(one >= day for one in self.waited)
            missed *= 1 - number / others
        return max(self.reached, round(self.reached / (1 - missed)))

    @property
    def chance(self) -> Fraction:
        return Fraction(self.reached, self.of) if self.of else Fraction(0)


def wilson(reached: int, of: int) -> tuple[float, float]:
    """Wilson's interval of 95% for a chance of which `reached` of `of` came true; 0 to 1 of none.

    Source: E. B. Wilson, Probable inference, Journal of the American Statistical Association 22
    (1927).
    """
    if not of:
        return 0.0, 1.0
    share, square = reached / of, _DEVIATIONS**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    spread = sqrt(share * (1 - share) / of + square / (4 * of * of)) * _DEVIATIONS
    spread /= 1 + square / of
    low = 0.0 if not reached else max(0.0, middle - spread)
    return low, 1.0 if reached == of else min(1.0, middle + spread)


def area_from(settlement: Settlement, *, children: int | None = None) -> Area:
    """The area that a settlement's results are those of, for forecasts of what comes next.

    Of counts nobody knows how many children there were: say it in `children`, all of them starting
    on the first day that the contract covers. The area's `source` is a file that `read_area` takes;
    a comment at each chance tells how many reached it, of how many, and Wilson's interval.

    Raises AssumptionError where nothing can be learnt.
    """
    contract = settlement.contract
    if settlement.counts is None:
        people = _people(settlement)
        seen = _seen(settlement, people)
        began, refilled = _places(contract, people.values())
        groups = _groups(contract, began)
        left = [(one.left - one.start).days for one in people.values() if one.left]
        leaves = _shares(left, "days", _MOST_BEFORE_OTHERS, len(people))
    else:
        seen, groups = _counted(settlement, children)
        leaves, refilled = {}, {}
    text = _written(contract, settlement.as_of, groups, seen, {"leaves": leaves, **refilled})
    return parse_area(text.encode(), name="area.yaml", contract=contract)


def learnt_chances(settlement: Settlement) -> Any:
    """How many reached each milestone, of how many who could, with the chance and Wilson's interval
    of 95%: milestone, reached, of, chance, low, high. Of evidence, in the kind that it came in.
    """
    if settlement.counts is not None:
        raise _nothing_to_learn("counts do not tell how many could reach a milestone")
    seen = _seen(settlement, _people(settlement))
    rows = (
        (name, one.reached, one.of, float(one.chance), *wilson(one.reached, one.of))
        for name, one in seen.items()
    )
    return as_kind(rows_table(rows, LEARNT), settlement.evidence.kind)


def _people(settlement: Settlement) -> dict[str, OnRecord]:
    """The participants who count, by reference."""
    reasons = defaultdict[str, set[str]](set)
    table = settlement.decisions_table
    pairs = zip(table["participant"].to_pylist(), table["reason"].to_pylist(), strict=True)
    for who, reason in pairs:
        reasons[who].add(reason)
    found = people_of(settlement)
    found = {who: person for who, person in found.items() if not reasons[who] <= NOT_ELIGIBLE}
    if not found:
        raise _nothing_to_learn("nobody has been decided about")
    return found


def _seen(settlement: Settlement, people: Mapping[str, OnRecord]) -> dict[str, _Seen]:
    """What was seen of every milestone, of the people who count."""
    contract = settlement.contract
    found = {name: _Seen() for name in contract.milestones}
    claim_of = {claim.label: claim for claim in settlement.claim_dates}
    period_of = {
        (row["participant"], row["milestone"]): row["period"]
        for row in settlement.claims_table.to_pylist()
    }
    units = Counter[tuple[str, str]]()
    for row in settlement.claims_table.to_pylist():
        units[row["participant"], row["milestone"]] += row["quantity"]
    for row in settlement.decisions_table.to_pylist():
        who, name, seen = row["participant"], row["milestone"], found[row["milestone"]]
        if who not in people:
            continue
        if row["verdict"] != Verdict.ACHIEVED:
            if row["reason"] in _NOT_YET:
                end = people[who].left if row["reason"] == Reason.LEFT else None
                until = end or settlement.claim.known_by
                seen.waited.append(max(0, (until - people[who].start).days))
            else:
                seen.never += row["reason"] not in _NEITHER_WAY
            continue
        seen.days.append(max(0, (row["achieved_on"] - people[who].start).days))
        seen.units.append(units[who, name])
        claim = claim_of.get(period_of.get((who, name), ""))
        # What its own period's claim still knew is in time, however long it took: only what missed
        # that claim delays a payment.
        if claim is not None and row["known_on"] > claim.known_by:
            seen.late.append((row["known_on"] - row["achieved_on"]).days)
    return found


def _counted(
    settlement: Settlement, children: int | None
) -> tuple[dict[str, _Seen], list[dict[str, Any]]]:
    """What counts say of every milestone, and the one group of children behind them."""
    contract, counts = settlement.contract, settlement.counts
    assert counts is not None
    if children is None or children < 1:
        raise _nothing_to_learn(
            "counts do not say how many children there were", "Say children=, all who started"
        )
    names = tuple(contract.participants.attributes)
    term, started = contract.calendar.term, contract.participants.started
    start = term[0] if started is None else max(started[0], term[0])
    found = {name: _Seen() for name in contract.milestones}
    held: set[tuple[str, ...]] = set()
    # A row that another replaces stands no more: both together would count its children twice.
    for row in counts.standing_on(settlement.claim.known_by):
        if row["milestone"] not in found:
            continue
        if contract.milestones[row["milestone"]].units is not None:
            raise _nothing_to_learn("units are counted, and not who completed how many")
        seen = found[row["milestone"]]
        seen.days += [max(0, (row["achieved_on"] - start).days)] * (row["number"] or 0)
        held.add(tuple(row[name] or "" for name in names))
    if len(held) > 1:
        raise _nothing_to_learn("the counts are of several groups", "Settle each by itself")
    for name, seen in found.items():
        before = [found[one].reached for one in contract.milestones[name].after]
        seen.never = min([children, *before]) - seen.reached
        if seen.never < 0:
            raise _nothing_to_learn(f"more reached '{name}' than could", "Raise children=")
    attributes = dict(zip(names, next(iter(held), ("",) * len(names)), strict=True))
    for name, values in contract.participants.attributes.items():
        known = contract.participants.covered.get(name) or values
        attributes[name] = attributes[name] or (known[0] if isinstance(known, tuple) else "all")
    group = {"name": "All", "children": children, "start": start, "attributes": attributes}
    return found, [group]


def _groups(contract: Contract, people: Iterable[OnRecord]) -> list[dict[str, Any]]:
    """Those who started in one calendar month and are alike, on the middle one of their days."""
    alike = defaultdict[tuple[Any, ...], list[date]](list)
    for one in people:
        alike[(one.start.year, one.start.month), one.held].append(one.start)
    names = tuple(contract.participants.attributes)
    return [
        {
            "name": f"Group {number}",
            "children": len(starts),
            "start": sorted(starts)[len(starts) // 2],
            "attributes": dict(zip(names, held, strict=True)),
        }
        for number, ((_, held), starts) in enumerate(sorted(alike.items()), 1)
    ]


def _places(
    contract: Contract, people: Iterable[OnRecord]
) -> tuple[list[OnRecord], dict[str, dict[str, Any]]]:
    """Those who began a place, and how places were filled again: after how long, each length with
    its share of all who left, and how often at most. Without places, everybody, and nothing.
    """
    places, everybody = contract.participants.places, sorted(people, key=lambda one: one.start)
    if places is None:
        return everybody, {}
    at = list(contract.participants.attributes).index(places.by)
    chains = defaultdict[str, list[OnRecord]](list)
    for one in everybody:
        chains[one.held[at]].append(one)
    # A place can be given to another before the one who held it is recorded to have left: a gap of
    # less than no days cannot be drawn.
    gaps = [
        max(0, (after.start - one.left).days)
        for chain in chains.values()
        for one, after in pairwise(chain)
        if one.left
    ]
    # Of all who left, also those whom nobody followed: the rest of the shares is a place that stays
    # empty.
    left = sum(one.left is not None for one in everybody)
    times = min(MOST_TIMES, max([1, *(len(chain) - 1 for chain in chains.values())]))
    after = _shares(gaps, "days", _MOST_BEFORE_OTHERS, left) or {"0 days": "0%"}
    refilled = {"refilled": {"after": after, "times": times}} if left else {}
    return [chain[0] for chain in chains.values()], refilled


def _shares(
    lengths: Sequence[int], unit: str, most: int = _MOST_LENGTHS, of: int | None = None
) -> dict[str, str]:
    """Lengths in a few parts of as many each, by the middle one of each part."""
    ordered, shares = sorted(lengths), Counter[int]()
    parts = min(most, len(ordered))
    for part in range(parts):
        # As many in each part, and the middle one stands for them: a mean would be pulled by one
        # long delay.
        own = ordered[part * len(ordered) // parts : (part + 1) * len(ordered) // parts]
        shares[own[len(own) // 2]] += len(own)
    whole = of or len(ordered)
    return {
        f"{length} {unit}".strip(): show_share(Fraction(number, whole))
        for length, number in sorted(shares.items())
    }


def _written(
    contract: Contract,
    as_of: date,
    groups: Sequence[Mapping[str, Any]],
    seen: Mapping[str, _Seen],
    more: Mapping[str, Mapping[str, Any]],
) -> str:
    """The file of the area, with how sure each chance is."""
    rivals = {one for names in alternatives(contract.milestones) for one in names if names[1:]}
    needed = {one for term in contract.milestones.values() for one in term.after}
    lines = []
    for name, one in seen.items():
        most = _MOST_BEFORE_OTHERS if name in needed else _MOST_LENGTHS
        low, high = wilson(one.reached, one.of)
        told = f"{one.reached} of {one.of}; 95% interval {low:.1%} to {high:.1%} (Wilson)"
        # Of a milestone that nobody reached yet, no length of time was seen.
        entry: dict[str, Any] = {"chance": show_share(one.chance)}
        entry["after"] = _shares(one.days, "days", most) or "0 days"
        if contract.milestones[name].units is not None:
            entry["units"] = _shares([max(1, number) for number in one.units], "") or "1"
        elif one.late and name not in rivals and contract.participants.places is None:
            in_time = Fraction(one.reached - len(one.late), one.reached)
            middle = f"{sorted(one.late)[len(one.late) // 2]} days"
            recorded = {"0 days": show_share(in_time), middle: show_share(1 - in_time)}
            entry["recorded"] = {lag: share for lag, share in recorded.items() if share != "0%"}
        lines.append(f"  # {told}\n{_yaml({name: entry}, 2)}")
    opening = {"impactbond": 1, "area": "learnt", "title": f"As learnt by {as_of}"}
    text = _yaml(opening) + _yaml({"groups": list(groups)}) + "chances:\n" + "".join(lines)
    return text + "".join(_yaml({key: dict(said)}) for key, said in more.items() if said)


def _yaml(value: Mapping[str, Any], indented: int = 0) -> str:
    """A part of a file, every entry of it on a line of its own where there is room."""
    yaml, stream = YAML(), StringIO()
    yaml.width = 10_000
    yaml.dump(dict(value), stream)
    lines = stream.getvalue().splitlines(keepends=True)
    return "".join(" " * indented + line for line in lines)


def _nothing_to_learn(problem: str, hint: str = "") -> AssumptionError:
    fault = Fault(code="nothing_to_learn", problem=problem, hint=hint)
    return AssumptionError("No area can be learnt from the settlement.", [fault])

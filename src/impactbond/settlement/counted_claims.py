"""Counts as claims: what was counted enters a settlement in the place of what evaluation finds, and
from there on nothing is different.

Takes  the versions known at a stretch of claim dates, and Counts.
Gives  claims at every claim date, each under the version that governs its day.
Keeps  what cannot be worked out without knowing whose claims they are is refused, with the reason;
       where the counts suffice, it comes out as evidence would have it.

Counts suffice for everything but this, which is refused:

- a limit that looks at single claims or participants, where it could withhold anything;
- a count for a period in which the price, the shares or the version changes;
- more claims of a milestone than of one that comes before it, which no evidence could give;
- versions that govern by the start of a participant, or by when a claim was made.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import Period, day_number, from_day_number
from impactbond.errors import Fault, SettlementError
from impactbond.evaluation.claims import Claims, Counted
from impactbond.evaluation.inputs import ClaimDate
from impactbond.evidence.counts import Counts
from impactbond.evidence.evidence import OBSERVATIONS_SCHEMA, Evidence, participants_schema
from impactbond.money import minor_units
from impactbond.reasons import Standing
from impactbond.settlement.funding import rule_name
from impactbond.settlement.limits import reasons_to_withhold
from impactbond.settlement.lot_settlement import LotSettlement
from impactbond.settlement.lots import Lots, Numbers, Rulebook, price_pence
from impactbond.settlement.values import is_plain, part_paid
from impactbond.terms.applicability import is_about
from impactbond.terms.limits import WholeLimit
from impactbond.terms.milestones import alternatives

_REFUSED = "These counts cannot be settled."


def no_evidence(contract: Contract, counts: Counts) -> Evidence:
    """The evidence that stands behind counts: none, of the kind in which the counts came."""
    schema = participants_schema(tuple(contract.participants.attributes))
    return Evidence(
        schema.empty_table(),
        OBSERVATIONS_SCHEMA.empty_table(),
        counts.refused_table,
        kind=counts.kind,
        cautions=counts.cautions,
    )


def nobody_behind(asked: str) -> SettlementError:
    """Why something about single participants cannot be answered where claims were counted."""
    fault = Fault(
        code="counts_without_evidence",
        problem=f"{asked} would need evidence of single participants, and this settlement rests on"
        " counts: no participant stands behind its claims",
        allowed="a line of the settlement, or one of its tables of money",
        hint="Settle from evidence to ask about participants",
    )
    return SettlementError("Counts do not say who.", [fault])


def counted_claims(known: Versions, counts: Counts, asked: Sequence[ClaimDate]) -> list[Claims]:
    """The claims that count under each version in force, at the dates `asked`.

    Raises SettlementError, with every row at once, for what counts cannot say.
    """
    texts = [known.within(stretch.terms) for stretch in known.stretches]
    _assert_governed_by_day(known, texts)
    names = tuple(known.whole.participants.attributes)
    number: dict[tuple[str, ...], int] = {}
    rows: list[list[Counted]] = [[] for _ in texts]
    told: dict[tuple[str, str, int], dict[str, Any]] = {}
    at = {id(stretch.terms): place for place, stretch in enumerate(known.stretches)}
    for claim in asked:
        for row in counts.standing_on(claim.known_by):
            # A claim is made some time after its period: what was achieved in between is known by
            # then, and belongs to the next one.
            if row["achieved_on"] > claim.ends_on:
                continue
            place = at[id(known.governing(row["achieved_on"]))]
            segment = number.setdefault(tuple(row[name] for name in names), len(number))
            milestone = texts[place].payables.index(row["milestone"])
            day, standing = day_number(row["achieved_on"]), Standing(row["standing"]).number
            count = Counted(claim.number, milestone, day, segment, row["number"], "", standing)
            # A row of nought claims nothing, and still says that its period was counted.
            if row["number"]:
                rows[place].append(count)
            if row["period"] is not None:
                told[row["milestone"], row["period"], segment] = row
    segments = {place: dict(zip(names, held, strict=True)) for held, place in number.items()}
    _assert_undivided(known, told, segments)
    _assert_after(known, texts, rows)
    return [Claims(segments, own, own.copy) for own in rows]


def rows_counted(
    known: Versions, counts: Counts, line: Mapping[str, Any], day: date
) -> Iterator[dict[str, Any]]:
    """The rows that stand on a day and count the claims of the lot that a line (LINES) is of."""
    names = tuple(known.whole.participants.attributes)
    rows = [
        row
        for row in counts.standing_on(day)
        if all(row[key] == line[key] for key in ("milestone", "achieved_on", "standing"))
    ]
    # Every row is a segment of its own, so that the very rules of settlement say which lot it is
    # in.
    segments = {at: {name: row[name] for name in names} for at, row in enumerate(rows)}
    rulebook = Rulebook(known, [segments for _ in known.stretches])
    versions = [stretch.terms for stretch in known.stretches]
    place = versions.index(known.governing(line["achieved_on"]))
    payables = known.within(versions[place]).payables
    if line["milestone"] not in payables:
        return
    milestone = payables.index(line["milestone"])
    number, standing = day_number(line["achieved_on"]), Standing(line["standing"]).number
    for at, row in enumerate(rows):
        key = rulebook.by_version[place].key(milestone, number, at, "", standing)
        lot = rule_name(rulebook.all[key.rule]), key.price_pence, list(key.group)
        if lot == (line["share_rule"], line["price_pence"], list(line["group"])):
            yield row


def assert_of_counts(closed: pa.Table, milestones: Sequence[str], counted: bool) -> None:
    """Claims of one contract are counted at every claim date, or evidenced at every: otherwise each
    closed claim would be taken back, and claimed again. Raises SettlementError.
    """
    claimed = closed.filter(pc.is_in(closed["milestone"], pa.array(milestones, pa.string())))
    of_nobody = pc.equal(claimed["participant"], "")
    if pc.any(pc.invert(of_nobody) if counted else of_nobody).as_py():
        was, now = ("evidence", "counts") if counted else ("counts", "evidence")
        problem = f"what was settled earlier rests on {was}, and this would rest on {now}"
        hint = f"Go on with {was}, or settle all of it again from {now}, without an earlier claim"
        fault = Fault(code="other_basis", problem=problem, hint=hint)
        raise SettlementError("Counts and evidence cannot follow on each other.", [fault])


def _assert_governed_by_day(known: Versions, texts: Sequence[Contract]) -> None:
    governs = known.terms.governs
    if len(texts) > 1 and governs != "milestones achieved":
        problem = "which version governs a count is not known: it depends on " + (
            "when each participant started"
            if governs == "participants started"
            else "when each claim was first made"
        )
        hint = "Settle from evidence"
        fault = Fault(code="version_not_known", clause="governs", problem=problem, hint=hint)
        raise SettlementError(_REFUSED, [fault])


def _assert_undivided(
    known: Versions,
    told: Mapping[tuple[str, str, int], Mapping[str, Any]],
    segments: Mapping[int, Mapping[str, str]],
) -> None:
    """A count for a period stands on its last day: refused unless every day of it is worth the
    same.
    """
    periods = {one.label: one for one in known.whole.calendar.periods}
    faults = []
    for (milestone, label, segment), row in told.items():
        attributes = segments[segment]
        changes = _first_change(known, milestone, periods[label], attributes)
        if changes is not None:
            problem = (
                "what this milestone pays, or who pays it, changes within the period, on"
                f" {changes}: a count for the whole of it says not how much of it comes before"
            )
            hint = "Count by day, in achieved_on, or in rows up to and from that day"
            fault = Fault(
                file=row["file"],
                sheet=row["sheet"],
                row=row["row"],
                column="period",
                code="period_divided",
                problem=problem,
                hint=hint,
            )
            faults.append(fault)
    if faults:
        raise SettlementError(_REFUSED, sorted(faults))


def _first_change(
    known: Versions, milestone: str, period: Period, attributes: Mapping[str, str]
) -> date | None:
    """The first day of a period on which money asks something else of a claim than before."""
    days = (period.first + timedelta(days=n) for n in range((period.last - period.first).days + 1))
    first = None
    for day in days:
        asked = _asked_of_day(known, milestone, day, attributes)
        if first is not None and asked != first:
            return day
        first = asked
    return None


def _asked_of_day(
    known: Versions, milestone: str, day: date, attributes: Mapping[str, str]
) -> tuple[object, ...]:
    """All that the money of a claim takes from the day on which it was achieved."""
    terms = known.within(known.governing(day))
    if milestone not in terms.milestones:
        return (id(terms),)
    funding = next(one for one in terms.fundings_of(milestone) if one.applies(day, attributes))
    yearly = any(limit.is_yearly for limit in known.whole.limits)
    reliefs = [
        fee.instead_of.from_ <= day <= fee.instead_of.through
        for fee in known.whole.fees.values()
        if fee.instead_of is not None and milestone in fee.instead_of.milestones
    ]
    term = terms.milestones[milestone]
    # A first band of nothing, or of a penny, is the same less a discount; those after it are not.
    bands = [(one.after, one.price) for one in term.bands]
    discounts = [one.applies(day, attributes) for one in terms.discounts_of(milestone) if bands]
    return (
        price_pence(terms, milestone, day, attributes),
        part_paid(terms, term),
        terms.calendar.evidence.late_pays,
        bands,
        discounts,
        known.whole.funding.index(funding),
        known.whole.calendar.year_of(day) if yearly else None,
        *reliefs,
    )


def _assert_after(
    known: Versions, texts: Sequence[Contract], rows: Sequence[Sequence[Counted]]
) -> None:
    """Of what is paid once, no more can be claimed than of what it comes after."""
    total: defaultdict[tuple[int, str], int] = defaultdict(int)
    for text, own in zip(texts, rows, strict=True):
        for row in own:
            total[row.claim, text.payables[row.milestone]] += row.quantity
    faults = set()
    for (claim, name), number in total.items():
        for text in texts:
            term = text.milestones.get(name)
            for before in () if term is None or term.units else _always_claimed(text, name):
                most = total.get((claim, before), 0)
                if number > most:
                    of, first = known.whole.title_of(name), known.whole.title_of(before)
                    problem = f"more is counted of '{of}' than of '{first}', which comes before it"
                    found, hint = f"{number:,} and {most:,}", "Look for what was not counted"
                    clause = f"milestones › {name} › after"
                    fault = Fault(
                        code="before_not_counted",
                        clause=clause,
                        problem=problem,
                        found=found,
                        hint=hint,
                    )
                    faults.add(fault)
    if faults:
        raise SettlementError(_REFUSED, sorted(faults))


def _always_claimed(contract: Contract, name: str) -> Iterator[str]:
    """What comes before a milestone and is itself a claim of everybody who reached it."""
    alone = {group[0] for group in alternatives(contract.milestones) if len(group) == 1}
    for before in contract.milestones[name].after:
        if contract.milestones[before].units is None and before in alone:
            yield before


def assert_single_claims_unasked(contract: Contract, settled: LotSettlement) -> None:
    """Limits that look at single claims or participants are exact for counts as long as they
    withhold nothing, whoever the claims are of. Raises SettlementError where one could.
    """
    reasons = reasons_to_withhold(contract)
    faults = []
    for limit in contract.limits_on_the_whole:
        if limit.each == "participant" or "participants" in limit.at_most.of:
            # A count is under no such limit: it must be one that no participant can meet.
            bites = _could_withhold(contract, limit, settled)
        elif limit.asks_single_claims or (contract.claim_by_claim and limit.at_most.of != "money"):
            bites = bool((settled.history.limited >> reasons.index(limit.name) & 1).any())
        else:
            continue
        if bites:
            problem = (
                f"the limit on the {limit.name} looks at single claims or participants, and could"
                " withhold something here: whose claims were counted is not known"
            )
            hint = "Settle from evidence"
            faults.append(
                Fault(code="limit_on_singles", clause="limits", problem=problem, hint=hint)
            )
    if faults:
        raise SettlementError(_REFUSED, faults)


def _could_withhold(contract: Contract, limit: WholeLimit, settled: LotSettlement) -> bool:
    """Whether a limit on each participant, or on how many there are, could withhold anything of
    what was counted, at any claim date.

    Participants are never more than their claims; and of what is paid once, one participant has
    one claim at the most, at the highest price that occurs.
    """
    lots, history = settled.lots, settled.history
    named = {n for n, name in enumerate(contract.payables) if limit.is_on(name)}
    concerned = [
        lot
        for lot, key in enumerate(lots.keys)
        if key.milestone in named
        and key.milestone < len(contract.milestones)
        and is_about(limit.only, dict(zip(contract.grouping, key.group, strict=True)))
    ]
    # At every claim date: what a correction took back since may have gone over the limit before.
    for claim in np.unique(history.claim):
        now = history.up_to(int(claim) + 1)
        quantity, value = (np.zeros(len(lots.keys), dtype=np.int64) for _ in range(2))
        np.add.at(quantity, now.lot, now.quantity[0])
        np.add.at(value, now.lot, now.value[0])
        held = [lot for lot in concerned if quantity[lot]]
        if limit.each == "participant":
            if _most_of_one(contract, limit, lots, held, quantity, value) > _most(contract, limit):
                return True
            continue
        together: Counter[object] = Counter()
        for lot in held:
            together[_group(contract, limit, lots, lot)] += int(quantity[lot])
        if max(together.values(), default=0) > _most(contract, limit):
            return True
    return False


def _most_of_one(
    contract: Contract,
    limit: WholeLimit,
    lots: Lots,
    held: Sequence[int],
    quantity: Numbers,
    value: Numbers,
) -> int:
    """The most, in pence or claims, that one participant could have of the claims in some lots."""
    terms = list(contract.milestones.values())
    found = 0
    for milestone in {int(lots.milestone[lot]) for lot in held}:
        own, term = [lot for lot in held if lots.milestone[lot] == milestone], terms[milestone]
        if limit.at_most.of != "money":
            found += 1 if term.units is None else int(quantity[own].sum())
        elif term.units is None and is_plain(contract, list(contract.milestones)[milestone]):
            found += int(lots.price_pence[own].max())
        else:
            found += int(value[own].sum())
    return found


def _most(contract: Contract, limit: WholeLimit) -> int:
    """How many pence, claims or participants it lets through; of a share, none for certain."""
    if limit.at_most.of == "money":
        return minor_units(limit.at_most.amount, contract.currency)
    return limit.at_most.number


def _group(contract: Contract, limit: WholeLimit, lots: Lots, lot: int) -> object:
    """What the limit is on by itself, of a lot: a year, a period, or a value of an attribute."""
    match limit.each:
        case None:
            return None
        case "year":
            return contract.calendar.year_of(from_day_number(int(lots.day[lot])))
        case "period":
            return int(lots.period[lot])
        case attribute:
            return lots.keys[lot].group[contract.grouping.index(attribute)]

"""Results of groups, followed to the end: what each was measured on at every claim date, and the
steps from the counts to the value of its line.

Takes  the history of the lots, closed claim dates included, and the versions known at each.
Gives  a MeasuredResult for every result, group and period that is measured or moved at a claim
       date; the tables `results` and `result_parts`.
Keeps  the last step is what was settled: for an open claim date anything else is an InvariantError.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.contract.wording.words import ContractWords
from impactbond.dates import Period
from impactbond.errors import InvariantError
from impactbond.evaluation.inputs import ClaimDate
from impactbond.money import CURRENCIES
from impactbond.reasons import Outcome
from impactbond.settlement.lot_settlement import LotSettlement
from impactbond.settlement.values import GroupCounts, group_of, result_in, text_of
from impactbond.tables import rows_table, schema_of
from impactbond.terms.results import Result
from impactbond.terms.workings import Place, Quotient, Step, Workings, whole

_AMOUNTS = ("worth", "less", "before", "settled", "value")
RESULTS = schema_of(
    *("claim_period", "claim_date", "result", "group", "period", "from_period", "outcome"),
    *("measured", "measured_before", "reached", "reached_before", "pays", "times"),
    *(f"{name}_pence" for name in _AMOUNTS),
)
RESULT_PARTS = schema_of(
    *("claim_period", "result", "group", "period", "step", "part", "kind", "name", "says", "unit"),
    *("value", "given"),
    step=pa.int64(),
    given=pa.bool_(),
)


@dataclass(frozen=True, slots=True)
class MeasuredResult:
    """One result of one group ("" where it is for all) for one period, as measured at one claim
    date over the claims from `from_period` on.

    `measured` is exact, None where nothing is known; `reached` the tier, stretch or steps of it;
    `pays` what that pays in the currency's units, `times` what it is multiplied by. In minor units:
    `worth` over the stretch; less what other results came to (`less`), what the period before was
    worth (`before`) and what earlier claims settled (`settled`), it is `value`, that of the line.
    """

    claim_period: str
    claim_date: date
    place: Place
    title: str
    clause: str
    period: str
    from_period: str
    outcome: Outcome
    measured: Fraction | None
    reached: str
    pays: Fraction | None
    times: Fraction | None
    worth_pence: int
    less_pence: int
    before_pence: int
    settled_pence: int
    value_pence: int
    steps: tuple[Step, ...] = field(repr=False)

    @property
    def result(self) -> str:
        """The name of the result."""
        return self.place[0]

    @property
    def group(self) -> str:
        """The group that it is of; nothing where it is for all."""
        return self.place[1]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Claim period, result, group and period: no two are alike in all."""
        return self.claim_period, self.result, self.group, self.period


def measured_results(
    known: Versions, claims: Sequence[ClaimDate], settled: LotSettlement, first_open: int
) -> tuple[MeasuredResult, ...]:
    """Every result that is measured or moves at any of the claim dates, in their order."""
    lots, history = settled.lots, settled.history
    whole_contract = settled.terms[-1].contract
    of_results = defaultdict[Place, list[int]](list)
    for lot, key in enumerate(lots.keys):
        name = whole_contract.payables[key.milestone]
        if name in whole_contract.results:
            result = result_in(whole_contract, name, key.period)
            group = group_of(whole_contract, result, key.group)
            of_results[name, group or "", key.period].append(lot)
    quantity, value = np.zeros((2, 1, len(lots.keys)), dtype=np.int64)
    found = []
    for claim in claims:
        moved = np.flatnonzero(history.claim == claim.number)
        np.add.at(quantity[0], history.lot[moved], history.quantity[0, moved])
        np.add.at(value[0], history.lot[moved], history.value[0, moved])
        # What this claim moved, beside what stands with it: the difference is what earlier claims
        # settled.
        now = np.zeros_like(value[0])
        np.add.at(now, history.lot[moved], history.value[0, moved])
        # By the terms signed at that claim date: measured by those of today, the steps of a closed
        # claim would come to something else than it settled.
        terms = known.known_by(claim.known_by).whole
        counts = GroupCounts.of(terms, lots, quantity, value, 0)
        has_line = set(history.lot[moved].tolist())
        order = {name: place for place, name in enumerate(terms.results)}
        for place in sorted(
            (one for one in of_results if one[0] in order and one[2] <= claim.number),
            key=lambda one: (order[one[0]], one[1], one[2]),
        ):
            own = of_results[place]
            # The period's own result is told though it comes to nothing; an earlier one, only where
            # it moved.
            if place[2] == claim.number or not has_line.isdisjoint(own):
                to_date, line = int(value[0, own].sum()), int(now[own].sum())
                one = _measured(terms, claim, counts, place, to_date - line)
                found.append(_as_settled(one, line, claim.number < first_open))
    return tuple(found)


def _as_settled(one: MeasuredResult, line: int, is_closed: bool) -> MeasuredResult:
    """The result, where its steps come to what was settled."""
    if one.value_pence == line:
        return one
    if not is_closed:
        raise InvariantError("the steps of a result do not come to the value of its line")
    # What came in closed stands as it is, whatever the steps would be by what is known now.
    says = "As it was settled; its lines do not say on what"
    return replace(
        one,
        outcome=Outcome.CLOSED_OTHERWISE,
        measured=None,
        reached="",
        pays=None,
        times=None,
        worth_pence=0,
        less_pence=0,
        before_pence=0,
        settled_pence=0,
        value_pence=line,
        steps=(Step("value", "value", says, "minor units", line, None),),
    )


def _measured(
    terms: Contract,
    claim: ClaimDate,
    counts: GroupCounts,
    place: Place,
    settled: int,
) -> MeasuredResult:
    """One result as its terms measure it; `settled` is what earlier claims hold of it."""
    name, group, period = place
    text, periods = text_of(terms, period), terms.calendar.periods
    result, is_paid = result_in(terms, name, period), name in text.results
    of, unit = None if result.each is None else group, CURRENCIES[terms.currency].in_one
    unmeasured = _unmeasured(result, periods[period], is_paid=is_paid)
    is_due = not unmeasured
    sums = counts.sums(result, of, period)
    workings = Workings(sums, ContractWords(text if is_paid else terms), unit)
    if is_due:
        worth = result.work(workings, terms.rounding)
    else:
        workings.part = "value"
        worth = workings.given("worth", unmeasured, 0, "minor units")
    less = _taken_off(terms, workings, counts, result, of, period) if is_due else None
    left = worth
    if less is not None:
        left, nothing = worth - less, whole(0)
        # Others that came to more than this is worth leave nothing of it, and no debt.
        left = left.compared(">", nothing).chosen(left, nothing)
        left = workings.worked("net", "What is left of it", left, "minor units")
    before = 0
    # Worth is of the whole stretch so far: of it only what this period adds is new.
    if is_paid and not result.starts_anew(terms.calendar, period):
        before = counts.worth(name, of, period - 1)
        says, at = f"Worth at the end of {periods[period - 1].label}", (name, group, period - 1)
        left -= workings.given("before", says, before, "minor units", of=[at])
    # A period claimed before moves by what it should have been less what is settled of it.
    if period < claim.number:
        left -= workings.given("settled", "Settled at earlier claims", settled, "minor units")
    value = workings.worked("value", f"Value in claim {claim.label}", left, "minor units")
    measured = sums.measured(result.measure) if is_due else None
    times = None if result.times is None or not is_due else sums.measured(result.times)
    return MeasuredResult(
        claim_period=claim.label,
        claim_date=claim.known_by,
        place=place,
        title=terms.title_of(name),
        clause=result.clause,
        period=periods[period].label,
        from_period=periods[result.first_period(terms.calendar, period)].label,
        outcome=_outcome(result, workings.steps, measured, times, is_paid, is_due),
        measured=measured,
        reached="" if measured is None else result.pays.reached(measured),
        pays=None if measured is None else result.pays.pays_for(measured),
        times=times,
        worth_pence=worth.n,
        less_pence=0 if less is None else less.n,
        before_pence=before,
        settled_pence=settled if period < claim.number else 0,
        value_pence=value.n,
        steps=tuple(workings.steps),
    )


def _unmeasured(result: Result, period: Period, *, is_paid: bool) -> str:
    """Why a result is not measured for a period; nothing where it is."""
    if not is_paid:
        return f"Not paid by the version of the contract that governs {period.label}"
    is_due = result.on is None or period.last >= result.on
    return "" if is_due else f"Not measured for periods that end before {result.on}"


def _taken_off(
    terms: Contract,
    workings: Workings,
    counts: GroupCounts,
    result: Result,
    group: str | None,
    period: int,
) -> Quotient | None:
    """The step of what other results came to, which is taken off; None where nothing is."""
    if not result.less:
        return None
    places = list(counts.taken_off(result, group, period))
    titles = " and ".join(f"'{terms.title_of(name)}'" for name in result.less)
    total = sum(counts.worth(*place) for place in places)
    of = [(name, within or "", at) for name, within, at in places]
    return workings.given("less", f"What {titles} came to", total, "minor units", of=of)


def _outcome(
    result: Result,
    steps: Sequence[Step],
    measured: Fraction | None,
    times: Fraction | None,
    is_paid: bool,
    is_due: bool,
) -> Outcome:
    if not is_paid:
        return Outcome.ANOTHER_VERSION
    if not is_due:
        return Outcome.NOT_YET
    # Not known and not nought: nothing is paid, and nobody is told that a target was missed.
    if measured is None or (result.times is not None and times is None):
        return Outcome.NOT_KNOWN
    is_open = all(step.numerator for step in steps if step.kind == "gate")
    return Outcome.MEASURED if is_open else Outcome.NOT_LET_THROUGH


def results_table(measured: Iterable[MeasuredResult]) -> pa.Table:
    """The table `results`: a row for each; beside what is measured and reached stands what was at
    the claim date before, for the period that was claimed then.
    """
    latest: dict[tuple[str, str], MeasuredResult] = {}
    before: dict[tuple[str, str], MeasuredResult] = {}
    rows, claim = [], ""
    for one in measured:
        # Compared with the claim date before as a whole, never with an earlier row of the same one.
        if one.claim_period != claim:
            before, claim = dict(latest), one.claim_period
        of = one.place[:2]
        if one.period == one.claim_period or of not in latest:
            latest[of] = one
        was = before.get(of)
        rows.append(
            (
                *(one.claim_period, one.claim_date, one.result, one.group, one.period),
                *(one.from_period, one.outcome.value),
                *(exact(one.measured), None if was is None else exact(was.measured)),
                *(one.reached, "" if was is None else was.reached),
                *(exact(one.pays), exact(one.times)),
                *(getattr(one, f"{name}_pence") for name in _AMOUNTS),
            )
        )
    return rows_table(rows, RESULTS)


def parts_table(measured: Iterable[MeasuredResult]) -> pa.Table:
    """The table `result_parts`: a row for each step of each result."""
    return rows_table(_parts(measured), RESULT_PARTS)


def _parts(measured: Iterable[MeasuredResult]) -> Iterator[tuple[object, ...]]:
    for one in measured:
        for number, step in enumerate(one.steps, 1):
            told = (step.part, step.kind, step.name, step.says, step.unit)
            yield (*one.key, number, *told, exact(step.value), not step.formula)


def exact(number: Fraction | None) -> str | None:
    """A number as text, exactly: `5`, `13/155`; None where nothing is known."""
    return None if number is None else str(number)

"""Whether the worked examples of a contract hold: each is settled, and compared to the penny."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number
from impactbond.errors import Fault
from impactbond.evaluation.claims import Claims, Counted, evaluate
from impactbond.evaluation.inputs import ClaimDate, claim_dates
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.headings import REQUIRED
from impactbond.evidence.read import read_evidence
from impactbond.money import major_units, minor_units, show
from impactbond.settlement.lines import LINES
from impactbond.settlement.lot_settlement import settle_claims
from impactbond.terms.expected import CLAIMS, PERSON, TOTAL, Example, days_of, times_of

Sums = Mapping[str, Mapping[str, int]]  # by claim period; by payable, by funder, and in total
_ABOUT = ("participant", "start", "recorded", "from", "left")
_HEADINGS = {
    "start": "started_on",
    "left": "left_on",
    "from": "from_on",
    "recorded": "recorded_on",
}


@dataclass(frozen=True, slots=True)
class ExampleChecked:
    """One worked example, every sum in which it does not hold, and what came out: by claim period
    what is paid by milestone, result or fee, by funder, and in total, in minor units.
    """

    name: str
    faults: tuple[Fault, ...]
    comes_to: Sums = field(default_factory=dict)
    expects: bool = True

    @property
    def holds(self) -> bool:
        """Whether everything that is expected comes out, to the penny, and nothing else."""
        return not self.faults

    def as_expected(self, currency: str) -> Iterator[str]:
        """The lines of `expect` under which the example holds as it came out."""
        yield "expect:"
        for label, sums in self.comes_to.items():
            # A name is put in quotation marks where it might be read as anything else.
            told = (
                f"{json.dumps(name, ensure_ascii=False) if ':' in name else name}: "
                f"{major_units(sum_, currency):f}"
                for name, sum_ in sums.items()
            )
            yield f'  "{label}": {{{", ".join(told)}}}'


def check_examples(contract: Contract) -> tuple[ExampleChecked, ...]:
    """Every worked example of a contract, settled, with what was expected and what came out."""
    return tuple(
        _checked(contract, index, example) for index, example in enumerate(contract.examples)
    )


def _checked(contract: Contract, index: int, example: Example) -> ExampleChecked:
    place = Fault(file=contract._source_name, clause=f"examples > entry {index + 1}")
    came_out = _comes_to(contract, example)
    if isinstance(came_out, Fault):
        fault = replace(came_out, file=place.file, clause=place.clause)
        return ExampleChecked(example.name, (fault,))
    nonzero = {
        period.label: {name: sum_ for name, sum_ in came_out[period.label].items() if sum_}
        for period in contract.calendar.periods
        if any(came_out.get(period.label, {}).values())
    }
    faults = tuple(_faults(contract, example, came_out, place))
    return ExampleChecked(example.name, faults, nonzero, expects=any(example.expect.values()))


def _comes_to(contract: Contract, example: Example) -> Sums | Fault:
    """What an example is paid, or why that cannot be worked out."""
    is_about_people = any(PERSON in row for row in example.given)
    evidence = _evidence(contract, example) if is_about_people else None
    refused_rows = evidence.refused_table.to_pylist() if evidence else []
    refused = sorted({row["problem"] for row in refused_rows})
    if refused:
        problem = f"rows of the example '{example.name}' are refused: {'; '.join(refused)}"
        return Fault(code="example_refused", problem=problem)
    try:
        return _settled(contract, example, evidence)
    except OverflowError:
        problem = f"the example '{example.name}' comes to more than can be worked out exactly"
        hint = "Look for a slip in a price or in a number of times"
        return Fault(code="example_too_large", problem=problem, hint=hint)


def _faults(contract: Contract, example: Example, came_out: Sums, place: Fault) -> Iterator[Fault]:
    """A fault for every sum that is not as expected."""
    expected = {
        label: {name: minor_units(sum_, contract.currency) for name, sum_ in sums.items()}
        for label, sums in example.expect.items()
    }
    named = {name for sums in expected.values() for name in sums}
    # Of each kind of sum that it names, all are compared, and one left out is expected to be
    # nothing: otherwise an example would hold by saying less.
    concerned = [
        names
        for names in (contract.payables, _funders(contract, came_out), (TOTAL,))
        if named.intersection(names)
    ]
    for label in [period.label for period in contract.calendar.periods]:
        for name in (name for names in concerned for name in names):
            wanted = expected.get(label, {}).get(name, 0)
            came = came_out.get(label, {}).get(name, 0)
            if wanted != came:
                yield replace(
                    place,
                    clause=f"{place.clause} > expect > {label} > {name}",
                    code="example_fails",
                    problem=f"the example '{example.name}' does not hold",
                    found=show(came, contract.currency),
                    allowed=show(wanted, contract.currency),
                )


def _funders(contract: Contract, came_out: Sums) -> tuple[str, ...]:
    known = {name for sums in came_out.values() for name in sums}
    payables = {*contract.payables, TOTAL}
    return tuple(sorted({*contract.funders, *(name for name in known if name not in payables)}))


def _evidence(contract: Contract, example: Example) -> Evidence:
    """The rows of evidence that an example gives, read as any evidence is."""
    people: list[dict[str, str | None]] = []
    seen: list[dict[str, str | None]] = []
    who = ""
    attributes = tuple(contract.participants.attributes)
    for row in example.given:
        if PERSON in row:
            who = row[PERSON]
            about = {"recorded": row["start"]} | row
            people.append({name: about.get(name) for name in (*_ABOUT, *attributes)})
        elif CLAIMS not in row:
            for day in days_of(row):
                seen += [
                    {
                        "participant": who,
                        "metric": name,
                        "value": value,
                        "observed_on": day.isoformat(),
                        "slot": row.get("slot") if contract.metrics[name].slot_names else None,
                        "recorded_on": row.get("recorded", day.isoformat()),
                        # A metric of that name was there before the key.
                        "source": None if "source" in contract.metrics else row.get("source"),
                        # A reference of its own: two like rows of an example are two events.
                        "observation": f"row {len(seen) + 1} {name}",
                    }
                    for name, value in row.items()
                    if name in contract.metrics
                ]
    frames = {
        "participants": _table(people, (*_ABOUT, *attributes)).rename_columns(
            [_HEADINGS.get(name, name) for name in (*_ABOUT, *attributes)]
        ),
        "observations": _table(
            seen,
            (*REQUIRED["observations"], "source", "observation", "slot"),
        ),
    }
    return read_evidence(frames, contract)


def _table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> pa.Table:
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names})


def _settled(contract: Contract, example: Example, evidence: Evidence | None) -> Sums:
    claims = claim_dates(contract, date.max)
    evaluated = evaluate(contract, evidence, claims) if evidence else None
    segments = dict(evaluated.segments) if evaluated else {}
    rows = [*evaluated.singly()] if evaluated else []
    for row in example.given:
        if CLAIMS in row:
            rows += _stated(contract, row, claims, segments)
    stated, nothing = Claims(segments, rows, rows.copy), LINES.empty_table()
    settled, _ = settle_claims(Versions.of(contract), claims, [stated], nothing, 0)
    history, sums = settled.history, defaultdict[str, dict[str, int]](lambda: defaultdict(int))
    parts = settled.parts.amount[0]
    for movement, (claim, lot) in enumerate(zip(history.claim, history.lot, strict=True)):
        amount, of_claim = int(history.entitled[0, movement]), sums[claims[int(claim)].label]
        of_claim[contract.payables[settled.lots.milestone[lot]]] += amount
        of_claim[TOTAL] += amount
        for position in np.flatnonzero(parts[movement]):
            of_claim[settled.funders.all[position].id] += int(parts[movement, position])
    return sums


def _stated(
    contract: Contract,
    row: dict[str, str],
    claims: Sequence[ClaimDate],
    segments: dict[int, Mapping[str, str]],
) -> list[Counted]:
    """Claims that an example states without evidence, from the first claim that may hold them."""
    day = next(days_of(row))
    attributes = {name: row.get(name, "") for name in contract.participants.attributes}
    segment = max(segments, default=-1) + 1
    segments[segment] = attributes
    milestone, times = list(contract.milestones).index(row[CLAIMS]), times_of(row)
    each = [("", times)]
    if contract.claim_by_claim:
        each = [(f"claim {n + 1} of {segment}", 1) for n in range(times)]
    return [
        Counted(claim.number, milestone, day_number(day), segment, quantity, who)
        for claim in claims
        if claim.ends_on >= day
        for who, quantity in each
    ]

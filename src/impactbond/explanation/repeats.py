"""Readings that repeat, each paired with the baseline that it is to be compared with: what a metric
was first in one window, and last in a later one, for every participant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_given, day_number, from_day_number
from impactbond.errors import Fault, SettlementError
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.known_evidence import Basis, live_observations, people_of
from impactbond.evidence.evidence import Evidence
from impactbond.tables import as_kind, rows_table, schema_of
from impactbond.terms.diagnostic import did_you_mean, listing
from impactbond.terms.metrics.numbers import Scale

PAIRS = schema_of(
    *("participant", "follow_up", "baseline", "baseline_value", "baseline_on"),
    *("follow_up_value", "follow_up_on", "change", "became", "paired"),
)
_Reading = tuple[int, int, int]  # day observed, day recorded, value


def pair_readings(
    contract: Contract | Versions,
    evidence: Evidence,
    *,
    metric: str,
    baselines: Mapping[str, str],
    as_of: str | date,
) -> Any:
    """What a metric was in each follow-up window beside its baseline, a row for each participant
    and follow-up, as the kind of frame that the evidence came in.

    `baselines` says for each follow-up window the window of its baseline: {"end": "baseline"}, or
    year after year {"end of year two": "end of year one"}. Of a baseline the first reading counts,
    of a follow-up the last, as in the contract's `between`. `paired` is `yes`, or why not: no
    baseline, no follow-up, not yet due, not after the baseline. Values are texts, exact; `became`
    is better, worse or the same. Raises SettlementError for a metric or a window that the contract
    does not have.
    """
    terms = contract.whole if isinstance(contract, Versions) else contract
    day = day_given(as_of, "as_of", SettlementError)
    scale = _checked(terms, metric, baselines)
    inputs = EvaluationInput.of(terms, evidence, [ClaimDate(0, "", day, day)])
    places = {name: place for place, name in enumerate(terms.windows)}
    readings: dict[str, list[_Reading]] = {}
    live = live_observations(inputs, Basis()).filter(
        nw.col("metric") == list(terms.metrics).index(metric)
    )
    chosen = live.select("participant", "observed_on", "recorded_on", "value")
    for row in inputs.session.collect(chosen).to_pylist():
        reading = row["observed_on"], row["recorded_on"], row["value"]
        readings.setdefault(row["participant"], []).append(reading)
    rows = []
    for person in inputs.session.collect(people_of(inputs)).to_pylist():
        own = readings.get(person["participant"], [])
        for follow_up, baseline in baselines.items():
            first, last = (
                [
                    one
                    for one in own
                    if person[f"opens_{places[name]}"] <= one[0] <= person[f"closes_{places[name]}"]
                ]
                for name in (baseline, follow_up)
            )
            closed = person[f"closes_{places[follow_up]}"] <= day_number(day)
            pair = _paired(scale, min(first, default=None), max(last, default=None), closed)
            rows.append((person["participant"], follow_up, baseline, *pair))
    order = {name: place for place, name in enumerate(baselines)}
    rows.sort(key=lambda row: (row[0], order[row[1]]))
    return as_kind(rows_table(rows, PAIRS), evidence.kind)


def _paired(
    scale: Scale, first: _Reading | None, last: _Reading | None, closed: bool
) -> Sequence[Any]:
    """The two readings, what became of them, and whether they are a pair."""
    cells = [*_shown(scale, first), *_shown(scale, last)]
    if first is None:
        return *cells, None, None, "no baseline"
    if last is None:
        return *cells, None, None, "no follow-up" if closed else "not yet due"
    if last[0] <= first[0]:
        return *cells, None, None, "not after the baseline"
    change = last[2] - first[2]
    better = change * scale.better_by
    became = "the same" if not change else "better" if better > 0 else "worse"
    return *cells, str(Decimal(change).scaleb(-scale.decimals)), became, "yes"


def _shown(scale: Scale, reading: _Reading | None) -> tuple[str | None, date | None]:
    if reading is None:
        return None, None
    return scale.shown(reading[2]), from_day_number(reading[0])


def _checked(terms: Contract, metric: str, baselines: Mapping[str, str]) -> Scale:
    faults = []
    scale = terms.metrics.get(metric)
    if not isinstance(scale, Scale):
        known = [name for name, one in terms.metrics.items() if isinstance(one, Scale)]
        problem = f"there is no metric '{metric[:60]}' with a better end"
        hint = did_you_mean(metric[:60], known)
        faults.append(
            Fault(code="unknown_metric", problem=problem, allowed=listing(known), hint=hint)
        )
    for name in dict.fromkeys([*baselines, *baselines.values()]):
        if name not in terms.windows:
            problem = f"there is no window '{name[:60]}'"
            allowed, hint = listing(terms.windows), did_you_mean(name[:60], terms.windows)
            faults.append(Fault(code="unknown_window", problem=problem, allowed=allowed, hint=hint))
    if faults or not isinstance(scale, Scale):
        raise SettlementError("The readings cannot be paired.", faults)
    return scale

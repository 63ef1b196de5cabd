"""Which rows of evidence an outcome of the cut-off became known by.

Takes  a contract, its evidence, and the day on which the newest evidence of each outcome came.
Gives  the references of the rows of that day, of metrics on which the outcome rests.
Keeps  evidence that is read where it is names none: the day leads to its rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.closing.closing_cut import Recorded
from impactbond.contract.contract import Contract
from impactbond.contract.references import rests_on
from impactbond.evidence.evidence import Evidence, ExternalEvidence

Named = Mapping[tuple[str, str, date | None], str]  # by participant, milestone and day
_READ = ("participant", "recorded_on", "metric", "observation")


def newest_evidence(
    contract: Contract, evidence: Evidence, participants: Iterable[str], days: Iterable[Recorded]
) -> Named:
    """The references of every participant and milestone on each of its days, `; ` between them."""
    if isinstance(evidence, ExternalEvidence):
        return {}
    asked = pa.array(sorted(set(participants)), pa.string())
    known = evidence.observations_table.select(_READ)
    own = known.filter(pc.is_in(known["participant"], asked))
    rows: defaultdict[tuple[str, date], list[tuple[str, str]]] = defaultdict(list)
    columns = (own[name].to_pylist() for name in _READ)
    for who, day, metric, reference in zip(*columns, strict=True):
        rows[who, day].append((metric, reference))
    metrics = {
        name: {one.name for one in used if one.section == "metrics"}
        for name, used in rests_on(contract).items()
    }
    found: dict[tuple[str, str, date | None], str] = {}
    for recorded in days:
        for (who, name), day in recorded.items():
            its = metrics.get(name, set())
            # Rows of that day about anything else did not make this outcome known.
            told = sorted(row for metric, row in rows.get((who, day), ()) if metric in its)
            if told:
                found[who, name, day] = "; ".join(told)
    return found

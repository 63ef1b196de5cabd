"""A delivery that follows on one that was checked: only what it adds is checked, beside the rows
about the same participants.

Takes  a reading of all files, who the participants are now, and the delivery that was checked.
Gives  what checks find in all of them, and the rows about whoever may have changed.
Keeps  what is found is what a check of everything finds, and a doubt is no finding: wherever
       anything may be wrong, or is not as it was, everything is checked, which tells every fault.

Of the files that were checked before, byte for byte, no row can be faulty by itself. Two of their
rows cannot contradict each other either: a new row takes others' places and gives none back. What
can be wrong is a row of theirs about nobody that is a participant now, a reference that a new row
has too, and whatever new rows come to beside rows about the same participants. A new row that
replaces one about somebody else is not followed here: it is for the check of everything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.dates import from_day_number
from impactbond.evidence.checked_delivery import CheckedDelivery, is_read_as
from impactbond.evidence.external_checks import Summary, check_observations
from impactbond.evidence.external_columns import DELIVERED, Reading
from impactbond.evidence.files import Files
from impactbond.evidence.sources import ExternalTable
from impactbond.tables import FILE, EngineSession

# Where so many participants are concerned, nothing is gained by telling apart who is not.
MOST_CONCERNED = 0.5
_REFERENCES = ("observation", "supersedes")


@dataclass(frozen=True, eq=False, repr=False)
class FollowedDelivery:
    """What is known of a delivery that follows on one that was checked `before`: every row about
    the participants `concerned`, as it was delivered. Of nobody else is any row new or recorded
    after the day of the one before, and nobody else's claims move by time alone.
    """

    before: CheckedDelivery
    concerned: pa.Array
    rows: ExternalTable
    summary: Summary


def followed_delivery(
    session: EngineSession,
    reading: Reading,
    source: ExternalTable,
    people: pa.Table,
    before: CheckedDelivery,
) -> FollowedDelivery | None:
    """What a delivery adds, checked; None where everything is to be checked. The session reads all
    files, as `reading` says.
    """
    places = before.among(source.digests) if isinstance(source.table, Files) else None
    if not places or not before.rows or not is_read_as(before, reading):
        return None
    who = people["participant"].combine_chunks()
    if not pc.all(pc.is_in(before.participants, who), min_count=0).as_py():
        return None  # a row about somebody who is no participant any more
    paths = ", ".join(session.dialect.text(source.table.paths[place]) for place in places)
    delivered = ", ".join(reading.delivered)
    every = f"SELECT {delivered} FROM {reading.table} WHERE {FILE}"
    session.create_view("checked", f"{every} IN ({paths})")
    session.create_view("added", f"{every} NOT IN ({paths})", once=True)
    concerned = _concerned(session, reading, people, before)
    if len(concerned) > MOST_CONCERNED * len(who.unique()):
        return None
    session.scan("concerned", pa.table({"participant": concerned}))
    count = session.query("SELECT count(*) AS rows FROM checked")["rows"][0].as_py()
    if count != before.rows:
        return None
    new = (f"SELECT {reading.text(one)} AS reference FROM added" for one in _REFERENCES)
    session.create_view("named", f"SELECT DISTINCT * FROM ({' UNION ALL '.join(new)})", once=True)
    own = f"{reading.text('participant')} IN (SELECT participant FROM concerned)"
    own += f" OR {reading.text('observation')} IN (SELECT reference FROM named)"
    rows = session.query(f"SELECT * FROM checked WHERE {own} UNION ALL SELECT * FROM added")
    summary = _checked_beside(rows, reading, people, before, concerned, paths)
    if summary is None:
        return None
    return FollowedDelivery(before, concerned, ExternalTable(rows), summary)


def _concerned(
    session: EngineSession, reading: Reading, people: pa.Table, before: CheckedDelivery
) -> pa.Array:
    """Whoever may have other claims than before: by a new row about it or of it, by one that was
    recorded later, or by time alone.
    """
    text = reading.text("participant")
    new = session.query(f"SELECT DISTINCT {text} AS participant FROM added WHERE {text} <> ''")
    since = pc.greater(people["recorded_on"], pa.scalar(from_day_number(before.day), pa.date32()))
    moving = before.carried.filter(before.carried["moves"])
    tables = (new, people.filter(since), moving)
    texts = (one["participant"].combine_chunks().cast(pa.string()) for one in tables)
    return pa.concat_arrays([*texts, before.later]).unique()


def _checked_beside(
    rows: pa.Table,
    reading: Reading,
    people: pa.Table,
    before: CheckedDelivery,
    concerned: pa.Array,
    paths: str,
) -> Summary | None:
    """What checks of everything come to, by those of new rows, of all about whoever is concerned,
    and of any other that new ones name; None where there is such a one, or anything may be at
    fault.
    """
    session = EngineSession("duckdb")
    session.scan(DELIVERED["observations"], rows)
    session.scan("people", people.select(["participant"]))
    own = Reading.of(session, "observations", reading.contract, reading.values)
    if any(reading.kinds[name] != kind for name, kind in own.kinds.items()):
        return None
    found = check_observations(session, own)
    if found.faults:
        return None
    session.scan("concerned", pa.table({"participant": concerned}))
    elsewhere = f"SELECT {own.text('participant')} AS participant FROM {own.table}"
    elsewhere = f"SELECT 1 AS one FROM ({elsewhere}) ANTI JOIN concerned USING (participant)"
    if session.query(f"{elsewhere} LIMIT 1").num_rows:
        return None
    again = session.query(
        f"SELECT {own.column('metric')} AS metric, count(*) AS rows FROM {own.table}"
        f" WHERE {FILE} IN ({paths}) GROUP BY 1"
    )
    twice = dict(zip(again["metric"].to_pylist(), again["rows"].to_pylist(), strict=True))
    counts = {
        name: before.summary.rows[name] + found.rows[name] - twice.get(place, 0)
        for place, name in enumerate(reading.contract.metrics)
    }
    first, last = before.summary.days
    days = (min(first, found.days[0]), max(last, found.days[1])) if rows.num_rows else (first, last)
    statuses = before.summary.statuses | found.statuses
    return replace(found, rows=counts, days=days, statuses=statuses)

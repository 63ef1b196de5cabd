"""What is known of each participant as a digest: whether anything of it changed since is then seen
without evaluating anybody.

Takes  evidence, as known on a claim date.
Gives  participant, person, rows: how many rows there are about it and of it, and what their hashes
       come to, as a text; nothing where there are none.
Keeps  the order of rows is nothing, and a row that stands twice is not nothing (hashes are added up
       and not laid over each other). Columns that evaluation does not look at do not count.

Of a delivery that follows on one that was checked, only the rows about whoever is concerned are
looked at: of everybody else there is no row but those of which the digest is known.
"""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.evidence.evidence import Evidence, ExternalEvidence
from impactbond.evidence.external_columns import SEEN
from impactbond.tables import EngineSession, sorted_by, with_dates, with_day_numbers

KNOWN = ("participant", "person", "rows")
_PEOPLE = ("started_on", "left_on", "from_on", "recorded_on")


def known_rows(contract: Contract, evidence: Evidence, carried: pa.Table | None = None) -> pa.Table:
    """What is known of each participant (participant, person, rows), in order. Of whom the delivery
    brings nothing it is what was `carried` forward, where the delivery was followed from that.

    Two hashes of 64 bits are added up for each row, the second of the first, so that rows whose
    sums agree by chance in one differ in the other. They are those of one version of DuckDB, which
    does not promise them to the next.
    """
    session = EngineSession("duckdb")
    concerned = None if carried is None else concerned_in(evidence, carried)
    (evidence if concerned is None else concerned.evidence).lay_out(session, contract)
    session.scan("people", with_day_numbers(evidence.participants_table))
    about = ", ".join(map(session.dialect.name, (*_PEOPLE, *contract.participants.attributes)))
    seen = ", ".join(name for name in SEEN if name != "participant")
    people, rows = _added("people", about, "person"), _added("observations", seen, "rows")
    if concerned is not None and carried is not None:
        others = pc.invert(pc.is_in(carried["participant"], concerned.participants))
        others = pc.and_(others, pc.not_equal(carried["rows"], ""))
        session.scan("carried", carried.filter(others).select(["participant", "rows"]))
        rows += " UNION ALL SELECT participant, rows FROM carried"
    found = session.query(
        "SELECT participant, coalesce(person, '') AS person, coalesce(rows, '') AS rows"
        f" FROM ({people}) FULL OUTER JOIN ({rows}) USING (participant)"
    )
    return sorted_by(found, "participant")


def _added(table: str, columns: str, name: str) -> str:
    hashed = f"SELECT participant, hash({columns}) AS hashed FROM {table}"
    # Sums, and not an exclusive or, in which two equal rows would cancel out and a doubled row
    # would look like none.
    sums = "concat_ws(' ', count(*), sum(hashed), sum(hash(hashed)))"
    return f"SELECT participant, {sums} AS {name} FROM ({hashed}) GROUP BY participant"


class Concerned(NamedTuple):
    """Whoever may have changed since the delivery before, and every row about them."""

    participants: pa.Array
    evidence: Evidence


def concerned_in(evidence: Evidence, carried: pa.Table) -> Concerned | None:
    """Whoever may have changed since something was `carried` forward; None where the evidence was
    not followed from that.
    """
    if not isinstance(evidence, ExternalEvidence) or evidence.followed is None:
        return None
    followed, until = evidence.followed, evidence.until
    before = followed.before
    if until is None or day_number(until) < before.day or not before.carried.equals(carried):
        return None
    people = evidence.participants_table
    own = people.filter(pc.is_in(people["participant"], followed.concerned))
    read = (evidence.contract, evidence.values, evidence.summary)
    about = ExternalEvidence(own, followed.rows, *read, until=until)
    return Concerned(followed.concerned, about)


def rows_about(contract: Contract, evidence: Evidence, participants: pa.Array) -> Evidence:
    """The evidence about some participants, in memory, with the columns that evaluation looks at;
    in no order.
    """
    session = EngineSession("duckdb")
    evidence.lay_out(session, contract)
    session.scan("asked", pa.table({"participant": participants}))
    rows = session.query("SELECT * FROM observations SEMI JOIN asked USING (participant)")
    place = rows.schema.get_field_index("metric")
    metrics = pa.array(list(contract.metrics), pa.string()).take(rows["metric"].combine_chunks())
    rows = with_dates(rows.set_column(place, "metric", metrics), ["observed_on", "recorded_on"])
    people = evidence.participants_table
    own = people.filter(pc.is_in(people["participant"], participants))
    # None of the rows refused: they were told when the evidence was read, and would be told twice.
    return Evidence(own, rows.select(SEEN), evidence.refused_table.slice(0, 0))


def superseded_by_others(contract: Contract, evidence: Evidence) -> bool:
    """Whether a row about one participant supersedes one that is about another, or is not there: of
    either, the rows that are known of it do not say all.
    """
    session = EngineSession("duckdb")
    evidence.lay_out(session, contract)
    superseding = (
        "SELECT participant AS by_whom, supersedes AS observation FROM observations"
        " WHERE supersedes IS NOT NULL AND supersedes <> ''"
    )
    own = "SELECT participant AS by_whom, observation FROM observations"
    found = session.query(
        f"SELECT 1 AS one FROM ({superseding}) ANTI JOIN ({own}) USING (by_whom, observation)"
        " LIMIT 1"
    )
    return bool(found.num_rows)

"""What is known of each participant as a digest: whether anything of it changed since is then seen
without evaluating anybody.

Takes  evidence, as known on a claim date.
Gives  participant, known: how many rows there are of it and what their hashes come to, as a text.
Keeps  the order of rows is nothing, and a row that stands twice is not nothing (hashes are added up
       and not laid over each other). Columns that evaluation does not look at do not count.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.external_columns import SEEN
from impactbond.tables import EngineSession, sorted_by, with_dates, with_day_numbers

_PEOPLE = ("started_on", "left_on", "from_on", "recorded_on")


def known_rows(contract: Contract, evidence: Evidence) -> pa.Table:
    """What is known of each participant (participant, known), in order.

    Two hashes of 64 bits are added up for each row, the second of the first, so that rows whose
    sums agree by chance in one differ in the other. They are those of one version of DuckDB, which
    does not promise them to the next.
    """
    session = EngineSession("duckdb")
    evidence.lay_out(session, contract)
    session.scan("people", with_day_numbers(evidence.participants_table))
    about = ", ".join(map(session.dialect.name, (*_PEOPLE, *contract.participants.attributes)))
    seen = ", ".join(name for name in SEEN if name != "participant")
    found = session.query(
        f"WITH added AS ({_added('people', about)} UNION ALL {_added('observations', seen)})"
        " SELECT participant, string_agg(concat_ws(' ', rows, first, second), ' / ' ORDER BY what)"
        " AS known FROM added GROUP BY participant"
    )
    return sorted_by(found, "participant")


def _added(table: str, columns: str) -> str:
    hashed = f"SELECT participant, hash({columns}) AS hashed FROM {table}"
    # Sums, and not an exclusive or, in which two equal rows would cancel out and a doubled row
    # would look like none.
    sums = "count(*) AS rows, sum(hashed) AS first, sum(hash(hashed)) AS second"
    return f"SELECT '{table}' AS what, participant, {sums} FROM ({hashed}) GROUP BY participant"


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

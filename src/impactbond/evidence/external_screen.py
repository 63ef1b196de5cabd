"""Whether rows that stay where they are may be faulty in a way that only each row can tell, or be
about nobody; everything else is seen in `external_agreement`.

Most deliveries hold no fault, and to ask each row each question takes many times as long as to read
it. What shows here and is no fault costs only the time to ask again, row by row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from impactbond.evidence.deliveries import OBSERVATION_RULES
from impactbond.evidence.external_columns import Reading
from impactbond.evidence.external_rules import NOT_IN_BLANKS, RowCheck, is_of_texts
from impactbond.evidence.refusals import NOT_TEXT
from impactbond.tables import EngineSession

# Columns whose every check shows in a few numbers of each row, but that they are no texts.
_IN_NUMBERS = ("participant", "metric", "status", *OBSERVATION_RULES.days)
# Columns whose texts are seen where they are compared.
_COMPARED = ("observation", "supersedes")


def may_be_faulty(
    session: EngineSession, reading: Reading, rows: str, checks: Sequence[RowCheck]
) -> bool:
    """Whether any row may have such a fault, of a query that gives the table's columns, `c_metric`,
    `c_value`, `c_status` and the days as `d_…`.
    """
    faulty = list(_of_single_rows(reading, checks))
    if faulty and _number(
        session, f"SELECT count(*) AS rows FROM ({rows}) WHERE {' OR '.join(faulty)}"
    ):
        return True
    # Whose reference stands among the participants is written as it is there: in order.
    people = f"SELECT DISTINCT participant AS known FROM {session.table_name('people')}"
    nobody = f"SELECT {reading.text('participant')} AS known FROM {reading.table}"
    unknown = f"SELECT count(*) AS rows FROM ({nobody}) ANTI JOIN ({people}) USING (known)"
    return _number(session, unknown) > 0


def _of_single_rows(reading: Reading, checks: Sequence[RowCheck]) -> Iterator[str]:
    """The conditions that only the row itself can tell."""
    texts: dict[str, list[str]] = {}
    for one in checks:
        if one.of_values or (one.column in _IN_NUMBERS and one.refusal != NOT_TEXT):
            continue
        if one.column in _COMPARED and is_of_texts(one):
            continue
        if one.refusal in NOT_IN_BLANKS:
            texts.setdefault(one.column, []).append(f"({one.condition})")
        else:
            yield f"({one.condition})"
    for column, conditions in texts.items():
        # Of a column in which little stands, little is asked.
        written = f"{reading.raw(column)} <> ''"
        yield f"CASE WHEN {written} THEN {' OR '.join(conditions)} ELSE FALSE END"


def _number(session: EngineSession, query: str) -> int:
    found: int = session.query(query)["rows"][0].as_py()
    return found

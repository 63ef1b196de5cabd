"""What funders paid, as open data: the Outcome Payments of INDIGO, and disbursements of grants as
360Giving has them. Nobody has to publish either; a charity that does, or whose funder does, has the
rows.

Takes  a YearEnd drawn up with receipts, and the identifiers of organisations in its ledger map.
Gives  the bytes of a file for each, and what is missing in it.
Keeps  money alone, by payer and claim: no participant and no count of any. An organisation without
       an identifier has a blank, and is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from impactbond.closing.exported_files import amount_told, csv_rows
from impactbond.closing.year_end import YearEnd
from impactbond.terms.words import counted

PROVIDER = "provider"  # whose identifiers stand under this name in the ledger map


# By the paths of the schema 4.1.0, each of which holds a value; one payer a row.
INDIGO_PAYMENTS = (
    *("outcome_payment_plan_id", "outcome_metric_id", "period/start_date", "period/end_date"),
    *("payer_organisation_id", "recipient_organisation_id", "type", "money/currency"),
    *("money/amount", "source_ids", "notes"),
)


GIVING_DISBURSEMENTS = (
    *("id", "transactionDate", "currency", "value", "description", "provider", "recipient"),
)


EXCHANGE = "exchange"  # the nature of money that is no grant


Written = tuple[str, dict[str, bytes], str]


def open_data_files(year: YearEnd) -> Iterator[Written]:
    """For each standard its file, and what to know of it. None without identifiers in the map."""
    if year.ledger is None or not year.ledger.open_data:
        return
    stem = f"{year.contract}_{year.on}"
    for standard, kind, headings, rows in (
        ("INDIGO", "indigo", INDIGO_PAYMENTS, list(_indigo(year))),
        ("360Giving", "giving", GIVING_DISBURSEMENTS, list(_giving(year))),
    ):
        name = f"{stem}_{kind}_{'payments' if kind == 'indigo' else 'disbursements'}.csv"
        if rows:
            yield standard, {name: csv_rows(headings, rows)}, _missing(year, kind)
        else:
            yield standard, {}, "not written: nothing was received"


def _indigo(year: YearEnd) -> Iterator[Sequence[str]]:
    """What was received of each payer for each claim, to date; and what is for none, without a
    period.
    """
    sums: dict[tuple[str, str, str, str], int] = {}
    for row in year.tables["paid"].to_pylist():
        days = [str(row[name] or "") for name in ("from_on", "through_on")]
        key = (row["funder"], row["claim_period"], *days)
        sums[key] = sums.get(key, 0) + row["amount_pence"]
    for (funder, claim, first, last), pence in sums.items():
        parties = (_id_of(year, funder, "indigo"), _id_of(year, PROVIDER, "indigo"))
        money = (year.currency, amount_told(year, pence))
        note = f"Claim {claim}" if claim else "For no claim yet, less what was paid back"
        yield ("", "", first, last, *parties, "Actual", *money, "", note)


def _giving(year: YearEnd) -> Iterator[Sequence[str]]:
    """Every receipt of a grant, to date; what was paid back has a minus sign."""
    natures = {row["funder"]: row["nature"] for row in year.tables["position"].to_pylist()}
    sums: dict[tuple[str, str, str], int] = {}
    for row in year.tables["paid"].to_pylist():
        if natures.get(row["funder"]) != EXCHANGE:
            key = (row["receipt"], str(row["received_on"]), row["funder"])
            sums[key] = sums.get(key, 0) + row["amount_pence"]
    for (receipt, day, funder), pence in sums.items():
        parties = (_id_of(year, funder, "giving"), _id_of(year, PROVIDER, "giving"))
        yield (receipt, day, year.currency, amount_told(year, pence), year.title, *parties)


def _id_of(year: YearEnd, whom: str, kind: str) -> str:
    entry = year.ledger_given.open_data.get(whom)
    return "" if entry is None else str(getattr(entry, kind))


def _missing(year: YearEnd, kind: str) -> str:
    names = [PROVIDER, *(row["funder"] for row in year.tables["position"].to_pylist())]
    missing = sum(not _id_of(year, name, kind) for name in names)
    return f"{counted(missing, 'organisation')} without an identifier" if missing else ""

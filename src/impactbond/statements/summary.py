"""The short summary of a settlement that a person reads after the command has run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyarrow.compute as pc

from impactbond.money import show
from impactbond.reasons import LineKind
from impactbond.settlement.funders import UNFUNDED
from impactbond.settlement.settlement import Settlement


def summary_text(settlement: Settlement, out: Path, written: Sequence[Path]) -> str:
    """What was achieved, who owes what by when, what was withheld or left out, what was written."""
    contract, claim = settlement.contract, settlement.claim
    return "\n".join(
        [
            contract.title,
            f"Claim {claim.label}, made on {_long(claim.known_by)} by {contract.provider}",
            "",
            *_achieved(settlement),
            "",
            *_due(settlement),
            "",
            *_to_date(settlement),
            "",
            *_written(out, written),
        ]
    )


def _long(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"


def _money(settlement: Settlement, pence: int) -> str:
    return show(pence, settlement.contract.currency)


def _achieved(settlement: Settlement) -> list[str]:
    claims = settlement.claims_table
    count = dict.fromkeys(settlement.contract.milestones, 0)
    value = dict.fromkeys(settlement.contract.milestones, 0)
    for row in claims.select(["milestone", "quantity", "value_pence"]).to_pylist():
        count[row["milestone"]] += row["quantity"]
        value[row["milestone"]] += row["value_pence"]
    children = len(pc.unique(settlement.decisions_table["participant"]))
    rows = [
        (f"{count[name]:>5}", term.title or name, _money(settlement, value[name]))
        for name, term in settlement.contract.milestones.items()
    ]
    return [f"Achieved to date by the {children} participants covered:", *_columns(rows)]


def _due(settlement: Settlement) -> list[str]:
    funders = [funder for funder in settlement.funders.all if funder.id != UNFUNDED]
    due = [(funder.name, settlement.due_pence(funder.id)) for funder in funders]
    payments = settlement.payments_table
    now = payments.filter(pc.equal(payments["claim_period"], settlement.claim.label))
    days = [day for day in now["due_on"].to_pylist() if day > settlement.claim.known_by]
    when = f" by {_long(max(days))}" if days else ""
    rows = [("", name, _money(settlement, pence)) for name, pence in due if pence]
    rows.append(("", "All funders together", _money(settlement, sum(pence for _, pence in due))))
    return [f"Due{when}:", *_columns(rows)]


def _to_date(settlement: Settlement) -> list[str]:
    balances = settlement.balances_table
    now = balances.filter(pc.equal(balances["claim_period"], settlement.claim.label))
    total = {
        name: int(pc.sum(now[f"{name}_pence"]).as_py() or 0)
        for name in ("value", "withheld", "on_account", "settled", "due")
    }
    lines = settlement.lines_table
    mine = lines.filter(pc.equal(lines["claim_period"], settlement.claim.label))
    adjusted = (
        pc.sum(pc.cast(pc.equal(mine["kind"], LineKind.ADJUSTMENT.value), "int64")).as_py() or 0
    )
    found = [
        f"To date: {_money(settlement, total['value'])} achieved, "
        f"{_money(settlement, total['withheld'])} of it withheld by limits; "
        f"{_money(settlement, total['settled'] + total['due'])} asked for, "
        f"{_money(settlement, total['on_account'])} of it still on account.",
        f"{mine.num_rows} lines in this claim, {adjusted} of them adjust closed periods.",
    ]
    found += [
        f"{funder.name} has reached its limit: {_money(settlement, -moved)} passed on."
        for funder in settlement.funders.all
        if (moved := _moved(settlement, funder.id)) < 0
    ]
    refused = settlement.refused_left_out
    if refused:
        found.append(
            f"{refused} rows of evidence were refused and left out: refused.csv says which and why."
        )
    return found


def _moved(settlement: Settlement, funder: str) -> int:
    balances = settlement.balances_table
    now = pc.and_(
        pc.equal(balances["claim_period"], settlement.claim.label),
        pc.equal(balances["funder"], funder),
    )
    return int(pc.sum(balances.filter(now)["moved_pence"]).as_py() or 0)


def _written(out: Path, written: Sequence[Path]) -> list[str]:
    tables = [path for path in written if path.suffix == ".csv"]
    books = [path for path in written if path.suffix == ".xlsx"]
    return [
        f"Written to {out}: {len(tables)} tables (CSV) and {len(books)} workbooks, "
        f"of which {next((path.name for path in books), '')} is for all funders."
    ]


def _columns(rows: list[tuple[str, str, str]]) -> list[str]:
    wide = max(len(name) for _, name, _ in rows)
    right = max(len(amount) for _, _, amount in rows)
    return [f"  {count}  {name:<{wide}}  {amount:>{right}}" for count, name, amount in rows]

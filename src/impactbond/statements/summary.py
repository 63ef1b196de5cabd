"""What is read without a workbook: the summary of a settlement as text after the command has run,
and a statement as a small page, for notebooks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from pathlib import Path

import pyarrow.compute as pc

from impactbond.cards import card_table, framed
from impactbond.money import show
from impactbond.reasons import LineKind
from impactbond.settlement.funding import UNFUNDED
from impactbond.settlement.settlement import Settlement
from impactbond.statements.statement import THIS_CLAIM, Statement
from impactbond.terms.words import counted


def summary_text(settlement: Settlement, out: Path, written: Sequence[Path]) -> str:
    """What was achieved, who owes what by when, what was withheld or left out, what was written."""
    contract, claim = settlement.contract, settlement.claim
    return "\n".join(
        [
            contract.title,
            f"Claim {claim.label}, made on {_long(claim.known_by)} by {contract.provider}",
            "",
            *_achieved(settlement),
            *_of_nobody(settlement),
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


def _money(of: Settlement | Statement, pence: int) -> str:
    return show(pence, of.contract.currency if isinstance(of, Settlement) else of.currency.code)


def _achieved(settlement: Settlement) -> list[str]:
    claims = settlement.claims_table
    count = dict.fromkeys(settlement.contract.milestones, 0)
    value = dict.fromkeys(settlement.contract.milestones, 0)
    for row in claims.select(["milestone", "quantity", "value_pence"]).to_pylist():
        count[row["milestone"]] += row["quantity"]
        value[row["milestone"]] += row["value_pence"]
    rows = [
        (f"{count[name]:,}", term.title or name, _money(settlement, value[name]))
        for name, term in settlement.contract.milestones.items()
    ]
    if settlement.counts is not None:
        return ["Counted to date, without evidence:", *_columns(rows)]
    children = len(pc.unique(settlement.decisions_table["participant"]))
    covered = f"{counted(children, 'participant')} covered"
    return [f"Achieved to date by the {covered}:", *_columns(rows)]


def _of_nobody(settlement: Settlement) -> list[str]:
    """What results of groups and fees are worth to date: with the milestones, all that there is."""
    contract, lines, found = settlement.contract, settlement.lines_table, list[str]()
    columns = lines.select(["milestone", "group", "value_pence"]).to_pylist()
    for heading, terms in (("Results of groups", contract.results), ("Fees", contract.fees)):
        value = dict.fromkeys(((name, "") for name in terms if not _each(settlement, name)), 0)
        for row in columns:
            if row["milestone"] in terms:
                of = (row["milestone"], "".join(row["group"]))
                value[of] = value.get(of, 0) + row["value_pence"]
        rows = [
            ("", f"{contract.title_of(name)}{f': {group}' if group else ''}", pence)
            for (name, group), pence in sorted(
                value.items(), key=lambda one: (list(terms).index(one[0][0]), one[0][1])
            )
        ]
        if rows:
            shown = [(blank, title, _money(settlement, pence)) for blank, title, pence in rows]
            found += [f"{heading} to date:", *_columns(shown)]
    return found


def _each(settlement: Settlement, name: str) -> str | None:
    """The attribute by which a result tells groups apart, where it does."""
    result = settlement.contract.results.get(name)
    return None if result is None else result.each


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
    moved = dict.fromkeys(now["funder"].to_pylist(), 0)
    for row in now.select(["funder", "moved_pence"]).to_pylist():
        moved[row["funder"]] += row["moved_pence"]
    lines = settlement.lines_table
    mine = lines.filter(pc.equal(lines["claim_period"], settlement.claim.label))
    adjusted = mine["kind"].to_pylist().count(LineKind.ADJUSTMENT.value)
    found = [
        f"To date: {_money(settlement, total['value'])} achieved, "
        f"{_money(settlement, total['withheld'])} of it withheld by limits; "
        f"{_money(settlement, total['settled'] + total['due'])} asked for, "
        f"{_money(settlement, total['on_account'])} of it still on account.",
        f"{counted(mine.num_rows, 'line')} in this claim, "
        f"{adjusted} of them adjust closed periods.",
    ]
    found += [
        f"{funder.name} has reached its limit: "
        f"{_money(settlement, -moved[funder.id])} lies beyond it."
        for funder in settlement.funders.all
        if moved.get(funder.id, 0) < 0
    ]
    refused, what = settlement.refused_left_out, settlement.basis.called.lower()
    if refused:
        found.append(
            f"{refused} rows of {what} were refused and left out: refused.csv says which and why."
        )
    return found


def _written(out: Path, written: Sequence[Path]) -> list[str]:
    tables = [path for path in written if path.suffix == ".csv"]
    books = [path for path in written if path.suffix == ".xlsx"]
    return [
        f"Written to {out}: {len(tables)} tables (CSV) and {len(books)} workbooks, "
        f"of which {next((path.name for path in books), '')} is for all funders."
    ]


def _columns(rows: list[tuple[str, str, str]]) -> list[str]:
    left, wide, right = (max(map(len, column)) for column in zip(*rows, strict=True))
    left = max(left, _LEAST_COUNT) if left else 0
    return [f"  {count:>{left}}  {name:<{wide}}  {amount:>{right}}" for count, name, amount in rows]


_LEAST_COUNT = 5  # so that a small summary stands as a large one does


def statement_html(statement: Statement) -> str:
    """The statement as one self-contained piece of HTML."""
    about, (rows, total) = statement.about, _summary_rows(statement)
    summary = ("Funder", *_figures(statement).values())
    what = "counts" if about.counted else "evidence"
    parts = [
        f"<h2>Statement for {escape(about.funder_name)}, claim {escape(about.claim_period)}</h2>",
        f"<p>{escape(about.title)}, version {about.version}. {escape(about.provider)}. "
        "Draft for approval.</p>",
        *(["<p><strong>Counts without evidence.</strong></p>"] if about.counted else []),
        f"<p><strong>Total due: {_money(statement, statement.due_pence)}</strong>"
        f"{_due_dates(statement)}</p>",
        card_table(summary, rows, words=1, total=total, caption="From opening to closing"),
        card_table(_SCHEDULE, _schedule_rows(statement), words=3, caption="Due at this claim"),
        *_account(statement),
        f"<p>{counted(len(statement.lines), 'line')}, of which "
        f"{counted(len(statement.adjustments), 'adjustment')} of earlier periods. "
        f"{what.capitalize()} recorded up to {about.claim_date.isoformat()}; "
        f"{counted(about.refused_rows, 'row')} of {what} refused.</p>",
        *([f"<p>{escape(statement.opening)}</p>"] if statement.opening else []),
        f"<p>{escape(_checks(statement))}</p>",
    ]
    return framed(*parts)


def _figures(statement: Statement) -> dict[str, str]:
    """The figures of an account that are shown, with their headings."""
    has_results = statement.results is not None
    return {
        "opening": "Opening",
        "milestones": "Milestones",
        **({"results": "Results"} if has_results else {}),
        "adjustments": "Adjustments",
        "up_front": "Up-front",
        "recovered": "Recovered",
        "due": "Due now",
        "closing": "Closing",
    }


def _summary_rows(statement: Statement) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The figures of every funder, and of all together where all are shown."""
    accounts = [
        (account.name, *(getattr(account, f"{figure}_pence") for figure in _figures(statement)))
        for account in statement.accounts
    ]
    rows = [(name, *(_money(statement, one) for one in amounts)) for name, *amounts in accounts]
    if not statement.is_whole:
        return rows, ()
    totals = [sum(column) for column in zip(*(amounts for _, *amounts in accounts), strict=True)]
    return rows, ("All funders", *(_money(statement, one) for one in totals))


_SCHEDULE = ("Due on", "Funder", "Kind", "Amount")
_ACCOUNT = ("Funder", "Claim", "Opening balance", "Due", "Received", "Closing balance")


def _account(statement: Statement) -> list[str]:
    """The account: of one funder at every claim, of all at this one."""
    account = statement.account
    if account is None:
        return []
    rows = []
    for row in account.latest if statement.is_whole else account.balances:
        pence = (row.opening_pence, row.due_pence, row.received_pence, row.closing_pence)
        amounts = (_money(statement, one) for one in pence)
        rows.append((row.name, row.claim_period, *amounts))
    caption = "What was received against what was due"
    return [card_table(_ACCOUNT, rows, words=2, caption=caption)]


def _schedule_rows(statement: Statement) -> list[tuple[str, ...]]:
    return [
        (row.due_on.isoformat(), row.funder_name, row.kind, _money(statement, row.amount_pence))
        for row in statement.schedule
        if row.standing == THIS_CLAIM
    ]


def _due_dates(statement: Statement) -> str:
    dates = [
        f"{_money(statement, pence)} on {due_on.isoformat()}"
        for due_on, pence in statement.due_dates
    ]
    return f" ({'; '.join(dates)})" if dates else ""


def _checks(statement: Statement) -> str:
    if not statement.failing:
        return f"All {len(statement.checks)} checks hold."
    return "A check fails: " + "; ".join(check.promise for check in statement.failing) + "."

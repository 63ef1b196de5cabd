"""A statement as a small page, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from impactbond.money import show
from impactbond.statements.statement import THIS_CLAIM, Statement

_PAGE = "font-family:Arial,sans-serif;max-width:60em"
_TABLE = "border-collapse:collapse;margin:0 0 1em 0"
_CAPTION = "text-align:left;font-weight:bold"
_CELL = "padding:.2em .8em .2em 0;vertical-align:top"
_HEADER = f"{_CELL};border-bottom:1px solid #000;text-align:left"


def statement_html(statement: Statement) -> str:
    """The statement as one self-contained piece of HTML."""
    about = statement.about
    parts = [
        f'<div lang="en-GB" style="{_PAGE}">',
        f"<h2>Statement for {escape(about.funder_name)}, claim {escape(about.claim_period)}</h2>",
        f"<p>{escape(about.title)}, version {about.version}. {escape(about.provider)}. "
        "Draft for approval.</p>",
        f"<p><strong>Total due: {_money(statement, statement.due_pence)}</strong>"
        f"{_due_dates(statement)}</p>",
        _table("From opening to closing", _SUMMARY, _summary_rows(statement), texts=1),
        _table("Due at this claim", _SCHEDULE, _schedule_rows(statement), texts=3),
        *_account(statement),
        f"<p>{_count(len(statement.lines), 'line')}, of which "
        f"{_count(len(statement.adjustments), 'adjustment')} of earlier periods. "
        f"Evidence recorded up to {about.claim_date.isoformat()}; "
        f"{_count(about.refused_rows, 'row')} of evidence refused.</p>",
        f"<p>{escape(_checks(statement))}</p>",
        "</div>",
    ]
    return "\n".join(parts)


_SUMMARY = (
    "Funder",
    "Opening",
    "Milestones",
    "Adjustments",
    "Up-front",
    "Recovered",
    "Due now",
    "Closing",
)


def _summary_rows(statement: Statement) -> list[tuple[str, ...]]:
    accounts = [
        (
            account.name,
            account.opening_pence,
            account.milestones_pence,
            account.adjustments_pence,
            account.up_front_pence,
            account.recovered_pence,
            account.due_pence,
            account.closing_pence,
        )
        for account in statement.accounts
    ]
    rows = [(name, *(_money(statement, one) for one in amounts)) for name, *amounts in accounts]
    if statement.is_whole:
        totals = [
            sum(column) for column in zip(*(amounts for _, *amounts in accounts), strict=True)
        ]
        rows.append(("All funders", *(_money(statement, one) for one in totals)))
    return rows


_SCHEDULE = ("Due on", "Funder", "Kind", "Amount")
_ACCOUNT = ("Funder", "Claim", "Opening balance", "Due", "Received", "Closing balance")


def _account(statement: Statement) -> list[str]:
    """The account: of one funder at every claim, of all at this one."""
    account = statement.account
    if account is None:
        return []
    rows = [
        (
            row.name,
            row.claim_period,
            *(
                _money(statement, pence)
                for pence in (
                    *(row.opening_pence, row.due_pence),
                    *(row.received_pence, row.closing_pence),
                )
            ),
        )
        for row in (account.latest if statement.is_whole else account.balances)
    ]
    return [_table("What was received against what was due", _ACCOUNT, rows, texts=2)]


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


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _money(statement: Statement, pence: int) -> str:
    return show(pence, statement.currency.code)


def _table(caption: str, headers: Iterable[str], rows: list[tuple[str, ...]], *, texts: int) -> str:
    """A table whose first columns are texts; the others, the amounts, stand at the right."""
    head = "".join(f'<th scope="col" style="{_HEADER}">{escape(header)}</th>' for header in headers)
    body = "\n".join(
        f"<tr>{''.join(_cell(text, place >= texts) for place, text in enumerate(row))}</tr>"
        for row in rows
    )
    return (
        f'<table style="{_TABLE}"><caption style="{_CAPTION}">{escape(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    )


def _cell(text: str, is_amount: bool) -> str:
    side = "right" if is_amount else "left"
    return f'<td style="{_CELL};text-align:{side}">{escape(text)}</td>'

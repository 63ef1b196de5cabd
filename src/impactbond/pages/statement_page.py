"""The page of a statement: what one funder, or all together, is asked for, as the workbook says it.

Takes  a Statement, which holds no other funder's amounts.
Gives  the page, with every line of the claim, totals, the account, terms and checks.
Keeps  no figure is worked out here but totals of what is shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from impactbond.money import show
from impactbond.pages.charts import Bar, bar_chart
from impactbond.pages.house import AMOUNT, DAY, Chart, PageHead, PageTable, page_of
from impactbond.settlement.settlement import Settlement
from impactbond.statements.due_parts import asked_before, due_parts
from impactbond.statements.from_source import make_statement
from impactbond.statements.limit_terms import limit_words
from impactbond.statements.source import StatementSource, statement_source
from impactbond.statements.statement import THIS_CLAIM, Statement, StatementLine
from impactbond.terms.words import counted

_OF_CELLS = ("Amounts", "Blank cells", "Checks")  # notes on the cells of a workbook


def statement_page(
    settlement: Settlement | StatementSource,
    funder: str | None = None,
    claim_period: str | None = None,
) -> str:
    """A statement as one HTML file: for one funder, or for all together, at one claim: the latest,
    unless another is named.

    Raises StatementError where there is no such funder or claim, PageError without Jinja.
    """
    source = settlement if isinstance(settlement, StatementSource) else statement_source(settlement)
    return _page(make_statement(source, funder, claim_period))


def _page(statement: Statement) -> str:
    about, money = statement.about, _Money(statement)
    account = [] if statement.account is None else [_received(statement, money)]
    tables = {
        "accounts": _accounts(statement, money),
        "schedule": _schedule(statement, money),
        "milestones": _milestones(statement, money),
        "adjustments": _lines(statement, money, adjusting=True),
        "lines": _lines(statement, money, adjusting=False),
    }
    parts = [
        ("due", "What is due"),
        ("by-milestone", "By milestone"),
        ("all-lines", "Every line"),
        *([("account", "The account")] if account else []),
        ("terms", "Terms"),
        ("checks", "Checks"),
    ]
    evidence = f", evidence {about.evidence_sha256}" if about.evidence_sha256 else ""
    foot = [
        f"Contract {about.contract_sha256}{evidence} (SHA-256), impactbond {about.engine_version}."
    ]
    head = PageHead(
        f"Statement for {about.funder_name}",
        f"{about.title}, claim {about.claim_period}",
        parts,
        foot,
    )
    return page_of(
        "statement.html",
        head,
        figures=list(_figures(statement, money)),
        facts=list(_facts(statement, money)),
        account=account,
        limits=_against_limits(statement, money),
        shares=_shares(statement),
        notes=[
            (one.subject, one.text.replace("this workbook", "this page"))
            for one in statement.notes
            if one.subject not in _OF_CELLS
        ],
        checks=_checks(statement, money),
        failing=[check.promise for check in statement.failing],
        counted=about.counted,
        opening=statement.opening,
        **tables,
    )


class _Money:
    """Amounts of a statement as they are written."""

    def __init__(self, statement: Statement) -> None:
        self._code = statement.currency.code

    def __call__(self, pence: int | None) -> str:
        return "" if pence is None else show(pence, self._code)


def _figures(statement: Statement, money: _Money) -> Iterator[tuple[str, str]]:
    due = statement.due_pence
    for part in due_parts(statement):
        yield part.label, money(part.pence)
    yield ("Due now" if due >= 0 else "To be repaid or carried"), money(due)
    for day, pence in statement.due_dates:
        if len(statement.due_dates) > 1 or pence == due:
            yield f"Due on {day}", money(pence)
    if asked_before(statement):
        yield (
            "Asked for before this claim",
            money(sum(one.opening_pence for one in statement.accounts)),
        )
    yield "Asked for to date", money(sum(one.closing_pence for one in statement.accounts))


def _facts(statement: Statement, money: _Money) -> Iterator[tuple[str, str]]:
    about, what = statement.about, "Counts" if statement.about.counted else "Evidence"
    yield "Reference", about.reference
    if about.replaced:
        yield "In place of", about.replaced
    if about.replaces is not None and about.replaces.asked_pence is not None:
        asked = about.replaces.asked_pence
        yield "That one asked for", f"{money(asked)}, as at {about.replaces.as_of}"
        yield "Difference", money(statement.due_pence - asked)
    yield "From", about.provider
    yield "Contract", f"{about.contract_id}, version {about.version}"
    yield "Claim made on", str(about.claim_date)
    if about.ahead_of:
        yield "Asked for ahead of", f"claim {about.ahead_of}, without evidence"
        return
    refused = counted(about.refused_rows, "row")
    yield what, f"recorded up to {about.claim_date}; {refused} refused and left out"


def _accounts(statement: Statement, money: _Money) -> PageTable:
    figures = {"opening": "Opening", "milestones": "Milestones"}
    figures |= {"results": "Results"} if statement.results is not None else {}
    figures |= {"adjustments": "Adjustments", "up_front": "Up-front", "recovered": "Recovered"}
    figures |= {"due": "Due now", "closing": "Closing"}
    amounts = [[getattr(one, f"{key}_pence") for key in figures] for one in statement.accounts]
    rows = [
        [one.name, *map(money, own)] for one, own in zip(statement.accounts, amounts, strict=True)
    ]
    total = ["All funders", *(money(sum(column)) for column in zip(*amounts, strict=True))]
    return PageTable(
        "accounts",
        "From opening to closing",
        ["Funder", *figures.values()],
        rows,
        dict.fromkeys(range(1, len(figures) + 1), AMOUNT),
        total if statement.is_whole else (),
    )


def _schedule(statement: Statement, money: _Money) -> PageTable:
    own = [row for row in statement.schedule if row.standing == THIS_CLAIM]
    rows = [[row.funder_name, row.kind, str(row.due_on), money(row.amount_pence)] for row in own]
    return PageTable(
        "schedule",
        "Due at this claim",
        ["Funder", "For", "Due on", "Amount"],
        rows,
        {2: DAY, 3: AMOUNT},
        ["Total", "", "", money(sum(row.amount_pence for row in own))],
        none="nothing.",
    )


def _milestones(statement: Statement, money: _Money) -> PageTable:
    """What was claimed and taken back of each milestone, result and fee, and what it came to."""
    of: defaultdict[tuple[str, str], list[StatementLine]] = defaultdict(list)
    for line in statement.lines:
        # By name as well: two milestones may have one title, at two prices.
        of[line.milestone, line.milestone_title].append(line)
    rows, sums = [], [0, 0, 0]
    for (_, title), lines in of.items():
        # Apart, as net alone would hide that both happened.
        come = sum(line.quantity for line in lines if line.quantity > 0)
        gone = -sum(line.quantity for line in lines if line.quantity < 0)
        own = [
            sum(line.value_pence for line in lines),
            sum(line.withheld_pence for line in lines),
            sum(statement.listed_pence(line) for line in lines),
        ]
        sums = [before + more for before, more in zip(sums, own, strict=True)]
        rows.append([title, f"{come:,}", f"{gone:,}", f"{come - gone:,}", *map(money, own)])
    return PageTable(
        "milestones",
        "By milestone, result and fee",
        ["For", "Claimed", "Taken back", "Net", "Value", "Withheld", _mine(statement)],
        rows,
        dict.fromkeys(range(1, 7), AMOUNT),
        ["Total", "", "", "", *map(money, sums)],
        note="Value is before limits and before it is shared among funders.",
        none="nothing is claimed.",
    )


def _mine(statement: Statement) -> str:
    return "Payable" if statement.is_whole else "Your amount"


def _lines(statement: Statement, money: _Money, *, adjusting: bool) -> PageTable:
    adjustments = {index for index, _ in statement.adjustments}
    chosen = [
        line for index, line in enumerate(statement.lines) if (index in adjustments) == adjusting
    ]
    rows = [_line_row(line, statement, money) for line in chosen]
    heads = ["Line", "Participant", "For", "Period", "Achieved", "Why", "Number", "Price", "Value"]
    return PageTable(
        "adjustment-lines" if adjusting else "claim-lines",
        "Adjustments of earlier claims" if adjusting else "Claimed now",
        [*heads, "Withheld", _mine(statement)],
        rows,
        {0: DAY, 3: DAY, 4: DAY} | dict.fromkeys(range(6, 11), AMOUNT),
        ["Total", *[""] * 9, money(sum(map(statement.listed_pence, chosen)))],
    )


def _line_row(line: StatementLine, statement: Statement, money: _Money) -> list[str]:
    return [
        line.line,
        line.participant or line.group,
        line.milestone_title,
        line.period,
        str(line.achieved_on or ""),
        line.because + _withheld(line, statement),
        f"{line.quantity:,}",
        show(line.price_pence, line.priced_in or statement.currency.code),
        money(line.value_pence),
        money(line.withheld_pence),
        money(statement.listed_pence(line)),
    ]


def _withheld(line: StatementLine, statement: Statement) -> str:
    by = limit_words(line.withheld_by, statement.limits)
    return f"; withheld by {by}" if by else ""


def _received(statement: Statement, money: _Money) -> PageTable:
    account = statement.account
    assert account is not None
    shown = account.latest if statement.is_whole else account.balances
    rows = []
    for one in shown:
        pence = (one.opening_pence, one.due_pence, one.received_pence, one.closing_pence)
        rows.append([one.name, one.claim_period, *map(money, pence)])
    return PageTable(
        "received",
        "What was received against what was due",
        ["Funder", "Claim", "Opening balance", "Due", "Received", "Closing balance"],
        rows,
        dict.fromkeys(range(2, 6), AMOUNT),
        none="no funder is asked for anything.",
    )


def _against_limits(statement: Statement, money: _Money) -> Chart | None:
    """What each funder with a limit of its own pays to date, beside the limit."""
    limited = [(one, one.limit_pence) for one in statement.accounts if one.limit_pence is not None]
    if not limited:
        return None
    bars = [
        Bar(one.name, [one.earned_pence], f"{money(one.earned_pence)} of {money(limit)}", limit)
        for one, limit in limited
    ]
    told = "; ".join(f"{bar.name}: {bar.shown}" for bar in bars)
    title = "Payable to date against the funder's limit"
    svg = bar_chart("limits", title, f"{title}. {told}.", bars, ["Payable to date"], "Limit")
    return Chart(title, svg)


def _shares(statement: Statement) -> PageTable:
    rows = [
        [term.rule, term.name, term.written, term.applies or "everybody", term.clause]
        for term in statement.share_rules
    ]
    heads = ["Rule", "Funder", "Share", "Applies to", "Clause"]
    return PageTable("shares", "Shares", heads, rows, {}, none="no share is stated.")


def _checks(statement: Statement, money: _Money) -> PageTable:
    def figure(unit: str, number: int) -> str:
        return money(number) if unit == "pence" else f"{number:,}"

    rows = [
        [
            one.promise,
            figure(one.unit, one.first.figure),
            figure(one.unit, one.second.figure),
            "holds" if one.holds else "FAILS",
        ]
        for one in statement.checks
    ]
    kinds = {1: AMOUNT, 2: AMOUNT}
    return PageTable(
        "check", "Every figure in two ways", ["Check", "One way", "The other", "It"], rows, kinds
    )

"""The first sheets of a year end's workbook: Cover, Contents and Notes.

Takes  a YearEnd and its sheets.
Gives  pages that an examiner begins with.
Keeps  it says that it is no accounting advice, and which questions the charity has to answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from impactbond.closing.year_end import NO_ADVICE, YearEnd
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.layout import AmountCells, Column, SheetTable
from impactbond.statements.workbook.page import Page
from impactbond.version import __version__

_HOLD, _FAIL = "All checks hold", "A check fails: see the sheet Checks"
_QUESTIONS = (
    "Is each funder's money an exchange, a performance-related grant or a grant? See Income.",
    "Is any of it restricted, and to which fund? See Funds.",
    "Is any of it another party's, for which you act as an agent? See Position.",
    "Will unclaimed income be paid, and none of it be taken back? See Cut off, Disputed.",
    "Does evidence that came after the year end show what was so on it? See After.",
    "Is any up-front money to be paid back, or owed after more than a year? See Up front.",
    "What is taken back of earlier years: was it paid, and is it to be paid back? See Income.",
    "Did the funders confirm their balances? See the pages Confirm.",
)


def add_cover(
    book: Book,
    year: YearEnd,
    made: Mapping[str, SheetTable],
    amounts: AmountCells,
    checks: SheetTable,
) -> None:
    """What the year comes to, whether it adds up, what it rests on, and what is left to decide."""
    page, position = Page(book), made["Position"]
    page.line((f"Year end of {year.contract} on {year.on}", "title"))
    page.line(("Figures for the accounts, for the charity and its auditor or examiner.", "plain"))
    page.line((NO_ADVICE.partition(":")[0] + ".", "plain"))
    page.heading("What it comes to")
    _comes_to(page, year, made, position, amounts)
    overall = f"Checks!${checks.letter('holds')}${checks.header_row}"
    formula = f'IF({overall},"{_HOLD}","{_FAIL}")'
    page.formula("Checks", formula, _FAIL if year.failed else _HOLD, "identifier")
    _about(page, year, amounts)
    _sentences(page, "Look at this first", year.cautions)
    _sentences(page, "What is for you to decide", _QUESTIONS)
    page.heading("What it rests on")
    page.fact("SHA-256 of this year end", year.digest)
    page.fact("SHA-256 of the contract", year.contract_sha256)
    page.fact(
        "SHA-256 of the evidence", year.evidence_sha256 or "not taken: it is read where it is"
    )
    before = "none was given" if year.previous is None else year.previous.digest
    page.fact("SHA-256 of the previous one", before)
    page.fact("Worked out by", f"impactbond {__version__}")
    page.heading("Approval")
    signed = ("Name", "Role", "Date", "Signature")
    headed = (("To be completed by hand", "left header"), *((one, "left header") for one in signed))
    page.line(*headed)
    for step in ("Prepared by", "Checked by", "Approved by"):
        page.line((step, "label"), *((None, "blank") for _ in signed))
    page.finish((24, 26, 13, 13, 18))


def _comes_to(
    page: Page,
    year: YearEnd,
    made: Mapping[str, SheetTable],
    position: SheetTable,
    amounts: AmountCells,
) -> None:
    """The income of the year and of the one before, and where the charity stands with its funders:
    each as the sum of its sheet.
    """
    income = made["Income"]
    total = f"SUM({income.span('income')})"
    page.amount("Income of the year", total, year.total("income", "income"), amounts)
    if year.previous is not None and year.previous.income:
        filed = sum(year.previous.income.values())
        total = f"SUM({made['As filed'].span('income')})"
        page.amount("Income of the year before, as filed", total, filed, amounts)
    asset, liability = year.words
    for key, label in (
        ("earned", "Earned to date"),
        ("contract_asset", asset),
        ("contract_liability", liability),
        ("receivable", "Receivable"),
        ("in_advance", "Received in advance"),
    ):
        page.amount(label, f"SUM({position.span(key)})", year.total("position", key), amounts)


def _sentences(page: Page, heading: str, sentences: Sequence[str]) -> None:
    if sentences:
        page.heading(heading)
    for sentence in sentences:
        page.line((sentence, "plain"))


def _about(page: Page, year: YearEnd, amounts: AmountCells) -> None:
    """What contract, days and files it is about, and what was not given."""
    page.heading("What it is about")
    page.fact("Contract", year.contract)
    page.fact("Title", year.title)
    page.fact("Year end", year.on, "date")
    page.fact("Evidence recorded up to", year.evidence_to, "date")
    page.fact("Words of", year.framework)
    before = "none was given" if year.previous is None else str(year.previous.on)
    page.fact("Year end before, as filed", before)
    page.fact("Ledger map", "none was given" if year.ledger is None else "given")
    balance = year.tables["trial_balance"].num_rows
    page.fact("Trial balance", "beside the year end, on its sheet" if balance else "none was given")
    page.fact("Claims made by then", year.claims_made, "left count")
    page.fact("Rows of evidence refused", year.refused_left_out, "left count")
    page.fact("Rows of receipts refused", year.refused_receipts, "left count")
    for label, pence in zip(("added", "taken back"), year.later, strict=True):
        value = amounts.value(pence)
        page.fact(amounts.heading(f"After the sign-off, {label}"), value, amounts.look("left"))


def notes_sheet(year: YearEnd) -> SheetTable:
    """What the words mean."""
    asset, liability = year.words
    notes = (
        ("Claimed", "What claims made by the year end hold, before up-front money is recovered."),
        (
            "Unclaimed",
            "Outcomes achieved by the year end, by evidence recorded up to the sign-off, that no "
            "such claim holds. They are settled by the contract as if claimed on their own, so "
            "that its limits are filled by the outcomes of the year alone.",
        ),
        ("Claimed ahead", "What is claimed for days after the year end."),
        ("In dispute", "What the provider does not count as earned, by its own figure."),
        ("Passed on", "What is earned for another party, whose agent the provider is."),
        ("Earned", "Claimed and unclaimed, less what is claimed ahead or in dispute."),
        ("Asked for", "What claims and up-front payments asked for by the year end."),
        ("On account", "Up-front money asked for, less what claims recovered or gave back."),
        (asset, "Earned and not asked for, of one funder."),
        (liability, "Asked for and not earned, of one funder."),
        ("Receivable", "Asked for and not received or written off, of one funder."),
        ("In advance", "Received beyond what was asked for, of one funder."),
        ("Set off", "The less of unclaimed and on account: one contract shows one position."),
        (
            "Late, taken back",
            "Outcomes of earlier years, new or gone since the year end before.",
        ),
        (
            "Windows",
            "A share of sessions, and the last of several readings, count on the last day of their "
            "window. Where that is after the year end, nothing of it is earned.",
        ),
        (
            "Days to pay",
            "As regulation 38 of the Procurement Regulations 2024 counts: day 1 is the day after "
            "the claim is made; a payment is made when it is received; the average is the "
            "arithmetic mean.",
        ),
        ("No advice", NO_ADVICE),
    )
    return SheetTable(
        sheet="Notes",
        title="Notes",
        holds="What the words mean",
        intro=(),
        columns=(
            Column("subject", "Word", "text", 30, [one for one, _ in notes]),
            Column("text", "Text", "text", 110, [text for _, text in notes]),
        ),
    )

"""The sheets Rates and limits, and Shares: the terms that the amounts rest on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from impactbond.money import CURRENCIES
from impactbond.statements.checks import rule_parts
from impactbond.statements.source import LimitTerm, ShareTerm
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.amounts import AmountCells
from impactbond.statements.workbook.layout import Column, SheetTable, fitting


@dataclass(frozen=True, slots=True)
class _Term:
    kind: str
    what: str
    amount_pence: int | None
    words: str
    clause: str
    priced_in: str = ""


def rates_table(statement: Statement) -> SheetTable:
    """Prices, limits in the order in which they are applied, and up-front money."""
    rows = _terms(statement)
    about = statement.about
    return SheetTable(
        sheet="Rates and limits",
        name="rates_and_limits",
        title="Rates and limits",
        holds="Prices, limits and up-front money, with their clauses",
        intro=(
            f"Terms of version {about.version}, effective {about.effective_on.isoformat()}. "
            "Limits are applied in the order shown.",
        ),
        columns=(
            Column("kind", "Term", "identifier", 12, [row.kind for row in rows]),
            Column(
                "what",
                "What",
                "text",
                fitting([row.what for row in rows], 30, 56),
                [row.what for row in rows],
            ),
            *_prices_in_others(rows),
            *AmountCells(statement.currency).both(
                "pence", "Amount", 16, [None if row.priced_in else row.amount_pence for row in rows]
            ),
            Column("words", "How it applies", "text", 60, [row.words for row in rows]),
            Column("clause", "Clause", "identifier", 14, [row.clause for row in rows]),
        ),
        if_empty="No terms are shown.",
    )


def limit_cell(statement: Statement, rates: SheetTable, limit: LimitTerm) -> str:
    """The cell, in pence, of one limit among the terms."""
    return rates.cell("pence", len(statement.rates) + statement.limits.index(limit))


def shares_table(statement: Statement) -> SheetTable:
    """Who pays which share of which milestones; in a funder's statement, its own only."""
    rules = statement.share_rules
    parts = [(term.fraction.numerator, term.fraction.denominator) for term in rules]
    totals = rule_parts(rules)
    labels = {rule: f"R{place}" for place, rule in enumerate(totals, 1)}
    if statement.is_whole:
        parts = [
            (int(term.fraction * totals[term.rule][1]), totals[term.rule][1]) for term in rules
        ]
    names = [term.name for term in rules]
    table = SheetTable(
        sheet="Shares",
        name="shares",
        title="Shares of the funders" if statement.is_whole else "Your shares",
        holds="Who pays which share of which milestones"
        if statement.is_whole
        else "Your share of each milestone",
        intro=(
            "A share is exact: parts out of a whole. The percentage is rounded for reading only.",
        ),
        columns=(
            Column("rule", "Rule", "identifier", 8, [labels[term.rule] for term in rules]),
            Column(
                "milestones", "Milestones", "text", 60, [_titles(statement, term) for term in rules]
            ),
            Column("funder", "Funder", "text", fitting(names, 24, 44), names),
            Column(
                "written", "Share as written", "identifier", 12, [term.written for term in rules]
            ),
            Column(
                "share",
                "Share",
                "percent",
                11,
                [_percent(*part) for part in parts],
                "ROUND([parts]/[out of],6)",
            ),
            Column(
                "exact", "Exact share", "identifier", 12, [_exact(term.fraction) for term in rules]
            ),
            Column("parts", "Parts", "count", 10, [part for part, _ in parts]),
            Column("out of", "Out of", "count", 10, [of for _, of in parts]),
            Column("clause", "Clause", "identifier", 14, [term.clause for term in rules]),
        ),
        if_empty="No shares are shown.",
    )
    if not statement.is_whole:
        return table
    difference = Column(
        "difference",
        "Parts of the rule less whole (must be 0)",
        "count",
        18,
        [totals[term.rule][0] - totals[term.rule][1] for term in rules],
        f"SUMIFS({_here(table, 'parts')},{_here(table, 'rule')},[rule])-[out of]",
    )
    return replace(table, columns=(*table.columns, difference))


def _terms(statement: Statement) -> list[_Term]:
    titles = statement.milestones
    prices = [
        _Term(
            "Price",
            titles.get(term.milestone, (term.milestone, ""))[0],
            term.price_pence,
            term.applies or "For everybody, at all times",
            term.clause,
            term.priced_in,
        )
        for term in statement.rates
    ]
    limits = [
        _Term("Limit", term.what, term.at_most_pence, f"Beyond it: {term.beyond}", term.clause)
        for term in statement.limits
    ]
    tranches = [
        _Term(
            "Up-front",
            f"{term.title}: {term.name}",
            term.amount_pence,
            f"Due on {term.pays_on.isoformat()}"
            + (f"; recovered {term.recovered}" if term.recovered else ""),
            term.clause,
        )
        for term in statement.tranches
    ]
    return [*prices, *limits, *tranches]


def _prices_in_others(rows: list[_Term]) -> tuple[Column, ...]:
    """The columns of prices in a currency that is not that of payments."""
    found: list[Column] = []
    for code in sorted({row.priced_in for row in rows} - {""}):
        prices = [row.amount_pence if row.priced_in == code else None for row in rows]
        amounts = AmountCells(CURRENCIES[code])
        values = [amounts.value(price) for price in prices]
        found.append(Column(f"price {code}", amounts.heading("Price"), amounts.kind, 16, values))
    return tuple(found)


def _titles(statement: Statement, term: ShareTerm) -> str:
    told = "; ".join(statement.milestones.get(name, (name, ""))[0] for name in term.milestones)
    return f"{told} ({term.applies})" if term.applies else told


def _percent(part: int, out_of: int) -> float:
    """What ROUND(part/out_of,6) gives: halves go up."""
    return (2 * part * 10**6 + out_of) // (2 * out_of) / 10**6


def _exact(fraction: Fraction) -> str:
    return f"{fraction.numerator}/{fraction.denominator}"


def _here(table: SheetTable, key: str) -> str:
    return table.span(key).rpartition("!")[2]

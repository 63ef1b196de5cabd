"""The sheets Rates and limits, and Shares: the terms that the amounts rest on."""

from __future__ import annotations

from dataclasses import dataclass

from impactbond.money import CURRENCIES
from impactbond.statements.checks import rule_parts
from impactbond.statements.source import ShareTerm
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    Sheets,
    SheetTable,
    fitting,
    on_sheet,
)
from impactbond.statements.working import whole_of


@dataclass(frozen=True, slots=True)
class _Term:
    kind: str
    what: str
    amount_pence: int | None
    words: str
    clause: str
    priced_in: str = ""


def rates_table(sheets: Sheets) -> SheetTable:
    """Prices, limits in the order in which they are applied, and up-front money."""
    rows = _terms(sheets.statement)
    about, amounts = sheets.statement.about, AmountCells(sheets.statement.currency)
    pence = [None if row.priced_in else row.amount_pence for row in rows]
    what = [row.what for row in rows]
    return SheetTable(
        sheet="Rates and limits",
        title="Rates and limits",
        holds="Prices, limits and up-front money, with their clauses",
        intro=(
            f"Terms of version {about.version}, effective {about.effective_on.isoformat()}. "
            "Limits are applied in the order shown.",
            *((_IF_CHANGED,) if sheets.statement.limits else ()),
        ),
        columns=(
            Column("number", "No.", "identifier", 7, rate_labels(len(rows))),
            Column("kind", "Term", "identifier", 12, [row.kind for row in rows]),
            Column("what", "What", "text", fitting(what, 30, 56), what),
            *_prices_in_others(rows),
            *amounts.both("pence", "Amount", 16, pence),
            Column("words", "How it applies", "text", 60, [row.words for row in rows]),
            Column("clause", "Clause", "identifier", 14, [row.clause for row in rows]),
            *_limited_columns(sheets.statement, rows),
        ),
        if_empty="No terms are shown.",
        last_printed="clause",
    )


_WORKED_OUT = "Worked out in Lines: a change moves the total"
_ONLY_STATED = "Stated: a change moves no amount, and fails a check ({})"
_IF_CHANGED = (
    "A limit that is changed here changes what this claim lets through, where its effect is worked "
    "out; earlier claims stay as they were settled."
)


def _limited_columns(statement: Statement, rows: list[_Term]) -> tuple[Column, ...]:
    """Whether what a limit withholds is worked out in Lines, and from what it goes on there."""
    assert statement.working is not None, "a statement that is shown has its working"
    limited, first = statement.working.limited, len(statement.rates)
    if not statement.limits:
        return ()
    followed, told = limited.followed, list[str | None]([None] * len(rows))
    asked, through = (list[int | None]([None] * len(rows)) for _ in range(2))
    for place in range(len(statement.limits)):
        told[first + place] = _ONLY_STATED.format(limited.stated.get(place, ""))
        if place in followed:
            told[first + place] = _WORKED_OUT
            one = followed[place]
            if not one.is_apart and one.first is not None:
                asked[first + place] = one.before[one.first]
                through[first + place] = one.through_before[one.first]
    money = AmountCells(statement.currency)
    found = [Column("working", "What it withholds", "text", 76, told)]
    if any(one is not None for one in asked):
        found += [
            money.in_minor("asked before", "Under it before this claim", 16, asked),
            money.in_minor("let through before", "Let through before this claim", 16, through),
        ]
    return tuple(found)


def shares_table(sheets: Sheets) -> SheetTable:
    """Who pays which share of which milestones; in a funder's statement, its own only."""
    statement = sheets.statement
    whole, rules = statement.is_whole, statement.share_rules
    totals, wholes = rule_parts(rules), whole_of(rules)
    labels = {rule: f"R{number}" for number, rule in enumerate(totals, 1)}
    out_of = [wholes[term.rule] for term in rules]
    parts = [int(term.fraction * most) for term, most in zip(rules, out_of, strict=True)]
    before = [int(term.before * most) for term, most in zip(rules, out_of, strict=True)]
    up_to = [first + part for first, part in zip(before, parts, strict=True)]
    percent = [_percent(part, most) for part, most in zip(parts, out_of, strict=True)]
    exact = [f"{term.fraction.numerator}/{term.fraction.denominator}" for term in rules]
    milestones = [_titles(statement, term) for term in rules]
    names, written = [term.name for term in rules], [term.written for term in rules]
    # Shown, and not made to fit: parts that are not the whole are a fault to be seen.
    off = [
        totals[term.rule][0] * most // totals[term.rule][1] - most
        for term, most in zip(rules, out_of, strict=True)
    ]

    def after_above(table: SheetTable, index: int) -> str:
        """The share begins where the one above ends, where both are of one rule and shown."""
        follows = index and rules[index - 1].rule == rules[index].rule
        return "[up to^]" if follows and up_to[index - 1] == before[index] else ""

    difference = Column(
        "difference", "Parts of the rule less whole (must be 0)", "count", 18, off, _off_whole
    )
    return SheetTable(
        sheet="Shares",
        title="Shares of the funders" if whole else "Your shares",
        holds=_WHO if whole else "Your share of each milestone",
        intro=(
            "A share is exact: parts out of a whole. The percentage is rounded for reading only.",
            _CUT if whole else _CUT_OWN,
        ),
        columns=(
            Column("number", "No.", "identifier", 7, share_labels(len(rules))),
            Column("rule", "Rule", "identifier", 8, [labels[term.rule] for term in rules]),
            Column("milestones", "Milestones", "text", 50, milestones),
            Column("funder", "Funder", "text", fitting(names, 24, 44), names),
            Column("written", "Share as written", "identifier", 12, written),
            Column("share", "Share", "percent", 11, percent, "ROUND([parts]/[out of],6)"),
            Column("exact", "Exact share", "identifier", 12, exact),
            Column("parts", "Parts", "count", 10, parts),
            Column("out of", "Out of", "count", 10, out_of),
            Column(
                "before",
                "Parts before" if whole else "Parts before yours",
                "count",
                10,
                before,
                after_above,
            ),
            Column("up to", "Parts up to it", "count", 10, up_to, "[before]+[parts]"),
            Column("clause", "Clause", "identifier", 14, [term.clause for term in rules]),
            *((difference,) if whole else ()),
        ),
        if_empty="No shares are shown.",
    )


_WHO = "Who pays which share of which milestones"
_CUT = (
    "Each part is cut on the running total under its rule: the total times the parts up to it, out "
    "of the whole, less the same of the parts before it."
)
_CUT_OWN = (
    "Yours is cut on the running total under its rule: the total times the parts up to yours, out "
    "of the whole, less the same of the parts before yours, which are all others' together."
)


def rate_labels(count: int) -> list[str]:
    """What the terms of Rates and limits are called in other sheets, in their order."""
    return [f"T{number:02d}" for number in range(1, count + 1)]


def limit_labels(statement: Statement) -> list[str]:
    """What the limits are called in other sheets: the terms after the prices."""
    labels = rate_labels(len(statement.rates) + len(statement.limits))
    return labels[len(statement.rates) :]


def share_labels(count: int) -> list[str]:
    """What the shares are called in other sheets, in their order."""
    return [f"S{number:02d}" for number in range(1, count + 1)]


def _off_whole(table: SheetTable, index: int) -> str:
    parts, rule = on_sheet(table.span("parts")), on_sheet(table.span("rule"))
    return f"SUMIFS({parts},{rule},[rule])-[out of]"


def _terms(statement: Statement) -> list[_Term]:
    titles = statement.milestones
    prices = []
    for term in statement.rates:
        title, applies = titles.get(term.milestone, (term.milestone, ""))[0], term.applies
        price = (term.price_pence, applies or "For everybody, at all times")
        prices.append(_Term("Price", title, *price, term.clause, term.priced_in))
    limits = [
        _Term("Limit", term.what, term.at_most_pence, f"Beyond it: {term.beyond}", term.clause)
        for term in statement.limits
    ]
    tranches = []
    for one in statement.tranches:
        due = f"Due on {one.pays_on.isoformat()}"
        due += f"; recovered {one.recovered}" if one.recovered else ""
        title = f"{one.title}: {one.name}"
        tranches.append(_Term("Up-front", title, one.amount_pence, due, one.clause))
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
    if len(term.milestones) > _MANY and set(term.milestones) == set(statement.milestones):
        told = f"All {len(term.milestones)} of the contract"
    return f"{told} ({term.applies})" if term.applies else told


_MANY = 4  # names that are read more easily one by one than as all that there are


def _percent(part: int, out_of: int) -> float:
    """What ROUND(part/out_of,6) gives: halves go up."""
    return (2 * part * 10**6 + out_of) // (2 * out_of) / 10**6

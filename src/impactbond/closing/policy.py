"""How the figures of a year end were come by, in words that a note on accounting policies can begin
from.

Takes  a Year, its position, and the framework.
Gives  the table POLICY: a subject and a text.
Keeps  it says what was done. Whether that is the charity's policy is for the charity and its
       auditor or examiner to decide. Natures and funds are what the ledger map states.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from impactbond.closing.inputs import Year
from impactbond.closing.year_end import WORDS, Framework
from impactbond.money import show, show_share
from impactbond.tables import rows_table, schema_of

POLICY = schema_of("subject", "text")
_BASIS: Mapping[Framework, str] = {
    "SORP 2019": (
        "Income is counted when an outcome is achieved: by then the provider is entitled to it, it"
        " is probable that it is paid, and the contract fixes its amount. Sending a claim is"
        " administration, and no condition."
    ),
    "SORP 2026": (
        "From an exchange, income is counted as each outcome is achieved, at the amount that the"
        " contract fixes for it; from a performance-related grant, when its condition is met, which"
        " is the same day. Nothing is estimated. Sending a claim is administration, and no"
        " condition."
    ),
}
_UNSTATED = "not stated: no ledger map was given"


def policy_table(
    year: Year, position: pa.Table, framework: Framework, refused: int, tables: Mapping[str, Any]
) -> pa.Table:
    """The table `policy`; `refused` is how many rows were left out."""
    rows = position.to_pylist()
    parts = (
        _of_income(year, rows, framework),
        _of_what_stands(rows, framework),
        _of_the_ledger_map(year, tables),
        _of_what_is_left_out(refused),
    )
    return rows_table([row for part in parts for row in part], POLICY)


Sentences = Iterator[tuple[str, str]]


def _of_income(year: Year, rows: list[dict[str, Any]], framework: Framework) -> Sentences:
    yield f"Income, in the words of {framework}", _BASIS[framework]
    natures: dict[str, list[str]] = {}
    for row in rows:
        natures.setdefault(row["nature"] or _UNSTATED, []).append(row["name"])
    for nature, names in natures.items():
        yield f"Nature: {nature}", "; ".join(names)
    yield (
        "Cut-off",
        f"Counted is what was achieved by {year.on}, by evidence recorded up to"
        f" {year.evidence_to}. Evidence that came in between shows what was so on {year.on}."
        " What is recorded later is of the next year; no figure that was filed is changed.",
    )
    yield (
        "Windows that are open",
        "A milestone that counts over a window, such as a share of sessions or the last of several"
        " readings, is achieved on the last day of its window, and nothing of it before. A result"
        " of many is of the year in which its period ends.",
    )
    yield (
        "Limits",
        "What a limit of the contract withholds is no income. Outcomes of the year fill the limits"
        " alone; room that becomes free later is of the next year.",
    )
    yield (
        "Fees",
        (
            "A fee is of the year in which it falls due; where the ledger map says which days it is"
            " for, what is for later days is deferred by days."
        ),
    )


def _of_what_stands(rows: list[dict[str, Any]], framework: Framework) -> Sentences:
    asset, liability = WORDS[framework]
    yield (
        f"{asset} and {liability.lower()}",
        f"What is earned of a funder and not asked for is a {asset.lower()}, the opposite a"
        f" {liability.lower()}. A funder has one of the two: up-front money is set off against what"
        " is earned. No funder is netted against another.",
    )
    if any(row["on_account_pence"] for row in rows):
        yield (
            "Up-front money",
            "It is asked for on its own day and is no income then. Claims recover it at the share"
            " that the contract names; what becomes of the rest is in the table of up-front money.",
        )
    yield (
        "Shares between funders",
        ("They are cut on running totals: pennies differ from claim to claim, and not in all."),
    )


def _of_the_ledger_map(year: Year, tables: Mapping[str, Any]) -> Sentences:
    ledger = year.ledger
    if ledger is None:
        return
    if any(year.constrained.values()):
        yield "Not counted as earned", "Amounts in dispute, by the provider's own figures."
    for name, entry in ledger.funders.items():
        if entry.agent is not None:
            rest = f" for {entry.agent.for_}" if entry.agent.for_ else " for another party"
            yield (
                f"Agent: {name}",
                (
                    f"Of what is earned, {show_share(entry.agent.keeps)} is the provider's own, and"
                    f" income. The rest is received{rest}, and is owed to it."
                ),
            )
    if ledger.exchange is not None:
        yield (
            "Currency",
            (
                f"The contract is in {year.terms.currency}, the ledger in"
                f" {ledger.exchange.currency}. The income of a claim is at the rate of its day;"
                " what is owed in money, and what is earned and not asked for, is at that of the"
                " last day; up-front money stays at that of the day on which it was asked for."
            ),
        )
    if year.terms.prices_in is not None:
        yield (
            "Prices in another currency",
            (
                f"Prices are in {year.terms.currency_of_prices}, payments in {year.terms.currency},"
                " at the rate that the contract fixes: there is no exchange difference."
            ),
        )
    if ledger.materiality is not None:
        most = show(int(ledger.materiality.scaleb(year.terms.decimals)), year.terms.currency)
        yield "Materiality", f"What comes after its year was filed is looked into above {most}."
    if tables["interest"].num_rows:
        yield "Interest on late payment", "It is worked out beside the figures, and not counted."


def _of_what_is_left_out(refused: int) -> Sentences:
    yield (
        "Not counted",
        (
            "What participants are on the way to; what is in dispute in the evidence; what nobody"
            " pays because it lies beyond a limit."
        ),
    )
    if refused:
        yield (
            "Refused",
            (
                f"{refused} rows of evidence or receipts could not be used and are left out. A"
                " repair that comes after the sign-off is of the next year."
            ),
        )

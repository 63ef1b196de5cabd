"""The page of a reconciliation: what funders sent against what was due, and what is open how long.

Takes  a Reconciliation; with an audience, one funder's account of it and nothing of another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from impactbond.errors import Fault, PageError
from impactbond.money import show
from impactbond.pages.charts import Bar, bar_chart
from impactbond.pages.house import AMOUNT, DAY, Chart, PageHead, PageTable, page_of
from impactbond.receipts.reconcile import BANDS, REASONS, Reconciliation
from impactbond.receipts.together import members
from impactbond.terms.words import counted

Row = Mapping[str, Any]


def reconciliation_page(reconciliation: Reconciliation, *, audience: str | None = None) -> str:
    """What was received against what was due, as one HTML file: of all funders, or of the one that
    it is for, with the accounts of what it sent together with others.

    Raises PageError where the reconciliation has no account of that funder, or without Jinja.
    """
    return _Page(reconciliation, audience).text()


class _Page:
    def __init__(self, of: Reconciliation, audience: str | None) -> None:
        self._of, self._audience = of, audience
        terms = {name.partition(": ")[0] for name in of.names}
        accounts = dict.fromkeys(of.account_table["funder"].to_pylist())
        self._shown = {
            one for one in accounts if audience is None or audience in members(one, terms)
        }
        if not self._shown and audience is not None:
            fault = Fault(
                code="unknown_funder",
                problem="the reconciliation has no account of that funder",
                found=f"{audience[:60]!a}",
                allowed=", ".join(accounts) or "none",
            )
            raise PageError("The page cannot be made.", [fault])

    def text(self) -> str:
        """The page."""
        of, aged = self._of, list(self._rows("aged"))
        due = sum(row["due_pence"] for row in self._rows("account"))
        received = sum(row["received_pence"] for row in self._rows("account"))
        is_open = sum(row["open_pence"] for row in self._rows("dues"))
        carried = sum(row["unmatched_pence"] for row in self._rows("unmatched"))
        figures = [
            ("Asked for", self._money(due)),
            ("Received", self._money(received)),
            ("Open", self._money(is_open)),
            ("Carried", self._money(carried)),
        ]
        who = "" if self._audience is None else f", for {self._name(self._audience)}"
        parts = [
            ("aged", "What is open, by age"),
            ("carried", "What is carried"),
            ("claims", "Claim by claim"),
            ("dues", "Every due"),
            ("matches", "Which receipt paid what"),
        ]
        foot = [f"Claims up to {of.claim_period}; receipts up to {of.on}, the day included."]
        head = PageHead(
            f"What was received against what was due{who}",
            f"{of.contract}, on {of.on}",
            parts,
            foot,
        )
        return page_of(
            "reconciliation.html",
            head,
            figures=figures,
            chart=self._chart(aged),
            aged=self._aged(aged),
            unmatched=self._unmatched(),
            claims=self._account(),
            dues=self._dues(),
            matches=self._matches(),
            left_out=list(self._left_out()),
        )

    def _rows(self, table: str) -> Iterator[Row]:
        rows = getattr(self._of, f"{table}_table").to_pylist()
        return (row for row in rows if row["funder"] in self._shown)

    def _money(self, pence: int) -> str:
        return show(pence, self._of.currency)

    def _name(self, funder: str) -> str:
        return self._of.names.get(funder, funder)

    def _left_out(self) -> Iterator[str]:
        of = self._of
        if of.later_receipts and self._audience is None:
            later = counted(of.later_receipts, "receipt")
            yield f"Received after {of.on}, not counted: {later}."
        if of.refused_left_out:
            yield f"Refused and left out: {counted(of.refused_left_out, 'row')}."

    def _chart(self, aged: Sequence[Row]) -> Chart | None:
        names = [name.capitalize() for name in BANDS]
        bars = [
            Bar(
                self._name(row["funder"]),
                [row[column] for column in BANDS.values()],
                self._money(sum(row[column] for column in BANDS.values())),
            )
            for row in aged
            if any(row[column] > 0 for column in BANDS.values())
        ]
        if not bars:
            return None
        title = "Open amounts by how long they are overdue"
        told = "; ".join(f"{bar.name}: {bar.shown}" for bar in bars)
        svg = bar_chart("ages", title, f"{title}. {told}. The table has each.", bars, names)
        return Chart(title, svg)

    def _aged(self, aged: Sequence[Row]) -> PageTable:
        columns = [*BANDS.values(), "carried_pence", "balance_pence"]
        rows = [
            [self._name(row["funder"]), *(self._money(row[c]) for c in columns)] for row in aged
        ]
        total = ["Together", *(self._money(sum(row[one] for row in aged)) for one in columns)]
        return PageTable(
            "aged-table",
            "Open by how long it is overdue",
            ["Funder", *(name.capitalize() for name in BANDS), "Carried", "Balance"],
            rows,
            dict.fromkeys(range(1, 8), AMOUNT),
            total if len(rows) > 1 else (),
            none="nothing was asked for.",
        )

    def _unmatched(self) -> PageTable:
        rows = [
            [
                self._name(row["funder"]),
                row["receipt"] or f"claim {row['claim_period']}",
                str(row["received_on"] or ""),
                self._money(row["unmatched_pence"]),
                REASONS[row["reason"]],
            ]
            for row in self._rows("unmatched")
        ]
        heads = ["Funder", "From", "Received on", "Carried", "Why"]
        kinds = {2: DAY, 3: AMOUNT}
        return PageTable("unmatched", "Carried", heads, rows, kinds, none="nothing.")

    def _account(self) -> PageTable:
        columns = ("opening_pence", "due_pence", "received_pence", "closing_pence")
        rows = [
            [
                self._name(row["funder"]),
                row["claim_period"] or "since then",
                str(row["until"]),
                *(self._money(row[column]) for column in columns),
            ]
            for row in self._rows("account")
        ]
        heads = ["Funder", "Claim", "Until", "Opening", "Due", "Received", "Closing"]
        kinds = {1: DAY, 2: DAY} | dict.fromkeys(range(3, 7), AMOUNT)
        return PageTable("account", "The account of each funder", heads, rows, kinds)

    def _dues(self) -> PageTable:
        rows = [
            [
                self._name(row["funder"]),
                row["claim_period"],
                str(row["due_on"]),
                *(self._money(row[f"{key}_pence"]) for key in ("due", "matched", "open")),
                row["band"],
            ]
            for row in self._rows("dues")
        ]
        heads = ["Funder", "Claim", "Due on", "Due", "Paid", "Open", "Standing"]
        kinds = {1: DAY, 2: DAY} | dict.fromkeys(range(3, 6), AMOUNT)
        return PageTable("due-table", "What was due", heads, rows, kinds)

    def _matches(self) -> PageTable:
        rows = [
            [
                self._name(row["funder"]),
                row["receipt"] or "given back by a claim",
                row["claim_period"],
                str(row["due_on"]),
                self._money(row["amount_pence"]),
            ]
            for row in self._rows("matches")
        ]
        heads = ["Funder", "Receipt", "For claim", "Due on", "Amount"]
        kinds = {2: DAY, 3: DAY, 4: AMOUNT}
        return PageTable("match-table", "Which receipt paid what", heads, rows, kinds)

"""The page of a programme: how far everybody has come, what is close, by when evidence must arrive
and worth how much.

Takes  a settlement, and for whom the page is: the provider, or one funder.
Gives  the page. The provider sees every participant and what is missing. A funder sees its own
       amounts, the participants of its own statements' lines with what it shares in, and of all
       else counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from impactbond.errors import Fault, PageError
from impactbond.explanation.journeys import journeys
from impactbond.money import show
from impactbond.pages.charts import Bar, Curve, bar_chart, line_chart
from impactbond.pages.house import AMOUNT, DAY, Chart, PageHead, PageTable, page_of
from impactbond.pages.programme_people import (
    ACHIEVED,
    OPEN,
    PAST,
    Row,
    close_by,
    every_journey,
    group_tables,
    source_table,
    stands,
)
from impactbond.settlement.funding import UNFUNDED
from impactbond.settlement.plans import planned_table
from impactbond.settlement.settlement import Settlement
from impactbond.statements.from_source import make_statement
from impactbond.statements.source import statement_source
from impactbond.terms.expected import TOTAL


def programme_page(settlement: Settlement, *, audience: str | None = None) -> str:
    """A programme as one HTML file, at the latest claim date of a settlement: for the provider, who
    sees everything, or for the funder whose id is the audience.

    Raises PageError where the settlement has no such funder, or without Jinja; SettlementError
    where counts stand in place of evidence.
    """
    known = {funder.id: funder.name for funder in settlement.funders.all if funder.id != UNFUNDED}
    if audience is not None and audience not in known:
        fault = Fault(
            code="unknown_funder",
            problem="the settlement has no funder of that name, and a page is for one of them",
            found=f"{audience[:60]!a}",
            allowed=", ".join(known),
            hint="Leave the audience out for a page of the provider's own",
        )
        raise PageError("The page cannot be made.", [fault])
    return _Programme(settlement, audience).text(known)


class _Programme:
    """What a page shows, already cut to what its reader may see.

    `rows` are journeys. To a funder only what it shares in is there: its own worth and amount in
    place of the whole, and neither why nor what is missing, which hold values of evidence.
    """

    def __init__(self, settlement: Settlement, audience: str | None) -> None:
        self.settlement, self.audience = settlement, audience
        self.contract = settlement.contract
        told = journeys(settlement)
        rows = told.table.to_pylist()
        if audience is not None:
            rows = list(_of_funder(rows, told.parts_table.to_pylist(), audience))
        self.rows: list[Row] = rows
        # Whoever pays for a claim sees in its statement whose it is, and of nobody anything else.
        self.people = [row for row in rows if audience is None or row["is_shared"]]

    def money(self, pence: int) -> str:
        """An amount as it is written."""
        return show(pence, self.contract.currency)

    def text(self, funders: Mapping[str, str]) -> str:
        """The page."""
        claim, whole = self.settlement.claim, self.audience is None
        groups = list(group_tables(self.settlement, self.rows, self.money)) if whole else []
        source = source_table(self.settlement) if whole else None
        money = list(filter(None, [self._limits(), self._to_date()]))
        parts = [
            ("milestones", "Milestones"),
            ("arrive", "By when evidence must arrive"),
            *([("close", "Close to a milestone")] if whole else []),
            *([("money", "Money")] if money else []),
            *([("groups", "Schools and other groups")] if groups else []),
            *([("sources", "Who sends evidence")] if source else []),
            ("people", "Every journey" if whole else "Those whose milestones you pay for"),
        ]
        own = "the provider: it shows every participant"
        who = f"For {own if self.audience is None else funders[self.audience]}"
        foot = [
            f"{who}. {self.contract.contract}, version {self.contract.version.number}; evidence "
            f"recorded up to {claim.known_by}.",
            "What can still be earned is counted at its price, before limits, as if it is achieved "
            "by the day until which it is open.",
        ]
        head = PageHead(
            f"Programme: {self.contract.title}",
            f"Claim {claim.label}, made on {claim.known_by}",
            parts,
            foot,
        )
        return page_of(
            "programme.html",
            head,
            figures=list(self._figures()),
            whole=whole,
            milestones=self._milestones(),
            standing=self._standing(),
            arrive=self._arrive(),
            close=close_by(self.rows, self.money) if whole else None,
            money=money,
            groups=groups,
            source=source,
            people=every_journey(self.contract, self.people, self.money, whole=whole),
        )

    def _figures(self) -> Iterator[tuple[str, str]]:
        achieved = sum(row["verdict"] == "achieved" for row in self.rows)
        can_come = [row for row in self.rows if stands(row) == OPEN]
        yield "Participants covered", f"{len({row['participant'] for row in self.rows}):,}"
        yield "Milestones achieved", f"{achieved:,}"
        paid = sum(row["entitled_pence"] for row in self.rows)
        yield ("Earned to date" if self.audience is None else "Your part to date"), self.money(paid)
        yield "Can still be achieved", f"{len(can_come):,}"
        worth = sum(row["worth_pence"] or 0 for row in can_come)
        yield ("Worth" if self.audience is None else "Worth to you"), self.money(worth)

    def _of_milestone(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {name: [] for name in self.contract.milestones}
        for row in self.rows:
            found[row["milestone"]].append(row)
        return {name: rows for name, rows in found.items() if rows}

    def _milestones(self) -> PageTable:
        rows, sums = [], [0] * 5
        for name, of in self._of_milestone().items():
            count = Counter(map(stands, of))
            worth = sum(row["worth_pence"] or 0 for row in of)
            figures = [count[ACHIEVED], sum(row["entitled_pence"] for row in of)]
            figures += [count[OPEN], worth, count[PAST]]
            sums = [before + more for before, more in zip(sums, figures, strict=True)]
            rows.append([self.contract.title_of(name), *self._shown(figures)])
        earned = "Earned" if self.audience is None else "Your part"
        return PageTable(
            "milestone-table",
            "How the milestones stand",
            ["Milestone", "Achieved", earned, "Can still be", "Worth", "No longer"],
            rows,
            dict.fromkeys(range(1, 6), AMOUNT),
            ["Together", *self._shown(sums)],
        )

    def _shown(self, figures: Sequence[int]) -> list[str]:
        achieved, earned, still, worth, past = figures
        return [f"{achieved:,}", self.money(earned), f"{still:,}", self.money(worth), f"{past:,}"]

    def _standing(self) -> Chart:
        bars = []
        for name, of in self._of_milestone().items():
            count = Counter(map(stands, of))
            figures = [count[ACHIEVED], count[OPEN], count[PAST]]
            bars.append(Bar(self.contract.title_of(name), figures, " / ".join(map(str, figures))))
        title = "Milestones achieved, still open, and no longer possible"
        told = "; ".join(f"{bar.name}: {bar.shown}" for bar in bars)
        parts = ["Achieved", "Can still be achieved", "No longer"]
        return Chart(title, bar_chart("standing", title, f"{title}: {told}.", bars, parts))

    def _arrive(self) -> PageTable:
        """How much can come by which day, milestone by milestone."""
        found: defaultdict[tuple[Any, str], list[int]] = defaultdict(lambda: [0, 0])
        order = list(self.contract.milestones)
        for row in self.rows:
            if stands(row) == OPEN:
                entry = found[row["evidence_until"], row["milestone"]]
                entry[0] += 1
                entry[1] += row["worth_pence"] or 0
        keys = sorted(found, key=lambda key: (key[0], order.index(key[1])))
        rows = [
            [str(day), self.contract.title_of(name), f"{many:,}", self.money(worth)]
            for day, name in keys
            for many, worth in [found[day, name]]
        ]
        many, worth = (sum(entry[place] for entry in found.values()) for place in (0, 1))
        return PageTable(
            "arrive-table",
            "What evidence can still earn, by the day until which it can be recorded",
            ["Recorded by", "Milestone", "How many", "Worth"],
            rows,
            {0: DAY, 2: AMOUNT, 3: AMOUNT},
            ["Together", "", f"{many:,}", self.money(worth)],
            none="nothing can come any more.",
        )

    def _limits(self) -> Chart | None:
        """What each funder with a limit of its own pays to date, beside the limit."""
        statement = make_statement(statement_source(self.settlement), self.audience)
        bars = [
            Bar(
                one.name,
                [one.earned_pence],
                f"{self.money(one.earned_pence)} of {self.money(one.limit_pence)}",
                one.limit_pence,
            )
            for one in statement.accounts
            if one.limit_pence is not None
        ]
        if not bars:
            return None
        title = "Payable to date against funders' limits"
        told = "; ".join(f"{bar.name}: {bar.shown}" for bar in bars)
        svg = bar_chart("limits", title, f"{title}. {told}.", bars, ["Payable to date"], "Limit")
        return Chart(title, svg)

    def _to_date(self) -> Chart:
        """What was due to date at every claim, beside the latest plan that knows these claims."""
        labels = [claim.label for claim in self.settlement.claim_dates]
        came: dict[str, int] = dict.fromkeys(labels, 0)
        for row in self.settlement.payments_table.to_pylist():
            # What others pay is none of a funder's page, and a sum with it would tell.
            if self.audience in (None, row["funder"]):
                came[row["claim_period"]] += row["amount_pence"]
        curves = [Curve("Due to date", _running([came[label] for label in labels]))]
        heads, plan = ["Claim", "Due", "Due to date"], self._planned(labels)
        if plan is not None:
            curves.append(Curve("Planned to date", _running(plan), dashed=True))
            heads.append("Planned to date")
        rows = []
        for place, label in enumerate(labels):
            to_date = [curve.values[place] for curve in curves]
            cells = ["" if one is None else self.money(one) for one in to_date]
            rows.append([label, self.money(came[label]), *cells])
        title = "Due to date" + (" against plan" if plan is not None else "")
        says = f"{title}: {rows[-1][2]} by claim {labels[-1]}."
        svg = line_chart("to-date", title, says, labels, curves, self.money)
        kinds = dict.fromkeys(range(1, len(heads)), AMOUNT)
        return Chart(title, svg, PageTable("to-date-table", "Claim by claim", heads, rows, kinds))

    def _planned(self, labels: Sequence[str]) -> list[int] | None:
        """What the latest plan says of every claim; None where none speaks of all of them."""
        name = TOTAL if self.audience is None else self.audience
        plans: defaultdict[tuple[Any, str], dict[str, int]] = defaultdict(dict)
        for row in planned_table(self.settlement).to_pylist():
            if row["name"] == name and row["planned_pence"] is not None:
                plans[row["made_on"], row["plan"]][row["claim_period"]] = row["planned_pence"]
        for _, plan in sorted(plans.items(), reverse=True):
            if all(label in plan for label in labels):
                return [plan[label] for label in labels]
        return None


def _running(amounts: Sequence[int]) -> list[int | None]:
    found: list[int | None] = []
    total = 0
    for amount in amounts:
        total += amount
        found.append(total)
    return found


def _of_funder(rows: Sequence[Row], parts: Sequence[Row], funder: str) -> Iterator[dict[str, Any]]:
    """Journeys as one funder may see them: what it shares in, with its own worth and amount."""
    own = {
        (part["participant"], part["milestone"]): part for part in parts if part["funder"] == funder
    }
    for row in rows:
        part = own.get((row["participant"], row["milestone"]))
        if part is not None:
            hidden = {"why": "", "missing": "", "known_on": None, "value_pence": 0}
            shared, own_amount = part["amount_pence"] is not None, part["amount_pence"] or 0
            amounts = {"worth_pence": part["worth_pence"], "entitled_pence": own_amount}
            yield {**row, **hidden, **amounts, "is_shared": shared}

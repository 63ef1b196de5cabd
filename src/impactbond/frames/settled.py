"""The frames of what was known, settled, received, explained and compared."""

from __future__ import annotations

import pyarrow as pa

from impactbond.comparison import comparison, moved_money
from impactbond.evaluation.decisions import DECISIONS
from impactbond.evidence import between_deliveries
from impactbond.evidence.checked_delivery import CARRIED
from impactbond.evidence.counts import counts_schema
from impactbond.evidence.evidence import (
    OBSERVATIONS_SCHEMA,
    REFUSED_SCHEMA,
    participants_schema,
)
from impactbond.explanation import journeys, nearest
from impactbond.explanation.explanation import STEPS
from impactbond.explanation.identification import MOVES
from impactbond.explanation.repeats import PAIRS
from impactbond.frames.frame import declared
from impactbond.receipts import reconcile
from impactbond.receipts.interest import INTEREST
from impactbond.receipts.payment_times import PAYMENT_TIMES
from impactbond.receipts.receipts import RECEIPTS
from impactbond.settlement.lines import LINES, SHARES
from impactbond.settlement.plans import PLANNED
from impactbond.settlement.results import RESULT_PARTS, RESULTS
from impactbond.settlement.schedule import BALANCES, PAYMENTS

_ATTRIBUTES = "a text column for each attribute of the contract"
_CLAIM = (
    *("participant", "milestone", "period", "achieved_on", "price_pence", "quantity"),
    *("value_pence", "withheld_pence", "entitled_pence"),
)
CLAIMS = pa.schema([LINES.field(name) for name in _CLAIM])
FUNDERS = pa.schema([(name, pa.string()) for name in ("funder", "name", "kind")])

KNOWN = (
    declared(
        "evidence.participants",
        "what holds of a participant from a day",
        participants_schema(()),
        blank="left_on",
        more=_ATTRIBUTES,
    ),
    declared(
        "evidence.observations",
        "a row of evidence that can be used",
        OBSERVATIONS_SCHEMA,
        blank="source evidence_ref supersedes",
        more="`slot`, where a metric has slots",
        observation="the reference of the row, its own or made of what it says",
        value="a score or amount × 10 to the power of its metric's decimals; 1 or 0 for an event;"
        " the place of a mark or state among those of the contract",
        evidence_ref="where the proof is kept",
        supersedes="the reference of the row that this one corrects",
        status="recorded, disputed or withdrawn",
    ),
    declared(
        "carried",
        "a participant, as a file beside a record carries it forward to the next claim date",
        CARRIED,
        person="how many rows about it were known, and what their hashes come to",
        rows="the same of its observations; empty where there are none",
        moves="whether its claims are others later, though no row comes",
    ),
    declared(
        "evidence.refused",
        "a cell or row that cannot be used, and why",
        REFUSED_SCHEMA,
        blank="file sheet row",
    ),
    declared(
        "counts.counts",
        "so many claims of a milestone, where nobody knows whose",
        counts_schema(()),
        blank="period ref replaces file sheet row",
        more=_ATTRIBUTES,
        achieved_on="the day of achievement; of a period its last day",
        period="the period that is counted as a whole; blank for a day",
        number="how many claims, or units",
        standing="full, late or disputed",
        ref="the reference of the row",
        replaces="the reference of the row that this one corrects",
    ),
    declared(
        "evidence comparison.changes",
        "a row that differs between two deliveries",
        between_deliveries.CHANGES,
        blank="file sheet row file_before sheet_before row_before",
        kind="new, corrected, repeated, changed, vanished and so on",
        holds="participants or observations",
        file_before="the file in which it stood",
        sheet_before="the sheet in which it stood",
        row_before="the row in which it stood",
    ),
)

SETTLED = (
    declared(
        "settlement.decisions",
        "a participant that is covered and a milestone, at the latest claim date",
        DECISIONS,
        blank="achieved_on known_on",
    ),
    declared("settlement.claims", "a claim that stands at the latest claim date", CLAIMS),
    declared(
        "settlement.lines",
        "one movement of one claim, result or fee at one claim date",
        LINES,
        blank="achieved_on",
        line="the line's number, such as 2018-Q1/0004",
        kind="claim, or adjustment of a closed period",
        participant="the key that stands for the participant; empty for results and fees",
        milestone="the name of the milestone, result or fee",
        period="the claim period that it belongs to",
        because="why it moved: achieved, taken back, limit released and so on",
        withheld_by="the limits that withhold, each with its pence; empty where none does",
        share_rule="the rule of funding by which it is shared",
        standing="full, late or disputed",
    ),
    declared(
        "settlement.shares",
        "a line and a funder",
        SHARES,
        line="the line's number",
        value_pence="the funder's part of the value",
        withheld_pence="its part of what is withheld",
        amount_pence="what the funder pays of the line",
    ),
    declared(
        "settlement.schedule",
        "a payment: who, when, for what",
        PAYMENTS,
        kind="milestones (with fees), results, adjustments, up-front, recovered, returned",
        amount_pence="what is asked for; below nothing what is taken off or goes back",
    ),
    declared(
        "settlement.balances",
        "a funder at a claim date, to date",
        BALANCES,
        value_pence="its part of the value",
        entitled_pence="value and moved; what is withheld is still in it",
        on_account_pence="up-front money that nothing has recovered",
        settled_pence="what earlier claims asked for",
        due_pence="entitled − withheld + on account − settled",
    ),
    declared(
        "settlement.results",
        "a result of one group for one period, as measured at one claim date",
        RESULTS,
        blank="measured measured_before pays times",
        period="the period that is measured",
        from_period="the first period that counts",
        outcome="measured, needed not met, not known, not yet measured, not paid by its version, "
        "closed otherwise",
        measured="what was measured, exact: 142, 13/155",
        measured_before="the same at the claim date before",
        reached="the tier, stretch or steps reached",
        reached_before="the same at the claim date before",
        pays="what that pays, exact, in pounds or the like",
        times="what it is multiplied by, exact",
        worth_pence="what it is worth over the stretch",
        less_pence="what other results came to",
        before_pence="the worth of the same stretch at the period before",
        settled_pence="what earlier claims hold of the line",
        value_pence="worth − less − before − settled",
    ),
    declared(
        "settlement.result_parts",
        "a step of a result, from each count to the value",
        RESULT_PARTS,
        blank="value",
        period="the period that is measured",
        step="its number",
        part="the part of the result that it belongs to",
        kind="what kind of step it is",
        name="what it is called",
        says="what it does, in words",
        unit="what it is counted in",
        value="what it comes to, exact; amounts in minor units",
        given="whether it was counted or stated; otherwise it follows from those before",
    ),
    declared(
        "settlement.funders_table",
        "a funder, in the order of the contract; the last is nobody",
        FUNDERS,
        name="what people call it",
        kind="council, school, lottery, philanthropy and so on",
    ),
    declared(
        "planned_beside",
        "a plan, a period and a name that the plan speaks of",
        PLANNED,
        blank="claim_period planned planned_pence actual_pence difference_pence",
        plan="the plan",
        made_on="the day on which it was made",
        first_on="the first day of the period",
        last_on="its last day",
        name="the milestone, result, fee or funder; total for all",
        planned="what was planned, exact, in pounds or the like",
        planned_pence="the same in the nearest minor unit",
        actual_pence="what came at the claims of the period so far",
        difference_pence="actual less planned, once all its claims are made",
        is_over="whether all its claims are made",
    ),
)

RECEIVED = (
    declared(
        "receipts.received",
        "money that a funder sent",
        RECEIPTS,
        blank="claim_period note file sheet row",
        receipt="the reference of the receipt",
        amount_pence="the amount; below nothing what was paid back",
        claim_period="the claim that the payment names",
        note="what was noted with it",
    ),
    declared(
        "reconciliation.matches",
        "a part of a receipt that pays a part of what was due",
        reconcile.MATCHES,
        blank="receipt",
        receipt="the receipt; blank where a claim gave the money back",
        claim_period="the claim that it pays",
        matched_on="the day from which it pays it",
    ),
    declared(
        "reconciliation.dues",
        "what was due of a funder for a claim on a day",
        reconcile.DUES,
        matched_pence="what receipts have paid of it",
        open_pence="due less matched",
        days_overdue="how long it has been overdue; nothing or below where it is not",
        band="not yet due, 1-30 days, 31-60 days, 61-90 days, over 90 days",
    ),
    declared(
        "reconciliation.unmatched",
        "money that nothing due has taken up",
        reconcile.UNMATCHED,
        blank="receipt claim_period",
        receipt="the receipt; blank where a claim gave the money back",
        received_pence="all that was received",
        unmatched_pence="what of it is carried",
        reason="why, in words",
    ),
    declared(
        "reconciliation.account",
        "a funder at a claim: opening + due − received − written off = closing",
        reconcile.ACCOUNT,
        blank="claim_period",
        claim_period="the claim; blank for what came after the last",
        until="the last day of the row",
        opening_pence="open before",
        received_pence="received, less paid back",
        written_off_pence="no longer expected",
        closing_pence="open after",
    ),
    declared(
        "reconciliation.aged",
        "what is open of a funder, by age",
        reconcile.AGED,
        not_yet_due_pence="open, and not yet due",
        overdue_1_to_30_days_pence="overdue for 1 to 30 days",
        overdue_31_to_60_days_pence="overdue for 31 to 60 days",
        overdue_61_to_90_days_pence="overdue for 61 to 90 days",
        overdue_over_90_days_pence="overdue for longer",
        carried_pence="received and not taken up by anything due",
        balance_pence="all that is open less what is carried",
    ),
    declared(
        "reconciliation.payment_times",
        "a funder, and how long it took to pay",
        PAYMENT_TIMES,
        blank="average_days within_30_percent from_31_to_60_percent after_60_percent",
        payments="how many payments; figures of them are blank where there is none",
        average_days="the average, exact text",
        within_30_percent="payments within 30 days, exact text",
        from_31_to_60_percent="payments in 31 to 60 days",
        after_60_percent="later payments",
        unpaid="dues of which anything is open",
    ),
    declared(
        "statutory_interest",
        "an overdue commercial debt, and the interest on it",
        INTEREST,
        runs_from_on="the day from which it runs",
        debt_pence="the debt",
        percent="a year, exact text",
        interest_pence="the interest to the day of the reconciliation",
        fixed_sum_pence="the fixed sum",
    ),
)

EXPLAINED = (
    declared(
        "explanation.table",
        "a step of an explanation, in reading order",
        STEPS,
        step="what kind of step",
        what="what is looked at",
        found="what was found: it shows the participant's evidence",
        needed="what was needed",
    ),
    declared(
        "journeys.journeys",
        "a participant that is covered and a milestone",
        journeys.JOURNEYS,
        blank="achieved_on known_on open_until evidence_until worth_pence",
        why="the sentence of the explanation",
        missing="what is wanting, in a few words each",
        steps_missing="in how many places",
        open_until="the last day that can change a verdict of not yet due",
        evidence_until="the last day on which a row can be recorded and still earn it",
    ),
    declared(
        "journeys.parts",
        "a funder of such a participant and milestone",
        journeys.PARTS,
        blank="share worth_pence amount_pence",
        share="its share as a fraction",
        worth_pence="its part of what one claim would earn, by itself",
        amount_pence="its part of the lines; blank where it has none",
    ),
    declared(
        "nearest.table",
        "a change of evidence that would have been enough",
        nearest.CHANGES,
        blank="achieved_on",
        change="a value changed, or a row added, in words",
        was="the value; empty for a row to be added",
        would_be="the value that would have been enough",
        sheet="the sheet; empty for a row to be added",
        row="the row; 0 for a row to be added",
        achieved_on="the day on which it would then be achieved",
    ),
    declared(
        "identification.moves",
        "an attribute of a participant that changed after the start",
        MOVES,
        attribute="the attribute",
        **{"is": "after"},
    ),
    declared(
        "pair_readings",
        "a participant and a follow-up window",
        PAIRS,
        blank="baseline_value baseline_on follow_up_value follow_up_on change became",
        follow_up="the window of the follow-up",
        baseline="the window of its baseline",
        baseline_value="the first reading in it, exact text",
        baseline_on="the day of it",
        follow_up_value="the last reading of the follow-up, exact text",
        follow_up_on="the day of it",
        change="follow-up less baseline, exact text",
        became="better, worse or the same",
        paired="yes, or why not",
    ),
)

COMPARED = (
    declared(
        "comparison.claims",
        "a claim and a funder whose money moved",
        moved_money.CLAIMS,
        causes="the kinds of causes",
        reason="why, in words",
    ),
    declared(
        "comparison.totals",
        "a funder, to date",
        moved_money.TOTALS,
        on_claims_pence="what of the difference is of claims",
        on_account_pence="what of it is of money on account",
    ),
    declared(
        "comparison.verdicts",
        "a participant and a milestone whose verdict is another",
        moved_money.VERDICTS,
        reason="why, in words",
    ),
    declared(
        "comparison.schedule",
        "a payment that differs in amount or day",
        moved_money.SCHEDULE,
        kind="of what kind it is, as in settlement.schedule",
    ),
    declared(
        "contract comparison.table",
        "a term that differs",
        comparison.TERMS,
        milestones="the milestones that it can touch",
    ),
)

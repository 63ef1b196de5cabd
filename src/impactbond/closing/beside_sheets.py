"""The sheets of a year end that stand beside its figures: their columns and formulas.

Takes  the tables of `closing/beside.py`, and those of up-front money, limits and ages.
Gives  for every sheet its name, its table, what it holds, its columns and what is worked out.
Keeps  a column that is worked out is a formula of its row.
"""

from __future__ import annotations

from impactbond.statements.workbook.layout import Formula, Kind, SheetTable

Plain = tuple[str, str, Kind, float]  # a column that is no amount: key, header, kind, width
FUNDER: Plain = ("funder", "Funder", "identifier", 34)
DATED: Plain = ("date", "Date", "date", 12)
SIDES: tuple[Plain, ...] = (
    ("account", "Account", "identifier", 13),
    FUNDER,
    ("fund", "Fund", "identifier", 18),
)
_MILESTONE: Plain = ("milestone", "Milestone", "identifier", 24)
_BANDS = {
    "not_yet_due": "Not yet due",
    "overdue_1_to_30_days": "1-30 days overdue",
    "overdue_31_to_60_days": "31-60 days",
    "overdue_61_to_90_days": "61-90 days",
    "overdue_over_90_days": "Over 90 days",
    "carried": "In advance",
    "balance": "Balance",
}
_ADDED = "+".join(f"[{key}]" for key in list(_BANDS)[:5])


def _in_all(table: SheetTable, index: int) -> str:
    """What a milestone comes to; the most of a result is what the contract says."""
    many = table.columns[table.position("participants")].values[index]
    return "" if many is None else "[participants]*[price]"


_Beside = tuple[str, str, str, tuple[Plain, ...], dict[str, str], dict[str, Formula]]
BESIDE: tuple[_Beside, ...] = (
    (
        *("Up front", "up_front", "Up-front money: asked, recovered, set off, paid back, left"),
        (
            ("tranche", "Payment", "identifier", 20),
            FUNDER,
            ("asked_on", "Asked on", "date", 13),
            ("left_over", "What is left at the end", "identifier", 16),
        ),
        {
            "amount": "Asked for",
            "recovered": "Recovered",
            "set_off": "Set off",
            "returned": "Paid back",
            "remaining": "Remaining",
        },
        {"remaining": "[amount]-[recovered]-[set_off]-[returned]"},
    ),
    (
        *("After", "after", "What came between year end and sign-off"),
        (
            ("on_or_by_on", "On, or by", "date", 13),
            ("what", "What", "identifier", 24),
            FUNDER,
            ("about", "About", "identifier", 24),
            ("counted", "In the figures", "identifier", 15),
        ),
        {"amount": "Amount"},
        {},
    ),
    (
        *("In progress", "in_progress", "What is on the way: nothing of it is earned"),
        (_MILESTONE, ("participants", "Can still achieve it", "count", 14)),
        {
            "price": "Price before changes",
            "in_all": "In all, at most",
            "within_limits": "Of it within limits",
        },
        {"in_all": _in_all},
    ),
    (
        *("Limits", "limits", "Limits in money to date, and what is used of them"),
        (("limit", "Limit", "identifier", 24), FUNDER),
        {"at_most": "At most", "used": "Used", "headroom": "Left"},
        {"headroom": "[at_most]-[used]"},
    ),
    (
        *("Withheld", "withheld", "What outcomes are worth, and what of it is withheld, to date"),
        (FUNDER,),
        {
            "value": "Worth at its price",
            "withheld": "Withheld",
            "moved": "Taken over",
            "entitled": "Earned by terms",
        },
        {"entitled": "[value]-[withheld]+[moved]"},
    ),
    (
        *("Aged", "aged", "What is open, by how long it is overdue"),
        (FUNDER,),
        _BANDS,
        {"balance": f"{_ADDED}-[carried]"},
    ),
    (
        *("Paid", "paid", "Every receipt, by the claims that it paid; without one, it paid none"),
        (
            FUNDER,
            ("receipt", "Receipt", "identifier", 18),
            ("received_on", "Received on", "date", 13),
            ("claim_period", "Claim", "identifier", 12),
        ),
        {"amount": "Amount"},
        {},
    ),
    (
        *("Payment times", "payment_times", "How long every funder took to pay, to date"),
        (
            FUNDER,
            ("payments", "Payments", "count", 12),
            ("average_days", "Days on average", "number", 16),
            ("within_30_percent", "% within 30 days", "number", 16),
            ("from_31_to_60_percent", "% in 31 to 60", "number", 16),
            ("after_60_percent", "% later", "number", 12),
            ("unpaid", "Not paid in full", "count", 14),
        ),
        {},
        {},
    ),
    (
        *(
            "Trial balance",
            "trial_balance",
            "The ledger beside the year end, and any rest",
        ),
        (("account", "Account", "identifier", 14),),
        {
            "trial_balance": "Trial balance",
            "journals": "Journals to post",
            "should_be": "Should be then",
            "rest": "Rest",
        },
        {"rest": "[should_be]-[trial_balance]-[journals]"},
    ),
    (
        *("Interest", "interest", "Statutory interest on late payment, to date: not counted"),
        (
            FUNDER,
            ("claim_period", "Claim", "identifier", 12),
            ("due_on", "Due on", "date", 13),
            ("runs_from_on", "Runs from", "date", 13),
            ("percent", "% a year", "identifier", 10),
        ),
        {"debt": "Debt", "interest": "Interest", "fixed_sum": "Fixed sum"},
        {},
    ),
    (
        *("Refused", "refused", "Rows refused and left out, by reason"),
        (
            ("of", "Of", "identifier", 14),
            ("reason", "Reason", "identifier", 34),
            ("rows", "Rows", "count", 10),
        ),
        {},
        {},
    ),
    (
        *("Invoices", "invoices", "What was asked for in the year, as invoices and credit notes"),
        (
            ("number", "Number", "identifier", 20),
            ("document", "Document", "identifier", 12),
            FUNDER,
            ("asked_on", "Asked on", "date", 13),
            ("due_on", "Due on", "date", 13),
            ("text", "Text", "text", 30),
            ("statement", "Statement", "text", 30),
        ),
        {"amount": "Amount"},
        {},
    ),
    (
        *("Confirmations", "confirmations", "What every funder is asked to confirm"),
        (
            FUNDER,
            ("item", "What", "identifier", 24),
            ("claim_period", "Claim, receipt", "identifier", 18),
            ("due_on", "Due on", "date", 13),
        ),
        {"asked": "In all", "open": "Open"},
        {},
    ),
)

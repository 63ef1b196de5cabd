"""The notes of a statement: what its words mean, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass

from impactbond.money import Currency, show
from impactbond.reasons import words_for_why


@dataclass(frozen=True, slots=True)
class Note:
    """One numbered note."""

    number: int
    subject: str
    text: str

    @property
    def label(self) -> str:
        """How the note is referred to."""
        return f"[note {self.number}]"


def statement_notes(
    *,
    funder: str | None,
    currency: Currency,
    rounding: str,
    refused_rows: int,
    unfunded_pence: int,
    refused_receipts: int | None = None,
    of_contract: tuple[tuple[str, str], ...] = (),
) -> tuple[Note, ...]:
    """The notes of one statement, numbered; `funder` is None where it is for all funders.

    `of_contract` are notes on terms that this contract has and others have not.

    `refused_receipts` is None where the statement shows no receipts.
    """
    shares = _SHARES.format(currency.coin)
    texts = [
        ("Amounts", f"{_amounts(currency)} {_MINUS}"),
        ("Due", _DUE),
        ("Adjustments", _ADJUSTMENTS),
        ("Why a line moves", words_for_why()),
        ("Withheld", _WITHHELD),
        ("Taken over and passed on", _MOVED),
        ("Up-front and recovered", _UP_FRONT),
        (
            f"Shares and odd {currency.coins}",
            f"{shares} The contract's rule: {rounding}." if rounding else shares,
        ),
        ("Evidence left out", _evidence(refused_rows)),
        ("Participants", _PARTICIPANTS),
        *of_contract,
        ("Blank cells", _BLANKS),
        ("Checks", _CHECKS),
    ]
    if funder is None and unfunded_pence:
        beyond = (
            f"Of the lines of this claim, {show(unfunded_pence, currency.code)} is beyond a "
            "funder's limit and asked of nobody."
        )
        texts.insert(6, ("Not funded", beyond))
    if refused_receipts is not None:
        left_out = f" Rows of receipts that were refused and left out: {refused_receipts:,}."
        texts.insert(2, ("Account", _ACCOUNT + left_out))
    return tuple(Note(number, subject, text) for number, (subject, text) in enumerate(texts, 1))


def _amounts(currency: Currency) -> str:
    """What the amounts are counted in."""
    sign = currency.sign.strip()
    if currency.in_one == 1:
        return f"All sums are worked out in whole {currency.major} ({sign})."
    return (
        f"All sums are worked out in whole {currency.minor}. A column in {currency.major} ({sign}) "
        f"is the column in {currency.minor} divided by {currency.in_one}."
    )


def _evidence(refused_rows: int) -> str:
    if refused_rows == 0:
        left_out = "No row of the evidence delivered was refused."
    elif refused_rows == 1:
        left_out = (
            "One row of the evidence delivered was refused, with its reason, and is left out here."
        )
    else:
        left_out = (
            f"{refused_rows:,} rows of the evidence delivered were refused, each with its reason, "
            "and are left out here."
        )
    return f"{left_out} {_UNEVIDENCED}"


_UNEVIDENCED = (
    "What is not evidenced is not paid. "
    "Evidence recorded after the claim date counts in a later claim."
)
_MINUS = (
    "A minus sign lowers what is due; a total with a minus sign is owed by the provider to the "
    "funder."
)
_DUE = (
    "Everything is worked out to date. What is due is what is payable to date less what was due at"
    " earlier claims. Opening is what earlier claims asked for, whether or not it has been "
    "received."
)
_ACCOUNT = (
    "The sheet Account sets what was received against what was due, from claim to claim. Its "
    "balances count money; the opening and closing of the Summary count what was asked for. A "
    "receipt counts at the first claim date on or after the day on which it arrived."
)
_ADJUSTMENTS = (
    "A claim that was made is never rewritten. Where later evidence, or room under a limit, "
    "changes what was achieved in an earlier period, the difference is an adjustment in this "
    "claim."
)
_WITHHELD = (
    "Withheld is value that a limit on the contract or on a milestone, or a dispute, keeps from "
    "being payable. It is not deleted: if there is room under the limit later, or the dispute is "
    "settled, it is released."
)
_MOVED = (
    "Where a funder has reached its own limit, the contract can pass its share on to another "
    "funder. Taken over has no sign, passed on has a minus sign."
)
_UP_FRONT = (
    "Up-front is money due on a date of its own, before milestones earn it. Recovered is the part "
    "of it that later milestones have earned, taken off what is due."
)
_SHARES = (
    "Each funder's share is cut on the running total, so that no funder is ever a {0} away from "
    "its share of the whole. So the share of a single line can differ by a {0} from price × "
    "share."
)
_PARTICIPANTS = (
    "Participants appear under a reference. It remains personal data for whoever can tell who it "
    "is: keep this workbook as confidential as the contract says."
)
_BLANKS = (
    "A blank limit or headroom means that the contract sets no such limit in money. A blank name "
    "in the Schedule means that the payment belongs to no tranche. A blank share means that "
    "nothing of the line falls to that funder. A blank date of achievement means that the "
    "settlement states none. On the Cover, blanks are to be filled in by hand."
)
_CHECKS = (
    "Every sum in this workbook is a live formula. The sheet Checks finds each figure in two ways;"
    " every difference must be 0. The Cover repeats the result. What has no formula is stated by"
    " the settlement, by the contract or by the evidence."
)

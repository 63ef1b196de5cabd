"""The notes of a statement: what its words mean, what it leaves out, and the terms that one
contract has and others have not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.evidence.mapped import MappedBy
from impactbond.money import CURRENCIES, Currency, half_away, rounded, show, show_share
from impactbond.reasons import words_for_why
from impactbond.settlement.settlement import Settlement

# A note's subject and text.
NoteText = tuple[str, str]
# The treatment of VAT, its rate and its clause.
MOST_FILES = 100  # that a note tells: a cell takes some 32,000 letters
VatTerm = tuple[str, Fraction | None, str]


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
    opening: str = "",
    counted: bool = False,
    ahead: bool = False,
    of_contract: tuple[NoteText, ...] = (),
) -> tuple[Note, ...]:
    """The notes of one statement, numbered; `funder` is None where it is for all funders.

    `of_contract` are notes on terms that this contract has and others have not, `opening` says
    where the opening comes from.

    `refused_receipts` is None where the statement shows no receipts; `counted` says that there are
    counts in place of evidence, `ahead` that up-front money is asked for on its own day, for which
    there is none.
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
        *(_NO_EVIDENCE if ahead else _evidence(refused_rows, counted)),
        *of_contract,
        ("Blank cells", _BLANKS),
        ("Checks", _CHECKS),
    ]
    if counted:
        texts.insert(0, ("Counts without evidence", _COUNTED))
    if funder is None and unfunded_pence:
        beyond = (
            f"Of the lines of this claim, {show(unfunded_pence, currency.code)} is beyond a "
            "funder's limit and asked of nobody."
        )
        texts.insert(6 + counted, ("Not funded", beyond))
    if opening:
        texts.insert(2 + counted, ("Opening", opening))
    if refused_receipts is not None:
        left_out = f" Rows of receipts that were refused and left out: {refused_receipts:,}."
        texts.insert(2 + counted, ("Account", _ACCOUNT + left_out))
    return tuple(Note(number, subject, text) for number, (subject, text) in enumerate(texts, 1))


def _evidence(refused_rows: int, counted: bool) -> tuple[NoteText, ...]:
    """What was left out of what the statement rests on, and whether participants appear."""
    if counted:
        left_out = _refused("counts", refused_rows)
        return (("Counts left out", left_out), ("Participants", _NO_PARTICIPANTS))
    left_out = f"{_refused('evidence', refused_rows)} {_UNEVIDENCED}"
    return (("Evidence left out", left_out), ("Participants", _PARTICIPANTS))


def opened_again(counted: bool) -> str:
    """That the opening was worked out again, and from what."""
    return f"Opening {_again(counted)}."


def _again(counted: bool) -> str:
    basis = "counts that there are" if counted else "evidence that there is"
    return f"was worked out again from the {basis} now"


def opening_words(before: Sequence[str], again: Sequence[str], *, counted: bool = False) -> str:
    """Where the opening of a claim comes from: the claims before it, and those of them that were
    worked out `again` and did not come in closed.
    """
    if not before:
        return ""
    closed = len(before) - len(again)
    stood = f"What was settled at claim {before[closed - 1]} and before came in closed, and stands "
    if not again:
        return f"{stood}in the opening as it was settled then."
    nothing = _NOTHING_NAMED.format("counts were" if counted else "evidence was")
    if not closed:
        return f"{opened_again(counted)} {nothing}"
    since = f"What was due since, at {', '.join(again)}, {_again(counted)}."
    return f"{stood}in the opening. {since} {nothing}"


def contract_notes(settlement: Settlement) -> tuple[NoteText, ...]:
    """Each note's subject and text."""
    found: list[NoteText] = []
    if settlement.is_amended:
        found.append(("Versions", _versions(settlement.known)))
    priced = [contract for contract in settlement.versions if contract.prices_in is not None]
    rates = [_rate(contract) for contract in priced]
    if rates:
        found.append(("Prices", f"{' '.join(dict.fromkeys(rates))} {_AT_A_RATE}"))
    if settlement.evidence.mapped:
        found.append(("Mappings", " ".join(map(_mapping, settlement.evidence.mapped))))
    payment = settlement.contract.calendar.payment
    if payment.invoiced is not None:
        found.append(("Invoices", _INVOICED[payment.invoiced].format(payment.within)))
    return tuple(found)


def _mapping(one: MappedBy) -> str:
    """Which mapping read which files, each by its digest: partners call files after children."""
    count = f"{len(one.files):,} file{'' if len(one.files) == 1 else 's'}"
    files = ", ".join(file.sha256 for file in one.files[:MOST_FILES])
    more = len(one.files) - MOST_FILES
    others = f" and {more:,} more" if more > 0 else ""
    read = f"{count}, which the record names (SHA-256 {files}{others})" if one.files else count
    given = "; ".join(f"{name} {word}".strip() for name, word in one.said.items())
    said = f" Said with the delivery: {given}." if given else ""
    scored = "; ".join(f"{name}, version {version}" for name, version in one.instruments.items())
    said += f" Answers were scored by {scored}." if scored else ""
    return f"The mapping {one.label} (SHA-256 {one.sha256}) read {read}.{said}"


def vat_notes(vat: VatTerm | None, due_pence: int, currency: Currency) -> tuple[NoteText, ...]:
    """The note on VAT of a statement that asks for this much; nothing where there is no term."""
    if vat is None:
        return ()
    treatment, rate, clause = vat
    cited = f" [{clause}]" if clause else ""
    if rate is None:
        said = "exempt from VAT" if treatment == "exempt" else "outside the scope of VAT"
        return (("VAT", f"What is due is {said}{cited}: none is charged."),)
    shown = show_share(rate)

    def money(pence: int) -> str:
        return show(pence, currency.code)

    if treatment == "included":
        part = rounded(due_pence * rate / (1 + rate), half_away)
        told = f"What is due includes VAT at {shown}{cited}: {money(part)} of it is VAT."
    else:
        added = rounded(due_pence * rate, half_away)
        told = (
            f"What is due is without VAT. VAT at {shown} comes on top{cited}: {money(added)}, so "
            f"that {money(due_pence + added)} is to be paid. No sum in this workbook holds it."
        )
    return (("VAT", told),)


def _rate(contract: Contract) -> str:
    """What one of the currency of prices is paid as, under one version."""
    assert contract.prices_in is not None
    priced, paid = CURRENCIES[contract.prices_in.currency], CURRENCIES[contract.currency]
    cited = f" [{contract.prices_in.clause}]" if contract.prices_in.clause else ""
    return (
        f"Prices are in {priced.name} ({priced.code}), payments in {paid.name} ({paid.code}): "
        f"1 {priced.code} is paid as {contract.prices_in.rate} {paid.code}{cited}."
    )


def _versions(known: Versions) -> str:
    told = [
        f"version {one.number} ({one.kind}), signed on {one.signed_on}, effective from "
        f"{one.effective_on}, SHA-256 {contract.digest}"
        for contract in known.all
        for one in [contract.version]
    ]
    return (
        f"This statement is made under {'; '.join(told)}. Which version governs a claim is decided "
        f"{_GOVERNED[known.terms.governs]}. What a new version changes in earlier claims is an "
        "adjustment in this one."
    )


def _amounts(currency: Currency) -> str:
    """What the amounts are counted in."""
    sign = currency.sign.strip()
    major = sign if sign == currency.major else f"{currency.major} ({sign})"
    if currency.in_one == 1:
        return f"All sums are worked out in whole {major}."
    return (
        f"All sums are worked out in whole {currency.minor}. A column in {major} "
        f"is the column in {currency.minor} divided by {currency.in_one}."
    )


def _refused(what: str, rows: int) -> str:
    if rows == 0:
        return f"No row of the {what} delivered was refused."
    if rows == 1:
        return (
            f"One row of the {what} delivered was refused, with its reason, and is left out here."
        )
    return (
        f"{rows:,} rows of the {what} delivered were refused, each with its reason, "
        "and are left out here."
    )


_COUNTED = (
    "This statement rests on counts of claims as they were stated, not on evidence of single "
    "participants: nothing here was checked against any. No participant stands behind a line, and "
    "its quantity is how many were counted. A count recorded after the claim date counts in a later"
    " claim."
)
_NO_PARTICIPANTS = "No participant appears: a line is so many claims that were counted together."
_NO_EVIDENCE = (
    (
        "Evidence",
        "Up-front money is due on its day: no evidence was asked for and none was used, and no "
        "participant appears.",
    ),
)
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
_NOTHING_NAMED = (
    "No settlement or record of that was named to settle on. Compare the opening with the closing "
    "of the statement before: where they differ, {} replaced."
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
    "settlement states none. A column in which nothing stands says none. On the Cover, blanks are "
    "to be filled in by hand."
)
_CHECKS = (
    "Every sum in this workbook is a live formula. A line's price is looked up in Rates and "
    "limits, its value is quantity × price, and a funder's part is what its share of the running "
    "total grew by: change one of them, and the total follows and a check says so. What is priced "
    "otherwise says so under Why, and is counted in a check, as are parts that are stated. The "
    "sheet Checks finds each figure in two ways; every difference must be 0. The Cover repeats the "
    "result. What has no formula is stated by the settlement, by the contract or by the evidence."
)
_AT_A_RATE = (
    "What a milestone has earned is converted on its running total, so that the value of a line is "
    "not its quantity times a rounded price. A price stands in the column of its own currency; the "
    "other columns of prices and amounts are blank there."
)
_INVOICED = {
    "by the provider": "The provider invoices what is due; it is payable within {} of the claim "
    "date, whenever the invoice comes.",
    "by the funder itself": "The funder bills itself: this statement stands for the invoice, "
    "payable within {} of the claim date.",
}
_GOVERNED = {
    "participants started": "by the day on which the participant started",
    "milestones achieved": "by the day on which it was achieved",
    "claims made": "by the claim date at which it was first made",
}

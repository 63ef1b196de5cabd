"""Every term that can change what a milestone earns is stated with its payment: change one, and
what is stated changes.
"""

from __future__ import annotations

from tests.perturbed import told_of_changes
from tests.rich_contracts import rich_contract

from impactbond.contract.contract import Contract
from impactbond.explanation.parts import Stated
from impactbond.explanation.payment import StatedTerms
from impactbond.terms.payment_details import BankAccount, Details, PartyDetails

# What an explanation tells elsewhere: conditions and windows with what was found in them.
ELSEWHERE = {
    *(("Contract", key) for key in ("conditions", "windows", "measures", "results", "sheets")),
    *(("Contract", key) for key in ("vat", "plans", "investment", "examples")),
    ("Milestone", "when"),
    ("Participants", "attributes"),
    ("Participants", "eligible"),
}
# What changes no payment: names, and which funders there are beside those who pay.
WAYS_TO_PAY = (PartyDetails, Details, BankAccount)
NO_MONEY = {
    *(("Contract", key) for key in ("contract", "title", "provider", "funders", "accepted")),
    *(("Accepted", key) for key in ("code", "at", "because", "clause")),
    *(("Funder", key) for key in ("name", "kind", "each", "sees")),
    *(("Sees", key) for key in ("each", "least", "clause")),
    ("Tranche", "held_by"),
    ("Version", "corrects"),
    ("PaymentTerms", "invoiced"),
    # How to pay, which moves nothing of what is paid.
    ("Contract", "parties"),
    *((kind.__name__, key) for kind in WAYS_TO_PAY for key in kind.model_fields),
}


def stated(contract: Contract) -> dict[str, tuple[Stated, ...]]:
    return {
        name: StatedTerms(contract).of(name, (), contract.metrics) for name in contract.milestones
    }


def test_a_term_that_changes_is_stated_otherwise() -> None:
    shown, hidden = told_of_changes(rich_contract(), stated)
    unstated = {way for way in hidden - shown if ELSEWHERE.isdisjoint(way)}
    assert {way[-1] for way in unstated} - NO_MONEY == set()
    assert ("Rate", "price") in {field for way in shown for field in way}

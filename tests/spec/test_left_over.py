"""Up-front money that is not earned by the end: it goes back, is kept, or is carried."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.spec.drawn_tables import balance, contract_of, rows, schedule, settled

from impactbond.contract.wording.render import render
from impactbond.receipts.read import read_receipts
from impactbond.receipts.reconcile import reconcile
from impactbond.statements.from_source import make_statement
from impactbond.statements.source import statement_source

# One claim of £100.00 each quarter of 2017 is shared 60% and 40%; nothing is earned in 2018, of
# which the last claim is made on 2019-01-31.
SHARED = "funding: [{for: every milestone, shares: {council: 60%, trust: 40%}}]"
EVIDENCE = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-05-01 | yes
    c3    | consent | 2017-08-01 | yes
    c4    | consent | 2017-11-01 | yes
"""


def held(left_over: str | None, at: str = "100%") -> str:
    end = f", left_over: {left_over}" if left_over else ""
    return f"""
{SHARED}
tranches:
  escrow: {{pay: 1000.00, on: 2017-01-16, by: {{council: 75%, trust: 25%}}, held_by: A bank,
    recovered: {{at: {at}}}{end}}}
"""


@pytest.mark.mechanic(148)
def test_what_is_left_at_the_last_claim_date_goes_back_to_each_funder_that_paid_it() -> None:
    # The council paid 750 and earned off four times 60: 510 is left. The trust: 250 less 160.
    # The last claim is of 2019-01-31; 30 days later is Saturday 2 March, so Monday the 4th.
    assert schedule(held("returned"), EVIDENCE)[-2:] == rows("""
        claimed | due        | funder  | for             | amount
        2018-Q4 | 2019-03-04 | council | returned escrow | -510.00
        2018-Q4 | 2019-03-04 | trust   | returned escrow | -90.00
    """)
    assert balance(held("returned"), EVIDENCE, "council")[-1:] == rows("""
        claimed | entitled | withheld | on account | due
        2018-Q4 | 240.00   | 0.00     | 0.00       | -510.00
    """)
    # All that the council ever pays is what it earned: 750 - 510 = 240.


@pytest.mark.mechanic(148)
def test_before_the_last_claim_date_nothing_goes_back() -> None:
    early = {"terms": held("returned"), "evidence": EVIDENCE, "as_of": "2018-12-31"}
    assert schedule(**early) == schedule(**{**early, "terms": held(None)})


@pytest.mark.mechanic(148)
@pytest.mark.parametrize("left_over", [None, "kept", "carried"])
def test_what_is_kept_carried_or_not_spoken_of_stays_on_account(left_over: str | None) -> None:
    # The table leaves out the claims of 2018, at which nothing moves.
    assert balance(held(left_over), EVIDENCE, "council")[-1:] == rows("""
        claimed | entitled | withheld | on account | due
        2017-Q4 | 240.00   | 0.00     | 510.00     | 0.00
    """)


@pytest.mark.mechanic(148)
@pytest.mark.parametrize(
    ("left_over", "says"),
    [
        ("returned", "what is still on account at the last claim date is paid back to the funders"
         " that paid it, when a payment of that claim falls due"),
        ("kept", "what is still on account at the last claim date is kept by the provider, and"
         " nobody pays it back"),
        ("carried", "what is still on account at the last claim date stays on account of what is"
         " agreed next, and is not paid back under this contract"),
    ],
)  # fmt: skip
def test_the_contract_says_what_becomes_of_it(left_over: str, says: str) -> None:
    assert says in " ".join(render(contract_of(held(left_over))).split())


@pytest.mark.mechanic(148)
def test_a_statement_closes_with_what_goes_back() -> None:
    statement = make_statement(statement_source(settled(held("returned"), EVIDENCE)), "council")
    [account] = statement.accounts
    assert (account.recovered_pence, account.on_account_pence) == (-510_00, 0)
    assert (account.closing_pence, account.difference_pence) == (240_00, 0)
    assert statement.schedule[-1].kind == "Returned"


@pytest.mark.mechanic(148)
def test_a_reconciliation_says_that_it_is_to_be_paid_back() -> None:
    settlement = settled(held("returned"), EVIDENCE)
    sent = {"receipt": "A1", "funder": "council", "received_on": "2017-01-16", "amount": "750.00"}
    receipts = read_receipts(pd.DataFrame([sent]), settlement.contract)
    found = reconcile(settlement, receipts, on="2019-02-28")
    # The trust paid nothing of its 250: of the 90 that go back to it, all are taken off.
    assert found.unmatched_table.select(["funder", "unmatched_pence", "reason"]).to_pylist() == [
        {"funder": "council", "unmatched_pence": 510_00, "reason": "returned"}
    ]
    assert "up-front money left at the end: to be paid back to the funder" in found.text

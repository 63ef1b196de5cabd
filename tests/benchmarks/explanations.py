"""Work on explanations: of every child of the fixture together, one by one, and as a page."""

from __future__ import annotations

from tests.benchmarks.figures import CONTRACT, WORKBOOK
from tests.benchmarks.measure import Work

from impactbond.contract.read import read_contract
from impactbond.evidence.read import read_evidence
from impactbond.explanation.explain import explain, explain_each
from impactbond.pages import programme_page
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement


def _settled() -> Settlement:
    """The demo at its last claim date, with the tables that explanations read."""
    contract = read_contract(CONTRACT)
    evidence = read_evidence(WORKBOOK, contract)
    settlement = settle(contract, evidence, as_of="2019-04-30", leave_out_refused=True)
    assert settlement.decisions_table.num_rows
    assert settlement.shares_table.num_rows
    return settlement


def _children(settlement: Settlement) -> list[str]:
    return sorted(settlement.evidence.participants_table["participant"].unique().to_pylist())


def together(every: int) -> Work:
    """All of them; what is told is the text of one in so many."""
    settlement = _settled()
    return Work(
        lambda: list(explain_each(settlement)),
        lambda told: str([hash_of(one.text) for one in told[::every]]),
    )


def one_by_one(every: int) -> Work:
    """One in so many, each by itself."""
    settlement = _settled()
    asked = _children(settlement)[::every]
    return Work(
        lambda: [explain(settlement, participant=one) for one in asked],
        lambda told: str([hash_of(one.text) for one in told]),
    )


def page() -> Work:
    """The programme page."""
    settlement = _settled()
    return Work(lambda: programme_page(settlement), lambda text: f"{len(text.encode()):,} bytes")


def hash_of(text: str) -> str:
    """A text in a word."""
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()[:12]

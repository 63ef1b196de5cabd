"""A kind of change of a price is one class: another one, made up here, is known everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jsonschema import Draft202012Validator
from tests.properties import drawn_money, reference_values
from tests.properties.reference_values import Claimed, worth
from tests.spec.drawn_tables import contract_of, evidence_of, paid, settled

from impactbond.contract.diagnostics.limits import most_of
from impactbond.contract.diagnostics.rules import warnings_of
from impactbond.contract.schema import contract_schema
from impactbond.contract.wording.render import render
from impactbond.errors import ContractError, Fault
from impactbond.explanation.explain import explain
from impactbond.statements.write import write_statements
from impactbond.terms.applicability import Dated
from impactbond.terms.diagnostic import Diagnostic, Diagnostics
from impactbond.terms.diagnostic import Path as Place
from impactbond.terms.prices import PRICE_CHANGES, PriceChange, PricedContract
from impactbond.terms.term import Amount


class Less(Dated, PriceChange):
    """A price lowered by an amount, never below nothing."""

    key: ClassVar[str] = "less"
    less: Amount

    @property
    def amounts(self) -> dict[str, Decimal]:
        return {"less": self.less}

    def changed(
        self, price: Fraction, contract: PricedContract, day: date, attributes: Mapping[str, str]
    ) -> Fraction:
        less = Fraction(self.less) if self.applies(day, attributes) else Fraction(0)
        return max(price - less, Fraction(0))

    def most(self, price: Fraction, contract: PricedContract) -> Fraction:
        return price

    def errors(self, contract: PricedContract, path: Place) -> Diagnostics:
        if self.less > 1000:
            yield Diagnostic((*path, "less"), Fault(code="too_much", problem="so much is refused"))

    def warnings(self, path: Place) -> Diagnostics:
        if self.less == 0:
            yield Diagnostic(
                (*path, "less"), Fault(code="takes_nothing", problem="nothing is taken")
            )

    def says(self) -> str:
        return f"the price is lowered by so much as {self.less} {self.applies_to()}".strip()

    def states(self, contract: PricedContract) -> Iterator[tuple[str, str]]:
        yield "taken off", f"no more than {self.less}"


TERMS = """
milestones:
  consent:
    when: {observed: consent, in: year one}
    price: 100.00
    changes: [{by: +10%}, {less: 30.25, only: {borough: [south]}}]
limits: [{milestone: consent, at_most: 5 claims, beyond: unpaid}]
"""
EVIDENCE = """
    child | borough
    c1    | north
    c2    | south
    ---
    child | metric  | on         | value
    c1 c2 | consent | 2017-02-01 | yes
"""


@pytest.fixture(autouse=True)
def _known() -> Iterator[None]:
    contract_of.cache_clear()
    with PRICE_CHANGES.with_kind(Less):
        yield
    contract_of.cache_clear()


def test_it_is_read_and_described_in_the_schema() -> None:
    contract = contract_of(TERMS)
    assert contract.milestones["consent"].changes[1].model_dump() == {
        "only": {"borough": ("south",)},
        "from_": None,
        "through": None,
        "less": "30.25",
    }
    schema = contract_schema()
    assert "less" in schema["$defs"]["Less"]["properties"]
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    ("written", "code", "clause"),
    [
        ("{less: 1001.00}", "too_much", "milestones > consent > changes > entry 2 > less"),
        ("{less: 1.005}", "too_fine", "milestones > consent > changes > entry 2 > less"),
        ("{less: -1.00}", "not_allowed", "milestones > consent > changes > entry 2 > less"),
        (
            "{less: 1.00, only: {burough: [south]}}",
            "unknown_attribute",
            "milestones > consent > changes > entry 2 > only > burough",
        ),
        ("{lass: 1.00}", "unknown_key", "milestones > consent > changes > entry 2 > lass"),
        ("{more: 1.00}", "not_a_change", "milestones > consent > changes > entry 2"),
    ],
)
def test_it_is_checked(written: str, code: str, clause: str) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(TERMS.replace("{less: 30.25, only: {borough: [south]}}", written))
    assert [(fault.code, fault.clause) for fault in refused.value.faults] == [(code, clause)]


def test_it_may_be_worth_a_look() -> None:
    found = warnings_of(contract_of(TERMS.replace("less: 30.25", "less: 0.00")))
    assert "takes_nothing" in [one.fault.code for one in found]


def test_it_is_paid() -> None:
    # 100 and 10% are 110; less 30.25 for the child in the south.
    assert paid(TERMS, EVIDENCE) == {"2017-Q1": {"council": "189.75"}}


def test_what_bounds_a_payment_asks_it() -> None:
    # Five claims at 110.
    assert most_of(contract_of(TERMS), "consent") == 550


def test_the_plain_reference_demands_it(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = contract_of(TERMS)
    claims = [
        Claimed("consent", date(2017, 2, 1), {"borough": borough, "school": "Elm"})
        for borough in ("north", "south")
    ]
    with pytest.raises(KeyError, match="less"):
        worth(contract, claims, date(2017, 3, 31))

    def by_amount(contract: Any, change: Any, price: Fraction, one: Claimed) -> Fraction:
        return price - Fraction(change.less) if reference_values.fits(change, one) else price

    monkeypatch.setitem(reference_values.CHANGES, "less", by_amount)
    assert worth(contract, claims, date(2017, 3, 31)) == {"consent": 189_75}


def test_drawn_contracts_demand_it() -> None:
    with pytest.raises(KeyError, match="less"):
        drawn_money.changes()


def test_it_is_told_in_the_contract_in_the_explanation_and_in_the_statement(
    tmp_path: Path,
) -> None:
    contract = contract_of(TERMS)
    says = "the price is lowered by so much as 30.25 for participants with borough south"
    assert says in render(contract)
    settlement = settled(TERMS, EVIDENCE)
    text = explain(settlement, participant="c2").text
    assert f"change: {says}" in text
    assert "taken off: no more than 30.25" in text
    assert evidence_of(EVIDENCE, contract).kind == settlement.evidence.kind
    assert write_statements(settlement, tmp_path)


def test_the_reference_and_the_drawn_contracts_know_every_kind_of_the_package() -> None:
    known = {key for key in PRICE_CHANGES.keys if key != "less"}
    assert known == set(reference_values.CHANGES) == set(drawn_money.CHANGES)


def test_a_kind_that_leaves_out_a_pass_is_refused() -> None:
    class Half(PriceChange):
        """A kind that says what it makes of a price, and nothing else."""

        key: ClassVar[str] = "half"
        half: Amount

        def changed(
            self,
            price: Fraction,
            contract: PricedContract,
            day: date,
            attributes: Mapping[str, str],
        ) -> Fraction:
            return price / 2

    with pytest.raises(TypeError, match="does not say: errors, most, says, warnings"):
        PRICE_CHANGES.register(Half)


def test_a_key_that_is_taken_is_refused() -> None:
    with pytest.raises(TypeError, match="'less'"):
        PRICE_CHANGES.register(Less)

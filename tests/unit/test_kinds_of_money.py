"""A kind of measure, way to pay or limit is one class: others, made up here, work everywhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from jsonschema import Draft202012Validator
from tests.properties import drawn_money, reference_limits, reference_values, test_values_agree
from tests.properties.reference import Claim
from tests.properties.reference_limits import most_of
from tests.properties.reference_settlement import standings
from tests.properties.reference_values import Claimed, worth
from tests.spec.drawn_tables import contract_of, paid, settled

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.rules import warnings_of
from impactbond.contract.schema import contract_schema
from impactbond.contract.wording.render import render
from impactbond.errors import ContractError, Fault
from impactbond.explanation.explain import explain, explain_line
from impactbond.money import minor_units
from impactbond.simulation.withheld import limits_of
from impactbond.statements.write import write_statements
from impactbond.terms.diagnostic import Diagnostic, Diagnostics
from impactbond.terms.diagnostic import Path as Place
from impactbond.terms.limits import LIMITS, LimitKind, ShareLimit, WholeLimit
from impactbond.terms.limits.limit import LimitedContract, MostPhrase
from impactbond.terms.measures import MEASURES, MadeOf, Measure, MeasureTerm, Sums
from impactbond.terms.parties import Funder
from impactbond.terms.reference import FunderName
from impactbond.terms.term import Amount, Day, Money, Some
from impactbond.terms.ways_to_pay import WAYS_TO_PAY, WayToPay
from impactbond.terms.words import MoneyWords
from impactbond.terms.workings import Quotient, Workings, whole


class Highest(MadeOf):
    """The largest of the measures."""

    key: ClassVar[str] = "highest"
    between, told_between = " or ", " or "
    highest: Some[Measure]

    def of(self, numbers: Sequence[Fraction]) -> Fraction:
        return max(numbers)

    def formula(self, parts: Sequence[Quotient]) -> Quotient:
        found = parts[0]
        for part in parts[1:]:
            found = found.compared(">", part).chosen(found, part)
        return found

    def says(self, words: MoneyWords) -> str:
        return f"the highest of {super().says(words)}"


class Once(WayToPay):
    """An amount for any result above nothing."""

    key: ClassVar[str] = "once"
    once: Money

    def pays_for(self, measured: Fraction) -> Fraction:
        return Fraction(self.once) if measured > 0 else Fraction(0)

    @property
    def most(self) -> Decimal:
        return self.once

    @property
    def amounts(self) -> Mapping[Place, Decimal]:
        return {("once",): self.once}

    def errors(self, path: Place) -> Diagnostics:
        if self.once < 0:
            yield Diagnostic((*path, "once"), Fault(code="below_nothing", problem="it takes"))

    def warnings(self, path: Place) -> Diagnostics:
        if self.once == 0:
            yield Diagnostic((*path, "once"), Fault(code="pays_nothing", problem="it pays nothing"))

    def reached(self, measured: Fraction) -> str:
        return "something" if measured > 0 else "nothing"

    def work(self, workings: Workings, measured: Quotient) -> Quotient:
        pays, nothing = workings.amount("once", "Paid once", Fraction(self.once)), whole(0)
        paid = measured.compared(">", nothing).chosen(pays, nothing)
        return workings.worked("paid", "Paid for anything above nothing", paid, "minor units")

    def says(self, words: MoneyWords) -> str:
        return f"it pays {words.money(self.once)} once anything is achieved"


class Starting(WholeLimit):
    """The most for all that is called alike, the cheapest first, with something kept from it."""

    key: ClassVar[str] = "starting"
    starting: str
    at_most: MostPhrase
    keeps: Amount = Decimal(0)
    beyond: Literal["unpaid"]

    def is_on(self, payable: str) -> bool:
        return payable.startswith(self.starting)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.starting,)

    @property
    def is_on_every_payable(self) -> bool:
        return False

    @property
    def what(self) -> str:
        return f"all that starts {self.starting}"

    @property
    def amounts(self) -> Mapping[Place, Decimal]:
        return {**super().amounts, ("keeps",): self.keeps}

    def most_on(self, funders: Mapping[str, Funder], day: date) -> Decimal:
        return self.at_most.amount - self.keeps

    def headroom(self, claims: Callable[[], Any], currency: str) -> Any:
        return super().headroom(claims, currency) - minor_units(self.keeps, currency)

    def precedence(self, price: Any) -> Any:
        return price

    def check_names(self, contract: LimitedContract, path: Place) -> Diagnostics:
        if not any(map(self.is_on, contract.payables)):
            fault = Fault(code="nothing_starts", problem="nothing is called so")
            yield Diagnostic((*path, "starting"), fault)

    def on(self, words: MoneyWords) -> str:
        return f"for all that starts with {self.starting}, {words.money(self.keeps)} kept"

    def subject(self, words: MoneyWords) -> str:
        return f"Starting: {self.starting}"


class Opening(ShareLimit):
    """The most that a funder pays, from a day on; before it, nothing."""

    key: ClassVar[str] = "payer"
    payer: FunderName
    at_most: MostPhrase
    opens: Day
    beyond: Literal["unpaid"]

    @property
    def name(self) -> str:
        return f"payer {self.payer}"

    @property
    def thing(self) -> Hashable:
        return self.payer

    @property
    def is_yearly(self) -> bool:
        return False

    @property
    def depends_on(self) -> Collection[str]:
        return ()

    def most_on(self, funders: Mapping[str, Funder], day: date) -> Decimal:
        return self.at_most.amount if day >= self.opens else Decimal(0)

    def most_in_all(self, funders: Mapping[str, Funder]) -> Decimal:
        return self.at_most.amount

    def check(self, contract: LimitedContract, path: Place) -> Diagnostics:
        if self.opens > contract.calendar.term[1]:
            yield Diagnostic((*path, "opens"), Fault(code="never_opens", problem="it never opens"))

    def says(self, words: MoneyWords) -> str:
        return f"{self.most_is_paid(words)} by {words.funder(self.payer)}, from {self.opens} on"

    def subject(self, words: MoneyWords) -> str:
        return f"Payer: {words.funder(self.payer)}"

    def scope(self, words: MoneyWords) -> list[str]:
        return [f"from {self.opens}"]

    def beyond_in_words(self, words: MoneyWords, *, by_name: bool = False) -> str:
        return "unpaid, and nothing before"


MADE_UP = {"highest", "once", "starting", "payer"}
VISITS = """
milestones:
  visit_one: {when: {observed: consent, in: year one}, price: 100.00}
  visit_two: {when: {observed: agreement, in: year one}, price: 60.00}
  report:    {when: {observed: assessed, in: year one}, price: 7.00}
"""
STARTING = "{starting: visit, at_most: 230.00, keeps: 20.00, beyond: unpaid}"
OPENING = "{payer: council, at_most: 150.00, opens: 2017-05-01, beyond: unpaid}"
LIMITED = f"{VISITS}limits: [{STARTING}, {OPENING}]"
EVIDENCE = """
    child | metric    | on         | value
    c1    | consent   | 2017-02-01 | yes
    c1 c2 | agreement | 2017-03-01 | yes
"""
RESULT = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 0.00}
measures: {best: {highest: [{claims: consent}, {number: 2}]}}
results:
  pair: {measure: {ratio: [best, {highest: [{number: 1}]}]}, pays: {once: 50.00}}
"""


@pytest.fixture(autouse=True)
def _known() -> Iterator[None]:
    contract_of.cache_clear()
    with (
        MEASURES.with_kind(Highest),
        WAYS_TO_PAY.with_kind(Once),
        LIMITS.with_kind(Starting, Opening),
    ):
        yield
    contract_of.cache_clear()


def test_they_are_read_and_described_in_the_schema() -> None:
    limited, result = contract_of(LIMITED), contract_of(RESULT)
    assert [type(one) for one in limited.limits] == [Starting, Opening]
    assert limited.limits[1].model_dump() == {
        **{"clause": "", "payer": "council", "at_most": "150.00"},
        **{"opens": date(2017, 5, 1), "beyond": "unpaid"},
    }
    assert isinstance(result.measures["best"], Highest)
    assert isinstance(result.results["pair"].pays, Once)
    schema = contract_schema()
    Draft202012Validator.check_schema(schema)
    assert {"Highest", "Once", "Starting", "Opening"} <= set(schema["$defs"])


@pytest.mark.parametrize(
    ("terms", "written", "code", "clause"),
    [
        (LIMITED, "starting: visit>starting: vosit", "nothing_starts", "limits > entry 1"),
        (LIMITED, "keeps: 20.00>keeps: 20.005", "too_fine", "limits > entry 1 > keeps"),
        (LIMITED, "keeps: 20.00>keeps: -1", "not_allowed", "limits > entry 1 > keeps"),
        (LIMITED, "keeps: 20.00>each: burough", "unknown_attribute", "limits > entry 1 > each"),
        (LIMITED, "starting: visit>startin: visit", "unknown_key", "limits > entry 1 > startin"),
        (LIMITED, "starting: visit>everything: visit", "not_a_limit", "limits > entry 1"),
        (LIMITED, "2017-05-01>2019-05-01", "never_opens", "limits > entry 2 > opens"),
        (LIMITED, f"{STARTING}>{STARTING}, {STARTING}", "limited_twice", "limits > entry 2"),
        (LIMITED, f"{OPENING}>{OPENING}, {OPENING}", "limited_twice", "limits > entry 3 > payer"),
        (
            LIMITED,
            f"{OPENING}>{OPENING}, {{funder: council, at_most: 1, beyond: unpaid}}",
            "limited_twice",
            "limits > entry 3 > funder",
        ),
        (LIMITED, f"{STARTING}, {OPENING}>{OPENING}, {STARTING}", "limit_order", "entry 2"),
        (
            RESULT,
            "{number: 2}>{claims: consunt}",
            "unknown_milestone",
            "highest > entry 2 > claims",
        ),
        (RESULT, "{number: 2}>best", "circular_measure", "measures > best"),
        (RESULT, "highest: [{claims>tallest: [{claims", "not_a_measure", "measures > best"),
        (RESULT, "once: 50.00>once: 50.005", "too_fine", "results > pair > pays > once"),
        (RESULT, "once: 50.00>once: -5.00", "below_nothing", "results > pair > pays > once"),
        (RESULT, "once: 50.00>whenever: 5.00", "not_a_way_to_pay", "results > pair > pays"),
    ],
)
def test_they_are_checked(terms: str, written: str, code: str, clause: str) -> None:
    before, after = written.split(">", 1)
    assert before in terms
    with pytest.raises(ContractError) as refused:
        contract_of(terms.replace(before, after))
    assert [fault.code for fault in refused.value.faults] == [code]
    assert clause in refused.value.faults[0].clause


def test_what_may_be_written_is_told_with_them() -> None:
    with pytest.raises(ContractError, match="milestone: or funder: or starting: or payer: and its"):
        contract_of(LIMITED.replace("starting: visit", "everything: visit"))
    with pytest.raises(ContractError, match="product, highest"):
        contract_of(RESULT.replace("highest: [{claims", "tallest: [{claims"))
    with pytest.raises(ContractError, match="tiers, slides, each, once"):
        contract_of(RESULT.replace("once: 50.00", "whenever: 5.00"))


def test_they_may_be_worth_a_look() -> None:
    found = warnings_of(contract_of(RESULT.replace("once: 50.00", "once: 0.00")))
    assert "pays_nothing" in [one.fault.code for one in found]


def test_limits_are_applied_as_they_say() -> None:
    # 60, 60 and 100 under 230 less 20, the cheapest first: 10 of the 100 is withheld. The council
    # pays nothing at the claim of April, and of 210 in all 150 at the claim of July.
    settlement = settled(LIMITED, EVIDENCE)
    assert paid(LIMITED, EVIDENCE) == {"2017-Q2": {"council": "150.00"}}
    withheld = {
        (row["participant"], row["milestone"]): (row["withheld_pence"], row["withheld_by"])
        for row in settlement.lines_table.to_pylist()
        if row["withheld_pence"]
    }
    assert withheld == {("c1", "visit_one"): (10_00, "all that starts visit")}
    most = [(one.name, one.at_most_pence) for one in limits_of(*_with_funders(settlement))]
    assert most == [("all that starts visit", 210_00), ("payer council", 150_00)]


def _with_funders(settlement: Any) -> tuple[Contract, Any]:
    return settlement.contract, settlement.funders


def test_a_result_is_measured_and_paid_as_they_say() -> None:
    # The higher of one claim and two, over one, is above nothing.
    evidence = "child | metric | on | value\nc1 | consent | 2017-02-01 | yes"
    assert paid(RESULT, evidence) == {"2017-Q1": {"council": "50.00"}}
    settlement = settled(RESULT, evidence)
    line = next(
        row["line"] for row in settlement.lines_table.to_pylist() if row["milestone"] == "pair"
    )
    told = explain_line(settlement, line).text
    assert "best (1 claims of 'consent' or 2) over 1 = 2; worth £50.00" in told
    says = " ".join(render(settlement.contract).split())
    assert "The measure “best” is the highest of the number of claims of “consent” or 2" in says
    assert "the measure “best” divided by (the highest of 1)" in says
    assert "it pays £50.00 once anything is achieved" in says


def test_limits_are_told_in_the_contract_the_explanation_and_the_statement(tmp_path: Path) -> None:
    settlement = settled(LIMITED, EVIDENCE)
    says = " ".join(render(settlement.contract).split())
    assert "At most £230.00 is paid for all that starts with visit, £20.00 kept: the earl" in says
    assert "At most £150.00 is paid by The council, from 2017-05-01 on." in says
    told = " ".join(explain(settlement, participant="c1").text.split())
    assert "limit on all that starts visit: at most £230.00; beyond it: unpaid" in told
    assert (
        "limit on payer council: at most £150.00, from 2017-05-01; beyond it: unpaid, and" in told
    )
    assert write_statements(settlement, tmp_path)


def test_the_plain_reference_of_limits_demands_them(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = f"{VISITS}limits: [{{starting: visit, at_most: 150.00, beyond: unpaid}}, {OPENING}]"
    contract, day = contract_of(terms), date(2017, 4, 30)
    claims = [
        Claim(child, "visit_two", "2017-Q1", date(2017, 3, 1), {}, 60_00)
        for child in ("c1", "c2", "c3")
    ]
    with pytest.raises(AssertionError, match="starting"):
        standings(contract, claims, day)
    by_name = {"starting": lambda limit, claim: claim.milestone.startswith(limit.starting)}
    monkeypatch.setattr(
        reference_limits, "ON_THE_WHOLE", {**reference_limits.ON_THE_WHOLE, **by_name}
    )
    with pytest.raises(AssertionError, match="payer"):
        standings(contract, claims, day)
    by_day = {"payer": lambda contract, limit, day: 150_00 * (day >= limit.opens)}
    monkeypatch.setattr(reference_limits, "ON_FUNDERS", {**reference_limits.ON_FUNDERS, **by_day})
    found = [one.payable_pence for _, one in standings(contract, claims, day).values()]
    assert found == [60_00, 60_00, 30_00]
    assert [most_of(contract, contract.limits[1], on) for on in (day, date(2017, 7, 31))] == [
        *(0, 150_00)
    ]


def test_the_plain_reference_of_results_demands_them(monkeypatch: pytest.MonkeyPatch) -> None:
    contract, claims = contract_of(RESULT), [Claimed("consent", date(2017, 2, 1), {})]
    with pytest.raises(KeyError, match="highest"):
        worth(contract, claims, date(2017, 3, 31))
    highest = reference_values.several(lambda *found: max(found))
    monkeypatch.setitem(reference_values.MEASURES, "highest", highest)
    with pytest.raises(KeyError, match="once"):
        worth(contract, claims, date(2017, 3, 31))
    monkeypatch.setitem(reference_values.WAYS_TO_PAY, "once", lambda pays, _: Fraction(pays.once))
    assert worth(contract, claims, date(2017, 3, 31)) == {"consent": 0, "pair": 50_00}


def test_the_reference_and_what_is_drawn_know_every_kind_of_the_package() -> None:
    measures, ways = set(MEASURES.keys) - MADE_UP, set(WAYS_TO_PAY.keys) - MADE_UP
    assert measures == set(reference_values.MEASURES) == set(test_values_agree.MEASURES)
    assert ways == set(reference_values.WAYS_TO_PAY) == set(test_values_agree.WAYS_TO_PAY)
    whole = {kind.key for kind in LIMITS if issubclass(kind, WholeLimit)} - MADE_UP
    shared = {kind.key for kind in LIMITS if issubclass(kind, ShareLimit)} - MADE_UP
    assert whole == set(reference_limits.ON_THE_WHOLE) == set(drawn_money.ON_THE_WHOLE)
    assert shared == set(reference_limits.ON_FUNDERS) == set(drawn_money.ON_FUNDERS)
    assert whole | shared == set(LIMITS.keys) - MADE_UP


def test_a_kind_that_leaves_out_a_pass_is_refused() -> None:
    class Half(MeasureTerm):
        """A measure that says what it comes to, and nothing else."""

        key: ClassVar[str] = "half"
        half: Measure

        def measured(self, sums: Sums) -> Fraction | None:
            return None

    class Silent(WayToPay):
        """A way to pay that says nothing."""

        key: ClassVar[str] = "silent"

    class Bare(LimitKind):
        """A limit that says nothing."""

        key: ClassVar[str] = "bare"

    class Keyless(WholeLimit):
        """A limit on the whole without a key."""

    with pytest.raises(TypeError, match=r"does not say: check, says, tells, work$"):
        MEASURES.register(Half)
    with pytest.raises(
        TypeError, match="does not say: amounts, errors, most, pays_for, reached, s"
    ):
        WAYS_TO_PAY.register(Silent)
    with pytest.raises(
        TypeError, match="does not say: at_most, beyond, beyond_in_words, check, co"
    ):
        LIMITS.register(Bare)
    with pytest.raises(
        TypeError, match=r"at_most, beyond, check_names, is_on, is_on_every_payable, key"
    ):
        LIMITS.register(Keyless)
    with pytest.raises(TypeError, match="'starting'"):
        LIMITS.register(Starting)

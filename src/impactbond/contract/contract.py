"""The contract: the whole of what was agreed, as data."""

from __future__ import annotations

import hashlib
import operator
from datetime import date
from functools import cached_property
from typing import Literal

from pydantic import Field, PrivateAttr

from impactbond.cards import card
from impactbond.money import CURRENCIES, minor_units, show
from impactbond.terms.calendar import Calendar
from impactbond.terms.conditions import Condition
from impactbond.terms.diagnostic import Accepted
from impactbond.terms.expected import Example, Plan
from impactbond.terms.fees import Fee
from impactbond.terms.funding import Funding, Tranche
from impactbond.terms.investment import Investment
from impactbond.terms.limits import Limit, ShareLimit, WholeLimit
from impactbond.terms.measures import Measure
from impactbond.terms.metrics import Metric
from impactbond.terms.milestones import Milestone
from impactbond.terms.parties import Funder, Participants, Version
from impactbond.terms.payment_details import PartyDetails
from impactbond.terms.phrases import WindowPhrase
from impactbond.terms.prices import Discount, IndexValue, PricesIn, Vat
from impactbond.terms.reference import PayeeName
from impactbond.terms.results import Result
from impactbond.terms.rounding import Rounding
from impactbond.terms.sheets import Sheet, evidence_tables
from impactbond.terms.term import Listed, Some, Term


class FromText(Term):
    """Terms that were read from a text."""

    _source: bytes = PrivateAttr(default=b"")
    _source_name: str = PrivateAttr(default="")

    @property
    def source(self) -> bytes:
        """The text that was read, byte for byte, which a record keeps; nothing for terms that were
        built in Python.
        """
        return self._source


class Contract(FromText):
    """A contract that has been read and checked.

    Reads top to bottom like a schedule; every mapping keeps its order.
    """

    impactbond: Literal[1]
    """The version of this language: 1."""
    contract: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$", description="small letters, digits and hyphens"
    )
    """The contract's short name, such as west-london-zone; records and files carry it."""
    title: str = Field(min_length=1)
    """What people call the contract."""
    version: Version
    """Which version this is, and when it was signed."""
    governs: Literal["participants started", "milestones achieved", "claims made"] = (
        "milestones achieved"
    )
    """Which claims a version decides: of whom started, what was achieved, or what was claimed."""
    currency: str = "GBP"
    """The currency of payments, by its ISO code, such as GBP."""
    prices_in: PricesIn | None = None
    """The currency of prices, where it is not that of payments."""
    indices: dict[str, Some[IndexValue]] = Field(default_factory=dict)
    """Price indices by name, each with what it stands at from a day on."""
    provider: str = Field(min_length=1)
    """Who delivers, and is paid."""
    funders: dict[str, Funder] = Field(min_length=1)
    """Who pays, by the short name that shares and limits use."""
    parties: dict[PayeeName, PartyDetails] = Field(default_factory=dict, exclude_if=operator.not_)
    """How to pay: addresses, numbers and bank accounts, by provider or the funder's short name."""
    calendar: Calendar
    """The term, its periods, when claims are made and when payment is due."""
    participants: Participants = Participants()
    """Who the contract is about."""
    metrics: dict[str, Metric] = Field(min_length=1)
    """What evidence tells of a participant, by name."""
    windows: dict[str, WindowPhrase] = Field(min_length=1)
    """Stretches of time by name, such as start to 1 year after start."""
    conditions: dict[str, Condition] = Field(default_factory=dict)
    """Conditions that have a name, to be used in several places."""
    milestones: dict[str, Milestone] = Field(min_length=1)
    """What is paid for a participant, by name, in the order of statements."""
    discounts: Listed[Discount] = ()
    """What is taken off every price, such as 5% from a day on."""
    measures: dict[str, Measure] = Field(default_factory=dict)
    """Measures of a group that have a name."""
    results: dict[str, Result] = Field(default_factory=dict)
    """What is paid for the measured result of a group, by name."""
    fees: dict[str, Fee] = Field(default_factory=dict)
    """What is paid whatever is achieved, by name."""
    funding: Some[Funding]
    """Who pays which share of what; the first entry that applies counts."""
    tranches: dict[str, Tranche] = Field(default_factory=dict)
    """Money paid up-front, by name."""
    limits: Listed[Limit] = ()
    """What is paid at most, in the order in which it is applied."""
    rounding: Rounding = Rounding()
    """Where pennies are cut."""
    sheets: dict[str, Sheet] = Field(default_factory=dict)
    """The sheets of an evidence workbook, by name; without any, the two evidence tables."""
    vat: Vat | None = None
    """How VAT stands to what is paid."""
    plans: dict[str, Plan] = Field(default_factory=dict)
    """Schedules as they were planned, by name; they bind nobody."""
    investment: Investment | None = None
    """Who lends the working capital, and on which terms."""
    examples: Listed[Example] = ()
    """Worked examples, which a check of the contract settles."""
    accepted: Listed[Accepted] = ()
    """What is worth a look to a check, and is meant as it stands."""

    @property
    def digest(self) -> str:
        """SHA-256 of the text that was read; of the terms as JSON where there was no text."""
        return hashlib.sha256(self._source or self.model_dump_json().encode()).hexdigest()

    @property
    def decimals(self) -> int:
        """How many decimals the contract's currency has."""
        return CURRENCIES[self.currency].decimals

    @property
    def currency_of_prices(self) -> str:
        """The currency that prices are written in."""
        return self.prices_in.currency if self.prices_in else self.currency

    def price_pence(self, milestone: str) -> int:
        """The price of a milestone before its rates and changes, in minor units."""
        return minor_units(self.milestones[milestone].price, self.currency_of_prices)

    def discounts_of(self, milestone: str) -> tuple[Discount, ...]:
        """The discounts that are taken off the prices of a milestone, in their order."""
        return tuple(one for one in self.discounts if one.is_of(milestone))

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """The parts of a day that rows of some metric name; none where no metric has any."""
        every = (slot for metric in self.metrics.values() for slot in metric.slot_names)
        return tuple(dict.fromkeys(every))

    @cached_property
    def payables(self) -> tuple[str, ...]:
        """Everything that is paid for: milestones, then results, then fees, in their order."""
        return (*self.milestones, *self.results, *self.fees)

    def term_of(self, payable: str) -> Milestone | Result | Fee:
        """The term of something that is paid for."""
        return self.milestones.get(payable) or self.results.get(payable) or self.fees[payable]

    def title_of(self, payable: str) -> str:
        """What people call something that is paid for."""
        return self.term_of(payable).title or payable

    # Not kept: a copy of a contract with other limits would go on with those of the first.
    @property
    def limits_on_the_whole(self) -> tuple[WholeLimit, ...]:
        """The limits that are applied before the money is shared, in the stated order."""
        return tuple(limit for limit in self.limits if isinstance(limit, WholeLimit))

    @property
    def limits_on_funders(self) -> tuple[ShareLimit, ...]:
        """The limits on what funders pay, in the stated order."""
        return tuple(limit for limit in self.limits if isinstance(limit, ShareLimit))

    @property
    def takers(self) -> frozenset[str]:
        """The funders that pay what lies beyond another's limit."""
        return frozenset(limit.taker for limit in self.limits if limit.taker is not None)

    @property
    def pays_unshared(self) -> frozenset[str]:
        """The funders that pay even without a share: what they give up front, and what lies beyond
        another's limit.
        """
        return self.takers.union(*(tranche.by for tranche in self.tranches.values()))

    @cached_property
    def grouping(self) -> tuple[str, ...]:
        """The attributes by which limits and results tell participants apart."""
        found = [result.each for result in self.results.values() if result.each]
        for limit in self.limits_on_the_whole:
            found += [*limit.only, limit.each or ""]
        return tuple(name for name in self.participants.attributes if name in found)

    @property
    def version_turns(self) -> tuple[date, ...]:
        """The days on which another version of the contract begins to govern what is achieved."""
        return ()

    @property
    def texts(self) -> tuple[tuple[date, Contract], ...]:
        """Every text in force, with the first of the days that it governs; a contract that was
        never amended is the only text of itself.
        """
        return ((date.min, self),)

    def text_on(self, day: date) -> Contract:
        """The text that governs what is dated on a day."""
        return next(text for from_, text in reversed(self.texts) if from_ <= day)

    @property
    def texts_of_claims(self) -> tuple[tuple[date, Contract], ...]:
        """The texts of which the day of a claim tells which it is under; otherwise this one, in
        which what is worked out on all claims of a milestone together is what it is in each.
        """
        return self.texts if self.governs == "milestones achieved" else ((date.min, self),)

    @cached_property
    def claim_by_claim(self) -> bool:
        """Whether limits look at single claims, so that equal claims cannot be counted together."""
        whole = self.limits_on_the_whole
        if any(limit.asks_single_claims for limit in whole):
            return True
        # A limit on a number must know what the first so many claims of a lot are worth.
        is_uneven = any(limit.first == "in proportion" for limit in whole) or any(
            text.prices_in is not None
            or any(term.bands or term.paid_for is not None for term in text.milestones.values())
            for _, text in self.texts
        )
        return is_uneven and any(limit.at_most.of != "money" for limit in whole)

    @property
    def workbook_sheets(self) -> dict[str, Sheet]:
        """The sheets that a workbook of evidence has: those of the contract, or where it has none
        the two evidence tables, Participants and Observations.
        """
        return self.sheets or evidence_tables(
            self.participants.attributes, has_slots=bool(self.slots)
        )

    def fundings_of(self, payable: str) -> list[Funding]:
        """The funding entries that name something that is paid for; the first that applies does."""
        return [rule for rule in self.funding if rule.names(payable)]

    def __repr__(self) -> str:
        """What it is, in a line: its terms are told by `render`."""
        return f"<Contract {self.contract}, version {self.version.number}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """The milestones with their clauses and prices, as a notebook shows them."""
        first, last = self.calendar.term
        priced = self.currency_of_prices
        return card(
            self.title,
            f"{self.contract}, version {self.version.number}, {first} through {last}",
            ["Milestone", "Clause", "Price"],
            [
                [term.title or name, term.clause, show(self.price_pence(name), priced)]
                for name, term in self.milestones.items()
            ],
            words=2,
        )

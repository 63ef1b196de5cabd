"""Made-up settlements for the tests of statements, settled by a few loops that share no code with
the engine.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate
from random import Random
from typing import Any

import pyarrow as pa

from impactbond.statements import LimitTerm, RateTerm, ShareTerm, StatementSource, TrancheTerm

CLAIM_DATES = {
    "2017-Q2": date(2017, 7, 31),
    "2017-Q3": date(2017, 10, 31),
    "2017-Q4": date(2018, 1, 31),
}
LATEST = "2017-Q4"
MILESTONES = {
    "consent": ("Parental consent", "Sch 2 §1"),
    "sign_up": ("Sign-up", "Sch 2 §2"),
    "engaged_year_1": ("High engagement in year 1", "Sch 2 §3"),
    "one_outcome": ("At least one outcome", "Sch 2 §4"),
    "three_outcomes": ("Three outcomes", "Sch 2 §4"),
}
PRICES = {
    "consent": 12_000,
    "sign_up": 45_000,
    "engaged_year_1": 60_000,
    "one_outcome": 35_000,
    "three_outcomes": 33_333,
}
FUNDERS = [
    ("lbhf", "London Borough of Hammersmith & Fulham", "council"),
    ("school: Brook Green Primary", "Brook Green Primary", "school"),
    ("school: St Mary's, Fulham", "St Mary's, Fulham", "school"),
    ("lottery", "The National Lottery Community Fund", "lottery"),
    ("trust", "Philanthropic trust", "philanthropy"),
]
SHARES = {
    "lbhf": Fraction(3, 10),
    "school": Fraction(1, 5),
    "lottery": Fraction(1, 9),
    "trust": Fraction(35, 90),
}
WRITTEN = {"lbhf": "30%", "school": "20%", "lottery": "1/9", "trust": "the rest"}
TRANCHE_PENCE = {"trust": 1_800_000, "lbhf": 600_000}

_PARTS = ("value_pence", "withheld_pence", "moved_pence", "amount_pence")


@dataclass(frozen=True)
class Movement:
    """One line to be settled: what a child's milestone moves in one claim."""

    claim_period: str
    participant: str
    school: str
    milestone: str
    period: str
    achieved_on: date
    quantity: int = 1
    withheld_pence: int = 0
    because: str = "achieved"
    kind: str = "claim"


@dataclass
class Settling:
    """A settlement in the making: shares on running totals, one funder limit passed on, one tranche
    recovered at 50%.
    """

    lottery_limit_pence: int | None = None
    passes_on_to: str = "trust"
    tranche_pence: dict[str, int] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    shares: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    balances: list[dict[str, Any]] = field(default_factory=list)

    def settle(self, movements: list[Movement]) -> None:
        """Folds the movements claim by claim."""
        self._running: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._paid: defaultdict[str, int] = defaultdict(int)
        self._on_account: defaultdict[str, int] = defaultdict(int)
        self._settled: defaultdict[str, int] = defaultdict(int)
        self._to_date: defaultdict[tuple[str, str], int] = defaultdict(int)
        for claim_period in CLAIM_DATES:
            ours = [movement for movement in movements if movement.claim_period == claim_period]
            for number, movement in enumerate(ours, 1):
                self._line(f"{claim_period}/{number:04d}", movement)
            self._close(claim_period)

    def _line(self, line: str, movement: Movement) -> None:
        price = PRICES[movement.milestone]
        value = price * movement.quantity
        self.lines.append(
            {
                "line": line,
                "claim_period": movement.claim_period,
                "claim_date": CLAIM_DATES[movement.claim_period],
                "kind": movement.kind,
                "participant": movement.participant,
                "milestone": movement.milestone,
                "period": movement.period,
                "achieved_on": movement.achieved_on,
                "quantity": movement.quantity,
                "price_pence": price,
                "value_pence": value,
                "withheld_pence": movement.withheld_pence,
                "entitled_pence": value - movement.withheld_pence,
                "because": movement.because,
                "withheld_by": "contract" if movement.withheld_pence else "",
                "share_rule": f"funding 1: lbhf; school: {movement.school}; lottery; trust",
            }
        )
        values = self._cut(f"{movement.school} value", value)
        payable = self._cut(f"{movement.school} payable", value - movement.withheld_pence)
        withheld = {payer: values[payer] - payable[payer] for payer in values}
        moved: defaultdict[str, int] = defaultdict(int)
        if self.lottery_limit_pence is not None:
            wanted = self._paid["lottery"] + values["lottery"] - withheld["lottery"]
            moved["lottery"] = min(self.lottery_limit_pence - wanted, 0)
            moved[self.passes_on_to] -= moved["lottery"]
        for payer in [*SHARES, *({self.passes_on_to} - set(SHARES) if moved["lottery"] else ())]:
            funder = f"school: {movement.school}" if payer == "school" else payer
            amount = values.get(payer, 0) - withheld.get(payer, 0) + moved[payer]
            parts = (values.get(payer, 0), withheld.get(payer, 0), moved[payer], amount)
            row = {"line": line, "claim_period": movement.claim_period, "funder": funder}
            self.shares.append(
                row | dict(zip(_PARTS, parts, strict=True)) | {"kind": movement.kind}
            )
            self._paid[funder] += amount
            for part, pence in zip(_PARTS, parts, strict=True):
                self._to_date[funder, part] += pence

    def _cut(self, rule: str, pence: int) -> dict[str, int]:
        before = self._running[rule, ""]
        after = self._running[rule, ""] = before + pence
        found, cumulative = {}, Fraction(0)
        bounds = (0, 0)
        for payer, share in SHARES.items():
            cumulative += share
            upto = tuple((2 * total * cumulative + 1) // 2 for total in (before, after))
            found[payer] = int((upto[1] - bounds[1]) - (upto[0] - bounds[0]))
            bounds = upto
        return found

    def _close(self, claim_period: str) -> None:
        claim_date = CLAIM_DATES[claim_period]
        for funder, _, _ in [*FUNDERS, ("unfunded", "", "")]:
            due = 0
            amounts = {}
            for kind, name in (("claim", "milestones"), ("adjustment", "adjustments")):
                amounts[name, ""] = sum(
                    row["amount_pence"]
                    for row in self.shares
                    if (row["claim_period"], row["funder"], row["kind"])
                    == (claim_period, funder, kind)
                )
            if claim_period == next(iter(CLAIM_DATES)):
                amounts["up-front", "mobilisation"] = self.tranche_pence.get(funder, 0)
                self._on_account[funder] = self.tranche_pence.get(funder, 0)
            else:
                recovered = min(max(sum(amounts.values()) // 2, 0), self._on_account[funder])
                amounts["recovered", "mobilisation"] = -recovered
                self._on_account[funder] -= recovered
            if funder == "unfunded":
                continue
            for (kind, name), pence in amounts.items():
                if pence:
                    row = {"claim_period": claim_period, "claim_date": claim_date, "funder": funder}
                    row |= {"due_on": claim_date + timedelta(days=30), "kind": kind, "name": name}
                    self.payments.append(row | {"amount_pence": pence})
                    due += pence
            self._balance(claim_period, funder, due)

    def _balance(self, claim_period: str, funder: str, due: int) -> None:
        value, withheld, moved = (self._to_date[funder, part] for part in _PARTS[:3])
        row = {
            "claim_period": claim_period,
            "claim_date": CLAIM_DATES[claim_period],
            "funder": funder,
        }
        row |= {"value_pence": value, "moved_pence": moved, "entitled_pence": value + moved}
        row |= {"withheld_pence": withheld, "on_account_pence": self._on_account[funder]}
        self.balances.append(row | {"settled_pence": self._settled[funder], "due_pence": due})
        self._settled[funder] += due
        left = row["entitled_pence"] + row["on_account_pence"] - withheld - self._settled[funder]
        assert left == 0, "the made-up settlement is wrong"


def make_source(settling: Settling, **facts: Any) -> StatementSource:
    """A source of statements around a settlement; facts replace the usual ones."""
    limits = [
        LimitTerm("Whole contract", 300_000_000_000, "unpaid", "§9", whole_contract=True),
    ]
    if settling.lottery_limit_pence is not None:
        most = settling.lottery_limit_pence
        limits.append(
            LimitTerm("The Lottery's payments", most, "paid by the trust", "Sch 3 §3", "lottery")
        )
    source = StatementSource(
        lines=_table(settling.lines, _LINES),
        shares=_table(settling.shares, _SHARES),
        payments=_table(settling.payments, _PAYMENTS),
        balances=_table(settling.balances, _BALANCES),
        funders=pa.table({name: [row[at] for row in FUNDERS] for at, name in enumerate(_FUNDERS)}),
        contract_id="wlz-lbhf",
        title="West London Zone Collective Impact Bond, Hammersmith & Fulham (illustrative)",
        version=1,
        effective_on=date(2016, 11, 1),
        currency="GBP",
        provider="West London Zone",
        milestones=MILESTONES,
        claim_period=LATEST,
        claim_date=CLAIM_DATES[LATEST],
        as_of=CLAIM_DATES[LATEST],
        rates=tuple(RateTerm(key, pence, "", MILESTONES[key][1]) for key, pence in PRICES.items()),
        share_rules=_share_rules(),
        limits=tuple(limits),
        tranches=tuple(
            TrancheTerm(
                "mobilisation",
                "Mobilisation money",
                funder,
                name,
                pence,
                date(2016, 12, 1),
                "at 50%",
                "§4",
            )
            for funder, name, _ in FUNDERS
            if (pence := settling.tranche_pence.get(funder, 0))
        ),
        rounding="on running totals, half up, odd penny in the order of the shares",
        refused_rows=3,
        engine_version="0.1.0",
        contract_sha256="c" * 64,
        evidence_sha256="e" * 64,
    )
    return replace(source, **facts)


def small_source(**facts: Any) -> StatementSource:
    """Five lines in three claims, small enough to be summed by hand; see `test_statement.py`."""
    settling = Settling(lottery_limit_pence=15_000, tranche_pence=TRANCHE_PENCE)
    brook, mary = "Brook Green Primary", "St Mary's, Fulham"
    settling.settle(
        [
            Movement("2017-Q2", "C-01", brook, "consent", "2017-Q2", date(2017, 5, 2)),
            Movement("2017-Q2", "C-01", brook, "sign_up", "2017-Q2", date(2017, 6, 1)),
            Movement("2017-Q3", "C-02", mary, "sign_up", "2017-Q3", date(2017, 8, 9)),
            Movement("2017-Q4", "C-02", mary, "engaged_year_1", "2017-Q4", date(2017, 11, 3)),
            Movement(
                "2017-Q4",
                "C-01",
                brook,
                "sign_up",
                "2017-Q2",
                date(2017, 6, 1),
                -1,
                0,
                "taken back",
                "adjustment",
            ),
        ]
    )
    return make_source(settling, **facts)


def large_source(line_count: int, *, seed: int = 1, **facts: Any) -> StatementSource:
    """As many lines in the latest claim as asked for, one in nine an adjustment, some withheld."""
    random = Random(seed)
    settling = Settling(lottery_limit_pence=900_000, tranche_pence=TRANCHE_PENCE)
    movements = []
    schools = [name for funder, name, _ in FUNDERS if funder.startswith("school: ")]
    for place in range(line_count + 40):
        claim_period = LATEST if place >= 40 else random.choice(["2017-Q2", "2017-Q3"])
        milestone = random.choice(list(PRICES))
        achieved_on = CLAIM_DATES[claim_period] - timedelta(days=random.randrange(31, 120))
        line = Movement(
            claim_period,
            f"C-{place % 997:04d}",
            random.choice(schools),
            milestone,
            claim_period,
            achieved_on,
        )
        if place >= 40 and place % 9 == 0:
            line = replace(
                line, kind="adjustment", period="2017-Q3", quantity=-1, because="taken back"
            )
        elif place % 23 == 0:
            line = replace(line, withheld_pence=PRICES[milestone] // 3)
        movements.append(line)
    settling.settle(movements)
    return make_source(settling, **facts)


def _share_rules() -> tuple[ShareTerm, ...]:
    names = {funder.partition(":")[0]: name for funder, name, _ in FUNDERS} | {
        "school": "The child's own school"
    }
    first = dict(zip(SHARES, accumulate(SHARES.values(), initial=Fraction(0)), strict=False))
    about = (tuple(MILESTONES), "Sch 3 §1", "")
    return tuple(
        ShareTerm("Funding 1", payer, names[payer], WRITTEN[payer], share, *about, first[payer])
        for payer, share in SHARES.items()
    )


def _table(rows: list[dict[str, Any]], columns: dict[str, pa.DataType]) -> pa.Table:
    return pa.table(
        {name: pa.array([row[name] for row in rows], kind) for name, kind in columns.items()}
    )


_FUNDERS = ("funder", "name", "kind")
_CLAIM = {"claim_period": pa.string(), "claim_date": pa.date32()}
_LINES = {
    "line": pa.string(),
    **_CLAIM,
    "kind": pa.string(),
    "participant": pa.string(),
    "milestone": pa.string(),
    "period": pa.string(),
    "achieved_on": pa.date32(),
    "quantity": pa.int64(),
    "price_pence": pa.int64(),
    "value_pence": pa.int64(),
    "withheld_pence": pa.int64(),
    "entitled_pence": pa.int64(),
    "because": pa.string(),
    "withheld_by": pa.string(),
    "share_rule": pa.string(),
}
_SHARES = {
    "line": pa.string(),
    "claim_period": pa.string(),
    "funder": pa.string(),
    **{part: pa.int64() for part in _PARTS},
}
_PAYMENTS = {
    **_CLAIM,
    "due_on": pa.date32(),
    "funder": pa.string(),
    "kind": pa.string(),
    "name": pa.string(),
    "amount_pence": pa.int64(),
}
_BALANCES = {
    **_CLAIM,
    "funder": pa.string(),
    **{
        f"{part}_pence": pa.int64()
        for part in ("value", "moved", "entitled", "withheld", "on_account", "settled", "due")
    },
}


def with_cells(
    source: StatementSource, table: str, column: str, changes: dict[int, Any]
) -> StatementSource:
    """The source with some cells of one table changed."""
    rows = getattr(source, table)
    values = rows[column].to_pylist()
    for place, value in changes.items():
        values[place] = value
    kind = rows.schema.field(column).type
    changed = rows.set_column(rows.column_names.index(column), column, pa.array(values, kind))
    return replace(source, **{table: changed})


def renamed(source: StatementSource, funder: str, to: str) -> StatementSource:
    """The source with one funder under another name, everywhere in its tables."""
    for table in ("funders", "shares", "payments", "balances"):
        names = getattr(source, table)["funder"].to_pylist()
        changes = {place: to for place, name in enumerate(names) if name == funder}
        source = with_cells(source, table, "funder", changes)
    return source

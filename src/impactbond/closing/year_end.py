"""A year end: its tables, its file, and what it comes to in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

import pyarrow as pa

from impactbond.cards import FrameOf, text_card
from impactbond.closing.filed import Filed, filed_bytes
from impactbond.closing.ledger import Ledger
from impactbond.closing.sums import Sums
from impactbond.errors import Fault, YearEndError
from impactbond.money import show
from impactbond.tables import aligned, plain_rows
from impactbond.terms.words import counted

Framework = Literal["SORP 2019", "SORP 2026"]
# What the framework calls what is earned and not asked for, and what is asked for and not earned.
WORDS: Mapping[Framework, tuple[str, str]] = {
    "SORP 2019": ("Accrued income", "Deferred income"),
    "SORP 2026": ("Contract asset", "Contract liability"),
}
NO_ADVICE = (
    "These are figures, no accounting advice: which of them are income, asset or liability, and by"
    " which policy, is for the charity and its auditor or examiner to decide."
)


class _YearEndFrame(FrameOf):
    """A table of a year end, of those by name, as a frame."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._table = name

    def table_of(self, owner: YearEnd) -> pa.Table:
        return owner.tables[self._table]


@dataclass(frozen=True, eq=False, repr=False)
class YearEnd:
    """The result of `year_end`. Frames come in the kind that the evidence came in; money is whole
    pence (`*_pence`). `tables` holds the same as Arrow tables, by name; `later` is what evidence
    after the sign-off would add and take back, in pence; `cautions` tell what deserves a look
    though it stops nothing.
    """

    contract: str
    title: str
    contract_sha256: str
    currency: str
    on: date
    evidence_to: date
    framework: Framework
    previous: Filed | None
    ledger: Ledger | None
    earned: Sums
    tables: Mapping[str, pa.Table]
    claims_made: int
    refused_left_out: int
    refused_receipts: int
    later: tuple[int, int]
    kind: str = field(default="pandas")
    evidence_sha256: str = ""
    cautions: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)  # of milestones

    position = _YearEndFrame(
        "A row for every funder: claimed, unclaimed, earned, asked, received, and what stands."
    )
    income = _YearEndFrame("The income of the year by funder, and what of it is of earlier years.")
    movement = _YearEndFrame("How asset, liability and receivable roll from the previous year end.")
    cut_off = _YearEndFrame(
        "Every outcome that is unclaimed, by funder and by when its evidence came."
    )
    up_front = _YearEndFrame(
        "Money asked on account, what is recovered and set off, and what remains."
    )
    limits = _YearEndFrame(
        "Every limit in money on all that a funder, or everybody, pays; what is used of it."
    )
    withheld = _YearEndFrame(
        "What outcomes are worth, and what of it limits and disputes withhold, by funder."
    )
    aged = _YearEndFrame("What is open of every funder by how long it is overdue.")
    journals = _YearEndFrame(
        "The journals of the year end, by the keys of accounts; reversed the next day."
    )
    postings = _YearEndFrame(
        "What was asked and what came, for a ledger that holds no invoices of its own."
    )
    after = _YearEndFrame(
        "What evidence changed between year end and sign-off, and what was paid in those days."
    )
    in_progress = _YearEndFrame(
        "How many participants can still achieve each milestone, at its price."
    )
    disputed = _YearEndFrame("What you do not count as earned, by your own figure, and why.")
    exchange = _YearEndFrame(
        "What stands in the currency of the ledger, where that is not the contract's."
    )
    funds = _YearEndFrame("The year by fund: income, what was received, and what stands.")
    interest = _YearEndFrame(
        "Statutory interest on what was paid late, where the ledger map gives reference rates."
    )
    policy = _YearEndFrame(
        "How the figures were come by, for a note on accounting policies to begin from."
    )
    refused = _YearEndFrame("What was refused and left out, by reason.")

    @property
    def ledger_currency(self) -> str:
        """The currency of the ledger, where that is not the contract's; else nothing."""
        exchange = None if self.ledger is None else self.ledger.exchange
        return "" if exchange is None else exchange.currency

    paid = _YearEndFrame("Every receipt by the claims that it paid, and what of it paid none.")
    payment_times = _YearEndFrame("How long every funder took to pay, to date.")
    trial_balance = _YearEndFrame(
        "What the ledger shows, the journals to post, what it should show, and the rest."
    )
    disclosure = _YearEndFrame(
        "The totals beside those of the previous year as filed, in the words of the framework."
    )
    confirmations = _YearEndFrame("What every funder is asked to confirm.")
    checks = _YearEndFrame("Every sum found twice, and whether the two are the same.")

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The checks that do not hold."""
        return [row for row in self.tables["checks"].to_pylist() if not row["holds"]]

    @property
    def words(self) -> tuple[str, str]:
        """What the framework calls what is earned and not asked for, and the opposite."""
        return WORDS[self.framework]

    @property
    def ledger_given(self) -> Ledger:
        """The ledger map. Raises YearEndError where there is none."""
        if self.ledger is None:
            fault = Fault(
                code="no_ledger",
                problem="journals cannot be exported without the codes of accounts",
                hint="Give a ledger map: ledger=, --ledger",
            )
            raise YearEndError("There is no ledger map.", [fault])
        return self.ledger

    def code_of(self, account: str) -> str:
        """The code of an account in the ledger."""
        return str(getattr(self.ledger_given.accounts, account))

    def account_name(self, account: str) -> str:
        """What the ledger calls an account, or else its code."""
        return self.ledger_given.account_names.get(account) or self.code_of(account)

    def name_of(self, funder: str) -> str:
        """What a funder is called."""
        names = {row["funder"]: row["name"] for row in self.tables["position"].to_pylist()}
        return str(names.get(funder, funder))

    invoices = _YearEndFrame(
        "Every line of an invoice or credit note asked for since the previous year end."
    )

    def total(self, table: str, column: str) -> int:
        """A column of a table added up, in pence."""
        return sum(self.tables[table][f"{column}_pence"].to_pylist())

    @cached_property
    def _filed(self) -> tuple[bytes, str]:
        rows = [
            {**outcome._asdict(), "achieved_on": str(outcome.achieved_on), "earned_pence": pence}
            for outcome, pence in self.earned.items()
        ]
        return filed_bytes(
            {
                "contract": self.contract,
                "contract_sha256": self.contract_sha256,
                "currency": self.currency,
                "on": str(self.on),
                "evidence_to": str(self.evidence_to),
                "framework": self.framework,
                "ledger_currency": self.ledger_currency,
                "previous_sha256": None if self.previous is None else self.previous.digest,
                "refused_left_out": self.refused_left_out,
                "refused_receipts_left_out": self.refused_receipts,
                "earned": rows,
                **{name: plain_rows(self.tables[name]) for name in self.tables},
            }
        )

    @property
    def filed(self) -> bytes:
        """The year end as it is kept, for the next one to begin from."""
        return self._filed[0]

    @property
    def digest(self) -> str:
        """The SHA-256 digest of what the year end says."""
        return self._filed[1]

    @property
    def file_name(self) -> str:
        """What its file is called: with the sign-off, by which the same year end can differ."""
        return f"{self.contract}_year_end_{self.on}_evidence_to_{self.evidence_to}.json"

    def as_dict(self) -> dict[str, Any]:
        """The year end as plain data, for `--json`: without outcomes of participants."""
        shown = {name: table for name, table in self.tables.items() if name != "cut_off"}
        return {
            "contract": self.contract,
            "on": str(self.on),
            "evidence_to": str(self.evidence_to),
            "framework": self.framework,
            "sha256": self.digest,
            "evidence_sha256": self.evidence_sha256,
            "previous_sha256": None if self.previous is None else self.previous.digest,
            "refused_rows_left_out": self.refused_left_out,
            "refused_receipts_left_out": self.refused_receipts,
            "after_sign_off_pence": {"added": self.later[0], "taken_back": self.later[1]},
            "checks_hold": not self.failed,
            "cautions": list(self.cautions),
            **{name: plain_rows(table) for name, table in shown.items()},
        }

    @property
    def text(self) -> str:
        """The position, the income of the year and the checks, in plain words."""
        told = [
            f"{self.contract}: year end {self.on}, evidence recorded up to {self.evidence_to}",
            f"  Claims made by then: {self.claims_made}",
            "",
            *self._position_lines(),
            "",
            f"  Income: {self._money(self.total('income', 'income'))} ({self._since()})",
            f"    of the year: {self._money(self.total('income', 'this_year'))}",
            f"    late, of earlier years: {self._money(self.total('income', 'late'))}",
            f"    taken back, of earlier years: {self._money(self.total('income', 'taken_back'))}",
            f"    moved between funders: {self._money(self.total('income', 'moved'))}",
            f"    fees: {self._money(self.total('income', 'fees'))}",
            *self._other_lines(),
            "",
            *self._check_lines(),
            *(f"  CAUTION: {sentence}" for sentence in self.cautions),
        ]
        if self.refused_left_out:
            left_out = counted(self.refused_left_out, "row")
            told.append(f"  Refused and left out of the evidence: {left_out}")
        if self.refused_receipts:
            left_out = counted(self.refused_receipts, "row")
            told.append(f"  Refused and left out of the receipts: {left_out}")
        if any(self.later):
            added, taken_back = map(self._money, self.later)
            told.append(f"  Evidence after {self.evidence_to}, of the next year: {added} added,")
            told.append(f"    {taken_back} taken back")
        return "\n".join([*told, "", f"  {NO_ADVICE}"])

    def _other_lines(self) -> list[str]:
        told = []
        for name, words in (
            ("constrained", "in dispute, or may be taken back, by your own figure"),
            ("passed_on", "another party's, whose agent you are"),
        ):
            if any(self.tables["income"][f"{name}_pence"].to_pylist()):
                told.append(f"    {words}: {self._money(self.total('income', name))}")
        for item in ("income to date", "exchange difference"):
            rows = [row for row in self.tables["exchange"].to_pylist() if row["item"] == item]
            if rows:
                of_year = show(sum(row["year_pence"] for row in rows), self.ledger_currency)
                words = item.replace(" to date", "")
                told.append(f"  In {self.ledger_currency}, {words} of the year: {of_year}")
        return told

    def _since(self) -> str:
        if self.previous is None:
            return "all to date: no previous year end was given"
        return f"since {self.previous.on}, as filed: SHA-256 {self.previous.digest}"

    def _position_lines(self) -> list[str]:
        columns = {
            "Claimed": "claimed",
            "Unclaimed": "unclaimed",
            "Earned": "earned",
            "Asked": "asked",
            "Received": "received",
            self.words[0]: "contract_asset",
            self.words[1]: "contract_liability",
            "Receivable": "receivable",
            "In advance": "in_advance",
        }
        rows = [
            [row["name"], *(self._money(row[f"{name}_pence"]) for name in columns.values())]
            for row in self.tables["position"].to_pylist()
        ]
        totals = [self._money(self.total("position", name)) for name in columns.values()]
        every = [["Funder", *columns], *rows, ["All funders", *totals]]
        return [f"  {line}" for line in aligned(every, 1)]

    def _check_lines(self) -> list[str]:
        count, failed = self.tables["checks"].num_rows, self.failed
        if not failed:
            return [f"  Checks: all {count} hold"]
        told = (
            f"    {row['check']}, {row['of']}: {self._money(row['one_pence'])} and "
            f"{self._money(row['other_pence'])}"
            for row in failed
        )
        return [f"  Checks: {len(failed)} of {count} DO NOT HOLD", *told]

    def _money(self, pence: int) -> str:
        return show(pence, self.currency)

    def __repr__(self) -> str:
        earned = self._money(self.total("position", "earned"))
        return f"<YearEnd of {self.contract} on {self.on}: {earned} earned>"

    def _repr_html_(self) -> str:
        return text_card(self.text)

"""The pack of a year end as it is kept: its figures in one JSON file, with the digest of what they
are, for the next year end to begin from.

Takes  the tables of a year end.
Gives  the same bytes for the same figures; and what was filed, read back.
Keeps  the next year opens with what was filed, never with what would be worked out today. Any
       change to the file is found. It names participants: it is the provider's own, as a record is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

from impactbond.canonical import json_bytes, sha256
from impactbond.closing.sums import EarnedOutcome, Sums
from impactbond.errors import Fault, YearEndError, unopened

FORMAT = 1
_NAMED = re.compile(r"(?P<contract>.+)_year_end_(?P<on>\d{4}-\d\d-\d\d)_evidence_to_.+\.json")
_SHA256 = "sha256"
# What a year end that was filed by an earlier engine does not tell, because there was none.
_LATER_KEPT = ("constrained", "refunded", "written_off", "passed_on")
_NONE_YET = {f"{name}_pence": 0 for name in _LATER_KEPT}


@dataclass(frozen=True, eq=False)
class Filed:
    """A year end as it was filed: the position of every funder, and what was earned by outcome."""

    name: str
    digest: str
    contract: str
    currency: str
    on: date
    evidence_to: date
    position: tuple[dict[str, Any], ...] = field(repr=False)
    earned: Sums = field(repr=False)
    income: Mapping[str, int] = field(repr=False, default_factory=dict)  # of its year, by funder
    exchange: Mapping[tuple[str, str], int] = field(repr=False, default_factory=dict)
    ledger_currency: str = ""


def filed_bytes(plain: Mapping[str, Any]) -> tuple[bytes, str]:
    """The file of a year end, and the digest of what it says, which stands in it."""
    told = {"impactbond_year_end": FORMAT, **plain}
    digest = sha256(json_bytes(told))
    return json_bytes({**told, _SHA256: digest}), digest


def read_filed(path: str | PathLike[str]) -> Filed:
    """A year end that was kept. Raises YearEndError unless it is as it was written."""
    file = Path(path)
    try:
        content = file.read_bytes()
    except (OSError, ValueError) as error:
        raise YearEndError(
            "The previous year end cannot be read.", [unopened(file, error)]
        ) from None
    return parse_filed(content, file.name)


def assert_last(path: str | PathLike[str], filed: Filed, on: date) -> None:
    """No later year end of the contract, before a day, stands in the folder of this one: whoever
    takes the one before the last would count a year's income twice.
    """
    later = sorted(
        one.name
        for one in Path(path).parent.glob("*.json")
        if (told := _NAMED.fullmatch(one.name)) is not None
        and told["contract"] == filed.contract
        # Texts of ISO days stand in the order of the days.
        and str(filed.on) < told["on"] < str(on)
    )
    if later:
        fault = Fault(
            file=filed.name,
            code="not_the_last",
            problem=f"it is of {filed.on}, and a later one stands beside it",
            found=", ".join(later),
            hint="Name the last one, or move what was never filed to another folder",
        )
        raise YearEndError("The previous year end is not the last one.", [fault])


def parse_filed(content: bytes, name: str) -> Filed:
    """The same from the bytes of a file called `name`."""
    try:
        plain = json.loads(content)
        digest = plain.pop(_SHA256)
        # Written again from what was read, it must come to the same bytes: a changed figure, an
        # added key or another order of keys is no filed year end.
        if plain["impactbond_year_end"] != FORMAT or filed_bytes(plain) != (content, digest):
            raise ValueError
        return Filed(
            name=name,
            digest=digest,
            contract=plain["contract"],
            currency=plain["currency"],
            on=date.fromisoformat(plain["on"]),
            evidence_to=date.fromisoformat(plain["evidence_to"]),
            position=tuple({**_NONE_YET, **row} for row in plain["position"]),
            earned={_outcome(row): row["earned_pence"] for row in plain["earned"]},
            income={row["funder"]: row["income_pence"] for row in plain.get("income", ())},
            exchange={
                (row["funder"], row["item"]): row["ledger_pence"]
                for row in plain.get("exchange", ())
            },
            ledger_currency=plain.get("ledger_currency", ""),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        fault = Fault(
            file=name,
            code="not_as_filed",
            problem="this is no year end as impactbond writes them, or it was changed since",
            hint="Take it from where it was kept",
        )
        raise YearEndError("The previous year end cannot be trusted.", [fault]) from None


def _outcome(row: Mapping[str, Any]) -> EarnedOutcome:
    return EarnedOutcome(
        row["funder"],
        row["participant"],
        row["milestone"],
        row["period"],
        date.fromisoformat(row["achieved_on"]),
    )

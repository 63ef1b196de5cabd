"""What a limit lets through, as a phrase: an amount, a number, or a share of what is claimed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from impactbond.money import show_share
from impactbond.terms.phrases import parse_part
from impactbond.terms.term import checked_amount

# What a limit takes a share of, as a file writes it, and what it is called.
_MOST_OF = {
    "of claims": "share of claims",
    "of paid claims": "share of paid claims",
    "of participants with claims": "share of participants",
}
_MOST = re.compile(rf"(\S+(?: ?/ ?\d+)?) (claims?|participants?|{'|'.join(_MOST_OF)})")


@dataclass(frozen=True, slots=True)
class Most:
    """What a limit lets through: an amount of money, so many claims or participants, what a funder
    has committed, or a share: of all claims, paid or not; of the claims that are paid; of the
    participants who have a claim, paid or not.
    """

    of: Literal[
        "money",
        "claims",
        "participants",
        "commitment",
        "share of claims",
        "share of paid claims",
        "share of participants",
    ]
    amount: Decimal = Decimal(0)
    number: int = 0
    share: Fraction = Fraction(0)

    @property
    def is_share(self) -> bool:
        """Whether it is a share of a number that is only known when claims are."""
        return self.of in _MOST_OF.values()

    @property
    def is_of_people(self) -> bool:
        """Whether it counts participants, not what is paid for them."""
        return self.of in ("participants", "share of participants")

    @classmethod
    def parse(cls, value: object) -> Most:
        """A limit from a number, or from text such as `300 claims` or `40% of claims`.

        Raises ValueError for anything else.
        """
        if isinstance(value, Most):
            return value
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return cls("money", checked_amount(value))
        text = " ".join(value.split()) if isinstance(value, str) else ""
        if text == "commitment":
            return cls("commitment")
        match = _MOST.fullmatch(text)
        if match and match[2] in _MOST_OF:
            return cls(_MOST_OF[match[2]], share=parse_part(match[1]))  # type: ignore[arg-type]
        if match and match[1].isdigit() and len(match[1]) <= 12:
            return cls(f"{match[2].removesuffix('s')}s", number=int(match[1]))  # type: ignore[arg-type]
        raise ValueError(
            "not what a limit may let through: write an amount in digits, such as 5000.00, 300"
            " claims, 20 participants, commitment, or a share: 40% of claims (of all that stand,"
            " paid or not), 40% of paid claims (these among them), or 40% of participants with"
            " claims (name a milestone at a price of nothing as well that everybody achieves at the"
            " start, if everybody counts)"
        )

    def __str__(self) -> str:
        match self.of:
            case "money":
                return f"{self.amount:f}"
            case "commitment":
                return "commitment"
            case of if self.is_share:
                written = next(text for text, known in _MOST_OF.items() if known == of)
                return f"{show_share(self.share)} {written}"
            case counted:
                return f"{self.number} {counted}"


MostPhrase = Annotated[
    Most,
    BeforeValidator(Most.parse),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "examples": ["300 claims", "40% of paid claims", "commitment"]},
            ]
        }
    ),
]

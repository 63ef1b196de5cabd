"""What is said of a milestone and of a line, and what people read for each: verdicts and their
reasons, how a claim stands, what a line is and why it moved.

The values stand in tables and records, where they never change. An engine holds their numbers,
which are their places here.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import groupby


class _Printed(StrEnum):
    @property
    def printed(self) -> str:
        """What a statement prints."""
        return self.value.capitalize()


class _Numbered(_Printed):
    @property
    def number(self) -> int:
        """The number that stands for it in an engine: its place among the others."""
        return list(type(self)).index(self)


class Verdict(_Numbered):
    """Whether a participant achieved a milestone."""

    ACHIEVED = "achieved"
    NOT_ACHIEVED = "not achieved"
    NO_EVIDENCE = "not evidenced"
    NOT_YET_DUE = "not yet due"
    LATE = "late"
    INELIGIBLE = "ineligible"
    WITHDRAWN = "withdrawn"


class Reason(_Numbered):
    """Why a verdict is what it is. No engine finds ANOTHER_VERSION: settlement does."""

    MET = "met"
    NOT_MET = "not_met"
    NO_EVIDENCE = "no_evidence"
    WINDOW_OPEN = "window_open"
    PREREQUISITE = "prerequisite"
    NOT_ELIGIBLE = "not_eligible"
    ELIGIBILITY_NOT_EVIDENCED = "eligibility_not_evidenced"
    LEFT = "left"
    OUTSIDE_TERM = "outside_term"
    RECORDED_LATE = "recorded_late"
    NOT_FOR_SEGMENT = "not_for_segment"
    ALTERNATIVE = "alternative"
    PLACE_TAKEN = "place_taken"
    ANOTHER_VERSION = "another_version"


class Standing(_Numbered):
    """How a claim stands: for its whole price, for what late evidence earns, or in dispute."""

    FULL = "full"
    LATE = "late"
    DISPUTED = "disputed"


class Outcome(_Printed):
    """What came of measuring a result."""

    MEASURED = "measured"
    NOT_KNOWN = "not known"
    NOT_LET_THROUGH = "needed not met"
    NOT_YET = "not yet measured"
    ANOTHER_VERSION = "not paid by its version"
    CLOSED_OTHERWISE = "closed otherwise"


class LineKind(_Numbered):
    """What a line is: a claim of its own period, or what changes in a closed one."""

    ADJUSTMENT = "adjustment"
    CLAIM = "claim"


_FEE = "a fee of that kind fell due"


class Because(_Printed):
    """Why a line moved: its value, what the note of a statement says it means, and what an
    explanation says of one such line. A fee that falls due moves for its own kind.
    """

    note: str
    sentence: str

    def __new__(cls, value: str, note: str = "", sentence: str = "") -> Because:
        """A reason with its words; a fee's own kind is all that an explanation says."""
        reason = str.__new__(cls, value)
        reason._value_, reason.note, reason.sentence = value, note, sentence or value
        return reason

    ACHIEVED = "achieved", "the milestone was achieved and evidenced"
    TAKEN_BACK = (
        "taken back",
        "evidence corrected since shows that a milestone claimed before was not achieved",
        "taken back, because the evidence known by then no longer shows it as claimed",
    )
    LIMIT_RELEASED = (
        "limit released",
        "there is room again under a limit that had withheld this line",
        "let through, because there is room under a limit again",
    )
    LIMIT_DISPLACED = (
        "limit displaced",
        "another claim that comes first now fills the limit, so this line is withheld",
        "kept back, because a claim that comes first now fills a limit",
    )
    FUNDER_LIMIT_RELEASED = (
        "funder limit released",
        "a funder's own limit has risen, and it pays what it had left unpaid of this line",
        "paid by a funder that left it unpaid, because its limit has room now",
    )
    TERMS_REPLACED = (
        "terms replaced",
        "a new version of the contract was signed, by which the claim is worked out again",
        "worked out again, because a new version of the contract was signed",
    )
    IN_DISPUTE = (
        "in dispute",
        "evidence that a claim rests on is in dispute, so it is withheld",
        "withheld, because evidence that it rests on has come into dispute",
    )
    DISPUTE_SETTLED = (
        "dispute settled",
        "it is payable again",
        "no longer withheld, because what it rests on is not in dispute any more",
    )
    REPRICED = (
        "repriced",
        "the price of a claim depends on how many come before it, and that has changed",
        "priced anew, because other claims now come before it",
    )
    MEASURED = "measured", "a result, by what is measured of it up to this claim", "as measured"
    RELEASED = (
        "released",
        "a fee waits for claims of a milestone, and whether so many stand has changed",
        "released, because what it waited for has come",
    )
    SERVICE_FEE = "service fee", _FEE
    STANDING_CHARGE = "standing charge", _FEE
    GRANT = "grant", _FEE
    RELIEF = "relief", _FEE
    TERMINATION = "termination", _FEE
    OTHER = "other", _FEE


def words_for_why() -> str:
    """What every word in the column Why of a statement means."""
    together = [(note, list(reasons)) for note, reasons in groupby(Because, lambda one: one.note)]
    said = (f"{', '.join(one.printed for one in reasons)}: {note}." for note, reasons in together)
    return " ".join(said)

"""What a column of a name holds, wherever it stands: one word for one thing. A frame says it
otherwise only where it means something else.
"""

from __future__ import annotations

from collections.abc import Mapping

_SPREAD = {
    "mean_pence": "the mean over the futures",
    "sum_pence": "the sum over the futures, exact: over `trials` it is the mean",
    "most_pence": "the most of any future that was drawn",
}

WORDS: Mapping[str, str] = {
    # who and what
    "participant": "the key that stands for the participant",
    "milestone": "the name of the milestone in the contract",
    "funder": "the id of the funder in the contract; `school: Elm` where each school is one",
    "title": "what people call the milestone",
    "group": "the group, by the attributes that limits and results tell apart; empty for all",
    "metric": "the name of the metric in the contract",
    "result": "the name of the result of a group in the contract",
    "name": "of which tranche or fee; empty where the kind says all",
    "reason": "why, in a word that stays what it is",
    "clause": "the clause of the paper that the term cites; empty where none",
    # when
    "claim_period": "the period of the claim, such as 2018-Q1",
    "claim_date": "the day on which the claim is made",
    "period": "the claim period in which it was achieved",
    "achieved_on": "the day on which the milestone was achieved",
    "known_on": "the day on which the evidence that decides it was recorded",
    "observed_on": "the day that the row speaks of",
    "recorded_on": "the day on which it became known",
    "started_on": "the day of the start, from which windows are counted",
    "left_on": "the day on which the participant left; blank while they have not",
    "from_on": "the day from which the row holds",
    "due_on": "the day by which payment is due",
    "received_on": "the day on which the money arrived",
    # money
    "price_pence": "the price of one, or of one unit",
    "quantity": "how many; below nothing what is taken back",
    "value_pence": "quantity × price, before limits",
    "withheld_pence": "what limits or a dispute keep back of the value",
    "entitled_pence": "value less withheld",
    "amount_pence": "the amount",
    "moved_pence": "taken over from another funder, less passed on",
    "due_pence": "what is due",
    "worth_pence": "what one claim, or one unit, would then earn, before limits",
    "was_pence": "before",
    "now_pence": "after",
    "difference_pence": "now less was",
    "at_most_pence": "the limit",
    **_SPREAD,
    # from where
    "file": "the file that was delivered",
    "sheet": "its sheet, or the table that it is",
    "row": "the row in it, as a spreadsheet counts; 0 where its engine does not tell",
    "source": "who it comes from",
    # of evidence that cannot be used
    "column": "the heading; empty where the row as a whole is meant",
    "code": "the code of what is wrong: docs/errors.md; it stays what it is",
    "problem": "what is wrong, in words; never the value",
    "allowed": "what may stand there",
    "hint": "what to do",
    # of futures
    "trials": "how many futures were drawn",
    "limit": "the limit, as the contract names it",
    "verdict": "achieved, not achieved, not evidenced, not yet due, late, ineligible, withdrawn",
    "was": "before",
    "now": "after",
    "path": "the term, by its path in the contract",
    "low": "the low end",
    "high": "the high end",
}


def said_of(name: str) -> str | None:
    """What a column of that name holds, where the name alone says it."""
    if name in WORDS:
        return WORDS[name]
    rest, _, end = name.rpartition("_")
    if end == "pence" and rest[:1] == "p" and rest[1:].isdigit():
        return f"in {rest[1:]} of 100 futures it is at most this"
    if name.startswith("difference_"):
        said = said_of(name.removeprefix("difference_"))
        return said and f"of this design less the first, future by future: {said}"
    return None

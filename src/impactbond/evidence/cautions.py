"""What deserves a look in evidence that is in order by itself: names that may be one, written in
two ways; references that may be of one child, or of two; and days that no contract of these years
speaks of.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.texts import alike, with_letters_named

MOST_NAMES = 5_000  # different texts of an attribute that are compared with each other
MOST_PEOPLE = 200_000  # rows about participants that are compared with each other
_MOST_TOLD = 10
_LONG_BEFORE, _LONG_AFTER = timedelta(days=3652), timedelta(days=730)


def place_cautions(participants: pa.Table, *tables: pa.Table) -> Iterator[str]:
    """A caution for files and sheets that are called after a participant, one tab for each child:
    where a row stands is told wherever it is, also to who may not know whose it is.
    """
    # One of digits alone may be the number of a week or a class.
    known = {one for one in participants["participant"].to_pylist() if not one.isdigit()}
    for name in ("file", "sheet"):
        told = {one for table in tables for one in pc.unique(table[name]).to_pylist() if one}
        whose = [one for one in told if known & {one, *_words_of(one)}]
        if whose:
            yield (
                f"{name}s that are called after a participant: {len(whose)}. Their names are told "
                "wherever a row of them is: give them others."
            )


def _words_of(name: str) -> Iterator[str]:
    """What may be a reference in a name: without an ending, and between blanks or underscores."""
    stem = name.rpartition(".")[0] or name
    yield from (stem, *stem.split("_"), *stem.split())


def twin_cautions(participants: pa.Table, contract: Contract) -> Iterator[str]:
    """A caution for two spellings of what tells funders apart, a school's name or a borough's: each
    is a funder of its own.
    """
    for name in dict.fromkeys(one.each for one in contract.funders.values() if one.each):
        texts = participants[name].unique().drop_null().to_pylist()
        if len(texts) > MOST_NAMES:
            continue
        for one, other in alike(texts)[:_MOST_TOLD]:
            spelt = pc.is_in(participants[name], pa.array([one, other]))
            sheets = _sheets_of(participants.filter(spelt)).unique().to_pylist()
            yield (
                f"sheet '{', '.join(sorted(filter(None, sheets)))}', column for '{name}': "
                f"{with_letters_named(one)} and {with_letters_named(other)} may be one, written in "
                "two ways. As it is they are two funders: write one of them in every row, if they "
                "are one."
            )


def _sheets_of(table: pa.Table) -> pa.ChunkedArray:
    """The sheet of each row; the file, which is one, where it has none."""
    return pc.if_else(pc.equal(table["sheet"], ""), table["file"], table["sheet"])


def day_cautions(table: pa.Table, contract: Contract) -> Iterator[str]:
    """A caution for days more than ten years before the contract begins or two after it ends."""
    periods = contract.calendar.periods
    first, last = periods[0].first - _LONG_BEFORE, periods[-1].last + _LONG_AFTER
    for name in ("started_on", "observed_on", "recorded_on"):
        if name not in table.column_names:
            continue
        day = pa.date32()
        early = pc.less(table[name], pa.scalar(first, day))
        late = pc.greater(table[name], pa.scalar(last, day))
        sheets = Counter(_sheets_of(table.filter(pc.or_(early, late))).to_pylist())
        for sheet, rows in sorted(item for item in sheets.items() if item[0]):
            yield (
                f"sheet '{sheet}': '{name}' lies more than ten years before the contract begins or "
                f"two years after it ends, in rows: {rows}. Look at the year."
            )


_Row = dict[str, Any]
_O_FOR_0 = re.compile(r"(?<=\d)o|o(?=\d)")
_PLAIN = r"\A[0-9A-NP-Za-np-z]+\z"  # to fold it is to take the small letters
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\W_]+(?=\d)")


def folded(reference: str) -> str:
    """A reference without what people write in two ways: capitals, hyphens and blanks, and O for 0
    beside a digit. Between digits something still parts them: 1-11 and 11-1 are two.
    """
    text = reference.casefold()
    if "o" not in text and text.isalnum():  # as most are: nothing in it is written in two ways
        return text
    while (changed := _O_FOR_0.sub("0", text)) != text:
        text = changed
    return re.sub(r"[^\w-]|_|(?<!\d)-|-(?!\d)", "", _BETWEEN_DIGITS.sub("-", text))


def person_cautions(participants: pa.Table, contract: Contract) -> Iterator[str]:
    """A caution for references that may be of one child, and for one that may be of two. They tell
    rows and no reference.
    """
    if participants.num_rows > MOST_PEOPLE:
        return
    each = [one.each for one in contract.funders.values() if one.each]
    attributes = list(dict.fromkeys(each)) or list(contract.participants.attributes)
    spelt = _spelt_alike(participants["participant"].unique())
    # Only these are looked at as rows: of most references there is one, unlike all others, or all
    # that its rows say is the same.
    doubtful = _told_otherwise(participants, attributes)
    doubtful += (one for same in spelt for one in same)
    of_these = pc.is_in(participants["participant"], pa.array(doubtful, pa.string()))
    rows: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in participants.filter(of_these).to_pylist():
        rows[row["participant"]].append(row)
    twins = [[rows[one][0] for one in same] for same in spelt]
    for first in twins[:_MOST_TOLD]:
        yield (
            f"{_where(first)}: these references differ only in capitals, hyphens, blanks, or O and "
            "0. If they are of one child, it is counted twice: write one of them in every row."
        )
    several = [same for same in rows.values() if len(same) > 1]
    for name in attributes:
        clashing, returning = [], []
        for same in several:
            # Of a reference that may be two children's, that it comes back says nothing more.
            if _is_of_two(same, name):
                clashing.append(same)
            elif _comes_back(same, name):
                returning.append(same)
        for same in clashing[:_MOST_TOLD]:
            yield (
                f"{_where(same)}: rows of one reference differ in '{name}' and in the start. It "
                "may be used for two children: give one of them another. If it is one child who "
                "changed, keep the first start and say from which day the change holds."
            )
        for same in returning[:_MOST_TOLD]:
            yield (
                f"{_where(same)}: '{name}' of one reference changes, and changes back. If two "
                "deliver the same child, it is in both at once: agree on one, and deliver that."
            )


def _spelt_alike(references: pa.Array) -> list[list[str]]:
    """The references that are one when they are `folded`, in their order."""
    is_plain = pc.match_substring_regex(references, _PLAIN)
    others = references.filter(pc.invert(is_plain)).to_pylist()
    keys = pc.replace_with_mask(
        pc.ascii_lower(references), pc.invert(is_plain), pa.array(map(folded, others), pa.string())
    )
    counts = keys.value_counts()
    several = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    among = pc.is_in(keys, several)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, one in zip(
        keys.filter(among).to_pylist(), references.filter(among).to_pylist(), strict=True
    ):
        found[key].append(one)
    return list(found.values())


def _told_otherwise(participants: pa.Table, attributes: Sequence[str]) -> list[str]:
    """The participants of whom one row says another attribute than another."""
    every = pc.CountOptions(mode="all")
    asked = [(name, "count_distinct", every) for name in attributes]
    counted = participants.group_by("participant").aggregate(asked)
    found: list[str] = []
    for name in attributes:
        differ = pc.greater(counted[f"{name}_count_distinct"], 1)
        found += counted.filter(differ)["participant"].to_pylist()
    return found


def _is_of_two(rows: Sequence[_Row], name: str) -> bool:
    """Whether two rows differ in the start and in an attribute."""
    told = {(row["started_on"], row[name]) for row in rows}
    return len({start for start, _ in told}) > 1 and len({value for _, value in told}) > 1


def _comes_back(rows: Sequence[_Row], name: str) -> bool:
    """Whether an attribute takes a value again after another, in the order of days."""
    ordered = sorted(rows, key=lambda row: (row["from_on"], row["recorded_on"]))
    values = [row[name] for row in ordered]
    runs = [one for at, one in enumerate(values) if at == 0 or values[at - 1] != one]
    return len(runs) > len(set(runs))


def _where(rows: Sequence[_Row]) -> str:
    """Where rows stand: by sheet, with the file where there are several."""
    files = {row["file"] for row in rows}
    places: defaultdict[str, list[int]] = defaultdict(list)
    for row in rows:
        file = f"{row['file']}, " if len(files) > 1 and row["sheet"] else ""
        places[f"{file}sheet '{row['sheet'] or row['file']}'"].append(row["row"])
    return "; ".join(
        f"{place}, rows {', '.join(map(str, sorted(numbers)))}"
        for place, numbers in sorted(places.items())
    )

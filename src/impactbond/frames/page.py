"""The page of columns: `python -m impactbond.frames.page > docs/columns.md`.

And all frames, by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from impactbond.frames.foreseen import FORESEEN
from impactbond.frames.frame import Frame
from impactbond.frames.settled import COMPARED, EXPLAINED, KNOWN, RECEIVED, SETTLED

# Lines of the page are as long as those of its neighbours.
# ruff: noqa: E501

_HEAD = """# Columns of every frame

Made by `python -m impactbond.frames.page`, from what the package declares; the tests hold it against what the package gives.

- A frame comes in the kind that the evidence came in: pandas, Polars, Arrow, DuckDB, Spark. The same with `_table` after its name is an
  Arrow table. Rows have a fixed order, and no meaning is kept in an index.
- Money is whole minor units of the contract's currency (pence, cents, yen), int64, in columns that end in `_pence`. Nothing holds money in a float: in
  pandas a column of money in which a cell is blank is `Int64`.
- Days are days: `date32` in Arrow, `datetime64[ms]` in pandas, `Date` in Polars. In JSON they are texts such as 2018-01-31.
- *Blank* says where a null may stand. An empty text is none.

For applications the same is data. `ib.declared_frames()` has every frame by its name, with its Arrow schema (types, nulls, and the unit and the meaning in each field's
metadata) and the JSON Schema of its rows, as `--json` and `as_dict()` give them:

```python
import impactbond as ib

lines = ib.declared_frames()["settlement.lines"]
assert str(lines.schema.field("value_pence").type) == "int64"
assert lines.schema.field("achieved_on").nullable
assert lines.json_schema["items"]["properties"]["claim_date"]["format"] == "date"
print(lines.row)
```

`ib.for_people(settlement, "schedule")` gives the tables of a settlement as people read them: funders and milestones by what they are called, money in
pounds (exact, as decimals), headings with their unit. It is for reading and printing; reckon with the other.
"""


def page() -> str:
    """The page, as Markdown."""
    return "\n".join([_HEAD, *_parts()])


def _parts() -> Iterator[str]:
    for title, frames in PARTS.items():
        yield f"## {title}\n"
        for frame in frames:
            yield from _frame(frame)


def _frame(frame: Frame) -> Iterator[str]:
    yield f"### {frame.name}\n"
    yield f"One row is {frame.row}.{f' Besides: {frame.more}.' if frame.more else ''}\n"
    yield "| column | type | unit | blank | what it holds |"
    yield "|---|---|---|---|---|"
    for one in frame.columns:
        unit = "minor units" if one.name.endswith("_pence") else one.unit
        blank = "may be" if one.may_be_blank else ""
        yield f"| `{one.name}` | {one.kind} | {unit} | {blank} | {one.meaning} |"
    yield ""


PARTS: Mapping[str, tuple[Frame, ...]] = {
    "What is known": KNOWN,
    "What was settled": SETTLED,
    "What was received": RECEIVED,
    "Why": EXPLAINED,
    "What differs": COMPARED,
    "What might happen": FORESEEN,
}
FRAMES: Mapping[str, Frame] = MappingProxyType(
    {frame.name: frame for part in PARTS.values() for frame in part}
)


def declared_frames() -> Mapping[str, Frame]:
    """Every frame that the library gives, by its name, such as `settlement.lines`: what one row is,
    and of each column the type, the unit, whether it may be blank, and what it holds.
    """
    return FRAMES


if __name__ == "__main__":
    print(page(), end="")

"""A proposal for a mapping, from the headings of a file and the look of what stands below them; and
what it is unsure of, for a person to decide. No cell of a child is repeated.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from os import PathLike
from pathlib import Path

from impactbond.contract.contract import Contract
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.cells import Percent
from impactbond.evidence.deliveries import Cells
from impactbond.evidence.personal import heading_tells, values_tell
from impactbond.mappings.days import form, has_year
from impactbond.mappings.source_files import SourceFile, cell_name
from impactbond.mappings.understood_sheets import UnderstoodSheet, reads_like, understood_sheets
from impactbond.texts import one_spelling

_DAYS = (
    *("YYYY-MM-DD", "DD/MM/YYYY", "D/M/YYYY", "DD/MM/YY", "D/M/YY", "DD.MM.YYYY", "DD-MM-YYYY"),
    *("D MMM YYYY", "D-MMM-YY", "D MMM YY", "DDD D MMM YYYY", "DDD DD/MM/YYYY", "DDD D/M/YY"),
    *("MM/DD/YYYY",),
)
_TIMES = (" hh:mm", " hh:mm:ss", "Thh:mm:ss")
FORMS = (*_DAYS, *(f"{day}{time}" for time in _TIMES for day in _DAYS[:5]))
HEADING_FORMS = (*_DAYS, "D/M", "D MMM", "DDD D MMM", "DDD D/M")
_MOST_FORMS = 3  # in one column
# Codes that are shown where they are found: they say how somebody attended and not who.
_WORDS_OF_REGISTERS = (
    *("Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7", "C1", "C2", "J1", "DNA", "CNA", "AA"),
    *("yes", "no", "Yes", "No", "Present", "Absent"),
)
CODES = frozenset("/\\LKVPWBDQXZ#MSCTRIEGNOUHJY-✓✔xA10") | frozenset(_WORDS_OF_REGISTERS)
_WORDS = {
    "participant": r"child|pupil|student|learner|client|participant|young person|ref(erence)?|id",
    "recorded_on": r"recorded|entered|created|produced|exported",
    "observed_on": r"(session |test |attendance )?date|day|delivered|held|completed( on)?",
    "slot": r"session|half day|am pm|period",
    "source": r"source|completed by|informant",
}
_SMALL = {code.casefold() for code in CODES}
_TWO_COUNTS = re.compile(r"\d{1,4} ?/ ?\d{1,4}", re.ASCII)
_WEEK = re.compile(r"(w/?c|week (commencing|beginning|starting|of)):?", re.IGNORECASE)
_WEEKDAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*( (am|pm))?", re.IGNORECASE)
_FILL_IN = "FILL_IN"


@dataclass(eq=False)
class Proposal:
    """A proposed mapping as text, and what it is unsure of."""

    text: str
    unsure: list[str]

    def as_dict(self) -> dict[str, object]:
        """The proposal as plain data, for `--json`."""
        return {"mapping": self.text, "unsure": self.unsure}


def propose_mapping(path: str | PathLike[str], contract: Contract | None = None) -> Proposal:
    """A mapping for a file, to be looked through and completed; with a contract, by its metrics.

    Raises EvidenceError where the file cannot be read.
    """
    file = SourceFile.of(Path(path))
    if isinstance(file, Fault):
        raise EvidenceError("The file cannot be read.", [file])
    how: list[str] = []
    sheets = list(understood_sheets(file, how))
    if not sheets:
        problem = "nothing in it looks like a table"
        fault = Fault(file=file.name, code="no_headings", problem=problem)
        raise EvidenceError("Nothing can be proposed.", [fault])
    like = reads_like(file.path.stem)
    name = re.sub(r"[^a-z0-9]+", "-", file.path.stem.casefold()).strip("-")
    name = "partner" if like or not name else name
    # A day that nobody means stands where one is to be filled in, so that the proposal reads.
    told = [
        f"mapping: {name}",
        "version: 1",
        "dated: 2000-01-01  # FILL IN: the day of this version",
    ]
    told.append("tables:")
    unsure: list[str] = ["dated: the day of this version is to be filled in"]
    if like:
        unsure.append(f"files: the name of the file reads like {like}, and is not repeated here")
    for number, sheet in enumerate(sheets, 1):
        _describe(sheet, contract)
        told.append(f"  - files: {_FILL_IN if like else _quoted(_pattern(file.name))}")
        told += [f"    {line}" for line in how]
        of_sheet = reads_like(sheet.name)
        if len(sheets) > 1:
            told.append(f"    sheet: {_FILL_IN if of_sheet else _quoted(sheet.name)}")
        told += [f"    {line}" for line in sheet.lines]
        place = f"sheet '{sheet.name}': " if sheet.name else ""
        if of_sheet:
            place = f"sheet {number}: "
            unsure.append(f"{place}its name reads like {of_sheet}, and is not repeated here")
        unsure += [f"{place}{one}" for one in sheet.unsure]
    comments = [f"# unsure: {one}" for one in unsure]
    return Proposal("\n".join([*comments, *told]) + "\n", unsure)


def _describe(sheet: UnderstoodSheet, contract: Contract | None) -> None:
    """The keys of a table for a sheet."""
    if sheet.heading_row:
        sheet.lines.append(f"headings_on: [{sheet.heading_row + 1}]")
    if sheet.ends:
        sheet.lines.append(f"until: {_quoted(sheet.ends)}")
    days = [at for at, heading in enumerate(sheet.headings) if _day_forms(heading)]
    # A register has many days for headings; one alone is a column that happens to be called so.
    if len(days) == 1:
        sheet.headings[days[0]] = ""
        told = "reads like a day, and is not repeated here: write where it belongs"
        sheet.unsure.append(f"the heading of column {days[0] + 1} {told}")
        days = []
    week = [at for at, heading in enumerate(sheet.headings) if _WEEKDAY.fullmatch(heading)]
    is_week = not days and len(week) > 2
    days = week if is_week else days
    never = [at for at, cells in enumerate(sheet.columns) if _is_private(sheet, at, cells)]
    roles = _roles(sheet, {*days, *never})
    lines = [f"{name}: {_column(sheet, name, at)}" for name, at in roles.items()]
    rest = [
        at
        for at, heading in enumerate(sheet.headings)
        if heading and at not in {*days, *never, *roles.values()}
    ]
    _needed(sheet, roles, has_days=bool(days))
    sheet.lines += ["columns:", *(f"  {line}" for line in lines)]
    metrics = list(contract.metrics) if contract else []
    if days:
        _across(sheet, days, metrics, is_week=is_week)
        never += rest
    else:
        never += _metrics(sheet, rest, metrics)
    read = {sheet.headings[at] for at in roles.values()}
    unread = dict.fromkeys(sheet.headings[at] for at in sorted(set(never)))
    if names := [_quoted(heading) for heading in unread if heading not in read]:
        sheet.lines.append(f"never: [{', '.join(names)}]")


def _is_private(sheet: UnderstoodSheet, at: int, cells: Cells) -> bool:
    heading = sheet.headings[at]
    what = values_tell(cells, names=False, born=None)
    if what:
        sheet.unsure.append(f"'{heading}' holds what looks like {what}: it is not read")
    return bool(what or next(heading_tells(heading), None))


def _roles(sheet: UnderstoodSheet, taken: set[int]) -> dict[str, int]:
    """Which columns of the evidence stand under which headings."""
    roles: dict[str, int] = {}
    for name, pattern in _WORDS.items():
        for at, heading in enumerate(sheet.headings):
            plain = " ".join(re.findall(r"[a-z]+", heading.casefold()))
            if at in taken or not re.fullmatch(rf"(.* )?({pattern})( .*)?", plain):
                continue
            # Much is called a session; a slot has the parts of a day in its cells.
            if name == "slot" and {str(cell).upper() for cell in sheet.columns[at]} - _SLOTS:
                continue
            if name == "observed_on" and not _looks_like_days(sheet.columns[at]):
                if {str(cell).upper() for cell in sheet.columns[at]} - _SLOTS:
                    told = "may be observed_on, and holds days in no form that is known"
                    sheet.unsure.append(f"'{heading}' {told}")
                continue
            if name in roles:
                sheet.unsure.append(f"'{heading}' may be {name} as well")
                continue
            roles[name] = at
            taken = {*taken, at}
    return roles


_SLOTS = {"AM", "PM", "NONE"}


def _looks_like_days(cells: Cells) -> bool:
    held = [cell for cell in cells if cell is not None]
    days = sum(isinstance(cell, date) or _is_day(str(cell)) for cell in held)
    return not held or 2 * days > len(held)


def _is_day(text: str) -> bool:
    return any(form(one).fullmatch(text) for one in (*FORMS, *HEADING_FORMS)) or bool(
        re.match(r"\d{4}-\d\d-\d\d[T ]", text)
    )


def _day_forms(text: str) -> list[str]:
    return [one for one in HEADING_FORMS if form(one).fullmatch(text)]


def _column(sheet: UnderstoodSheet, name: str, at: int) -> str:
    """How a column is read: text days by the forms that fit every one."""
    told = sheet.headings[at]
    heading = _heading(sheet, at)
    texts = {cell for cell in sheet.columns[at] if isinstance(cell, str)}
    if name not in ("observed_on", "recorded_on") or not texts:
        return f"{{column: {heading}}}" if "place:" in heading else heading
    fit = [one for one in FORMS if all(form(one).fullmatch(text) for text in texts)]
    if fit == ["YYYY-MM-DD"]:
        return f"{{column: {heading}}}" if "place:" in heading else heading
    if any(text.endswith("Z") or "+00" in text for text in texts):
        return f"{{column: {heading}, as: utc time, zone: Europe/London}}"
    # With no day after the 12th both fit, and the wrong one reads every cell without a fault.
    if "MM/DD/YYYY" in fit and "DD/MM/YYYY" in fit:
        sheet.unsure.append(f"'{told}': whether day or month comes first")
    forms = fit[:1] or _covering(texts)
    if not forms:
        sheet.unsure.append(f"'{told}' holds days in no form that is known")
    if len(forms) > 1:
        sheet.unsure.append(f"'{told}' holds days in several forms: look whether each is meant")
    shown = _FILL_IN if not forms else forms[0] if len(forms) == 1 else f"[{', '.join(forms)}]"
    return f"{{column: {heading}, as: date, format: {shown}}}"


def _covering(texts: Iterable[str]) -> list[str]:
    """A few forms of which every text has one; none where there are none."""
    left, found = set(texts), list[str]()
    while left and len(found) < _MOST_FORMS:
        best = max(FORMS, key=lambda one: sum(bool(form(one).fullmatch(text)) for text in left))
        rest = {text for text in left if not form(best).fullmatch(text)}
        if rest == left:
            return []
        left, found = rest, [*found, best]
    return [] if left else found


def _heading(sheet: UnderstoodSheet, at: int) -> str:
    """A heading, with its place where several columns stand under it."""
    heading = sheet.headings[at]
    if sheet.headings.count(heading) < 2:
        return _quoted(heading)
    return f"{_quoted(heading)}, place: {sheet.headings[: at + 1].count(heading)}"


def _needed(sheet: UnderstoodSheet, roles: dict[str, int], *, has_days: bool) -> None:
    if "participant" not in roles:
        sheet.unsure.append("which column holds the reference of the child")
        sheet.lines.append("# columns needs participant: its heading")
    if "observed_on" not in roles and not has_days:
        sheet.unsure.append("the day of what was observed: a column, or one day for the file")
        sheet.lines.append("given: [observed_on, recorded_on]")
    elif "recorded_on" not in roles:
        sheet.unsure.append("the day of recording stands in no column: say it with the delivery")
        sheet.lines.append("given: recorded_on")


def _across(
    sheet: UnderstoodSheet, days: Sequence[int], metrics: Sequence[str], *, is_week: bool
) -> None:
    forms = (_day_forms(sheet.headings[at])[0] for at in days)
    named = ["DDD"] if is_week else list(dict.fromkeys(forms))
    lines = [f"metric: {metrics[0] if len(metrics) == 1 else _FILL_IN}"]
    lines += [f"format: [{', '.join(map(_quoted, named))}]", "blank: nothing"]
    if is_week:
        lines += _of_a_week(sheet, days)
    elif not all(map(has_year, named)):
        sheet.unsure.append("the year of the headings: write the first and last day under within:")
        sheet.lines.append("within: [2000-01-01, 2000-12-31]  # FILL IN")
    cells = [cell for at in days for cell in sheet.columns[at]]
    lines.append(f"codes: {_codes(sheet, 'the register', cells)}")
    if _two_marks(cells):
        lines.append("marks_of: [AM, PM]")
    sheet.lines += ["across:", *(f"  {line}" for line in lines)]
    sheet.unsure.append("what a blank cell stands for: nothing, or a mark")
    sheet.unsure.append("which metric the marks are of")


def _of_a_week(sheet: UnderstoodSheet, days: Sequence[int]) -> Iterator[str]:
    """Which week it is, and the halves of its days where headings tell them."""
    yield f"week_of: {_week_of(sheet)}"
    if any(" " in sheet.headings[at] for at in days):
        yield "slots: {AM: AM, PM: PM}"
        sheet.unsure.append("whether AM and PM are slots: where the metric has none, nothing")


def _week_of(sheet: UnderstoodSheet) -> str:
    """The cell above a table that seems to say which week it is of."""
    for (row, at), cell in sheet.titles.items():
        text = one_spelling(cell) if isinstance(cell, str) else ""
        before = match[0] if (match := _WEEK.match(text)) else ""
        fit = [one for one in _DAYS if form(one).fullmatch(text[len(before) :].strip())]
        if isinstance(cell, date):
            fit = ["YYYY-MM-DD"]
        if fit:
            after = f"after: {_quoted(before)}, " if before else ""
            return f"{{cell: {cell_name(row, at)}, {after}format: {fit[0]}}}"
    sheet.unsure.append("which week it is: name the cell under week_of, or write days as headings")
    return f"{{cell: A1, after: {_FILL_IN}, format: DD/MM/YYYY}}"


def _two_marks(cells: Iterable[object]) -> bool:
    """Whether most cells hold two marks."""
    held = [cell for cell in cells if cell is not None]
    return _are_most(held, lambda cell: len(_marks(cell)) == 2)


def _are_most(held: Collection[object], is_one: Callable[[object], object]) -> bool:
    """Whether that is true of more than half of what there is."""
    return 2 * sum(bool(is_one(cell)) for cell in held) > len(held)


def _marks(cell: object) -> list[str]:
    """The marks in a cell that are known: one, or one for each half of a day; none otherwise."""
    text = cell if isinstance(cell, str) else ""
    if text.casefold() in _SMALL:
        return [text]
    parts = text.split() if " " in text else list(text)
    return parts if len(parts) == 2 and all(one.casefold() in _SMALL for one in parts) else []


def _metrics(sheet: UnderstoodSheet, rest: Sequence[int], metrics: Sequence[str]) -> list[int]:
    """The lines for metrics; gives the columns that are none."""
    by_case = {name.replace("_", " ").casefold(): name for name in metrics}
    lines, others, slots = [], [], []
    for at in rest:
        heading, cells = sheet.headings[at], sheet.columns[at]
        plain = re.sub(r"[\W_]+", " ", heading).strip().casefold()
        close = get_close_matches(plain, by_case, n=1, cutoff=0.7)
        held = {cell for cell in cells if cell is not None}
        # A column of attendance codes is one, whatever it is called.
        is_marks = bool(held) and 2 * sum(bool(_marks(cell)) for cell in held) > len(held)
        counts = sum(bool(_TWO_COUNTS.fullmatch(str(cell))) for cell in held)
        if not close and not is_marks and 2 * counts <= len(held):
            others.append(at)
            continue
        if not close:
            sheet.unsure.append(f"'{heading}': which metric it is")
        slots += [heading] if is_marks and re.search(r"\b(AM|PM)\b", heading) else []
        lines.append((by_case[close[0]] if close else "", _metric_value(sheet, at)))
    if slots:
        sheet.unsure.append("AM and PM seem to stand in columns of their own: write a table for")
        sheet.unsure[-1] += " each, with its slot under constant"
    if not lines:
        sheet.unsure.append("which columns hold metrics")
        lines = [("", _FILL_IN)]
    sheet.lines += ["metrics:", *_each_once(lines)]
    return others


def _each_once(lines: Iterable[tuple[str, str]]) -> list[str]:
    """The lines with names that stand once: otherwise the proposal could not be read."""
    times: Counter[str] = Counter()
    told = []
    for name, value in lines:
        name = name or _FILL_IN
        times[name] += 1
        told.append(f"  {name}{f'_{times[name]}' if times[name] > 1 else ''}: {value}")
    return told


def _metric_value(sheet: UnderstoodSheet, at: int) -> str:
    heading, cells, value = sheet.headings[at], sheet.columns[at], _heading(sheet, at)
    held = [cell for cell in cells if cell is not None]
    if _are_most(held, _marks):
        more = ", marks_of: [AM, PM]" if _two_marks(cells) else ""
        return f"{{column: {value}, codes: {_codes(sheet, heading, cells)}{more}}}"
    if _are_most(held, lambda cell: _TWO_COUNTS.fullmatch(str(cell))):
        sheet.unsure.append(f"'{heading}': how shares of counts are rounded")
        name = _quoted(heading)
        return f'{{share: {name}, of: {name}, separated_by: "/", rounded: half up}}'
    if any(isinstance(cell, Percent) for cell in held) or "%" in heading:
        sheet.unsure.append(f"'{heading}': whether it holds percentages or fractions")
        return f"{{column: {value}, as: percent}}"
    return f"{{column: {value}}}" if "place:" in value else value


def _codes(sheet: UnderstoodSheet, where: str, cells: Iterable[object]) -> str:
    held = {cell for cell in cells if cell is not None}
    known = sorted({mark for cell in held for mark in _marks(cell)})
    others = sum(not _marks(cell) for cell in held)
    if others:
        sheet.unsure.append(f"'{where}' holds other codes, not shown here: {others}")
    sheet.unsure.append(f"'{where}': what each code stands for")
    return "{" + ", ".join(f"{_quoted(code)}: {_FILL_IN}" for code in known) + "}"


def _pattern(name: str) -> str:
    """A pattern for files of the same kind: numbers in the name are anything."""
    return re.sub(r"\d[\d_-]*", "*", name)


def _quoted(text: str) -> str:
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9 _/-]*[A-Za-z0-9]", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'

"""A proposal for a mapping, from the headings of a file and the look of what stands below them; and
what it is unsure of, for a person to decide. No cell of a child is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from os import PathLike
from pathlib import Path

from impactbond.contract.contract import Contract
from impactbond.errors import EvidenceError, Fault
from impactbond.evidence.cells import Percent
from impactbond.evidence.deliveries import Cells, clean
from impactbond.evidence.personal import heading_tells, values_tell
from impactbond.evidence.workbook import NOTES, Opened, attempted, open_workbook
from impactbond.mappings.days import form, has_year
from impactbond.mappings.source_files import Lines, SourceFile, heading_text, text_lines
from impactbond.texts import one_spelling

FORMS = ("YYYY-MM-DD", "DD/MM/YYYY", "D/M/YYYY", "DD/MM/YY", "D MMM YYYY", "MM/DD/YYYY")
HEADING_FORMS = (*FORMS, "D/M", "D MMM", "DDD D MMM", "DDD D/M")
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
_ENDS = re.compile(r"(sub)?totals?\b|printed|produced|average|mean\b|key\b", re.IGNORECASE)
_LISTED = re.compile(r"[;,]")
_FILL_IN = "FILL_IN"


@dataclass(eq=False)
class Proposal:
    """A proposed mapping as text, and what it is unsure of."""

    text: str
    unsure: list[str]

    def as_dict(self) -> dict[str, object]:
        """The proposal as plain data, for `--json`."""
        return {"mapping": self.text, "unsure": self.unsure}


@dataclass(eq=False)
class _Sheet:
    """A sheet as far as it was understood."""

    name: str
    heading_row: int
    headings: list[str]
    columns: list[Cells]
    ends: str = ""
    lines: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


def propose_mapping(path: str | PathLike[str], contract: Contract | None = None) -> Proposal:
    """A mapping for a file, to be looked through and completed; with a contract, by its metrics.

    Raises EvidenceError where the file cannot be read.
    """
    file = SourceFile.of(Path(path))
    if isinstance(file, Fault):
        raise EvidenceError("The file cannot be read.", [file])
    how: list[str] = []
    sheets = [_understood(file.name, name, lines) for name, lines in _sheets(file, how) if lines]
    if not sheets:
        problem = "nothing in it looks like a table"
        fault = Fault(file=file.name, code="no_headings", problem=problem)
        raise EvidenceError("Nothing can be proposed.", [fault])
    name = re.sub(r"[^a-z0-9]+", "-", file.path.stem.casefold()).strip("-") or "partner"
    # A day that nobody means stands where one is to be filled in, so that the proposal reads.
    told = [
        f"mapping: {name}",
        "version: 1",
        "dated: 2000-01-01  # FILL IN: the day of this version",
    ]
    told.append("tables:")
    unsure: list[str] = ["dated: the day of this version is to be filled in"]
    for sheet in sheets:
        _describe(sheet, contract)
        told.append(f"  - files: {_quoted(_pattern(file.name))}")
        told += [f"    {line}" for line in how]
        if len(sheets) > 1:
            told.append(f"    sheet: {_quoted(sheet.name)}")
        told += [f"    {line}" for line in sheet.lines]
        place = f"sheet '{sheet.name}': " if sheet.name else ""
        unsure += [f"{place}{one}" for one in sheet.unsure]
    comments = [f"# unsure: {one}" for one in unsure]
    return Proposal("\n".join([*comments, *told]) + "\n", unsure)


def _sheets(file: SourceFile, how: list[str]) -> Iterator[tuple[str, Lines]]:
    """The sheets of a file with their cells; adds to `how` what a text file needs to be read."""
    suffix = file.path.suffix.casefold()
    if suffix in (".csv", ".txt", ".tsv"):
        encoding = next(
            (one for one in ("utf-8", "windows-1252") if _decodes(file.content, one)), "utf-16"
        )
        first = file.content.splitlines()[0] if file.content else b""
        separator = max((",", ";", "tab", "|"), key=lambda one: first.count(_byte(one)))
        how += [f"encoding: {encoding}"] if encoding != "utf-8" else []
        how += [f"separator: {_quoted(separator)}"] if separator != "," else []
        lines = text_lines(file.name, file.content, encoding, separator)
        if isinstance(lines, Fault):
            raise EvidenceError("The file cannot be read.", [lines])
        yield "", lines
        return
    book = open_workbook(file.path)
    if not isinstance(book, Opened):
        raise EvidenceError("The file cannot be read.", [book])
    for name, place in book.sheets.items():
        rows = attempted(file.name, lambda place=place: book.book.rows(place))  # type: ignore[misc]
        if isinstance(rows, Fault):
            raise EvidenceError("The file cannot be read.", [rows])
        if name not in NOTES:
            yield name, rows


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode("utf-8-sig" if encoding == "utf-8" else "cp1252")
    except UnicodeDecodeError:
        return False
    return True


def _byte(separator: str) -> bytes:
    return b"\t" if separator == "tab" else separator.encode()


def _understood(file: str, name: str, lines: Lines) -> _Sheet:
    """Where the headings of a sheet stand, and the columns below them."""
    rows = sorted(lines)
    near = rows[:20]
    most = max(len(lines[row]) for row in near)
    # The first row that is nearly as wide as the widest: titles above a table are short.
    heading_row = next(row for row in near if len(lines[row]) * 10 >= most * 6)
    cells = lines[heading_row]
    width = 1 + max(cells)
    headings = [one_spelling(heading_text(cells.get(at, ""))) for at in range(width)]
    below = [row for row in rows if row > heading_row]
    end, ends = len(below), ""
    for at, row in enumerate(below):
        first = lines[row][min(lines[row])]
        match = _ENDS.match(first) if isinstance(first, str) else None
        if match is not None:
            end, ends = at, match[0]
            break
    columns = [clean(lines[row].get(at) for row in below[:end]) for at in range(width)]
    if any(map(_is_a_cell, headings, columns)):
        problem = "what should be the headings looks like a row: it reads like what stands below it"
        hint = "Write headings above the rows: a mapping names columns by them"
        fault = Fault(file=file, sheet=name, row=heading_row + 1, code="no_headings")
        raise EvidenceError(
            "Nothing can be proposed.", [replace(fault, problem=problem, hint=hint)]
        )
    return _Sheet(name, heading_row, headings, columns, ends)


def _is_a_cell(heading: str, cells: Cells) -> bool:
    """Whether a heading may be a value, as in a file without headings: it stands below itself, or
    is written as half of its column is, with digits among letters or marks. Headings are shown, and
    the first row of such a file is a child's.
    """
    below = [one_spelling(cell) for cell in cells if isinstance(cell, str)]
    if not heading or not below:
        return False
    shape = _shape(heading)
    if not shape.strip("9."):  # the numbers of questions stand above their answers
        return False
    alike = sum(_shape(one) == shape for one in below)
    return heading in below or ("9" in shape and 2 * alike >= len(below))


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d", "9", text))


def _describe(sheet: _Sheet, contract: Contract | None) -> None:
    """The keys of a table for a sheet."""
    if sheet.heading_row:
        sheet.lines.append(f"headings_on: [{sheet.heading_row + 1}]")
    if sheet.ends:
        sheet.lines.append(f"until: {_quoted(sheet.ends)}")
    days = [at for at, heading in enumerate(sheet.headings) if _day_forms(heading)]
    # A register has many days for headings; one alone is a column that happens to be called so.
    days = days if len(days) > 1 else []
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
        _across(sheet, days, metrics)
        never += rest
    else:
        never += _metrics(sheet, rest, metrics)
    if never:
        names = ", ".join(_quoted(sheet.headings[at]) for at in sorted(set(never)))
        sheet.lines.append(f"never: [{names}]")


def _is_private(sheet: _Sheet, at: int, cells: Cells) -> bool:
    heading = sheet.headings[at]
    what = values_tell(cells, names=False, born=None)
    if what:
        sheet.unsure.append(f"'{heading}' holds what looks like {what}: it is not read")
    return bool(what or next(heading_tells(heading), None))


def _roles(sheet: _Sheet, taken: set[int]) -> dict[str, int]:
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
    days = sum(isinstance(cell, date) or bool(_day_forms(str(cell))) for cell in held)
    return not held or 2 * days > len(held)


def _day_forms(text: str) -> list[str]:
    return [one for one in HEADING_FORMS if form(one).fullmatch(text)]


def _column(sheet: _Sheet, name: str, at: int) -> str:
    """How a column is read: text days by the forms that fit every one."""
    heading = _quoted(sheet.headings[at])
    texts = {cell for cell in sheet.columns[at] if isinstance(cell, str)}
    if name not in ("observed_on", "recorded_on") or not texts:
        return heading
    fit = [one for one in FORMS if all(form(one).fullmatch(text) for text in texts)]
    if fit == ["YYYY-MM-DD"]:
        return heading
    if any(text.endswith("Z") or "+00" in text for text in texts):
        return f"{{column: {heading}, as: utc time, zone: Europe/London}}"
    if not fit:
        sheet.unsure.append(f"'{sheet.headings[at]}' holds days in no form that is known")
        return f"{{column: {heading}, as: date, format: {_FILL_IN}}}"
    # With no day after the 12th both fit, and the wrong one reads every cell without a fault.
    if "MM/DD/YYYY" in fit and "DD/MM/YYYY" in fit:
        sheet.unsure.append(f"'{sheet.headings[at]}': whether day or month comes first")
    return f"{{column: {heading}, as: date, format: {fit[0]}}}"


def _needed(sheet: _Sheet, roles: dict[str, int], *, has_days: bool) -> None:
    if "participant" not in roles:
        sheet.unsure.append("which column holds the reference of the child")
        sheet.lines.append("# columns needs participant: its heading")
    if "observed_on" not in roles and not has_days:
        sheet.unsure.append("the day of what was observed: a column, or one day for the file")
        sheet.lines.append("given: [observed_on, recorded_on]")
    elif "recorded_on" not in roles:
        sheet.unsure.append("the day of recording stands in no column: say it with the delivery")
        sheet.lines.append("given: recorded_on")


def _across(sheet: _Sheet, days: Sequence[int], metrics: Sequence[str]) -> None:
    forms = [_day_forms(sheet.headings[at]) for at in days]
    named = list(dict.fromkeys(some[0] for some in forms))
    if not all(map(has_year, named)):
        sheet.unsure.append("the year of the headings: write the first and last day under within:")
        sheet.lines.append("within: [2000-01-01, 2000-12-31]  # FILL IN")
    cells = [cell for at in days for cell in sheet.columns[at]]
    sheet.lines += ["across:", f"  metric: {metrics[0] if len(metrics) == 1 else _FILL_IN}"]
    sheet.lines += [f"  format: [{', '.join(map(_quoted, named))}]", "  blank: nothing"]
    sheet.lines += [f"  codes: {_codes(sheet, 'the register', cells)}"]
    sheet.unsure.append("what a blank cell stands for: nothing, or a mark")
    sheet.unsure.append("which metric the marks are of")


def _metrics(sheet: _Sheet, rest: Sequence[int], metrics: Sequence[str]) -> list[int]:
    """The lines for metrics; gives the columns that are none."""
    by_case = {name.replace("_", " ").casefold(): name for name in metrics}
    lines, others = [], []
    for at in rest:
        heading, cells = sheet.headings[at], sheet.columns[at]
        close = get_close_matches(heading.casefold(), by_case, n=1, cutoff=0.7)
        held = {cell for cell in cells if cell is not None}
        # A column of attendance codes is one, whatever it is called.
        is_marks = bool(held) and len(held & CODES) * 2 > len(held)
        if not close and not is_marks:
            others.append(at)
            continue
        name = by_case[close[0]] if close else _FILL_IN
        value = _quoted(heading)
        if is_marks:
            value = f"{{column: {value}, codes: {_codes(sheet, heading, cells)}}}"
        elif any(isinstance(cell, Percent) for cell in held) or "%" in heading:
            value = f"{{column: {value}, as: percent}}"
            sheet.unsure.append(f"'{heading}': whether it holds percentages or fractions")
        if not close:
            sheet.unsure.append(f"'{heading}': which metric it is")
        lines.append(f"  {name}: {value}")
    if not lines:
        sheet.unsure.append("which columns hold metrics")
        lines = [f"  {_FILL_IN}: {_FILL_IN}"]
    sheet.lines += ["metrics:", *lines]
    return others


def _codes(sheet: _Sheet, where: str, cells: Cells) -> str:
    held = {cell for cell in cells if cell is not None}
    known = sorted(cell for cell in held if isinstance(cell, str) and cell in CODES)
    others = len(held) - len(known)
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

"""Files that partners send in shapes of their own: every one is read to what a person would read in
it, and what is not read is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from tests.partner_files import (
    CTF_TABLES,
    MARKS,
    contract,
    csv_file,
    ctf,
    read,
    refused,
    values,
    workbook,
)

from impactbond.errors import EvidenceError
from impactbond.mappings.propose import propose_mapping
from impactbond.mappings.read import parse_mapping

S9, S10, S11 = (date(2024, 9, day) for day in (9, 10, 11))
PRESENT, ELSEWHERE, ABSENT = 0, 1, 2
CAME, MISSED = 0, 1
KNOWN = "    constant: {recorded_on: 2024-09-30}\n"
YES = "codes: {Y: attended, N: missed}"
MARK = "metrics: {register: {column: Mark, codes: register}}"
EXPORT = ["Student,Date,Half,Mark", "C-01,45544,AM,/", "C-02,10/09/2024,AM,I"]


def long(more: str, columns: str, metrics: str = MARK) -> str:
    """A table with a row for each mark."""
    return f'\n  - files: "f.*"\n{KNOWN}{more}    columns: {{{columns}}}\n    {metrics}\n'


def wide(more: str, across: str) -> str:
    """A table with a column for each day."""
    columns = "    columns: {participant: Child}\n"
    return f'\n  - files: "f.*"\n{KNOWN}{more}{columns}    across: {{{across}}}\n'


def book(folder: Path, *rows: Sequence[object], hidden: Sequence[int] = ()) -> Path:
    return workbook(folder / "f.xlsx", {"S": rows}, hidden=hidden)


def text(folder: Path, *lines: str, encoding: str = "utf-8-sig", name: str = "f.csv") -> Path:
    return csv_file(folder / name, lines, encoding)


def marks(path: Path, table: str, metric: str) -> list[tuple[object, ...]]:
    """Participant, day, slot and mark of every observation of a metric."""
    rows = read([path], table, codes=MARKS).observations_table.to_pylist()
    return sorted(
        (row["participant"], row["observed_on"].day, row["slot"], row["value"])
        for row in rows
        if row["metric"] == metric
    )


def told(path: Path, table: str) -> set[tuple[object, ...]]:
    return set(refused(read([path], table, codes=MARKS)))


# Marks of a register of half days.


def test_columns_stand_in_another_order_below_titles_and_above_a_total(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        ["Elm School"],
        ["Registration marks, autumn"],
        ["Mark", "Session", "Date", "Adno", "Pupil ref"],
        ["/", "AM", S9, 12, "C-01"],
        ["I", "PM", S9, 12, "C-01"],
        [None],
        [None, None, None, 13, None],  # numbered, and waiting for somebody
        ["/", "AM", S10, 13, "C-02"],
        ["Total", 3],
    )
    table = long(
        "    headings_on: [3]\n    until: Total\n    never: Adno\n",
        "participant: Pupil ref, slot: Session, observed_on: Date",
    )
    assert marks(path, table, "register") == [
        ("C-01", 9, "AM", PRESENT),
        ("C-01", 9, "PM", ABSENT),
        ("C-02", 10, "AM", PRESENT),
    ]
    assert told(path, table) == set()


DAY = "participant: Pupil, slot: Half, observed_on: {column: Date, as: date, format: FORM}"


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("[DD/MM/YY, D/M/YY]", ["09/09/24", "9/9/24"], ["31/09/24", "09/31/24"]),
        (
            "DDD D MMM YYYY",
            ["Monday 9 September 2024", "Mon 9th Sept 2024"],
            ["Tuesday 9 September 2024", "Monday"],
        ),
        ('["DD/MM/YYYY hh:mm:ss", "YYYY-MM-DDThh:mm:ss"]', ["09/09/2024 08:45:00"], ["9 Sep"]),
        ("DD.MM.YYYY", ["09.09.2024"], ["09.09.24", "9.9.2024"]),
    ],
)
def test_days_in_texts_are_read_as_they_are_stated(
    tmp_path: Path, form: str, good: list[str], bad: list[str]
) -> None:
    lines = [f"C-{at:02d},{day},AM,/" for at, day in enumerate([*good, *bad], 1)]
    path = text(tmp_path, "Pupil,Date,Half,Mark", *lines)
    table = long("", DAY.replace("FORM", form))
    assert marks(path, table, "register") == [
        (f"C-{at:02d}", 9, "AM", PRESENT) for at, _ in enumerate(good, 1)
    ]
    rows = range(2 + len(good), 2 + len(lines))
    assert told(path, table) == {(row, "Date", "not_in_form") for row in rows}


def test_a_number_that_a_spreadsheet_keeps_for_a_day_is_told_as_one(tmp_path: Path) -> None:
    table = long("", DAY.replace("FORM", "DD/MM/YYYY").replace("Pupil", "Student"))
    assert told(text(tmp_path, *EXPORT), table) == {(2, "Date", "day_as_number")}
    # Typed into a cell it is no date either.
    path = book(tmp_path, ["Student", "Date", "Half", "Mark"], ["C-01", 45544, "AM", "/"])
    assert told(path, table) == {(2, "Date", "day_as_number")}
    rows = [["Child", 45544, 45545], ["C-01", "Y", "N"]]
    with pytest.raises(EvidenceError) as caught:
        read([book(tmp_path, *rows)], wide("", f"metric: club, format: D/M/YY, {YES}, blank: N"))
    assert {fault.code for fault in caught.value.faults} == {"day_as_number"}


def test_both_marks_of_a_day_stand_in_one_cell(tmp_path: Path) -> None:
    lines = ["/\\ ", "I\\", "J1 /", "-/", "", "J1", "/", "/?", "///"]
    rows = [f"C-{at:02d},2024-09-09,{mark}" for at, mark in enumerate(lines, 1)]
    path = text(tmp_path, "Pupil,Date,Marks", *rows)
    table = long(
        "",
        "participant: Pupil, observed_on: Date",
        "metrics: {register: {column: Marks, codes: register, marks_of: [AM, PM]}}",
    )
    assert marks(path, table, "register") == [
        *(("C-01", 9, "AM", PRESENT), ("C-01", 9, "PM", PRESENT)),
        *(("C-02", 9, "AM", ABSENT), ("C-02", 9, "PM", PRESENT)),
        *(("C-03", 9, "AM", ABSENT), ("C-03", 9, "PM", PRESENT)),
        ("C-04", 9, "PM", PRESENT),
    ]
    # J1 is a code as a whole, and could be two marks; of a cell with one that is unknown none is.
    assert told(path, table) == {
        *((row, "Marks", "not_a_mark_each") for row in (7, 8, 10)),
        (9, "Marks", "unknown_code"),
    }
    days = book(tmp_path, ["Child", S9, S10], ["C-01", "/\\", "I-"], ["C-02", None, "/"])
    across = "metric: register, codes: register, marks_of: [AM, PM], format: D/M, blank: nothing"
    days_table = wide("    within: [2024-09-01, 2024-12-31]\n", across)
    assert marks(days, days_table, "register") == [
        *(("C-01", 9, "AM", PRESENT), ("C-01", 9, "PM", PRESENT), ("C-01", 10, "AM", ABSENT)),
    ]
    assert told(days, days_table) == {(3, "2024-09-10", "not_a_mark_each")}
    slot = table.replace("participant: Pupil,", "participant: Pupil, slot: Marks,")
    with pytest.raises(EvidenceError, match="a column names the slot too"):
        read([path], slot, codes=MARKS)
    with pytest.raises(EvidenceError, match="no slot 'EVE'"):
        parse_mapping(
            f"mapping: a\nversion: 1\ndated: 2024-09-01\n{MARKS}tables:{table}".replace(
                "PM]", "EVE]"
            ).encode(),
            name="a.yaml",
            contract=contract(),
        )


def test_each_half_of_the_day_has_a_column(tmp_path: Path) -> None:
    path = text(
        tmp_path, "Student,Date,AM mark,PM mark", "C-01,09 Sep 2024,/,\\", "C-02,9 Sep 2024,I,"
    )
    day = "participant: Student, observed_on: {column: Date, as: date, format: D MMM YYYY}"
    halves = [
        long("", day, f"metrics: {{register: {{column: {half} mark, codes: register}}}}").replace(
            "2024-09-30}", f"2024-09-30, slot: {half}}}"
        )
        for half in ("AM", "PM")
    ]
    assert marks(path, "".join(halves), "register") == [
        *(("C-01", 9, "AM", PRESENT), ("C-01", 9, "PM", PRESENT), ("C-02", 9, "AM", ABSENT)),
    ]


def test_words_in_small_letters_need_their_meaning(tmp_path: Path) -> None:
    path = text(tmp_path, "Pupil,Date,Half,Mark", "C-01,2024-09-09,am,/", "C-01,2024-09-09,PM,i")
    table = long("", "participant: Pupil, slot: Half, observed_on: Date")
    assert told(path, table) == {(2, "Half", "unknown_slot"), (3, "Mark", "unknown_code")}
    table = table.replace("slot: Half", "slot: {column: Half, codes: {am: AM, PM: PM}}")
    table = table.replace("codes: register", "codes: {/: present, i: absent}")
    assert marks(path, table, "register") == [("C-01", 9, "AM", PRESENT), ("C-01", 9, "PM", ABSENT)]


@pytest.mark.parametrize(
    ("encoding", "separator", "name", "said"),
    [
        ("cp1252", ";", "f.csv", "separator: ;\n    encoding: windows-1252"),
        ("utf-16", "\t", "f.txt", "separator: tab\n    encoding: utf-16"),
        ("utf-8-sig", "|", "f.txt", 'separator: "|"'),
    ],
)
def test_text_files_are_proposed_and_read_in_their_encoding(
    tmp_path: Path, encoding: str, separator: str, name: str, said: str
) -> None:
    lines = ["Pupil,Date,Half,Mark,Caf\u00e9", "C-01,2024-09-09,AM,/,x", "C-02,2024-09-09,AM,I,x"]
    lines = [one.replace(",", separator) for one in lines]
    path = text(tmp_path, *lines, encoding=encoding, name=name)
    table = long(f"    {said}\n", "participant: Pupil, slot: Half, observed_on: Date")
    assert marks(path, table, "register") == [
        ("C-01", 9, "AM", PRESENT),
        ("C-02", 9, "AM", ABSENT),
    ]
    proposed = propose_mapping(path).text
    assert "participant: Pupil" in proposed
    assert all(one.strip() in proposed for one in said.split("\n"))


# Registers with a column for each day.


def test_weekdays_stand_over_the_columns_and_their_week_above(tmp_path: Path) -> None:
    rows = [
        ["Week commencing: 09/09/2024"],
        ["Child", "Mon", "Tues", "Wednesday am"],
        ["C-01", "N", "Y", "Y"],
        ["C-02", "Y", None, "N"],
    ]
    path = book(tmp_path, *rows)
    table = wide(
        "    headings_on: [2]\n",
        "metric: club, format: DDD, slots: {AM: nothing}, "
        'week_of: {cell: A1, after: "Week commencing:", format: DD/MM/YYYY}, '
        f"{YES}, blank: nothing",
    )
    assert marks(path, table, "club") == [
        *(("C-01", 9, None, MISSED), ("C-01", 10, None, CAME), ("C-01", 11, None, CAME)),
        *(("C-02", 9, None, CAME), ("C-02", 11, None, MISSED)),
    ]
    assert 'week_of: {cell: A1, after: "Week commencing:", format: DD/MM/YYYY}' in (
        propose_mapping(path).text
    )
    rows[0] = ["Week commencing: soon"]
    with pytest.raises(EvidenceError) as caught:
        read([book(tmp_path, *rows)], table)
    assert "no_week" in {fault.code for fault in caught.value.faults}
    rows[0], rows[1][1] = ["Week commencing: 11/09/2024"], "Wed"  # a day of the week, any
    with pytest.raises(EvidenceError) as caught:
        read([book(tmp_path, *rows)], table)
    assert [fault.code for fault in caught.value.faults] == ["day_twice"]


def test_a_month_stands_over_its_days(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        [None, "September", None, "October"],
        ["Child", 9, 16, 7],
        ["C-01", "Y", "N", "Y"],
        ["C-02", None, "Y", None],
    )
    more = "    headings_on: [1, 2]\n    within: [2024-09-01, 2025-07-31]\n"
    table = wide(more, f"metric: club, format: MMM D, {YES}, blank: nothing")
    table = table.replace("2024-09-30", "2024-10-31")
    assert values(read([path], table), "club") == [
        ("C-01", date(2024, 9, 9), CAME),
        ("C-01", date(2024, 9, 16), MISSED),
        ("C-01", date(2024, 10, 7), CAME),
        ("C-02", date(2024, 9, 16), CAME),
    ]


def test_a_child_with_two_rows_counts_once_and_where_they_differ_for_nothing(
    tmp_path: Path,
) -> None:
    rows = [["Child", S9, S10], ["C-01", "Y", "N"], ["C-02", "Y", "Y"], ["C-01", "Y", "Y"]]
    path = book(tmp_path, *rows, ["C-02", None, None])
    table = wide("", f"metric: club, format: YYYY-MM-DD, {YES}, blank: nothing")
    assert marks(path, table, "club") == [
        *(("C-01", 9, None, CAME), ("C-02", 9, None, CAME), ("C-02", 10, None, CAME)),
    ]
    assert told(path, table) == {(row, "2024-09-10", "child_twice") for row in (2, 4)}


def test_a_sheet_for_each_class_and_hidden_helpers(tmp_path: Path) -> None:
    one = [["Child", "Key", S9, S10], ["C-01", "zz", "Y", "N"]]
    two = [["Child", "Key", S9, S10], ["C-02", "zz", "N", "Y"], [" ", "zz", None, None]]
    notes = [["Ask the office"]]
    sheets = {"Class 3A": one, "Class 3B": two, "Notes": notes}
    path = workbook(tmp_path / "f.xlsx", sheets, hidden=[1, 3])
    more = '    sheet: "Class *"\n    never: Key\n'
    table = wide(more, f"metric: club, format: DD/MM/YYYY, {YES}, blank: N")
    assert marks(path, table, "club") == [
        *(("C-01", 9, None, CAME), ("C-01", 10, None, MISSED)),
        *(("C-02", 9, None, MISSED), ("C-02", 10, None, CAME)),
    ]
    evidence = read([path], table)
    assert refused(evidence) == []
    hidden = [f"sheet 'Class {name}', column '2024-09-10': hidden" for name in ("3A", "3B")]
    assert [any(one.startswith(start) for one in evidence.cautions) for start in hidden] == [
        *(True, True)
    ]


# Where a table ends.
CLUB_ROWS = "participant: Child, observed_on: Date", f"metrics: {{club: {{column: Came, {YES}}}}}"


def test_a_total_in_the_middle_cuts_nobody_off_in_silence(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        *(["Child", "Date", "Came"], ["C-01", S9, "Y"], ["Total 3A", 1]),
        *(["C-02", S9, "N"], ["C-03", S9, "Y"], ["Total 3B", 2], ["Printed 30/09/2024"]),
    )
    table = long("    until: Total\n", *CLUB_ROWS)
    assert marks(path, table, "club") == [("C-01", 9, None, CAME)]
    assert told(path, table) == {(row, "Child", "below_the_end") for row in (4, 5)}
    both = "    leave_out: {Child: [Total 3A, Total 3B]}\n    until: Printed\n"
    table = long(both, *CLUB_ROWS)
    assert marks(path, table, "club") == [
        *(("C-01", 9, None, CAME), ("C-02", 9, None, MISSED), ("C-03", 9, None, CAME)),
    ]
    assert told(path, table) == set()
    proposed = propose_mapping(path)
    assert any("'Total' stand between others" in one for one in proposed.unsure)


def test_two_tables_on_a_sheet_are_two_tables_of_the_mapping(tmp_path: Path) -> None:
    head = ["Child", "Date", "Came"]
    rows = [["Class A"], head, ["C-01", S9, "Y"], ["Total", 1], [None], ["Class B"], head]
    path = book(tmp_path, *rows, ["C-03", S9, "N"], ["C-04", S9, "Y"], ["Total", 2])
    one = long("    headings_on: [2]\n    until: Total\n", *CLUB_ROWS)
    assert told(path, one) == {(row, "Child", "below_the_end") for row in (8, 9)}
    both = one + one.replace("[2]", "[7]")
    assert told(path, both) == set()
    assert marks(path, both, "club") == [
        *(("C-01", 9, None, CAME), ("C-03", 9, None, MISSED), ("C-04", 9, None, CAME)),
    ]
    proposed = propose_mapping(path)
    assert any("the headings stand again in row 7" in told for told in proposed.unsure)


def test_two_tables_beside_each_other_are_told_apart_by_their_places(tmp_path: Path) -> None:
    rows = [["C-01", S9, "Y", None, "C-03", S9, "N"], ["C-02", S9, "N", None, None, None, None]]
    path = book(tmp_path, ["Child", "Date", "Came", None, "Child", "Date", "Came"], *rows)
    with pytest.raises(EvidenceError) as caught:
        read([path], long("", *CLUB_ROWS))
    assert {fault.code for fault in caught.value.faults} == {"duplicate_heading"}
    table = "".join(
        long(
            "",
            f"participant: {{column: Child, place: {at}}}, "
            f"observed_on: {{column: Date, place: {at}}}",
            f"metrics: {{club: {{column: Came, place: {at}, {YES}}}}}",
        )
        for at in (1, 2)
    )
    assert marks(path, table, "club") == [
        *(("C-01", 9, None, CAME), ("C-02", 9, None, MISSED), ("C-03", 9, None, MISSED)),
    ]
    proposed = propose_mapping(path).text
    assert "participant: {column: Child, place: 1}" in proposed
    parse_mapping(proposed.encode(), name="f.yaml")


# Counts and percentages.


def test_a_count_and_its_whole_stand_in_one_cell(tmp_path: Path) -> None:
    cells = ["18/20", "19 / 20", "1/3", "0/0", "", "21/20", "3-Oct", "18"]
    path = text(
        tmp_path,
        "Pupil,Date,Sessions",
        *(f"C-{at:02d},2024-09-09,{cell}" for at, cell in enumerate(cells, 1)),
    )
    value = 'share: Sessions, of: Sessions, separated_by: "/", rounded: half up'
    table = long(
        "", "participant: Pupil, observed_on: Date", f"metrics: {{attendance: {{{value}}}}}"
    )
    assert marks(path, table, "attendance") == [
        *(("C-01", 9, None, 900), ("C-02", 9, None, 950), ("C-03", 9, None, 333)),
    ]
    # What 3/10 becomes when it is typed into Excel is a date, and no count.
    dated = book(tmp_path, ["Pupil", "Date", "Sessions"], ["C-01", S9, date(2024, 10, 3)])
    assert told(dated, table) == {(2, "Sessions", "not_two_counts")}
    assert told(path, table) == {
        (7, "Sessions", "more_than_the_whole"),
        *((row, "Sessions", "not_two_counts") for row in (8, 9)),
    }
    assert value in propose_mapping(path).text
    with pytest.raises(EvidenceError, match="both are of its one column"):
        read([path], table.replace("of: Sessions", "of: Date"))


def test_percentages_in_texts(tmp_path: Path) -> None:
    cells = ["92.5 %", "100%", "n/a", "95,5%", ".5%", ""]
    rows = [
        ["Pupil", "Date", "%"],
        *([f"C-{at:02d}", S9, cell] for at, cell in enumerate(cells, 1)),
    ]
    path = book(tmp_path, *rows)
    table = long(
        "",
        "participant: Pupil, observed_on: Date",
        'metrics: {attendance: {column: "%", as: percent, codes: {n/a: nothing}}}',
    )
    assert marks(path, table, "attendance") == [("C-01", 9, None, 925), ("C-02", 9, None, 1000)]
    assert told(path, table) == {(row, "%", "not_a_percentage") for row in (5, 6)}


def test_many_assessments_stand_in_one_column(tmp_path: Path) -> None:
    rows = ["KS2 Reading,101", "KS2 Maths,99", "KS2 reading,103", "KS2 Reading,79"]
    lines = [f"C-{at:02d},2024-09-09,{row}" for at, row in enumerate(rows, 1)]
    path = text(tmp_path, "Pupil,Date,Assessment,Result", *lines)
    value = "column: Result, as: number, where: {Assessment: KS2 Reading}"
    table = long("", "participant: Pupil, observed_on: Date", f"metrics: {{reading: {{{value}}}}}")
    assert marks(path, table, "reading") == [("C-01", 9, None, 101)]
    assert told(path, table) == {(5, "Result", "out_of_range")}
    # A word in another spelling is not asked for, and that rows are not is told.
    assert any("2 rows are asked for by no metric" in one for one in read([path], table).cautions)


def test_a_transfer_file_with_namespaces_is_read_by_the_names_of_its_elements(
    tmp_path: Path,
) -> None:
    path = ctf(tmp_path / "ctf_a.xml", "25.0")
    whole = path.read_text()
    whole = whole.replace("<CTfile>", '<c:CTfile xmlns:c="urn:ctf" xmlns="urn:other">')
    path.write_text(whole.replace("</CTfile>", "</c:CTfile>"))
    evidence = read([path], CTF_TABLES)
    assert [value for _, _, value in values(evidence, "attendance")] == [974, 941]
    with pytest.raises(EvidenceError, match="an XML file has elements in place of headings"):
        propose_mapping(path)


@pytest.mark.parametrize("name", ["f.xls", "f.pdf", "f.ods"])
def test_a_file_of_another_kind_is_told_with_those_that_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xd0\xcf\x11\xe0" + b"\0" * 600)
    with pytest.raises(EvidenceError, match=r"\.xlsx, \.csv") as caught:
        read([path], long("", *CLUB_ROWS))
    assert [fault.code for fault in caught.value.faults] == ["not_readable"]
    with pytest.raises(EvidenceError, match=r"\.xlsx, \.csv"):
        propose_mapping(path)


def test_numbers_are_references_as_texts_are(tmp_path: Path) -> None:
    path = book(tmp_path, ["Child", "Date", "Came"], [1001, S9, "Y"], ["1002", S9, "N"])
    people = long("    holds: participants\n", "participant: Child, started_on: Date", "")
    people = people.replace("2024-09-30}", "2024-09-30, school: Elm}")
    assert marks(path, long("", *CLUB_ROWS) + people, "club") == [
        *(("1001", 9, None, CAME), ("1002", 9, None, MISSED)),
    ]


def test_a_line_that_tells_excel_the_separator_is_no_heading(tmp_path: Path) -> None:
    path = text(tmp_path, "sep=;", "Child;Date;Came", "C-01;2024-09-09;Y")
    table = long("    separator: ;\n", *CLUB_ROWS)
    with pytest.raises(EvidenceError, match=r"headings_on: \[2\]"):
        read([path], table)
    table = table.replace("separator: ;", "separator: ;\n    headings_on: [2]")
    assert marks(path, table, "club") == [("C-01", 9, None, CAME)]
    proposed = propose_mapping(path).text
    assert "separator: ;" in proposed
    assert "headings_on: [2]" in proposed


def test_a_heading_that_reads_like_a_reference_is_told_by_its_place(tmp_path: Path) -> None:
    """A lost end of a line, or a cell that slid up, puts a child among the headings."""
    path = text(tmp_path, "Child,Date,Zed-7,Sep-24,KZ901", "Zed-1,2024-09-09,Y,4,N", "KZ902,,,,N")
    proposal = propose_mapping(path)
    assert not any(told in proposal.text for told in ("Zed-7", "KZ901"))
    assert "Sep-24" in proposal.text  # a month
    assert [one.split(" reads")[0] for one in proposal.unsure if "reference, and" in one] == [
        "the heading of column 3",
        "the heading of column 5",
    ]

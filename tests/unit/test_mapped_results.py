"""Results, scores and case systems as they are exported become the right observations."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from tests.partner_files import (
    CTF_TABLES,
    EYFSP,
    EYFSP_TABLE,
    KS2,
    KS2_TABLE,
    LEAK,
    LEAK_TABLE,
    NGRT,
    NGRT_TABLE,
    OLD_EYFSP_TABLE,
    PERCENT,
    PERCENT_TABLE,
    PHONICS,
    PHONICS_TABLE,
    PMM,
    PMM_TABLE,
    SDQ,
    SDQ_TABLE,
    SHOWN,
    SWEMWBS,
    SWEMWBS_TABLES,
    contract,
    csv_file,
    ctf,
    read,
    refused,
    values,
    workbook,
)

from impactbond.errors import EvidenceError
from impactbond.records.record import read_record, write_record
from impactbond.settlement.settle import settle
from impactbond.statements.write import statement_files

TESTED = date(2024, 9, 9)


def of(evidence: object, metric: str) -> dict[object, object]:
    return {who: value for who, _, value in values(evidence, metric)}  # type: ignore[arg-type]


@pytest.mark.parametrize("version", ["25.0", "24.0"])
def test_a_transfer_file_gives_years_and_results(tmp_path: Path, version: str) -> None:
    evidence = read([ctf(tmp_path / "ctf_a.xml", version)], CTF_TABLES)
    # 370/380 = 97.4%, 350/372 = 94.1%; 18 + 4 + 350 is not 371.
    assert values(evidence, "attendance") == [
        ("C-01", date(2024, 7, 18), 974),
        ("C-01", date(2025, 7, 18), 941),
    ]
    assert [row[1:] for row in refused(evidence)] == [("SessionsPossible", "parts_differ")]
    assert values(evidence, "reading") == [("C-01", date(2025, 7, 18), 99)]
    assert values(evidence, "tables") == [("C-01", date(2025, 7, 18), 25)]
    assert values(evidence, "phonics") == []
    assert "Invented" not in str(evidence.refused_table.to_pylist())


def test_transfer_files_of_two_versions_say_the_same_once(tmp_path: Path) -> None:
    paths = [ctf(tmp_path / f"ctf_{year}.xml", f"{year}.0") for year in (24, 25)]
    both, one = read(paths, CTF_TABLES), read(paths[:1], CTF_TABLES)
    for metric in ("attendance", "reading", "tables", "phonics"):
        assert values(both, metric) == values(one, metric)


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("<CTfile>", '<!DOCTYPE CTfile [<!ENTITY a "b">]><CTfile>', "doctype"),
        ("</CTfile>", "", "not_xml"),
        ("CTFpupilData", "Pupils", "no_rows"),
        ("SessionsPossible", "Possible", "column_missing"),
    ],
)
def test_a_broken_transfer_file_is_refused(
    tmp_path: Path, before: str, after: str, code: str
) -> None:
    path = ctf(tmp_path / "ctf_a.xml", "25.0")
    path.write_text(path.read_text().replace(before, after))
    with pytest.raises(EvidenceError) as caught:
        read([path], CTF_TABLES)
    assert {fault.code for fault in caught.value.faults} == {code}
    assert "Invented" not in str(caught.value)


def test_of_a_retake_the_latest_counts(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "giap_phonics.csv", PHONICS)
    evidence = read([path], PHONICS_TABLE)
    assert values(evidence, "phonics") == [("C-01", date(2025, 6, 13), 34)]
    assert refused(evidence) == []
    first = read([path], PHONICS_TABLE.replace("latest", "first"))
    assert values(first, "phonics") == [("C-01", date(2024, 6, 13), 28)]
    assert "B801200005001" not in str(evidence.observations_table.to_pylist())


def test_a_rule_over_twelve_goals_is_yes_no_or_nothing(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "giap_eyfsp.csv", EYFSP)
    evidence = read([path], EYFSP_TABLE)
    # Goal 13 is none of the twelve; goal 5 is. Of the old framework's child nothing is known by
    # this rule.
    assert of(evidence, "gld") == {"C-01": 1, "C-02": 0}
    # Goal 12 says 7, which is no code: nothing is known of the child, and it is told.
    assert refused(evidence) == [(6, "FSP_MAT_E12", "unknown_code")]
    both = read([path], EYFSP_TABLE + OLD_EYFSP_TABLE)
    assert values(both, "gld") == [
        ("C-01", date(2025, 6, 30), 1),
        ("C-02", date(2025, 6, 30), 0),
        ("C-04", date(2019, 6, 30), 1),
    ]
    # A 3 under the old rule's codes is no 2 of the new one.
    wrong = read([path], OLD_EYFSP_TABLE.replace('is: ["2", "3"]', 'is: "2"'))
    assert refused(wrong) == [(5, "FSP_COM_G01", "unknown_code")]


def test_scaled_scores_of_a_pupil_download_and_no_pupil_number(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "giap_ks2.csv", KS2)
    evidence = read([path], KS2_TABLE)
    day = date(2025, 5, 15)
    # The twin without special consideration says 101 and is not read. A letter is no score; levels
    # of 2015 are left out.
    assert values(evidence, "reading") == [
        ("C-01", day, 102),
        ("C-05", day, 120),
        ("C-06", day, 80),
    ]
    assert refused(evidence) == [
        (4, "READSCORE", "out_of_range"),
        (9, "READSCORE", "text_in_number"),
    ]
    record = write_record(
        settle(contract(), evidence, as_of="2026-08-31", leave_out_refused=True),
        tmp_path / "record.zip",
    )
    kept = b"".join(read_record(record).parts.values())
    for secret in (b"B801200005001", b"D20512324500A", b"Invented", b"PM-1"):
        assert secret not in kept
    # With the levels read as scores the year is told, cell by cell.
    every = read([path], KS2_TABLE.replace("    leave_out: {ACADYR: 2014/2015}\n", ""))
    assert [row for row, *_ in refused(every)] == [4, 8, 9]


def test_answers_in_words_are_added_up(tmp_path: Path) -> None:
    path = workbook(tmp_path / "sdq_items_mixed.xlsx", {"SDQ": SDQ})
    evidence = read([path], SDQ_TABLE)
    # Ten of 0 and ten of 1; twenty of 1. A word in other capitals is refused; what a parent said
    # is not asked; with ten blanks there is no sum.
    assert of(evidence, "difficulty") == {"C-01": 10, "C-02": 20}
    assert refused(evidence) == [(4, "Q11", "unknown_code")]
    either = SDQ_TABLE.replace("{Not true", "{Somewhat True: 1, Not true")
    assert of(read([path], either), "difficulty") == {"C-01": 10, "C-02": 20, "C-03": 30}


def test_the_raw_sum_may_be_what_a_contract_counts(tmp_path: Path) -> None:
    path = workbook(tmp_path / "swemwbs_pre_post.xlsx", {"Scores": SWEMWBS})
    raw = SWEMWBS_TABLES.replace(", look_up: {21: 19.25, 26: 23.21}", "")
    # 7 times 3, and 5 times 4 with twice 3: 5 more, which in the metric score are 3.96.
    assert values(read([path], raw), "wellbeing")[:2] == [
        ("C-01", date(2024, 9, 9), 2100),
        ("C-01", date(2025, 3, 10), 2600),
    ]
    unlisted = SWEMWBS_TABLES.replace("26: 23.21", "27: 24.11")
    assert {code for _, _, code in refused(read([path], unlisted))} >= {"unknown_code"}


def test_before_and_after_stand_on_one_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "swemwbs_pre_post.xlsx", {"Scores": SWEMWBS})
    evidence = read([path], SWEMWBS_TABLES)
    assert values(evidence, "wellbeing") == [
        ("C-01", date(2024, 9, 9), 1925),
        ("C-01", date(2025, 3, 10), 2321),
        ("C-02", date(2025, 3, 10), 2321),
        ("C-03", date(2024, 9, 9), 1925),
    ]
    assert refused(evidence) == [(4, "Post date", "before_the_other_day")]


def test_reading_ages_are_months(tmp_path: Path) -> None:
    path = workbook(tmp_path / "ngrt_star.xlsx", {"Results": NGRT})
    evidence = read([path], NGRT_TABLE)
    assert of(evidence, "reading_age") == {
        **{"C-01": 94, "C-02": 126, "C-05": 192, "C-06": 93, "C-07": 94},
    }
    assert of(evidence, "sas")["C-01"] == 69
    assert of(evidence, "sas")["C-02"] == 141
    assert refused(evidence) == [
        (4, "Reading age", "not_a_reading_age"),
        (4, "SAS", "out_of_range"),
        (9, "Reading age", "not_a_reading_age"),
    ]


def test_moments_in_utc_are_days_in_london(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "pmm_service_deliveries.csv", PMM)
    evidence = read([path], PMM_TABLE)
    assert values(evidence, "club") == [
        ("C-01", date(2025, 4, 28), 0),
        ("C-01", date(2025, 5, 4), 0),
    ]
    references = evidence.observations_table["observation"].to_pylist()
    assert [one.rpartition("/")[2] for one in references] == ["a0X01AbC", "a0X01ABC"]
    assert refused(evidence) == [(6, "Delivered", "not_a_moment")]


def test_a_percentage_is_what_is_said_of_its_column(tmp_path: Path) -> None:
    path = workbook(tmp_path / "percent_trap.xlsx", {"Data": PERCENT}, SHOWN)
    evidence = read([path], PERCENT_TABLE)
    assert of(evidence, "attendance") == {"C-01": 900, "C-02": 1000, "C-03": 925, "C-04": 925}
    assert of(evidence, "absence") == {"C-01": 100, "C-02": 0, "C-03": 75, "C-04": 75}
    unsaid = PERCENT_TABLE.replace("{column: Attendance, as: percent}", "Attendance")
    evidence = read([path], unsaid)
    assert values(evidence, "attendance") == []
    assert {code for _, column, code in refused(evidence) if column == "Attendance"} == {
        "mixed_percentages",
        "text_in_number",
    }


def test_numbers_that_say_who_a_child_is_are_refused_as_a_whole(tmp_path: Path) -> None:
    path = workbook(tmp_path / "pii_leak.xlsx", {"Club": LEAK})
    with pytest.raises(EvidenceError) as caught:
        read([path], LEAK_TABLE)
    told = [(fault.sheet, fault.column, fault.code) for fault in caught.value.faults]
    assert told == [("Club", "Child", "identifies"), ("Club", "Ref", "identifies")]
    assert not any(str(cell) in str(caught.value) for row in LEAK[1:] for cell in (row[0], row[1]))
    assert "pupil numbers" in str(caught.value)
    assert "NHS numbers" in str(caught.value)


def test_of_a_file_with_identifiers_that_are_not_read_only_the_hash_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [[*row, "Key" if at == 0 else f"C-{at:02d}"] for at, row in enumerate(LEAK)]
    path = workbook(tmp_path / "pii_leak.xlsx", {"Club": rows})
    table = LEAK_TABLE.replace("participant: Child, ref: Ref", "participant: Key")
    with caplog.at_level("DEBUG"):
        evidence = read([path], table + "    never: [Child, Ref, DoB, Adno, Note]\n")
        settled = settle(contract(), evidence, as_of="2026-08-31")
        record = read_record(write_record(settled, tmp_path / "record.zip"))
    assert len(values(evidence, "club")) == 2
    whole = [*record.parts.values(), caplog.text.encode(), repr(settled).encode()]
    for content in statement_files(settled).values():
        with ZipFile(BytesIO(content)) as book:
            whole += [book.read(name) for name in book.namelist()]
    kept = b"".join(whole)
    assert sha256(path.read_bytes()).hexdigest().encode() in kept
    for secret in ("B801200005001", "D20512324500A", "943 476 5919", "2014-03-0", "SW1A"):
        assert secret.encode() not in kept

"""The command line on good and on broken files; a broken file leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook
from tests.commands import Done, run, run_apart
from tests.evidence_workbooks import few_children

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONTRACT = FIXTURES / "contracts" / "west_london_zone.yaml"
EVIDENCE = FIXTURES / "evidence" / "west_london_zone.xlsx"


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example evidence about thirty children, for what does not depend on how many they are."""
    return few_children(tmp_path_factory.mktemp("few") / "evidence.xlsx")


def settle(contract: Path, evidence: Path, out: Path, *more: str) -> Done:
    return run("settle", contract, evidence, "--as-of", "2018-01-31", "--out", out, *more)


def damaged(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """The example contract with pieces of its text replaced."""
    text = CONTRACT.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = tmp_path / "contract.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def without(tmp_path: Path, sheet: str, heading: str | None = None) -> Path:
    """The example evidence without a sheet, or without one of its columns."""
    source = CalamineWorkbook.from_path(EVIDENCE)
    path = tmp_path / "evidence.xlsx"
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name in source.sheet_names:
            if name == sheet and heading is None:
                continue
            rows = source.get_sheet_by_name(name).to_python(skip_empty_area=False)
            gone = rows[0].index(heading) if name == sheet and heading in rows[0] else -1
            page = book.add_worksheet(name)
            for number, row in enumerate(rows[:40]):
                page.write_row(number, 0, [cell for at, cell in enumerate(row) if at != gone])
    return path


def test_check_says_that_a_good_contract_has_no_fault() -> None:
    done = run_apart("check", CONTRACT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "No fault found" in done.stdout


def test_check_lists_what_is_worth_a_look_and_refuses_it_only_when_strict(tmp_path: Path) -> None:
    told = "Worth a look (1), though nothing is refused:\n  - line 22, at calendar > evidence"
    assert told in run("check", CONTRACT).stdout
    assert run("check", CONTRACT, "--strict").returncode == 1
    [found] = json.loads(run("check", CONTRACT, "--json").stdout)["findings"]
    assert (found["level"], found["code"]) == ("look at", "deadline_after_claim")
    clean = damaged(tmp_path, ("within: 90 days", "within: 30 days"))
    done = run("check", clean, "--strict")
    assert (done.returncode, done.stdout.count("\n")) == (0, 2)


def test_plan_shows_every_version_beside_what_came(few: Path, tmp_path: Path) -> None:
    text = CONTRACT.read_text(encoding="utf-8")
    planned = "plans: {first: {made_on: 2016-10-01, payments: {2017-Q1: {sign_up: 1000.125}}}}"
    contract = tmp_path / "contract.yaml"
    contract.write_text(f"{text}\n{planned}\n", encoding="utf-8")
    asked = ("plan", contract, few, "--as-of", "2017-04-30", "--leave-out-refused")
    done = run(*asked)
    assert (done.returncode, done.stderr) == (0, "")
    assert "first, made on 2016-10-01" in done.stdout
    assert "£1,000.125" in done.stdout
    rows = json.loads(run(*asked, "--json").stdout)["plans"]
    assert ("2017-Q1", "1000.1250000000") in {(row["claim_period"], row["planned"]) for row in rows}


def test_render_prints_a_contract_or_writes_it_in_the_form_of_the_file(tmp_path: Path) -> None:
    printed = run("render", CONTRACT)
    assert printed.returncode == 0
    assert "earns £120.00 once for each participant" in " ".join(printed.stdout.split())
    page = tmp_path / "contract.html"
    assert run("render", CONTRACT, "--out", page).returncode == 0
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert run("render", CONTRACT, "--as", "markdown").stdout.startswith("# West London Zone")
    assert run("render", CONTRACT, "--out", tmp_path / "no" / "c.md").returncode == 2


def test_every_fault_of_a_contract_is_told_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    broken = damaged(
        tmp_path,
        ("price: 450.00", "prize: 450.00"),
        ("central: 1/9", "central: 1/8"),
        ('trust: the rest}, clause: "Sch 3 §1"', 'trust: 25%}, clause: "Sch 3 §1"'),
        ("observed: consent", "observed: permission"),
    )
    out = tmp_path / "out"
    done = settle(broken, EVIDENCE, out)
    assert done.returncode == 2
    assert "prize" in done.stderr
    assert "102.5%" in done.stderr
    assert "permission" in done.stderr
    assert "Nothing was written" in done.stderr
    assert not out.exists()


def test_refused_rows_stop_a_settlement_until_they_are_left_out_by_word(tmp_path: Path) -> None:
    stopped = settle(CONTRACT, EVIDENCE, tmp_path / "stopped")
    assert stopped.returncode == 2
    for found in ("row 344", "row 485", "row 142", "row 146", "Partner sessions", "Recorded"):
        assert found in stopped.stderr
    assert "--leave-out-refused" in stopped.stderr
    assert not (tmp_path / "stopped").exists()
    done = settle(CONTRACT, EVIDENCE, tmp_path / "done", "--leave-out-refused")
    assert done.returncode == 0
    assert (tmp_path / "done" / "refused.csv").exists()


@pytest.mark.parametrize(
    ("sheet", "heading", "told"),
    [
        ("Consents", None, "'Consents'"),
        ("Surveys", "SDQ total", "'SDQ total'"),
        ("Children", "School", "'School'"),
    ],
)
def test_a_missing_sheet_or_column_is_named(
    tmp_path: Path, sheet: str, heading: str | None, told: str
) -> None:
    out = tmp_path / "out"
    done = settle(CONTRACT, without(tmp_path, sheet, heading), out, "--leave-out-refused")
    assert done.returncode == 2
    assert told in done.stderr
    assert not out.exists()


def test_a_contract_in_another_currency_is_settled_recorded_and_regenerated(
    few: Path, tmp_path: Path
) -> None:
    out, record = tmp_path / "out", tmp_path / "q4.record"
    in_dollars = damaged(tmp_path, ("currency: GBP", "currency: USD"))
    done = settle(in_dollars, few, out, "--leave-out-refused")
    assert done.returncode == 0, done.stderr
    assert "US$" in done.stdout
    assert "£" not in done.stdout
    statement = out / "wlz-lbhf_2017-Q4_lbhf.xlsx"
    cover = openpyxl.load_workbook(statement, data_only=True)["Cover"]
    assert "Total due (US$)" in [row[0].value for row in cover.iter_rows()]
    words = ("--as-of", "2018-01-31", "--leave-out-refused", "--out", record)
    assert run("record", in_dollars, few, *words).returncode == 0
    assert run("regenerate", record).returncode == 0
    verified = run("verify", statement, record)
    assert verified.returncode == 0, verified.stdout
    assert "byte for byte" in verified.stdout


def test_no_child_s_value_is_in_a_refusal(tmp_path: Path) -> None:
    told = settle(CONTRACT, EVIDENCE, tmp_path / "out").stderr
    for value in ("C-0", "n/a", "see notes", "31/02/2017", "194.6"):
        assert value not in told


def test_faults_are_given_to_programs_as_json(tmp_path: Path) -> None:
    done = settle(CONTRACT, EVIDENCE, tmp_path / "out", "--json")
    assert done.returncode == 2
    assert {fault["code"] for fault in json.loads(done.stdout)["faults"]} >= {
        "text_in_number",
        "contradictory_values",
        "unknown_participant",
        "recorded_before_observed",
    }


def test_explain_leads_from_a_milestone_to_rows_of_evidence(few: Path) -> None:
    done = run(
        *("explain", CONTRACT, few, "--participant", "C-0001"),
        *("--as-of", "2019-04-30", "--leave-out-refused"),
    )
    assert done.returncode == 0
    for told in ("Sch 2 §1", "£", "Consents", "row"):
        assert told in done.stdout


def test_explain_leads_from_a_line_of_a_statement_to_rows_of_evidence(few: Path) -> None:
    asked = ("--as-of", "2017-04-30", "--leave-out-refused")
    done = run("explain", CONTRACT, few, "--line", "2017-Q1/0001", *asked, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["line"] == "2017-Q1/0001"
    assert [line["line"] for line in told["milestones"][0]["lines"]] == ["2017-Q1/0001"]


@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("--participant", "C-0001", "--line", "2017-Q1/0001"),
        ("--line", "2017-Q1/0001", "--milestone", "consent"),
        ("--line", "no such line"),
    ],
)
def test_explain_takes_a_participant_or_a_line_and_says_which_is_missing(
    few: Path, asked: tuple[str, ...]
) -> None:
    done = run(
        *("explain", CONTRACT, few, *asked),
        *("--as-of", "2017-04-30", "--leave-out-refused"),
    )
    assert done.returncode == 2
    assert "line" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_record_regenerates_and_a_changed_one_is_refused(few: Path, tmp_path: Path) -> None:
    kept = tmp_path / "2017-Q4.record"
    words = ("--as-of", "2018-01-31", "--out", kept, "--leave-out-refused")
    assert run("record", CONTRACT, few, *words).returncode == 0
    assert run("regenerate", kept).returncode == 0
    changed = bytearray(kept.read_bytes())
    changed[len(changed) // 2] ^= 1
    kept.write_bytes(changed)
    assert run("regenerate", kept).returncode == 2


def test_simulate_gives_the_same_answer_for_the_same_seed() -> None:
    area = FIXTURES / "areas" / "new_borough.yaml"
    words = ("simulate", CONTRACT, area, "--trials", "200", "--seed", "7", "--json")
    first, second = run(*words), run(*words)
    assert first.returncode == 0
    assert first.stdout == second.stdout
    json.loads(first.stdout)


def test_a_template_can_be_filled_in(tmp_path: Path) -> None:
    out = tmp_path / "template.xlsx"
    assert run("template", CONTRACT, "--out", out).returncode == 0
    assert {"Children", "Surveys"} <= set(CalamineWorkbook.from_path(out).sheet_names)


def test_a_date_that_is_none_is_refused_with_the_form_to_write(tmp_path: Path) -> None:
    done = run("settle", CONTRACT, EVIDENCE, "--as-of", "31/01/2018", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "%Y-%m-%d" in done.stderr or "YYYY" in done.stderr


@pytest.fixture(scope="module")
def kept(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the record of a quarter, its statements, and the record of the next."""
    folder = tmp_path_factory.mktemp("kept")
    words = ("--leave-out-refused",)
    for name, as_of, more in (
        ("q4", "2018-01-31", ()),
        ("q1", "2018-04-30", ("--previous", folder / "q4.record")),
    ):
        out = folder / f"{name}.record"
        done = run("record", CONTRACT, few, "--as-of", as_of, "--out", out, *words, *more)
        assert done.returncode == 0, done.stderr
        assert "SHA-256" in done.stdout
    assert settle(CONTRACT, few, folder / "out", *words).returncode == 0
    return folder


def test_a_statement_verifies_and_an_edited_one_names_the_cell(kept: Path, tmp_path: Path) -> None:
    statement = kept / "out" / "wlz-lbhf_2017-Q4_lbhf.xlsx"
    done = run("verify", statement, kept / "q4.record", "--exact")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The same file, byte for byte" in done.stdout
    book = openpyxl.load_workbook(statement)
    book["Schedule"]["H9"].value += 1
    book.save(tmp_path / "edited.xlsx")
    edited = run("verify", tmp_path / "edited.xlsx", kept / "q4.record")
    assert edited.returncode == 1
    assert "Schedule!H9: the value is another; the record says" in edited.stdout
    told = json.loads(run("verify", tmp_path / "edited.xlsx", kept / "q4.record", "--json").stdout)
    assert (told["same"], told["regenerated"]) == (False, True)
    refused = run("verify", CONTRACT, kept / "q4.record")
    assert refused.returncode == 2
    assert "this is not an Excel workbook" in refused.stderr


def test_a_record_must_follow_on_the_one_before(few: Path, kept: Path) -> None:
    done = run("regenerate", kept / "q1.record", "--previous", kept / "q4.record", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["same"] is True
    other = run("regenerate", kept / "q4.record", "--previous", kept / "q1.record")
    assert other.returncode == 2
    assert "it does not follow on q1.record" in other.stderr
    noted = run("regenerate", kept / "q4.record", "--sha256", "0" * 64)
    assert "not the one that was noted" in noted.stderr
    turned = kept / "turned.record"
    words = ("--as-of", "2018-01-31", "--out", turned, "--leave-out-refused")
    backward = run("record", CONTRACT, few, *words, "--previous", kept / "q1.record")
    assert backward.returncode == 2
    assert "its claim, 2018-Q1, is not before 2017-Q4" in backward.stderr
    assert not turned.exists()


def test_compare_says_whether_two_records_or_contracts_differ(kept: Path, tmp_path: Path) -> None:
    assert run("compare", kept / "q4.record", kept / "q4.record").returncode == 0
    later = run("compare", kept / "q4.record", kept / "q1.record")
    assert later.returncode == 1
    assert "Claims whose money moved:" in later.stdout
    dearer = damaged(tmp_path, ("price: 450.00", "price: 475.00"))
    amended = run("compare", CONTRACT, dearer, "--json")
    assert amended.returncode == 1
    assert json.loads(amended.stdout)["terms"][0]["path"] == "milestones › sign_up › price"
    mixed = run("compare", CONTRACT, kept / "q4.record")
    assert mixed.returncode == 2
    assert "one is a contract, the other is settled" in mixed.stderr


def test_receipts_are_reconciled_and_broken_ones_listed(few: Path, tmp_path: Path) -> None:
    head = "receipt,funder,received_on,amount\n"
    bank = tmp_path / "bank.csv"
    bank.write_text(f"{head}B1,trust,2016-12-20,18000.00\n", encoding="utf-8")
    words = ("--as-of", "2018-01-31", "--leave-out-refused", "--receipts", bank)
    done = run("reconcile", CONTRACT, few, *words, "--on", "2018-03-31", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["received_pence"] == 1_800_000
    assert told["open_pence"] - told["carried_pence"] == told["asked_pence"] - 1_800_000
    stated = run("settle", CONTRACT, few, *words, "--out", tmp_path / "out")
    assert stated.returncode == 0
    names = CalamineWorkbook.from_path(tmp_path / "out" / "wlz-lbhf_2017-Q4_trust.xlsx").sheet_names
    assert {"Account", "Receipts"} <= set(names)
    bank.write_text("receipt,funder,amount\nB1,trust,5.00\n", encoding="utf-8")
    refused = run("settle", CONTRACT, few, *words, "--out", tmp_path / "no")
    assert refused.returncode == 2
    assert "bank.csv, column 'received_on': there is no column 'received_on'" in refused.stderr
    assert not (tmp_path / "no").exists()


def test_a_view_is_proven_by_the_whole_record(few: Path, kept: Path, tmp_path: Path) -> None:
    view = tmp_path / "lbhf.record"
    words = ("--as-of", "2018-01-31", "--out", view, "--leave-out-refused", "--funder", "lbhf")
    assert run("record", CONTRACT, few, *words).returncode == 0
    assert run("regenerate", kept / "q4.record", "--view", view).returncode == 0
    other = run("regenerate", kept / "q1.record", "--view", view)
    assert other.returncode == 2
    assert "it is not the funder's view of q1.record" in other.stderr
    statement = kept / "out" / "wlz-lbhf_2017-Q4_lbhf.xlsx"
    assert run("verify", statement, view).returncode == 0
    alone = run("regenerate", view)
    assert alone.returncode == 2
    assert "nothing to settle again" in alone.stderr

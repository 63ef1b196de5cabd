"""What an auditor asks who holds a record and the statements that went out, and nothing else."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from tests.commands import run
from tests.evidence_workbooks import few_children

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONTRACT = FIXTURES / "contracts" / "west_london_zone.yaml"
QUARTER = ("--as-of", "2017-04-30", "--leave-out-refused")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the record of a quarter, a funder's view of it, and what was sent out."""
    folder = tmp_path_factory.mktemp("kept")
    evidence = few_children(folder / "evidence.xlsx")
    for words in (
        ("record", CONTRACT, evidence, *QUARTER, "--out", folder / "q1.record"),
        ("record", CONTRACT, evidence, *QUARTER, "--out", folder / "v.record", "--funder", "trust"),
        ("settle", CONTRACT, evidence, *QUARTER, "--out", folder / "sent"),
    ):
        done = run(*words)
        assert done.returncode == 0, done.stderr
    return folder


def test_a_record_says_what_it_is_and_what_it_holds(kept: Path) -> None:
    done = run("show", kept / "q1.record")
    assert (done.returncode, done.stderr) == (0, "")
    digest = sha256((kept / "q1.record").read_bytes()).hexdigest()
    head, first, *_ = done.stdout.splitlines()
    assert head.endswith("Hammersmith & Fulham (illustrative), 2017-Q1, claimed on 2017-04-30")
    assert first == f"  SHA-256 of the record {digest}"
    assert "No earlier claim came in closed" in done.stdout
    assert "C-0" not in done.stdout
    told = json.loads(run("show", kept / "q1.record", "--json").stdout)
    sent = json.loads(run("explain", kept / "q1.record", "--line", "2017-Q1/0001", "--json").stdout)
    assert sent["line"] == "2017-Q1/0001"
    assert told["versions"][0]["sha256"] == sha256(CONTRACT.read_bytes()).hexdigest()
    view = run("show", kept / "v.record").stdout
    assert f"What trust may see, cut from the record with SHA-256 {digest}" in view


def test_a_line_of_a_statement_is_explained_from_the_record_as_from_the_evidence(
    kept: Path,
) -> None:
    line = ("--line", "2017-Q1/0002")
    of_record = run("explain", kept / "q1.record", *line)
    assert of_record.returncode == 0, of_record.stderr
    of_evidence = run("explain", CONTRACT, kept / "evidence.xlsx", *line, *QUARTER).stdout
    # A record keeps what was known on the claim date: what came later is not in it.
    assert of_record.stdout.splitlines() == [
        one for one in of_evidence.splitlines() if not one.startswith("  Rows recorded after")
    ]


def test_what_was_sent_is_written_again_byte_for_byte(kept: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    done = run("regenerate", kept / "q1.record", "--out", again)
    assert done.returncode == 0, done.stderr
    sent = {path.name: path.read_bytes() for path in (kept / "sent").iterdir()}
    assert {path.name: path.read_bytes() for path in again.iterdir()} == sent
    assert run("verify", again).returncode == 0
    # Nothing is overwritten unasked, and the same again is no other content.
    assert run("regenerate", kept / "q1.record", "--out", again).returncode == 0
    (again / "lines.csv").write_text("mine", encoding="utf-8")
    assert run("regenerate", kept / "q1.record", "--out", again).returncode == 2
    assert (again / "lines.csv").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("explain", "q1.record", "evidence.xlsx", "--line", "2017-Q1/0001"), "holds its contract"),
        (
            ("explain", "q1.record", "--line", "2017-Q1/0001", "--as-of", "2018-01-31"),
            "settled as of 2017-04-30",
        ),
        (("explain", "v.record", "--line", "2017-Q1/0001"), "nothing to settle again"),
        (("show", "sent/lines.csv"), "this is not a record"),
        (("show", "nowhere.record"), "No such file"),
    ],
)
def test_what_a_record_cannot_answer_is_told(
    kept: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str | Path, ...], told: str
) -> None:
    monkeypatch.chdir(kept)
    done = run(*words)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.parametrize(
    "words",
    [
        "explain --line 2017-Q1/0001",
        "plan",
        f"reconcile --receipts {FIXTURES / 'receipts' / 'west_london_zone.csv'}",
        "record",
        "page programme",
    ],
    ids=lambda words: words.split()[0],
)
def test_what_a_command_reads_never_gives_way(kept: Path, words: str) -> None:
    """Not the record of the claim before either, though others may be replaced."""
    record = kept / "q1.record"
    before = record.read_bytes()
    verb = words.split(" --")[0].split()
    given = (CONTRACT, kept / "evidence.xlsx", "--as-of", "2017-07-31", "--leave-out-refused")
    done = run(
        *(*verb, *given, *words.split()[len(verb) :]),
        *("--earlier", record, "--out", record, "--replace"),
    )
    assert done.returncode == 2
    assert "q1.record" in done.stderr
    assert record.read_bytes() == before


@pytest.fixture(scope="module")
def second(kept: Path) -> Path:
    """The record of the claim after, which follows on the first, and what was sent with it."""
    later = (CONTRACT, kept / "evidence.xlsx", "--as-of", "2018-01-31", "--leave-out-refused")
    after = ("--earlier", kept / "q1.record")
    for words in (
        ("record", *later, *after, "--out", kept / "q4.record"),
        ("settle", *later, *after, "--out", kept / "sent_q4"),
    ):
        done = run(*words)
        assert done.returncode == 0, done.stderr
    return kept


TRUST = "sent_q4/wlz-lbhf_2017-Q4_trust.xlsx"
RECEIPTS = FIXTURES / "receipts" / "west_london_zone.csv"
# What an auditor asks who has a record and a workbook alone, each in one command: how it ends, and
# what of the answer stands at its head or is what was asked for.
QUESTIONS: dict[str, tuple[tuple[str | Path, ...], int, tuple[str, ...]]] = {
    "what is this file, and what does it rest on?": (
        ("show", "q4.record"),
        0,
        (
            "2017-Q4, claimed on 2018-01-31",
            "Rests on evidence recorded by",
            "Follows on the record",
        ),
    ),
    "is the workbook that I was sent the one of this record?": (
        ("verify", TRUST, "q4.record"),
        0,
        ("Settled again from the record, the statement comes out the same", "byte for byte"),
    ),
    "and was it perhaps that of another claim?": (
        ("verify", TRUST, "q1.record"),
        1,
        ("NOT THE SAME: 2 differences", "of another claim, funder or contract"),
    ),
    "is what was sent out whole, and nothing else with it?": (
        ("verify", "sent_q4"),
        0,
        ("17 files, each as it was written",),
    ),
    "does the same come out if it is settled again?": (
        ("regenerate", "q4.record"),
        0,
        ("results are the same, byte for byte",),
    ),
    "why was this line paid?": (
        ("explain", "q4.record", "--line", "2017-Q1/0001"),
        0,
        ("2017-Q1/0001",),
    ),
    "why was this child's milestone not paid?": (
        ("explain", "q4.record", "--participant", "C-0001", "--milestone", "sign_up"),
        0,
        ("Sign-up",),
    ),
    "what has moved since the claim before, and why?": (
        ("compare", "q1.record", "q4.record"),
        1,
        ("Asked for to date", "All funders"),
    ),
    "was it paid?": (
        ("reconcile", "q4.record", "--receipts", RECEIPTS),
        0,
        ("Philanthropic trust",),
    ),
    "what had been planned?": (("plan", "q4.record"), 0, ("No plan had been made",)),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_auditor_has_an_answer_in_one_command(
    second: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    monkeypatch.chdir(second)
    words, code, told = QUESTIONS[question]
    done = run(*words)
    said = " ".join((done.stdout + done.stderr).replace("│", " ").split())
    assert done.returncode == code, said
    assert [one for one in told if one not in said] == []


def test_only_a_record_says_its_own_day(second: Path) -> None:
    done = run("reconcile", CONTRACT, second / "evidence.xlsx", "--receipts", RECEIPTS)
    assert done.returncode == 2
    assert "name the day up to which claims are settled" in " ".join(
        done.stderr.replace("│", " ").split()
    )

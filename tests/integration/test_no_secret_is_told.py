"""Every command, over evidence whose every free field is a secret: nothing of it stands in what is
told, by half of them with `--json`, in a name of a file, or in files that go to others.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.commands import run
from tests.evidence_workbooks import FEB, JAN, MAR, write_book
from tests.integration.test_every_writing_command import CALLS, SETTLED, given
from tests.told_secrets import SECRET
from tests.unit.test_forget import texts_in

__all__ = ["given"]  # the folder with everything that commands read
WHO = f"{SECRET}-1"
# What is written for whoever knows the children: statements with their lines, records, what each
# child did. Of a statement page the provider's alone shows them.
NAME_CHILDREN = {
    *("settle", "explain", "check-evidence", "score", "identify", "year-end", "record"),
    *("regenerate", "page programme", "page statement"),
}
# Every command is tried but those that read no child: their words are those of the contract.
NO_CHILD = {"demo", "new"}


@pytest.fixture(scope="module")
def secret(given: Path) -> Path:
    """That folder, with a secret in the references, texts and documents of its children."""
    people = [
        (WHO, JAN, None, None, FEB, "Oak", "north"),
        (f"{SECRET}-2", JAN, None, None, FEB, "Oak", "south"),
    ]
    texts = (f"{SECRET} senior", f"{SECRET}.pdf")
    forms = [
        (f"{SECRET}-F1", WHO, FEB, MAR, None, *texts, "yes"),
        (f"{SECRET}-F2", WHO, FEB, MAR, f"{SECRET}-F1", *texts, "yes"),
    ]
    wrong = [(f"{SECRET}-S", f"{SECRET}-2", FEB, MAR, None, SECRET, 3, 4)]
    book = {"Children": people, "Forms": forms, "Surveys": wrong}
    write_book(given / "evidence.xlsx", book)
    receipts = f"receipt,funder,received_on,amount,note\nB-1,council,2017-06-01,5,{SECRET}\n"
    (given / "bank.csv").write_text(receipts)
    (given / "answers.csv").write_text(f"child,q1,q2,q3,q4,q5\n{WHO},1,2,3,4,5\n{WHO},,,,,x\n")
    (given / "people.csv").write_text(f"child,note\n{WHO},\nC-2,\n")
    (given / "who.txt").write_text(f"{WHO}\n{SECRET}-2\n")
    (given / "q1.record").unlink()
    with pytest.MonkeyPatch.context() as here:
        here.chdir(given)
        made = run("record", *SETTLED, "--leave-out-refused", "--out", "q1.record")
    assert made.returncode == 0, made.stderr
    return given


@pytest.mark.parametrize("call", [one for one in CALLS if one[0] not in NO_CHILD], ids=" ".join)
def test_no_command_tells_a_secret(
    call: tuple[str, str], secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(secret)
    at = list(CALLS).index(call)
    ending = {"--marked": ".xlsx", "--out": ".html" if "page" in call[0] else ""}.get(call[1], "")
    words = [f"out {at}{ending}" if word == "PLACE" else word for word in CALLS[call]]
    words = [WHO if word == "C-1" else word for word in words]
    before = set(secret.rglob("*"))
    if "--as-of" in words or "--on" in words:
        words.append("--leave-out-refused")
    done = run(*words, *(["--json"] if at % 2 else []))
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    new = [path for path in secret.rglob("*") if path not in before]
    assert [path.name for path in new if SECRET in path.name] == []
    if call[0] not in NAME_CHILDREN:
        told = [
            path.name for path in new if path.is_file() and SECRET in texts_in(path.read_bytes())
        ]
        assert told == []


def test_what_names_children_is_looked_into(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(secret)
    done = run("settle", *SETTLED, "--leave-out-refused", "--out", "looked")
    assert done.returncode == 0, done.stderr
    found = [one for one in (secret / "looked").iterdir() if SECRET in texts_in(one.read_bytes())]
    assert found  # a secret that is written is found here
    # The refused cell that holds it is told by its place, and the row's texts go into no statement.
    for path in found:
        assert f"{SECRET}.pdf" not in texts_in(path.read_bytes())
    forgot = run("forget", "q1.record", "--participants", "who.txt", "--out", "forgot", "--json")
    assert forgot.returncode == 0, forgot.stderr
    gone = texts_in((secret / "forgot" / "q1.record").read_bytes())
    assert SECRET not in gone

"""A writing that is killed, and two at once, leave every file whole and every mixed set seen.

A process is killed before any line of the modules that write, or in the middle of a file; which
lines is spread over all of them. `IMPACTBOND_KILLS` and `IMPACTBOND_PAIRS` say how many times, and
`python -m tests.long kills` asks for many.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.spec.drawn_tables import settled

from impactbond.records.record import read_record, record_bytes

KILLS = int(os.environ.get("IMPACTBOND_KILLS", "24"))
PAIRS = int(os.environ.get("IMPACTBOND_PAIRS", "3"))
EVIDENCE = "child | metric | on | value\nc1 | consent | 2017-02-01 | yes"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")

# What both programs below begin with: two sets of one claim, of which the second has one funder
# more, one fewer, and one statement that stays as it is.
SETS = """
import json, os, shutil, signal, sys
from pathlib import Path
from impactbond.errors import ImpactBondError
from impactbond.statements import verify_folder
from impactbond.statements.write import write_set
from tests.statement_sources import small_source

def contents(letter, *names):
    return {f"{name}.xlsx": letter.encode() * 50_000 for name in names} | {"kept.xlsx": b"kept"}

OLD, NEW = contents("o", "all", "lbhf", "elm"), contents("n", "all", "lbhf", "oak")
source = small_source()

def write(files, folder):
    write_set(folder, source.contract_id, "2017-Q4", files, replace=True)

def found(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".xlsx"}

def forked(work):
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except ImpactBondError as error:
            print(error, file=sys.stderr, flush=True)
            os._exit(2)
        except BaseException as error:
            print("NOT OURS", repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    return child
"""

KILLED = (
    SETS
    + """
kills, is_there, place = int(sys.argv[1]), sys.argv[2] == "True", Path(sys.argv[3])
WRITERS = ("impactbond/files.py", "statements/manifest.py")

def dying(at, files, folder):
    # The process dies before its at-th line, or as far into the file that it writes then.
    taken = 0
    def each_line(frame, event, argument):
        nonlocal taken
        if event == "line":
            taken += 1
            if taken == at:
                if frame.f_code.co_name == "_write_new" and "file" in frame.f_locals:
                    half = frame.f_locals["content"]
                    os.write(frame.f_locals["file"].fileno(), half[: at * 7919 % (len(half) or 1)])
                os.kill(os.getpid(), signal.SIGKILL)
        return each_line
    def each_call(frame, event, argument):
        return each_line if frame.f_code.co_filename.endswith(WRITERS) else None
    sys.settrace(each_call)
    write(files, folder)
    sys.settrace(None)
    return taken

def before(folder):
    shutil.rmtree(folder, ignore_errors=True)
    if is_there:
        write(OLD, folder)

before(place)
lines = dying(0, NEW, place)
told = {"lines": lines, "old": 0, "new": 0, "seen": 0}
for number in range(kills):
    before(place)
    at = 1 + number * lines // kills
    _, status = os.waitpid(forked(lambda: dying(at, NEW, place)), 0)
    assert os.WIFSIGNALED(status), (at, status)
    stands = found(place) if place.exists() else {}
    for name, content in stands.items():
        assert content in (OLD.get(name), NEW.get(name)), (at, name)
    try:
        result = verify_folder(place)
        is_seen = not result.same
        # The old statement of a school that is no longer asked stays, and is named.
        left = [one.file for one in result.differences if one.code == "no_longer"]
    except ImpactBondError:
        is_seen, left = True, []
    if left == ["elm.xlsx"] and len(result.differences) == 1:
        told["new"] += 1
        assert {**OLD, **NEW} == stands
    elif is_seen:
        told["seen"] += 1
    else:
        assert stands == (OLD if is_there and stands == OLD else NEW), at
        told["old" if stands == OLD else "new"] += 1
    # Whatever was left behind, the next writing succeeds and leaves nothing of it.
    write(NEW, place)
    left = ["elm.xlsx"] if "elm.xlsx" in stands else []
    assert sorted(os.listdir(place)) == sorted([*NEW, *left, "manifest.json"]), at
    assert [one.file for one in verify_folder(place).differences] == left
print(json.dumps(told))
"""
)

PAIRED = (
    SETS
    + """
pairs, place = int(sys.argv[1]), Path(sys.argv[2])
ends = []
for number in range(pairs):
    folder = place / str(number)
    if number % 2:
        write(OLD, folder)
    begin, go = os.pipe()
    def at_once(files):
        os.read(begin, 1)
        write(files, folder)
    children = [forked(lambda files=files: at_once(files)) for files in (OLD, NEW)]
    os.write(go, b"12")
    ends += [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    os.close(begin), os.close(go)
    result = verify_folder(folder)
    stands = found(folder)
    last = [files for files in (OLD, NEW) if all(stands.get(n) == c for n, c in files.items())]
    assert len(last) == 1, number
    left = sorted(set(stands) - set(last[0]))
    assert [one.file for one in result.differences] == left, result.text
    assert sorted(os.listdir(folder)) == sorted([*stands, "manifest.json"])
print(json.dumps(ends))
"""
)


def run(program: str, *words: object) -> tuple[str, str]:
    """What a program prints, and what it says of errors."""
    command = [sys.executable, "-W", "ignore", "-c", program, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("is_there", [True, False])
def test_killed_at_any_line_every_file_is_whole_and_every_half_set_is_seen(
    tmp_path: Path, is_there: bool
) -> None:
    told, errors = run(KILLED, KILLS, is_there, tmp_path / "out")
    ends = json.loads(told)
    assert errors == ""
    assert ends["lines"] > 200
    assert ends["old"] + ends["new"] + ends["seen"] == KILLS
    # Before the first file is in place nothing has changed, after the last everything has.
    assert ends["old" if is_there else "seen"] > 0
    assert ends["seen"] > 0
    assert ends["new"] > 0


def test_two_at_once_leave_one_whole_set(tmp_path: Path) -> None:
    told, errors = run(PAIRED, PAIRS, tmp_path)
    ends = json.loads(told)
    assert len(ends) == 2 * PAIRS
    assert set(ends) <= {0, 2}, errors
    assert "NOT OURS" not in errors
    assert errors.count("another process is writing") == ends.count(2)


RECORDED = """
import os, signal, sys
from functools import partial
from pathlib import Path
from impactbond.errors import RecordError
from impactbond.files import write_file

taken = 0
def each_line(frame, event, argument):
    global taken
    taken += event == "line"
    if taken == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGKILL)
    return each_line
sys.settrace(lambda f, *_: each_line if f.f_code.co_filename.endswith("files.py") else None)
content = Path(sys.argv[3]).read_bytes()
write_file(sys.argv[2], content, partial(RecordError, "No."), replace=True)
sys.settrace(None)
print(taken)
"""


def test_killed_at_any_line_the_old_record_or_the_new_one_is_whole(tmp_path: Path) -> None:
    old = record_bytes(settled("", EVIDENCE, "2017-04-30"))
    new = record_bytes(settled("", EVIDENCE, "2017-07-31"))
    (tmp_path / "new").write_bytes(new)
    target = tmp_path / "out" / "kept.record"
    target.parent.mkdir()
    target.write_bytes(old)
    lines = int(run(RECORDED, 0, target, tmp_path / "new")[0])
    found = set()
    for at in range(1, lines, max(lines // 16, 1)):
        target.write_bytes(old)
        words = [sys.executable, "-c", RECORDED, str(at), str(target), str(tmp_path / "new")]
        assert subprocess.run(words, check=False).returncode == -9
        found.add(target.read_bytes())
        read_record(target)
    assert found == {old, new}

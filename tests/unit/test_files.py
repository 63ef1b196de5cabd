"""Files that are written: whole or not at all, over nothing unasked, for their owner alone."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import pytest

from impactbond.errors import StatementError
from impactbond.files import LOCK, private_folder, write_file, write_files

REFUSED = partial(StatementError, "The files cannot be written.")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def code_of(error: pytest.ExceptionInfo[StatementError]) -> str:
    [fault] = error.value.faults
    return fault.code


def test_a_file_of_other_content_is_replaced_only_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "q1.record"
    write_file(path, b"one", REFUSED)
    write_file(path, b"one", REFUSED)  # of the same content it may stand there
    with pytest.raises(StatementError, match="another file stands there, a text or other") as told:
        write_file(path, b"two", REFUSED)
    assert code_of(told) == "file_stands"
    assert "replace=True" in str(told.value)
    assert path.read_bytes() == b"one"
    write_file(path, b"two", REFUSED, replace=True)
    assert path.read_bytes() == b"two"
    assert names(tmp_path) == ["q1.record"]


def test_of_a_set_nothing_is_written_where_one_would_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"other")
    (tmp_path / "c").write_bytes(b"different")
    with pytest.raises(StatementError) as told:
        write_files(tmp_path, {"a": b"1", "b": b"2", "c": b"3"}, REFUSED)
    assert [fault.file for fault in told.value.faults] == ["b", "c"]
    assert not told.value.wrote
    assert names(tmp_path) == ["b", "c"]
    assert (tmp_path / "b").read_bytes() == b"other"


def test_what_is_read_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "terms").mkdir()
    contract, version = tmp_path / "contract.yaml", tmp_path / "terms" / "1.yaml"
    for path in (contract, version):
        path.write_bytes(b"terms")
    # The same file by another path, and a file in a folder of versions.
    for path, given in (
        (contract, tmp_path / "terms" / ".." / "contract.yaml"),
        (version, tmp_path / "terms"),
    ):
        with pytest.raises(StatementError) as told:
            write_file(path, b"other", REFUSED, replace=True, inputs=[given])
        assert code_of(told) == "is_input"
        assert path.read_bytes() == b"terms"


def test_a_file_that_may_only_be_read_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "issued.xlsx"
    path.write_bytes(b"issued")
    path.chmod(0o444)
    with pytest.raises(StatementError) as told:
        write_file(path, b"other", REFUSED, replace=True)
    assert code_of(told) == "read_only"
    assert path.read_bytes() == b"issued"


def test_files_and_new_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    there.chmod(0o755)
    before = os.umask(0o022)
    try:
        write_files(there / "new" / "er", {"a": b"1"}, REFUSED)
        write_files(tmp_path / "shared", {"a": b"1"}, REFUSED, shared=True)
    finally:
        os.umask(before)
    assert mode(there / "new" / "er" / "a") == 0o600
    assert (mode(there / "new" / "er"), mode(there / "new"), mode(there)) == (0o700, 0o700, 0o755)
    assert (mode(tmp_path / "shared"), mode(tmp_path / "shared" / "a")) == (0o755, 0o644)


def test_no_link_is_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    link = tmp_path / "a"
    link.symlink_to(precious)
    with pytest.raises(StatementError, match="a link stands there"):
        write_file(link, b"1", REFUSED, replace=True)
    link.unlink()
    (tmp_path / LOCK).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StatementError, match="a link stands there"):
        write_file(link, b"1", REFUSED)
    assert precious.read_bytes() == b"precious"
    assert not (tmp_path / "elsewhere").exists()


def file_as_folder(folder: Path) -> Path:
    (folder / "file").write_bytes(b"")
    return folder / "file" / "out" / "a"


def folder_as_file(folder: Path) -> Path:
    (folder / "a").mkdir()
    return folder / "a"


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "a")
    return folder / "a"


@pytest.mark.parametrize(
    ("path_in", "told"),
    [
        (file_as_folder, "a file stands where a folder should be"),
        (folder_as_file, "a folder stands there"),
        (a_pipe, "a device or a pipe stands there"),
        (lambda folder: folder / ("a" * 300), "the name is too long for the system"),
        (lambda folder: folder / ("a" * 300) / "a", "the name is too long for the system"),
        (lambda folder: folder / "a\0b", "the system does not take such a name"),
        (lambda folder: folder / "a\ud800", "the system does not take such a name"),
        (lambda folder: folder / "..", "a folder stands there"),
        (lambda _: Path("/dev/full"), "a device or a pipe stands there"),
    ],
)
def test_a_path_of_the_wrong_kind_is_told_in_one_sentence(
    tmp_path: Path, path_in: object, told: str
) -> None:
    path = path_in(tmp_path)  # type: ignore[operator]
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(StatementError, match=told) as error:
        write_file(path, b"1", REFUSED, make_folders=True)
    assert len(str(error.value).splitlines()) == 2
    assert "Errno" not in str(error.value)
    assert str(tmp_path) not in str(error.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_missing_folder_is_made_or_told(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a"
    with pytest.raises(StatementError, match="no such file or directory"):
        write_file(path, b"1", REFUSED)
    assert not path.parent.exists()
    write_file(path, b"1", REFUSED, make_folders=True)
    assert path.read_bytes() == b"1"


# The system's own limit on the size of a file; a disk that is full fails at the same calls.
FULL = """
import resource, sys
from functools import partial
from pathlib import Path
from impactbond.errors import StatementError
from impactbond.files import write_files

resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    files = {"a": b"new", "b": b"1" * 20_000}
    write_files(Path(sys.argv[1]), files, partial(StatementError, "No."), replace=True)
except StatementError as error:
    print(error, error.wrote)
"""


@pytest.mark.parametrize("is_there", [True, False])
def test_where_there_is_no_room_all_is_as_before(tmp_path: Path, is_there: bool) -> None:
    out = tmp_path / "out"
    if is_there:
        out.mkdir()
        (out / "a").write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(out)], capture_output=True, text=True, check=True
    )
    assert "b: cannot be written: the system takes no file of that size. Write" in done.stdout
    assert done.stdout.endswith(" False\n")
    assert out.exists() == is_there
    if is_there:
        assert (names(out), (out / "a").read_bytes()) == (["a"], b"old")


# Root may write anywhere, until it gives that right up.
BARRED = """
import ctypes, os, sys
drop, override, read_search = 24, 1, 2
for right in (override, read_search):
    getattr(ctypes.CDLL(None), "prctl", lambda *_: 0)(drop, right, 0, 0, 0)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def test_a_folder_that_may_only_be_read_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    try:
        for out in (tmp_path, tmp_path / "new"):
            words = [sys.executable, "-c", BARRED, "-c", FULL, str(out)]
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            assert "the system does not let you write here" in done.stdout
            assert names(tmp_path) == []
    finally:
        tmp_path.chmod(0o755)


def test_while_another_process_writes_into_a_folder_one_sentence_says_so(tmp_path: Path) -> None:
    with (tmp_path / LOCK).open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StatementError, match="another process is writing") as told:
            write_file(tmp_path / "a", b"1", REFUSED)
    assert code_of(told) == "folder_in_use"
    assert names(tmp_path) == [LOCK]
    # The lock of a process that is gone is no lock.
    write_file(tmp_path / "a", b"1", REFUSED)
    assert names(tmp_path) == ["a"]


def test_what_a_killed_writing_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    ours, theirs = (
        ".impactbond-0123456789abcdef.part",
        (".a.part", ".impactbond-mine.part", "b.part"),
    )
    for name in (ours, *theirs):
        (tmp_path / name).write_bytes(b"half")
    write_file(tmp_path / "a", b"1", REFUSED)
    assert names(tmp_path) == sorted(["a", *theirs])


KILLED = """
import os, signal
from impactbond.files import private_folder
folder, _ = private_folder()
open(os.path.join(folder, "spilled"), "wb").write(b"rows")
print(folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
STARTED = "from impactbond.files import private_folder; print(private_folder()[0])"


def test_private_folders_of_killed_processes_are_cleared_at_the_next_start(tmp_path: Path) -> None:
    def run(program: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.strip()

    (tmp_path / "impactbond-notes").mkdir()  # somebody's own
    left = Path(run(KILLED))
    assert names(left) == [LOCK, "spilled"]
    assert Path(run(STARTED)).parent == tmp_path
    assert not left.exists()
    assert (tmp_path / "impactbond-notes").exists()


def test_a_private_folder_in_use_is_not_cleared_by_another_process() -> None:
    folder, put_away = private_folder()
    assert mode(Path(folder)) == 0o700
    subprocess.run([sys.executable, "-c", STARTED], capture_output=True, check=True)
    assert Path(folder, LOCK).exists()
    assert Path(folder).parent == Path(tempfile.gettempdir())
    put_away()
    assert not Path(folder).exists()

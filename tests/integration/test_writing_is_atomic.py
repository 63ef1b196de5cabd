"""A crash in the middle of writing leaves the old record or the new one, whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.spec.drawn_tables import settled

from impactbond.records.record import read_record, record_bytes, write_record

EVIDENCE = "child | metric | on | value\nc1 | consent | 2017-02-01 | yes"
# Every call of these is a step after which the machine may go down; `step` says at which.
KILLED = """
import os, signal, sys, pathlib, io
from pathlib import Path
from impactbond.statements.write import write_all

step, target, content = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]).read_bytes()
taken = 0

def dying(real, after):
    def call(*arguments, **named):
        global taken
        result = None if after else real(*arguments, **named)
        taken += 1
        if taken == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named) if after else result
    return call

os.fsync = dying(os.fsync, False)
Path.mkdir = dying(Path.mkdir, True)
Path.replace = dying(dying(Path.replace, True), False)
Path.unlink = dying(Path.unlink, True)

class Half(io.FileIO):
    def write(self, data):
        global taken
        half = len(data) // 2
        super().write(bytes(data)[:half])
        taken += 1
        if taken == step:
            os.kill(os.getpid(), signal.SIGKILL)
        super().write(bytes(data)[half:])
        return len(data)

Path.open = lambda self, mode: Half(self, mode)
write_all({target: content})
print("done in", taken)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("is_there", [True, False])
def test_killed_at_any_step_the_old_record_or_the_new_one_is_whole(
    tmp_path: Path, is_there: bool
) -> None:
    old = record_bytes(settled("", EVIDENCE, "2017-04-30"))
    new = record_bytes(settled("", EVIDENCE, "2017-07-31"))
    (tmp_path / "new").write_bytes(new)
    ends = []
    for step in range(1, 20):
        target = tmp_path / f"{step}" / "kept.record"
        if is_there:
            target.parent.mkdir()
            target.write_bytes(old)
        words = [sys.executable, "-c", KILLED, str(step), str(target), str(tmp_path / "new")]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        ends.append(done.returncode)
        if target.exists():
            assert target.read_bytes() in (old, new)
            read_record(target)
        else:
            assert not is_there
        # Whatever was left behind, the next attempt succeeds and leaves nothing else.
        write_record(settled("", EVIDENCE, "2017-07-31"), target)
        assert [path.name for path in target.parent.iterdir()] == ["kept.record"]
        assert target.read_bytes() == new
        if done.returncode == 0:
            break
    assert ends[-1] == 0, "it was killed at every step that there is"
    assert len(ends) > 5
    assert set(ends[:-1]) == {-9}

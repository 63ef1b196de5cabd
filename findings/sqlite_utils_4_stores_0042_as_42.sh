#!/usr/bin/env bash
# Guess: sqlite-utils inserts a CSV file as texts unless types are asked for, as it always did.
# Behaviour: version 4 looks at the cells by itself: pupil 0042 becomes 42, +44 becomes 44, and a column in which
#   one cell says 1e3 or 007.50 becomes floats; the same command of version 3.38 keeps every text. A
#   table that was made so keeps the type, so a reference with a letter in a later file stands as text among
#   numbers. --no-detect-types keeps texts.
# Versions: sqlite-utils 4.2.1 and 3.38, Python 3.11.
# So: scripts that load evidence say --no-detect-types before they meet version 4.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    sqlite-utils==4.2.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import json
import pathlib
import subprocess
import sys

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def command(*arguments):
    run = [str(pathlib.Path(sys.executable).with_name("sqlite-utils")), *arguments]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout


def stored(database, text, *choices):
    pathlib.Path("rows.csv").write_text(text)
    command("insert", database, "rows", "rows.csv", "--csv", *choices)
    return json.loads(command("rows", database, "rows"))


ROWS = "pupil,score\n0042,007.50\n+44,1e3\n"
AS_WRITTEN = [{"pupil": "0042", "score": "007.50"}, {"pupil": "+44", "score": "1e3"}]
see("as it is", stored("a.db", ROWS), [{"pupil": 42, "score": 7.5}, {"pupil": 44, "score": 1000.0}])
see("a later file", stored("a.db", "pupil,score\nA042,1\n")[-1]["pupil"], "A042")
see("--no-detect-types", stored("b.db", ROWS, "--no-detect-types"), AS_WRITTEN)
install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
subprocess.run([*install, "sqlite-utils==3.38"], check=True)
see("version 3.38", stored("c.db", ROWS), AS_WRITTEN)
PY

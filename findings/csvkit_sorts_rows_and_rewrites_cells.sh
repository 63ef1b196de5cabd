#!/usr/bin/env bash
# Guess: csvsort, csvjoin and in2csv move rows of a CSV file and leave what stands in the cells.
# Behaviour: they write what they took each column for: pupil 0042 is 42, 80% is 80, 1,5 is 15, the marks
#   0 and 1 are False and True, 03/04/2024 is 2024-03-04 (month first), and notes that say "may" and
#   "june" are 0001-05-01 and 0001-06-01. csvcut, csvgrep and csvstack leave cells alone, and so do the
#   others with -I; without it csvjoin finds 0042 and 42 to be the same pupil.
# Versions: csvkit 2.2.0, agate 1.14.2, Python 3.11.
# So: -I with every csvkit command that evidence passes, or none of them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    csvkit==2.2.0 agate==1.14.2
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import pathlib
import subprocess
import sys

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def rows(command, *arguments):
    run = [str(pathlib.Path(sys.executable).with_name(command)), *arguments]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()[1:]


HEAD = "pupil,attended,done,day,note,hours"
KEPT = ['0042,85%,1,05/06/2024,june,"12,34"', '0043,80%,0,03/04/2024,may,"1,5"']
MADE = ["42,85,True,2024-05-06,0001-06-01,1234", "43,80,False,2024-03-04,0001-05-01,15"]
pathlib.Path("rows.csv").write_text("\n".join([HEAD, *KEPT]) + "\n")
pathlib.Path("fees.csv").write_text("pupil,fee\n42,a\n")
see("csvsort", rows("csvsort", "-c", "pupil", "rows.csv"), MADE)
see("in2csv", rows("in2csv", "rows.csv"), MADE)
see("csvjoin", rows("csvjoin", "-c", "pupil", "rows.csv", "fees.csv"), [MADE[0] + ",a"])
see("csvcut", rows("csvcut", "rows.csv"), KEPT)
see("csvstack", rows("csvstack", "rows.csv"), KEPT)
see("csvsort -I", rows("csvsort", "-I", "-c", "pupil", "rows.csv"), KEPT)
see("csvjoin -I", rows("csvjoin", "-I", "-c", "pupil", "rows.csv", "fees.csv"), [])
PY

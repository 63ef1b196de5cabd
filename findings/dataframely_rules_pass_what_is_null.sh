#!/usr/bin/env bash
# Guess: a row for which a rule of a dataframely schema gives null fails the rule, as a filter of Polars
#   leaves it out; pointblank, whose checks read alike, agrees.
# Behaviour: dataframely lets it pass, in filter, validate and is_valid: a score of 10 that is missing
#   keeps "at least 10", and an end that is missing is "after the start". pointblank counts it as failed
#   unless na_pass=True is said, also where "not in the list" is asked.
# Versions: dataframely 3.1.2, pointblank 1.1.1, polars 1.44.2, Python 3.11.
# So: a rule that decides about money ends with fill_null(False).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    dataframely==3.1.2 pointblank==1.1.1 polars==1.44.2
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import datetime
import sys

import dataframely as dy
import pointblank as pb
import polars as pl

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


class Scores(dy.Schema):
    score = dy.Int64(nullable=True)
    start = dy.Date(nullable=True)
    end = dy.Date(nullable=True)

    @dy.rule()
    def high(cls):
        return pl.col("score") >= 10

    @dy.rule()
    def after(cls):
        return pl.col("end") > pl.col("start")


day = datetime.date(2024, 9, 1)
frame = pl.DataFrame(
    {"score": [5, None, 12], "start": [day] * 3, "end": [datetime.date(2025, 7, 31), None, None]}
)
kept, failed = Scores.filter(frame)
see("dataframely keeps", kept["score"].to_list(), [None, 12])
see("dataframely, failures", failed.counts(), {"high": 1})
see("dataframely, only nulls", Scores.is_valid(frame[1:2]), True)
see("Polars' own filter keeps", frame.filter(pl.col("score") >= 10)["score"].to_list(), [12])


def passed(check):
    return check.interrogate().n_passed(i=1, scalar=True)


see("pointblank, of 3", passed(pb.Validate(frame).col_vals_ge("score", 10)), 1)
see("pointblank, na_pass", passed(pb.Validate(frame).col_vals_ge("score", 10, na_pass=True)), 2)
see("pointblank, not in a list", passed(pb.Validate(frame).col_vals_not_in_set("score", [5])), 1)
PY

#!/usr/bin/env bash
# Guess: of two columns of truths, "a or b" is "b or a" also where one is missing: unknown or true
#   is true (or, at worst, missing) both ways.
# Behaviour: in the column that a left join makes (type object: True, False and NaN) the side
#   decides: missing | True is False and True | missing is True, so that of a child with a
#   teacher's word and no evidence "word or evidence" is true and "evidence or word" is false, and
#   nothing is paid. A bare True on the left is taken to the right. The same between Series whose
#   indexes differ. The result is a plain bool column, with no trace of what was missing. XOR goes
#   apart likewise. Nullable columns (boolean, bool[pyarrow]) are right both ways.
# Versions: pandas 3.1.1, numpy 2.4.6, pyarrow 26.0.1, Python 3.11.
# So: cast to "boolean" right after every join, before any | or ^.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pandas==3.1.1 numpy==2.4.6 pyarrow==26.0.1
"$work/venv/bin/python" - <<'PY'
import sys

import pandas as pd


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


children = pd.DataFrame({"child": ["a", "b", "c"], "word": [True, True, True]})
evidence = pd.DataFrame({"child": ["a", "c"], "shown": [True, False]})
joined = children.merge(evidence, on="child", how="left")
see("type of the joined column", str(joined["shown"].dtype), "object")
see("shown | word", (joined["shown"] | joined["word"]).tolist(), [True, False, True])
see("word | shown", (joined["word"] | joined["shown"]).tolist(), [True, True, True])
see("True | shown", (True | joined["shown"]).tolist(), [True, False, True])
see("shown ^ word", (joined["shown"] ^ joined["word"]).tolist(), [False, False, True])
see("word ^ shown", (joined["word"] ^ joined["shown"]).tolist(), [False, True, True])
one, other = pd.Series([True], index=["a"]), pd.Series([True], index=["b"])
see("Series of a | Series of b", (one | other).to_dict(), {"a": True, "b": False})
for kind in ("boolean", "bool[pyarrow]"):
    shown = joined["shown"].astype(kind)
    both = [(shown | joined["word"]).tolist(), (joined["word"] | shown).tolist()]
    see(f"{kind}, both ways", both, [[True] * 3] * 2)
PY

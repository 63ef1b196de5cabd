"""Run by itself, in an environment of its own: regenerates records and says what came of it.

`python regenerate_all.py RECORD...` writes JSON: the library that did it, and for every record
whether each result is the same, and whether a record of it is the same to the last byte.
"""

from __future__ import annotations

import json
import locale
import sys
import tempfile
import time
from pathlib import Path

import impactbond as ib


def main(paths: list[str]) -> None:
    """Every record, one after another."""
    locale.setlocale(locale.LC_ALL, "")
    found = []
    for path in paths:
        again = ib.regenerate(path)
        with tempfile.TemporaryDirectory() as folder:
            twice = ib.write_record(again.settlement, Path(folder) / "twice.record")
            same_record = twice.read_bytes() == Path(path).read_bytes()
        found.append(
            {
                "record": again.record.name,
                "same": again.same,
                "compared": again.compared,
                "same_record": same_record,
                "differences": [str(difference) for difference in again.differences],
            }
        )
    where = {"library": ib.__file__, "timezone": time.tzname[0], "hashed": hash("a")}
    print(json.dumps(where | {"records": found}))


if __name__ == "__main__":
    main(sys.argv[1:])

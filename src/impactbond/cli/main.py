"""The command line: the same verbs as the library.

Exit codes: 0 done; 1 the answer is no (a check failed, a record does not regenerate); 2 the input
was bad, and nothing was written.
"""

from __future__ import annotations

import json
import sys

from impactbond.cli.commands import app
from impactbond.errors import ImpactBondError


def main() -> None:
    """Run the command line; an error that a user can put right ends with exit code 2."""
    try:
        app()
    except ImpactBondError as error:
        if "--json" in sys.argv:
            faults = [fault.as_dict() for fault in error.faults]
            print(json.dumps({"error": error.summary, "faults": faults}, indent=2))
        else:
            print(error, file=sys.stderr)
            print("Nothing was written.", file=sys.stderr)
        raise SystemExit(2) from None

"""Events: what happens, or is answered yes or no."""

from __future__ import annotations

from typing import ClassVar, Literal

from impactbond.terms.diagnostic import Diagnostics, Path
from impactbond.terms.metrics.metric import Answered


class Event(Answered):
    """Something that happens, or is answered yes or no. In evidence: 1 for yes, 0 for no."""

    key: ClassVar[str] = "event"
    lasts: ClassVar[bool] = False
    one_a_day: ClassVar[bool] = False

    kind: Literal["event"]
    repeats: bool = False

    def says(self) -> str:
        often = "may happen many times" if self.repeats else "happens once"
        return f"an event that {often}, recorded as having happened or not"

    def check(self, path: Path) -> Diagnostics:
        yield from ()

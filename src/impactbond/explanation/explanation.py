"""An explanation: why a participant's milestones were paid or not, as text, as data, as a table."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from html import escape
from typing import Any

import pyarrow as pa

from impactbond.explanation.explained import Explained
from impactbond.explanation.tabulate import TABLE, tabulated
from impactbond.explanation.telling import tell_all
from impactbond.money import show, show_share
from impactbond.tables import as_kind


@dataclass(frozen=True)
class Explanation(Explained):
    """Why one participant's milestones were paid or not: as text, as data, as a table.

    It names the participant and shows its evidence, because it was asked about it: keep it as the
    evidence is kept.
    """

    @cached_property
    def text(self) -> str:
        """The explanation as plain text, one indented tree for each milestone."""
        return tell_all(self)

    @cached_property
    def table(self) -> Any:
        """The explanation as a long frame, in the kind of the evidence.

        Its columns are milestone, step, what, found, needed, clause.
        """
        columns = zip(*tabulated(self), strict=True)
        arrays = [pa.array(column, pa.string()) for column in columns]
        table = pa.table(arrays, schema=TABLE) if arrays else TABLE.empty_table()
        return as_kind(table, self.kind)

    def as_dict(self) -> dict[str, Any]:
        """The explanation as plain data, for `--json`: dates as 2018-01-31, shares as 1/9."""
        plain: dict[str, Any] = _plain(self)
        del plain["kind"]
        return plain | {"entitled_pence": self.entitled_pence}

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(told.title)}</td><td>{escape(told.clause)}</td>"
            f"<td>{escape(told.verdict)}</td><td>{escape(told.sentence)}</td>"
            f"<td style='text-align:right'>{show(told.entitled_pence, self.currency)}</td></tr>"
            for told in self.milestones
        )
        headings = "".join(
            f"<th>{name}</th>" for name in ("Milestone", "Clause", "Verdict", "Why", "Entitled")
        )
        about = f"{self.participant}: {self.title}, {self.claim_period}"
        return (
            f"<h4>{escape(about)}</h4>"
            f"<p>{escape(self.standing)}</p><table><tr>{headings}</tr>{rows}</table>"
            f"<details><summary>Everything, down to the row of evidence</summary>"
            f"<pre>{escape(self.text)}</pre></details>"
        )


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: _plain(inside) for key, inside in value.items()}
    if isinstance(value, tuple):
        return [_plain(inside) for inside in value]
    if isinstance(value, date):
        return value.isoformat()
    return show_share(value) if isinstance(value, Fraction) else value

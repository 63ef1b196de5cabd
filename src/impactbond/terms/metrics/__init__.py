"""What is measured: events, marked sessions, scores, percentages, quantities and states.

A kind of metric is one class, registered here; a file holds the kinds that are written alike.
"""

from __future__ import annotations

from impactbond.terms.metrics.choices import Event, State
from impactbond.terms.metrics.metric import METRICS, Chosen, Metric, MetricTerm, Numbered
from impactbond.terms.metrics.numbers import Percentage, Quantity, Score
from impactbond.terms.metrics.sessions import Session

__all__ = ["METRICS", "Chosen", "Metric", "MetricTerm", "Numbered"]

for _kind in (Event, Session, Score, Percentage, Quantity, State):
    METRICS.register(_kind)

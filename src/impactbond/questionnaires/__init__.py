"""Questionnaires as data: instruments, and the scores of answers to them."""

from impactbond.questionnaires.answer_tables import AnswerTable, score_table
from impactbond.questionnaires.instrument import Instrument
from impactbond.questionnaires.read import read_instrument, shipped_instruments
from impactbond.questionnaires.scoring import bands_of, score

__all__ = [
    "AnswerTable",
    "Instrument",
    "bands_of",
    "read_instrument",
    "score",
    "score_table",
    "shipped_instruments",
]

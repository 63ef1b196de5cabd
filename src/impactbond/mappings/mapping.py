"""The mapping: how the files that a partner has become the rows of evidence that a contract knows.
It stands beside the contract and is no part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import Field, PrivateAttr

from impactbond.contract.contract import Contract
from impactbond.contract.reading.yaml_document import Located, load
from impactbond.errors import EvidenceError
from impactbond.evidence.deliveries import Delivery
from impactbond.evidence.mapped import MappedBy
from impactbond.mappings.codes import Codes
from impactbond.mappings.delivering import MappingPlan, delivered
from impactbond.mappings.fitting import check_fit
from impactbond.mappings.instruments import InstrumentScore, instrument_of
from impactbond.mappings.mapped_table import MappedTable
from impactbond.mappings.values import RowContext
from impactbond.questionnaires.instrument import Instrument
from impactbond.terms.term import Cited, Day, Listed, Some
from impactbond.terms.words import counted


class SourceMapping(Cited):
    """A mapping, with its version: which tables of which files, and the codes that they share."""

    mapping: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", examples=["oak-registers"])
    """Its name, a short one."""
    version: int = Field(ge=1)
    """Its version."""
    dated: Day
    """The day of this version."""
    tables: Some[MappedTable]
    """The tables of the files."""
    codes: dict[str, Codes] = Field(
        default_factory=dict, description="lists of codes, each with its name"
    )

    instruments: Listed[Instrument] = ()
    """Questionnaires of its own, each as a file of an instrument is written."""

    _source: bytes = PrivateAttr(default=b"")
    _source_name: str = PrivateAttr(default="")

    @property
    def source(self) -> bytes:
        """The text that it was read from."""
        return self._source or self.model_dump_json(by_alias=True).encode()

    @property
    def digest(self) -> str:
        """SHA-256 of its text."""
        return hashlib.sha256(self.source).hexdigest()

    @property
    def label(self) -> str:
        """How it is called: name and version."""
        return f"{self.mapping}, version {self.version}"

    def deliver(
        self,
        paths: Sequence[Path],
        contract: Contract,
        given: Mapping[str, str],
        beside: Sequence[SourceMapping] = (),
    ) -> Delivery:
        """What some files deliver by this mapping and others beside it. `given` are columns that
        are said with the delivery.

        Raises EvidenceError with every fault of structure of every file, and everything in the
        mappings that the contract cannot take.
        """
        mappings = (self, *beside)
        for one in mappings:
            one.assert_fits(contract)
        return delivered([one.plan for one in mappings], paths, contract, given)

    def assert_fits(self, contract: Contract) -> None:
        """Nothing, or EvidenceError listing everything that the contract cannot take."""
        found = list(check_fit(self.tables, self.codes, contract, self.own_instruments))
        if not found:
            return
        name = self._source_name
        document = load(self.source.decode("utf-8-sig"), name) if name else Located(None)
        faults = [document.placed(one.path, one.fault) for one in found]
        count = counted(len(set(faults)), "fault")
        told = f"The mapping {self.mapping} does not fit the contract {contract.contract}: {count}:"
        raise EvidenceError(told, faults)

    @property
    def own_instruments(self) -> dict[str, Instrument]:
        """Its own instruments by their names."""
        return {one.instrument: one for one in self.instruments}

    @property
    def scores_by(self) -> tuple[str, ...]:
        """The instruments that its scores are made by."""
        values = (value for table in self.tables for value in table.of_metrics.values())
        names = (value.instrument for value in values if isinstance(value, InstrumentScore))
        return tuple(dict.fromkeys(names))

    @property
    def plan(self) -> MappingPlan:
        """What is to be read by it, and what is told of it."""
        own = self.own_instruments
        contexts = [
            RowContext(lists=self.codes, instruments=own, within=table.span)
            for table in self.tables
        ]
        scored = {name: instrument_of(name, own) for name in self.scores_by}
        by = MappedBy(
            mapping=self.mapping,
            version=self.version,
            dated=self.dated,
            sha256=self.digest,
            instruments={name: one.version for name, one in scored.items()},
        )
        return MappingPlan(by, self.source, tuple(zip(self.tables, contexts, strict=True)))

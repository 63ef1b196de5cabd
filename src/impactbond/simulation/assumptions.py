"""Reading what is assumed about an area, and making sure that it fits the contract.

An area is a YAML file in the manner of a contract: it knows no keys but its own, and everything
wrong with it is told at once, with its line.
"""

from __future__ import annotations

from pathlib import Path as FilePath

from impactbond.contract.contract import Contract
from impactbond.contract.reading.terms_file import TermsFile
from impactbond.contract.reading.yaml_document import Located, load
from impactbond.errors import AssumptionError
from impactbond.simulation.area import Area
from impactbond.simulation.check import check_against, check_groups

_FILE = TermsFile(Area, "area", AssumptionError)


def read_area(path: str | FilePath, contract: Contract | None = None) -> Area:
    """The area in a YAML or JSON file; with a contract, checked against it too.

    Raises AssumptionError listing every fault with its line.
    """
    source, name = _FILE.source_of(path)
    return parse_area(source, name=name, contract=contract)


def parse_area(source: bytes, *, name: str, contract: Contract | None = None) -> Area:
    """The area in the bytes of a file called `name`; with a contract, checked against it too.

    Raises AssumptionError listing every fault with its line.
    """
    area = _FILE.parse(
        source,
        name,
        lambda area: check_groups(area) if contract is None else check_against(contract, area),
    )
    area._source, area._source_name = source, name
    return area


def assert_fits(contract: Contract, area: Area) -> None:
    """Nothing, or AssumptionError listing everything in the area that the contract cannot take."""
    found = check_against(contract, area)
    if not found:
        return
    name = area._source_name
    document = load(area.source.decode("utf-8-sig"), name) if name else Located(None)
    faults = [document.placed(path, fault) for path, fault in found]
    count = len(set(faults))
    raise AssumptionError(
        f"The area {area.area} does not fit the contract {contract.contract}: "
        f"{count} fault{'s' if count != 1 else ''}:",
        faults,
    )

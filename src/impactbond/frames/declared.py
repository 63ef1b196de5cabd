"""All frames, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from impactbond.frames.foreseen import FORESEEN
from impactbond.frames.frame import Frame
from impactbond.frames.settled import COMPARED, EXPLAINED, KNOWN, RECEIVED, SETTLED

PARTS: Mapping[str, tuple[Frame, ...]] = {
    "What is known": KNOWN,
    "What was settled": SETTLED,
    "What was received": RECEIVED,
    "Why": EXPLAINED,
    "What differs": COMPARED,
    "What might happen": FORESEEN,
}
FRAMES: Mapping[str, Frame] = MappingProxyType(
    {frame.name: frame for part in PARTS.values() for frame in part}
)


def declared_frames() -> Mapping[str, Frame]:
    """Every frame that the library gives, by its name, such as `settlement.lines`: what one row is,
    and of each column the type, the unit, whether it may be blank, and what it holds.
    """
    return FRAMES

"""What a check reads off a measurement, before the profile's range judges it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capture.metering.measurement import Measurement
    from capture.wanted import Wanted

NO_SILHOUETTE = "not measured: no silhouette is known; connect a depth sensor or give --depth"


@dataclass(frozen=True, slots=True)
class Reading:
    """One value with its words.

    Parameters
    ----------
    value : float
        In the check's unit; NaN when not measured, and then `missing` says what is wanting.
    shown : str
        The value as a photographer writes it.
    fix : str
        What to do when it is not as wanted.
    region : (x, y, width, height) or None
        Where in the upright picture, pixels.
    reason : str
        How the value was found, with the numbers that went into it.
    missing : str
    """

    value: float
    shown: str = ""
    fix: str = ""
    region: tuple[int, int, int, int] | None = None
    reason: str = ""
    missing: str = NO_SILHOUETTE


@dataclass(frozen=True, slots=True)
class Check:
    """A check: the unit of its value, and how it is read off a measurement."""

    unit: str
    read: Callable[[Measurement, Wanted], Reading]


def not_measured(missing: str = NO_SILHOUETTE) -> Reading:
    """Return the reading of what could not be measured, with the cause in words."""
    return Reading(math.nan, missing=missing)

"""A finding that counts down while the photographer turns a dial."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capture.findings import Finding
    from capture.wanted import Wanted

#: Power dials of studio flashes move in tenths of a stop.
_DIAL_STEP = 0.1


@dataclass(frozen=True, slots=True)
class Countdown:
    """One check followed from where it stood to the nearer end of what is wanted.

    Parameters
    ----------
    check : str
    unit : str
    begun : float
        The value when it was picked.
    wanted : Wanted
    """

    check: str
    unit: str
    begun: float
    wanted: Wanted

    @staticmethod
    def of(finding: Finding, wanted: Wanted) -> Countdown | None:
        """Follow a finding; None when it is as wanted already or has no finite value."""
        if finding.level not in ("warn", "fail") or not math.isfinite(finding.value):
            return None
        return Countdown(finding.check, finding.unit, finding.value, wanted)

    @property
    def goal(self) -> float:
        """The end of the wanted range that is nearer to where it began."""
        return self.wanted.low if self.begun < self.wanted.low else self.wanted.high

    def reached(self, value: float) -> bool:
        """Return whether a value is as wanted."""
        return self.wanted.low <= value <= self.wanted.high

    def told(self, value: float) -> str:
        """Return how far it has come, as one line.

        Parameters
        ----------
        value : float
            The check's value now; NaN when it is not measured at the moment.

        Examples
        --------
        >>> rim = Countdown("separation_stops", "stops", 0.2, Wanted(low=1.2))
        >>> rim.told(0.9)
        'separation stops +0.7 of +1.0 stops, keep going'
        >>> rim.told(1.3)
        'separation stops ready at 1.3 stops'
        >>> rim.told(0.1)
        'separation stops 0.1 stops the wrong way, turn back'
        """
        name, unit = self.check.replace("_", " "), self._short_unit()
        if math.isnan(value):
            return f"{name} is not measured at the moment"
        if self.reached(value):
            return f"{name} ready at {self._rounded(value)} {unit}"
        far, come = self.goal - self.begun, value - self.begun
        if "stop" in self.unit and abs(come) < _DIAL_STEP / 2:
            return f"{name} {self._rounded(abs(far))} {unit} to go"
        if come * far < 0:
            return f"{name} {self._rounded(abs(come))} {unit} the wrong way, turn back"
        if abs(come) > abs(far):
            return f"{name} {self._rounded(abs(come - far))} {unit} too far, turn back"
        signs = "+" if far > 0 else "-"
        return (
            f"{name} {signs}{self._rounded(abs(come))} of {signs}{self._rounded(abs(far))} {unit}, "
            "keep going"
        )

    def _short_unit(self) -> str:
        return self.unit.partition(",")[0]

    def _rounded(self, value: float) -> str:
        """Return a number in the steps of a power dial, or to three figures in other units."""
        if "stop" in self.unit:
            return f"{round(value / _DIAL_STEP) * _DIAL_STEP:.1f}"
        return f"{value:.3g}"

"""The range that a check accepts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from capture.findings import Level

_ORDER: dict[Level, int] = {"ok": 0, "warn": 1, "fail": 2}
_CLEAR_OF_TOLERANCE, _CLEAR_OF_LIMIT = 0.1, 0.03


@dataclass(frozen=True, slots=True)
class Wanted:
    """The range that a check accepts and how far outside of it is still only a warning."""

    low: float = -math.inf
    high: float = math.inf
    tolerance: float = 0.0
    source: str = ""

    def level(self, value: float, before: Level | None = None) -> Level:
        """Return "ok" within the range, "warn" within the tolerance of it, else "fail".

        With the level `before`, a better one is only returned when the value lies clear of the
        limit by a margin, so that noise about a limit does not make it flicker.
        """
        level = self._level(value, 0.0)
        if before is None or before == "not measured" or _ORDER[level] >= _ORDER[before]:
            return level
        return min(self._level(value, self._margin()), before, key=_ORDER.__getitem__)

    def _level(self, value: float, margin: float) -> Level:
        outside = max(self.low - value, value - self.high) + margin
        if outside <= 0.0:
            return "ok"
        return "warn" if outside <= self.tolerance else "fail"

    def _margin(self) -> float:
        """Return a tenth of the tolerance, or what there is of a range, or of its one limit."""
        ends = [end for end in (self.low, self.high) if math.isfinite(end)]
        if 0 < self.tolerance < math.inf:
            return _CLEAR_OF_TOLERANCE * self.tolerance
        return _CLEAR_OF_LIMIT * (max(ends) - min(ends) if len(ends) > 1 else abs(ends[0]))

    def describe(self, unit: str) -> str:
        """Return the range in words, such as "at most 400 ISO"."""
        if math.isinf(self.low):
            return f"at most {self.high:g} {unit}"
        if math.isinf(self.high):
            return f"at least {self.low:g} {unit}"
        return f"{self.low:g} to {self.high:g} {unit}"

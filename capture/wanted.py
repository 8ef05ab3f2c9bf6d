"""The range that a check accepts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from capture.findings import Level


@dataclass(frozen=True, slots=True)
class Wanted:
    """The range that a check accepts and how far outside of it is still only a warning."""

    low: float = -math.inf
    high: float = math.inf
    tolerance: float = 0.0
    source: str = ""

    def level(self, value: float) -> Level:
        """Return "ok" within the range, "warn" within the tolerance of it, else "fail"."""
        outside = max(self.low - value, value - self.high)
        if outside <= 0.0:
            return "ok"
        return "warn" if outside <= self.tolerance else "fail"

    def describe(self, unit: str) -> str:
        """Return the range in words, such as "at most 400 ISO"."""
        if math.isinf(self.low):
            return f"at most {self.high:g} {unit}"
        if math.isinf(self.high):
            return f"at least {self.low:g} {unit}"
        return f"{self.low:g} to {self.high:g} {unit}"

"""A finding: one line that a person can act on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warn", "fail", "not measured"]

_WORST_FIRST = {"fail": 0, "warn": 1, "not measured": 2, "ok": 3}


@dataclass(frozen=True, slots=True)
class Finding:
    """What was checked, how it stands, where, and what to do.

    Parameters
    ----------
    check : str
        Its name in the profile.
    level : "ok", "warn", "fail" or "not measured"
    value : float
        In `unit`; NaN when not measured.
    unit : str
    wanted : str
        The accepted range in words.
    fix : str
        What to do about it; for "not measured" what is missing; empty when ok.
    region : (x, y, width, height) or None
        Where in the upright picture, pixels.
    shown : str
        The value as a photographer writes it ("1/125 s", "f/8").
    reason : str
        On demand: how the value was found, with the numbers that went into it.
    source : str
        Where the accepted range comes from.
    """

    check: str
    level: Level
    value: float
    unit: str
    wanted: str
    fix: str
    region: tuple[int, int, int, int] | None = None
    shown: str = ""
    reason: str = ""
    source: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the finding as the command prints and the journal stores it."""
        return {
            "check": self.check,
            "level": self.level,
            "value": round(self.value, 4) if math.isfinite(self.value) else None,
            "unit": self.unit,
            "wanted": self.wanted,
            "fix": self.fix,
            "region": list(self.region) if self.region else None,
            "shown": self.shown,
            "reason": self.reason,
            "source": self.source,
        }

    def line(self) -> str:
        """Return the finding as one line of text."""
        text = f"{self.check.replace('_', ' ')} {self.shown}".rstrip()
        if self.level == "ok":
            return f"{text} (wanted {self.wanted})"
        return f"{text} (wanted {self.wanted}): {self.fix}"


def worst_first(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings with failures first, then warnings, then what was not measured."""
    return tuple(sorted(findings, key=lambda finding: _WORST_FIRST[finding.level]))


def is_ready(findings: tuple[Finding, ...]) -> bool:
    """Return whether the shot can be taken: no check failed.

    What was not measured is no failure; it is listed, and never counts as passed.
    """
    return all(finding.level != "fail" for finding in findings)

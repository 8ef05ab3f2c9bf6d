"""Whether a process's memory grows: a slope and a step told apart.

A table that doubles makes one step in hours: Python's of interned strings, in which `pathlib` puts
each part of each path for as long as that lives, takes 0.9 MB more after some ten thousand paths.
What leaks makes a slope, or, where memory is taken in large pieces, one step after another. So one
small step is borne with, and told; more of them are growth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Between two samples, a minute apart; curves without a fault move by some tens of kilobytes.
_STEP_MB = 0.5
#: Of all memory: what one step may be, and what an hour may add.
_SMALL = 0.01


@dataclass(frozen=True, slots=True)
class Growth:
    """How memory went.

    Parameters
    ----------
    slope_mb_h, error_mb_h : float
        What an hour adds beside the steps, MB, and its standard error.
    steps_mb : tuple of float
        Rises between two samples that are steps, MB.
    flat : bool
        Whether the slope is within two standard errors of zero or below one percent an hour,
        and there is no step, or one of one percent at most.
    """

    slope_mb_h: float
    error_mb_h: float
    steps_mb: tuple[float, ...]
    flat: bool

    def __str__(self) -> str:
        """Return the verdict as a line."""
        steps = ", ".join(f"{step:+.1f}" for step in self.steps_mb) or "none"
        return (
            f"{self.slope_mb_h:+.1f} ± {self.error_mb_h:.1f} MB an hour beside steps "
            f"(MB: {steps}), {'flat' if self.flat else 'NOT FLAT'}"
        )


def growth(minutes: Sequence[float], memory_mb: Sequence[float]) -> Growth:
    """Judge a curve of memory.

    Parameters
    ----------
    minutes, memory_mb : sequence of float
        A sample a minute, 3 at least.

    Notes
    -----
    Steps are taken out of the curve before a line is fitted to it. What passes is a leak of less
    than a percent an hour, and one that takes a single piece in all the time that is looked at.
    """
    memory = np.asarray(memory_mb, float)
    rises = np.diff(memory)
    steps = np.where(rises > _STEP_MB, rises, 0.0)
    level = memory - np.concatenate(([0.0], np.cumsum(steps)))
    (slope, start), covariance = np.polyfit(np.asarray(minutes, float) / 60, level, 1, cov=True)
    error = float(np.sqrt(covariance[0, 0]))
    small = _SMALL * start
    found = tuple(float(step) for step in steps[steps > 0])
    flat = abs(slope) < max(2 * error, small) and len(found) <= 1 and sum(found) <= small
    return Growth(float(slope), error, found, bool(flat))

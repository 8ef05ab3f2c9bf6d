"""How often something is done."""

from __future__ import annotations

import time


class Pace:
    """Something that is due at once, and then so long after each time that it was done."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._done_s = -float("inf")

    @property
    def due(self) -> bool:
        """Whether it is to be done now."""
        return time.monotonic() - self._done_s > self._interval_s

    def keep(self) -> None:
        """Say that it was done now."""
        self._done_s = time.monotonic()

"""How long something takes, run after run."""

from __future__ import annotations

import time
from collections.abc import Callable


def milliseconds(run: Callable[[], object], runs: int) -> list[float]:
    """Return the wall time of each of so many runs."""
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - started))
    return times

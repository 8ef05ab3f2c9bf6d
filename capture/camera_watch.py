"""Battery and card of the camera, looked at now and then, and told when they run low."""

from __future__ import annotations

import statistics
import time
from collections import deque

from capture.counted import counted
from capture.shot import Shot
from devices.errors import DeviceLostError
from devices.frames import Reserves
from devices.interfaces import Camera

_LOOK_EVERY_S = 30.0
#: A notice is given as each of these is reached, and not again until it gets better.
BATTERY_PERCENT = (20, 10, 5)
SHOTS_LEFT = (50, 20, 5)
#: What a shot takes is the median of so many.
_SHOTS = 10


class CameraWatch:
    """Looks after one camera.

    Parameters
    ----------
    camera : Camera
    every_s : float
        How seldom the camera is asked, seconds.
    """

    def __init__(self, camera: Camera, every_s: float = _LOOK_EVERY_S) -> None:
        self._camera = camera
        self._every_s = every_s
        self._look_at_s = 0.0
        self._sizes: deque[int] = deque(maxlen=_SHOTS)
        self._told_battery = self._told_shots = 0

    def saw(self, shot: Shot) -> None:
        """Learn from a shot how much of the card one takes."""
        size = sum(row.size_bytes for row in shot.files if row.camera_path)
        if size:
            self._sizes.append(size)

    def notices(self) -> list[str]:
        """Return in words what has run low since this was last asked, each with what to do.

        The camera is asked at most every `every_s`. One that is away tells nothing here: whoever
        listens to it is told.
        """
        if time.monotonic() < self._look_at_s:
            return []
        self._look_at_s = time.monotonic() + self._every_s
        try:
            return self._news(self._camera.reserves())
        except DeviceLostError:
            return []

    def _news(self, now: Reserves) -> list[str]:
        news = []
        battery = _reached(now.battery_percent, BATTERY_PERCENT)
        if battery > self._told_battery:
            news.append(f"the camera's battery is at {now.battery_percent} %: change it")
        left = self._shots_left(now)
        shots = _reached(left, SHOTS_LEFT)
        if left is not None and shots > self._told_shots:
            room = counted(left, "more shot")
            news.append(f"the card has room for {room} like the last ones: change it")
        self._told_battery, self._told_shots = battery, shots
        return news

    def _shots_left(self, now: Reserves) -> int | None:
        if now.free_bytes is None or not self._sizes:
            return None
        return int(now.free_bytes // statistics.median(self._sizes))


def _reached(value: int | None, levels: tuple[int, ...]) -> int:
    """Return how many levels a falling value has reached; none when it is not known."""
    return 0 if value is None else sum(value <= level for level in levels)

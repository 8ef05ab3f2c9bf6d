"""The last second of depth, kept ready: a thread that reads the sensor and remembers."""

from __future__ import annotations

import threading
import time
from collections import deque

from devices.errors import DeviceTimeoutError
from devices.frames import DepthFrame
from devices.interfaces import DepthSensor
from matting.imaging.errors import MatteboxError

#: Enough for a median whose noise is a fifth of one frame's.
KEPT_FRAMES = 30
#: A quarter of a gigabyte of a sensor of 1280 x 720.
MOST_FRAMES = 60
#: A slow sensor delivers so many a second at least.
_SLOWEST_FPS = 3.0


class DepthFeed:
    """Reads a depth sensor in the background and keeps its newest frames.

    When the sensor fails, `problem` says why, and who asks for frames gets the error. The session
    goes on without depth, and says so. A sensor that is only silent is listened to further; one
    that fails otherwise is not.

    Parameters
    ----------
    sensor : DepthSensor
    late_s : float or None
        How much later the sensor stamps its frames than the camera its live frames; None when
        nobody has measured it.
    """

    def __init__(self, sensor: DepthSensor, late_s: float | None = None) -> None:
        self._sensor = sensor
        self._late_s = late_s
        self._frames: deque[DepthFrame] = deque(maxlen=KEPT_FRAMES)
        self._arrival = threading.Condition()
        self._closing = False
        self.problem: MatteboxError | None = None
        self._thread = threading.Thread(target=self._run, name="depth-feed", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._closing:
            try:
                frame = self._sensor.read()
            except MatteboxError as exc:
                with self._arrival:
                    self.problem = exc
                    self._arrival.notify_all()
                if isinstance(exc, DeviceTimeoutError):
                    continue
                return
            with self._arrival:
                self.problem = None
                self._frames.append(frame)
                self._arrival.notify_all()

    def keep(self, count: int) -> None:
        """Keep so many of the newest frames, `MOST_FRAMES` at most, from now on."""
        with self._arrival:
            self._frames = deque(self._frames, maxlen=min(count, MOST_FRAMES))

    def recent(
        self, count: int, since_s: float = -float("inf"), timeout_s: float = 10.0
    ) -> tuple[DepthFrame, ...]:
        """Return the newest `count` frames that arrived after `since_s`, waiting for them.

        Parameters
        ----------
        count : int
            At most as many as are kept.
        since_s : float
            On the monotonic clock: frames of before a change of the set are not mixed in.

        Raises
        ------
        MatteboxError
            When the sensor has failed, or is silent, or does not deliver so many in time.
        """
        timeout_s = max(timeout_s, count / _SLOWEST_FPS)
        return self._waited(count, since_s, timeout_s)[-count:]

    def of_moment(
        self, moment_s: float, count: int, timeout_s: float = 10.0
    ) -> tuple[DepthFrame, ...]:
        """Return the `count` frames nearest to a live frame's moment, of those that have come.

        Parameters
        ----------
        moment_s : float
            The live frame's stamp.
        count : int
            At most `KEPT_FRAMES`.

        Raises
        ------
        MatteboxError
            As `recent` does.

        Notes
        -----
        The newest frames where the clocks' offset is not known. Of a sensor that comes after the
        camera the right frames may not be there yet; they are not waited for.
        """
        come = self._waited(count, -float("inf"), timeout_s)
        if self._late_s is None:
            return come[-count:]
        seen_s = moment_s + self._late_s
        nearest = sorted(come, key=lambda frame: abs(frame.time_s - seen_s))[:count]
        return tuple(sorted(nearest, key=lambda frame: frame.time_s))

    def _waited(self, count: int, since_s: float, timeout_s: float) -> tuple[DepthFrame, ...]:
        """Return all frames since then, once there are so many."""
        deadline = time.monotonic() + timeout_s
        with self._arrival:
            while True:
                if self.problem is not None:
                    raise self.problem
                fresh = [frame for frame in self._frames if frame.time_s > since_s]
                if len(fresh) >= count:
                    return tuple(fresh)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise DeviceTimeoutError(
                        "depth sensor",
                        f"{len(fresh)} of {count} frames in {timeout_s:.0f} s",
                        "check its cable and its load",
                    )
                self._arrival.wait(left)

    def close(self) -> None:
        """Stop reading; the sensor itself is closed by the rig. May be called twice."""
        self._closing = True
        self._thread.join(timeout=6.0)

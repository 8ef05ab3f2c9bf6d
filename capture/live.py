"""Live view, measured: every frame that there is time for, newest first, never queued."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from capture.checks import findings
from capture.depth_feed import KEPT_FRAMES, DepthFeed
from capture.depth_filtering import temporal_median
from capture.findings import Finding
from capture.lighting import LightingRatio, key_to_fill
from capture.measurement import Measurement, measure
from capture.rig import Rig
from capture.settings import Profile
from capture.silhouette import Silhouette, silhouette_of
from capture.subjects import SubjectDepth, find_subject
from devices.errors import DeviceError, DeviceTimeoutError
from devices.frames import ExposureSettings, Frame
from devices.interfaces import Camera
from matting.imaging.curves import SRGB
from matting.imaging.errors import MatteboxError

#: The silhouette follows the subject at this pace; measuring light and edges uses the newest.
_SILHOUETTE_INTERVAL_S = 0.4
_LIGHTING_INTERVAL_S = 3.0
_SETTINGS_INTERVAL_S = 1.0
_FOCUS_EVERY = 5


@dataclass(frozen=True, slots=True)
class LiveReport:
    """One live frame with what was measured on it.

    `dropped` counts frames that the camera delivered and nobody had time to measure; `fps` is
    the pace of measured frames over the last second; `depth_note` says why there is no
    silhouette, or is empty.
    """

    frame: Frame
    measurement: Measurement
    findings: tuple[Finding, ...]
    subject: SubjectDepth | None
    fps: float
    dropped: int
    depth_note: str


class LiveView:
    """Fetches, measures and publishes live frames until closed.

    Two threads: one measures every newest frame, the other follows the subject in depth, which
    is slower than the picture. `publish` is called on the first.
    """

    def __init__(
        self,
        rig: Rig,
        feed: DepthFeed | None,
        profile: Profile,
        settings: Callable[[], ExposureSettings],
        publish: Callable[[LiveReport], None],
        fail: Callable[[MatteboxError], None],
    ) -> None:
        self.profile = profile
        self._rig = rig
        self._feed = feed
        self._settings = settings
        self._publish = publish
        self._fail = fail
        self._closing = threading.Event()
        self._silhouette: Silhouette | None = None
        self._lighting: LightingRatio | None = None
        self._newest: Frame | None = None
        self._note = "" if feed else "no depth sensor: the silhouette is not known"
        self._threads = [threading.Thread(target=self._measure, name="live", daemon=True)]
        if feed:
            self._threads.append(
                threading.Thread(target=self._follow, name="silhouette", daemon=True)
            )
        rig.camera.start_live_view()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop both threads, then live view on the camera. May be called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout=6.0)
        try:
            self._rig.camera.stop_live_view()
        except DeviceError as exc:
            self._fail(exc)

    def _measure(self) -> None:
        camera: Camera = self._rig.camera
        sequence, dropped, count = -1, 0, 0
        width = float("nan")
        times: deque[float] = deque(maxlen=60)
        settings, settings_at = self._settings(), time.monotonic()
        while not self._closing.is_set():
            try:
                frame = camera.latest_frame(newer_than=sequence, timeout_s=5.0)
                if time.monotonic() - settings_at > _SETTINGS_INTERVAL_S:
                    settings, settings_at = self._settings(), time.monotonic()
            except DeviceTimeoutError:
                continue  # the shutter is open, or the camera is writing
            except MatteboxError as exc:
                if not self._closing.is_set():
                    self._fail(exc)
                return
            if sequence >= 0:
                dropped += frame.sequence - sequence - 1
            sequence, self._newest = frame.sequence, frame
            with_focus = count % _FOCUS_EVERY == 0
            silhouette = self._silhouette_on(frame)
            measurement = measure(
                frame.rgb,
                settings,
                silhouette,
                self._lighting,
                with_focus=with_focus,
                preview=True,
            )
            if with_focus:
                width = measurement.edge_width_px
            measurement = _with_edge_width(measurement, width)
            count += 1
            times.append(time.monotonic())
            self._publish(
                LiveReport(
                    frame=frame,
                    measurement=measurement,
                    findings=findings(measurement, self.profile),
                    subject=silhouette.subject if silhouette else None,
                    fps=_pace(times),
                    dropped=dropped,
                    depth_note=self._note,
                )
            )

    def _silhouette_on(self, frame: Frame) -> Silhouette | None:
        """Return the newest silhouette, unless the live view has changed its size since."""
        newest = self._silhouette
        fits = newest is not None and newest.picture_size == frame.rgb.shape[1::-1]
        return newest if fits else None

    def _follow(self) -> None:
        assert self._feed is not None
        lighting_at = -_LIGHTING_INTERVAL_S
        while not self._closing.wait(_SILHOUETTE_INTERVAL_S):
            frame = self._newest
            if frame is None:
                continue
            wanted = 3
            measure_light = time.monotonic() - lighting_at > _LIGHTING_INTERVAL_S
            try:
                if measure_light:
                    wanted = KEPT_FRAMES
                depth = temporal_median(self._feed.recent(wanted))
                registered = self._rig.register(depth, frame.rgb.shape[:2])
                subject = find_subject(registered)
            except DeviceError as exc:
                self._silhouette, self._lighting = None, None
                self._note = f"depth lost: {exc.fault}"
                self._fail(exc)
                return
            except MatteboxError as exc:
                self._silhouette, self._lighting = None, None
                self._note = exc.fault
                continue
            height, width = frame.rgb.shape[:2]
            self._silhouette, self._note = silhouette_of(subject, (width, height)), ""
            if measure_light:
                self._lighting = key_to_fill(on_grid(SRGB.decode(frame.rgb), subject), subject)
                lighting_at = time.monotonic()


def on_grid(linear_rgb: npt.NDArray[np.float32], subject: SubjectDepth) -> npt.NDArray[np.float32]:
    """Return a linear picture on the depth map's grid."""
    import cv2

    height, width = subject.subject.shape
    resized = cv2.resize(linear_rgb, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.float32)


def _with_edge_width(measurement: Measurement, width: float) -> Measurement:
    return replace(measurement, edge_width_px=width)


def _pace(times: deque[float]) -> float:
    recent = [moment for moment in times if moment > times[-1] - 1.0]
    return (len(recent) - 1) / max(recent[-1] - recent[0], 1e-9) if len(recent) > 1 else 0.0

"""Live view, measured: every frame that there is time for, newest first, never queued."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeVar

from capture.beside import Beside
from capture.depth_feed import KEPT_FRAMES, DepthFeed
from capture.findings import Finding, worst_first
from capture.forecasting.forecast import Forecast, forecast
from capture.forecasting.trial import Silhouetted, reduced
from capture.live_cutout import LiveCutout, LiveMatte
from capture.live_meter import LiveMeter
from capture.live_rig_watch import LiveRigWatch
from capture.live_subject import LiveSubject, SubjectAids, live_subject
from capture.metering.lighting_ratio import LightingRatio
from capture.metering.measurement import Measurement
from capture.metering.misalignment import misalignment
from capture.pace import Pace
from capture.reference import Reference, drift_findings, drift_since, empty_set_findings
from capture.rig import Rig
from capture.rig_watch import RigAlignment
from capture.settings import Profile
from capture.silhouette import Silhouette, silhouette_of_mask
from capture.slow_measurements import fitted_light, foretold_by_depth, seen_in_depth
from capture.subjects import SubjectDepth
from devices.errors import DeviceError, DeviceTimeoutError
from devices.frames import ExposureSettings, Frame
from devices.interfaces import Camera
from matting.imaging.curves import SRGB, Transfer
from matting.imaging.errors import MatteboxError, MismatchError

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: The silhouette follows the subject at this pace; measuring light and edges uses the newest.
_SILHOUETTE_INTERVAL_S = 0.4
_LIGHTING_INTERVAL_S = 5.0
_FORECAST_INTERVAL_S = 10.0
_DRIFT_INTERVAL_S = 2.0
_SETTINGS_INTERVAL_S = 1.0
_RETRY_S = 1.0
#: What is said of light where flashes are to light the photograph.
FLASH_UNSEEN = (
    "not measured: live view does not hold the flash, and its gain may follow the light; "
    "take a test pop (mattebox shoot --test-pop)"
)


@dataclass(frozen=True, slots=True)
class LiveReport:
    """One live frame with what was measured on it.

    `dropped` counts frames that the camera delivered and nobody had time to measure; `fps` is
    the pace of measured frames over the last second; `depth_note` says why there is no
    silhouette, or is empty; `matte` is None unless it was asked for and the subject is known;
    `depth` is the newest depth on the picture, seldomer than the frame, None without a sensor.
    """

    frame: Frame
    measurement: Measurement
    findings: tuple[Finding, ...]
    silhouette: Silhouette | None
    fps: float
    dropped: int
    depth_note: str
    matte: LiveMatte | None = None
    depth: SubjectDepth | None = None


class LiveView:
    """Fetches, measures and publishes live frames until closed.

    Two threads: one measures every newest frame, the other follows the subject, which is slower
    than the picture. `publish` is called on the first.

    Setting `with_matte` makes a matte of every frame, which costs nothing while it is not set; on
    an `accelerator` where one is named (see `capture.live_cutout`).

    What is slow runs `apart`, in a process of its own, or here.

    With `flash` the photograph's light is not that of live view, and nothing of light is measured;
    `transfer` is how the live picture's codes become light.
    """

    def __init__(
        self,
        rig: Rig,
        feed: DepthFeed | None,
        profile: Profile,
        settings: Callable[[], ExposureSettings],
        publish: Callable[[LiveReport], None],
        fail: Callable[[MatteboxError], None],
        aids: SubjectAids | None = None,
        flash: bool = False,
        transfer: Transfer = SRGB,
        apart: bool = False,
        accelerator: str | None = None,
    ) -> None:
        self._flash = flash
        self._transfer = transfer
        self.profile = profile
        self.with_matte = False
        self._aids = aids or SubjectAids()
        self._cutout = LiveCutout(accelerator, fail, self._aids.network)
        self._rig = rig
        self._feed = feed
        self._settings = settings
        self._publish = publish
        self._fail = fail
        self._closing = threading.Event()
        self._resting = threading.Event()
        self._rig_watch = LiveRigWatch()
        self._silhouette: Silhouette | None = None
        self._subject: LiveSubject | None = None
        self._depth: SubjectDepth | None = None
        self._lighting: LightingRatio | None = None
        self._forecast: Forecast | None = None
        self._reference: Reference | None = None
        self._empty_set: Reference | None = None
        self._drifted: tuple[Finding, ...] = ()
        self._newest: Frame | None = None
        self._light_pace = Pace(_LIGHTING_INTERVAL_S)
        self._forecast_pace = Pace(_FORECAST_INTERVAL_S)
        self._drift_pace = Pace(_DRIFT_INTERVAL_S)
        self._note = "" if feed else "no depth sensor: the silhouette is not known"
        self._threads = [
            threading.Thread(target=self._measure, name="live", daemon=True),
            threading.Thread(target=self._follow, name="silhouette", daemon=True),
        ]
        rig.camera.start_live_view()
        self._beside = Beside() if apart else None
        for thread in self._threads:
            thread.start()

    def rest(self, resting: bool) -> None:
        """Stop live view on the camera while nobody looks, or go on with it.

        Raises
        ------
        DeviceError
            When the camera does not start it again.
        """
        if resting:
            self._resting.set()
            self._rig.camera.stop_live_view()
        elif self._resting.is_set():
            self._rig.camera.start_live_view()
            self._resting.clear()

    def take_clean_plate(self) -> bool:
        """Keep the newest frame as the empty set; return False when there is no frame yet."""
        if self._newest is None:
            return False
        self._aids = replace(self._aids, plate=self._newest.rgb)
        self._empty_set = Reference(self._newest.rgb, None, self._settings())
        return True

    @property
    def rig_alignment(self) -> RigAlignment:
        """How depth lies on the live picture, and lay when that could first be told."""
        return self._rig_watch.alignment

    def keep_reference(self) -> Reference | None:
        """Watch the set for drift from the newest frame on; return what is watched against."""
        if self._newest is not None:
            self._reference = self._as_reference(self._newest)
            self._drifted = ()
        return self._reference

    def _as_reference(self, frame: Frame) -> Reference:
        silhouette = self._silhouette_on(frame)
        return Reference(frame.rgb, silhouette.mask if silhouette else None, self._settings())

    def close(self) -> None:
        """Stop both threads, then live view on the camera. May be called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        if self._beside is not None:
            self._beside.close()  # what it is in the middle of is not waited for
        for thread in self._threads:
            thread.join(timeout=6.0)
        try:
            self._rig.camera.stop_live_view()
        except DeviceError as exc:
            self._fail(exc)

    def _measure(self) -> None:
        camera: Camera = self._rig.camera
        sequence, dropped = -1, 0
        meter = LiveMeter(self._transfer, FLASH_UNSEEN if self._flash else "")
        times: deque[float] = deque(maxlen=60)
        told = ""
        settings, settings_at = self._settings(), time.monotonic()
        while not self._closing.is_set():
            if self._resting.is_set():
                self._closing.wait(_SILHOUETTE_INTERVAL_S)
                continue
            try:
                frame = camera.latest_frame(newer_than=sequence, timeout_s=5.0)
                if time.monotonic() - settings_at > _SETTINGS_INTERVAL_S:
                    settings, settings_at = self._settings(), time.monotonic()
            except DeviceTimeoutError:
                continue  # the shutter is open, or the camera is writing
            except MatteboxError as exc:
                # A camera that comes back is looked through again; its fault is told once.
                if str(exc) != told and not self._closing.is_set():
                    self._fail(exc)
                told = str(exc)
                self._closing.wait(_RETRY_S)
                continue
            told = ""
            if sequence >= 0:
                dropped += frame.sequence - sequence - 1
            sequence, self._newest = frame.sequence, frame
            silhouette = self._silhouette_on(frame)
            measurement, judged = meter.judge(
                frame, settings, silhouette, self._lighting, self._forecast, self.profile
            )
            times.append(time.monotonic())
            shown = worst_first((*judged, *self._drifted, *self._rig_watch.findings))
            self._publish(
                LiveReport(
                    frame=frame,
                    measurement=measurement,
                    findings=shown,
                    silhouette=silhouette,
                    fps=_pace(times),
                    dropped=dropped,
                    depth_note=self._note,
                    matte=self._matte_of(frame),
                    depth=self._depth,
                )
            )

    def _matte_of(self, frame: Frame) -> LiveMatte | None:
        subject = self._subject
        if not self.with_matte or subject is None:
            return None
        return self._cutout.matte_of(frame.rgb, subject)

    def _silhouette_on(self, frame: Frame) -> Silhouette | None:
        """Return the newest silhouette, unless the live view has changed its size since."""
        newest = self._silhouette
        fits = newest is not None and newest.picture_size == frame.rgb.shape[1::-1]
        return newest if fits else None

    def _follow(self) -> None:
        while not self._closing.wait(_SILHOUETTE_INTERVAL_S):
            frame = self._newest
            if frame is None or self._resting.is_set():
                continue
            try:
                self._follow_in(frame)
            except DeviceTimeoutError as exc:
                self._forget(f"no depth: {exc.fault}")
            except DeviceError as exc:
                self._forget(f"depth lost: {exc.fault}")
                self._fail(exc)
                self._feed = None
            except MatteboxError as exc:
                if not self._closing.is_set():
                    self._forget(exc.fault)

    def _follow_in(self, frame: Frame) -> None:
        """Find the subject in a frame; what is due of drift, light and forecast, measure too."""
        if self._drift_pace.due:
            self._drifted = self._drift_by(frame)
            self._drift_pace.keep()
        with_light = self._light_pace.due and not self._flash
        depth: SubjectDepth | None = None
        outlined: Silhouette | None = None
        if self._feed is not None:
            frames = self._feed.of_moment(frame.time_s, KEPT_FRAMES if with_light else 3)
            depth, outlined = self._run(
                seen_in_depth, frames, self._rig.calibration, frame.rgb.shape[:2]
            )
        self._see(frame, depth, outlined)
        if depth is not None:
            self._rig_watch.look(
                frame.rgb, depth, lambda rgb, subject: self._run(misalignment, rgb, subject)
            )
        if depth is not None and with_light:
            self._lighting = self._run(fitted_light, frame.rgb, self._transfer, depth)
            self._light_pace.keep()
        if self._forecast_pace.due:
            self._foretell(frame, depth)
            self._forecast_pace.keep()

    def _drift_by(self, frame: Frame) -> tuple[Finding, ...]:
        """Return what has drifted since the reference, and whether the empty set still fits."""
        now = self._as_reference(frame)
        drifted: tuple[Finding, ...] = ()
        if self._reference is not None:
            drifted = drift_findings(drift_since(self._reference, now))
        if self._empty_set is not None:
            drifted += empty_set_findings(drift_since(self._empty_set, now))
        return drifted

    def _run(self, function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
        if self._beside is None:
            return function(*arguments, **named)
        return self._beside(function, *arguments, **named)

    def _see(self, frame: Frame, depth: SubjectDepth | None, outlined: Silhouette | None) -> None:
        """Renew the silhouette, and what the matte starts from, by the source that there is."""
        height, width = frame.rgb.shape[:2]
        self._depth = depth
        if outlined is not None:
            self._silhouette, self._note = outlined, ""
        # With depth only the matte wants more than that; without, the silhouette does too.
        wanted = depth is None or self.with_matte
        self._subject = live_subject(frame.rgb, depth, self._aids) if wanted else None
        if self.with_matte and self._subject is not None:
            self._cutout.warm_up(frame.rgb, self._subject)
        if depth is None and self._subject is not None:
            mask = self._subject.probability > 0.5
            self._silhouette = silhouette_of_mask(mask, self._subject.source, (width, height))
            self._note = ""

    def _foretell(self, frame: Frame, depth: SubjectDepth | None) -> None:
        """Try the cut-out on the frame, when the profile asks how it will come out."""
        if "forecast" not in self.profile.checks:
            return
        guard = self.profile.hair_guard_percent
        foretold = None
        with contextlib.suppress(MismatchError):  # no sure pixel on one of the sides
            if depth is not None:
                foretold = self._run(foretold_by_depth, frame.rgb, depth, guard)
            elif self._subject is not None:
                seen = Silhouetted(reduced(frame.rgb), self._subject.probability, None, guard)
                foretold = self._run(forecast, seen)
        self._forecast = foretold

    def _forget(self, note: str) -> None:
        self._silhouette, self._subject, self._depth = None, None, None
        self._lighting, self._forecast = None, None
        self._note = note


def _pace(times: deque[float]) -> float:
    recent = [moment for moment in times if moment > times[-1] - 1.0]
    return (len(recent) - 1) / max(recent[-1] - recent[0], 1e-9) if len(recent) > 1 else 0.0

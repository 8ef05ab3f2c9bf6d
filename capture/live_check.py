"""Check a set-up through the camera's live view, once."""

from __future__ import annotations

import itertools
import threading

from capture.depth_feed import DepthFeed
from capture.live import LiveReport, LiveView
from capture.live_meter import FRAMES_FOR_ALL
from capture.live_subject import SubjectAids
from capture.rig import Rig
from capture.settings import Profile
from devices.errors import DeviceTimeoutError
from devices.gphoto2_config import exposure_settings
from matting.imaging.curves import SRGB, Transfer
from matting.imaging.errors import MatteboxError

#: Time enough for the silhouette to be found and the light to be measured on 30 depth frames.
_PATIENCE_S = 20.0


def check_live(
    rig: Rig,
    profile: Profile,
    aids: SubjectAids | None = None,
    *,
    flash: bool = False,
    transfer: Transfer = SRGB,
) -> LiveReport:
    """Return the first live report on which everything has been measured that can be.

    Parameters
    ----------
    rig : Rig
    profile : Profile
    aids : SubjectAids or None
        What tells the silhouette when depth does not; a plate of the live frame's size.
    flash, transfer
        Those of `capture.live.LiveView`.

    Raises
    ------
    DeviceError
        When the camera has no live view, fails, or sends no picture in time.
    """
    exposure = exposure_settings(rig.camera.settings())
    arrived = threading.Event()
    reports: list[LiveReport] = []
    counted = itertools.count(1)
    aided = aids is not None and aids.any
    failures: list[MatteboxError] = []

    def publish(report: LiveReport) -> None:
        reports[:] = [report]
        seen = report.silhouette is not None
        known = _complete(report, profile, flash) if rig.depth else seen or not aided
        if known and next(counted) > FRAMES_FOR_ALL:
            arrived.set()

    def fail(error: MatteboxError) -> None:
        failures.append(error)
        arrived.set()

    feed = DepthFeed(rig.depth, rig.sensor_late_s) if rig.depth else None
    live = LiveView(rig, feed, profile, lambda: exposure, publish, fail, aids, flash, transfer)
    try:
        arrived.wait(_PATIENCE_S)
    finally:
        live.close()
        if feed:
            feed.close()
    if failures:
        raise failures[0]
    if not reports:
        raise DeviceTimeoutError(
            rig.camera.info().address, "no live picture came", "check the camera and its cable"
        )
    return reports[0]


def _complete(report: LiveReport, profile: Profile, flash: bool) -> bool:
    measured = report.measurement
    lit = flash or measured.lighting is not None
    foretold = measured.forecast is not None or "forecast" not in profile.checks
    return report.silhouette is not None and lit and foretold

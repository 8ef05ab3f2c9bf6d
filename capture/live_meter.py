"""What live view measures on its frames, each thing as seldom as it changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from capture.checks.table import findings
from capture.metering.measurement import Measurement, carried, measure, without_light
from capture.metering.motion import motion_picture, motion_widths_per_s
from capture.silhouette import Silhouette, mask_at

if TYPE_CHECKING:
    from capture.findings import Finding
    from capture.forecasting.forecast import Forecast
    from capture.metering.lighting_ratio import LightingRatio
    from capture.settings import Profile
    from devices.frames import ExposureSettings, Frame
    from matting.imaging.curves import Transfer

#: One frame in so many is measured: nobody reads 25 figures a second, and the picture goes on.
MEASURED_EVERY = 2
#: Surfaces and focus are measured on one measured frame in so many, and light on one in so many.
_FOCUS_EVERY, _LIGHT_EVERY = 3, 13
#: Motion is seen between one frame in so many and the very next.
_MOTION_EVERY = 6
#: After so many frames everything that frames tell has been measured.
FRAMES_FOR_ALL = MEASURED_EVERY * _FOCUS_EVERY + _MOTION_EVERY


class LiveMeter:
    """Measures and judges live frames, one after the other.

    Parameters
    ----------
    transfer : Transfer
        How the picture's codes become light.
    flash_unseen : str
        Why nothing of light is measured; empty where it is.
    """

    def __init__(self, transfer: Transfer, flash_unseen: str = "") -> None:
        self._transfer = transfer
        self._flash_unseen = flash_unseen
        self._frames = self._measured = 0
        self._earlier: Measurement | None = None
        self._judged: tuple[Finding, ...] = ()
        self._before: tuple[npt.NDArray[np.uint8], float] | None = None
        self._motion = float("nan")
        self._known_by: Silhouette | None = None

    def judge(
        self,
        frame: Frame,
        settings: ExposureSettings,
        silhouette: Silhouette | None,
        lighting: LightingRatio | None,
        forecast: Forecast | None,
        profile: Profile,
    ) -> tuple[Measurement, tuple[Finding, ...]]:
        """Return what is known of a frame, measured on it or on the one before, and judged."""
        self._watch_motion(frame, silhouette)
        due = self._frames % MEASURED_EVERY == 0 or (self._known_by is None) != (silhouette is None)
        self._frames += 1
        if self._earlier is None or due:
            self._earlier = self._measure(frame, settings, silhouette, lighting, forecast)
            self._known_by = silhouette
            self._judged = findings(self._earlier, profile.checks, self._judged)
        return self._earlier, self._judged

    def _measure(
        self,
        frame: Frame,
        settings: ExposureSettings,
        silhouette: Silhouette | None,
        lighting: LightingRatio | None,
        forecast: Forecast | None,
    ) -> Measurement:
        earlier = self._earlier if self._known_by is not None else None
        measurement = measure(
            frame.rgb,
            settings,
            silhouette,
            lighting,
            self._transfer,
            with_surfaces=earlier is None or self._measured % _FOCUS_EVERY == 0,
            with_light=earlier is None or self._measured % _LIGHT_EVERY == 0,
            preview=True,
            forecast=forecast,
        )
        if silhouette is not None and earlier is not None:
            measurement = carried(measurement, earlier)
        self._measured += 1
        measurement = replace(measurement, motion_widths_per_s=self._motion)
        if self._flash_unseen:
            measurement = without_light(measurement, self._flash_unseen)
        return measurement

    def _watch_motion(self, frame: Frame, silhouette: Silhouette | None) -> None:
        turn = self._frames % _MOTION_EVERY
        if turn > 1:
            return
        now = motion_picture(frame.rgb)
        if turn == 1 and self._before is not None:
            self._motion = _motion(self._before, (now, frame.time_s), silhouette)
        self._before = (now, frame.time_s)


def _motion(
    before: tuple[npt.NDArray[np.uint8], float],
    now: tuple[npt.NDArray[np.uint8], float],
    silhouette: Silhouette | None,
) -> float:
    size = now[0].shape[1::-1]
    where = mask_at(silhouette.mask, size) if silhouette else None
    return motion_widths_per_s(before[0], now[0], now[1] - before[1], where)

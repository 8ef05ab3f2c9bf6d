"""A calibration from live devices: the person moves the board, views are taken by themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from capture.calibration.board import BoardCorners, corner_positions, find_corners
from capture.calibration.pair import LEAST_VIEWS, PairCalibration
from capture.calibration.time_offset import Track, time_offset_s
from capture.calibration.views import BoardViews, Progress
from devices.errors import UnsupportedError
from devices.frames import CalibrationOrigin, DepthFrame, Frame, Intrinsics
from devices.interfaces import Camera, DepthSensor
from matting.imaging.errors import MismatchError


@runtime_checkable
class SeesColour(Protocol):
    """A depth sensor that also gives the picture of the same moment in the depth map's pixels."""

    def read_with_colour(self, timeout_s: float = 5.0) -> tuple[DepthFrame, Frame]:
        """Return the next depth map and its picture."""


@dataclass(frozen=True, slots=True, eq=False)
class BoardLook:
    """One look at the board.

    Parameters
    ----------
    progress : Progress
    camera, sensor : Frame
        The two pictures of it.
    camera_corners, sensor_corners : BoardCorners or None
        Where the board is in them.
    """

    progress: Progress
    camera: Frame
    sensor: Frame
    camera_corners: BoardCorners | None
    sensor_corners: BoardCorners | None


def calibrate_live(
    camera: Camera,
    sensor: DepthSensor,
    square_m: float,
    told: CalibrationOrigin,
    tell: Callable[[BoardLook], None],
    stopped: Callable[[], bool],
) -> PairCalibration:
    """Look at the board until there are enough good views, or it is stopped.

    Parameters
    ----------
    camera : Camera
        With live view, which shows the whole of what a photograph does.
    sensor : DepthSensor
        One that gives pictures.
    square_m : float
        Width of a square as measured on the paper, metres.
    told : CalibrationOrigin
        Where serial numbers are missing the devices' own are taken.
    tell : callable
        Given each look with what it has brought.
    stopped : callable
        Asked after each look.

    Returns
    -------
    PairCalibration
        With the clocks' offset, where the board's motion between the views told it.

    Raises
    ------
    UnsupportedError
        When the sensor gives no pictures, or they come without a lens.
    MismatchError
        When it was stopped before there were views enough.
    DeviceError
        When a device does not deliver.

    Notes
    -----
    Depth is laid on photographs, while the lens is measured on live view: a body whose live view is
    cropped otherwise than its photographs wants pairs of pictures.
    """
    if not isinstance(sensor, SeesColour):
        raise UnsupportedError(
            sensor.info().address,
            "gives depth alone, in which the board cannot be seen",
            "give pairs of pictures: mattebox calibrate depth PHOTO=PICTURE ...",
        )
    views: BoardViews | None = None
    places = _Places(square_m), _Places(square_m)
    camera.start_live_view()
    try:
        last = -1
        while not stopped():
            frame = camera.latest_frame(newer_than=last)
            last = frame.sequence
            depth, colour = sensor.read_with_colour()
            if views is None:
                views = BoardViews(_lens_of(depth, sensor), square_m)
            seen = find_corners(_grey(frame)), find_corners(_grey(colour))
            for corners, track, picture in zip(seen, places, (frame, colour), strict=True):
                track.add(corners, picture.time_s)
            progress = views.look(*seen)
            tell(BoardLook(progress, frame, colour, *seen))
            if progress.done:
                break
    finally:
        camera.stop_live_view()
    if views is None or views.found is None:
        raise MismatchError(
            "calibration",
            f"stopped before the board was seen in {LEAST_VIEWS} views",
            "hold it still where both devices see it, until each view is taken",
        )
    origin = replace(
        told,
        camera_serial=told.camera_serial or camera.info().serial or None,
        sensor_serial=told.sensor_serial or sensor.info().serial or None,
    )
    late_s = time_offset_s(*(each.track() for each in places))
    calibration = replace(views.found.calibration, origin=origin, sensor_late_s=late_s)
    return replace(views.found, calibration=calibration)


def _lens_of(depth: DepthFrame, sensor: DepthSensor) -> Intrinsics:
    if depth.intrinsics is None:
        raise UnsupportedError(
            sensor.info().address,
            "does not tell its lens",
            "give pairs of pictures and --intrinsics",
        )
    return depth.intrinsics


def _grey(frame: Frame) -> npt.NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2GRAY), np.uint8)


class _Places:
    """Where the board's middle was in one device's pictures, and how large it looked."""

    def __init__(self, square_m: float) -> None:
        self._corners = corner_positions(square_m)[:, :2]
        self._times: list[float] = []
        self._places: list[npt.NDArray[np.float64]] = []

    def add(self, seen: BoardCorners | None, time_s: float) -> None:
        """Remember a look; a picture that was looked at before does not count twice."""
        import cv2

        if seen is None or (self._times and time_s <= self._times[-1]):
            return
        plane = cv2.findHomography(self._corners[seen.numbers], seen.pixels)[0]
        middle = self._corners.mean(axis=0)
        # A square about the board's middle tells where that is and how large the board looks.
        square = middle + 0.01 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        drawn = cv2.perspectiveTransform(square[:, None], plane)[:, 0] / seen.size[0]
        size = np.sqrt(cv2.contourArea(drawn.astype(np.float32)))
        self._times.append(time_s)
        self._places.append(np.array([*drawn.mean(axis=0), np.log(size)]))

    def track(self) -> Track:
        """Return all of it."""
        return Track(np.array(self._times), np.array(self._places).reshape(-1, 3))

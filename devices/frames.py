"""The values that devices make: pictures, depth maps and the geometry that relates them.

All of them are frozen, and their arrays are read-only, so that a frame can be handed to the
screen, to a measurement and to a file at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

#: How a depth file's numbers become metres: by a factor, or not at all when they only order
#: points, larger = farther.
DepthScale = float | Literal["relative"]


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return a view of `array` that cannot be written through."""
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """A pinhole camera: focal lengths and principal point in pixels of a `width` x `height` image.

    Pixel centres lie at whole numbers: the first pixel's centre is (0, 0).
    """

    fx: float
    fy: float
    cx: float
    cy: float
    width: int
    height: int

    def scaled_to(self, width: int, height: int) -> Intrinsics:
        """Return the same lens for an image of the same field of view at another size."""
        sx, sy = width / self.width, height / self.height
        return Intrinsics(
            fx=self.fx * sx,
            fy=self.fy * sy,
            cx=(self.cx + 0.5) * sx - 0.5,
            cy=(self.cy + 0.5) * sy - 0.5,
            width=width,
            height=height,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Extrinsics:
    """A rigid motion from one device's frame into another's: ``x_to = rotation @ x_from + t``.

    Both frames have x to the right, y down and z forward along the optical axis, in metres.

    Parameters
    ----------
    rotation : (3, 3) float64, orthonormal
    translation_m : (3,) float64, metres
    """

    rotation: npt.NDArray[np.float64]
    translation_m: npt.NDArray[np.float64]

    @staticmethod
    def identity() -> Extrinsics:
        """Return the motion that moves nothing: the sensor and the camera are one."""
        return Extrinsics(np.eye(3), np.zeros(3))


@dataclass(frozen=True, slots=True)
class DepthNoise:
    """Standard deviation of one reading: ``floor_m + linear * z + quadratic * z**2``.

    `quadratic` (1/m) is the law of stereo, ``sigma_disparity / (focal * baseline)``; `linear`
    that of time of flight.
    """

    floor_m: float = 0.0
    linear: float = 0.0
    quadratic: float = 0.0

    def sigma_m(self, depth_m: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return the standard deviation at each depth, metres, NaN where depth is NaN."""
        sigma = self.floor_m + self.linear * depth_m + self.quadratic * depth_m * depth_m
        return np.asarray(sigma, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class CalibrationOrigin:
    """What a calibration was made with, and so holds for; None where it was not told.

    Parameters
    ----------
    camera_serial, sensor_serial : str or None
    lens : str or None
        The lens's name as the photographs state it.
    focal_length_mm, focus_distance_m : float or None
        Zoom and focus, both of which change the picture's scale.
    """

    camera_serial: str | None = None
    sensor_serial: str | None = None
    lens: str | None = None
    focal_length_mm: float | None = None
    focus_distance_m: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Where a depth sensor stands relative to the camera that it serves.

    Parameters
    ----------
    camera : Intrinsics
        The photographing camera, for its full field of view at any stated size.
    depth_to_camera : Extrinsics
        Depth sensor's frame into the camera's frame.
    distortion : tuple of 5 floats, or empty
        The camera's lens distortion k1, k2, p1, p2, k3 (Brown 1966, in OpenCV's order); empty for
        a pinhole.
    origin : CalibrationOrigin
    noise : DepthNoise or None
        Of this very sensor, as measured; None leaves it to what its kind is known for.
    sensor_late_s : float or None
        How much later the sensor's frames are stamped than live frames of the same moment; None
        when it was not measured.
    """

    camera: Intrinsics
    depth_to_camera: Extrinsics
    distortion: tuple[float, ...] = ()
    origin: CalibrationOrigin = CalibrationOrigin()
    noise: DepthNoise | None = None
    sensor_late_s: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One live-view picture.

    Parameters
    ----------
    rgb : (H, W, 3) uint8, encoded (sRGB unless the camera says otherwise)
    sequence : int
        Counts up by one per frame that the camera delivered; gaps are dropped frames.
    time_s : float
        Monotonic clock of this machine when the frame arrived, seconds.
    """

    rgb: npt.NDArray[np.uint8]
    sequence: int
    time_s: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "rgb", read_only(self.rgb))


@dataclass(frozen=True, slots=True, eq=False)
class DepthFrame:
    """One depth map.

    Parameters
    ----------
    depth_m : (H, W) float32, metres along the optical axis, NaN = no return
    confidence : (H, W) float32, 0 (none) to 1, or None when the sensor gives none
    intrinsics : Intrinsics or None
        None only for a file without them.
    noise : DepthNoise
        The sensor's error model.
    metric : bool
        False when the values only order points by distance (relative depth).
    """

    depth_m: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32] | None
    intrinsics: Intrinsics | None
    noise: DepthNoise
    sequence: int = 0
    time_s: float = 0.0
    metric: bool = True
    sensor: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth_m", read_only(self.depth_m))
        if self.confidence is not None:
            object.__setattr__(self, "confidence", read_only(self.confidence))


@dataclass(frozen=True, slots=True)
class ExposureSettings:
    """What the camera was set to; None where it does not say."""

    iso: int | None = None
    shutter_s: float | None = None
    aperture_f: float | None = None
    white_balance: str | None = None
    image_quality: str | None = None
    focal_length_mm: float | None = None
    flash_fired: bool | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """One camera setting: its value and the values it can take, in the camera's own words."""

    name: str
    value: str
    choices: tuple[str, ...] = ()
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """Who the camera is and how it is.

    `has` names what it has of the rows of `devices.gphoto2_vendors`, and `maker` says in whose
    words what it lacks is told; both are empty of a camera that is not driven by libgphoto2.
    """

    address: str
    model: str
    serial: str
    battery_percent: int | None = None
    live_view: bool = True
    remote_shutter: bool = True
    maker: str = ""
    has: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reserves:
    """What a camera has left; None where it does not say.

    `free_bytes` counts what its cards have room for, all together.
    """

    battery_percent: int | None = None
    free_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class CameraObject:
    """A file on (or in the memory of) the camera.

    `made_s` is when, by the camera's own clock, as `time.time` counts; None where it does not say.
    """

    folder: PurePosixPath
    name: str
    size_bytes: int | None = None
    in_ram: bool = False
    made_s: int | None = None

    @property
    def path(self) -> str:
        """The camera's own path of the file, for messages and the journal."""
        return str(self.folder / self.name)


@dataclass(frozen=True, slots=True)
class Download:
    """What arrived: counted and hashed from the bytes as they came, not from the disk.

    `digest` (see `devices.digest`) is what the disk is read back against, and what the file is
    known by ever after.
    """

    size_bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class SensorInfo:
    """Who the depth sensor is."""

    address: str
    model: str
    serial: str
    width: int
    height: int
    calibration: Calibration | None = field(default=None)

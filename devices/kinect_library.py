"""Microsoft's library for the Azure Kinect, spoken to directly: what Open3D does not tell.

Open3D gives pictures and not the lens that they were taken through, and ends the process when the
library is missing. So the library is looked for first, and the lens is read from it.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from dataclasses import dataclass

from devices.errors import DeviceBusyError, DeviceError
from devices.frames import Intrinsics
from matting.imaging.errors import MissingLibraryError

#: Narrow field of view, all pixels (640x576), and colour of 1280x720: numbers for the library,
#: names for Open3D.
_DEPTH_MODE, _COLOUR_SIZE = 2, 1
CONFIGURATION = {
    "depth_mode": "K4A_DEPTH_MODE_NFOV_UNBINNED",
    "color_resolution": "K4A_COLOR_RESOLUTION_720P",
    "color_format": "K4A_IMAGE_FORMAT_COLOR_MJPG",
    "camera_fps": "K4A_FRAMES_PER_SECOND_30",
    "synchronized_images_only": "true",
}
_SERIAL_BYTES = 64


class _Motion(ctypes.Structure):
    _fields_ = (("rotation", ctypes.c_float * 9), ("translation_mm", ctypes.c_float * 3))


class _Lens(ctypes.Structure):
    # The parameters begin with cx, cy, fx, fy; distortion follows.
    _fields_ = (
        ("model", ctypes.c_int), ("count", ctypes.c_uint), ("parameters", ctypes.c_float * 15),
    )  # fmt: skip


class _Camera(ctypes.Structure):
    _fields_ = (
        ("motion", _Motion), ("lens", _Lens), ("width", ctypes.c_int), ("height", ctypes.c_int),
        ("metric_radius", ctypes.c_float),
    )  # fmt: skip


class CalibrationStruct(ctypes.Structure):
    """The library's `k4a_calibration_t` (version 1.4)."""

    _fields_ = (
        ("depth", _Camera), ("colour", _Camera), ("motions", _Motion * 16),
        ("depth_mode", ctypes.c_int), ("colour_size", ctypes.c_int),
    )  # fmt: skip

    def colour_lens(self) -> Intrinsics:
        """Return the colour camera's lens; its slight distortion is left out, as in recordings."""
        cx, cy, fx, fy = self.colour.lens.parameters[:4]
        return Intrinsics(fx, fy, cx, cy, self.colour.width, self.colour.height)


@dataclass(frozen=True, slots=True)
class KinectIdentity:
    """Which Kinect it is, and the lens of its colour camera at `CONFIGURATION`'s size."""

    serial: str
    lens: Intrinsics


def load_k4a(name: str) -> ctypes.CDLL:
    """Load one of Microsoft's libraries for the Azure Kinect: "k4a" or "k4arecord".

    Open3D ends the process when it needs one that is missing, so it is looked for first.

    Raises
    ------
    MissingLibraryError
        When it is not installed.
    """
    try:
        return ctypes.CDLL(ctypes.util.find_library(name) or f"lib{name}.so.1.4")
    except OSError:
        raise MissingLibraryError(
            "Azure Kinect", f"cannot be used, because lib{name} is missing",
            f"if you have one, install lib{name}1.4",
        ) from None  # fmt: skip


def installed_count(library: ctypes.CDLL) -> int:
    """Return how many Azure Kinects are plugged in."""
    library.k4a_device_get_installed_count.restype = ctypes.c_uint32
    return int(library.k4a_device_get_installed_count())


def identity_of(library: ctypes.CDLL, index: int, address: str) -> KinectIdentity:
    """Open a Kinect for as long as it takes to read which it is and its lens.

    Raises
    ------
    DeviceBusyError
        When it cannot be opened.
    DeviceError
        When it does not tell.
    """
    handle = ctypes.c_void_p()
    if library.k4a_device_open(ctypes.c_uint32(index), ctypes.byref(handle)) != 0:
        raise DeviceBusyError(
            address,
            "cannot be opened",
            "close other programs that use it; on Linux see 99-k4a.rules",
        )
    try:
        serial = ctypes.create_string_buffer(_SERIAL_BYTES)
        size, found = ctypes.c_size_t(_SERIAL_BYTES), CalibrationStruct()
        named = library.k4a_device_get_serialnum(handle, serial, ctypes.byref(size))
        told = library.k4a_device_get_calibration(
            handle, _DEPTH_MODE, _COLOUR_SIZE, ctypes.byref(found)
        )
    finally:
        library.k4a_device_close(handle)
    if named != 0 or told != 0:
        raise DeviceError(address, "does not tell its lens", "plug it in again with its own cable")
    return KinectIdentity(serial.value.decode("ascii", "replace"), found.colour_lens())

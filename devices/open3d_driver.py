"""Open3D's sensors and players, mapped once to our words. Runs in the child; alone imports open3d.

All give depth in the pixels of the sensor's own colour camera. Only `BagDriver` has been run, on
recordings; of the others what happens without a device.
"""

from __future__ import annotations

import contextlib
import os
import platform
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from devices.depth_units import without_zero
from devices.discovery import Discovery, FoundDevice, missing_open3d
from devices.errors import (
    DeviceError,
    DeviceLostError,
    DeviceNotFoundError,
    DeviceTimeoutError,
    UnsupportedError,
)
from devices.frames import DepthFrame, DepthNoise, Frame, Intrinsics, SensorInfo
from devices.kinect_library import CONFIGURATION, identity_of, installed_count, load_k4a
from devices.worker import FrameMailbox
from matting.imaging.errors import InputFileError

#: D435 at 848x480: a subpixel error of 0.08 px, 425 px and 50 mm (Intel's guide to tuning).
REALSENSE_NOISE = DepthNoise(quadratic=0.08 / (425 * 0.05))
#: Azure Kinect's data sheet: a standard deviation of at most 17 mm, at 3 to 5 m.
KINECT_NOISE = DepthNoise(floor_m=0.002, linear=0.003)
_FIRST_FRAME_S = 5.0
_POLL_S = 0.005
_PLUG_IN = "plug it into a USB 3 port with its own cable"
_AGAIN = "open it again to see it from its beginning"


def import_open3d() -> Any:
    """Import Open3D, which then speaks of errors only.

    Raises
    ------
    MissingLibraryError
        When it, or a system library that it wants, is not installed.
    """
    try:
        import open3d
    except ImportError as exc:
        raise missing_open3d(exc) from exc
    open3d.utility.set_verbosity_level(open3d.utility.VerbosityLevel.Error)
    return open3d


def find_realsense() -> Discovery:
    """Return the RealSense cameras that Open3D lists."""
    sensors: Any = getattr(import_open3d().t.io, "RealSenseSensor", None)
    if sensors is None:  # Open3D's build for this platform leaves it out
        return Discovery()
    return Discovery(
        tuple(
            FoundDevice(f"realsense:{device.serial}", str(device.name))
            for device in sensors.enumerate_devices()
        )
    )


def find_kinect() -> Discovery:
    """Return the Azure Kinects that Microsoft's own library counts."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return Discovery()  # there is no such library for this machine
    count = installed_count(load_k4a("k4a"))
    return Discovery(
        tuple(FoundDevice(f"kinect:{index}", "Azure Kinect") for index in range(count))
    )


class _Open3DDriver(ABC):
    """What the drivers share: one picture ahead, from which size and lens are known."""

    _noise: DepthNoise

    def __init__(self, address: str) -> None:
        # Vendor libraries log to stdout, which is for data.
        os.dup2(2, 1)
        self._address = address
        self._count = 0

    @abstractmethod
    def _read(self, timeout_s: float) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
        """Return raw depth (H, W) and colour (H, W, 3), waiting for them."""

    def _start(self, model: str, serial: str, units_per_m: float, matrix: Any) -> None:
        # As float32, 1 / 0.001 is 999.99994.
        whole = round(units_per_m)
        self._units_per_m = whole if abs(units_per_m - whole) < 1e-3 else units_per_m
        self._matrix = np.asarray(matrix, np.float64)
        self._first = self._read(_FIRST_FRAME_S)
        height, width = self._first[0].shape
        self._info = SensorInfo(self._address, model, serial, width, height)

    def info(self) -> SensorInfo:
        """Return model, serial number and size of the depth."""
        return self._info

    def read(self, timeout_s: float) -> DepthFrame:
        """Return the next depth map."""
        return self.read_with_colour(timeout_s)[0]

    def read_with_colour(self, timeout_s: float) -> tuple[DepthFrame, Frame]:
        """Return the next depth map and its colour."""
        raw, rgb = self._first if self._count == 0 else self._read(timeout_s)
        height, width = raw.shape
        k, now = self._matrix, time.monotonic()
        depth = without_zero(raw.astype(np.float32) / np.float32(self._units_per_m))
        lens = Intrinsics(k[0, 0], k[1, 1], k[0, 2], k[1, 2], width, height)
        frame = DepthFrame(
            depth, None, lens, self._noise, self._count, now, sensor=self._info.model
        )
        colour = Frame(np.ascontiguousarray(rgb), self._count, now)
        self._count += 1
        return frame, colour

    @contextlib.contextmanager
    def _mapped(self, remedy: str) -> Iterator[None]:
        try:
            yield
        except RuntimeError as exc:  # what Open3D raises for all its faults
            raise DeviceLostError(self._address, str(exc).strip(), remedy) from exc

    def idle(self, mailbox: FrameMailbox) -> float:
        """Return how long a command may be waited for."""
        return 0.5

    @abstractmethod
    def close(self) -> None:
        """Let the device or the file go."""


class RealSenseDriver(_Open3DDriver):
    """A RealSense camera."""

    _noise = REALSENSE_NOISE

    def __init__(self, address: str, serial: str) -> None:
        super().__init__(address)
        tensor_io = import_open3d().t.io
        kind = getattr(tensor_io, "RealSenseSensor", None)
        if kind is None:
            raise UnsupportedError(
                address, "Open3D for this system knows no RealSense", "use another computer"
            )
        with self._mapped(_PLUG_IN):
            connected = kind.enumerate_devices()
            chosen = next((d for d in connected if serial in ("", d.serial)), None)
            if chosen is None:
                others = ", ".join(f"realsense:{device.serial}" for device in connected)
                raise DeviceNotFoundError(
                    address, "no RealSense camera answers", f"use {others}" if others else _PLUG_IN
                )
            self._sensors = kind
            self._sensor = kind()
            config = tensor_io.RealSenseSensorConfig({"serial": chosen.serial})
            if not (self._sensor.init_sensor(config) and self._sensor.start_capture(False)):
                raise DeviceError(address, "is there, and does not start", _PLUG_IN)
            about = self._sensor.get_metadata()
        matrix = about.intrinsics.intrinsic_matrix
        self._start(str(chosen.name), str(chosen.serial), about.depth_scale, matrix)

    def _read(self, timeout_s: float) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
        deadline = time.monotonic() + timeout_s
        with self._mapped(_PLUG_IN):
            while True:
                # Not by waiting in the library, which cannot be told for how long.
                picture = self._sensor.capture_frame(False, True)
                if not picture.depth.is_empty():
                    return _pixels(picture)
                if time.monotonic() > deadline:
                    break
                time.sleep(_POLL_S)
            if not self._sensors.enumerate_devices():
                raise DeviceLostError(self._address, "it was unplugged", _PLUG_IN)
        raise DeviceTimeoutError(self._address, f"no depth within {timeout_s:g} s", _PLUG_IN)

    def close(self) -> None:
        """Stop the camera."""
        with self._mapped(_PLUG_IN):
            self._sensor.stop_capture()


class KinectDriver(_Open3DDriver):
    """An Azure Kinect."""

    _noise = KINECT_NOISE

    def __init__(self, address: str, index: int) -> None:
        super().__init__(address)
        self._library = load_k4a("k4a")
        # Before Open3D, whose import takes longer than the answer may.
        if index >= (count := installed_count(self._library)):
            others = ", ".join(f"kinect:{one}" for one in range(count))
            raise DeviceNotFoundError(
                address, "no Azure Kinect answers", f"use {others}" if others else _PLUG_IN
            )
        identity = identity_of(self._library, index, address)
        kind = getattr(import_open3d().io, "AzureKinectSensor", None)
        if kind is None:
            raise UnsupportedError(
                address, "Open3D for this system knows no Azure Kinect", "use another computer"
            )
        with self._mapped(_PLUG_IN):
            self._sensor = kind(import_open3d().io.AzureKinectSensorConfig(CONFIGURATION))
            if not self._sensor.connect(index):
                raise DeviceError(address, "is there, and does not start", _PLUG_IN)
        lens = identity.lens
        matrix = [[lens.fx, 0, lens.cx], [0, lens.fy, lens.cy], [0, 0, 1]]
        self._start("Azure Kinect", identity.serial, 1000.0, matrix)

    def _read(self, timeout_s: float) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
        deadline = time.monotonic() + timeout_s
        with self._mapped(_PLUG_IN):
            while time.monotonic() < deadline:
                # Waits for up to a second by itself.
                picture = self._sensor.capture_frame(True)
                if picture is not None:
                    return np.array(picture.depth), np.array(picture.color)
                if installed_count(self._library) == 0:
                    raise DeviceLostError(self._address, "it was unplugged", _PLUG_IN)
        raise DeviceTimeoutError(self._address, f"no depth within {timeout_s:g} s", _PLUG_IN)

    def close(self) -> None:
        """Stop the camera."""
        with self._mapped(_PLUG_IN):
            self._sensor.disconnect()


class BagDriver(_Open3DDriver):
    """A RealSense recording."""

    _noise = REALSENSE_NOISE

    def __init__(self, address: str, path: str) -> None:
        super().__init__(address)
        self._bag = import_open3d().t.io.RSBagReader()
        try:
            if not self._bag.open(path):
                raise RuntimeError("it cannot be opened")
            about = self._bag.metadata
            matrix = about.intrinsics.intrinsic_matrix
            self._start(str(about.device_name), str(about.serial_number), about.depth_scale, matrix)
        except (RuntimeError, DeviceLostError) as exc:
            raise InputFileError(
                path, f"is no RealSense recording of depth and colour ({exc})",
                "Record it with depth and colour at one frame rate, or copy it again",
            ) from exc  # fmt: skip

    def _read(self, timeout_s: float) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
        with self._mapped(_AGAIN):
            picture = self._bag.next_frame()
        if self._bag.is_eof() or picture.depth.is_empty():
            raise DeviceLostError(self._address, "the recording has ended", _AGAIN)
        return _pixels(picture)

    def close(self) -> None:
        """Close the file."""
        self._bag.close()


class MkvDriver(_Open3DDriver):
    """An Azure Kinect's recording, as k4arecorder makes them."""

    _noise = KINECT_NOISE

    def __init__(self, address: str, path: str) -> None:
        super().__init__(address)
        load_k4a("k4arecord")
        self._mkv = import_open3d().io.AzureKinectMKVReader()
        try:
            if not self._mkv.open(path):
                raise RuntimeError("it cannot be opened")
            about = self._mkv.get_metadata()
            self._start("Azure Kinect", "", 1000.0, about.intrinsics.intrinsic_matrix)
        except (RuntimeError, DeviceLostError) as exc:
            raise InputFileError(
                path, f"is no Azure Kinect recording ({exc})", "Make it with k4arecorder"
            ) from exc

    def _read(self, timeout_s: float) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
        time.sleep(1 / 30)  # its pace; the reader has none
        with self._mapped(_AGAIN):
            while not self._mkv.is_eof():
                picture = self._mkv.next_frame()
                if picture is not None:
                    return np.asarray(picture.depth), np.asarray(picture.color)
        raise DeviceLostError(self._address, "the recording has ended", _AGAIN)

    def close(self) -> None:
        """Close the file."""
        self._mkv.close()


def _pixels(picture: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8]]:
    """Return depth (H, W) and colour (H, W, 3) of a tensor picture, copied."""
    depth = np.array(picture.depth.as_tensor().numpy())[..., 0]
    return depth, np.array(picture.color.as_tensor().numpy())

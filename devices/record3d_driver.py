"""Record3D's stream, mapped once to our words. Runs in the child; alone imports record3d.

The library calls back on a thread of its own, and its getters return whatever came last without
a lock: everything is copied inside of the callback, and an event is all that it sets.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from devices.depth_files import ASSUMED_NOISE
from devices.depth_units import without_zero
from devices.discovery import Discovery, FoundDevice
from devices.errors import DeviceError, DeviceLostError, DeviceNotFoundError, DeviceTimeoutError
from devices.frames import DepthFrame, Frame, Intrinsics, SensorInfo
from devices.record3d_archive import LIDAR_NOISE
from devices.worker import FrameMailbox
from matting.imaging.errors import MissingLibraryError

_TRUE_DEPTH = 0
_FIRST_FRAME_S = 5.0
_START_APP = "open Record3D on it, choose USB streaming in its settings, and press record"
_PLUG_IN = f"plug it in by USB, unlock it, trust this computer, then {_START_APP}"


@dataclass(frozen=True, slots=True, eq=False)
class StreamedFrame:
    """What the library holds at one call back, copied.

    rgb : (H, W, 3) uint8, encoded
    depth : (h, w) float32, metres
    levels : (h, w) or empty uint8, confidence 0, 1 or 2
    lens : fx, fy, cx, cy of `rgb`, pixels
    true_depth : whether the picture is mirrored, as a selfie's
    """

    rgb: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.float32]
    levels: npt.NDArray[np.uint8]
    lens: tuple[float, float, float, float]
    true_depth: bool
    sequence: int
    time_s: float

    def in_our_words(self, sensor: str) -> tuple[DepthFrame, Frame]:
        """Return depth and colour, the right way round.

        The lens is taken to be that of the picture as it was sent.
        """
        rgb, depth, levels, (fx, fy, cx, cy) = self.rgb, self.depth, self.levels, self.lens
        if self.true_depth:
            rgb, depth, levels = rgb[:, ::-1], depth[:, ::-1], levels[:, ::-1]
            cx = rgb.shape[1] - 1 - cx
        lens = Intrinsics(fx, fy, cx, cy, rgb.shape[1], rgb.shape[0])
        frame = DepthFrame(
            depth_m=without_zero(depth),
            confidence=levels.clip(0, 2).astype(np.float32) / np.float32(2)
            if levels.shape == depth.shape
            else None,
            intrinsics=lens.scaled_to(depth.shape[1], depth.shape[0]) if min(fx, fy) > 0 else None,
            noise=ASSUMED_NOISE if self.true_depth else LIDAR_NOISE,
            sequence=self.sequence,
            time_s=self.time_s,
            sensor=sensor,
        )
        return frame, Frame(np.ascontiguousarray(rgb), self.sequence, self.time_s)


def import_record3d() -> Any:
    """Import record3d.

    Raises
    ------
    MissingLibraryError
        When it is not installed or cannot be loaded.
    """
    try:
        import record3d
    except ImportError as exc:
        raise MissingLibraryError(
            "record3d", f"cannot be loaded ({exc})",
            "install mattebox[iphone] (there is none for Macs and for Python 3.14)",
        ) from exc  # fmt: skip
    return record3d


def find() -> Discovery:
    """Return the iPhones and iPads on USB; none is opened."""
    devices = import_record3d().Record3DStream.get_connected_devices()
    return Discovery(
        tuple(FoundDevice(f"record3d:{d.udid}", "iPhone or iPad", "by Record3D") for d in devices)
    )


class Record3DDriver:
    """One stream. Methods are `devices.worker_sensor.WorkerDepthSensor`'s."""

    def __init__(self, address: str, udid: str) -> None:
        # The library logs to stdout, which is for data.
        os.dup2(2, 1)
        self._address = address
        self._arrived, self._stopped = threading.Event(), threading.Event()
        self._newest: StreamedFrame | None = None
        self._count = 0
        self._stream = import_record3d().Record3DStream()
        self._device = self._wanted(udid)
        self._stream.on_new_frame = self._on_new_frame
        self._stream.on_stream_stopped = self._stopped.set
        if not self._stream.connect(self._device):
            raise DeviceError(address, "is there, and does not stream", _START_APP)
        self._first = self._next(_FIRST_FRAME_S)

    def _wanted(self, udid: str) -> Any:
        connected = self._stream.get_connected_devices()
        for device in connected:
            if udid in ("", device.udid):
                return device
        if connected:
            others = ", ".join(f"record3d:{device.udid}" for device in connected)
            raise DeviceNotFoundError(
                self._address, "no device of that identifier is on USB", f"use one of {others}"
            )
        raise DeviceNotFoundError(self._address, "no iPhone or iPad is on USB", _PLUG_IN)

    def _on_new_frame(self) -> None:
        stream, lens = self._stream, self._stream.get_intrinsic_mat()
        self._newest = StreamedFrame(
            np.array(stream.get_rgb_frame()),
            np.array(stream.get_depth_frame()),
            np.array(stream.get_confidence_frame()),
            (lens.fx, lens.fy, lens.tx, lens.ty),
            stream.get_device_type() == _TRUE_DEPTH,
            self._count,
            time.monotonic(),
        )
        self._count += 1
        self._arrived.set()

    def _next(self, timeout_s: float) -> StreamedFrame:
        deadline = time.monotonic() + timeout_s
        while not self._arrived.wait(0.05):
            if self._stopped.is_set():
                raise DeviceLostError(self._address, "its stream has ended", _PLUG_IN)
            if time.monotonic() > deadline:
                raise DeviceTimeoutError(
                    self._address, f"no depth within {timeout_s:g} s", _START_APP
                )
        self._arrived.clear()
        assert self._newest is not None
        return self._newest

    def info(self) -> SensorInfo:
        """Return model, identifier and size of the depth."""
        height, width = self._first.depth.shape
        model = "iPhone or iPad, TrueDepth" if self._first.true_depth else "iPhone or iPad, LiDAR"
        return SensorInfo(self._address, model, str(self._device.udid), width, height)

    def read(self, timeout_s: float) -> DepthFrame:
        """Return the newest depth map not yet returned."""
        return self.read_with_colour(timeout_s)[0]

    def read_with_colour(self, timeout_s: float) -> tuple[DepthFrame, Frame]:
        """Return the newest depth map not yet returned, and its colour."""
        return self._next(timeout_s).in_our_words(self._address)

    def idle(self, mailbox: FrameMailbox) -> float:
        """Return how long a command may be waited for; the library has a thread of its own."""
        return 0.5

    def close(self) -> None:
        """Let the device go."""
        self._stream.disconnect()

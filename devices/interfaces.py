"""What every camera and every depth sensor can do.

All calls are synchronous, end within their time-out, and raise a `devices.errors.DeviceError`
when they fail. `close` can be called twice, and never raises.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

from devices.frames import (
    CameraInfo,
    CameraObject,
    DepthFrame,
    Download,
    Frame,
    Reserves,
    SensorInfo,
    Setting,
)

#: Names of settings, the same for every maker. A camera offers those that it has.
SETTING_NAMES = (
    "iso",
    "shutter",
    "aperture",
    "white_balance",
    "image_quality",
    "focus_mode",
    "capture_target",
)


#: Where a camera is to put its shots: on its card, or into its memory alone, which loses them
#: with the connection.
CaptureTarget = Literal["card", "ram"]


class Camera(Protocol):
    """A camera that can be looked through, set and released."""

    def info(self) -> CameraInfo:
        """Return who the camera is, and its battery when it was connected."""

    def reserves(self) -> Reserves:
        """Return what is left of battery and cards, read afresh."""

    def settings(self) -> dict[str, Setting]:
        """Return the settings that this camera has, by name of `SETTING_NAMES`, read afresh."""

    def set(self, name: str, value: str) -> Setting:
        """Write a setting, read it back and return it; SettingRefusedError lists the choices."""

    def drive_focus(self, step: int) -> None:
        """Move the focus, by 1 to 3 farther (sizes of step), by -1 to -3 nearer."""

    def start_live_view(self) -> None:
        """Begin to fetch live frames in the background; does nothing when already running."""

    def stop_live_view(self) -> None:
        """Stop fetching live frames, so that the camera cools and saves its battery."""

    def latest_frame(self, newer_than: int = -1, timeout_s: float = 5.0) -> Frame:
        """Return the newest live frame whose sequence exceeds `newer_than`, waiting for it."""

    def capture(self, timeout_s: float = 30.0) -> tuple[CameraObject, ...]:
        """Release the shutter and return the shot's first file; others follow by `next_files`."""

    def next_files(self, timeout_s: float) -> tuple[CameraObject, ...]:
        """Return files announced since the last call (the body's own shutter); may be empty."""

    def download(self, item: CameraObject, target: Path, timeout_s: float = 60.0) -> Download:
        """Write the file's bytes to `target`, which must not exist; the camera keeps its copy."""

    def listing(self) -> tuple[CameraObject, ...]:
        """Return every file on the camera's cards."""

    def delete(self, item: CameraObject) -> None:
        """Delete the file on the camera."""

    def close(self) -> None:
        """Release the camera and end its process."""


class DepthSensor(Protocol):
    """A source of depth maps."""

    def info(self) -> SensorInfo:
        """Return who the sensor is, with its calibration to the camera if it knows one."""

    def read(self, timeout_s: float = 5.0) -> DepthFrame:
        """Return the next depth map."""

    def close(self) -> None:
        """Release the sensor and end its process."""

"""From addresses to connected devices: the only place that knows the concrete drivers.

Drivers are imported when an address asks for them, so that nothing heavy loads for a command
that does not need it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from capture.registration import RegisteredDepth, already_registered, register
from devices.frames import Calibration, DepthFrame
from devices.interfaces import Camera, DepthSensor
from matting.imaging.errors import MismatchError


@dataclass(frozen=True, slots=True)
class Rig:
    """A camera, and where there is one a depth sensor that can be laid on its pictures.

    `calibration` is None when the depth map is registered to the picture already (a file).
    """

    camera: Camera
    depth: DepthSensor | None
    calibration: Calibration | None

    def register(self, frame: DepthFrame, picture_shape: tuple[int, int]) -> RegisteredDepth:
        """Bring a depth frame into the camera's pixels; see `capture.registration`."""
        if self.calibration is None:
            return already_registered(frame, picture_shape)
        return register(frame, self.calibration)

    def close(self) -> None:
        """Release both devices."""
        with contextlib.ExitStack() as stack:
            stack.callback(self.camera.close)
            if self.depth is not None:
                stack.callback(self.depth.close)

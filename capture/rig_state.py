"""What a session works with, in values that any screen can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from capture.calibration_guide import CalibrationStep, calibration_steps
from capture.depth_feed import DepthFeed
from capture.rig import Rig
from devices.frames import CameraInfo


@dataclass(frozen=True, slots=True)
class RigState:
    """The devices of a session.

    Parameters
    ----------
    camera : CameraInfo
    depth : "none", "lost" or "delivers"
    depth_note : str
        Why it is lost, with the remedy; else whether it is calibrated to the camera.
    calibration : tuple of CalibrationStep
    depth_frames : int
        So many frames make the depth of a shot; 0 without a sensor.
    """

    camera: CameraInfo
    depth: Literal["none", "lost", "delivers"]
    depth_note: str = ""
    calibration: tuple[CalibrationStep, ...] = ()
    depth_frames: int = 0


def rig_state(
    rig: Rig, feed: DepthFeed | None, misfit: str = "", depth_frames: int = 0
) -> RigState:
    """Return how a session's devices are now; `misfit` as in `calibration_steps`."""
    camera, steps = rig.camera.info(), calibration_steps(rig, misfit)
    if feed is None:
        return RigState(camera, "none")
    if feed.problem is not None:
        return RigState(camera, "lost", str(feed.problem), steps, depth_frames)
    calibrated = "calibrated" if rig.calibration else "on the camera's own picture"
    return RigState(camera, "delivers", calibrated, steps, depth_frames)

"""What a session works with, in values that any screen can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    """

    camera: CameraInfo
    depth: Literal["none", "lost", "delivers"]
    depth_note: str = ""

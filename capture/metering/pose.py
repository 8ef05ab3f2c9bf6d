"""How the camera is held, from the planes of the set: its roll and how steeply it looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from capture.planes import Plane

#: A floor's or a table's normal is nearer than this to the camera's own upright.
_UPRIGHT_COSINE = math.cos(math.radians(60))


@dataclass(frozen=True, slots=True)
class CameraPose:
    """The camera's attitude over level ground, degrees.

    Parameters
    ----------
    roll_degrees : float
        Positive where the camera is turned clockwise, so that the set leans to the left.
    pitch_degrees : float, how far the camera looks down; negative up
    """

    roll_degrees: float
    pitch_degrees: float


def camera_pose(planes: Sequence[Plane]) -> CameraPose | None:
    """Return the camera's pose over the ground, or None when no ground is seen.

    Parameters
    ----------
    planes : sequence of Plane, in the camera's frame (x right, y down, z forward)

    Notes
    -----
    Taken to be level: the plane whose normal is nearest to the camera's own upright, within 60
    degrees. On a sloping table the slope is counted as the camera's. A wall alone tells nothing
    of roll, and is not used.
    """
    grounds = [plane for plane in planes if -plane.normal[1] > _UPRIGHT_COSINE]
    if not grounds:
        return None
    x, y, z = max(grounds, key=lambda plane: -float(plane.normal[1])).normal
    return CameraPose(
        roll_degrees=-math.degrees(math.atan2(x, -y)),
        pitch_degrees=math.degrees(math.atan2(-z, math.hypot(x, y))),
    )

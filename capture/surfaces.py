"""The two surfaces between which each pixel has to choose: the subject's and the background's.

The subject's distance is known on the subject, the background's beside it. Each is carried to the
other's pixels from the nearest reading, which is right for things that stand in front of things.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.nearest import nearest_depth
from capture.planes import PlaneParameters, tolerance_m
from capture.subjects import SubjectDepth


@dataclass(frozen=True, slots=True, eq=False)
class Surfaces:
    """What depth would be expected at every pixel under either answer.

    Parameters
    ----------
    foreground_m, background_m : (h, w) float32, metres
    sigma_m : (h, w) float32, metres, noise and bend of a reading; NaN where there is none
    from_subject_px : (h, w) float32, distance to the nearest reading of the subject
    """

    foreground_m: npt.NDArray[np.float32]
    background_m: npt.NDArray[np.float32]
    sigma_m: npt.NDArray[np.float32]
    from_subject_px: npt.NDArray[np.float32]


def surfaces_of(depth: SubjectDepth) -> Surfaces:
    """Carry the subject's and the background's distances to every pixel.

    Notes
    -----
    Where the empty set was measured, that is the background. Where the background was never seen
    (no reading outside of the subject) it is put at infinity.
    """
    foreground, away = nearest_depth(depth.depth.depth_m, depth.subject)
    background, _ = nearest_depth(depth.depth.depth_m, depth.background)
    if depth.empty_m is not None:
        background = np.where(np.isfinite(depth.empty_m), depth.empty_m, background)
    return Surfaces(
        foreground_m=foreground,
        background_m=background,
        sigma_m=tolerance_m(depth.depth, PlaneParameters(sigmas=1.5)),
        from_subject_px=away,
    )

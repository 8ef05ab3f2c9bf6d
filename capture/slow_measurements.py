"""What live view measures seldom, from values to values, so that another process can do it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from capture.depth_filtering import filtered
from capture.forecasting.forecast import Forecast, forecast
from capture.forecasting.trial import seen_by_depth
from capture.metering.lighting import key_to_fill
from capture.metering.lighting_ratio import LightingRatio
from capture.registration import registered
from capture.silhouette import Silhouette, silhouette_of
from capture.subjects import SubjectDepth, find_subject
from devices.frames import Calibration, DepthFrame
from matting.imaging.curves import Transfer


def seen_in_depth(
    frames: tuple[DepthFrame, ...], calibration: Calibration | None, picture_shape: tuple[int, int]
) -> tuple[SubjectDepth, Silhouette]:
    """Return the subject in the picture's pixels, by several depth frames, and its outline."""
    subject = find_subject(registered(filtered(frames), calibration, picture_shape))
    return subject, silhouette_of(subject, (picture_shape[1], picture_shape[0]))


def fitted_light(
    rgb: npt.NDArray[np.uint8], transfer: Transfer, subject: SubjectDepth
) -> LightingRatio | None:
    """Return the lighting ratio of a live frame by the subject's depth; None when none fits."""
    return key_to_fill(_on_grid(transfer.decode(rgb), subject), subject)


def foretold_by_depth(
    rgb: npt.NDArray[np.uint8], subject: SubjectDepth, guard_percent: float
) -> Forecast | None:
    """Return how the cut-out of a live frame would come out, by depth.

    Raises
    ------
    MismatchError
        When there is no sure pixel on one of the sides.
    """
    return forecast(seen_by_depth(rgb, subject, guard_percent))


def _on_grid(linear_rgb: npt.NDArray[np.float32], subject: SubjectDepth) -> npt.NDArray[np.float32]:
    """Return a linear picture on the depth map's grid."""
    import cv2

    height, width = subject.subject.shape
    resized = cv2.resize(linear_rgb, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.float32)

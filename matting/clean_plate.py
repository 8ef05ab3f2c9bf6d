"""The subject by its difference from a picture of the empty set (a clean plate)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matting.colour_evidence import colour_log_odds
from matting.imaging.errors import MismatchError

#: In units of the difference's own noise: below is the set, above the subject.
_SAME, _OTHER = 3.0, 8.0
#: However quiet the picture, a smaller difference than this (encoded, 0 to 1) is no subject.
_LEAST_DIFFERENCE = 0.04
#: A median absolute deviation times this is a standard deviation.
_MAD_TO_SIGMA = 1.4826


def clean_plate_probability(
    rgb: npt.NDArray[np.uint8], plate: npt.NDArray[np.uint8], width_px: int = 320
) -> npt.NDArray[np.float32]:
    """Return how likely each pixel shows what the empty set does not.

    Parameters
    ----------
    rgb, plate : (H, W, 3) uint8, encoded
        From the same camera, same place, exposure and white balance.
    width_px : int
        The width at which they are compared.

    Returns
    -------
    (h, w) float32, 0 to 1, at that width

    Raises
    ------
    MismatchError
        The plate has another size than the picture.

    Notes
    -----
    What is neither the same nor surely other is left to colours learned from what is. The noise
    is taken from the picture itself, of which the set must fill more than half. Fails where the
    camera or the light has moved since, and takes a shadow that is dark enough for the subject.
    """
    import cv2

    if rgb.shape != plate.shape:
        raise MismatchError(
            "clean plate",
            f"has {plate.shape[1]} x {plate.shape[0]} pixels, "
            f"the picture {rgb.shape[1]} x {rgb.shape[0]}",
            "Take the empty set again",
        )
    size = (width_px, max(1, round(rgb.shape[0] * width_px / rgb.shape[1])))
    small, empty = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (rgb, plate))
    difference = (small.astype(np.float32) - empty) / 255
    smooth = np.linalg.norm(cv2.GaussianBlur(difference, (0, 0), 1.0), axis=2)
    # A vector's length is never 0, so that its median alone is the measure of noise.
    noise = max(_MAD_TO_SIGMA * float(np.median(smooth)), _LEAST_DIFFERENCE / _OTHER)
    other, same = smooth > _OTHER * noise, smooth < _SAME * noise
    middle = smooth > (_SAME + _OTHER) / 2 * noise
    log_odds = colour_log_odds(small, other, same, middle)
    undecided = np.where(middle, np.float32(1), np.float32(-1))
    log_odds = np.where(log_odds == 0, undecided, log_odds)
    log_odds[other], log_odds[same] = 6.0, -6.0
    return np.asarray(1 / (1 + np.exp(-log_odds)), np.float32)

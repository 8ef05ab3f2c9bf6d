"""The subject by its difference from a picture of the empty set (a clean plate)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matting.colour_evidence import colour_log_odds
from matting.imaging.errors import MismatchError

#: Differences in encoded values, 0 to 1: up to the one it is the set, from the other the subject.
#: A camera's noise at this size is a tenth of that.
_SAME, _OTHER = 0.03, 0.10
#: What alignment leaves over, and leaves that moved, is compared within so many pixels.
_REACH_PX = 2
_ALIGNING_STEPS, _ALIGNING_BLUR_PX = 40, 5
#: A camera that moved by more than this share of the picture stands elsewhere.
_FARTHEST_SHARE = 0.08


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
    A camera that moved a little is put right. A colour within the range of the plate's around it
    is the same. What is neither the same nor surely other is left to colours learned from what is.
    Fails where exposure or white balance has changed since, where the subject has the set's own
    colour, and takes a shadow that is dark enough for the subject.

    References
    ----------
    The alignment: Evangelidis, Psarakis 2008, doi 10.1109/TPAMI.2008.113.
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
    empty = _aligned(empty, small)
    window = np.ones((2 * _REACH_PX + 1,) * 2, np.uint8)
    beyond = np.maximum(
        cv2.subtract(small, cv2.dilate(empty, window)),
        cv2.subtract(cv2.erode(empty, window), small),
    )
    difference = np.linalg.norm(
        cv2.GaussianBlur(beyond.astype(np.float32) / 255, (0, 0), 1.0), axis=2
    )
    other, same = difference > _OTHER, difference < _SAME
    middle = difference > (_SAME + _OTHER) / 2
    log_odds = colour_log_odds(small, other, same, middle)
    undecided = np.where(middle, np.float32(1), np.float32(-1))
    log_odds = np.where(log_odds == 0, undecided, log_odds)
    log_odds[other], log_odds[same] = 6.0, -6.0
    return np.asarray(1 / (1 + np.exp(-log_odds)), np.float32)


def _aligned(plate: npt.NDArray[np.uint8], like: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the plate as the camera would see it now; as it is where nothing shows a motion."""
    import cv2

    now, empty = (cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in (like, plate))
    criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _ALIGNING_STEPS, 1e-4)
    start, everywhere = np.eye(3, dtype=np.float32), np.ones(now.shape, np.uint8)
    try:
        _, motion = cv2.findTransformECC(
            now, empty, start, cv2.MOTION_HOMOGRAPHY, criteria, everywhere, _ALIGNING_BLUR_PX
        )
    except cv2.error:
        return plate  # an even backdrop has nothing to align by, and needs no alignment
    height, width = plate.shape[:2]
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float32)
    moved = cv2.perspectiveTransform(corners, motion) - corners
    if float(np.abs(moved).max()) > _FARTHEST_SHARE * width:
        return plate
    return np.asarray(
        cv2.warpPerspective(
            plate,
            motion,
            (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
    )

"""Trimaps: what is surely subject, surely background, and left to be solved."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import MismatchError

BACKGROUND, UNKNOWN, FOREGROUND = 0, 128, 255

Trimap = npt.NDArray[np.uint8]


def validate_trimap(
    trimap: npt.NDArray[Any], shape: tuple[int, int] | None = None, subject: object = "trimap"
) -> Trimap:
    """Return the trimap in its three values.

    Parameters
    ----------
    trimap : (H, W) uint8
        0 is background, 255 foreground, every other value unknown.
    shape : (H, W) or None
        What it must fit.
    subject : object
        How to name it in an error, for example by its path.

    Returns
    -------
    (H, W) uint8, 0, 128 or 255

    Raises
    ------
    MismatchError
        Not (H, W) uint8, another size, or neither foreground nor background in it.
    """
    if trimap.ndim != 2 or trimap.dtype != np.uint8:
        raise MismatchError(
            subject,
            f"is {trimap.dtype} of shape {trimap.shape}, not one channel of 8 bits",
            "Give a greyscale trimap",
        )
    if shape is not None and trimap.shape != tuple(shape):
        raise MismatchError(
            subject,
            f"has {trimap.shape[1]} x {trimap.shape[0]} pixels, "
            f"the picture {shape[1]} x {shape[0]}",
            "Give a trimap of the picture's own size",
        )
    values = np.full(trimap.shape, UNKNOWN, dtype=np.uint8)
    values[trimap == 0] = BACKGROUND
    values[trimap == 255] = FOREGROUND
    if not (values != UNKNOWN).any():
        raise MismatchError(
            subject,
            "has neither foreground (255) nor background (0)",
            "Mark at least one of them",
        )
    return values


def trimap_from_probability(
    probability: npt.NDArray[np.float32],
    low: float = 0.05,
    high: float = 0.95,
    dilate_px: int = 0,
) -> Trimap:
    """Return a trimap: sure where the probability is, unknown between and around.

    Parameters
    ----------
    probability : (H, W) float32, of belonging to the subject, 0 to 1; NaN = unknown
    low, high : float
        At or below `low` is background, at or above `high` foreground.
    dilate_px : int
        How far the unknown band is widened on each side, pixels.

    Returns
    -------
    (H, W) uint8, 0, 128 or 255
    """
    if not 0 <= low < high <= 1:
        raise ValueError(f"low {low} and high {high} are not two rising probabilities")
    trimap = np.full(probability.shape, UNKNOWN, dtype=np.uint8)
    trimap[probability <= low] = BACKGROUND
    trimap[probability >= high] = FOREGROUND
    return widen_unknown(trimap, dilate_px)


def widen_unknown(trimap: Trimap, pixels: int) -> Trimap:
    """Return the trimap with its unknown band wider by a disc of that radius.

    The boundary between foreground and background counts as band, so that a hard mask gets one.
    """
    import cv2

    if pixels <= 0:
        return trimap
    widened = np.full(trimap.shape, UNKNOWN, dtype=np.uint8)
    for value in (BACKGROUND, FOREGROUND):
        sure = (trimap == value).astype(np.uint8)
        depth_px = cv2.distanceTransform(sure, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        widened[depth_px > pixels] = value
    return widened


def resized_trimap(trimap: Trimap, height: int, width: int) -> Trimap:
    """Return the trimap at another size; between two sure pixels that differ lies doubt."""
    import cv2

    resized = cv2.resize(trimap, (width, height), interpolation=cv2.INTER_LINEAR)
    return validate_trimap(np.asarray(resized, np.uint8))

"""Colour as evidence: to which side a doubtful pixel belongs.

Depth leaves doubt where it saw nothing (gloss, glass, edges) and where subject and background are
at one distance (the foot of a bottle on its table). Colours learned where depth is sure decide
there: two Gaussian mixtures and a graph cut that likes to run along edges of the picture.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: log-odds that a graph cut's verdict is worth: about 19 to 1, the trimap's own threshold.
VERDICT_LOG_ODDS = 3.0

_ITERATIONS = 3


def colour_log_odds(
    encoded_rgb: npt.NDArray[np.uint8],
    sure_foreground: npt.NDArray[np.bool_],
    sure_background: npt.NDArray[np.bool_],
    likely_foreground: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float32]:
    """Return log-odds of foreground from colour, by GrabCut seeded with what is known.

    Parameters
    ----------
    encoded_rgb : (h, w, 3) uint8, encoded
        GrabCut's mixtures were made for encoded colours, where noise is about even.
    sure_foreground, sure_background : (h, w) bool
        Seeds; never overruled.
    likely_foreground : (h, w) bool
        The first guess elsewhere.

    Returns
    -------
    (h, w) float32
        Plus or minus `VERDICT_LOG_ODDS`; 0 everywhere when either seed is empty, since colours
        cannot be learned from nothing.

    Notes
    -----
    Fails where both sides share their colours: the cut then follows the shortest way. Thin parts
    (hair, straps) are cut off, so leave a band around its verdict to the matting.

    References
    ----------
    Rother, Kolmogorov, Blake 2004, doi 10.1145/1015706.1015720.
    """
    import cv2

    verdict = np.zeros(sure_foreground.shape, np.float32)
    doubtful = ~sure_foreground & ~sure_background
    if not (sure_foreground.any() and sure_background.any() and doubtful.any()):
        return verdict
    top, bottom, left, right = _surroundings(sure_foreground | doubtful)
    window = np.s_[top:bottom, left:right]
    labels = np.full(sure_foreground.shape, cv2.GC_PR_BGD, np.uint8)
    labels[likely_foreground] = cv2.GC_PR_FGD
    labels[sure_foreground] = cv2.GC_FGD
    labels[sure_background] = cv2.GC_BGD
    inside = np.ascontiguousarray(labels[window])
    if not (inside == cv2.GC_BGD).any():
        return verdict
    # The mixtures start from k-means with OpenCV's own generator: same input, same output.
    cv2.setRNGSeed(0)
    background_model, foreground_model = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(
        np.ascontiguousarray(encoded_rgb[window]),
        inside,
        None,
        background_model,
        foreground_model,
        _ITERATIONS,
        cv2.GC_INIT_WITH_MASK,
    )
    is_foreground = (inside == cv2.GC_FGD) | (inside == cv2.GC_PR_FGD)
    verdict[:] = -VERDICT_LOG_ODDS
    verdict[window] = np.where(is_foreground, VERDICT_LOG_ODDS, -VERDICT_LOG_ODDS)
    return verdict


def _surroundings(mask: npt.NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return the mask's bounding box with a tenth of the picture around it to learn from."""
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    around = max(height, width) // 10
    return (
        max(0, int(rows[0]) - around),
        min(height, int(rows[-1]) + around + 1),
        max(0, int(columns[0]) - around),
        min(width, int(columns[-1]) + around + 1),
    )

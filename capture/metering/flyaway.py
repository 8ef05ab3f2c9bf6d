"""Flyaway hair: how much of the subject lies as loose strands beyond its own outline."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

#: Farther than this outside of the silhouette, as a share of the width, a strand is loose.
_LOOSE_SHARE = 0.006
#: Alpha under this is a veil that the solver leaves, not a strand.
_VEIL = 0.08


def flyaway_share(alpha: npt.NDArray[np.float32], silhouette: npt.NDArray[np.bool_]) -> float:
    """Return the loose strands' coverage as a share of the subject's, NaN without a subject.

    Parameters
    ----------
    alpha : (h, w) float32, 0 to 1, of a trial cut-out
    silhouette : (h, w) bool, the solid subject as depth sees it

    Notes
    -----
    Only as far as the cut-out's hair guard reaches. Where the backdrop has the hair's colour the
    trial misses it, and so does this; the forecast then tells of the edge.
    """
    import cv2

    covered = float(alpha.sum())
    if covered <= 0 or not silhouette.any():
        return math.nan
    away = cv2.distanceTransform((~silhouette).astype(np.uint8), cv2.DIST_L2, 5)
    loose = (away > _LOOSE_SHARE * alpha.shape[1]) & (alpha > _VEIL)
    return float(alpha[loose].sum()) / covered

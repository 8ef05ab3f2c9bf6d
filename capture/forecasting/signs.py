"""What in a frame foretells where its cut-out will be wrong, piece by piece of the edge.

Two signs are enough. How far the colours on both sides of the edge are apart, in units of their
own spread; and how much of a trial matte is left neither subject nor background. Difference of
the means, spread of either side, other mattes held against the trial's, and evidence left open
were tried beside them, and added nothing on pictures that the fit had not seen.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from capture.forecasting.pieces import EdgePieces
from matting.imaging.colour import linear_srgb_to_lab
from matting.imaging.curves import SRGB

Floats = npt.NDArray[np.float64]

#: Nearer to the edge than this, pixels of both sides are mixed.
_GAP_PX = 2.0
_LEAST_PIXELS = 30
#: CIELAB variance below which a side counts as plain: what noise makes of any surface.
_PLAIN = 4.0


def colours_apart(
    rgb: npt.NDArray[np.uint8], silhouette: npt.NDArray[np.bool_], pieces: EdgePieces
) -> Floats:
    """Return the Bhattacharyya distance of the colours on both sides of each piece of the edge.

    Parameters
    ----------
    rgb : (h, w, 3) uint8, sRGB
    silhouette : (h, w) bool, True on the subject
    pieces : EdgePieces, of that silhouette

    Returns
    -------
    (K,) float64
        In CIELAB, each side taken for a Gaussian. 0 = the same colours; 1 = easily told apart.
        NaN where either side shows too few pixels.

    Notes
    -----
    Two sides of several colours each may interleave and still come out far apart.

    References
    ----------
    Kailath 1967, doi 10.1109/TCOM.1967.1089532.
    """
    clear = (pieces.piece >= 0) & (pieces.from_edge > _GAP_PX)
    lab = np.asarray(linear_srgb_to_lab(SRGB.decode(rgb[clear]), "D65"), np.float64)
    piece, within = pieces.piece[clear], silhouette[clear]
    apart = np.full(len(pieces.length), np.nan)
    for k in range(len(apart)):
        here = piece == k
        inside, outside = lab[here & within], lab[here & ~within]
        if min(len(inside), len(outside)) >= _LEAST_PIXELS:
            apart[k] = _bhattacharyya(inside, outside)
    return apart


def _bhattacharyya(first: Floats, second: Floats) -> float:
    spread_1, spread_2 = (np.cov(side.T) + _PLAIN * np.eye(3) for side in (first, second))
    middle = (spread_1 + spread_2) / 2
    apart = first.mean(axis=0) - second.mean(axis=0)
    volumes = np.linalg.det(middle) / np.sqrt(np.linalg.det(spread_1) * np.linalg.det(spread_2))
    return float(apart @ np.linalg.solve(middle, apart) / 8 + np.log(volumes) / 2)


def left_open(alpha: npt.NDArray[np.float32], pieces: EdgePieces) -> Floats:
    """Return how wide the edge of a matte is, by its area that is neither 0 nor 1.

    Parameters
    ----------
    alpha : (h, w) float32, 0 to 1
    pieces : EdgePieces, of that size

    Returns
    -------
    (K,) float64, thousandths of the picture's width
        The integral of ``4 alpha (1 - alpha)`` across the edge.
    """
    return per_edge(4 * alpha * (1 - alpha), pieces)


def per_edge(image: npt.NDArray[np.float32], pieces: EdgePieces) -> Floats:
    """Return a map's sum near each piece over the piece's length, in thousandths of the width.

    Parameters
    ----------
    image : (h, w) float32
    pieces : EdgePieces, of that size

    Returns
    -------
    (K,) float64
        Of a map of alpha's error: by how much the edge is off.
    """
    near = pieces.piece >= 0
    sums = np.bincount(
        pieces.piece[near], weights=image[near].astype(np.float64), minlength=len(pieces.length)
    )
    return np.asarray(1000 / image.shape[1] * sums / pieces.length)

"""Alpha carried from a small picture to a large one by its local relation to colour.

Around each pixel of the small picture alpha is close to an affine function of colour,
``alpha = a . rgb + b``; that is what closed form assumes. The coefficients change slowly where
alpha itself does not: enlarged, and applied to the large picture's own colours, they give alpha
at full resolution without another solve. So the band is solved small, and a picture of 60
megapixels costs little more than reading it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from matting.cancelling import stop_if
from matting.pyramid import Level
from matting.threads import kernel_lock
from matting.trimap import FOREGROUND

FloatImage = npt.NDArray[np.float32]

#: Regularisation of a window's covariance, squared encoded units: a tenth of a percent of full
#: scale, so that noise of a flat place does not blow the coefficients up.
EPSILON = 1e-5
_PIXELS_A_CALL = 1_000_000


def carry_alpha(
    coarse: Level,
    alpha: FloatImage,
    fine: Level,
    cancelled: Callable[[], bool] | None = None,
) -> FloatImage:
    """Return the alpha of a level from that of the level of half its size.

    Parameters
    ----------
    coarse : Level
    alpha : (H/2, W/2) float32, 0 to 1, of `coarse`
    fine : Level
        `coarse` is `matting.pyramid.halved(fine)`.
    cancelled : callable or None
        Asked about every million pixels.

    Returns
    -------
    (H, W) float32, 0 to 1, exactly 0 and 1 at known pixels; the same bits on any number of threads

    Raises
    ------
    MattingCancelledError
        `cancelled` returned True.

    Notes
    -----
    Fails where what the large picture shows is lost in the small one: hairs thinner than a pixel
    there come out as wide as their colour is told apart from their neighbours'.

    References
    ----------
    He, Sun, Tang 2013, doi 10.1109/TPAMI.2012.213 (the local fit); He and Sun 2015,
    arXiv:1505.00996 (coefficients found small, applied large).
    """
    from matting import transfer_kernels

    unknown = fine.unknown
    carried: FloatImage = (fine.trimap == FOREGROUND).astype(np.float32)
    near = _near(coarse.unknown)
    coefficients = np.zeros((*alpha.shape, 4), np.float32)
    rows = max(2, _PIXELS_A_CALL // fine.trimap.shape[1] // 2 * 2)
    with kernel_lock:
        for top in range(0, alpha.shape[0], rows):
            stop_if(cancelled)
            bottom = min(top + rows, alpha.shape[0])
            transfer_kernels.fit(coarse.rgb, alpha, near, EPSILON, top, bottom, coefficients)
        for top in range(0, unknown.shape[0], rows):
            stop_if(cancelled)
            bottom = min(top + rows, unknown.shape[0])
            transfer_kernels.apply(fine.rgb, coefficients, unknown, top, bottom, carried)
    return carried


def _near(unknown: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Return the unknown pixels and the neighbours that enlarging them reads."""
    import cv2

    return np.asarray(cv2.dilate(unknown.view(np.uint8), np.ones((3, 3), np.uint8)))

"""A cut-out laid over its own background again, which ought to give the photograph back.

``I = alpha F + (1 - alpha) B`` holds for the true alpha, F and B. B behind the rim is not known,
but where the background near by is even it is that. There alpha and F are tested together.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matting.imaging.colour import delta_e_2000, linear_srgb_to_lab, luminance

FloatImage = npt.NDArray[np.float32]

_CLEAR, _RIM_LOW, _RIM_HIGH = 0.004, 0.1, 0.95
#: The background is taken from this far around, as a share of the width.
_REACH_SHARE, _LEAST_REACH_PX = 0.01, 10.0
#: A background that varies by more than this, in L*, is not known behind the rim.
_EVEN_LIGHTNESS = 3.0
_DARKEST = np.float32((6 / 29) ** 3)
#: Of the surroundings at least this share must be clear background.
_LEAST_CLEAR_SHARE = 0.15


def recomposition_delta_e(
    linear: FloatImage, alpha: FloatImage, photograph_linear: FloatImage
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Compare the recomposed rim with the photograph where the background is even.

    Parameters
    ----------
    linear, photograph_linear : (H, W, 3) float32, linear light, sRGB primaries
    alpha : (H, W) float32, 0 to 1

    Returns
    -------
    pixels : (N,) int
        Places in the picture, row by row, of the rim's pixels (alpha 0.1 to 0.95) that can be
        judged; empty where none can.
    delta_e : (N,) float64, ΔE2000

    Notes
    -----
    Colours that were never unmixed and an alpha that is too large agree with each other on a
    background like the subject. A shadow or a reflection beside the subject counts as background.
    """
    import cv2

    reach = max(_LEAST_REACH_PX, _REACH_SHARE * alpha.shape[1])
    side = 2 * round(reach) + 1
    clear = (alpha <= _CLEAR).astype(np.float32)
    rim = (alpha > _RIM_LOW) & (alpha < _RIM_HIGH)
    share = cv2.boxFilter(clear, -1, (side, side))
    pixels = np.flatnonzero(rim & (share >= _LEAST_CLEAR_SHARE))
    if not len(pixels):
        return pixels, np.empty(0)

    def around(values: FloatImage) -> FloatImage:
        """Return the mean of the clear background's values about each of the pixels."""
        weighted = values * (clear[..., None] if values.ndim == 3 else clear)
        sums = cv2.boxFilter(weighted, -1, (side, side))
        flat = sums.reshape(alpha.size, -1)[pixels]
        return np.asarray(flat / share.ravel()[pixels, None], np.float32)

    # L*, but for the darkest values, which count as even.
    lightness = 116 * np.cbrt(np.maximum(luminance(photograph_linear), _DARKEST)) - 16
    variance = around(lightness**2) - around(lightness) ** 2
    even = variance[:, 0] <= _EVEN_LIGHTNESS**2
    background = around(photograph_linear)[even]
    pixels = pixels[even]
    coverage = alpha.ravel()[pixels, None]
    again = coverage * linear.reshape(-1, 3)[pixels] + (1 - coverage) * background
    wanted = photograph_linear.reshape(-1, 3)[pixels]
    return pixels, delta_e_2000(linear_srgb_to_lab(again, "D65"), linear_srgb_to_lab(wanted, "D65"))

"""Gaussian blur of any width, at a price that does not grow with it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float32]

#: A blur of this many pixels is narrow enough to be made as it is.
_NARROW_PX = 8.0


def gaussian_blurred(image: FloatImage, sigma_px: float) -> FloatImage:
    """Return the image blurred, its edges continued outwards.

    Where the blur is wide it is made on a smaller copy, whose pixels stay an eighth of the
    deviation or less: the variance then is off by less than a percent.

    Parameters
    ----------
    image : (H, W) or (H, W, C) float32
    sigma_px : float
        Standard deviation; cut off at three of them.
    """
    import cv2

    height, width = image.shape[:2]
    factor = max(1, int(sigma_px / _NARROW_PX))
    size = (-(-width // factor), -(-height // factor))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if factor > 1 else image
    x, y = sigma_px * size[0] / width, sigma_px * size[1] / height
    window = (2 * int(np.ceil(3 * x)) + 1, 2 * int(np.ceil(3 * y)) + 1)
    blurred = cv2.GaussianBlur(small, window, x, sigmaY=y, borderType=cv2.BORDER_REPLICATE)
    if factor > 1:
        blurred = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(blurred, np.float32)

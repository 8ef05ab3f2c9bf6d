"""Pictures made smaller for the screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def reduced(image: npt.NDArray[Any], longest_side: int) -> npt.NDArray[Any]:
    """Return the picture, by means over areas, no larger than `longest_side`; never enlarged.

    Parameters
    ----------
    image : (H, W) or (H, W, C), any type that OpenCV resizes
    """
    import cv2

    height, width = image.shape[:2]
    scale = longest_side / max(height, width)
    if scale >= 1.0:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA))

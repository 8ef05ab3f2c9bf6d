"""The result of matting and what it promises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """An alpha matte with its estimated foreground.

    Parameters
    ----------
    alpha : (H, W) float32, coverage of the subject, 0 to 1, no NaN
    foreground_linear : (H, W, 3) float32, straight (not premultiplied) linear light in the
        picture's own primaries; equal to the picture where alpha is 1
    trimap : (H, W) uint8, 0 background, 128 unknown, 255 foreground: what was solved for
    """

    alpha: npt.NDArray[np.float32]
    foreground_linear: npt.NDArray[np.float32]
    trimap: npt.NDArray[np.uint8]

"""The result of matting and what it promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """An alpha matte with its estimated foreground.

    Parameters
    ----------
    alpha : (H, W) float32, coverage of the subject, 0 to 1, no NaN
    foreground_linear : (H, W, 3) float32, straight (not premultiplied) linear light in the
        picture's own primaries; equal to the picture where alpha was solved as 1, unless despill
        took a screen's light out of it
    trimap : (H, W) uint8, 0 background, 128 unknown, 255 foreground: what was solved for
    seconds : mapping of str to float
        How long each stage took, wall clock.
    alpha_by : str
        What made alpha where the trimap left it open, in words.
    """

    alpha: npt.NDArray[np.float32]
    foreground_linear: npt.NDArray[np.float32]
    trimap: npt.NDArray[np.uint8]
    seconds: Mapping[str, float] = field(default_factory=dict)
    alpha_by: str = "band solver"

    def __post_init__(self) -> None:
        for name in ("alpha", "foreground_linear", "trimap"):
            view = getattr(self, name).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

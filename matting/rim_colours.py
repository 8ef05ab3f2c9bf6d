"""The colours of a cut-out's rim beside those of the solid subject next to it.

The rim is where alpha is partial. Its straight colours ought to go on as the solid part leaves
off: a rim that takes up the old background, or was stored multiplied by alpha, departs from the
solid colour the more the thinner it is. How much a subject's colour varies over the same distance
without any fault is taken from its own solid part, one rim's width further in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: From this alpha on a pixel is solid; below it the straight colour of an 8-bit file is its own
#: rounding; and down to this alpha a colour is still read rather than guessed.
SOLID = 0.98
_RIM_LOW, _RIM_HIGH = 0.1, 0.95
#: Farther from the solid part than this share of the width, colour is a hair's own.
_REACH_SHARE, _LEAST_REACH_PX = 0.008, 8.0
#: Solid colours are means over this many pixels each way.
_MEAN_SIDE = 7
#: Fewer pixels than this tell nothing.
LEAST_PIXELS = 64


@dataclass(frozen=True, slots=True, eq=False)
class RimColours:
    """Pixels, and for each the mean colour of the solid part nearest to it.

    Parameters
    ----------
    pixels : (N,) int, places in the picture, row by row
    alpha : (N,) float32, 0 to 1
    colour, solid : (N, 3) float32, linear light, straight
    """

    pixels: npt.NDArray[np.intp]
    alpha: FloatImage
    colour: FloatImage
    solid: FloatImage

    def __len__(self) -> int:
        return len(self.pixels)

    def where(self, chosen: Mask) -> RimColours:
        """Return the chosen pixels alone."""
        return RimColours(
            self.pixels[chosen], self.alpha[chosen], self.colour[chosen], self.solid[chosen]
        )


def rim_colours(linear: FloatImage, alpha: FloatImage) -> tuple[RimColours, RimColours]:
    """Return the rim's colours, and those of an equally wide rim of the solid part.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light, straight
    alpha : (H, W) float32, 0 to 1

    Returns
    -------
    rim : RimColours
        Where alpha is 0.1 to 0.95, near the solid part; beside each its nearest solid colour.
    within : RimColours
        The solid part's own outermost pixels; beside each the nearest colour further in. Empty
        where the subject is too thin to have an inside.
    """
    import cv2

    solid = alpha >= SOLID
    if not solid.any():
        return _nothing(), _nothing()
    reach = max(_LEAST_REACH_PX, _REACH_SHARE * alpha.shape[1])
    away = cv2.distanceTransform((~solid).view(np.uint8), cv2.DIST_L2, 5)
    rim = (alpha > _RIM_LOW) & (alpha < _RIM_HIGH) & (away <= reach)
    if not rim.any():
        return _nothing(), _nothing()
    width = max(2.0, float(np.median(away[rim])))
    depth_px = cv2.distanceTransform(solid.view(np.uint8), cv2.DIST_L2, 5)
    deep = depth_px > width
    return (
        _beside(linear, alpha, rim, solid),
        _beside(linear, alpha, solid & ~deep & (_distance_to(deep) <= reach), deep),
    )


def _beside(linear: FloatImage, alpha: FloatImage, where: Mask, solid: Mask) -> RimColours:
    """Put beside each pixel of `where` the mean colour about the nearest pixel of `solid`."""
    import cv2

    if not where.any():
        return _nothing()
    _, nearest = cv2.distanceTransformWithLabels(
        (~solid).view(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    places = np.flatnonzero(solid)
    place_of_label = np.zeros(int(nearest.max()) + 1, np.intp)
    place_of_label[nearest.ravel()[places]] = places
    pixels = np.flatnonzero(where)
    beside = place_of_label[nearest.ravel()[pixels]]
    side = (_MEAN_SIDE, _MEAN_SIDE)
    weight = solid.astype(np.float32)
    count = cv2.boxFilter(weight, -1, side, normalize=False).ravel()[beside]
    sums = cv2.boxFilter(linear * weight[..., None], -1, side, normalize=False)
    return RimColours(
        pixels=pixels,
        alpha=alpha.ravel()[pixels],
        colour=linear.reshape(-1, 3)[pixels],
        solid=np.asarray(sums.reshape(-1, 3)[beside] / count[:, None], np.float32),
    )


def _distance_to(mask: Mask) -> FloatImage:
    import cv2

    if not mask.any():
        return np.full(mask.shape, np.inf, np.float32)
    return np.asarray(cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, 5), np.float32)


def _nothing() -> RimColours:
    none = np.empty((0, 3), np.float32)
    return RimColours(np.empty(0, np.intp), np.empty(0, np.float32), none, none)

"""Flyaway hair: how much of the subject lies as loose strands beyond its own outline.

A strand is thinner than a pixel, and a trial matte loses most of such hairs: of heads whose loose
hair covered 7 to 11 % of the subject it showed 0.4 %. Before a plain backdrop the light alone
tells what a strand covers: the backdrop's light is known from farther out, the hair's from within
the outline, and a pixel between them is covered by as much as it has gone from one to the other.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

FloatImage = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: Where strands are looked for, and beyond it the backdrop: from the silhouette, shares of the
#: width. What is nearer is the silhouette's own doubt.
_NEAREST_SHARE, _FARTHEST_SHARE, _BACKDROP_SHARE = 0.006, 0.08, 0.2
#: The hair's own colour is that of the subject between these depths within its outline.
_OWN_SHARE = (0.006, 0.03)
#: Windows, as shares of the width, over which the backdrop is a plane, and the hair one colour.
_BACKDROP_WINDOW, _OWN_WINDOW = 0.05, 0.02
#: Both are worked out on a grid of cells of so many pixels.
_CELL_PX = 8
#: Coverage below this is noise, and light of hair and backdrop that is nearer tells nothing.
_LEAST_COVERAGE, _LEAST_DIFFERENCE = 0.04, 0.03
#: A backdrop that strays this far from its plane, in units of the difference, is not plain.
_BUSY = 0.06
#: Of the surroundings this share must tell.
_LEAST_SEEN = 0.5


def flyaway_share(linear: FloatImage, silhouette: Mask, background: Mask) -> float:
    """Return the loose strands' coverage as a share of the subject's area.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light
    silhouette : (H, W) bool, the solid subject
    background : (H, W) bool, True on what is known to lie behind

    Returns
    -------
    float
        0 and more. NaN without a subject, before a backdrop that is not plain, or where most of
        the surroundings has the hair's own light.

    Notes
    -----
    Anything else that stands out of the silhouette passes for hair: a part that depth missed, the
    subject's shadow on a near backdrop. Strands that are lit more strongly than the hair within
    the outline count for more than they cover. Before a clipped backdrop thin strands are not
    seen, neither here nor by whoever looks at the picture.
    """
    import cv2

    width = silhouette.shape[1]
    outside = cv2.distanceTransform((~silhouette).astype(np.uint8), cv2.DIST_L2, 5) / width
    within = cv2.distanceTransform(silhouette.astype(np.uint8), cv2.DIST_L2, 5) / width
    own = (within > _OWN_SHARE[0]) & (within <= _OWN_SHARE[1])
    beyond = background & (outside > _FARTHEST_SHARE) & (outside <= _BACKDROP_SHARE)
    if not own.any() or not beyond.any():
        return math.nan
    backdrop, told = _carried(linear, beyond, _BACKDROP_WINDOW, sloping=True)
    hair, hair_told = _carried(linear, own, _OWN_WINDOW, sloping=False)
    way = hair - backdrop
    square = (way * way).sum(axis=2)
    near = background & (outside > _NEAREST_SHARE) & (outside <= _FARTHEST_SHARE)
    seen = near & told & hair_told & (square > _LEAST_DIFFERENCE**2)
    if seen.sum() < max(1.0, _LEAST_SEEN * near.sum()):
        return math.nan
    gone = linear - backdrop
    typical = np.median(way[seen], axis=0)
    stray = np.abs(gone[beyond & told] @ typical) / float(typical @ typical)
    if float(stray.mean()) > _BUSY:
        return math.nan
    coverage = np.clip((gone[seen] * way[seen]).sum(axis=1) / square[seen], 0.0, 1.0)
    return float(coverage[coverage > _LEAST_COVERAGE].sum() / silhouette.sum())


def _carried(
    linear: FloatImage, where: Mask, window_share: float, sloping: bool
) -> tuple[FloatImage, Mask]:
    """Carry light from `where` to its surroundings, within a Gaussian window.

    Either its mean, or the plane that fits it, which goes on where the light slopes. Returns the
    light (H, W, 3) and where it is told at all.
    """
    import cv2

    height, width = where.shape
    grid = (max(1, width // _CELL_PX), max(1, height // _CELL_PX))
    sigma = window_share * grid[0]

    def gathered(image: FloatImage) -> FloatImage:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.float32)

    share = cv2.resize(where.astype(np.float32), grid, interpolation=cv2.INTER_AREA)
    light = cv2.resize(linear * where[..., None], grid, interpolation=cv2.INTER_AREA)
    weight = gathered(share)[..., None]
    some = np.maximum(weight, np.float32(1e-5))
    mean = gathered(light) / some
    if sloping:
        y, x = np.mgrid[: grid[1], : grid[0]].astype(np.float32)[..., None] / np.float32(sigma)
        one = share[..., None]
        x_mean, y_mean = gathered(x * one)[..., None] / some, gathered(y * one)[..., None] / some
        # A window that is lit from one side alone tells no slope across it: held near level.
        xx = gathered(x * x * one)[..., None] / some - x_mean**2 + np.float32(1e-3)
        yy = gathered(y * y * one)[..., None] / some - y_mean**2 + np.float32(1e-3)
        xy = gathered(x * y * one)[..., None] / some - x_mean * y_mean
        xv = gathered(x * light) / some - x_mean * mean
        yv = gathered(y * light) / some - y_mean * mean
        steep = np.maximum(xx * yy - xy * xy, np.float32(1e-6))
        mean = mean + (
            (yy * xv - xy * yv) * (x - x_mean) + (xx * yv - xy * xv) * (y - y_mean)
        ) / steep  # fmt: skip
    size = (width, height)
    told = cv2.resize(weight[..., 0], size, interpolation=cv2.INTER_LINEAR) > 1e-3
    carried = cv2.resize(mean.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(carried, np.float32), np.asarray(told)

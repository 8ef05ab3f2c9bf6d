"""A matte for every live frame: a coarse silhouette, refined along the frame's own edges.

The method is the fast guided filter: in each window alpha is fitted as an affine function of
colour, on a reduced picture, and the functions, enlarged, are applied to the full one. Two things
differ from the paper. Pixels near the silhouette's edge, where a coarse silhouette is often wrong,
weigh little, so that each window learns from its sure pixels on both sides. And the silhouette may
be older than the frame: the frame decides where its edges are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from matting.imaging.curves import SRGB
from matting.imaging.errors import MismatchError

FloatImage = npt.NDArray[np.float32]
EncodedImage = npt.NDArray[np.uint8]

#: More than this is inside. Not one half: a reduced pixel on the edge often covers as many pixels
#: within as without, and then rounding would decide.
INSIDE = 0.5001
_TABLE_TOP = 4095


@dataclass(frozen=True, slots=True)
class LiveMatteParameters:
    """How a live matte is made; lengths in pixels of the reduced picture.

    Parameters
    ----------
    reduced_width_px : int
        The width at which windows are fitted.
    radius_px : int
        Half a window's side: as far as hair may reach beyond the silhouette.
    epsilon : float
        Regularisation of a window's covariance, in squared encoded units.
    guard_inside_px, guard_outside_px : float
        Nearer to the silhouette's edge than this a pixel weighs `guard_weight`.
    guard_weight : float
        Not 0, so that a thin part, all of it near the edge, still has a say.
    veil : float
        Alpha up to this is taken as 0, and as far from 1 as 1: what noise leaves of it.
    """

    reduced_width_px: int = 256
    radius_px: int = 6
    epsilon: float = 1e-4
    guard_inside_px: float = 1.2
    guard_outside_px: float = 2.4
    guard_weight: float = 0.02
    veil: float = 0.1


def live_matte(
    rgb: EncodedImage, probability: FloatImage, parameters: LiveMatteParameters | None = None
) -> FloatImage:
    """Return the alpha of a live frame.

    Parameters
    ----------
    rgb : (H, W, 3) uint8, encoded
    probability : (h, w) float32, 0 to 1, no NaN
        Of belonging to the subject, covering the same view at any size.
    parameters : LiveMatteParameters or None

    Returns
    -------
    (H, W) float32, 0 to 1; 0 or 1 where a window's probabilities all are

    Raises
    ------
    MismatchError
        The frame is no colour picture of 8 bits, or the silhouette is no single channel.

    Notes
    -----
    Fails where subject and background share a window's colours, and on strands thinner than a
    reduced pixel, which come out as a veil.

    References
    ----------
    He, Sun, Tang 2013, doi 10.1109/TPAMI.2012.213. He, Sun 2015, arXiv 1505.00996 (fast).
    """
    import cv2

    from matting import live_kernels

    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or probability.ndim != 2:
        raise MismatchError(
            "live frame",
            f"is {rgb.dtype} of shape {rgb.shape}, its silhouette of shape {probability.shape}",
            "Give an RGB frame of 8 bits and a silhouette of one channel",
        )
    settings = parameters or LiveMatteParameters()
    height, width = rgb.shape[:2]
    codes, silhouette = reduced(rgb, probability, settings.reduced_width_px)
    small = codes.astype(np.float32) / np.float32(255)
    fits = _affine_fits(small, silhouette, _weights(silhouette, settings), settings)
    alpha = np.empty((height, width), np.float32)
    live_kernels.apply_fits(
        rgb, cv2.resize(fits, (width, height), interpolation=cv2.INTER_LINEAR), alpha
    )
    return alpha


def reduced(
    rgb: EncodedImage, probability: FloatImage, width_px: int
) -> tuple[EncodedImage, FloatImage]:
    """Return a frame and its silhouette reduced to that width, if wider, by means of areas."""
    import cv2

    height, width = rgb.shape[:2]
    scale = min(1.0, width_px / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small, silhouette = (
        cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in (rgb, probability)
    )
    return np.asarray(small, np.uint8), np.asarray(silhouette, np.float32)


def _weights(silhouette: FloatImage, settings: LiveMatteParameters) -> FloatImage:
    """Return (h, w) float32: little near the silhouette's edge, 1 elsewhere."""
    import cv2

    inside = (silhouette > INSIDE).view(np.uint8)
    to_outside = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    to_inside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    sure = (to_outside > settings.guard_inside_px) | (to_inside > settings.guard_outside_px)
    return np.where(sure, np.float32(1), np.float32(settings.guard_weight))


def _affine_fits(
    rgb: FloatImage, alpha: FloatImage, weight: FloatImage, settings: LiveMatteParameters
) -> FloatImage:
    """Fit alpha in every window and average, at each pixel, the windows that hold it.

    A window counts by how much of it is sure.

    Returns
    -------
    (h, w, 4) float32
        Slope by channel, per code value, and offset, the veil taken off.
    """
    import cv2

    from matting import live_kernels

    side = (2 * settings.radius_px + 1,) * 2
    sums = np.empty((*alpha.shape, live_kernels.SUMS), np.float32)
    live_kernels.weighted_products(rgb, alpha, weight, sums)
    fits = np.empty((*alpha.shape, 5), np.float32)
    live_kernels.affine_fits(cv2.blur(sums, side), np.float32(settings.epsilon), fits)
    smooth = cv2.blur(fits, side)
    affine = smooth[..., 1:] / smooth[..., :1]
    affine[..., 3] -= settings.veil
    affine[..., :3] /= 255
    return np.asarray(affine / np.float32(1 - 2 * settings.veil), np.float32)


def over_backdrop(
    rgb: EncodedImage, alpha: FloatImage, backdrop: tuple[int, int, int] | EncodedImage
) -> EncodedImage:
    """Return the subject of a live frame on a colour or a picture, mixed in linear light.

    Parameters
    ----------
    rgb : (H, W, 3) uint8, encoded by sRGB's curve
    alpha : (H, W) float32, 0 to 1
    backdrop : three int, 0 to 255, or (H, W, 3) uint8, encoded by sRGB's curve

    Returns
    -------
    (H, W, 3) uint8, encoded

    Notes
    -----
    The rim's own colour is guessed from the blurred colours on both sides, which is fast enough
    for a preview; a cut-out's foreground is estimated by `matting.foreground`.

    References
    ----------
    Forte 2021, doi 10.1109/ICIP42928.2021.9506164 (blur fusion).
    """
    import cv2

    light = SRGB.decode(rgb)
    coverage = alpha[..., None]
    side = max(3, rgb.shape[1] // 40) | 1

    def blurred(weight: FloatImage) -> FloatImage:
        sums = cv2.blur(light * weight[..., None], (side, side))
        return np.asarray(sums / np.maximum(cv2.blur(weight, (side, side)), 1e-4)[..., None])

    subject, behind = blurred(alpha), blurred(1 - alpha)
    residual = light - coverage * subject - (1 - coverage) * behind
    subject = np.clip(subject + coverage * residual, 0, 1)
    new = SRGB.decode(np.atleast_2d(np.asarray(backdrop, np.uint8)))
    mixed = coverage * subject + (1 - coverage) * new
    places = (mixed * _TABLE_TOP + np.float32(0.5)).astype(np.uint16)
    return np.asarray(_encoding_table()[places], np.uint8)


@lru_cache(maxsize=1)
def _encoding_table() -> EncodedImage:
    """Return sRGB codes of evenly spaced light: within a code, and a tenth of the exact time."""
    light = np.linspace(0, 1, _TABLE_TOP + 1, dtype=np.float32)
    return np.asarray(SRGB.encode(np.repeat(light[:, None], 3, axis=1), 8)[:, 0], np.uint8)

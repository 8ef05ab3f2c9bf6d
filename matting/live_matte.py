"""A matte for every live frame: a coarse silhouette, refined along the frame's own edges.

The method is the fast guided filter: in each window alpha is fitted as an affine function of
colour, on a reduced picture, and the functions, enlarged, are applied to the full one. Two things
differ from the paper. Pixels near the silhouette's edge, where a coarse silhouette is often wrong,
weigh little, so that each window learns from its sure pixels on both sides. And the silhouette may
be older than the frame: the frame decides where its edges are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting.imaging.curves import SRGB
from matting.imaging.errors import MismatchError

FloatImage = npt.NDArray[np.float32]
EncodedImage = npt.NDArray[np.uint8]


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

    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8 or probability.ndim != 2:
        raise MismatchError(
            "live frame",
            f"is {rgb.dtype} of shape {rgb.shape}, its silhouette of shape {probability.shape}",
            "Give an RGB frame of 8 bits and a silhouette of one channel",
        )
    settings = parameters or LiveMatteParameters()
    height, width = rgb.shape[:2]
    scale = min(1.0, settings.reduced_width_px / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    silhouette = cv2.resize(probability, size, interpolation=cv2.INTER_AREA)
    slope, offset = _affine_fit(small, silhouette, _weights(silhouette, settings), settings)
    gain = 1 / (1 - 2 * settings.veil)
    slope, offset = gain * slope, gain * (offset - settings.veil)
    slope = cv2.resize(slope, (width, height), interpolation=cv2.INTER_LINEAR)
    offset = cv2.resize(offset, (width, height), interpolation=cv2.INTER_LINEAR)
    products = cv2.multiply(slope, rgb, scale=1 / 255, dtype=cv2.CV_32F)
    alpha = cv2.add(cv2.transform(products, np.ones((1, 3), np.float32)), offset)
    return np.asarray(np.clip(alpha, 0, 1, out=alpha), np.float32)


def _weights(silhouette: FloatImage, settings: LiveMatteParameters) -> FloatImage:
    """Return (h, w) float32: little near the silhouette's edge, 1 elsewhere."""
    import cv2

    inside = (silhouette > 0.5).view(np.uint8)
    to_outside = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    to_inside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    sure = (to_outside > settings.guard_inside_px) | (to_inside > settings.guard_outside_px)
    return np.where(sure, np.float32(1), np.float32(settings.guard_weight))


def _affine_fit(
    rgb: FloatImage, alpha: FloatImage, weight: FloatImage, settings: LiveMatteParameters
) -> tuple[FloatImage, FloatImage]:
    """Fit ``alpha = slope . rgb + offset`` in every window and average what windows share.

    Parameters
    ----------
    rgb : (h, w, 3) float32, encoded, 0 to 1; alpha, weight : (h, w) float32

    Returns
    -------
    slope : (h, w, 3) float32; offset : (h, w) float32
    """
    import cv2

    side = (2 * settings.radius_px + 1,) * 2

    def mean(*channels: FloatImage) -> FloatImage:
        """Return the channels' weighted means over each pixel's window, (h, w, n)."""
        stacked = np.dstack(channels) * weight[..., None]
        return np.asarray(cv2.blur(stacked, side).reshape(stacked.shape) / total[..., None])

    total = cv2.blur(weight, side)
    r, g, b = cv2.split(rgb)
    means = mean(r, g, b, alpha)
    m_r, m_g, m_b, m_alpha = cv2.split(means)
    squares = cv2.split(mean(r * r, r * g, r * b, g * g, g * b, b * b))
    # The covariance of colour, symmetric: its six entries.
    rr = squares[0] - m_r * m_r + settings.epsilon
    rg = squares[1] - m_r * m_g
    rb = squares[2] - m_r * m_b
    gg = squares[3] - m_g * m_g + settings.epsilon
    gb = squares[4] - m_g * m_b
    bb = squares[5] - m_b * m_b + settings.epsilon
    with_alpha = mean(r * alpha, g * alpha, b * alpha)
    c_r, c_g, c_b = cv2.split(with_alpha - means[..., :3] * m_alpha[..., None])
    # Its inverse by cofactors; epsilon keeps the determinant above zero.
    i_rr, i_rg, i_rb = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    i_gg, i_gb, i_bb = rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg
    determinant = rr * i_rr + rg * i_rg + rb * i_rb
    slope = np.dstack(
        (
            i_rr * c_r + i_rg * c_g + i_rb * c_b,
            i_rg * c_r + i_gg * c_g + i_gb * c_b,
            i_rb * c_r + i_gb * c_g + i_bb * c_b,
        )
    ) / determinant[..., None]  # fmt: skip
    offset = m_alpha - (slope * means[..., :3]).sum(axis=2)
    # A window counts in the average by how much of it is sure.
    smooth = cv2.blur(np.dstack((slope, offset)) * total[..., None], side)
    smooth /= cv2.blur(total, side)[..., None]
    return np.ascontiguousarray(smooth[..., :3]), np.ascontiguousarray(smooth[..., 3])


def over_backdrop(
    rgb: EncodedImage, alpha: FloatImage, backdrop: tuple[int, int, int]
) -> EncodedImage:
    """Return the subject of a live frame on a plain colour, mixed in linear light.

    Parameters
    ----------
    rgb : (H, W, 3) uint8, encoded by sRGB's curve
    alpha : (H, W) float32, 0 to 1
    backdrop : three int, 0 to 255, encoded

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
    new = SRGB.decode(np.array([[backdrop]], np.uint8))
    mixed = coverage * subject + (1 - coverage) * new
    return np.asarray(SRGB.encode(mixed, 8), np.uint8)

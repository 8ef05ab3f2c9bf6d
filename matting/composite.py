"""Putting a cut-out on a backdrop, in linear light, and looking for where it does not hold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from matting.blur import gaussian_blurred

FloatImage = npt.NDArray[np.float32]

#: Light wraps round the edge about this far, as a share of the longer side.
_WRAP_SHARE = 0.01
#: A studio's gradient: a pool of light behind the subject (linear), and the corners.
_GRADIENT_MIDDLE, _GRADIENT_CORNER = 0.55, 0.05
_GRADIENT_CENTRE_Y = 0.45


def over(foreground: FloatImage, alpha: FloatImage, backdrop: FloatImage) -> FloatImage:
    """Return ``alpha F + (1 - alpha) B``.

    Parameters
    ----------
    foreground : (H, W, 3) float32, straight *linear light*
    alpha : (H, W) float32, 0 to 1
    backdrop : (H, W, 3) or (3,) float32, linear light in the same primaries

    Returns
    -------
    (H, W, 3) float32, linear light; exactly `foreground` where alpha is 1, `backdrop` where it is 0

    References
    ----------
    Porter, Duff 1984, doi 10.1145/800031.808606.
    """
    a = alpha[..., None]
    return np.asarray(a * foreground + (1 - a) * backdrop, np.float32)


def light_wrapped(
    foreground: FloatImage, alpha: FloatImage, backdrop: FloatImage, amount: float
) -> FloatImage:
    """Return the foreground with the backdrop's light spilling round its edge.

    A lens spreads a little of a bright backdrop over the subject's rim. What of the backdrop is
    seen, blurred over a hundredth of the longer side, is added to the subject's light: nothing
    deep inside, half of the backdrop's at a straight edge.

    Parameters
    ----------
    foreground : (H, W, 3) float32, straight linear light
    alpha : (H, W) float32, 0 to 1
    backdrop : (H, W, 3) float32, linear light
    amount : float, 0 to 1

    Returns
    -------
    (H, W, 3) float32, straight linear light, nowhere darker than `foreground`
    """
    if amount == 0:
        return foreground
    seen = np.asarray((1 - alpha)[..., None] * backdrop, np.float32)
    sigma = max(1.0, _WRAP_SHARE * max(alpha.shape))
    spread = gaussian_blurred(seen, sigma)
    return np.asarray(foreground + np.float32(amount) * spread)


def covering(image: FloatImage, height: int, width: int) -> FloatImage:
    """Return a picture scaled to cover a frame, its middle kept, its overhang cut off.

    Parameters
    ----------
    image : (h, w, 3) float32, linear light
    height, width : int
        Of the frame, pixels.

    Returns
    -------
    (height, width, 3) float32
    """
    import cv2

    scale = max(height / image.shape[0], width / image.shape[1])
    scaled_height = max(height, round(image.shape[0] * scale))
    scaled_width = max(width, round(image.shape[1] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(image, (scaled_width, scaled_height), interpolation=method)
    top, left = (scaled_height - height) // 2, (scaled_width - width) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])


def studio_gradient(height: int, width: int) -> FloatImage:
    """Return (height, width, 3) float32, linear light: grey, lit in the middle, dark corners."""
    y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / height - _GRADIENT_CENTRE_Y
    x = (np.arange(width, dtype=np.float32) + 0.5) / width - 0.5
    fall = np.exp(-4 * (x**2 + y**2))
    grey = _GRADIENT_CORNER + (_GRADIENT_MIDDLE - _GRADIENT_CORNER) * fall
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float32)


def worst_edges(alpha: FloatImage, count: int, window_px: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the windows in which most of the matte is undecided.

    A cut-out looks the same on black and on white only where alpha is 1; half-way values over a
    large part of a window are hair at best, and at worst a hole in the subject or a fringe.

    Parameters
    ----------
    alpha : (H, W) float32, 0 to 1
    count : int
        At most so many, without overlap; fewer where the rest is decided.
    window_px : (height, width)
        Cut down to the picture's own.

    Returns
    -------
    list of (top, left)
        The worst first.
    """
    import cv2

    height, width = alpha.shape
    tall, wide = min(window_px[0], height), min(window_px[1], width)
    doubt = cv2.boxFilter(
        alpha * (1 - alpha), cv2.CV_32F, (wide, tall), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT
    )[: height - tall + 1, : width - wide + 1].copy()
    found: list[tuple[int, int]] = []
    while len(found) < count:
        _, most, _, (left, top) = cv2.minMaxLoc(doubt)
        if most <= 1e-6:
            break
        found.append((top, left))
        doubt[max(0, top - tall + 1) : top + tall, max(0, left - wide + 1) : left + wide] = 0
    return found


def tiled(rows: Sequence[Sequence[npt.NDArray[np.uint8]]], gap_px: int) -> npt.NDArray[np.uint8]:
    """Return pictures laid out in rows, with grey between and around them.

    Parameters
    ----------
    rows : sequence of rows of (h, w, 3) uint8, encoded
    gap_px : int
    """
    widths = [sum(tile.shape[1] + gap_px for tile in row) + gap_px for row in rows]
    heights = [max(tile.shape[0] for tile in row) + gap_px for row in rows]
    sheet = np.full((sum(heights) + gap_px, max(widths), 3), 96, np.uint8)
    top = gap_px
    for row, height in zip(rows, heights, strict=True):
        left = gap_px
        for tile in row:
            sheet[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
            left += tile.shape[1] + gap_px
        top += height
    return sheet

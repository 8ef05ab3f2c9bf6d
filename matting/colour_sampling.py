"""Alpha from colours of the known parts near and far: what closed form alone cannot see.

Closed form follows colour lines from pixel to pixel, and is lost where a region is cut off from
everything known: the loops of a handle, the mesh of a basket. Here every unknown pixel looks for
the pair of a known foreground and a known background colour that explains it best, wherever they
are. Pairs are passed between neighbours and improved at random (PatchMatch). The answer enters
closed form as a soft data term, the weaker the worse the pair explains the pixel and the more of
both sides it says the pixel is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting.cancelling import stop_if
from matting.threads import kernel_lock
from matting.trimap import BACKGROUND, FOREGROUND, UNKNOWN, Trimap

FloatImage = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ColourSamplingParameters:
    """How samples are searched and how far they are trusted.

    Parameters
    ----------
    band_pixels : int
        The search runs on a picture halved until its band holds no more than this: pairs change
        slowly from pixel to pixel, alpha itself is then worked out at full size.
    ring_px : int
        Samples come from known pixels this near to the band.
    rounds : int
    spatial_cost : float
        What it costs to look twice as far as the nearest known pixel, in encoded units of colour.
    mixing_cost : float
        What it costs to explain a colour as a mixture, as a share of its distance from the nearer
        sample: most pixels are one or the other.
    noise : float
        Of a colour, encoded.
    trust : float
        Weight of the data term times its variance; the Laplacian's own diagonal is about 1 to 9.
    least_variance : float
        Of a pixel that its pair explains perfectly: samples are biased even then.
    mixed_variance : float
        What is added to it as alpha (1 - alpha): a pixel that looks like one known colour mostly
        is that, while a mixture can be had from many pairs.
    """

    band_pixels: int = 60_000
    ring_px: int = 3
    rounds: int = 8
    spatial_cost: float = 0.005
    mixing_cost: float = 0.03
    noise: float = 0.02
    trust: float = 2.5e-5
    least_variance: float = 0.005
    mixed_variance: float = 0.7


def sampled_alpha(
    rgb: FloatImage,
    trimap: Trimap,
    parameters: ColourSamplingParameters | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[FloatImage, FloatImage] | None:
    """Estimate alpha from pairs of known colours.

    Parameters
    ----------
    rgb : (H, W, 3) float32, *encoded* values, 0 to 1
    trimap : (H, W) uint8, 0 background, 255 foreground, all else unknown
    parameters : ColourSamplingParameters, optional
    cancelled : callable or None
        Asked once a round; True ends the work.

    Returns
    -------
    alpha : (H, W) float32, 0 to 1
    weight : (H, W) float32, of the data term in `matting.band_solver`; 0 at known pixels
        None when the trimap lacks foreground, background or unknown pixels.

    Raises
    ------
    MattingCancelledError
        `cancelled` returned True.

    Notes
    -----
    Fails where foreground and background share colours, and where a colour of the unknown part
    occurs nowhere in the known ones; both are meant to be caught by the weight, and mostly are.

    References
    ----------
    He et al. 2011, doi 10.1109/CVPR.2011.5995495 (sampling from the whole boundary);
    Barnes et al. 2009, doi 10.1145/1531326.1531330 (the search);
    Gastal and Oliveira 2010, doi 10.1111/j.1467-8659.2009.01627.x (sharing between neighbours).
    """
    settings = parameters or ColourSamplingParameters()
    unknown = (trimap != FOREGROUND) & (trimap != BACKGROUND)
    band = int(unknown.sum())
    step = 1
    while band / step**2 > settings.band_pixels:
        step *= 2
    coarse_rgb, coarse = _shrunk(rgb, trimap, step)
    band_at = coarse == UNKNOWN
    foreground = _samples(coarse_rgb, coarse == FOREGROUND, band_at, settings.ring_px)
    background = _samples(coarse_rgb, coarse == BACKGROUND, band_at, settings.ring_px)
    if band == 0 or len(foreground) == 0 or len(background) == 0:
        return None
    from matting import sampling_kernels

    rows, columns = (axis.astype(np.int32) for axis in np.nonzero(unknown))
    number = np.full(coarse.shape, -1, np.int32)
    number[band_at] = np.arange(int(band_at.sum()), dtype=np.int32)
    alpha: FloatImage = (trimap == FOREGROUND).astype(np.float32)
    variance = np.full(trimap.shape, np.inf, np.float32)
    with kernel_lock:
        chosen = _search(coarse_rgb, coarse, number, foreground, background, settings, cancelled)
        sampling_kernels.judge(
            np.ascontiguousarray(rgb, np.float32), rows, columns, number, step,
            foreground, background, chosen, np.float32(settings.noise), alpha, variance,
        )  # fmt: skip
    variance += settings.least_variance + settings.mixed_variance * alpha * (1 - alpha)
    return alpha, np.asarray(settings.trust / variance, np.float32)


def _shrunk(rgb: FloatImage, trimap: Trimap, step: int) -> tuple[FloatImage, Trimap]:
    """Return picture and trimap by cells of step x step; a cell is known when all of it is."""
    height, width = trimap.shape
    pad = ((0, -height % step), (0, -width % step))
    cells = np.pad(trimap, pad, mode="edge")
    cells = cells.reshape(cells.shape[0] // step, step, cells.shape[1] // step, step)
    coarse = np.full((cells.shape[0], cells.shape[2]), UNKNOWN, np.uint8)
    for value in (BACKGROUND, FOREGROUND):
        coarse[(cells == value).all(axis=(1, 3))] = value
    colours = np.pad(rgb, (*pad, (0, 0)), mode="edge").astype(np.float32, copy=False)
    shape = (coarse.shape[0], step, coarse.shape[1], step, 3)
    return np.ascontiguousarray(colours.reshape(shape).mean(axis=(1, 3))), coarse


def _samples(
    rgb: FloatImage, known: npt.NDArray[np.bool_], band: npt.NDArray[np.bool_], ring_px: int
) -> FloatImage:
    """Return (N, 5) float32: row, column and colour of known pixels near the band, dark first."""
    import cv2

    side = 2 * ring_px + 1
    near = cv2.dilate(band.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
    rows = _rows(rgb, known & near)
    order = np.argsort(rows[:, 2:].sum(axis=1), kind="stable")
    return np.ascontiguousarray(rows[order])


def _rows(rgb: FloatImage, where: npt.NDArray[np.bool_]) -> FloatImage:
    places = np.argwhere(where).astype(np.float32)
    return np.concatenate([places, rgb[where]], axis=1).astype(np.float32)


def _search(
    rgb: FloatImage,
    trimap: Trimap,
    number: npt.NDArray[np.int32],
    foreground: FloatImage,
    background: FloatImage,
    settings: ColourSamplingParameters,
    cancelled: Callable[[], bool] | None,
) -> npt.NDArray[np.int32]:
    """Return (N, 2) int32: the pair of samples that explains each pixel best."""
    from matting import sampling_kernels

    band = trimap == UNKNOWN
    pixels = _rows(rgb, band)
    starts, near = zip(
        *(_nearest(samples, trimap.shape, band) for samples in (foreground, background)),
        strict=True,
    )
    chosen, distances = np.stack(starts, axis=1), np.stack(near, axis=1)
    after = np.empty_like(chosen)
    for turn in range(settings.rounds):
        stop_if(cancelled)
        sampling_kernels.search_round(
            pixels, number, distances, foreground, background, chosen,
            np.float32(settings.spatial_cost), np.float32(settings.mixing_cost), turn, after,
        )  # fmt: skip
        chosen, after = after, chosen
    return chosen


def _nearest(
    samples: FloatImage, shape: tuple[int, ...], band: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.int32], FloatImage]:
    """Return each band pixel's nearest sample, and how far away that is in pixels."""
    import cv2

    rows, columns = samples[:, 0].astype(int), samples[:, 1].astype(int)
    elsewhere = np.ones(shape, np.uint8)
    elsewhere[rows, columns] = 0
    distance, label = cv2.distanceTransformWithLabels(
        elsewhere, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    sample_of = np.zeros(int(label.max()) + 1, np.int32)
    sample_of[label[rows, columns]] = np.arange(len(samples), dtype=np.int32)
    return sample_of[label[band]], np.maximum(distance[band], 1.0).astype(np.float32)

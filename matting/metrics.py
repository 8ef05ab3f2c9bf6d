"""Errors of an alpha matte against the truth, as the matting benchmarks define them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import MismatchError

_GRADIENT_SIGMA = 1.4
_KERNEL_CUT = 1e-2
_CONNECTIVITY_STEPS = 10
_CONNECTIVITY_TOLERANCE = 0.15

FloatImage = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class MatteErrors:
    """Errors over the pixels that were judged.

    Parameters
    ----------
    sad : float
        Sum of absolute differences / 1000.
    mse : float
        Mean squared difference.
    grad : float
        Sum of squared differences of gradient magnitude.
    conn : float
        Sum of absolute differences of the degree of connectedness.
    pixels : int
        How many pixels were judged.
    protocol : str
        Which pixels, and how each figure is scaled.
    """

    sad: float
    mse: float
    grad: float
    conn: float
    pixels: int
    protocol: str


def evaluate(
    predicted: FloatImage, truth: FloatImage, trimap: npt.NDArray[np.uint8] | None = None
) -> MatteErrors:
    """Judge an alpha matte.

    Parameters
    ----------
    predicted, truth : (H, W) float, 0 to 1
    trimap : (H, W) uint8 or None
        0 and 255 known, all else unknown; the unknown band is judged. None judges every pixel.

    Raises
    ------
    MismatchError
        The shapes differ, or the trimap has no unknown pixel.

    References
    ----------
    Rhemann et al. 2009, doi 10.1109/CVPR.2009.5206503.
    """
    judged = _judged(predicted, truth, trimap)
    predicted64 = np.asarray(predicted, dtype=np.float64)
    truth64 = np.asarray(truth, dtype=np.float64)
    difference = (predicted64 - truth64)[judged]
    gradient = gradient_magnitude(predicted64) - gradient_magnitude(truth64)
    phi_predicted, phi_truth = connectedness(predicted64, truth64)
    region = "every pixel" if trimap is None else "the trimap's unknown band"
    return MatteErrors(
        sad=float(np.abs(difference).sum() / 1000),
        mse=float(np.mean(difference**2)),
        grad=float((gradient[judged] ** 2).sum()),
        conn=float(np.abs(phi_predicted - phi_truth)[judged].sum()),
        pixels=int(judged.sum()),
        protocol=(
            f"over {region}: SAD = sum/1000; MSE = mean; Grad = unscaled sum, Gaussian derivatives "
            f"sigma {_GRADIENT_SIGMA} of unit energy; Conn = unscaled sum, steps of "
            f"{1 / _CONNECTIVITY_STEPS}, largest 4-connected component, tolerance "
            f"{_CONNECTIVITY_TOLERANCE} (Rhemann et al. 2009)"
        ),
    )


def gradient_magnitude(alpha: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return (H, W) float64: the magnitude of Gaussian derivatives, each kernel of unit energy."""
    import cv2

    radius = int(
        np.ceil(
            _GRADIENT_SIGMA
            * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * _GRADIENT_SIGMA * _KERNEL_CUT))
        )
    )
    offsets = np.arange(-radius, radius + 1, dtype=np.float64)
    smooth = np.exp(-(offsets**2) / (2 * _GRADIENT_SIGMA**2))
    slope = offsets * smooth
    smooth /= np.sqrt((smooth**2).sum())
    slope /= np.sqrt((slope**2).sum())
    border = cv2.BORDER_REPLICATE
    dx = cv2.sepFilter2D(alpha, cv2.CV_64F, slope, smooth, borderType=border)
    dy = cv2.sepFilter2D(alpha, cv2.CV_64F, smooth, slope, borderType=border)
    return np.asarray(np.hypot(dx, dy))


def connectedness(
    predicted: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return each pixel's degree of connectedness to the largest region that both share.

    Returns
    -------
    two (H, W) float64, of predicted and truth: 1 less what alpha exceeds the highest threshold
    at which the pixel still belongs to the shared region, where that is 0.15 or more
    """
    import cv2

    level = np.full(truth.shape, -1.0)
    for step in range(1, _CONNECTIVITY_STEPS + 1):
        threshold = step / _CONNECTIVITY_STEPS
        shared = ((predicted >= threshold) & (truth >= threshold)).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(shared, connectivity=4)
        region = np.zeros(truth.shape, dtype=bool)
        if count > 1:
            region = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        level[(level == -1.0) & ~region] = (step - 1) / _CONNECTIVITY_STEPS
    level[level == -1.0] = 1.0
    return _phi(predicted - level), _phi(truth - level)


def _phi(distance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 1 - distance * (distance >= _CONNECTIVITY_TOLERANCE)


def _judged(
    predicted: FloatImage, truth: FloatImage, trimap: npt.NDArray[np.uint8] | None
) -> npt.NDArray[np.bool_]:
    if predicted.shape != truth.shape:
        raise MismatchError(
            "predicted alpha",
            f"has shape {predicted.shape}, the truth {truth.shape}",
            "Judge a matte of the same picture at the same size",
        )
    if trimap is None:
        return np.ones(truth.shape, dtype=bool)
    if trimap.shape != truth.shape:
        raise MismatchError(
            "trimap",
            f"has shape {trimap.shape}, the truth {truth.shape}",
            "Give the trimap of the same picture",
        )
    unknown: npt.NDArray[np.bool_] = (trimap != 0) & (trimap != 255)
    if not unknown.any():
        raise MismatchError(
            "trimap", "has no unknown pixel to judge", "Leave it out to judge the whole picture"
        )
    return unknown

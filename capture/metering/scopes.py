"""A field monitor's pictures of a signal: false colours by percent, vectorscope, focus peaking."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: Luma of encoded channels, ITU-R BT.709.
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_CB, _CR = 1.8556, 1.5748
#: Upper borders of the bands in percent of signal, as cameras for film have them, and the colour
#: of each: clipped to black, nearly black, middle grey, skin a stop over it, nearly white, clipped.
#: None is grey of the signal itself.
SIGNAL_BANDS: tuple[tuple[float, tuple[int, int, int] | None, str], ...] = (
    (2.5, (110, 40, 160), "black"),
    (10.0, (40, 90, 220), "nearly black"),
    (38.0, None, ""),
    (42.0, (60, 180, 75), "middle grey"),
    (52.0, None, ""),
    (56.0, (240, 150, 190), "skin"),
    (97.0, None, ""),
    (99.0, (245, 215, 50), "nearly white"),
    (np.inf, (235, 45, 40), "white"),
)
#: An edge counts as sharp when its second derivative passes this share of full signal.
_SHARP_SHARE = 0.06


def luma_percent(codes: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return (H, W) float32, luma in percent of full signal, of (H, W, 3) encoded codes."""
    full = np.float32(np.iinfo(codes.dtype).max)
    return np.asarray(codes.astype(np.float32) @ _LUMA * (np.float32(100.0) / full), np.float32)


def signal_colours(codes: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return a picture in false colours by its signal, grey where no band has a colour.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded

    Returns
    -------
    (H, W, 3) uint8, encoded

    Notes
    -----
    The bands tell percent of a video signal (IRE) and suit a picture with a film or Rec. 709
    curve; a camera's JPEG lies brighter, so that its middle grey stands near 46 percent. Stops of
    light are told by `capture.metering.zones`.
    """
    percent = luma_percent(codes)
    grey = np.round(percent * 2.55).clip(0, 255).astype(np.uint8)
    picture = np.repeat(grey[..., None], 3, axis=2)
    low = -np.inf
    for high, colour, _ in SIGNAL_BANDS:
        if colour is not None:
            picture[(percent >= low) & (percent < high)] = colour
        low = high
    return picture


def vectorscope(codes: npt.NDArray[Any], size: int, reach: float = 0.5) -> npt.NDArray[np.int64]:
    """Return how often each colour difference occurs; a grey picture is one dot in the middle.

    Parameters
    ----------
    codes : (H, W, 3) uint8 or uint16, encoded
    size : int, at least 1
    reach : float, 0 to 0.5
        How far from grey the scope reaches; what lies beyond falls on its rim.

    Returns
    -------
    (size, size) int64
        Pixels by C_R, the reddest in the first row, and C_B, the bluest in the last column
        (ITU-R BT.709); both from `-reach` to `reach`. Sums to the number of pixels.
    """
    signal = codes.reshape(-1, 3).astype(np.float32) / np.float32(np.iinfo(codes.dtype).max)
    luma = signal @ _LUMA
    blue, red = (signal[:, 2] - luma) / _CB, (signal[:, 0] - luma) / _CR
    column = np.minimum(((0.5 + blue / (2 * reach)) * size).astype(np.int64).clip(0), size - 1)
    row = np.minimum(((0.5 - red / (2 * reach)) * size).astype(np.int64).clip(0), size - 1)
    return np.bincount(row * size + column, minlength=size * size).reshape(size, size)


def vectorscope_colours(size: int, reach: float, luma: float = 0.55) -> npt.NDArray[np.uint8]:
    """Return (size, size, 3) uint8, the colour at each place of a vectorscope, at one luma."""
    away = reach * (np.arange(size, dtype=np.float32) * 2 + 1 - size) / size
    blue = np.broadcast_to(luma + _CB * away[None, :], (size, size))
    red = np.broadcast_to(luma - _CR * away[:, None], (size, size))
    green = (luma - _LUMA[0] * red - _LUMA[2] * blue) / _LUMA[1]
    colours = np.stack([red, green, blue], axis=-1).clip(0, 1)
    return np.asarray(np.round(255 * colours), np.uint8)


def in_focus(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return where an edge is sharp: focus peaking.

    Parameters
    ----------
    codes : (H, W, 3) uint8, encoded

    Returns
    -------
    (H, W) bool

    Notes
    -----
    The Laplacian of green against a fixed level. A soft edge of high contrast and a sharp one of
    low contrast may look alike; how wide an edge is in pixels, `capture.metering.sharpness` tells.
    """
    import cv2

    steep = cv2.Laplacian(codes[..., 1], cv2.CV_16S, ksize=3)
    # This kernel makes 2 of a step of 1 seen across it and diagonally.
    return np.asarray(np.abs(steep) > 2 * 255 * _SHARP_SHARE)

"""Large pictures in overlapping tiles, put together without a seam.

A network that sees a picture at its own size takes memory in proportion, or more. Each tile is
seen with its surroundings; in the overlap one tile fades into the next, and the outer quarter of
it, where a tile lacks its surroundings, counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from matting.imaging.errors import MismatchError

FloatImage = npt.NDArray[np.float32]
Window = tuple[slice, slice]


def windows(shape: tuple[int, int], side: int, overlap: int) -> tuple[Window, ...]:
    """Return tiles that cover a picture, row by row.

    Parameters
    ----------
    shape : (H, W)
    side : int
        Of a tile, pixels; a picture that is no larger is one tile along that axis.
    overlap : int
        What neighbours share at least, pixels; less than half of `side`.

    Raises
    ------
    MismatchError
        When tiles would overlap by half or more.
    """
    if not 0 <= 2 * overlap < side:
        raise MismatchError(
            "tiles", f"of {side} px overlap by {overlap} px", "Let less than half of them overlap"
        )
    rows, columns = (_spans(length, side, overlap) for length in shape)
    return tuple((row, column) for row in rows for column in columns)


def _spans(length: int, side: int, overlap: int) -> list[slice]:
    if length <= side:
        return [slice(0, length)]
    count = 1 + -(-(length - side) // (side - overlap))
    starts = np.linspace(0, length - side, count).round().astype(int)
    return [slice(int(start), int(start) + side) for start in starts]


def blended(
    shape: tuple[int, int], pieces: Iterable[tuple[Window, FloatImage]], overlap: int
) -> FloatImage:
    """Put tiles together.

    Parameters
    ----------
    shape : (H, W)
    pieces : iterable of (window, (h, w) float32)
        Of `windows`; some may be left out.
    overlap : int
        As `windows` took it.

    Returns
    -------
    (H, W) float32, 0 where there is no tile
    """
    total, weights = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for window, values in pieces:
        down, across = (
            _fade(span, length, overlap) for span, length in zip(window, shape, strict=True)
        )
        weight = np.minimum(down[:, None], across[None, :])
        total[window] += weight * values
        weights[window] += weight
    return np.divide(total, weights, out=total, where=weights > 0)


def _fade(span: slice, length: int, overlap: int) -> FloatImage:
    """Return a tile's weight along an axis: 1 inside, falling to 0 where it meets another."""
    places = np.arange(span.start, span.stop) + 0.5
    inside = np.full(places.shape, np.inf)
    if span.start > 0:
        inside = np.minimum(inside, places - span.start)
    if span.stop < length:
        inside = np.minimum(inside, span.stop - places)
    if overlap == 0:
        return np.ones(places.shape, np.float32)
    return np.clip(2 * inside / overlap - 0.5, 0, 1).astype(np.float32)

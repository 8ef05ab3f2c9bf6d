"""What the camera sees and a depth sensor beside it cannot: it lies behind something nearer.

At each step of the sensor's map a sheet hangs along the line of sight between the two readings,
from the nearer to the farther. It bounds what is hidden from the sensor. A pixel of the camera
that looks through such a sheet, from its front, looks into the hidden space; where nothing that
the sensor did see, or would have seen but for a hole in its map, is met beyond it, what the pixel
shows is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.frames import Intrinsics

FloatImage = npt.NDArray[np.float32]


#: An edge is placed by a disc of readings about it: a Gaussian's deviation and reach, pixels.
_SIGMA_PX, _REACH_PX = 1.2, 3
#: What is near and nowhere so many pixels wide and high is no thing that a map can outline.
_LEAST_THING_PX = 3


def straddling_pixels(depth_m: FloatImage) -> npt.NDArray[np.bool_]:
    """Return holes nowhere two pixels wide and high: what straddles an edge reads neither side.

    Parameters
    ----------
    depth_m : (h, w) float32, metres, NaN = no return

    Returns
    -------
    (h, w) bool
    """
    import cv2

    hole = np.isnan(depth_m)
    wide = cv2.morphologyEx(hole.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return np.asarray(hole & (wide == 0))


def holes_behind(
    depth_m: FloatImage, straddling: npt.NDArray[np.bool_], step_share: float
) -> FloatImage:
    """Return the map with its holes filled by what is behind.

    Parameters
    ----------
    depth_m : (h, w) float32, metres, NaN = no return
    straddling : (h, w) bool, of `straddling_pixels`
    step_share : float
        Neighbours whose depths differ by more than this share are a step.

    Returns
    -------
    (h, w) float32, metres
        In a hole the farther of the readings at its two ends in the row: stereo has no return in
        the shadow beside a near thing, and the shadow belongs to what is behind. NaN in a hole that
        reaches to the map's border, since nothing tells how far off is what lies there. The teeth
        of fattened edges, near and finer than three pixels, count as holes.

    Notes
    -----
    Fails where nothing behind was read in the row, as within a handle: the hole counts as near.
    """
    kept = np.where(_teeth(depth_m, straddling, step_share), np.float32(np.nan), depth_m)
    before, after = _carried(kept), _carried(kept[:, ::-1])[:, ::-1]
    return np.where(np.isnan(kept), np.maximum(before, after), kept)


def sheets_at_steps(
    depth_m: FloatImage, straddling: npt.NDArray[np.bool_], lens: Intrinsics, step_share: float
) -> FloatImage:
    """Return the sheets along the sensor's lines of sight at the steps of its map.

    Parameters
    ----------
    depth_m : (h, w) float32, metres, of `holes_behind`
    straddling : (h, w) bool
        Where the sensor read neither side of an edge.
    lens : Intrinsics
        The sensor's, for a map of that size.
    step_share : float
        Neighbours whose depths differ by more than this share are a step.

    Returns
    -------
    (n, 4, 3) float32, metres, in the sensor's frame: the corners of each sheet, top left, top
    right, bottom left, bottom right as a surface that is drawn from one reading to the next

    Notes
    -----
    The edge between two readings is placed to a fraction of a pixel as if it ran straight through
    the readings around it, and both surfaces are carried on to it: the farther by its slope, the
    nearer as if round where it turns away. Fails at things thinner than three pixels.
    """
    upright = _edges_between_columns(depth_m, straddling, step_share)
    level = _edges_between_columns(
        np.ascontiguousarray(depth_m.T), np.ascontiguousarray(straddling.T), step_share
    )
    ends = [(upright.line - 0.5, upright.start), (upright.line + 0.5, upright.end)]
    top, bottom = (_ray(lens, row, column) for row, column in ends)
    ends = [(level.start, level.line - 0.5), (level.end, level.line + 0.5)]
    left, right = (_ray(lens, row, column) for row, column in ends)
    return np.concatenate(
        [
            _sheets((top, top, bottom, bottom), upright.before_m, upright.after_m, (0, 1, 0, 1)),
            _sheets((left, right, left, right), level.before_m, level.after_m, (0, 0, 1, 1)),
        ]
    )


def sheets_in_holes(
    filled_m: FloatImage, depth_m: FloatImage, lens: Intrinsics, step_share: float
) -> FloatImage:
    """Return the surface that fills the holes of a map, cell by cell.

    Parameters
    ----------
    filled_m : (h, w) float32, metres, of `holes_behind`
    depth_m : (h, w) float32, metres
        The map itself, NaN = no return.
    lens : Intrinsics
        The sensor's, for a map of that size.
    step_share : float
        Neighbours whose depths differ by more than this share are not joined.

    Returns
    -------
    (n, 4, 3) float32, metres, in the sensor's frame, corners as of `sheets_at_steps`
    """
    guessed = filled_m != depth_m
    beside = guessed[:, :-1] | guessed[:, 1:]
    i, j = np.nonzero(beside[:-1] | beside[1:])
    rows, columns = (
        np.stack([one + step for step in steps], axis=1)
        for one, steps in ((i, (0, 0, 1, 1)), (j, (0, 1, 0, 1)))
    )
    depths = filled_m[rows, columns]
    near, far = depths.min(axis=1), depths.max(axis=1)
    joined = far - near <= step_share * near  # NaN fails
    rays = _ray(lens, rows[joined].ravel(), columns[joined].ravel())
    return np.asarray(rays.reshape(-1, 4, 3) * depths[joined][..., None], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Pieces of edges that part two neighbours of a line: (n,) each.

    `line` is the line's number; the piece runs from `start` half a line before it to `end` half a
    line after it, both places along the line; `before_m` and `after_m` are the two surfaces' depths
    at the edge.
    """

    line: FloatImage
    start: FloatImage
    end: FloatImage
    before_m: FloatImage
    after_m: FloatImage


def _edges_between_columns(
    depth_m: FloatImage, straddling: npt.NDArray[np.bool_], share: float
) -> _Edges:
    """Place the edge at each step between two neighbours of a row."""
    from scipy.special import ndtri

    i, j = np.nonzero(_is_step(depth_m[:, :-1], depth_m[:, 1:], share))
    reach = _REACH_PX
    padded = np.pad(depth_m, reach, mode="edge")
    down, across = (part.ravel() for part in np.mgrid[-reach : reach + 1, 1 - reach : reach + 1])
    around = i[:, None] + down + reach, j[:, None] + across + reach
    before, after = depth_m[i, j], depth_m[i, j + 1]
    far = (padded[around] > 0.5 * (before + after)[:, None]).astype(np.float32)
    far[np.pad(straddling, reach)[around]] = 0.5
    x, y = across - 0.5, down.astype(np.float32)
    weight = np.exp(-(x * x + y * y) / (2 * _SIGMA_PX**2))
    weight /= weight.sum()
    # A straight edge's distance follows from the share of what is far; its direction from where
    # the far part lies.
    towards_x, towards_y = far @ (weight * x), far @ (weight * y)
    length = np.hypot(towards_x, towards_y)
    distance = -_SIGMA_PX * ndtri(np.clip(far @ weight, 0.02, 0.98))
    with np.errstate(divide="ignore", invalid="ignore"):
        # Past a reading, since the pixel there may be one that straddles the edge.
        shift = np.clip(np.nan_to_num(distance * length / towards_x), -1.0, 1.0)
        lean = np.clip(np.nan_to_num(-towards_y / towards_x), -1.0, 1.0)
    edge = j + 0.5 + shift
    rises = (
        _slope(before, padded[i + reach, j + reach - 1], share),
        _slope(after, padded[i + reach, j + reach + 2], share),
    )
    return _Edges(
        i.astype(np.float32),
        edge - 0.5 * lean,
        edge + 0.5 * lean,
        before + _to_edge(0.5 + shift, rises[0], before < after),
        after + _to_edge(0.5 - shift, rises[1], after < before),
    )


def _slope(at_edge: FloatImage, inside: FloatImage, share: float) -> FloatImage:
    """Return how depth changes towards the edge, metres a pixel; 0 where it steps there too."""
    return np.where(_is_step(at_edge, inside, share), np.float32(0.0), at_edge - inside)


def _to_edge(
    distance_px: FloatImage, slope: FloatImage, nearer: npt.NDArray[np.bool_]
) -> FloatImage:
    """Return by how much depth changes from the last reading to the edge, metres.

    What turns away towards its own edge is round there: it recedes by the root of the distance.
    """
    reach = np.maximum(distance_px, 0.0)
    turning = slope * np.sqrt(reach) / (np.sqrt(reach + 1) - np.sqrt(reach))
    return np.asarray(np.where(nearer & (slope > 0), turning, slope * distance_px), np.float32)


def _sheets(
    rays: tuple[FloatImage, ...], before_m: FloatImage, after_m: FloatImage, side: tuple[int, ...]
) -> FloatImage:
    depths = [(before_m, after_m)[each] for each in side]
    corners = [ray * z[:, None] for ray, z in zip(rays, depths, strict=True)]
    return np.stack(corners, axis=1).astype(np.float32)


def _ray(lens: Intrinsics, row: FloatImage, column: FloatImage) -> FloatImage:
    x, y = (column - lens.cx) / lens.fx, (row - lens.cy) / lens.fy
    return np.stack([x, y, np.ones_like(x)], axis=1)


def _is_step(one: FloatImage, other: FloatImage, share: float) -> npt.NDArray[np.bool_]:
    # NaN fails the comparison: where a whole row is empty nothing is known to be hidden.
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(one - other) > share * np.minimum(one, other))


def _teeth(
    depth_m: FloatImage, straddling: npt.NDArray[np.bool_], share: float
) -> npt.NDArray[np.bool_]:
    """Mark what stands out by a step and is nowhere three pixels wide and high."""
    import cv2

    box = np.ones((_LEAST_THING_PX, _LEAST_THING_PX), np.uint8)
    # A pixel that straddles an edge may well be of the thing; other holes are not.
    readings = np.where(np.isnan(depth_m), np.float32(1e9), depth_m)
    readings[straddling] = 0.0
    closed = cv2.morphologyEx(readings, cv2.MORPH_CLOSE, box)
    return np.asarray((closed > depth_m) & _is_step(depth_m, closed, share))


def _carried(depth_m: FloatImage) -> FloatImage:
    """Return the last reading at or before each place of a row, NaN where there is none."""
    place = np.where(np.isfinite(depth_m), np.arange(depth_m.shape[1]), 0)
    return np.take_along_axis(depth_m, np.maximum.accumulate(place, axis=1), axis=1)

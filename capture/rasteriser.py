"""Draw a depth map's surface into another view: triangles between neighbours, nearest wins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

FloatImage = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSurface:
    """A surface in the new view.

    Parameters
    ----------
    depth_m : (H, W) float32, metres, NaN where nothing was drawn
    confidence : (H, W) float32, the least of the three corners', 0 where nothing was drawn
    footprint_px : (H, W) float32, side of the square that is as large as what one cell of the
        given grid covers here, pixels, NaN where nothing was drawn
    """

    depth_m: FloatImage
    confidence: FloatImage
    footprint_px: FloatImage


@njit(cache=True)
def _draw_triangle(  # type: ignore[no-untyped-def]
    u0, v0, z0, c0, u1, v1, z1, c1, u2, v2, z2, c2, depth, confidence, footprint
):
    """Fill one triangle by barycentric coordinates, interpolating 1/z (perspective-correct)."""
    height, width = depth.shape
    area = (u1 - u0) * (v2 - v0) - (u2 - u0) * (v1 - v0)
    # A negative area is a surface seen from behind: the camera does not see it.
    if area <= 1e-9:
        return
    side = np.sqrt(area)
    left = max(0, int(np.ceil(min(u0, u1, u2))))
    right = min(width - 1, int(np.floor(max(u0, u1, u2))))
    top = max(0, int(np.ceil(min(v0, v1, v2))))
    bottom = min(height - 1, int(np.floor(max(v0, v1, v2))))
    for y in range(top, bottom + 1):
        for x in range(left, right + 1):
            w0 = ((u1 - x) * (v2 - y) - (u2 - x) * (v1 - y)) / area
            w1 = ((u2 - x) * (v0 - y) - (u0 - x) * (v2 - y)) / area
            w2 = 1.0 - w0 - w1
            if w0 >= -1e-6 and w1 >= -1e-6 and w2 >= -1e-6:
                z = 1.0 / (w0 / z0 + w1 / z1 + w2 / z2)
                if not z >= depth[y, x]:
                    depth[y, x] = z
                    confidence[y, x] = min(c0, c1, c2)
                    footprint[y, x] = side


@njit(cache=True)
def _draw(u, v, z, c, step_share, depth, confidence, footprint):  # type: ignore[no-untyped-def]
    rows, columns = z.shape
    for i in range(rows - 1):
        for j in range(columns - 1):
            near = min(z[i, j], z[i, j + 1], z[i + 1, j], z[i + 1, j + 1])
            far = max(z[i, j], z[i, j + 1], z[i + 1, j], z[i + 1, j + 1])
            # NaN fails the comparison, so a hole stays a hole; so does a step between surfaces.
            if not (near > 0.0 and far - near <= step_share * near):
                continue
            _draw_triangle(
                u[i, j], v[i, j], z[i, j], c[i, j],
                u[i, j + 1], v[i, j + 1], z[i, j + 1], c[i, j + 1],
                u[i + 1, j], v[i + 1, j], z[i + 1, j], c[i + 1, j],
                depth, confidence, footprint,
            )  # fmt: skip
            _draw_triangle(
                u[i, j + 1], v[i, j + 1], z[i, j + 1], c[i, j + 1],
                u[i + 1, j + 1], v[i + 1, j + 1], z[i + 1, j + 1], c[i + 1, j + 1],
                u[i + 1, j], v[i + 1, j], z[i + 1, j], c[i + 1, j],
                depth, confidence, footprint,
            )  # fmt: skip


def draw_surface(
    u: FloatImage,
    v: FloatImage,
    z_m: FloatImage,
    confidence: FloatImage,
    width: int,
    height: int,
    step_share: float,
) -> DrawnSurface:
    """Draw a grid of projected points as a surface with a z-buffer.

    Parameters
    ----------
    u, v : (h, w) float32, where each point falls in the new view, pixels
    z_m : (h, w) float32, its depth in the new view, metres, NaN = no point
    confidence : (h, w) float32, 0 to 1
    width, height : int
        Size of the new view.
    step_share : float
        Neighbours whose depths differ by more than this share are not joined.
    """
    depth = np.full((height, width), np.nan, np.float32)
    drawn = np.zeros((height, width), np.float32)
    footprint = np.full((height, width), np.nan, np.float32)
    _draw(
        np.ascontiguousarray(u, np.float32),
        np.ascontiguousarray(v, np.float32),
        np.ascontiguousarray(z_m, np.float32),
        np.ascontiguousarray(confidence, np.float32),
        step_share,
        depth,
        drawn,
        footprint,
    )
    return DrawnSurface(depth, drawn, footprint)


@njit(cache=True)
def _fill_triangle(u0, v0, u1, v1, u2, v2, mask):  # type: ignore[no-untyped-def]
    """Mark the pixels whose centres lie in a triangle that is seen from its front."""
    height, width = mask.shape
    area = (u1 - u0) * (v2 - v0) - (u2 - u0) * (v1 - v0)
    if not area > 1e-9:  # NaN too
        return
    for y in range(
        max(0, int(np.ceil(min(v0, v1, v2)))), min(height - 1, int(np.floor(max(v0, v1, v2)))) + 1
    ):
        for x in range(
            max(0, int(np.ceil(min(u0, u1, u2)))),
            min(width - 1, int(np.floor(max(u0, u1, u2)))) + 1,
        ):
            w0 = (u1 - x) * (v2 - y) - (u2 - x) * (v1 - y)
            w1 = (u2 - x) * (v0 - y) - (u0 - x) * (v2 - y)
            if w0 >= 0.0 and w1 >= 0.0 and w0 + w1 <= area:
                mask[y, x] = True


@njit(cache=True)
def _fill_quads(u, v, mask):  # type: ignore[no-untyped-def]
    for k in range(len(u)):
        _fill_triangle(u[k, 0], v[k, 0], u[k, 1], v[k, 1], u[k, 2], v[k, 2], mask)
        _fill_triangle(u[k, 1], v[k, 1], u[k, 3], v[k, 3], u[k, 2], v[k, 2], mask)


def covered_by(u: FloatImage, v: FloatImage, width: int, height: int) -> npt.NDArray[np.bool_]:
    """Return the pixels that quadrilaterals cover which are seen from their front.

    Parameters
    ----------
    u, v : (n, 4) float32, pixels
        Corners top left, top right, bottom left, bottom right; seen from the front they lie so.
        A quadrilateral with a NaN is left out.
    width, height : int

    Returns
    -------
    (height, width) bool
    """
    mask = np.zeros((height, width), np.bool_)
    _fill_quads(np.ascontiguousarray(u, np.float32), np.ascontiguousarray(v, np.float32), mask)
    return mask

"""The live matte's guided filter as nodes of an ONNX graph; `matting.live_matte` is the reference.

Maps are (1, channels, rows, columns).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matting.live_matte import INSIDE, LiveMatteParameters
from matting.onnx_maps import MapBuilder

#: Channels of the symmetric covariance, rr rg rb gg gb bb: what each is the product of ...
_LEFT, _RIGHT = (0, 0, 0, 1, 1, 2), (0, 1, 2, 1, 2, 2)
#: ... the factors of its cofactors, first product less second ...
_COFACTORS = ((3, 2, 1, 0, 2, 0), (5, 4, 4, 5, 1, 3), (4, 1, 2, 2, 0, 1), (4, 5, 3, 2, 4, 1))
#: ... and the full matrix of them, row by row.
_FULL = (0, 1, 2, 1, 3, 4, 2, 4, 5)


class GuidedFilter:
    """Writes the filter's two steps into a graph: fits on a reduced frame, applied to the frame."""

    def __init__(self, graph: MapBuilder, parameters: LiveMatteParameters) -> None:
        self._graph = graph
        self._parameters = parameters

    def fits(self, rgb: str, silhouette: str) -> str:
        """Return (1, 4, h, w): slope by channel, per encoded unit, and offset, the veil off.

        Parameters
        ----------
        rgb : (1, 3, h, w) float32, encoded, 0 to 1
        silhouette : (1, 1, h, w) float32, 0 to 1
        """
        g, matte = self._graph, self._parameters
        weight = self._weights(silhouette)
        weighted = g.add("Mul", rgb, weight)
        products = g.add("Mul", g.channels(weighted, _LEFT), g.channels(rgb, _RIGHT))
        joint, share = g.add("Mul", weighted, silhouette), g.add("Mul", weight, silhouette)
        sums = g.add("Concat", weight, weighted, share, products, joint, axis=1)
        total, *means = g.add_split(
            "Split",
            g.box_mean(sums, matte.radius_px),
            g.constant([1, 3, 1, 6, 3], np.int64),
            outputs=5,
            axis=1,
        )
        colour, mean, second, cross = (g.add("Div", value, total) for value in means)
        ridge = np.array([matte.epsilon, 0, 0, matte.epsilon, 0, matte.epsilon])
        outer = g.add("Mul", g.channels(colour, _LEFT), g.channels(colour, _RIGHT))
        covariance = g.add(
            "Add", g.add("Sub", second, outer), g.constant(ridge.reshape(1, 6, 1, 1))
        )
        slope = self._solved(covariance, g.add("Sub", cross, g.add("Mul", colour, mean)))
        offset = g.add("Sub", mean, g.summed(g.add("Mul", slope, colour)))
        fits = g.add("Mul", g.add("Concat", slope, offset, axis=1), total)
        smooth = g.box_mean(g.add("Concat", fits, total, axis=1), matte.radius_px)
        affine, shares = g.add_split(
            "Split", smooth, g.constant([4, 1], np.int64), outputs=2, axis=1
        )
        veil = np.array([0, 0, 0, matte.veil]).reshape(1, 4, 1, 1)
        cleared = g.add("Sub", g.add("Div", affine, shares), g.constant(veil))
        return g.add("Div", cleared, 1 - 2 * matte.veil)

    def applied(self, fits: str, frame: str, dtype: npt.DTypeLike = np.float32) -> str:
        """Return (1, 1, H, W): the affine functions, enlarged, of the frame's own colours.

        Parameters
        ----------
        fits : (1, 4, h, w) float32
        frame : (1, 3, H, W) uint8, or its codes as numbers, encoded
        dtype : of what is done at the frame's size
        """
        g = self._graph
        slope, offset = g.add_split("Split", fits, g.axes(3, 1), outputs=2, axis=1)
        per_code = g.enlarged(g.add("Div", slope, 255.0), frame, dtype)
        products = g.add("Mul", per_code, g.cast(frame, dtype))
        value = g.add("Add", g.summed(products), g.enlarged(offset, frame, dtype))
        return g.add("Clip", value, g.constant(0.0, dtype), g.constant(1.0, dtype))

    def _weights(self, silhouette: str) -> str:
        """Return (1, 1, h, w): little near the silhouette's edge, 1 elsewhere."""
        g, matte = self._graph, self._parameters
        inside = g.cast(g.add("Greater", silhouette, INSIDE), np.float32)
        outside = g.add("Sub", 1.0, inside)
        unsure = g.add(
            "Add",
            g.add("Mul", inside, g.dilated(outside, disc(matte.guard_inside_px))),
            g.add("Mul", outside, g.dilated(inside, disc(matte.guard_outside_px))),
        )
        return g.add("Sub", 1.0, g.add("Mul", unsure, 1 - matte.guard_weight))

    def _solved(self, covariance: str, joint: str) -> str:
        """Return (1, 3, h, w): the inverse of each symmetric covariance, by cofactors, applied."""
        g = self._graph
        a, b, c, d = (g.channels(covariance, one) for one in _COFACTORS)
        cofactors = g.add("Sub", g.add("Mul", a, b), g.add("Mul", c, d))
        first = (0, 1, 2)
        determinant = g.summed(
            g.add("Mul", g.channels(covariance, first), g.channels(cofactors, first))
        )
        rows = []
        for row in (_FULL[:3], _FULL[3:6], _FULL[6:]):
            rows.append(g.summed(g.add("Mul", g.channels(cofactors, row), joint)))
        return g.add("Div", g.add("Concat", *rows, axis=1), determinant)


def disc(reach: float, precise: bool = False) -> npt.NDArray[np.bool_]:
    """Return the pixels nearer than a reach or at it, by the metric that the reference takes."""
    import cv2

    half = int(np.ceil(reach)) + 1
    alone = np.ones((2 * half + 1, 2 * half + 1), np.uint8)
    alone[half, half] = 0
    size = cv2.DIST_MASK_PRECISE if precise else 5
    near = cv2.distanceTransform(alone, cv2.DIST_L2, size) <= reach
    return np.asarray(near)

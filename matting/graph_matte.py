"""The live matte on an accelerator, for live frames and, in tiles, for photographs.

Two graphs make it: one fits alpha as affine functions of colour on a reduced picture, the other
applies them, enlarged, to as much of the full one as it is given. What is reduced is small
whatever the picture; what is large knows no neighbours, so that tiles of it have no seam.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matting.execution_providers import Placement
from matting.guided_filter_graph import GuidedFilter
from matting.live_matte import LiveMatteParameters, reduced
from matting.onnx_maps import MapBuilder
from matting.runtime import Array, Graph, Kept, open_graph
from matting.tiling import Window, windows

FloatImage = npt.NDArray[np.float32]
EncodedImage = npt.NDArray[np.uint8]

#: Of photographs: on 14 with depth the error in the band was least at this width and radius among
#: widths of 256 to 1024 and radii of 6 to 24 (docs/figures/live_graph.md).
STILL = LiveMatteParameters(reduced_width_px=768, radius_px=12)
#: Side of a photograph's tile, pixels, about.
_TILE_PX = 1024


@dataclass(frozen=True, slots=True, eq=False)
class GraphMatte:
    """Both graphs, opened; `placement` says of both together where they run."""

    parameters: LiveMatteParameters
    fitting: Graph
    applying: Graph

    @property
    def placement(self) -> Placement:
        """Where the nodes of both run, as the sessions themselves tell."""
        first, second = self.fitting.placement, self.applying.placement
        nodes = Counter(first.nodes_per_provider) + Counter(second.nodes_per_provider)
        return replace(first, nodes_per_provider=dict(nodes))

    @property
    def in_words(self) -> str:
        """What it is, where it runs and by how many of its nodes."""
        placement = self.placement
        nodes = placement.nodes_per_provider
        held, total = nodes[placement.provider], sum(nodes.values())
        return f"live graph on {placement.in_words}, {held} of {total} nodes"

    def alpha(self, rgb: EncodedImage, probability: FloatImage) -> FloatImage:
        """Return the alpha of a live frame; in and out as `matting.live_matte.live_matte` has it.

        It is within 1e-4 of the reference where windows hold more than noise.

        Raises
        ------
        InferenceError
            When the accelerator fails on the way.
        """
        small, silhouette = reduced(rgb, probability, self.parameters.reduced_width_px)
        _, (fits,) = self.fitting.run_keeping(
            [], ["fits"], {"rgb": small, "silhouette": silhouette}
        )
        return self._applied(rgb, fits)

    def still_alpha(
        self, rgb: EncodedImage, probability: FloatImage, wanted: npt.NDArray[np.bool_]
    ) -> FloatImage:
        """Return the alpha of a photograph where it is wanted, tile by tile.

        Parameters
        ----------
        rgb, probability
            As `alpha` takes them.
        wanted : (H, W) bool
            Tiles without a wanted pixel are left out.

        Returns
        -------
        (H, W) float32, 0 to 1, 0 in tiles that were left out

        Raises
        ------
        InferenceError
            When the accelerator fails on the way.

        Notes
        -----
        Fails where the live matte fails: strands thinner than a pixel of the reduced picture
        come out as a veil. Colours are seen in 8 bits.
        """
        height, width = rgb.shape[:2]
        step = max(1, round(width / self.parameters.reduced_width_px))
        whole = _continued(rgb, step)
        cells = (whole.shape[0] // step, whole.shape[1] // step)
        small, silhouette = reduced(whole, _on_cells(probability, rgb, step, cells), cells[1])
        (fits,) = self.fitting.run(["fits"], {"rgb": small, "silhouette": silhouette})
        alpha = np.zeros(whole.shape[:2], np.float32)
        for tile in windows(cells, max(1, _TILE_PX // step), overlap=0):
            inner = _times(tile, step)
            if wanted[inner].any():
                seen = _with_a_cell_around(tile, cells)
                part = self._applied(whole[_times(seen, step)], fits[(slice(None), *seen)])
                alpha[inner] = part[_times(_within(tile, seen), step)]
        return alpha[:height, :width]

    def _applied(self, rgb: EncodedImage, fits: Array | Kept) -> FloatImage:
        return self.applying.run(["alpha"], {"rgb": rgb, "fits": fits})[0]


@lru_cache(maxsize=4)
def open_graph_matte(accelerator: str, parameters: LiveMatteParameters | None = None) -> GraphMatte:
    """Open both graphs on an accelerator, once for each.

    Parameters
    ----------
    accelerator : str
        See `matting.execution_providers.choices`.
    parameters : LiveMatteParameters or None
        `STILL` for photographs.

    Raises
    ------
    InferenceError
        The hardware is not there or does not run them.
    """
    settings = parameters or LiveMatteParameters()
    fitting, applying = (
        open_graph(Path("live matte"), accelerator, content)
        for content in (fitting_graph(settings), applying_graph())
    )
    return GraphMatte(settings, fitting, applying)


def fitting_graph(parameters: LiveMatteParameters) -> bytes:
    """Return the first graph as an ONNX file of opset 18.

    Inputs: ``rgb`` (h, w, 3) uint8, the reduced picture, encoded; ``silhouette`` (h, w) float32,
    0 to 1. Output: ``fits`` (4, h, w) float32, slope by channel, per encoded unit, and offset.
    """
    g = MapBuilder()
    codes = g.planes(g.input("rgb", np.uint8, ("rows", "columns", 3)))
    small = g.add("Div", g.cast(codes, np.float32), 255.0)
    silhouette = g.input("silhouette", np.float32, ("rows", "columns"))
    fits = GuidedFilter(g, parameters).fits(small, g.add("Unsqueeze", silhouette, g.axes(0, 1)))
    g.output(g.add("Squeeze", fits, g.axes(0)), "fits", np.float32, (4, "rows", "columns"))
    return g.model("live matte: fits")


def applying_graph() -> bytes:
    """Return the second graph as an ONNX file of opset 18.

    Inputs: ``rgb`` (H, W, 3) uint8, encoded; ``fits`` (4, h, w) float32, of the same view.
    Output: ``alpha`` (H, W) float32, 0 to 1.
    """
    g = MapBuilder()
    frame = g.planes(g.input("rgb", np.uint8, ("height", "width", 3)))
    fits = g.add("Unsqueeze", g.input("fits", np.float32, (4, "rows", "columns")), g.axes(0))
    alpha = GuidedFilter(g, LiveMatteParameters()).applied(fits, frame)
    g.output(g.add("Squeeze", alpha, g.axes(0, 1)), "alpha", np.float32, ("height", "width"))
    return g.model("live matte: alpha")


def _continued(rgb: EncodedImage, step: int) -> EncodedImage:
    """Return the picture continued to multiples of a step by its last row and column."""
    import cv2

    down, right = (-side % step for side in rgb.shape[:2])
    if not (down or right):
        return rgb
    return np.asarray(cv2.copyMakeBorder(rgb, 0, down, 0, right, cv2.BORDER_REPLICATE), np.uint8)


def _on_cells(
    probability: FloatImage, rgb: EncodedImage, step: int, cells: tuple[int, int]
) -> FloatImage:
    """Return what is said of a picture's view on its cells, of which the last may reach beyond."""
    import cv2

    height, width = rgb.shape[:2]
    if (height, width) == (cells[0] * step, cells[1] * step):
        return probability
    across, down = (
        step * theirs / ours
        for theirs, ours in zip(probability.shape[::-1], (width, height), strict=True)
    )
    matrix = np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    placed = cv2.warpAffine(
        probability, matrix, cells[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(placed, np.float32)


def _times(window: Window, step: int) -> Window:
    rows, columns = (slice(span.start * step, span.stop * step) for span in window)
    return rows, columns


def _with_a_cell_around(window: Window, cells: tuple[int, int]) -> Window:
    """Return a tile with the neighbours that enlarging reads, as far as there are any."""
    rows, columns = (
        slice(max(0, span.start - 1), min(count, span.stop + 1))
        for span, count in zip(window, cells, strict=True)
    )
    return rows, columns


def _within(window: Window, outer: Window) -> Window:
    rows, columns = (
        slice(span.start - around.start, span.stop - around.start)
        for span, around in zip(window, outer, strict=True)
    )
    return rows, columns

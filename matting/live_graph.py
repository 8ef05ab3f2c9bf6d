"""The live matte as an ONNX graph: depth and colour in, alpha and a composite out, no weights.

One pass over a frame, from standard operators alone, so that whatever runs ONNX runs it. The
steps are those of `matting.evidence`, `matting.fusion` and `matting.live_matte`, which are its
reference:

1. each depth reading weighed between the subject's surface and the background's, silent in a
   guard band; log-odds, to which all slower evidence (colour, place, strokes) and the difference
   from the empty set are added;
2. a guided filter on the reduced frame that learns from sure pixels;
3. its affine functions enlarged and applied to the frame;
4. the subject on a plain colour in linear light. The rim's own colour is the frame's, moved by the
   share that is missing of the contrast between the blurred light of both sides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from matting.evidence import DEPTH_LIMIT, PLATE_LIMIT
from matting.guided_filter_graph import GuidedFilter, disc
from matting.imaging.curves import SRGB
from matting.imaging.errors import MismatchError
from matting.live_matte import LiveMatteParameters
from matting.onnx_maps import MapBuilder
from matting.runtime import with_fixed_sizes

Precision = Literal["fp32", "fp16"]

_MAPS = ("depth_m", "sigma_m", "foreground_m", "background_m", "confidence", "log_odds")
_FINITE = 1e30
_LEAST_COVERAGE = 1e-4
_TABLE_TOP = 4095
#: How far around a pixel the light of both sides is gathered, pixels of the reduced frame.
_RIM_REACH_PX = 3


@dataclass(frozen=True, slots=True)
class LiveGraphParameters:
    """What is fixed when the graph is made.

    Parameters
    ----------
    reduction : int
        How many of the frame's pixels make one of the reduced frame, along a side.
    with_plate : bool
        Whether the graph also takes a frame of the empty set.
    plate_sigma : float
        Standard deviation of a reduced pixel's encoded colour, 0 to 1, from frame to frame.
    guard_inside_px, guard_outside_px : int
        As `matting.evidence.depth_evidence` takes them.
    precision : "fp32" or "fp16"
        Of what is done at the frame's size. Windows' variances are differences of near equals
        and stay in single precision.
    matte : LiveMatteParameters
        Its reduced width follows from `reduction`.
    """

    reduction: int = 4
    with_plate: bool = False
    plate_sigma: float = 0.01
    guard_inside_px: int = 2
    guard_outside_px: int = 3
    precision: Precision = "fp32"
    matte: LiveMatteParameters = field(default_factory=LiveMatteParameters)


def reduction_for(width: int, parameters: LiveMatteParameters | None = None) -> int:
    """Return the reduction that brings a frame of that width nearest to the reduced width."""
    wanted = (parameters or LiveMatteParameters()).reduced_width_px
    return max(1, round(width / wanted))


def live_graph(parameters: LiveGraphParameters | None = None) -> bytes:
    """Return the live matte as an ONNX file of opset 18; sizes are open.

    Inputs: ``rgb`` (H, W, 3) uint8, encoded by sRGB's curve; ``depth_m``, ``sigma_m``,
    ``foreground_m``, ``background_m``, ``confidence`` (h, w) float32, as
    `matting.evidence.depth_evidence` takes them; ``log_odds`` (h, w) float32, what all else says
    together, 0 where it says nothing; ``backdrop`` (3, 1, 1) float32, linear light; with a plate
    also ``plate`` (H, W, 3) uint8. Outputs: ``alpha`` (H, W) float32 or float16, 0 to 1, and
    ``composite`` (H, W, 3) uint8, encoded.

    Parameters
    ----------
    parameters : LiveGraphParameters or None

    Raises
    ------
    MismatchError
        A reduction below 1.

    Notes
    -----
    A frame whose sides are no multiples of the reduction is continued by its last row and column,
    so that alpha is that of the continued frame, cut. Both sides are blurred on the reduced frame.
    Fails where the live matte fails; a reduced frame must be larger than half a window.

    References
    ----------
    He, Sun 2015, arXiv:1505.00996 (fast guided filter). Forte 2021,
    doi 10.1109/ICIP42928.2021.9506164 (blur fusion).
    """
    settings = parameters or LiveGraphParameters()
    if settings.reduction < 1:
        raise MismatchError("live graph", f"has a reduction of {settings.reduction}", "Give 1 up")
    return _LiveGraph(settings).model()


def live_graph_for(
    frame_size: tuple[int, int],
    grid_size: tuple[int, int],
    parameters: LiveGraphParameters | None = None,
) -> bytes:
    """Return the live matte for one size of frame and depth map, as devices want it.

    Parameters
    ----------
    frame_size, grid_size : (width, height), pixels
    parameters : LiveGraphParameters or None

    Raises
    ------
    MismatchError
        A reduction below 1.
    InferenceError
        When it cannot be run at these sizes.
    """
    frame, grid = (size[::-1] for size in (frame_size, grid_size))
    shapes = {"rgb": (*frame, 3), "plate": (*frame, 3), **dict.fromkeys(_MAPS, grid)}
    return with_fixed_sizes(Path("live matte"), shapes, live_graph(parameters))


class _LiveGraph:
    """Writes the nodes; each method is a step. Maps are (1, channels, rows, columns)."""

    def __init__(self, settings: LiveGraphParameters) -> None:
        self._settings = settings
        self._graph = MapBuilder()
        self._half = np.float16 if settings.precision == "fp16" else np.float32

    def model(self) -> bytes:
        g = self._graph
        rgb = g.input("rgb", np.uint8, ("height", "width", 3))
        frame = self._planes(rgb)
        small = self._reduced_colours(frame)
        log_odds = self._log_odds(small)
        silhouette = g.laid_on(g.add("Sigmoid", log_odds), small)
        guided = GuidedFilter(g, self._settings.matte)
        alpha = guided.applied(guided.fits(small, silhouette), frame, self._half)
        composite = self._composite(frame, alpha)
        height_width = ("height", "width")
        g.output(self._cut(alpha, (0, 1)), "alpha", self._half, height_width)
        g.output(composite, "composite", np.uint8, (*height_width, 3))
        return g.model("live matte")

    # --- evidence --------------------------------------------------------------------------------

    def _log_odds(self, small: str) -> str:
        """Return (1, 1, h, w): depth, all slower evidence, and the plate."""
        g = self._graph
        grid = {name: self._map_input(name) for name in _MAPS}
        z, sigma, front, back = (
            grid[name] for name in ("depth_m", "sigma_m", "foreground_m", "background_m")
        )
        known = g.add("Greater", sigma, 0.0)
        for value in (z, sigma, front, back):
            # NaN is less than nothing, so that one comparison tells both NaN and infinity.
            known = g.add("And", known, g.add("Less", g.add("Abs", value), _FINITE))
        from_back, from_front = (
            g.add("Div", g.add("Sub", z, surface), sigma) for surface in (back, front)
        )
        squares = [g.add("Mul", value, value) for value in (from_back, from_front)]
        odds = g.add("Mul", g.add("Sub", *squares), 0.5)
        odds = g.add("Where", known, self._clipped(odds, DEPTH_LIMIT), 0.0)
        weight = g.add("Where", known, g.add("Clip", grid["confidence"], 0.0, 1.0), 0.0)
        heard = self._outside_guard(odds, weight)
        total = g.add("Add", grid["log_odds"], g.add("Mul", odds, g.add("Mul", weight, heard)))
        if not self._settings.with_plate:
            return total
        return g.add("Add", total, g.laid_on(self._plate_log_odds(small), total))

    def _outside_guard(self, odds: str, weight: str) -> str:
        """Return 1 where a reading lies further from the other side than the guard, else 0."""
        g = self._graph
        has_say = g.add("Greater", weight, 0.0)
        subject = g.add("And", g.add("Greater", odds, 0.0), has_say)
        background = g.add("And", g.add("Less", odds, 0.0), has_say)
        heard = g.constant([1.0])
        for side, other, reach in (
            (subject, background, self._settings.guard_inside_px),
            (background, subject, self._settings.guard_outside_px),
        ):
            near_by = disc(reach, precise=True)
            near = g.dilated(g.cast(other, np.float32), near_by)
            silenced = g.add("Mul", g.cast(side, np.float32), near)
            heard = g.add("Mul", heard, g.add("Sub", 1.0, silenced))
        return heard

    def _plate_log_odds(self, small: str) -> str:
        """Return what `matting.evidence.plate_evidence` says, on the reduced frame."""
        g = self._graph
        plate = g.input("plate", np.uint8, ("height", "width", 3))
        empty = self._reduced_colours(self._planes(plate))
        apart = g.add("Div", g.add("Sub", small, empty), self._settings.plate_sigma)
        squares = g.add("ReduceSum", g.add("Mul", apart, apart), g.axes(1), keepdims=1)
        odds = g.add("Add", g.add("Mul", squares, 0.5), float(np.log(0.01 / np.sqrt(2 / np.pi))))
        return self._clipped(odds, PLATE_LIMIT)

    # --- the frame -------------------------------------------------------------------------------

    def _composite(self, frame: str, alpha: str) -> str:
        """Return (H, W, 3) uint8: the subject on the backdrop."""
        g, half = self._graph, self._half
        codes = np.arange(256, dtype=np.uint8).reshape(1, -1, 1).repeat(3, axis=2)
        light = g.looked_up(SRGB.decode(codes)[0, :, 0].astype(half), frame)
        rest = g.add("Sub", self._number(1.0), alpha)
        own = g.add("Add", light, g.add("Mul", rest, self._contrast(light, alpha)))
        own = g.add("Clip", own, self._number(0.0), self._number(1.0))
        backdrop = g.cast(g.input("backdrop", np.float32, (3, 1, 1)), half)
        mixed = g.add("Add", backdrop, g.add("Mul", alpha, g.add("Sub", own, backdrop)))
        places = g.add("Add", g.add("Mul", g.cast(mixed, np.float32), float(_TABLE_TOP)), 0.5)
        steps = np.linspace(0, 1, _TABLE_TOP + 1, dtype=np.float32)
        encoded = SRGB.encode(np.repeat(steps[:, None], 3, axis=1), 8)[:, 0]
        shown = g.looked_up(encoded, places)
        return self._cut(g.add("Transpose", shown, perm=[0, 2, 3, 1]), (0,))

    def _contrast(self, light: str, alpha: str) -> str:
        """Return (1, 3, H, W): the light of the subject less that of what is behind it."""
        g = self._graph
        small, coverage = (self._reduced(g.cast(value, np.float32)) for value in (light, alpha))
        sides = []
        for weight in (coverage, g.add("Sub", 1.0, coverage)):
            sums = g.box_mean(
                g.add("Concat", g.add("Mul", small, weight), weight, axis=1), _RIM_REACH_PX
            )
            parts = g.add_split("Split", sums, g.axes(3, 1), outputs=2, axis=1)
            sides.append(g.add("Div", parts[0], g.add("Max", parts[1], _LEAST_COVERAGE)))
        return g.enlarged(g.add("Sub", *sides), light, self._half)

    # --- small parts -----------------------------------------------------------------------------

    def _planes(self, rgb: str) -> str:
        """Return (1, 3, H', W'), codes: the frame, continued to multiples of the reduction."""
        g, step = self._graph, self._settings.reduction
        # As numbers, because few providers continue bytes.
        planes = g.cast(g.planes(rgb), self._half)
        sides = g.add("Shape", planes, start=2)
        excess = g.add("Mod", g.add("Neg", sides), g.constant(step, np.int64))
        pads = g.add("Concat", g.constant([0] * 6, np.int64), excess, axis=0)
        return g.add("Pad", planes, pads, mode="edge")

    def _cut(self, value: str, squeezed: tuple[int, ...]) -> str:
        """Return a map of the continued frame without what was continued, and without axes."""
        g = self._graph
        sides = g.add("Shape", "rgb", end=2)
        plain = g.add("Squeeze", value, g.axes(*squeezed))
        return g.add("Slice", plain, g.constant([0, 0], np.int64), sides, g.axes(0, 1))

    def _map_input(self, name: str) -> str:
        g = self._graph
        return g.add("Unsqueeze", g.input(name, np.float32, ("rows", "columns")), g.axes(0, 1))

    def _reduced_colours(self, planes: str) -> str:
        """Return (1, 3, h, w) float32, 0 to 1: means of codes, rounded as the reference does."""
        g = self._graph
        means = self._reduced(g.cast(planes, np.float32))
        return g.add("Div", g.add("Round", means), 255.0)

    def _reduced(self, value: str) -> str:
        step = self._settings.reduction
        return self._graph.add(
            "AveragePool", value, kernel_shape=[step, step], strides=[step, step]
        )

    def _clipped(self, value: str, limit: float) -> str:
        return self._graph.add("Clip", value, -limit, limit)

    def _number(self, value: float) -> str:
        return self._graph.constant(value, self._half)

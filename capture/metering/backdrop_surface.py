"""The backdrop's surface: its level, evenness, hue, shadows, hot spots, and who shares its hue.

The picture is looked at in cells of a few pixels, each with its mean light. A smooth surface
(a quadratic of the place) is fitted to the backdrop's light in stops, robustly: that is how lamps
fall off. What is darker than it in one patch is a shadow, what is brighter a reflection.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting.imaging.colour import linear_srgb_to_lab, luminance

Box = tuple[int, int, int, int]

#: Side of a cell, pixels of the measured picture.
CELL_PX = 4
#: Cells nearer to the subject than this hold hair and blur.
_CLEAR_CELLS = 3
_LEAST_CELLS = 60
#: 18 % grey, from which exposure levels are counted.
_MID_GREY = 0.18
#: Light below this tells nothing of a surface: a backdrop that is meant to be black.
_BLACK = 2.0**-8
#: Cells this far off the smooth surface, stops, are no part of it.
_OFF_STOPS = 0.12
#: A patch smaller than this share of the backdrop is grain.
_LEAST_PATCH = 0.003
_REFITS = 5
#: Six numbers are known well enough from so many cells.
_CELLS_FITTED = 2000
#: Below this chroma a backdrop is neutral and has no hue to share.
NEUTRAL_CHROMA = 14.0
_SAME_HUE_DEGREES = 28.0
_CHROMA_SHARE = 0.35


@dataclass(frozen=True, slots=True, eq=False)
class BackdropGrid:
    """Which cells show the backdrop and which the subject.

    Parameters
    ----------
    backdrop, subject : (h, w) bool, on the grid of cells
    terms : (h, w, 6) float32, the quadratic's terms at each cell
    """

    backdrop: npt.NDArray[np.bool_]
    subject: npt.NDArray[np.bool_]
    terms: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What the backdrop's surface showed; stops are log2 of luminance.

    Parameters
    ----------
    level_stops : float, about 18 % grey
    uneven_stops : float
        Half the range of its light, between its 2nd and 98th percentile: ± so much.
    lab : (L*, a*, b*), D65, its mean colour
    shadow_stops, hot_stops : float
        How far the deepest patch lies under, or the brightest over, the smooth surface; 0 = none.
    shadow_box, hot_box : (x, y, width, height) or None, pixels
    same_hue : float
        Share of the subject that has the backdrop's hue, 0 to 1; NaN when the backdrop is neutral.
    same_hue_box : (x, y, width, height) or None, pixels
    """

    level_stops: float
    uneven_stops: float
    lab: tuple[float, float, float]
    shadow_stops: float
    hot_stops: float
    shadow_box: Box | None
    hot_box: Box | None
    same_hue: float
    same_hue_box: Box | None

    @property
    def chroma(self) -> float:
        """CIE chroma C*ab."""
        return math.hypot(self.lab[1], self.lab[2])

    @property
    def hue_degrees(self) -> float:
        """CIE hue angle h_ab, 0 to 360."""
        return math.degrees(math.atan2(self.lab[2], self.lab[1])) % 360


def backdrop_grid(inside: npt.NDArray[np.bool_], background: npt.NDArray[np.bool_]) -> BackdropGrid:
    """Return the cells that lie wholly on the subject, and wholly on the clear backdrop.

    Parameters
    ----------
    inside, background : (H, W) bool
    """
    import cv2

    height, width = inside.shape
    size = (max(1, width // CELL_PX), max(1, height // CELL_PX))

    def cells(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        shares = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        return np.asarray(shares > 0.99)

    reach = np.ones((2 * _CLEAR_CELLS + 1, 2 * _CLEAR_CELLS + 1), np.uint8)
    near = cv2.dilate((~cells(~inside)).astype(np.uint8), reach) > 0
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j].astype(np.float32)
    return BackdropGrid(
        backdrop=cells(background) & ~near,
        subject=cells(inside),
        terms=np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1),
    )


def backdrop_surface(light: npt.NDArray[np.float32], grid: BackdropGrid) -> Backdrop | None:
    """Measure the backdrop, or return None when too little of it is seen.

    Parameters
    ----------
    light : (h, w, 3) float32, linear light, sRGB primaries, mean of each cell
    grid : BackdropGrid

    Notes
    -----
    A lamp whose cone ends within the frame is no quadratic, and its end passes for a shadow:
    which, to a cut-out, it is. A backdrop below 2**-8 of white is black and has no evenness.
    """
    cells = int(grid.backdrop.sum())
    if cells < _LEAST_CELLS:
        return None
    mean = light[grid.backdrop].mean(axis=0, dtype=np.float64)
    lab = linear_srgb_to_lab(mean, "D65")
    level = float(luminance(mean))
    uneven = shadow = hot = math.nan
    shadow_box = hot_box = None
    if level >= _BLACK:
        stops = np.log2(np.maximum(luminance(light), _BLACK / 8))
        low, high = np.percentile(stops[grid.backdrop], [2.0, 98.0])
        uneven = float(high - low) / 2
        off = stops - _smooth_surface(stops, grid)
        shadow, shadow_box = _patch(-off, grid.backdrop)
        hot, hot_box = _patch(off, grid.backdrop)
    same_hue, same_hue_box = _same_hue(light, grid.subject, lab)
    return Backdrop(
        level_stops=math.log2(max(level, 1e-6) / _MID_GREY),
        uneven_stops=uneven,
        lab=(float(lab[0]), float(lab[1]), float(lab[2])),
        shadow_stops=shadow,
        hot_stops=hot,
        shadow_box=shadow_box,
        hot_box=hot_box,
        same_hue=same_hue,
        same_hue_box=same_hue_box,
    )


def _smooth_surface(stops: npt.NDArray[np.float32], grid: BackdropGrid) -> npt.NDArray[np.float32]:
    """Return the quadratic of the place that most of the cells lie on."""
    every = max(1, int(grid.backdrop.sum()) // _CELLS_FITTED)
    design, values = grid.terms[grid.backdrop][::every], stops[grid.backdrop][::every]
    kept = np.ones(len(values), bool)
    for _ in range(_REFITS):
        part = design[kept]
        ridge = 1e-4 * len(part) * np.eye(6, dtype=np.float32)
        answer = np.linalg.solve(part.T @ part + ridge, part.T @ values[kept])
        off = np.abs(values - design @ answer)
        kept = off <= max(_OFF_STOPS, float(np.median(off)))
    return np.asarray(grid.terms @ answer, np.float32)


def _patch(
    excess: npt.NDArray[np.float32], where: npt.NDArray[np.bool_]
) -> tuple[float, Box | None]:
    """Return the median excess of the patch that exceeds most in all, and its box; 0 without."""
    import cv2

    _, labels, statistics, _ = cv2.connectedComponentsWithStats(
        (where & (excess > _OFF_STOPS)).astype(np.uint8), connectivity=8
    )
    total = np.bincount(labels.ravel(), weights=np.where(labels, excess, 0).ravel())
    total[statistics[:, cv2.CC_STAT_AREA] < _LEAST_PATCH * where.sum()] = 0
    number = int(np.argmax(total))
    if total[number] <= 0:
        return 0.0, None
    return float(np.median(excess[labels == number])), _pixels(statistics[number, :4])


def _same_hue(
    light: npt.NDArray[np.float32],
    subject: npt.NDArray[np.bool_],
    backdrop_lab: npt.NDArray[np.float64],
) -> tuple[float, Box | None]:
    chroma = float(np.hypot(backdrop_lab[1], backdrop_lab[2]))
    if chroma < NEUTRAL_CHROMA or not subject.any():
        return math.nan, None
    lab = linear_srgb_to_lab(light[subject], "D65")
    along = (lab[:, 1:] @ backdrop_lab[1:]) / chroma
    own = np.hypot(lab[:, 1], lab[:, 2])
    same = (own > _CHROMA_SHARE * chroma) & (
        along > own * math.cos(math.radians(_SAME_HUE_DEGREES))
    )
    if not same.any():
        return 0.0, None
    rows, columns = (axis[same] for axis in np.nonzero(subject))
    left, top = columns.min(), rows.min()
    box = np.array([left, top, columns.max() - left + 1, rows.max() - top + 1])
    return float(same.mean()), _pixels(box)


def _pixels(box: npt.NDArray[np.integer]) -> Box:
    x, y, width, height = (int(side) * CELL_PX for side in box)
    return x, y, width, height

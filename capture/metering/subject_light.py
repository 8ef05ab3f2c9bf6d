"""What light does to the subject's surface: hot spots, hard shadows, rim light, mixed colours.

All of it is read off the picture alone, so what a surface *is* (a dark brow, a bright button) can
be taken for what the light does. Each measurement says how it tells the two apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.colour_of_light import colour_difference, light_colour, mired_shift
from capture.metering.materials import same_material
from matting.imaging.colour import luminance

FloatImage = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Box = tuple[int, int, int, int]

#: Light below this is lost in a camera's black: 10 stops under white.
_FLOOR = 2.0**-10
#: A hot spot is so many times as bright as the median of its surroundings, and near white ...
_HOT_TIMES, _HOT_LEVEL = 1.6, 0.5
#: ... the surroundings reaching so far, as a share of the subject's width.
_AROUND_SHARE = 0.12
#: A shadow's edge: a fall of so many stops over so small a share of the subject's width ...
_HARD_STOPS, _HARD_SHARE = 0.8, 0.025
#: ... without change of colour (chromaticity), away from the silhouette, where surfaces turn.
_SAME_COLOUR, _RIM_SHARE = 0.02, 0.04
#: Rim light is read in a band along the silhouette, and held against a band further inside;
#: shares of the subject's width.
_RIM_BAND, _INNER_BAND = (0.01, 0.04), (0.09, 0.16)
_LEAST_PIXELS = 40


@dataclass(frozen=True, slots=True)
class HotSpots:
    """`share` of the subject's area, 0 to 1; `box` of the largest, None when there is none."""

    share: float
    box: Box | None


@dataclass(frozen=True, slots=True)
class HardShadows:
    """Shadow edges' `length` in widths of the subject; `box` of the longest, or None."""

    length: float
    box: Box | None


@dataclass(frozen=True, slots=True)
class MixedLight:
    """How the light's colour differs between the lit and the shadow side of one material.

    Parameters
    ----------
    delta_e : float, CIEDE2000 at one level
    mired : float
        How much warmer the shadow side is; NaN when either is no light's colour.
    """

    delta_e: float
    mired: float


def hot_spots(linear: FloatImage, inside: Mask) -> HotSpots | None:
    """Find small bright spots on the subject: gloss of skin, varnish, metal, glasses.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light, 1 = white
    inside : (H, W) bool, True on the subject

    Returns
    -------
    HotSpots or None
        None without a subject.

    Notes
    -----
    Bright against the median around it, so that a white shirt is none; a small white thing is.
    """
    import cv2

    if inside.sum() < _LEAST_PIXELS:
        return None
    bright = luminance(linear)
    side = max(3, round(_AROUND_SHARE * _width(inside)) | 1)
    codes = np.clip(np.sqrt(np.where(inside, bright, 0.0)) * 255, 0, 255).astype(np.uint8)
    around = (cv2.medianBlur(codes, side).astype(np.float32) / 255) ** 2
    hot = inside & (bright > _HOT_LEVEL) & (bright > _HOT_TIMES * np.maximum(around, _FLOOR))
    hot &= around > _FLOOR
    return HotSpots(float(hot.sum() / inside.sum()), _largest_box(hot))


def hard_shadows(linear: FloatImage, inside: Mask) -> HardShadows | None:
    """Measure how long the edges of cast shadows on the subject are.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light
    inside : (H, W) bool, True on the subject

    Returns
    -------
    HardShadows or None
        None without a subject that is large enough.

    Notes
    -----
    A shadow keeps its surface's colour and falls by most of a stop within a few hundredths of the
    subject's width; shading of round things is slower, and another material has another colour
    (not so black on white, which counts as a shadow). Soft shadows are none on purpose.
    """
    import cv2

    width = _width(inside)
    step = max(1, round(_HARD_SHARE * width / 2))
    rim = max(2 * step, round(_RIM_SHARE * width))
    box = np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)
    core = cv2.erode(inside.astype(np.uint8), box, borderValue=0) > 0
    if core.sum() < _LEAST_PIXELS:
        return None
    smooth = cv2.GaussianBlur(linear, (0, 0), max(0.6, step / 3))
    stops = np.log2(np.maximum(luminance(smooth), _FLOOR))
    chroma = smooth[..., :2] / np.maximum(smooth.sum(axis=-1, keepdims=True), 3 * _FLOOR)
    edge = np.zeros_like(core)
    for axis in (0, 1):
        fall, turn = _across(stops, axis, step), _across(chroma, axis, step)
        edge |= (np.abs(fall) > _HARD_STOPS) & (np.abs(turn).max(axis=-1) < _SAME_COLOUR)
    edge &= core
    # A fall is seen over its whole width; its length is its area over that.
    return HardShadows(float(edge.sum()) / (2 * step) / width, _largest_box(edge))


def rim_light_stops(linear: FloatImage, inside: Mask) -> float:
    """Return how much brighter the upper silhouette is than the subject just inside, in stops.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light
    inside : (H, W) bool, True on the subject

    Returns
    -------
    float
        Of twelve stretches of the upper outline the third brightest: a rim light from one side
        lights a part of it. NaN without a subject.

    Notes
    -----
    Of one material, as hair is over a head's top; where the band inside is of another (hair beside
    a face) the difference of materials counts too.
    """
    import cv2

    if inside.sum() < _LEAST_PIXELS:
        return math.nan
    width = _width(inside)
    rows, columns = np.nonzero(inside)
    padded = np.pad(inside.astype(np.uint8), 1, mode="edge")
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1][rows, columns]
    # The upper half of a round head: directions from the middle of the subject's upper part.
    top, left, right = rows.min(), columns.min(), columns.max()
    upper = rows < top + 0.5 * max(right - left, 1)
    if not upper.any():
        return math.nan
    centre_x = columns[upper].mean()
    centre_y = rows[upper].max()
    angle = np.arctan2(centre_y - rows, columns - centre_x)
    stretch = np.clip((angle / math.pi * 12).astype(int), 0, 11)
    bright = luminance(linear[rows, columns])
    found = []
    for k in range(12):
        here = upper & (stretch == k)
        bands = [
            bright[here & (depth > low * width) & (depth <= high * width)]
            for low, high in (_RIM_BAND, _INNER_BAND)
        ]
        if min(len(band) for band in bands) >= 5:
            rim, inner = (max(float(np.median(band)), _FLOOR) for band in bands)
            found.append(math.log2(rim / inner))
    return sorted(found)[-3] if len(found) >= 3 else math.nan


def mixed_light(linear: FloatImage, inside: Mask) -> MixedLight | None:
    """Compare the light's colour on the lit and on the shadow side of the subject.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light
    inside : (H, W) bool, True on the subject

    Returns
    -------
    MixedLight or None
        None without a large enough patch of one material.

    Notes
    -----
    On the subject's commonest material, whose colour cancels: what the brightest quarter and the
    darkest quarter differ in is the light. Light bounced off a coloured wall counts, as it should.
    Lights whose colours differ much make one material look like two, of which one is measured.
    """
    material = same_material(linear, inside)
    if material.sum() < _LEAST_PIXELS:
        return None
    pixels = linear[material]
    bright = luminance(pixels)
    low, high = np.percentile(bright, [25, 75])
    lit, shadow = pixels[bright >= high].mean(axis=0), pixels[bright <= low].mean(axis=0)
    mean = np.maximum(pixels.mean(axis=0), _FLOOR)
    lit_light, shadow_light = lit / mean, shadow / mean
    shift = mired_shift(light_colour(shadow_light).kelvin, light_colour(lit_light).kelvin)
    return MixedLight(colour_difference(lit_light, shadow_light), shift)


def _width(inside: Mask) -> float:
    columns = np.flatnonzero(inside.any(axis=0))
    return float(columns[-1] - columns[0] + 1) if len(columns) else 1.0


def _across(values: FloatImage, axis: int, step: int) -> FloatImage:
    """Return the difference between `step` after and `step` before, 0 at the picture's ends."""
    apart = np.zeros_like(values)
    length = values.shape[axis]
    if length > 2 * step:
        inner = [slice(None)] * values.ndim
        after, before = list(inner), list(inner)
        inner[axis] = slice(step, length - step)
        after[axis], before[axis] = slice(2 * step, None), slice(None, length - 2 * step)
        apart[tuple(inner)] = values[tuple(after)] - values[tuple(before)]
    return apart


def _largest_box(mask: Mask) -> Box | None:
    import cv2

    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return None
    x, y, width, height, _ = (int(v) for v in stats[1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])])
    return x, y, width, height

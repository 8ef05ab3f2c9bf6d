"""What light does to the subject's surface: hot spots, rim light, mixed colours.

All of it is read off the picture alone, so what a surface *is* (a dark brow, a bright button) can
be taken for what the light does. Each measurement says how it tells the two apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.colour_of_light import colour_difference, light_colour, mired_shift
from capture.metering.hard_shadow import HardShadow, hard_shadow
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
#: Rim light is read in a band along the silhouette, and held against the band next to it; shares
#: of the subject's width. Of so many stretches of the upper outline, so many must be seen.
_RIM_BAND, _INNER_BAND = (0.004, 0.02), (0.025, 0.05)
_STRETCHES, _LEAST_STRETCHES = 12, 3
_LEAST_PIXELS, _LEAST_BAND = 40, 5


@dataclass(frozen=True, slots=True)
class HotSpots:
    """`share` of the subject's area, 0 to 1; `box` of the largest, None when there is none."""

    share: float
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


@dataclass(frozen=True, slots=True)
class SubjectLight:
    """All that light does to the subject's surface; None and NaN where not measured.

    `rim_stops` is `rim_light_stops`, `mixed` None where no patch of one material is large enough,
    `hard_shadow` None without the subject's depth as well.
    """

    hot_spots: HotSpots | None
    rim_stops: float
    mixed: MixedLight | None
    hard_shadow: HardShadow | None = None


def subject_light(
    linear: FloatImage, inside: Mask, subject_m: FloatImage | None = None
) -> SubjectLight:
    """Measure what light does to the subject.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light, sRGB primaries, 1 = white
    inside : (H, W) bool, True on the subject
    subject_m : (h, w) float32, metres, or None
        The subject's distance, on whatever grid of that picture.
    """
    # Colours are means over a quarter of the subject: one pixel of four does for them.
    return SubjectLight(
        hot_spots(linear, inside),
        rim_light_stops(linear, inside),
        mixed_light(linear[::2, ::2], inside[::2, ::2]),
        None if subject_m is None else hard_shadow(linear, inside, subject_m),
    )


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
    Of a spot wider than a twelfth of the subject the border alone counts, since its middle has
    nothing darker around it.
    """
    import cv2

    if inside.sum() < _LEAST_PIXELS:
        return None
    bright = luminance(linear)
    side = max(3, round(_AROUND_SHARE * _width(inside)) | 1)
    # White outside: beside the outline, where rim light is wanted, a spot must be large to count.
    root = np.sqrt(np.clip(np.where(inside, bright, 1.0), 0.0, 1.0))
    codes = (np.nan_to_num(root) * 255).astype(np.uint8)
    around = (cv2.medianBlur(codes, side).astype(np.float32) / 255) ** 2
    hot = inside & (bright > _HOT_LEVEL) & (bright > _HOT_TIMES * np.maximum(around, _FLOOR))
    hot &= around > _FLOOR
    return HotSpots(float(hot.sum() / inside.sum()), _largest_box(hot))


def rim_light_stops(linear: FloatImage, inside: Mask) -> float:
    """Return how much brighter the upper silhouette is than the surface just inside, in stops.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light
    inside : (H, W) bool, True on the subject

    Returns
    -------
    float
        Of twelve stretches of the upper outline the second brightest: a rim light from one side
        lights a part of it. Below zero where the surface darkens as it turns away. NaN without a
        subject, or where too little of its outline is seen.

    Notes
    -----
    The two bands lie side by side, so that they are of one material nearly everywhere. Fails
    where the silhouette is off by more than a hundredth of the subject's width.
    """
    import cv2

    if inside.sum() < _LEAST_PIXELS:
        return math.nan
    width = _width(inside)
    rows, columns = np.nonzero(inside)
    padded = np.pad(inside.astype(np.uint8), 1, mode="edge")
    away = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1][rows, columns] / width
    upper = rows < rows.min() + 0.5 * width
    angle = np.arctan2(rows[upper].max() - rows, columns - columns[upper].mean())
    stretch = np.clip((angle / math.pi * _STRETCHES).astype(int), 0, _STRETCHES - 1)
    bright = luminance(linear[rows, columns])
    found = []
    for k in range(_STRETCHES):
        here = upper & (stretch == k)
        bands = [
            bright[here & (away > low) & (away <= high)] for low, high in (_RIM_BAND, _INNER_BAND)
        ]
        if min(len(band) for band in bands) >= _LEAST_BAND:
            rim, inner = (max(float(np.median(band)), _FLOOR) for band in bands)
            found.append(math.log2(rim / inner))
    return sorted(found)[-2] if len(found) >= _LEAST_STRETCHES else math.nan


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


def _largest_box(mask: Mask) -> Box | None:
    import cv2

    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count < 2:
        return None
    x, y, width, height, _ = (int(v) for v in stats[1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])])
    return x, y, width, height

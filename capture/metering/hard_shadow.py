"""Hard shadows on the subject: steps of light within one material, too sharp for a turning surface.

A nose's or a chin's shadow with a hard edge cannot be retouched away, and a matte that leans on
brightness takes it for an outline. It is told from a material's end by its colour, which stays;
from a surface that turns away from the lamp by its width; and from one surface before another, a
chin before a neck, by depth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.materials import same_material
from matting.imaging.colour import luminance

Box = tuple[int, int, int, int]

#: A hard edge is this wide at most, and held against what lies so far apart; shares of the
#: subject's width, and pixels at least.
_WIDTH_SHARE, _LEAST_WIDTH_PX = 0.012, 2
#: Of the step across three widths so much lies within one.
_SHARP = 0.7
#: Steps smaller than this are folds and pores, stops.
_LEAST_STOPS = 0.5
#: An edge is so long at least, of the subject's width.
_LEAST_LENGTH = 0.06
#: A step in depth of more than this share of the distance is one surface before another.
_SURFACES_APART = 0.012
_FLOOR = 2.0**-10


@dataclass(frozen=True, slots=True)
class HardShadow:
    """The longest hard edge of a shadow on the subject.

    Parameters
    ----------
    stops : float
        How much darker its shadow side is; 0 where there is no hard edge.
    box : (x, y, width, height) or None, pixels
    """

    stops: float
    box: Box | None


def hard_shadow(
    linear: npt.NDArray[np.float32],
    inside: npt.NDArray[np.bool_],
    subject_m: npt.NDArray[np.float32],
) -> HardShadow | None:
    """Find the longest hard edge of a shadow on the subject.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light, sRGB primaries, 1 = white; NaN is no light
    inside : (H, W) bool, True on the subject
    subject_m : (h, w) float32, metres, the subject's distance, on whatever grid of that picture

    Returns
    -------
    HardShadow or None
        None where the subject shows too little of one material.

    Notes
    -----
    On the subject's commonest material alone, whose pixels lie all about the edge. A grey print on
    grey cloth is taken for a shadow. Shadows that end in black are not seen.
    """
    import cv2

    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if len(columns) == 0:
        return None
    # Where the subject is and nowhere else: a live frame has little time.
    top, left = rows[0], columns[0]
    view = (slice(top, rows[-1] + 1), slice(left, columns[-1] + 1))
    laid_m = cv2.resize(subject_m, inside.shape[::-1], interpolation=cv2.INTER_NEAREST)[view]
    seen = np.nan_to_num(linear[view])
    material = same_material(seen, inside[view])
    subject_px = material.shape[1]
    if material.sum() < _LEAST_LENGTH * subject_px**2:
        return None
    width = max(_LEAST_WIDTH_PX, round(_WIDTH_SHARE * subject_px))
    about = np.ones((3 * width, 3 * width), np.uint8)
    around = cv2.erode(
        material.astype(np.uint8), about, borderType=cv2.BORDER_CONSTANT, borderValue=0
    ).astype(bool)
    around &= ~_surfaces_apart(laid_m, about)
    light = np.log2(np.maximum(luminance(seen), _FLOOR)).astype(np.float32)
    steps = np.zeros(light.shape, np.float32)
    for axis in (0, 1):
        near, far = (np.abs(_across(light, reach, axis)) for reach in (width, 3 * width))
        sharp = around & (far >= _LEAST_STOPS) & (near >= _SHARP * far)
        steps = np.maximum(steps, np.where(sharp, far, 0.0))
    return _longest(steps, math.ceil(_LEAST_LENGTH * subject_px), (int(left), int(top)))


def _across(light: npt.NDArray[np.float32], reach: int, axis: int) -> npt.NDArray[np.float32]:
    """Return how much the light changes over so many pixels about each."""
    before = reach // 2
    return np.roll(light, -(reach - before), axis) - np.roll(light, before, axis)


def _surfaces_apart(
    laid_m: npt.NDArray[np.float32], about: npt.NDArray[np.uint8]
) -> npt.NDArray[np.bool_]:
    """Return (H, W) bool, True where one surface of the subject lies before another."""
    import cv2

    near, far = cv2.erode(laid_m, about), cv2.dilate(laid_m, about)
    return np.asarray(far - near > _SURFACES_APART * near)


def _longest(steps: npt.NDArray[np.float32], least_px: int, corner: tuple[int, int]) -> HardShadow:
    import cv2

    count, labels, statistics, _ = cv2.connectedComponentsWithStats(
        (steps > 0).astype(np.uint8), connectivity=8
    )
    sides = statistics[1:, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1]
    lengths = np.hypot(*sides.T.astype(np.float64))
    if count == 1 or lengths.max() < least_px:
        return HardShadow(0.0, None)
    longest = 1 + int(np.argmax(lengths))
    x, y, width, height = (int(side) for side in statistics[longest, :4])
    box = (corner[0] + x, corner[1] + y, width, height)
    return HardShadow(float(np.median(steps[labels == longest])), box)

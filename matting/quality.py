"""How good a cut-out is, told without the truth.

A good cut-out's rim goes on in the subject's own colour, shows no rim of light or dark on a new
background, is smooth where the subject is, has no holes and no leftovers, and, laid over its own
background again, gives the photograph back. Each of that is measured here; what is still good is
for the caller to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matting.edge_line import EdgeLine, edge_line
from matting.imaging.colour import delta_e_2000, linear_srgb_to_lab, luminance
from matting.imaging.errors import MismatchError
from matting.recomposition import recomposition_delta_e
from matting.rim_colours import LEAST_PIXELS, RimColours, rim_colours
from matting.silhouette_faults import (
    Box,
    Flaws,
    enclosed_holes,
    holes_against_depth,
    islands,
)

FloatImage = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: A fringe shows where the rim is thin.
_THIN = 0.5
#: A halo shows most at the rim's middle.
_MIDDLE_LOW, _MIDDLE_HIGH = 0.25, 0.75
#: Multiplied colours are never above alpha; of straight ones that few are not.
_PREMULTIPLIED_SHARE, _CODE_ERROR = 0.995, 0.01
_DARKEST = 1e-4
#: The place of a fault is told as one of so many tiles each way of the rim's bounding box.
_TILES = 6
#: Fewer points of smooth edge than this (half a pixel apart) tell nothing.
_LEAST_POINTS = 200


@dataclass(frozen=True, slots=True)
class Measured:
    """One number and where it is worst.

    Parameters
    ----------
    value : float
        NaN when it cannot be measured.
    box : (x, y, width, height) or None, pixels
    """

    value: float
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class CutoutQuality:
    """What was measured on a cut-out.

    Parameters
    ----------
    fringe : Measured, ΔE2000
        Of the rim's thin half to the solid colour beside it, beyond the subject's own variation
        over the same distance.
    halo_on_black, halo_on_white : Measured, L*
        How much brighter (positive) or darker the rim comes out on that background than it
        would with the solid part's colour.
    premultiplication : Measured
        The power of alpha with which the rim's light falls: 0 straight, 1 multiplied by alpha in
        linear light, about 2.2 in encoded values.
    roughness : Measured, px
        Median distance of the line alpha = 0.5 from its smooth self, without hair.
    edge_width : Measured, px
        1 / slope of alpha where it is sharp: the lower quartile along the line, hair included,
        since a subject of fur, or of little depth of field, is in focus somewhere.
    edge_evenness : Measured
        The 90th percentile of the width over the 10th, without hair.
    hair_share : float, 0 to 1
        The share of the line that counts as hair, NaN when there is no line.
    islands, enclosed_holes : Flaws
    holes_against_depth : Flaws or None
        None without depth.
    recomposition : Measured, ΔE2000
        Of cut-out over its own background to the photograph; NaN without a photograph, or where
        the background is too busy to be known.
    """

    fringe: Measured
    halo_on_black: Measured
    halo_on_white: Measured
    premultiplication: Measured
    roughness: Measured
    edge_width: Measured
    edge_evenness: Measured
    hair_share: float
    islands: Flaws
    enclosed_holes: Flaws
    holes_against_depth: Flaws | None
    recomposition: Measured


def measure_cutout(
    linear: FloatImage,
    alpha: FloatImage,
    *,
    photograph_linear: FloatImage | None = None,
    sure_subject: Mask | None = None,
) -> CutoutQuality:
    """Measure a cut-out.

    Parameters
    ----------
    linear : (H, W, 3) float32, linear light, sRGB primaries, straight, 1 = white
    alpha : (H, W) float32, 0 to 1
    photograph_linear : (H, W, 3) float32 or None
        What was cut out, linear light, sRGB primaries.
    sure_subject : (H, W) bool or None
        True where depth surely sees the subject.

    Raises
    ------
    MismatchError
        The arrays are of different sizes.

    Notes
    -----
    A mean over the whole rim hides a fault along a small part of it. Whether alpha is *right*
    cannot be known without truth: an arm that is missing altogether is not missed here, unless
    depth is given.
    """
    for name, array in (("photograph", photograph_linear), ("depth", sure_subject)):
        if array is not None and array.shape[:2] != alpha.shape:
            raise MismatchError(
                name,
                f"has {array.shape[1]} x {array.shape[0]} pixels, "
                f"the cut-out {alpha.shape[1]} x {alpha.shape[0]}",
                "Give the one that belongs to this very cut-out",
            )
    rim, within = rim_colours(linear, alpha)
    line = edge_line(alpha)
    against_depth = None if sure_subject is None else holes_against_depth(alpha, sure_subject)
    return CutoutQuality(
        fringe=_fringe(rim, within, alpha.shape),
        halo_on_black=_halo(rim, 0.0, alpha.shape),
        halo_on_white=_halo(rim, 1.0, alpha.shape),
        premultiplication=_premultiplication(rim),
        roughness=_roughness(line),
        edge_width=_edge_width(line),
        edge_evenness=_edge_evenness(line),
        hair_share=float(line.hair.mean()) if len(line.hair) else math.nan,
        islands=islands(alpha),
        enclosed_holes=enclosed_holes(alpha),
        holes_against_depth=against_depth,
        recomposition=Measured(math.nan)
        if photograph_linear is None
        else _recomposition(linear, alpha, photograph_linear),
    )


def _fringe(rim: RimColours, within: RimColours, shape: tuple[int, int]) -> Measured:
    thin = rim.where(rim.alpha < _THIN)
    if len(thin) < LEAST_PIXELS or len(within) < LEAST_PIXELS:
        return Measured(math.nan)
    away = _delta_e(thin.colour, thin.solid)
    own = float(_delta_e(within.colour, within.solid).mean())
    return Measured(float(away.mean()) - own, _worst_tile(thin.pixels, away, shape))


def _halo(rim: RimColours, backdrop: float, shape: tuple[int, int]) -> Measured:
    """Compare lightness on a grey backdrop of that luminance: the rim's own, and the solid's."""
    middle = rim.where((rim.alpha > _MIDDLE_LOW) & (rim.alpha < _MIDDLE_HIGH))
    if len(middle) < LEAST_PIXELS:
        return Measured(math.nan)
    shine = (1 - middle.alpha) * backdrop
    own = _lightness(middle.alpha * luminance(middle.colour) + shine)
    solid = _lightness(middle.alpha * luminance(middle.solid) + shine)
    departure = own - solid
    mean = float(departure.mean())
    worst = _worst_tile(middle.pixels, departure * math.copysign(1.0, mean), shape)
    return Measured(mean, worst)


def _premultiplication(rim: RimColours) -> Measured:
    """Fit ``light = solid light * alpha ** power`` through alpha = 1."""
    lit = rim.where(luminance(rim.solid) > 10 * _DARKEST)
    if len(lit) < LEAST_PIXELS:
        return Measured(math.nan)
    possible = lit.colour.max(axis=1) <= lit.alpha + _CODE_ERROR
    if float(possible.mean()) < _PREMULTIPLIED_SHARE:
        return Measured(0.0)
    ratio = np.log(np.maximum(luminance(lit.colour), _DARKEST) / luminance(lit.solid))
    log_alpha = np.log(lit.alpha)
    power = float((ratio * log_alpha).sum() / (log_alpha**2).sum())
    return Measured(power)


def _roughness(line: EdgeLine) -> Measured:
    departure = line.departure_px[~line.hair]
    if len(departure) < _LEAST_POINTS:
        return Measured(math.nan)
    return Measured(float(np.median(departure)), _worst_stretch(line, line.departure_px))


def _edge_width(line: EdgeLine) -> Measured:
    if len(line.width_px) < _LEAST_POINTS:
        return Measured(math.nan)
    value = float(np.percentile(line.width_px, 25))
    x, y = line.points.T
    return Measured(value, _worst_box(x, y, line.width_px))


def _edge_evenness(line: EdgeLine) -> Measured:
    width = line.width_px[~line.hair]
    if len(width) < _LEAST_POINTS:
        return Measured(math.nan)
    narrow, wide = np.percentile(width, [10, 90])
    return Measured(float(wide / narrow), _worst_stretch(line, line.width_px))


def _recomposition(linear: FloatImage, alpha: FloatImage, photograph: FloatImage) -> Measured:
    pixels, departure = recomposition_delta_e(linear, alpha, photograph)
    if len(pixels) < LEAST_PIXELS:
        return Measured(math.nan)
    return Measured(float(np.median(departure)), _worst_tile(pixels, departure, alpha.shape))


def _delta_e(one: FloatImage, other: FloatImage) -> FloatArray:
    return delta_e_2000(linear_srgb_to_lab(one, "D65"), linear_srgb_to_lab(other, "D65"))


def _lightness(relative_luminance: FloatImage) -> FloatArray:
    grey = np.repeat(relative_luminance[:, None], 3, axis=1)
    return linear_srgb_to_lab(grey, "D65")[:, 0]


def _worst_stretch(line: EdgeLine, values: FloatArray) -> Box:
    """Return the tile of the smooth edge in which the mean is largest."""
    x, y = line.points[~line.hair].T
    return _worst_box(x, y, values[~line.hair])


def _worst_tile(pixels: npt.NDArray[np.intp], values: FloatArray, shape: tuple[int, int]) -> Box:
    y, x = np.divmod(pixels, shape[1])
    return _worst_box(x, y, values)


def _worst_box(x: npt.NDArray[np.generic], y: npt.NDArray[np.generic], values: FloatArray) -> Box:
    """Return the box of the points of that tile whose mean is largest among well-filled tiles."""
    places = []
    for at in (np.asarray(x, np.float64), np.asarray(y, np.float64)):
        span = float(at.max() - at.min()) + 1.0
        places.append(((at - at.min()) * (_TILES / span)).astype(np.intp))
    tile = places[1] * _TILES + places[0]
    count = np.bincount(tile)
    mean = np.bincount(tile, weights=values) / np.maximum(count, 1)
    well_filled = count >= min(LEAST_PIXELS // 2, int(count.max()))
    within = tile == int(np.argmax(np.where(well_filled, mean, -np.inf)))
    left, top = int(np.min(x[within])), int(np.min(y[within]))
    return left, top, int(np.max(x[within])) - left + 1, int(np.max(y[within])) - top + 1

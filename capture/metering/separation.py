"""Separation along the silhouette: how the subject's edge differs from what lies just outside.

The edge is walked in pieces of equal length. Of each piece the mean light and colour in a ring
just inside are compared with a ring just outside, so that a merge is a place on the picture. Each
piece is compared in short stretches as well: before a busy background a piece may differ on
average and merge in places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.colour import delta_e_2000, linear_srgb_to_lab, luminance

#: Luminance below which a camera's JPEG tells nothing apart: 10 stops under white.
_FLOOR = 2.0**-10
#: A side of a piece with fewer pixels than this is not compared.
_LEAST_PIXELS = 8
#: Short stretches of a piece: about a hair's clump or a shirt button long in a portrait.
STRETCHES = 4


@dataclass(frozen=True, slots=True)
class EdgePiece:
    """One stretch of the subject's edge.

    Parameters
    ----------
    stops : float
        log2 of the luminance inside over that outside; positive where the subject is brighter.
    delta_e : float
        CIEDE2000 between the two sides' mean colours.
    box : (x, y, width, height), pixels of the measured picture
    place : str
        Where on the subject, in words.
    along : tuple of float
        CIEDE2000 of the piece's short stretches, in order; those without both sides left out.
    inside : (r, g, b) float, mean linear light just inside
    number : int, its place in the rings
    """

    stops: float
    delta_e: float
    box: tuple[int, int, int, int]
    place: str
    along: tuple[float, ...] = ()
    inside: tuple[float, float, float] = (0.0, 0.0, 0.0)
    number: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class EdgeRings:
    """Where light is measured on both sides of a silhouette's edge.

    Parameters
    ----------
    pixels : (N,) int, places in the picture, row by row
    side : (N,) int
        Twice the number of the short stretch, of which each piece has `STRETCHES`, plus 1 inside
        the silhouette.
    boxes : tuple of (x, y, width, height), pixels, of each piece
    places : tuple of str, of each piece, in words
    """

    pixels: npt.NDArray[np.intp]
    side: npt.NDArray[np.intp]
    boxes: tuple[tuple[int, int, int, int], ...]
    places: tuple[str, ...]


def edge_rings(
    silhouette: npt.NDArray[np.bool_], pieces: int = 24, gap: float = 2.0, ring: float = 5.0
) -> EdgeRings:
    """Cut a silhouette's edge into pieces of equal length and find both sides of each.

    Parameters
    ----------
    silhouette : (H, W) bool, True on the subject
    pieces : int
    gap, ring : float, pixels
        The silhouette is uncertain by about `gap`; the rings reach from there `ring` further.

    Returns
    -------
    EdgeRings
        Without pieces when there is no edge within the frame.
    """
    import cv2

    outline = _outline(silhouette)
    if len(outline) < pieces:
        return EdgeRings(np.empty(0, np.intp), np.empty(0, np.intp), (), ())
    stretch_of_outline = np.arange(len(outline)) * pieces * STRETCHES // len(outline)
    piece_of_outline = stretch_of_outline // STRETCHES
    outside_edge = np.ones(silhouette.shape, np.uint8)
    outside_edge[outline[:, 1], outline[:, 0]] = 0
    distance, nearest = cv2.distanceTransformWithLabels(
        outside_edge, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    stretch_of_label = np.zeros(int(nearest.max()) + 1, np.intp)
    stretch_of_label[nearest[outline[:, 1], outline[:, 0]]] = stretch_of_outline
    pixels = np.flatnonzero((distance > gap) & (distance <= gap + ring))
    side = 2 * stretch_of_label[nearest.ravel()[pixels]] + silhouette.ravel()[pixels]
    stretches = [outline[piece_of_outline == k] for k in range(pieces)]
    centre = outline.mean(axis=0)
    return EdgeRings(
        pixels=pixels,
        side=side,
        boxes=tuple(box_around(stretch) for stretch in stretches),
        places=tuple(place_in_words(stretch.mean(axis=0) - centre) for stretch in stretches),
    )


def without_contact(rings: EdgeRings, contact: npt.NDArray[np.bool_]) -> EdgeRings:
    """Return the rings without what lies outside of the subject and touches it.

    Parameters
    ----------
    rings : EdgeRings
    contact : (H, W) bool
        Where the subject stands on something: no step in depth tells its edge there, and the
        silhouette may end within the subject.
    """
    kept = (rings.side % 2 == 1) | ~contact.ravel()[rings.pixels]
    return EdgeRings(rings.pixels[kept], rings.side[kept], rings.boxes, rings.places)


def separation(light: npt.NDArray[np.float32], rings: EdgeRings) -> tuple[EdgePiece, ...]:
    """Compare both sides of each piece of the subject's edge.

    Parameters
    ----------
    light : (N, 3) float32, linear light, sRGB primaries, 0 to 1, at `rings.pixels`
    rings : EdgeRings

    Returns
    -------
    tuple of EdgePiece
        Pieces that have both sides within the frame; empty without a subject.

    Notes
    -----
    A silhouette that is off by more than the rings' gap mixes the sides and shows less
    separation than there is.
    """
    pieces = len(rings.boxes)
    bins = 2 * STRETCHES * pieces
    count = np.bincount(rings.side, minlength=bins).reshape(pieces, STRETCHES, 2)
    sums = np.stack(
        [np.bincount(rings.side, weights=light[:, c], minlength=bins) for c in range(3)], axis=1
    ).reshape(pieces, STRETCHES, 2, 3)
    whole = sums.sum(axis=1) / np.maximum(count.sum(axis=1), 1)[..., None]
    bright = np.maximum(luminance(whole), _FLOOR)
    stops = np.log2(bright[:, 1] / bright[:, 0])
    delta_e = _between_sides(whole)
    along = _between_sides(sums / np.maximum(count, 1)[..., None])
    short_seen = count.min(axis=2) >= _LEAST_PIXELS
    return tuple(
        EdgePiece(
            float(stops[k]),
            float(delta_e[k]),
            rings.boxes[k],
            rings.places[k],
            tuple(float(value) for value in along[k][short_seen[k]]),
            (float(whole[k, 1, 0]), float(whole[k, 1, 1]), float(whole[k, 1, 2])),
            int(k),
        )
        for k in np.flatnonzero(count.sum(axis=1).min(axis=1) >= _LEAST_PIXELS)
    )


def separation_map(
    edge: tuple[EdgePiece, ...], rings: EdgeRings, shape: tuple[int, int]
) -> npt.NDArray[np.float32]:
    """Return (H, W) float32, CIEDE2000 of the edge on both of its sides, NaN elsewhere.

    Parameters
    ----------
    edge : tuple of EdgePiece, as `separation` found them on the rings
    rings : EdgeRings
    shape : (height, width) of the picture that the rings lie on
    """
    delta_e = np.full(len(rings.boxes), np.nan, np.float32)
    for piece in edge:
        delta_e[piece.number] = piece.delta_e
    drawn = np.full(shape, np.nan, np.float32)
    drawn.flat[rings.pixels] = delta_e[rings.side // (2 * STRETCHES)]
    return drawn


def _between_sides(light: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return CIEDE2000 between outside and inside, (..., 2, 3) linear light."""
    lab = linear_srgb_to_lab(light, "D65")
    return delta_e_2000(lab[..., 1, :], lab[..., 0, :])


def _outline(silhouette: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the outer edge of the largest piece, (N, 2) x and y, without the frame's rim."""
    import cv2

    contours, _ = cv2.findContours(
        silhouette.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    if not contours:
        return np.empty((0, 2), np.int64)
    outline = max(contours, key=len)[:, 0, :].astype(np.int64)
    height, width = silhouette.shape
    x, y = outline[:, 0], outline[:, 1]
    within = (x > 1) & (y > 1) & (x < width - 2) & (y < height - 2)
    return np.asarray(outline[within])


def box_around(stretch: npt.NDArray[np.int64]) -> tuple[int, int, int, int]:
    """Return the (x, y, width, height) that holds (N, 2) points of x and y."""
    left, top = stretch.min(axis=0)
    right, bottom = stretch.max(axis=0)
    return int(left), int(top), int(right - left + 1), int(bottom - top + 1)


def place_in_words(offset: npt.NDArray[Any]) -> str:
    """Return the direction of (x, y) seen from the subject's middle, as it appears in the picture.

    Examples
    --------
    >>> import numpy as np
    >>> place_in_words(np.array([-10.0, -9.0]))
    'upper left'
    """
    x, y = float(offset[0]), float(offset[1])
    vertical = "upper" if y < -0.41 * abs(x) else "lower" if y > 0.41 * abs(x) else ""
    horizontal = "left" if x < -0.41 * abs(y) else "right" if x > 0.41 * abs(y) else ""
    if vertical and horizontal:
        return f"{vertical} {horizontal}"
    return {"upper": "top", "lower": "bottom"}.get(vertical, horizontal)

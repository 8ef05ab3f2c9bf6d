"""Separation along the silhouette: how the subject's edge differs from what lies just outside.

The edge is walked in pieces of equal length. Of each piece the mean light and colour in a ring
just inside are compared with a ring just outside, so that a merge is a place on the picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matting.imaging.colour import delta_e_2000, linear_srgb_to_lab, luminance

#: Luminance below which a camera's JPEG tells nothing apart: 10 stops under white.
_FLOOR = 2.0**-10


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
    """

    stops: float
    delta_e: float
    box: tuple[int, int, int, int]
    place: str


def separation(
    linear_rgb: npt.NDArray[np.float32],
    silhouette: npt.NDArray[np.bool_],
    pieces: int = 24,
    gap: float = 2.0,
    ring: float = 5.0,
) -> tuple[EdgePiece, ...]:
    """Measure both sides of each piece of the subject's edge.

    Parameters
    ----------
    linear_rgb : (H, W, 3) float32, linear light, sRGB primaries, 0 to 1
    silhouette : (H, W) bool, True on the subject
    pieces : int
        Into how many pieces of equal length the outer edge is cut.
    gap, ring : float, pixels
        The silhouette is uncertain by about `gap`; the rings reach from there `ring` further.

    Returns
    -------
    tuple of EdgePiece
        Pieces that have both sides within the frame; empty without a subject.

    Notes
    -----
    Means hide a busy background: a piece that differs on average may still merge in places.
    A silhouette that is off by more than `gap` mixes the sides and shows less separation than
    there is.
    """
    import cv2

    outline = _outline(silhouette)
    if len(outline) < pieces:
        return ()
    piece_of_outline = np.arange(len(outline)) * pieces // len(outline)
    outside_edge = np.ones(silhouette.shape, np.uint8)
    outside_edge[outline[:, 1], outline[:, 0]] = 0
    distance, nearest = cv2.distanceTransformWithLabels(
        outside_edge, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    piece_of_label = np.zeros(int(nearest.max()) + 1, np.int64)
    piece_of_label[nearest[outline[:, 1], outline[:, 0]]] = piece_of_outline
    near = (distance > gap) & (distance <= gap + ring)
    piece = piece_of_label[nearest[near]]
    inside = silhouette[near]
    colours = linear_rgb[near]
    boxes = [outline[piece_of_outline == k] for k in range(pieces)]
    centre = outline.mean(axis=0)
    found = []
    for k in range(pieces):
        own = piece == k
        within, without = colours[own & inside], colours[own & ~inside]
        if len(within) < 8 or len(without) < 8:
            continue
        found.append(_compare(within.mean(axis=0), without.mean(axis=0), boxes[k], centre))
    return tuple(found)


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


def _compare(
    within: npt.NDArray[np.float32],
    without: npt.NDArray[np.float32],
    outline: npt.NDArray[np.int64],
    centre: npt.NDArray[Any],
) -> EdgePiece:
    bright, dark = (max(float(luminance(side)), _FLOOR) for side in (within, without))
    lab = linear_srgb_to_lab(np.stack([within, without]), "D65")
    left, top = outline.min(axis=0)
    right, bottom = outline.max(axis=0)
    return EdgePiece(
        stops=float(np.log2(bright / dark)),
        delta_e=float(delta_e_2000(lab[0], lab[1])),
        box=(int(left), int(top), int(right - left + 1), int(bottom - top + 1)),
        place=place_in_words(outline.mean(axis=0) - centre),
    )


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

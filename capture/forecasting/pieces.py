"""The silhouette's edge in pieces, with all pixels near each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.separation import box_around, place_in_words

#: The whole edge has about so many pieces; none is shorter than so many pixels.
_PIECES, _LEAST_LENGTH = 32, 24
#: Outlines of less length than this are specks.
_LEAST_OUTLINE = 40
#: Pixels up to this share of the width from the edge belong to it: hair and a soft rim lie there.
REACH_SHARE = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class EdgePieces:
    """Stretches of nearly equal length along every outline of a silhouette.

    Parameters
    ----------
    piece : (h, w) int32
        The number of the nearest piece; -1 farther from the edge than the reach.
    from_edge : (h, w) float32, pixels
    length : (K,) int64, pixels of the edge
    boxes : tuple of K (x, y, width, height), pixels
    places : tuple of K str
        Where on the subject, in words.
    """

    piece: npt.NDArray[np.int32]
    from_edge: npt.NDArray[np.float32]
    length: npt.NDArray[np.int64]
    boxes: tuple[tuple[int, int, int, int], ...]
    places: tuple[str, ...]


def edge_pieces(silhouette: npt.NDArray[np.bool_]) -> EdgePieces | None:
    """Cut a silhouette's outer edges into pieces, or return None when there is no edge.

    Parameters
    ----------
    silhouette : (h, w) bool, True on the subject

    Notes
    -----
    Where the frame cuts the subject there is no edge. Edges of holes within the subject are not
    walked.
    """
    import cv2

    height, width = silhouette.shape
    contours, _ = cv2.findContours(
        silhouette.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    outlines = [_within(contour[:, 0, :], width, height) for contour in contours]
    outlines = [outline for outline in outlines if len(outline) >= _LEAST_OUTLINE]
    if not outlines:
        return None
    wanted = max(_LEAST_LENGTH, sum(map(len, outlines)) / _PIECES)
    stretches = [
        stretch
        for outline in outlines
        for stretch in np.array_split(outline, max(1, round(len(outline) / wanted)))
    ]
    piece, from_edge = _nearest(stretches, (height, width))
    piece[from_edge > REACH_SHARE * width] = -1
    centre = np.concatenate(stretches).mean(axis=0)
    return EdgePieces(
        piece=piece,
        from_edge=from_edge,
        length=np.array([len(stretch) for stretch in stretches]),
        boxes=tuple(box_around(stretch) for stretch in stretches),
        places=tuple(place_in_words(stretch.mean(axis=0) - centre) for stretch in stretches),
    )


def _within(outline: npt.NDArray[np.int32], width: int, height: int) -> npt.NDArray[np.int64]:
    """Return an outline's points without those on the frame's rim."""
    x, y = outline[:, 0], outline[:, 1]
    inside = (x > 1) & (y > 1) & (x < width - 2) & (y < height - 2)
    return outline[inside].astype(np.int64)


def _nearest(
    stretches: list[npt.NDArray[np.int64]], shape: tuple[int, int]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return which stretch is nearest to each pixel, and how far it is."""
    import cv2

    off_edge = np.ones(shape, np.uint8)
    number = np.zeros(shape, np.int32)
    for k, stretch in enumerate(stretches):
        off_edge[stretch[:, 1], stretch[:, 0]] = 0
        number[stretch[:, 1], stretch[:, 0]] = k
    distance, label = cv2.distanceTransformWithLabels(
        off_edge, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    on_edge = off_edge == 0
    number_of_label = np.zeros(int(label.max()) + 1, np.int32)
    number_of_label[label[on_edge]] = number[on_edge]
    return number_of_label[label], distance

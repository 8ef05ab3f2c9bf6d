"""The ChArUco board: a chessboard whose white squares carry markers, so that part of it suffices.

Five by seven squares, few and large, since a depth sensor's camera is coarse: at a metre a square
of 50 mm is some 22 of its pixels wide, and a marker's module three.

References
----------
S. Garrido-Jurado et al., "Automatic generation and detection of highly reliable fiducial markers
under occlusion", Pattern Recognition 47, 2014, https://doi.org/10.1016/j.patcog.2014.01.005
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

#: Squares along the board's width and height.
SQUARES = (5, 7)

#: A marker's width, share of a square's.
_MARKER_SHARE = 0.75

#: Fewer corners of one picture tell no pose worth having.
LEAST_CORNERS = 8

_MILLIMETRES_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class Paper:
    """A sheet and the squares that are printed on it, millimetres."""

    width_mm: float
    height_mm: float
    square_mm: float


PAPERS = {
    "a3": Paper(297.0, 420.0, 50.0),
    "a4": Paper(210.0, 297.0, 35.0),
    "letter": Paper(215.9, 279.4, 35.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class BoardCorners:
    """Where the board's inner corners are in one picture.

    Parameters
    ----------
    numbers : (n,) int, which corners, in rising order
    pixels : (n, 2) float64, where, x to the right and y down, pixel centres at whole numbers
    size : (width, height) of the picture
    """

    numbers: npt.NDArray[np.int64]
    pixels: npt.NDArray[np.float64]
    size: tuple[int, int]


def _opencv_board(square: float) -> Any:
    import cv2

    words = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    return cv2.aruco.CharucoBoard(SQUARES, square, _MARKER_SHARE * square, words)


def corner_positions(square_m: float) -> npt.NDArray[np.float64]:
    """Return the (n, 3) inner corners in the board's own frame, metres, z = 0, by number."""
    return np.asarray(_opencv_board(square_m).getChessboardCorners(), np.float64)


def drawn_board(square_px: int) -> npt.NDArray[np.uint8]:
    """Return the board without a margin as a grey picture, squares `square_px` wide."""
    size = (SQUARES[0] * square_px, SQUARES[1] * square_px)
    return np.asarray(_opencv_board(1.0).generateImage(size), np.uint8)


def drawn_page(paper: Paper, dots_per_inch: int = 600) -> npt.NDArray[np.uint8]:
    """Return a page to print: the board in the middle, below it a ruler of 100 mm.

    Parameters
    ----------
    paper : Paper
    dots_per_inch : int

    Returns
    -------
    (H, W) uint8, 0 and 255

    Notes
    -----
    A square is a whole number of dots, so that it is off by half a dot at most: 0.06 % of 35 mm.
    """
    per_mm = dots_per_inch / _MILLIMETRES_PER_INCH
    page = np.full((round(paper.height_mm * per_mm), round(paper.width_mm * per_mm)), 255, np.uint8)
    board = drawn_board(round(paper.square_mm * per_mm))
    top, left = ((page.shape[i] - board.shape[i]) // 2 for i in (0, 1))
    # A little higher than the middle: the ruler wants its room.
    top -= round(2 * per_mm)
    page[top : top + board.shape[0], left : left + board.shape[1]] = board
    _draw_ruler(page, top + board.shape[0] + round(5 * per_mm), per_mm)
    return page


def _draw_ruler(page: npt.NDArray[np.uint8], top: int, per_mm: float) -> None:
    """Draw 100 mm with a tick each 10 mm; its outer ticks' outer edges are 100 mm apart."""
    left = (page.shape[1] - round(100 * per_mm)) // 2
    tick = round(0.3 * per_mm)
    page[top : top + tick, left : left + round(100 * per_mm)] = 0
    for ten in range(11):
        at = left + round(10 * ten * per_mm) - (tick if ten == 10 else 0)
        page[top : top + round(3 * per_mm), at : at + tick] = 0


def find_corners(grey: npt.NDArray[np.uint8]) -> BoardCorners | None:
    """Find the board's inner corners, to a fraction of a pixel.

    Parameters
    ----------
    grey : (H, W) uint8, encoded

    Returns
    -------
    BoardCorners or None
        None when fewer than `LEAST_CORNERS` are seen.

    Notes
    -----
    Markers are looked for in a reduced picture, whose modules are wide enough all the same, and
    corners refined on the full one. Fails on a board of which a module covers under two pixels.
    """
    import cv2

    scale = min(1.0, 1600 / max(grey.shape))
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    corners, numbers, _, _ = cv2.aruco.CharucoDetector(_opencv_board(1.0)).detectBoard(small)
    if numbers is None or len(numbers) < LEAST_CORNERS:
        return None
    order = np.argsort(numbers.ravel())
    numbers = numbers.ravel()[order]
    found = ((corners.reshape(-1, 2)[order] + 0.5) / scale - 0.5).astype(np.float32)
    apart = np.linalg.norm(found[:, None] - found[None], axis=-1)
    spacing = float(np.min(apart[apart > 0]))
    # Within the ring between a corner and the markers beside it: an eighth of a square is white.
    half = max(2, round(0.11 * spacing))
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 50, 0.001)
    cv2.cornerSubPix(grey, found, (half, half), (-1, -1), criteria)
    return BoardCorners(
        numbers.astype(np.int64), found.astype(np.float64), (grey.shape[1], grey.shape[0])
    )

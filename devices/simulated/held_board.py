"""Somebody in the simulated studio who holds up the calibration board, one pose after another.

The board is that of A3 paper. It is there while a sensor's own pictures are looked at, and is moved
on when it has been looked at often enough, however fast that goes.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from devices.frames import Extrinsics, Intrinsics

#: As `mattebox board` prints it: squares across and down, and their width.
SQUARES, SQUARE_M = (5, 7), 0.05
_MARKER_SHARE = 0.75
_SQUARE_PX, _MARGIN_PX = 60, 28
#: Reflectance of ink and paper.
_INK, _PAPER = 0.04, 0.8
#: Codes of ink and paper, and of the set about it, in a sensor's own pictures, and their noise.
_SEEN_INK, _SEEN_PAPER, _SEEN_SET, _SEEN_NOISE = 30.0, 215.0, 80.0, 1.5
#: Looks at a pose before the next, and how long after the last look the board is put down.
_LOOKS, _HELD_S = 6, 3.0
#: Rays along a pixel's side; the lens's own blur, pixels.
_ACROSS, _BLUR_PX = 3, 0.5
#: Where in the frame the board's middle is held, share of its sides, far places first.
_PLACES = (
    (0.32, 0.35), (0.68, 0.65), (0.68, 0.35), (0.32, 0.65), (0.5, 0.5),
    (0.5, 0.3), (0.5, 0.7), (0.3, 0.5), (0.7, 0.5),
)  # fmt: skip
_ROUNDS = 5

FloatImage = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SeenBoard:
    """A board in a view: the share of each pixel that it covers, and its share of white there."""

    cover: FloatImage
    white: FloatImage


class HeldBoard:
    """The board, and who holds it.

    Parameters
    ----------
    lens : Intrinsics
        Of the camera's live pictures, whose frame is filled with it.
    """

    def __init__(self, lens: Intrinsics) -> None:
        self._lens = lens
        self._poses = held_poses(lens)
        self._looks = 0
        self._looked_at = -float("inf")
        self._seen: tuple[int, SeenBoard] | None = None

    @property
    def number(self) -> int | None:
        """Which of the poses it is held in; None while it is put down."""
        if time.monotonic() - self._looked_at > _HELD_S:
            return None
        return self._looks // _LOOKS % len(self._poses)

    def before(self, linear: FloatImage, number: int, illuminance: float) -> FloatImage:
        """Return a live picture, linear light, with the board before it in that light."""
        if self._seen is None or self._seen[0] != number:
            self._seen = number, seen_board(self._poses[number], self._lens)
        seen = self._seen[1]
        board = illuminance * (_INK + (_PAPER - _INK) * seen.white)
        return np.asarray(linear + seen.cover[..., None] * (board[..., None] - linear))

    def looked_at(
        self, lens: Intrinsics, sensor_to_camera: Extrinsics, random: np.random.Generator
    ) -> npt.NDArray[np.uint8]:
        """Return the (H, W) picture, encoded, of a sensor's own camera, and count the look."""
        self._looked_at = time.monotonic()
        pose = self._poses[self._looks // _LOOKS % len(self._poses)]
        self._looks += 1
        back = sensor_to_camera.rotation.T
        seen = seen_board(
            Extrinsics(
                back @ pose.rotation, back @ (pose.translation_m - sensor_to_camera.translation_m)
            ),
            lens,
        )
        grey = _SEEN_INK + (_SEEN_PAPER - _SEEN_INK) * seen.white
        grey = _SEEN_SET + seen.cover * (grey - _SEEN_SET)
        grey = grey + _SEEN_NOISE * random.standard_normal(grey.shape, dtype=np.float32)
        return np.asarray(np.clip(np.rint(grey), 0, 255), np.uint8)


def held_poses(lens: Intrinsics) -> list[Extrinsics]:
    """Return poses all over a frame, board to camera, tilted by 20 to 35 degrees each way.

    The board is held about as large as the frame is high: a depth sensor's camera is coarse.
    """
    random = np.random.default_rng(7)
    size_m = np.array(SQUARES) * SQUARE_M
    middle = np.array([*size_m / 2, 0.0])
    found = []
    for _ in range(_ROUNDS):
        for across, down in _PLACES:
            distance = lens.fy * size_m[1] / lens.height * random.uniform(0.85, 1.3)
            turn = random.uniform(0, 2 * np.pi)
            tilt = np.radians(random.uniform(20, 35))
            axis = tilt * np.array([np.cos(turn), np.sin(turn), 0.0])
            axis[2] = np.radians(random.uniform(-60, 60))
            rotation = np.asarray(cv2.Rodrigues(axis)[0], np.float64)
            centre = distance * np.array(
                [
                    ((across + random.uniform(-0.05, 0.05)) * lens.width - lens.cx) / lens.fx,
                    ((down + random.uniform(-0.05, 0.05)) * lens.height - lens.cy) / lens.fy,
                    1.0,
                ]
            )
            found.append(Extrinsics(rotation, centre - rotation @ middle))
    return found


def seen_board(pose: Extrinsics, lens: Intrinsics) -> SeenBoard:
    """Return a board at a pose (its frame to the view's) as a view without distortion sees it."""
    n = _ACROSS
    fine = lens.scaled_to(n * lens.width, n * lens.height)
    matrix = np.array([[fine.fx, 0, fine.cx], [0, fine.fy, fine.cy], [0, 0, 1]])
    plane = np.column_stack([pose.rotation[:, :2], pose.translation_m])
    per_px = SQUARE_M / _SQUARE_PX
    first = (0.5 - _MARGIN_PX) * per_px
    to_board = np.array([[per_px, 0, first], [0, per_px, first], [0, 0, 1]])
    way, sheet = matrix @ plane @ to_board, _sheet()
    size = (fine.width, fine.height)
    cover, white = (
        cv2.GaussianBlur(
            cv2.resize(
                cv2.warpPerspective(drawn, way, size, flags=cv2.INTER_LINEAR),
                (lens.width, lens.height),
                interpolation=cv2.INTER_AREA,
            ).astype(np.float32),
            (0, 0),
            _BLUR_PX,
        )
        / np.float32(255)
        for drawn in (np.full_like(sheet, 255), sheet)
    )
    # What the sheet does not cover counts as black in `white`, and is no part of its share.
    return SeenBoard(cover, white / np.maximum(cover, np.float32(1e-3)))


def _sheet() -> npt.NDArray[np.uint8]:
    words = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    board = cv2.aruco.CharucoBoard(SQUARES, 1.0, _MARKER_SHARE, words)
    drawn = board.generateImage((SQUARES[0] * _SQUARE_PX, SQUARES[1] * _SQUARE_PX))
    margin = 4 * (_MARGIN_PX,)
    return np.asarray(cv2.copyMakeBorder(drawn, *margin, cv2.BORDER_CONSTANT, value=255), np.uint8)

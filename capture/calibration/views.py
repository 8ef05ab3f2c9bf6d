"""Which live views of the board are worth keeping, and what is still missing.

A view is kept when the board rests in both pictures and lies otherwise than in every view kept
before. After each the calibration is worked out anew, so that its verdict is known while the person
still stands there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.calibration.board import LEAST_CORNERS, BoardCorners
from capture.calibration.pair import LEAST_VIEWS, PairCalibration, calibrate_pair
from capture.counted import counted
from devices.frames import Intrinsics

#: Views until the calibration is said to be done; good ones before that are told as such.
ENOUGH_VIEWS = 25
#: The board rests when its corners move by less than this from one look to the next, share of the
#: picture's width, for so many looks.
_REST_SHARE, _REST_LOOKS = 0.0015, 2
#: A view is new when its corners lie this far, on average, from where any kept view has them.
_NEW_SHARE = 0.04
#: Parts of the frame that are named to the person, by rows.
_ROWS = (("top left", "top", "top right"), ("left", "middle", "right"),
         ("bottom left", "bottom", "bottom right"))  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """What a look at the board has brought.

    Parameters
    ----------
    camera_corners, sensor_corners : int
        Corners seen, 0 when the board is not.
    at_rest : bool
    taken : bool
        This look was kept as a view.
    views : int
        Kept so far.
    missing : str or None
        The part of the photograph where the board was least; None before the first view.
    found : PairCalibration or None
        What the views so far determine; None while they are too few.
    """

    camera_corners: int
    sensor_corners: int
    at_rest: bool
    taken: bool
    views: int
    missing: str | None
    found: PairCalibration | None

    @property
    def done(self) -> bool:
        """There are enough views and nothing is wrong with what they determine."""
        return self.views >= ENOUGH_VIEWS and self.found is not None and not self.found.faults()

    def words(self) -> str:
        """Return what to tell the person who holds the board."""
        if not (self.camera_corners and self.sensor_corners):
            blind = [
                name
                for name, corners in (
                    ("camera", self.camera_corners), ("depth sensor", self.sensor_corners)
                )
                if not corners
            ]  # fmt: skip
            return f"the {' and the '.join(blind)} cannot see the board"
        if self.taken:
            good = self.found is not None and not self.found.faults()
            return f"view {self.views} taken{', good' if good else ''}; next: {self.missing}"
        if not self.at_rest:
            return f"{counted(self.camera_corners, 'corner')}; hold it still"
        return f"such a view is there already; turn it, or move it to the {self.missing}"


class BoardViews:
    """Keeps views of the board, one look after another.

    Parameters
    ----------
    sensor_lens : Intrinsics
        The depth map's lens, which the sensor's pictures share.
    square_m : float
        Width of a square as measured on the paper, metres.
    """

    def __init__(self, sensor_lens: Intrinsics, square_m: float) -> None:
        self._lens, self._square_m = sensor_lens, square_m
        self._kept: list[tuple[BoardCorners, BoardCorners]] = []
        self._before: tuple[BoardCorners, BoardCorners] | None = None
        self._resting = 0
        self.found: PairCalibration | None = None

    def look(self, camera: BoardCorners | None, sensor: BoardCorners | None) -> Progress:
        """Take in the board as both see it at one moment; None where it is not seen.

        Raises
        ------
        MismatchError
            When the pictures' sizes have changed.
        """
        both = None if camera is None or sensor is None else (camera, sensor)
        still = both is not None and self._before is not None and all(
            _apart(one, other) < _REST_SHARE for one, other in zip(both, self._before, strict=True)
        )  # fmt: skip
        self._before, self._resting = both, self._resting + 1 if still else 0
        at_rest = self._resting >= _REST_LOOKS
        taken = both is not None and at_rest and self._is_new(both)
        if both is not None and taken:
            self._kept.append(both)
            if len(self._kept) >= LEAST_VIEWS:
                photographs, pictures = zip(*self._kept, strict=True)
                self.found = calibrate_pair(photographs, pictures, self._lens, self._square_m)
        return Progress(
            0 if camera is None else len(camera.numbers),
            0 if sensor is None else len(sensor.numbers),
            at_rest,
            taken,
            len(self._kept),
            missing_part([camera for camera, _ in self._kept]) if self._kept else None,
            self.found,
        )

    def _is_new(self, both: tuple[BoardCorners, BoardCorners]) -> bool:
        camera, sensor = both
        if len(np.intersect1d(camera.numbers, sensor.numbers)) < LEAST_CORNERS:
            return False
        return all(_apart(camera, kept) > _NEW_SHARE for kept, _ in self._kept)


def _apart(one: BoardCorners, other: BoardCorners) -> float:
    """Return how far corners that both have lie apart on average, share of the width.

    Infinite where fewer are shared than tell a pose.
    """
    shared, first, second = np.intersect1d(one.numbers, other.numbers, return_indices=True)
    if len(shared) < LEAST_CORNERS:
        return float("inf")
    away = np.linalg.norm(one.pixels[first] - other.pixels[second], axis=1)
    return float(away.mean() / one.size[0])


def missing_part(photographs: list[BoardCorners]) -> str:
    """Return the ninth of the frame in which the fewest corners were seen, in words."""
    width, height = photographs[0].size
    pixels: npt.NDArray[np.float64] = np.concatenate([seen.pixels for seen in photographs])
    cells = np.clip(np.floor((pixels + 0.5) * 3 / (width, height)).astype(int), 0, 2)
    counts = np.bincount(3 * cells[:, 1] + cells[:, 0], minlength=9)
    row, column = divmod(int(counts.argmin()), 3)
    return _ROWS[row][column]

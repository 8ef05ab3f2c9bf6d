"""A tethered lens, and where a depth sensor stands beside it, from pictures of one board.

References
----------
Z. Zhang, "A flexible new technique for camera calibration", IEEE PAMI 22, 2000,
https://doi.org/10.1109/34.888718
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.calibration.board import LEAST_CORNERS, BoardCorners, corner_positions
from capture.counted import counted
from devices.frames import Calibration, Extrinsics, Intrinsics
from matting.imaging.errors import MismatchError

#: A lens has nine unknowns and each pose six; three tilts determine them, five bear noise.
LEAST_VIEWS = 5

#: Cells across and down in which the frame's coverage is counted.
_CELLS = (8, 6)

#: What a good calibration keeps: camera's error as a share of the picture's width (a pixel of
#: 6000), sensor's in its pixels, share of cells seen, spread of the board's normals.
_CAMERA_ERROR_SHARE = 1 / 6000
_SENSOR_ERROR_PX = 0.3
_COVERAGE = 0.5
_TILT_DEG = 15.0


@dataclass(frozen=True, slots=True, eq=False)
class PairCalibration:
    """A calibration and how far it can be believed.

    Parameters
    ----------
    calibration : Calibration
    camera_error_px, sensor_error_px : float
        Root mean square distance of a found corner from where the calibration puts it, pixels.
    coverage : float
        Share of a grid of 8 x 6 cells of the photograph in which a corner was seen.
    tilt_deg : float
        Median angle between the board's normals and their mean, degrees.
    views : int
    """

    calibration: Calibration
    camera_error_px: float
    sensor_error_px: float
    coverage: float
    tilt_deg: float
    views: int

    def words(self) -> tuple[str, ...]:
        """Return in words how far it can be believed, its faults last."""
        told = [
            f"{self.views} pairs; camera off by {self.camera_error_px:.2f} px, sensor by "
            f"{self.sensor_error_px:.2f} px; {self.coverage:.0%} of the frame seen"
        ]
        late_s = self.calibration.sensor_late_s
        if late_s is not None:
            told.append(f"the sensor's pictures come {1000 * late_s:+.0f} ms after the camera's")
        return (*told, *self.faults())

    def faults(self) -> tuple[str, ...]:
        """Return in words what keeps this from being a good calibration; empty when it is."""
        found = []
        if self.camera_error_px > _CAMERA_ERROR_SHARE * self.calibration.camera.width:
            found.append(
                f"photographs are off by {self.camera_error_px:.2f} px: "
                "keep board and camera still, focus on the board, leave zoom and focus alone"
            )
        if self.sensor_error_px > _SENSOR_ERROR_PX:
            found.append(
                f"the sensor's pictures are off by {self.sensor_error_px:.2f} px: "
                "check its intrinsics and that both pictures of a pair are of one moment"
            )
        if self.coverage < _COVERAGE:
            found.append(
                f"the board was seen in {self.coverage:.0%} of the frame: "
                "hold it into the corners too"
            )
        if self.tilt_deg < _TILT_DEG:
            found.append(
                f"the board was tilted by {self.tilt_deg:.0f} degrees: tilt it by 20 to 40"
            )
        return tuple(found)


def calibrate_pair(
    photographs: Sequence[BoardCorners],
    sensor_pictures: Sequence[BoardCorners],
    sensor_lens: Intrinsics,
    square_m: float,
) -> PairCalibration:
    """Determine the camera's lens and the motion from the sensor's frame into the camera's.

    Parameters
    ----------
    photographs : sequence of BoardCorners
        The board in the tethered camera's pictures, all of one size.
    sensor_pictures : sequence of BoardCorners
        The board at the same moments in pictures that share the depth map's lens.
    sensor_lens : Intrinsics
        The depth map's lens, without distortion, as the sensor states it.
    square_m : float
        Width of a square as measured on the paper, metres.

    Returns
    -------
    PairCalibration

    Raises
    ------
    MismatchError
        With fewer than `LEAST_VIEWS` pairs, photographs of several sizes, or pairs that show too
        few corners in common.

    Notes
    -----
    First the lens from the photographs alone, since they are the sharper ones, then the motion
    with both lenses held. k3 is held at 0: corners seldom reach where it would be told from k2.
    Fails on a board held parallel to the picture in every pair: focal
    length and distance then cannot be told apart, which `PairCalibration.faults` tells.
    """
    import cv2

    _must_be_enough(photographs, sensor_pictures)
    corners = corner_positions(square_m)
    size = photographs[0].size
    error, matrix, distortion, turns, shifts = cv2.calibrateCamera(
        [_object(corners, seen.numbers) for seen in photographs],
        [_image(seen.pixels) for seen in photographs],
        size,
        None,
        None,
        flags=cv2.CALIB_FIX_K3,
    )
    lens = sensor_lens.scaled_to(*sensor_pictures[0].size)
    shared = [_shared(a, b) for a, b in zip(photographs, sensor_pictures, strict=True)]
    _, _, _, _, _, rotation, translation, _, _ = cv2.stereoCalibrate(
        [_object(corners, numbers) for numbers, _, _ in shared],
        [_image(sensor) for _, _, sensor in shared],
        [_image(camera) for _, camera, _ in shared],
        _matrix(lens),
        np.zeros(5),
        matrix.copy(),
        distortion.copy(),
        size,
        flags=cv2.CALIB_FIX_INTRINSIC,
        criteria=(cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 200, 1e-9),
    )
    motion = Extrinsics(np.asarray(rotation), np.asarray(translation).reshape(3))
    camera = Intrinsics(matrix[0, 0], matrix[1, 1], matrix[0, 2], matrix[1, 2], *size)
    return PairCalibration(
        Calibration(camera, motion, tuple(map(float, np.ravel(distortion)[:5]))),
        camera_error_px=float(error),
        sensor_error_px=_sensor_error(sensor_pictures, turns, shifts, motion, lens, corners),
        coverage=_coverage(photographs),
        tilt_deg=_tilt_deg(turns),
        views=len(photographs),
    )


def _must_be_enough(
    photographs: Sequence[BoardCorners], sensor_pictures: Sequence[BoardCorners]
) -> None:
    if len(photographs) < LEAST_VIEWS:
        pairs = counted(len(photographs), "pair")
        raise MismatchError(
            "calibration",
            f"the board is seen in {pairs}; {LEAST_VIEWS} are the least",
            "give 25 pairs with the board tilted and in all parts of the frame",
        )
    for pictures in (photographs, sensor_pictures):
        if len({seen.size for seen in pictures}) > 1:
            raise MismatchError(
                "calibration", "the pictures have several sizes", "leave resolution and zoom alone"
            )


def _shared(
    camera: BoardCorners, sensor: BoardCorners
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the corners that both see: their numbers, the camera's and the sensor's pixels."""
    numbers, first, second = np.intersect1d(camera.numbers, sensor.numbers, return_indices=True)
    if len(numbers) < LEAST_CORNERS:
        raise MismatchError(
            "calibration",
            f"camera and sensor share {counted(len(numbers), 'corner')} of a pair",
            "hold the board where both see most of it, or leave that pair out",
        )
    return numbers, camera.pixels[first], sensor.pixels[second]


def _sensor_error(
    pictures: Sequence[BoardCorners],
    turns: Sequence[npt.NDArray[np.float64]],
    shifts: Sequence[npt.NDArray[np.float64]],
    motion: Extrinsics,
    lens: Intrinsics,
    corners: npt.NDArray[np.float64],
) -> float:
    """Return the RMS distance of the sensor's corners from the poses that the camera saw."""
    import cv2

    squares: list[float] = []
    for seen, turn, shift in zip(pictures, turns, shifts, strict=True):
        in_camera = corners[seen.numbers] @ cv2.Rodrigues(turn)[0].T + shift.reshape(3)
        in_sensor = (in_camera - motion.translation_m) @ motion.rotation
        put = in_sensor[:, :2] / in_sensor[:, 2:] * (lens.fx, lens.fy) + (lens.cx, lens.cy)
        squares.extend(((put - seen.pixels) ** 2).sum(axis=1))
    return float(np.sqrt(np.mean(squares)))


def _coverage(photographs: Sequence[BoardCorners]) -> float:
    width, height = photographs[0].size
    pixels = np.concatenate([seen.pixels for seen in photographs])
    cells = np.floor((pixels + 0.5) * _CELLS / (width, height)).astype(int)
    return len(np.unique(cells, axis=0)) / (_CELLS[0] * _CELLS[1])


def _tilt_deg(turns: Sequence[npt.NDArray[np.float64]]) -> float:
    import cv2

    normals = np.array([cv2.Rodrigues(turn)[0][:, 2] for turn in turns])
    mean = normals.mean(axis=0)
    cosines = normals @ (mean / np.linalg.norm(mean))
    return float(np.degrees(np.median(np.arccos(np.clip(cosines, -1.0, 1.0)))))


def _object(
    corners: npt.NDArray[np.float64], numbers: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    return corners[numbers].astype(np.float32)


def _image(pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    return pixels.astype(np.float32)


def _matrix(lens: Intrinsics) -> npt.NDArray[np.float64]:
    return np.array([[lens.fx, 0, lens.cx], [0, lens.fy, lens.cy], [0, 0, 1]])

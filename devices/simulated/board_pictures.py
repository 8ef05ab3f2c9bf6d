"""Pictures of a flat board at known poses: homography, lens distortion, blur and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.frames import Extrinsics, Intrinsics

#: Codes of ink, of paper, and of what lies about the sheet.
_INK, _PAPER, _ABOUT = 30.0, 220.0, 90.0


@dataclass(frozen=True, slots=True)
class BoardCamera:
    """A lens that photographs a board.

    Parameters
    ----------
    lens : Intrinsics
    distortion : tuple of 5 floats
        k1, k2, p1, p2, k3.
    blur_px, noise : float
        Standard deviations, pixels and 8-bit codes.
    across : int
        Rays along a pixel's side; their mean is its value.
    """

    lens: Intrinsics
    distortion: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)
    blur_px: float = 0.7
    noise: float = 2.0
    across: int = 2

    def rays(self) -> npt.NDArray[np.float64]:
        """Return the (across * H, across * W, 2) normalised directions of the rays."""
        import cv2

        lens = self.lens.scaled_to(self.across * self.lens.width, self.across * self.lens.height)
        matrix = np.array([[lens.fx, 0, lens.cx], [0, lens.fy, lens.cy], [0, 0, 1]])
        pixels = np.dstack(np.meshgrid(np.arange(lens.width), np.arange(lens.height)))
        flat = pixels.reshape(-1, 1, 2).astype(np.float64)
        directions = cv2.undistortPoints(flat, matrix, np.array(self.distortion))
        return np.asarray(directions, np.float64).reshape(lens.height, lens.width, 2)

    def photograph(
        self,
        rays: npt.NDArray[np.float64],
        board: npt.NDArray[np.uint8],
        square_px: int,
        square_m: float,
        pose: Extrinsics,
        rng: np.random.Generator,
    ) -> npt.NDArray[np.uint8]:
        """Photograph a board, with a square's width of paper about it.

        Parameters
        ----------
        rays : as `rays` returns them, which are the same for every picture
        board : (h, w) uint8, 0 = ink, 255 = paper
        square_px, square_m : width of a square in `board`, and in the world in metres
        pose : Extrinsics
            The board's frame (origin in its first corner, z into it) to the camera's.
        rng : numpy.random.Generator

        Returns
        -------
        (H, W) uint8, encoded
        """
        import cv2

        back = np.linalg.inv(np.column_stack([pose.rotation[:, :2], pose.translation_m]))
        u, v, w = (row[0] * rays[..., 0] + row[1] * rays[..., 1] + row[2] for row in back)
        margin = 4 * (square_px,)
        sheet = cv2.copyMakeBorder(board, *margin, cv2.BORDER_CONSTANT, value=255)
        sheet = _INK + sheet.astype(np.float32) * ((_PAPER - _INK) / 255)
        to_px = square_px / square_m
        fine = cv2.remap(
            sheet,
            (u / w * to_px + square_px - 0.5).astype(np.float32),
            (v / w * to_px + square_px - 0.5).astype(np.float32),
            cv2.INTER_LINEAR,
            borderValue=_ABOUT,
        )
        size = (self.lens.width, self.lens.height)
        grey = cv2.resize(fine, size, interpolation=cv2.INTER_AREA)
        grey = cv2.GaussianBlur(grey, (0, 0), self.blur_px)
        grey += self.noise * rng.standard_normal(grey.shape, dtype=np.float32)
        return np.asarray(np.clip(np.rint(grey), 0, 255), np.uint8)


def tilted_poses(
    count: int, board_m: tuple[float, float], distance_m: float, rng: np.random.Generator
) -> list[Extrinsics]:
    """Return poses of a board tilted by 15 to 40 degrees, all over a frame 50 degrees wide.

    Parameters
    ----------
    count : int
    board_m : (width, height) of the board, metres
    distance_m : float
        Of the board's middle; from 0.6 to 1.2 times of it, metres.
    rng : numpy.random.Generator
    """
    import cv2

    found = []
    for angle in 2 * np.pi * np.arange(count) / count:
        tilt = np.radians(rng.uniform(15, 40))
        axis = tilt * np.array([np.cos(3 * angle), np.sin(3 * angle), rng.uniform(-0.3, 0.3)])
        rotation = np.asarray(cv2.Rodrigues(axis)[0], np.float64)
        distance = distance_m * rng.uniform(0.6, 1.2)
        ring = 0.3 * distance * rng.uniform(0.4, 1.0)
        centre = np.array([ring * np.cos(angle), 0.75 * ring * np.sin(angle), distance])
        middle = np.array([board_m[0] / 2, board_m[1] / 2, 0.0])
        found.append(Extrinsics(rotation, centre - rotation @ middle))
    return found


def seen_by_sensor(pose: Extrinsics, sensor_to_camera: Extrinsics) -> Extrinsics:
    """Return the pose in the sensor's frame of a board whose pose in the camera's is given."""
    turn = sensor_to_camera.rotation.T
    return Extrinsics(
        turn @ pose.rotation, turn @ (pose.translation_m - sensor_to_camera.translation_m)
    )

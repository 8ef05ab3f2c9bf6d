"""Error of a calibration against the truth, on rendered boards (simulated).

python -m bench.calibration [--views N]
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import cv2
import numpy as np

from capture.calibration.board import SQUARES, drawn_board, find_corners
from capture.calibration.pair import PairCalibration, calibrate_pair
from devices.frames import Extrinsics, Intrinsics
from devices.simulated.board_pictures import BoardCamera, seen_by_sensor, tilted_poses

SQUARE_M, SQUARE_PX = 0.05, 100

CAMERA = BoardCamera(
    Intrinsics(1560.0, 1562.0, 741.0, 508.0, 1500, 1000), (-0.12, 0.08, 0.0006, -0.0004, 0.0)
)
SENSOR = BoardCamera(Intrinsics(450.0, 450.0, 321.0, 198.0, 640, 400), blur_px=0.5, across=4)
STANDS = Extrinsics(cv2.Rodrigues(np.radians([1.5, -4.0, 0.8]))[0], np.array([0.085, -0.03, 0.012]))


def calibrated(views: int, noise: float, seed: int) -> PairCalibration:
    """Photograph the board at as many poses with both devices and calibrate."""
    rng = np.random.default_rng(seed)
    pictures = []
    rays = [device.rays() for device in (CAMERA, SENSOR)]
    board = drawn_board(SQUARE_PX)
    size_m = (SQUARES[0] * SQUARE_M, SQUARES[1] * SQUARE_M)
    for pose in tilted_poses(views, size_m, 1.0, rng):
        both = (pose, seen_by_sensor(pose, STANDS))
        pair = [
            find_corners(
                replace(device, noise=noise).photograph(r, board, SQUARE_PX, SQUARE_M, at, rng)
            )
            for device, r, at in zip((CAMERA, SENSOR), rays, both, strict=True)
        ]
        if all(pair):
            pictures.append(pair)
    camera, sensor = zip(*pictures, strict=True)
    return calibrate_pair(camera, sensor, SENSOR.lens, SQUARE_M)


def errors(found: PairCalibration) -> tuple[float, float]:
    """Return degrees of rotation, and millimetres that a point a metre away lands off."""
    motion = found.calibration.depth_to_camera
    turn = cv2.Rodrigues(motion.rotation @ STANDS.rotation.T)[0]
    shift_mm = 1000 * np.linalg.norm(motion.translation_m - STANDS.translation_m)
    return float(np.degrees(np.linalg.norm(turn))), float(shift_mm)


def main() -> None:
    """Print a table of noise against error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--views", type=int, default=25)
    views = parser.parse_args().views
    print(
        "| noise, codes | pairs | rotation, degrees | translation, mm | camera, px | sensor, px |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for noise in (1.0, 2.0, 4.0, 8.0):
        runs = [calibrated(views, noise, seed) for seed in range(3)]
        worst = np.max([errors(run) for run in runs], axis=0)
        print(
            f"| {noise:.0f} | {min(run.views for run in runs)} | {worst[0]:.3f} | {worst[1]:.2f} "
            f"| {max(run.camera_error_px for run in runs):.2f} "
            f"| {max(run.sensor_error_px for run in runs):.2f} |"
        )


if __name__ == "__main__":
    main()

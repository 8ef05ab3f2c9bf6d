"""Speed of laying a 640 x 400 depth map on a photograph, beside `cv2.registerDepth`.

Ours is drawn on a grid as fine as the sensor's pixels; OpenCV's on the size that is named, one
point a reading. Both take the same synthetic set, through the same distorted lens.

    python -m bench.registration [--repeats N]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np

from capture.rasteriser import draw_surface
from capture.registration import SURFACE_STEP_SHARE, back_project, project, register
from devices.frames import Calibration, DepthFrame, DepthNoise, Extrinsics, Intrinsics

SENSOR = Intrinsics(450.0, 450.0, 319.5, 199.5, 640, 400)
SHIFT_M = np.array([0.09, 0.02, 0.0])
BENT = (-0.1, 0.05, 0.0, 0.0, 0.0)


def synthetic_depth() -> np.ndarray:
    """Return a ball before a wall that runs away, metres."""
    v, u = np.mgrid[:400, :640].astype(np.float32)
    wall = 3.0 + 0.002 * (u - 320)
    near = (u - 300) ** 2 + (v - 200) ** 2 < 120**2
    return np.where(near, 1.8 + 1e-5 * ((u - 300) ** 2 + (v - 200) ** 2), wall).astype(np.float32)


def drawn_at(depth_m: np.ndarray, lens: Intrinsics) -> np.ndarray:
    """Draw the surface at the photograph's own size."""
    points = back_project(depth_m, SENSOR) + SHIFT_M.astype(np.float32)
    u, v = project(points, lens, BENT)
    sure = np.ones_like(depth_m)
    return draw_surface(
        u, v, points[..., 2], sure, lens.width, lens.height, SURFACE_STEP_SHARE
    ).depth_m


def opencv_at(depth_m: np.ndarray, lens: Intrinsics) -> np.ndarray:
    """Let OpenCV place each reading."""
    motion = np.eye(4)
    motion[:3, 3] = SHIFT_M
    first, second = (
        np.array([[one.fx, 0, one.cx], [0, one.fy, one.cy], [0, 0, 1]]) for one in (SENSOR, lens)
    )
    size = (lens.width, lens.height)
    return cv2.registerDepth(first, second, np.array(BENT), motion, depth_m, size)


def timed(work: Callable[[], np.ndarray], repeats: int) -> tuple[float, float]:
    """Return the median milliseconds and the share of pixels with depth."""
    work()  # compiles
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds), float((np.nan_to_num(result) > 0).mean())


def main() -> None:
    """Print a table of sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    depth = synthetic_depth()
    frame = DepthFrame(depth, None, SENSOR, DepthNoise(linear=0.003))
    print("| photograph | method | ms | over registerDepth | filled |")
    print("| --- | --- | --- | --- | --- |")
    for width, height in ((1280, 800), (6000, 4000)):
        lens = Intrinsics(900.0, 900.0, 639.5, 399.5, 1280, 800).scaled_to(width, height)
        stands = Calibration(lens, Extrinsics(np.eye(3), SHIFT_M), BENT)
        ways: dict[str, Callable[[], np.ndarray]] = {
            "cv2.registerDepth": lambda lens=lens: opencv_at(depth, lens),
            "surface, at the photograph's size": lambda lens=lens: drawn_at(depth, lens),
            "mattebox, at the sensor's": lambda at=stands: register(frame, at).depth_m,
        }
        measured = {name: timed(work, repeats) for name, work in ways.items()}
        peer = measured["cv2.registerDepth"][0]
        for name, (ms, filled) in measured.items():
            print(f"| {width}x{height} | {name} | {ms:.0f} | {ms / peer:.2f} | {filled:.0%} |")


if __name__ == "__main__":
    main()

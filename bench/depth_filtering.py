"""What filtering does to a simulated sensor's map, against the traced truth (simulated).

Flying is a reading that hangs between two surfaces: farther than four deviations from everything
that the sensor's rays meet in the 3x3 pixels about it, and between the nearest and the farthest of
that. On surfaces (three pixels from any step) error is against the ray through the pixel's middle.
Moving: a ball of 0.3 m before a wall, six pixels a frame.

    python -m bench.depth_filtering [--set NAME]... [--frames N]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np

from bench.registration_truth import scores
from capture.depth_filtering import filtered, flying_pixels, temporal_median, without_steps
from capture.depth_smoothing import smoothed
from devices.frames import DepthFrame
from devices.simulated.depth_models import (
    SENSOR_MODELS,
    SensorModel,
    SensorView,
    SimulatedDepth,
    sensor_view,
)
from devices.simulated.rendering import Renderer
from devices.simulated.scenes import make_scene

SETS = ("portrait", "product", "full-length", "two-subjects")
_FINE = 3


def met_around(fine_m: np.ndarray) -> np.ndarray:
    """Return (h, w, 81) depths that the rays of the 3x3 pixels about each one meet."""
    height, width = (side // _FINE for side in fine_m.shape)
    padded = np.pad(fine_m, _FINE, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3 * _FINE, 3 * _FINE))
    return windows[::_FINE, ::_FINE].reshape(height, width, -1)


def truly_flying(depth_m: np.ndarray, sigma_m: np.ndarray, met_m: np.ndarray) -> np.ndarray:
    """Return the readings where nothing is."""
    away = np.abs(met_m - np.nan_to_num(depth_m)[..., None]).min(axis=-1)
    between = (depth_m > met_m.min(axis=-1)) & (depth_m < met_m.max(axis=-1))
    return between & (away > 4 * sigma_m)


def frames_of(view: SimulatedDepth, model: SensorModel, count: int) -> list[DepthFrame]:
    """Return so many frames."""
    return [DepthFrame(*view.read(), model.lens, model.noise) for _ in range(count)]


def milliseconds(work: Callable[[], object]) -> float:
    """Return the median time of five runs, the first of which compiles and does not count."""
    work()
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds)


def off_mm(depth_m: np.ndarray, true_m: np.ndarray, where: np.ndarray) -> float:
    """Return the root mean square error, millimetres."""
    return float(1000 * np.sqrt(np.nanmean((depth_m - true_m)[where] ** 2)))


def still(name: str, count: int) -> None:
    """Print flying pixels and noise of a set at rest."""
    renderer = Renderer(make_scene(name))
    for sensor, model in SENSOR_MODELS.items():
        view = sensor_view(renderer, model)
        reading = SimulatedDepth(view, model)
        frames, true_m = frames_of(reading, model, count), reading.true_depth_m
        one, sigma_m = frames[-1].depth_m, model.noise.sigma_m(frames[-1].depth_m)
        met_m = met_around(view.depth_m)
        flying, known = truly_flying(one, sigma_m, met_m), np.isfinite(one)
        ours = scores(flying_pixels(one, sigma_m), flying, known)
        both_sides = scores(np.isnan(without_steps(one, sigma_m)) & known, flying, known)
        median, all_of_it = temporal_median(frames), filtered(frames)
        steps = (np.ptp(met_m, axis=-1) > 0.02 * true_m).astype(np.uint8)
        flat = cv2.dilate(steps, np.ones((5, 5), np.uint8)) == 0
        left = truly_flying(all_of_it.depth_m, sigma_m, met_m).sum() / max(flying.sum(), 1)
        smooth = smoothed(one, sigma_m, frames[-1].confidence)
        errors = [off_mm(each, true_m, flat) for each in (one, median.depth_m, smooth)]
        errors.append(off_mm(all_of_it.depth_m, true_m, flat))
        stated = 1000 * float(np.sqrt(np.nanmean(all_of_it.noise.sigma_m(true_m[flat]) ** 2)))
        took = milliseconds(lambda frames=frames: filtered(frames))
        cells = [f"{share:.2f}" for share in (*ours, *both_sides, left)]
        cells += [f"{error:.1f}" for error in (*errors, stated)]
        print(
            f"| {name} | {sensor} | {flying.mean():.2%} | " + " | ".join(cells) + f" | {took:.0f} |"
        )


def moving(count: int) -> None:
    """Print the error about a ball that moves, of the plain median and of ours."""
    for sensor, model in SENSOR_MODELS.items():
        fine = model.lens.scaled_to(_FINE * model.lens.width, _FINE * model.lens.height)
        v, u = np.mgrid[: fine.height, : fine.width]
        frames = []
        for k in range(count):
            place = fine.cx + _FINE * 6 * (k - count // 2)
            radius = 0.15 * fine.fx / 2.0
            ball = (u - place) ** 2 + (v - fine.cy) ** 2 < radius**2
            reading = SimulatedDepth(SensorView(np.where(ball, 2.0, 3.5)), model)
            frames += frames_of(reading, model, 1)
        true_m = reading.true_depth_m
        box = np.ones((3, 3), np.uint8)
        flat = cv2.dilate(true_m, box) == cv2.erode(true_m, box)
        near = flat & (cv2.dilate((true_m < 3).astype(np.uint8), np.ones((61, 61))) > 0)
        plain = np.nanmedian(np.stack([frame.depth_m for frame in frames]), axis=0)
        wrong = [
            float((np.abs(each - true_m)[near] > 0.3).mean())
            for each in (plain, temporal_median(frames).depth_m, frames[-1].depth_m)
        ]
        print(f"| {sensor} | " + " | ".join(f"{share:.2%}" for share in wrong) + " |")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--set", action="append", help="one set by its name")
    parser.add_argument("--frames", type=int, default=5)
    options = parser.parse_args()
    print(
        "| set | sensor | flying | precision | recall | both sides: precision | recall "
        "| flying left | mm: one frame | median | smoothed | all | stated | ms |"
    )
    print("|---" * 14 + "|")
    for name in options.set or SETS:
        still(name, options.frames)
    print("\n| sensor | plain median wrong | gated | newest frame |\n|---|---|---|---|")
    moving(options.frames)


if __name__ == "__main__":
    main()

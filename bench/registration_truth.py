"""Which camera pixels a depth sensor cannot see, and how wide its pixels are there (simulated).

The sets are traced exactly: a point of the camera's picture is hidden when the ray from the sensor
to it meets something nearer, and the width of a sensor's pixel follows from the tangent plane of
what is seen. The map is the sensor's, without its errors and with them (the median of five). What
lies within half a pixel of the sensor of the border of what is hidden cannot be told from the map;
the last columns leave it out.

    python -m bench.registration_truth [--set NAME]...
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import cv2
import numpy as np

from capture.depth_filtering import temporal_median
from capture.registration import RegisteredDepth, register
from devices.frames import Calibration, DepthFrame
from devices.simulated.depth_models import SENSOR_MODELS, SensorModel, SimulatedDepth, sensor_view
from devices.simulated.rendering import Renderer, camera_rays
from devices.simulated.scenes import make_scene

SETS = ("portrait", "product", "full-length", "two-subjects")


@dataclass(frozen=True, slots=True, eq=False)
class SensorTruth:
    """What is true at each pixel of the camera's grid, (h, w) each.

    `hidden` (bool) from the sensor by something nearer; `in_view` (bool) of the sensor's frame;
    `footprint_px` (float) width of a sensor's pixel, pixels of the grid.
    """

    hidden: np.ndarray
    in_view: np.ndarray
    footprint_px: np.ndarray


def sensor_truth(renderer: Renderer, model: SensorModel, width: int, height: int) -> SensorTruth:
    """Trace what the sensor sees of each pixel of the camera."""
    lens, shape, pose = (
        renderer.lens(width, height),
        (height, width),
        renderer.scene.sensor_to_camera,
    )
    rays = np.column_stack([camera_rays(lens), np.ones(width * height)])
    seen = renderer.geometry(rays[:, :2], shape, np.zeros(3), np.eye(3))
    normals = seen.normals.reshape(-1, 3).astype(float)
    heights = (normals * rays).sum(axis=1) * seen.depth_m.ravel()

    def sensor_px(offset: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
        """Return place and distance, for the sensor, of the tangent plane beside each pixel."""
        beside = rays + np.array([offset[0] / lens.fx, offset[1] / lens.fy, 0.0])
        points = beside * (heights / (normals * beside).sum(axis=1))[:, None]
        points = (points - pose.translation_m) @ pose.rotation
        focal, centre = (model.lens.fx, model.lens.fy), (model.lens.cx, model.lens.cy)
        return points[:, :2] / points[:, 2:] * focal + centre, points[:, 2]

    place, distance = sensor_px((0.0, 0.0))
    across = sensor_px((0.5, 0.0))[0] - sensor_px((-0.5, 0.0))[0]
    down = sensor_px((0.0, 0.5))[0] - sensor_px((0.0, -0.5))[0]
    area = np.abs(across[:, 0] * down[:, 1] - across[:, 1] * down[:, 0])
    inside = (place > 0) & (place < (model.lens.width - 1, model.lens.height - 1))
    directions = (place - (model.lens.cx, model.lens.cy)) / (model.lens.fx, model.lens.fy)
    first = renderer.geometry(
        np.nan_to_num(directions), shape, pose.translation_m, pose.rotation
    ).depth_m
    return SensorTruth(
        first < distance.reshape(shape) * (1 - 1e-4),
        inside.all(axis=1).reshape(shape),
        1 / np.sqrt(area.reshape(shape)),
    )


def scores(found: np.ndarray, true: np.ndarray, where: np.ndarray) -> tuple[float, float]:
    """Return precision and recall within `where`."""
    right = (found & true & where).sum()
    return right / max((found & where).sum(), 1), right / max((true & where).sum(), 1)


def off_border(mask: np.ndarray, distance_px: float) -> np.ndarray:
    """Return (h, w) bool: farther than that from the mask's border, on either side."""
    sides = [
        cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        for side in (mask, ~mask)
    ]
    return np.maximum(*sides) > distance_px


def maps(
    view: SimulatedDepth, model: SensorModel, calibration: Calibration
) -> dict[str, RegisteredDepth]:
    """Return the registered map without the sensor's errors and with them."""
    exact = DepthFrame(view.true_depth_m.astype(np.float32), None, model.lens, model.noise)
    frames = [DepthFrame(*view.read(), model.lens, model.noise) for _ in range(5)]
    return {
        "exact": register(exact, calibration),
        "noisy": register(temporal_median(frames), calibration),
    }


def main() -> None:
    """Print a table of sets, sensors and maps."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--set", action="append", help="one set by its name")
    print(
        "| set | sensor | map | hidden | precision | recall | off the border: precision | recall "
        "| footprint | median error | 95 % below |"
    )
    print("|---" * 11 + "|")
    for name in parser.parse_args().set or SETS:
        renderer = Renderer(make_scene(name))
        calibration = Calibration(renderer.scene.camera, renderer.scene.sensor_to_camera)
        for sensor, model in SENSOR_MODELS.items():
            view = SimulatedDepth(sensor_view(renderer, model), model)
            for kind, depth in maps(view, model, calibration).items():
                height, width = depth.depth_m.shape
                truth = sensor_truth(renderer, model, width, height)
                plain = scores(depth.hidden, truth.hidden, truth.in_view)
                cell = float(np.nanmedian(depth.footprint_px))
                clear = truth.in_view & off_border(truth.hidden, cell / 2)
                clearly = scores(depth.hidden, truth.hidden, clear)
                error = np.abs(depth.footprint_px - truth.footprint_px)[~truth.hidden]
                shares = (*plain, *clearly, np.nanmedian(error), np.nanpercentile(error, 95))
                figures = [f"{share:.3f}" for share in shares]
                figures.insert(4, f"{cell:.1f}")
                hidden = f"{truth.hidden[truth.in_view].mean():.1%}"
                print("| " + " | ".join([name, sensor, kind, hidden, *figures]) + " |", flush=True)


if __name__ == "__main__":
    main()

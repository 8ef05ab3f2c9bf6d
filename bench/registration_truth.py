"""Which camera pixels a depth sensor cannot see, and how wide its pixels are there (simulated).

The sets are traced exactly: a point of the camera's picture is hidden when the ray from the sensor
to it meets something nearer, and the width of a sensor's pixel follows from the tangent plane of
what is seen. The map is the sensor's, without its errors ("exact") and as a shot's is, five frames
with them, filtered ("shot"). What lies out of the sensor's reach is left out: nothing tells of it.

A border cannot be told from the map to less than half a pixel of the sensor, so precision and
recall are given again for what lies farther than that from it, with the share of the hidden area
that does; before them the share that lies in strips narrower than one pixel of the sensor.

    python -m bench.registration_truth [--set NAME]... [--seed N]
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import cv2
import numpy as np

from capture.depth_filtering import filtered
from capture.registration import RegisteredDepth, register
from devices.frames import Calibration, DepthFrame
from devices.simulated.depth_models import SENSOR_MODELS, SensorModel, SimulatedDepth, sensor_view
from devices.simulated.rendering import Renderer, camera_rays
from devices.simulated.scenes import make_scene

#: The method was mended on the first four.
SETS = ("portrait", "product", "full-length", "two-subjects", "fur", "green-screen", "clutter")


@dataclass(frozen=True, slots=True, eq=False)
class SensorTruth:
    """What is true at each pixel of the camera's grid, (h, w) each.

    `hidden` (bool) from the sensor by something nearer; `in_view` (bool) of the sensor's frame and
    within its reach; `footprint_px` (float) width of a sensor's pixel, pixels of the grid.
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
        (inside.all(axis=1) & (distance <= model.farthest_m)).reshape(shape),
        1 / np.sqrt(area.reshape(shape)),
    )


def scores(found: np.ndarray, true: np.ndarray, where: np.ndarray) -> tuple[float, float]:
    """Return precision and recall within `where`."""
    right = (found & true & where).sum()
    return right / max((found & where).sum(), 1), right / max((true & where).sum(), 1)


def within(mask: np.ndarray) -> np.ndarray:
    """Return (h, w): how far within the mask each pixel's centre lies, pixels; 0 outside."""
    distance = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.maximum(distance - 0.5, 0.0)  # it is told to the next pixel's centre


def narrow(mask: np.ndarray, width_px: float) -> np.ndarray:
    """Return (h, w) bool: what of the mask no disc of that diameter within the mask covers."""
    middles = within(mask) >= width_px / 2
    return mask & (within(~middles) > width_px / 2)


def maps(
    view: SimulatedDepth, model: SensorModel, calibration: Calibration
) -> dict[str, RegisteredDepth]:
    """Return the registered map without the sensor's errors, and as a shot's is."""
    exact = DepthFrame(view.true_depth_m.astype(np.float32), None, model.lens, model.noise)
    frames = [DepthFrame(*view.read(), model.lens, model.noise) for _ in range(5)]
    return {"exact": register(exact, calibration), "shot": register(filtered(frames), calibration)}


def row_of(depth: RegisteredDepth, truth: SensorTruth) -> list[str]:
    """Return what the table says of one map."""
    hidden = truth.hidden & truth.in_view
    cell = float(np.nanmedian(depth.footprint_px))
    off_border = truth.in_view & (
        np.maximum(within(truth.hidden), within(~truth.hidden)) > cell / 2
    )
    error = np.abs(depth.footprint_px - truth.footprint_px)[~truth.hidden]
    shares = [
        hidden[truth.in_view].mean(),
        (narrow(truth.hidden, cell) & hidden).sum() / max(hidden.sum(), 1),
        (hidden & off_border).sum() / max(hidden.sum(), 1),
    ]
    return [
        f"{shares[0]:.2%}",
        *(f"{score:.3f}" for score in scores(depth.hidden, truth.hidden, truth.in_view)),
        *(f"{share:.0%}" for share in shares[1:]),
        *(f"{score:.3f}" for score in scores(depth.hidden, truth.hidden, off_border)),
        f"{cell:.1f}",
        *(f"{part:.3f}" for part in (np.nanmedian(error), np.nanpercentile(error, 95))),
    ]


def main() -> None:
    """Print a table of sets, sensors and maps."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--set", action="append", help="one set by its name")
    parser.add_argument("--seed", type=int, default=3, help="of the sensor's errors")
    options = parser.parse_args()
    print(
        "| set | sensor | map | hidden | precision | recall | narrow | off the border "
        "| precision | recall | footprint | median error | 95 % below |"
    )
    print("|---" * 13 + "|")
    for name in options.set or SETS:
        renderer = Renderer(make_scene(name))
        calibration = Calibration(renderer.scene.camera, renderer.scene.sensor_to_camera)
        for sensor, model in SENSOR_MODELS.items():
            view = SimulatedDepth(sensor_view(renderer, model), model, options.seed)
            for kind, depth in maps(view, model, calibration).items():
                truth = sensor_truth(renderer, model, *depth.depth_m.shape[::-1])
                print("| " + " | ".join([name, sensor, kind, *row_of(depth, truth)]) + " |")


if __name__ == "__main__":
    main()

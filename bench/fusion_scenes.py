"""Scenes with a true alpha and a depth sensor that errs: photographs, and simulated sets.

A photograph has no depth, so one is built from its true alpha. The subject's surface lies at 2 m,
bulges by up to 15 cm towards its middle and waves by 1 cm; it is where alpha exceeds 0.5, opened
by a disc of 0.5 % of the picture's width, because no depth sensor sees hair. Behind it stands a
plane at 3.5 m, tilted to either side and in height. The sensor looks from the camera's own place,
with its field of view, and errs as `devices.simulated.depth_models` says; its map then goes
through the same registration as a rig's. The simulated sets have surfaces, a sensor beside the
camera and a registration of their own.

Either way the map is of five frames, filtered. On photographs the person has pointed at each
solid piece of the subject of at least 0.3 % of the picture; on the sets the subject is the
central one, as the command takes it by default, or all of two.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from capture.depth_filtering import filtered
from capture.registration import RegisteredDepth, register
from capture.subjects import SubjectChoice
from devices.frames import Calibration, DepthFrame, Extrinsics, Intrinsics
from devices.simulated.camera_body import ShotSettings
from devices.simulated.depth_models import (
    SENSOR_MODELS,
    SensorModel,
    SensorView,
    SimulatedDepth,
    sensor_view,
)
from devices.simulated.world import World
from matting.imaging.files import read_alpha, read_picture
from matting.imaging.pixels import EncodedPicture

SETS = ("portrait", "two-subjects", "fur", "product", "white-on-white", "full-length", "clutter")
WANTED: dict[str, SubjectChoice] = {"two-subjects": "all"}
SENSORS = tuple(SENSOR_MODELS)

_FRAMES = 5
_SUBJECT_M, _BULGE_M, _WAVE_M, _WALL_M = 2.0, 0.15, 0.01, 3.5
_SOLID_SHARE, _PIECE_SHARE = 0.005, 0.003
SHOT = ShotSettings(
    iso=100, shutter_s=1 / 125, aperture_f=8.0, width=1504, height=1000, jpeg_quality=97, number=1
)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A picture with its truth, and what depth sensors look at.

    Parameters
    ----------
    name : str
    picture : EncodedPicture
    alpha : (H, W) float32, true
    wanted : which is the subject, as `capture.subjects.find_subject` takes it
    models, views : by the sensor's name
    calibration : Calibration
    """

    name: str
    picture: EncodedPicture
    alpha: np.ndarray
    wanted: SubjectChoice
    models: dict[str, SensorModel]
    views: dict[str, SensorView]
    calibration: Calibration

    def registered(
        self, sensor: str, shift_px: int = 0, noise_times: float = 1.0
    ) -> RegisteredDepth:
        """Return depth in the picture's pixels.

        Parameters
        ----------
        sensor : "stereo" or "lidar"
        shift_px : int
            How far to the right the map lies of where it should, pixels of the sensor.
        noise_times : float
            How much noisier the sensor is than it says.
        """
        model = self.models[sensor]
        reading = SimulatedDepth(self.views[sensor], noisier(model, noise_times))
        depth = _of_frames(reading, model, self.calibration)
        share = self.calibration.camera.fx / self.calibration.camera.width / model.lens.fx
        return shifted(depth, round(shift_px * share * depth.intrinsics.width))


def noisy_depth(world: World, sensor: str = "stereo") -> RegisteredDepth:
    """Return depth of a simulated set in the camera's pixels."""
    model = SENSOR_MODELS[sensor]
    calibration = Calibration(world.scene.camera, world.scene.sensor_to_camera)
    return _of_frames(world.sensor(sensor), model, calibration)


def _of_frames(
    reading: SimulatedDepth, model: SensorModel, calibration: Calibration
) -> RegisteredDepth:
    frames = [
        DepthFrame(depth_m, confidence, model.lens, model.noise, sensor=model.name)
        for depth_m, confidence in (reading.read() for _ in range(_FRAMES))
    ]
    return register(filtered(frames), calibration)


def noisier(model: SensorModel, times: float) -> SensorModel:
    """Return a sensor whose readings scatter that much more."""
    noise = dataclasses.replace(
        model.noise,
        floor_m=model.noise.floor_m * times,
        linear=model.noise.linear * times,
        quadratic=model.noise.quadratic * times,
    )
    return dataclasses.replace(
        model, noise=noise, disparity_sigma_px=model.disparity_sigma_px * times
    )


def shifted(depth: RegisteredDepth, pixels: int) -> RegisteredDepth:
    """Return the map moved to the right; the column at its edge fills the gap."""
    width = depth.intrinsics.width
    columns = np.clip(np.arange(width) - pixels, 0, width - 1)
    return dataclasses.replace(
        depth,
        depth_m=depth.depth_m[:, columns],
        sigma_m=depth.sigma_m[:, columns],
        confidence=depth.confidence[:, columns],
        hidden=depth.hidden[:, columns],
        footprint_px=depth.footprint_px[:, columns],
    )


def photographs(data: Path, names: Sequence[str] | None = None) -> Iterator[Scene]:
    """Yield the photographs with measured alpha, or those of these names."""
    folder = data / "alpha" / "alphamatting"
    for image in sorted((folder / "image").glob("*.png")):
        if names is not None and image.stem not in names:
            continue
        alpha = read_alpha(folder / "truth" / image.name)
        yield scene_of(image.stem, read_picture(image), alpha)


def scene_of(name: str, picture: EncodedPicture, alpha: np.ndarray) -> Scene:
    """Return a picture with the depth that its true alpha lets be built; see above."""
    solid = solid_part(alpha)
    depth_m = depth_before_wall(solid)
    models = {sensor: over_picture(SENSOR_MODELS[sensor], alpha.shape) for sensor in SENSORS}
    views = {sensor: view_of_map(depth_m, model) for sensor, model in models.items()}
    calibration = Calibration(
        models["stereo"].lens.scaled_to(*alpha.shape[::-1]), Extrinsics.identity()
    )
    return Scene(name, picture, alpha, points_on(solid), models, views, calibration)


def simulated_sets(names: Sequence[str] | None = None) -> Iterator[Scene]:
    """Yield sets of the simulated studio, or those of these names."""
    for name in SETS:
        if names is not None and name not in names:
            continue
        world = World(name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.jpg"
            path.write_bytes(world.photograph(SHOT))
            picture = read_picture(path)
        truth = world.truth(SHOT.width, SHOT.height, SHOT.aperture_f, SHOT.shutter_s)
        views = {kind: sensor_view(world.renderer, SENSOR_MODELS[kind]) for kind in SENSORS}
        calibration = Calibration(world.scene.camera, world.scene.sensor_to_camera)
        yield Scene(
            name, picture, truth["alpha"], WANTED.get(name, "central"), SENSOR_MODELS, views,
            calibration,
        )  # fmt: skip


def solid_part(alpha: np.ndarray) -> np.ndarray:
    """Return the (H, W) bool part of a subject that a depth sensor can see."""
    return cv2.morphologyEx((alpha > 0.5).astype(np.uint8), cv2.MORPH_OPEN, disc_of(alpha)) > 0


def disc_of(alpha: np.ndarray) -> np.ndarray:
    """Return a disc of the size of what is too thin to be seen."""
    side = round(_SOLID_SHARE * alpha.shape[1]) | 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def depth_before_wall(solid: np.ndarray) -> np.ndarray:
    """Return (H, W) float32 metres: the subject's surface before a tilted wall."""
    height, width = solid.shape
    rows, columns = np.mgrid[:height, :width]
    x, y = columns / width - 0.5, rows / height - 0.5
    within = cv2.distanceTransform(solid.astype(np.uint8), cv2.DIST_L2, 5) / width
    bulge = _BULGE_M * np.sqrt(np.minimum(within / 0.1, 1.0))
    wave = _WAVE_M * np.sin(25 * x) * np.cos(20 * y)
    wall = _WALL_M / (1 + 0.15 * x - 0.1 * y)
    return np.where(solid, _SUBJECT_M - bulge + wave, wall).astype(np.float32)


def over_picture(model: SensorModel, shape: tuple[int, ...]) -> SensorModel:
    """Return the sensor with the picture's field of view, as wide as the stereo sensor's."""
    stereo, width = SENSOR_MODELS["stereo"].lens, model.lens.width
    focal, height = stereo.fx / stereo.width * width, round(width * shape[0] / shape[1])
    fitting = Intrinsics(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)
    return dataclasses.replace(model, lens=fitting)


def view_of_map(depth_m: np.ndarray, model: SensorModel) -> SensorView:
    """Return what a sensor at the camera's place sees of a depth map of the camera's."""
    size = (3 * model.lens.width, 3 * model.lens.height)
    return SensorView(cv2.resize(depth_m, size, interpolation=cv2.INTER_NEAREST_EXACT))


def points_on(solid: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Return a point well inside each large enough piece."""
    count, labels, statistics, _ = cv2.connectedComponentsWithStats(solid.astype(np.uint8))
    points = []
    for label in range(1, count):
        if statistics[label, cv2.CC_STAT_AREA] < _PIECE_SHARE * solid.size:
            continue
        piece = np.pad((labels == label).astype(np.uint8), 1)
        within = cv2.distanceTransform(piece, cv2.DIST_L2, 5)[1:-1, 1:-1]
        row, column = np.unravel_index(int(within.argmax()), solid.shape)
        points.append(((column + 0.5) / solid.shape[1], (row + 0.5) / solid.shape[0]))
    return tuple(points)

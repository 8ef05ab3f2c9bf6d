"""Random set-ups of the simulated studio, photographed with all that the meter does not model.

Every set-up draws where key, fill, rim and backdrop light stand and how strong they are, ambient
light, exposure, scene, depth sensor, and an amount of every effect. Its frames are taken as a
photographer takes them: all lights, each light alone, ambient alone as raw files; a live picture
with the camera's own tone curve.
"""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from capture.depth_filtering import temporal_median
from capture.metering.depth_of_field import DepthExtent
from capture.registration import register
from capture.subjects import SubjectDepth, find_subject
from devices.frames import Calibration, DepthFrame
from devices.simulated.camera_body import ShotSettings
from devices.simulated.depth_models import SENSOR_MODELS, SimulatedDepth, sensor_view
from devices.simulated.dng import raw_dng
from devices.simulated.effects import Effects, glared, photographed
from devices.simulated.exposure import developed, live_jpeg
from devices.simulated.rendering import Layers, Renderer, camera_rays
from devices.simulated.scenes import make_scene
from devices.simulated.scenes.building import lamp
from devices.simulated.solids import Light, Vector, illuminance_at
from matting.imaging.files import read_picture

SIZE = (384, 256)
SCENES = ("portrait", "green-screen", "clutter")
#: Those before a backdrop that has an evenness.
PLAIN = SCENES[:2]
#: Sensors a scene, each with its own standing errors, and frames whose median is taken.
_SENSORS, _DEPTH_FRAMES = 6, 30
#: The most of each effect that a set-up has; it draws evenly from 0 to that.
MOST = {
    "motion-blur": 0.1,
    "defocus": 0.03,
    "jpeg": 30.0,
    "low-resolution": 1.5,
    "glare": 0.03,
    "vignetting": 1.0,
    "specular": 0.04,
    "inter-reflection": 1.0,
    "area-lights": 0.3,
    "distortion": 0.01,
    "tone-curve": 0.8,
}
#: Exposures of the bracket that the camera's response is recovered from, stops.
_BRACKET = (-1.0, 0.0, 1.0)

FloatImage = npt.NDArray[np.float32]
CodeImage = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class SetUp:
    """One set-up's frames and what is true of it.

    Parameters
    ----------
    raw : (H, W, 3) float32, linear, all lights
    single : dict of light's name to (H, W, 3) float32, linear, that light and ambient
    ambient : (H, W, 3) float32, linear
    live : (H, W, 3) uint8, encoded with the camera's curve
    bracket : of three exposures of the same, encoded
    bracket_exposures : their relative exposures
    noiseless : (H, W, 3) float32, linear, what lens and light make of it
    alpha : (H, W) float32
    subject : SubjectDepth, of 30 frames
    key_to_fill_stops : float, incident illuminance at the face
    key_direction : unit vector from the face to the key
    distance_m, behind_m : float, along the optical axis
    extent : DepthExtent, the 2nd and 98th percentile of the subject's traced depth
    focal_length_m : float
    """

    scene: str
    raw: FloatImage
    single: dict[str, FloatImage]
    ambient: FloatImage
    live: CodeImage
    bracket: tuple[CodeImage, ...]
    bracket_exposures: tuple[float, ...]
    noiseless: FloatImage
    alpha: FloatImage
    subject: SubjectDepth
    key_to_fill_stops: float
    key_direction: Vector
    distance_m: float
    behind_m: float
    extent: DepthExtent
    focal_length_m: float


class Stage:
    """One scene with its sensors, ready to be lit."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.renderer = Renderer(make_scene(name))
        scene = self.renderer.scene
        calibration = Calibration(scene.camera, scene.sensor_to_camera)
        model = SENSOR_MODELS["stereo"]
        view = sensor_view(self.renderer, model)
        self.subjects = []
        for seed in range(_SENSORS):
            sensor = SimulatedDepth(view, model, seed + 3)
            frames = []
            for k in range(_DEPTH_FRAMES):
                depth, confidence = sensor.read()
                frames.append(DepthFrame(depth, confidence, model.lens, model.noise, k))
            self.subjects.append(find_subject(register(temporal_median(frames), calibration)))
        rays = camera_rays(self.renderer.lens(*SIZE))
        seen = self.renderer.geometry(rays, SIZE[::-1], np.zeros(3), np.eye(3))
        self.distance_m = float(np.median(seen.depth_m[seen.solid]))
        near_m, far_m = (float(m) for m in np.percentile(seen.depth_m[seen.solid], [2, 98]))
        focal_widths = self.renderer.lens(*SIZE).fx / SIZE[0]
        self.extent = DepthExtent(near_m, far_m, focal_widths, SIZE[1] / SIZE[0])
        self.behind_m = float(np.nanmedian(seen.depth_m[~seen.solid])) - self.distance_m


def set_ups(count: int, seed: int = 1, effects: tuple[str, ...] = tuple(MOST)) -> Iterator[SetUp]:
    """Yield random set-ups with these effects on; the same seed lights the same sets."""
    stages = [Stage(name) for name in SCENES]
    for k in range(count):
        yield _set_up(stages[k % len(stages)], np.random.default_rng((seed, k)), effects)


def _set_up(stage: Stage, random: np.random.Generator, wanted: tuple[str, ...]) -> SetUp:
    aim = stage.renderer.scene.aim
    lights, stops = _lights(stage, random)
    ambient = float(random.uniform(0.004, 0.03))
    drawn = {name: float(random.uniform(0.0, most)) for name, most in MOST.items()}
    effects = Effects()
    for name in wanted:
        effects = effects.with_amount(name, drawn[name])
    parts = {
        light.name: stage.renderer.layers(*SIZE, (light,), 0.0, effects.gloss) for light in lights
    }
    parts["ambient"] = stage.renderer.layers(*SIZE, (), ambient, effects.gloss)
    shot = ShotSettings(100, 1 / 125, 8.0, *SIZE, 95, 1, raw=True)

    def seen(names: tuple[str, ...]) -> FloatImage:
        some = [parts[name] for name in (*names, "ambient")]
        layers = Layers(
            np.sum([part.foreground for part in some], axis=0),
            some[0].alpha,
            np.sum([part.background for part in some], axis=0),
        )
        layers = photographed(
            layers, stage.renderer.scene, effects, shot.aperture_f, shot.shutter_s
        )
        return glared(layers.picture(), effects.glare)

    full = seen(tuple(light.name for light in lights))
    # Exposed so that the brightest twentieth of the subject lies 0.2 to 1.2 stops under white.
    subject = parts["ambient"].alpha > 0.5
    level = float(np.percentile(full[subject].max(axis=-1), 95))
    gain = 2.0 ** -float(random.uniform(0.2, 1.2)) / level
    number = int(random.integers(1, 10_000))
    key = next(light for light in lights if light.name == "key")
    towards = np.subtract(key.position, aim)
    towards = towards / np.linalg.norm(towards)
    bracket = tuple(
        developed(np.float32(gain * 2.0**step) * full, shot, number + k, effects.tone_curve)
        for k, step in enumerate(_BRACKET)
    )
    return SetUp(
        scene=stage.name,
        raw=_raw(gain * full, shot, number + 50),
        single={
            name: _raw(gain * seen((name,)), shot, number + 70 + k)
            for k, name in enumerate(("key", "fill"))
        },
        ambient=_raw(gain * seen(()), shot, number + 60),
        live=_live(gain * full, shot, number, effects),
        bracket=bracket,
        bracket_exposures=tuple(2.0**step for step in _BRACKET),
        noiseless=np.float32(gain) * full,
        alpha=parts["ambient"].alpha,
        subject=stage.subjects[int(random.integers(_SENSORS))],
        key_to_fill_stops=stops,
        key_direction=(float(towards[0]), float(towards[1]), float(towards[2])),
        distance_m=stage.distance_m,
        behind_m=stage.behind_m,
        extent=stage.extent,
        focal_length_m=stage.renderer.scene.focal_length_m,
    )


def _lights(stage: Stage, random: np.random.Generator) -> tuple[tuple[Light, ...], float]:
    """Return key, fill, rim and backdrop light, and key over fill at the face in stops."""
    scene = stage.renderer.scene
    side = float(random.choice([-1.0, 1.0]))
    stops = float(random.uniform(0.3, 3.0))
    key_at = _around(scene.aim, side * random.uniform(25, 65), random.uniform(10, 45),
                     random.uniform(1.1, 2.2))  # fmt: skip
    fill_at = _around(scene.aim, -side * random.uniform(-10, 45), random.uniform(0, 25),
                      random.uniform(1.1, 2.2))  # fmt: skip
    rim_at = _around(scene.aim, random.choice([-1, 1]) * random.uniform(125, 155),
                     random.uniform(20, 45), random.uniform(1.1, 1.6))  # fmt: skip
    key = lamp("key", key_at, scene.aim, 0.8, 45)
    fill = lamp("fill", fill_at, scene.aim, 0.8 / 2**stops, 45)
    rim = lamp("rim", rim_at, scene.aim, float(random.choice([0.0, 0.5, 1.0]) + 1e-6), 30)
    backdrop = next(light for light in scene.lights if light.name == "background")
    backdrop = dataclasses.replace(backdrop, power=backdrop.power * 2.0 ** random.uniform(-2, 1))
    true = math.log2(illuminance_at(key, scene.aim) / illuminance_at(fill, scene.aim))
    return (key, fill, rim, backdrop), true


def _around(aim: Vector, azimuth: float, elevation: float, distance: float) -> Vector:
    """Return a place round the face: degrees from the lens's axis, degrees above, metres."""
    a, e = math.radians(azimuth), math.radians(elevation)
    away = (math.sin(a) * math.cos(e), -math.sin(e), -math.cos(a) * math.cos(e))
    return (
        aim[0] + distance * away[0], aim[1] + distance * away[1], aim[2] + distance * away[2]
    )  # fmt: skip


def _raw(linear: FloatImage, shot: ShotSettings, seed: int) -> FloatImage:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shot.dng"
        path.write_bytes(raw_dng(linear, shot, seed, 85.0))
        return read_picture(path).linear()


def _live(linear: FloatImage, shot: ShotSettings, seed: int, effects: Effects) -> CodeImage:
    quality = 88 - round(effects.jpeg)
    data = live_jpeg(developed(linear, shot, seed, effects.tone_curve), quality)
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1])

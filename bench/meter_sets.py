"""Photographs of sets of the simulated studio with their depth, taken without its devices."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from capture.metering.measurement import Measurement, measure
from capture.registration import already_registered
from capture.silhouette import silhouette_of
from capture.subjects import SubjectDepth, find_subject
from devices.frames import DepthFrame, DepthNoise, ExposureSettings
from devices.simulated.camera_body import ShotSettings
from devices.simulated.effects import haloed
from devices.simulated.exposure import developed
from devices.simulated.rendering import Gloss, Renderer, blurred, camera_rays
from devices.simulated.solids import Scene

_DEPTH_SIZE, _SIGMA_M = (640, 427), 0.002


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    """A photograph with its subject: `rgb` (H, W, 3) uint8, and the settings it was taken with."""

    rgb: np.ndarray
    subject: SubjectDepth
    settings: ExposureSettings

    def enlarged(self, size: tuple[int, int]) -> Taken:
        """Return the photograph as if the sensor had more pixels; it shows no more detail."""
        rgb = cv2.resize(self.rgb, size, interpolation=cv2.INTER_CUBIC)
        return replace(self, rgb=np.asarray(rgb, np.uint8))

    def measured(self) -> Measurement:
        """Return all that is measured on it."""
        size = (self.rgb.shape[1], self.rgb.shape[0])
        return measure(self.rgb, self.settings, silhouette_of(self.subject, size))


def photographed_set(
    scene: Scene,
    size: tuple[int, int],
    seed: int = 1,
    aperture_f: float = 8.0,
    iso: int = 100,
    halo: float = 0.0,
    specular: float = 0.0,
    gains: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Taken:
    """Photograph a set at 1/125 s; depth has 2 mm of noise and lies on the picture.

    `gains` are what a wrong white balance makes of neutral light.
    """
    renderer = Renderer(scene)
    sharp = renderer.layers(*size, scene.lights, scene.ambient, Gloss(specular=specular))
    layers = blurred(sharp, scene, aperture_f, 1 / 125)
    shot = ShotSettings(iso, 1 / 125, aperture_f, *size, 95, seed)
    # The exposure follows aperture and ISO, so that only blur and noise change.
    gain = np.array(gains, np.float32) * np.float32((aperture_f / 8.0) ** 2 * 100 / iso)
    exposed = haloed(layers.picture(), halo) * gain
    rgb = developed(exposed, shot, seed)
    lens = renderer.lens(*_DEPTH_SIZE)
    seen = renderer.geometry(camera_rays(lens), _DEPTH_SIZE[::-1], np.zeros(3), np.eye(3))
    noise = np.random.default_rng(seed).normal(0, _SIGMA_M, seen.depth_m.shape)
    frame = DepthFrame((seen.depth_m + noise).astype(np.float32), None, lens, DepthNoise(_SIGMA_M))
    subject = find_subject(already_registered(frame, size[::-1]))
    focal_mm = 1000 * scene.focal_length_m
    settings = ExposureSettings(
        iso=iso, shutter_s=1 / 125, aperture_f=aperture_f, focal_length_mm=focal_mm
    )
    return Taken(rgb, subject, settings)

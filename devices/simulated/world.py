"""The world of the simulated studio: one scene and its lights, which everything in it sees."""

from __future__ import annotations

import dataclasses
import threading
import time
from typing import Any

import numpy as np
import numpy.typing as npt

from devices.address import SIMULATED_SENSORS
from devices.errors import UnsupportedError
from devices.simulated.camera_body import ShotSettings
from devices.simulated.depth_models import SENSOR_MODELS, SimulatedDepth, sensor_view
from devices.simulated.effects import Effects, glared, photographed, undistortion
from devices.simulated.exposure import developed, live_jpeg, still_jpeg
from devices.simulated.rendering import Layers, Renderer, camera_rays
from devices.simulated.scenes import make_scene
from devices.simulated.solids import Light, illuminance_at

LIVE_SIZE, LIVE_QUALITY = (1024, 680), 88

FloatImage = npt.NDArray[np.float32]


class World:
    """Owns scene and lights; makes pictures, depth maps and the truth about both."""

    def __init__(self, scene: str) -> None:
        self.scene = make_scene(scene)
        self.renderer = Renderer(self.scene)
        self._lock = threading.RLock()
        self._lights = {light.name: light for light in self.scene.lights}
        self._levels = dict.fromkeys(self._lights, 0.0)
        self._effects = Effects()
        self._live_parts = self._one_light_at_a_time()
        self._live_gloss = self._effects.gloss
        self._live: tuple[object, FloatImage] | None = None
        self._still: tuple[object, Layers] | None = None
        self._frames = 0
        self._sensors: dict[str, SimulatedDepth] = {}

    # --- lights -----------------------------------------------------------------------------

    def set_light(self, name: str, stops: float) -> None:
        """Turn a light up or down, in stops of its power in the scene; -inf is off.

        Raises
        ------
        UnsupportedError
            When there is no such light.
        """
        with self._lock:
            if name not in self._levels:
                raise UnsupportedError(
                    f"light {name}", "there is none", f"use one of {', '.join(self._levels)}"
                )
            self._levels[name] = stops

    def lights(self) -> tuple[Light, ...]:
        """Return the lights as they burn now."""
        with self._lock:
            return tuple(
                dataclasses.replace(light, power=light.power * 2.0 ** self._levels[name])
                for name, light in self._lights.items()
            )

    def illuminances(self) -> dict[str, float]:
        """Return what each light gives on a surface that faces it at the subject."""
        aim = self.scene.aim
        return {light.name: illuminance_at(light, aim) for light in self.lights()}

    # --- effects ----------------------------------------------------------------------------

    def set_effect(self, name: str, amount: float) -> None:
        """Switch an effect on, or with amount 0 off; see `devices.simulated.effects`.

        Raises
        ------
        UnsupportedError
            When there is no such effect.
        SettingRefusedError
            When the amount is outside its range.
        """
        with self._lock:
            self._effects = self._effects.with_amount(name, amount)

    # --- pictures ---------------------------------------------------------------------------

    def photograph(self, settings: ShotSettings) -> bytes:
        """Take a still: JPEG with EXIF."""
        with self._lock:
            effects = self._effects
            layers = self.layers_of(
                settings.width, settings.height, settings.aperture_f, settings.shutter_s
            )
        picture = glared(layers.picture(), effects.glare)
        rgb = developed(picture, settings, settings.number, effects.tone_curve)
        quality = max(1, settings.jpeg_quality - round(effects.jpeg))
        settings = dataclasses.replace(settings, jpeg_quality=quality)
        return still_jpeg(rgb, settings, self.scene.focal_length_m * 1000)

    def live_picture(self, settings: ShotSettings) -> bytes:
        """Take a live picture: JPEG."""
        lights = self.lights()
        with self._lock:
            effects = self._effects
            key = (lights, effects, settings.aperture_f, settings.shutter_s)
            if self._live is None or self._live[0] != key:
                self._live = (key, self._live_linear(settings))
            linear = self._live[1]
            self._frames += 1
            seed = self._frames
        quality = max(1, LIVE_QUALITY - round(effects.jpeg))
        return live_jpeg(developed(linear, settings, seed, effects.tone_curve), quality)

    def layers_of(self, width: int, height: int, aperture_f: float, shutter_s: float) -> Layers:
        """Return the layers of a still of that size, taken with those settings."""
        lights = self.lights()
        with self._lock:
            effects = self._effects
            key = (width, height, lights, effects.gloss)
            if self._still is None or self._still[0] != key:
                self._still = None  # let go of the old one first: 24 megapixels weigh 700 MB
                sharp = self.renderer.layers(
                    width, height, lights, self.scene.ambient, effects.gloss
                )
                self._still = (key, sharp)
            sharp = self._still[1]
        return photographed(sharp, self.scene, effects, aperture_f, shutter_s)

    def _one_light_at_a_time(self) -> list[Layers]:
        gloss = self._effects.gloss
        parts = [self.renderer.layers(*LIVE_SIZE, (), self.scene.ambient, gloss)]
        parts += [
            self.renderer.layers(*LIVE_SIZE, (light,), 0.0, gloss) for light in self.scene.lights
        ]
        return parts

    def _live_linear(self, settings: ShotSettings) -> FloatImage:
        if self._live_gloss != self._effects.gloss:
            self._live_parts = self._one_light_at_a_time()
            self._live_gloss = self._effects.gloss
        gains = [1.0, *(2.0**level for level in self._levels.values())]
        foreground = np.zeros_like(self._live_parts[0].foreground)
        background = np.zeros_like(foreground)
        for gain, part in zip(gains, self._live_parts, strict=True):
            foreground += np.float32(gain) * part.foreground
            background += np.float32(gain) * part.background
        layers = Layers(foreground, self._live_parts[0].alpha, background)
        effects = self._effects
        seen = photographed(layers, self.scene, effects, settings.aperture_f, settings.shutter_s)
        return glared(seen.picture(), effects.glare)

    # --- depth and truth --------------------------------------------------------------------

    def sensor(self, kind: str) -> SimulatedDepth:
        """Return the depth sensor of that kind, set up when it is first asked for.

        Raises
        ------
        UnsupportedError
            When there is none of that kind.
        """
        if kind not in SIMULATED_SENSORS:
            raise UnsupportedError(
                f"sensor {kind}", "there is none", f"use {' or '.join(SIMULATED_SENSORS)}"
            )
        with self._lock:
            if kind not in self._sensors:
                model = SENSOR_MODELS[kind]
                self._sensors[kind] = SimulatedDepth(sensor_view(self.renderer, model), model)
            return self._sensors[kind]

    def truth(
        self, width: int, height: int, aperture_f: float, shutter_s: float
    ) -> dict[str, npt.NDArray[Any]]:
        """Return alpha, foreground, depth, normals and the solid subject of a still.

        ``foreground`` is linear light times alpha, before exposure; hairs are in alpha and
        foreground, not in depth, normals and solid. All of it lies in the pixels of the
        photograph, distorted as that is; veiling glare is in the photograph alone.
        """
        layers = self.layers_of(width, height, aperture_f, shutter_s)
        lens = self.renderer.lens(width, height)
        rays = camera_rays(lens)
        if self._effects.distortion:
            rays *= undistortion(lens, self._effects.distortion).reshape(-1, 1)
        seen = self.renderer.geometry(rays, (height, width), np.zeros(3), np.eye(3))
        return {
            "alpha": layers.alpha,
            "foreground": layers.foreground,
            "depth_m": seen.depth_m,
            "normals": seen.normals,
            "solid": seen.solid,
        }


def processor_seconds() -> float:
    """Return the processor time that the studio has used, to be told apart from the app's."""
    return time.process_time()

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
from devices.simulated.dng import raw_dng
from devices.simulated.effects import EFFECTS, Effects, photographed, undistortion, veiled
from devices.simulated.exposure import developed, exposure_gain, live_jpeg, still_jpeg
from devices.simulated.held_board import HeldBoard
from devices.simulated.rendering import Layers, Renderer, camera_rays
from devices.simulated.scenes import make_scene
from devices.simulated.solids import Light, illuminance_at

LIVE_SIZE, LIVE_QUALITY = (1024, 680), 88
#: A modelling lamp's light beside the flash of its strobe in an exposure of 1/125 s.
_MODELLING = 2.0**-5
_FLASH_TIMED_AT_S = 1 / 125
#: An auto-gained preview brings its mean to middle grey, as far as its gain goes.
_PREVIEW_GREY, _PREVIEW_ISO = 0.18, (64, 25_600)

FloatImage = npt.NDArray[np.float32]

#: At two metres a hundred steps of the motor move the focus by a centimetre.
_DIOPTRES_PER_STEP = 2.5e-5
#: The lens's end on the near side.
_NEAREST_M = 0.3


class World:
    """Owns scene and lights; makes pictures, depth maps and the truth about both."""

    def __init__(self, scene: str) -> None:
        self.scene = make_scene(scene)
        self.renderer = Renderer(self.scene)
        self._lock = threading.RLock()
        self._lights = {light.name: light for light in self.scene.lights}
        self._levels = dict.fromkeys(self._lights, 0.0)
        self._strobes: frozenset[str] = frozenset()
        self._effects = Effects()
        self._live_parts = self._one_light_at_a_time()
        self._live_gloss = self._effects.gloss
        self._live: tuple[object, FloatImage] | None = None
        self._still: tuple[object, Layers] | None = None
        self._frames = 0
        self._sensors: dict[str, SimulatedDepth] = {}
        self._board = HeldBoard(self.renderer.lens(*LIVE_SIZE))
        self._random = np.random.default_rng(5)

    # --- lights -----------------------------------------------------------------------------

    def set_light(self, name: str, stops: float) -> None:
        """Turn a light up or down, in stops of its power in the scene; -inf is off.

        Raises
        ------
        UnsupportedError
            When there is no such light.
        """
        with self._lock:
            self._known(name)
            self._levels[name] = stops

    def set_strobe(self, name: str, strobe: bool) -> None:
        """Let a light be a strobe, which fires in exposures alone, or burn all the time.

        A strobe has a modelling lamp, five stops weaker, and gives the same light at any shutter
        time (no shutter here is faster than its flash). While there is one, live view lies about
        exposure: its gain follows the light.

        Raises
        ------
        UnsupportedError
            When there is no such light.
        """
        with self._lock:
            self._known(name)
            self._strobes = self._strobes | {name} if strobe else self._strobes - {name}

    def _known(self, name: str) -> None:
        if name not in self._levels:
            raise UnsupportedError(
                f"light {name}", "there is none", f"use one of {', '.join(self._levels)}"
            )

    def lights(self, shutter_s: float = _FLASH_TIMED_AT_S) -> tuple[Light, ...]:
        """Return the lights as an exposure of that time meets them."""
        with self._lock:
            return tuple(
                dataclasses.replace(light, power=light.power * self._gain(name, shutter_s))
                for name, light in self._lights.items()
            )

    def _gain(self, name: str, shutter_s: float | None) -> float:
        """Return what a light's power is multiplied by; without an exposure no strobe fires."""
        gain: float = 2.0 ** self._levels[name]
        if name not in self._strobes:
            return gain
        flash = 0.0 if shutter_s is None else _FLASH_TIMED_AT_S / shutter_s
        return gain * (flash + _MODELLING)

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

    def drive_focus(self, steps: int) -> bool:
        """Move the lens by steps of its motor, positive farther; return whether it moved.

        A step is the same in dioptres wherever the focus is, as helicoids have it.
        """
        least, most, _ = EFFECTS["defocus"]
        least = max(least, _NEAREST_M - self.scene.focus_m)
        with self._lock:
            before_m = max(self.scene.focus_m + self._effects.defocus, _NEAREST_M)
            dioptres = max(1 / before_m - steps * _DIOPTRES_PER_STEP, 1e-3)
            defocus = min(max(1 / dioptres - self.scene.focus_m, least), most)
            moved = defocus != self._effects.defocus
            self._effects = self._effects.with_amount("defocus", defocus)
        return moved

    # --- pictures ---------------------------------------------------------------------------

    def photograph(self, settings: ShotSettings) -> bytes:
        """Take a still: JPEG or DNG, with EXIF."""
        with self._lock:
            effects = self._effects
            layers = self.layers_of(
                settings.width, settings.height, settings.aperture_f, settings.shutter_s
            )
        picture = veiled(layers.picture(), effects)
        focal_length_mm = self.scene.focal_length_m * 1000
        if settings.raw:
            return raw_dng(picture, settings, settings.number, focal_length_mm)
        rgb = developed(picture, settings, settings.number, effects.tone_curve)
        quality = max(1, settings.jpeg_quality - round(effects.jpeg))
        settings = dataclasses.replace(settings, jpeg_quality=quality)
        return still_jpeg(rgb, settings, focal_length_mm)

    def live_picture(self, settings: ShotSettings) -> bytes:
        """Take a live picture: JPEG."""
        with self._lock:
            effects, strobes = self._effects, self._strobes
            levels = tuple(self._levels.values())
            key = (levels, strobes, effects, settings.aperture_f, settings.shutter_s)
            if self._live is None or self._live[0] != key:
                self._live = (key, self._live_linear(settings))
            linear = self._live[1]
            held = self._board.number
            if held is not None:
                linear = self._board.before(linear, held, max(self.illuminances().values()))
            self._frames += 1
            seed = self._frames
        if strobes:
            settings = _auto_gained(settings, linear)
        quality = max(1, LIVE_QUALITY - round(effects.jpeg))
        return live_jpeg(developed(linear, settings, seed, effects.tone_curve), quality)

    def layers_of(self, width: int, height: int, aperture_f: float, shutter_s: float) -> Layers:
        """Return the layers of a still of that size, taken with those settings."""
        lights = self.lights(shutter_s)
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
        gains = [1.0, *(self._gain(name, None) for name in self._lights)]
        foreground = np.zeros_like(self._live_parts[0].foreground)
        background = np.zeros_like(foreground)
        for gain, part in zip(gains, self._live_parts, strict=True):
            foreground += np.float32(gain) * part.foreground
            background += np.float32(gain) * part.background
        layers = Layers(foreground, self._live_parts[0].alpha, background)
        effects = self._effects
        seen = photographed(layers, self.scene, effects, settings.aperture_f, settings.shutter_s)
        return veiled(seen.picture(), effects)

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

    def sensor_picture(self, kind: str) -> npt.NDArray[np.uint8]:
        """Return what a sensor's own camera sees: the board, which is held up for it alone.

        Live view sees it too for as long; photographs and depth do not.
        """
        with self._lock:
            lens = SENSOR_MODELS[kind].lens
            return self._board.looked_at(lens, self.scene.sensor_to_camera, self._random)

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


def _auto_gained(settings: ShotSettings, linear: FloatImage) -> ShotSettings:
    """Return the settings of a preview whose gain follows the light."""
    mean = max(float(linear.mean()) * exposure_gain(settings) / settings.iso, 1e-9)
    least, most = _PREVIEW_ISO
    return dataclasses.replace(settings, iso=round(min(max(_PREVIEW_GREY / mean, least), most)))


def processor_seconds() -> float:
    """Return the processor time that the studio has used, to be told apart from the app's."""
    return time.process_time()

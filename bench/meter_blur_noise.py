"""Blur of the outline and noise against the simulated studio's truth. Simulated.

Writes two Markdown tables to stdout. Blur: Gaussian deviation of lens and defocus, as the studio
applies it, against the measured edge width over 2.005. Noise: signal to noise at 18 % grey of the
studio's sensor model against photon transfer, on codes as developed and on JPEGs of quality 97.

    python -m bench.meter_blur_noise
"""

from __future__ import annotations

import dataclasses
import io
import math

import numpy as np
from PIL import Image

from bench.meter_sets import photographed_set
from capture.metering.noise import photon_transfer
from capture.metering.sharpness import edges_along
from capture.silhouette import silhouette_of
from devices.simulated.camera_body import ShotSettings
from devices.simulated.exposure import PRNU, developed, noise_sigma
from devices.simulated.rendering import Layers, Renderer, blurred
from devices.simulated.scenes import make_scene
from devices.simulated.scenes.building import SENSOR_WIDTH_M
from devices.simulated.solids import Scene
from matting.imaging.curves import SRGB

_SIZE = (1504, 1000)
_BLUR_SETS = ("portrait", "product", "white-on-white")
_NOISE_SETS = ("portrait", "product", "clutter")
#: Defocus as shares of the distance; the lens alone leaves 0.55 px.
_DEFOCUS = (0.0, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1)
_APERTURE = 4.0
#: An edge's 10 to 90 % width, as measured, over the deviation of its blur.
_WIDTH_OF_SIGMA = 0.8 * math.sqrt(2 * math.pi)
_ISOS = (100, 400, 1600, 6400)


def true_sigma_px(scene: Scene) -> float:
    """Return the deviation that the studio blurs the subject by."""
    focal, focus = scene.focal_length_m, scene.focus_m
    pitch = SENSOR_WIDTH_M / _SIZE[0]
    share = abs(scene.subject_m - focus) / scene.subject_m
    circle = focal * focal / (_APERTURE * (focus - focal)) * share / pitch
    return math.hypot(0.55, circle / 4)


def blur_row(scene: Scene, sharp: Layers) -> str:
    """Return a set's row of true and measured deviations."""
    subject = photographed_set(scene, (640, 427)).subject
    silhouette = silhouette_of(subject, _SIZE)
    factor = _SIZE[0] / silhouette.size[0]
    boxes = silhouette.rings.boxes
    centres = [((x + w / 2) * factor, (y + h / 2) * factor) for x, y, w, h in boxes]
    pairs, errors = [], []
    for share in _DEFOCUS:
        seen = dataclasses.replace(scene, focus_m=scene.focus_m * (1 + share), sway_m_per_s=0.0)
        layers = blurred(sharp, seen, _APERTURE, 1 / 125)
        shot = ShotSettings(100, 1 / 125, _APERTURE, *_SIZE, 97, 1)
        codes = developed(layers.picture() * np.float32((_APERTURE / 8) ** 2), shot, 1)
        width_px = edges_along(codes, silhouette.mask, centres).typical_width_px()
        measured = width_px / _WIDTH_OF_SIGMA
        true = true_sigma_px(seen)
        pairs.append(f"{true:.2f} → {measured:.2f}")
        errors.append(abs(measured - true))
    return f"| {scene.name} | {' | '.join(pairs)} | {max(errors):.2f} |"


def noise_row(name: str, linear: np.ndarray) -> str:
    """Return a set's row of measured over true ratios, developed codes / JPEG."""
    cells = []
    for iso in _ISOS:
        shot = ShotSettings(iso, 1 / 125, 8.0, *_SIZE, 97, 1)
        codes = developed(linear * np.float32(100 / iso), shot, 1)
        data = io.BytesIO()
        Image.fromarray(codes).save(data, "JPEG", quality=97, subsampling=0)
        true = 0.18 / math.hypot(noise_sigma(0.18, iso), PRNU * 0.18)
        told = []
        for each in (codes, np.asarray(Image.open(data))):
            noise = photon_transfer(each, SRGB)
            told.append(f"{noise.signal_to_noise / true:.2f}" if noise else "not measured")
        cells.append(f"{true:.0f}: {told[0]} / {told[1]}")
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Print both tables."""
    heads = " | ".join(f"{share:.1%} off" for share in _DEFOCUS)
    print(f"| set | {heads} | largest error, px |\n|---{'|---' * (len(_DEFOCUS) + 1)}|")
    for name in _BLUR_SETS:
        scene = make_scene(name)
        sharp = Renderer(scene).layers(*_SIZE, scene.lights, scene.ambient)
        print(blur_row(scene, sharp), flush=True)
    heads = " | ".join(f"ISO {iso}" for iso in _ISOS)
    print(f"\n| set | {heads} |\n|---{'|---' * len(_ISOS)}|")
    for name in _NOISE_SETS:
        scene = make_scene(name)
        sharp = Renderer(scene).layers(*_SIZE, scene.lights, scene.ambient)
        print(noise_row(name, blurred(sharp, scene, 8.0, 1 / 125).picture()), flush=True)


if __name__ == "__main__":
    main()

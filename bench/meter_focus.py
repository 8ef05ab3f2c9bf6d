"""The plane of focus in depth against the simulated studio's truth. Simulated.

Writes a Markdown table to stdout. The lens is focused before, within and behind the subject; the
subject is blurred at each of its depths by the thin lens's circle there, which the studio's own
camera does not do (it blurs the subject as one layer). Depth has 2 mm of noise.

    python -m bench.meter_focus [--width N]
"""

from __future__ import annotations

import argparse
import dataclasses

import cv2
import numpy as np

from bench.meter_sets import photographed_set
from capture.metering.measurement import measure
from capture.metering.plane_of_focus import PlaneOfFocus
from capture.silhouette import Silhouette, silhouette_of
from devices.frames import ExposureSettings
from devices.simulated.camera_body import ShotSettings
from devices.simulated.exposure import developed
from devices.simulated.rendering import Layers, Renderer, camera_rays
from devices.simulated.scenes import make_scene
from devices.simulated.solids import Scene

_SETS = ("portrait", "product", "white-on-white")
_APERTURES = (2.0, 4.0, 8.0)
#: Metres from the middle of the subject's depth.
_OFFSETS_M = (-0.3, -0.1, 0.0, 0.1, 0.3)
_LENS_SIGMA_PX, _STEPS = 0.55, 16


def blurred_in_depth(
    sharp: Layers, depth_m: np.ndarray, scene: Scene, focus_m: float, aperture_f: float
) -> np.ndarray:
    """Return the linear picture, each pixel of the subject blurred by its own depth's circle."""
    focal = scene.focal_length_m
    focal_px = scene.camera.fx / scene.camera.width * sharp.alpha.shape[1]

    def sigma_px(distance_m: np.ndarray) -> np.ndarray:
        share = np.abs(1 / distance_m - 1 / focus_m) / (1 - focal / focus_m)
        return np.hypot(_LENS_SIGMA_PX, focal_px * focal / aperture_f * share / 4)

    wanted = sigma_px(depth_m)
    levels = np.linspace(wanted.min(), wanted.max() + 1e-3, _STEPS)
    step = levels[1] - levels[0]
    layer = np.dstack([sharp.foreground, sharp.alpha])
    subject = np.zeros_like(layer)
    for level in levels:
        weight = np.maximum(0.0, 1.0 - np.abs(wanted - level) / step).astype(np.float32)
        subject += weight[..., None] * _gaussian(layer, level)
    behind = min(abs(plane.offset_m / plane.normal[2]) for plane in scene.planes if plane.normal[2])
    background = _gaussian(sharp.background, float(sigma_px(np.array(behind))))
    return subject[..., :3] + (1 - subject[..., 3:]) * background


def _gaussian(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def depth_everywhere(renderer: Renderer, size: tuple[int, int]) -> np.ndarray:
    """Return the subject's exact depth, carried to every pixel of a picture."""
    from capture.nearest import nearest_depth

    seen = renderer.geometry(camera_rays(renderer.lens(*size)), size[::-1], np.zeros(3), np.eye(3))
    return nearest_depth(seen.depth_m, seen.solid)[0]


def measured_focus(
    picture: np.ndarray, scene: Scene, silhouette: Silhouette, aperture_f: float
) -> PlaneOfFocus | None:
    """Develop a linear picture at the exposure of f/8, and measure it."""
    size = (picture.shape[1], picture.shape[0])
    shot = ShotSettings(100, 1 / 125, aperture_f, *size, 97, 1)
    codes = developed(picture * np.float32((aperture_f / 8) ** 2), shot, 1)
    settings = ExposureSettings(
        100, 1 / 125, aperture_f, focal_length_mm=1000 * scene.focal_length_m
    )
    return measure(codes, settings, silhouette, with_light=False, preview=True).plane_of_focus


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--width", type=int, default=3000)
    width = options.parse_args().width
    size = (width, round(width * 2 / 3))
    heads = " | ".join(f"{100 * offset:+.0f} cm" for offset in _OFFSETS_M)
    print(f"| set | aperture | {heads} |\n|---|---{'|---' * len(_OFFSETS_M)}|")
    held = told = 0
    for name in _SETS:
        scene = dataclasses.replace(make_scene(name), sway_m_per_s=0.0)
        renderer = Renderer(scene)
        sharp = renderer.layers(*size, scene.lights, scene.ambient)
        depth_m = depth_everywhere(renderer, size)
        silhouette = silhouette_of(photographed_set(scene, (640, 427)).subject, size)
        extent = silhouette.space.extent
        assert extent is not None
        middle = 2 / (1 / extent.near_m + 1 / extent.far_m)
        for aperture in _APERTURES:
            cells = []
            for offset in _OFFSETS_M:
                picture = blurred_in_depth(sharp, depth_m, scene, middle + offset, aperture)
                found = measured_focus(picture, scene, silhouette, aperture)
                if found is None:
                    cells.append("not measured")
                    continue
                low, high = found.interval_m
                told, held = told + 1, held + (low <= middle + offset <= high)
                off = 100 * (found.distance_m - middle)
                cells.append(
                    f"{off:+.1f} ({100 * (low - middle):+.0f} to {100 * (high - middle):+.0f})"
                )
            print(f"| {name} | f/{aperture:g} | {' | '.join(cells)} |", flush=True)
    print(f"\nThe interval holds the truth in {held} of {told}.")


if __name__ == "__main__":
    main()

"""Depth sensors that err as real ones do: stereo like an OAK's, and a phone's LiDAR.

The sensor stands beside the camera and sees the scene from there. Stereo: noise that grows with
the square of the distance and is alike among neighbours, sub-pixel steps, fattened edges, flying
pixels, a shadow beside near things, dark surfaces without texture. LiDAR: coarse pixels whose
footprint mixes what it covers, noise that grows with distance, low confidence at edges. Both see
through most of a glass, and get no return at all from much of glass and polished metal, in
patches that stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from devices.frames import DepthNoise, Intrinsics
from devices.simulated.rendering import Renderer

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class SensorModel:
    """A kind of depth sensor.

    Parameters
    ----------
    baseline_m : float
        Distance between the two eyes; 0 for time of flight.
    disparity_sigma_px : float
        Stereo's error in its own unit; 8 mm at 2 m for the figures below.
    """

    name: str
    model: str
    lens: Intrinsics
    noise: DepthNoise
    nearest_m: float
    farthest_m: float
    frames_per_s: float = 30.0
    baseline_m: float = 0.0
    disparity_sigma_px: float = 0.0


def _stereo() -> SensorModel:
    focal, baseline, sigma = 560.0, 0.075, 0.085
    return SensorModel(
        name="stereo",
        model="simulated stereo 640x400",
        lens=Intrinsics(focal, focal, 319.5, 199.5, 640, 400),
        noise=DepthNoise(floor_m=0.0005, quadratic=sigma / (focal * baseline)),
        nearest_m=0.35,
        farthest_m=12.0,
        baseline_m=baseline,
        disparity_sigma_px=sigma,
    )


def _lidar() -> SensorModel:
    return SensorModel(
        name="lidar",
        model="simulated LiDAR 256x192",
        lens=Intrinsics(230.0, 230.0, 127.5, 95.5, 256, 192),
        noise=DepthNoise(floor_m=0.003, linear=0.003),
        nearest_m=0.25,
        farthest_m=5.0,
    )


SENSOR_MODELS = {"stereo": _stereo(), "lidar": _lidar()}

#: Rays along each side of a depth pixel, for what its footprint mixes.
_FOOTPRINT = 3
#: Share of disparity noise that does not change from frame to frame.
_STATIC_SHARE = 0.25
#: Sub-pixel steps of a stereo matcher's disparity.
_SUBPIXEL = 32
_DARK_ALBEDO = 0.06
#: Shares of a glass that give no return and that give its surface (a D435 loses 29 to 77 % of
#: glasses); the rest gives what is behind it. Share of polished metal that gives no return.
_GLASS_SILENT, _GLASS_SEEN, _METAL_SILENT = 0.5, 0.15, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class SensorView:
    """The truth that a sensor of h x w pixels looks at.

    Parameters
    ----------
    depth_m : (3 h, 3 w) float, metres along the sensor's axis, NaN where nothing is met
        The nearest surface along nine rays a pixel.
    behind_glass_m : (3 h, 3 w) float or None, metres
        The same through all glass; None where there is none.
    dark, metal, glass : (h, w) bool or None
        What the middle of each pixel is of; None for nothing of the kind.
    """

    depth_m: Array
    behind_glass_m: Array | None = None
    dark: npt.NDArray[np.bool_] | None = None
    metal: npt.NDArray[np.bool_] | None = None
    glass: npt.NDArray[np.bool_] | None = None


def sensor_view(renderer: Renderer, model: SensorModel) -> SensorView:
    """Return what a sensor of that model sees of a studio from where it stands there."""
    lens, pose, n = model.lens, renderer.scene.sensor_to_camera, _FOOTPRINT
    fine = lens.scaled_to(lens.width * n, lens.height * n)
    x = (np.arange(fine.width) - fine.cx) / fine.fx
    y = (np.arange(fine.height) - fine.cy) / fine.fy
    rays = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    where = rays, (fine.height, fine.width), pose.translation_m, pose.rotation
    surface = renderer.geometry(*where)
    material = renderer.materials(surface)
    through = None
    if material.glass.any():
        through = renderer.geometry(*where, through_glass=True).depth_m
    dark, metal, glass = (
        _middle(mask) for mask in (material.albedo < _DARK_ALBEDO, material.metal, material.glass)
    )
    return SensorView(surface.depth_m, through, dark, metal, glass)


def _middle(fine: Array) -> Array:
    """Return the middle ray's value of each pixel."""
    n = _FOOTPRINT
    return fine[n // 2 :: n, n // 2 :: n]


class SimulatedDepth:
    """One depth sensor and what it looks at.

    Parameters
    ----------
    view : SensorView
        Of the model's size.
    model : SensorModel
    seed : int
        Of the errors that stay as they are.
    """

    def __init__(self, view: SensorView, model: SensorModel, seed: int = 3) -> None:
        self.model = model
        self._random = np.random.default_rng(seed)
        lens, n = model.lens, _FOOTPRINT
        patch = _patches(lens, seed)
        seen = view.depth_m
        if view.behind_glass_m is not None:
            on_surface = np.kron(patch > 1 - _GLASS_SEEN, np.ones((n, n), bool))
            seen = np.where(on_surface, seen, view.behind_glass_m)
        self.true_depth_m = np.ascontiguousarray(_middle(seen))
        parts = seen.reshape(lens.height, n, lens.width, n).transpose(0, 2, 1, 3)
        self._mixed = parts.reshape(lens.height, lens.width, n * n).mean(axis=-1)
        dark, metal, glass = (
            np.zeros(patch.shape, bool) if mask is None else mask
            for mask in (view.dark, view.metal, view.glass)
        )
        self._dark = dark
        self._silent = (glass & (patch < _GLASS_SILENT)) | (metal & (patch < _METAL_SILENT))
        box = np.ones((3, 3), np.uint8)
        near, far = cv2.erode(self.true_depth_m, box), cv2.dilate(self.true_depth_m, box)
        self._near = cv2.erode(self.true_depth_m, np.ones((5, 5), np.uint8))
        self._edge = far - near > 0.02 * near + 0.005
        self._still = self._correlated()
        self._fattened = self._random.random(self._edge.shape) < 0.4
        self._shadow = (
            _stereo_shadow(self.true_depth_m, lens.fx * model.baseline_m)
            if model.baseline_m
            else np.zeros_like(self._edge)
        )

    def read(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return (depth_m, confidence) of a new frame, NaN where there is no return."""
        depth, confidence = self._stereo() if self.model.baseline_m else self._lidar()
        depth[(depth < self.model.nearest_m) | (depth > self.model.farthest_m)] = np.nan
        depth[self._silent] = np.nan
        confidence[np.isnan(depth)] = 0.0
        return depth.astype(np.float32), confidence.astype(np.float32)

    def _stereo(self) -> tuple[Array, Array]:
        chance = self._random.random(self._edge.shape)
        depth = self.true_depth_m.copy()
        wide = cv2.dilate(self._edge.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        depth = np.where(wide & self._fattened, self._near, depth)
        depth = np.where(self._edge & (chance < 0.2), self._mixed, depth)
        noise = _STATIC_SHARE * self._still + (1 - _STATIC_SHARE**2) ** 0.5 * self._correlated()
        scale = self.model.lens.fx * self.model.baseline_m
        disparity = scale / depth + self.model.disparity_sigma_px * noise
        depth = scale / (np.maximum(np.round(disparity * _SUBPIXEL), 1) / _SUBPIXEL)
        missing = self._shadow | (self._dark & (chance > 0.88)) | (chance > 0.997)
        depth[missing] = np.nan
        # Stereo is as sure of flying pixels as of all others.
        return depth, 0.8 + 0.2 * self._random.random(depth.shape)

    def _lidar(self) -> tuple[Array, Array]:
        noise = self.model.noise.sigma_m(self._mixed.astype(np.float32))
        depth = self._mixed + noise * self._random.standard_normal(noise.shape)
        confidence = np.where(self._edge, 0.5, 1.0)
        confidence[self._dark] = 0.5
        depth[self._random.random(noise.shape) > 0.998] = np.nan
        return depth, confidence

    def _correlated(self) -> Array:
        """Return noise of unit deviation that neighbours share, as block matching leaves it."""
        lens = self.model.lens
        noise = self._random.standard_normal((lens.height, lens.width), dtype=np.float32)
        smooth = cv2.GaussianBlur(noise, (0, 0), 0.8)
        return np.asarray(smooth / 0.352)


def _patches(lens: Intrinsics, seed: int) -> Array:
    """Return (H, W) numbers spread evenly over 0 to 1, alike in patches of a few pixels."""
    noise = np.random.default_rng(seed + 1).standard_normal((lens.height, lens.width))
    smooth = cv2.GaussianBlur(noise, (0, 0), 3.0)
    rank = np.empty(smooth.size)
    rank[np.argsort(smooth, axis=None)] = np.arange(smooth.size)
    return np.asarray((rank / smooth.size).reshape(smooth.shape))


def _stereo_shadow(depth_m: Array, scale: float) -> npt.NDArray[np.bool_]:
    """Mark what the second eye, to the right, cannot see: something nearer stands before it."""
    height, width = depth_m.shape
    columns = np.arange(width)
    disparity = scale / depth_m
    place = columns[None, :] - disparity
    # Walking from the right, a point is hidden if a nearer one to its right lands left of it.
    hidden = np.zeros((height, width), bool)
    reach = np.minimum.accumulate(place[:, ::-1], axis=1)[:, ::-1]
    hidden[:, :-1] = place[:, :-1] > reach[:, 1:] + 0.5
    return hidden

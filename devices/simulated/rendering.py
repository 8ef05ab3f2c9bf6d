"""The simulated studio as its camera sees it: light of subject and background, and exact alpha.

A picture is ``C = F * alpha + (1 - alpha) * B`` in linear light, built from the same layers that
are given out as truth: pixels at a silhouette are traced with 8 x 8 rays, hairs are drawn with
their exact coverage, and defocus and sway blur foreground and alpha alike.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from devices.frames import Intrinsics
from devices.simulated.hair import draw_strands, shade_strands
from devices.simulated.intersection import FAR
from devices.simulated.scenes.building import SENSOR_WIDTH_M
from devices.simulated.solids import (
    Light,
    Scene,
    light_rows,
    mark_rows,
    material_rows,
    plane_rows,
    solid_rows,
)
from devices.simulated.tracing import (
    BEHIND,
    NEAREST,
    SUBJECT,
    THROUGH_GLASS,
    trace,
    trace_glass,
)

FloatImage = npt.NDArray[np.float32]
Array = npt.NDArray[Any]

#: Rays along each side of a pixel at a silhouette.
_FINE = 8
#: numba's simple thread pool must not be entered from two threads at once.
_tracing = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """A view of the studio taken apart, linear light.

    Parameters
    ----------
    foreground : (H, W, 3) float32
        Light of the subject times its alpha.
    alpha : (H, W) float32, 0 to 1
    background : (H, W, 3) float32
        What the camera would see of the set without the subject; its shadows stay.
    """

    foreground: FloatImage
    alpha: FloatImage
    background: FloatImage

    def picture(self) -> FloatImage:
        """Return the composite, (H, W, 3) float32, linear light."""
        return np.asarray(self.foreground + (1 - self.alpha[..., None]) * self.background)


@dataclass(frozen=True, slots=True, eq=False)
class Geometry:
    """What a view sees, without hairs.

    Parameters
    ----------
    depth_m : (H, W) float32, metres along the view's axis, NaN where nothing is met
    normals : (H, W, 3) float32, unit, towards the view, in the camera's frame
    solid : (H, W) bool, the subject
    which : (H, W) int, number of the solid, the prop or the plane, in that order; -1 for nothing
    """

    depth_m: FloatImage
    normals: FloatImage
    solid: npt.NDArray[np.bool_]
    which: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class MaterialsSeen:
    """What a view's pixels show: mean `albedo` (H, W) float32, NaN for nothing; `metal` and
    `glass` (H, W) bool.
    """  # noqa: D205

    albedo: FloatImage
    metal: npt.NDArray[np.bool_]
    glass: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gloss:
    """How far light goes beyond point lamps on matt surfaces; all 0 is that simple world.

    Parameters
    ----------
    lamp_radius_m : float
        Lamps of that radius throw soft shadows.
    specular : float
        Reflectance of the subject's varnish at normal incidence; 0.04 is that of most.
    bounce : float
        Share, 0 to 1, of the light from the planes that reaches the subject.
    """

    lamp_radius_m: float = 0.0
    specular: float = 0.0
    bounce: float = 0.0


class Renderer:
    """Traces one scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._solids = solid_rows(scene)
        self._planes = plane_rows(scene)
        self._materials = material_rows(scene)
        self._marks = mark_rows(scene)
        subject = self._materials[: len(scene.solids)]
        self.has_glass = bool((subject[:, 6] > 0).any())

    def lens(self, width: int, height: int) -> Intrinsics:
        """Return the camera's intrinsics for a picture of that size."""
        return self.scene.camera.scaled_to(width, height)

    def layers(
        self,
        width: int,
        height: int,
        lights: tuple[Light, ...],
        ambient: float,
        gloss: Gloss | None = None,
    ) -> Layers:
        """Trace the scene under these lights."""
        lens, shape = self.lens(width, height), (height, width)
        lit = _Lit(light_rows(lights), ambient, gloss or Gloss(), self.scene.bounce)
        rays = camera_rays(lens)
        seen = self._subject(rays, lit)
        _, _, _, behind = self._trace(rays, lit, BEHIND)
        edge = np.flatnonzero(
            _edges(seen.which.reshape(shape)) | _edges(seen.walls.reshape(shape))
            | self._metal(seen.which).reshape(shape)
        )  # fmt: skip
        seen.coverage[edge], seen.light[edge] = self._fine(rays[edge], lens, lit)
        alpha = seen.coverage.reshape(shape)
        foreground = seen.light.reshape(*shape, 3)
        if self.scene.strands is not None:
            hairs, through = self._hairs(lens, lit, seen.depth.reshape(shape))
            foreground = hairs + through[..., None] * foreground
            alpha = 1 - through * (1 - alpha)
        return Layers(foreground, alpha, behind.reshape(*shape, 3))

    def alpha(self, width: int, height: int) -> FloatImage:
        """Return the sharp alpha alone, (H, W) float32."""
        return self.layers(width, height, (), 0.0).alpha

    def geometry(
        self,
        rays: Array,
        shape: tuple[int, int],
        origin: Array,
        rotation: Array,
        through_glass: bool = False,
    ) -> Geometry:
        """Return what a device at another place sees along its own rays."""
        want = THROUGH_GLASS if through_glass else NEAREST
        depth, which, normals, _ = self._trace(rays, None, want, origin, rotation)
        depth[depth >= FAR] = np.nan
        return Geometry(
            depth.reshape(shape).astype(np.float32),
            normals.reshape(*shape, 3),
            ((which >= 0) & (which < len(self.scene.solids))).reshape(shape),
            which.reshape(shape),
        )

    def materials(self, seen: Geometry) -> MaterialsSeen:
        """Return of what material that is which a view sees."""
        albedo = np.append(self._materials[:, :3].mean(axis=1), np.nan).astype(np.float32)
        metal, glass = (np.append(self._materials[:, c] > 0, False) for c in (5, 6))
        return MaterialsSeen(albedo[seen.which], metal[seen.which], glass[seen.which])

    def _metal(self, which: Array) -> npt.NDArray[np.bool_]:
        """Mark metal, whose mirror images are finer than a pixel."""
        return np.asarray(np.append(self._materials[:, 5] > 0, False)[which])

    def _subject(self, rays: Array, lit: _Lit) -> _SubjectSeen:
        """Trace the subject without its hairs: what is opaque, and the glass before it."""
        depth, which, _, light = self._trace(rays, lit, SUBJECT)
        coverage = (which >= 0).astype(np.float32)
        light[which < 0] = 0.0
        walls = np.zeros(len(rays), np.int64)
        if self.has_glass:
            through, reflected = np.empty(len(rays), np.float32), np.zeros_like(light)
            with _tracing:
                trace_glass(
                    rays, self._solids, len(self.scene.solids), self._planes, self._materials,
                    self._marks, lit.lamps, lit.ambient, lit.gloss, depth,
                    walls, through, reflected,
                )  # fmt: skip
            light = reflected + through[:, None] * light
            coverage = 1 - through * (1 - coverage)
        return _SubjectSeen(depth, which, walls, coverage, light)

    def _trace(
        self,
        rays: Array,
        lit: _Lit | None,
        want: int,
        origin: Array | None = None,
        rotation: Array | None = None,
    ) -> tuple[Array, Array, Array, Array]:
        """Return depth, what is met, and normals, or where there is light its reflection."""
        count = len(rays)
        depth, which = np.empty(count), np.empty(count, np.int64)
        normals = np.zeros((0 if lit is not None else count, 3), np.float32)
        light = np.zeros((count if lit is not None else 0, 3), np.float32)
        lit = lit or _Lit(light_rows(()), 0.0, Gloss(), 0.0)
        with _tracing:
            trace(
                rays,
                np.zeros(3) if origin is None else origin,
                np.eye(3) if rotation is None else np.ascontiguousarray(rotation),
                self._solids, len(self.scene.solids), self._planes, self._materials, self._marks,
                lit.lamps, lit.ambient, lit.gloss, want, depth, which, normals, light,
            )  # fmt: skip
        return depth, which, normals, light

    def _fine(self, rays: Array, lens: Intrinsics, lit: _Lit) -> tuple[Array, Array]:
        """Return coverage and light of pixels traced with many rays each."""
        steps = (np.arange(_FINE) + 0.5) / _FINE - 0.5
        offsets = np.stack(np.meshgrid(steps / lens.fx, steps / lens.fy), axis=-1).reshape(-1, 2)
        many = self._subject((rays[:, None, :] + offsets).reshape(-1, 2), lit)
        count = _FINE * _FINE
        return (
            many.coverage.reshape(-1, count).mean(axis=1),
            many.light.reshape(-1, count, 3).mean(axis=1),
        )

    def _hairs(self, lens: Intrinsics, lit: _Lit, depth: Array) -> tuple[FloatImage, FloatImage]:
        strands = self.scene.strands
        assert strands is not None
        colours = shade_strands(
            strands.points, strands.albedo, strands.in_shadow, self._solids, self._planes,
            self._materials, lit.lamps, lit.ambient, lit.bounce,
        )  # fmt: skip
        premultiplied = np.zeros((*depth.shape, 3), np.float32)
        through = np.ones(depth.shape, np.float32)
        draw_strands(
            strands.points, strands.radii_m, colours, lens.fx, lens.fy, lens.cx, lens.cy,
            depth, premultiplied, through,
        )  # fmt: skip
        return premultiplied, through


class _Lit:
    """Light as the kernels take it."""

    def __init__(self, lamps: Array, ambient: float, gloss: Gloss, bounce: float) -> None:
        self.lamps = lamps
        self.ambient = ambient
        self.bounce = max(gloss.bounce, bounce)
        values = np.array([gloss.lamp_radius_m, gloss.specular, self.bounce])
        self.gloss = values if values.any() else None


@dataclass(frozen=True, slots=True, eq=False)
class _SubjectSeen:
    """Of each ray: depth, number of the solid, signature of glass walls, coverage and light."""

    depth: Array
    which: Array
    walls: Array
    coverage: Array
    light: Array


def blurred(layers: Layers, scene: Scene, aperture_f: float, shutter_s: float) -> Layers:
    """Return the layers as a lens at that aperture and a subject that sways leave them.

    Thin lens, one distance for each layer: that of the silhouette and that of the background's
    nearest plane. The lens's own sharpness is a Gaussian of 0.55 pixels.
    """
    width = layers.alpha.shape[1]
    pitch = SENSOR_WIDTH_M / width
    focal, focus = scene.focal_length_m, scene.focus_m

    def circle_px(distance_m: float) -> float:
        """Return the diameter of the circle of confusion."""
        share = abs(distance_m - focus) / distance_m
        return float(focal * focal / (aperture_f * (focus - focal)) * share / pitch)

    travel_px = scene.sway_m_per_s * shutter_s * focal / scene.subject_m / pitch
    subject = np.dstack([layers.foreground, layers.alpha])
    subject = _swayed(_defocused(subject, circle_px(scene.subject_m)), travel_px)
    behind = min(_distance_on_axis(plane.normal, plane.offset_m) for plane in scene.planes)
    background = _defocused(layers.background, circle_px(behind))
    return Layers(
        np.ascontiguousarray(subject[..., :3]),
        np.ascontiguousarray(np.clip(subject[..., 3], 0.0, 1.0)),
        background,
    )


def _distance_on_axis(normal: tuple[float, float, float], offset_m: float) -> float:
    return float(offset_m / normal[2]) if abs(normal[2]) > 1e-6 else float("inf")


def _defocused(image: FloatImage, diameter_px: float) -> FloatImage:
    """Blur by the lens's own sharpness and a disc of that diameter, as one Gaussian."""
    sigma = float(np.hypot(0.55, diameter_px / 4))
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))


def _swayed(image: FloatImage, travel_px: float) -> FloatImage:
    if travel_px < 0.5:
        return image
    length = max(3, round(travel_px) | 1)
    return np.asarray(cv2.blur(image, (length, 1), borderType=cv2.BORDER_REPLICATE))


def camera_rays(lens: Intrinsics) -> Array:
    """Return (H * W, 2) float64: x / z and y / z of the ray through each pixel, by rows."""
    x = (np.arange(lens.width) - lens.cx) / lens.fx
    y = (np.arange(lens.height) - lens.cy) / lens.fy
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _edges(which: Array) -> npt.NDArray[np.bool_]:
    """Mark pixels whose 3 x 3 surroundings hold more than one thing."""
    labels = which.astype(np.float32)
    box = np.ones((3, 3), np.uint8)
    return np.asarray(cv2.dilate(labels, box) != cv2.erode(labels, box))

"""Depth from the sensor's pixels into the camera's.

A sensor beside the camera sees the set from elsewhere, so its map cannot simply be stretched.
Each reading becomes a point in space, moves into the camera's frame, and is drawn into a grid
that covers the camera's picture at about the sensor's own resolution; the nearest surface wins.
Depth is never enlarged before it is reprojected: that would invent readings across edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from capture.occlusion import (
    holes_behind,
    sheets_at_steps,
    sheets_in_holes,
    straddling_pixels,
)
from devices.frames import Calibration, DepthFrame, Intrinsics, read_only
from matting.imaging.errors import MismatchError

#: Two neighbouring readings belong to one surface when they differ by less than this share.
SURFACE_STEP_SHARE = 0.03

#: Width of the coarsest grid on which a sensor's depth is laid, pixels.
LEAST_GRID_WIDTH = 640

#: Width over height may differ by this share before a map is said not to fit a picture.
SHAPE_TOLERANCE = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class RegisteredDepth:
    """Depth on a grid that covers exactly the camera's field of view.

    Parameters
    ----------
    depth_m : (h, w) float32, metres along the camera's optical axis, NaN = unknown
    sigma_m : (h, w) float32, metres, standard deviation of each reading, NaN where unknown
    confidence : (h, w) float32, 0 to 1, 0 where unknown
    hidden : (h, w) bool, unknown because something nearer hides it from the sensor
    footprint_px : (h, w) float32, how wide one of the sensor's pixels is here, pixels of this grid,
        NaN where unknown
    intrinsics : Intrinsics
        The camera's lens for a w x h picture.
    distortion : tuple of 5 floats, or empty
        The lens's, as in `devices.frames.Calibration`; empty for a pinhole.
    metric : bool
        False when depth only orders points.
    """

    depth_m: npt.NDArray[np.float32]
    sigma_m: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    hidden: npt.NDArray[np.bool_]
    footprint_px: npt.NDArray[np.float32]
    intrinsics: Intrinsics
    distortion: tuple[float, ...] = ()
    metric: bool = True

    def __post_init__(self) -> None:
        for name in ("depth_m", "sigma_m", "confidence", "hidden", "footprint_px"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def points(self) -> npt.NDArray[np.float32]:
        """Return the (h, w, 3) points in the camera's frame, metres, NaN where unknown."""
        return back_project(self.depth_m, self.intrinsics, self.distortion)


def back_project(
    depth_m: npt.NDArray[np.float32], intrinsics: Intrinsics, distortion: tuple[float, ...] = ()
) -> npt.NDArray[np.float32]:
    """Return the points that a depth map shows.

    Parameters
    ----------
    depth_m : (H, W) float32, metres, NaN = unknown
    intrinsics : Intrinsics
        For a map of that size.
    distortion : k1, k2, p1, p2, k3 of the lens through which the map is seen, or empty

    Returns
    -------
    (H, W, 3) float32, metres, NaN where depth is NaN
    """
    height, width = depth_m.shape
    if not distortion:
        u = (np.arange(width, dtype=np.float32) - intrinsics.cx) / intrinsics.fx
        v = (np.arange(height, dtype=np.float32) - intrinsics.cy) / intrinsics.fy
        return np.stack([u[None, :] * depth_m, v[:, None] * depth_m, depth_m], axis=-1)
    across, down = straight_rays(intrinsics, distortion, width, height)
    return np.stack([across * depth_m, down * depth_m, depth_m], axis=-1)


@lru_cache(maxsize=4)
def straight_rays(
    lens: Intrinsics, distortion: tuple[float, ...], width: int, height: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return x / z and y / z of what each pixel of a distorted picture looks at.

    Parameters
    ----------
    lens : Intrinsics
        For a picture of `width` x `height`.
    distortion : k1, k2, p1, p2, k3
    width, height : int

    Returns
    -------
    across, down : (height, width) float32, read-only
    """
    import cv2

    matrix = np.array([[lens.fx, 0, lens.cx], [0, lens.fy, lens.cy], [0, 0, 1]])
    pixels = np.dstack(np.meshgrid(np.arange(width), np.arange(height))).reshape(-1, 1, 2)
    until = (cv2.TERM_CRITERIA_COUNT + cv2.TERM_CRITERIA_EPS, 40, 1e-8)
    rays = cv2.undistortPoints(
        pixels.astype(np.float64), matrix, np.array(distortion), criteria=until
    )
    straight = rays.reshape(height, width, 2).astype(np.float32)
    return read_only(straight[..., 0]), read_only(straight[..., 1])


def assumed_intrinsics(width: int, height: int) -> Intrinsics:
    """Return a 60 degree lens for a map that states none.

    Shapes in space then come out stretched along the axis by the unknown focal length; which
    side of a plane a point lies on, all that the separation asks, is not changed by it.
    """
    focal = 0.5 * width / np.tan(np.radians(30.0))
    return Intrinsics(focal, focal, (width - 1) / 2, (height - 1) / 2, width, height)


def _confidence(frame: DepthFrame) -> npt.NDArray[np.float32]:
    valid = np.isfinite(frame.depth_m)
    if frame.confidence is None:
        return valid.astype(np.float32)
    return np.where(valid, frame.confidence, np.float32(0.0))


def registered(
    frame: DepthFrame, calibration: Calibration | None, picture_shape: tuple[int, int]
) -> RegisteredDepth:
    """Bring a depth frame into the pixels of a picture of that (height, width).

    Without a calibration the map counts as made in the picture's own pixels.
    """
    if calibration is None:
        return already_registered(frame, picture_shape)
    return register(frame, calibration)


def already_registered(frame: DepthFrame, picture_shape: tuple[int, int]) -> RegisteredDepth:
    """Take a depth map that was made in the picture's own pixels, at any resolution.

    Parameters
    ----------
    frame : DepthFrame
    picture_shape : (height, width) of the upright picture

    Raises
    ------
    MismatchError
        When the map has not the picture's proportions, so that it cannot lie on it.
    """
    refuse_other_proportions(frame, picture_shape)
    height, width = frame.depth_m.shape
    given = frame.intrinsics or assumed_intrinsics(width, height)
    return RegisteredDepth(
        depth_m=frame.depth_m,
        sigma_m=frame.noise.sigma_m(frame.depth_m),
        confidence=_confidence(frame),
        hidden=np.zeros((height, width), bool),
        footprint_px=np.where(np.isfinite(frame.depth_m), np.float32(1.0), np.float32(np.nan)),
        intrinsics=given.scaled_to(width, height),
        metric=frame.metric,
    )


def refuse_other_proportions(frame: DepthFrame, picture_shape: tuple[int, int]) -> None:
    """Raise MismatchError when a map has not the proportions of the (height, width) picture."""
    height, width = frame.depth_m.shape
    picture_height, picture_width = picture_shape
    ratio = (width / height) / (picture_width / picture_height)
    if abs(ratio - 1.0) > SHAPE_TOLERANCE:
        raise MismatchError(
            frame.sensor or "depth map",
            f"its shape {width}x{height} does not fit the picture's "
            f"{picture_width}x{picture_height}",
            "give a depth map registered to this picture, or a calibration for the sensor",
        )


def register(frame: DepthFrame, calibration: Calibration) -> RegisteredDepth:
    """Reproject a sensor's depth map into the camera's picture.

    Parameters
    ----------
    frame : DepthFrame
        In the sensor's own pixels, with intrinsics.
    calibration : Calibration
        The camera's lens, and where the sensor stands.

    Returns
    -------
    RegisteredDepth
        On a grid with the camera's field of view, as fine as the sensor's pixels appear in it or
        finer; between the sensor's pixels the surface is interpolated.

    Raises
    ------
    MismatchError
        When the frame has no intrinsics, or its depth is not metric.

    Notes
    -----
    The sensor's lens is taken as a pinhole: its maker undistorts. What the sensor sees past the
    subject's edge but the camera does not is hidden by the z-buffer; what only the camera sees
    stays unknown, and where something nearer is the cause `hidden` says so. The map lies on the
    photograph as it is, distorted.
    """
    if frame.intrinsics is None:
        raise MismatchError(
            frame.sensor or "depth sensor",
            "no intrinsics, so its pixels cannot be placed in space",
            "give them with --intrinsics",
        )
    if not frame.metric:
        raise MismatchError(
            frame.sensor or "depth sensor",
            "its depth is relative, not in metres, and cannot be moved to another camera",
            "use a metric sensor, or a map registered to the picture",
        )
    grid = _grid(calibration.camera, frame.intrinsics)
    from capture.rasteriser import draw_surface

    moved = _in_camera(back_project(frame.depth_m, frame.intrinsics), calibration)
    u, v = project(moved, grid, calibration.distortion)
    drawn = draw_surface(
        u, v, moved[..., 2], _confidence(frame), grid.width, grid.height, SURFACE_STEP_SHARE
    )
    behind = _behind_something(frame.depth_m, frame.intrinsics, calibration, grid)
    return RegisteredDepth(
        depth_m=drawn.depth_m,
        # The two stand side by side, so the noise at the camera's distance is the sensor's.
        sigma_m=frame.noise.sigma_m(drawn.depth_m),
        confidence=drawn.confidence,
        hidden=behind & np.isnan(drawn.depth_m),
        footprint_px=drawn.footprint_px,
        intrinsics=grid,
        distortion=calibration.distortion,
    )


def _behind_something(
    depth_m: npt.NDArray[np.float32],
    sensor: Intrinsics,
    calibration: Calibration,
    grid: Intrinsics,
) -> npt.NDArray[np.bool_]:
    """Mark what lies behind something nearer for the sensor, and not only in a hole of its map."""
    from capture.rasteriser import covered_by

    straddling = straddling_pixels(depth_m)
    filled = holes_behind(depth_m, straddling, SURFACE_STEP_SHARE)
    behind, in_hole = (
        covered_by(
            *project(_in_camera(sheets, calibration), grid, calibration.distortion),
            grid.width,
            grid.height,
        )
        for sheets in (
            sheets_at_steps(filled, straddling, sensor, SURFACE_STEP_SHARE),
            sheets_in_holes(filled, depth_m, sensor, SURFACE_STEP_SHARE),
        )
    )
    return behind & ~in_hole


def _in_camera(
    points_m: npt.NDArray[np.float32], calibration: Calibration
) -> npt.NDArray[np.float32]:
    motion = calibration.depth_to_camera
    turned = points_m @ motion.rotation.T.astype(np.float32)
    return np.asarray(turned + motion.translation_m.astype(np.float32))


def project(
    points_m: npt.NDArray[np.float32], lens: Intrinsics, distortion: tuple[float, ...] = ()
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return where points fall in a picture, by Brown's model of distortion.

    Parameters
    ----------
    points_m : (..., 3) float32, metres, in the camera's frame, NaN = no point
    lens : Intrinsics
    distortion : k1, k2, p1, p2, k3, or empty for a pinhole

    Returns
    -------
    u, v : (...) float32, pixels, NaN where there is no point, or none that the model holds for

    Notes
    -----
    A distortion fitted within the frame may fold what lies far outside back into it; points farther
    out than the radius at which it turns are NaN.

    References
    ----------
    D. C. Brown, "Decentering distortion of lenses", Photogrammetric Engineering 32, 1966.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        x = points_m[..., 0] / points_m[..., 2]
        y = points_m[..., 1] / points_m[..., 2]
    if distortion:
        k1, k2, p1, p2, k3 = map(np.float32, distortion)
        square = x * x + y * y
        with np.errstate(invalid="ignore"):
            rising = 1 + square * (3 * k1 + square * (5 * k2 + square * 7 * k3)) > 0
        square = np.where(rising, square, np.float32(np.nan))
        radial = 1 + square * (k1 + square * (k2 + square * k3))
        x, y = (
            x * radial + 2 * p1 * x * y + p2 * (square + 2 * x * x),
            y * radial + p1 * (square + 2 * y * y) + 2 * p2 * x * y,
        )
    u = x * np.float32(lens.fx) + np.float32(lens.cx)
    v = y * np.float32(lens.fy) + np.float32(lens.cy)
    return u, v


def _grid(camera: Intrinsics, sensor: Intrinsics) -> Intrinsics:
    """Return the camera's lens at the size where one of its pixels is one of the sensor's.

    Never coarser than `LEAST_GRID_WIDTH`: colour speaks on this grid too, and sees more.
    """
    width = round(camera.width * sensor.fx / camera.fx)
    width = min(max(LEAST_GRID_WIDTH, width), camera.width)
    return camera.scaled_to(width, max(1, round(width * camera.height / camera.width)))

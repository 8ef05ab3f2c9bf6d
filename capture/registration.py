"""Depth from the sensor's pixels into the camera's.

A sensor beside the camera sees the set from elsewhere, so its map cannot simply be stretched.
Each reading becomes a point in space, moves into the camera's frame, and is drawn into a grid
that covers the camera's picture at about the sensor's own resolution; the nearest surface wins.
Depth is never enlarged before it is reprojected: that would invent readings across edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from devices.frames import Calibration, DepthFrame, DepthNoise, Intrinsics, read_only
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
    intrinsics : Intrinsics
        The camera's lens for a w x h picture.
    metric : bool
        False when depth only orders points.
    """

    depth_m: npt.NDArray[np.float32]
    sigma_m: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    intrinsics: Intrinsics
    metric: bool = True

    def __post_init__(self) -> None:
        for name in ("depth_m", "sigma_m", "confidence"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def points(self) -> npt.NDArray[np.float32]:
        """Return the (h, w, 3) points in the camera's frame, metres, NaN where unknown."""
        return back_project(self.depth_m, self.intrinsics)


def back_project(
    depth_m: npt.NDArray[np.float32], intrinsics: Intrinsics
) -> npt.NDArray[np.float32]:
    """Return the (H, W, 3) points that a depth map shows, metres, NaN where depth is NaN."""
    height, width = depth_m.shape
    u = (np.arange(width, dtype=np.float32) - intrinsics.cx) / intrinsics.fx
    v = (np.arange(height, dtype=np.float32) - intrinsics.cy) / intrinsics.fy
    return np.stack([u[None, :] * depth_m, v[:, None] * depth_m, depth_m], axis=-1)


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
    given = frame.intrinsics or assumed_intrinsics(width, height)
    return RegisteredDepth(
        depth_m=frame.depth_m,
        sigma_m=frame.noise.sigma_m(frame.depth_m),
        confidence=_confidence(frame),
        intrinsics=given.scaled_to(width, height),
        metric=frame.metric,
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
    stays unknown. The map lies on the photograph as it is, distorted, while
    `RegisteredDepth.points` takes a pinhole: where a lens distorts by 2 %, points are as much off
    sideways.
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
    motion = calibration.depth_to_camera
    points = back_project(frame.depth_m, frame.intrinsics)
    moved = points @ motion.rotation.T.astype(np.float32) + motion.translation_m.astype(np.float32)
    grid = _grid(calibration.camera, frame.intrinsics)
    u, v = project(moved, grid, calibration.distortion)
    from capture.rasteriser import draw_surface

    depth, confidence = draw_surface(
        u, v, moved[..., 2], _confidence(frame), grid.width, grid.height, SURFACE_STEP_SHARE
    )
    return RegisteredDepth(
        depth_m=depth,
        sigma_m=_sigma_after_motion(frame.noise, depth),
        confidence=confidence,
        intrinsics=grid,
    )


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


def _sigma_after_motion(
    noise: DepthNoise, depth_m: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Take the noise at the camera's distance: the two stand side by side, so it is the same."""
    return noise.sigma_m(depth_m)

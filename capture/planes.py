"""Backdrop, wall, table and floor: the large planes that a subject stands before and upon.

MSAC (Torr and Zisserman 2000, doi 10.1006/cviu.1999.0832) whose inliers are judged against the
sensor's own noise at each distance, then a weighted least-squares fit. Ours rather than Open3D's
because that one takes a single tolerance for all distances, and a table that runs away from a
stereo camera needs one that grows with the square of the distance.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.registration import RegisteredDepth


@dataclass(frozen=True, slots=True)
class PlaneParameters:
    """When a set of points counts as one of the set's planes."""

    sigmas: float = 3.0
    #: A sensor's depth is bent by a little more than its noise; share of the distance, and floor.
    bend_share: float = 0.004
    bend_floor_m: float = 0.0013
    least_share: float = 0.08
    #: A plane that is part of the set runs out of the frame; a subject's flat side does not.
    least_border_share: float = 0.05
    #: A real surface hides what is behind it; readings behind it, within its outline, as a share
    #: of its own, tell a slab that happens to cut through a wall and a subject.
    most_seen_through: float = 0.5
    #: Nor does a backdrop have much of the set behind it; a chest that leaves the frame does.
    most_behind_share: float = 0.1
    #: A plane whose normal is this near to the optical axis faces the camera, as a table does not.
    facing_cosine: float = 0.8
    #: What is left beside a plane, and the foot of what stands on it, make another one like it.
    same_cosine: float = 0.985
    same_offset_m: float = 0.05
    most_planes: int = 4
    samples: int = 6000
    trials: int = 400
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Points with ``normal . x + offset_m = 0``; the normal points towards the camera.

    Parameters
    ----------
    normal : (3,) float64, unit length
    offset_m : float, the camera's distance from the plane
    """

    normal: npt.NDArray[np.float64]
    offset_m: float

    def height_m(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return how far points stand before the plane, metres, negative behind it."""
        height = points @ self.normal.astype(np.float32) + np.float32(self.offset_m)
        return np.asarray(height, np.float32)


def tolerance_m(depth: RegisteredDepth, parameters: PlaneParameters) -> npt.NDArray[np.float32]:
    """Return how far a reading may lie off a plane and still be of it, (h, w) float32, metres."""
    bend = np.maximum(parameters.bend_floor_m, parameters.bend_share * depth.depth_m)
    return np.asarray(parameters.sigmas * np.hypot(depth.sigma_m, bend), np.float32)


def find_planes(
    depth: RegisteredDepth, parameters: PlaneParameters | None = None
) -> tuple[tuple[Plane, ...], npt.NDArray[np.bool_]]:
    """Find the planes of the set, largest first.

    Parameters
    ----------
    depth : RegisteredDepth
    parameters : PlaneParameters, optional

    Returns
    -------
    planes : tuple of Plane
    on_plane : (h, w) bool
        Readings that lie on one of them.

    Notes
    -----
    A subject that fills most of the frame with one flat side that leaves it on two sides is
    taken for a backdrop. A curved sweep (cyclorama) comes out as two planes with a strip between
    them, which then lies behind or below the subject and is left to the clustering.
    """
    parameters = parameters or PlaneParameters()
    rng = np.random.default_rng(parameters.seed)
    points = depth.points()
    tolerance = tolerance_m(depth, parameters)
    left = np.isfinite(depth.depth_m)
    total = int(left.sum())
    on_plane = np.zeros_like(left)
    planes: list[Plane] = []
    while len(planes) < parameters.most_planes and left.sum() > parameters.least_share * total:
        plane = _largest_plane(points[left], tolerance[left], parameters, rng)
        if plane is None:
            break
        inliers = left & (np.abs(plane.height_m(points)) < tolerance)
        if inliers.sum() < parameters.least_share * total:
            break
        left &= ~inliers
        if _border_share(inliers) < parameters.least_border_share:
            continue
        if any(_nearly_the_same(plane, other, parameters) for other in planes):
            continue
        behind = plane.height_m(points) < -tolerance
        if (behind & _hull(inliers)).sum() > parameters.most_seen_through * inliers.sum():
            continue
        faces = -plane.normal[2] > parameters.facing_cosine
        if faces and behind.sum() > parameters.most_behind_share * total:
            continue
        planes.append(plane)
        on_plane |= inliers
    return tuple(planes), on_plane


def _nearly_the_same(plane: Plane, other: Plane, parameters: PlaneParameters) -> bool:
    alike = float(plane.normal @ other.normal) > parameters.same_cosine
    return alike and abs(plane.offset_m - other.offset_m) < parameters.same_offset_m


def _hull(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the convex outline of a mask, filled."""
    import cv2

    hull = cv2.convexHull(np.argwhere(mask)[:, ::-1].astype(np.int32))
    return np.asarray(cv2.fillConvexPoly(np.zeros(mask.shape, np.uint8), hull, 1) > 0)


def _border_share(mask: npt.NDArray[np.bool_]) -> float:
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    return float(border.mean())


def _largest_plane(
    points: npt.NDArray[np.float32],
    tolerance: npt.NDArray[np.float32],
    parameters: PlaneParameters,
    rng: np.random.Generator,
) -> Plane | None:
    """Return the plane through three of the points that has the most support, refined.

    A reading supports a plane the more, the nearer it lies (M-estimator sample consensus). Were
    they merely counted, a slab that cuts through a far wall and the subject could hold more than
    the wall's own plane.
    """
    count = min(parameters.samples, len(points))
    chosen = rng.choice(len(points), count, replace=False)
    sample = points[chosen].astype(np.float64)
    allowed = tolerance[chosen].astype(np.float64)
    best: Plane | None = None
    most = 0.0
    for a, b, c in sample[rng.integers(0, count, (parameters.trials, 3))]:
        normal = np.cross(b - a, c - a)
        length = np.linalg.norm(normal)
        if length < 1e-9:
            continue
        normal /= length
        support = float(np.maximum(0.0, 1.0 - (((sample - a) @ normal) / allowed) ** 2).sum())
        if support > most:
            most, best = support, _facing_camera(normal, -float(a @ normal))
    return _refined(best, sample, allowed) if best is not None else None


def _refined(
    plane: Plane, points: npt.NDArray[np.float64], allowed: npt.NDArray[np.float64]
) -> Plane:
    """Fit the plane to its own inliers by weighted total least squares until it settles."""
    for _ in range(4):
        inliers = np.abs(points @ plane.normal + plane.offset_m) < allowed
        if inliers.sum() < 3:
            return plane
        weight = 1.0 / allowed[inliers] ** 2
        centre = (points[inliers] * weight[:, None]).sum(axis=0) / weight.sum()
        spread = (points[inliers] - centre) * np.sqrt(weight)[:, None]
        normal = np.linalg.eigh(spread.T @ spread)[1][:, 0]
        plane = _facing_camera(normal, -float(centre @ normal))
    return plane


def _facing_camera(normal: npt.NDArray[np.float64], offset_m: float) -> Plane:
    """Return the plane with its normal towards the camera, which sits at the origin."""
    return Plane(-normal, -offset_m) if offset_m < 0 else Plane(normal, offset_m)

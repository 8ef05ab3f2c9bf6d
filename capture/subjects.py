"""Which readings of a depth map are the subject: clusters in space, chosen by point or place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.depth_filtering import without_flying_pixels
from capture.planes import Plane, PlaneParameters, find_planes
from capture.registration import RegisteredDepth
from devices.frames import read_only
from matting.imaging.errors import MismatchError

#: Clusters smaller than this share of the map are specks of noise.
LEAST_CLUSTER_SHARE = 0.0005
#: A point may miss its subject's readings by this share of the width (a hole, a glossy side).
POINT_REACH_SHARE = 0.04
#: Without points, the subject is the nearest to the centre among clusters at least this large
#: relative to the largest.
MAJOR_CLUSTER_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class SubjectDepth:
    """A depth map told apart into subject and the rest.

    Parameters
    ----------
    subject : (h, w) bool, readings on the subject
    background : (h, w) bool, readings on anything else; both False = unknown
    depth : RegisteredDepth, without flying pixels
    planes : tuple of Plane, the set's planes, largest first
    distance_m : float, median distance of the subject
    """

    subject: npt.NDArray[np.bool_]
    background: npt.NDArray[np.bool_]
    depth: RegisteredDepth
    planes: tuple[Plane, ...]
    distance_m: float

    def __post_init__(self) -> None:
        for name in ("subject", "background"):
            object.__setattr__(self, name, read_only(getattr(self, name)))


def find_subject(
    depth: RegisteredDepth,
    points: Sequence[tuple[float, float]] = (),
    parameters: PlaneParameters | None = None,
) -> SubjectDepth:
    """Tell the subject from the set.

    Parameters
    ----------
    depth : RegisteredDepth
    points : sequence of (x, y)
        A point on each wanted subject, as shares of the picture's width and height, 0 to 1.
        Without any, the subject is the large cluster nearest to the middle of the picture.
    parameters : PlaneParameters, optional

    Raises
    ------
    MismatchError
        When the map holds no cluster, or a point lies on none.

    Notes
    -----
    Two things that touch at the same depth are one cluster. Relative depth and sets without a
    plane are split in two by distance (Otsu's threshold on 1/z) before the clustering.
    """
    clean = without_flying_pixels(depth.depth_m, depth.sigma_m)
    valid = np.isfinite(clean)
    planes: tuple[Plane, ...] = ()
    if depth.metric:
        planes, on_plane = find_planes(depth, parameters)
        standing = valid & ~on_plane
    if not planes:
        standing = valid & _nearer_half(clean)
    labels, areas = _clusters(standing)
    chosen = _chosen_by_points(labels, points) if points else _chosen_by_place(labels, areas)
    subject = np.isin(labels, list(chosen))
    return SubjectDepth(
        subject=subject,
        background=valid & ~subject,
        depth=RegisteredDepth(
            depth_m=clean,
            sigma_m=depth.sigma_m,
            confidence=np.where(valid, depth.confidence, np.float32(0.0)),
            intrinsics=depth.intrinsics,
            metric=depth.metric,
        ),
        planes=planes,
        distance_m=float(np.median(clean[subject])),
    )


def _nearer_half(depth_m: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Split readings in two by Otsu's threshold on 1/z and return the nearer ones."""
    import cv2

    valid = np.isfinite(depth_m)
    inverse = np.zeros(depth_m.shape, np.float32)
    np.divide(1.0, depth_m, out=inverse, where=valid)
    if not valid.any():
        return valid
    low, high = np.percentile(inverse[valid], [0.5, 99.5])
    levels = np.clip((inverse - low) / max(high - low, 1e-12) * 65535, 0, 65535).astype(np.uint16)
    threshold, _ = cv2.threshold(levels[valid].reshape(-1, 1), 0, 65535, cv2.THRESH_OTSU)
    return np.asarray(valid & (levels > threshold))


def _clusters(
    standing: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.int32], dict[int, int]]:
    """Return connected pieces (0 = none) and the area of each that is no speck."""
    import cv2

    _, labels, statistics, _ = cv2.connectedComponentsWithStats(
        standing.astype(np.uint8), connectivity=8
    )
    least = LEAST_CLUSTER_SHARE * standing.size
    areas = {
        label: int(area)
        for label, area in enumerate(statistics[:, cv2.CC_STAT_AREA])
        if label > 0 and area >= least
    }
    if not areas:
        raise MismatchError(
            "depth map",
            "nothing stands out from the background",
            "move the subject away from the backdrop, or give a trimap",
        )
    labels[~np.isin(labels, list(areas))] = 0
    return labels, areas


def _chosen_by_points(
    labels: npt.NDArray[np.int32], points: Sequence[tuple[float, float]]
) -> set[int]:
    height, width = labels.shape
    rows, columns = np.nonzero(labels)
    chosen = set()
    for x, y in points:
        distance = np.hypot(columns - x * width, rows - y * height)
        nearest = int(np.argmin(distance))
        if distance[nearest] > POINT_REACH_SHARE * width:
            raise MismatchError(
                f"subject point at {x:.1%} of the width, {y:.1%} of the height",
                "depth shows no object there",
                "point at the middle of the subject",
            )
        chosen.add(int(labels[rows[nearest], columns[nearest]]))
    return chosen


def _chosen_by_place(labels: npt.NDArray[np.int32], areas: dict[int, int]) -> set[int]:
    height, width = labels.shape
    major = [
        label for label, area in areas.items() if area >= MAJOR_CLUSTER_SHARE * max(areas.values())
    ]
    rows, columns = np.nonzero(np.isin(labels, major))
    nearest = np.argmin(np.hypot(columns - width / 2, rows - height / 2))
    return {int(labels[rows[nearest], columns[nearest]])}

"""Which readings of a depth map are the subject: clusters in space, chosen by point or place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from capture.depth_filtering import scatter, without_steps
from capture.fragments import alike_beside
from capture.glass import missing_region
from capture.planes import Plane, PlaneParameters, find_planes
from capture.registration import RegisteredDepth
from capture.relief import joined_at_relief
from devices.frames import read_only
from matting.imaging.errors import MismatchError

#: Clusters smaller than this share of the map are specks of noise.
LEAST_CLUSTER_SHARE = 0.0005
#: A point may miss its subject's readings by this share of the width (a hole, a glossy side).
POINT_REACH_SHARE = 0.04
#: Without points, the subject is the nearest to the centre among clusters at least this large
#: relative to the largest.
MAJOR_CLUSTER_SHARE = 0.2
#: Depth that rises by more than this over a metre across (56 degrees) parts two things.
STEEPEST_SLOPE = 1.5
_SLOPE_SIGMA_PX = 1.5
#: A rim belongs to the piece that lies this near, as a share of the width.
_RIM_REACH_SHARE = 0.02
#: A point this near to its subject's readings lies on them.
_ON_POINT_SHARE = 0.01
#: Pieces at the subject's distance within this share of the width may be its own.
_BESIDE_SHARE = 0.03
#: What stands before the empty set does so by this many deviations, and this share of distance.
_BEFORE_SIGMAS, LEAST_BEFORE_SHARE = 4.0, 0.01

#: From so many times its stated noise on a sensor is not believed; less may be the set's relief.
_NOISIER_THAN_SAID = 1.5

#: Points on the wanted subjects, or a word for them.
SubjectChoice = Sequence[tuple[float, float]] | Literal["central", "nearest", "all"]


@dataclass(frozen=True, slots=True, eq=False)
class SubjectDepth:
    """A depth map told apart into subject and the rest.

    Parameters
    ----------
    subject : (h, w) bool, readings on the subject
    pieces : (h, w) int32
        On the subject a number for each thing that stands by itself, 0 elsewhere.
    background : (h, w) bool, readings on anything else; both False = unknown
    beside : (h, w) bool, of the background, what stands beside the subject at its distance
    depth : RegisteredDepth, without the readings at its steps
    planes : tuple of Plane, the set's planes, largest first
    distance_m : float, median distance of the subject
    glass : (h, w) bool, where depth is missing as it is behind glass and somebody pointed there
    empty_m : (h, w) float32 or None, metres, the empty set, NaN = unknown
    notes : tuple of str, for the person to read
    """

    subject: npt.NDArray[np.bool_]
    pieces: npt.NDArray[np.int32]
    background: npt.NDArray[np.bool_]
    beside: npt.NDArray[np.bool_]
    depth: RegisteredDepth
    planes: tuple[Plane, ...]
    distance_m: float
    glass: npt.NDArray[np.bool_]
    empty_m: npt.NDArray[np.float32] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("subject", "pieces", "background", "beside", "glass"):
            object.__setattr__(self, name, read_only(getattr(self, name)))


@dataclass(frozen=True, slots=True, eq=False)
class _Set:
    """A depth map cut into what stands on the set; arrays as in `SubjectDepth`."""

    depth: RegisteredDepth
    planes: tuple[Plane, ...]
    labels: npt.NDArray[np.int32]
    areas: dict[int, int]
    standing: npt.NDArray[np.bool_]
    unclear: npt.NDArray[np.bool_]
    empty_m: npt.NDArray[np.float32] | None

    def subject(
        self, chosen: set[int], glass: npt.NDArray[np.bool_], notes: tuple[str, ...] = ()
    ) -> SubjectDepth:
        """Return the pieces as one subject."""
        clean = self.depth.depth_m
        valid = np.isfinite(clean)
        subject = np.isin(self.labels, list(chosen)) & (self.labels > 0)
        others = self.standing & ~subject
        return SubjectDepth(
            subject=subject,
            pieces=np.where(subject, self.labels, 0),
            background=valid & ~subject & ~self.unclear,
            beside=alike_beside(subject, others, clean, _BESIDE_SHARE),
            depth=self.depth,
            planes=self.planes,
            distance_m=float(np.median(clean[subject if subject.any() else valid])),
            glass=glass & ~subject,
            empty_m=self.empty_m,
            notes=notes,
        )


def find_subject(
    depth: RegisteredDepth,
    wanted: SubjectChoice = "central",
    parameters: PlaneParameters | None = None,
    empty: RegisteredDepth | None = None,
) -> SubjectDepth:
    """Tell the subject from the set.

    Parameters
    ----------
    depth : RegisteredDepth
    wanted : sequence of (x, y), "central", "nearest" or "all"
        A point on each wanted subject, as shares of the picture's width and height, 0 to 1; or of
        the large clusters the one nearest to the middle of the picture, the one nearest to the
        camera, or all of them. No point at all is "central".
    parameters : PlaneParameters, optional
    empty : RegisteredDepth or None
        The same set without the subject: what stands before it needs no fitted planes.

    Raises
    ------
    MismatchError
        When the map holds no cluster, a point lies on none and misses no readings, or the empty
        set's map has another size.

    Notes
    -----
    Two things that touch at nearly one depth (`capture.relief`) are one cluster. Relative depth
    and sets without a plane are split in two by distance (Otsu's threshold on 1/z) before the
    clustering.
    """
    parts = _separated(depth, parameters, empty)
    if isinstance(wanted, str) or not wanted:
        chosen = _chosen_by_place(parts, wanted if isinstance(wanted, str) else "central")
        return parts.subject(chosen, np.zeros(parts.labels.shape, bool))
    return parts.subject(*_chosen_by_points(parts, wanted))


def find_each(
    depth: RegisteredDepth,
    wanted: SubjectChoice,
    parameters: PlaneParameters | None = None,
    empty: RegisteredDepth | None = None,
) -> tuple[SubjectDepth, ...]:
    """Tell several subjects from the set and from each other, the nearest first.

    Parameters
    ----------
    depth, wanted, parameters, empty
        As `find_subject` takes them; with "all" each large cluster is a subject.

    Raises
    ------
    MismatchError
        As `find_subject`, and when two points lie on one thing.
    """
    parts = _separated(depth, parameters, empty)
    if isinstance(wanted, str):
        nothing = np.zeros(parts.labels.shape, bool)
        found = [parts.subject({label}, nothing) for label in _chosen_by_place(parts, wanted)]
    else:
        found = [parts.subject(*_chosen_by_points(parts, [point])) for point in wanted]
        for index, subject in enumerate(found):
            if any(np.array_equal(subject.subject, other.subject) for other in found[:index]):
                x, y = wanted[index]
                raise MismatchError(
                    f"subject point at {x:.1%} of the width, {y:.1%} of the height",
                    "lies on an object that another point names already",
                    "Give one point an object, or leave --layers out",
                )
    return tuple(sorted(found, key=lambda subject: subject.distance_m))


def _separated(
    depth: RegisteredDepth, parameters: PlaneParameters | None, empty: RegisteredDepth | None
) -> _Set:
    depth = _with_its_scatter(depth)
    clean = without_steps(depth.depth_m, depth.sigma_m)
    valid = np.isfinite(clean)
    planes: tuple[Plane, ...] = ()
    if depth.metric:
        planes, on_plane = find_planes(depth, parameters)
        standing = valid & ~on_plane
    if empty is not None:
        standing = _before(clean, depth, empty)
    elif not planes:
        standing = valid & _nearer_half(clean)
    steep = _steep(clean, depth) if depth.metric else np.zeros_like(valid)
    labels, areas = _clusters(standing, steep, clean, depth.intrinsics.fx)
    cleaned = replace(
        depth, depth_m=clean, confidence=np.where(valid, depth.confidence, np.float32(0.0))
    )
    unclear = standing & steep & (labels == 0)
    return _Set(cleaned, planes, labels, areas, standing, unclear, empty.depth_m if empty else None)


def _with_its_scatter(depth: RegisteredDepth) -> RegisteredDepth:
    """Return the map with the noise that it shows, where that is far more than the sensor says."""
    measured = scatter(depth.depth_m, depth.sigma_m)
    if measured < _NOISIER_THAN_SAID:
        return depth
    return replace(depth, sigma_m=depth.sigma_m * np.float32(measured))


def _before(
    clean: npt.NDArray[np.float32], depth: RegisteredDepth, empty: RegisteredDepth
) -> npt.NDArray[np.bool_]:
    """Return readings nearer than the empty set by more than the noise of both."""
    if empty.depth_m.shape != clean.shape or empty.metric != depth.metric:
        raise MismatchError(
            "depth of the empty set",
            f"is {empty.depth_m.shape[1]}x{empty.depth_m.shape[0]}, "
            f"the depth map {clean.shape[1]}x{clean.shape[0]}",
            "Take both with the same sensor and settings",
        )
    noise = np.hypot(depth.sigma_m, empty.sigma_m)
    least = np.maximum(_BEFORE_SIGMAS * noise, LEAST_BEFORE_SHARE * empty.depth_m)
    with np.errstate(invalid="ignore"):
        return np.asarray(empty.depth_m - clean > least)


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


def _steep(clean: npt.NDArray[np.float32], depth: RegisteredDepth) -> npt.NDArray[np.bool_]:
    """Return readings on a slope so steep that it is likelier a smeared step than a surface.

    Stereo bridges the gap between a thing and what stands behind it by a ramp. The slope is that
    of depth averaged over a few pixels, metres in depth a metre across; noise may add to it.
    """
    import cv2

    valid = np.isfinite(clean).astype(np.float32)
    weight = cv2.GaussianBlur(valid, (0, 0), _SLOPE_SIGMA_PX)
    smooth = cv2.GaussianBlur(np.nan_to_num(clean), (0, 0), _SLOPE_SIGMA_PX)
    smooth = smooth / np.maximum(weight, 1e-6)
    across = smooth / depth.intrinsics.fx
    rise = np.hypot(*np.gradient(smooth))
    # Averaging over the Gaussian leaves this share of a reading's noise in a difference.
    noise = depth.sigma_m / (2.0**1.5 * np.sqrt(np.pi) * _SLOPE_SIGMA_PX**2)
    with np.errstate(invalid="ignore"):
        return np.asarray((valid > 0) & (rise > STEEPEST_SLOPE * across + 3 * noise))


def _clusters(
    standing: npt.NDArray[np.bool_],
    steep: npt.NDArray[np.bool_],
    clean: npt.NDArray[np.float32],
    focal_px: float,
) -> tuple[npt.NDArray[np.int32], dict[int, int]]:
    """Return pieces connected by no slope (0 = none) and the area of each that is no speck.

    The slopes themselves, which are also the rims of round things, go to the nearest piece; what
    they part although it is one thing is joined again; and what hangs on one piece alone, such as
    a handle so thin that all of it looks steep, is that piece's.
    """
    import cv2

    _, labels, statistics, _ = cv2.connectedComponentsWithStats(
        (standing & ~steep).astype(np.uint8), connectivity=8
    )
    least = LEAST_CLUSTER_SHARE * standing.size
    areas = {
        label: int(area)
        for label, area in enumerate(statistics[:, cv2.CC_STAT_AREA])
        if label > 0 and area >= least
    }
    labels[~np.isin(labels, list(areas))] = 0
    if not areas:
        return labels, areas
    away, place = cv2.distanceTransformWithLabels(
        (labels == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    label_at = np.zeros(int(place.max()) + 1, np.int32)
    label_at[place[labels > 0]] = labels[labels > 0]
    rim = standing & (labels == 0) & (away <= _RIM_REACH_SHARE * standing.shape[1])
    cores = labels.copy()
    labels[rim] = label_at[place[rim]]
    labels = joined_at_relief(labels, cores, clean, focal_px)
    labels = _with_uncontested(labels, standing)
    sizes = np.bincount(labels.ravel())
    return labels, {int(label): int(sizes[label]) for label in np.flatnonzero(sizes) if label > 0}


def _with_uncontested(
    labels: npt.NDArray[np.int32], standing: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int32]:
    """Give readings without a piece to the only one that they are connected with."""
    import cv2

    _, connected = cv2.connectedComponents(standing.astype(np.uint8), connectivity=8)
    known = labels > 0
    several = int(labels.max()) + 1
    met = np.zeros((int(connected.max()) + 1) * several, bool)
    met[connected[known] * several + labels[known]] = True
    groups, pieces = np.divmod(np.flatnonzero(met), several)
    alone = np.bincount(groups, minlength=len(met) // several) == 1
    piece_of = np.zeros(len(alone), np.int32)
    piece_of[groups] = pieces
    open_ = standing & ~known & alone[connected]
    return np.where(open_, piece_of[connected], labels)


def _chosen_by_points(
    parts: _Set, points: Sequence[tuple[float, float]]
) -> tuple[set[int], npt.NDArray[np.bool_], tuple[str, ...]]:
    """Return the pieces under the points, missing depth under them, and what to tell of that."""
    height, width = parts.labels.shape
    rows, columns = np.nonzero(parts.labels)
    chosen: set[int] = set()
    glass = np.zeros(parts.labels.shape, bool)
    notes: list[str] = []
    for x, y in points:
        away = np.hypot(columns - x * width, rows - y * height) / width
        nearest = int(np.argmin(away)) if away.size else -1
        miss = float(away[nearest]) if away.size else np.inf
        if miss <= POINT_REACH_SHARE:
            chosen.add(int(parts.labels[rows[nearest], columns[nearest]]))
        if miss <= _ON_POINT_SHARE:
            continue
        place = f"{x:.1%} of the width, {y:.1%} of the height"
        missing = missing_region(parts.depth.depth_m, (x, y), POINT_REACH_SHARE)
        if missing is not None:
            glass |= missing
            notes.append(
                f"at {place} depth is missing, as behind glass or on gloss and black: taken for "
                "the subject as a whole; what shines through it stays in the cut-out"
            )
        elif miss > POINT_REACH_SHARE:
            raise MismatchError(
                f"subject point at {place}",
                "depth shows no object there, and misses no readings as it would behind glass",
                "point at the middle of the subject, or give --hints or --trimap",
            )
    return chosen, glass, tuple(notes)


def _chosen_by_place(parts: _Set, wanted: str) -> set[int]:
    if not parts.areas:
        raise MismatchError(
            "depth map",
            "nothing stands out from the background",
            "move the subject away from the backdrop, or give a trimap",
        )
    height, width = parts.labels.shape
    least = MAJOR_CLUSTER_SHARE * max(parts.areas.values())
    major = [label for label, area in parts.areas.items() if area >= least]
    if wanted == "all":
        return set(major)
    if wanted == "nearest":
        distance = parts.depth.depth_m
        return {min(major, key=lambda each: float(np.median(distance[parts.labels == each])))}
    rows, columns = np.nonzero(np.isin(parts.labels, major))
    middle = np.argmin(np.hypot(columns - width / 2, rows - height / 2))
    return {int(parts.labels[rows[middle], columns[middle]])}

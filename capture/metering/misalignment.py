"""Drift watch: how far the depth map's outline of the subject lies from the photograph's.

Needs no marker. Every point of depth's outline looks along its normal for the picture's edge; one
shift of the whole outline, and one widening (depth fattens or erodes what it outlines), are sought
that put the most points on an edge. A rig that was knocked shows as a shift that was not there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.subjects import SubjectDepth

FloatImage = npt.NDArray[np.float32]

#: How finely the edge is looked for, pixels of the depth map's grid.
_STEP_PX = 0.25
#: Shifts that are tried unless more are asked for, and widenings.
_LARGEST_SHIFT_PX, _LARGEST_WIDENING_PX = 6.0, 4.0
#: Shifts and widenings are first tried this far apart.
_COARSE_PX = 1.5
#: Points of the outline that are looked at, spread evenly; fewer than the least tell nothing.
_POINTS, _LEAST_POINTS = 500, 60
#: The normals must point this much all ways: least over largest eigenvalue of their scatter.
_LEAST_SPREAD = 0.1
#: With less support the outline is too coarse, or the picture too busy, to tell. Noise without an
#: edge has 0.10; a small jug seen by a LiDAR, some of whose shifts are chance, 0.27 to 0.38; a
#: portrait seen by it, and all else that was told rightly, 0.43 and more.
LEAST_SUPPORT = 0.41
#: A shift from the reference by more is an alarm, thousandths of the picture's width.
ALARM_PER_MILLE = 2.0


@dataclass(frozen=True, slots=True)
class Misalignment:
    """Where the picture's outline lies from depth's.

    Parameters
    ----------
    right, down : float
        Shift in thousandths of the picture's width, which holds at any size of the picture.
    support : float
        How much stronger the edges that the outline met are than the picture along its normals on
        average: 0 = no stronger, 1 = each point its strongest and nothing else there.
    """

    right: float
    down: float
    support: float

    @property
    def clear(self) -> bool:
        """Whether the outline met enough edges for the shift to count."""
        return self.support >= LEAST_SUPPORT

    def distance(self, other: Misalignment) -> float:
        """Return how far the outline has moved between two measurements, in the same unit."""
        return float(np.hypot(self.right - other.right, self.down - other.down))


def misalignment(
    rgb: npt.NDArray[np.uint8],
    subject: SubjectDepth,
    farthest_px: float = _LARGEST_SHIFT_PX,
) -> Misalignment | None:
    """Measure how depth's outline of the subject lies on the picture.

    Parameters
    ----------
    rgb : (H, W, 3) uint8, encoded, of any size with the depth grid's proportions
    subject : SubjectDepth
        On the grid of the depth that is laid on the picture.
    farthest_px : float
        The largest shift that is looked for, pixels of that grid.

    Returns
    -------
    Misalignment or None
        None when the outline is too short, or runs one way only, so that it could slide unseen.
        Not `clear` where it meets no edges: the shift is then one of chance.

    Notes
    -----
    Fails where the set shows stronger edges than the subject's along most of the outline. Stereo
    widens one side more than the other, so that a rig at rest has a shift of its own: compare two
    measurements, not one with 0.
    """
    import cv2

    height, width = subject.subject.shape
    small = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    reach_px = farthest_px + _LARGEST_WIDENING_PX
    points, normals = _outline(subject.subject, reach_px)
    if len(points) < _LEAST_POINTS:
        return None
    spread = np.linalg.eigvalsh(normals.T @ normals)
    if spread[0] < _LEAST_SPREAD * spread[1]:
        return None
    profiles = _edge_profiles(cv2.GaussianBlur(small, (0, 0), 1.0), points, normals, reach_px)
    shift, support = _best_shift(profiles, normals, farthest_px)
    return Misalignment(
        float(1000 * shift[0] / width), float(1000 * shift[1] / width), float(support)
    )


def _outline(mask: npt.NDArray[np.bool_], margin_px: float) -> tuple[FloatImage, FloatImage]:
    """Return points (n, 2) on the mask's smoothed outline and its outward unit normals (n, 2)."""
    import cv2
    from contourpy import contour_generator

    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2.0)
    lines = [line for line in contour_generator(z=soft).lines(0.5) if len(line) > 20]
    if not lines:
        return np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
    points = np.concatenate(lines).astype(np.float32)
    points = points[:: max(1, len(points) // _POINTS)]
    down, right = np.gradient(soft)
    rows, columns = np.rint(points[:, 1]).astype(int), np.rint(points[:, 0]).astype(int)
    normals = -np.stack([right[rows, columns], down[rows, columns]], axis=1)
    length = np.linalg.norm(normals, axis=1)
    height, width = mask.shape
    far = (points > margin_px) & (points < np.array([width, height]) - 1 - margin_px)
    kept = (length > 1e-3) & far.all(axis=1)
    return points[kept], (normals[kept] / length[kept, None]).astype(np.float32)


def _edge_profiles(
    picture: FloatImage, points: FloatImage, normals: FloatImage, reach_px: float
) -> FloatImage:
    """Return (n, s) strengths of the picture's edge along each normal, each row's largest 1."""
    import cv2

    along = np.arange(-reach_px - 1, reach_px + 1 + _STEP_PX, _STEP_PX, dtype=np.float32)
    places = points[:, None] + along[None, :, None] * normals[:, None]
    seen = cv2.remap(picture, places[..., 0], places[..., 1], cv2.INTER_LINEAR)
    pixel = round(1 / _STEP_PX)
    strength = np.abs(seen[:, 2 * pixel :] - seen[:, : -2 * pixel]).sum(axis=2)
    return np.asarray(strength / np.maximum(strength.max(axis=1, keepdims=True), 1.0), np.float32)


def _best_shift(
    profiles: FloatImage, normals: FloatImage, farthest_px: float
) -> tuple[FloatImage, float]:
    """Return the shift (right, down) in pixels on which most points agree, and their support."""
    centre = np.zeros(3, np.float32)
    reach = np.array([farthest_px, farthest_px, _LARGEST_WIDENING_PX], np.float32)
    middle = profiles.shape[1] // 2
    rows = np.arange(len(profiles))[:, None]
    best = 0.0
    while reach[0] > 0.5 * _STEP_PX:
        axes = [
            c + r * np.linspace(-1, 1, 2 * max(4, round(r / _COARSE_PX)) + 1, dtype=np.float32)
            for c, r in zip(centre, reach, strict=True)
        ]
        tried = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        offsets = normals @ tried[:, :2].T + tried[:, 2]
        columns = np.rint(offsets / _STEP_PX).astype(int) + middle
        columns = np.clip(columns, 0, profiles.shape[1] - 1)
        support = profiles[rows, columns].mean(axis=0)
        best = float(support.max())
        centre = tried[int(support.argmax())]
        reach = reach / 2.5
    chance = float(profiles.mean())
    return centre[:2], (best - chance) / (1 - chance)

"""The subject's silhouette on the camera's picture: all geometry that one depth map settles.

It is worked out once a depth map and serves every live frame until the next one. Without depth
a silhouette from elsewhere serves as well, but tells no distances.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from capture.metering.backdrop_surface import BackdropGrid, backdrop_grid
from capture.metering.background import distance_behind_m, on_backdrop
from capture.metering.depth_of_field import DepthExtent
from capture.metering.framing import Framing, framing
from capture.metering.order_in_depth import OrderInDepth, order_in_depth
from capture.metering.overlap import Overlap, overlap
from capture.metering.pose import CameraPose, camera_pose
from capture.metering.rim import RimCore, rim_core
from capture.metering.separation import EdgeRings, edge_rings, without_contact
from capture.nearest import nearest_depth
from capture.subjects import SubjectDepth
from devices.frames import read_only

#: Light and colour are measured on a picture of about this width; focus on all of its pixels.
ANALYSIS_WIDTH = 640
#: A step in depth smaller than this share of the distance tells no edge.
_CONTACT_SHARE = 0.03
#: Ends of the subject's depth: single readings at its rim hang behind it.
_EXTENT_PERCENT = (2.0, 98.0)


@dataclass(frozen=True, slots=True)
class SubjectSpace:
    """What depth tells of a subject in space; NaN and None say that it was not measured.

    Parameters
    ----------
    subject_distance_m, background_distance_m : float
    extent : DepthExtent or None
    pose : CameraPose or None
    overlap : Overlap or None
    order : OrderInDepth or None
        Of several subjects.
    """

    subject_distance_m: float = math.nan
    background_distance_m: float = math.nan
    extent: DepthExtent | None = None
    pose: CameraPose | None = None
    overlap: Overlap | None = None
    order: OrderInDepth | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    """A subject on a picture of `picture_size`, measured at `size`.

    Parameters
    ----------
    mask : (h, w) bool, the subject on its source's own grid
    source : str
        What the silhouette is known by, such as "depth".
    picture_size, size : (width, height)
    inside : (H, W) bool, True on the subject, at `size`
    background : (H, W) bool, True on what is known to lie behind, at `size`
    backdrop : (H, W) bool, of that the backdrop, without table and floor, at `size`
    rings : EdgeRings, at `size`
    core : RimCore, at `size`
    grid : BackdropGrid, in cells of `size`
    framing : Framing or None, at `size`
    space : SubjectSpace
    subject_m : (h, w) float32, metres, or None
        The subject's distance, carried to every pixel of the mask's grid; None without metric
        depth.
    """

    mask: npt.NDArray[np.bool_]
    source: str
    picture_size: tuple[int, int]
    size: tuple[int, int]
    inside: npt.NDArray[np.bool_]
    background: npt.NDArray[np.bool_]
    backdrop: npt.NDArray[np.bool_]
    rings: EdgeRings
    core: RimCore
    grid: BackdropGrid
    framing: Framing | None
    space: SubjectSpace
    subject_m: npt.NDArray[np.float32] | None = None


def analysis_size(picture_size: tuple[int, int]) -> tuple[int, int]:
    """Return the (width, height) at which a picture of that size is measured."""
    width, height = picture_size
    scale = min(1.0, ANALYSIS_WIDTH / width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def silhouette_of(subject: SubjectDepth, picture_size: tuple[int, int]) -> Silhouette:
    """Lay a subject's depth on pictures of a size.

    Parameters
    ----------
    subject : SubjectDepth
        Covering the picture's field of view.
    picture_size : (width, height)
    """
    size = analysis_size(picture_size)
    own_m, _ = nearest_depth(subject.depth.depth_m, subject.subject)
    laid = _laid_on(
        subject.subject,
        "depth",
        picture_size,
        background=mask_at(subject.background, size),
        backdrop=mask_at(on_backdrop(subject), size),
        contact=mask_at(_contact(subject, own_m), size),
        space=_space_of(subject),
    )
    return replace(laid, subject_m=read_only(own_m)) if subject.depth.metric else laid


def _contact(subject: SubjectDepth, own_m: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Return the background that lies at the subject's distance: what it stands on."""
    depth_m = subject.depth.depth_m
    with np.errstate(invalid="ignore"):
        near = np.abs(depth_m - own_m) < _CONTACT_SHARE * own_m
    return np.asarray(subject.background & near)


def _space_of(subject: SubjectDepth) -> SubjectSpace:
    depth = subject.depth
    if not depth.metric or not subject.subject.any():
        return SubjectSpace()
    near, far = np.percentile(depth.depth_m[subject.subject], _EXTENT_PERCENT)
    lens = depth.intrinsics
    return SubjectSpace(
        subject_distance_m=subject.distance_m,
        background_distance_m=distance_behind_m(subject),
        extent=DepthExtent(float(near), float(far), lens.fx / lens.width, lens.height / lens.width),
        pose=camera_pose(subject.planes),
        overlap=overlap(depth.depth_m, depth.sigma_m, subject.subject, subject.background),
        order=order_in_depth(depth.depth_m, depth.sigma_m, subject.pieces, subject.background),
    )


def silhouette_of_mask(
    mask: npt.NDArray[np.bool_], source: str, picture_size: tuple[int, int]
) -> Silhouette:
    """Lay a subject known without depth on pictures of a size; its distances are not measured.

    Parameters
    ----------
    mask : (h, w) bool, True on the subject, covering the picture's field of view
    source : str
        What it is known by.
    picture_size : (width, height)
    """
    background = mask_at(~mask, analysis_size(picture_size))
    nowhere = np.zeros_like(background)
    return _laid_on(mask, source, picture_size, background, background, nowhere, SubjectSpace())


def _laid_on(
    mask: npt.NDArray[np.bool_],
    source: str,
    picture_size: tuple[int, int],
    background: npt.NDArray[np.bool_],
    backdrop: npt.NDArray[np.bool_],
    contact: npt.NDArray[np.bool_],
    space: SubjectSpace,
) -> Silhouette:
    size = analysis_size(picture_size)
    inside = mask_at(mask, size)
    rings = without_contact(edge_rings(inside), contact)
    return Silhouette(
        mask=read_only(mask),
        source=source,
        picture_size=picture_size,
        size=size,
        inside=read_only(inside),
        background=read_only(background),
        backdrop=read_only(backdrop),
        rings=rings,
        core=rim_core(inside, rings),
        grid=backdrop_grid(inside, backdrop),
        framing=framing(inside),
        space=space,
    )


def mask_at(mask: npt.NDArray[np.bool_], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Return a mask at another (width, height), small holes and a rim of unknown pixels closed."""
    import cv2

    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return np.asarray(cv2.resize(closed * 255, size, interpolation=cv2.INTER_LINEAR) > 127)

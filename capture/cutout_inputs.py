"""The inputs of a cut-out read from their files: depth, empty set, network, strokes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.cutout_request import CutoutJob
from capture.methods import Method
from capture.registration import RegisteredDepth, already_registered
from capture.subjects import SubjectChoice, SubjectDepth, find_each, find_subject
from matting.imaging.errors import MismatchError
from matting.imaging.files import read_mask
from matting.imaging.pixels import EncodedPicture


def wanted_in(subject: SubjectChoice, picture: EncodedPicture) -> SubjectChoice:
    """Return pixel positions as shares of the picture's size, and words as they are.

    Raises
    ------
    MismatchError
        When a point lies outside of the picture.
    """
    if isinstance(subject, str):
        return subject
    for x, y in subject:
        if not (0 <= x < picture.width and 0 <= y < picture.height):
            raise MismatchError(
                f"subject point {x:g},{y:g}",
                f"lies outside of the picture of {picture.width}x{picture.height}",
                "Give pixels of the upright full-resolution picture",
            )
    return tuple((x / picture.width, y / picture.height) for x, y in subject) or "central"


def subjects_of(
    job: CutoutJob, method: Method, picture: EncodedPicture, tell: Callable[[str], None]
) -> tuple[SubjectDepth | None, ...]:
    """Return the subject as depth shows it, or each apart, the nearest first.

    None, with a note, when only the network can tell.
    """
    assert job.depth is not None
    registered = _registered(job.depth, job, picture)
    empty = None if job.plate_depth is None else _registered(job.plate_depth, job, picture)
    if not np.isfinite(registered.depth_m).any():
        if job.model is None or method != "depth" or job.layers:
            raise MismatchError(
                job.depth, "holds no reading at all", "Give another map, --trimap or --model"
            )
        tell(f"{job.depth} holds no reading at all; the network decides alone")
        return (None,)
    wanted = wanted_in(job.subject, picture)
    if job.layers:
        found = find_each(registered, wanted, empty=empty)
    else:
        found = (find_subject(registered, wanted, empty=empty),)
    for note in dict.fromkeys(note for subject in found for note in subject.notes):
        tell(note)
    return found


def _registered(path: Path, job: CutoutJob, picture: EncodedPicture) -> RegisteredDepth:
    from devices.depth_files import read_depth_file, read_intrinsics

    lens = read_intrinsics(job.intrinsics) if job.intrinsics else None
    frame = read_depth_file(path, scale_m_per_unit=job.depth_scale, intrinsics=lens)
    return already_registered(frame, (picture.height, picture.width))


def hints_of(path: Path, picture: EncodedPicture) -> npt.NDArray[np.uint8]:
    """Return the user's strokes, (H, W) uint8: 0 out, 255 in, all else says nothing.

    Raises
    ------
    MismatchError
        When the file has not the picture's size, or marks nothing.
    """
    hints = read_mask(path)
    if hints.shape != (picture.height, picture.width):
        raise MismatchError(
            path,
            f"has {hints.shape[1]} x {hints.shape[0]} pixels, "
            f"the picture {picture.width} x {picture.height}",
            "Paint the strokes on a picture of the same size",
        )
    if not ((hints == 0) | (hints == 255)).any():
        raise MismatchError(path, "marks nothing", "Paint in black (out) or white (in), on grey")
    return hints

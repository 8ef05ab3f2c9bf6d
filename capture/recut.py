"""A shot cut out again from its own depth, around the things that a person points at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from capture.pipeline import CutoutInputs, Stopwatch, make_matte
from capture.registration import already_registered
from capture.subjects import SubjectChoice, SubjectDepth, find_subject
from matting.imaging.errors import NothingToCutByError

if TYPE_CHECKING:
    from capture.shot import Shot
    from matting.imaging.pixels import EncodedPicture
    from matting.matte import Matte


def subject_in(
    shot: Shot, photo: EncodedPicture, wanted: SubjectChoice = "central"
) -> SubjectDepth:
    """Return the subject as the depth of a shot shows it.

    Parameters
    ----------
    shot : Shot
    photo : EncodedPicture
    wanted : tuple of (x, y), shares of the picture's sides; or a word
        As `capture.subjects.find_subject` takes it.

    Raises
    ------
    NothingToCutByError
        When the shot has no depth.
    MatteboxError
        When its depth cannot be read, or shows no subject there.
    """
    from devices.depth_files import read_depth_file

    path = shot.path("depth")
    if path is None:
        raise NothingToCutByError(
            shot.photo.path,
            "has no depth, which alone tells things apart",
            "shoot with a depth sensor connected, or use strokes",
        )
    depth = already_registered(read_depth_file(path), (photo.height, photo.width))
    return find_subject(depth, wanted)


def recut(
    shot: Shot,
    photo: EncodedPicture,
    points: tuple[tuple[float, float], ...],
    hair_guard_percent: float,
) -> Matte:
    """Cut out the things under the points, as `mattebox matte --depth --subject` does.

    Parameters
    ----------
    shot : Shot
    photo : EncodedPicture
    points : tuple of (x, y), pixels of the photograph
    hair_guard_percent : float
        How far hair may reach beyond the silhouette, percent of the picture's width.

    Raises
    ------
    MatteboxError
        As `subject_in`.
    """
    shares = tuple((x / photo.width, y / photo.height) for x, y in points)
    subject = subject_in(shot, photo, shares)
    inputs = CutoutInputs(subject=subject, hair_guard_percent=hair_guard_percent)
    return make_matte(photo, inputs, Stopwatch())

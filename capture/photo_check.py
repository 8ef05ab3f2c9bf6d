"""Check a photograph on disk, with or without a depth map beside it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from capture.cutout_inputs import wanted_in
from capture.examination import Examination, ToldByDepth, examine, told_by_depth
from capture.light_aids import LightAids
from capture.live_subject import Box, SubjectAids
from capture.registration import already_registered, refuse_other_proportions
from capture.response_file import read_response, with_response
from capture.settings import Profile
from capture.subjects import SubjectChoice
from devices.address import parse_depth_address
from devices.frames import DepthFrame, DepthScale
from matting.imaging.errors import MismatchError
from matting.imaging.files import read_picture
from matting.imaging.pixels import EncodedPicture
from matting.inference import NetworkRequest


def check_photo(
    image: Path,
    profile: Profile,
    depth: str | None = None,
    depth_scale: DepthScale | None = None,
    intrinsics: Path | None = None,
    subject: SubjectChoice = "central",
    light_aids: LightAids | None = None,
    response: Path | None = None,
    aids: SubjectAids | None = None,
) -> tuple[EncodedPicture, Examination]:
    """Read a photograph and examine it.

    The photograph is decoded while its depth is read and the subject told by it.

    Parameters
    ----------
    image : Path
    profile : Profile
    depth : str or None
        A depth file's address (``file:PATH``, or just the path), registered to the photograph.
    depth_scale : float, "relative" or None
        Metres per unit of integer depth.
    intrinsics : Path or None
    subject : tuple of (x, y), pixels, or a word for `capture.subjects.find_subject`
    light_aids : LightAids or None
    response : Path or None
        The camera's measured response, for its 8-bit pictures.
    aids : SubjectAids or None
        What tells the silhouette when depth does not.

    Returns
    -------
    picture : EncodedPicture, as it was read
    examination : Examination

    Raises
    ------
    MatteboxError
        When the photograph or a file beside it cannot be read, or does not fit.
    """
    with ThreadPoolExecutor(max_workers=1) as beside:
        reading = beside.submit(read_picture, image)
        frame = _depth_frame(depth, depth_scale, intrinsics) if depth is not None else None
        told = _told(frame, subject, reading)
        picture = reading.result()
    taken = with_response(picture, read_response(response)) if response else picture
    return picture, examine(taken, told, profile, light_aids, aids)


def _told(
    frame: DepthFrame | None, subject: SubjectChoice, reading: Future[EncodedPicture]
) -> ToldByDepth:
    """Tell the subject; points, which are the photograph's pixels, have to wait for it."""
    wanted = subject if isinstance(subject, str) else wanted_in(subject, reading.result())
    if frame is None:
        return ToldByDepth()
    told = told_by_depth(already_registered(frame, frame.depth_m.shape), wanted)
    picture = reading.result()
    refuse_other_proportions(frame, (picture.height, picture.width))
    return told


def _depth_frame(depth: str, depth_scale: DepthScale | None, intrinsics: Path | None) -> DepthFrame:
    from devices.depth_files import read_depth_file, read_intrinsics

    address = parse_depth_address(depth)
    if address.kind != "file":
        raise MismatchError(
            depth,
            "a live sensor cannot tell the depth of a photograph that was taken before",
            "Give the depth file that belongs to the photograph, file:PATH",
        )
    lens = read_intrinsics(intrinsics) if intrinsics else None
    return read_depth_file(Path(address.value), scale_m_per_unit=depth_scale, intrinsics=lens)


def subject_aids(
    plate: Path | None, network: NetworkRequest | None, box: Box | None
) -> SubjectAids:
    """Return what tells the subject beside depth, the plate read from its file.

    Raises
    ------
    InputFileError
        When the plate cannot be read.
    """
    empty_set = read_picture(plate).encoded_8bit() if plate else None
    return SubjectAids(empty_set, network, box)

"""Check a photograph on disk, with or without a depth map beside it."""

from __future__ import annotations

from pathlib import Path

from capture.cutout_inputs import wanted_in
from capture.examination import Examination, examine
from capture.light_aids import LightAids
from capture.live_subject import Box, SubjectAids
from capture.registration import already_registered
from capture.response_file import read_response, with_response
from capture.settings import Profile
from capture.subjects import SubjectChoice
from devices.address import parse_depth_address
from devices.frames import DepthScale
from matting.imaging.errors import MismatchError
from matting.imaging.files import read_picture
from matting.imaging.pixels import EncodedPicture
from matting.inference import NetworkRequest


def check_photo(
    picture: EncodedPicture,
    profile: Profile,
    depth: str | None = None,
    depth_scale: DepthScale | None = None,
    intrinsics: Path | None = None,
    subject: SubjectChoice = "central",
    light_aids: LightAids | None = None,
    response: Path | None = None,
    aids: SubjectAids | None = None,
) -> Examination:
    """Examine a photograph.

    Parameters
    ----------
    picture : EncodedPicture
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

    Raises
    ------
    MatteboxError
        When a file beside the photograph cannot be read, or does not fit.
    """
    if response is not None:
        picture = with_response(picture, read_response(response))
    registered = None
    if depth is not None:
        from devices.depth_files import read_depth_file, read_intrinsics

        address = parse_depth_address(depth)
        if address.kind != "file":
            raise MismatchError(
                depth,
                "a live sensor cannot tell the depth of a photograph that was taken before",
                "Give the depth file that belongs to the photograph, file:PATH",
            )
        lens = read_intrinsics(intrinsics) if intrinsics else None
        frame = read_depth_file(Path(address.value), scale_m_per_unit=depth_scale, intrinsics=lens)
        registered = already_registered(frame, (picture.height, picture.width))
    return examine(picture, registered, profile, wanted_in(subject, picture), light_aids, aids)


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

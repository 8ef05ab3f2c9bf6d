"""A photograph examined: its settings, subject, light, measurements and findings together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.checks.table import findings
from capture.findings import Finding
from capture.metering.lighting import key_to_fill
from capture.metering.measurement import Measurement, measure
from capture.registration import RegisteredDepth
from capture.settings import Profile
from capture.silhouette import silhouette_of
from capture.subjects import SubjectChoice, SubjectDepth, find_subject
from devices.frames import ExposureSettings
from matting.imaging.errors import MismatchError
from matting.imaging.exif import read_exif_settings
from matting.imaging.pixels import EncodedPicture


@dataclass(frozen=True, slots=True, eq=False)
class Examination:
    """What one photograph showed; `subject` is None when depth did not tell it."""

    settings: ExposureSettings
    subject: SubjectDepth | None
    measurement: Measurement | None
    findings: tuple[Finding, ...]
    problems: tuple[str, ...]

    @staticmethod
    def empty(settings: ExposureSettings) -> Examination:
        """Return the examination of a photograph that could not be opened."""
        return Examination(settings, None, None, (), ())


def examine(
    picture: EncodedPicture,
    depth: RegisteredDepth | None,
    profile: Profile,
    wanted: SubjectChoice = "central",
) -> Examination:
    """Measure a photograph and judge it by a profile.

    Parameters
    ----------
    picture : EncodedPicture
    depth : RegisteredDepth or None
    profile : Profile
    wanted : sequence of (x, y) or a word
        See `capture.subjects.find_subject`.

    Notes
    -----
    When depth shows no subject the examination goes on without one; the reason stands in
    `problems`, and what needs a silhouette comes out "not measured".
    """
    settings = settings_of(picture)
    subject, lighting, problems = None, None, []
    if depth is not None:
        try:
            subject = find_subject(depth, wanted)
            lighting = key_to_fill(_linear_on_grid(picture, subject), subject)
        except MismatchError as exc:
            problems.append(str(exc))
    silhouette = silhouette_of(subject, (picture.width, picture.height)) if subject else None
    measurement = measure(picture.codes, settings, silhouette, lighting, picture.transfer)
    return Examination(
        settings, subject, measurement, findings(measurement, profile.checks), tuple(problems)
    )


def settings_of(picture: EncodedPicture) -> ExposureSettings:
    """Return how a photograph was taken, from its own file; None where that does not say."""
    photo = read_exif_settings(picture.path)
    return ExposureSettings(
        iso=photo.iso,
        shutter_s=photo.shutter_s,
        aperture_f=photo.aperture_f,
        white_balance=photo.white_balance,
        focal_length_mm=photo.focal_length_mm,
        flash_fired=photo.flash_fired,
    )


def _linear_on_grid(picture: EncodedPicture, subject: SubjectDepth) -> npt.NDArray[np.float32]:
    """Return the picture in linear light on the depth map's grid."""
    import cv2

    height, width = subject.subject.shape
    small = cv2.resize(picture.codes, (width, height), interpolation=cv2.INTER_AREA)
    return picture.transfer.decode(small)

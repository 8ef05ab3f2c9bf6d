"""A photograph examined: its settings, subject, light, measurements and findings together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from capture.checks.table import findings
from capture.findings import Finding
from capture.forecasting.forecast import Forecast, forecast
from capture.forecasting.trial import Silhouetted, reduced, seen_by_depth
from capture.light_aids import LightAids
from capture.live_subject import LiveSubject, SubjectAids, live_subject
from capture.metering.lighting import key_to_fill
from capture.metering.lighting_ratio import LightingRatio
from capture.metering.measurement import Measurement, measure
from capture.registration import RegisteredDepth
from capture.settings import Profile
from capture.silhouette import Silhouette, analysis_size, silhouette_of, silhouette_of_mask
from capture.subjects import SubjectChoice, SubjectDepth, find_subject
from devices.frames import ExposureSettings
from matting.imaging.errors import MismatchError
from matting.imaging.exif import read_exif_settings
from matting.imaging.pixels import EncodedPicture
from matting.imaging.quality_of_file import stored_as


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


@dataclass(frozen=True, slots=True, eq=False)
class ToldByDepth:
    """What depth told of the subject: None, and the `problem` in words, when it lacked something.

    Without depth there is neither.
    """

    subject: SubjectDepth | None = None
    problem: str = ""


def told_by_depth(depth: RegisteredDepth | None, wanted: SubjectChoice = "central") -> ToldByDepth:
    """Tell the subject by depth, as `capture.subjects.find_subject` does, if depth there is."""
    if depth is None:
        return ToldByDepth()
    try:
        return ToldByDepth(find_subject(depth, wanted))
    except MismatchError as exc:
        return ToldByDepth(problem=str(exc))


def examine(
    picture: EncodedPicture,
    told: ToldByDepth,
    profile: Profile,
    light_aids: LightAids | None = None,
    aids: SubjectAids | None = None,
) -> Examination:
    """Measure a photograph and judge it by a profile.

    Parameters
    ----------
    picture : EncodedPicture
    told : ToldByDepth
    profile : Profile
    light_aids : LightAids or None
        Frames and patches to measure light by. Of the ways to the lighting ratio the best that
        there is counts: one light at a time, then depth, then two patches.
    aids : SubjectAids or None
        What tells the silhouette when depth does not; a plate of the photograph's size.

    Raises
    ------
    MatteboxError
        When the light aids cannot be read or do not fit.

    Notes
    -----
    When nothing shows the subject the examination goes on without one; what depth lacked stands
    in `problems`, and what needs a silhouette comes out "not measured".
    """
    settings = settings_of(picture)
    subject, problems = told.subject, [told.problem] if told.problem else []
    small = _small(picture)
    aided = _subject_by(picture, small, aids) if subject is None and aids is not None else None
    light_aids = light_aids or LightAids()
    stored = stored_as(picture.path)
    # The trial and the fit of light take as long as all the rest, and need nothing of it.
    with ThreadPoolExecutor(max_workers=2) as beside:
        trial = beside.submit(_foretold, small, subject or aided, profile)
        fitted = beside.submit(_ratio_by_depth, picture, small, subject)
        silhouette = _silhouette(subject, aided, (picture.width, picture.height))
        single = light_aids.single(picture, subject)
        measurement = measure(
            picture.codes,
            settings,
            silhouette,
            transfer=picture.transfer,
            reduced=small.codes,
        )
        by_single = single.ratio if single else None
        measurement = replace(
            measurement,
            lighting=by_single or fitted.result() or light_aids.ratio_by_patches(picture),
            single_lights=single,
            neutral=light_aids.neutral(picture),
            stored=stored,
            noise=light_aids.noise(picture, stored),
        )
        try:
            measurement = replace(measurement, forecast=trial.result())
        except MismatchError as exc:  # no sure pixel on one of the sides
            problems.append(str(exc))
    return Examination(
        settings, subject, measurement, findings(measurement, profile.checks), tuple(problems)
    )


def _subject_by(
    picture: EncodedPicture, small: EncodedPicture, aids: SubjectAids
) -> LiveSubject | None:
    """Return the subject by plate, network or box, found on the size that light is measured."""
    if aids.plate is not None:
        if aids.plate.shape != picture.codes.shape:
            raise MismatchError(
                "plate",
                f"is {aids.plate.shape[1]}x{aids.plate.shape[0]}, "
                f"the photograph {picture.width}x{picture.height}",
                "Take both with the same camera and settings",
            )
        aids = replace(aids, plate=_reduced(aids.plate, (small.width, small.height)))
    return live_subject(small.encoded_8bit(), None, aids)


def _silhouette(
    subject: SubjectDepth | None, aided: LiveSubject | None, size: tuple[int, int]
) -> Silhouette | None:
    if subject is not None:
        return silhouette_of(subject, size)
    if aided is not None:
        return silhouette_of_mask(aided.probability > 0.5, aided.source, size)
    return None


def _foretold(
    small: EncodedPicture, subject: SubjectDepth | LiveSubject | None, profile: Profile
) -> Forecast | None:
    """Try the cut-out, when the subject is known and the profile asks how it will come out."""
    if subject is None or "forecast" not in profile.checks:
        return None
    codes, guard = small.encoded_8bit(), profile.hair_guard_percent
    if isinstance(subject, SubjectDepth):
        return forecast(seen_by_depth(codes, subject, guard))
    return forecast(Silhouetted(reduced(codes), subject.probability, None, guard))


def _small(picture: EncodedPicture) -> EncodedPicture:
    """Return the picture at the size at which light and colour are measured."""
    size = analysis_size((picture.width, picture.height))
    if size == (picture.width, picture.height):
        return picture
    import cv2

    codes = np.asarray(cv2.resize(picture.codes, size, interpolation=cv2.INTER_AREA))
    return replace(picture, codes=codes)


def _reduced(rgb: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


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


def _ratio_by_depth(
    picture: EncodedPicture, small: EncodedPicture, subject: SubjectDepth | None
) -> LightingRatio | None:
    """Fit the light on the depth map's grid, which often is that of the small picture."""
    import cv2

    if subject is None:
        return None
    height, width = subject.subject.shape
    if (small.width, small.height) == (width, height):
        return key_to_fill(small.linear(), subject)
    codes = cv2.resize(picture.codes, (width, height), interpolation=cv2.INTER_AREA)
    return key_to_fill(picture.transfer.decode(codes), subject)

"""Pictures of the calibration board to a calibration, with what it is of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.calibration.board import BoardCorners, Paper, drawn_page, find_corners
from capture.calibration.noise import learned_noise
from capture.calibration.pair import PairCalibration, calibrate_pair
from capture.calibration.refine import Refinement, refine
from capture.rig import Rig
from devices.frames import Calibration, CalibrationOrigin, DepthScale, Intrinsics
from matting.imaging.atomic import atomic_file
from matting.imaging.errors import InputFileError, MismatchError
from matting.imaging.exif import PhotoSettings, read_exif_settings
from matting.imaging.files import read_picture

_DOTS_PER_INCH = 600

#: Depth maps from which noise is learned.
NOISE_FRAMES = 20

#: Focal lengths that differ by more than this share are another zoom.
_SAME_ZOOM = 0.01


def write_board(path: Path, paper: Paper) -> None:
    """Write the board as a PDF page of the paper's size, black and white, 600 dots an inch.

    Raises
    ------
    InputFileError
        When the name does not end in .pdf.
    OutputError
        When the file cannot be written.
    """
    from PIL import Image

    if path.suffix.lower() != ".pdf":
        raise InputFileError(path, "is no PDF", "give a name that ends in .pdf")
    page = Image.fromarray(drawn_page(paper, _DOTS_PER_INCH)).convert("1")
    with atomic_file(path) as file:
        page.save(file, "PDF", resolution=_DOTS_PER_INCH, title="Mattebox calibration board")


def calibration_of_pictures(
    pairs: Sequence[tuple[Path, Path]],
    sensor_lens: Intrinsics,
    square_m: float,
    told: CalibrationOrigin,
) -> PairCalibration:
    """Calibrate from pairs of files: the camera's photograph, the sensor's picture.

    Parameters
    ----------
    pairs : sequence of (photograph, sensor's picture)
    sensor_lens : Intrinsics
        The depth map's lens, whose pixels the sensor's pictures share, at any size.
    square_m : float
        Width of a printed square, metres.
    told : CalibrationOrigin
        What is known of the devices; lens and focal length are taken from the photographs.

    Raises
    ------
    MatteboxError
        When a file cannot be read, shows no board, was taken with another lens or zoom, or the
        pairs do not determine a calibration.
    """
    settings = [read_exif_settings(photograph) for photograph, _ in pairs]
    for (photograph, _), one in zip(pairs, settings, strict=True):
        _must_be_same_lens(photograph, one, settings[0])
    found = calibrate_pair(
        [_corners(photograph) for photograph, _ in pairs],
        [_corners(picture) for _, picture in pairs],
        sensor_lens,
        square_m,
    )
    origin = replace(told, lens=settings[0].lens, focal_length_mm=settings[0].focal_length_mm)
    return replace(found, calibration=replace(found.calibration, origin=origin))


def refined_by_pictures(
    calibration: Calibration,
    pairs: Sequence[tuple[Path, Path]],
    depth_scale: DepthScale | None = None,
    sensor_lens: Intrinsics | None = None,
) -> Refinement:
    """Set a knocked calibration right by photographs and depth of the same moments.

    Parameters
    ----------
    calibration : Calibration
    pairs : sequence of (photograph, depth file in the sensor's own pixels)
    depth_scale : as `devices.depth_files.read_depth_file` takes it
    sensor_lens : Intrinsics or None
        Of the depth files; None when they hold it.

    Raises
    ------
    MatteboxError
        When a file cannot be read, was taken with another lens or zoom than was calibrated, or the
        edges do not suffice.
    """
    from devices.depth_files import read_depth_file

    views = []
    for photograph, depth in pairs:
        settings = read_exif_settings(photograph)
        change = lens_change(calibration.origin, settings.lens, settings.focal_length_mm)
        if change is not None:
            raise MismatchError(photograph, change, "leave it out")
        frame = read_depth_file(depth, scale_m_per_unit=depth_scale, intrinsics=sensor_lens)
        views.append((read_picture(photograph).encoded_8bit(), frame))
    return refine(calibration, views)


def calibration_with_noise(rig: Rig, frames: int = NOISE_FRAMES) -> Calibration:
    """Learn the noise of a rig's depth sensor from the empty set before it.

    Returns
    -------
    Calibration
        The rig's, with the noise.

    Raises
    ------
    MismatchError
        When the rig has no depth sensor with a calibration, or the set shows too little.
    DeviceError
        When the sensor does not deliver.
    """
    if rig.depth is None or rig.calibration is None:
        raise MismatchError(
            "the rig", "has no calibrated depth sensor", "give --depth, and --calibration"
        )
    noise = learned_noise([rig.depth.read() for _ in range(frames)])
    return replace(rig.calibration, noise=noise)


def must_be_of(
    calibration: Calibration, file: Path, camera_serial: str, sensor_serial: str
) -> None:
    """Refuse a calibration of other devices than the connected ones.

    Raises
    ------
    MismatchError
        When a serial number that the calibration names is another than the device's.
    """
    origin = calibration.origin
    for device, stated, found in (
        ("camera", origin.camera_serial, camera_serial),
        ("depth sensor", origin.sensor_serial, sensor_serial),
    ):
        if stated is not None and stated != found:
            raise MismatchError(
                file,
                f"is of {device} serial number {stated}; connected is {found or 'another'}",
                "connect that one, or calibrate this pair: mattebox calibrate depth",
            )


def lens_change(
    origin: CalibrationOrigin, lens: str | None, focal_length_mm: float | None
) -> str | None:
    """Say what of a photograph's lens is not as calibrated; None when all that is told agrees."""
    if origin.lens and lens and origin.lens != lens:
        return f"calibrated with {origin.lens}, photographed with {lens}"
    if origin.focal_length_mm and focal_length_mm:
        ratio = focal_length_mm / origin.focal_length_mm
        if abs(ratio - 1) > _SAME_ZOOM:
            return (
                f"calibrated at {origin.focal_length_mm:g} mm, "
                f"photographed at {focal_length_mm:g} mm"
            )
    return None


def _must_be_same_lens(path: Path, one: PhotoSettings, first: PhotoSettings) -> None:
    change = lens_change(
        CalibrationOrigin(lens=first.lens, focal_length_mm=first.focal_length_mm),
        one.lens,
        one.focal_length_mm,
    )
    if change is not None:
        raise MismatchError(path, f"not with the first one's lens ({change})", "leave it out")


def _corners(path: Path) -> BoardCorners:
    found = find_corners(_grey(path))
    if found is None:
        raise MismatchError(
            path,
            "shows no board, or too little of it",
            "leave the pair out, or come nearer and light the board evenly",
        )
    return found


def _grey(path: Path) -> npt.NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.cvtColor(read_picture(path).encoded_8bit(), cv2.COLOR_RGB2GRAY))

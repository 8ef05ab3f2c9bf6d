"""A reference of the set, kept in a folder, and what has drifted since."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from capture.findings import Finding, Level
from capture.metering.drift import Drift, drift
from capture.metering.exposure import exposure_value
from capture.wanted import Wanted
from devices.frames import ExposureSettings
from matting.imaging.atomic import write_atomically
from matting.imaging.errors import InputFileError, MismatchError, OutputError

_FRAME, _SILHOUETTE, _SETTINGS = "frame.png", "silhouette.png", "reference.json"
_KEPT_WIDTH = 1280
_PRACTICE = "studio practice: what is seen between two pictures side by side"

#: What has drifted, by its name as a finding: its unit and what is accepted.
WANTED: dict[str, tuple[str, Wanted]] = {
    "camera_drift": (
        "% of the width",
        Wanted(high=0.3, tolerance=0.7, source="a cut-out by plate wants the set within 0.3 %"),
    ),
    "light_drift": (
        "stops",
        Wanted(low=-0.15, high=0.15, tolerance=0.2, source=f"1/6 stop; {_PRACTICE}"),
    ),
    "white_balance_drift": ("ΔE2000", Wanted(high=2, tolerance=2, source="ΔE below 2 is strict")),
    "subject_drift": (
        "% of the width",
        Wanted(high=3, tolerance=math.inf, source="people move; a series should not jump"),
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The set as it was.

    Parameters
    ----------
    frame : (H, W, 3) uint8, sRGB
    silhouette : (h, w) bool or None
        The subject's, covering the frame's view.
    settings : ExposureSettings
    """

    frame: npt.NDArray[np.uint8]
    silhouette: npt.NDArray[np.bool_] | None
    settings: ExposureSettings


def keep_reference(folder: Path, reference: Reference) -> None:
    """Write a reference into a new folder, in files that any program opens.

    Raises
    ------
    OutputError
        When the folder holds something already, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = any(folder.iterdir())
    except OSError as exc:
        raise OutputError(
            folder, f"cannot be made ({exc.strerror})", "choose another folder"
        ) from exc
    if taken:
        raise OutputError(folder, "is not empty", "name a new folder for the reference")
    write_atomically(folder / _FRAME, [_png(_small(reference.frame))])
    if reference.silhouette is not None:
        write_atomically(
            folder / _SILHOUETTE, [_png(reference.silhouette.astype(np.uint8) * np.uint8(255))]
        )
    settings = json.dumps(asdict(reference.settings), indent=2)
    write_atomically(folder / _SETTINGS, [settings.encode("utf-8")])


def read_reference(folder: Path) -> Reference:
    """Read a reference.

    Raises
    ------
    InputFileError
        When the folder does not hold one, or a file of it cannot be read.
    """
    from matting.imaging.files import read_mask, read_picture

    try:
        table: dict[str, Any] = json.loads((folder / _SETTINGS).read_text("utf-8"))
        settings = ExposureSettings(**table)
    except (OSError, ValueError, TypeError) as exc:
        raise InputFileError(
            folder, f"holds no reference ({exc})", "keep one with `mattebox check --keep-reference`"
        ) from exc
    there = (folder / _SILHOUETTE).is_file()
    return Reference(
        frame=read_picture(folder / _FRAME).encoded_8bit(),
        silhouette=read_mask(folder / _SILHOUETTE) > 127 if there else None,
        settings=settings,
    )


def drift_since(reference: Reference, now: Reference) -> Drift:
    """Return what has drifted since a reference.

    Raises
    ------
    MismatchError
        When the two have other proportions: another camera, or a crop.
    """
    then_shape, now_shape = reference.frame.shape, now.frame.shape
    if abs(then_shape[0] / then_shape[1] - now_shape[0] / now_shape[1]) > 0.01:
        raise MismatchError(
            "the reference",
            f"is {then_shape[1]} x {then_shape[0]}, the picture {now_shape[1]} x {now_shape[0]}",
            "compare pictures of the same proportions, from the same camera",
        )
    return drift(
        reference.frame,
        now.frame,
        reference.silhouette,
        now.silhouette,
        _brighter_by_settings(reference.settings, now.settings),
    )


def _brighter_by_settings(then: ExposureSettings, now: ExposureSettings) -> float:
    """Return by how many stops the settings alone brighten; 0 where either does not state them."""
    values = []
    for settings in (then, now):
        known = (settings.aperture_f, settings.shutter_s, settings.iso)
        if not all(known):
            return 0.0
        aperture, shutter, iso = (float(each or 1.0) for each in known)
        values.append(exposure_value(aperture, shutter, iso))
    return values[0] - values[1]


def drift_findings(drifted: Drift) -> tuple[Finding, ...]:
    """Judge a drift."""
    camera, light = drifted.camera, drifted.light
    made: Sequence[tuple[str, float, str, str, tuple[int, int, int, int] | None, str]] = (
        (
            "camera_drift",
            camera.largest_percent() if camera else math.nan,
            _camera_words(drifted),
            "put the camera back, or take a new reference and a new empty set",
            None,
            "not measured: the set shows too little detail to tell whether the camera moved",
        ),
        (
            "light_drift",
            light.stops if light else math.nan,
            f"{light.stops:+.2f} stops at the {light.place}" if light else "",
            _light_fix(drifted),
            light.box if light else None,
            "not measured: nothing of the set is lit within the frame's range, then and now",
        ),
        (
            "white_balance_drift",
            drifted.white_balance_delta_e,
            f"ΔE {drifted.white_balance_delta_e:.1f} {drifted.tint}",
            "set the white balance by a grey card again; a lamp may have aged or warmed up",
            None,
            "not measured: nothing of the set is lit within the frame's range, then and now",
        ),
        (
            "subject_drift",
            drifted.subject_shift_percent,
            f"{drifted.subject_shift_percent:.1f} % of the width from where it was, "
            f"{drifted.subject_scale_percent:+.0f} % in size",
            "put the subject back on its mark",
            None,
            "not measured: no silhouette, then or now",
        ),
    )
    return tuple(_finding(*each) for each in made)


def empty_set_findings(drifted: Drift) -> tuple[Finding, ...]:
    """Return a failed finding when a picture of the empty set no longer fits, else none."""
    failed = [finding for finding in drift_findings(drifted) if finding.level == "fail"]
    if not failed:
        return ()
    worst = failed[0]
    return (
        dataclasses.replace(
            worst,
            check="empty_set",
            shown=f"no longer fits: {worst.shown}",
            fix="photograph the empty set again: what it tells of the subject is wrong now",
        ),
    )


def _finding(
    name: str,
    value: float,
    shown: str,
    fix: str,
    region: tuple[int, int, int, int] | None,
    missing: str,
) -> Finding:
    unit, wanted = WANTED[name]
    described = wanted.describe(unit)
    if math.isnan(value):
        return Finding(name, "not measured", value, unit, described, missing, source=wanted.source)
    level: Level = wanted.level(value)
    ok = level == "ok"
    return Finding(
        name, level, value, unit, described, "" if ok else fix, None if ok else region, shown,
        "compared with the reference, subject left out", wanted.source,
    )  # fmt: skip


def _camera_words(drifted: Drift) -> str:
    if drifted.camera is None:
        return ""
    moved = drifted.camera
    across = f"{abs(moved.right_percent):.1f} % {'right' if moved.right_percent > 0 else 'left'}"
    along = f"{abs(moved.down_percent):.1f} % {'down' if moved.down_percent > 0 else 'up'}"
    return (
        f"the set lies {across}, {along}, turned {moved.turned_deg:+.2f}°, "
        f"{moved.zoomed_percent:+.1f} % in size"
    )


def _light_fix(drifted: Drift) -> str:
    if drifted.light is None:
        return ""
    verb = "lower" if drifted.light.stops > 0 else "raise"
    return (
        f"{verb} the light on the {drifted.light.place} of the set by "
        f"{abs(drifted.light.stops):.1f} stop"
    )


def _small(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a frame at no more than the width that is worth keeping."""
    import cv2

    width = min(_KEPT_WIDTH, frame.shape[1])
    size = (width, max(1, round(frame.shape[0] * width / frame.shape[1])))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def _png(image: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(image).save(data, "PNG", compress_level=1)
    return data.getvalue()

"""A finished cut-out inspected: what `mattebox inspect` finds, without knowing the truth.

`matting.quality` measures; the table here says what is still good, and from where that is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.cutout_inputs import wanted_in
from capture.findings import Finding, worst_first
from capture.registration import already_registered
from capture.silhouette import mask_at
from capture.subjects import SubjectChoice, find_subject
from capture.wanted import Wanted
from devices.frames import DepthScale
from matting.imaging.errors import InputFileError, MismatchError
from matting.imaging.files import read_cutout, read_picture
from matting.imaging.pixels import EncodedPicture
from matting.quality import CutoutQuality, Measured, measure_cutout
from matting.silhouette_faults import Flaws

_MEASURED = "measured: 15 photographs with true alpha, docs/benchmarks.md"

#: Unit and accepted range of each check. Tolerance: within it a warning, beyond it a failure.
WANTED: dict[str, tuple[str, Wanted]] = {
    "fringe": (
        "ΔE2000",
        Wanted(
            high=5, tolerance=5,
            source=f"true -3 to 4, lemur 7, not unmixed 5 up; {_MEASURED}",
        ),
    ),
    "halo_on_black": (
        "L*",
        Wanted(high=4, tolerance=4, source=f"true at most 2.4, not unmixed up to 10; {_MEASURED}"),
    ),
    "halo_on_white": (
        "L*",
        Wanted(low=-2.5, tolerance=2.5, source=f"true at least -1.9; {_MEASURED}"),
    ),
    "premultiplied": (
        "power of alpha",
        Wanted(high=0.5, source="by definition 0 straight, 1 linear, 2.2 encoded: half of that"),
    ),
    "jaggedness": (
        "px",
        Wanted(high=0.12, tolerance=0.05, source=f"true 0.02 to 0.16, hard 0.13 up; {_MEASURED}"),
    ),
    "hard_edge": (
        "px",
        Wanted(
            low=1.35, tolerance=0.15,
            source=f"true 1.7 up, thresholded 1.0 to 1.1; {_MEASURED}",
        ),
    ),
    "soft_edge": (
        "px",
        Wanted(
            high=5, tolerance=4,
            source=f"true at most 4.9 (fur), blurred by 2 px 5.4 up; {_MEASURED}",
        ),
    ),
    "edge_evenness": (
        "widest to narrowest",
        Wanted(
            high=3, tolerance=math.inf,
            source=f"true at most 2.4; never fails, since depth of field widens edges; {_MEASURED}",
        ),
    ),
    "islands": (
        "% of the subject",
        Wanted(high=0.02, tolerance=0.18, source=f"true at most 0.016; {_MEASURED}"),
    ),
    "enclosed_holes": (
        "% of the subject",
        Wanted(
            high=0.05, tolerance=math.inf,
            source="never fails: a gap that is really there looks the same; depth tells",
        ),
    ),
    "holes_against_depth": (
        "% of the subject",
        Wanted(high=0.1, tolerance=0.9, source="a stereo map's own false readings: 0.1 to 1 %"),
    ),
    "recomposition": (
        "ΔE2000",
        Wanted(high=4.5, tolerance=3.5, source=f"true 1.6 to 4.2; {_MEASURED}"),
    ),
}  # fmt: skip

_SHARPEST = "{:.1f} px wide where it is sharpest"
_NO_RIM = "not measured: too few partly covered pixels beside a solid part"
_NO_LINE = "not measured: too little smooth edge, the rest is hair or blur"
_NO_BACKGROUND = "not measured: no even background beside the rim tells what lies behind it"
#: Nearer to its silhouette than this, in pixels of depth, a sensor's subject is not believed.
_GUARD_PX = 3


@dataclass(frozen=True, slots=True)
class InspectionJob:
    """Which files, as given on the command line; `subject` in pixels of the upright picture."""

    cutout: Path
    image: Path | None = None
    depth: Path | None = None
    depth_scale: DepthScale | None = None
    intrinsics: Path | None = None
    subject: SubjectChoice = "central"


def inspect_cutout(job: InspectionJob) -> tuple[Finding, ...]:
    """Inspect a cut-out.

    Returns
    -------
    tuple of Finding
        One a check, worst first; what the files given do not tell is "not measured".

    Raises
    ------
    InputFileError
        When a file cannot be read, or the cut-out is empty or opaque everywhere.
    MismatchError
        When photograph or depth do not fit the cut-out, or depth shows no subject.

    Notes
    -----
    Colours are judged as if the file's primaries were sRGB's; in a wider space differences come
    out a little too small.
    """
    cutout, alpha = read_cutout(job.cutout)
    _refuse_uncut(job.cutout, alpha)
    quality = measure_cutout(
        cutout.linear(),
        alpha,
        photograph_linear=None if job.image is None else _photograph(job.image, cutout),
        sure_subject=None if job.depth is None else _sure_subject(job, job.depth, cutout),
    )
    return findings_of(quality, with_photograph=job.image is not None)


def findings_of(quality: CutoutQuality, with_photograph: bool) -> tuple[Finding, ...]:
    """Judge what was measured on a cut-out by the table; worst first."""
    q = quality
    missing_photograph = _NO_BACKGROUND if with_photograph else "not measured: give --image"
    found = (
        _judged("fringe", q.fringe, "ΔE {:.1f} beyond the subject's own variation",
                "the rim holds the old background's colour: decontaminate it", _NO_RIM),
        _judged("halo_on_black", q.halo_on_black, "{:+.1f} L* at the rim",
                "a bright rim shows on black: decontaminate, or pull the edge in", _NO_RIM),
        _judged("halo_on_white", q.halo_on_white, "{:+.1f} L* at the rim",
                "a dark rim shows on white: decontaminate, or pull the edge in", _NO_RIM),
        _judged("premultiplied", q.premultiplication, "power {:.2f}",
                "the colours were stored multiplied by alpha: divide by alpha, or read the file "
                "as premultiplied", _NO_RIM),
        _judged("jaggedness", q.roughness, "{:.2f} px off smooth",
                "the edge goes in steps: matte it at full size rather than enlarge a mask",
                _NO_LINE),
        _judged("hard_edge", q.edge_width, _SHARPEST,
                "the edge is harder than any lens draws it: alpha was thresholded; matte the rim",
                _NO_LINE),
        _judged("soft_edge", q.edge_width, _SHARPEST,
                "the edge is soft: matte it at full size, or look whether the lens did that",
                _NO_LINE),
        _judged("edge_evenness", q.edge_evenness, "{:.1f} to 1",
                "the edge is sharp here and soft there: look whether the lens did that", _NO_LINE),
        _flaw("islands", q.islands, "part", "remove what is left over apart from the subject"),
        _flaw("enclosed_holes", q.enclosed_holes, "hole",
              "look whether these are gaps that are really there; --depth would tell"),
        _flaw("holes_against_depth", q.holes_against_depth, "hole",
              "depth sees the subject there: mark it as foreground"),
        _judged("recomposition", q.recomposition, "ΔE {:.1f} over its own background",
                "alpha and colours do not give the photograph back", missing_photograph),
    )  # fmt: skip
    return worst_first(found)


def _judged(check: str, measured: Measured, shown: str, fix: str, missing: str) -> Finding:
    unit, wanted = WANTED[check]
    if math.isnan(measured.value):
        return Finding(check, "not measured", measured.value, unit, wanted.describe(unit), missing)
    level = wanted.level(measured.value)
    return Finding(
        check=check,
        level=level,
        value=measured.value,
        unit=unit,
        wanted=wanted.describe(unit),
        fix="" if level == "ok" else fix,
        region=None if level == "ok" else measured.box,
        shown=shown.format(measured.value),
    )


def _flaw(check: str, flaws: Flaws | None, part: str, fix: str) -> Finding:
    if flaws is None:
        return _judged(check, Measured(math.nan), "", "", "not measured: give --depth")
    parts = f"{flaws.count} {part}{'' if flaws.count == 1 else 's'}"
    return _judged(
        check, Measured(100 * flaws.share, flaws.largest), f"{parts}, {{:.3f}} %", fix, ""
    )


def _refuse_uncut(path: Path, alpha: npt.NDArray[np.float32]) -> None:
    if float(alpha.max()) < 0.5:
        raise InputFileError(path, "is empty: alpha is nowhere above a half", "Cut out again")
    if float(alpha.min()) > 0.5:
        raise InputFileError(
            path,
            "is no cut-out: alpha is everywhere above a half",
            "Give one whose background is cut away",
        )


def _photograph(path: Path, cutout: EncodedPicture) -> npt.NDArray[np.float32]:
    picture = read_picture(path)
    if (picture.width, picture.height) != (cutout.width, cutout.height):
        raise MismatchError(
            path,
            f"has {picture.width} x {picture.height} pixels, "
            f"the cut-out {cutout.width} x {cutout.height}",
            "Give the photograph that was cut out",
        )
    return picture.linear()


def _sure_subject(job: InspectionJob, depth: Path, cutout: EncodedPicture) -> npt.NDArray[np.bool_]:
    """Return where depth surely sees the subject, at the cut-out's size."""
    import cv2

    from devices.depth_files import read_depth_file, read_intrinsics

    lens = read_intrinsics(job.intrinsics) if job.intrinsics else None
    frame = read_depth_file(depth, scale_m_per_unit=job.depth_scale, intrinsics=lens)
    registered = already_registered(frame, (cutout.height, cutout.width))
    subject = find_subject(registered, wanted_in(job.subject, cutout)).subject
    side = 2 * _GUARD_PX + 1
    inner = cv2.erode(subject.astype(np.uint8), np.ones((side, side), np.uint8))
    return mask_at(inner.astype(bool), (cutout.width, cutout.height))

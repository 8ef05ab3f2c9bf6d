"""One photograph cut out from files to files: what `mattebox matte` and a session both run."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.pipeline import CutoutInputs, Stopwatch, make_matte
from capture.registration import already_registered
from capture.subjects import SubjectDepth, find_subject
from matting.imaging.errors import MismatchError, NothingToCutByError, OutputError
from matting.imaging.files import (
    check_writable_kind,
    read_mask,
    read_picture,
    write_alpha,
    write_cutout,
)
from matting.imaging.pixels import EncodedPicture


@dataclass(frozen=True, slots=True)
class CutoutJob:
    """Which files, as given on the command line; `subject` in pixels of the upright picture."""

    image: Path
    cutout: Path
    alpha: Path | None = None
    trimap: Path | None = None
    depth: Path | None = None
    depth_scale: float | None = None
    intrinsics: Path | None = None
    model: Path | None = None
    subject: tuple[tuple[float, float], ...] = ()
    hair_guard_percent: float = 1.0


@dataclass(frozen=True, slots=True)
class CutoutResult:
    """What was written and what it took; `notes` are for the person to read."""

    cutout: Path
    alpha: Path | None
    seconds: dict[str, float]
    peak_memory_bytes: int
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Return the result as the command prints it."""
        return {
            "cutout": str(self.cutout),
            "alpha": None if self.alpha is None else str(self.alpha),
            "seconds": {stage: round(time, 4) for stage, time in self.seconds.items()},
            "peak_memory_bytes": self.peak_memory_bytes,
            "notes": list(self.notes),
        }


def cut_out_file(job: CutoutJob) -> CutoutResult:
    """Read, cut out and write.

    Raises
    ------
    NothingToCutByError
        When neither trimap, depth nor network is given.
    MatteboxError
        When an input cannot be read or does not fit, or an output cannot be written. Nothing is
        left half-written.
    """
    _check_targets(job)
    if job.trimap is None and job.depth is None and job.model is None:
        raise NothingToCutByError(
            job.image, "nothing says what the subject is", "Give --trimap, --depth or --model"
        )
    watch = Stopwatch()
    notes: list[str] = []
    with watch.stage("read"):
        picture = read_picture(job.image)
        notes += picture.warnings
        trimap = None if job.trimap is None else read_mask(job.trimap)
    subject, network_alpha = None, None
    if trimap is not None:
        unused = [name for name in ("depth", "model") if getattr(job, name) is not None]
        notes += [f"the trimap decides alone; --{name} is not used" for name in unused]
    else:
        if job.depth:
            with watch.stage("depth"):
                subject = _subject(job, picture, notes)
        if job.model:
            with watch.stage("network"):
                network_alpha = _network_alpha(job.model, picture)
    inputs = CutoutInputs(trimap, subject, network_alpha, job.hair_guard_percent)
    return write_cutout_of(picture, inputs, job.cutout, job.alpha, watch, tuple(notes))


def _check_targets(job: CutoutJob) -> None:
    """Refuse results that would take the place of an input or of each other, or have no folder."""
    taken = [job.image, job.trimap, job.depth, job.model, job.intrinsics]
    for target in (job.cutout, job.alpha):
        if target is None:
            continue
        check_writable_kind(target)
        if not target.absolute().parent.is_dir():
            raise OutputError(target, "its folder does not exist", "Create the folder first")
        if any(path is not None and path.resolve() == target.resolve() for path in taken):
            raise OutputError(target, "would replace another file of this command", "Rename it")
        taken.append(target)


def write_cutout_of(
    picture: EncodedPicture,
    inputs: CutoutInputs,
    cutout: Path,
    alpha: Path | None,
    watch: Stopwatch,
    notes: tuple[str, ...] = (),
) -> CutoutResult:
    """Cut a picture out and write the results; see `cut_out_file`."""
    matte = make_matte(picture, inputs, watch)
    with watch.stage("write"):
        write_cutout(cutout, matte.alpha, matte.foreground_linear, picture)
        if alpha is not None:
            write_alpha(alpha, matte.alpha, picture.bit_depth)
    return CutoutResult(cutout, alpha, dict(watch.seconds), peak_memory_bytes(), notes)


def points_in(
    points: tuple[tuple[float, float], ...], picture: EncodedPicture
) -> tuple[tuple[float, float], ...]:
    """Return pixel positions as shares of the picture's size.

    Raises
    ------
    MismatchError
        When a point lies outside of the picture.
    """
    for x, y in points:
        if not (0 <= x < picture.width and 0 <= y < picture.height):
            raise MismatchError(
                f"subject point {x:g},{y:g}",
                f"lies outside of the picture of {picture.width}x{picture.height}",
                "Give pixels of the upright full-resolution picture",
            )
    return tuple((x / picture.width, y / picture.height) for x, y in points)


def _subject(job: CutoutJob, picture: EncodedPicture, notes: list[str]) -> SubjectDepth | None:
    """Return the subject as depth shows it; None, with a note, when only the network can tell."""
    from devices.depth_files import read_depth_file, read_intrinsics

    assert job.depth is not None
    lens = read_intrinsics(job.intrinsics) if job.intrinsics else None
    frame = read_depth_file(job.depth, scale_m_per_unit=job.depth_scale, intrinsics=lens)
    registered = already_registered(frame, (picture.height, picture.width))
    if not np.isfinite(frame.depth_m).any():
        if job.model is None:
            raise MismatchError(
                job.depth, "holds no reading at all", "Give another map, --trimap or --model"
            )
        notes.append(f"{job.depth} holds no reading at all; the network decides alone")
        return None
    return find_subject(registered, points_in(job.subject, picture))


def _network_alpha(model: Path, picture: EncodedPicture) -> npt.NDArray[np.float32]:
    from matting.inference import run_network

    return run_network(model, picture.encoded_8bit()).alpha


def peak_memory_bytes() -> int:
    """Return the most memory that this process has held at once."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024

"""One photograph cut out from files to files: what `mattebox matte` and a session both run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.backdrops import backdrop_linear, composite_codes
from capture.cutout_request import (
    CutoutJob,
    check_layers,
    check_targets,
    cutout_paths,
    method_of,
    unused_inputs,
)
from capture.methods import Method, MethodInputs, matte_by
from capture.pipeline import CutoutInputs, Stopwatch, make_matte
from capture.registration import already_registered
from capture.subjects import SubjectDepth, find_subject
from matting.imaging.errors import MismatchError
from matting.imaging.files import read_mask, read_picture, write_alpha, write_cutout
from matting.imaging.pixels import EncodedPicture
from matting.imaging.results import (
    SubjectLayer,
    is_layered,
    write_composite,
    write_layers,
    write_subject,
)
from matting.matte import Matte


@dataclass(frozen=True, slots=True)
class WrittenLayer:
    """A subject, the file in which it lies, and its distance where depth knows it."""

    name: str
    path: Path
    distance_m: float | None

    def as_json(self) -> dict[str, object]:
        """Return the layer as the command prints it."""
        return {"name": self.name, "path": str(self.path), "distance_m": self.distance_m}


@dataclass(frozen=True, slots=True)
class CutoutResult:
    """What was written and what it took; `notes` are for the person to read."""

    cutout: Path
    alpha: Path | None
    seconds: dict[str, float]
    peak_memory_bytes: int
    notes: tuple[str, ...]
    layers: tuple[WrittenLayer, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the result as the command prints it."""
        return {
            "cutout": str(self.cutout),
            "alpha": None if self.alpha is None else str(self.alpha),
            "layers": [layer.as_json() for layer in self.layers],
            "seconds": {stage: round(time, 4) for stage, time in self.seconds.items()},
            "peak_memory_bytes": self.peak_memory_bytes,
            "notes": list(self.notes),
        }


def cut_out_file(job: CutoutJob) -> CutoutResult:
    """Read, cut out and write.

    Raises
    ------
    NothingToCutByError
        When the method's input is missing, or it finds no subject.
    SettingsError
        Options that exclude each other.
    MatteboxError
        When an input cannot be read or does not fit, or an output cannot be written. Nothing is
        left half-written.
    """
    method = method_of(job)
    check_layers(job, method)
    check_targets(job)
    watch = Stopwatch()
    notes: list[str] = []
    with watch.stage("read"):
        picture = read_picture(job.image)
        notes += picture.warnings
        trimap = read_mask(job.trimap) if job.trimap and method == "trimap" else None
        plate = read_picture(job.plate) if job.plate and method == "difference" else None
        backdrop = backdrop_linear(job.on, picture) if job.on else None
    notes += unused_inputs(job, method)
    subjects: tuple[SubjectDepth | None, ...] = (None,)
    if job.depth and method in ("depth", "grabcut"):
        with watch.stage("depth"):
            subjects = _subjects(job, method, picture, notes)
    network_alpha = None
    if job.model and method == "depth":
        with watch.stage("network"):
            network_alpha = _network_alpha(job.model, picture)
    guard = job.hair_guard_percent
    if job.hair_guard_px is not None:
        guard = 100 * job.hair_guard_px / picture.width
    layers: list[SubjectLayer] = []
    for subject in subjects:
        recipe = CutoutInputs(trimap, subject, network_alpha, guard, job.edge)
        inputs = MethodInputs(recipe, plate, job.screen, job.despill)
        matte = matte_by(method, picture, inputs, watch, notes.append)
        keep = method != "chroma" and not job.edge.reshapes
        layers.append(_layer(f"Subject {len(layers) + 1}", matte, subject, keep))
    with watch.stage("write"):
        written = _write(job, layers, picture, backdrop)
    described = tuple(
        WrittenLayer(layer.name, path, None if subject is None else subject.distance_m)
        for layer, path, subject in zip(layers, written, subjects, strict=True)
    )
    return CutoutResult(
        written[0], job.alpha, dict(watch.seconds), peak_memory_bytes(), tuple(notes), described
    )


def _layer(
    name: str, matte: Matte, subject: SubjectDepth | None, keep_opaque_codes: bool
) -> SubjectLayer:
    depth_m = None if subject is None else subject.depth.depth_m
    return SubjectLayer(name, matte.alpha, matte.foreground_linear, depth_m, keep_opaque_codes)


def _write(
    job: CutoutJob,
    layers: Sequence[SubjectLayer],
    picture: EncodedPicture,
    backdrop: npt.NDArray[np.float32] | None,
) -> tuple[Path, ...]:
    """Write the results and return the file in which each layer lies."""
    paths = cutout_paths(job)
    if backdrop is not None:
        codes = composite_codes(layers[0].foreground_linear, layers[0].alpha, backdrop, picture)
        write_composite(job.cutout, codes, picture)
    elif job.layers and is_layered(job.cutout):
        write_layers(job.cutout, layers, picture)
        paths = paths * len(layers)
    else:
        for path, layer in zip(paths, layers, strict=True):
            write_subject(path, layer, picture)
    if job.alpha is not None:
        covered = layers[0].alpha
        for layer in layers[1:]:
            covered = covered + (1 - covered) * layer.alpha
        write_alpha(job.alpha, covered, picture.bit_depth)
    return paths


def write_cutout_of(
    picture: EncodedPicture,
    inputs: CutoutInputs,
    cutout: Path,
    alpha: Path | None,
    watch: Stopwatch,
) -> None:
    """Cut a picture out by the recipe and write the results; see `cut_out_file`."""
    matte = make_matte(picture, inputs, watch)
    with watch.stage("write"):
        write_cutout(cutout, matte.alpha, matte.foreground_linear, picture)
        if alpha is not None:
            write_alpha(alpha, matte.alpha, picture.bit_depth)


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


def _subjects(
    job: CutoutJob, method: Method, picture: EncodedPicture, notes: list[str]
) -> tuple[SubjectDepth | None, ...]:
    """Return the subject as depth shows it, or each apart, the nearest first.

    None, with a note, when only the network can tell.
    """
    from devices.depth_files import read_depth_file, read_intrinsics

    assert job.depth is not None
    lens = read_intrinsics(job.intrinsics) if job.intrinsics else None
    frame = read_depth_file(job.depth, scale_m_per_unit=job.depth_scale, intrinsics=lens)
    registered = already_registered(frame, (picture.height, picture.width))
    if not np.isfinite(frame.depth_m).any():
        if job.model is None or method != "depth" or job.layers:
            raise MismatchError(
                job.depth, "holds no reading at all", "Give another map, --trimap or --model"
            )
        notes.append(f"{job.depth} holds no reading at all; the network decides alone")
        return (None,)
    points = points_in(job.subject, picture)
    if not job.layers:
        return (find_subject(registered, points),)
    apart = [find_subject(registered, [point]) for point in points]
    for index, subject in enumerate(apart):
        if any(np.array_equal(subject.subject, other.subject) for other in apart[:index]):
            raise MismatchError(
                "subject point {:g},{:g}".format(*job.subject[index]),
                "lies on an object that another point names already",
                "Give one point an object, or leave --layers out",
            )
    return tuple(sorted(apart, key=lambda subject: subject.distance_m))


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

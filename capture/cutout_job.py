"""One photograph cut out from files to files: what `mattebox matte` and a session both run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from capture.backdrops import backdrop_linear, composite_codes
from capture.cutout_inputs import hints_of, subjects_of, wanted_in
from capture.cutout_request import (
    CutoutJob,
    check_layers,
    check_targets,
    cutout_paths,
    method_of,
    unused_inputs,
)
from capture.evidence_maps import disagreement_picture, provenance_picture, shares, write_map
from capture.evidence_recipe import FusedEvidence
from capture.methods import Method, MethodInputs, matte_by
from capture.network_reading import NetworkReading, network_reading
from capture.pipeline import CutoutInputs, Stopwatch, make_matte
from capture.subjects import SubjectDepth
from matting.execution_providers import Placement
from matting.graph_matte import STILL, GraphMatte, open_graph_matte
from matting.guided_matte import GuidedMatte
from matting.imaging.errors import NothingToCutByError
from matting.imaging.files import read_mask, read_picture, write_alpha, write_cutout
from matting.imaging.pixels import EncodedPicture
from matting.imaging.results import (
    SubjectLayer,
    is_layered,
    write_composite,
    write_layers,
    write_subject,
)
from matting.inference import Network, load_network
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
    """What was written and what it took; `notes` are for the person to read.

    `placement` tells where a network or the live graph ran, `alpha_by` what made alpha where the
    trimap left it open.
    """

    cutout: Path
    alpha: Path | None
    seconds: dict[str, float]
    peak_memory_bytes: int
    notes: tuple[str, ...]
    layers: tuple[WrittenLayer, ...] = ()
    decided_by: dict[str, float] = field(default_factory=dict)
    placement: Placement | None = None
    alpha_by: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the result as the command prints it."""
        return {
            "cutout": str(self.cutout),
            "alpha": None if self.alpha is None else str(self.alpha),
            "layers": [layer.as_json() for layer in self.layers],
            "seconds": {stage: round(time, 4) for stage, time in self.seconds.items()},
            "peak_memory_bytes": self.peak_memory_bytes,
            "decided_by": self.decided_by,
            "alpha_by": self.alpha_by,
            "notes": list(self.notes),
            **({} if self.placement is None else self.placement.as_json()),
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
    # Before the picture is read, so that missing hardware is told at once.
    network = _network_of(job, method, watch, notes.append)
    graph: GraphMatte | GuidedMatte | None = _graph_of(job, method, watch, notes.append)
    if network is not None and network.contract.takes_evidence:
        graph, network = _guided(network, job, method, notes.append), None
    with watch.stage("read"):
        picture = read_picture(job.image)
        notes += picture.warnings
        trimap = read_mask(job.trimap) if job.trimap and method == "trimap" else None
        plate = read_picture(job.plate) if job.plate else None
        hints = None if job.hints is None else hints_of(job.hints, picture)
        backdrop = backdrop_linear(job.on, picture) if job.on else None
    notes += unused_inputs(job, method)
    subjects: tuple[SubjectDepth | None, ...] = (None,)
    if job.depth and method in ("depth", "grabcut"):
        with watch.stage("depth"):
            subjects = subjects_of(job, method, picture, notes.append)
    reading = NetworkReading()
    if network is not None:
        with watch.stage("network"):
            wanted = wanted_in(job.subject, picture)
            reading = network_reading(network, picture, wanted, plate, trimap, notes.append)
    if reading.subject is not None:
        subjects = (reading.subject,)
    recipe = CutoutInputs(
        trimap=trimap,
        network_alpha=reading.alpha,
        network_pixel_px=reading.pixel_px,
        band_alpha=reading.band_alpha,
        graph=graph,
        hints=hints,
        hair_guard_percent=job.hair_guard_percent,
        hair_guard_depth_px=job.hair_guard_px,
        edge=job.edge,
    )
    fused: list[FusedEvidence] = []
    layers: list[SubjectLayer] = []
    makers: list[str] = []
    for subject in subjects:
        inputs = MethodInputs(replace(recipe, subject=subject), plate, job.screen, job.despill)
        matte = matte_by(method, picture, inputs, watch, notes.append, fused.append)
        makers.append(matte.alpha_by)
        keep = method != "chroma" and not job.edge.reshapes
        layers.append(_layer(f"Subject {len(layers) + 1}", matte, subject, keep))
    if len(fused) > 1 and (job.provenance or job.disagreement):
        notes.append("the maps of evidence show the nearest subject alone")
    with watch.stage("write"):
        written = _write(job, layers, picture, backdrop)
        _write_maps(job, fused, picture)
    described = tuple(
        WrittenLayer(layer.name, path, None if subject is None else subject.distance_m)
        for layer, path, subject in zip(layers, written, subjects, strict=True)
    )
    return CutoutResult(
        written[0],
        job.alpha,
        dict(watch.seconds),
        peak_memory_bytes(),
        tuple(notes),
        described,
        shares(fused[0]) if fused else {},
        network.graph.placement if network else graph.placement if graph else None,
        makers[0],
    )


def _network_of(
    job: CutoutJob, method: Method, watch: Stopwatch, tell: Callable[[str], None]
) -> Network | None:
    """Load the network, when the method looks at it."""
    if job.network is None or method not in ("depth", "trimap"):
        return None
    with watch.stage("network"):
        network = load_network(job.network)
    contract = network.contract
    if method == "trimap" and contract.takes != "picture and trimap":
        tell(f"the method 'trimap' does not use --model: {contract.name} takes {contract.takes}")
        return None
    if contract.gives == "relative inverse depth" and job.depth is not None:
        tell(f"--depth measures, so that the order by {contract.name} is not used")
        return None
    tell(network.placed)
    return network


def _guided(
    network: Network, job: CutoutJob, method: Method, tell: Callable[[str], None]
) -> GuidedMatte:
    """Return what makes alpha of evidence, when there is some."""
    if method != "depth" or (job.depth is None and job.plate is None):
        raise NothingToCutByError(
            job.image,
            f"{network.contract.name} takes evidence, and there is none",
            "Give --depth, or --plate with --method depth",
        )
    made = GuidedMatte(network)
    tell(f"alpha is made by the {made.in_words}, not by the band solver")
    return made


def _graph_of(
    job: CutoutJob, method: Method, watch: Stopwatch, tell: Callable[[str], None]
) -> GraphMatte | None:
    """Open the live graph, when an accelerator is to make alpha and the method lets it."""
    if job.accelerator is None or method != "depth":
        return None
    with watch.stage("graph"):
        graph = open_graph_matte(job.accelerator, STILL)
    tell(f"alpha is made by the {graph.in_words}, not by the band solver")
    return graph


def _write_maps(job: CutoutJob, fused: list[FusedEvidence], picture: EncodedPicture) -> None:
    size = (picture.width, picture.height)
    if fused and job.provenance is not None:
        write_map(job.provenance, provenance_picture(fused[0]), *size)
    if fused and job.disagreement is not None:
        write_map(job.disagreement, disagreement_picture(fused[0]), *size)


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
) -> str:
    """Cut a picture out by the recipe, write the results, and say what made alpha."""
    matte = make_matte(picture, inputs, watch)
    with watch.stage("write"):
        write_cutout(cutout, matte.alpha, matte.foreground_linear, picture)
        if alpha is not None:
            write_alpha(alpha, matte.alpha, picture.bit_depth)
    return matte.alpha_by


def peak_memory_bytes() -> int:
    """Return the most memory that this process has held at once."""
    if sys.platform == "win32":
        import psutil

        peak = int(psutil.Process().memory_info().peak_wset)
    elif sys.platform == "linux":
        # getrusage also counts what the parent held when it started this process.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        peak = int(status.partition("VmHWM:")[2].split()[0]) * 1024
    else:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak *= 1 if sys.platform == "darwin" else 1024
    return peak

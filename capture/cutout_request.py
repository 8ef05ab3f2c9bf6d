"""What a cut-out is asked to be: files and options, and whether they can go together."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from capture.methods import NEEDS, Method
from capture.subjects import SubjectChoice
from devices.frames import DepthScale
from matting.edge_tools import EdgeTools
from matting.imaging.errors import NothingToCutByError, OutputError, SettingsError
from matting.imaging.files import check_writable_kind
from matting.imaging.results import check_cutout_kind, check_opaque_kind, is_layered
from matting.inference import NetworkRequest
from matting.keyers.chroma import DespillLimit, ScreenName


@dataclass(frozen=True, slots=True)
class CutoutJob:
    """Which files and how, as given on the command line.

    Parameters
    ----------
    image, cutout : Path
        Photograph and result, whose ending says of what kind.
    alpha : Path or None
        Where the matte alone goes; of several layers, what they cover together.
    method : Method or None
        None takes the trimap if there is one, else depth and network.
    trimap, depth, intrinsics, plate, plate_depth, hints : Path or None
        Inputs.
    network : NetworkRequest or None
        A network, and on what to run it.
    accelerator : str or None
        Hardware that makes alpha by the live graph, in the band solver's place, where evidence
        is fused without a network; see `matting.execution_providers.choices`. None leaves it to
        the solver.
    depth_scale : float, "relative" or None
        Metres per unit of integer depth.
    subject : tuple of (x, y), "central", "nearest" or "all"
        A point on each subject, pixels of the upright picture, or a word as
        `capture.subjects.find_subject` takes it.
    hair_guard_percent : float
        How far hair may reach beyond the silhouette, percent of the picture's width ...
    hair_guard_px : float or None
        ... or in pixels of the depth map.
    screen, despill
        As `capture.methods.MethodInputs` has them.
    edge : EdgeTools
    on : str or None
        A backdrop, as `capture.backdrops.backdrop_linear` takes it: the result is opaque.
    layers : bool
        Each subject apart, in the order of depth.
    provenance, disagreement : Path or None
        Maps of which evidence decided each pixel, and of where it conflicts.
    """

    image: Path
    cutout: Path
    alpha: Path | None = None
    trimap: Path | None = None
    depth: Path | None = None
    depth_scale: DepthScale | None = None
    intrinsics: Path | None = None
    network: NetworkRequest | None = None
    accelerator: str | None = None
    subject: SubjectChoice = "central"
    hair_guard_percent: float = 1.0
    hair_guard_px: float | None = None
    method: Method | None = None
    plate: Path | None = None
    plate_depth: Path | None = None
    hints: Path | None = None
    screen: ScreenName | None = None
    despill: DespillLimit = "max"
    edge: EdgeTools = field(default_factory=EdgeTools)
    on: str | None = None
    layers: bool = False
    provenance: Path | None = None
    disagreement: Path | None = None

    @property
    def model(self) -> Path | None:
        """The network's file."""
        return None if self.network is None else self.network.file


def method_of(job: CutoutJob) -> Method:
    """Return the method that was asked for, or the one that the inputs allow.

    Raises
    ------
    NothingToCutByError
        When the method's input is missing.
    """
    given: dict[Method, bool] = {
        "depth": job.depth is not None or job.model is not None,
        "trimap": job.trimap is not None,
        "chroma": True,
        "difference": job.plate is not None,
        "grabcut": job.depth is not None,
    }
    if job.method is not None:
        if not given[job.method]:
            raise NothingToCutByError(
                job.image,
                f"the method '{job.method}' has nothing to cut by",
                f"Give {NEEDS[job.method]}",
            )
        return job.method
    if given["trimap"]:
        return "trimap"
    if not given["depth"] and given["difference"]:
        return "difference"
    if not given["depth"]:
        raise NothingToCutByError(
            job.image,
            "nothing says what the subject is",
            "Give --trimap, --depth, --model or --plate, or a --method that needs none of them",
        )
    return "depth"


def unused_inputs(job: CutoutJob, method: Method) -> list[str]:
    """Tell of given inputs that the method does not look at."""
    fusing = ("provenance", "disagreement", "accelerator")
    takes: dict[Method, tuple[str, ...]] = {
        "depth": ("depth", "plate_depth", "model", "plate", "hints", "hair_guard_px", *fusing),
        "trimap": ("trimap", "model", "hints"),
        "chroma": ("screen",),
        "difference": ("plate", "hints"),
        "grabcut": ("depth", "plate_depth", "hints"),
    }
    optional = dict.fromkeys(name for names in takes.values() for name in names)
    return [
        f"the method '{method}' does not use --{name.removesuffix('_px').replace('_', '-')}"
        for name in optional
        if getattr(job, name) is not None and name not in takes[method]
    ]


def check_layers(job: CutoutJob, method: Method) -> None:
    """Raise SettingsError when layers are asked for that nothing tells apart."""
    if not job.layers:
        return
    if job.on is not None:
        raise SettingsError("--layers", "a composite (--on) has one layer", "Give one of the two")
    if method not in ("depth", "grabcut") or job.depth is None:
        raise SettingsError("--layers", "only depth knows an order", "Give --depth FILE")
    if job.subject != "all" and (isinstance(job.subject, str) or len(job.subject) < 2):
        raise SettingsError(
            "--layers",
            "needs at least two subjects",
            "Give --subject X,Y a point on each, or --subject all",
        )
    if job.subject == "all" and not is_layered(job.cutout):
        raise SettingsError(
            "--layers",
            "'all' is not known to be how many, so that files cannot be named",
            "Write a .psd, or give --subject X,Y a point on each",
        )


def check_targets(job: CutoutJob) -> None:
    """Raise OutputError for a result of unknown kind, without folder, or in another's place."""
    taken = [job.image, job.trimap, job.depth, job.model, job.intrinsics, job.plate]
    taken += [job.plate_depth, job.hints, None if job.on is None else Path(job.on)]
    for target in _targets(job):
        if target == job.alpha:
            check_writable_kind(target)
        elif target in (job.provenance, job.disagreement):
            if target.suffix.lower() != ".png":
                raise OutputError(target, "is no PNG, which this map is", "Name it .png")
        elif job.on is not None:
            check_opaque_kind(target)
        else:
            check_cutout_kind(target)
        if not target.absolute().parent.is_dir():
            raise OutputError(target, "its folder does not exist", "Create the folder first")
        if any(path is not None and path.resolve() == target.resolve() for path in taken):
            raise OutputError(target, "would replace another file of this command", "Rename it")
        taken.append(target)


def _targets(job: CutoutJob) -> tuple[Path, ...]:
    more = (job.alpha, job.provenance, job.disagreement)
    return (*cutout_paths(job), *(path for path in more if path is not None))


def cutout_paths(job: CutoutJob) -> tuple[Path, ...]:
    """Return one path a file: NAME_1, NAME_2 from the nearest for kinds without layers."""
    if not job.layers or is_layered(job.cutout):
        return (job.cutout,)
    numbers = range(1, len(job.subject) + 1)
    return tuple(job.cutout.with_stem(f"{job.cutout.stem}_{number}") for number in numbers)

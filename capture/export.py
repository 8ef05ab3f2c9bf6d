"""Shots handed on: cut-outs, mattes and composites in a folder of the person's choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from capture.backdrops import backdrop_linear, composite_codes
from capture.disk import free_path
from capture.shot import Shot
from matting.cancelling import stop_if
from matting.imaging.errors import OutputError
from matting.imaging.files import read_cutout, read_picture, write_alpha
from matting.imaging.results import SubjectLayer, write_composite, write_subject

CutoutKind = Literal["png", "tif", "psd", "exr"]


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is wanted of each shot.

    Parameters
    ----------
    folder : Path
        Made when it is missing.
    cutout : "png", "tif", "psd", "exr" or None
    alpha : bool
        The matte alone, as PNG.
    backdrop : str or None
        As `capture.backdrops.backdrop_linear` takes it: a composite on it as JPEG of best quality
        is written.
    """

    folder: Path
    cutout: CutoutKind | None = "png"
    alpha: bool = False
    backdrop: str | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and the names of the shots that have no cut-out."""

    written: tuple[Path, ...]
    without_cutout: tuple[str, ...]


def export(
    shots: Sequence[Shot],
    request: ExportRequest,
    progress: Callable[[int, int], None] = lambda done, of: None,
    cancelled: Callable[[], bool] | None = None,
) -> Exported:
    """Write the newest cut-out of each shot as asked for; names that are taken get -1, -2 behind.

    Raises
    ------
    MatteboxError
        When a file cannot be read or written, or the backdrop is none. What was written before
        stays, whole.
    MattingCancelledError
        `cancelled` returned True, asked before each file.
    """
    try:
        request.folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(
            request.folder, f"cannot be made ({exc.strerror})", "choose another folder"
        ) from exc
    written: list[Path] = []
    without: list[str] = []
    for done, shot in enumerate(shots):
        progress(done, len(shots))
        cutout = shot.path("cutout")
        if cutout is None:
            without.append(shot.photo.path)
        else:
            written += _export_one(shot, cutout, request, cancelled)
    progress(len(shots), len(shots))
    return Exported(tuple(written), tuple(without))


def _export_one(
    shot: Shot, cutout: Path, request: ExportRequest, cancelled: Callable[[], bool] | None
) -> list[Path]:
    stop_if(cancelled)
    photo = read_picture(shot.folder / shot.photo.path)
    colours, alpha = read_cutout(cutout)
    linear = colours.linear()
    # The cut-out's own codes, also where an edge tool changed what is opaque.
    layer = SubjectLayer("Subject", alpha, linear, keep_opaque_codes=False)
    stem = Path(shot.photo.path).stem
    written = []
    if request.cutout is not None:
        stop_if(cancelled)
        target = free_path(request.folder, f"{stem}_cutout.{request.cutout}")
        write_subject(target, layer, photo)
        written.append(target)
    if request.alpha:
        stop_if(cancelled)
        target = free_path(request.folder, f"{stem}_alpha.png")
        write_alpha(target, alpha, photo.bit_depth)
        written.append(target)
    if request.backdrop is not None:
        stop_if(cancelled)
        backdrop = backdrop_linear(request.backdrop, photo)
        target = free_path(request.folder, f"{stem}_on_{_word(request.backdrop)}.jpg")
        write_composite(target, composite_codes(linear, alpha, backdrop, photo), photo)
        written.append(target)
    return written


def _word(backdrop: str) -> str:
    """Return a backdrop as a part of a file's name: a picture by its own."""
    return Path(backdrop).stem.lstrip("#") or "backdrop"

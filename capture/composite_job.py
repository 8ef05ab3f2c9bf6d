"""A cut-out put on a backdrop, or on four with its worst edges enlarged: a contact sheet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from capture.backdrops import backdrop_linear, composite_codes
from matting.composite import light_wrapped, over, tiled, worst_edges
from matting.imaging.errors import OutputError
from matting.imaging.files import read_cutout
from matting.imaging.pixels import EncodedPicture
from matting.imaging.results import check_opaque_kind, write_composite

FloatImage = npt.NDArray[np.float32]

#: Fringes show on black and white, veils on mid grey, spill on a colour that no studio has.
SHEET_BACKDROPS = ("black", "white", "#777777", "magenta")
_COLUMN_PX = 480
_CROP_HEIGHT_PX = 240
_CROPS = 4
_GAP_PX = 8


@dataclass(frozen=True, slots=True)
class CompositeJob:
    """Which files; at least one of `output` (with `on`) and `contact_sheet`.

    Parameters
    ----------
    cutout : Path
        PNG or TIFF with straight alpha.
    on : str or None
        As `capture.backdrops.backdrop_linear` takes it.
    output : Path or None
    light_wrap_percent : float, 0 to 100
    contact_sheet : Path or None
    """

    cutout: Path
    on: str | None = None
    output: Path | None = None
    light_wrap_percent: float = 0.0
    contact_sheet: Path | None = None


def composite_file(job: CompositeJob) -> tuple[Path, ...]:
    """Read the cut-out, write what was asked for, and return the files written.

    Raises
    ------
    MatteboxError
        When an input cannot be read, or a result not be written.
    """
    targets = tuple(path for path in (job.output, job.contact_sheet) if path is not None)
    for target in targets:
        check_opaque_kind(target)
        if target.resolve() in {job.cutout.resolve(), *_picture_of(job.on)}:
            raise OutputError(target, "would replace an input of this command", "Rename it")
    if len({target.resolve() for target in targets}) < len(targets):
        raise OutputError(targets[0], "would be written twice", "Give two names")
    picture, alpha = read_cutout(job.cutout)
    linear = picture.linear()
    if job.output is not None and job.on is not None:
        backdrop = backdrop_linear(job.on, picture)
        wrapped = light_wrapped(linear, alpha, backdrop, job.light_wrap_percent / 100)
        write_composite(job.output, composite_codes(wrapped, alpha, backdrop, picture), picture)
    if job.contact_sheet is not None:
        write_composite(job.contact_sheet, contact_sheet(linear, alpha, picture), picture)
    return targets


def _picture_of(on: str | None) -> tuple[Path, ...]:
    return () if on is None else (Path(on).resolve(),)


def contact_sheet(
    linear: FloatImage, alpha: FloatImage, like: EncodedPicture
) -> npt.NDArray[np.uint8]:
    """Return the cut-out on four backdrops, and below its worst edges at 100 % on each.

    Parameters
    ----------
    linear : (H, W, 3) float32, straight linear light
    alpha : (H, W) float32, 0 to 1
    like : EncodedPicture
        For the encoding.

    Returns
    -------
    (h, w, 3) uint8, encoded as `like`
    """
    lights = [backdrop_linear(name, like)[0, 0] for name in SHEET_BACKDROPS]
    boxes = [
        np.s_[top : top + _CROP_HEIGHT_PX, left : left + _COLUMN_PX]
        for top, left in worst_edges(alpha, _CROPS, (_CROP_HEIGHT_PX, _COLUMN_PX))
    ]
    overview = _overview(linear, alpha)
    rows = [[_encoded(over(*overview, light), like) for light in lights]]
    rows += [
        [_encoded(over(linear[box], alpha[box], light), like) for light in lights] for box in boxes
    ]
    return tiled(rows, _GAP_PX)


def _overview(linear: FloatImage, alpha: FloatImage) -> tuple[FloatImage, FloatImage]:
    """Return the cut-out no wider than its column, as straight linear light and alpha.

    Made smaller premultiplied, or edges would take up colour from where alpha is 0.
    """
    import cv2

    height, width = alpha.shape
    scale = min(1.0, _COLUMN_PX / width)
    size = (round(width * scale), max(1, round(height * scale)))
    premultiplied = cv2.resize(linear * alpha[..., None], size, interpolation=cv2.INTER_AREA)
    covered = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    straight = np.zeros_like(premultiplied)
    np.divide(premultiplied, covered[..., None], out=straight, where=covered[..., None] > 0)
    return straight, np.asarray(covered)


def _encoded(linear: FloatImage, like: EncodedPicture) -> npt.NDArray[np.uint8]:
    codes: npt.NDArray[Any] = like.transfer.encode(linear, 8)
    return np.asarray(codes, np.uint8)

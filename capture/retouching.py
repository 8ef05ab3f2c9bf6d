"""A finished cut-out retouched: strokes decide anew near them, edge tools reshape the edge.

The same recipe makes the trial on the part that is looked at and the full picture. Beyond the reach
of the strokes alpha keeps every bit; colours are estimated from the new alpha, so that what a
stroke brings in has the subject's colour and not the background's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from capture.disk import free_path
from capture.ingest import add_own_file
from capture.review import Box, CutoutLevels, Rgb8, ShotPictures, cutout_levels
from capture.strokes import Stroke, drawn_hints, opened_by
from capture.verification import open_journal
from matting.cutout import estimate_alpha, perceptual_values
from matting.edge_tools import EdgeTools, refined
from matting.foreground import estimate_foreground
from matting.imaging.files import write_alpha, write_cutout
from matting.imaging.pixels import EncodedPicture
from matting.matte import Matte
from matting.trimap import BACKGROUND, FOREGROUND, UNKNOWN, trimap_from_probability

if TYPE_CHECKING:
    from capture.shot import Shot

FloatImage = npt.NDArray[np.float32]

#: Around the part that is looked at so much more is tried, in screen pixels, so that what lies at
#: its rim comes out as it will in the full picture.
_MARGIN_PX = 48
#: How much of the work is done once alpha is known, roughly.
_SOLVED = 0.5


@dataclass(frozen=True, slots=True)
class Retouch:
    """What is asked for: strokes in the picture's pixels, in order, and the edge tools."""

    strokes: tuple[Stroke, ...] = ()
    tools: EdgeTools = field(default_factory=EdgeTools)

    def placed(self, left: float, top: float, scale: float) -> Retouch:
        """Return the same for a part of the picture that begins there and was scaled.

        Smooth is by its definition a radius in pixels, and goes by the scale too.
        """
        tools = replace(
            self.tools,
            smooth_percent=self.tools.smooth_percent * scale,
            feather_px=self.tools.feather_px * scale,
            despeckle_px=self.tools.despeckle_px * scale**2,
        )
        return Retouch(tuple(s.placed(left, top, scale) for s in self.strokes), tools)


def retouched(
    picture: EncodedPicture,
    alpha: FloatImage,
    retouch: Retouch,
    progress: Callable[[float], None] = lambda share: None,
    cancelled: Callable[[], bool] | None = None,
) -> Matte:
    """Return the matte that a retouch makes of an alpha.

    Parameters
    ----------
    picture : EncodedPicture
    alpha : (H, W) float32, 0 to 1
    retouch : Retouch
    progress : callable
        Told the share of the work that is done.
    cancelled : callable or None

    Raises
    ------
    MattingCancelledError
        `cancelled` returned True.

    Notes
    -----
    A stroke in the midst of hair decides all hair within three times its radius.
    """
    solved = _with_strokes(picture, alpha, retouch.strokes, cancelled)
    progress(_SOLVED)
    colours = estimate_foreground(picture.linear(), solved, None, cancelled)
    matte = Matte(solved, colours, trimap_from_probability(solved, 0.0, 1.0))
    finished = refined(matte, picture, retouch.tools)
    progress(1.0)
    return finished


def _with_strokes(
    picture: EncodedPicture,
    alpha: FloatImage,
    strokes: tuple[Stroke, ...],
    cancelled: Callable[[], bool] | None,
) -> FloatImage:
    """Return alpha decided anew near the strokes, and as it was elsewhere."""
    opened = opened_by(strokes, alpha.shape)
    if not opened.any():
        return alpha
    box = _around(opened)
    hints, near, before = drawn_hints(strokes, alpha.shape)[box], opened[box], alpha[box]
    trimap = trimap_from_probability(before, 0.0, 1.0)
    trimap[near] = UNKNOWN
    trimap[hints == FOREGROUND] = FOREGROUND
    trimap[hints == BACKGROUND] = BACKGROUND
    codes: npt.NDArray[Any] = picture.codes[box]
    part = replace(picture, codes=codes)
    anew = estimate_alpha(perceptual_values(part), trimap, cancelled=cancelled)
    result = alpha.copy()
    result[box] = np.where(near, anew, before)
    return result


def _around(mask: npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the box of a mask with half its own size around it, for what is sure there."""
    sides = []
    for axis in (1, 0):
        places = np.flatnonzero(mask.any(axis=axis))
        first, last = int(places[0]), int(places[-1]) + 1
        room = (last - first) // 2 + 8
        sides.append(slice(max(0, first - room), last + room))
    return sides[0], sides[1]


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A retouch tried on a part of the picture.

    Parameters
    ----------
    pictures : ShotPictures
        Of that part, no finer than the screen shows it.
    box : left, top, right, bottom
        Which part, pixels of the photograph.
    """

    pictures: ShotPictures
    box: Box

    def drawn(self, view: str, seen: Box, size: tuple[int, int]) -> Rgb8:
        """Return what is seen of the photograph, as `ShotPictures.drawn`; `seen` lies within."""
        scale = self.pictures.size[0] / (self.box[2] - self.box[0])
        left, top = self.box[:2]
        local = (
            (seen[0] - left) * scale,
            (seen[1] - top) * scale,
            (seen[2] - left) * scale,
            (seen[3] - top) * scale,
        )
        return self.pictures.drawn(view, local, size)


def tried(
    pictures: ShotPictures,
    retouch: Retouch,
    seen: Box,
    scale: float,
    cancelled: Callable[[], bool] | None = None,
) -> Trial:
    """Try a retouch on the part of a cut-out that is looked at.

    Parameters
    ----------
    pictures : ShotPictures
        With a cut-out.
    retouch : Retouch
    seen : left, top, right, bottom, pixels of the photograph
    scale : float
        Screen pixels to one of the photograph's; above 1 its own pixels are taken.
    cancelled : callable or None

    Raises
    ------
    MattingCancelledError
        `cancelled` returned True.

    Notes
    -----
    Where the whole picture is looked at, and for shift edge, which goes by the mean width of the
    edge in sight, the trial is near the result but not equal to it.
    """
    scale = min(1.0, scale)
    room = _MARGIN_PX / scale
    left, top = max(0, round(seen[0] - room)), max(0, round(seen[1] - room))
    right = min(pictures.size[0], round(seen[2] + room))
    bottom = min(pictures.size[1], round(seen[3] + room))
    box = (float(left), float(top), float(right), float(bottom))
    size = (max(2, round((right - left) * scale)), max(2, round((bottom - top) * scale)))
    codes = pictures.drawn("photo", box, size)
    photo = EncodedPicture(codes, pictures.photo.transfer, pictures.photo.path)
    alpha = pictures.coverage(box, size)
    matte = retouched(photo, alpha, retouch.placed(left, top, scale), cancelled=cancelled)
    straight = np.asarray(photo.transfer.encode(matte.foreground_linear, 8), np.uint8)
    cutout = CutoutLevels(replace(photo, codes=straight), [matte.alpha], ())
    return Trial(ShotPictures(photo, [codes], cutout), box)


def with_matte(pictures: ShotPictures, matte: Matte) -> ShotPictures:
    """Return a shot's pictures with another cut-out of the same photograph."""
    photo = pictures.photo
    straight = photo.transfer.encode(matte.foreground_linear, photo.bit_depth)
    levels = cutout_levels(replace(photo, codes=straight), matte.alpha)
    return ShotPictures(photo, pictures.photos, levels)


def save_version(shot: Shot, photo: EncodedPicture, matte: Matte, tools: EdgeTools) -> Shot:
    """Write a new version of a shot's cut-out beside the earlier ones, and journal it.

    Returns
    -------
    Shot
        With the new files, which `Shot.path` now finds.

    Raises
    ------
    OutputError
        When the folder or the journal cannot be written. Then no new file is left.
    """
    stem = Path(shot.photo.path).stem
    cutout = free_path(shot.folder, f"{stem}_cutout.png")
    alpha = free_path(shot.folder, f"{stem}_alpha.png")
    with contextlib.ExitStack() as undo:
        for path in (cutout, alpha):
            undo.callback(path.unlink, missing_ok=True)
        write_cutout(
            cutout,
            matte.alpha,
            matte.foreground_linear,
            photo,
            keep_opaque_codes=not tools.reshapes,
        )
        write_alpha(alpha, matte.alpha, photo.bit_depth)
        journal = undo.enter_context(contextlib.closing(open_journal(shot.folder)))
        rows = [
            add_own_file(journal, shot.folder, shot.shot_id, role, path)
            for role, path in (("cutout", cutout), ("alpha", alpha))
        ]
        journal.close()
        undo.pop_all()
    return replace(shot, files=(*shot.files, *rows))

"""A shot's pictures at screen size: photograph, alpha, and the cut-out on black, white and colour.

Composited in linear light: ``C = alpha * F + (1 - alpha) * B``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.shot import Shot
from matting.imaging.curves import SRGB
from matting.imaging.files import read_cutout, read_picture
from matting.imaging.resizing import reduced

#: Backgrounds on which a cut-out shows its faults: fringes on black and white, spill on colour.
BACKDROPS = {"black": (0, 0, 0), "white": (255, 255, 255), "colour": (0, 128, 96)}

#: The views of a shot in the order of their keys.
VIEWS = ("photo", "alpha", *BACKDROPS)


@dataclass(frozen=True, slots=True, eq=False)
class ReviewPictures:
    """Pictures by view, each (h, w, 3) uint8, encoded; without a cut-out only "photo"."""

    views: dict[str, npt.NDArray[np.uint8]]


def review_pictures(shot: Shot, longest_side: int = 1600) -> ReviewPictures:
    """Read a shot's files and make what the review shows.

    Raises
    ------
    InputFileError
        When a file of the shot cannot be read any more.
    """
    photo = read_picture(shot.folder / shot.photo.path)
    views = {"photo": reduced(photo.encoded_8bit(), longest_side)}
    cutout = shot.path("cutout")
    if cutout is not None:
        codes, alpha = read_cutout(cutout)
        # Reduced as premultiplied light, or edges would take up colour from where alpha is 0.
        premultiplied = reduced(codes.linear() * alpha[..., None], longest_side)
        coverage = reduced(alpha, longest_side)[..., None]
        views["alpha"] = _grey(coverage)
        for name, colour in BACKDROPS.items():
            backdrop = SRGB.decode(np.array([[colour]], np.uint8))
            light = premultiplied + (1 - coverage) * backdrop
            views[name] = np.asarray(codes.transfer.encode(light, 8), np.uint8)
    return ReviewPictures(views)


def _grey(coverage: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    return np.repeat(np.round(coverage * 255).astype(np.uint8), 3, axis=2)

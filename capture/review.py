"""A shot as the review shows it, at any zoom: photograph, alpha, and the cut-out on backdrops.

Composited in linear light: ``C = alpha * F + (1 - alpha) * B``. Of a large picture halves, quarters
and so on are kept, so that a look at the whole costs no more than a look at a detail, which comes
from the file's own pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from matting.imaging.files import read_cutout, read_picture

if TYPE_CHECKING:
    from matting.imaging.curves import Transfer
    from matting.imaging.pixels import EncodedPicture

FloatImage = npt.NDArray[np.float32]
Rgb8 = npt.NDArray[np.uint8]
#: Left, top, right, bottom in the photograph's pixels.
Box = tuple[float, float, float, float]

#: Backgrounds on which a cut-out shows its faults: fringes on black and white, spill on colour.
BACKDROPS = {"black": (0, 0, 0), "white": (255, 255, 255), "colour": (0, 128, 96)}

#: The views of a shot in the order in which they follow each other.
VIEWS = ("photo", "alpha", *BACKDROPS, "overlay", "disagreement", "origin")
#: Those that a shot without a cut-out has none of.
CUTOUT_VIEWS = ("alpha", *BACKDROPS, "overlay")
#: Those that are worked out from the evidence when they are asked for.
MAP_VIEWS = ("disagreement", "origin")

#: What lies outside of the subject, seen through this much of it.
_OVERLAY, _OVERLAY_SHARE = (255, 60, 60), 0.5
#: No smaller copy than this is kept.
_SMALLEST_PX = 1600


@dataclass(frozen=True, slots=True, eq=False)
class CutoutLevels:
    """A cut-out at full size, a half, a quarter ...

    Parameters
    ----------
    picture : EncodedPicture
        The cut-out's straight colours at full size.
    alphas : sequence of (h, w) float32, 0 to 1, the largest first
    lights : sequence of (h, w, 3) float32, premultiplied linear light, from a half on
        Made smaller premultiplied, or edges would take up colour from where alpha is 0.
    """

    picture: EncodedPicture
    alphas: Sequence[FloatImage]
    lights: Sequence[FloatImage]

    def light(self, level: int, rows: slice, columns: slice) -> FloatImage:
        """Return premultiplied linear light of a part of a level."""
        if level:
            return self.lights[level - 1][rows, columns]
        straight = self.picture.transfer.decode(self.picture.codes[rows, columns])
        return np.asarray(straight * self.alphas[0][rows, columns, None], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class ShotPictures:
    """What a shot shows.

    Parameters
    ----------
    photo : EncodedPicture
    photos : sequence of (h, w, 3) uint8, encoded, the largest first
    cutout : CutoutLevels or None
    maps : dict of str to (h, w, 3) uint8
        By view, at any size.
    """

    photo: EncodedPicture
    photos: Sequence[Rgb8]
    cutout: CutoutLevels | None
    maps: dict[str, Rgb8] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the photograph."""
        return self.photo.width, self.photo.height

    def shows(self, view: str) -> str:
        """Return the view that is shown when `view` is asked for: the photo where it lacks."""
        if view in MAP_VIEWS:
            return view if view in self.maps else "photo"
        return view if view == "photo" or self.cutout is not None else "photo"

    def drawn(self, view: str, box: Box, size: tuple[int, int]) -> Rgb8:
        """Return a part of a view, scaled to `size`.

        Parameters
        ----------
        view : str, one of `VIEWS`
        box : left, top, right, bottom, pixels of the photograph
        size : (width, height)

        Returns
        -------
        (height, width, 3) uint8, encoded
        """
        shown = self.shows(view)
        if shown in MAP_VIEWS:
            whole = self.maps[shown]
            return _resampled(whole, _in_pixels_of(whole, box, self.size), size, smooth=False)
        level = self._level(box, size)
        encoded = self.photos[level]
        there = _in_pixels_of(encoded, box, self.size)
        if shown == "photo" or self.cutout is None:
            return _resampled(encoded, there, size)
        alpha = self.coverage(box, size)[..., None]
        if shown == "alpha":
            return np.repeat(np.round(alpha * 255).astype(np.uint8), 3, axis=2)
        if shown == "overlay":
            veil = (1 - alpha) * _OVERLAY_SHARE
            mixed = _resampled(encoded, there, size) * (1 - veil) + np.array(_OVERLAY) * veil
            return np.asarray(np.round(mixed), np.uint8)
        rows, columns, local = _part(there, encoded.shape)
        light = _resampled(self.cutout.light(level, rows, columns), local, size)
        return over_colour(light, alpha, BACKDROPS[shown], self.photo.transfer)

    def coverage(self, box: Box, size: tuple[int, int]) -> FloatImage:
        """Return the cut-out's alpha in a box, (height, width) float32; 1 where there is none."""
        if self.cutout is None:
            return np.ones(size[::-1], np.float32)
        alpha = self.cutout.alphas[self._level(box, size)]
        return _resampled(alpha, _in_pixels_of(alpha, box, self.size), size)

    def _level(self, box: Box, size: tuple[int, int]) -> int:
        """Return the smallest level that still has a pixel for each that is asked for."""
        coarse = (box[2] - box[0]) / size[0]
        return max(0, min(len(self.photos) - 1, int(np.log2(max(1.0, coarse)))))


def shot_pictures(photo: Path, cutout: Path | None) -> ShotPictures:
    """Read a photograph and its cut-out, and make the smaller copies.

    Raises
    ------
    InputFileError
        When a file cannot be read any more.
    """
    picture = read_picture(photo)
    levels = None
    if cutout is not None:
        levels = cutout_levels(*read_cutout(cutout))
    return ShotPictures(picture, _halves(picture.encoded_8bit()), levels)


def cutout_levels(colours: EncodedPicture, alpha: FloatImage) -> CutoutLevels:
    """Return a cut-out with its smaller copies."""
    alphas = _halves(alpha)
    if len(alphas) == 1:
        return CutoutLevels(colours, alphas, ())
    premultiplied = np.asarray(colours.linear() * alpha[..., None], np.float32)
    return CutoutLevels(colours, alphas, _halves(premultiplied)[1:])


def over_colour(
    premultiplied: FloatImage, alpha: FloatImage, colour: tuple[int, int, int], transfer: Transfer
) -> Rgb8:
    """Return (h, w, 3) uint8, encoded: light over a colour that is given by its codes.

    Parameters
    ----------
    premultiplied : (h, w, 3) float32, linear light
    alpha : (h, w, 1) float32
    colour : 8-bit codes
    transfer : Transfer
    """
    backdrop = transfer.decode(np.array([[colour]], np.uint8))
    return np.asarray(transfer.encode(premultiplied + (1 - alpha) * backdrop, 8), np.uint8)


def _halves(image: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    import cv2

    levels = [image]
    while max(levels[-1].shape[:2]) >= 2 * _SMALLEST_PX:
        height, width = levels[-1].shape[:2]
        half = cv2.resize(levels[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        levels.append(half)
    return levels


def _in_pixels_of(image: npt.NDArray[Any], box: Box, size: tuple[int, int]) -> Box:
    across, down = image.shape[1] / size[0], image.shape[0] / size[1]
    return (box[0] * across, box[1] * down, box[2] * across, box[3] * down)


def _part(box: Box, shape: Sequence[int]) -> tuple[slice, slice, Box]:
    """Return the whole pixels that hold a box, and the box counted from the first of them."""
    left, top = max(0, int(box[0])), max(0, int(box[1]))
    right = min(shape[1], max(left + 1, int(np.ceil(box[2]))))
    bottom = min(shape[0], max(top + 1, int(np.ceil(box[3]))))
    local = (box[0] - left, box[1] - top, box[2] - left, box[3] - top)
    return slice(top, bottom), slice(left, right), local


def _resampled(
    image: npt.NDArray[Any], box: Box, size: tuple[int, int], *, smooth: bool = True
) -> npt.NDArray[Any]:
    """Return a box of an image at a size: means over areas, or whole pixels when enlarged."""
    import cv2

    rows, columns, local = _part(box, image.shape)
    part = np.ascontiguousarray(image[rows, columns])
    scale_x, scale_y = size[0] / (box[2] - box[0]), size[1] / (box[3] - box[1])
    if smooth and scale_x < 1 and scale_y < 1:
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA))
    # From a pixel of the result, by its middle, to where it lies in the part.
    columns_at = local[0] + (np.arange(size[0]) + 0.5) / scale_x
    rows_at = local[1] + (np.arange(size[1]) + 0.5) / scale_y
    x = np.clip(columns_at.astype(np.intp), 0, part.shape[1] - 1)
    y = np.clip(rows_at.astype(np.intp), 0, part.shape[0] - 1)
    return np.asarray(part[y[:, None], x])

"""Real pictures with true alpha, where `MATTEBOX_DATA` points; never part of the project."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from matting.imaging.files import read_alpha, read_mask, read_picture

DATA = Path(os.environ.get("MATTEBOX_DATA", Path(__file__).parents[2] / "shared" / "data"))

Space = Literal["linear", "encoded"]


@dataclass(frozen=True, slots=True)
class Case:
    """One picture.

    Parameters
    ----------
    name : str
    image, trimap, truth : Path
    space : "linear" or "encoded"
        In which values foreground and background were mixed: light mixes linearly before a
        camera, most digital composites were mixed in encoded values.
    foreground : Path or None
        The true foreground's colours, where they exist.
    """

    name: str
    image: Path
    trimap: Path
    truth: Path
    space: Space
    foreground: Path | None = None

    def read(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return encoded picture (H, W, 3) float32, trimap uint8 and true alpha float32."""
        return read_picture(self.image).encoded(), read_mask(self.trimap), read_alpha(self.truth)


def photographs(trimaps: Literal["tight", "wide"]) -> Iterator[Case]:
    """Yield the training images of alphamatting.com that are at hand."""
    folder = DATA / "alpha" / "alphamatting"
    for image in sorted((folder / "image").glob("*.png")):
        trimap = folder / f"trimap_{trimaps}" / image.name
        yield Case(image.stem, image, trimap, folder / "truth" / image.name, "linear")


def composites() -> Iterator[Case]:
    """Yield two composites of Composition-1k, five small ones, and the lemur."""
    folder = DATA / "alpha" / "composition1k"
    for image in sorted((folder / "image").glob("*.png")):
        known, truth = folder / "trimap" / image.name, folder / "truth" / image.name
        yield Case(f"composition1k {image.stem.split('-')[0]}", image, known, truth, "encoded")
    folder = DATA / "alpha" / "dim320"
    for image in sorted(folder.glob("*_image.png")):
        number = image.stem.split("_")[0]
        known, truth = folder / f"{number}_trimap.png", folder / f"{number}_alpha.png"
        yield Case(f"dim320 {number}", image, known, truth, "encoded")
    folder = DATA / "alpha" / "lemur"
    yield Case(
        "lemur",
        folder / "lemur.png",
        folder / "lemur_trimap.png",
        folder / "lemur_alpha.png",
        "encoded",
        folder / "lemur_foreground.png",
    )

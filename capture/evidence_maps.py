"""Which evidence decided each pixel, and where it conflicts, as pictures for people."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from capture.evidence_recipe import FusedEvidence
from matting.imaging.atomic import write_atomically

#: Told apart by all common kinds of colour blindness (Okabe and Ito 2008).
PALETTE: dict[str, tuple[int, int, int]] = {
    "depth": (0, 114, 178),
    "place": (86, 180, 233),
    "missing depth": (204, 121, 167),
    "plate": (0, 158, 115),
    "network": (230, 159, 0),
    "hints": (213, 94, 0),
    "colour": (240, 228, 66),
}


def provenance_picture(fused: FusedEvidence) -> npt.NDArray[np.uint8]:
    """Return (h, w, 3) uint8: each pixel in the colour of what decided it, black for nothing."""
    colours = np.array([(0, 0, 0), *(PALETTE[name] for name in fused.names)], np.uint8)
    return np.asarray(colours[fused.decided_by], np.uint8)


def disagreement_picture(fused: FusedEvidence) -> npt.NDArray[np.uint8]:
    """Return (h, w) uint8: black where all evidence agrees, white where it is evenly split."""
    return np.asarray(np.round(fused.disagreement * 255), np.uint8)


def shares(fused: FusedEvidence) -> dict[str, float]:
    """Return how much of the picture each evidence decided, by name, as shares."""
    counts = np.bincount(fused.decided_by.ravel(), minlength=len(fused.names) + 1)
    return {
        name: round(float(count) / fused.decided_by.size, 4)
        for name, count in zip(fused.names, counts[1:], strict=True)
    }


def write_map(target: Path, pixels: npt.NDArray[np.uint8], width: int, height: int) -> None:
    """Write a map as PNG at the photograph's size.

    Raises
    ------
    OutputError
        When the file cannot be written.
    """
    import cv2
    from PIL import Image

    enlarged: npt.NDArray[Any] = cv2.resize(
        pixels, (width, height), interpolation=cv2.INTER_NEAREST
    )
    data = io.BytesIO()
    Image.fromarray(enlarged).save(data, "PNG", compress_level=1)
    write_atomically(target, [data.getvalue()])

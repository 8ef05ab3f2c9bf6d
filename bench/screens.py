"""The chroma key on real subjects put before a simulated green screen.

Foregrounds are estimated with the true alpha, mixed in linear light with a screen whose light
falls off by 40 % from left to right, and given noise of read and shot kind before they become 8
bits. Writes a Markdown table to stdout: MSE where alpha is between 0 and 1 and 4 px around, and
elsewhere, of the key alone, of its trimap solved with sampled colours, and of both together.

    python -m bench.screens
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.datasets import Case, composites, photographs
from capture.truth import band_of
from matting.composite import over
from matting.cutout import cut_out
from matting.foreground import estimate_foreground
from matting.imaging.curves import SRGB
from matting.imaging.files import read_alpha, read_picture
from matting.imaging.pixels import EncodedPicture
from matting.keyers.chroma import chroma_key, chroma_matte, find_screen

SCREEN = (40, 170, 70)
FALL_OFF = 0.4
READ_VARIANCE, SHOT_VARIANCE = 1e-5, 2e-4


def cases() -> list[Case]:
    """Return the subjects: five with hair or holes."""
    wanted = ("lemur", "composition1k boy", "GT05", "GT13", "GT19")
    return [case for case in (*composites(), *photographs("tight")) if case.name in wanted]


def before_screen(image: Path, alpha: np.ndarray, seed: int) -> EncodedPicture:
    """Return the subject of a photograph as it would look before the screen."""
    foreground = estimate_foreground(read_picture(image).linear(), alpha)
    fall = 1 - FALL_OFF * np.linspace(0, 1, alpha.shape[1])[None, :, None]
    screen = SRGB.decode(np.array(SCREEN, np.uint8)) * fall
    light = over(foreground, alpha, screen)
    variance = READ_VARIANCE + SHOT_VARIANCE * np.maximum(light, 0)
    light = light + np.random.default_rng(seed).normal(0, 1, light.shape) * np.sqrt(variance)
    return EncodedPicture(SRGB.encode(light.astype(np.float32), 8), SRGB, image)


def main() -> None:
    """Print the table."""
    columns = ("key alone", "its trimap, sampled colours", "both (mattebox)")
    print("| | " + " | ".join(f"{column}: band | elsewhere" for column in columns) + " |")
    print("| --- |" + " --- |" * 2 * len(columns))
    totals = []
    for seed, case in enumerate(cases()):
        alpha = read_alpha(case.truth)
        picture = before_screen(case.image, alpha, seed)
        screen = find_screen(picture.linear())
        matte = chroma_matte(picture, screen)
        found = (
            chroma_key(picture.linear(), screen)[0],
            cut_out(picture, matte.trimap).alpha,
            matte.alpha,
        )
        band = band_of(alpha, margin_px=4)
        squared = [(one - alpha) ** 2 for one in found]
        totals.append([float(part.mean()) for one in squared for part in (one[band], one[~band])])
        print(
            f"| {case.name} | " + " | ".join(f"{value:.5f}" for value in totals[-1]) + " |",
            flush=True,
        )
    print("| mean | " + " | ".join(f"{value:.5f}" for value in np.mean(totals, axis=0)) + " |")


if __name__ == "__main__":
    main()

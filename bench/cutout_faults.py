"""What `mattebox inspect` measures on cut-outs whose faults are known.

Photographs with true alpha (alphamatting.com's training images and the lemur): each is cut out by
its true alpha with estimated colours, and then again with one fault put in. A good measure tells
the two apart.

    python -m bench.cutout_faults
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np

from bench.datasets import composites, photographs
from capture.findings import Finding
from capture.inspection import WANTED, findings_of
from matting.foreground import estimate_foreground
from matting.imaging.files import read_alpha, read_picture
from matting.imaging.pixels import EncodedPicture
from matting.quality import measure_cutout

Cutout = tuple[np.ndarray, np.ndarray]
Fault = Callable[[EncodedPicture, np.ndarray, np.ndarray], Cutout]

#: Light of a green screen.
_SPILL = np.array([0.05, 0.6, 0.1], np.float32)


def premultiplied(picture: EncodedPicture, colours: np.ndarray, alpha: np.ndarray) -> Cutout:
    """Store encoded colours multiplied by alpha."""
    codes = picture.transfer.encode(colours, 8) * alpha[..., None]
    return picture.transfer.decode(np.round(codes).astype(np.uint8)), alpha


def spill(_picture: EncodedPicture, colours: np.ndarray, alpha: np.ndarray) -> Cutout:
    """Mix two fifths of green into the rim's colours."""
    share = np.where(alpha < 0.98, np.float32(0.4), np.float32(0))[..., None]
    return (1 - share) * colours + share * _SPILL, alpha


def enlarged(_picture: EncodedPicture, colours: np.ndarray, alpha: np.ndarray) -> Cutout:
    """Threshold alpha at a quarter of the size and enlarge it again."""
    small = cv2.resize(alpha, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) > 0.5
    return colours, cv2.resize(small.astype(np.float32), alpha.shape[::-1])


FAULTS: dict[str, Fault] = {
    "none": lambda _picture, colours, alpha: (colours, alpha),
    "colours not unmixed": lambda picture, _colours, alpha: (picture.linear(), alpha),
    "premultiplied": premultiplied,
    "green spill": spill,
    "thresholded": lambda _p, colours, alpha: (colours, (alpha > 0.5).astype(np.float32)),
    "enlarged mask": enlarged,
    "blurred by 2 px": lambda _p, colours, alpha: (colours, cv2.GaussianBlur(alpha, (0, 0), 2)),
}


def judged() -> Iterator[tuple[str, str, dict[str, Finding]]]:
    """Yield the image, the fault and the findings of each cut-out."""
    lemur = [case for case in composites() if case.name == "lemur"]
    for case in [*photographs("tight"), *lemur]:
        picture, alpha = read_picture(case.image), read_alpha(case.truth)
        colours = estimate_foreground(picture.linear(), alpha)
        for fault, put_in in FAULTS.items():
            linear, coverage = put_in(picture, colours, alpha)
            quality = measure_cutout(
                np.asarray(linear, np.float32), coverage, photograph_linear=picture.linear()
            )
            found = findings_of(quality, with_photograph=True)
            yield case.name, fault, {finding.check: finding for finding in found}


def summary(found: list[Finding]) -> str:
    """Return the median value and the range, and how many warn and fail."""
    values = [finding.value for finding in found if not math.isnan(finding.value)]
    if not values:
        return "-"
    warned = sum(finding.level == "warn" for finding in found)
    failed = sum(finding.level == "fail" for finding in found)
    flags = f" ({warned}w {failed}f)" if warned or failed else ""
    return f"{np.median(values):.2f} [{min(values):.2f}, {max(values):.2f}]{flags}"


def main() -> None:
    """Run the benchmark."""
    found: dict[str, list[dict[str, Finding]]] = {fault: [] for fault in FAULTS}
    for _name, fault, findings in judged():
        found[fault].append(findings)
    print(f"{len(found['none'])} images; median [least, most] (w: warn, f: fail)\n")
    checks = [check for check in WANTED if check != "holes_against_depth"]
    print("| check | " + " | ".join(FAULTS) + " |\n" + "|---" * (1 + len(FAULTS)) + "|")
    for check in checks:
        cells = [summary([one[check] for one in found[fault]]) for fault in FAULTS]
        print(f"| {check} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()

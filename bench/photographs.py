"""Alpha from colour and a trimap, against pymatting, on photographs with measured alpha.

Writes a Markdown table to stdout: error in the unknown band and seconds per image, for the
alphamatting.com training images and the lemur. pymatting cf is its closed form, sm its shared
matting. Each library solves each image
once to warm up and then `--repeats` times; the median counts. "first" is the first call in a new
process, with compiled code already cached on disk.

    python -m bench.photographs [--data DIR] [--trimaps tight|wide] [--repeats N]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from matting.imaging.files import read_alpha, read_mask, read_picture
from matting.metrics import evaluate

PEERS = ("mattebox", "its closed form", "pymatting cf", "pymatting sm")


def cases(data: Path, trimaps: str) -> Iterator[tuple[str, Path, Path, Path]]:
    """Yield name, image, trimap and truth of each case."""
    folder = data / "alpha" / "alphamatting"
    for image in sorted((folder / "image").glob("*.png")):
        yield (
            image.stem,
            image,
            folder / f"trimap_{trimaps}" / image.name,
            folder / "truth" / image.name,
        )
    lemur = data / "alpha" / "lemur"
    yield "lemur", lemur / "lemur.png", lemur / "lemur_trimap.png", lemur / "lemur_alpha.png"


def solver(peer: str) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return a function from encoded picture and trimap to alpha."""
    if peer == "mattebox":
        from matting.cutout import estimate_alpha

        return estimate_alpha
    if peer == "its closed form":
        from matting.band_solver import closed_form_alpha

        return closed_form_alpha
    from pymatting import estimate_alpha_cf, estimate_alpha_sm

    def solve(rgb: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        values = np.where(trimap == 0, 0.0, np.where(trimap == 255, 1.0, 0.5))
        with contextlib.redirect_stdout(sys.stderr):  # its warnings are printed
            estimate = estimate_alpha_sm if peer == "pymatting sm" else estimate_alpha_cf
            return estimate(rgb.astype(np.float64), values)

    return solve


def first_call_seconds(peer: str, image: Path, trimap: Path) -> float:
    """Return the seconds of the first call in a new process."""
    command = [sys.executable, "-m", "bench.photographs", "--first", peer, str(image), str(trimap)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def print_first_call(peer: str, image: str, trimap: str) -> None:
    """Solve once in this process and print the seconds, imports included."""
    rgb, known = read_picture(image).encoded(), read_mask(trimap)
    started = time.perf_counter()
    solver(peer)(rgb, known)
    print(time.perf_counter() - started)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = os.environ.get("MATTEBOX_DATA", Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--trimaps", choices=("tight", "wide"), default="tight")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--first", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.first:
        print_first_call(*arguments.first)
        return
    solvers = {peer: solver(peer) for peer in PEERS}
    totals: dict[str, list[list[float]]] = {peer: [] for peer in PEERS}
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores\n")
    print(
        "| image | unknown px | " + " | ".join(f"{p} MSE | {p} s | first s" for p in PEERS) + " |"
    )
    print("|---" * (2 + 3 * len(PEERS)) + "|")
    for name, image, trimap_path, truth_path in cases(arguments.data, arguments.trimaps):
        rgb, trimap = read_picture(image).encoded(), read_mask(trimap_path)
        truth = read_alpha(truth_path)
        row = [name, str(int(((trimap != 0) & (trimap != 255)).sum()))]
        for peer in PEERS:
            alpha = solvers[peer](rgb, trimap)
            seconds = []
            for _ in range(arguments.repeats):
                started = time.perf_counter()
                solvers[peer](rgb, trimap)
                seconds.append(time.perf_counter() - started)
            error = evaluate(alpha, truth, trimap).mse
            figures = [
                error,
                statistics.median(seconds),
                first_call_seconds(peer, image, trimap_path),
            ]
            totals[peer].append(figures)
            row += [f"{figures[0]:.5f}", f"{figures[1]:.3f}", f"{figures[2]:.3f}"]
        print("| " + " | ".join(row) + " |", flush=True)
    row = ["**mean**", ""]
    for peer in PEERS:
        mean = np.mean(totals[peer], axis=0)
        row += [f"**{mean[0]:.5f}**", f"**{mean[1]:.3f}**", f"**{mean[2]:.3f}**"]
    print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()

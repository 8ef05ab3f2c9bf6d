"""Time and memory of alpha and foreground by picture size, beside pymatting.

Each figure comes from a process of its own, which reports its stages and the most memory it ever
held. Photographs enlarged to 1, 6, 24 and 60 megapixels have no detail at full size, which
rewards a solver that works small; so the simulated studio's hair is also photographed at 6 and 24
megapixels, with its exact alpha. The floor is what moving the bytes alone would take: the encoded
picture read once, alpha written; the linear picture read, foreground written.

    python -m bench.speed [--peers-up-to MEGAPIXELS] [--repeats N] [--plot SVG]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from bench.datasets import composites, photographs

SIZES_MP = (1, 6, 24, 60)
PHOTOGRAPHS = ("GT11", "GT23")
#: Half the width of the studio's unknown band, share of the picture's width.
_BAND_SHARE = 0.006


def enlarged(name: str, megapixels: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a photograph, its tight trimap and its truth, enlarged."""
    case = next(case for case in photographs("tight") if case.name == name)
    rgb, trimap, truth = case.read()
    scale = (megapixels * 1e6 / trimap.size) ** 0.5
    size = (round(trimap.shape[1] * scale), round(trimap.shape[0] * scale))
    return (
        np.clip(cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC), 0, 1),
        cv2.resize(trimap, size, interpolation=cv2.INTER_NEAREST),
        np.clip(cv2.resize(truth, size, interpolation=cv2.INTER_CUBIC), 0, 1),
    )


def studio(scene: str, megapixels: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a shot of the simulated studio, a trimap about its true edge, and its exact alpha."""
    from devices.simulated.camera_body import ShotSettings
    from devices.simulated.exposure import developed
    from devices.simulated.world import World

    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    settings = ShotSettings(100, 1 / 125, 8.0, height * 3 // 2, height, 95, 1)
    layers = World(scene).layers_of(
        settings.width, settings.height, settings.aperture_f, settings.shutter_s
    )
    codes = developed(layers.picture(), settings, seed=1)
    side = 2 * round(_BAND_SHARE * settings.width) + 1
    box = np.ones((side, side), np.uint8)
    trimap = np.full(layers.alpha.shape, 128, np.uint8)
    trimap[cv2.erode(layers.alpha, box) > 0.999] = 255
    trimap[cv2.dilate(layers.alpha, box) < 0.001] = 0
    return codes.astype(np.float32) / 255, trimap, layers.alpha


def child(method: str, path: Path, repeats: int) -> None:
    """Solve in this process and print the figures as JSON."""
    from capture.cutout_job import peak_memory_bytes

    rgb, trimap, truth = (np.load(path / f"{name}.npy") for name in ("rgb", "trimap", "truth"))
    alpha_of, foreground_of = methods(method)
    small = np.s_[: rgb.shape[0] // 8, : rgb.shape[1]]
    with contextlib.suppress(ValueError):  # a corner without one side, which peers refuse
        foreground_of(rgb[small], alpha_of(rgb[small], trimap[small]))
    figures = []
    for _ in range(repeats):
        started = time.perf_counter()
        alpha = alpha_of(rgb, trimap)
        between = time.perf_counter()
        foreground_of(rgb, alpha)
        figures.append((between - started, time.perf_counter() - between))
    band = (trimap != 0) & (trimap != 255)
    error = float(np.mean((alpha[band].astype(np.float64) - truth[band]) ** 2))
    seconds = [statistics.median(each) for each in zip(*figures, strict=True)]
    print(
        json.dumps(
            {"alpha_s": seconds[0], "foreground_s": seconds[1], "mse": error,
             "peak_gb": peak_memory_bytes() / 1e9, "band": int(band.sum())}
        )
    )  # fmt: skip


def methods(name: str) -> tuple[Callable[..., np.ndarray], Callable[..., np.ndarray]]:
    """Return the functions for alpha and for foreground."""
    from bench.peers import OURS, solver

    if name == OURS:
        from matting.foreground import estimate_foreground

        return solver(OURS), estimate_foreground
    from pymatting import estimate_foreground_ml

    return solver(name), lambda rgb, alpha: estimate_foreground_ml(rgb, alpha.astype(np.float32))


def measure(method: str, path: Path, repeats: int) -> dict[str, float]:
    """Return the figures of one method on one picture."""
    call = [sys.executable, "-m", "bench.speed", "--child", method, str(path), str(repeats)]
    done = subprocess.run(call, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def command(size: float) -> None:
    """Print the stages and the memory of `mattebox matte` on an enlarged photograph."""
    from PIL import Image

    rgb, trimap, _ = enlarged(PHOTOGRAPHS[0], size)
    with tempfile.TemporaryDirectory() as folder:
        image, known, cut = (Path(folder) / name for name in ("i.jpg", "trimap.png", "cut.png"))
        Image.fromarray(np.round(rgb * 255).astype(np.uint8)).save(image, quality=95)
        Image.fromarray(trimap).save(known, compress_level=1)
        arguments = ["matte", str(image), "-o", str(cut), "--trimap", str(known), "--json"]
        program = "from tui.cli import main; main()"
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True
        )
        whole = time.perf_counter() - started
    figures = json.loads(done.stdout)
    stages = figures["seconds"]
    names = ("read", "linearise", "alpha", "foreground", "write")
    row = [f"{trimap.size / 1e6:.1f}", *(f"{stages[name]:.2f}" for name in names)]
    print(
        "| "
        + " | ".join([*row, f"{whole:.2f}", f"{figures['peak_memory_bytes'] / 1e9:.2f}"])
        + " |"
    )


def band_sweep(size: float, repeats: int, plot: Path | None) -> None:
    """Print, and plot, alpha and foreground against the band's size, the picture being the same."""
    from matting.trimap import widen_unknown

    rgb, trimap, truth = enlarged(PHOTOGRAPHS[0], size)
    print("\n| unknown Mpx | alpha s | foreground s |\n|---|---|---|")
    found = []
    for pixels in (0, 12, 25, 50, 100, 200):
        with tempfile.TemporaryDirectory() as folder:
            path = save(Path(folder), rgb, widen_unknown(trimap, pixels), truth)
            figures = measure("mattebox", path, repeats)
        found.append((figures["band"] / 1e6, figures["alpha_s"], figures["foreground_s"]))
        print("| {:.3f} | {:.3f} | {:.3f} |".format(*found[-1]), flush=True)
    if plot is not None:
        import matplotlib.pyplot as plt

        band, alpha, foreground = zip(*found, strict=True)
        figure, axes = plt.subplots(figsize=(6, 3.5), layout="constrained")
        axes.plot(band, alpha, "o-", label="alpha")
        axes.plot(band, foreground, "s-", label="foreground")
        axes.set(xlabel="unknown megapixels", ylabel="seconds", xlim=0, ylim=0)
        axes.set_title(f"{trimap.size / 1e6:.0f} megapixels, band widened")
        axes.legend()
        figure.savefig(plot)


def save(folder: Path, rgb: np.ndarray, trimap: np.ndarray, truth: np.ndarray) -> Path:
    """Write a picture for the measuring process and return the folder."""
    for part, array in (("rgb", rgb), ("trimap", trimap), ("truth", truth)):
        np.save(folder / f"{part}.npy", np.ascontiguousarray(array))
    return folder


def bandwidth_gb_s() -> float:
    """Return what one copy of a large array moves a second, read and write, best of five."""
    source = np.ones(100_000_000, np.float32)
    target = np.empty_like(source)
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        np.copyto(target, source)
        best = min(best, time.perf_counter() - started)
    return 2 * source.nbytes / best / 1e9


def compare(
    name: str,
    made: tuple[np.ndarray, np.ndarray, np.ndarray],
    peer: bool,
    repeats: int,
    rate: float,
) -> None:
    """Measure one picture and print its row."""
    rgb, trimap, truth = made
    with tempfile.TemporaryDirectory() as folder:
        path = save(Path(folder), rgb, trimap, truth)
        ours = measure("mattebox", path, repeats)
        theirs = measure("cf", path, 1) if peer else None
    pixels = trimap.size
    floors = (16 * pixels / rate / 1e9, 28 * pixels / rate / 1e9)
    row = [name, f"{pixels / 1e6:.1f}", f"{ours['band'] / 1e6:.3f}"]
    for stage, floor in zip(("alpha_s", "foreground_s"), floors, strict=True):
        row.append(f"{ours[stage]:.3f} (floor {floor:.3f})")
        row.append("" if theirs is None else f"{theirs[stage]:.2f}")
        row.append("" if theirs is None else f"{theirs[stage] / ours[stage]:.0f}")
    row.append(f"{ours['peak_gb']:.2f}" + ("" if theirs is None else f" / {theirs['peak_gb']:.2f}"))
    row.append(f"{ours['mse']:.5f}" + ("" if theirs is None else f" / {theirs['mse']:.5f}"))
    print("| " + " | ".join(row) + " |", flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers-up-to", type=float, default=7.0, metavar="MEGAPIXELS")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--plot", type=Path, metavar="SVG", help="of time against the band's size")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        method, path, repeats = arguments.child
        child(method, Path(path), int(repeats))
        return
    rate = bandwidth_gb_s()
    print(f"one core copies {rate:.1f} GB/s; peers are pymatting's cf and foreground ml\n")
    print(
        "| picture | Mpx | unknown Mpx | alpha s | cf s | times faster | foreground s | ml s | "
        "times faster | peak GB, ours / peer | MSE, ours / cf |"
    )
    print("|---" * 11 + "|")
    pictures: list[tuple[str, Callable[[], tuple[np.ndarray, np.ndarray, np.ndarray]], float]] = []
    for size in SIZES_MP:
        for name in PHOTOGRAPHS:
            pictures.append((f"{name} enlarged", partial(enlarged, name, size), size))
    child_hair = next(case for case in composites() if case.name == "composition1k boy")
    pictures.append((f"{child_hair.name}, native", child_hair.read, 2.5))
    for scene, size in (("portrait", 6), ("fur", 6), ("portrait", 24)):
        made = partial(studio, scene, size)
        pictures.append((f"studio {scene}, native", made, size))
    for name, make, size in pictures:
        compare(name, make(), size <= arguments.peers_up_to, arguments.repeats, rate)
    print("\n`mattebox matte`, a process each, start included:\n")
    print("| Mpx | read s | linearise s | alpha s | foreground s | write s | whole s | peak GB |")
    print("|---" * 8 + "|")
    for size in SIZES_MP:
        command(size)
    band_sweep(6, arguments.repeats, arguments.plot)


if __name__ == "__main__":
    main()

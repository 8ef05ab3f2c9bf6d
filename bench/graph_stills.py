"""Photographs cut out by depth: alpha by the live graph beside the band solver's, error and time.

Errors: on photographs with true alpha whose depth is simulated from it, and on sets of the
simulated studio (`bench.fusion_scenes`), mean squared in the band where alpha is hard. Width and
radius of the graph's reduced picture were chosen on the scenes marked "seen". Times: `mattebox
matte` at 24 and 60 megapixels, each in a process of its own, on a photograph enlarged and on a
set photographed at that size; seconds by the clock, and of the processor, which a busy machine
does not stretch.

    python -m bench.graph_stills [--repeats N] [--accelerator A] [--times-only]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from bench.datasets import DATA, composites
from bench.fusion_scenes import Scene, noisy_depth, photographs, scene_of, simulated_sets
from bench.speed import studio
from capture.pipeline import CutoutInputs, Stopwatch, make_matte
from capture.subjects import find_subject
from capture.truth import band_of
from devices.simulated.world import World
from matting.graph_matte import STILL, GraphMatte, open_graph_matte
from matting.imaging.files import read_alpha, read_picture

#: On these width and radius were chosen.
_SEEN = ("portrait", "product", "fur", "full-length", "GT04", "GT11", "GT17", "GT23")
_NATIVE, _ENLARGED = "portrait", "GT11"
#: What is timed: which picture, at how many megapixels.
_TIMED = ((_NATIVE, 24), (_ENLARGED, 24), (_ENLARGED, 60))


def scenes() -> Iterator[tuple[Scene, bool]]:
    """Yield each scene, and whether the graph's parameters were chosen on it."""
    for scene in simulated_sets():
        yield scene, scene.name in _SEEN
    for case in composites():
        if "spring" not in case.name:
            picture, alpha = read_picture(case.image), read_alpha(case.truth)
            yield scene_of(case.name, picture, alpha), True
    for scene in photographs(DATA):
        yield scene, scene.name in _SEEN


def errors(graph: GraphMatte) -> None:
    """Print the error of both on every scene, and the mean of their ratio."""
    print("| scene | | band solver, MSE | s | live graph, MSE | s | ratio |\n" + "|---" * 7 + "|")
    ratios: dict[bool, list[float]] = {True: [], False: []}
    for scene, seen in scenes():
        subject = find_subject(scene.registered("stereo"), scene.wanted)
        band = band_of(scene.alpha)
        cells, found = [], []
        for each in (None, graph):
            watch = Stopwatch()
            matte = make_matte(scene.picture, CutoutInputs(subject=subject, graph=each), watch)
            found.append(float(((matte.alpha - scene.alpha) ** 2)[band].mean()))
            cells += [f"{found[-1]:.5f}", f"{watch.seconds['alpha']:.2f}"]
        ratios[seen].append(found[1] / found[0])
        told = "seen" if seen else ""
        row = f"| {scene.name} | {told} | {' | '.join(cells)} | {ratios[seen][-1]:.2f} |"
        print(row, flush=True)
    for seen, each in ratios.items():
        print(
            f"\n{'seen' if seen else 'not seen'}: {len(each)} scenes, geometric mean of the ratio "
            f"{np.exp(np.mean(np.log(each))):.3f}, worse on {sum(r > 1 for r in each)}"
        )


def large(name: str, megapixels: int, folder: Path) -> np.ndarray:
    """Write photograph and depth of that size into a folder and return the true alpha."""
    if name == _NATIVE:
        rgb, _, alpha = studio(name, megapixels)
        depth_m = noisy_depth(World(name)).depth_m
    else:
        (scene,) = photographs(DATA, (name,))
        scale = (megapixels * 1e6 / scene.alpha.size) ** 0.5
        size = (round(scene.alpha.shape[1] * scale), round(scene.alpha.shape[0] * scale))
        rgb, alpha = (
            np.clip(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), 0, 1)
            for image in (scene.picture.encoded(), scene.alpha)
        )
        depth_m = scene.registered("stereo").depth_m
    codes = np.round(rgb[..., ::-1] * 255).astype(np.uint8)
    cv2.imwrite(str(folder / "photo.jpg"), codes, [cv2.IMWRITE_JPEG_QUALITY, 97])
    np.save(folder / "depth.npy", depth_m)
    return alpha


def times(accelerator: str, repeats: int) -> None:
    """Print what `mattebox matte` takes at each size, by either."""
    heads = "picture|Mpx|by|MSE|graph s|alpha s|foreground s|whole s|processor s|peak GB"
    print(f"\n| {' | '.join(heads.split('|'))} |\n" + "|---" * 10 + "|")
    for name, megapixels in _TIMED:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            alpha = large(name, megapixels, folder)
            for more in ([], ["--accelerator", accelerator]):
                cells = row(folder, alpha, more, repeats)
                print(f"| {name} | {megapixels} | {cells} |", flush=True)


def row(folder: Path, alpha: np.ndarray, more: list[str], repeats: int) -> str:
    """Return the cells of one way to make alpha: medians, and the error in the band."""
    command = [
        sys.executable, "-m", "tui.cli", "matte", str(folder / "photo.jpg"),
        "--depth", str(folder / "depth.npy"), "-o", str(folder / "cut.tif"),
        "--alpha", str(folder / "alpha.png"), "--json", *more,
    ]  # fmt: skip
    told, walls, worked = [], [], []
    for _ in range(repeats):
        for name in ("cut.tif", "alpha.png"):
            (folder / name).unlink(missing_ok=True)
        started, before = time.perf_counter(), _processor_s()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        walls.append(time.perf_counter() - started)
        worked.append(_processor_s() - before)
        told.append(json.loads(done.stdout))
    stages = [
        statistics.median(each["seconds"].get(stage, 0.0) for each in told)
        for stage in ("graph", "alpha", "foreground")
    ]
    error = ((read_alpha(folder / "alpha.png") - alpha) ** 2)[band_of(alpha)].mean()
    whole = (statistics.median(walls), statistics.median(worked))
    cells = [f"{value:.2f}" for value in (*stages, *whole)]
    peak = max(each["peak_memory_bytes"] for each in told) / 1e9
    return f"{told[0]['alpha_by']} | {error:.5f} | {' | '.join(cells)} | {peak:.2f}"


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--accelerator", default="cpu")
    parser.add_argument("--times-only", action="store_true")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n")
    if not options.times_only:
        errors(open_graph_matte(options.accelerator, STILL))
    times(options.accelerator, options.repeats)
    print(f"\nload {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()

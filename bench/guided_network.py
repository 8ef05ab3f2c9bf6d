"""A network guided by depth beside the live matte and the full cut-out, by trained weights.

Real pictures with a measured or reference alpha, with the depth that their alpha lets be built
(`bench.fusion_scenes`); sets of the simulated studio; and the painted things of ClearGrasp, whose
depth is a real sensor's. None of them is trained on. All are judged at the size that the network
sees, over the whole picture. A strength below 1 takes that share of the network's change.

    python -m bench.guided_network WEIGHTS [--strength S]... [--only real|sets|cleargrasp]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from bench.datasets import DATA, composites
from bench.datasets import photographs as photographs_of
from bench.fusion_scenes import SENSORS, scene_of, simulated_sets
from capture.evidence_recipe import colour_trust, fused_evidence
from capture.guidance import guidance_of
from capture.pipeline import CutoutInputs, make_trimap
from capture.registration import already_registered
from capture.subjects import SubjectDepth, find_subject
from devices.depth_files import read_depth_file, read_intrinsics
from matting.cutout import estimate_alpha, perceptual_values
from matting.guided_graph import guided_graph
from matting.guided_inputs import guided_planes
from matting.imaging.files import read_alpha, read_mask, read_picture
from matting.imaging.pixels import EncodedPicture
from matting.live_matte import live_matte
from matting.metrics import evaluate
from matting.networks import SizeRule
from matting.runtime import Graph, open_graph

SIZE = SizeRule(None, multiple=32, longest=640)
#: A point on each painted thing, pixels.
POINTS = {
    "080": ((490, 343), (669, 282), (955, 306), (894, 522)),
    "130": ((787, 140), (842, 242), (937, 340), (1126, 500)),
}
_FIRST = ("live matte", "cut-out")

#: Name, sensor, picture, true alpha, subject.
Trial = tuple[str, str, EncodedPicture, np.ndarray, SubjectDepth]


def built_trials(only: str | None) -> Iterator[Trial]:
    """Yield real pictures and simulated sets under each sensor."""
    cases = (*composites(), *photographs_of("tight")) if only != "sets" else ()
    real = (scene_of(case.name, read_picture(case.image), read_alpha(case.truth)) for case in cases)
    for scene in chain(real, simulated_sets() if only != "real" else ()):
        for sensor in SENSORS:
            subject = find_subject(scene.registered(sensor), scene.wanted)
            yield scene.name, sensor, scene.picture, scene.alpha, subject


def cleargrasp_trials() -> Iterator[Trial]:
    """Yield the two real scenes of painted things, with their depth and mask."""
    folder = DATA / "rgbd" / "cleargrasp_d435"
    lens = read_intrinsics(folder / "camera_intrinsics.yaml")
    for number, points in POINTS.items():
        picture = read_picture(folder / f"{number}-opaque-rgb-img.jpg")
        frame = read_depth_file(folder / f"{number}-opaque-depth-img.exr", intrinsics=lens)
        wanted = [(x / picture.width, y / picture.height) for x, y in points]
        subject = find_subject(already_registered(frame, (picture.height, picture.width)), wanted)
        true = (read_mask(folder / f"{number}-mask.png") > 127).astype(np.float32)
        yield f"ClearGrasp {number}", "D435", picture, true, subject


def mattes_of(
    picture: EncodedPicture, subject: SubjectDepth, graphs: dict[str, Graph]
) -> dict[str, np.ndarray]:
    """Return every contender's matte at the size that the network sees, and tell of times."""
    size = SIZE.of(picture.height, picture.width)[::-1]
    rgb = cv2.resize(picture.encoded_8bit(), size, interpolation=cv2.INTER_AREA)
    fused = fused_evidence(picture, subject)
    trimap = make_trimap(picture, CutoutInputs(subject=subject))
    cut = estimate_alpha(perceptual_values(picture), trimap, colour_trust(subject))
    found = {
        "live matte": live_matte(rgb, fused.probability),
        "cut-out": cv2.resize(cut, size, interpolation=cv2.INTER_AREA),
    }
    planes = guided_planes(rgb, guidance_of(fused.probability, subject, None))
    feeds = {name: np.ascontiguousarray(p.transpose(2, 0, 1)[None]) for name, p in planes.items()}
    return found | {name: graph.run(["alpha"], feeds)[0][0, 0] for name, graph in graphs.items()}


def print_errors(trials: Iterable[Trial], graphs: dict[str, Graph]) -> None:
    """Print MSE, Grad and Conn of every trial, and how the errors compare for each sensor."""
    names = (*_FIRST, *graphs)
    print(f"| picture | sensor | {' | '.join(names)} |\n|{'---|' * (2 + len(names))}")
    errors: dict[str, list[list[float]]] = {}
    for name, sensor, picture, alpha, subject in trials:
        found = mattes_of(picture, subject, graphs)
        size = found["live matte"].shape[::-1]
        true = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
        judged = [evaluate(matte, true) for matte in found.values()]
        cells = [f"{1000 * e.mse:.2f} / {e.grad / 1000:.2f} / {e.conn / 1000:.2f}" for e in judged]
        print(f"| {name} | {sensor} | {' | '.join(cells)} |", flush=True)
        errors.setdefault(sensor, []).append([each.mse for each in judged])
    for sensor, rows in errors.items():
        table = np.array(rows)
        for column, name in enumerate(names):
            own = table[:, column : column + 1]
            ratios = np.exp(np.log(own / table[:, :2]).mean(axis=0))
            better = (own < table[:, :2]).sum(axis=0)
            print(
                f"{sensor}, {name}: mean MSE x 1000 {1000 * own.mean():.2f}; of the live matte's "
                f"{ratios[0]:.2f} (less on {better[0]} of {len(table)}), of the cut-out's "
                f"{ratios[1]:.2f} (less on {better[1]})"
            )


def print_speed(graphs: dict[str, Graph], repeats: int = 15) -> None:
    """Print the least milliseconds of a run at 640 x 448, beside the live matte's."""
    random = np.random.default_rng(0)
    rgb = random.integers(0, 256, (448, 640, 3), np.uint8)
    probability = random.random((400, 640), np.float32)
    shapes = {"colour": 3, "silhouette": 2, "depth": 2, "plate": 4}
    feeds = {name: random.random((1, n, 448, 640), np.float32) for name, n in shapes.items()}
    runs = {"live matte": lambda: live_matte(rgb, probability)}
    runs |= {name: lambda g=graph: g.run(["alpha"], feeds) for name, graph in graphs.items()}
    for name, run in runs.items():
        times = []
        for _ in range(repeats):
            started = time.perf_counter()
            run()
            times.append(1000 * (time.perf_counter() - started))
        print(f"{name}: {np.median(times):.1f} ms in the median, {min(times):.1f} at the least")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--strength", type=float, action="append")
    parser.add_argument("--only", choices=("real", "sets", "cleargrasp"))
    options = parser.parse_args()
    with np.load(options.weights) as file:
        weights = dict(file)
    graphs = {}
    for strength in options.strength or [1.0]:
        change = {name: strength * weights[name] for name in ("last.weight", "last.bias")}
        content = guided_graph(weights | change)
        graphs[f"network x {strength:g}"] = open_graph(options.weights, "cpu", content)
    if options.only != "cleargrasp":
        print_errors(built_trials(options.only), graphs)
    if options.only in (None, "cleargrasp"):
        print_errors(cleargrasp_trials(), graphs)
    print_speed(graphs)


if __name__ == "__main__":
    main()

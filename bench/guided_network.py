"""The network that takes evidence beside the live matte and the band solver's cut-out.

Real pictures with a measured or reference alpha, with the depth that their alpha lets be built
(`bench.fusion_scenes`); sets of the simulated studio; and the painted things of ClearGrasp, whose
depth is a real sensor's. None of them was trained on. All are judged at the picture's own size,
over the whole picture: the network's whole answer, and its answer in the band that the evidence
leaves open, which is what is used.

    python -m bench.guided_network [--model FILE] [--accelerator A] [--only real|sets|cleargrasp]
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from bench.datasets import DATA, composites
from bench.datasets import photographs as photographs_of
from bench.fusion_scenes import SENSORS, scene_of, simulated_sets
from capture.evidence_recipe import colour_trust, fused_evidence
from capture.guidance import guidance_of
from capture.live_cutout import in_the_band
from capture.pipeline import CutoutInputs, make_trimap
from capture.registration import already_registered
from capture.subjects import SubjectDepth, find_subject
from capture.timing import milliseconds
from devices.depth_files import read_depth_file, read_intrinsics
from matting.cutout import estimate_alpha, perceptual_values
from matting.guided_inputs import Guidance
from matting.guided_matte import GuidedMatte
from matting.imaging.files import read_alpha, read_mask, read_picture
from matting.imaging.pixels import EncodedPicture
from matting.inference import NetworkRequest, load_network
from matting.live_matte import live_matte
from matting.metrics import evaluate
from matting.networks import named_network

#: A point on each painted thing, pixels.
POINTS = {
    "080": ((490, 343), (669, 282), (955, 306), (894, 522)),
    "130": ((787, 140), (842, 242), (937, 340), (1126, 500)),
}

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
    picture: EncodedPicture, subject: SubjectDepth, guided: GuidedMatte
) -> dict[str, np.ndarray]:
    """Return every contender's matte at the picture's size."""
    rgb = picture.encoded_8bit()
    probability = fused_evidence(picture, subject).probability
    trimap = make_trimap(picture, CutoutInputs(subject=subject))
    whole = guided.alpha(rgb, guidance_of(probability, subject, None))
    return {
        "live matte": live_matte(rgb, probability),
        "cut-out": estimate_alpha(perceptual_values(picture), trimap, colour_trust(subject)),
        "network, whole": whole,
        "network, in the band": in_the_band(whole, rgb, probability),
    }


def print_errors(trials: Iterable[Trial], guided: GuidedMatte) -> None:
    """Print MSE, Grad and Conn of every trial, and how the errors compare for each sensor."""
    names = ("live matte", "cut-out", "network, whole", "network, in the band")
    print(f"| picture | sensor | {' | '.join(names)} |\n|{'---|' * (2 + len(names))}")
    errors: dict[str, list[list[float]]] = {}
    for name, sensor, picture, alpha, subject in trials:
        found = mattes_of(picture, subject, guided)
        judged = [evaluate(matte, alpha) for matte in found.values()]
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


def print_speed(guided: GuidedMatte, repeats: int = 15) -> None:
    """Print how long a live frame takes, beside the live matte."""
    random = np.random.default_rng(0)
    rgb = random.integers(0, 256, (680, 1024, 3), np.uint8)
    probability, believed = random.random((2, 427, 640), np.float32)
    guidance = Guidance(probability, 2 * probability - 0.5, believed)
    runs = {
        "live matte": lambda: live_matte(rgb, probability),
        guided.in_words: lambda: in_the_band(guided.alpha(rgb, guidance), rgb, probability),
    }
    for name, run in runs.items():
        times = sorted(milliseconds(run, repeats))
        print(f"{name}: {times[repeats // 2]:.1f} ms in the median, {times[0]:.1f} at the least")
    print(f"1024 x 680; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", type=Path, default=named_network("guided"))
    parser.add_argument("--accelerator", default="cpu")
    parser.add_argument("--only", choices=("real", "sets", "cleargrasp", "speed"))
    options = parser.parse_args()
    guided = GuidedMatte(load_network(NetworkRequest(options.model, options.accelerator)))
    if options.only in (None, "real", "sets"):
        print_errors(built_trials(options.only), guided)
    if options.only in (None, "cleargrasp"):
        print_errors(cleargrasp_trials(), guided)
    print_speed(guided)


if __name__ == "__main__":
    main()

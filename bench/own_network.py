"""Mattebox's own network beside the live matte, the full cut-out and two portrait networks.

Real pictures with a measured or reference alpha, with the depth that their alpha lets be built
(`bench.fusion_scenes`), and sets of the simulated studio, which know their empty set: the network
was trained on neither. Errors are over the whole picture at the size that the network sees, so
that all are judged alike. At last the painted things of ClearGrasp, whose depth is a real
sensor's. "in the band": the network's alpha in the solver's place, as `mattebox matte` takes it.

    python -m bench.own_network [--model FILE]... [--only real|sets|cleargrasp]
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.datasets import DATA, composites
from bench.datasets import photographs as photographs_of
from bench.fusion_scenes import SENSORS, SHOT, Scene, scene_of, simulated_sets
from capture.evidence_recipe import FusedEvidence, fused_evidence
from capture.guidance import guidance_of
from capture.pipeline import CutoutInputs, Stopwatch, make_matte
from capture.registration import already_registered
from capture.subjects import SubjectDepth, find_subject
from devices.depth_files import read_depth_file, read_intrinsics
from devices.simulated.exposure import developed
from devices.simulated.world import World
from matting.imaging.curves import SRGB
from matting.imaging.files import read_alpha, read_mask, read_picture
from matting.imaging.pixels import EncodedPicture
from matting.inference import Network, NetworkRequest, load_network
from matting.keyers.difference import AlignedPlate, align_plate
from matting.live_matte import live_matte
from matting.metrics import evaluate
from matting.networks import SizeRule, shipped_file
from matting.runners.guided import Guidance, guided_matte
from matting.runners.image import image_matte

Mattes = dict[str, np.ndarray]

SIZE = SizeRule(None, multiple=16, longest=640)
SHIPPED = ("mattebox-depth", "mattebox-depth-fp16", "mattebox-depth-int8")
#: A point on each painted thing, pixels.
POINTS = {
    "080": ((490, 343), (669, 282), (955, 306), (894, 522)),
    "130": ((787, 140), (842, 242), (937, 340), (1126, 500)),
}
_REPEATS = 20
PORTRAIT_NETWORKS = ("selfie_segmentation.onnx", "SINet_Softmax_simple.onnx")


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A picture with its truth and what a rig tells of it.

    Parameters
    ----------
    name, rig : str
        The rig is a sensor, "plate", or both.
    picture : EncodedPicture
    true : (H, W) float32
    subject : SubjectDepth or None
    plate : AlignedPlate or None
    fused : FusedEvidence
    """

    name: str
    rig: str
    picture: EncodedPicture
    true: np.ndarray
    subject: SubjectDepth | None
    plate: AlignedPlate | None
    fused: FusedEvidence

    @property
    def guidance(self) -> Guidance:
        """What the network is told."""
        return guidance_of(self.fused, self.subject, self.plate)

    @property
    def small(self) -> tuple[np.ndarray, np.ndarray]:
        """The picture, 8 bits, and the truth, at the size that the network sees."""
        size = SIZE.of(self.picture.height, self.picture.width)[::-1]
        images = self.picture.encoded_8bit(), self.true
        rgb, true = (cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images)
        return rgb, true


def trial_of(scene: Scene, sensor: str | None, plate: AlignedPlate | None) -> Trial:
    """Return a scene as a rig of that sensor, that plate, or both shows it."""
    subject = None if sensor is None else find_subject(scene.registered(sensor), scene.wanted)
    rig = " + ".join([sensor] * (sensor is not None) + ["plate"] * (plate is not None))
    fused = fused_evidence(scene.picture, subject, plate=plate)
    return Trial(scene.name, rig, scene.picture, scene.alpha, subject, plate, fused)


def real_scenes() -> Iterator[Scene]:
    """Yield the real pictures with an alpha."""
    for case in (*composites(), *photographs_of("tight")):
        yield scene_of(case.name, read_picture(case.image), read_alpha(case.truth))


def empty_set(scene: Scene) -> AlignedPlate:
    """Return a simulated set without its subject, taken after the camera moved a little."""
    layers = World(scene.name).layers_of(SHOT.width, SHOT.height, SHOT.aperture_f, SHOT.shutter_s)
    taken = developed(layers.background, dataclasses.replace(SHOT, number=2), 2)
    motion = np.array([[1, 0, 1.6], [0, 1, -0.9]], np.float32)
    size = taken.shape[1::-1]
    moved = cv2.warpAffine(taken, motion, size, borderMode=cv2.BORDER_REPLICATE)
    plate = EncodedPicture(moved, SRGB, Path("plate"))
    return align_plate(scene.picture.linear(), plate.linear())


def real_trials(sensors: tuple[str, ...] = SENSORS) -> Iterator[Trial]:
    """Yield the real pictures under each sensor."""
    for scene in real_scenes():
        for sensor in sensors:
            yield trial_of(scene, sensor, None)


def set_trials(sensors: tuple[str, ...] = SENSORS) -> Iterator[Trial]:
    """Yield the simulated sets by depth, by the empty set, and by both."""
    for scene in simulated_sets():
        plate = empty_set(scene)
        for sensor in sensors:
            yield trial_of(scene, sensor, None)
        yield trial_of(scene, sensors[0], plate)
        yield trial_of(scene, None, plate)


def cleargrasp_trials() -> Iterator[Trial]:
    """Yield the two real scenes of painted things, with their depth and mask."""
    folder = DATA / "rgbd" / "cleargrasp_d435"
    lens = read_intrinsics(folder / "camera_intrinsics.yaml")
    for number, points in POINTS.items():
        picture = read_picture(folder / f"{number}-opaque-rgb-img.jpg")
        frame = read_depth_file(folder / f"{number}-opaque-depth-img.exr", intrinsics=lens)
        shape = (picture.height, picture.width)
        wanted = [(x / picture.width, y / picture.height) for x, y in points]
        subject = find_subject(already_registered(frame, shape), wanted)
        true = (read_mask(folder / f"{number}-mask.png") > 127).astype(np.float32)
        fused = fused_evidence(picture, subject)
        yield Trial(f"ClearGrasp {number}", "D435", picture, true, subject, None, fused)


def mattes_of(trial: Trial, own: dict[str, Network], others: dict[str, Network]) -> Mattes:
    """Return every contender's matte at the size that the network sees."""
    rgb, _ = trial.small
    picture = trial.picture

    def reduced(alpha: np.ndarray) -> np.ndarray:
        return cv2.resize(alpha, rgb.shape[1::-1], interpolation=cv2.INTER_AREA)

    inputs = CutoutInputs(subject=trial.subject, plate=trial.plate)
    found = {
        "live matte": live_matte(rgb, trial.fused.probability),
        "cut-out": reduced(make_matte(picture, inputs, Stopwatch()).alpha),
    }
    for name, network in own.items():
        alpha = guided_matte(network, picture.encoded_8bit(), trial.guidance)
        found[name] = reduced(alpha)
        if name == next(iter(own)):
            in_band = dataclasses.replace(inputs, band_alpha=alpha)
            found["in the band"] = reduced(make_matte(picture, in_band, Stopwatch()).alpha)
    for name, network in others.items():
        found[name] = reduced(image_matte(network, picture.encoded_8bit()))
    return found


def print_errors(
    trials: Iterable[Trial], own: dict[str, Network], others: dict[str, Network]
) -> None:
    """Print MSE, Grad and Conn of every trial and contender, and means for each rig."""
    rows: dict[str, list[list[tuple[float, ...]]]] = {}
    names: list[str] = []
    for trial in trials:
        found = mattes_of(trial, own, others)
        _, true = trial.small
        if not names:
            names = list(found)
            print(f"| picture | rig | {' | '.join(names)} |\n|{'---|' * (2 + len(names))}")
        judged = [evaluate(alpha, true) for alpha in found.values()]
        figures = [
            (e.mse, e.grad / 1000, e.conn / 1000, iou(a, true))
            for e, a in zip(judged, found.values(), strict=True)
        ]
        rows.setdefault(trial.rig, []).append(figures)
        print(f"| {trial.name} | {trial.rig} | {' | '.join(map(in_words, figures))} |", flush=True)
    for rig, figures in rows.items():
        mean = np.mean(figures, axis=0)
        print(f"| **mean of {len(figures)}** | {rig} | {' | '.join(map(in_words, mean))} |")
        errors = np.array(figures)[..., 0]
        for name, column in zip(names[2:], errors.T[2:], strict=True):
            ratios = [math.exp(np.log(column / errors[:, k]).mean()) for k in (0, 1)]
            better = [int((column < errors[:, k]).sum()) for k in (0, 1)]
            print(
                f"  {rig}, {name}: MSE {ratios[0]:.2f} of the live matte's (geometric mean; less "
                f"on {better[0]} of {len(errors)}), {ratios[1]:.2f} of the cut-out's "
                f"(less on {better[1]})"
            )


def in_words(figures: Iterable[float]) -> str:
    """Return MSE in thousandths, Grad and Conn in thousands, and IoU."""
    mse, grad, conn, share = figures
    return f"{1000 * mse:.2f} / {grad:.2f} / {conn:.2f} / {share:.3f}"


def iou(alpha: np.ndarray, true: np.ndarray) -> float:
    """Return the intersection over union of what both call more than half."""
    found, wanted = alpha > 0.5, true > 0.5
    return float((found & wanted).sum() / max((found | wanted).sum(), 1))


def print_speed(trial: Trial, own: dict[str, Network], others: dict[str, Network]) -> None:
    """Print the milliseconds of each on one picture, in turns."""
    rgb, _ = trial.small
    guidance = trial.guidance
    runs: dict[str, Callable[[], object]] = {
        "live matte": lambda: live_matte(rgb, trial.fused.probability)
    }
    runs |= {name: lambda n=one: guided_matte(n, rgb, guidance) for name, one in own.items()}
    runs |= {name: lambda n=one: image_matte(n, rgb) for name, one in others.items()}
    walls: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(_REPEATS):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            walls[name].append(1000 * (time.perf_counter() - started))
    print(f"\n| {rgb.shape[1]}x{rgb.shape[0]} | ms, median | ms, least |\n|---|---|---|")
    for name, times in walls.items():
        print(f"| {name} | {statistics.median(times):.1f} | {min(times):.1f} |")
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", type=Path, action="append")
    parser.add_argument("--only", choices=("real", "sets", "cleargrasp"))
    options = parser.parse_args()
    files = options.model or [shipped_file(name) for name in SHIPPED]
    own = {file.stem: load_network(NetworkRequest(file, "cpu")) for file in files if file}
    portraits = {
        Path(name).stem.split("_")[0]: load_network(NetworkRequest(DATA / "models" / name, "cpu"))
        for name in PORTRAIT_NETWORKS
    }
    sources = {"real": real_trials, "sets": set_trials, "cleargrasp": cleargrasp_trials}
    for name, trials in sources.items():
        if options.only in (None, name):
            print(f"\n### {name}: MSE x 1000 / Grad / Conn, both in thousands / IoU\n")
            print_errors(trials(), own, portraits)
    print_speed(next(cleargrasp_trials()), own, portraits)


if __name__ == "__main__":
    main()

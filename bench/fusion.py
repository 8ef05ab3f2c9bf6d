"""Fusion of depth with a network's matte against what each gives alone. Simulated depth.

The scenes are those of `bench.fusion_scenes`. The network is made to err from the true alpha.
Either way it loses what is thinner than 0.5 % of the picture's width (grey opening), and blurs by
a Gaussian of 1 % of it. "soft" then has blobs (the highest 12 % of smooth noise of 4 % of the
width, in the subject and in the background alike) in which it says between 0.3 and 0.7;
"confident" has them on 6 %, and says 0.98 in the background and 0.02 in the subject.

Peers: the network alone; the network times a depth test, the usual way; the depth test alone. The
depth test is ``depth <= t`` on the enlarged map, its holes filled from the nearest reading, with
the t and the interpolation (nearest or bilinear) that serve each scene and peer best, found with
the truth: no peer could choose better. Ours is `capture.pipeline.make_matte` as the command runs
it, with depth and network and with depth alone.

First it is made sure, on the first scene, that with every reading of depth gone the matte is the
network's own, bit for bit.

    python -m bench.fusion [--data DIR] [--only photographs|sets] [--scene NAME]...
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from bench.fusion_scenes import SENSORS, Scene, disc_of, photographs, simulated_sets
from capture.nearest import nearest_depth
from capture.pipeline import CutoutInputs, Stopwatch, make_matte
from capture.registration import RegisteredDepth
from capture.subjects import SubjectDepth, find_subject
from capture.truth import band_of

NETWORKS = ("soft", "confident")
METHODS = ("network", "network x depth", "depth", "ours", "ours, no network")

_BLUR_SHARE, _BLOB_SHARE = 0.01, 0.04
_BLOBS_COVER = {"soft": 0.12, "confident": 0.06}
_SEED = 20


@dataclass(frozen=True, slots=True)
class Error:
    """Mean squared error of alpha over the picture and in the band where it is neither 0 nor 1."""

    whole: float
    band: float


def erring_network(alpha: np.ndarray, kind: str) -> np.ndarray:
    """Return (H, W) float32: the matte of a network that errs softly or confidently."""
    random = np.random.default_rng(_SEED)
    width = alpha.shape[1]
    thick = cv2.morphologyEx(alpha, cv2.MORPH_OPEN, disc_of(alpha))
    matte = cv2.GaussianBlur(thick, (0, 0), _BLUR_SHARE * width)
    noise, level = (_smooth_noise(random, alpha.shape, _BLOB_SHARE * width) for _ in range(2))
    unsure, contrary = 0.5 + 0.2 * np.tanh(level), np.where(alpha > 0.5, 0.02, 0.98)
    says = unsure if kind == "soft" else contrary
    blob = np.zeros_like(matte)
    for side in (alpha > 0.5, alpha <= 0.5):
        rim = np.quantile(noise[side], 1 - _BLOBS_COVER[kind])
        blob[side] = np.clip((noise[side] - rim) / 0.2 + 0.5, 0, 1)
    return np.asarray(matte + blob * (says - matte), np.float32)


def _smooth_noise(
    random: np.random.Generator, shape: tuple[int, ...], sigma_px: float
) -> np.ndarray:
    noise = cv2.GaussianBlur(random.standard_normal(shape), (0, 0), sigma_px)
    return noise / noise.std()


def error_of(alpha: np.ndarray, true: np.ndarray) -> Error:
    """Return the error of a matte."""
    squared = (alpha.astype(np.float64) - true) ** 2
    return Error(float(squared.mean()), float(squared[band_of(true, 0)].mean()))


def enlarged(depth: RegisteredDepth, shape: tuple[int, ...]) -> list[np.ndarray]:
    """Return the map without holes at the picture's size, by nearest reading and bilinear."""
    filled, _ = nearest_depth(depth.depth_m, np.isfinite(depth.depth_m))
    return [
        cv2.resize(filled, shape[::-1], interpolation=interpolation)
        for interpolation in (cv2.INTER_NEAREST_EXACT, cv2.INTER_LINEAR)
    ]


def best_test(maps: list[np.ndarray], matte: np.ndarray, true: np.ndarray) -> Error:
    """Return the error of ``matte * (depth <= t)`` for the best map and the best t."""
    errors = []
    for depth_m in maps:
        order = np.argsort(depth_m, axis=None)
        gained = np.cumsum(((matte - true) ** 2 - true**2).ravel()[order], dtype=np.float64)
        threshold = depth_m.ravel()[order[np.argmin(gained)]]
        errors.append(error_of(np.where(depth_m <= threshold, matte, 0.0), true))
    return min(errors, key=lambda error: error.whole)


def ours(scene: Scene, subject: SubjectDepth | None, network: np.ndarray | None) -> np.ndarray:
    """Return the alpha of the pipeline."""
    inputs = CutoutInputs(subject=subject, network_alpha=network)
    return make_matte(scene.picture, inputs, Stopwatch()).alpha


def check_blind(scene: Scene, depth: RegisteredDepth) -> None:
    """Stop when a depth map without a reading changes a bit of what the network gives."""
    subject = find_subject(depth, scene.wanted)
    nothing = np.full_like(depth.depth_m, np.nan)
    blind = replace(subject, depth=replace(subject.depth, depth_m=nothing))
    network = erring_network(scene.alpha, NETWORKS[0])
    if not np.array_equal(ours(scene, blind, network), ours(scene, None, network)):
        raise SystemExit(f"{scene.name}: depth without a reading changed the network's matte")


def compared(scene: Scene, depth: RegisteredDepth) -> dict[str, dict[str, Error]]:
    """Return the errors by network and method."""
    true = scene.alpha
    subject = find_subject(depth, scene.wanted)
    maps = enlarged(depth, true.shape)
    same = {
        "depth": best_test(maps, np.ones_like(true), true),
        "ours, no network": error_of(ours(scene, subject, None), true),
    }
    errors = {}
    for kind in NETWORKS:
        network = erring_network(true, kind)
        errors[kind] = same | {
            "network": error_of(network, true),
            "network x depth": best_test(maps, network, true),
            "ours": error_of(ours(scene, subject, network), true),
        }
    return errors


def missed(errors: dict[str, Error]) -> str:
    """Return in which of the comparisons ours is not good enough; nothing when in none."""
    fused = errors["ours"].whole
    faults = [] if 3 * fused <= errors["network"].whole else ["third of network"]
    faults += [name for name in ("network x depth", "depth") if fused >= errors[name].whole]
    return ", ".join(faults)


def print_table(scenes: Iterable[Scene]) -> None:
    """Print a row for each scene, sensor and network, and the means."""
    heads = (*METHODS, *(f"{method}, band" for method in METHODS), "not met")
    print("| scene | sensor | network | " + " | ".join(heads) + " |")
    print("|---" * (3 + len(heads)) + "|")
    rows: dict[tuple[str, str], list[list[float]]] = {}
    for scene in scenes:
        if not rows:
            check_blind(scene, scene.registered(SENSORS[0]))
        for sensor in SENSORS:
            for kind, errors in compared(scene, scene.registered(sensor)).items():
                figures = [errors[method].whole for method in METHODS]
                figures += [errors[method].band for method in METHODS]
                rows.setdefault((sensor, kind), []).append(figures)
                print_row((scene.name, sensor, kind), figures, missed(errors))
    for (sensor, kind), figures in rows.items():
        print_row(("**mean**", sensor, kind), list(np.mean(figures, axis=0)), "")


def print_row(names: tuple[str, str, str], figures: list[float], fault: str) -> None:
    """Print one row, errors in thousandths."""
    cells = [*names, *(f"{1000 * figure:.2f}" for figure in figures), fault]
    print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    default = os.environ.get("MATTEBOX_DATA", Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--only", choices=("photographs", "sets"))
    parser.add_argument("--scene", action="append", help="one scene by its name")
    options = parser.parse_args()
    found: list[Iterable[Scene]] = []
    if options.only != "sets":
        found.append(photographs(options.data, options.scene))
    if options.only != "photographs":
        found.append(simulated_sets(options.scene))
    print_table(chain(*found))


if __name__ == "__main__":
    main()

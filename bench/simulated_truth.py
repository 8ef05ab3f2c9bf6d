"""Shots of the simulated studio against its truth: lighting ratio, distance, alpha. Simulated.

Writes a Markdown table to stdout. For each set, sensor and level of the fill light, `--shots`
shots are taken through libgphoto2 and seen through to their cut-out; each has its own noise of
camera and sensor.

    python -m bench.simulated_truth [--shots N]
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

import numpy as np

from capture.rig import open_rig
from capture.session import Session
from capture.settings import load_profile
from capture.shot import Shot
from capture.truth import band_of
from devices.depth_files import read_depth_file
from devices.simulated.client import Studio
from matting.imaging.files import read_alpha

_SETS = {"portrait": "portrait", "product": "product-white"}
_FILL_STOPS = (-0.7, 0.0, 0.7)
_SIZE = (3008, 2000)


def errors_of(shot: Shot, studio: Studio) -> tuple[float, float, float]:
    """Return a shot's error in stops, in metres at the subject, and its MSE in the band."""
    truth, lights = studio.truth(*_SIZE), studio.lights()
    true_stops = abs(math.log2(lights["key"] / lights["fill"]))
    value = next(f.value for f in shot.findings if f.check == "key_to_fill")
    alpha, depth = shot.path("alpha"), shot.path("depth")
    if alpha is None or depth is None:
        raise SystemExit(f"{shot.photo.path}: {'; '.join(shot.problems)}")
    band = band_of(truth.alpha)
    squared = (read_alpha(alpha) - truth.alpha) ** 2
    seen = read_depth_file(depth).depth_m
    rows = np.linspace(0, _SIZE[1] - 1, seen.shape[0]).round().astype(int)
    columns = np.linspace(0, _SIZE[0] - 1, seen.shape[1]).round().astype(int)
    inside = truth.solid[np.ix_(rows, columns)]
    distance_m = float(np.median(truth.depth_m[truth.solid]))
    return (
        value - true_stops,
        float(np.nanmedian(seen[inside])) - distance_m,
        float(squared[band].mean()),
    )


def row_of(scene: str, sensor: str, fill: float, shots: int) -> str:
    """Take the shots and return a row of the table."""
    studio = Studio.start(scene)
    errors = []
    try:
        studio.set_light("fill", fill)
        lights = studio.lights()
        camera, depth = f"sim:{scene}@{studio.port}", f"sim:{scene}/{sensor}@{studio.port}"
        with (
            tempfile.TemporaryDirectory() as folder,
            Session(open_rig(camera, depth), Path(folder), load_profile(_SETS[scene])) as session,
        ):
            session.set_camera("iso", "100")
            errors = [errors_of(session.shoot(), studio) for _ in range(shots)]
    finally:
        studio.close()
    stops, metres, squared = np.array(errors).T
    told = np.isfinite(stops)
    ratio = f"{stops[told].mean():+.2f} ± {stops[told].std():.2f}" if told.any() else "not told"
    return (
        f"| {scene} | {sensor} | {math.log2(lights['key'] / lights['fill']):+.1f} | {ratio} "
        f"({told.sum()} of {shots}) | {1000 * metres.mean():+.1f} ± {1000 * metres.std():.1f} "
        f"| {squared.mean():.5f} |"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shots", type=int, default=4)
    options = parser.parse_args()
    heads = ("set", "sensor", "key to fill, stops", "its error", "distance error, mm", "alpha MSE")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for scene in _SETS:
        for sensor in ("stereo", "lidar"):
            for fill in _FILL_STOPS:
                print(row_of(scene, sensor, fill, options.shots), flush=True)


if __name__ == "__main__":
    main()

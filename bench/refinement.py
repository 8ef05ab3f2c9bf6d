"""How far a knocked calibration comes back without a board, on the simulated sets (simulated).

The sensor's stated place is turned about an axis of chance across the view; one photograph and the
median of five depth maps set it right. Degrees are of the whole turn that is left to the truth.

    python -m bench.refinement [--knock DEGREES] [--repeats N] [--set NAME]...
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np

from bench.fusion_scenes import SENSORS, simulated_sets
from bench.rig_drift import knocked
from capture.calibration.refine import refine
from capture.depth_filtering import temporal_median
from devices.frames import Calibration, DepthFrame
from devices.simulated.depth_models import SimulatedDepth
from matting.imaging.errors import MatteboxError

SETS = ("portrait", "product", "two-subjects", "full-length", "clutter")


def off_deg(one: Calibration, other: Calibration) -> float:
    """Return the angle between two places of a sensor, degrees."""
    turn = one.depth_to_camera.rotation @ other.depth_to_camera.rotation.T
    return float(np.degrees(np.linalg.norm(cv2.Rodrigues(turn)[0])))


def main() -> None:
    """Print a table of sets and sensors."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--knock", type=float, default=0.3)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--set", action="append", help="one set by its name")
    options = parser.parse_args()
    print("| set | sensor | told | left: median | worst | called good |\n|---|---|---|---|---|---|")
    for scene in simulated_sets(options.set or SETS):
        for sensor in SENSORS:
            model = scene.models[sensor]
            reading = SimulatedDepth(scene.views[sensor], model)
            frames = [DepthFrame(*reading.read(), model.lens, model.noise) for _ in range(5)]
            view, left, good = (scene.picture.encoded_8bit(), temporal_median(frames)), [], 0
            for seed in range(options.repeats):
                off = knocked(scene.calibration, options.knock, np.random.default_rng(seed))
                try:
                    found = refine(off, [view], scene.wanted)
                except MatteboxError:
                    continue
                left.append(off_deg(found.calibration, scene.calibration))
                good += not found.faults()
            figures = f"{np.median(left):.3f} | {max(left):.3f}" if left else "|"
            told = f"{len(left)} of {options.repeats}"
            print(f"| {scene.name} | {sensor} | {told} | {figures} | {good} |", flush=True)


if __name__ == "__main__":
    main()

"""What each effect that the methods do not model costs them. Simulated.

Writes a Markdown table to stdout. For each set a shot with all effects off, then one with each
alone, through libgphoto2 and the stereo sensor, seen through to the cut-out and held against the
truth: alpha's MSE in the band, and the error of the key-to-fill ratio.

    python -m bench.ablation [--shots N] [SET ...]
"""

from __future__ import annotations

import argparse
import math
import tempfile
from pathlib import Path

import numpy as np

from bench.simulated_truth import errors_of
from capture.rig import open_rig
from capture.session import Session
from capture.settings import load_profile
from devices.simulated.client import Studio

_SETS = {"portrait": "portrait", "product": "product-white"}
_SIZE = (3008, 2000)

#: What a small studio has of each effect on a bad day, with its unit for the table.
_AMOUNTS = {
    "motion-blur": (0.3, "m/s"),
    "defocus": (0.05, "m"),
    "jpeg": (57, "steps (quality 40)"),
    "low-resolution": (3, "times"),
    "glare": (0.05, "of the light"),
    "vignetting": (1.5, "stops in the corners"),
    "specular": (0.04, "reflectance"),
    "inter-reflection": (1.0, "of one bounce"),
    "area-lights": (0.3, "m radius"),
    "distortion": (0.02, "barrel"),
    "tone-curve": (0.5, "of an S-curve"),
}


def _row(session: Session, studio: Studio, scene: str, effect: str, shots: int) -> str:
    """Take the shots under one effect (or none) and return a row of the table."""
    amount, unit = _AMOUNTS.get(effect, (0.0, ""))
    if effect in _AMOUNTS:
        studio.set_effect(effect, amount)
    studio.truth(*_SIZE)  # traces the still ahead, so that the camera answers in time
    errors = [errors_of(session.shoot(), studio) for _ in range(shots)]
    if effect in _AMOUNTS:
        studio.set_effect(effect, 0.0)
    stops, metres, squared = np.array(errors).T
    told = stops[np.isfinite(stops)]
    ratio = f"{told.mean():+.2f}" if len(told) else "not told"
    what = f"{amount:g} {unit}" if unit else ""
    return (
        f"| {scene} | {effect} | {what} | {squared.mean():.5f} | {ratio} ({len(told)} of {shots}) "
        f"| {1000 * metres.mean():+.1f} |"
    )


def _rows(scene: str, shots: int) -> None:
    studio = Studio.start(scene)
    try:
        camera, depth = f"sim:{scene}@{studio.port}", f"sim:{scene}/stereo@{studio.port}"
        with (
            tempfile.TemporaryDirectory() as folder,
            Session(open_rig(camera, depth), Path(folder), load_profile(_SETS[scene])) as session,
        ):
            session.set_camera("iso", "100")
            lights = studio.lights()
            true = abs(math.log2(lights["key"] / lights["fill"]))
            for effect in (f"none (key to fill {true:.1f} stops)", *_AMOUNTS):
                print(_row(session, studio, scene, effect, shots), flush=True)
    finally:
        studio.close()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shots", type=int, default=2)
    parser.add_argument("scenes", nargs="*", metavar="SET", help=" or ".join(_SETS))
    options = parser.parse_args()
    heads = ("set", "effect", "amount", "alpha MSE", "key-to-fill error, stops", "distance, mm")
    print("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for scene in options.scenes or _SETS:
        _rows(scene, options.shots)


if __name__ == "__main__":
    main()

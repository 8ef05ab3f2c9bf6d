"""Changes foretold by the forecast against the same changes made. Simulated.

On each simulated set a light is turned by a stop. Before that, `capture.forecasting.what_if` says
from the unchanged frame what error of the edge to expect after it; then the light is turned, the
set photographed and cut out again, and forecast and true error are taken anew.

    python -m bench.forecast_changes [SET ...]
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.fusion_scenes import SETS, SHOT, WANTED, noisy_depth
from capture.forecasting.forecast import Forecast, forecast
from capture.forecasting.pieces import edge_pieces
from capture.forecasting.signs import per_edge
from capture.forecasting.trial import seen_by_depth
from capture.forecasting.what_if import CHANGES, error_after
from capture.pipeline import CutoutInputs, Stopwatch, make_matte
from capture.subjects import find_subject
from devices.simulated.world import World
from matting.imaging.files import read_picture

#: What is turned, and what the forecast calls it.
TURNED = {
    "add 1 stop of rim light along the edge": ("rim", 1.0),
    "raise the background light by 1 stop": ("background", 1.0),
    "lower the background light by 1 stop": ("background", -1.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """A set-up's forecast, and the true error of its cut-out, thousandths of the width."""

    foretold: Forecast
    error: float


def outcome(world: World, name: str) -> Outcome:
    """Photograph the set as it is lit now, foretell its cut-out and make it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shot.jpg"
        path.write_bytes(world.photograph(SHOT))
        picture = read_picture(path)
    subject = find_subject(noisy_depth(world), WANTED.get(name, "central"))
    foretold = forecast(seen_by_depth(picture.encoded_8bit(), subject))
    if foretold is None:
        raise SystemExit(f"{name}: no edge of the subject is seen")
    alpha = make_matte(picture, CutoutInputs(subject=subject), Stopwatch()).alpha
    truth = world.truth(SHOT.width, SHOT.height, SHOT.aperture_f, SHOT.shutter_s)["alpha"]
    size = foretold.frame.rgb.shape[1::-1]
    wrong = cv2.resize(np.abs(alpha - truth), size, interpolation=cv2.INTER_AREA)
    pieces = edge_pieces(foretold.frame.silhouette())
    assert pieces is not None
    errors = per_edge(wrong.astype(np.float32), pieces)
    return Outcome(foretold, float(np.average(errors, weights=pieces.length)))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sets", nargs="*", default=SETS)
    options = parser.parse_args()
    print("| set | change | forecast | foretold | forecast after | true before | true after |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in options.sets:
        world = World(name)
        before = outcome(world, name)
        for what, (light, stops) in TURNED.items():
            told = error_after(before.foretold, CHANGES[what])
            world.set_light(light, stops)
            after = outcome(world, name)
            world.set_light(light, 0.0)
            figures = (
                before.foretold.error, told, after.foretold.error, before.error, after.error
            )  # fmt: skip
            cells = " | ".join(f"{figure:.2f}" for figure in figures)
            print(f"| {name} | {what} | {cells} |", flush=True)


if __name__ == "__main__":
    main()

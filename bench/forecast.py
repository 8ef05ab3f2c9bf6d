"""The matte forecast against the true error of the matte, on pictures that its fit had not seen.

Photographs and composites with true alpha get a depth map as `bench.fusion_scenes` builds it, by
a stereo and by a LiDAR model (simulated depth); the simulated sets have their own. Each is cut out
by the command's own recipe, and so is each of them once more with the noise of ISO 6400, and once
more out of focus. The forecast sees the same picture at 640 pixels of width and what depth
says, as it does of a live frame; the truth is the mean absolute error of alpha across each piece
of the edge.

Leave one picture out: the three numbers of the model are fitted on all other pictures, in all
their conditions, and judged on the one left out. Rank correlations (Spearman) are by piece of the
edge, and by case, with 95 % intervals from a bootstrap over pictures. The single signs, which
need no fit, stand beside it, and so does how much of the live matte is open.

    python -m bench.forecast [--data DIR] [--draws N]
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
from scipy.stats import spearmanr

from bench.datasets import DATA, composites
from bench.fusion_scenes import SENSORS, Scene, photographs, scene_of, simulated_sets
from capture.evidence_recipe import colour_trust, fused_evidence
from capture.forecasting.forecast import ERROR_OFFSET, Model
from capture.forecasting.pieces import edge_pieces
from capture.forecasting.signs import colours_apart, left_open, per_edge
from capture.forecasting.trial import Silhouetted, reduced, trial_alpha
from capture.pipeline import CutoutInputs, Stopwatch, make_matte
from capture.subjects import find_subject
from devices.simulated.exposure import noise_sigma
from matting.imaging.curves import SRGB
from matting.imaging.errors import MatteboxError
from matting.imaging.files import read_alpha, read_picture
from matting.live_matte import live_matte

CONDITIONS = ("as it is", "ISO 6400", "out of focus")
_RIDGE = 3.0
_DEFOCUS_SHARE = 0.003


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One picture in one condition, by one sensor: signs and errors of its pieces."""

    scene: str
    simulated: bool
    sensor: str
    condition: str
    apart: np.ndarray
    opened: np.ndarray
    live_open: np.ndarray
    error: np.ndarray


def degraded(scene: Scene, condition: str) -> Scene:
    """Return the scene as it would be photographed in that condition."""
    if condition == "as it is":
        return scene
    linear = SRGB.decode(scene.picture.encoded_8bit())
    alpha = scene.alpha
    if condition == "out of focus":
        sigma = _DEFOCUS_SHARE * alpha.shape[1]
        linear, alpha = (cv2.GaussianBlur(image, (0, 0), sigma) for image in (linear, alpha))
    else:
        sigmas = np.vectorize(lambda value: noise_sigma(value, 6400.0))(np.linspace(0, 1, 256))
        sigma = np.interp(linear, np.linspace(0, 1, 256), sigmas)
        random = np.random.default_rng(7)
        linear = np.clip(linear + sigma * random.standard_normal(linear.shape), 0, 1)
    codes = SRGB.encode(linear.astype(np.float32), 8)
    picture = dataclasses.replace(scene.picture, codes=codes, transfer=SRGB)
    return dataclasses.replace(scene, picture=picture, alpha=alpha)


def case_of(scene: Scene, simulated: bool, sensor: str, condition: str) -> Case | None:
    """Cut out and foretell one case; None where no subject or no edge is found."""
    seen = degraded(scene, condition)
    try:
        subject = find_subject(seen.registered(sensor), seen.wanted)
    except MatteboxError:
        return None
    alpha = make_matte(seen.picture, CutoutInputs(subject=subject), Stopwatch()).alpha
    rgb = reduced(seen.picture.encoded_8bit())
    probability = fused_evidence(seen.picture, subject).probability
    frame = Silhouetted(rgb, probability, colour_trust(subject))
    silhouette = frame.silhouette()
    pieces = edge_pieces(silhouette)
    if pieces is None:
        return None
    wrong = cv2.resize(np.abs(alpha - seen.alpha), rgb.shape[1::-1], interpolation=cv2.INTER_AREA)
    apart = colours_apart(rgb, silhouette, pieces)
    told = np.isfinite(apart)
    return Case(
        scene.name, simulated, sensor, condition,
        apart[told],
        left_open(trial_alpha(frame), pieces)[told],
        left_open(live_matte(rgb, probability), pieces)[told],
        per_edge(wrong.astype(np.float32), pieces)[told],
    )  # fmt: skip


def composited(data: Path) -> Iterator[Scene]:
    """Yield the composites; the spring's alpha is one soft whole without a solid subject."""
    for case in composites():
        if "spring" not in case.name:
            yield scene_of(case.name, read_picture(case.image), read_alpha(case.truth))


def all_cases(data: Path) -> Iterator[Case]:
    """Yield every picture by every sensor in every condition."""
    scenes = chain(
        ((scene, False) for scene in photographs(data)),
        ((scene, False) for scene in composited(data)),
        ((scene, True) for scene in simulated_sets()),
    )
    for scene, simulated in scenes:
        for condition in CONDITIONS:
            for sensor in SENSORS:
                case = case_of(scene, simulated, sensor, condition)
                if case is not None and len(case.error):
                    yield case


def fitted(cases: list[Case]) -> Model:
    """Fit the model by ridge regression of the logarithm, every picture counting alike."""
    columns = np.concatenate([Model.columns(case.apart, case.opened) for case in cases])
    target = np.log(np.concatenate([case.error for case in cases]) + ERROR_OFFSET)
    weight = np.concatenate([np.full(len(case.error), 1 / len(case.error)) for case in cases])
    weight *= len(weight) / weight.sum()
    middle = np.average(columns, axis=0, weights=weight)
    centred = columns - middle
    level = float(np.average(target, weights=weight))
    square = centred.T @ (weight[:, None] * centred) + _RIDGE * np.eye(2)
    slopes = np.linalg.solve(square, centred.T @ (weight * (target - level)))
    return Model(level - float(middle @ slopes), float(slopes[0]), float(slopes[1]))


def left_out(cases: list[Case]) -> list[np.ndarray]:
    """Return the forecast of each case by a model that never saw its picture."""
    models = {
        name: fitted([case for case in cases if case.scene != name])
        for name in {case.scene for case in cases}
    }
    return [models[case.scene].error(case.apart, case.opened) for case in cases]


Predictor = Callable[[int], np.ndarray]


def correlation(cases: list[Case], predicted: list[np.ndarray], by_piece: bool) -> float:
    """Return Spearman's rank correlation over pieces, or over the means of cases."""
    if by_piece:
        told, true = np.concatenate(predicted), np.concatenate([case.error for case in cases])
    else:
        told = np.array([each.mean() for each in predicted])
        true = np.array([case.error.mean() for case in cases])
    return float(spearmanr(told, true).statistic)


def print_table(cases: list[Case], draws: int) -> None:
    """Print rank correlations with intervals, and by how much the forecast beats each sign."""
    told = {
        "forecast": left_out(cases),
        "colours apart": [-case.apart for case in cases],
        "left open": [case.opened for case in cases],
        "live matte open": [case.live_open for case in cases],
    }
    groups = {
        "photographs, as they are": lambda c: not c.simulated and c.condition == "as it is",
        "photographs, all conditions": lambda c: not c.simulated,
        "simulated sets, all conditions": lambda c: c.simulated,
        "all": lambda c: True,
    }
    print(
        "| | cases | pieces | by | forecast | colours apart | left open "
        "| live matte open | gain on the best |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for group, belongs in groups.items():
        chosen = [i for i, case in enumerate(cases) if belongs(case)]
        for by_piece in (True, False):
            print_row(group, cases, told, chosen, by_piece, draws)


def print_row(
    group: str,
    cases: list[Case],
    told: dict[str, list[np.ndarray]],
    chosen: list[int],
    by_piece: bool,
    draws: int,
) -> None:
    """Print one group's correlations, each with its interval."""

    def all_of(indices: list[int]) -> np.ndarray:
        picked = [cases[i] for i in indices]
        return np.array(
            [correlation(picked, [told[name][i] for i in indices], by_piece) for name in told]
        )

    whole = all_of(chosen)
    random = np.random.default_rng(0)
    names = sorted({cases[i].scene for i in chosen})
    of_name = {name: [i for i in chosen if cases[i].scene == name] for name in names}
    drawn = np.array(
        [
            all_of([i for name in random.choice(names, len(names)) for i in of_name[name]])
            for _ in range(draws)
        ]
    )
    best = 1 + int(np.argmax(whole[1:]))
    gain, gains = whole[0] - whole[best], drawn[:, 0] - drawn[:, best]
    cells = [_with_interval(whole[k], drawn[:, k]) for k in range(len(whole))]
    cells.append(_with_interval(gain, gains))
    pieces = sum(len(cases[i].error) for i in chosen)
    by = "piece" if by_piece else "case"
    print(f"| {group} | {len(chosen)} | {pieces} | {by} | " + " | ".join(cells) + " |", flush=True)


def _with_interval(value: float, drawn: np.ndarray) -> str:
    low, high = np.percentile(drawn, [2.5, 97.5])
    return f"{value:.3f} ({low:.3f} to {high:.3f})"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    cases = list(all_cases(options.data))
    print_table(cases, options.draws)
    told, true = left_out(cases), [case.error for case in cases]
    factor = np.abs(np.log((np.concatenate(told) + 0.1) / (np.concatenate(true) + 0.1)))
    print(f"\nhalf of the pieces within a factor of {np.exp(np.median(factor)):.2f}")
    print(f"fitted on all: {fitted(cases)}")


if __name__ == "__main__":
    main()

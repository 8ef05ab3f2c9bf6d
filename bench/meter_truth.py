"""The meter against the simulated studio's truth, over random set-ups. Simulated.

Writes Markdown tables to stdout. The first states each measurement's error over all set-ups with
every effect on that the meter does not model; the second repeats some with one effect alone.

    python -m bench.meter_truth [--set-ups N] [--ablation N] [--seed S]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from bench.meter_setups import MOST, SIZE, SetUp, set_ups
from capture.metering.lighting import key_to_fill
from capture.metering.lighting_ratio import LightingRatio
from capture.metering.normals import smoothing_px_for, surface_normals
from capture.metering.response import recover_response
from capture.metering.separation import EdgePiece, EdgeRings, edge_rings, separation
from capture.metering.single_lights import single_lights
from capture.silhouette import silhouette_of
from matting.imaging.curves import SRGB

FloatImage = npt.NDArray[np.float32]


@dataclass(slots=True)
class Row:
    """One measurement over all set-ups: errors, how many fell inside a stated interval."""

    unit: str
    wanted: str
    errors: list[float] = field(default_factory=list)
    inside: list[bool] = field(default_factory=list)
    silent: int = 0

    def add(self, error: float | None) -> None:
        """Note an error; None counts as not told."""
        if error is None or not math.isfinite(error):
            self.silent += 1
        else:
            self.errors.append(error)

    def add_ratio(self, ratio: LightingRatio | None, true_stops: float) -> None:
        """Note a ratio's error, and whether its interval holds the truth."""
        if ratio is None or math.isinf(ratio.key_to_fill_stops):
            self.silent += 1
            return
        self.errors.append(ratio.key_to_fill_stops - true_stops)
        low, high = ratio.interval_stops
        self.inside.append(low <= true_stops <= high)

    def line(self, name: str) -> str:
        """Return the row as Markdown."""
        if not self.errors:
            return f"| {name} | {self.wanted} | not told | | | | {self.silent} |"
        errors = np.array(self.errors)
        size = np.abs(errors)
        cover = f"{np.mean(self.inside):.0%}" if self.inside else ""
        return (
            f"| {name}, {self.unit} | {self.wanted} | {np.median(size):.3f} "
            f"| {np.percentile(size, 95):.3f} | {errors.mean():+.3f} | {cover} | {self.silent} |"
        )


def rows_of(many: Iterable[SetUp]) -> dict[str, Row]:
    """Measure every set-up and return the rows by name."""
    rows = {
        "ratio, one light at a time, RAW": Row("stops", "0.1"),
        "the same without depth": Row("stops", ""),
        "ratio, from depth, RAW": Row("stops", "0.3"),
        "ratio, from depth, live, sRGB assumed": Row("stops", ""),
        "ratio, from depth, live, response measured": Row("stops", ""),
        "direction of the key, one light at a time": Row("degrees", "10"),
        "direction of the key, from depth": Row("degrees", "10"),
        "separation by piece, RAW": Row("stops", "0.1"),
        "separation by piece, live, sRGB assumed": Row("stops", ""),
        "separation by piece, live, response measured": Row("stops", ""),
        "distance of the subject": Row("mm", "sensor's"),
        "distance of the backdrop behind it": Row("mm", "sensor's"),
    }
    for one in many:
        _measure(one, rows)
    return rows


def _measure(one: SetUp, rows: dict[str, Row]) -> None:
    true = one.key_to_fill_stops
    for name, normals in (
        ("ratio, one light at a time, RAW", _normals(one)),
        ("the same without depth", None),
    ):
        alone = single_lights(
            {light: _on_grid(frame, one) for light, frame in one.single.items()},
            _on_grid(one.ambient, one),
            {"subject": one.subject.subject},
            normals,
        )
        rows[name].add_ratio(alone.ratio, true)
        if normals is not None:
            key = next(light for light in alone.lights if light.name == "key")
            rows["direction of the key, one light at a time"].add(_angle(key.direction, one))
    by_depth = key_to_fill(_on_grid(one.raw, one), one.subject)
    rows["ratio, from depth, RAW"].add_ratio(by_depth, true)
    rows["direction of the key, from depth"].add(
        None if by_depth is None else _angle(by_depth.key_direction, one)
    )
    assumed = SRGB.decode(one.live)
    found = recover_response(one.bracket, one.bracket_exposures)
    measured = found.transfer().decode(one.live) if found else None
    seen = edge_rings(silhouette_of(one.subject, SIZE).inside)
    truth = _pieces(
        one.noiseless, _at_places_of(seen, edge_rings(one.alpha > 0.5), one.alpha.shape)
    )
    rows["separation by piece, RAW"].add(_pieces_apart(_pieces(one.raw, seen), truth))
    for how, light in (("sRGB assumed", assumed), ("response measured", measured)):
        ratio_row = rows[f"ratio, from depth, live, {how}"]
        edge_row = rows[f"separation by piece, live, {how}"]
        if light is None:
            ratio_row.add(None)
            edge_row.add(None)
        else:
            ratio_row.add_ratio(key_to_fill(_on_grid(light, one), one.subject), true)
            edge_row.add(_pieces_apart(_pieces(light, seen), truth))
    rows["distance of the subject"].add(1000 * (one.subject.distance_m - one.distance_m))
    behind = silhouette_of(one.subject, SIZE).space.background_distance_m
    rows["distance of the backdrop behind it"].add(1000 * (behind - one.behind_m))


def _normals(one: SetUp) -> FloatImage:
    subject = one.subject
    smoothing = smoothing_px_for(subject.depth, subject.subject)
    return surface_normals(subject.depth, subject.subject, smoothing)


def _on_grid(picture: FloatImage, one: SetUp) -> FloatImage:
    height, width = one.subject.subject.shape
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))


def _angle(direction: tuple[float, float, float], one: SetUp) -> float:
    return math.degrees(math.acos(float(np.clip(np.dot(direction, one.key_direction), -1, 1))))


def _pieces(picture: FloatImage, rings: EdgeRings) -> tuple[EdgePiece, ...]:
    return separation(picture.reshape(-1, 3)[rings.pixels], rings)


def _at_places_of(seen: EdgeRings, true: EdgeRings, shape: tuple[int, ...]) -> EdgeRings:
    """Cut the true silhouette's rings into the pieces of the one that was seen, place by place."""
    elsewhere = np.ones(shape, np.uint8)
    elsewhere.flat[seen.pixels] = 0
    _, nearest = cv2.distanceTransformWithLabels(
        elsewhere, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    stretch_of = np.zeros(int(nearest.max()) + 1, np.intp)
    stretch_of[nearest.flat[seen.pixels]] = seen.side // 2
    side = 2 * stretch_of[nearest.flat[true.pixels]] + true.side % 2
    return EdgeRings(true.pixels, side, seen.boxes, seen.places)


def _pieces_apart(seen: tuple[EdgePiece, ...], true: tuple[EdgePiece, ...]) -> float | None:
    """Return the median difference of stops between pieces at one place."""
    there = {piece.number: piece.stops for piece in true}
    off = [abs(piece.stops - there[piece.number]) for piece in seen if piece.number in there]
    return float(np.median(off)) if off else None


_ABLATED = (
    "ratio, one light at a time, RAW",
    "ratio, from depth, RAW",
    "ratio, from depth, live, sRGB assumed",
    "direction of the key, from depth",
    "separation by piece, RAW",
    "separation by piece, live, sRGB assumed",
)


def _ablation(count: int, seed: int, tell: Callable[[str], None]) -> None:
    heads = ("effect", "up to", *_ABLATED)
    tell("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
    for effect in ("none", *MOST):
        rows = rows_of(set_ups(count, seed, (effect,) if effect in MOST else ()))
        cells = [
            f"{np.median(np.abs(rows[name].errors)):.3f}" if rows[name].errors else "-"
            for name in _ABLATED
        ]
        tell(f"| {effect} | {MOST.get(effect, '')} | " + " | ".join(cells) + " |")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--set-ups", type=int, default=201)
    parser.add_argument("--ablation", type=int, default=0, help="set-ups for each effect alone")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    def tell(text: str) -> None:
        print(text, flush=True)

    if options.set_ups:
        heads = ("measurement", "aim", "median", "95th percentile", "mean error",
                 "90 % interval holds", "not told")  # fmt: skip
        tell("| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
        for name, row in rows_of(set_ups(options.set_ups, options.seed)).items():
            tell(row.line(name))
    if options.ablation:
        _ablation(options.ablation, options.seed, tell)


if __name__ == "__main__":
    main()

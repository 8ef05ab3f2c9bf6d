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

from bench.meter_setups import MOST, PLAIN, SIZE, SetUp, set_ups
from capture.metering.backdrop_surface import CELL_PX, backdrop_surface
from capture.metering.depth_of_field import DepthExtent, depth_of_field
from capture.metering.lighting import key_to_fill
from capture.metering.lighting_ratio import LightingRatio
from capture.metering.normals import smoothing_px_for, surface_normals
from capture.metering.response import recover_response
from capture.metering.separation import EdgePiece, EdgeRings, edge_rings, separation
from capture.metering.single_lights import single_lights
from capture.silhouette import Silhouette, silhouette_of
from matting.imaging.colour import luminance
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
        "evenness of a plain backdrop, RAW": Row("stops", "0.05"),
        "evenness of a plain backdrop, live, sRGB assumed": Row("stops", ""),
        "evenness of a plain backdrop, live, response measured": Row("stops", ""),
        "depth of field needed": Row("%", "10"),
        "distance of the subject": Row("mm", "sensor's"),
        "distance of the backdrop behind it": Row("mm", "sensor's"),
    }
    for one in many:
        _measure(one, rows)
    return rows


def _measure(one: SetUp, rows: dict[str, Row]) -> None:
    _measure_single_lights(one, rows)
    found = recover_response(one.bracket, one.bracket_exposures)
    silhouette = silhouette_of(one.subject, SIZE)
    for how, light in (
        ("RAW", one.raw),
        ("live, sRGB assumed", SRGB.decode(one.live)),
        ("live, response measured", found.transfer().decode(one.live) if found else None),
    ):
        ratio = None if light is None else key_to_fill(_on_grid(light, one), one.subject)
        rows[f"ratio, from depth, {how}"].add_ratio(ratio, one.key_to_fill_stops)
        if how == "RAW":
            rows["direction of the key, from depth"].add(
                None if ratio is None else _angle(ratio.key_direction, one)
            )
        _measure_edge(one, light, silhouette, rows[f"separation by piece, {how}"])
        if one.scene in PLAIN:
            _measure_evenness(one, light, silhouette, rows[f"evenness of a plain backdrop, {how}"])
    _measure_space(one, silhouette, rows)


def _measure_single_lights(one: SetUp, rows: dict[str, Row]) -> None:
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
        rows[name].add_ratio(alone.ratio, one.key_to_fill_stops)
        if normals is not None:
            key = next(light for light in alone.lights if light.name == "key")
            rows["direction of the key, one light at a time"].add(_angle(key.direction, one))


def _measure_edge(one: SetUp, light: FloatImage | None, seen: Silhouette, row: Row) -> None:
    rings = edge_rings(seen.inside)
    true = _at_places_of(rings, edge_rings(one.alpha > 0.5), one.alpha.shape)
    pieces = None if light is None else _pieces(light, rings)
    row.add(None if pieces is None else _pieces_apart(pieces, _pieces(one.noiseless, true)))


def _measure_evenness(one: SetUp, light: FloatImage | None, seen: Silhouette, row: Row) -> None:
    surface = None if light is None else backdrop_surface(_cells(light), seen.grid)
    row.add(None if surface is None else surface.uneven_stops - _uneven_stops(one))


def _measure_space(one: SetUp, seen: Silhouette, rows: dict[str, Row]) -> None:
    space = seen.space
    rows["distance of the subject"].add(1000 * (one.subject.distance_m - one.distance_m))
    behind_m = space.background_distance_m
    rows["distance of the backdrop behind it"].add(1000 * (behind_m - one.behind_m))
    needed = None if space.extent is None else _needed_f(space.extent, one)
    rows["depth of field needed"].add(needed and 100 * (needed / _needed_f(one.extent, one) - 1))


def _uneven_stops(one: SetUp) -> float:
    """Return half the range of the true light on the true backdrop, 12 pixels off the subject."""
    light = luminance(_cells(one.noiseless))
    subject = cv2.dilate((one.alpha > 0).astype(np.uint8), np.ones((25, 25), np.uint8))
    clear = _cells(subject.astype(np.float32)) == 0
    low, high = np.percentile(np.log2(light[clear]), [2.0, 98.0])
    return float(high - low) / 2


def _cells(picture: FloatImage) -> FloatImage:
    size = SIZE[0] // CELL_PX, SIZE[1] // CELL_PX
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def _needed_f(extent: DepthExtent, one: SetUp) -> float:
    return depth_of_field(extent, one.focal_length_m, 8.0).needed_f


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

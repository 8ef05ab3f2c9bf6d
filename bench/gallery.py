"""Eight things that background removal fails at, cut out with depth and without. Simulated.

For each: a photograph of the simulated studio, and its matte by the recipe with the stereo sensor's
depth, by GrabCut from a box drawn around the subject (what there is without a sensor), and by the
difference from a photograph of the empty set. All three end in the same solver. Writes a picture
strip a case, with whole frames above and below them, enlarged, the window in which the recipe errs
most, and to stdout a Markdown table of errors against the exact truth.

    python -m bench.gallery -o FOLDER [CASE ...]
"""

from __future__ import annotations

import argparse
import dataclasses
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from capture.darkroom import DEPTH_FRAMES
from capture.depth_filtering import temporal_median
from capture.methods import Method, MethodInputs, matte_by
from capture.pipeline import CutoutInputs, Stopwatch
from capture.registration import RegisteredDepth, register
from capture.subjects import SubjectChoice, SubjectDepth, find_subject
from capture.truth import band_of
from devices.frames import Calibration, DepthFrame
from devices.simulated.camera_body import ShotSettings
from devices.simulated.depth_models import SENSOR_MODELS, SimulatedDepth
from devices.simulated.effects import Effects, photographed
from devices.simulated.exposure import developed, still_jpeg
from devices.simulated.rendering import Layers, Renderer
from devices.simulated.scenes import make_scene
from devices.simulated.scenes.building import lens
from devices.simulated.solids import Scene
from matting.colour_evidence import colour_log_odds
from matting.composite import over
from matting.imaging.curves import SRGB
from matting.imaging.pixels import EncodedPicture
from matting.matte import Matte
from matting.metrics import evaluate
from matting.trimap import BACKGROUND, FOREGROUND, UNKNOWN, resized_trimap, widen_unknown

_SIZE = (1504, 1000)
_APERTURE_F, _SHUTTER_S = 8.0, 1 / 125
#: A hand-drawn box clears the subject by this share of the picture's width.
_BOX_MARGIN_SHARE = 0.02
#: The middle of the box, this share of its sides, is taken for the subject.
_BOX_CORE_SHARE = 0.3
_GRABCUT_SIDE_PX = 960
_MAGENTA = np.array((1.0, 0.0, 1.0), np.float32)
_STRIP_PX, _GAP_PX, _LABEL_PX = 1400, 4, 22

FloatImage = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Case:
    """One way to fail, and the set that shows it."""

    name: str
    build: Callable[[], Scene]
    subject: Callable[[Scene], SubjectChoice] = lambda scene: "central"
    effects: Effects = field(default_factory=Effects)
    iso: int = 100
    #: How far hair is looked for beyond the silhouette, percent of the width; 1 if left alone.
    hair_guard_percent: float = 1.0
    show_depth: bool = False


def _deep_shadow() -> Scene:
    """Return the jug in hard light: the fill two stops down."""
    scene = make_scene("product")
    lights = tuple(
        dataclasses.replace(one, power=one.power / 4) if one.name == "fill" else one
        for one in scene.lights
    )
    return dataclasses.replace(scene, lights=lights, ambient=scene.ambient / 4)


def _cut_off() -> Scene:
    """Return the standing person from the crown to the knees, an arm cut off by the frame."""
    scene = make_scene("full-length")
    close = lens(0.085)
    moved = dataclasses.replace(close, cx=close.cx - 700, cy=close.cy + 600)
    return dataclasses.replace(scene, camera=moved, focal_length_m=0.085)


def _dim(stops: float) -> Scene:
    """Return the portrait with that much less light."""
    scene = make_scene("portrait")
    lights = tuple(dataclasses.replace(one, power=one.power * 2.0**-stops) for one in scene.lights)
    return dataclasses.replace(scene, lights=lights, ambient=scene.ambient * 2.0**-stops)


def _on_both_glasses(scene: Scene) -> SubjectChoice:
    width, height = scene.camera.width, scene.camera.height
    points = []
    for solid in (scene.solids[0], scene.solids[3]):
        x, y, z = solid.centre
        u, v = x / z * scene.camera.fx + scene.camera.cx, y / z * scene.camera.fy + scene.camera.cy
        points.append((u / width, v / height))
    return tuple(points)


CASES = (
    # The tail lies apart in depth: it is another thing, and "all" takes both.
    Case("hair", lambda: make_scene("fur"), lambda scene: "all"),
    Case(
        "hair-wide-guard",
        lambda: make_scene("fur"),
        lambda scene: "all",
        hair_guard_percent=5.0,
    ),
    Case("glass", lambda: make_scene("glass"), _on_both_glasses, show_depth=True),
    Case("similar-colours", lambda: make_scene("white-on-white")),
    Case("busy-background", lambda: make_scene("clutter")),
    Case("shadow", _deep_shadow),
    Case("cut-off", _cut_off),
    Case("blur-and-noise", lambda: _dim(5), effects=Effects(motion_blur=0.5), iso=3200),
    Case("several", lambda: make_scene("two-subjects"), lambda scene: "all"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A photograph with what is measured, and what is true of it."""

    picture: EncodedPicture
    plate: EncodedPicture
    subject: SubjectDepth
    alpha: FloatImage
    hair_guard_percent: float


def taken(case: Case) -> Shot:
    """Photograph a case's set, with its depth, and the same set empty."""
    scene = case.build()
    renderer = Renderer(scene)
    layers = _layers(renderer, case)
    # Behind the camera nothing is seen and throws no shadow; the tracer wants one solid at least.
    away = dataclasses.replace(scene.solids[0], centre=(0.0, 0.0, -50.0))
    empty = dataclasses.replace(scene, solids=(away,), marks=(), strands=None)
    plate = _layers(Renderer(empty), case)
    return Shot(
        _developed(layers, case, scene, 1),
        _developed(plate, case, scene, 2),
        find_subject(_depth(renderer), case.subject(scene)),
        layers.alpha,
        case.hair_guard_percent,
    )


def _layers(renderer: Renderer, case: Case) -> Layers:
    scene = renderer.scene
    sharp = renderer.layers(*_SIZE, scene.lights, scene.ambient, case.effects.gloss)
    return photographed(sharp, scene, case.effects, _APERTURE_F, _SHUTTER_S)


def _developed(layers: Layers, case: Case, scene: Scene, number: int) -> EncodedPicture:
    settings = ShotSettings(case.iso, _SHUTTER_S, _APERTURE_F, *_SIZE, 95, number)
    codes = developed(layers.picture(), settings, number)
    data = still_jpeg(codes, settings, 1000 * scene.focal_length_m)
    with Image.open(io.BytesIO(data)) as image:
        return EncodedPicture(np.asarray(image), SRGB, Path(case.name))


def _depth(renderer: Renderer) -> RegisteredDepth:
    scene, model = renderer.scene, SENSOR_MODELS["stereo"]
    sensor = SimulatedDepth(renderer, model)
    frames = [
        DepthFrame(*sensor.read(), model.lens, model.noise, sensor=model.model)
        for _ in range(DEPTH_FRAMES)
    ]
    return register(temporal_median(frames), Calibration(scene.camera, scene.sensor_to_camera))


# --- the three ways to cut out -------------------------------------------------------------------


def mattes_of(shot: Shot) -> dict[str, Matte]:
    """Return the mattes with depth, from a box, and by the empty set, by those names."""
    with_depth = CutoutInputs(subject=shot.subject, hair_guard_percent=shot.hair_guard_percent)
    boxed = CutoutInputs(trimap=_trimap_of_box(shot))
    return {
        "with depth": _matte("depth", shot.picture, MethodInputs(with_depth)),
        "from a box": _matte("trimap", shot.picture, MethodInputs(boxed)),
        "empty set": _matte("difference", shot.picture, MethodInputs(CutoutInputs(), shot.plate)),
    }


def _matte(method: Method, picture: EncodedPicture, inputs: MethodInputs) -> Matte:
    def ignore(_: object) -> None:
        """Keep what was measured on the way out of the table."""

    return matte_by(method, picture, inputs, Stopwatch(), ignore, ignore)


def _trimap_of_box(shot: Shot) -> Codes:
    """Return the trimap about GrabCut's verdict in a box around the subject.

    Its band is as wide to each side as the recipe's guard for hair.
    """
    picture, subject = shot.picture, shot.alpha > 0.5
    rows, columns = np.flatnonzero(subject.any(axis=1)), np.flatnonzero(subject.any(axis=0))
    size = _GRABCUT_SIDE_PX, round(_GRABCUT_SIDE_PX * picture.height / picture.width)
    small = np.asarray(cv2.resize(picture.encoded_8bit(), size, interpolation=cv2.INTER_AREA))
    scale = size[0] / picture.width
    margin = _BOX_MARGIN_SHARE * size[0]
    from_middle = [
        np.abs(np.arange(side) - scale * (line[0] + line[-1]) / 2)
        / (scale * (line[-1] - line[0]) / 2 + margin)
        for side, line in zip(size, (columns, rows), strict=True)
    ]
    outwards = np.maximum(from_middle[0][None, :], from_middle[1][:, None])
    verdict = colour_log_odds(small, outwards < _BOX_CORE_SHARE, outwards > 1, outwards <= 1)
    cut = np.where(verdict > 0, FOREGROUND, BACKGROUND).astype(np.uint8)
    trimap = widen_unknown(cut, round(shot.hair_guard_percent / 100 * size[0]))
    return resized_trimap(trimap, picture.height, picture.width)


# --- picture and table ---------------------------------------------------------------------------


def strip_of(case: Case, shot: Shot, mattes: dict[str, Matte]) -> Codes:
    """Return the case's picture strip, (H, W, 3) uint8, sRGB."""
    white = SRGB.encode(np.repeat(shot.alpha[..., None], 3, axis=2), 8)
    panels: dict[str, Codes] = {"photograph": np.asarray(shot.picture.codes, np.uint8)}
    if case.show_depth:
        panels["depth, black = none"] = _shown_depth(shot.subject)
    panels["true alpha"] = np.asarray(white, np.uint8)
    for name, matte in mattes.items():
        mixed = over(matte.foreground_linear, matte.alpha, _MAGENTA)
        panels[name] = np.asarray(SRGB.encode(mixed, 8), np.uint8)
    width = (_STRIP_PX - _GAP_PX * (len(panels) - 1)) // len(panels)
    height = round(width * _SIZE[1] / _SIZE[0])
    wrong = np.abs(mattes["with depth"].alpha - shot.alpha)
    left, top = _worst_window(wrong, width, height)
    columns = []
    for name, codes in panels.items():
        whole = cv2.resize(codes, (width, height), interpolation=cv2.INTER_AREA)
        detail = codes[top : top + height, left : left + width]
        columns.append(np.vstack([_label(name, width), whole, _gap(_GAP_PX, width), detail]))
        columns.append(_gap(len(columns[0]), _GAP_PX))
    return np.hstack(columns[:-1])


def _shown_depth(subject: SubjectDepth) -> Codes:
    """Return the depth map at the photograph's size, near = light, black where it is missing."""
    depth = subject.depth.depth_m
    near, far = np.nanpercentile(depth, [1, 99])
    shade = np.nan_to_num(255 - 200 * np.clip((depth - near) / (far - near), 0, 1))
    shown = cv2.resize(shade.astype(np.uint8), _SIZE, interpolation=cv2.INTER_NEAREST)
    return np.repeat(shown[..., None], 3, axis=2)


def _worst_window(wrong: FloatImage, width: int, height: int) -> tuple[int, int]:
    """Return left and top of the window of that size in which most is wrong."""
    sums = cv2.integral(wrong)
    within = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width]
    within += sums[:-height, :-width]
    top, left = np.unravel_index(np.argmax(within), within.shape)
    return int(left), int(top)


def _label(text: str, width: int) -> Codes:
    image = Image.new("RGB", (width, _LABEL_PX), "white")
    font = ImageFont.load_default(15)
    ImageDraw.Draw(image).text((2, 2), text, fill="black", font=font)
    return np.asarray(image)


def _gap(height: int, width: int) -> Codes:
    return np.full((height, width, 3), 255, np.uint8)


def row_of(case: Case, shot: Shot, mattes: dict[str, Matte]) -> str:
    """Return the case's row of the table."""
    judged = np.where(band_of(shot.alpha), UNKNOWN, BACKGROUND).astype(np.uint8)
    cells = []
    for matte in mattes.values():
        band, whole = evaluate(matte.alpha, shot.alpha, judged), evaluate(matte.alpha, shot.alpha)
        cells.append(f"{band.mse:.4f} | {band.sad:.2f} | {whole.mse:.4f} | {whole.sad:.2f}")
    return f"| {case.name} | " + " | ".join(cells) + " |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the strips and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("-o", "--output", metavar="FOLDER", type=Path, required=True)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="left out: all")
    options = parser.parse_args(arguments)
    columns = ("band MSE", "SAD", "whole MSE", "SAD")
    ways = ("with depth", "from a box", "empty set")
    print("| | " + " | ".join(f"{way}: {' | '.join(columns)}" for way in ways) + " |")
    print("| --- |" + " ---: |" * len(ways) * len(columns))
    for case in CASES:
        if options.cases and case.name not in options.cases:
            continue
        shot = taken(case)
        mattes = mattes_of(shot)
        print(row_of(case, shot, mattes), flush=True)
        strip = Image.fromarray(strip_of(case, shot, mattes))
        strip.save(options.output / f"case-{case.name}.jpg", quality=82)


if __name__ == "__main__":
    main()

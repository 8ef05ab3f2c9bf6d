"""The views of live view: each is a whole picture made of a report."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from capture.metering.scopes import SIGNAL_BANDS, signal_colours, vectorscope, vectorscope_colours
from capture.metering.zones import MIDDLE_ZONE, ZONE_COLOURS, waveform, zone_map
from matting.imaging.curves import SRGB
from matting.live_matte import over_backdrop

if TYPE_CHECKING:
    from capture.live import LiveReport
    from capture.subjects import SubjectDepth

Rgb8 = npt.NDArray[np.uint8]
#: A colour of the legend and what it means.
Legend = tuple[tuple[tuple[int, int, int], str], ...]

#: What the live cut-out is shown on.
BACKDROPS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "green": (0, 177, 64),
    "blue": (0, 71, 187),
}
#: The live cut-out is mixed at no more than this width, which a frame's time allows.
_CUT_OUT_WIDTH = 512
_WAVEFORM_LEVELS, _VECTORSCOPE_SIZE = 128, 160
#: A quarter of full saturation: a studio's colours would be a dot in a scope of all there are.
_VECTORSCOPE_REACH = 0.125
#: Where skin of all complexions lies (the I axis of NTSC), degrees from C_B.
_SKIN_DEGREES = 123.0
_SKIN, _RING = (196, 150, 122), (70, 78, 90)
#: Ends of the depth view: single readings would stretch its colours.
_DEPTH_PERCENT = (1.0, 99.0)
_DEPTH_STEPS = 5


def sized(picture: Rgb8, width: int) -> Rgb8:
    """Return a picture no wider than `width` pixels."""
    import cv2

    width = min(width, picture.shape[1])
    size = (width, max(1, round(picture.shape[0] * width / picture.shape[1])))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _picture(report: LiveReport, width: int) -> Rgb8:
    return sized(report.frame.rgb, width)


def _zones(report: LiveReport, width: int) -> Rgb8:
    return ZONE_COLOURS[zone_map(SRGB.decode(sized(report.frame.rgb, width)))]


def _signal(report: LiveReport, width: int) -> Rgb8:
    return signal_colours(sized(report.frame.rgb, width))


def _waveform(report: LiveReport, width: int) -> Rgb8:
    import cv2

    picture = sized(report.frame.rgb, width)
    counts = waveform(picture, picture.shape[1], _WAVEFORM_LEVELS)
    tall = _as_light(counts)
    size = picture.shape[1::-1]
    return np.repeat(
        np.asarray(cv2.resize(tall, size, interpolation=cv2.INTER_NEAREST))[..., None], 3, axis=2
    )


def _vectorscope(report: LiveReport, width: int) -> Rgb8:
    import cv2

    picture = sized(report.frame.rgb, width)
    size = min(_VECTORSCOPE_SIZE, picture.shape[0]) // 2 * 2 + 1
    scope = np.zeros((size, size, 3), np.uint8)
    middle, radius = (size // 2, size // 2), size // 2 - 1
    cv2.circle(scope, middle, radius, _RING, 1)
    cv2.line(scope, (0, size // 2), (size - 1, size // 2), (40, 46, 56), 1)
    cv2.line(scope, (size // 2, 0), (size // 2, size - 1), (40, 46, 56), 1)
    skin = np.radians(_SKIN_DEGREES)
    end = (round(middle[0] + radius * np.cos(skin)), round(middle[1] - radius * np.sin(skin)))
    cv2.line(scope, middle, end, _SKIN, 1)
    light = _as_light(vectorscope(picture, size, _VECTORSCOPE_REACH)).astype(np.float32) / 255
    # Rare colours stay in sight: a quarter of a trace's light is its being there.
    light = np.where(light > 0, 0.25 + 0.75 * light, 0.0)[..., None]
    colours = vectorscope_colours(size, _VECTORSCOPE_REACH)
    return np.asarray(scope * (1 - light) + colours * light, np.uint8)


def _as_light(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    # The square root keeps small heaps in sight.
    light = np.sqrt(counts / max(1, counts.max())) * 255
    return np.asarray(light, np.uint8)


def _depth(report: LiveReport, width: int) -> Rgb8:
    import cv2

    picture = sized(report.frame.rgb, width)
    if report.depth is None:
        return picture // 3
    near, far = depth_ends(report.depth)
    depth_m = cv2.resize(
        report.depth.depth.depth_m, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST
    )
    levels = np.nan_to_num(255 * (far - depth_m) / max(far - near, 1e-6), nan=0.0).clip(0, 255)
    colours = cv2.applyColorMap(levels.astype(np.uint8), cv2.COLORMAP_VIRIDIS)[..., ::-1]
    return np.where(np.isfinite(depth_m)[..., None], colours, np.uint8(0))


def depth_ends(subject: SubjectDepth) -> tuple[float, float]:
    """Return the nearest and the farthest distance that the depth view tells apart, metres."""
    seen = subject.depth.depth_m[np.isfinite(subject.depth.depth_m)]
    if not seen.size:
        return 0.0, 0.0
    near, far = np.percentile(seen, _DEPTH_PERCENT)
    return float(near), float(far)


def _cut_out_on(backdrop: tuple[int, int, int]) -> Callable[[LiveReport, int], Rgb8]:
    def drawn(report: LiveReport, width: int) -> Rgb8:
        import cv2

        picture = sized(report.frame.rgb, min(width, _CUT_OUT_WIDTH))
        if report.matte is None:
            return picture
        alpha = cv2.resize(report.matte.alpha, picture.shape[1::-1], interpolation=cv2.INTER_AREA)
        return over_backdrop(picture, alpha, backdrop)

    return drawn


def cut_out_before(report: LiveReport, width: int, background: Rgb8) -> Rgb8:
    """Return the live cut-out before a picture, which fills the frame and is cut where it is more.

    Parameters
    ----------
    report : LiveReport
    width : int, pixels
    background : (h, w, 3) uint8, encoded

    Returns
    -------
    (h, w, 3) uint8, encoded; the background alone until there is a matte
    """
    import cv2

    picture = sized(report.frame.rgb, min(width, _CUT_OUT_WIDTH))
    behind = _filling(background, picture.shape[1::-1])
    if report.matte is None:
        return behind
    alpha = cv2.resize(report.matte.alpha, picture.shape[1::-1], interpolation=cv2.INTER_AREA)
    return over_backdrop(picture, alpha, behind)


def _filling(picture: Rgb8, size: tuple[int, int]) -> Rgb8:
    """Return the middle of a picture, of the given (width, height)."""
    import cv2

    height, width = picture.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    cut = (min(width, round(size[0] / scale)), min(height, round(size[1] / scale)))
    left, top = (width - cut[0]) // 2, (height - cut[1]) // 2
    middle = picture[top : top + cut[1], left : left + cut[0]]
    return np.asarray(cv2.resize(middle, size, interpolation=cv2.INTER_AREA), np.uint8)


#: From its name to (report, width in pixels) -> (h, w, 3) uint8, encoded.
VIEWS: dict[str, Callable[[LiveReport, int], Rgb8]] = {
    "picture": _picture,
    "zones": _zones,
    "signal": _signal,
    "waveform": _waveform,
    "vectorscope": _vectorscope,
    "depth": _depth,
    **{f"cut-out on {name}": _cut_out_on(colour) for name, colour in BACKDROPS.items()},
}
EXPOSURE_VIEWS = ("zones", "signal", "waveform", "vectorscope")
#: The one view that needs a picture beside the report; see `cut_out_before`.
NEW_BACKGROUND = "cut-out on the new background"
CUT_OUT_VIEWS = (*(name for name in VIEWS if name.startswith("cut-out")), NEW_BACKGROUND)
#: On these a place of the picture is where it is in the picture.
PLAIN_VIEWS = ("picture", "zones", "signal", "depth")


def legend(view: str, report: LiveReport) -> Legend:
    """Return what the colours of a view mean."""
    if view == "zones":
        return tuple(
            (_as_rgb(colour), "18 %" if k == MIDDLE_ZONE else f"{_zone_stops(k):+.2g}")
            for k, colour in enumerate(ZONE_COLOURS)
        )
    if view == "signal":
        return tuple((colour, name) for _, colour, name in SIGNAL_BANDS if colour)
    if view == "vectorscope":
        return ((_RING, "a quarter of full saturation"), (_SKIN, "skin"))
    if view == "depth" and report.depth is not None:
        return _depth_legend(report.depth)
    return ()


def _zone_stops(zone: int) -> float:
    """Return the stops that a zone stands for: halves beside middle grey, whole ones beyond."""
    away = zone - MIDDLE_ZONE
    return 0.5 * away if abs(away) <= 1 else away - (1 if away > 0 else -1)


def _depth_legend(subject: SubjectDepth) -> Legend:
    import cv2

    near, far = depth_ends(subject)
    shares = np.linspace(1.0, 0.0, _DEPTH_STEPS)
    levels = np.round(255 * shares).astype(np.uint8)[:, None]
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS)[:, 0, ::-1]
    unit = "m" if subject.depth.metric else "(order only)"
    return tuple(
        (_as_rgb(colour), f"{far + share * (near - far):.2f} {unit}")
        for colour, share in zip(colours, shares, strict=True)
    )


def _as_rgb(colour: npt.NDArray[np.uint8]) -> tuple[int, int, int]:
    red, green, blue = (int(channel) for channel in colour)
    return red, green, blue

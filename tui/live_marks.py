"""What is drawn over live view: outline and places of findings, heat, zebra, peaking, grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from capture.forecasting.heat_map import BRIGHTEST
from capture.metering.scopes import in_focus
from capture.metering.separation import separation_map
from capture.metering.zones import zebra
from capture.set_pictures import SetPictures
from tui.live_views import Legend, sized

if TYPE_CHECKING:
    from capture.live import LiveReport

Rgb8 = npt.NDArray[np.uint8]

_SILHOUETTE, _PEAKING, _GRID = (88, 166, 255), (255, 90, 200), (200, 205, 212)
_PLACE = {"fail": (255, 107, 94), "warn": (242, 184, 75)}
#: Zebra marks what clips; its stripes are this wide, pixels.
_ZEBRA_PERCENT, _STRIPE = 99.0, 4
#: Peaking is shown within this share of the width from the subject's outline.
_PEAKING_REACH = 0.02
#: ΔE from which an edge is drawn as wholly apart.
_APART = 25.0
#: The last shot shines through at this share.
_ONION = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Aids:
    """What marks are drawn from beside the report.

    last_shot : (h, w, 3) uint8, encoded, or None
    margin_percent : float
        Of each side, what the profile wants free around the subject; 0 where it wants nothing.
    pictures : SetPictures
    """

    last_shot: Rgb8 | None = None
    margin_percent: float = 0.0
    pictures: SetPictures = field(default_factory=SetPictures)


def _silhouette(picture: Rgb8, report: LiveReport, _aids: Aids) -> Rgb8:
    import cv2

    if report.silhouette is not None:
        smooth = _mask(report, picture.shape[1::-1])
        contours, _ = cv2.findContours(smooth, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        cv2.drawContours(picture, contours, -1, _SILHOUETTE, 1)
    scale = picture.shape[1] / report.frame.rgb.shape[1]
    for finding in report.findings:
        if finding.region and finding.level in _PLACE and "separation" in finding.check:
            x, y, w, h = (round(side * scale) for side in finding.region)
            cv2.rectangle(picture, (x, y), (x + w, y + h), _PLACE[finding.level], 1)
    return picture


def _mask(report: LiveReport, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    import cv2

    assert report.silhouette is not None
    mask = report.silhouette.mask.astype(np.uint8) * 255
    smooth = cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR) > 127
    return np.asarray(smooth, np.uint8)


def _zebra(picture: Rgb8, report: LiveReport, _aids: Aids) -> Rgb8:
    clips = zebra(sized(report.frame.rgb, picture.shape[1]), _ZEBRA_PERCENT)
    rows, columns = np.indices(picture.shape[:2])
    picture[clips & ((rows + columns) // _STRIPE % 2 == 0)] = 0
    return picture


def _peaking(picture: Rgb8, report: LiveReport, _aids: Aids) -> Rgb8:
    import cv2

    sharp = in_focus(report.frame.rgb).astype(np.float32)
    size = picture.shape[1::-1]
    seen = cv2.resize(sharp, size, interpolation=cv2.INTER_AREA) > 0
    if report.silhouette is not None:
        reach = 2 * max(1, round(_PEAKING_REACH * size[0])) + 1
        mask, kernel = _mask(report, size), np.ones((reach, reach), np.uint8)
        seen &= cv2.dilate(mask, kernel) != cv2.erode(mask, kernel)
    picture[seen] = _PEAKING
    return picture


def _separation(picture: Rgb8, report: LiveReport, _aids: Aids) -> Rgb8:
    seen = report.silhouette
    if seen is None:
        return picture
    width, height = seen.size
    heat = separation_map(report.measurement.edge, seen.rings, (height, width))
    return _laid_over(picture, 1.0 - heat / _APART)


def _forecast(picture: Rgb8, report: LiveReport, _aids: Aids) -> Rgb8:
    foretold = report.measurement.forecast
    return picture if foretold is None else _laid_over(picture, foretold.heat / BRIGHTEST)


def _laid_over(picture: Rgb8, share: npt.NDArray[np.float32]) -> Rgb8:
    """Draw shares of the worst, NaN where nothing is, in the colours of Viridis."""
    import cv2

    small = cv2.resize(share, picture.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    levels = np.round(255 * np.nan_to_num(small, nan=0.0).clip(0, 1)).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_VIRIDIS)[..., ::-1]
    return np.where(np.isfinite(small)[..., None], colours, picture)


def _grid(picture: Rgb8, _report: LiveReport, aids: Aids) -> Rgb8:
    height, width = picture.shape[:2]
    for k in (1, 2):
        picture[round(k * height / 3), :] = _GRID
        picture[:, round(k * width / 3)] = _GRID
    if aids.margin_percent > 0:
        import cv2

        x, y = (round(side * aids.margin_percent / 100) for side in (width, height))
        cv2.rectangle(picture, (x, y), (width - 1 - x, height - 1 - y), _PLACE["warn"], 1)
    return picture


def _last_shot(picture: Rgb8, _report: LiveReport, aids: Aids) -> Rgb8:
    import cv2

    if aids.last_shot is None:
        return picture
    laid = cv2.resize(aids.last_shot, picture.shape[1::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.addWeighted(picture, 1 - _ONION, laid, _ONION, 0), np.uint8)


def _layout(picture: Rgb8, _report: LiveReport, aids: Aids) -> Rgb8:
    """Let the layout shine through, fitted into the middle of the frame."""
    import cv2

    layout = aids.pictures.layout
    if layout is None:
        return picture
    height, width = picture.shape[:2]
    scale = min(width / layout.shape[1], height / layout.shape[0])
    size = (max(1, round(layout.shape[1] * scale)), max(1, round(layout.shape[0] * scale)))
    laid = cv2.resize(layout, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    below = picture[top : top + size[1], left : left + size[0]]
    share = _ONION / 255 * laid[..., 3:]
    below[:] = np.round(below + share * (laid[..., :3] - below)).astype(np.uint8)
    return picture


#: From its name to (picture to draw on, report, aids) -> picture, in the order of drawing.
MARKS: dict[str, Callable[[Rgb8, LiveReport, Aids], Rgb8]] = {
    "last shot": _last_shot,
    "layout": _layout,
    "zebra": _zebra,
    "separation": _separation,
    "forecast": _forecast,
    "peaking": _peaking,
    "silhouette": _silhouette,
    "grid": _grid,
}
#: These have a meaning on a cut-out too.
CUT_OUT_MARKS = frozenset({"layout"})
#: Of these one at a time, since they are drawn at the same places.
EDGE_MARKS = ("separation", "forecast", "peaking")


def legend(mark: str) -> Legend:
    """Return what the colours of a mark along the edge mean."""
    if mark == "separation":
        ends = (f"apart by ΔE {_APART:.0f}", "half of it", "merges")
    elif mark == "forecast":
        ends = ("edge exact", f"off by {BRIGHTEST / 2:g} ‰", f"by {BRIGHTEST:g} ‰ of the width")
    elif mark == "peaking":
        return ((_PEAKING, "sharp"),)
    else:
        return ()
    return tuple(zip(((68, 1, 84), (33, 145, 140), (253, 231, 37)), ends, strict=True))

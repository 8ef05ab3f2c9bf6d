"""Set drift: what has changed since a reference frame, in the photographer's units.

Only what stands still is compared: the subject, then and now, is left out. The frames are first
laid on each other (enhanced correlation coefficient, Evangelidis and Psarakis 2008,
doi 10.1109/TPAMI.2008.113), which tells how the camera has moved, and light is then compared
place by place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from capture.metering.framing import framing
from matting.imaging.colour import delta_e_2000, linear_srgb_to_lab, luminance
from matting.imaging.curves import SRGB

FloatImage = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

#: Frames are compared at this width.
_WIDTH = 480
#: Around the subject, as a share of the width, nothing is compared: hair, and its own shadow.
_AROUND_SUBJECT = 0.03
#: What a set must show for the camera's motion to be told: the deviation of its fine detail, in
#: codes of 0 to 1, against about 0.005 of noise.
_LEAST_DETAIL = 0.012
#: Frames that match less well than this do not show the same set.
_LEAST_CORRELATION = 0.6
_ROWS, _COLUMNS = 2, 3
_LEAST_PIXELS = 200
#: Light outside of this range of a live frame's codes is clipped or noise.
_DARKEST, _BRIGHTEST = 0.01, 0.9


@dataclass(frozen=True, slots=True)
class CameraMotion:
    """How the camera has moved: shift of the set in percent of the width, turn and zoom."""

    right_percent: float
    down_percent: float
    turned_deg: float
    zoomed_percent: float

    def largest_percent(self) -> float:
        """Return the largest shift of any place of a 3:2 picture, percent of the width."""
        corner = math.hypot(0.5, 1 / 3)
        turn = 100 * corner * abs(math.radians(self.turned_deg))
        zoom = corner * abs(self.zoomed_percent)
        return math.hypot(self.right_percent, self.down_percent) + turn + zoom


@dataclass(frozen=True, slots=True)
class LightChange:
    """How light has changed where it did most: stops, place in words, box in pixels."""

    stops: float
    place: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Drift:
    """What has changed since the reference; None or NaN where it cannot be told.

    Parameters
    ----------
    camera : CameraMotion or None
        None where the set shows too little detail to tell.
    light : LightChange or None
        In pixels of the frame.
    white_balance_delta_e : float
        CIEDE2000 of a mid grey then and now.
    tint : str
        "warmer", "cooler", "greener" or "more magenta".
    subject_scale_percent : float
        By how much the subject's box is larger; negative when smaller.
    subject_shift_percent : float
        How far its middle has moved, percent of the width.
    """

    camera: CameraMotion | None
    light: LightChange | None
    white_balance_delta_e: float
    tint: str
    subject_scale_percent: float
    subject_shift_percent: float


def drift(
    reference: npt.NDArray[np.uint8],
    frame: npt.NDArray[np.uint8],
    subject_then: Mask | None = None,
    subject_now: Mask | None = None,
    settings_stops: float = 0.0,
) -> Drift:
    """Compare a frame with the reference.

    Parameters
    ----------
    reference, frame : (H, W, 3) uint8, sRGB, of the same proportions
    subject_then, subject_now : (h, w) bool or None
        Silhouettes, covering the same view, at any size.
    settings_stops : float
        By how much the camera's settings alone make the frame brighter than the reference; what
        they explain is no change of light.

    Notes
    -----
    Light that changes on the subject alone is not seen here. A change of both lights and white
    balance that cancel is none. Where the preview's gain is automatic, light cannot be compared.
    """
    size = _size_of(reference)
    then, now = (_resized(image, size) for image in (reference, frame))
    still = ~(_around(subject_then, size) | _around(subject_now, size))
    motion, warp = _motion(then, now, still)
    aligned, valid = _aligned(now, warp, size)
    light, ratios = _light(then, aligned, still & valid, settings_stops)
    if light is not None:
        scale = frame.shape[1] / size[0]
        x, y, width, height = (round(scale * side) for side in light.box)
        light = LightChange(light.stops, light.place, (x, y, width, height))
    delta_e, tint = _white_balance(ratios)
    scaled, shifted = _subject(subject_then, subject_now)
    return Drift(motion, light, delta_e, tint, scaled, shifted)


def _size_of(image: npt.NDArray[np.uint8]) -> tuple[int, int]:
    height, width = image.shape[:2]
    return _WIDTH, max(1, round(height * _WIDTH / width))


def _resized(image: npt.NDArray[np.uint8], size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    import cv2

    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _around(mask: Mask | None, size: tuple[int, int]) -> Mask:
    """Return where the subject is or may be."""
    import cv2

    if mask is None:
        return np.zeros(size[::-1], bool)
    there = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
    side = 2 * round(_AROUND_SUBJECT * size[0]) + 1
    return np.asarray(cv2.dilate(there, np.ones((side, side), np.uint8)) > 0)


def _motion(
    then: npt.NDArray[np.uint8], now: npt.NDArray[np.uint8], still: Mask
) -> tuple[CameraMotion | None, npt.NDArray[np.float32]]:
    """Return how the set has moved in the picture, and the 2 x 3 matrix from then to now."""
    import cv2

    unmoved = np.eye(2, 3, dtype=np.float32)
    fine = [_detail(image) for image in (then, now)]
    if min(float(each[still].std()) if still.any() else 0.0 for each in fine) < _LEAST_DETAIL:
        return None, unmoved
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 100, 1e-5)
    warp = _coarse_shift(fine, still)
    try:
        correlation, warp = cv2.findTransformECC(
            fine[0], fine[1], warp, cv2.MOTION_AFFINE, criteria, still.astype(np.uint8), 5
        )
    except cv2.error:  # it raises where it does not converge
        return None, unmoved
    if correlation < _LEAST_CORRELATION:
        return None, unmoved
    height, width = still.shape
    middle = np.array([width / 2, height / 2, 1.0])
    right, down = warp @ middle - middle[:2]
    zoom = math.sqrt(abs(float(np.linalg.det(warp[:, :2].astype(np.float64)))))
    turn = math.degrees(math.atan2(warp[1, 0] - warp[0, 1], warp[0, 0] + warp[1, 1]))
    motion = CameraMotion(
        100 * float(right) / width, 100 * float(down) / width, turn, 100 * (zoom - 1)
    )
    return motion, np.asarray(warp, np.float32)


def _coarse_shift(fine: list[FloatImage], still: Mask) -> npt.NDArray[np.float32]:
    """Return a first guess of the motion, by phase correlation of what stands still."""
    import cv2

    window = cv2.GaussianBlur(still.astype(np.float32), (0, 0), 5)
    (right, down), _ = cv2.phaseCorrelate(fine[0] * window, fine[1] * window)
    return np.array([[1, 0, right], [0, 1, down]], np.float32)


def _detail(image: npt.NDArray[np.uint8]) -> FloatImage:
    """Return the picture without what light changes: what is coarser than 1/30 of the width."""
    import cv2

    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), _WIDTH / 30), np.float32)


def _aligned(
    now: npt.NDArray[np.uint8], warp: npt.NDArray[np.float32], size: tuple[int, int]
) -> tuple[npt.NDArray[np.uint8], Mask]:
    """Return the frame laid on the reference, and where it has pixels there."""
    import cv2

    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    laid = cv2.warpAffine(now, warp, size, flags=flags)
    everywhere = np.full(size[::-1], 255, np.uint8)
    return np.asarray(laid, np.uint8), cv2.warpAffine(everywhere, warp, size, flags=flags) == 255


def _light(
    then: npt.NDArray[np.uint8],
    now: npt.NDArray[np.uint8],
    comparable: Mask,
    settings_stops: float,
) -> tuple[LightChange | None, npt.NDArray[np.float64]]:
    """Return the largest change of light among the cells, and each channel's ratio in stops."""
    before, after = SRGB.decode(then), SRGB.decode(now)
    within = comparable.copy()
    for light in (before, after):
        within &= (light.min(axis=-1) > _DARKEST) & (light.max(axis=-1) < _BRIGHTEST)
    if within.sum() < _LEAST_PIXELS:
        return None, np.full(3, math.nan)
    channels = np.log2(after[within] / before[within])
    stops = np.full(within.shape, np.nan, np.float32)
    stops[within] = np.log2(luminance(after[within]) / luminance(before[within])) - settings_stops
    height, width = within.shape
    changes = []
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            top, bottom = row * height // _ROWS, (row + 1) * height // _ROWS
            left, right = column * width // _COLUMNS, (column + 1) * width // _COLUMNS
            cell = stops[top:bottom, left:right]
            cell = cell[np.isfinite(cell)]
            if len(cell) >= _LEAST_PIXELS:
                box = (left, top, right - left, bottom - top)
                changes.append(LightChange(float(np.median(cell)), _PLACES[row][column], box))
    largest = max(changes, key=lambda change: abs(change.stops)) if changes else None
    return largest, np.asarray(np.median(channels, axis=0), np.float64)


_PLACES = (
    ("upper left", "upper middle", "upper right"),
    ("lower left", "lower middle", "lower right"),
)


def _white_balance(channel_stops: npt.NDArray[np.float64]) -> tuple[float, str]:
    """Return CIEDE2000 of a mid grey under the change of the channels, and its tint in words."""
    if not np.isfinite(channel_stops).all():
        return math.nan, ""
    gains = 2.0 ** (channel_stops - channel_stops[1])
    grey = np.full((1, 3), 0.18, np.float32)
    tinted = (grey * gains).astype(np.float32)
    tinted *= float(luminance(grey)[0] / luminance(tinted)[0])
    pair = (linear_srgb_to_lab(grey, "D65"), linear_srgb_to_lab(tinted, "D65"))
    red, green, blue = channel_stops
    if abs(red - blue) >= abs(green - (red + blue) / 2):
        tint = "warmer" if red > blue else "cooler"
    else:
        tint = "greener" if green > (red + blue) / 2 else "more magenta"
    return float(delta_e_2000(*pair)[0]), tint


def _subject(then: Mask | None, now: Mask | None) -> tuple[float, float]:
    """Return by how much the subject is larger, and how far it has moved, in percent."""
    before = framing(then) if then is not None else None
    after = framing(now) if now is not None else None
    if then is None or now is None or before is None or after is None:
        return math.nan, math.nan
    places = []
    for found, mask in ((before, then), (after, now)):
        x, y, width, height = (side / mask.shape[1] for side in found.box)
        places.append((x + width / 2, y + height / 2, math.sqrt(found.share)))
    (x0, y0, size0), (x1, y1, size1) = places
    return 100 * (size1 / size0 - 1), 100 * math.hypot(x1 - x0, y1 - y0)

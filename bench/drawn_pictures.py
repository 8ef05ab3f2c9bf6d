"""Pictures drawn at random, with their true alpha, to train on: nobody's photographs.

Subjects are blobs that end in hair, fur, wires, lace, glass, a blurred or a hard edge; some are
white before white paper, some fur lies before what is like it. Some stand on a table; they throw
shadows, and unwanted things stand beside them. Outlines are drawn finer than they are used.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bench.drawn_light import Table, light_left, light_of, rounded, shaded, table_under, with_table
from bench.drawn_surfaces import (
    FINE,
    Random,
    backdrop,
    ellipse_behind,
    fibres,
    grain,
    shelves,
    surface,
    thing_beside,
)
from matting.imaging.curves import SRGB

KINDS = ("hair", "fur", "hard", "soft", "wires", "lace", "glass")
#: Widths of a subject's strands, pixels of the fine picture.
_WIDTHS = ((1, 1, 1, 2), (1, 2, 3), (1, 1, 2, 4))
#: How often each kind of subject is drawn.
SHARES = (0.3, 0.16, 0.14, 0.1, 0.1, 0.08, 0.12)
#: How many of the pictures are of a set made with care; of those, how many of white paper.
_WITH_CARE, _WHITE = 0.45, 0.25
#: How often something unwanted stands beside the subject, and how often there are two.
_BESIDE, _CAREFULLY_BESIDE, _TWO_BESIDE = 0.35, 0.2, 0.3
_SHELVES, _FIBRES, _LIKE_THE_SUBJECT, _ROUNDED, _OF_PARTS = 0.25, 0.35, 0.4, 0.5, 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A drawn picture.

    Parameters
    ----------
    rgb : (H, W, 3) uint8, encoded
    behind : (H, W, 3) float32, encoded, 0 to 255
        What stands behind the subject, in the light that the subject leaves, without noise.
    empty : (H, W, 3) float32, encoded, 0 to 255
        The same in all of the light, as without the subject.
    alpha : (H, W) float32, true
    solid : (H, W) bool
        What a depth sensor may see of the subject.
    things : tuple of (H, W) bool
        What stands between subject and backdrop, one before the other.
    beside : tuple of (H, W) bool
        Unwanted things as near as the subject, as far as it does not cover them.
    table : Table or None
        What the subject stands on.
    with_care : bool
        A plain backdrop behind, little noise: a set on which little goes wrong.
    """

    rgb: np.ndarray
    behind: np.ndarray
    empty: np.ndarray
    alpha: np.ndarray
    solid: np.ndarray
    things: tuple[np.ndarray, ...]
    beside: tuple[np.ndarray, ...]
    table: Table | None
    with_care: bool


def drawn_picture(random: Random, side: int) -> Drawn:
    """Return a square picture of a subject before a background."""
    kind = str(random.choice(KINDS, p=SHARES))
    alpha, solid = subject(random, side, kind)
    with_care = random.random() < _WITH_CARE
    white = with_care and random.random() < _WHITE
    table = table_under(random, solid) if solid.any() else None
    if with_care:
        empty, things = backdrop(random, side, white), ()
    else:
        empty, things = _background(random, side)
    front = _front(random, side, empty, kind, white)
    if kind in ("hair", "fur") and random.random() < _FIBRES:
        front, empty = _with_fibres(random, front, empty, with_care)
    if table is not None:
        empty = with_table(random, empty, table)
        things = tuple(thing & (table.below_back(side) < 1) for thing in things)
    if kind != "glass" and random.random() < _ROUNDED:
        front = rounded(random, front, alpha)
    left = light_left(random, alpha, table)
    often = _CAREFULLY_BESIDE if with_care else _BESIDE
    beside: list[np.ndarray] = []
    unwanted = random.random() < often and bool(solid.any())
    for _ in range(unwanted * (1 + (random.random() < _TWO_BESIDE))):
        thing = thing_beside(random, solid)
        own = surface(random, side, plain=random.random() < 0.7)
        empty = thing[..., None] * own + (1 - thing[..., None]) * empty
        beside.append((thing > 0.5) & ~solid)
    behind = shaded(empty, left) if left.min() < 1 else empty
    front = np.clip(front, 0, 255)
    if random.random() < 0.5:  # light mixes before the camera's curve; most composites do after it
        light = alpha[..., None] * light_of(front) + (1 - alpha[..., None]) * light_of(behind)
        mixed = SRGB.encode(np.ascontiguousarray(light, np.float32), 8).astype(np.float32)
    else:
        mixed = alpha[..., None] * front + (1 - alpha[..., None]) * behind
    rgb = as_taken(random, mixed, 1.5 if with_care else 5.0)
    return Drawn(rgb, behind, empty, alpha, solid, things, tuple(beside), table, with_care)


def as_taken(random: Random, encoded: np.ndarray, noisiest: float = 5.0) -> np.ndarray:
    """Return (H, W, 3) uint8: a picture with a camera's noise, softness and compression."""
    height, width = encoded.shape[:2]
    noise = random.standard_normal((height, width, 3), np.float32) * random.uniform(0, noisiest)
    if random.random() < 0.5:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.6)
    if random.random() < 0.3:
        encoded = cv2.GaussianBlur(encoded, (0, 0), random.uniform(0.3, 0.8))
    rgb = np.clip(np.round(encoded + noise), 0, 255).astype(np.uint8)
    if random.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(70, 98))]
        rgb = cv2.imdecode(cv2.imencode(".jpg", rgb, quality)[1], cv2.IMREAD_COLOR)
    return rgb


def _background(random: Random, side: int) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return colours of what is behind, and the things in it that stand before the backdrop."""
    if random.random() < _SHELVES:
        behind, forward = shelves(random, side)
        things: tuple[np.ndarray, ...] = (forward,)
    else:
        behind = surface(random, side, plain=random.random() < 0.3)
        things = tuple(ellipse_behind(random, side) for _ in range(int(random.integers(0, 4))))
        for thing in things:
            behind = np.where(thing[..., None], surface(random, side, plain=True), behind)
    if random.random() < 0.6:
        behind = cv2.GaussianBlur(behind, (0, 0), random.uniform(0.8, 12))
    return behind, things


def _front(random: Random, side: int, behind: np.ndarray, kind: str, white: bool) -> np.ndarray:
    front = surface(random, side, plain=random.random() < 0.5)
    if random.random() < _OF_PARTS:  # a face and hair, a shirt and trousers
        for _ in range(int(random.integers(1, 4))):
            spread = cv2.resize(grain(random, 64, random.uniform(4, 13)), (side, side))
            part = (spread > random.uniform(-1, 1))[..., None]
            front = np.where(part, surface(random, side, plain=True), front)
    if kind in ("hair", "fur"):
        front = 0.5 * (front - front.mean((0, 1))) + front.mean((0, 1))
        front *= 1 + random.uniform(0, 0.3) * grain(random, side, random.uniform(0.7, 3))[..., None]
    if white and random.random() < 0.7:
        tone = random.uniform(175, 262) + random.normal(0, 3, 3)
        front = random.uniform(0, 0.3) * (front - front.mean((0, 1))) + tone
    elif random.random() < 0.3:  # a subject of the background's own colours
        apart = random.normal(0, 22, 3)
        front = front - front.mean((0, 1)) + behind.mean((0, 1)) + apart
    return np.clip(front, 0, 255).astype(np.float32)


def _with_fibres(
    random: Random, front: np.ndarray, behind: np.ndarray, with_care: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Return fur with its hairs, and a background that is like it or as it was."""
    over, under = fibres(random, len(front))
    tint = random.uniform(5, 35) * random.uniform(0.7, 1, 3)
    if not with_care and random.random() < _LIKE_THE_SUBJECT:
        tone = front.mean((0, 1)) + random.normal(0, 25, 3)
        behind = tone + random.uniform(0.3, 1) * (behind - behind.mean((0, 1)))
        behind = behind + under[..., None] * tint * random.uniform(0.5, 1.3)
        if random.random() < 0.5:
            behind = cv2.GaussianBlur(behind, (0, 0), random.uniform(0.6, 4))
        behind = np.clip(behind, 0, 255)
    return front + over[..., None] * tint, behind.astype(np.float32)


# --- subjects --------------------------------------------------------------------------------


def subject(random: Random, side: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return alpha, (side, side) float32, and what of it is solid, bool."""
    fine = FINE * side
    body, centre = _blob(random, fine)
    alpha = body
    if kind in ("hair", "fur"):
        alpha = np.maximum(body, _strands(random, body, centre, kind))
    elif kind == "wires":
        alpha = np.maximum(_wires(random, fine), body if random.random() < 0.7 else 0)
    elif kind == "lace":
        alpha = np.where(_lace(random, fine), body, 0).astype(np.uint8)
    reduced = cv2.resize(alpha, (side, side), interpolation=cv2.INTER_AREA)
    alpha = reduced.astype(np.float32) / 255
    solid = cv2.resize(body, (side, side), interpolation=cv2.INTER_AREA) > 127
    if kind == "wires":
        solid = alpha > 0.5
    if kind == "glass":
        alpha = _glass(random, alpha)
    blur = random.uniform(1, 7) if kind == "soft" else random.uniform(0, 1.2)
    if blur > 0.3:
        alpha = cv2.GaussianBlur(alpha, (0, 0), blur)
    if kind == "soft" and random.random() < 0.4:  # in focus at one end, out of it at the other
        sharp = reduced.astype(np.float32) / 255
        ramp = np.linspace(0, 1, side, dtype=np.float32)[:: int(random.choice([-1, 1]))]
        alpha = ramp * alpha + (1 - ramp) * sharp
    return alpha, solid


def _blob(random: Random, fine: int) -> tuple[np.ndarray, np.ndarray]:
    """Return (fine, fine) uint8, 0 or 255, and its middle (x, y)."""
    mask = np.zeros((fine, fine), np.uint8)
    middle = fine * random.uniform((0.35, 0.35), (0.65, 0.7))
    corners = int(random.integers(5, 13))
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    reach = fine * random.uniform(0.18, 0.45) * random.uniform(0.5, 1, corners)
    ring = middle + reach[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)
    cv2.fillPoly(mask, [ring.astype(np.int32)], 255)
    if random.random() < 0.45:  # shoulders, or a foot, down to the picture's edge
        half = fine * random.uniform(0.1, 0.4)
        low = int(middle[1] + fine * random.uniform(0.05, 0.2))
        foot = [middle - np.array([half / 3, 0]), middle + np.array([half / 3, 0])]
        foot += [np.array([middle[0] + half, low]), np.array([middle[0] + half, fine])]
        foot += [np.array([middle[0] - half, fine]), np.array([middle[0] - half, low])]
        cv2.fillPoly(mask, [np.array(foot, np.int32)], 255)
    for _ in range(int(random.integers(0, 4))):
        place = (fine * random.uniform(0.25, 0.75, 2)).astype(int).tolist()
        axes = (fine * random.uniform(0.015, 0.12, 2)).astype(int).tolist()
        filled = 255 if random.random() < 0.6 else 0
        cv2.ellipse(mask, place, axes, random.uniform(0, 180), 0, 360, filled, -1)
    smooth = cv2.GaussianBlur(mask, (0, 0), FINE * random.uniform(0.7, 12))
    return np.where(smooth > 127, 255, 0).astype(np.uint8), middle


def _strands(random: Random, body: np.ndarray, middle: np.ndarray, kind: str) -> np.ndarray:
    """Return hair that leaves the body's outline: long and of one fall, or short all around."""
    fine = body.shape[0]
    layer = np.zeros_like(body)
    outlines, _ = cv2.findContours(body, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return layer
    outline = max(outlines, key=len)[:, 0].astype(np.float64)
    is_fur = kind == "fur"
    count = int(len(outline) * random.uniform(0.15, 0.6) if is_fur else random.integers(60, 1200))
    longest = fine * (random.uniform(0.01, 0.05) if is_fur else random.uniform(0.03, 0.22))
    first = int(random.integers(len(outline)))
    share = 1.0 if is_fur else random.uniform(0.2, 1.0)
    fall = random.normal(0, 0.6, 2)
    wild, curl = random.uniform(0.1, 0.6), random.uniform(0, 0.25)
    steps = 4 if is_fur else 8
    widths = (1, 1, 2) if is_fur else _WIDTHS[int(random.integers(len(_WIDTHS)))]
    tufts = grain(random, 64, 3.0)[0]
    for _ in range(count):
        place = (first + int(random.uniform(0, share) * len(outline))) % len(outline)
        at = outline[place]
        out = (at - middle) / (np.linalg.norm(at - middle) + 1e-6)
        towards = out + fall + random.normal(0, wild, 2) + 0.4 * tufts[place * 64 // len(outline)]
        towards /= np.linalg.norm(towards) + 1e-6
        turn = random.normal(0, curl)
        cos, sin = np.cos(turn), np.sin(turn)
        stride = longest * random.uniform(0.3, 1) / steps
        line = [at - 2 * FINE * out]
        for _ in range(steps):
            line.append(line[-1] + stride * towards)
            towards = np.array(
                [cos * towards[0] - sin * towards[1], sin * towards[0] + cos * towards[1]]
            )
        width = int(random.choice(widths))
        half = len(line) // 2
        fixed = np.round(np.array(line) * 16).astype(np.int32)
        tone = int(random.uniform(120, 256))
        cv2.polylines(layer, [fixed[: half + 1]], False, 255, width, cv2.LINE_AA, 4)
        cv2.polylines(layer, [fixed[half:]], False, tone, max(1, width - 1), cv2.LINE_AA, 4)
    return layer


def _wires(random: Random, fine: int) -> np.ndarray:
    """Return springs, rods and twigs."""
    layer = np.zeros((fine, fine), np.uint8)
    for _ in range(int(random.integers(2, 9))):
        start, end = fine * random.uniform(0.15, 0.85, (2, 2))
        along = np.linspace(0, 1, 240)[:, None]
        across = np.array([start[1] - end[1], end[0] - start[0]])
        across /= np.linalg.norm(across) + 1e-6
        phase = 2 * np.pi * random.uniform(0, 20) * along
        reach = fine * random.uniform(0, 0.08)
        line = start + along * (end - start) + reach * np.sin(phase) * across
        line = line + 0.5 * reach * np.cos(phase) * (end - start) / (
            np.linalg.norm(end - start) + 1e-6
        )
        width = int(random.integers(2, 7 * FINE))
        fixed = np.round(line * 16).astype(np.int32)
        cv2.polylines(layer, [fixed], False, 255, width, cv2.LINE_AA, 4)
    return layer


def _lace(random: Random, fine: int) -> np.ndarray:
    """Return (fine, fine) bool: where a fabric with regular or torn holes is."""
    rows, columns = np.mgrid[:fine, :fine]
    if random.random() < 0.4:
        return grain(random, fine, FINE * random.uniform(1, 6)) > random.uniform(-0.6, 0.4)
    turn, period = random.uniform(0, np.pi), FINE * random.uniform(4, 20)
    across = np.cos(turn) * columns + np.sin(turn) * rows
    along = np.cos(turn) * rows - np.sin(turn) * columns
    wave = np.sin(2 * np.pi * across / period) * np.sin(2 * np.pi * along / period)
    return wave < random.uniform(-0.1, 0.7)


def _glass(random: Random, alpha: np.ndarray) -> np.ndarray:
    """Return alpha of something seen through: fainter within than at its rim."""
    inside = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    rim = np.exp(-inside / random.uniform(1, 15))
    level = random.uniform(0.1, 0.85) + random.uniform(0, 0.12) * grain(random, len(alpha), 8)
    through = np.clip(level + random.uniform(0, 0.5) * rim, 0.05, 1)
    part = grain(random, len(alpha), 25) < random.uniform(-0.5, 3)  # the rest is opaque
    return alpha * np.where(part, through, 1).astype(np.float32)

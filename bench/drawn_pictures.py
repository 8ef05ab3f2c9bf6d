"""Pictures drawn at random, with their true alpha, to train on: nobody's photographs.

Surfaces are of dead leaves: discs, boxes and polygons of falling size over one another, with
grain, stripes and a fall of light. Subjects are blobs that end in hair, fur, wires, lace, glass,
a blurred or a hard edge. Both are drawn three times as fine as they are used.

Baradad et al. 2021, arXiv:2106.05963, on learning from dead leaves.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from matting.imaging.curves import SRGB

Random = np.random.Generator

FINE = 3
KINDS = ("hair", "fur", "hard", "soft", "wires", "lace", "glass")
#: Widths of a subject's strands, pixels of the fine picture.
_WIDTHS = ((1, 1, 1, 2), (1, 2, 3), (1, 1, 2, 4))
_SHARES = (0.3, 0.16, 0.14, 0.1, 0.1, 0.08, 0.12)
#: How many of the pictures are of a set made with care.
_WITH_CARE = 0.45


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A drawn picture.

    Parameters
    ----------
    rgb : (H, W, 3) uint8, encoded
    behind : (H, W, 3) float32, encoded, 0 to 255
        What stands behind the subject, without noise.
    alpha : (H, W) float32, true
    solid : (H, W) bool
        What a depth sensor may see of the subject.
    things : tuple of (H, W) bool
        What stands between subject and backdrop, one before the other.
    with_care : bool
        A plain backdrop behind, little noise: a set on which little goes wrong.
    """

    rgb: np.ndarray
    behind: np.ndarray
    alpha: np.ndarray
    solid: np.ndarray
    things: tuple[np.ndarray, ...]
    with_care: bool


def drawn_picture(random: Random, side: int) -> Drawn:
    """Return a square picture of a subject before a background."""
    kind = str(random.choice(KINDS, p=_SHARES))
    with_care = random.random() < _WITH_CARE
    alpha, solid = subject(random, side, kind)
    count = 0 if with_care else int(random.integers(0, 4))
    things = tuple(_thing(random, side) for _ in range(count))
    behind = _backdrop(random, side) if with_care else _background(random, side, things)
    front = _front(random, side, behind, kind)
    if random.random() < 0.5:  # light mixes before the camera's curve; most composites do after it
        light = alpha[..., None] * _light(front) + (1 - alpha[..., None]) * _light(behind)
        mixed = SRGB.encode(np.ascontiguousarray(light, np.float32), 8).astype(np.float32)
    else:
        mixed = alpha[..., None] * front + (1 - alpha[..., None]) * behind
    rgb = as_taken(random, mixed, 1.5 if with_care else 5.0)
    return Drawn(rgb, behind, alpha, solid, things, with_care)


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


def _light(encoded: np.ndarray) -> np.ndarray:
    return SRGB.decode(np.clip(np.round(encoded), 0, 255).astype(np.uint8))


# --- surfaces --------------------------------------------------------------------------------


def _thing(random: Random, side: int) -> np.ndarray:
    mask = np.zeros((side, side), np.uint8)
    place = (side * random.uniform(0, 1, 2)).astype(int).tolist()
    axes = (side * random.uniform(0.03, 0.2, 2)).astype(int).tolist()
    cv2.ellipse(mask, place, axes, random.uniform(0, 180), 0, 360, 1, -1)
    return mask > 0


def _background(random: Random, side: int, things: tuple[np.ndarray, ...]) -> np.ndarray:
    behind = surface(random, side, plain=random.random() < 0.3)
    for thing in things:
        behind = np.where(thing[..., None], surface(random, side, plain=True), behind)
    if random.random() < 0.6:
        behind = cv2.GaussianBlur(behind, (0, 0), random.uniform(0.8, 12))
    return behind


def _backdrop(random: Random, side: int) -> np.ndarray:
    """Return paper or a wall: one colour, a fall of light and a trace of texture."""
    colour = random.uniform(20, 245) + random.normal(0, random.choice([2, 30]), 3)
    rows, columns = np.mgrid[:side, :side].astype(np.float32) / side
    middle, reach = random.uniform(0, 1, 2), random.uniform(0.4, 2)
    away = np.hypot(rows - middle[0], columns - middle[1])
    paper = colour * (1 - random.uniform(0, 0.4) * np.minimum(away / reach, 1.5)[..., None])
    grain = _grain(random, side, random.uniform(0.7, 4))
    paper += random.uniform(0, 2.5) * grain[..., None]
    return np.clip(paper, 0, 255).astype(np.float32)


def _front(random: Random, side: int, behind: np.ndarray, kind: str) -> np.ndarray:
    front = surface(random, side, plain=random.random() < 0.5)
    if kind in ("hair", "fur"):
        front = 0.5 * (front - front.mean((0, 1))) + front.mean((0, 1))
        front *= (
            1 + random.uniform(0, 0.3) * _grain(random, side, random.uniform(0.7, 3))[..., None]
        )
    if random.random() < 0.3:  # a subject of the background's own colours
        apart = random.normal(0, 22, 3)
        front = front - front.mean((0, 1)) + behind.mean((0, 1)) + apart
    return np.clip(front, 0, 255).astype(np.float32)


def surface(random: Random, side: int, plain: bool) -> np.ndarray:
    """Return (side, side, 3) float32, encoded codes: a surface, plain or of many leaves."""
    vivid, spread = random.uniform(2, 60), random.uniform(5, 60)
    middle = random.uniform(15, 240) + random.normal(0, vivid, 3)
    canvas = np.empty((side, side, 3), np.float32)
    canvas[:] = middle
    for _ in range(int(random.integers(0, 5 if plain else 160))):
        apart = spread * random.standard_normal() + 0.5 * vivid * random.standard_normal(3)
        colour = np.clip(middle + apart, 0, 255).tolist()
        size = min(0.5, 0.015 * random.pareto(1.4) + 0.01) * side
        x, y = random.uniform(0, side, 2)
        shape = random.integers(3)
        if shape == 0:
            axes = (max(1, int(size)), max(1, int(size * random.uniform(0.3, 1))))
            centre = (int(x), int(y))
            cv2.ellipse(
                canvas, centre, axes, random.uniform(0, 180), 0, 360, colour, -1, cv2.LINE_AA
            )
            continue
        corners = 4 if shape == 1 else int(random.integers(3, 8))
        angles = np.sort(random.uniform(0, 2 * np.pi, corners))
        ring = np.stack([x + size * np.cos(angles), y + size * np.sin(angles)], 1)
        cv2.fillPoly(canvas, [ring.astype(np.int32)], colour, cv2.LINE_AA)
    for sigma in (0.8, 3.0, 12.0):
        if random.random() < 0.5:
            tint = random.uniform(0.4, 1, 3)
            canvas += random.uniform(0, 22) * _grain(random, side, sigma)[..., None] * tint
    rows, columns = np.mgrid[:side, :side].astype(np.float32) / side - 0.5
    if random.random() < 0.25:
        turn, period = random.uniform(0, np.pi), random.uniform(0.01, 0.15)
        wave = np.sin(2 * np.pi * (columns * np.cos(turn) + rows * np.sin(turn)) / period)
        if random.random() < 0.5:
            wave = np.sign(wave)
        canvas += random.uniform(4, 45) * wave[..., None]
    fall = random.uniform(-70, 70, 2)
    canvas += (fall[0] * columns + fall[1] * rows)[..., None]
    return np.clip(canvas, 0, 255)


def _grain(random: Random, side: int, sigma: float) -> np.ndarray:
    noise = cv2.GaussianBlur(random.standard_normal((side, side), np.float32), (0, 0), sigma)
    return noise / noise.std()


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
    tufts = _grain(random, 64, 3.0)[0]
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
        return _grain(random, fine, FINE * random.uniform(1, 6)) > random.uniform(-0.6, 0.4)
    turn, period = random.uniform(0, np.pi), FINE * random.uniform(4, 20)
    across = np.cos(turn) * columns + np.sin(turn) * rows
    along = np.cos(turn) * rows - np.sin(turn) * columns
    wave = np.sin(2 * np.pi * across / period) * np.sin(2 * np.pi * along / period)
    return wave < random.uniform(-0.1, 0.7)


def _glass(random: Random, alpha: np.ndarray) -> np.ndarray:
    """Return alpha of something seen through: fainter within than at its rim."""
    inside = cv2.distanceTransform((alpha > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    rim = np.exp(-inside / random.uniform(1, 15))
    level = random.uniform(0.1, 0.85) + random.uniform(0, 0.12) * _grain(random, len(alpha), 8)
    through = np.clip(level + random.uniform(0, 0.5) * rim, 0.05, 1)
    part = _grain(random, len(alpha), 25) < random.uniform(-0.5, 3)  # the rest is opaque
    return alpha * np.where(part, through, 1).astype(np.float32)

"""Light in pictures that are drawn to train on: shadows, what they fall on, rounded subjects.

A shadow takes a share of the light and never changes alpha. It falls on a backdrop, the subject's
shape moved and enlarged; or along a table or floor that the subject stands on, its shape laid down
from the foot; there it is also dark where the two meet. Several lamps throw several, hard or soft.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from bench.drawn_surfaces import Random, surface
from matting.imaging.curves import SRGB

#: How often a subject that ends above the picture's lower edge stands on something; how often
#: there is any shadow.
_STANDING, _SHADOWED = 0.6, 0.65
#: A subject stands above this share of the picture's height, and the table is this much deeper.
_LOWEST_FOOT, _LEAST_TABLE = 0.95, 0.08


@dataclass(frozen=True, slots=True)
class Table:
    """A table or floor that the subject stands on.

    Parameters
    ----------
    foot, back : float
        Rows where the subject meets it and where it meets the backdrop, shares of the height.
    """

    foot: float
    back: float

    def below_back(self, side: int, softness: float = 0.0) -> np.ndarray:
        """Return (side, side) float32: 1 where the table is, over so many pixels at its back."""
        rows = np.arange(side, dtype=np.float32) + 0.5 - self.back * side
        share = np.clip(rows / max(softness, 1e-3) + 0.5, 0, 1)
        return np.repeat(share[:, None], side, axis=1).astype(np.float32)


def table_under(random: Random, solid: np.ndarray) -> Table | None:
    """Return what the subject stands on, if it ends within the picture and stands at all."""
    foot = (np.flatnonzero(solid.any(axis=1))[-1] + 1) / solid.shape[0]
    if foot > _LOWEST_FOOT or foot < 0.4 or random.random() > _STANDING:
        return None
    return Table(float(foot), float(random.uniform(0.15, foot - _LEAST_TABLE)))


def with_table(random: Random, backdrop: np.ndarray, table: Table) -> np.ndarray:
    """Return a backdrop's colours with the table before it: a sweep of one paper, or another."""
    side = len(backdrop)
    if random.random() < 0.6:
        top, softness = backdrop * random.uniform(0.75, 1.25), random.uniform(0.5, 0.25 * side)
    else:
        top, softness = surface(random, side, plain=random.random() < 0.7), 1.0
    share = table.below_back(side, softness)[..., None]
    return np.clip(share * top + (1 - share) * backdrop, 0, 255).astype(np.float32)


def light_left(random: Random, alpha: np.ndarray, table: Table | None) -> np.ndarray:
    """Return (side, side) float32, 0 to 1: the share of the light that the subject leaves.

    Parameters
    ----------
    random : Random
    alpha : (side, side) float32
        The subject; what is seen through throws a fainter shadow.
    table : Table or None
    """
    side = len(alpha)
    left = np.ones_like(alpha)
    if random.random() > _SHADOWED:
        return left
    on_table = np.zeros_like(alpha) if table is None else table.below_back(side)
    for _ in range(int(random.integers(1, 4))):
        share = random.uniform(0.05, 0.6)
        left *= 1 - share * (1 - on_table) * _on_backdrop(random, alpha)
        if table is not None:
            left *= 1 - share * on_table * _along(random, alpha, table)
    if table is not None:
        left *= 1 - random.uniform(0, 0.8) * on_table * _at_the_foot(random, alpha, table)
        left *= 1 - random.uniform(0, 0.7) * on_table * _under(random, alpha, table)
    return left


def _on_backdrop(random: Random, alpha: np.ndarray) -> np.ndarray:
    side = len(alpha)
    scale, away = random.uniform(0.95, 1.3), side * random.normal(0, 0.09, 2)
    motion = cv2.getRotationMatrix2D((side / 2, side / 2), 0, scale)
    motion[:, 2] += away
    return _softened(random, cv2.warpAffine(alpha, motion, (side, side)))


def _along(random: Random, alpha: np.ndarray, table: Table) -> np.ndarray:
    """Lay the subject down from its foot, to the back or to the front, aslant."""
    side, foot = len(alpha), table.foot * len(alpha)
    lean, down = random.normal(0, 0.8), random.uniform(-0.35, 0.5)
    down = down if abs(down) > 0.05 else 0.05
    # (x, y) to (x - lean (foot - y), foot - down (foot - y)): a point's height becomes a way.
    motion = np.array([[1, lean, -lean * foot], [0, down, foot - down * foot]])
    laid = cv2.warpAffine(alpha, motion, (side, side))
    deep = int(side * random.uniform(0.002, 0.08))  # what is as deep as this throws no thin line
    laid = cv2.dilate(laid, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (deep | 1, deep | 1)))
    soft = _softened(random, laid)
    # The farther from the foot, the softer.
    away = np.abs(np.arange(side, dtype=np.float32) - foot)[:, None]
    away = np.minimum(away / max(abs(down), 0.2) / (side * random.uniform(0.05, 0.6)), 1)
    return away * soft + (1 - away) * laid if random.random() < 0.5 else soft


def _at_the_foot(random: Random, alpha: np.ndarray, table: Table) -> np.ndarray:
    """Darken where light does not come in between the subject and what it stands on."""
    side, foot = len(alpha), round(table.foot * len(alpha))
    low = alpha.copy()
    low[: max(0, foot - int(side * random.uniform(0.01, 0.12)))] = 0
    wide, high = side * random.uniform(0.004, 0.05), side * random.uniform(0.002, 0.02)
    around = cv2.GaussianBlur(low, (0, 0), sigmaX=wide, sigmaY=high)
    return around / max(float(around.max()), 1e-3)


def _under(random: Random, alpha: np.ndarray, table: Table) -> np.ndarray:
    """Darken the round that a body hides from lamps above it, about its foot."""
    foot = round(table.foot * len(alpha))
    columns = np.flatnonzero(alpha[int(0.7 * foot) : foot].max(axis=0) > 0.5)
    round_ = np.zeros_like(alpha)
    if len(columns):
        half = 0.5 * (columns[-1] - columns[0] + 1) * random.uniform(0.5, 1.2)
        middle = (columns[0] + columns[-1]) / 2 + half * random.normal(0, 0.2)
        deep = half * random.uniform(0.08, 0.4)
        at = (int(middle), int(foot + deep * random.uniform(-0.8, 0.3)))
        cv2.ellipse(round_, at, (max(1, int(half)), max(1, int(deep))), 0, 0, 360, 1.0, -1)
    return _softened(random, round_)


def _softened(random: Random, mask: np.ndarray) -> np.ndarray:
    sigma = random.choice([0.5, random.uniform(1, 4), random.uniform(4, 20)])
    return cv2.GaussianBlur(mask, (0, 0), sigma)


def shaded(encoded: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return (H, W, 3) float32 codes of what only so much of the light falls on."""
    light = light_of(encoded) * left[..., None]
    return SRGB.encode(np.ascontiguousarray(light, np.float32), 8).astype(np.float32)


def light_of(encoded: np.ndarray) -> np.ndarray:
    """Return linear light of encoded codes, 0 to 255."""
    return SRGB.decode(np.clip(np.round(encoded), 0, 255).astype(np.uint8))


def rounded(random: Random, front: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Return a subject's colours as if it were round and lit from a side."""
    side = len(alpha)
    height = cv2.GaussianBlur(alpha, (0, 0), side * random.uniform(0.015, 0.1))
    slope = np.stack([cv2.Sobel(height, cv2.CV_32F, 1, 0), cv2.Sobel(height, cv2.CV_32F, 0, 1)])
    slope /= np.abs(slope).max() + 1e-6
    turn = random.uniform(0, 2 * np.pi)
    facing = np.cos(turn) * slope[0] + np.sin(turn) * slope[1]
    return front * (1 + random.uniform(0, 0.6) * facing)[..., None]

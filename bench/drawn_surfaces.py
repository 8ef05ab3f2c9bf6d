"""What pictures that are drawn to train on are covered with, and what stands about in them.

Surfaces are of dead leaves: discs, boxes and polygons of falling size over one another, with
grain, stripes and a fall of light. Backdrops are paper; shelves have boxes on their boards; fibres
are like fur. Unwanted things stand beside the subject, as near as it, touch it or end behind it.

Baradad et al. 2021, arXiv:2106.05963, on learning from dead leaves.
"""

from __future__ import annotations

import cv2
import numpy as np

Random = np.random.Generator

#: How much finer than the picture outlines are drawn.
FINE = 3


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
            canvas += random.uniform(0, 22) * grain(random, side, sigma)[..., None] * tint
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


def backdrop(random: Random, side: int, white: bool) -> np.ndarray:
    """Return paper or a wall: one colour, a fall of light and a trace of texture."""
    colour = random.uniform(20, 245) + random.normal(0, random.choice([2, 30]), 3)
    if white:
        colour = random.uniform(195, 262) + random.normal(0, 2, 3)
    rows, columns = np.mgrid[:side, :side].astype(np.float32) / side
    middle, reach = random.uniform(0, 1, 2), random.uniform(0.4, 2)
    away = np.hypot(rows - middle[0], columns - middle[1])
    paper = colour * (1 - random.uniform(0, 0.4) * np.minimum(away / reach, 1.5)[..., None])
    paper += random.uniform(0, 2.5) * grain(random, side, random.uniform(0.7, 4))[..., None]
    return np.clip(paper, 0, 255).astype(np.float32)


def grain(random: Random, side: int, sigma: float) -> np.ndarray:
    """Return (side, side) noise of unit deviation that neighbours share."""
    noise = cv2.GaussianBlur(random.standard_normal((side, side), np.float32), (0, 0), sigma)
    return noise / noise.std()


def fibres(random: Random, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two layers, (side, side), of unit deviation: hairs of one fall and thickness."""
    length, turn = int(random.integers(7, 31)), random.uniform(0, np.pi)
    brush = np.zeros((length, length), np.float32)
    middle, reach = (length - 1) / 2, length / 2
    ends = [
        (round(middle + sign * reach * np.cos(turn)), round(middle + sign * reach * np.sin(turn)))
        for sign in (-1, 1)
    ]
    cv2.line(brush, *ends, 1.0, 1, cv2.LINE_AA)
    finest = random.uniform(0.6, 1.6)
    layers = [
        cv2.filter2D(grain(random, side, finest), -1, brush, borderType=cv2.BORDER_REFLECT)
        for _ in range(2)
    ]
    return layers[0] / layers[0].std(), layers[1] / layers[1].std()


def ellipse_behind(random: Random, side: int) -> np.ndarray:
    """Return (side, side) bool: where a thing between subject and backdrop is."""
    mask = np.zeros((side, side), np.uint8)
    place = (side * random.uniform(0, 1, 2)).astype(int).tolist()
    axes = (side * random.uniform(0.03, 0.2, 2)).astype(int).tolist()
    cv2.ellipse(mask, place, axes, random.uniform(0, 180), 0, 360, 1, -1)
    return mask > 0


def shelves(random: Random, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the colours of a wall of shelves, (side, side, 3), and where something comes forward.

    The latter, (side, side) bool, are its boards and what stands on them.
    """
    wall = surface(random, side, plain=True)
    shade = random.uniform(0.3, 1)
    canvas, forward = shade * wall, np.zeros((side, side), np.uint8)
    pitch = int(side * random.uniform(0.2, 0.45))
    board = max(2, int(side * random.uniform(0.01, 0.04)))
    board_colour = random.uniform(20, 230) + random.normal(0, 25, 3)
    for low in range(int(random.uniform(0.3, 1) * pitch), side + pitch, pitch):
        x = int(-side * random.uniform(0, 0.1))
        while x < side:
            wide = int(side * random.uniform(0.02, 0.12))
            high = int(pitch * random.uniform(0.3, 0.9))
            colour = random.uniform(15, 240) + random.normal(0, 45, 3)
            if random.random() < 0.85:
                for layer, value in ((canvas, colour.tolist()), (forward, 1)):
                    cv2.rectangle(layer, (x, low - high), (x + wide, low), value, -1)
            x += wide + int(side * random.choice([0.005, 0.005, 0.05]))
        for layer, value in ((canvas, board_colour.tolist()), (forward, 1)):
            cv2.rectangle(layer, (0, low), (side, low + board), value, -1)
    canvas += random.uniform(0, 8) * grain(random, side, 1.0)[..., None]
    return np.clip(canvas, 0, 255).astype(np.float32), forward > 0


def thing_beside(random: Random, solid: np.ndarray) -> np.ndarray:
    """Return (side, side) float32 coverage of a thing at the subject's outline, near it or away.

    `solid` is (side, side) bool, the subject, and not empty.
    """
    side = solid.shape[0]
    outlines, _ = cv2.findContours(solid.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=len)[:, 0].astype(np.float64)
    at = outline[int(random.integers(len(outline)))]
    out = at - np.argwhere(solid).mean(axis=0)[::-1]
    out /= np.linalg.norm(out) + 1e-6
    reach = side * random.uniform(0.04, 0.2) * random.uniform(0.5, 1, 2)
    # From well overlapping to standing clear.
    centre = at + out * (reach.min() * random.uniform(0.3, 1.3) + side * random.uniform(0, 0.06))
    if random.random() < 0.3:
        centre = side * random.uniform(0, 1, 2)
    fine = np.zeros((FINE * side, FINE * side), np.uint8)
    turn = random.choice([0.0, random.uniform(0, 180)])
    place = (FINE * centre).tolist()
    if random.random() < 0.4:
        axes = tuple(int(FINE * each) for each in reach)
        cv2.ellipse(fine, [int(each) for each in place], axes, turn, 0, 360, 255, -1)
    else:
        box = cv2.boxPoints((place, tuple(2 * FINE * reach), turn))
        if random.random() < 0.4:
            box = box + reach.min() * FINE * random.uniform(-0.5, 0.5, box.shape)
        cv2.fillPoly(fine, [box.astype(np.int32)], 255)
        if random.random() < 0.5:
            smooth = cv2.GaussianBlur(fine, (0, 0), FINE * random.uniform(1, 6))
            fine = np.where(smooth > 127, 255, 0).astype(np.uint8)
    return cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255

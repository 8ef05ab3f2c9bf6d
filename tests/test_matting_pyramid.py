"""Solving small and carrying up: exact where alpha follows colour, faithful to what is known."""

from __future__ import annotations

from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matting import cutout
from matting.cancelling import MattingCancelledError
from matting.cutout import cut_out, estimate_alpha
from matting.imaging.curves import SRGB
from matting.imaging.pixels import EncodedPicture
from matting.linear_transfer import carry_alpha
from matting.metrics import evaluate
from matting.pyramid import Level, halved, halved_mean


def hairs(side: int = 256) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return picture, trimap and alpha: a dark disc with fine rays before a bright wall."""
    y, x = np.mgrid[:side, :side] / side - 0.5
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    rays = np.clip(np.cos(angle * 60) * 2 - 0.5, 0, 1) * np.clip((0.4 - radius) / 0.05, 0, 1)
    alpha = np.maximum(np.clip((0.28 - radius) / 0.02 + 0.5, 0, 1), rays).astype(np.float32)
    front = np.stack([0.25 + 0.1 * x, 0.15 + 0.1 * y, 0.1 + 0 * x], axis=-1)
    back = np.stack([0.7 + 0.1 * y, 0.75 + 0 * x, 0.8 - 0.1 * x], axis=-1)
    rgb = alpha[..., None] * front + (1 - alpha[..., None]) * back
    rgb += np.random.default_rng(0).normal(0, 0.003, rgb.shape)
    trimap = np.full(alpha.shape, 128, np.uint8)
    trimap[radius < 0.24], trimap[radius > 0.43] = 255, 0
    return rgb.astype(np.float32), trimap, alpha


@settings(max_examples=40)
@given(st.integers(2, 40), st.integers(2, 40), st.integers(0, 2**32 - 1))
def test_a_smaller_pixel_is_known_only_when_all_that_it_replaces_agree(height, width, seed) -> None:
    rng = np.random.default_rng(seed)
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), (height, width), p=[0.45, 0.1, 0.45])
    small = halved(Level(rng.random((height, width, 3), np.float32), trimap))
    assert small.trimap.shape == ((height + 1) // 2, (width + 1) // 2)
    for y, x in np.ndindex(small.trimap.shape):
        four = trimap[2 * y : 2 * y + 2, 2 * x : 2 * x + 2]
        alike = (four == four[0, 0]).all()
        assert small.trimap[y, x] == (four[0, 0] if alike else 128)


def test_halving_keeps_the_mean() -> None:
    image = np.random.default_rng(1).random((8, 6, 3), np.float32)
    assert halved_mean(image).mean() == pytest.approx(image.mean(), abs=1e-6)


def test_alpha_that_is_affine_in_colour_is_carried_up_exactly() -> None:
    rng = np.random.default_rng(2)
    rgb = rng.random((64, 48, 3), np.float32)
    alpha = (rgb @ np.array([0.3, 0.2, 0.4], np.float32) + 0.05).astype(np.float32)
    fine = Level(rgb, np.full(alpha.shape, 128, np.uint8))
    coarse = halved(fine)
    carried = carry_alpha(coarse, halved_mean(alpha), fine)
    np.testing.assert_allclose(carried, alpha, atol=0.02)


def test_detail_comes_back_that_the_small_picture_does_not_hold() -> None:
    rgb, trimap, alpha = hairs()
    fine = Level(rgb, trimap)
    coarse = halved(fine)
    small = halved_mean(alpha)
    enlarged = np.repeat(np.repeat(small, 2, axis=0), 2, axis=1)
    carried = carry_alpha(coarse, small, fine)
    assert evaluate(carried, alpha, trimap).mse < 0.1 * evaluate(enlarged, alpha, trimap).mse


def test_known_pixels_stay_exact_and_bits_do_not_hang_on_threads() -> None:
    rgb, trimap, alpha = hairs()
    fine = Level(rgb, trimap)
    coarse = halved(fine)
    many = carry_alpha(coarse, halved_mean(alpha), fine)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        one = carry_alpha(coarse, halved_mean(alpha), fine)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(one, many)
    assert (many[trimap == 255] == 1).all()
    assert (many[trimap == 0] == 0).all()


def test_solved_at_half_the_size_alpha_is_nearly_as_good(monkeypatch) -> None:
    rgb, trimap, alpha = hairs()
    full = evaluate(estimate_alpha(rgb, trimap), alpha, trimap).mse
    monkeypatch.setattr(cutout, "SOLVED_PIXELS", 10_000)
    half = evaluate(estimate_alpha(rgb, trimap), alpha, trimap).mse
    assert half < 2 * full
    assert half < 1e-3


@pytest.mark.parametrize("questions", [0, 3, 12])
def test_work_stops_when_asked_and_tells_how_far_it_is(monkeypatch, questions) -> None:
    monkeypatch.setattr(cutout, "SOLVED_PIXELS", 10_000)
    rgb, trimap, _ = hairs()
    picture = EncodedPicture((rgb.clip(0, 1) * 255).astype(np.uint8), SRGB, Path("x.png"))
    asked = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > questions

    with pytest.raises(MattingCancelledError):
        cut_out(picture, trimap, cancelled=cancelled)
    shares: list[float] = []
    cut_out(picture, trimap, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1

"""Errors of a matte, on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from matting.imaging.errors import MismatchError
from matting.metrics import connectedness, evaluate, gradient_magnitude


def test_a_perfect_matte_has_no_error() -> None:
    alpha = np.random.default_rng(0).random((20, 30), dtype=np.float32)
    errors = evaluate(alpha, alpha)
    assert (errors.sad, errors.mse, errors.grad, errors.conn) == (0, 0, 0, 0)
    assert errors.pixels == 600


def test_sad_and_mse_count_the_unknown_band_alone() -> None:
    truth = np.zeros((10, 10), dtype=np.float32)
    predicted = np.full((10, 10), 0.5, dtype=np.float32)
    trimap = np.zeros((10, 10), dtype=np.uint8)
    trimap[2:4, 2:7] = 128
    trimap[9, 9] = 200
    errors = evaluate(predicted, truth, trimap)
    assert errors.pixels == 11
    assert errors.sad == pytest.approx(11 * 0.5 / 1000)
    assert errors.mse == pytest.approx(0.25)
    assert "unknown band" in errors.protocol
    assert "every pixel" in evaluate(predicted, truth).protocol


def test_gradient_of_a_step_is_that_of_unit_energy_kernels() -> None:
    """Across a step the response is the sum of half the derivative kernel, times the smoothing."""
    step = np.zeros((31, 31))
    step[:, 15:] = 1
    x = np.arange(-4, 5)
    smooth = np.exp(-(x**2) / (2 * 1.4**2))
    slope = x * smooth
    smooth, slope = smooth / np.linalg.norm(smooth), slope / np.linalg.norm(slope)
    expected = slope[4:].sum() * smooth.sum()
    assert gradient_magnitude(step)[15, 15] == pytest.approx(expected, rel=1e-9)
    assert gradient_magnitude(np.ones((9, 9))).max() == pytest.approx(0, abs=1e-12)


def test_gradient_error_of_a_missing_step_is_the_steps_own_energy() -> None:
    truth = np.zeros((31, 31), dtype=np.float32)
    truth[:, 15:] = 1
    errors = evaluate(np.zeros_like(truth), truth)
    assert errors.grad == pytest.approx((gradient_magnitude(truth.astype(float)) ** 2).sum())


def test_connectivity_counts_an_island_and_forgives_small_differences() -> None:
    """A solid block is shared; an island of alpha 0.8 in the prediction alone is not connected."""
    truth = np.zeros((12, 12))
    truth[2:6, 2:6] = 1
    predicted = truth.copy()
    predicted[9, 9] = 0.8
    phi_predicted, phi_truth = connectedness(predicted, truth)
    assert phi_predicted[9, 9] == pytest.approx(0.2)
    assert phi_truth[9, 9] == 1
    assert evaluate(predicted, truth).conn == pytest.approx(0.8)
    predicted[9, 9] = 0.1  # within the tolerance of 0.15
    assert evaluate(predicted, truth).conn == 0


def test_connectivity_takes_four_neighbours_not_eight() -> None:
    """Blocks that touch at a corner are two: the smaller one is not connected in either."""
    alpha = np.zeros((8, 8))
    alpha[1:5, 1:5] = 1
    alpha[5:7, 5:7] = 1
    phi, _ = connectedness(alpha, alpha)
    assert phi[2, 2] == 1
    assert phi[5, 5] == 0


def test_what_does_not_fit_is_refused() -> None:
    alpha = np.zeros((4, 4), dtype=np.float32)
    with pytest.raises(MismatchError, match="same picture"):
        evaluate(alpha, np.zeros((5, 4), dtype=np.float32))
    with pytest.raises(MismatchError, match="trimap"):
        evaluate(alpha, alpha, np.zeros((5, 5), dtype=np.uint8))
    with pytest.raises(MismatchError, match="no unknown"):
        evaluate(alpha, alpha, np.full((4, 4), 255, dtype=np.uint8))

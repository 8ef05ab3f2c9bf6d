"""Closed-form matting on the band: against a dense reference, against truth, and its promises."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matting.band_layout import lay_out_band
from matting.band_solver import BandSolverParameters, closed_form_alpha
from matting.cancelling import MattingCancelledError
from matting.imaging.errors import MismatchError
from matting.metrics import evaluate

EXACT = BandSolverParameters(epsilon=1e-5, relative_tolerance=1e-7, maximum_iterations=5000)


def dense_closed_form(rgb, trimap, epsilon, prior=None, weight=None) -> np.ndarray:
    """Solve the same system with a dense matrix in double precision (Levin et al., equation 12)."""
    height, width = trimap.shape
    index = np.arange(height * width).reshape(height, width)
    laplacian = np.zeros((height * width, height * width))
    unknown = (trimap != 0) & (trimap != 255)
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            window = np.s_[y - 1 : y + 2, x - 1 : x + 2]
            colours = rgb[window].reshape(9, 3).astype(np.float64)
            centred = colours - colours.mean(axis=0)
            covariance = centred.T @ centred / 9 + epsilon / 9 * np.eye(3)
            affinity = (1 + centred @ np.linalg.inv(covariance) @ centred.T) / 9
            pixels = index[window].ravel()
            laplacian[np.ix_(pixels, pixels)] += np.eye(9) - affinity
    free, fixed = index[unknown], index[~unknown]
    known = (trimap == 255).astype(float).ravel()
    matrix, right = laplacian[np.ix_(free, free)], -laplacian[np.ix_(free, fixed)] @ known[fixed]
    if prior is not None:
        matrix = matrix + np.diag(weight.ravel()[free])
        right = right + weight.ravel()[free] * prior.ravel()[free]
    alpha = known
    alpha[free] = np.clip(np.linalg.solve(matrix, right), 0, 1)
    return alpha.reshape(height, width)


def scene(seed: int = 0, side: int = 24) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return picture, trimap and true alpha: a soft disc over smooth colours."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side] / side
    distance = np.hypot(x - 0.5, y - 0.5)
    alpha = np.clip((0.33 - distance) / 0.15 + 0.5, 0, 1)
    front = np.stack([0.9 - 0.2 * x, 0.3 + 0.1 * y, 0.2 + 0.1 * x], axis=-1)
    back = np.stack([0.1 + 0.1 * y, 0.4 + 0.2 * x, 0.8 - 0.1 * y], axis=-1)
    rgb = alpha[..., None] * front + (1 - alpha[..., None]) * back
    rgb = (rgb + rng.normal(0, 0.004, rgb.shape)).astype(np.float32)
    trimap = np.full((side, side), 128, dtype=np.uint8)
    trimap[distance > 0.45] = 0
    trimap[distance < 0.22] = 255
    return rgb, trimap, alpha.astype(np.float32)


@pytest.mark.parametrize("seed", [0, 1])
def test_it_solves_the_published_equations(seed) -> None:
    rgb, trimap, _ = scene(seed)
    expected = dense_closed_form(rgb, trimap, EXACT.epsilon)
    np.testing.assert_allclose(
        closed_form_alpha(rgb, trimap, parameters=EXACT), expected, atol=2e-3
    )


def test_a_prior_enters_as_a_data_term() -> None:
    rgb, trimap, _ = scene()
    rng = np.random.default_rng(5)
    prior = rng.random(trimap.shape, dtype=np.float32)
    weight = rng.random(trimap.shape, dtype=np.float32) * 0.1
    expected = dense_closed_form(rgb, trimap, EXACT.epsilon, prior, weight)
    alpha = closed_form_alpha(rgb, trimap, parameters=EXACT, prior=prior, prior_weight=weight)
    np.testing.assert_allclose(alpha, expected, atol=1e-3)


def test_a_prior_of_no_weight_or_of_nan_changes_no_bit() -> None:
    rgb, trimap, truth = scene()
    alone = closed_form_alpha(rgb, trimap)
    for prior, weight in ((truth, 0.0), (np.full_like(truth, np.nan), 1.0)):
        alpha = closed_form_alpha(rgb, trimap, prior=prior, prior_weight=weight)
        np.testing.assert_array_equal(alpha, alone)


def test_an_overwhelming_prior_wins() -> None:
    rgb, trimap, _ = scene()
    prior = np.full(trimap.shape, 0.25, dtype=np.float32)
    alpha = closed_form_alpha(rgb, trimap, prior=prior, prior_weight=1e6)
    np.testing.assert_allclose(alpha[trimap == 128], 0.25, atol=1e-4)


def test_known_pixels_are_exact_and_the_truth_is_found() -> None:
    rgb, trimap, truth = scene(side=96)
    alpha = closed_form_alpha(rgb, trimap)
    assert alpha.dtype == np.float32
    assert (alpha[trimap == 0] == 0).all()
    assert (alpha[trimap == 255] == 1).all()
    assert evaluate(alpha, truth, trimap).mse < 1e-3


def test_swapping_foreground_and_background_gives_the_complement() -> None:
    rgb, trimap, _ = scene()
    swapped = closed_form_alpha(rgb, 255 - trimap, parameters=EXACT)
    alpha = closed_form_alpha(rgb, trimap, parameters=EXACT)
    np.testing.assert_allclose(swapped, 1 - alpha, atol=1e-2)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_any_trimap_of_any_size_gives_numbers_from_0_to_1(height, width, seed) -> None:
    rng = np.random.default_rng(seed)
    rgb = rng.random((height, width, 3), dtype=np.float32)
    if seed % 3 == 0:
        rgb[:] = 0.5
    trimap = rng.choice(np.array([0, 128, 255], np.uint8), (height, width), p=[0.1, 0.8, 0.1])
    alpha = closed_form_alpha(rgb, trimap)
    assert np.isfinite(alpha).all()
    assert alpha.min() >= 0
    assert alpha.max() <= 1
    assert (alpha[trimap == 255] == 1).all()


def test_an_unknown_island_inside_one_side_takes_that_side() -> None:
    rgb, trimap, _ = scene(side=64)
    trimap[2:6, 2:6] = 128
    alpha = closed_form_alpha(rgb, trimap)
    np.testing.assert_allclose(alpha[2:6, 2:6], 0, atol=0.02)


def test_the_bits_do_not_depend_on_the_number_of_threads() -> None:
    rgb, trimap, _ = scene(side=200)
    threads = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        one = closed_form_alpha(rgb, trimap)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(closed_form_alpha(rgb, trimap), one)


def test_without_unknown_pixels_the_trimap_is_the_answer() -> None:
    trimap = np.array([[0, 255], [255, 0]], dtype=np.uint8)
    alpha = closed_form_alpha(np.zeros((2, 2, 3), np.float32), trimap)
    np.testing.assert_array_equal(alpha, trimap / 255)


def test_progress_rises_to_one_and_cancelling_stops() -> None:
    rgb, trimap, _ = scene(side=256)
    shares: list[float] = []
    closed_form_alpha(rgb, trimap, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    with pytest.raises(MattingCancelledError):
        closed_form_alpha(rgb, trimap, cancelled=lambda: True)


def test_arrays_that_do_not_fit_are_refused() -> None:
    rgb, trimap, truth = scene()
    with pytest.raises(MismatchError, match="trimap"):
        closed_form_alpha(rgb, trimap[:-1])
    with pytest.raises(MismatchError, match="prior"):
        closed_form_alpha(rgb, trimap, prior=truth[:-1], prior_weight=1.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_the_layout_finds_every_neighbour(height, width, seed) -> None:
    unknown = np.random.default_rng(seed).random((height, width)) < 0.4
    unknown[0, 0] = True
    layout = lay_out_band(unknown)
    place = {
        (int(r), int(c)): i
        for i, (r, c) in enumerate(zip(layout.rows, layout.columns, strict=True))
    }
    ys, xs = np.nonzero(unknown)
    np.testing.assert_array_equal(
        layout.unknown, [place[y, x] for y, x in zip(ys, xs, strict=True)]
    )
    for run, (first, length) in enumerate(zip(layout.run_starts, layout.run_lengths, strict=True)):
        for i in range(length):
            y, x = layout.rows[first + i], layout.columns[first + i]
            for dy in range(-2, 3):
                for dx in range(-2, 3):
                    assert place[y + dy, x + dx] == layout.neighbours[run, dy + 2] + i + dx
    assert layout.blocks[0] == 0
    assert layout.blocks[-1] == len(layout.run_starts)
    assert (np.diff(layout.blocks) > 0).all()

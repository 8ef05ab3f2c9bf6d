"""Pictures that are drawn to train on: their alpha is the truth, and a seed draws them again."""

import numpy as np
import pytest

from bench.drawn_pictures import KINDS, drawn_picture, subject


@pytest.mark.parametrize("kind", KINDS)
def test_alpha_is_a_coverage_and_something_is_covered(kind):
    alpha, solid = subject(np.random.default_rng(5), 96, kind)
    assert alpha.min() >= 0
    assert alpha.max() <= 1 + 1e-6
    assert alpha.mean() > 0.01
    assert alpha[solid].mean() > alpha[~solid].mean()


def test_hair_reaches_beyond_what_is_solid_and_a_hard_edge_does_not():
    beyond = {}
    for kind in ("hair", "hard"):
        alpha, solid = subject(np.random.default_rng(5), 96, kind)
        beyond[kind] = alpha[~solid].sum() / solid.sum()
    assert beyond["hair"] > 2 * beyond["hard"]


def test_without_the_subject_one_sees_what_is_behind_it():
    drawn = drawn_picture(np.random.default_rng(11), 128)
    outside = drawn.alpha == 0
    off = drawn.rgb[outside].astype(np.float32) - drawn.behind[outside]
    assert np.abs(off.mean(axis=0)).max() < 3  # noise and compression, and no other colour


def test_a_seed_draws_the_same_picture_again():
    first, second = (drawn_picture(np.random.default_rng(7), 96) for _ in range(2))
    np.testing.assert_array_equal(first.rgb, second.rgb)
    np.testing.assert_array_equal(first.alpha, second.alpha)

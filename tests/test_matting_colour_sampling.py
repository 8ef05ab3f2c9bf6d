"""Sampled colours: mixtures come back, silence where nothing can be told, the same bits always."""

import numba
import numpy as np
import pytest

from matting.colour_sampling import ColourSamplingParameters, sampled_alpha
from matting.cutout import estimate_alpha
from matting.trimap import BACKGROUND, FOREGROUND, UNKNOWN

RED, BLUE = np.array([0.8, 0.1, 0.1]), np.array([0.1, 0.2, 0.7])


def ramp(height=60, width=90):
    """Return a picture that goes from red to blue, its alpha, and a trimap open in between."""
    alpha = np.clip((width * 0.7 - np.arange(width)) / (width * 0.4), 0, 1)
    alpha = np.tile(alpha, (height, 1)).astype(np.float32)
    rgb = (alpha[..., None] * RED + (1 - alpha[..., None]) * BLUE).astype(np.float32)
    trimap = np.full(alpha.shape, UNKNOWN, np.uint8)
    trimap[alpha == 1], trimap[alpha == 0] = FOREGROUND, BACKGROUND
    return rgb, alpha, trimap


@pytest.mark.parametrize("band_pixels", [10**6, 500])
def test_mixtures_of_two_colours_come_back(band_pixels):
    rgb, alpha, trimap = ramp()
    found, weight = sampled_alpha(rgb, trimap, ColourSamplingParameters(band_pixels=band_pixels))
    np.testing.assert_allclose(found, alpha, atol=0.02)
    assert (weight[trimap != UNKNOWN] == 0).all()
    assert (weight[trimap == UNKNOWN] > 0).all()


def test_colours_that_both_sides_share_weigh_little():
    rgb, _, trimap = ramp()
    sure = sampled_alpha(rgb, trimap)[1][trimap == UNKNOWN].mean()
    alike = np.full_like(rgb, 0.4) + np.random.default_rng(0).normal(0, 0.01, rgb.shape)
    weight = sampled_alpha(alike.astype(np.float32), trimap)[1]
    assert weight[trimap == UNKNOWN].mean() < 0.2 * sure


def test_an_island_that_colour_lines_cannot_reach_is_found_by_its_colour():
    rgb, _, trimap = ramp()
    y, x = np.mgrid[: rgb.shape[0], : rgb.shape[1]]
    hole = (y - 30) ** 2 + (x - 12) ** 2 < 36
    rim = ((y - 30) ** 2 + (x - 12) ** 2 < 64) & ~hole
    rgb[hole], rgb[rim] = BLUE, RED
    trimap[hole | rim] = UNKNOWN
    assert estimate_alpha(rgb, trimap)[hole].mean() < 0.1


@pytest.mark.parametrize("value", [FOREGROUND, BACKGROUND, UNKNOWN])
def test_without_both_sides_there_is_nothing_to_sample(value):
    rgb, _, trimap = ramp()
    assert sampled_alpha(rgb, np.full_like(trimap, value)) is None


def test_the_bits_do_not_depend_on_the_number_of_threads():
    rgb, _, trimap = ramp()
    rgb = (rgb + np.random.default_rng(1).normal(0, 0.05, rgb.shape)).astype(np.float32)
    many = sampled_alpha(rgb, trimap)
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        one = sampled_alpha(rgb, trimap)
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(one[0], many[0])
    np.testing.assert_array_equal(one[1], many[1])

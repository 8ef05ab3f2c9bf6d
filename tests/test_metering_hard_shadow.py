"""Hard shadows on the subject, told from materials, soft edges and one surface before another."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capture.metering.hard_shadow import hard_shadow

SKIN = np.array([0.5, 0.33, 0.25], np.float32)
INSIDE = np.zeros((240, 300), bool)
INSIDE[20:220, 50:250] = True
FLAT_M = np.full((60, 75), 2.0, np.float32)


def lit(stops, penumbra_px=0.0):
    """Return skin whose lower right is so many stops darker, over so wide an edge."""
    y, x = np.mgrid[:240, :300].astype(np.float32)
    away = (x - 150) * 0.6 + (y - 120) * 0.8
    share = np.clip(away / penumbra_px + 0.5, 0, 1) if penumbra_px else (away > 0)
    return (SKIN * (1 + (2.0**-stops - 1) * share)[..., None]).astype(np.float32)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.7, 3.0), st.floats(-2.0, 0.0))
def test_a_hard_edge_is_found_as_deep_as_it_is_at_any_exposure(stops, exposure):
    found = hard_shadow(lit(stops) * np.float32(2.0**exposure), INSIDE, FLAT_M)
    assert found.stops == pytest.approx(stops, abs=0.05)
    width, height = found.box[2:]
    assert width * height > 0.3 * INSIDE.sum()


def test_a_soft_edge_and_an_even_light_are_none():
    assert hard_shadow(lit(2.0, penumbra_px=30), INSIDE, FLAT_M).stops == 0
    assert hard_shadow(lit(0.0), INSIDE, FLAT_M).box is None


def test_another_material_is_no_shadow():
    picture = lit(1.5)
    cloth = picture.mean(axis=-1) < 0.25
    picture[cloth] = (0.1, 0.1, 0.2)
    assert hard_shadow(picture, INSIDE, FLAT_M).stops == 0


def test_one_surface_before_another_is_no_shadow():
    y, x = np.mgrid[:60, :75] * 4.0
    stepped = np.where((x - 150) * 0.6 + (y - 120) * 0.8 > 0, 2.06, 2.0).astype(np.float32)
    assert hard_shadow(lit(1.5), INSIDE, stepped).stops == 0


def test_grain_is_no_shadow():
    noisy = lit(0.0) * np.random.default_rng(1).normal(1, 0.1, (240, 300, 1))
    assert hard_shadow(noisy.astype(np.float32), INSIDE, FLAT_M).stops == 0


def test_without_a_subject_or_without_light_it_is_not_measured():
    assert hard_shadow(lit(1.0), np.zeros_like(INSIDE), FLAT_M) is None
    unlit = np.full((240, 300, 3), np.nan, np.float32)
    assert hard_shadow(unlit, INSIDE, FLAT_M) is None


def test_a_larger_picture_shows_the_same_shadow():
    twice = cv2.resize(lit(1.2), (600, 480), interpolation=cv2.INTER_AREA)
    inside = cv2.resize(INSIDE.astype(np.uint8), (600, 480), interpolation=cv2.INTER_NEAREST) > 0
    assert hard_shadow(twice, inside, FLAT_M).stops == pytest.approx(1.2, abs=0.05)

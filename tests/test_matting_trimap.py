"""Trimaps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matting.imaging.errors import MismatchError
from matting.trimap import (
    BACKGROUND,
    FOREGROUND,
    UNKNOWN,
    trimap_from_probability,
    validate_trimap,
    widen_unknown,
)


@given(st.lists(st.integers(0, 255), min_size=1, max_size=20))
def test_only_0_and_255_are_known(values) -> None:
    trimap = np.array([[0, *values, 255]], dtype=np.uint8)
    snapped = validate_trimap(trimap)
    np.testing.assert_array_equal(snapped == FOREGROUND, trimap == 255)
    np.testing.assert_array_equal(snapped == BACKGROUND, trimap == 0)
    assert set(np.unique(snapped)) <= {BACKGROUND, UNKNOWN, FOREGROUND}


@pytest.mark.parametrize(
    ("trimap", "shape", "words"),
    [
        (np.zeros((3, 4), np.uint8), (4, 3), "4 x 3 pixels"),
        (np.zeros((3, 4, 3), np.uint8), None, "one channel"),
        (np.zeros((3, 4), np.float32), None, "one channel"),
        (np.full((3, 4), 128, np.uint8), None, "neither foreground"),
    ],
)
def test_an_unusable_trimap_is_refused_by_name(trimap, shape, words) -> None:
    with pytest.raises(MismatchError, match=words) as failure:
        validate_trimap(trimap, shape, subject="t.png")
    assert failure.value.subject == "t.png"


def test_probability_becomes_a_trimap_and_nan_is_unknown() -> None:
    p = np.array([[0.0, 0.05, 0.06, 0.94, 0.95, 1.0, np.nan]], dtype=np.float32)
    expected = [[0, 0, 128, 128, 255, 255, 128]]
    np.testing.assert_array_equal(trimap_from_probability(p), expected)


@given(st.integers(1, 6))
def test_a_hard_mask_gets_a_band_of_twice_the_radius(radius) -> None:
    p = np.zeros((5, 40), dtype=np.float32)
    p[:, 20:] = 1
    trimap = trimap_from_probability(p, dilate_px=radius)
    np.testing.assert_array_equal((trimap == UNKNOWN).sum(axis=1), 2 * radius)
    assert (trimap[:, 20 - radius : 20 + radius] == UNKNOWN).all()


def test_widening_never_makes_anything_known() -> None:
    trimap = np.random.default_rng(0).choice([0, 128, 255], (30, 30)).astype(np.uint8)
    widened = widen_unknown(trimap, 2)
    assert (widened[trimap == UNKNOWN] == UNKNOWN).all()
    np.testing.assert_array_equal(widen_unknown(trimap, 0), trimap)


def test_a_picture_that_is_all_subject_keeps_no_band() -> None:
    assert (widen_unknown(np.full((9, 9), 255, np.uint8), 3) == FOREGROUND).all()
